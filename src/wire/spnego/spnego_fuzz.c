/* Tokens of a negotiation and the Kerberos frames inside: what decodes is written and decodes
 * again. */
#include "wire/spnego/gss_krb.h"
#include "wire/spnego/spnego.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spnego(struct span in, struct arena *a)
{
    struct spnego_token t, again;
    struct builder b;
    struct span out;
    if (spnego_decode(in, a, &t) != ERR_OK)
        return;
    builder_in(&b, a, 1 << 19);
    if (t.kind == SPNEGO_INIT && (t.init.hint_name.ptr || t.init.mech_list_mic.len > 200))
        spnego_put_init2(&b, &t.init);
    else if (t.kind == SPNEGO_INIT)
        spnego_put_init(&b, &t.init);
    else if (t.kind == SPNEGO_RESP)
        spnego_put_resp(&b, &t.resp);
    else
        return;
    /* A hint longer than what we would write ourselves is the builder's error. */
    if (builder_done(&b, &out) != ERR_OK)
        return;
    ENT_ASSERT(spnego_decode(out, a, &again) == ERR_OK && again.kind == t.kind);
    ENT_ASSERT(again.init.mech_types.count == t.init.mech_types.count);
    ENT_ASSERT(span_eq(again.resp.response_token, t.resp.response_token));
    ENT_ASSERT(span_eq(again.init.mech_list_mic, t.init.mech_list_mic));
}

static void check_wrap(struct span in, struct arena *a)
{
    struct gss_krb_wrap w;
    if (gss_krb_wrap_decode(in, &w) != ERR_OK)
        return;
    uint8_t header[GSS_KRB_HEADER], *out = arena_alloc(a, w.body.len);
    gss_krb_wrap_header(w.flags, w.ec, w.rrc, w.seq, header);
    ENT_ASSERT(memcmp(header, w.header.ptr, sizeof(header)) == 0);
    if (out)
        gss_krb_unrotate(w.body, w.rrc, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct gss_krb_token token;
    struct gss_krb_cksum cksum;
    struct gss_krb_mic mic;
    struct gss_sasl_offer offer;
    struct span in = span_of(data, size);
    arena_init(&a, 0, 1 << 21, 0);
    check_spnego(in, &a);
    check_wrap(in, &a);
    (void)gss_krb_token_decode(in, &token);
    (void)gss_krb_cksum_decode(in, &cksum);
    (void)gss_krb_mic_decode(in, &mic);
    (void)gss_sasl_decode(in, &offer);
    arena_fini(&a);
    return 0;
}
