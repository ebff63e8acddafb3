#include "writer/fixture_test.h"

#define ALICE "CN=Alice,CN=Users"
#define SALES "CN=Sales,CN=Users"

static int setup(void **state)
{
    suite_setup(state);
    done(fixture_add(
        &f, ALICE,
        "objectClass: user\nsAMAccountName: alice\nuserAccountControl: 512\nunicodePwd: "
        "Secret-1234\ndescription: one\ndescription: two"));
    done(fixture_add(&f, "CN=Bob,CN=Users",
                     "objectClass: user\nsAMAccountName: bob\nuserAccountControl: 512\nunicodePwd: "
                     "Secret-1234"));
    done(fixture_add(&f, SALES, "objectClass: group\nsAMAccountName: Sales"));
    done(fixture_add(&f, "CN=Web1,CN=Computers",
                     "objectClass: computer\nsAMAccountName: web1$\nuserAccountControl: 4096\n"
                     "unicodePwd: Secret-1234"));
    return 0;
}

static bool member(const char *group, const char *who)
{
    struct dir_obj g, m;
    assert_true(fixture_find(&f, group, &g));
    assert_true(fixture_find(&f, who, &m));
    return dir_link_exists(fixture_snap(&f), ATTR_member, g.id, m.id);
}

static void values_come_and_go(void **state)
{
    (void)state;
    done(fixture_modify(&f, ALICE, "title: Boss"));
    assert_true(fixture_has(&f, ALICE, ATTR_title, "Boss"));
    refused(fixture_modify(&f, ALICE, "title: Chief"), DIR_SINGLE);
    refused(fixture_modify(&f, ALICE, "title: boss"), DIR_VALUE_EXISTS);
    done(fixture_modify(&f, ALICE, "=title: Chief"));
    assert_false(fixture_has(&f, ALICE, ATTR_title, "Boss"));
    refused(fixture_modify(&f, ALICE, "-title: Boss"), DIR_NO_VALUE);
    done(fixture_modify(&f, ALICE, "-title: CHIEF"));
    assert_false(fixture_has(&f, ALICE, ATTR_title, NULL));
    refused(fixture_modify(&f, ALICE, "-title"), DIR_NO_VALUE);
    done(fixture_modify(&f, ALICE, "=title"));
    done(fixture_modify(&f, ALICE, "-description: one\notherMobile: 1\notherMobile: 2"));
    assert_true(fixture_has(&f, ALICE, ATTR_otherMobile, "2"));
    f.flags |= INTENT_PERMISSIVE;
    done(fixture_modify(&f, ALICE, "-title"));
    done(fixture_modify(&f, ALICE, "otherMobile: 2"));
    done(fixture_modify(&f, ALICE, "-otherMobile: 9"));
    refused(fixture_modify(&f, "CN=Nobody,CN=Users", "title: x"), DIR_NO_OBJECT);
}

static void what_cannot_be_written(void **state)
{
    (void)state;
    refused(fixture_modify(&f, ALICE, "=tokenGroups: x"), DIR_NOT_WRITABLE);
    refused(fixture_modify(&f, ALICE, "memberOf: " SALES "," DOMAIN), DIR_NOT_WRITABLE);
    refused(fixture_modify(&f, ALICE, "=cn: Al"), DIR_NAMING_ATTRIBUTE);
    refused(fixture_modify(&f, ALICE, "=name: Al"), DIR_NAMING_ATTRIBUTE);
    fixture_as(&f, "Administrator");
    refused(fixture_modify(&f, ALICE, "=objectSid: S-1-5-21-1-2-3-4"), DIR_SAM_OWNED);
    refused(fixture_modify(&f, ALICE, "=lastLogonTimestamp: 1"), DIR_SAM_OWNED);
    refused(fixture_modify(&f, ALICE, "=sIDHistory: S-1-5-21-1-2-3-500"), DIR_SAM_OWNED);
    refused(fixture_modify(&f, ALICE, "sIDHistory: S-1-5-21-1-2-3-500"), DIR_SAM_OWNED);
    refused(fixture_modify(&f, ALICE, "=whenCreated: 20260101000000.0Z"), DIR_NOT_WRITABLE);
    refused(fixture_modify(&f, ALICE, "=objectClass: group"), DIR_CLASS);
    refused(fixture_modify(&f, "CN=User,CN=Schema,CN=Configuration", "=defaultHidingValue: FALSE"),
            DIR_SCHEMA_FIXED);
    refused(fixture_modify(&f, "CN=Infrastructure", "=fSMORoleOwner: " ALICE "," DOMAIN),
            DIR_ROLE_OWNER);
    refused(fixture_modify(&f, "", "=maxPwdAge: 5"), DIR_SYNTAX);
    refused(fixture_modify(&f, "", "=minPwdLength: 300"), DIR_SYNTAX);
    done(fixture_modify(&f, "", "=minPwdLength: 8"));
    done(fixture_modify(&f, "", "=minPwdLength: 7"));
}

static void auxiliary_classes(void **state)
{
    (void)state;
    refused(fixture_modify(&f, SALES, "uidNumber: 5\nunixHomeDirectory: /x"), DIR_ATTRIBUTE_CLASS);
    done(fixture_modify(&f, SALES, "objectClass: dynamicObject"));
    assert_true(fixture_has(&f, SALES, ATTR_objectClass, "dynamicObject"));
    assert_true(fixture_has(&f, SALES, ATTR_objectClass, "group"));
    done(fixture_modify(&f, SALES, "-objectClass: dynamicObject"));
    assert_false(fixture_has(&f, SALES, ATTR_objectClass, "dynamicObject"));
}

static void members(void **state)
{
    (void)state;
    done(
        fixture_modify(&f, SALES, "member: " ALICE "," DOMAIN "\nmember: CN=Bob,CN=Users," DOMAIN));
    assert_true(member(SALES, ALICE));
    refused(fixture_modify(&f, SALES, "member: " ALICE "," DOMAIN), DIR_MEMBER_EXISTS);
    refused(fixture_modify(&f, SALES, "member: CN=Gone,CN=Users," DOMAIN), DIR_NO_REFERENCE);
    done(fixture_modify(&f, SALES, "=member: CN=Bob,CN=Users," DOMAIN));
    assert_false(member(SALES, ALICE));
    assert_true(member(SALES, "CN=Bob,CN=Users"));
    done(fixture_modify(&f, SALES, "-member: CN=Bob,CN=Users," DOMAIN));
    refused(fixture_modify(&f, SALES, "-member: CN=Bob,CN=Users," DOMAIN), DIR_NO_MEMBER);
    refused(fixture_modify(&f, "CN=Domain Users,CN=Users", "member: " ALICE "," DOMAIN),
            DIR_PRIMARY_GROUP);
    refused(fixture_modify(&f, ALICE,
                           "manager: CN=Bob,CN=Users," DOMAIN "\nmanager: " SALES "," DOMAIN),
            DIR_SINGLE);
    done(fixture_modify(&f, ALICE, "manager: CN=Bob,CN=Users," DOMAIN));
}

/* Who may be in what, for every pair of scopes ([MS-SAMR] 3.1.1.8.9). */
static void nesting(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type;
    } kinds[] = {{"G", "-2147483646"}, {"L", "-2147483644"}, {"U", "-2147483640"}};
    static const bool allowed[3][3] = {
        /* of:      global domain-local universal */
        {true, false, false}, /* into a global one */
        {true, true, true},   /* into a domain-local one */
        {true, false, true},  /* into a universal one */
    };
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            done(fixture_add(&f, arena_printf(&f.arena, "CN=%s%d,CN=Users", kinds[i].name, k),
                             arena_printf(&f.arena,
                                          "objectClass: group\nsAMAccountName: %s%d\ngroupType: %s",
                                          kinds[i].name, k, kinds[i].type)));
    for (int outer = 0; outer < 3; outer++)
        for (int inner = 0; inner < 3; inner++) {
            enum err e = fixture_modify(
                &f, arena_printf(&f.arena, "CN=%s0,CN=Users", kinds[outer].name),
                arena_printf(&f.arena, "member: CN=%s1,CN=Users," DOMAIN, kinds[inner].name));
            if ((e == ERR_OK) != allowed[outer][inner])
                fail_msg("%s in %s: %s", kinds[inner].name, kinds[outer].name, err_name(e));
            if (e != ERR_OK)
                assert_string_equal(reason_row(f.reply.reason)->code, "DIR_GROUP_MEMBER");
        }
    refused(fixture_modify(&f, "CN=L0,CN=Users", "member: CN=Users,CN=Builtin," DOMAIN),
            DIR_GROUP_MEMBER);
    refused(fixture_modify(&f, "CN=G0,CN=Users", "member: CN=G0,CN=Users," DOMAIN),
            DIR_GROUP_MEMBER);
    refused(fixture_modify(&f, "CN=G0,CN=Users", "=groupType: -2147483644"), DIR_GROUP_TYPE);
    refused(fixture_modify(&f, "CN=G0,CN=Users", "=groupType: -2147483634"), DIR_GROUP_TYPE);
    /* G0 holds G1: it may become universal; G1 in it may not. */
    refused(fixture_modify(&f, "CN=G1,CN=Users", "=groupType: -2147483640"), DIR_GROUP_TYPE);
    done(fixture_modify(&f, "CN=G0,CN=Users", "=groupType: -2147483640"));
    assert_true(fixture_has(&f, "CN=G0,CN=Users", ATTR_sAMAccountType, "268435456"));
    done(fixture_modify(&f, "CN=G0,CN=Users", "=groupType: 8"));
    assert_true(fixture_has(&f, "CN=G0,CN=Users", ATTR_sAMAccountType, "268435457"));
}

static void foreign_members(void **state)
{
    (void)state;
    const char *fsp = "CN=S-1-5-21-9-8-7-1105,CN=ForeignSecurityPrincipals";
    struct dir_obj o;
    done(fixture_add(&f, "CN=Local,CN=Users",
                     "objectClass: group\nsAMAccountName: Local\ngroupType: -2147483644"));
    refused(fixture_modify(&f, SALES, "member: <SID=S-1-5-21-9-8-7-1105>"), DIR_GROUP_MEMBER);
    assert_false(fixture_find(&f, fsp, &o)); /* a refused intent leaves nothing behind */
    done(fixture_modify(&f, "CN=Local,CN=Users", "member: <SID=S-1-5-21-9-8-7-1105>"));
    assert_true(member("CN=Local,CN=Users", fsp));
    assert_true(fixture_has(&f, fsp, ATTR_objectCategory,
                            "CN=Foreign-Security-Principal,CN=Schema,CN=Configuration," DOMAIN));
    done(fixture_modify(&f, "CN=Local,CN=Users", "-member: <SID=S-1-5-21-9-8-7-1105>"));
    done(fixture_modify(&f, "CN=Local,CN=Users",
                        "member: "
                        "CN=S-1-5-21-9-8-7-1105,CN=ForeignSecurityPrincipals," DOMAIN));
    refused(fixture_modify(&f, "CN=Local,CN=Users", "member: <SID=S-1-5-21-11-22-33-9999>"),
            DIR_FOREIGN_MEMBER);
    done(fixture_modify(&f, "CN=Local,CN=Users", "member: <SID=S-1-5-21-11-22-33-500>"));
    assert_true(member("CN=Local,CN=Users", "CN=Administrator,CN=Users"));
    done(fixture_modify(&f, "CN=Local,CN=Users", "member: <SID=S-1-5-11>"));
    assert_true(member("CN=Local,CN=Users", "CN=S-1-5-11,CN=ForeignSecurityPrincipals"));
}

static void account_control(void **state)
{
    (void)state;
    done(fixture_modify(&f, ALICE, "=userAccountControl: 8389136")); /* with computed bits */
    assert_true(fixture_has(&f, ALICE, ATTR_userAccountControl, "512"));
    refused(fixture_modify(&f, ALICE, "=userAccountControl: 4608"), DIR_ACCOUNT_CONTROL);
    refused(fixture_modify(&f, ALICE, "=userAccountControl: 4096"), DIR_ACCOUNT_CONTROL);
    refused(fixture_modify(&f, ALICE, "=userAccountControl: 768"), DIR_ACCOUNT_CONTROL);
    done(fixture_modify(&f, ALICE, "=userAccountControl: 2"));
    assert_true(fixture_has(&f, ALICE, ATTR_userAccountControl, "514"));
    done(fixture_modify(&f, ALICE, "=userAccountControl: 512"));
    done(fixture_modify(&f, ALICE, "=lockoutTime: 0"));
    fixture_as(&f, "Administrator");
    refused(fixture_modify(&f, ALICE, "=lockoutTime: 5"), DIR_SYNTAX);
    refused(fixture_modify(&f, ALICE, "=pwdLastSet: 5"), DIR_SYNTAX);
    done(fixture_modify(&f, ALICE, "=pwdLastSet: 0"));
    assert_true(fixture_has(&f, ALICE, ATTR_pwdLastSet, "0"));
    done(fixture_modify(&f, ALICE, "=pwdLastSet: -1"));
    assert_false(fixture_has(&f, ALICE, ATTR_pwdLastSet, "-1"));
    done(fixture_modify(&f, "CN=Web1,CN=Computers", "=userAccountControl: 528384"));
    fixture_as(&f, "web1$");
    refused(fixture_modify(&f, "CN=Web1,CN=Computers", "=userAccountControl: 4096"), DIR_ACCESS);
    /* Who may write accounts cannot by that make them trusted for delegation. */
    fixture_as_system(&f);
    done(fixture_modify(&f, "CN=Account Operators,CN=Builtin", "member: CN=Bob,CN=Users," DOMAIN));
    fixture_as(&f, "bob");
    refused(fixture_modify(&f, "CN=Web1,CN=Computers", "=userAccountControl: 16781312"),
            DIR_PRIVILEGE);
    done(fixture_modify(&f, "CN=Web1,CN=Computers", "=userAccountControl: 4096"));
    fixture_as_system(&f);
    done(fixture_modify(&f, "CN=Account Operators,CN=Builtin", "-member: CN=Bob,CN=Users," DOMAIN));
}

static void primary_groups(void **state)
{
    (void)state;
    done(fixture_add(&f, "CN=Main,CN=Users", "objectClass: group\nsAMAccountName: Main"));
    struct dir_obj g;
    struct sid sid;
    struct span v;
    assert_true(fixture_find(&f, "CN=Main,CN=Users", &g));
    assert_true(dir_attr_first(&g, ATTR_objectSid, &v));
    assert_ok(sid_from_bytes(v, &sid));
    const char *set = arena_printf(&f.arena, "=primaryGroupID: %u", sid.sub[4]);
    refused(fixture_modify(&f, ALICE, set), DIR_PRIMARY_GROUP);
    done(fixture_modify(&f, "CN=Main,CN=Users", "member: " ALICE "," DOMAIN));
    done(fixture_modify(&f, ALICE, set));
    assert_false(member("CN=Main,CN=Users", ALICE));
    assert_true(member("CN=Domain Users,CN=Users", ALICE));
    refused(fixture_modify(&f, ALICE, "=primaryGroupID: 999999"), DIR_PRIMARY_GROUP);
    done(fixture_modify(&f, ALICE, "=primaryGroupID: 513"));
    assert_true(member("CN=Main,CN=Users", ALICE));
}

static void computers_write_their_own_names(void **state)
{
    (void)state;
    const char *web = "CN=Web1,CN=Computers";
    fixture_as(&f, "web1$");
    refused(fixture_modify(&f, web, "=dNSHostName: dc-a.aws.example.com"), DIR_DNS_NAME_NOT_OWN);
    done(fixture_modify(&f, web, "=dNSHostName: web1.aws.example.com"));
    done(fixture_modify(&f, web,
                        "servicePrincipalName: HOST/web1.aws.example.com\nservicePrincipalName: "
                        "HOST/WEB1"));
    refused(fixture_modify(&f, web, "servicePrincipalName: HOST/dc-b.aws.example.com"),
            DIR_SPN_NOT_OWN);
    refused(
        fixture_modify(&f, web, "servicePrincipalName: ldap/web1.aws.example.com/aws.example.com"),
        DIR_SPN_NOT_OWN);
    done(fixture_modify(&f, web, "-servicePrincipalName: host/web1"));
    refused(fixture_modify(&f, ALICE, "=description: x"), DIR_ACCESS);
}

/* Nothing that provisioning made breaks a rule of its class. */
static void every_object_can_be_changed(void **state)
{
    (void)state;
    unsigned count = 0, left = 0;
    for (dir_id id = 1; left < 1000; id++) {
        struct dir_obj o;
        enum err e = dir_by_id(fixture_snap(&f), id, &o);
        left = e == ERR_OK ? 0 : left + 1;
        if (e != ERR_OK || (o.flags & (DIR_OBJ_PHANTOM | DIR_OBJ_DELETED)) ||
            o.class_id == CLASS_attributeSchema || o.class_id == CLASS_classSchema)
            continue;
        char guid[GUID_TEXT_SIZE];
        struct intent in = {.kind = INTENT_MODIFY};
        guid_to_text(&o.guid, guid);
        in.target = span_str(arena_printf(&f.arena, "<GUID=%s>", guid));
        fixture_mods(&f, "=description: changed", &in);
        done(fixture_do(&f, &in));
        count++;
    }
    assert_true(count > 250);
}

static void rights_decide(void **state)
{
    (void)state;
    fixture_as(&f, "bob");
    refused(fixture_modify(&f, ALICE, "=description: x"), DIR_ACCESS);
    refused(fixture_modify(&f, "", "=minPwdLength: 1"), DIR_ACCESS);
    refused(fixture_modify(&f, "CN=Domain Admins,CN=Users", "member: CN=Bob,CN=Users," DOMAIN),
            DIR_ACCESS);
    refused(fixture_modify(&f, "CN=Bob,CN=Users", "=userAccountControl: 66048"), DIR_ACCESS);
    done(fixture_modify(&f, "CN=Bob,CN=Users", "=telephoneNumber: 5")); /* personal information */
    f.token = dir_token_anonymous;
    refused(fixture_modify(&f, "CN=Bob,CN=Users", "=telephoneNumber: 6"), DIR_ACCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_come_and_go, suite_as_system),
        cmocka_unit_test_setup(what_cannot_be_written, suite_as_system),
        cmocka_unit_test_setup(auxiliary_classes, suite_as_system),
        cmocka_unit_test_setup(members, suite_as_system),
        cmocka_unit_test_setup(nesting, suite_as_system),
        cmocka_unit_test_setup(foreign_members, suite_as_system),
        cmocka_unit_test_setup(account_control, suite_as_system),
        cmocka_unit_test_setup(primary_groups, suite_as_system),
        cmocka_unit_test_setup(computers_write_their_own_names, suite_as_system),
        cmocka_unit_test_setup(rights_decide, suite_as_system),
        cmocka_unit_test_setup(every_object_can_be_changed, suite_as_system),
    };
    return cmocka_run_group_tests(tests, setup, suite_teardown);
}
