#include "awsapi/sigv4.h"
#include "base/test_arena.h"

/* The examples of AWS's documentation: one key, one second, one scope. */
#define SECRET SPAN_LIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
#define WHEN   "20150830T123600Z"

static utime now(void)
{
    utime t;
    assert_ok(utime_from_generalized(SPAN_LIT("20150830123600Z"), &t));
    return t;
}

struct example {
    struct sigv4_header header[6];
    struct sigv4_request rq;
};

static struct sigv4_request *example(struct example *x, const char *method, const char *target,
                                     const char *service, const char *signed_headers,
                                     const char *signature)
{
    x->rq = (struct sigv4_request){.method = span_str(method),
                                   .target = span_str(target),
                                   .headers = x->header,
                                   .header_count = 3,
                                   .body = SPAN_LIT("")};
    x->header[0] = (struct sigv4_header){SPAN_LIT("Host"), SPAN_LIT("example.amazonaws.com")};
    x->header[1] = (struct sigv4_header){SPAN_LIT("X-Amz-Date"), SPAN_LIT(WHEN)};
    x->header[2] = (struct sigv4_header){
        SPAN_LIT("Authorization"),
        span_str(arena_printf(&arena,
                              "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/%s/"
                              "aws4_request, SignedHeaders=%s, Signature=%s",
                              service, signed_headers, signature))};
    return &x->rq;
}

static enum err ask(const struct sigv4_request *rq, struct span secret, utime at,
                    enum reason *reason)
{
    struct sigv4_claim claim;
    const char *why = NULL;
    enum err e = sigv4_read(rq, &arena, &claim, reason, &why);
    if (e == ERR_OK)
        e = sigv4_verify(rq, &claim, secret, at, &arena, reason, &why);
    assert_true(e != ERR_REFUSED || why);
    return e;
}

#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

static void test_documented_examples(void **state)
{
    struct example x;
    enum reason reason;
    (void)state;
    assert_ok(ask(example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA), SECRET, now(),
                  &reason));
    assert_ok(ask(example(&x, "GET", "/?Param2=value2&Param1=value1", "service", "host;x-amz-date",
                          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
                  SECRET, now(), &reason));
    example(&x, "GET", "/", "service", "host;my-header1;my-header2;x-amz-date",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    x.header[3] = (struct sigv4_header){SPAN_LIT("My-Header1"), SPAN_LIT(" value1")};
    x.header[4] = (struct sigv4_header){SPAN_LIT("My-Header2"), SPAN_LIT(" \"a   b   c\"")};
    x.rq.header_count = 5;
    assert_ok(ask(&x.rq, SECRET, now(), &reason));
    example(&x, "GET", "/?Action=ListUsers&Version=2010-05-08", "iam",
            "content-type;host;x-amz-date",
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    x.header[0].value = SPAN_LIT("iam.amazonaws.com");
    x.header[3] = (struct sigv4_header){SPAN_LIT("Content-Type"),
                                        SPAN_LIT("application/x-www-form-urlencoded; "
                                                 "charset=utf-8")};
    x.rq.header_count = 4;
    assert_ok(ask(&x.rq, SECRET, now(), &reason));
}

static void test_whatever_changes_is_seen(void **state)
{
    struct example x;
    enum reason reason;
    (void)state;
    struct sigv4_request *rq = example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
    rq->method = SPAN_LIT("POST");
    assert_err(ask(rq, SECRET, now(), &reason), ERR_REFUSED);
    assert_int_equal(reason, REASON_API_SIGNATURE_WRONG);
    example(&x, "GET", "/?a", "service", "host;x-amz-date", VANILLA);
    assert_err(ask(&x.rq, SECRET, now(), &reason), ERR_REFUSED);
    example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
    x.header[0].value = SPAN_LIT("example.com");
    assert_err(ask(&x.rq, SECRET, now(), &reason), ERR_REFUSED);
    example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
    x.rq.body = SPAN_LIT("{}");
    assert_err(ask(&x.rq, SECRET, now(), &reason), ERR_REFUSED);
    example(&x, "GET", "/", "ds", "host;x-amz-date", VANILLA);
    assert_err(ask(&x.rq, SECRET, now(), &reason), ERR_REFUSED);
    example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
    assert_err(ask(&x.rq, SPAN_LIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ"), now(), &reason),
               ERR_REFUSED);
    assert_int_equal(reason, REASON_API_SIGNATURE_WRONG);
}

static void test_the_window_of_time(void **state)
{
    struct example x;
    enum reason reason;
    (void)state;
    example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
    assert_ok(ask(&x.rq, SECRET, now() + SIGV4_WINDOW, &reason));
    assert_ok(ask(&x.rq, SECRET, now() - SIGV4_WINDOW, &reason));
    assert_err(ask(&x.rq, SECRET, now() + SIGV4_WINDOW + 1, &reason), ERR_REFUSED);
    assert_int_equal(reason, REASON_API_CLOCK);
    assert_err(ask(&x.rq, SECRET, now() - SIGV4_WINDOW - 1, &reason), ERR_REFUSED);
    assert_int_equal(reason, REASON_API_CLOCK);
}

static void test_what_is_not_signed(void **state)
{
    struct example x;
    enum reason reason;
    (void)state;
    example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
    x.rq.header_count = 2;
    assert_err(ask(&x.rq, SECRET, now(), &reason), ERR_REFUSED);
    assert_int_equal(reason, REASON_API_UNSIGNED);
    static const char *const forms[] = {
        "Basic YTpi",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/ds/aws4_request",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/ds, SignedHeaders=host;x-amz-date, "
        "Signature=" VANILLA,
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/ds/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=00",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/ds/aws4_request, SignedHeaders=host, "
        "Signature=" VANILLA,
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/ds/aws4_request, "
        "SignedHeaders=x-amz-date, Signature=" VANILLA,
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
        x.header[2].value = span_str(forms[i]);
        assert_err(ask(&x.rq, SECRET, now(), &reason), ERR_REFUSED);
        assert_int_equal(reason, REASON_API_SIGNATURE_FORM);
    }
    /* The target decides what is done, so it has to be signed. */
    example(&x, "GET", "/", "service", "host;x-amz-date", VANILLA);
    x.header[3] = (struct sigv4_header){SPAN_LIT("X-Amz-Target"), SPAN_LIT("a.b")};
    x.rq.header_count = 4;
    assert_err(ask(&x.rq, SECRET, now(), &reason), ERR_REFUSED);
    assert_int_equal(reason, REASON_API_SIGNATURE_FORM);
}

static void test_canonical_form(void **state)
{
    struct sigv4_header header = {SPAN_LIT("HOST"), SPAN_LIT("  a   b ")};
    struct sigv4_request rq = {.method = SPAN_LIT("POST"),
                               .target = SPAN_LIT("/a%20b/c?z=%2f&a=b c&a=B&empty"),
                               .headers = &header,
                               .header_count = 1};
    struct sigv4_claim claim = {.signed_headers = SPAN_LIT("host")};
    struct span text;
    (void)state;
    assert_ok(sigv4_canonical(&rq, &claim, &arena, &text));
    assert_span(text, "POST\n/a%2520b/c\na=B&a=b%20c&empty=&z=%2F\nhost:a b\n\nhost\n"
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_examples), cmocka_unit_test(test_whatever_changes_is_seen),
        cmocka_unit_test(test_the_window_of_time),  cmocka_unit_test(test_what_is_not_signed),
        cmocka_unit_test(test_canonical_form),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
