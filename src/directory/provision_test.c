#include <time.h>

#include "base/test.h"
#include "base/text.h"
#include "directory/access.h"
#include "directory/account.h"
#include "directory/dir_fixture_test.h"
#include "directory/links.h"
#include "directory/provision.h"
#include "directory/token.h"
#include "wire/ms/dnsp.h"

/* A deterministic stream: the same forest in every run. */
static uint64_t stream;

static void random_bytes(void *out, size_t len)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++) {
        stream = stream * UINT64_C(6364136223846793005) + 1442695040888963407u;
        p[i] = (uint8_t)(stream >> 56);
    }
}

static struct span addresses_a[] = {SPAN_LIT("127.0.1.10"), SPAN_LIT("fd00::10")};
static struct span addresses_b[] = {SPAN_LIT("127.0.1.11")};
static const struct provision_dc dcs[] = {{SPAN_LIT("dc-a"), addresses_a, 2},
                                          {SPAN_LIT("dc-b"), addresses_b, 1}};

static struct provision_args args(void)
{
    return (struct provision_args){.dns_name = SPAN_LIT("aws.example.com"),
                                   .flat_name = SPAN_LIT("AWS"),
                                   .admin_password = SPAN_LIT("Str0ng-enough"),
                                   .domain_sid = SID_NT(21, 11, 22, 33),
                                   .dcs = dcs,
                                   .dc_count = 2,
                                   .now = INT64_C(1780000000000000),
                                   .random = random_bytes};
}

static struct fixture f;
static struct dir_snap s;

static int setup(void **state)
{
    (void)state;
    struct provision_args in = args();
    struct timespec a, b;
    stream = 1;
    fixture_init(&f);
    clock_gettime(CLOCK_MONOTONIC, &a);
    assert_ok(provision_forest(f.dir, &in));
    clock_gettime(CLOCK_MONOTONIC, &b);
    print_message("provisioned in %.0f ms\n",
                  (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6);
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
    const char *full = dn;
    if (dn[0] == 0 || dn[strlen(dn) - 1] == ',')
        full = arena_printf(&f.arena, "%sDC=aws,DC=example,DC=com", dn);
    enum err e = dir_by_dn(&s, span_str(full), &o, NULL);
    if (e != ERR_OK)
        fail_msg("%s: %s", full, err_name(e));
    return o;
}

static void has(const struct dir_obj *o, uint32_t attr, const char *want)
{
    struct dir_values v;
    struct span one, text;
    if (dir_attr(o, attr, &v))
        while (dir_values_next(&v, &one)) {
            assert_ok(dir_value_to_text(&s, attr, one, &f.arena, &text));
            if (text_eq_fold(text, span_str(want)))
                return;
        }
    fail_msg("object %u has no %s: %s", o->id, schema_attr(attr)->name, want);
}

static void invariants_hold(void **state)
{
    (void)state;
    fixture_check(&f);
    struct dir_naming n;
    assert_ok(dir_naming(&s, &n));
    assert_span(n.dns_name, "aws.example.com");
    assert_span(n.realm, "AWS.EXAMPLE.COM");
    assert_span(n.flat_name, "AWS");
    assert_span(n.forest_name, "aws.example.com");
    assert_int_equal(n.functional_level, 7);
    assert_true(n.schema_nc && n.config_nc && n.domain_dns_nc && n.forest_dns_nc);
    assert_true(n.root_nc == n.domain_nc);
}

static void well_known_objects(void **state)
{
    (void)state;
    static const struct {
        const char *guid, *dn;
    } rows[] = {
        {"A9D1CA15768811D1ADED00C04FD8D5CD", "CN=Users,"},
        {"AA312825768811D1ADED00C04FD8D5CD", "CN=Computers,"},
        {"A361B2FFFFD211D1AA4B00C04FD7D83A", "OU=Domain Controllers,"},
        {"AB1D30F3768811D1ADED00C04FD8D5CD", "CN=System,"},
        {"18E2EA80684F11D2B9AA00C04F79F805", "CN=Deleted Objects,"},
        {"22B70C67D56E4EFB91E9300FCA3DC1AA", "CN=ForeignSecurityPrincipals,"},
        {"2FBAC1870ADE11D297C400C04FD8D5CD", "CN=Infrastructure,"},
        {"AB8153B7768811D1ADED00C04FD8D5CD", "CN=LostAndFound,"},
        {"6227F0AF1FC2410D8E3BB10615BB5B0F", "CN=NTDS Quotas,"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dir_obj o = at(rows[i].dn), by_guid;
        const char *wk =
            arena_printf(&f.arena, "<WKGUID=%s,DC=aws,DC=example,DC=com>", rows[i].guid);
        assert_ok(dir_by_dn(&s, span_str(wk), &by_guid, NULL));
        assert_int_equal(by_guid.id, o.id);
        assert_ok(dir_by_guid(&s, &o.guid, &by_guid));
        assert_int_equal(by_guid.id, o.id);
    }
}

/* What ldbsearch lists of a Samba domain controller of the same version and what [MS-ADTS] 6.1
 * requires. */
static const char *const required[] = {
    "",
    "CN=Configuration,",
    "CN=Schema,CN=Configuration,",
    "DC=DomainDnsZones,",
    "DC=ForestDnsZones,",
    "CN=Builtin,",
    "CN=Administrators,CN=Builtin,",
    "CN=Users,CN=Builtin,",
    "CN=Guests,CN=Builtin,",
    "CN=Account Operators,CN=Builtin,",
    "CN=Server Operators,CN=Builtin,",
    "CN=Print Operators,CN=Builtin,",
    "CN=Backup Operators,CN=Builtin,",
    "CN=Replicator,CN=Builtin,",
    "CN=Pre-Windows 2000 Compatible Access,CN=Builtin,",
    "CN=Remote Desktop Users,CN=Builtin,",
    "CN=Network Configuration Operators,CN=Builtin,",
    "CN=Incoming Forest Trust Builders,CN=Builtin,",
    "CN=Performance Monitor Users,CN=Builtin,",
    "CN=Windows Authorization Access Group,CN=Builtin,",
    "CN=Distributed COM Users,CN=Builtin,",
    "CN=IIS_IUSRS,CN=Builtin,",
    "CN=Cryptographic Operators,CN=Builtin,",
    "CN=Event Log Readers,CN=Builtin,",
    "CN=Certificate Service DCOM Access,CN=Builtin,",
    "CN=Administrator,CN=Users,",
    "CN=Guest,CN=Users,",
    "CN=krbtgt,CN=Users,",
    "CN=Domain Admins,CN=Users,",
    "CN=Domain Users,CN=Users,",
    "CN=Domain Guests,CN=Users,",
    "CN=Domain Computers,CN=Users,",
    "CN=Domain Controllers,CN=Users,",
    "CN=Cert Publishers,CN=Users,",
    "CN=Schema Admins,CN=Users,",
    "CN=Enterprise Admins,CN=Users,",
    "CN=Group Policy Creator Owners,CN=Users,",
    "CN=Read-only Domain Controllers,CN=Users,",
    "CN=Enterprise Read-only Domain Controllers,CN=Users,",
    "CN=Protected Users,CN=Users,",
    "CN=RAS and IAS Servers,CN=Users,",
    "CN=Allowed RODC Password Replication Group,CN=Users,",
    "CN=Denied RODC Password Replication Group,CN=Users,",
    "CN=DnsAdmins,CN=Users,",
    "CN=DnsUpdateProxy,CN=Users,",
    "CN=Managed Service Accounts,",
    "CN=Program Data,",
    "CN=Microsoft,CN=Program Data,",
    "CN=AdminSDHolder,CN=System,",
    "CN=ComPartitions,CN=System,",
    "CN=ComPartitionSets,CN=System,",
    "CN=Default Domain Policy,CN=System,",
    "CN=AppCategories,CN=Default Domain Policy,CN=System,",
    "CN=Dfs-Configuration,CN=System,",
    "CN=DFSR-GlobalSettings,CN=System,",
    "CN=DomainUpdates,CN=System,",
    "CN=ActiveDirectoryUpdate,CN=DomainUpdates,CN=System,",
    "CN=File Replication Service,CN=System,",
    "CN=FileLinks,CN=System,",
    "CN=ObjectMoveTable,CN=FileLinks,CN=System,",
    "CN=VolumeTable,CN=FileLinks,CN=System,",
    "CN=IP Security,CN=System,",
    "CN=Meetings,CN=System,",
    "CN=MicrosoftDNS,CN=System,",
    "CN=Password Settings Container,CN=System,",
    "CN=Policies,CN=System,",
    "CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,",
    "CN=User,CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,",
    "CN=Machine,CN={6AC1786C-016F-11D2-945F-00C04FB984F9},CN=Policies,CN=System,",
    "CN=PSPs,CN=System,",
    "CN=RAS and IAS Servers Access Check,CN=System,",
    "CN=RID Manager$,CN=System,",
    "CN=RpcServices,CN=System,",
    "CN=Server,CN=System,",
    "CN=WinsockServices,CN=System,",
    "CN=WMIPolicy,CN=System,",
    "CN=SOM,CN=WMIPolicy,CN=System,",
    "CN=S-1-5-4,CN=ForeignSecurityPrincipals,",
    "CN=S-1-5-9,CN=ForeignSecurityPrincipals,",
    "CN=S-1-5-11,CN=ForeignSecurityPrincipals,",
    "CN=S-1-5-17,CN=ForeignSecurityPrincipals,",
    "CN=Extended-Rights,CN=Configuration,",
    "CN=Allowed-To-Authenticate,CN=Extended-Rights,CN=Configuration,",
    "CN=User-Force-Change-Password,CN=Extended-Rights,CN=Configuration,",
    "CN=ForestUpdates,CN=Configuration,",
    "CN=LostAndFoundConfig,CN=Configuration,",
    "CN=NTDS Quotas,CN=Configuration,",
    "CN=Partitions,CN=Configuration,",
    "CN=Enterprise Configuration,CN=Partitions,CN=Configuration,",
    "CN=Enterprise Schema,CN=Partitions,CN=Configuration,",
    "CN=AWS,CN=Partitions,CN=Configuration,",
    "CN=Physical Locations,CN=Configuration,",
    "CN=Services,CN=Configuration,",
    "CN=Public Key Services,CN=Services,CN=Configuration,",
    "CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,",
    "CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows "
    "NT,CN=Services,CN=Configuration,",
    "CN=Sites,CN=Configuration,",
    "CN=Default-First-Site-Name,CN=Sites,CN=Configuration,",
    "CN=NTDS Site Settings,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,",
    "CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,",
    "CN=DC-A,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,",
    "CN=NTDS Settings,CN=DC-B,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,",
    "CN=Inter-Site Transports,CN=Sites,CN=Configuration,",
    "CN=DEFAULTIPSITELINK,CN=IP,CN=Inter-Site Transports,CN=Sites,CN=Configuration,",
    "CN=Subnets,CN=Sites,CN=Configuration,",
    "CN=WellKnown Security Principals,CN=Configuration,",
    "CN=Everyone,CN=WellKnown Security Principals,CN=Configuration,",
    "CN=Other Organization,CN=WellKnown Security Principals,CN=Configuration,",
    "CN=Aggregate,CN=Schema,CN=Configuration,",
    "CN=User,CN=Schema,CN=Configuration,",
    "CN=SAM-Account-Name,CN=Schema,CN=Configuration,",
    "CN=DC-A,OU=Domain Controllers,",
    "CN=DC-B,OU=Domain Controllers,",
    "DC=aws.example.com,CN=MicrosoftDNS,DC=DomainDnsZones,",
    "DC=_msdcs.aws.example.com,CN=MicrosoftDNS,DC=ForestDnsZones,",
};

static void required_objects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        at(required[i]);
}

static void schema_partition_is_the_compiled_schema(void **state)
{
    (void)state;
    struct dir_obj schema = at("CN=Schema,CN=Configuration,"), o;
    struct dir_child_cursor c = {0};
    dir_id id;
    unsigned count = 0;
    while (dir_child_next(&s, schema.id, &c, &id))
        count++;
    assert_int_equal(count, schema_attr_count() + schema_class_count() + 1);
    has(&schema, ATTR_objectVersion, "87");
    o = at("CN=User,CN=Schema,CN=Configuration,");
    has(&o, ATTR_governsID, "1.2.840.113556.1.5.9");
    has(&o, ATTR_subClassOf, "organizationalPerson");
    has(&o, ATTR_systemMayContain, "userAccountControl");
    has(&o, ATTR_systemPossSuperiors, "organizationalUnit");
    has(&o, ATTR_defaultObjectCategory,
        "CN=Person,CN=Schema,CN=Configuration,DC=aws,DC=example,DC=com");
    o = at("CN=SAM-Account-Name,CN=Schema,CN=Configuration,");
    has(&o, ATTR_attributeID, "1.2.840.113556.1.4.221");
    has(&o, ATTR_attributeSyntax, "2.5.5.12");
    has(&o, ATTR_oMSyntax, "64");
    has(&o, ATTR_isSingleValued, "TRUE");
    has(&o, ATTR_searchFlags, "13");
    has(&o, ATTR_isMemberOfPartialAttributeSet, "TRUE");
}

static dir_id by_rid(uint32_t rid)
{
    struct sid sid = SID_NT(21, 11, 22, 33, rid);
    struct dir_obj o;
    assert_ok(dir_by_sid(&s, &sid, &o));
    return o.id;
}

static void accounts(void **state)
{
    (void)state;
    struct dir_account acc;
    struct dir_account_keys keys;
    assert_ok(dir_account_by_sam(&s, SPAN_LIT("administrator"), &acc));
    assert_int_equal(acc.uac, UAC_NORMAL_ACCOUNT);
    assert_int_equal(acc.primary_group, 513);
    assert_int_equal(acc.id, by_rid(500));
    assert_ok(dir_bind_verify(&s, acc.id, SPAN_LIT("Str0ng-enough")));
    assert_err(dir_bind_verify(&s, acc.id, SPAN_LIT("str0ng-enough")), ERR_INTEGRITY);
    assert_ok(dir_account_keys(&s, DIR_SECRET_ACCOUNT, acc.id, &f.arena, &keys));
    assert_span(keys.version[0].salt, "AWS.EXAMPLE.COMAdministrator");
    assert_true(dir_keys_match(&keys, SPAN_LIT("Str0ng-enough")));

    assert_ok(dir_account_by_sam(&s, SPAN_LIT("krbtgt"), &acc));
    assert_int_equal(acc.id, by_rid(502));
    assert_int_equal(acc.uac, UAC_NORMAL_ACCOUNT | UAC_ACCOUNTDISABLE);
    assert_ok(dir_account_keys(&s, DIR_SECRET_ACCOUNT, acc.id, &f.arena, &keys));
    assert_int_equal(keys.version[0].count, 4);

    assert_ok(dir_account_by_sam(&s, SPAN_LIT("DC-B$"), &acc));
    assert_int_equal(acc.uac, 532480);
    assert_int_equal(acc.primary_group, 516);
    assert_int_equal(acc.id, by_rid(1001));
    assert_ok(dir_account_keys(&s, DIR_SECRET_SERVICE, acc.id, &f.arena, &keys));
    assert_span(keys.version[0].salt, "AWS.EXAMPLE.COMhostdc-b.aws.example.com");
    assert_err(dir_account_keys(&s, DIR_SECRET_SERVICE, by_rid(500), &f.arena, &keys),
               ERR_NOT_FOUND);
}

static void service_names_find_their_dc(void **state)
{
    (void)state;
    static const char *const names[] = {"host/dc-a.aws.example.com",
                                        "cifs/dc-a.aws.example.com",
                                        "ldap/dc-a.aws.example.com",
                                        "ldap/DC-A",
                                        "HOST/dc-a",
                                        "ldap/dc-a.aws.example.com/aws.example.com",
                                        "ldap/dc-a.aws.example.com/AWS",
                                        "GC/dc-a.aws.example.com/aws.example.com",
                                        "DNS/dc-a.aws.example.com",
                                        "RestrictedKrbHost/dc-a.aws.example.com"};
    struct dir_account acc;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum err e = dir_account_by_spn(&s, span_str(names[i]), &acc);
        if (e != ERR_OK)
            fail_msg("%s: %s", names[i], err_name(e));
        assert_int_equal(acc.id, by_rid(1000));
    }
    assert_ok(dir_account_by_spn(&s, SPAN_LIT("kadmin/changepw"), &acc));
    assert_int_equal(acc.id, by_rid(502));
}

static void groups(void **state)
{
    (void)state;
    struct dir_memberships m;
    struct dir_token t;
    const struct sid administrators = SID_NT(32, 544), enterprise = SID_NT(21, 11, 22, 33, 519),
                     admins = SID_NT(21, 11, 22, 33, 512), authenticated = SID_NT(11);
    assert_ok(dir_memberships(&s, by_rid(500), &f.arena, &m));
    assert_int_equal(m.global_count,
                     3); /* Domain Users, Domain Admins, Group Policy Creator Owners */
    assert_int_equal(m.universal_count, 2);
    assert_ok(dir_token_for_account(&s, by_rid(500), &f.arena, &t));
    assert_true(dir_token_has(&t, &administrators));
    assert_true(dir_token_has(&t, &enterprise));
    assert_true(dir_token_has(&t, &admins));
    assert_true(dir_token_has(&t, &authenticated));
    struct dir_obj o = at("CN=Users,CN=Builtin,");
    assert_true(
        dir_link_exists(&s, ATTR_member, o.id, at("CN=S-1-5-11,CN=ForeignSecurityPrincipals,").id));
    struct sid builtin = SID_NT(32, 545);
    struct dir_obj by_sid;
    assert_ok(dir_by_sid(&s, &builtin, &by_sid));
    assert_int_equal(by_sid.id, o.id);
    has(&o, ATTR_groupType, "-2147483643");
    has(&o, ATTR_sAMAccountType, "536870912");
}

static void domain_head(void **state)
{
    (void)state;
    struct dir_obj o = at("");
    assert_true(o.flags & DIR_OBJ_NC_HEAD);
    has(&o, ATTR_maxPwdAge, "-36288000000000");
    has(&o, ATTR_minPwdLength, "7");
    has(&o, ATTR_pwdHistoryLength, "24");
    has(&o, ATTR_msDS_Behavior_Version, "7");
    has(&o, ATTR_instanceType, "5");
    has(&o, ATTR_fSMORoleOwner,
        "CN=NTDS "
        "Settings,CN=DC-A,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC="
        "aws,DC=example,DC=com");
    struct dir_obj ref = at("CN=AWS,CN=Partitions,CN=Configuration,");
    has(&ref, ATTR_nCName, "DC=aws,DC=example,DC=com");
    has(&ref, ATTR_nETBIOSName, "AWS");
    has(&ref, ATTR_dnsRoot, "aws.example.com");
    has(&ref, ATTR_systemFlags, "3");
}

/* Every authenticated user may read, nobody else may write. */
static void rights(void **state)
{
    (void)state;
    struct dir_token admin, dc;
    assert_ok(dir_token_for_account(&s, by_rid(500), &f.arena, &admin));
    assert_ok(dir_token_for_account(&s, by_rid(1000), &f.arena, &dc));
    struct dir_obj users = at("CN=Users,"), krbtgt = at("CN=krbtgt,CN=Users,");
    assert_ok(access_object(&s, &users, &admin, ACCESS_CREATE_CHILD, NULL));
    assert_err(access_object(&s, &users, &dc, ACCESS_CREATE_CHILD, NULL), ERR_DENIED);
    assert_ok(access_object(&s, &krbtgt, &dc, ACCESS_READ_PROP, schema_attr(ATTR_sAMAccountName)));
    assert_ok(access_object(&s, &krbtgt, &admin, ACCESS_WRITE_PROP, schema_attr(ATTR_description)));
    assert_err(access_object(&s, &krbtgt, &dc, ACCESS_WRITE_PROP, schema_attr(ATTR_description)),
               ERR_DENIED);
    assert_err(
        access_object(&s, &krbtgt, &dir_token_anonymous, ACCESS_READ_PROP, schema_attr(ATTR_cn)),
        ERR_DENIED);
}

static unsigned records(const char *dn, enum dnsp_type type, struct span *first)
{
    struct dir_obj o = at(dn);
    struct dir_values v;
    struct span one;
    unsigned n = 0;
    if (dir_attr(&o, ATTR_dnsRecord, &v))
        while (dir_values_next(&v, &one)) {
            struct dnsp_record r;
            assert_ok(dnsp_record_decode(one, &r));
            if (r.type == type && n++ == 0 && first)
                *first = r.name.len ? r.name : r.data;
        }
    return n;
}

static void dns_zones(void **state)
{
    (void)state;
    struct span first, host;
    const char *zone = "DC=aws.example.com,CN=MicrosoftDNS,DC=DomainDnsZones,";
    const char *msdcs = "DC=_msdcs.aws.example.com,CN=MicrosoftDNS,DC=ForestDnsZones,";
    static const char *const in_zone[] = {"_ldap._tcp",
                                          "_kerberos._tcp",
                                          "_kerberos._udp",
                                          "_kpasswd._tcp",
                                          "_kpasswd._udp",
                                          "_gc._tcp",
                                          "_ldap._tcp.Default-First-Site-Name._sites",
                                          "_kerberos._tcp.Default-First-Site-Name._sites"};
    static const char *const in_msdcs[] = {"_ldap._tcp.dc", "_kerberos._tcp.dc", "_ldap._tcp.gc",
                                           "_ldap._tcp.Default-First-Site-Name._sites.dc"};
    assert_ok(dnsp_name_from_text(SPAN_LIT("dc-a.aws.example.com"), &f.arena, &host));
#define NODE(name, where) arena_printf(&f.arena, "DC=%s,%s", name, where)
    assert_int_equal(records(NODE("@", zone), DNSP_SOA, &first), 1);
    assert_span_equal(first, host);
    assert_int_equal(records(NODE("@", zone), DNSP_NS, NULL), 2);
    assert_int_equal(records(NODE("@", zone), DNSP_A, NULL), 2);
    assert_int_equal(records(NODE("@", zone), DNSP_AAAA, NULL), 1);
    assert_int_equal(records(NODE("dc-a", zone), DNSP_A, &first), 1);
    assert_span_equal(first, SPAN_LIT("\x7f\0\1\x0a"));
    for (size_t i = 0; i < sizeof in_zone / sizeof *in_zone; i++) {
        assert_int_equal(records(NODE(in_zone[i], zone), DNSP_SRV, &first), 2);
        assert_span_equal(first, host);
    }
    for (size_t i = 0; i < sizeof in_msdcs / sizeof *in_msdcs; i++)
        assert_int_equal(records(NODE(in_msdcs[i], msdcs), DNSP_SRV, NULL), 2);
    assert_int_equal(records(NODE("_ldap._tcp.pdc", msdcs), DNSP_SRV, NULL), 1);
    struct dir_obj ntds =
                       at("CN=NTDS Settings,CN=DC-A,CN=Servers,CN=Default-First-Site-Name,CN=Sites,"
                          "CN=Configuration,"),
                   domain = at("");
    char guid[GUID_TEXT_SIZE];
    guid_to_text(&ntds.guid, guid);
    assert_int_equal(records(NODE(guid, msdcs), DNSP_CNAME, &first), 1);
    assert_span_equal(first, host);
    guid_to_text(&domain.guid, guid);
    const char *domains = arena_printf(&f.arena, "_ldap._tcp.%s.domains", guid);
    assert_int_equal(records(NODE(domains, msdcs), DNSP_SRV, NULL), 2);
    assert_int_equal(
        records("DC=11,DC=1.0.127.in-addr.arpa,CN=MicrosoftDNS,DC=DomainDnsZones,", DNSP_PTR, NULL),
        1);
    assert_int_equal(
        records("DC=0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0,DC=0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6."
                "arpa,CN=MicrosoftDNS,DC=DomainDnsZones,",
                DNSP_PTR, NULL),
        1);
}

static void names_are_checked(void **state)
{
    (void)state;
    const char *why;
    struct provision_args in = args();
    assert_ok(provision_check(&in, &why));
#define REFUSED(field, value)                                                                      \
    in = args();                                                                                   \
    in.field = value;                                                                              \
    assert_err(provision_check(&in, &why), ERR_RANGE)
    REFUSED(dns_name, SPAN_LIT("aws"));
    REFUSED(dns_name, SPAN_LIT("aws..com"));
    REFUSED(dns_name, SPAN_LIT("aws.exa_mple.com"));
    REFUSED(dns_name, SPAN_LIT("aws.example.com."));
    REFUSED(flat_name, SPAN_LIT(""));
    REFUSED(flat_name, SPAN_LIT("1234"));
    REFUSED(flat_name, SPAN_LIT("SIXTEENLETTERSXX"));
    REFUSED(flat_name, SPAN_LIT("A.B"));
    REFUSED(admin_name, SPAN_LIT("a,b"));
    REFUSED(admin_password, SPAN_LIT("short"));
    REFUSED(admin_password, SPAN_LIT("onlysmallletters"));
    REFUSED(domain_sid, SID_NT(32));
    REFUSED(dc_count, 0);
    REFUSED(site, SPAN_LIT("a b"));
    const struct provision_dc twice[] = {dcs[0], dcs[0]};
    REFUSED(dcs, twice);
    in = args();
    assert_err(provision_forest(f.dir, &in), ERR_EXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invariants_hold),
        cmocka_unit_test(well_known_objects),
        cmocka_unit_test(required_objects),
        cmocka_unit_test(schema_partition_is_the_compiled_schema),
        cmocka_unit_test(accounts),
        cmocka_unit_test(service_names_find_their_dc),
        cmocka_unit_test(groups),
        cmocka_unit_test(domain_head),
        cmocka_unit_test(rights),
        cmocka_unit_test(dns_zones),
        cmocka_unit_test(names_are_checked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
