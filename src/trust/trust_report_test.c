#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "trust/trust.h"
#include "trust/trust_report.h"

static struct arena arena;

static void test_round_trip_and_every_prefix(void **state)
{
    (void)state;
    struct trust_check checks[] = {
        {TRUST_OUTBOUND, TRUST_STEP_RESOLVE, TRUST_STATUS_PASS, REASON_NONE, SPAN_LIT("dc1"),
         SPAN_NONE},
        {TRUST_INBOUND, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, REASON_SERVER_BUSY, SPAN_NONE,
         SPAN_LIT("code 24")},
    };
    struct trust_report report = {
        .checks = checks, .count = 2, .flat_name = SPAN_LIT("CORP"), .sid = SID_NT(21, 1, 2, 3)};
    struct trust_report back;
    struct span bytes;
    assert_int_equal(trust_report_encode(&report, &arena, &bytes), ERR_OK);
    assert_int_equal(trust_report_decode(bytes, &arena, &back), ERR_OK);
    assert_int_equal(back.count, 2);
    assert_true(span_eq(back.flat_name, report.flat_name) && sid_eq(&back.sid, &report.sid));
    assert_int_equal(back.checks[1].reason, REASON_SERVER_BUSY);
    assert_true(span_eq(back.checks[1].detail, checks[1].detail));
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(trust_report_decode(span_sub(bytes, 0, n), &arena, &back), ERR_OK);
}

static void test_verdict(void **state)
{
    static const struct {
        uint32_t direction;
        uint32_t passed; /* halves proved */
        enum reason failed;
        enum trust_status verdict;
    } rows[] = {
        {TRUST_BOTH, TRUST_BOTH, REASON_NONE, TRUST_STATUS_PASS},
        {TRUST_BOTH, TRUST_OUTBOUND, REASON_NONE, TRUST_STATUS_UNKNOWN},
        {TRUST_OUTBOUND, TRUST_OUTBOUND, REASON_NONE, TRUST_STATUS_PASS},
        {TRUST_INBOUND, TRUST_OUTBOUND, REASON_NONE, TRUST_STATUS_UNKNOWN},
        {TRUST_BOTH, TRUST_BOTH, REASON_SERVER_BUSY, TRUST_STATUS_FAIL},
        {TRUST_DISABLED, TRUST_BOTH, REASON_NONE, TRUST_STATUS_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust_check checks[] = {
            {rows[i].passed & TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_PASS},
            {rows[i].passed & TRUST_INBOUND, TRUST_STEP_PROOF, TRUST_STATUS_PASS},
            {TRUST_INBOUND, TRUST_STEP_REACH, TRUST_STATUS_FAIL, rows[i].failed},
        };
        struct trust_report report = {.checks = checks, .count = rows[i].failed ? 3 : 2};
        enum reason reason = REASON__COUNT;
        assert_int_equal(trust_report_verdict(&report, rows[i].direction, &reason),
                         rows[i].verdict);
        assert_int_equal(reason, rows[i].failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_and_every_prefix),
        cmocka_unit_test(test_verdict),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
