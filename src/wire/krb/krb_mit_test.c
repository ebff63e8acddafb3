/*
 * Every message against MIT's libkrb5: random values are encoded by us, decoded and encoded by
 * libkrb5, and the bytes must be the same; then by us again. libkrb5 exports its codecs for its
 * KDC; their structs are opaque here.
 */
#include <krb5/krb5.h>

#include "base/text.h"
#include "wire/krb/krb_random.h"

#define ROUNDS 300
#define SEED   UINT64_C(0x6b7262356d6974)

typedef krb5_error_code decode_fn(const krb5_data *in, void **out);
typedef krb5_error_code encode_fn(const void *value, krb5_data **out);

#define CODECS(X)                                                                                  \
    X(ticket, ticket, true)                                                                        \
    X(enc_ticket_part, enc_tkt_part, true)                                                         \
    X(as_req, as_req, true)                                                                        \
    X(tgs_req, tgs_req, true)                                                                      \
    X(req_body, kdc_req_body, true)                                                                \
    X(as_rep, as_rep, true)                                                                        \
    X(tgs_rep, tgs_rep, true)                                                                      \
    X(enc_tgs_rep_part, enc_kdc_rep_part, true)                                                    \
    X(ap_req, ap_req, true)                                                                        \
    X(authenticator, authenticator, true)                                                          \
    X(ap_rep, ap_rep, true)                                                                        \
    X(enc_ap_rep_part, ap_rep_enc_part, true)                                                      \
    X(safe, safe, true)                                                                            \
    X(priv, priv, true)                                                                            \
    X(enc_priv_part, enc_priv_part, true)                                                          \
    X(cred, cred, true)                                                                            \
    X(enc_cred_part, enc_cred_part, true)                                                          \
    X(error, error, true)                                                                          \
    X(encrypted, enc_data, true)                                                                   \
    X(method_data, padata_sequence, true)                                                          \
    X(typed_data, typed_data, true)                                                                \
    X(authdata, authdata, true)                                                                    \
    X(etype_info, etype_info, true)                                                                \
    X(etype_info2, etype_info2, true)                                                              \
    X(pa_enc_ts, pa_enc_ts, true)                                                                  \
    X(pa_pac_options, pa_pac_options, true)                                                        \
    X(pa_for_user, pa_for_user, true)                                                              \
    X(pa_s4u_x509_user, pa_s4u_x509_user, true)                                                    \
    X(fast_reply, pa_fx_fast_reply, true)                                                          \
    X(fast_response, fast_response, true)                                                          \
    X(ad_kdc_issued, ad_kdcissued, true)                                                           \
    X(pa_pac_request, pa_pac_req, false)                                                           \
    X(fast_request, pa_fx_fast_request, false)                                                     \
    X(fast_req, fast_req, false)

#define X(ours, mit, both)                                                                         \
    decode_fn decode_krb5_##mit;                                                                   \
    encode_fn encode_krb5_##mit __attribute__((weak));
CODECS(X)
#undef X

static const struct codec {
    const char *name;
    const struct der_type *type;
    decode_fn *decode;
    encode_fn *encode; /* NULL: libkrb5 exports only the decoder */
} codecs[] = {
#define X(ours, mit, both)                                                                         \
    {#ours, &krb_##ours##_type, decode_krb5_##mit, both ? encode_krb5_##mit : NULL},
    CODECS(X)
#undef X
};

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16, 1 << 24, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void expect_same(const char *name, struct span ours, struct span theirs)
{
    size_t at = 0;
    if (span_eq(ours, theirs))
        return;
    while (at < ours.len && at < theirs.len && ours.ptr[at] == theirs.ptr[at])
        at++;
    print_error("%s differs at %zu of %zu (libkrb5: %zu)\n", name, at, ours.len, theirs.len);
    at = at < 32 ? 0 : at - 32;
    print_error("ours %.*s\n", SPAN_ARG(text_hex(&arena, span_sub(ours, at, 64))));
    print_error("MIT  %.*s\n", SPAN_ARG(text_hex(&arena, span_sub(theirs, at, 64))));
    fail();
}

static void compare(const struct codec *c, struct span ours)
{
    krb5_data in = {.data = (char *)ours.ptr, .length = (unsigned)ours.len}, *out = NULL;
    void *value = NULL;
    krb5_error_code e = c->decode(&in, &value);
    if (e)
        fail_msg("%s: libkrb5 does not decode (%d): %.*s", c->name, e,
                 SPAN_ARG(text_hex(&arena, ours)));
    if (!c->encode)
        return; /* what libkrb5 allocated stays: its types are not public */
    e = c->encode(value, &out);
    if (e)
        fail_msg("%s: libkrb5 does not encode (%d): %.*s", c->name, e,
                 SPAN_ARG(text_hex(&arena, ours)));
    expect_same(c->name, ours, span_of(out->data, out->length));
    krb5_free_data(NULL, out);
}

static void check(const struct codec *c, struct random_source *s)
{
    struct span first, again;
    void *back;
    void *value = arena_alloc(&arena, c->type->size);
    random_value(s, c->type, value);
    assert_ok(der_encode(c->type, value, &arena, &first));
    assert_ok(der_decode(c->type, first, &arena, &back));
    assert_ok(der_encode(c->type, back, &arena, &again));
    assert_span_equal(again, first);
    compare(c, first);
}

static void every_message(void **state)
{
    (void)state;
    struct random_source s = {SEED, &arena};
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
        for (unsigned round = 0; round < ROUNDS; round++) {
            arena_reset(&arena);
            check(&codecs[i], &s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_message)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
