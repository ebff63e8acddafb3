#include "trust/selective.h"

#include "trust/trust_test.h"
#include "wire/ms/guid.h"

static void test_organization(void **state)
{
    (void)state;
    struct trust plain = their_trust(TRUST_FOREST_TRANSITIVE);
    struct trust selective = their_trust(TRUST_FOREST_TRANSITIVE | TRUST_CROSS_ORGANIZATION);
    struct trust external = their_trust(TRUST_QUARANTINED | TRUST_CROSS_ORGANIZATION);

    assert_int_equal(trust_organization_of(NULL, false), ORGANIZATION_THIS);
    assert_int_equal(trust_organization_of(NULL, true), ORGANIZATION_OTHER);
    assert_int_equal(trust_organization_of(&plain, false), ORGANIZATION_THIS);
    assert_int_equal(trust_organization_of(&plain, true), ORGANIZATION_OTHER);
    assert_int_equal(trust_organization_of(&selective, false), ORGANIZATION_OTHER);
    assert_int_equal(trust_organization_of(&selective, true), ORGANIZATION_OTHER);
    assert_int_equal(trust_organization_of(&external, false), ORGANIZATION_OTHER);
}

static void test_check(void **state)
{
    (void)state;
    assert_false(trust_selective_applies(ORGANIZATION_THIS));
    assert_true(trust_selective_applies(ORGANIZATION_OTHER));
    assert_int_equal(trust_selective_check(ORGANIZATION_THIS, false), REASON_NONE);
    assert_int_equal(trust_selective_check(ORGANIZATION_THIS, true), REASON_NONE);
    assert_int_equal(trust_selective_check(ORGANIZATION_OTHER, false),
                     REASON_SELECTIVE_AUTH_DENIED);
    assert_int_equal(trust_selective_check(ORGANIZATION_OTHER, true), REASON_NONE);
}

static void test_constants(void **state)
{
    (void)state;
    char text[SID_TEXT_SIZE], guid[GUID_TEXT_SIZE];
    struct guid right;

    sid_to_text(trust_organization_sid(ORGANIZATION_THIS), text);
    assert_string_equal(text, "S-1-5-15");
    sid_to_text(trust_organization_sid(ORGANIZATION_OTHER), text);
    assert_string_equal(text, "S-1-5-1000");
    memcpy(right.b, trust_right_allowed_to_authenticate, 16);
    guid_to_text(&right, guid);
    assert_string_equal(guid, "68b1d179-0d15-4d4f-ab71-46152e79a7bc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_organization),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
