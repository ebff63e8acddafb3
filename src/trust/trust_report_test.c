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

/* Who is not reached has another beside it, for the same of ours and the same half, or fails. */
static void test_another_server_answers(void **state)
{
    static const struct {
        enum trust_step step;
        enum reason reason;
        const char *server, *dc; /* of the other one, which proves */
        uint32_t half;
        enum trust_step proved;
        enum trust_status becomes, verdict;
    } rows[] = {
        {TRUST_STEP_REACH, REASON_VERIFY_PORT_CLOSED, "dc2", "a", TRUST_OUTBOUND, TRUST_STEP_PROOF,
         TRUST_STATUS_WARN, TRUST_STATUS_WARN},
        {TRUST_STEP_REACH, REASON_VERIFY_PORT_SILENT, "dc2", "a", TRUST_OUTBOUND, TRUST_STEP_PROOF,
         TRUST_STATUS_WARN, TRUST_STATUS_WARN},
        {TRUST_STEP_CHANNEL, REASON_VERIFY_PORT_SILENT, "dc2", "a", TRUST_OUTBOUND,
         TRUST_STEP_CHANNEL, TRUST_STATUS_WARN, TRUST_STATUS_WARN},
        /* it answers, wrongly */
        {TRUST_STEP_CLOCK, REASON_VERIFY_CLOCK_SKEW, "dc2", "a", TRUST_OUTBOUND, TRUST_STEP_PROOF,
         TRUST_STATUS_FAIL, TRUST_STATUS_FAIL},
        {TRUST_STEP_PROOF, REASON_VERIFY_PASSWORD_DIFFERENT, "dc2", "a", TRUST_OUTBOUND,
         TRUST_STEP_PROOF, TRUST_STATUS_FAIL, TRUST_STATUS_FAIL},
        /* it does not reach us */
        {TRUST_STEP_CHANNEL, REASON_CHANNEL_BACK_UNREACHED, "dc2", "a", TRUST_OUTBOUND,
         TRUST_STEP_CHANNEL, TRUST_STATUS_FAIL, TRUST_STATUS_FAIL},
        /* another of ours reaches one, another half does, another protocol does */
        {TRUST_STEP_REACH, REASON_VERIFY_PORT_CLOSED, "dc2", "b", TRUST_OUTBOUND, TRUST_STEP_PROOF,
         TRUST_STATUS_FAIL, TRUST_STATUS_FAIL},
        {TRUST_STEP_REACH, REASON_VERIFY_PORT_CLOSED, "dc2", "a", TRUST_INBOUND, TRUST_STEP_PROOF,
         TRUST_STATUS_FAIL, TRUST_STATUS_FAIL},
        {TRUST_STEP_CHANNEL, REASON_VERIFY_PORT_CLOSED, "dc2", "a", TRUST_OUTBOUND,
         TRUST_STEP_PROOF, TRUST_STATUS_FAIL, TRUST_STATUS_FAIL},
        /* our own resolver is no server of theirs */
        {TRUST_STEP_RESOLVE, REASON_VERIFY_PORT_SILENT, "", "a", TRUST_OUTBOUND, TRUST_STEP_PROOF,
         TRUST_STATUS_FAIL, TRUST_STATUS_FAIL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span dc = SPAN_LIT("a");
        struct trust_check checks[] = {
            {TRUST_OUTBOUND, rows[i].step, TRUST_STATUS_FAIL, rows[i].reason,
             rows[i].server[0] ? SPAN_LIT("dc1") : SPAN_NONE, SPAN_NONE, dc},
            {rows[i].half, rows[i].proved, TRUST_STATUS_PASS, REASON_NONE, span_str(rows[i].server),
             SPAN_NONE, span_str(rows[i].dc)},
            {TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_PASS, REASON_NONE, SPAN_LIT("dc3"),
             SPAN_NONE, SPAN_LIT("c")},
        };
        struct trust_report report = {.checks = checks, .count = 3};
        enum reason reason = REASON__COUNT;
        trust_report_settle(&report);
        assert_int_equal(checks[0].status, rows[i].becomes);
        assert_int_equal(trust_report_verdict(&report, TRUST_OUTBOUND, &reason), rows[i].verdict);
        assert_int_equal(reason, rows[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_and_every_prefix),
        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_another_server_answers),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
