#include "base/test.h"
#include "control/control_trusts.h"

#define NOW (INT64_C(1780000000) * UTIME_SECOND)

/* How soon a trust that is not proved is tried again, by how long that lasts. */
static void patience_grows(void **state)
{
    (void)state;
    static const struct {
        utime lasts, wait;
    } rows[] = {
        {0, UTIME_SECOND},
        {2 * UTIME_MINUTE - 1, UTIME_SECOND},
        {2 * UTIME_MINUTE, 10 * UTIME_SECOND},
        {10 * UTIME_MINUTE - 1, 10 * UTIME_SECOND},
        {10 * UTIME_MINUTE, 30 * UTIME_SECOND},
        {UTIME_HOUR - 1, 30 * UTIME_SECOND},
        {UTIME_HOUR, UTIME_MINUTE},
        {24 * UTIME_HOUR - 1, UTIME_MINUTE},
        {24 * UTIME_HOUR, 5 * UTIME_MINUTE},
        {1000 * UTIME_HOUR, 5 * UTIME_MINUTE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(control_trust_patience("VerifyFailed", true, NOW - rows[i].lasts, NOW) ==
                    rows[i].wait);
        assert_true(control_trust_patience("Verified", false, NOW - rows[i].lasts, NOW) ==
                    UTIME_HOUR);
        assert_true(control_trust_patience("Verified", true, NOW - rows[i].lasts, NOW) ==
                    5 * UTIME_MINUTE);
    }
}

static void words_of_directions(void **state)
{
    (void)state;
    static const char *const words[] = {"disabled", "incoming", "outgoing", "two-way"};
    for (uint32_t d = TRUST_INBOUND; d <= TRUST_BOTH; d++) {
        assert_int_equal(control_trust_direction(span_str(words[d])), d);
        assert_string_equal(control_trust_direction_word(d), words[d]);
    }
    assert_string_equal(control_trust_direction_word(TRUST_DISABLED), words[0]);
    assert_int_equal(control_trust_direction(SPAN_LIT("sideways")), TRUST_DISABLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patience_grows),
        cmocka_unit_test(words_of_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
