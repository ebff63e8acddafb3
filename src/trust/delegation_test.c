#include "trust/delegation.h"

#include "trust/trust_test.h"

/* Every combination of the attributes that matter, against the sentence of [MS-KILE] 3.3.5.7.5. */
static void test_all_combinations(void **state)
{
    (void)state;
    static const uint32_t bits[] = {TRUST_WITHIN_FOREST, TRUST_ENABLE_TGT_DELEGATION,
                                    TRUST_NO_TGT_DELEGATION, TRUST_QUARANTINED};

    for (unsigned mask = 0; mask < 16; mask++) {
        uint32_t attributes = TRUST_USES_AES;
        for (unsigned i = 0; i < 4; i++)
            attributes |= mask & 1u << i ? bits[i] : 0;
        struct trust t = their_trust(attributes);
        bool enable = attributes & (TRUST_WITHIN_FOREST | TRUST_ENABLE_TGT_DELEGATION);
        bool disable = attributes & (TRUST_NO_TGT_DELEGATION | TRUST_QUARANTINED);

        if (trust_ok_as_delegate(&t, true) != (enable && !disable))
            fail_msg("attributes %#x", attributes);
        assert_false(trust_ok_as_delegate(&t, false));
    }
}

/* By default a forest trust delegates nothing. */
static void cve_2019_0683(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);

    assert_false(trust_ok_as_delegate(&t, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_combinations),
        cmocka_unit_test(cve_2019_0683),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
