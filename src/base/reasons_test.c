#include "base/reasons.h"
#include "base/test.h"

#include <ctype.h>

static bool ends_with_dot(const char *s)
{
    size_t n = strlen(s);
    return n > 1 && s[n - 1] == '.';
}

static void every_row_is_complete(void **state)
{
    (void)state;
    for (unsigned r = 0; r < REASON__COUNT; r++) {
        const struct reason_row *row = reason_row(r);
        if (!ends_with_dot(row->cause) || !isupper((unsigned char)row->cause[0]))
            fail_msg("%s: the cause is not a sentence", row->code);
        if (!ends_with_dot(row->remedy))
            fail_msg("%s: the remedy is not a sentence", row->code);
        if (row->source[0] == 0)
            fail_msg("%s: no source", row->code);
        assert_non_null(reason_side_name(row->side));
        assert_non_null(reason_severity_name(row->severity));
    }
}

static void codes_are_unique_and_plain(void **state)
{
    (void)state;
    for (unsigned r = 0; r < REASON__COUNT; r++) {
        struct span code = span_str(reason_row(r)->code);
        assert_in_range(code.len, 4, 48);
        for (size_t i = 0; i < code.len; i++)
            assert_true(isupper(code.ptr[i]) || isdigit(code.ptr[i]) || code.ptr[i] == '_');
        assert_int_equal(reason_by_code(code), r);
    }
    assert_int_equal(reason_by_code(SPAN_LIT("wire_malformed")), REASON_NONE);
    assert_int_equal(reason_by_code(SPAN_LIT("WIRE_MALFORME")), REASON_NONE);
    assert_int_equal(reason_by_code(SPAN_NONE), REASON_NONE);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(reason_side_name(SIDE_LOCAL), "local");
    assert_string_equal(reason_side_name(SIDE_REMOTE), "remote");
    assert_string_equal(reason_side_name(SIDE_NETWORK), "network");
    assert_string_equal(reason_side_name(SIDE_CLIENT), "client");
    assert_string_equal(reason_severity_name(SEVERITY_INFO), "info");
    assert_string_equal(reason_severity_name(SEVERITY_WARNING), "warning");
    assert_string_equal(reason_severity_name(SEVERITY_ERROR), "error");
    assert_string_equal(reason_severity_name(SEVERITY_ATTACK), "attack");
    assert_string_equal(reason_row(REASON_WIRE_TOO_LARGE)->code, "WIRE_TOO_LARGE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(codes_are_unique_and_plain),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
