#include "base/test.h"
#include "wire/spnego/gss_krb.h"

static uint8_t mem[256];
static struct builder b;

static void begin(void)
{
    builder_over(&b, mem, sizeof(mem));
}

static struct span built(void)
{
    struct span out = SPAN_NONE;
    assert_ok(builder_done(&b, &out));
    return out;
}

#define KRB5_OID "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"

static void context_tokens(void **state)
{
    (void)state;
    struct gss_krb_token t;
    begin();
    gss_krb_put_token(&b, SPNEGO_MECH_KRB5, GSS_KRB_AP_REQ, SPAN_LIT("\x6e\x00"));
    assert_span(built(), "\x60\x0f" KRB5_OID "\x01\x00\x6e\x00");
    assert_ok(gss_krb_token_decode(built(), &t));
    assert_int_equal(t.mech, SPNEGO_MECH_KRB5);
    assert_int_equal(t.tok, GSS_KRB_AP_REQ);
    assert_span(t.message, "\x6e\x00");
    begin();
    gss_krb_put_token(&b, SPNEGO_MECH_MS_KRB5, GSS_KRB_ERROR, SPAN_LIT("\x7e\x00"));
    assert_ok(gss_krb_token_decode(built(), &t));
    assert_int_equal(t.mech, SPNEGO_MECH_MS_KRB5);
    assert_int_equal(t.tok, GSS_KRB_ERROR);
}

static void bare_messages(void **state)
{
    (void)state;
    struct gss_krb_token t;
    assert_ok(gss_krb_token_decode(SPAN_LIT("\x6f\x00"), &t));
    assert_int_equal(t.mech, SPNEGO_MECH_OTHER);
    assert_int_equal(t.tok, GSS_KRB_AP_REP);
    assert_ok(gss_krb_token_decode(SPAN_LIT("\x6e\x00"), &t));
    assert_int_equal(t.tok, GSS_KRB_AP_REQ);
    assert_err(gss_krb_token_decode(SPAN_LIT("\x6a\x00"), &t), ERR_UNSUPPORTED);
    assert_err(gss_krb_token_decode(SPAN_NONE, &t), ERR_TRUNCATED);
}

static void context_tokens_that_are_refused(void **state)
{
    (void)state;
    struct gss_krb_token t;
    assert_err(gss_krb_token_decode(SPAN_LIT("\x60\x0d" KRB5_OID "\x01\x02"), &t), ERR_UNSUPPORTED);
    assert_err(gss_krb_token_decode(SPAN_LIT("\x60\x0c" KRB5_OID "\x01"), &t), ERR_MALFORMED);
    assert_err(gss_krb_token_decode(SPAN_LIT("\x60\x0f" KRB5_OID "\x01\x00"), &t), ERR_TRUNCATED);
    assert_err(gss_krb_token_decode(SPAN_LIT("\x60\x0d" KRB5_OID "\x01\x00."), &t), ERR_MALFORMED);
    assert_err(gss_krb_token_decode(SPAN_LIT("\x60\x06\x06\x02\x2a\x03\x01\x00"), &t),
               ERR_UNSUPPORTED);
    assert_err(gss_krb_token_decode(SPAN_LIT("\x60\x04\x06\x00\x01\x00"), &t), ERR_MALFORMED);
}

static void authenticator_checksums(void **state)
{
    (void)state;
    struct gss_krb_cksum c = {.flags = GSS_FLAG_MUTUAL | GSS_FLAG_INTEG}, out;
    memset(c.bindings, 0xab, sizeof(c.bindings));
    begin();
    gss_krb_put_cksum(&b, &c);
    assert_int_equal(built().len, 24);
    assert_ok(gss_krb_cksum_decode(built(), &out));
    assert_int_equal(out.flags, 34);
    assert_memory_equal(out.bindings, c.bindings, 16);
    assert_int_equal(out.deleg.len, 0);
    c.flags |= GSS_FLAG_DELEG;
    c.deleg = SPAN_LIT("cred");
    c.extensions = SPAN_LIT("more");
    begin();
    gss_krb_put_cksum(&b, &c);
    assert_ok(gss_krb_cksum_decode(built(), &out));
    assert_span(out.deleg, "cred");
    assert_span(out.extensions, "more");
}

static void authenticator_checksums_that_are_refused(void **state)
{
    (void)state;
    struct gss_krb_cksum out;
    static const char good[] = "\x10\0\0\0"
                               "bindingsbindings"
                               "\x01\0\0\0"
                               "\x01\0\x02\0de";
    struct span in = span_of(good, sizeof(good) - 1);
    assert_ok(gss_krb_cksum_decode(in, &out));
    for (size_t n = 0; n < in.len; n++)
        assert_err(gss_krb_cksum_decode(span_sub(in, 0, n), &out), ERR_MALFORMED);
    uint8_t bad[sizeof(good) - 1];
    memcpy(bad, good, sizeof(bad));
    bad[0] = 15;
    assert_err(gss_krb_cksum_decode(span_of(bad, sizeof(bad)), &out), ERR_MALFORMED);
    bad[0] = 16;
    bad[24] = 2;
    assert_err(gss_krb_cksum_decode(span_of(bad, sizeof(bad)), &out), ERR_MALFORMED);
    bad[24] = 1;
    bad[26] = 3;
    assert_err(gss_krb_cksum_decode(span_of(bad, sizeof(bad)), &out), ERR_MALFORMED);
}

/* RFC 4121 section 4.2.6.1 and 4.2.6.2. */
static void message_tokens(void **state)
{
    (void)state;
    uint8_t header[GSS_KRB_HEADER];
    struct gss_krb_mic m;
    struct gss_krb_wrap w;
    gss_krb_mic_header(GSS_KRB_ACCEPTOR_SUBKEY, 0x0102030405060708, header);
    assert_span(span_of(header, 16), "\x04\x04\x04\xff\xff\xff\xff\xff\1\2\3\4\5\6\7\x08");
    begin();
    builder_bytes(&b, header, sizeof(header));
    builder_span(&b, SPAN_LIT("sum"));
    assert_ok(gss_krb_mic_decode(built(), &m));
    assert_int_equal(m.flags, 4);
    assert_true(m.seq == 0x0102030405060708);
    assert_span(m.sum, "sum");
    assert_int_equal(m.header.len, 16);
    gss_krb_wrap_header(GSS_KRB_SEALED | GSS_KRB_SENT_BY_ACCEPTOR, 0, 28, 5, header);
    assert_span(span_of(header, 16), "\x05\x04\x03\xff\0\0\0\x1c\0\0\0\0\0\0\0\5");
    begin();
    builder_bytes(&b, header, sizeof(header));
    builder_span(&b, SPAN_LIT("body"));
    assert_ok(gss_krb_wrap_decode(built(), &w));
    assert_int_equal(w.rrc, 28);
    assert_int_equal(w.ec, 0);
    assert_true(w.seq == 5);
    assert_span(w.body, "body");
}

static void message_tokens_that_are_refused(void **state)
{
    (void)state;
    struct gss_krb_mic m;
    struct gss_krb_wrap w;
    assert_err(gss_krb_mic_decode(SPAN_LIT("\x05\x04\x04\xff\xff\xff\xff\xff"
                                           "12345678sum"),
                                  &m),
               ERR_MALFORMED);
    assert_err(gss_krb_mic_decode(SPAN_LIT("\x04\x04\x04\xff\xff\xff\xfe\xff"
                                           "12345678sum"),
                                  &m),
               ERR_MALFORMED);
    assert_err(gss_krb_mic_decode(SPAN_LIT("\x04\x04\x04\xff\xff\xff\xff\xff"
                                           "1234567"),
                                  &m),
               ERR_TRUNCATED);
    assert_err(gss_krb_wrap_decode(SPAN_LIT("\x04\x04\x04\xff\xff\xff\xff\xff"
                                            "12345678sum"),
                                   &w),
               ERR_MALFORMED);
    assert_err(gss_krb_wrap_decode(SPAN_LIT("\x05\x04\x04\xfe\0\0\0\0"
                                            "12345678sum"),
                                   &w),
               ERR_MALFORMED);
    assert_err(gss_krb_wrap_decode(SPAN_LIT("\x05\x04\x04\xff\0\0\0\0"
                                            "1234567"),
                                   &w),
               ERR_TRUNCATED);
}

static void rotation(void **state)
{
    (void)state;
    uint8_t out[5];
    struct span in = SPAN_LIT("deabc");
    gss_krb_unrotate(in, 2, out);
    assert_span(span_of(out, 5), "abcde");
    gss_krb_unrotate(in, 7, out);
    assert_span(span_of(out, 5), "abcde");
    gss_krb_unrotate(in, 0, out);
    assert_span(span_of(out, 5), "deabc");
    gss_krb_unrotate(SPAN_NONE, 3, out);
    assert_span(span_of(out, 5), "deabc");
}

static void sasl_layers(void **state)
{
    (void)state;
    struct gss_sasl_offer o = {GSS_SASL_INTEGRITY | GSS_SASL_CONFIDENTIALITY, 0x00ffff, SPAN_NONE},
                          out;
    begin();
    gss_sasl_put(&b, &o);
    assert_span(built(), "\x06\x00\xff\xff");
    assert_ok(gss_sasl_decode(SPAN_LIT("\x04\x01\x00\x00u:me"), &out));
    assert_int_equal(out.layers, GSS_SASL_CONFIDENTIALITY);
    assert_int_equal(out.max_buffer, 0x10000);
    assert_span(out.authzid, "u:me");
    assert_err(gss_sasl_decode(SPAN_LIT("\x04\x01\x00"), &out), ERR_TRUNCATED);
    o.max_buffer = 0x1000000;
    begin();
    gss_sasl_put(&b, &o);
    assert_err(b.err, ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_tokens),
        cmocka_unit_test(bare_messages),
        cmocka_unit_test(context_tokens_that_are_refused),
        cmocka_unit_test(authenticator_checksums),
        cmocka_unit_test(authenticator_checksums_that_are_refused),
        cmocka_unit_test(message_tokens),
        cmocka_unit_test(message_tokens_that_are_refused),
        cmocka_unit_test(rotation),
        cmocka_unit_test(sasl_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
