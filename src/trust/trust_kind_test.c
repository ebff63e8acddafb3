#include "trust/trust_test.h"

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, attributes;
        enum trust_kind kind;
        bool pac;
    } rows[] = {
        {TRUST_UPLEVEL, 0, TRUST_KIND_EXTERNAL, true},
        {TRUST_UPLEVEL, TRUST_QUARANTINED, TRUST_KIND_EXTERNAL, true},
        {TRUST_UPLEVEL, TRUST_NON_TRANSITIVE, TRUST_KIND_EXTERNAL, true},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, TRUST_KIND_FOREST, true},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_NON_TRANSITIVE, TRUST_KIND_EXTERNAL, true},
        {TRUST_UPLEVEL, TRUST_WITHIN_FOREST, TRUST_KIND_WITHIN, true},
        {TRUST_UPLEVEL, TRUST_WITHIN_FOREST | TRUST_FOREST_TRANSITIVE, TRUST_KIND_WITHIN, true},
        {TRUST_UPLEVEL, TRUST_WITHIN_FOREST | TRUST_NON_TRANSITIVE, TRUST_KIND_EXTERNAL, true},
        {TRUST_MIT, 0, TRUST_KIND_REALM, false},
        {TRUST_MIT, TRUST_NON_TRANSITIVE, TRUST_KIND_REALM_NT, false},
        {TRUST_DOWNLEVEL, 0, TRUST_KIND_NONE, false},
        {TRUST_DCE, 0, TRUST_KIND_NONE, false},
        {TRUST_AAD, 0, TRUST_KIND_NONE, false},
        {0, TRUST_FOREST_TRANSITIVE, TRUST_KIND_NONE, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(rows[i].attributes);

        t.type = rows[i].type;
        if (trust_kind_of(&t) != rows[i].kind || trust_carries_pac(&t) != rows[i].pac)
            fail_msg("row %zu: kind %d", i, trust_kind_of(&t));
    }
    assert_int_equal(trust_kind_of(NULL), TRUST_KIND_LOCAL);
}

static void test_enabled_records(void **state)
{
    (void)state;
    static const struct {
        enum forest_record_type type;
        uint32_t flags;
        bool name, sid, flat;
    } rows[] = {
        {FOREST_TLN, 0, true, false, false},
        {FOREST_TLN, FOREST_TLN_NEW, false, false, false},
        {FOREST_TLN, FOREST_TLN_ADMIN_DISABLED, false, false, false},
        {FOREST_TLN, FOREST_TLN_CONFLICT, false, false, false},
        {FOREST_TLN, 8, true, false, false},
        {FOREST_TLN_EXCLUSION, 0, true, false, false},
        {FOREST_TLN_EXCLUSION, FOREST_TLN_ADMIN_DISABLED, false, false, false},
        {FOREST_DOMAIN, 0, true, true, true},
        {FOREST_DOMAIN, FOREST_SID_ADMIN_DISABLED, false, false, false},
        {FOREST_DOMAIN, FOREST_SID_CONFLICT, false, false, false},
        {FOREST_DOMAIN, FOREST_NB_ADMIN_DISABLED, true, true, false},
        {FOREST_DOMAIN, FOREST_NB_CONFLICT, true, true, false},
        {FOREST_DOMAIN, 0x10, true, true, true},
        {FOREST_BINARY, 0, false, false, false},
        {FOREST_SCANNER, 0, false, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forest_record r = domain_record("a.example", "A", STRANGER, rows[i].flags);

        r.type = rows[i].type;
        if (trust_record_name_enabled(&r) != rows[i].name ||
            trust_record_sid_enabled(&r) != rows[i].sid ||
            trust_record_flat_enabled(&r) != rows[i].flat)
            fail_msg("row %zu", i);
    }
    struct forest_record nameless = domain_record("a.example", "", STRANGER, 0);
    assert_false(trust_record_flat_enabled(&nameless));
}

static void test_claims(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);

    assert_int_equal(trust_claims_name(&t, SPAN_LIT("corp.example.net")),
                     strlen("corp.example.net"));
    assert_int_equal(trust_claims_name(&t, SPAN_LIT("A.Corp.Example.Net")),
                     strlen("corp.example.net"));
    assert_int_equal(trust_claims_name(&t, SPAN_LIT("lab.corp.example.net")), 0);
    assert_int_equal(trust_claims_name(&t, SPAN_LIT("a.off.corp.example.net")), 0);
    assert_int_equal(trust_claims_name(&t, SPAN_LIT("example.net")), 0);
    t.record_count = 0;
    assert_int_equal(trust_claims_name(&t, SPAN_LIT("corp.example.net")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_enabled_records),
        cmocka_unit_test(test_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
