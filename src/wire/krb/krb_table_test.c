#include "base/test.h"
#include "wire/krb/krb_msg.h"

static const struct {
    const char *name;
    const struct der_type *type;
    size_t size;
} messages[] = {
#define X(name, type) {#name, &krb_##name##_type, sizeof(struct type)},
    KRB_MESSAGES(X)
#undef X
};

static void tables_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        const char *wrong = der_table_check(messages[i].type);
        if (wrong)
            fail_msg("%s: %s", messages[i].name, wrong);
        assert_int_equal(messages[i].type->size, messages[i].size);
    }
}

static void error_names(void **state)
{
    (void)state;
    assert_string_equal(krb_error_name(KDC_ERR_WRONG_REALM), "KDC_ERR_WRONG_REALM");
    assert_string_equal(krb_error_name(KRB_AP_ERR_SKEW), "KRB_AP_ERR_SKEW");
    assert_string_equal(krb_error_name(-1), "unknown");
    assert_int_equal(KDC_ERR_PREAUTH_REQUIRED, 25);
    assert_int_equal(KRB_ERR_RESPONSE_TOO_BIG, 52);
}

static void message_types(void **state)
{
    (void)state;
    assert_int_equal(krb_message_type(SPAN_LIT("\x6a")), KRB_AS_REQ);
    assert_int_equal(krb_message_type(SPAN_LIT("\x7e")), KRB_ERROR);
    assert_int_equal(krb_message_type(SPAN_LIT("\x61")), 0);
    assert_int_equal(krb_message_type(SPAN_LIT("\x4a")), 0);
    assert_int_equal(krb_message_type(SPAN_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(error_names),
        cmocka_unit_test(message_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
