#include "trust/trust_attributes.h"

#include "trust/trust_test.h"

static const struct trust_site modern_root = {.forest_level = 7, .forest_root = true};

static enum reason check(const struct trust *t)
{
    return trust_check_new(t, our_side(), &modern_root, NULL, 0);
}

static void test_attribute_rules(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, attributes;
        unsigned level;
        bool root;
        enum reason reason;
    } rows[] = {
        {TRUST_UPLEVEL, 0, 7, true, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_QUARANTINED, 0, false, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, 7, true, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, 2, true, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, 1, true, REASON_TRUST_FOREST_LEVEL},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, 7, false, REASON_TRUST_FOREST_NOT_ROOT},
        {TRUST_MIT, TRUST_FOREST_TRANSITIVE, 7, true, REASON_TRUST_FOREST_NOT_UPLEVEL},
        {TRUST_UPLEVEL, TRUST_CROSS_ORGANIZATION, 2, false, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_CROSS_ORGANIZATION, 1, false, REASON_TRUST_FOREST_LEVEL},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_CROSS_ORGANIZATION, 7, true, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, 7, true, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_TREAT_AS_EXTERNAL, 7, true, REASON_TRUST_TREAT_AS_EXTERNAL_ALONE},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_PIM, 7, true,
         REASON_NONE},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, 1, true,
         REASON_TRUST_FOREST_LEVEL},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, 7, false,
         REASON_TRUST_FOREST_NOT_ROOT},
        {TRUST_MIT, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, 7, true,
         REASON_TRUST_FOREST_NOT_UPLEVEL},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_WITHIN_FOREST, 7,
         true, REASON_TRUST_FOREST_WITHIN_FOREST},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_USES_RC4, 7, true,
         REASON_NONE},
        {TRUST_UPLEVEL, TRUST_PIM, 7, true, REASON_TRUST_PIM_INCOMPLETE},
        {TRUST_UPLEVEL, TRUST_PIM | TRUST_FOREST_TRANSITIVE, 7, true, REASON_TRUST_PIM_INCOMPLETE},
        {TRUST_UPLEVEL, TRUST_PIM | TRUST_TREAT_AS_EXTERNAL, 7, true, REASON_TRUST_PIM_INCOMPLETE},
        {TRUST_UPLEVEL, TRUST_USES_RC4, 7, true, REASON_NONE},
        {TRUST_MIT, TRUST_USES_RC4 | TRUST_NON_TRANSITIVE, 7, true, REASON_NONE},
        {TRUST_UPLEVEL, TRUST_NON_TRANSITIVE | TRUST_UPLEVEL_ONLY | TRUST_USES_AES, 7, true,
         REASON_NONE},
        {TRUST_UPLEVEL, TRUST_NO_TGT_DELEGATION | TRUST_ENABLE_TGT_DELEGATION, 7, true,
         REASON_NONE},
        {TRUST_UPLEVEL, TRUST_DISABLE_AUTH_TARGET_VALIDATION | 0xFFFFE000u, 7, true, REASON_NONE},
        {TRUST_DOWNLEVEL, 0, 7, true, REASON_NONE},
        {TRUST_DCE, 0, 7, true, REASON_TRUST_TYPE_UNSUPPORTED},
        {TRUST_AAD, 0, 7, true, REASON_TRUST_TYPE_UNSUPPORTED},
        {0, 0, 7, true, REASON_TRUST_TYPE_UNSUPPORTED},
        {6, 0, 7, true, REASON_TRUST_TYPE_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(rows[i].attributes);
        struct trust_site site = {rows[i].level, rows[i].root};

        t.type = rows[i].type;
        enum reason got = trust_check_new(&t, our_side(), &site, NULL, 0);
        if (got != rows[i].reason)
            fail_msg("row %zu: %s", i, reason_row(got)->code);
    }
}

static void test_within_forest_rules(void **state)
{
    (void)state;
    struct trust t = our_child_trust(0);

    assert_int_equal(check(&t), REASON_NONE);
    t.attributes |= TRUST_FOREST_TRANSITIVE;
    assert_int_equal(check(&t), REASON_TRUST_FOREST_WITHIN_FOREST);
    t.attributes = TRUST_WITHIN_FOREST | TRUST_CROSS_ORGANIZATION;
    assert_int_equal(check(&t), REASON_TRUST_SELECTIVE_WITHIN_FOREST);
    t.attributes = TRUST_WITHIN_FOREST | TRUST_QUARANTINED;
    assert_int_equal(check(&t), REASON_NONE);
    t = their_trust(TRUST_WITHIN_FOREST);
    assert_int_equal(check(&t), REASON_TRUST_WITHIN_FOREST_MISMATCH);
    t.sid = sid_of(OUR_TREE); /* known by the list of SIDs alone */
    struct trust_local l = *our_side();
    l.domain_count = 0;
    assert_int_equal(trust_check_new(&t, &l, &modern_root, NULL, 0), REASON_TRUST_IDENTITY_MIXED);
}

static void test_directions(void **state)
{
    (void)state;
    struct trust t = their_trust(0);

    for (t.direction = 0; t.direction < 4; t.direction++)
        assert_int_equal(check(&t), REASON_NONE);
    assert_int_equal(check(&t), REASON_TRUST_DIRECTION_INVALID);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *dns, *flat;
        enum reason reason;
    } rows[] = {
        {"corp.example.net", "BIGCORP", REASON_NONE},
        {"single", "SINGLE", REASON_NONE},
        {"b\xc3\xbc"
         "cher.example",
         "B\xc3\x9c"
         "CHER",
         REASON_NONE},
        {"", "X", REASON_TRUST_NAME_INVALID},
        {".corp.example", "X", REASON_TRUST_NAME_INVALID},
        {"corp..example", "X", REASON_TRUST_NAME_INVALID},
        {"corp.example.", "X", REASON_TRUST_NAME_INVALID},
        {"corp example", "X", REASON_TRUST_NAME_INVALID},
        {"corp/example", "X", REASON_TRUST_NAME_INVALID},
        {"\xff.example", "X", REASON_TRUST_NAME_INVALID},
        {"a23456789b123456789c123456789d123456789e123456789f123456789g123.example", "X",
         REASON_NONE},
        {"a23456789b123456789c123456789d123456789e123456789f123456789g1234.example", "X",
         REASON_TRUST_NAME_INVALID},
        {"corp.example", "", REASON_TRUST_FLAT_NAME_INVALID},
        {"corp.example", "FIFTEEN-LETTERS", REASON_NONE},
        {"corp.example", "SIXTEEN--LETTERS", REASON_TRUST_FLAT_NAME_INVALID},
        {"corp.example", "DOT.TED", REASON_TRUST_FLAT_NAME_INVALID},
        {"corp.example", "BACK\\SLASH", REASON_TRUST_FLAT_NAME_INVALID},
        {"corp.example", "SPA CE", REASON_TRUST_FLAT_NAME_INVALID},
        {"corp.example", "\xff", REASON_TRUST_FLAT_NAME_INVALID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(0);

        t.dns_name = span_str(rows[i].dns);
        t.flat_name = span_str(rows[i].flat);
        if (check(&t) != rows[i].reason)
            fail_msg("row %zu: %s", i, reason_row(check(&t))->code);
    }
}

static void test_sids(void **state)
{
    (void)state;
    static const char *const bad[] = {"S-1-5-32", "S-1-5-21-1-2", THEIR_ROOT "-512", "S-1-1-0"};
    struct trust t = their_trust(0);

    for (int i = 0; i < 4; i++) {
        t.sid = sid_of(bad[i]);
        assert_int_equal(check(&t), REASON_TRUST_SID_INVALID);
    }
    t.sid = (struct sid){0}; /* not known yet */
    assert_int_equal(check(&t), REASON_NONE);
    t.type = TRUST_MIT; /* a Kerberos realm has neither */
    t.flat_name = SPAN_NONE;
    assert_int_equal(check(&t), REASON_NONE);
}

static void test_identity(void **state)
{
    (void)state;
    static const struct {
        const char *dns, *flat, *sid;
        enum reason reason;
    } rows[] = {
        {"AWS.example.com", "aws", OUR_ROOT, REASON_TRUST_WITH_SELF},
        {"aws.example.com", "OTHER", THEIR_ROOT, REASON_TRUST_IDENTITY_MIXED},
        {"other.example", "AWS", THEIR_ROOT, REASON_TRUST_IDENTITY_MIXED},
        {"other.example", "OTHER", OUR_ROOT, REASON_TRUST_IDENTITY_MIXED},
        {"eu.aws.example.com", "EU", OUR_CHILD, REASON_TRUST_WITHIN_FOREST_MISMATCH},
        {"eu.aws.example.com", "EU", THEIR_ROOT, REASON_TRUST_IDENTITY_MIXED},
        {"eu.aws.example.com", "XX", OUR_CHILD, REASON_TRUST_IDENTITY_MIXED},
        {"x.aws.example.com", "EU", OUR_CHILD, REASON_TRUST_IDENTITY_MIXED},
        {"x.aws.example.com", "XX", OUR_TREE, REASON_TRUST_IDENTITY_MIXED},
        {"x.aws.example.com", "XX", THEIR_ROOT, REASON_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(0);

        t.dns_name = span_str(rows[i].dns);
        t.flat_name = span_str(rows[i].flat);
        t.sid = sid_of(rows[i].sid);
        if (check(&t) != rows[i].reason)
            fail_msg("row %zu: %s", i, reason_row(check(&t))->code);
    }
}

static void test_uniqueness(void **state)
{
    (void)state;
    struct trust old = their_trust(0);

    for (int i = 0; i < 4; i++) {
        struct trust t = their_trust(0);

        if (i != 1)
            t.dns_name = SPAN_LIT("other.example");
        if (i != 2)
            t.flat_name = SPAN_LIT("OTHER");
        if (i != 3)
            t.sid = sid_of(STRANGER);
        assert_int_equal(trust_check_new(&t, our_side(), &modern_root, &old, 1),
                         i == 0 ? REASON_NONE : REASON_TRUST_EXISTS);
    }
}

static enum reason change(const struct trust *before, const struct trust *after, bool *drop)
{
    return trust_check_change(before, after, our_side(), &modern_root, NULL, 0, drop);
}

static void test_changes(void **state)
{
    (void)state;
    struct trust forest = their_trust(TRUST_FOREST_TRANSITIVE), after = forest;
    bool drop = true;

    after.attributes |= TRUST_CROSS_ORGANIZATION;
    after.direction = TRUST_OUTBOUND;
    assert_int_equal(change(&forest, &after, &drop), REASON_NONE);
    assert_false(drop);
    after = their_trust(TRUST_QUARANTINED);
    assert_int_equal(change(&forest, &after, &drop), REASON_NONE);
    assert_true(drop);
    assert_int_equal(change(&after, &forest, &drop), REASON_NONE);
    assert_false(drop);
    after = their_trust(TRUST_WITHIN_FOREST);
    assert_int_equal(change(&forest, &after, &drop), REASON_TRUST_CHANGE_WITHIN_FOREST);
    assert_int_equal(change(&after, &forest, &drop), REASON_TRUST_CHANGE_WITHIN_FOREST);
    after = their_trust(TRUST_PIM);
    assert_int_equal(change(&forest, &after, &drop), REASON_TRUST_PIM_INCOMPLETE);
    after = forest;
    after.type = TRUST_MIT;
    assert_int_equal(change(&forest, &after, &drop), REASON_TRUST_CHANGE_IDENTITY);
    after = forest;
    after.sid = sid_of(STRANGER);
    assert_int_equal(change(&forest, &after, &drop), REASON_TRUST_CHANGE_IDENTITY);
    struct trust unknown = forest; /* its SID is learned, once */
    unknown.sid = (struct sid){0};
    assert_int_equal(change(&unknown, &forest, &drop), REASON_NONE);
    assert_int_equal(change(&unknown, &unknown, &drop), REASON_NONE);
    assert_int_equal(change(&forest, &unknown, &drop), REASON_TRUST_CHANGE_IDENTITY);
    after = forest;
    after.flat_name = SPAN_LIT("NEW");
    assert_int_equal(change(&forest, &after, &drop), REASON_TRUST_CHANGE_IDENTITY);
    after = forest;
    after.dns_name = SPAN_LIT("new.example");
    assert_int_equal(change(&forest, &after, &drop), REASON_TRUST_CHANGE_IDENTITY);
    assert_false(drop);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(trust_default_attributes(TRUST_SHAPE_EXTERNAL, false), TRUST_QUARANTINED);
    assert_int_equal(trust_default_attributes(TRUST_SHAPE_EXTERNAL, true),
                     TRUST_QUARANTINED | TRUST_CROSS_ORGANIZATION);
    assert_int_equal(trust_default_attributes(TRUST_SHAPE_FOREST, false), TRUST_FOREST_TRANSITIVE);
    assert_int_equal(trust_default_attributes(TRUST_SHAPE_WITHIN_FOREST, false),
                     TRUST_WITHIN_FOREST);
    assert_int_equal(trust_default_attributes(TRUST_SHAPE_REALM, false), TRUST_NON_TRANSITIVE);
    assert_int_equal(trust_default_type(TRUST_SHAPE_EXTERNAL), TRUST_UPLEVEL);
    assert_int_equal(trust_default_type(TRUST_SHAPE_FOREST), TRUST_UPLEVEL);
    assert_int_equal(trust_default_type(TRUST_SHAPE_WITHIN_FOREST), TRUST_UPLEVEL);
    assert_int_equal(trust_default_type(TRUST_SHAPE_REALM), TRUST_MIT);
}

static void test_enctypes(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, attributes, enctypes, allowed;
        uint32_t usable;
        int32_t strongest;
    } rows[] = {
        {TRUST_UPLEVEL, 0, 0, TRUST_ENC_AES, TRUST_ENC_AES, 18},
        {TRUST_UPLEVEL, 0, 0, TRUST_ENC_AES | TRUST_ENC_RC4, TRUST_ENC_AES, 18},
        {TRUST_UPLEVEL, 0, 0x1C, TRUST_ENC_AES, TRUST_ENC_AES, 18},
        {TRUST_UPLEVEL, 0, 0x1C, 0x1C, 0x1C, 18},
        {TRUST_UPLEVEL, 0, TRUST_ENC_AES128, 0x1C, TRUST_ENC_AES128, 17},
        {TRUST_UPLEVEL, 0, TRUST_ENC_RC4, 0x1C, TRUST_ENC_RC4, 23},
        {TRUST_UPLEVEL, 0, TRUST_ENC_RC4, TRUST_ENC_AES, 0, 0},
        {TRUST_UPLEVEL, 0, 3, 0x1C, 0, 0},
        {TRUST_UPLEVEL, 0, TRUST_ENC_AES256_SK | TRUST_ENC_AES256, 0x1C, TRUST_ENC_AES256, 18},
        {TRUST_UPLEVEL, TRUST_USES_RC4, 0, 0x1C, TRUST_ENC_AES, 18},
        {TRUST_MIT, TRUST_USES_RC4, 0, 0x1C, 0x1C, 18},
        {TRUST_MIT, 0, 0, 0x1C, TRUST_ENC_AES, 18},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(rows[i].attributes);

        t.type = rows[i].type;
        t.enctypes = rows[i].enctypes;
        uint32_t usable = trust_usable_enctypes(&t, rows[i].allowed);
        if (usable != rows[i].usable || trust_strongest_etype(usable) != rows[i].strongest)
            fail_msg("row %zu: %#x", i, usable);
    }
    assert_int_equal(trust_enctype_bit_of(17), TRUST_ENC_AES128);
    assert_int_equal(trust_enctype_bit_of(18), TRUST_ENC_AES256);
    assert_int_equal(trust_enctype_bit_of(23), TRUST_ENC_RC4);
    assert_int_equal(trust_enctype_bit_of(20), 0);
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint32_t complement;
    } rows[] = {
        {"Disabled", "Disabled: neither L nor R can use the other's resources through this trust.",
         0},
        {"Incoming",
         "Incoming: R trusts L, so L's users can use R's resources, and not the reverse.", 2},
        {"Outgoing",
         "Outgoing: L trusts R, so R's users can use L's resources, and not the reverse.", 1},
        {"Two-way",
         "Two-way: users of L and of R can be authenticated by the other; permissions still have "
         "to be "
         "granted.",
         3},
    };
    struct arena a;
    struct span out;

    arena_init(&a, 0, 65536, 0);
    for (uint32_t d = 0; d < 4; d++) {
        assert_string_equal(trust_direction_name(d), rows[d].name);
        assert_int_equal(trust_direction_complement(d), rows[d].complement);
        assert_ok(trust_direction_sentence(d, SPAN_LIT("L"), SPAN_LIT("R"), &a, &out));
        assert_span_equal(out, span_str(rows[d].sentence));
    }
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attribute_rules),
        cmocka_unit_test(test_within_forest_rules),
        cmocka_unit_test(test_directions),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sids),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_uniqueness),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_enctypes),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
