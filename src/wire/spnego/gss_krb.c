#include "wire/spnego/gss_krb.h"
#include "wire/der/der.h"

#define TOK_MIC  0x0404
#define TOK_WRAP 0x0504
#define FILLER   0xff

#define AP_REQ_TAG    DER_APP(14)
#define AP_REP_TAG    DER_APP(15)
#define KRB_ERROR_TAG DER_APP(30)

#define CKSUM_BINDINGS_LEN 16
#define CKSUM_DELEG_OPTION 1
#define SASL_BUFFER_MAX    0xffffff

enum err gss_token_decode(struct span in, struct span *oid_out, struct span *inner_out)
{
    struct reader r = reader_of(in);
    struct span body = der_read_tag(&r, DER_RULES, DER_APP(0));
    TRY(reader_end(&r));
    struct reader contents = reader_of(body);
    struct span oid = der_read_tag(&contents, DER_RULES, DER_OID);
    struct span inner = reader_rest(&contents);
    if (reader_end(&contents) != ERR_OK || oid.len == 0)
        return ERR_MALFORMED;
    *oid_out = oid;
    *inner_out = inner;
    return ERR_OK;
}

void gss_put_token_header(struct builder *b, struct span oid, size_t inner_len)
{
    der_put_header(b, DER_APP(0), der_size_tlv(oid.len) + inner_len);
    der_put_span(b, DER_OID, oid);
}

/* Without a frame the message's own tag says which it is. */
static enum err decode_bare(struct span in, struct gss_krb_token *out)
{
    struct gss_krb_token t = {.mech = SPNEGO_MECH_OTHER, .message = in};
    if (in.len == 0)
        return ERR_TRUNCATED;
    switch (in.ptr[0]) {
    case AP_REQ_TAG:
        t.tok = GSS_KRB_AP_REQ;
        break;
    case AP_REP_TAG:
        t.tok = GSS_KRB_AP_REP;
        break;
    case KRB_ERROR_TAG:
        t.tok = GSS_KRB_ERROR;
        break;
    default:
        return ERR_UNSUPPORTED;
    }
    *out = t;
    return ERR_OK;
}

static bool is_krb(enum spnego_mech m)
{
    return m == SPNEGO_MECH_KRB5 || m == SPNEGO_MECH_MS_KRB5 || m == SPNEGO_MECH_KRB5_U2U;
}

enum err gss_krb_token_decode(struct span in, struct gss_krb_token *out)
{
    struct span oid, inner;
    struct reader frame = reader_of(in);
    if (!der_next_is(&frame, DER_APP(0)))
        return decode_bare(in, out);
    TRY(gss_token_decode(in, &oid, &inner));
    struct gss_krb_token t = {.mech = spnego_mech_of(oid)};
    if (!is_krb(t.mech))
        return ERR_UNSUPPORTED;
    struct reader r = reader_of(inner);
    uint16_t tok = reader_be16(&r);
    t.message = reader_rest(&r);
    if (reader_end(&r) != ERR_OK)
        return ERR_MALFORMED;
    if (tok != GSS_KRB_AP_REQ && tok != GSS_KRB_AP_REP && tok != GSS_KRB_ERROR)
        return ERR_UNSUPPORTED;
    t.tok = tok;
    *out = t;
    return ERR_OK;
}

void gss_krb_put_token(struct builder *b, enum spnego_mech mech, enum gss_krb_tok tok,
                       struct span message)
{
    gss_put_token_header(b, spnego_mech_oid(mech), 2 + message.len);
    builder_be16(b, (uint16_t)tok);
    builder_span(b, message);
}

enum err gss_krb_cksum_decode(struct span in, struct gss_krb_cksum *out)
{
    struct reader r = reader_of(in);
    struct gss_krb_cksum c = {.deleg = SPAN_NONE};
    if (reader_le32(&r) != CKSUM_BINDINGS_LEN)
        return ERR_MALFORMED;
    reader_copy(&r, c.bindings, sizeof(c.bindings));
    c.flags = reader_le32(&r);
    if (c.flags & GSS_FLAG_DELEG) {
        if (reader_le16(&r) != CKSUM_DELEG_OPTION)
            return ERR_MALFORMED;
        c.deleg = reader_span(&r, reader_le16(&r));
    }
    c.extensions = reader_rest(&r);
    if (reader_end(&r) != ERR_OK)
        return ERR_MALFORMED;
    *out = c;
    return ERR_OK;
}

void gss_krb_put_cksum(struct builder *b, const struct gss_krb_cksum *c)
{
    builder_le32(b, CKSUM_BINDINGS_LEN);
    builder_bytes(b, c->bindings, sizeof(c->bindings));
    builder_le32(b, c->flags);
    if (c->flags & GSS_FLAG_DELEG) {
        if (c->deleg.len > UINT16_MAX)
            builder_fail(b, ERR_LIMIT);
        builder_le16(b, CKSUM_DELEG_OPTION);
        builder_le16(b, (uint16_t)c->deleg.len);
        builder_span(b, c->deleg);
    }
    builder_span(b, c->extensions);
}

static void read_filler(struct reader *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (reader_u8(r) != FILLER)
            reader_fail(r, ERR_MALFORMED);
}

enum err gss_krb_mic_decode(struct span in, struct gss_krb_mic *out)
{
    struct reader r = reader_of(in);
    if (reader_be16(&r) != TOK_MIC)
        reader_fail(&r, ERR_MALFORMED);
    struct gss_krb_mic m = {.flags = reader_u8(&r)};
    read_filler(&r, 5);
    m.seq = reader_be64(&r);
    m.sum = reader_rest(&r);
    m.header = span_sub(in, 0, GSS_KRB_HEADER);
    TRY(reader_end(&r));
    *out = m;
    return ERR_OK;
}

static void put_header(uint8_t out[GSS_KRB_HEADER], uint16_t tok, uint8_t flags, uint16_t ec,
                       uint16_t rrc, uint64_t seq)
{
    struct builder b;
    builder_over(&b, out, GSS_KRB_HEADER);
    builder_be16(&b, tok);
    builder_u8(&b, flags);
    builder_u8(&b, FILLER);
    builder_be16(&b, ec);
    builder_be16(&b, rrc);
    builder_be64(&b, seq);
}

void gss_krb_mic_header(uint8_t flags, uint64_t seq, uint8_t out[GSS_KRB_HEADER])
{
    put_header(out, TOK_MIC, flags, 0xffff, 0xffff, seq);
}

enum err gss_krb_wrap_decode(struct span in, struct gss_krb_wrap *out)
{
    struct reader r = reader_of(in);
    if (reader_be16(&r) != TOK_WRAP)
        reader_fail(&r, ERR_MALFORMED);
    struct gss_krb_wrap w = {.flags = reader_u8(&r)};
    read_filler(&r, 1);
    w.ec = reader_be16(&r);
    w.rrc = reader_be16(&r);
    w.seq = reader_be64(&r);
    w.body = reader_rest(&r);
    w.header = span_sub(in, 0, GSS_KRB_HEADER);
    TRY(reader_end(&r));
    *out = w;
    return ERR_OK;
}

void gss_krb_wrap_header(uint8_t flags, uint16_t ec, uint16_t rrc, uint64_t seq,
                         uint8_t out[GSS_KRB_HEADER])
{
    put_header(out, TOK_WRAP, flags, ec, rrc, seq);
}

void gss_krb_unrotate(struct span body, uint16_t rrc, uint8_t *out)
{
    if (body.len == 0)
        return;
    size_t turn = rrc % body.len;
    struct span front = span_sub(body, turn, body.len);
    memcpy(out, front.ptr, front.len);
    if (turn)
        memcpy(out + front.len, body.ptr, turn);
}

enum err gss_sasl_decode(struct span in, struct gss_sasl_offer *out)
{
    struct reader r = reader_of(in);
    uint32_t word = reader_be32(&r);
    struct gss_sasl_offer o = {.layers = (uint8_t)(word >> 24),
                               .max_buffer = word & SASL_BUFFER_MAX};
    o.authzid = reader_rest(&r);
    TRY(reader_end(&r));
    *out = o;
    return ERR_OK;
}

void gss_sasl_put(struct builder *b, const struct gss_sasl_offer *o)
{
    if (o->max_buffer > SASL_BUFFER_MAX)
        builder_fail(b, ERR_RANGE);
    builder_be32(b, (uint32_t)o->layers << 24 | o->max_buffer);
    builder_span(b, o->authzid);
}
