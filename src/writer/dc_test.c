/* A domain controller joins, and takes everything of its own with it when it leaves. */
#include "writer/fixture_test.h"

#define ZONE   "DC=aws.example.com,CN=MicrosoftDNS,DC=DomainDnsZones"
#define MSDCS  "DC=_msdcs.aws.example.com,CN=MicrosoftDNS,DC=ForestDnsZones"
#define SITE   "CN=Default-First-Site-Name,CN=Sites,CN=Configuration"
#define SERVER "CN=DC-B,CN=Servers," SITE

static enum err change_in(const char *site, enum intent_kind kind, const char *host,
                          const char *address)
{
    struct span servers[] = {span_str(address)};
    struct intent in = {.kind = kind,
                        .target = span_str(host),
                        .new_rdn = span_str(site),
                        .servers = servers,
                        .server_count = 1};
    return fixture_do(&f, &in);
}

static enum err change(enum intent_kind kind, const char *host, const char *address)
{
    return change_in("Default-First-Site-Name", kind, host, address);
}

static unsigned records(const char *rdn)
{
    struct dir_obj o;
    struct dir_values v;
    struct span one;
    unsigned count = 0;
    if (fixture_find(&f, rdn, &o) && dir_attr(&o, ATTR_dnsRecord, &v))
        while (dir_values_next(&v, &one))
            count++;
    return count;
}

static const struct {
    const char *rdn;
    unsigned before, after;
} nodes[] = {
    {"DC=@," ZONE, 3, 5}, /* SOA; NS and address of each */
    {"DC=_ldap._tcp," ZONE, 1, 2},
    {"DC=_kerberos._udp," ZONE, 1, 2},
    {"DC=_gc._tcp.Default-First-Site-Name._sites," ZONE, 1, 2},
    {"DC=DomainDnsZones," ZONE, 1, 2},
    {"DC=dc-b," ZONE, 0, 1},
    {"DC=@," MSDCS, 2, 3},
    {"DC=_ldap._tcp.dc," MSDCS, 1, 2},
    {"DC=_ldap._tcp.pdc," MSDCS, 1, 1}, /* the roles stay with the first */
    {"DC=gc," MSDCS, 1, 2},
    {"DC=11,DC=1.0.127.in-addr.arpa,CN=MicrosoftDNS,DC=DomainDnsZones", 0, 1},
};

static void joins_and_leaves(void **state)
{
    struct dir_obj o, account;
    dir_id own;
    (void)state;
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        assert_int_equal(records(nodes[i].rdn), nodes[i].before);
    done(change(INTENT_DC_JOIN, "dc-b", "127.0.1.11"));
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        if (records(nodes[i].rdn) != nodes[i].after)
            fail_msg("%s: %u records", nodes[i].rdn, records(nodes[i].rdn));
    }
    assert_true(
        fixture_has(&f, "CN=DC-B,OU=Domain Controllers", ATTR_dNSHostName, "dc-b.aws.example.com"));
    assert_true(fixture_has(&f, "CN=DC-B,OU=Domain Controllers", ATTR_servicePrincipalName,
                            "ldap/dc-b.aws.example.com"));
    assert_true(fixture_find(&f, "CN=DC-B,OU=Domain Controllers", &account) &&
                fixture_find(&f, SERVER, &o));
    assert_true(dir_link_exists(fixture_snap(&f), ATTR_serverReference, o.id, account.id));
    assert_true(fixture_find(&f, "CN=NTDS Settings," SERVER, &o));
    own = o.id;
    assert_true(fixture_has(&f, "CN=NTDS Settings," SERVER, ATTR_objectCategory,
                            "CN=NTDS-DSA,CN=Schema,CN=Configuration," DOMAIN));
    refused(change(INTENT_DC_JOIN, "dc-b", "127.0.1.11"), DIR_EXISTS);

    done(change(INTENT_DC_LEAVE, "dc-b", "127.0.1.11"));
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        if (records(nodes[i].rdn) != nodes[i].before)
            fail_msg("%s: %u records stay", nodes[i].rdn, records(nodes[i].rdn));
    }
    assert_false(fixture_find(&f, "CN=DC-B,OU=Domain Controllers", &o));
    assert_false(fixture_find(&f, SERVER, &o));
    assert_ok(dir_by_id(fixture_snap(&f), own, &o));
    assert_true(o.flags & DIR_OBJ_DELETED);
    done(change(INTENT_DC_LEAVE, "dc-b", "127.0.1.11")); /* again changes nothing */
    done(change(INTENT_DC_JOIN, "dc-b", "127.0.1.11"));  /* and it may come back */
    done(change(INTENT_DC_LEAVE, "dc-b", "127.0.1.11"));
}

#define THERE "CN=us-west-2,CN=Sites,CN=Configuration"

static enum err change_there(enum intent_kind kind, const char *host, const char *address)
{
    return change_in("us-west-2", kind, host, address);
}

/* The first one of a site brings it, with a link to the others; services of the site are its own.
 */
static void brings_its_site(void **state)
{
    struct dir_obj site, link, o;
    (void)state;
    assert_false(fixture_find(&f, THERE, &site));
    done(change_there(INTENT_DC_JOIN, "dc-c", "127.0.3.10"));
    assert_true(fixture_find(&f, THERE, &site));
    assert_true(fixture_find(&f, "CN=NTDS Settings,CN=DC-C,CN=Servers," THERE, &o));
    assert_true(fixture_has(&f, "CN=NTDS Site Settings," THERE, ATTR_interSiteTopologyGenerator,
                            "CN=NTDS Settings,CN=DC-C,CN=Servers," THERE "," DOMAIN));
    assert_true(fixture_find(
        &f, "CN=DEFAULTIPSITELINK,CN=IP,CN=Inter-Site Transports,CN=Sites,CN=Configuration",
        &link));
    assert_int_equal(dir_link_count(fixture_snap(&f), ATTR_siteList, link.id), 2);
    assert_true(dir_link_exists(fixture_snap(&f), ATTR_siteList, link.id, site.id));
    assert_int_equal(records("DC=_ldap._tcp.us-west-2._sites," ZONE), 1);
    assert_int_equal(records("DC=_kerberos._tcp.us-west-2._sites.dc," MSDCS), 1);
    assert_int_equal(records("DC=_ldap._tcp.Default-First-Site-Name._sites," ZONE), 1);
    assert_int_equal(records("DC=_ldap._tcp," ZONE), 2);

    done(change_there(INTENT_DC_JOIN, "dc-d", "127.0.3.11"));
    assert_int_equal(records("DC=_ldap._tcp.us-west-2._sites," ZONE), 2);
    assert_int_equal(dir_link_count(fixture_snap(&f), ATTR_siteList, link.id), 2);
    done(change_there(INTENT_DC_LEAVE, "dc-c", "127.0.3.10"));
    done(change_there(INTENT_DC_LEAVE, "dc-d", "127.0.3.11"));
    assert_int_equal(records("DC=_ldap._tcp.us-west-2._sites," ZONE), 0);
    struct intent gone = {
        .kind = INTENT_DELETE, .flags = INTENT_TREE_DELETE, .target = SPAN_LIT(THERE "," DOMAIN)};
    done(fixture_do(&f, &gone));
    assert_false(fixture_find(&f, THERE, &site));
    assert_int_equal(dir_link_count(fixture_snap(&f), ATTR_siteList, link.id), 1);
}

static void the_service_alone_makes_them(void **state)
{
    (void)state;
    fixture_as(&f, "Administrator");
    refused(change(INTENT_DC_JOIN, "dc-c", "127.0.1.12"), DIR_ACCESS);
    refused(change(INTENT_DC_LEAVE, "dc-a", "127.0.1.10"), DIR_ACCESS);
    fixture_as_system(&f);
    refused(change(INTENT_DC_JOIN, "", "127.0.1.12"), DIR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(joins_and_leaves, suite_as_system),
        cmocka_unit_test_setup(brings_its_site, suite_as_system),
        cmocka_unit_test_setup(the_service_alone_makes_them, suite_as_system),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
