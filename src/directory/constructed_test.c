/* Constructed attributes of a provisioned forest, and the policy facts that some of them rest on.
 */
#include "directory/search.h"

#include "base/test.h"
#include "base/text.h"
#include "directory/forest_fixture_test.h"
#include "directory/policy_facts.h"

#define PSO_DN "CN=Password Settings Container,CN=System," FOREST_DN
#define DAY    INT64_C(864000000000)

static struct forest forest;
static struct arena arena;
static dir_id users, anna, group, outer, local;
static struct dir_token admin;
static struct arena admin_arena;

static int setup(void **state)
{
    struct dir_snap s;
    dir_id id;

    (void)state;
    arena_init(&arena, 1 << 20, 256 << 20, 0);
    arena_init(&admin_arena, 0, 16 << 20, 0);
    forest_init(&forest);
    users = forest_find(&forest, "CN=Users," FOREST_DN);
    anna = forest_account(&forest, users, CLASS_user, "anna/a");
    group = forest_group(&forest, users, FOREST_GLOBAL, "group");
    outer = forest_group(&forest, users, FOREST_UNIVERSAL, "outer");
    local = forest_group(&forest, users, FOREST_LOCAL, "local");
    forest_member(&forest, group, anna);
    forest_member(&forest, outer, group);
    forest_member(&forest, local, outer);
    id = forest_find(&forest, "CN=Administrator,CN=Users," FOREST_DN);
    assert_ok(dir_snap_begin(forest.base.dir, &s));
    assert_ok(dir_token_for_account(&s, id, &admin_arena, &admin));
    dir_snap_end(&s);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_check(&forest.base);
    forest_fini(&forest);
    arena_fini(&arena);
    arena_fini(&admin_arena);
    return 0;
}

static utime now = FOREST_NOW;

struct values {
    struct span *v;
    unsigned count;
};

static struct values values(dir_id id, uint32_t attr)
{
    struct dir_snap s;
    struct dir_obj o;
    struct values out = {0};
    enum err e;

    arena_reset(&arena);
    assert_ok(dir_snap_begin(forest.base.dir, &s));
    assert_ok(dir_by_id(&s, id, &o));
    assert_true(dir_attr_is_constructed(attr));
    e = dir_constructed(&s, &o, attr, &admin, now, &arena, &out.v, &out.count);
    if (e != ERR_NOT_FOUND)
        assert_ok(e);
    assert_int_equal(out.count > 0, e == ERR_OK);
    dir_snap_end(&s);
    return out;
}

static void assert_value(dir_id id, uint32_t attr, const char *want)
{
    struct values got = values(id, attr);
    struct span first = got.count ? got.v[0] : SPAN_LIT("none");

    if (want ? got.count != 1 || !span_eq(got.v[0], span_str(want)) : got.count != 0)
        fail_msg("%s: %u values, %.*s, not %s", schema_attr(attr)->name, got.count, SPAN_ARG(first),
                 want ? want : "none");
}

static bool among(struct values v, const char *text)
{
    unsigned n = 0;

    for (unsigned i = 0; i < v.count; i++)
        n += span_eq(v.v[i], span_str(text));
    assert_in_range(n, 0, 1);
    return n;
}

static void names(void **state)
{
    dir_id config = forest.naming.config_nc, zones = forest.naming.domain_dns_nc;

    (void)state;
    assert_value(anna, ATTR_canonicalName, "aws.example.com/Users/anna\\/a");
    assert_value(forest.naming.domain_nc, ATTR_canonicalName, "aws.example.com/");
    assert_value(config, ATTR_canonicalName, "aws.example.com/Configuration");
    assert_value(zones, ATTR_canonicalName, "DomainDnsZones.aws.example.com/");
    assert_value(anna, ATTR_subSchemaSubEntry,
                 "CN=Aggregate,CN=Schema,CN=Configuration," FOREST_DN);
    assert_value(anna, ATTR_msDS_PrincipalName, "AWS\\anna/a");
    assert_value(users, ATTR_msDS_PrincipalName, NULL);
    assert_value(forest_find(&forest, "CN=Administrators,CN=Builtin," FOREST_DN),
                 ATTR_msDS_PrincipalName, "S-1-5-32-544");
}

static void plain_facts(void **state)
{
    struct values v;

    (void)state;
    assert_value(anna, ATTR_createTimeStamp, "20260921141320.0Z");
    assert_value(anna, ATTR_modifyTimeStamp, "20260921141320.0Z");
    assert_value(anna, ATTR_fromEntry, "TRUE");
    v = values(anna, ATTR_structuralObjectClass);
    assert_int_equal(v.count, 4);
    assert_true(among(v, "organizationalPerson") && among(v, "top"));
    assert_value(anna, ATTR_msDS_Auxiliary_Classes, NULL);
    assert_value(group, ATTR_msDS_Approx_Immed_Subordinates, "0");
    v = values(anna, ATTR_parentGUID);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.v[0].len, 16);
    assert_value(forest.naming.domain_nc, ATTR_parentGUID, NULL);
    assert_value(forest_find(&forest, "CN=Domain Users,CN=Users," FOREST_DN),
                 ATTR_primaryGroupToken, "513");
    assert_value(anna, ATTR_primaryGroupToken, NULL);
}

static bool has_sid(struct values v, const char *text)
{
    uint8_t bytes[SID_BYTES_MAX];
    struct sid sid;
    unsigned n = 0;

    assert_ok(sid_from_text(span_str(text), &sid));
    for (unsigned i = 0; i < v.count; i++)
        n += span_eq(v.v[i], span_of(bytes, sid_to_bytes(&sid, bytes)));
    return n == 1;
}

static void groups(void **state)
{
    struct values v = values(anna, ATTR_tokenGroups);

    (void)state;
    assert_int_equal(v.count, 4 + 1); /* Domain Users, group, outer, local, BUILTIN\Users */
    assert_true(has_sid(v, "S-1-5-32-545"));
    assert_true(has_sid(v, "S-1-5-21-1000-2000-3000-513"));
    v = values(anna, ATTR_tokenGroupsGlobalAndUniversal);
    assert_int_equal(v.count, 3);
    v = values(group, ATTR_tokenGroups);
    assert_int_equal(v.count, 2);
    v = values(users, ATTR_tokenGroups);
    assert_int_equal(v.count, 0);
    v = values(anna, ATTR_msds_memberOfTransitive);
    assert_int_equal(v.count, 3);
    assert_true(among(v, "CN=local,CN=Users," FOREST_DN));
    v = values(local, ATTR_msds_memberTransitive);
    assert_int_equal(v.count, 3);
    assert_true(among(v, "CN=anna/a,CN=Users," FOREST_DN));
}

static void rights(void **state)
{
    struct dir_token keep = admin;
    struct values v = values(anna, ATTR_allowedAttributes);

    (void)state;
    assert_true(among(v, "sAMAccountName") && among(v, "memberOf") && among(v, "mail"));
    assert_false(among(v, "groupType"));
    v = values(anna, ATTR_allowedAttributesEffective);
    assert_true(among(v, "sAMAccountName") && among(v, "description"));
    assert_false(among(v, "memberOf"));
    assert_false(among(v, "canonicalName"));
    v = values(users, ATTR_allowedChildClasses);
    assert_true(among(v, "user") && among(v, "group") && among(v, "computer"));
    assert_false(among(v, "top") || among(v, "domainDNS"));
    v = values(users, ATTR_allowedChildClassesEffective);
    assert_true(among(v, "user"));
    assert_value(anna, ATTR_sDRightsEffective, "15");
    admin = dir_token_anonymous;
    assert_value(anna, ATTR_sDRightsEffective, "0");
    assert_value(anna, ATTR_allowedAttributesEffective, NULL);
    assert_value(users, ATTR_allowedChildClassesEffective, NULL);
    admin = keep;
    v = values(forest_find(&forest, "CN=Services,CN=Configuration," FOREST_DN),
               ATTR_allowedChildClassesEffective);
    assert_false(among(v, "user")); /* no principals outside the domain */
    assert_true(among(v, "container"));
}

static void subschema(void **state)
{
    dir_id aggregate = forest_find(&forest, "CN=Aggregate,CN=Schema,CN=Configuration," FOREST_DN);
    struct values v = values(aggregate, ATTR_attributeTypes);

    (void)state;
    assert_in_range(v.count, schema_attr_count() - 5,
                    schema_attr_count()); /* without defunct ones */
    assert_true(
        among(v, "( 2.5.4.3 NAME 'cn' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )"));
    assert_true(among(v, "( 1.2.840.113556.1.2.102 NAME 'memberOf' SYNTAX "
                         "'1.3.6.1.4.1.1466.115.121.1.12' NO-USER-MODIFICATION )"));
    v = values(aggregate, ATTR_objectClasses);
    assert_in_range(v.count, schema_class_count() - 5, schema_class_count());
    assert_true(among(v, "( 1.2.840.113556.1.5.76 NAME 'foreignSecurityPrincipal' SUP top "
                         "STRUCTURAL MUST (objectSid ) MAY (foreignIdentifier ) )"));
    v = values(aggregate, ATTR_extendedClassInfo);
    assert_true(among(v, "( 1.2.840.113556.1.5.9 NAME 'user' CLASS-GUID "
                         "'BA7A96BFE60DD011A28500AA003049E2' )"));
    v = values(aggregate, ATTR_extendedAttributeInfo);
    assert_true(among(v, "( 2.5.4.3 NAME 'cn' RANGE-LOWER '1' RANGE-UPPER '64' PROPERTY-GUID "
                         "'3F7996BFE60DD011A28500AA003049E2' PROPERTY-SET-GUID "
                         "'54018DE4F8BCD111870200C04FB96050' INDEXED )"));
    v = values(aggregate, ATTR_dITContentRules);
    assert_true(v.count > 100 && v.count < schema_class_count());
    assert_value(anna, ATTR_attributeTypes, NULL);
    v = values(forest_find(&forest, "CN=User,CN=Schema,CN=Configuration," FOREST_DN),
               ATTR_possibleInferiors);
    assert_true(among(v, "nTFRSSubscriptions"));
    assert_false(among(v, "user"));
}

/* --- policy
 * --------------------------------------------------------------------------------------- */

static void expect_number(dir_id id, uint32_t attr, int64_t want)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)want);
    assert_value(id, attr, text);
}

static void passwords_and_lockouts(void **state)
{
    int64_t set = utime_to_filetime(FOREST_NOW);
    dir_id ben = forest_account(&forest, users, CLASS_user, "ben");
    dir_id pc = forest_account(&forest, users, CLASS_computer, "pc$");
    bool own;

    (void)state;
    expect_number(ben, ATTR_msDS_UserPasswordExpiryTimeComputed, set + 42 * DAY);
    expect_number(ben, ATTR_msDS_User_Account_Control_Computed, 0);
    now = FOREST_NOW + 42 * UTIME_DAY;
    expect_number(ben, ATTR_msDS_User_Account_Control_Computed, 0);
    now += 1;
    expect_number(ben, ATTR_msDS_User_Account_Control_Computed, 0x800000);
    expect_number(pc, ATTR_msDS_User_Account_Control_Computed, 0);
    expect_number(pc, ATTR_msDS_UserPasswordExpiryTimeComputed, FILETIME_NEVER);
    now = FOREST_NOW;
    own = forest_step(&forest);
    set_u64(forest.change, ben, ATTR_lockoutTime, (uint64_t)set);
    set_u64(forest.change, ben, ATTR_pwdLastSet, 0);
    forest_apply(&forest, own);
    expect_number(ben, ATTR_msDS_User_Account_Control_Computed, 0x800010);
    expect_number(ben, ATTR_msDS_UserPasswordExpiryTimeComputed, 0);
    assert_value(users, ATTR_msDS_User_Account_Control_Computed, NULL);
}

static void key_versions(void **state)
{
    bool own;

    (void)state;
    expect_number(anna, ATTR_msDS_KeyVersionNumber, 1);
    for (int version = 2; version < 4; version++) {
        own = forest_step(&forest);
        change_secret(forest.change, DIR_SECRET_ACCOUNT, anna, SPAN_LIT("sealed"));
        change_secret(forest.change, DIR_SECRET_BIND, anna, SPAN_LIT("sealed"));
        forest_apply(&forest, own);
        expect_number(anna, ATTR_msDS_KeyVersionNumber, version);
    }
    assert_value(users, ATTR_msDS_KeyVersionNumber, NULL);
}

static dir_id make_pso(const char *name, int precedence, dir_id applies_to)
{
    dir_id container = forest_find(&forest, PSO_DN), id;
    bool own = forest_step(&forest);
    uint8_t yes = 1;
    struct span complex = span_of(&yes, 1);

    id = forest_object(&forest, container, CLASS_msDS_PasswordSettings, name);
    set_u32(forest.change, id, ATTR_msDS_PasswordSettingsPrecedence, (uint32_t)precedence);
    set_u32(forest.change, id, ATTR_msDS_MinimumPasswordLength, 14);
    set_u32(forest.change, id, ATTR_msDS_PasswordHistoryLength, 3);
    set_u32(forest.change, id, ATTR_msDS_LockoutThreshold, 2);
    change_set(forest.change, id, ATTR_msDS_PasswordComplexityEnabled, &complex, 1);
    set_u64(forest.change, id, ATTR_msDS_MaximumPasswordAge, (uint64_t)(-DAY));
    set_u64(forest.change, id, ATTR_msDS_MinimumPasswordAge, 0);
    set_u64(forest.change, id, ATTR_msDS_LockoutDuration, (uint64_t)INT64_MIN);
    set_u64(forest.change, id, ATTR_msDS_LockoutObservationWindow, (uint64_t)(-DAY / 24));
    change_link(forest.change, ATTR_msDS_PSOAppliesTo, id, applies_to, SPAN_NONE);
    forest_apply(&forest, own);
    return id;
}

static struct policy_settings settings_of(dir_id account, dir_id *pso)
{
    struct policy_settings p;
    struct dir_snap s;

    arena_reset(&arena);
    assert_ok(dir_snap_begin(forest.base.dir, &s));
    assert_ok(policy_settings_for(&s, account, &arena, &p, pso));
    dir_snap_end(&s);
    return p;
}

static void fine_grained_policies(void **state)
{
    struct policy_settings p;
    dir_id pso, broad, narrow, personal;
    bool own;

    (void)state;
    p = settings_of(anna, &pso);
    assert_int_equal(pso, 0);
    assert_int_equal(p.min_length, 7);
    assert_int_equal(p.history, 24);
    assert_true(p.complexity);
    assert_int_equal(p.max_age, 42 * DAY);
    assert_int_equal(p.min_age, DAY);
    assert_int_equal(p.threshold, 0);
    assert_value(anna, ATTR_msDS_ResultantPSO, NULL);
    broad = make_pso("broad", 20, group);
    p = settings_of(anna, &pso);
    assert_int_equal(pso, broad);
    assert_int_equal(p.min_length, 14);
    assert_int_equal(p.max_age, DAY);
    assert_int_equal(p.min_age, 0);
    assert_int_equal(p.threshold, 2);
    assert_int_equal(p.lockout_duration, POLICY_FOREVER);
    assert_int_equal(p.lockout_window, DAY / 24);
    assert_value(anna, ATTR_msDS_ResultantPSO, "CN=broad," PSO_DN);
    narrow = make_pso("narrow", 10, group);
    settings_of(anna, &pso);
    assert_int_equal(pso, narrow);
    make_pso("of a universal group", 1, outer);
    settings_of(anna, &pso);
    assert_int_equal(pso, narrow);
    personal = make_pso("personal", 99, anna);
    settings_of(anna, &pso);
    assert_int_equal(pso, personal);
    own = forest_step(&forest);
    set_u32(forest.change, anna, ATTR_userAccountControl, 0x1000);
    forest_apply(&forest, own);
    settings_of(anna, &pso);
    assert_int_equal(pso, 0);
}

static void facts_of_a_logon(void **state)
{
    dir_id kim = forest_account(&forest, users, CLASS_user, "kim");
    struct policy_logon l = {.kind = POLICY_LOGON_NETWORK, .workstation = SPAN_LIT("DB1")};
    struct policy_settings p;
    struct dir_account acc;
    struct dir_snap s;
    struct dir_obj o;

    (void)state;
    forest_text(&forest, kim, ATTR_userWorkstations, "WEB1,WEB2");
    p = settings_of(kim, NULL);
    assert_ok(dir_snap_begin(forest.base.dir, &s));
    assert_ok(dir_by_id(&s, kim, &o));
    assert_ok(dir_account_of(&s, &o, &acc));
    policy_logon_facts(&acc, &o, &l);
    l.now = utime_to_filetime(FOREST_NOW);
    l.settings = &p;
    assert_int_equal(policy_logon_check(&l).reason, REASON_LOGON_WORKSTATION);
    l.workstation = SPAN_LIT("web2");
    assert_int_equal(policy_logon_check(&l).reason, REASON_NONE);
    l.now += 43 * DAY;
    assert_int_equal(policy_logon_check(&l).reason, REASON_LOGON_PASSWORD_EXPIRED);
    dir_snap_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(plain_facts),
        cmocka_unit_test(groups),
        cmocka_unit_test(rights),
        cmocka_unit_test(subschema),
        cmocka_unit_test(passwords_and_lockouts),
        cmocka_unit_test(key_versions),
        cmocka_unit_test(fine_grained_policies),
        cmocka_unit_test(facts_of_a_logon),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
