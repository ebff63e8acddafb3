#include "trust/routing.h"

#include "trust/trust_test.h"

#define SERVICE ROUTE_SERVICE

static struct route route(const struct route_facts *f, const char *name, enum route_use use)
{
    struct route r;

    trust_route_name(f, span_str(name), use, &r);
    return r;
}

static void expect_local(const struct route_facts *f, const char *name)
{
    struct route r = route(f, name, SERVICE);

    if (r.kind != ROUTE_LOCAL)
        fail_msg("%s is not local", name);
}

static void expect_trust(const struct route_facts *f, const char *name, const struct trust *t)
{
    struct route r = route(f, name, SERVICE);

    if (r.kind != ROUTE_TRUST || r.trust != t || r.reason != REASON_NONE)
        fail_msg("%s goes elsewhere: %s", name, reason_row(r.reason)->code);
}

static void expect_none(const struct route_facts *f, const char *name, enum reason reason)
{
    struct route r = route(f, name, SERVICE);

    if (r.kind != ROUTE_NONE || r.reason != reason)
        fail_msg("%s: kind %d, %s", name, r.kind, reason_row(r.reason)->code);
}

static void expect_row(size_t row, enum reason got, enum reason want)
{
    if (got != want)
        fail_msg("row %zu: %s instead of %s", row, reason_row(got)->code, reason_row(want)->code);
}

static void test_local(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct route_facts f = {.local = our_side(), .trusts = &t, .trust_count = 1};

    expect_local(&f, "AWS.EXAMPLE.COM");
    expect_local(&f, "aws.example.com.");
    expect_local(&f, "aws");
    expect_local(&f, "sql1.aws.example.com");
    expect_local(&f, "deep.sub.aws.example.com");
    expect_local(&f, "people.example");
    expect_local(&f, "www.People.Example");
    expect_none(&f, "xaws.example.com", REASON_ROUTE_UNKNOWN);
    expect_none(&f, "example.com", REASON_ROUTE_UNKNOWN);
    expect_none(&f, "", REASON_ROUTE_UNKNOWN);
    expect_none(&f, ".", REASON_ROUTE_UNKNOWN);
}

static void test_forest_trust(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct route_facts f = {.local = our_side(), .trusts = &t, .trust_count = 1};

    expect_trust(&f, "corp.example.net", &t);
    expect_trust(&f, "CORP.EXAMPLE.NET.", &t);
    expect_trust(&f, "fs1.asia.corp.example.net", &t);
    expect_trust(&f, "mail.example", &t);
    expect_trust(&f, "bigcorp", &t);
    expect_trust(&f, "ASIA", &t);
    expect_none(&f, "lab.corp.example.net", REASON_ROUTE_EXCLUDED);
    expect_none(&f, "x.lab.corp.example.net", REASON_ROUTE_EXCLUDED);
    expect_none(&f, "off.corp.example.net", REASON_ROUTE_DISABLED);
    expect_none(&f, "h.off.corp.example.net", REASON_ROUTE_DISABLED);
    expect_none(&f, "OFF", REASON_ROUTE_UNKNOWN);
    expect_none(&f, "other.example.net", REASON_ROUTE_UNKNOWN);
    struct route r = route(&f, "fs1.asia.corp.example.net", SERVICE);
    assert_int_equal(r.match, ROUTE_MATCH_DNS_UNDER);
    assert_span(r.matched, "corp.example.net");
    assert_int_equal(route(&f, "mail.example", SERVICE).match, ROUTE_MATCH_DNS_EXACT);
    assert_int_equal(route(&f, "asia", SERVICE).match, ROUTE_MATCH_FLAT);
}

/* Each flag of each record switches off what it says and nothing else. */
static void test_record_flags(void **state)
{
    (void)state;
    static const struct {
        uint32_t tln, exclusion, domain;
        enum reason dns, excluded, flat;
    } rows[] = {
        {0, 0, 0, REASON_NONE, REASON_ROUTE_EXCLUDED, REASON_NONE},
        {FOREST_TLN_NEW, 0, 0, REASON_ROUTE_DISABLED, REASON_ROUTE_EXCLUDED, REASON_NONE},
        {FOREST_TLN_ADMIN_DISABLED, 0, 0, REASON_ROUTE_DISABLED, REASON_ROUTE_EXCLUDED,
         REASON_NONE},
        {FOREST_TLN_CONFLICT, 0, 0, REASON_ROUTE_DISABLED, REASON_ROUTE_EXCLUDED, REASON_NONE},
        {0x100, 0, 0, REASON_NONE, REASON_ROUTE_EXCLUDED, REASON_NONE},
        {0, FOREST_TLN_NEW, 0, REASON_NONE, REASON_NONE, REASON_NONE},
        {0, FOREST_TLN_ADMIN_DISABLED, 0, REASON_NONE, REASON_NONE, REASON_NONE},
        {0, FOREST_TLN_CONFLICT, 0, REASON_NONE, REASON_NONE, REASON_NONE},
        {0, 0, FOREST_NB_ADMIN_DISABLED, REASON_NONE, REASON_ROUTE_EXCLUDED, REASON_ROUTE_UNKNOWN},
        {0, 0, FOREST_NB_CONFLICT, REASON_NONE, REASON_ROUTE_EXCLUDED, REASON_ROUTE_UNKNOWN},
        {0, 0, FOREST_SID_ADMIN_DISABLED, REASON_ROUTE_DISABLED, REASON_ROUTE_EXCLUDED,
         REASON_ROUTE_UNKNOWN},
        {0, 0, FOREST_SID_CONFLICT, REASON_ROUTE_DISABLED, REASON_ROUTE_EXCLUDED,
         REASON_ROUTE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forest_record r[] = {
            tln_record("corp.example.net", rows[i].tln),
            domain_record("corp.example.net", "BIGCORP", THEIR_ROOT, rows[i].domain),
            exclusion_record("lab.corp.example.net", rows[i].exclusion)};
        struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
        struct route_facts f = {.local = our_side(), .trusts = &t, .trust_count = 1};

        t.records = r;
        t.record_count = 3;
        expect_row(i, route(&f, "h.corp.example.net", SERVICE).reason, rows[i].dns);
        expect_row(i, route(&f, "corp.example.net", SERVICE).reason, rows[i].dns);
        expect_row(i, route(&f, "h.lab.corp.example.net", SERVICE).reason, rows[i].excluded);
        expect_row(i, route(&f, "BIGCORP", SERVICE).reason, rows[i].flat);
    }
}

/* table route_matching, each cell: by NetBIOS name, exactly, below, by records. */
static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, attributes;
        bool with_records;
        enum reason flat, exact, under, record;
    } rows[] = {
        {TRUST_UPLEVEL, TRUST_WITHIN_FOREST, false, REASON_NONE, REASON_NONE, REASON_NONE,
         REASON_ROUTE_UNKNOWN},
        {TRUST_UPLEVEL, TRUST_WITHIN_FOREST, true, REASON_NONE, REASON_NONE, REASON_NONE,
         REASON_ROUTE_UNKNOWN},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, false, REASON_NONE, REASON_NONE, REASON_NONE,
         REASON_ROUTE_UNKNOWN},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, true, REASON_NONE, REASON_NONE, REASON_NONE,
         REASON_NONE},
        {TRUST_UPLEVEL, TRUST_QUARANTINED, false, REASON_NONE, REASON_NONE, REASON_NONE,
         REASON_ROUTE_UNKNOWN},
        {TRUST_UPLEVEL, TRUST_QUARANTINED, true, REASON_NONE, REASON_NONE, REASON_NONE,
         REASON_ROUTE_UNKNOWN},
        {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE | TRUST_NON_TRANSITIVE, true, REASON_NONE,
         REASON_NONE, REASON_NONE, REASON_ROUTE_UNKNOWN},
        {TRUST_MIT, 0, true, REASON_ROUTE_UNKNOWN, REASON_NONE, REASON_ROUTE_UNKNOWN,
         REASON_ROUTE_UNKNOWN},
        {TRUST_MIT, TRUST_NON_TRANSITIVE, true, REASON_ROUTE_UNKNOWN, REASON_NONE,
         REASON_ROUTE_UNKNOWN, REASON_ROUTE_UNKNOWN},
        {TRUST_DOWNLEVEL, 0, true, REASON_ROUTE_TRUST_NOT_KERBEROS, REASON_ROUTE_TRUST_NOT_KERBEROS,
         REASON_ROUTE_TRUST_NOT_KERBEROS, REASON_ROUTE_UNKNOWN},
        {TRUST_DCE, 0, true, REASON_ROUTE_TRUST_NOT_KERBEROS, REASON_ROUTE_TRUST_NOT_KERBEROS,
         REASON_ROUTE_TRUST_NOT_KERBEROS, REASON_ROUTE_UNKNOWN},
        {TRUST_AAD, 0, true, REASON_ROUTE_TRUST_NOT_KERBEROS, REASON_ROUTE_TRUST_NOT_KERBEROS,
         REASON_ROUTE_TRUST_NOT_KERBEROS, REASON_ROUTE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(rows[i].attributes);
        struct route_facts f = {.local = our_side(), .trusts = &t, .trust_count = 1};

        t.type = rows[i].type;
        t.records = rows[i].with_records ? their_records() : NULL;
        t.record_count = rows[i].with_records ? THEIR_RECORDS : 0;
        expect_row(i, route(&f, "BIGCORP", SERVICE).reason, rows[i].flat);
        expect_row(i, route(&f, "corp.example.net", SERVICE).reason, rows[i].exact);
        expect_row(i, route(&f, "h.corp.example.net", SERVICE).reason, rows[i].under);
        expect_row(i, route(&f, "mail.example", SERVICE).reason, rows[i].record);
    }
}

static void test_directions(void **state)
{
    (void)state;
    static const struct {
        uint32_t direction;
        enum reason service, client;
    } rows[] = {
        {TRUST_DISABLED, REASON_ROUTE_TRUST_OFF, REASON_ROUTE_TRUST_OFF},
        {TRUST_INBOUND, REASON_NONE, REASON_NONE},
        {TRUST_OUTBOUND, REASON_ROUTE_TRUST_OUTGOING_ONLY, REASON_NONE},
        {TRUST_BOTH, REASON_NONE, REASON_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
        struct route_facts f = {.local = our_side(), .trusts = &t, .trust_count = 1};

        t.direction = rows[i].direction;
        struct route service = route(&f, "corp.example.net", ROUTE_SERVICE);
        struct route client = route(&f, "corp.example.net", ROUTE_CLIENT);
        assert_int_equal(service.reason, rows[i].service);
        assert_int_equal(service.kind, rows[i].service ? ROUTE_NONE : ROUTE_TRUST);
        assert_int_equal(client.reason, rows[i].client);
        assert_ptr_equal(service.trust, &t);
    }
}

/* One forest's name below another's: the longest wins, wherever it is. */
static void test_longest_wins(void **state)
{
    (void)state;
    struct forest_record wide = tln_record("example.net", 0),
                         narrow = tln_record("corp.example.net", 0);
    struct forest_record above = tln_record("example.com", 0),
                         below = tln_record("x.aws.example.com", 0);
    struct trust t[4];

    for (int i = 0; i < 4; i++) {
        t[i] = their_trust(TRUST_FOREST_TRANSITIVE);
        t[i].record_count = 1;
    }
    t[0].records = &wide;
    t[1].records = &narrow;
    t[2].records = &above;
    t[3].records = &below;
    struct route_facts f = {.local = our_side(), .trusts = t, .trust_count = 4};
    expect_trust(&f, "h.corp.example.net", &t[1]);
    expect_trust(&f, "h.other.example.net", &t[0]);
    expect_local(&f, "h.aws.example.com");
    expect_trust(&f, "h.x.aws.example.com", &t[3]);
    expect_trust(&f, "h.example.com", &t[2]);
}

/* A name of ours that a partner claims, too, is ours. */
static void test_local_wins(void **state)
{
    (void)state;
    struct forest_record r[] = {tln_record("aws.example.com", 0), tln_record("people.example", 0),
                                domain_record("aws.example.com", "AWS", THEIR_ROOT, 0)};
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct route_facts f = {.local = our_side(), .trusts = &t, .trust_count = 1};

    t.records = r;
    t.record_count = 3;
    expect_local(&f, "aws.example.com");
    expect_local(&f, "h.aws.example.com");
    expect_local(&f, "people.example");
    expect_local(&f, "AWS");
}

/* --- within the forest ---------------------------------------------------------------------------
 */

/* root - a - b - c, root - other (a second tree) - d; index by letter. */
enum { ROOT, A, B, C, OTHER, D, DOMAINS };

static struct trust_domain tree[DOMAINS];
static struct trust_local tree_local;

static struct trust tree_trust(unsigned domain)
{
    return (struct trust){.dns_name = tree[domain].dns_name,
                          .flat_name = tree[domain].flat_name,
                          .sid = tree[domain].sid,
                          .direction = TRUST_BOTH,
                          .type = TRUST_UPLEVEL,
                          .attributes = TRUST_WITHIN_FOREST};
}

static void make_tree(unsigned self)
{
    static const struct {
        const char *dns, *flat;
        int parent;
    } rows[DOMAINS] = {{"root.example", "ROOT", -1},     {"a.root.example", "A", ROOT},
                       {"b.a.root.example", "B", A},     {"c.b.a.root.example", "C", B},
                       {"other.example", "OTHER", ROOT}, {"d.other.example", "D", OTHER}};
    for (uint32_t i = 0; i < DOMAINS; i++)
        tree[i] = (struct trust_domain){span_str(rows[i].dns), span_str(rows[i].flat),
                                        SID_NT(21, 1, 1, i + 1), rows[i].parent};
    tree_local = (struct trust_local){.dns_name = tree[self].dns_name,
                                      .realm = tree[self].dns_name,
                                      .flat_name = tree[self].flat_name,
                                      .forest_name = tree[ROOT].dns_name,
                                      .domain_sid = tree[self].sid,
                                      .domains = tree,
                                      .domain_count = DOMAINS,
                                      .self = self};
}

static void test_next_hop(void **state)
{
    (void)state;
    make_tree(B);
    struct trust t[] = {tree_trust(A), tree_trust(C), tree_trust(D)};
    struct route_facts f = {.local = &tree_local, .trusts = t, .trust_count = 2};

    assert_ptr_equal(trust_next_hop(&f, A), &t[0]);
    assert_ptr_equal(trust_next_hop(&f, ROOT), &t[0]);
    assert_ptr_equal(trust_next_hop(&f, C), &t[1]);
    assert_ptr_equal(trust_next_hop(&f, OTHER), &t[0]);
    assert_ptr_equal(trust_next_hop(&f, D), &t[0]);
    assert_null(trust_next_hop(&f, B));
    assert_null(trust_next_hop(&f, DOMAINS));
    f.trust_count = 3; /* with a shortcut to d */
    assert_ptr_equal(trust_next_hop(&f, D), &t[2]);
    assert_ptr_equal(trust_next_hop(&f, OTHER), &t[2]);
    assert_ptr_equal(trust_next_hop(&f, ROOT), &t[0]);
    t[2].direction = TRUST_OUTBOUND;
    assert_ptr_equal(trust_next_hop(&f, D), &t[0]);
    f.trusts = &t[1];
    f.trust_count = 1; /* only a way that leads away */
    assert_null(trust_next_hop(&f, ROOT));
}

static void test_forest_names(void **state)
{
    (void)state;
    make_tree(B);
    struct trust t[] = {tree_trust(A), tree_trust(C)};
    struct route_facts f = {.local = &tree_local, .trusts = t, .trust_count = 2};

    expect_local(&f, "h.b.a.root.example");
    expect_trust(&f, "h.c.b.a.root.example", &t[1]);
    expect_trust(&f, "h.a.root.example", &t[0]);
    expect_trust(&f, "h.d.other.example", &t[0]);
    expect_trust(&f, "OTHER", &t[0]);
    f.trusts = &t[1];
    f.trust_count = 1;
    expect_none(&f, "h.a.root.example", REASON_ROUTE_NO_HOP);
}

/* Parents that form a ring, or lead nowhere, end. */
static void test_broken_tree(void **state)
{
    (void)state;
    make_tree(B);
    struct trust t[] = {tree_trust(A), tree_trust(C)};
    struct route_facts f = {.local = &tree_local, .trusts = t, .trust_count = 2};

    tree[ROOT].parent = A;
    assert_null(trust_next_hop(&f, D));
    tree[ROOT].parent = -1;
    tree[OTHER].parent = -1;
    assert_null(trust_next_hop(&f, D));
}

/* In a child domain, names of other forests go toward the root. */
static void test_root_trusts(void **state)
{
    (void)state;
    make_tree(B);
    struct trust t[] = {tree_trust(A), tree_trust(C)};
    struct trust root_trusts[] = {their_trust(TRUST_FOREST_TRANSITIVE),
                                  their_trust(TRUST_QUARANTINED)};
    struct route_facts f = {.local = &tree_local,
                            .trusts = t,
                            .trust_count = 2,
                            .root_trusts = root_trusts,
                            .root_trust_count = 1};

    expect_trust(&f, "h.corp.example.net", &t[0]);
    expect_none(&f, "lab.corp.example.net", REASON_ROUTE_EXCLUDED);
    root_trusts[0].direction = TRUST_OUTBOUND;
    expect_none(&f, "h.corp.example.net", REASON_ROUTE_TRUST_OUTGOING_ONLY);
    f.root_trusts = &root_trusts[1]; /* an external trust of the root is the root's alone */
    expect_none(&f, "h.corp.example.net", REASON_ROUTE_UNKNOWN);
    make_tree(ROOT);
    root_trusts[0].direction = TRUST_BOTH;
    f.root_trusts = root_trusts;
    f.trust_count = 0;
    expect_none(&f, "h.corp.example.net", REASON_ROUTE_UNKNOWN);
}

/* --- where a client came from
 * ---------------------------------------------------------------------- */

static void test_of_client(void **state)
{
    (void)state;
    struct trust t[] = {their_trust(TRUST_FOREST_TRANSITIVE), our_child_trust(0)};
    struct route_facts f = {.local = our_side(), .trusts = t, .trust_count = 2};
    const struct trust *out = &t[1];

    assert_int_equal(trust_of_client(&f, SPAN_LIT("AWS.EXAMPLE.COM"), &out), REASON_NONE);
    assert_null(out);
    assert_int_equal(trust_of_client(&f, SPAN_LIT("CORP.EXAMPLE.NET"), &out), REASON_NONE);
    assert_ptr_equal(out, &t[0]);
    assert_int_equal(trust_of_client(&f, SPAN_LIT("ASIA.CORP.EXAMPLE.NET"), &out), REASON_NONE);
    assert_ptr_equal(out, &t[0]);
    assert_int_equal(trust_of_client(&f, SPAN_LIT("EU.AWS.EXAMPLE.COM"), &out), REASON_NONE);
    assert_ptr_equal(out, &t[1]);
    assert_int_equal(trust_of_client(&f, SPAN_LIT("LAB.CORP.EXAMPLE.NET"), &out),
                     REASON_ROUTE_EXCLUDED);
    assert_int_equal(trust_of_client(&f, SPAN_LIT("EVIL.EXAMPLE"), &out), REASON_ROUTE_UNKNOWN);
    assert_int_equal(trust_of_client(&f, SPAN_LIT("X.AWS.EXAMPLE.COM"), &out), REASON_CREALM_LOCAL);
    t[0] = their_trust(TRUST_QUARANTINED);
    assert_int_equal(trust_of_client(&f, SPAN_LIT("ASIA.CORP.EXAMPLE.NET"), &out),
                     REASON_CREALM_NOT_PARTNER);
    assert_ptr_equal(out, &t[1]);
}

/* --- which part of a principal
 * -------------------------------------------------------------------- */

static void test_parts(void **state)
{
    (void)state;
    struct span host[] = {SPAN_LIT("ldap"), SPAN_LIT("dc1.corp.net"), SPAN_LIT("corp.net"),
                          SPAN_LIT("x")};
    struct span sql[] = {SPAN_LIT("MSSQLSvc"), SPAN_LIT("sql1.corp.net:1433")};
    struct span krbtgt[] = {SPAN_LIT("KRBTGT"), SPAN_LIT("CORP.NET")};
    struct span empty[] = {SPAN_LIT("http"), SPAN_LIT("")};
    struct span out = SPAN_LIT("untouched");

    assert_false(trust_route_part_of_service(host, 1, &out));
    assert_false(trust_route_part_of_service(host, 4, &out));
    assert_false(trust_route_part_of_service(krbtgt, 2, &out));
    assert_false(trust_route_part_of_service(empty, 2, &out));
    assert_false(trust_route_part_of_enterprise(SPAN_LIT("alice"), &out));
    assert_false(trust_route_part_of_enterprise(SPAN_LIT("alice@"), &out));
    assert_false(trust_route_part_of_enterprise(SPAN_NONE, &out));
    assert_span(out, "untouched");
    assert_true(trust_route_part_of_service(host, 2, &out));
    assert_span(out, "dc1.corp.net");
    assert_true(trust_route_part_of_service(host, 3, &out));
    assert_span(out, "corp.net");
    assert_true(trust_route_part_of_service(sql, 2, &out));
    assert_span(out, "sql1.corp.net");
    assert_true(trust_route_part_of_enterprise(SPAN_LIT("alice@corp.net"), &out));
    assert_span(out, "corp.net");
    assert_true(trust_route_part_of_enterprise(SPAN_LIT("a@b@people.example"), &out));
    assert_span(out, "people.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local),        cmocka_unit_test(test_forest_trust),
        cmocka_unit_test(test_record_flags), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_directions),   cmocka_unit_test(test_longest_wins),
        cmocka_unit_test(test_local_wins),   cmocka_unit_test(test_next_hop),
        cmocka_unit_test(test_forest_names), cmocka_unit_test(test_broken_tree),
        cmocka_unit_test(test_root_trusts),  cmocka_unit_test(test_of_client),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
