#include "wire/ms/pac_sign.h"

#include "base/text.h"

static const uint8_t zeros[PAC_SIGNATURE_MAX];
_Static_assert(PAC_SIGNATURE_MAX >= KRB_CKSUM_MAX, "every checksum fits");

/* The PAC with the given signatures zero, as parts of one message. At most one part before, between
 * and after each. */
#define PARTS_MAX (2 * PAC_SIGS + 1)

struct parts {
    struct span part[PARTS_MAX];
    unsigned count;
};

static void add(struct parts *p, const uint8_t *ptr, size_t len)
{
    if (len)
        p->part[p->count++] = span_of(ptr, len);
}

static void with_zeros(const uint8_t *bytes, const struct pac_layout *layout, unsigned zeroed,
                       struct parts *out)
{
    uint32_t done = 0;

    out->count = 0;
    while (zeroed) {
        const struct pac_signature_place *next = NULL;
        unsigned which = 0;

        for (unsigned i = 0; i < PAC_SIGS; i++) {
            if (zeroed & 1u << i && (!next || layout->sigs[i].at < next->at)) {
                next = &layout->sigs[i];
                which = i;
            }
        }
        zeroed &= ~(1u << which);
        if (!next->size)
            continue;
        add(out, bytes + done, next->at - done);
        add(out, zeros, next->size);
        done = next->at + next->size;
    }
    add(out, bytes + done, layout->size - done);
}

#define ZERO_FOR_SERVER (1u << PAC_SIG_SERVER | 1u << PAC_SIG_KDC)
#define ZERO_FOR_FULL   (ZERO_FOR_SERVER | 1u << PAC_SIG_FULL)

/* --- sign ------------------------------------------------------------------------------------ */

static void write_sum(uint8_t *bytes, const struct pac_signature_place *place,
                      const struct krb_usage *u, const struct span *parts, unsigned count)
{
    uint8_t sum[KRB_CKSUM_MAX];
    size_t size = krb_checksum(u, parts, count, sum);

    ENT_ASSERT(size == place->size);
    memcpy(bytes + place->at, sum, size);
}

static bool belongs(const struct pac_signature_place *place, const struct krb_usage *u)
{
    return place->size == 0 || (u && place->cksumtype == krb_etype_cksum(u->etype));
}

enum err pac_sign(uint8_t *bytes, const struct pac_layout *layout, const struct krb_usage *server,
                  const struct krb_usage *kdc, const struct span *ticket, unsigned ticket_parts)
{
    const struct pac_signature_place *sigs = layout->sigs;
    struct parts p;

    for (unsigned i = 0; i < PAC_SIGS; i++) {
        if (!belongs(&sigs[i], i == PAC_SIG_SERVER ? server : kdc))
            return ERR_STATE;
    }
    if (sigs[PAC_SIG_TICKET].size)
        write_sum(bytes, &sigs[PAC_SIG_TICKET], kdc, ticket, ticket_parts);
    if (sigs[PAC_SIG_FULL].size) {
        with_zeros(bytes, layout, ZERO_FOR_FULL, &p);
        write_sum(bytes, &sigs[PAC_SIG_FULL], kdc, p.part, p.count);
    }
    if (sigs[PAC_SIG_SERVER].size) {
        with_zeros(bytes, layout, ZERO_FOR_SERVER, &p);
        write_sum(bytes, &sigs[PAC_SIG_SERVER], server, p.part, p.count);
    }
    if (sigs[PAC_SIG_KDC].size && sigs[PAC_SIG_SERVER].size) {
        struct span sum = span_of(bytes + sigs[PAC_SIG_SERVER].at, sigs[PAC_SIG_SERVER].size);

        write_sum(bytes, &sigs[PAC_SIG_KDC], kdc, &sum, 1);
    }
    return ERR_OK;
}

/* --- verify ---------------------------------------------------------------------------------- */

static enum err open_signature(const struct pac *p, enum pac_signature sig,
                               struct pac_layout *layout)
{
    TRY(pac_layout_of(p, layout));
    return layout->sigs[sig].size ? ERR_OK : ERR_NOT_FOUND;
}

static enum err verify(const struct pac *p, const struct pac_layout *layout, enum pac_signature sig,
                       const struct krb_usage *u, const struct span *parts, unsigned count)
{
    const struct pac_signature_place *place = &layout->sigs[sig];

    return krb_checksum_verify(u, place->cksumtype, parts, count,
                               span_sub(p->bytes, place->at, place->size));
}

static enum err verify_whole(const struct pac *p, enum pac_signature sig, const struct krb_usage *u,
                             unsigned zeroed)
{
    struct pac_layout layout;
    struct parts parts;

    TRY(open_signature(p, sig, &layout));
    with_zeros(p->bytes.ptr, &layout, zeroed, &parts);
    return verify(p, &layout, sig, u, parts.part, parts.count);
}

enum err pac_verify_server(const struct pac *p, const struct krb_usage *server)
{
    return verify_whole(p, PAC_SIG_SERVER, server, ZERO_FOR_SERVER);
}

enum err pac_verify_full(const struct pac *p, const struct krb_usage *kdc)
{
    return verify_whole(p, PAC_SIG_FULL, kdc, ZERO_FOR_FULL);
}

enum err pac_verify_kdc(const struct pac *p, const struct krb_usage *kdc)
{
    struct pac_layout layout;
    struct span sum;

    TRY(open_signature(p, PAC_SIG_KDC, &layout));
    if (!layout.sigs[PAC_SIG_SERVER].size)
        return ERR_NOT_FOUND;
    sum = span_sub(p->bytes, layout.sigs[PAC_SIG_SERVER].at, layout.sigs[PAC_SIG_SERVER].size);
    return verify(p, &layout, PAC_SIG_KDC, kdc, &sum, 1);
}

enum err pac_verify_ticket(const struct pac *p, const struct krb_usage *kdc,
                           const struct span *ticket, unsigned ticket_parts)
{
    struct pac_layout layout;

    TRY(open_signature(p, PAC_SIG_TICKET, &layout));
    return verify(p, &layout, PAC_SIG_TICKET, kdc, ticket, ticket_parts);
}

uint16_t pac_rodc_id(const struct pac *p)
{
    struct span sig = pac_contents(p, PAC_KDC_CHECKSUM);
    struct reader r = reader_of(sig);
    size_t size = krb_cksum_size((int32_t)reader_le32(&r));

    reader_skip(&r, size);
    return size && reader_left(&r) == 2 ? reader_le16(&r) : 0;
}
