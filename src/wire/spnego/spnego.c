#include "wire/spnego/spnego.h"
#include "wire/der/der_table.h"
#include "wire/spnego/gss_krb.h"

#define NTLM_SIGNATURE SPAN_LIT("NTLMSSP\0")

static const struct {
    const char *name;
    uint8_t len;
    uint8_t oid[10];
} mechs[SPNEGO_MECH__COUNT] = {
    [SPNEGO_MECH_OTHER] = {"other", 0, {0}},
    [SPNEGO_MECH_SPNEGO] = {"spnego", 6, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x02}},
    [SPNEGO_MECH_KRB5] = {"krb5", 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}},
    [SPNEGO_MECH_MS_KRB5] = {"ms-krb5", 9, {0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02}},
    [SPNEGO_MECH_KRB5_U2U] = {"krb5-u2u",
                              10,
                              {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x03}},
    [SPNEGO_MECH_NTLMSSP] = {"ntlmssp",
                             10,
                             {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a}},
    [SPNEGO_MECH_NEGOEX] = {"negoex",
                            10,
                            {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1e}},
};

struct span spnego_mech_oid(enum spnego_mech m)
{
    return span_of(mechs[m].oid, mechs[m].len);
}

enum spnego_mech spnego_mech_of(struct span oid)
{
    for (unsigned m = SPNEGO_MECH_OTHER + 1; m < SPNEGO_MECH__COUNT; m++)
        if (span_eq(oid, spnego_mech_oid(m)))
            return m;
    return SPNEGO_MECH_OTHER;
}

const char *spnego_mech_name(enum spnego_mech m)
{
    return mechs[m].name;
}

/* The two shapes of NegTokenInit differ from [3] on: mechListMIC, or negHints and mechListMIC. */
struct init_wire {
    struct spnego_mechs mech_types;
    bool has_req_flags;
    uint32_t req_flags;
    struct span mech_token;
    struct span third;  /* any */
    struct span fourth; /* mechListMIC */
};

struct hints {
    struct span hint_name;
    struct span hint_address;
};

static const struct der_type mech_list_type = {.kind = DER_K_LIST,
                                               .tag = DER_SEQUENCE,
                                               .size = sizeof(struct spnego_mechs),
                                               .raw = 1 + offsetof(struct spnego_mechs, raw),
                                               .item = &der_oid,
                                               .lo = 1,
                                               .hi = SPNEGO_MECHS_MAX};
static const struct der_field init_rows[] = {
    DER_ROW(init_wire, mech_types, 0, mech_list_type),
    DER_ROW_HAS(init_wire, req_flags, 1, der_flags),
    DER_ROW_OPT(init_wire, mech_token, 2, der_octets),
    DER_ROW_OPT(init_wire, third, 3, der_raw),
    DER_ROW_OPT(init_wire, fourth, 4, der_octets),
};
static const struct der_type init_type = {DER_TYPE_SEQUENCE(init_wire, init_rows),
                                          .outer = DER_CTX(0)};

static const struct der_field hints_rows[] = {
    DER_ROW_OPT(hints, hint_name, 0, der_text),
    DER_ROW_OPT(hints, hint_address, 1, der_octets),
};
static const struct der_type hints_type = {DER_TYPE_SEQUENCE(hints, hints_rows)};

static const struct der_type state_type = {.kind = DER_K_INT32,
                                           .tag = DER_ENUMERATED,
                                           .size = sizeof(enum spnego_state),
                                           .lo = SPNEGO_ACCEPT_COMPLETED,
                                           .hi = SPNEGO_REQUEST_MIC};
static const struct der_field resp_rows[] = {
    DER_ROW_HAS(spnego_resp, state, 0, state_type),
    DER_ROW_OPT(spnego_resp, supported_mech, 1, der_oid),
    DER_ROW_OPT(spnego_resp, response_token, 2, der_octets),
    DER_ROW_OPT(spnego_resp, mech_list_mic, 3, der_octets),
};
static const struct der_type resp_type = {DER_TYPE_SEQUENCE(spnego_resp, resp_rows),
                                          .outer = DER_CTX(1)};

static enum err read_third(struct span third, struct arena *a, struct spnego_init *out)
{
    struct reader r = reader_of(third);
    if (third.ptr[0] == DER_SEQUENCE) {
        struct hints *h;
        TRY(der_decode(&hints_type, third, a, (void **)&h));
        out->hint_name = h->hint_name;
        return ERR_OK;
    }
    if (out->mech_list_mic.ptr)
        return ERR_MALFORMED;
    out->mech_list_mic = der_read_tag(&r, DER_RULES, DER_OCTET_STRING);
    return reader_end(&r);
}

static enum err decode_init(struct span in, struct arena *a, struct spnego_init *out)
{
    struct init_wire *w;
    TRY(der_decode(&init_type, in, a, (void **)&w));
    struct spnego_init i = {
        .mech_types = w->mech_types,
        .has_req_flags = w->has_req_flags,
        .req_flags = w->req_flags,
        .mech_token = w->mech_token,
        .mech_list_mic = w->fourth,
    };
    if (w->third.ptr)
        TRY(read_third(w->third, a, &i));
    *out = i;
    return ERR_OK;
}

/* The frame is whole, so what ends inside it is no prefix of anything. */
static enum err inner_error(enum err e)
{
    return e == ERR_TRUNCATED ? ERR_MALFORMED : e;
}

static enum err decode_framed(struct span in, struct arena *a, struct spnego_token *out)
{
    struct span oid, inner;
    struct spnego_token t = {.kind = SPNEGO_INIT};
    TRY(gss_token_decode(in, &oid, &inner));
    enum spnego_mech mech = spnego_mech_of(oid);
    if (mech == SPNEGO_MECH_SPNEGO) {
        TRY(inner_error(decode_init(inner, a, &t.init)));
    } else {
        t.kind = SPNEGO_RAW_MECH;
        t.raw_mech = mech;
    }
    *out = t;
    return ERR_OK;
}

static enum err decode_resp(struct span in, struct arena *a, struct spnego_token *out)
{
    struct spnego_resp *r;
    TRY(der_decode(&resp_type, in, a, (void **)&r));
    *out = (struct spnego_token){.kind = SPNEGO_RESP, .resp = *r};
    return ERR_OK;
}

enum err spnego_decode(struct span in, struct arena *a, struct spnego_token *out)
{
    struct reader r = reader_of(in);
    if (in.len > SPNEGO_TOKEN_MAX)
        return ERR_LIMIT;
    if (der_next_is(&r, DER_APP(0)))
        return decode_framed(in, a, out);
    if (der_next_is(&r, resp_type.outer))
        return decode_resp(in, a, out);
    if (span_eq(span_sub(in, 0, NTLM_SIGNATURE.len), NTLM_SIGNATURE)) {
        *out = (struct spnego_token){.kind = SPNEGO_RAW_NTLM, .raw_mech = SPNEGO_MECH_NTLMSSP};
        return ERR_OK;
    }
    return in.len == 0 ? ERR_TRUNCATED : ERR_UNSUPPORTED;
}

static void put_framed(struct builder *b, const struct init_wire *w)
{
    size_t len = der_size(&init_type, w);
    if (len == 0)
        builder_fail(b, ERR_RANGE);
    gss_put_token_header(b, spnego_mech_oid(SPNEGO_MECH_SPNEGO), len);
    der_put(b, &init_type, w);
}

static struct init_wire wire_of(const struct spnego_init *i)
{
    return (struct init_wire){
        .mech_types = i->mech_types,
        .has_req_flags = i->has_req_flags,
        .req_flags = i->req_flags,
        .mech_token = i->mech_token,
    };
}

/* One element in memory of the caller, for der_raw. */
static void put_third(struct builder *b, struct init_wire *w, const struct builder *third)
{
    if (third->err != ERR_OK)
        builder_fail(b, third->err);
    w->third = span_of(third->base, third->len);
}

void spnego_put_init(struct builder *b, const struct spnego_init *i)
{
    uint8_t mem[256];
    struct builder third;
    struct init_wire w = wire_of(i);
    if (i->mech_list_mic.ptr) {
        builder_over(&third, mem, sizeof(mem));
        der_put_span(&third, DER_OCTET_STRING, i->mech_list_mic);
        put_third(b, &w, &third);
    }
    put_framed(b, &w);
}

void spnego_put_init2(struct builder *b, const struct spnego_init *i)
{
    uint8_t mem[256];
    struct builder third;
    struct init_wire w = wire_of(i);
    w.fourth = i->mech_list_mic;
    if (i->hint_name.ptr) {
        builder_over(&third, mem, sizeof(mem));
        der_put(&third, &hints_type, &(struct hints){.hint_name = i->hint_name});
        put_third(b, &w, &third);
    }
    put_framed(b, &w);
}

void spnego_put_resp(struct builder *b, const struct spnego_resp *r)
{
    der_put(b, &resp_type, r);
}

void spnego_put_mech_list(struct builder *b, const struct spnego_mechs *m)
{
    der_put(b, &mech_list_type, m);
}
