/* NL_AUTH_MESSAGE: the example of [MS-NRPC] 3.3.4.1.1, and what is no token. */
#include "wire/rpc/netlogon_token.h"

#include "base/test.h"
#include "base/test_arena.h"

static const uint8_t example[] =
    "\0\0\0\0\x17\0\0\0NTDEV\0NASKO\0\5ntdev\4corp\11microsoft\3com\0\5NASKO";

static void both_directions(void **state)
{
    struct arena *a = &arena;
    struct netlogon_token t;
    struct builder b;
    struct span bytes;
    (void)state;

    assert_ok(netlogon_token_decode(span_of(example, sizeof(example)), a, &t));
    assert_false(t.answer);
    assert_span(t.domain, "NTDEV");
    assert_span(t.computer, "NASKO");
    assert_span(t.dns_domain, "ntdev.corp.microsoft.com");
    assert_span(t.dns_host, "");
    assert_span(t.computer_utf8, "NASKO");
    builder_in(&b, a, NETLOGON_TOKEN_MAX);
    netlogon_token_put(&b, &t);
    assert_ok(builder_done(&b, &bytes));
    assert_int_equal(bytes.len, sizeof(example));
    assert_memory_equal(bytes.ptr, example, sizeof(example));
}

static void answers(void **state)
{
    struct arena *a = &arena;
    struct netlogon_token t = {.answer = true, .domain = SPAN_LIT("IGNORED")};
    struct builder b;
    struct span bytes;
    (void)state;

    builder_in(&b, a, NETLOGON_TOKEN_MAX);
    netlogon_token_put(&b, &t);
    assert_ok(builder_done(&b, &bytes));
    assert_int_equal(bytes.len, 12);
    assert_memory_equal(bytes.ptr, "\1\0\0\0\0\0\0\0\0\0\0\0", 12);
    assert_ok(netlogon_token_decode(bytes, a, &t));
    assert_true(t.answer);
    assert_int_equal(t.domain.len, 0);
    assert_err(netlogon_token_decode(span_sub(bytes, 0, 11), a, &t), ERR_MALFORMED);
}

static void what_is_no_token(void **state)
{
    struct arena *a = &arena;
    struct netlogon_token t;
    uint8_t bad[sizeof(example)];
    (void)state;

    for (size_t len = 0; len < sizeof(example); len++)
        assert_int_not_equal(netlogon_token_decode(span_of(example, len), a, &t), ERR_OK);
    memcpy(bad, example, sizeof(bad));
    bad[0] = 2;
    assert_err(netlogon_token_decode(span_of(bad, sizeof(bad)), a, &t), ERR_MALFORMED);
    memcpy(bad, example, sizeof(bad));
    bad[20] = 0xc0; /* a pointer where the first label of the DNS name begins */
    assert_err(netlogon_token_decode(span_of(bad, sizeof(bad)), a, &t), ERR_MALFORMED);
}

static void names_that_cannot_be_sent(void **state)
{
    struct arena *a = &arena;
    static const char *const bad[] = {".", "a..b", "a.",
                                      "0123456789012345678901234567890123456"
                                      "789012345678901234567890123"};
    struct span bytes;
    struct builder b;
    (void)state;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct netlogon_token t = {.dns_host = span_str(bad[i])};
        builder_in(&b, a, NETLOGON_TOKEN_MAX);
        netlogon_token_put(&b, &t);
        assert_err(builder_done(&b, &bytes), ERR_RANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_directions, setup, teardown),
        cmocka_unit_test_setup_teardown(answers, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_token, setup, teardown),
        cmocka_unit_test_setup_teardown(names_that_cannot_be_sent, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
