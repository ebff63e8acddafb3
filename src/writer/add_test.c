#include "writer/fixture_test.h"

static void a_user_gets_what_an_account_has(void **state)
{
    (void)state;
    struct dir_account acc;
    struct dir_account_keys keys;
    done(
        fixture_add(&f, "CN=Alice,CN=Users",
                    "objectClass: user\nsAMAccountName: alice\nuserPrincipalName: "
                    "alice@aws.example.com\nuserAccountControl: 512\ngivenName: Alice\nunicodePwd: "
                    "Secret-1234"));
    assert_ok(dir_account_by_sam(fixture_snap(&f), SPAN_LIT("ALICE"), &acc));
    assert_int_equal(acc.id, f.reply.id);
    assert_int_equal(acc.uac, UAC_NORMAL_ACCOUNT);
    assert_int_equal(acc.primary_group, 513);
    assert_true(acc.pwd_last_set > 0);
    assert_true(acc.account_expires == FILETIME_NEVER);
    assert_ok(dir_bind_verify(fixture_snap(&f), acc.id, SPAN_LIT("Secret-1234")));
    assert_ok(dir_account_keys(fixture_snap(&f), DIR_SECRET_ACCOUNT, acc.id, &f.arena, &keys));
    assert_span(keys.version[0].salt, "AWS.EXAMPLE.COMalice");
    const char *dn = "CN=Alice,CN=Users";
    assert_true(fixture_has(&f, dn, ATTR_objectClass, "organizationalPerson"));
    assert_true(fixture_has(&f, dn, ATTR_sAMAccountType, "805306368"));
    assert_true(fixture_has(&f, dn, ATTR_instanceType, "4"));
    assert_true(fixture_has(&f, dn, ATTR_cn, "Alice"));
    assert_true(
        fixture_has(&f, dn, ATTR_objectCategory, "CN=Person,CN=Schema,CN=Configuration," DOMAIN));
    assert_false(fixture_has(&f, dn, ATTR_unicodePwd, NULL));
    assert_false(fixture_has(&f, dn, ATTR_pwdLastSet, "0"));
    done(fixture_add(&f, "CN=Newcomer,CN=Users",
                     "objectClass: user\nsAMAccountName: newcomer\nuserAccountControl: "
                     "512\nunicodePwd: Secret-1234\npwdLastSet: 0"));
    assert_true(fixture_has(&f, "CN=Newcomer,CN=Users", ATTR_pwdLastSet, "0"));
}

static void rids_are_never_reissued(void **state)
{
    (void)state;
    struct dir_obj a, b;
    struct sid sa, sb;
    struct span v;
    done(fixture_add(&f, "CN=r1,CN=Users", "objectClass: user\nsAMAccountName: r1"));
    assert_true(fixture_find(&f, "CN=r1,CN=Users", &a));
    assert_true(dir_attr_first(&a, ATTR_objectSid, &v));
    assert_ok(sid_from_bytes(v, &sa));
    done(fixture_delete(&f, "CN=r1,CN=Users", 0));
    /* One that is refused after its RID was drawn does not give it back either. */
    refused(fixture_add(&f, "CN=r2,CN=Users", "objectClass: user\nsAMAccountName: bad/name"),
            DIR_ACCOUNT_NAME);
    done(fixture_add(&f, "CN=r1,CN=Users", "objectClass: user\nsAMAccountName: r1"));
    assert_true(fixture_find(&f, "CN=r1,CN=Users", &b));
    assert_true(dir_attr_first(&b, ATTR_objectSid, &v));
    assert_ok(sid_from_bytes(v, &sb));
    assert_true(sb.sub[4] > sa.sub[4]);
    assert_false(guid_eq(&a.guid, &b.guid));
}

static void the_schema_is_enforced(void **state)
{
    (void)state;
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: nosuchclass"), DIR_NO_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: top"), DIR_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nobjectClass: group"), DIR_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: organizationalUnit"), DIR_RDN_ATTRIBUTE);
    refused(fixture_add(&f, "OU=x,CN=Users", "objectClass: organizationalUnit"), DIR_PARENT_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Nowhere", "objectClass: user"), DIR_NO_PARENT);
    refused(fixture_add(&f, "CN=Administrator,CN=Users", "objectClass: user"), DIR_EXISTS);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nnosuch: 1"),
            DIR_NO_ATTRIBUTE_TYPE);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: group\nlogonHours: x"),
            DIR_ATTRIBUTE_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\ngivenName: a\ngivenName: b"),
            DIR_SINGLE);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\ncountryCode: many"), DIR_SYNTAX);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nmanager: CN=nobody," DOMAIN),
            DIR_NO_REFERENCE);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\ncn: y"), DIR_NAMING_ATTRIBUTE);
    refused(fixture_add(&f, "CN=x,CN=System", "objectClass: subnet"), DIR_PARENT_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Sites,CN=Configuration", "objectClass: siteLink"),
            DIR_PARENT_CLASS);
    refused(
        fixture_add(&f, "CN=x,CN=Users", "objectClass: dfsConfiguration\nobjectClass: crossRef"),
        DIR_CLASS);
    refused(fixture_add(&f, "CN=x", "objectClass: groupPolicyContainer\nobjectClass: x"),
            DIR_NO_CLASS);
    refused(fixture_add(&f, "x", "objectClass: user"), DIR_NAME);
    refused(fixture_add(&f, "CN=x\ny,CN=Users", "objectClass: user"), DIR_NAME);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: msDS-PasswordSettings"),
            DIR_PARENT_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Password Settings Container,CN=System",
                        "objectClass: msDS-PasswordSettings"),
            DIR_MISSING);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nnTSecurityDescriptor: nonsense"),
            DIR_DESCRIPTOR);
    done(fixture_add(&f, "OU=Sales", "objectClass: organizationalUnit"));
    done(fixture_add(&f, "CN=Bob,OU=Sales", "objectClass: user\nsAMAccountName: bob"));
}

static void clients_cannot_bring_what_the_server_makes(void **state)
{
    (void)state;
    fixture_as(&f, "Administrator");
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nobjectSid: S-1-5-21-1-2-3-4"),
            DIR_SAM_OWNED);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nsAMAccountType: 1"),
            DIR_SAM_OWNED);
    refused(fixture_add(&f, "CN=x,CN=System",
                        "objectClass: trustedDomain\ntrustPartner: x\nflatName: x"),
            DIR_SYSTEM_CLASS);
    refused(fixture_add(&f, "CN=x,CN=Users",
                        "objectClass: user\nmemberOf: CN=Users,CN=Builtin," DOMAIN),
            DIR_NOT_WRITABLE);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nuserAccountControl: 2080"),
            DIR_ACCOUNT_CONTROL);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nuserAccountControl: 512"),
            PASSWORD_TOO_SHORT);
}

static void names_of_accounts_are_unique(void **state)
{
    (void)state;
    done(fixture_add(
        &f, "CN=u1,CN=Users",
        "objectClass: user\nsAMAccountName: u1\nuserPrincipalName: first@aws.example.com"));
    refused(fixture_add(&f, "CN=u2,CN=Users", "objectClass: user\nsAMAccountName: U1"),
            DIR_ACCOUNT_NAME_TAKEN);
    refused(fixture_add(&f, "CN=u2,CN=Users",
                        "objectClass: user\nsAMAccountName: u2\nuserPrincipalName: "
                        "FIRST@aws.example.com"),
            DIR_UPN_TAKEN);
    refused(
        fixture_add(&f, "CN=u2,CN=Users",
                    "objectClass: user\nsAMAccountName: u2\nuserPrincipalName: u1@aws.example.com"),
        DIR_UPN_TAKEN);
    refused(fixture_add(&f, "CN=first,CN=Users", "objectClass: user\nsAMAccountName: first"),
            DIR_UPN_TAKEN);
    refused(fixture_add(&f, "CN=u3,CN=Users", "objectClass: user\nsAMAccountName: with space."),
            DIR_ACCOUNT_NAME);
    refused(fixture_add(&f, "CN=u3,CN=Users",
                        "objectClass: user\nsAMAccountName: 123456789012345678901"),
            DIR_ACCOUNT_NAME);
    done(fixture_add(&f, "CN=noname,CN=Users", "objectClass: user"));
    assert_true(fixture_has(&f, "CN=noname,CN=Users", ATTR_sAMAccountName, NULL));
}

/* CVE-2021-42278 */
static void cve_2021_42278_machine_names_end_in_a_dollar(void **state)
{
    (void)state;
    refused(fixture_add(&f, "CN=m1,CN=Computers",
                        "objectClass: computer\nsAMAccountName: m1\nuserAccountControl: 4096"),
            DIR_MACHINE_NAME);
    refused(fixture_add(&f, "CN=m1,CN=Computers",
                        "objectClass: computer\nsAMAccountName: m1$$\nuserAccountControl: 4096"),
            DIR_MACHINE_NAME);
    refused(fixture_add(&f, "CN=dc,CN=Users", "objectClass: user\nsAMAccountName: dc-a"),
            DIR_MACHINE_NAME);
    done(fixture_add(&f, "CN=plain,CN=Users", "objectClass: user\nsAMAccountName: plain"));
    refused(fixture_add(&f, "CN=plain,CN=Computers",
                        "objectClass: computer\nsAMAccountName: plain$\nuserAccountControl: 4096"),
            DIR_MACHINE_NAME);
    done(fixture_add(&f, "CN=m1,CN=Computers",
                     "objectClass: computer\nsAMAccountName: m1$\nuserAccountControl: 4096"));
    assert_true(fixture_has(&f, "CN=m1,CN=Computers", ATTR_primaryGroupID, "515"));
    assert_true(fixture_has(&f, "CN=m1,CN=Computers", ATTR_sAMAccountType, "805306369"));
    refused(fixture_modify(&f, "CN=m1,CN=Computers", "=sAMAccountName: m1"), DIR_MACHINE_NAME);
    refused(fixture_add(&f, "CN=m2,CN=Users",
                        "objectClass: user\nsAMAccountName: m2$\nuserAccountControl: 4096"),
            DIR_ACCOUNT_CONTROL);
}

static void service_names_are_unique(void **state)
{
    (void)state;
    done(fixture_add(&f, "CN=web,CN=Computers",
                     "objectClass: computer\nsAMAccountName: web$\ndNSHostName: "
                     "web.aws.example.com\nservicePrincipalName: HOST/web.aws.example.com"));
    refused(fixture_add(&f, "CN=s1,CN=Users",
                        "objectClass: user\nsAMAccountName: s1\nservicePrincipalName: "
                        "host/WEB.aws.example.com"),
            DIR_SPN_TAKEN);
    refused(fixture_add(&f, "CN=s1,CN=Users",
                        "objectClass: user\nsAMAccountName: s1\nservicePrincipalName: nonsense"),
            DIR_SPN_SYNTAX);
    /* An administrator may give a class of its own to a service on the same host. */
    done(fixture_add(&f, "CN=s1,CN=Users",
                     "objectClass: user\nsAMAccountName: s1\nservicePrincipalName: "
                     "http/web.aws.example.com"));
}

static void passwords_need_an_encrypted_connection(void **state)
{
    (void)state;
    fixture_as(&f, "Administrator");
    f.flags = 0;
    refused(fixture_add(&f, "CN=p1,CN=Users",
                        "objectClass: user\nsAMAccountName: p1\nuserAccountControl: "
                        "512\nunicodePwd: Secret-1234"),
            DIR_PASSWORD_UNPROTECTED);
    f.flags = INTENT_PROTECTED;
    refused(
        fixture_add(
            &f, "CN=p1,CN=Users",
            "objectClass: user\nsAMAccountName: p1\nuserAccountControl: 512\nunicodePwd: short"),
        PASSWORD_TOO_SHORT);
    refused(fixture_add(&f, "CN=p1,CN=Users",
                        "objectClass: user\nsAMAccountName: p1\nuserAccountControl: "
                        "512\nunicodePwd: alllowercase"),
            PASSWORD_TOO_SIMPLE);
    done(fixture_add(
        &f, "CN=p1,CN=Users",
        "objectClass: user\nsAMAccountName: p1\nuserAccountControl: 512\nunicodePwd: Secret-1234"));
}

static void rights_decide(void **state)
{
    (void)state;
    done(fixture_add(&f, "CN=mallory,CN=Users",
                     "objectClass: user\nsAMAccountName: mallory\nuserAccountControl: "
                     "512\nunicodePwd: Secret-1234"));
    fixture_as(&f, "mallory");
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: user\nsAMAccountName: x"), DIR_ACCESS);
    refused(fixture_add(&f, "CN=x,CN=Users", "objectClass: group\nsAMAccountName: x"), DIR_ACCESS);
    /* The quota for workstations: ten, plain ones, with names of their own. */
    refused(fixture_add(&f, "CN=q,CN=Computers",
                        "objectClass: computer\nsAMAccountName: q$\nuserAccountControl: 4096\n"
                        "description: x"),
            DIR_ACCESS);
    refused(fixture_add(&f, "CN=q,CN=Computers",
                        "objectClass: computer\nsAMAccountName: q$\nuserAccountControl: 4096\n"
                        "servicePrincipalName: host/dc-b.aws.example.com"),
            DIR_SPN_NOT_OWN);
    refused(fixture_add(&f, "CN=q,CN=Computers",
                        "objectClass: computer\nsAMAccountName: q$\nuserAccountControl: 4096\n"
                        "dNSHostName: dc-b.aws.example.com"),
            DIR_DNS_NAME_NOT_OWN);
    refused(fixture_add(&f, "CN=q,CN=Computers",
                        "objectClass: computer\nsAMAccountName: q$\nuserAccountControl: 8192"),
            DIR_ACCESS);
    refused(fixture_add(&f, "CN=q,OU=Domain Controllers",
                        "objectClass: computer\nsAMAccountName: q$\nuserAccountControl: 4096"),
            DIR_ACCESS);
    for (int i = 0; i < 10; i++)
        done(fixture_add(
            &f, arena_printf(&f.arena, "CN=q%d,CN=Computers", i),
            arena_printf(&f.arena,
                         "objectClass: computer\nsAMAccountName: q%d$\nuserAccountControl: "
                         "4096\ndNSHostName: q%d.aws.example.com\nservicePrincipalName: "
                         "host/q%d.aws.example.com\nunicodePwd: Secret-1234",
                         i, i, i)));
    refused(fixture_add(&f, "CN=q10,CN=Computers",
                        "objectClass: computer\nsAMAccountName: q10$\nuserAccountControl: 4096"),
            DIR_QUOTA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_user_gets_what_an_account_has, suite_as_system),
        cmocka_unit_test_setup(rids_are_never_reissued, suite_as_system),
        cmocka_unit_test_setup(the_schema_is_enforced, suite_as_system),
        cmocka_unit_test_setup(clients_cannot_bring_what_the_server_makes, suite_as_system),
        cmocka_unit_test_setup(names_of_accounts_are_unique, suite_as_system),
        cmocka_unit_test_setup(cve_2021_42278_machine_names_end_in_a_dollar, suite_as_system),
        cmocka_unit_test_setup(service_names_are_unique, suite_as_system),
        cmocka_unit_test_setup(passwords_need_an_encrypted_connection, suite_as_system),
        cmocka_unit_test_setup(rights_decide, suite_as_system),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
