#include "wire/ms/pac.h"

#include "base/text.h"
#include "crypt/krb_crypto.h"

#define PAC_HEADER_SIZE  8
#define PAC_ENTRY_SIZE   16
#define PAC_ALIGN        8
#define SIGNATURE_HEADER 4
/* The two headers of 8 bytes and the pointer's referent id stand before it. */
#define LOGON_TIME_IN_BUFFER 20
/* From LogonTime: six times and six texts of 8 bytes each come between. */
#define COUNTS_AFTER_TIME 96
#define TIME_SIZE         8
#define COUNTS_SIZE       4
#define ATTRIBUTES_SIZE   8

/* --- open ------------------------------------------------------------------------------------ */

static bool overlap(const struct pac_buffer *a, const struct pac_buffer *b)
{
    return a->size && b->size && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static enum err read_entry(struct reader *r, size_t header, struct pac *p)
{
    struct pac_buffer *e = &p->buffers[p->count];
    uint64_t offset;

    e->type = reader_le32(r);
    e->size = reader_le32(r);
    offset = reader_le64(r);
    if (!reader_ok(r) || offset % PAC_ALIGN || offset < header || offset > p->bytes.len ||
        e->size > p->bytes.len - offset)
        return ERR_MALFORMED;
    e->offset = (uint32_t)offset;
    for (unsigned i = 0; i < p->count; i++) {
        if (overlap(&p->buffers[i], e))
            return ERR_MALFORMED;
    }
    p->count++;
    return ERR_OK;
}

enum err pac_open(struct span bytes, struct pac *out)
{
    struct reader r = reader_of(bytes);
    uint32_t count = reader_le32(&r);
    uint32_t version = reader_le32(&r);
    struct pac p = {.bytes = bytes};

    if (bytes.len > PAC_MAX)
        return ERR_LIMIT;
    if (!reader_ok(&r) || version != 0)
        return ERR_MALFORMED;
    if (count > PAC_BUFFERS_MAX)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++)
        TRY(read_entry(&r, PAC_HEADER_SIZE + count * PAC_ENTRY_SIZE, &p));
    *out = p;
    return ERR_OK;
}

const struct pac_buffer *pac_find(const struct pac *p, enum pac_type type)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->buffers[i].type == type)
            return &p->buffers[i];
    }
    return NULL;
}

struct span pac_contents(const struct pac *p, enum pac_type type)
{
    const struct pac_buffer *e = pac_find(p, type);

    return e ? span_sub(p->bytes, e->offset, e->size) : SPAN_NONE;
}

/* --- build ----------------------------------------------------------------------------------- */

static const uint8_t build_order[] = {
    PAC_LOGON_INFO,   PAC_CREDENTIALS,     PAC_CLIENT_INFO,    PAC_UPN_DNS,
    PAC_DELEGATION,   PAC_CLIENT_CLAIMS,   PAC_DEVICE_INFO,    PAC_DEVICE_CLAIMS,
    PAC_ATTRIBUTES,   PAC_REQUESTOR_SID,   PAC_REQUESTOR_GUID, PAC_SERVER_CHECKSUM,
    PAC_KDC_CHECKSUM, PAC_TICKET_CHECKSUM, PAC_FULL_CHECKSUM,
};
#define BUILD_TYPES (sizeof(build_order) / sizeof(build_order[0]))

static const uint8_t signature_types[PAC_SIGS] = {
    [PAC_SIG_SERVER] = PAC_SERVER_CHECKSUM,
    [PAC_SIG_KDC] = PAC_KDC_CHECKSUM,
    [PAC_SIG_TICKET] = PAC_TICKET_CHECKSUM,
    [PAC_SIG_FULL] = PAC_FULL_CHECKSUM,
};

static bool is_signature(unsigned type, enum pac_signature *sig_out)
{
    for (unsigned i = 0; i < PAC_SIGS; i++) {
        if (signature_types[i] == type) {
            *sig_out = (enum pac_signature)i;
            return true;
        }
    }
    return false;
}

static bool signature_wanted(const struct pac_content *c, enum pac_signature sig)
{
    if (!c->server_cksumtype)
        return false;
    return sig == PAC_SIG_TICKET ? c->ticket_signature
           : sig == PAC_SIG_FULL ? c->full_signature
                                 : true;
}

static bool wanted(const struct pac_content *c, unsigned type)
{
    enum pac_signature sig;

    if (is_signature(type, &sig))
        return signature_wanted(c, sig);
    switch (type) {
    case PAC_LOGON_INFO:
        return c->logon || c->raw[type].len;
    case PAC_CLIENT_INFO:
        return c->client || c->raw[type].len;
    case PAC_UPN_DNS:
        return c->upn_dns || c->raw[type].len;
    case PAC_DELEGATION:
        return c->delegation || c->raw[type].len;
    case PAC_ATTRIBUTES:
        return c->has_attributes || c->raw[type].len;
    case PAC_REQUESTOR_SID:
        return c->requestor || c->raw[type].len;
    default:
        return c->raw[type].len != 0;
    }
}

static void put_contents(struct builder *b, const struct pac_content *c, unsigned type)
{
    if (type == PAC_LOGON_INFO && c->logon)
        pac_put_logon_info(b, c->logon);
    else if (type == PAC_CLIENT_INFO && c->client)
        pac_put_client_info(b, c->client);
    else if (type == PAC_UPN_DNS && c->upn_dns)
        pac_put_upn_dns(b, c->upn_dns);
    else if (type == PAC_DELEGATION && c->delegation)
        pac_put_delegation(b, c->delegation);
    else if (type == PAC_ATTRIBUTES && c->has_attributes)
        pac_put_attributes(b, c->attributes);
    else if (type == PAC_REQUESTOR_SID && c->requestor)
        sid_put(b, c->requestor);
    else
        builder_span(b, c->raw[type]);
}

static void put_signature(struct builder *b, const struct pac_content *c, enum pac_signature sig)
{
    int32_t type = sig == PAC_SIG_SERVER ? c->server_cksumtype : c->kdc_cksumtype;
    size_t size = krb_cksum_size(type);

    if (size == 0)
        builder_fail(b, ERR_UNSUPPORTED);
    builder_le32(b, (uint32_t)type);
    builder_zeros(b, size);
}

/* Entry number n of the header, for the contents from offset `from` of the PAC up to `to`. */
static void patch_entry(struct builder *b, size_t start, unsigned n, unsigned type, size_t from,
                        size_t to)
{
    size_t at = start + PAC_HEADER_SIZE + n * PAC_ENTRY_SIZE;

    builder_patch_le32(b, at, type);
    builder_patch_le32(b, at + 4, (uint32_t)(to - from));
    builder_patch_le32(b, at + 8, (uint32_t)from);
}

void pac_build(struct builder *b, const struct pac_content *c, struct pac_layout *layout_out)
{
    size_t start = b->len;
    struct pac_layout layout;
    struct pac built;
    unsigned count = 0, n = 0;
    enum pac_signature sig;

    for (unsigned i = 0; i < BUILD_TYPES; i++)
        count += wanted(c, build_order[i]);
    builder_le32(b, count);
    builder_le32(b, 0);
    builder_zeros(b, count * PAC_ENTRY_SIZE);
    for (unsigned i = 0; i < BUILD_TYPES && builder_ok(b); i++) {
        size_t from = b->len - start;

        if (!wanted(c, build_order[i]))
            continue;
        if (is_signature(build_order[i], &sig))
            put_signature(b, c, sig);
        else
            put_contents(b, c, build_order[i]);
        if (!builder_ok(b))
            return;
        patch_entry(b, start, n++, build_order[i], from, b->len - start);
        builder_zeros(b, -(b->len - start) & (PAC_ALIGN - 1));
    }
    if (!builder_ok(b))
        return;
    if (pac_open(span_of(b->base + start, b->len - start), &built) != ERR_OK ||
        pac_layout_of(&built, &layout) != ERR_OK) {
        builder_fail(b, ERR_LIMIT);
        return;
    }
    *layout_out = layout;
}

/* --- layout ---------------------------------------------------------------------------------- */

static enum err signature_place(const struct pac *p, unsigned type, struct pac_signature_place *out)
{
    const struct pac_buffer *e = pac_find(p, type);
    struct reader r;
    int32_t cksumtype;
    size_t size;

    if (!e)
        return ERR_OK;
    r = reader_of(span_sub(p->bytes, e->offset, e->size));
    cksumtype = (int32_t)reader_le32(&r);
    size = krb_cksum_size(cksumtype);
    /* Another realm's KDC may sign in a way that is unknown here; its bytes count as zeros all the
     * same. */
    if (size == 0)
        size = reader_left(&r);
    if (size > PAC_SIGNATURE_MAX)
        return ERR_MALFORMED;
    reader_skip(&r, size);
    /* An RODC's identifier may follow. */
    if (reader_left(&r) == 2)
        reader_skip(&r, 2);
    TRY(reader_end_whole(&r));
    out->at = e->offset + SIGNATURE_HEADER;
    out->size = (uint32_t)size;
    out->cksumtype = cksumtype;
    return ERR_OK;
}

enum err pac_layout_of(const struct pac *p, struct pac_layout *out)
{
    struct pac_layout layout = {.size = (uint32_t)p->bytes.len};
    const struct pac_buffer *logon = pac_find(p, PAC_LOGON_INFO);
    const struct pac_buffer *client = pac_find(p, PAC_CLIENT_INFO);
    const struct pac_buffer *attributes = pac_find(p, PAC_ATTRIBUTES);

    if (logon && logon->size >= LOGON_TIME_IN_BUFFER + COUNTS_AFTER_TIME + 4)
        layout.logon_time_at = logon->offset + LOGON_TIME_IN_BUFFER;
    if (client) {
        struct reader r = reader_of(span_sub(p->bytes, client->offset, client->size));

        reader_skip(&r, 8);
        layout.client_name_size = reader_le16(&r);
        reader_skip(&r, layout.client_name_size);
        TRY(reader_end_whole(&r));
        layout.client_time_at = client->offset;
        layout.client_name_at = client->offset + 10;
    }
    if (attributes && attributes->size == ATTRIBUTES_SIZE)
        layout.attributes_at = attributes->offset + 4;
    for (unsigned i = 0; i < PAC_SIGS; i++)
        TRY(signature_place(p, signature_types[i], &layout.sigs[i]));
    *out = layout;
    return ERR_OK;
}

static void put_time(uint8_t *at, int64_t time)
{
    struct builder b;

    builder_over(&b, at, 8);
    builder_le64(&b, (uint64_t)time);
}

void pac_set_times(uint8_t *bytes, const struct pac_layout *layout, int64_t authtime,
                   bool keep_logon)
{
    if (layout->client_time_at)
        put_time(bytes + layout->client_time_at, authtime);
    if (layout->logon_time_at && !keep_logon)
        put_time(bytes + layout->logon_time_at, authtime);
}

void pac_set_counts(uint8_t *bytes, const struct pac_layout *layout, uint16_t logons, uint16_t bad)
{
    struct builder b;

    if (!layout->logon_time_at)
        return;
    builder_over(&b, bytes + layout->logon_time_at + COUNTS_AFTER_TIME, 4);
    builder_le16(&b, logons);
    builder_le16(&b, bad);
}

void pac_set_attributes(uint8_t *bytes, const struct pac_layout *layout, uint32_t flags)
{
    struct builder b;

    if (!layout->attributes_at)
        return;
    builder_over(&b, bytes + layout->attributes_at, 4);
    builder_le32(&b, flags);
}

enum err pac_logon_steady(struct span contents, struct span parts_out[PAC_STEADY_PARTS])
{
    size_t time = LOGON_TIME_IN_BUFFER, counts = time + COUNTS_AFTER_TIME;

    if (contents.len < counts + COUNTS_SIZE)
        return ERR_MALFORMED;
    parts_out[0] = span_sub(contents, 0, time);
    parts_out[1] = span_sub(contents, time + TIME_SIZE, counts - time - TIME_SIZE);
    parts_out[2] = span_sub(contents, counts + COUNTS_SIZE, contents.len);
    return ERR_OK;
}

void pac_set_logon(uint8_t *bytes, const struct pac_layout *layout, struct span contents)
{
    size_t time = LOGON_TIME_IN_BUFFER, counts = time + COUNTS_AFTER_TIME;

    if (!layout->logon_time_at || contents.len < counts + COUNTS_SIZE)
        return;
    memcpy(bytes + layout->logon_time_at, contents.ptr + time, TIME_SIZE);
    memcpy(bytes + layout->logon_time_at + COUNTS_AFTER_TIME, contents.ptr + counts, COUNTS_SIZE);
}

enum err pac_set_name(uint8_t *bytes, const struct pac_layout *layout, struct span name)
{
    uint8_t utf16[2 * 1024];
    struct builder b;
    struct span out;
    enum err e;

    builder_over(&b, utf16, sizeof(utf16));
    text_put_utf16(&b, name);
    e = builder_done(&b, &out);
    if (e == ERR_LIMIT || (e == ERR_OK && out.len != layout->client_name_size))
        return ERR_RANGE;
    TRY(e);
    memcpy(bytes + layout->client_name_at, out.ptr, out.len);
    return ERR_OK;
}
