#include "base/test.h"
#include "wire/krb/krb_frame.h"

static void tcp(void **state)
{
    (void)state;
    size_t len = 7;
    assert_ok(krb_tcp_length(SPAN_LIT("\0\0\1\0rest"), 1000, &len));
    assert_int_equal(len, 256);
    assert_err(krb_tcp_length(SPAN_LIT("\0\0\1"), 1000, &len), ERR_TRUNCATED);
    assert_err(krb_tcp_length(SPAN_LIT("\0\0\1\0"), 255, &len), ERR_LIMIT);
    assert_err(krb_tcp_length(SPAN_LIT("\0\0\0\0"), 255, &len), ERR_MALFORMED);
    assert_err(krb_tcp_length(SPAN_LIT("\x80\0\0\1"), 255, &len), ERR_UNSUPPORTED);
    assert_int_equal(len, 256);
    uint8_t mem[8];
    struct builder b;
    struct span out;
    builder_over(&b, mem, sizeof(mem));
    krb_put_tcp_length(&b, 0x1234);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\0\0\x12\x34");
}

static void requests(void **state)
{
    (void)state;
    uint8_t mem[64];
    struct builder b;
    struct span out;
    struct kpasswd_request r = {KPASSWD_VERSION_SET, SPAN_LIT("apreq"), SPAN_LIT("priv")}, again;
    builder_over(&b, mem, sizeof(mem));
    kpasswd_put_request(&b, &r);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\0\x0f\xff\x80\0\5apreqpriv");
    assert_ok(kpasswd_request_decode(out, &again));
    assert_int_equal(again.version, KPASSWD_VERSION_SET);
    assert_span(again.ap_req, "apreq");
    assert_span(again.priv, "priv");
    assert_err(kpasswd_request_decode(SPAN_LIT("\0\x0f\0\2\0\5apreqpriv"), &again),
               ERR_UNSUPPORTED);
}

static void requests_that_are_refused(void **state)
{
    (void)state;
    struct kpasswd_request r;
    struct span bad[] = {
        SPAN_NONE,
        SPAN_LIT("\0\x0f\xff\x80\0"),
        SPAN_LIT("\0\x0e\xff\x80\0\5apreqpriv"), /* total too small */
        SPAN_LIT("\0\x10\xff\x80\0\5apreqpriv"), /* total too large */
        SPAN_LIT("\0\x0f\xff\x80\0\x0a"
                 "apreqpriv"), /* AP-REQ beyond the end */
        SPAN_LIT("\0\x0f\xff\x80\0\x09"
                 "apreqpriv"),                   /* no KRB-PRIV */
        SPAN_LIT("\0\x0f\xff\x80\0\0apreqpriv"), /* no AP-REQ */
        SPAN_LIT("\0\x0f\xff\x80\xff\xff"
                 "apreqpriv"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_err(kpasswd_request_decode(bad[i], &r), ERR_MALFORMED);
}

static void replies(void **state)
{
    (void)state;
    uint8_t mem[64];
    struct builder b;
    struct span out;
    struct kpasswd_reply r = {SPAN_LIT("rep"), SPAN_LIT("priv")}, again;
    builder_over(&b, mem, sizeof(mem));
    kpasswd_put_reply(&b, &r);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\0\x0d\0\1\0\3reppriv");
    assert_ok(kpasswd_reply_decode(out, &again));
    assert_span(again.ap_rep, "rep");
    assert_ok(kpasswd_reply_decode(SPAN_LIT("\0\x09\0\1\0\0err"), &again));
    assert_int_equal(again.ap_rep.len, 0);
    assert_span(again.body, "err");
    assert_ok(kpasswd_reply_decode(SPAN_LIT("\x7e\x01x"), &again));
    assert_int_equal(again.body.len, 3);
    assert_err(kpasswd_reply_decode(SPAN_LIT("\0\6\0\1\0\0"), &again), ERR_MALFORMED);
    assert_err(kpasswd_reply_decode(SPAN_LIT("\0\7\0\3\0\0x"), &again), ERR_UNSUPPORTED);
}

static void outcomes(void **state)
{
    (void)state;
    uint8_t mem[64];
    struct builder b;
    struct span out;
    struct kpasswd_outcome o = {KPASSWD_SOFTERROR, SPAN_LIT("too short")}, again;
    builder_over(&b, mem, sizeof(mem));
    kpasswd_put_outcome(&b, &o);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\0\4too short");
    assert_ok(kpasswd_outcome_decode(out, &again));
    assert_int_equal(again.code, KPASSWD_SOFTERROR);
    assert_span(again.text, "too short");
    assert_err(kpasswd_outcome_decode(SPAN_LIT("\0"), &again), ERR_TRUNCATED);
}

static void too_long(void **state)
{
    (void)state;
    static uint8_t mem[70000], big[65535];
    struct builder b;
    builder_over(&b, mem, sizeof(mem));
    kpasswd_put_request(&b, &(struct kpasswd_request){1, span_of(big, 65530), SPAN_NONE});
    assert_err(b.err, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp),
        cmocka_unit_test(requests),
        cmocka_unit_test(requests_that_are_refused),
        cmocka_unit_test(replies),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
