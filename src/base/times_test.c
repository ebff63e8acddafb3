#include "base/test.h"
#include "base/times.h"

static struct span generalized(utime t, bool frac)
{
    static char text[20];
    memset(text, '#', sizeof(text));
    return span_of(text, utime_to_generalized(t, frac, text));
}

static void filetimes(void **state)
{
    (void)state;
    assert_int_equal(utime_to_filetime(0), INT64_C(116444736000000000));
    assert_int_equal(utime_from_filetime(INT64_C(116444736000000000)), 0);
    assert_int_equal(utime_from_filetime(INT64_C(116444736000000019)), 1);
    assert_int_equal(utime_from_filetime(INT64_C(116444735999999999)), -1);
    assert_int_equal(utime_to_filetime(UTIME_NEVER), FILETIME_NEVER);
    assert_int_equal(utime_from_filetime(FILETIME_NEVER), UTIME_NEVER);
    assert_int_equal(utime_to_filetime(INT64_MIN), 0);
    assert_int_equal(utime_from_filetime(0), INT64_C(-11644473600) * UTIME_SECOND);
    assert_int_equal(utime_from_filetime(-1), utime_from_filetime(0));
    assert_int_equal(utime_to_filetime(utime_from_filetime(0)), 0);
    assert_int_equal(utime_to_filetime(utime_from_filetime(0) - 1), 0);
    assert_int_equal(utime_to_filetime(INT64_MAX / 10), FILETIME_NEVER);
}

static void known_dates(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {0, "19700101000000Z"},
        {-1, "19691231235959Z"},
        {951782400, "20000229000000Z"},
        {4107542399, "21000228235959Z"},
        {4107542400, "21000301000000Z"},
        {1784730615, "20260722143015Z"},
        {-11644473600, "16010101000000Z"},
        {-62167219200, "00000101000000Z"},
        {-62162035200, "00000301000000Z"},
        {253402300799, "99991231235959Z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        utime t;
        assert_span_equal(generalized(rows[i].seconds * UTIME_SECOND, false),
                          span_str(rows[i].text));
        assert_ok(utime_from_generalized(span_str(rows[i].text), &t));
        assert_int_equal(t, rows[i].seconds * UTIME_SECOND);
    }
    assert_span(generalized(UTIME_SECOND - 1, true), "19700101000000.0Z");
    assert_span(generalized(INT64_MAX, false), "99991231235959Z");
    assert_span(generalized(INT64_MIN, true), "00000101000000.0Z");
}

static void every_day_follows_the_day_before(void **state)
{
    (void)state;
    for (utime t = INT64_C(-62167219200) * UTIME_SECOND; t < INT64_C(253402300800) * UTIME_SECOND;
         t += 13 * UTIME_DAY + UTIME_SECOND) {
        utime back;
        assert_ok(utime_from_generalized(generalized(t, false), &back));
        assert_int_equal(back, t);
    }
}

static void forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t micros;
    } rows[] = {
        {"197001010001Z", 60 * UTIME_SECOND},
        {"19700101000001.5Z", 1500000},
        {"19700101000001.1234567899Z", 1123456},
        {"19700101000000.0000009Z", 0},
        {"19700101010000+0100", 0},
        {"19691231233000-0030", 0},
        {"19700101000000+0000", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        utime t;
        assert_ok(utime_from_generalized(span_str(rows[i].text), &t));
        assert_int_equal(t, rows[i].micros);
    }
}

static void refused_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {
        {"", ERR_MALFORMED},
        {"Z", ERR_MALFORMED},
        {"20260722143015", ERR_MALFORMED},
        {"20260722143015z", ERR_MALFORMED},
        {"20260722143015ZZ", ERR_MALFORMED},
        {"20260722143015.Z", ERR_MALFORMED},
        {"20260722143015,5Z", ERR_MALFORMED},
        {"202607221430.5Z", ERR_MALFORMED},
        {"2026072214301Z", ERR_MALFORMED},
        {"2026072214Z", ERR_MALFORMED},
        {"20260722143015+1", ERR_MALFORMED},
        {"20260722143015+01000", ERR_MALFORMED},
        {"2026-722143015Z", ERR_MALFORMED},
        {"20260022143015Z", ERR_RANGE},
        {"20261322143015Z", ERR_RANGE},
        {"20260700143015Z", ERR_RANGE},
        {"20260732143015Z", ERR_RANGE},
        {"20260631143015Z", ERR_RANGE},
        {"20260229143015Z", ERR_RANGE},
        {"19000229143015Z", ERR_RANGE},
        {"20260722243015Z", ERR_RANGE},
        {"20260722146015Z", ERR_RANGE},
        {"20260722143060Z", ERR_RANGE},
        {"20260722143015+2400", ERR_RANGE},
        {"20260722143015-0060", ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        utime t = 42;
        assert_err(utime_from_generalized(span_str(rows[i].text), &t), rows[i].err);
        assert_int_equal(t, 42);
    }
}

static void iso(void **state)
{
    (void)state;
    char out[32];
    utime_to_iso(INT64_C(1784730615) * UTIME_SECOND + 7, out);
    assert_string_equal(out, "2026-07-22T14:30:15Z");
    utime_to_iso_micro(INT64_C(1784730615) * UTIME_SECOND + 7, out);
    assert_string_equal(out, "2026-07-22T14:30:15.000007Z");
    utime_to_iso_micro(-1, out);
    assert_string_equal(out, "1969-12-31T23:59:59.999999Z");
}

/* Days whose texts are kept in the same place, in turn. */
static void dates_take_turns(void **state)
{
    (void)state;
    static const struct {
        utime t;
        const char *text;
    } rows[] = {{INT64_C(951782400) * UTIME_SECOND, "20000229000000Z"},
                {INT64_C(952473599) * UTIME_SECOND, "20000307235959Z"},
                {INT64_C(953164799) * UTIME_SECOND, "20000315235959Z"}};
    char out[20];
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(utime_to_generalized(rows[i % 3].t, false, out), 15);
        assert_memory_equal(out, rows[i % 3].text, 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_take_turns),
        cmocka_unit_test(filetimes),
        cmocka_unit_test(known_dates),
        cmocka_unit_test(every_day_follows_the_day_before),
        cmocka_unit_test(forms),
        cmocka_unit_test(refused_forms),
        cmocka_unit_test(iso),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
