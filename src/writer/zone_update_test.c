/* Dynamic updates of zones: who may change what, what changes, and what is left as it is. */
#include "wire/ms/dnsp.h"
#include "writer/fixture_test.h"

#define ZONE    "DC=aws.example.com,CN=MicrosoftDNS,DC=DomainDnsZones"
#define REVERSE "DC=1.0.127.in-addr.arpa,CN=MicrosoftDNS,DC=DomainDnsZones"

/* --- updates -----------------------------------------------------------------------------------
 */

static struct intent in;
static struct intent_mod mods[600];
static struct span values[600];

static void begin(const char *zone)
{
    in = (struct intent){.kind = INTENT_ZONE_UPDATE, .target = span_str(zone), .mods = mods};
}

static void change(enum intent_mod_op op, const char *node, struct span value)
{
    unsigned i = in.mod_count++;
    values[i] = value;
    mods[i] = (struct intent_mod){
        .op = op, .attr = span_str(node), .values = &values[i], .count = value.len > 0};
}

static struct span record(struct dnsp_record r)
{
    struct builder b;
    struct span out;
    r.rank = DNSP_RANK_ZONE;
    builder_in(&b, &f.arena, DNSP_RECORD_MAX);
    dnsp_record_put(&b, &r);
    assert_ok(builder_done(&b, &out));
    return out;
}

static struct span address(uint8_t last, uint32_t ttl)
{
    uint8_t *bytes = arena_alloc(&f.arena, 4);
    memcpy(bytes, (uint8_t[]){10, 0, 0, last}, 4);
    return record((struct dnsp_record){.type = DNSP_A, .ttl = ttl, .data = span_of(bytes, 4)});
}

static struct span pointer(enum dnsp_type type, const char *to)
{
    struct dnsp_record r = {.type = (uint16_t)type, .ttl = 600};
    assert_ok(dnsp_name_from_text(span_str(to), &f.arena, &r.name));
    return record(r);
}

static struct span of_type(uint8_t type)
{
    uint8_t *bytes = arena_alloc(&f.arena, 2);
    bytes[0] = type;
    bytes[1] = 0;
    return span_of(bytes, 2);
}

static enum err one(const char *zone, enum intent_mod_op op, const char *node, struct span value)
{
    begin(zone);
    change(op, node, value);
    return fixture_do(&f, &in);
}

static enum err add(const char *node, struct span value)
{
    return one("aws.example.com", MOD_ADD, node, value);
}

/* --- what is there -----------------------------------------------------------------------------
 */

/* Records of a type at a node; -1: there is no such node. */
static int count(const char *zone, const char *node, uint16_t type)
{
    struct dir_obj o;
    struct dir_values v;
    struct span value;
    struct dnsp_record r;
    int n = 0;
    if (!fixture_find(&f, arena_printf(&f.arena, "DC=%s,%s", node, zone), &o))
        return -1;
    if (!dir_attr(&o, ATTR_dnsRecord, &v))
        return 0;
    while (dir_values_next(&v, &value)) {
        assert_ok(dnsp_record_decode(value, &r));
        n += r.type == type;
    }
    return n;
}

static uint32_t serial(const char *zone)
{
    struct dir_obj o;
    struct dir_values v;
    struct span value;
    struct dnsp_record r;
    assert_true(fixture_find(&f, arena_printf(&f.arena, "DC=@,%s", zone), &o));
    assert_true(dir_attr(&o, ATTR_dnsRecord, &v));
    while (dir_values_next(&v, &value)) {
        assert_ok(dnsp_record_decode(value, &r));
        if (r.type == DNSP_SOA)
            return r.soa_serial;
    }
    fail_msg("%s has no SOA", zone);
    return 0;
}

static int people(void **state)
{
    suite_setup(state);
    fixture_as_system(&f);
    static const char *const hosts[] = {"H1", "H2", "NAMELESS"};
    for (int i = 0; i < 3; i++)
        done(fixture_add(&f, arena_printf(&f.arena, "CN=%s,CN=Computers", hosts[i]),
                         arena_printf(&f.arena,
                                      "objectClass: computer\nsAMAccountName: %s$\n"
                                      "userAccountControl: 4096%s%s%s",
                                      hosts[i], i < 2 ? "\ndNSHostName: " : "",
                                      i < 2 ? hosts[i] : "", i < 2 ? ".aws.example.com" : "")));
    done(fixture_add(&f, "CN=Ann,CN=Users", "objectClass: user\nsAMAccountName: ann"));
    done(fixture_add(&f, "CN=Dora,CN=Users", "objectClass: user\nsAMAccountName: dora"));
    done(fixture_modify(&f, "CN=DnsAdmins,CN=Users",
                        "member: CN=Dora,CN=Users,DC=aws,DC=example,DC=com"));
    return 0;
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void a_host_has_its_own_name(void **state)
{
    (void)state;
    fixture_as(&f, "H1$");
    uint32_t before = serial(ZONE);
    done(add("h1", address(1, 600)));
    assert_int_equal(count(ZONE, "h1", DNSP_A), 1);
    assert_int_equal(serial(ZONE), before + 1);
    /* What clients send each day changes nothing. */
    begin("aws.example.com");
    change(MOD_DELETE, "H1", SPAN_NONE);
    change(MOD_ADD, "H1", address(1, 600));
    done(fixture_do(&f, &in));
    assert_int_equal(serial(ZONE), before + 1);
    /* A new time to live does, and a second address. */
    done(add("h1", address(1, 900)));
    assert_int_equal(count(ZONE, "h1", DNSP_A), 1);
    done(add("h1", address(2, 900)));
    assert_int_equal(count(ZONE, "h1", DNSP_A), 2);
    assert_int_equal(serial(ZONE), before + 3);
    done(one("aws.example.com", MOD_DELETE, "h1", address(1, 0)));
    assert_int_equal(count(ZONE, "h1", DNSP_A), 1);
    done(one("aws.example.com", MOD_DELETE, "h1", SPAN_NONE));
    assert_int_equal(count(ZONE, "h1", DNSP_A), -1);
    done(one("aws.example.com", MOD_DELETE, "h1", SPAN_NONE));
    done(add("h1", address(3, 600)));
    fixture_as(&f, "NAMELESS$"); /* without dNSHostName it is called as its account is */
    done(add("nameless", address(4, 600)));
}

static void not_those_of_others(void **state)
{
    (void)state;
    fixture_as(&f, "H2$");
    refused(add("h1", address(66, 600)), DNS_UPDATE_DENIED);
    refused(one("aws.example.com", MOD_DELETE, "h1", SPAN_NONE), DNS_UPDATE_DENIED);
    refused(add("dc-a", address(66, 600)), DNS_UPDATE_DENIED);
    refused(add("@", address(66, 600)), DNS_UPDATE_DENIED);
    refused(add("wpad", address(66, 600)), DNS_UPDATE_NAME_NOT_OWN);
    refused(add("x.h2", address(66, 600)), DNS_UPDATE_NAME_NOT_OWN);
    refused(one("_msdcs.aws.example.com", MOD_ADD, "h2", address(66, 600)),
            DNS_UPDATE_NAME_NOT_OWN);
    /* All or none. */
    begin("aws.example.com");
    change(MOD_ADD, "h2", address(5, 600));
    change(MOD_ADD, "h1", address(66, 600));
    refused(fixture_do(&f, &in), DNS_UPDATE_DENIED);
    assert_int_equal(count(ZONE, "h2", DNSP_A), -1);
    fixture_as(&f, "ann");
    refused(add("ann", address(66, 600)), DNS_UPDATE_NAME_NOT_OWN);
    f.token = dir_token_anonymous;
    refused(add("nobody", address(66, 600)), DNS_UPDATE_DENIED);
}

static void administrators(void **state)
{
    (void)state;
    static const char *const who[] = {"administrator", "dora"};
    for (int i = 0; i < 2; i++) {
        fixture_as(&f, who[i]);
        done(add("www", pointer(DNSP_CNAME, "h1.aws.example.com")));
        done(add("h1", address(7, 600)));
        done(one("aws.example.com", MOD_DELETE, "www", SPAN_NONE));
    }
    /* What they made is theirs. */
    done(add("h2", address(8, 600)));
    fixture_as(&f, "H2$");
    refused(add("h2", address(9, 600)), DNS_UPDATE_DENIED);
    fixture_as_system(&f);
    done(one("aws.example.com", MOD_DELETE, "h2", SPAN_NONE));
}

static void reverse_names(void **state)
{
    const char *zone = "1.0.127.in-addr.arpa";
    (void)state;
    fixture_as(&f, "H1$");
    refused(one(zone, MOD_ADD, "77", pointer(DNSP_PTR, "h2.aws.example.com")),
            DNS_UPDATE_NAME_NOT_OWN);
    refused(one(zone, MOD_ADD, "77", address(1, 600)), DNS_UPDATE_NAME_NOT_OWN);
    done(one(zone, MOD_ADD, "77", pointer(DNSP_PTR, "H1.aws.example.com")));
    assert_int_equal(count(REVERSE, "77", DNSP_PTR), 1);
    fixture_as(&f, "H2$");
    refused(one(zone, MOD_DELETE, "77", SPAN_NONE), DNS_UPDATE_DENIED);
    refused(one(zone, MOD_DELETE, "10", SPAN_NONE), DNS_UPDATE_DENIED); /* the DC's */
}

/* RFC 2136 sections 3.4.2.2 to 3.4.2.4. */
static void aliases_and_the_top(void **state)
{
    (void)state;
    fixture_as(&f, "administrator");
    done(add("alias", pointer(DNSP_CNAME, "a.aws.example.com")));
    done(add("alias", address(1, 600)));
    assert_int_equal(count(ZONE, "alias", DNSP_A), 0);
    done(add("alias", pointer(DNSP_CNAME, "b.aws.example.com")));
    assert_int_equal(count(ZONE, "alias", DNSP_CNAME), 1);
    done(add("host", address(1, 600)));
    done(add("host", pointer(DNSP_CNAME, "a.aws.example.com")));
    assert_int_equal(count(ZONE, "host", DNSP_CNAME), 0);
    begin("aws.example.com");
    change(MOD_DELETE, "@", SPAN_NONE);
    change(MOD_REPLACE, "@", of_type(DNSP_NS));
    change(MOD_REPLACE, "@", of_type(DNSP_SOA));
    change(MOD_DELETE, "@", pointer(DNSP_NS, "dc-a.aws.example.com"));
    done(fixture_do(&f, &in));
    assert_int_equal(count(ZONE, "@", DNSP_NS), 1);
    assert_int_equal(count(ZONE, "@", DNSP_SOA), 1);
    assert_int_equal(count(ZONE, "@", DNSP_A), 0);
    done(add("@", pointer(DNSP_NS, "other.aws.example.com")));
    done(one("aws.example.com", MOD_DELETE, "@", pointer(DNSP_NS, "OTHER.aws.example.com")));
    assert_int_equal(count(ZONE, "@", DNSP_NS), 1);
    done(one("aws.example.com", MOD_REPLACE, "host", of_type(DNSP_A)));
    assert_int_equal(count(ZONE, "host", DNSP_A), -1);
}

static void what_cannot_be(void **state)
{
    (void)state;
    fixture_as(&f, "administrator");
    refused(one("corp.example.com", MOD_ADD, "x", address(1, 600)), DNS_UPDATE_ZONE);
    refused(add("x", SPAN_LIT("garbage")), DNS_UPDATE_RECORD);
    refused(one("aws.example.com", MOD_DELETE, "h1", SPAN_LIT("garbage")), DNS_UPDATE_RECORD);
    struct dnsp_record soa = {.type = DNSP_SOA, .name = SPAN_LIT("\0"), .mail = SPAN_LIT("\0")};
    refused(add("@", record(soa)), DNS_UPDATE_RECORD);
    begin("aws.example.com");
    for (unsigned i = 0; i < 257; i++)
        change(MOD_ADD, arena_printf(&f.arena, "n%u", i), address(1, 600));
    refused(fixture_do(&f, &in), DNS_UPDATE_TOO_LARGE);
    begin("aws.example.com");
    for (unsigned i = 0; i < 513; i++)
        change(MOD_ADD, "many",
               pointer(DNSP_PTR, arena_printf(&f.arena, "p%u.aws.example.com", i)));
    refused(fixture_do(&f, &in), DNS_UPDATE_TOO_LARGE);
    /* The zones are not what they were when somebody looked. */
    begin("aws.example.com");
    change(MOD_ADD, "late", address(1, 600));
    in.when = (int64_t)fixture_snap(&f)->epochs.zones - 1;
    refused(fixture_do(&f, &in), SERVER_BUSY);
    in.when = (int64_t)fixture_snap(&f)->epochs.zones;
    done(fixture_do(&f, &in));
}

#define TEST(name) cmocka_unit_test_setup(name, suite_as_system)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_host_has_its_own_name), TEST(not_those_of_others), TEST(administrators),
        TEST(reverse_names),           TEST(aliases_and_the_top), TEST(what_cannot_be),
    };
    return cmocka_run_group_tests(tests, people, suite_teardown);
}
