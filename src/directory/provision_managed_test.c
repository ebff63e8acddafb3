/* What the owner of a managed directory may and may not do, and each delegated group: a table of
 * questions to the access check over a forest as it is provisioned. */
#include "base/test.h"
#include "base/text.h"
#include "directory/access.h"
#include "directory/dir_fixture_test.h"
#include "directory/links.h"
#include "directory/provision.h"
#include "directory/provision_data.h"
#include "directory/token.h"

#define BASE "DC=cloud,DC=example"

static struct fixture f;
static struct dir_snap s;
static uint64_t stream = 1;

static void random_bytes(void *out, size_t len)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++) {
        stream = stream * UINT64_C(6364136223846793005) + 1442695040888963407u;
        p[i] = (uint8_t)(stream >> 56);
    }
}

static int setup(void **state)
{
    static struct span address[] = {SPAN_LIT("127.0.1.10")};
    static const struct provision_dc dc = {SPAN_LIT("dc1"), address, 1};
    struct provision_args in = {.dns_name = SPAN_LIT("cloud.example"),
                                .flat_name = SPAN_LIT("CLOUD"),
                                .admin_password = SPAN_LIT("Str0ng-enough"),
                                .managed = true,
                                .domain_sid = SID_NT(21, 1, 2, 3),
                                .dcs = &dc,
                                .dc_count = 1,
                                .now = INT64_C(1780000000000000),
                                .random = random_bytes};
    (void)state;
    fixture_init(&f);
    assert_ok(provision_forest(f.dir, &in));
    assert_ok(dir_snap_begin(f.dir, &s));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dir_snap_end(&s);
    fixture_fini(&f);
    return 0;
}

static struct dir_obj at(const char *dn)
{
    struct dir_obj o;
    const char *full = *dn ? arena_printf(&f.arena, "%s," BASE, dn) : BASE;
    enum err e = dir_by_dn(&s, span_str(full), &o, NULL);
    if (e != ERR_OK)
        fail_msg("%s: %s", full, err_name(e));
    return o;
}

/* "Admin", or somebody who is in this delegated group alone. */
static struct dir_token token_of(const char *who)
{
    struct dir_token token;
    struct dir_values v;
    if (strcmp(who, "Admin") == 0) {
        struct dir_obj admin = at("CN=Admin,OU=Users,OU=CLOUD");
        assert_ok(dir_token_for_account(&s, admin.id, &f.arena, &token));
        return token;
    }
    struct dir_obj group =
        at(arena_printf(&f.arena, "CN=AWS Delegated %s,OU=AWS Delegated Groups", who));
    struct sid sids[2] = {SID_NT(21, 1, 2, 3, 9999)};
    struct span value;
    assert_true(dir_attr(&group, ATTR_objectSid, &v) && dir_values_next(&v, &value));
    assert_ok(sid_from_bytes(value, &sids[1]));
    assert_ok(dir_token_for_sids(&s, sids, 2, &f.arena, &token));
    return token;
}

struct question {
    const char *who;
    bool may;
    uint32_t access;
    const char *what; /* attribute, class or right, or NULL: the object as a whole */
    const char *dn;
};

#define CREATE   ACCESS_CREATE_CHILD
#define WRITE    ACCESS_WRITE_PROP
#define RIGHT    ACCESS_CONTROL
#define SERVICES "CN=Services,CN=Configuration"
#define POLICIES "CN=Password Settings Container,CN=System"

static const struct question questions[] = {
    /* Admin in the own unit. */
    {"Admin", true, CREATE, "user", "OU=Users,OU=CLOUD"},
    {"Admin", true, CREATE, "group", "OU=Users,OU=CLOUD"},
    {"Admin", true, CREATE, "computer", "OU=Computers,OU=CLOUD"},
    {"Admin", true, CREATE, "organizationalUnit", "OU=CLOUD"},
    {"Admin", true, WRITE, "gPLink", "OU=CLOUD"},
    {"Admin", true, WRITE, "gPLink", "OU=Users,OU=CLOUD"},
    {"Admin", true, RIGHT, "User-Force-Change-Password", "CN=Admin,OU=Users,OU=CLOUD"},
    {"Admin", false, ACCESS_DELETE, NULL, "OU=CLOUD"},
    {"Admin", false, ACCESS_DELETE_TREE, NULL, "OU=CLOUD"},
    {"Admin", false, ACCESS_DELETE_CHILD, "organizationalUnit", "OU=CLOUD"},
    {"Admin", false, ACCESS_DELETE, NULL, "OU=Users,OU=CLOUD"},
    {"Admin", false, ACCESS_DELETE, NULL, "OU=Computers,OU=CLOUD"},
    {"Admin", false, ACCESS_WRITE_DAC, NULL, "OU=CLOUD"},
    {"Admin", false, ACCESS_WRITE_OWNER, NULL, "OU=Users,OU=CLOUD"},
    {"Admin", false, WRITE, "name", "OU=CLOUD"},
    {"Admin", false, WRITE, "name", "OU=Users,OU=CLOUD"},
    {"Admin", false, WRITE, "ou", "OU=Computers,OU=CLOUD"},
    /* And what is the service's. */
    {"Admin", false, CREATE, "user", ""},
    {"Admin", false, CREATE, "organizationalUnit", ""},
    {"Admin", false, CREATE, "user", "CN=Users"},
    {"Admin", false, CREATE, "computer", "OU=Domain Controllers"},
    {"Admin", false, CREATE, "user", "OU=AWS Reserved"},
    {"Admin", false, CREATE, "group", "OU=AWS Delegated Groups"},
    {"Admin", false, WRITE, "minPwdLength", ""},
    {"Admin", false, WRITE, "gPLink", ""},
    {"Admin", false, WRITE, "gPLink", "OU=Domain Controllers"},
    {"Admin", false, WRITE, "member", "CN=Domain Admins,CN=Users"},
    {"Admin", false, WRITE, "member", "CN=Administrators,CN=Builtin"},
    {"Admin", false, WRITE, "member", "CN=Schema Admins,CN=Users"},
    {"Admin", false, WRITE, "member", "CN=DnsAdmins,CN=Users"},
    {"Admin", false, RIGHT, "User-Force-Change-Password", "CN=Administrator,CN=Users"},
    {"Admin", false, RIGHT, "User-Force-Change-Password", "CN=krbtgt,CN=Users"},
    {"Admin", false, RIGHT, "DS-Replication-Get-Changes-All", ""},
    {"Admin", false, RIGHT, "DS-Install-Replica", ""},
    {"Admin", false, WRITE, "servicePrincipalName", "CN=DC1,OU=Domain Controllers"},
    {"Admin", false, CREATE, "trustedDomain", "CN=System"},
    {"Admin", false, CREATE, "attributeSchema", "CN=Schema,CN=Configuration"},
    {"Admin", false, CREATE, "site", "CN=Sites,CN=Configuration"},
    {"Admin", false, CREATE, "msDS-PasswordSettings", POLICIES},
    {"Admin", false, WRITE, "msDS-PasswordSettingsPrecedence", "CN=CustomerPSO-01," POLICIES},
    {"Admin", false, ACCESS_DELETE, NULL, "CN=CustomerPSO-01," POLICIES},
    {"Admin", false, WRITE, "gPCFileSysPath",
     "CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System"},
    {"Admin", false, ACCESS_WRITE_DAC, NULL, "CN=AdminSDHolder,CN=System"},
    /* Delegated to groups; Admin is in all of them. */
    {"Admin", true, WRITE, "member",
     "CN=AWS Delegated Server Administrators,OU=AWS Delegated Groups"},
    {"Admin", false, ACCESS_DELETE, NULL,
     "CN=AWS Delegated Server Administrators,OU=AWS Delegated Groups"},
    {"Admin", true, WRITE, "msDS-MinimumPasswordLength", "CN=CustomerPSO-05," POLICIES},
    {"Admin", true, CREATE, "groupPolicyContainer", "CN=Policies,CN=System"},
    {"Account Operators", true, RIGHT, "User-Force-Change-Password", NULL},
    {"Account Operators", true, WRITE, "lockoutTime", NULL},
    {"Account Operators", true, WRITE, "pwdLastSet", NULL},
    {"Account Operators", false, WRITE, "description", NULL},
    {"Account Operators", false, ACCESS_DELETE, NULL, NULL},
    {"Account Operators", false, RIGHT, "User-Force-Change-Password", "CN=Admin,OU=Users,OU=CLOUD"},
    {"Account Operators", false, CREATE, "user", "OU=Users,OU=CLOUD"},
    {"Add Workstations To Domain Users", true, CREATE, "computer", "OU=Computers,OU=CLOUD"},
    {"Add Workstations To Domain Users", false, CREATE, "user", "OU=Computers,OU=CLOUD"},
    {"Allowed to Authenticate to Domain Controllers", true, RIGHT, "Allowed-To-Authenticate",
     "CN=DC1,OU=Domain Controllers"},
    {"Allowed to Authenticate Objects", false, RIGHT, "Allowed-To-Authenticate",
     "CN=DC1,OU=Domain Controllers"},
    {"Deleted Object Lifetime Administrators", true, WRITE, "msDS-DeletedObjectLifetime",
     "CN=Directory Service,CN=Windows NT," SERVICES},
    {"Deleted Object Lifetime Administrators", false, WRITE, "sPNMappings",
     "CN=Directory Service,CN=Windows NT," SERVICES},
    {"Active Directory Based Activation Administrators", true, CREATE, "msSPP-ActivationObject",
     "CN=Activation Objects,CN=Microsoft SPP," SERVICES},
    {"Distributed File System Administrators", true, CREATE, "fTDfs",
     "CN=Dfs-Configuration,CN=System"},
    {"Domain Name System Administrators", true, CREATE, "dnsNode",
     "DC=cloud.example,CN=MicrosoftDNS,DC=DomainDnsZones"},
    {"Domain Name System Administrators", true, CREATE, "dnsZone",
     "CN=MicrosoftDNS,DC=DomainDnsZones"},
    {"Domain Name System Administrators", true, WRITE, "dnsRecord",
     "DC=@,DC=cloud.example,CN=MicrosoftDNS,DC=DomainDnsZones"},
    {"Domain Name System Administrators", false, WRITE, "dnsRecord",
     "DC=@,DC=_msdcs.cloud.example,CN=MicrosoftDNS,DC=ForestDnsZones"},
    {"Dynamic Host Configuration Protocol Administrators", true, CREATE, "dHCPClass",
     "CN=NetServices," SERVICES},
    {"Enterprise Certificate Authority Administrators", true, CREATE, "pKIEnrollmentService",
     "CN=Enrollment Services,CN=Public Key Services," SERVICES},
    {"Fine Grained Password Policy Administrators", true, WRITE, "msDS-PSOAppliesTo",
     "CN=CustomerPSO-02," POLICIES},
    {"Fine Grained Password Policy Administrators", true, ACCESS_READ_PROP, "msDS-LockoutThreshold",
     "CN=CustomerPSO-02," POLICIES},
    {"Account Operators", false, ACCESS_READ_PROP, "msDS-LockoutThreshold",
     "CN=CustomerPSO-02," POLICIES},
    {"Group Policy Administrators", true, CREATE, "groupPolicyContainer", "CN=Policies,CN=System"},
    {"Group Policy Administrators", true, WRITE, "gPLink", "OU=CLOUD"},
    {"Group Policy Administrators", true, WRITE, "gPOptions", "OU=Computers,OU=CLOUD"},
    {"Group Policy Administrators", false, WRITE, "description", "OU=CLOUD"},
    {"Kerberos Delegation Administrators", true, WRITE, "msDS-AllowedToDelegateTo",
     "CN=Admin,OU=Users,OU=CLOUD"},
    {"Managed Service Account Administrators", true, CREATE, "msDS-ManagedServiceAccount",
     "CN=Managed Service Accounts"},
    {"Managed Service Account Administrators", false, CREATE, "user",
     "CN=Managed Service Accounts"},
    {"Remote Access Service Administrators", true, WRITE, "member",
     "CN=RAS and IAS Servers,CN=Users"},
    {"Replicate Directory Changes Administrators", true, RIGHT, "DS-Replication-Get-Changes", ""},
    {"Replicate Directory Changes Administrators", true, RIGHT, "DS-Replication-Get-Changes",
     "CN=Configuration"},
    {"Replicate Directory Changes Administrators", false, RIGHT, "DS-Replication-Get-Changes-All",
     ""},
    {"Sites and Services Administrators", true, CREATE, "subnet",
     "CN=Subnets,CN=Sites,CN=Configuration"},
    {"System Management Administrators", true, CREATE, "container",
     "CN=System Management,CN=System"},
    {"System Management Administrators", false, CREATE, "container", "CN=System"},
    {"Terminal Server Licensing Administrators", true, WRITE, "member",
     "CN=Terminal Server License Servers,CN=Builtin"},
    {"User Principal Name Suffix Administrators", true, WRITE, "uPNSuffixes",
     "CN=Partitions,CN=Configuration"},
    {"User Principal Name Suffix Administrators", false, WRITE, "msDS-SPNSuffixes",
     "CN=Partitions,CN=Configuration"},
    {"Server Administrators", false, CREATE, "user", "OU=Users,OU=CLOUD"},
    {"FSx Administrators", false, CREATE, "computer", "OU=CLOUD"},
};

/* A plain user of the unit: what would be inherited by one that Admin made. */
static struct span user_sd(void)
{
    struct dir_obj parent = at("OU=Users,OU=CLOUD");
    struct span sd, out;
    assert_ok(dir_sd(&s, parent.sd_id, &sd));
    struct access_create in = {.parent_sd = sd,
                               .object_class = &schema_class(CLASS_user)->guid,
                               .owner = SID_NT(21, 1, 2, 3, 512),
                               .group = SID_NT(21, 1, 2, 3, 512)};
    assert_ok(access_create_sd(&in, &f.arena, &out));
    return out;
}

static bool allowed_on_user(const struct question *q, const struct dir_token *token)
{
    const struct schema_attr *attr = q->what ? schema_attr_by_name(span_str(q->what)) : NULL;
    struct access_target target = {.object_class = &schema_class(CLASS_user)->guid};
    struct guid right;
    if (attr) {
        target.property = &attr->guid;
        target.property_set = guid_is_zero(&attr->property_set) ? NULL : &attr->property_set;
    }
    for (unsigned i = 0; q->what && i < provision_right_count; i++) {
        if (strcmp(provision_rights[i].name, q->what) == 0) {
            assert_ok(guid_from_text(span_str(provision_rights[i].guid), &right));
            target.property = &right;
        }
    }
    return access_check(user_sd(), token, q->access, &target, NULL);
}

static bool allowed(const struct question *q, const struct dir_token *token)
{
    struct dir_obj o = at(q->dn);
    const struct schema_class *cls = q->what ? schema_class_by_name(span_str(q->what)) : NULL;
    struct guid right;
    if (q->access == ACCESS_READ_PROP || q->access == WRITE || !q->what) {
        const struct schema_attr *attr = q->what ? schema_attr_by_name(span_str(q->what)) : NULL;
        assert_true(attr || !q->what);
        return access_object(&s, &o, token, q->access, attr) == ERR_OK;
    }
    if (q->access != RIGHT) {
        assert_non_null(cls);
        return access_object_guid(&s, &o, token, q->access, &cls->guid) == ERR_OK;
    }
    for (unsigned i = 0; i < provision_right_count; i++) {
        if (strcmp(provision_rights[i].name, q->what) == 0) {
            assert_ok(guid_from_text(span_str(provision_rights[i].guid), &right));
            return access_object_guid(&s, &o, token, RIGHT, &right) == ERR_OK;
        }
    }
    fail_msg("no right %s", q->what);
    return false;
}

static void rights(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const struct question *q = &questions[i];
        struct dir_token token = token_of(q->who);
        bool may = q->dn ? allowed(q, &token) : allowed_on_user(q, &token);
        if (may == q->may)
            continue;
        wrong++;
        print_message("%s: 0x%x %s on %s: %d\n", q->who, q->access, q->what ? q->what : "",
                      q->dn ? q->dn : "a user", may);
    }
    assert_int_equal(wrong, 0);
}

static void invariants_hold(void **state)
{
    (void)state;
    fixture_check(&f);
}

/* New accounts go where the owner administers them. */
static void default_places(void **state)
{
    static const struct {
        const char *guid, *dn;
    } rows[] = {
        {"A9D1CA15768811D1ADED00C04FD8D5CD", "OU=Users,OU=CLOUD"},
        {"AA312825768811D1ADED00C04FD8D5CD", "OU=Computers,OU=CLOUD"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dir_obj want = at(rows[i].dn), o;
        const char *dn = arena_printf(&f.arena, "<WKGUID=%s," BASE ">", rows[i].guid);
        assert_ok(dir_by_dn(&s, span_str(dn), &o, NULL));
        assert_int_equal(o.id, want.id);
    }
}

/* The owner's account is no administrator of the domain, and the service's has no bind verifier. */
static void administrators(void **state)
{
    const struct sid admins[] = {SID_NT(21, 1, 2, 3, 512), SID_NT(21, 1, 2, 3, 519),
                                 SID_NT(21, 1, 2, 3, 518), SID_NT(32, 544)};
    const struct sid dns = SID_NT(11);
    struct dir_token token = token_of("Admin");
    (void)state;
    for (size_t i = 0; i < sizeof admins / sizeof *admins; i++)
        assert_false(dir_token_has(&token, &admins[i]));
    assert_true(dir_token_has(&token, &dns));
    for (unsigned i = 0; i < provision_delegate_count; i++) {
        struct dir_token group = token_of(provision_delegates[i].name);
        assert_int_equal(dir_token_has(&token, &group.sids[1]), !provision_delegates[i].apart);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invariants_hold),
        cmocka_unit_test(rights),
        cmocka_unit_test(default_places),
        cmocka_unit_test(administrators),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
