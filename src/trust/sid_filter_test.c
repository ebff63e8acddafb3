#include "trust/sid_filter.h"

#include "trust/trust_test.h"

/* --- the first table: every pattern, at both ends of its ranges ---------------------------------
 */

static const struct {
    const char *sid, *pattern;
    enum sid_class class;
} patterns[] = {
    {"S-1-0-0", "S-1-0-0", SID_ALWAYS_FILTER},
    {"S-1-0-1", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-0-0-0", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-1-0", "S-1-1-0", SID_ALWAYS_FILTER},
    {"S-1-1-1", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-1-0-0", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-2-0", "S-1-2-0", SID_ALWAYS_FILTER},
    {"S-1-2-1", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-2-0-0", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-3-0", "S-1-3-0..3", SID_ALWAYS_FILTER},
    {"S-1-3-3", "S-1-3-0..3", SID_ALWAYS_FILTER},
    {"S-1-3-4", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-3-0-0", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-4-0", "S-1-4", SID_NEVER_FILTER},
    {"S-1-4-7-4294967295", "S-1-4", SID_NEVER_FILTER},
    {"S-1-4-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-14", "S-1-4", SID_NEVER_FILTER},
    {"S-1-5-1", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-0", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-2", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-5-1-2", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-8", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-9", "S-1-5-9", SID_EDC},
    {"S-1-5-9-1", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-10", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-11", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-14", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-15", "S-1-5-15", SID_NEVER_FILTER},
    {"S-1-5-15-0", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-16", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-18", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-20", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-21", "S-1-5-21", SID_ALWAYS_FILTER},
    {"S-1-5-21-1", "S-1-5-21-x, a part of a SID", SID_ALWAYS_FILTER},
    {"S-1-5-21-1-2", "S-1-5-21-x, a part of a SID", SID_ALWAYS_FILTER},
    {"S-1-5-21-1-2-3", "S-1-5-21-x-y-z, a domain", SID_ALWAYS_FILTER},
    {"S-1-5-21-0-0-0-495", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-0-0-0-496", "S-1-5-21-0-0-0-496", SID_NEVER_FILTER},
    {"S-1-5-21-0-0-0-497", "S-1-5-21-0-0-0-497", SID_NEVER_FILTER},
    {"S-1-5-21-0-0-0-498", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-1-0-0-496", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-0-1-0-496", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-0-0-1-497", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-1-2-3-0", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-1-2-3-512", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-1-2-3-999", "S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC},
    {"S-1-5-21-1-2-3-1000", "S-1-5-21-domain-R", SID_DOMAIN_SPECIFIC},
    {"S-1-5-21-1-2-3-4294967295", "S-1-5-21-domain-R", SID_DOMAIN_SPECIFIC},
    {"S-1-5-21-1-2-3-1000-1", "S-1-5-21-domain-R-*, too long", SID_ALWAYS_FILTER},
    {"S-1-5-21-1-2-3-4-5-6-7-8-9-10-11-12-13-14", "S-1-5-21-domain-R-*, too long",
     SID_ALWAYS_FILTER},
    {"S-1-5-22", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-32", "S-1-5-32 and below", SID_ALWAYS_FILTER},
    {"S-1-5-32-544", "S-1-5-32 and below", SID_ALWAYS_FILTER},
    {"S-1-5-32-4294967295", "S-1-5-32 and below", SID_ALWAYS_FILTER},
    {"S-1-5-32-1-2-3-4-5-6-7-8-9-10-11-12-13-14", "S-1-5-32 and below", SID_ALWAYS_FILTER},
    {"S-1-5-33", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-64", "S-1-5-64 and below", SID_ALWAYS_FILTER},
    {"S-1-5-64-10", "S-1-5-64 and below", SID_ALWAYS_FILTER},
    {"S-1-5-64-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-5-64 and below", SID_ALWAYS_FILTER},
    {"S-1-5-65-1", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-999", "S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER},
    {"S-1-5-999-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-5-R-*, R below 1000",
     SID_ALWAYS_FILTER},
    {"S-1-5-1000", "S-1-5-1000-*", SID_NEVER_FILTER},
    {"S-1-5-1000-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-5-1000-*", SID_NEVER_FILTER},
    {"S-1-5-1001", "S-1-5-R-*, R above 1000", SID_NEVER_FILTER},
    {"S-1-5-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-5-R-*, R above 1000",
     SID_NEVER_FILTER},
    {"S-1-6-0", "S-1-6", SID_ALWAYS_FILTER},
    {"S-1-6-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-6", SID_ALWAYS_FILTER},
    {"S-1-7-0", "S-1-7", SID_ALWAYS_FILTER},
    {"S-1-7-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-7", SID_ALWAYS_FILTER},
    {"S-1-8-0", "S-1-8", SID_ALWAYS_FILTER},
    {"S-1-8-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-8", SID_ALWAYS_FILTER},
    {"S-1-9-0", "S-1-9", SID_ALWAYS_FILTER},
    {"S-1-9-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-9", SID_ALWAYS_FILTER},
    {"S-1-10-0", "S-1-10", SID_NEVER_FILTER},
    {"S-1-10-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "S-1-10", SID_NEVER_FILTER},
    {"S-1-11-0", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-15-2-1", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-16-8192", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-18-0", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-18-1", "S-1-18-1", SID_NEVER_FILTER},
    {"S-1-18-2", "S-1-18-2", SID_NEVER_FILTER},
    {"S-1-18-1-1", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-18-2-1", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-18-3", "no pattern", SID_ALWAYS_FILTER},
    {"S-1-0xFFFFFFFFFFFF-4294967295-1-2-3-4-5-6-7-8-9-10-11-12-13-4294967295", "no pattern",
     SID_ALWAYS_FILTER},
};

static void test_patterns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct sid s = sid_of(patterns[i].sid);
        const struct sid_pattern *p = trust_sid_classify(&s);

        if (strcmp(p->name, patterns[i].pattern) != 0 || p->class != patterns[i].class)
            fail_msg("%s: matched \"%s\", class %d", patterns[i].sid, p->name, p->class);
    }
}

/* The classes once more, as sentences of [MS-PAC] 4.1.2.2 and not as a table. */
static enum sid_class class_by_the_book(uint64_t authority, const struct sid *s)
{
    uint32_t first = s->count ? s->sub[0] : 0, last = s->count ? s->sub[s->count - 1] : 0;
    bool alone = s->count == 1;

    if (authority == 4 || authority == 10)
        return SID_NEVER_FILTER;
    if (authority == 18 && alone && (first == 1 || first == 2))
        return SID_NEVER_FILTER;
    if (authority != 5 || s->count == 0)
        return SID_ALWAYS_FILTER;
    if (first == 9 && alone)
        return SID_EDC;
    if ((first == 15 && alone) || first >= 1000)
        return SID_NEVER_FILTER;
    if (first != 21 || s->count != 5)
        return SID_ALWAYS_FILTER;
    if (!s->sub[1] && !s->sub[2] && !s->sub[3] && (last == 496 || last == 497))
        return SID_NEVER_FILTER;
    return last < 1000 ? SID_FOREST_SPECIFIC : SID_DOMAIN_SPECIFIC;
}

static void test_sweep(void **state)
{
    (void)state;
    static const uint32_t firsts[] = {0,  1,  2,  3,  4,   5,    8,    9,         10,
                                      14, 15, 16, 18, 20,  21,   22,   31,        32,
                                      33, 63, 64, 65, 999, 1000, 1001, UINT32_MAX};
    static const uint32_t lasts[] = {0,   1,   2,   9,   15,   495,  496,       497,
                                     498, 500, 512, 999, 1000, 1001, UINT32_MAX};

    for (uint64_t authority = 0; authority <= 20; authority++)
        for (unsigned count = 0; count <= SID_SUBS_MAX; count++)
            for (size_t f = 0; f < sizeof(firsts) / sizeof(firsts[0]); f++)
                for (size_t l = 0; l < sizeof(lasts) / sizeof(lasts[0]); l++)
                    for (uint32_t middle = 0; middle < 2; middle++) {
                        uint32_t sub[SID_SUBS_MAX];

                        for (unsigned i = 0; i < count; i++)
                            sub[i] = i == 0 ? firsts[f] : i + 1 == count ? lasts[l] : middle;
                        struct sid s = sid_make(authority, count, sub);
                        if (trust_sid_classify(&s)->class != class_by_the_book(authority, &s)) {
                            char text[SID_TEXT_SIZE];
                            sid_to_text(&s, text);
                            fail_msg("%s: class %d", text, trust_sid_classify(&s)->class);
                        }
                    }
}

/* SIDs that no text has: without sub-authorities, or not of revision 1. */
static void test_bare_and_invalid(void **state)
{
    (void)state;
    static const char *const bare[] = {
        [0] = "no pattern", [1] = "no pattern", [2] = "no pattern", [3] = "no pattern",
        [4] = "S-1-4",      [5] = "S-1-5",      [6] = "S-1-6",      [7] = "S-1-7",
        [8] = "S-1-8",      [9] = "S-1-9",      [10] = "S-1-10",    [11] = "no pattern",
    };
    for (uint64_t authority = 0; authority < 12; authority++) {
        struct sid s = sid_make(authority, 0, NULL);

        assert_string_equal(trust_sid_classify(&s)->name, bare[authority]);
        enum sid_class want =
            authority == 4 || authority == 10 ? SID_NEVER_FILTER : SID_ALWAYS_FILTER;
        assert_int_equal(trust_sid_classify(&s)->class, want);
    }
    struct sid s = sid_of("S-1-18-1");
    s.revision = 2;
    assert_int_equal(trust_sid_classify(&s)->class, SID_ALWAYS_FILTER);
    assert_string_equal(trust_sid_classify(&s)->name, "not a SID");
}

/* --- boundaries ----------------------------------------------------------------------------------
 */

static void test_boundaries(void **state)
{
    (void)state;
    static const struct {
        uint32_t attributes;
        enum sid_boundary boundary;
    } rows[] = {
        {0, BOUNDARY_EXTERNAL},
        {TRUST_NON_TRANSITIVE | TRUST_CROSS_ORGANIZATION, BOUNDARY_EXTERNAL},
        {TRUST_TREAT_AS_EXTERNAL, BOUNDARY_EXTERNAL},
        {TRUST_PIM, BOUNDARY_EXTERNAL},
        {TRUST_TREAT_AS_EXTERNAL | TRUST_PIM, BOUNDARY_EXTERNAL},
        {TRUST_QUARANTINED, BOUNDARY_QUARANTINED_EXTERNAL},
        {TRUST_QUARANTINED | TRUST_FOREST_TRANSITIVE, BOUNDARY_QUARANTINED_EXTERNAL},
        {TRUST_QUARANTINED | TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_PIM,
         BOUNDARY_QUARANTINED_EXTERNAL},
        {TRUST_FOREST_TRANSITIVE, BOUNDARY_FOREST},
        {TRUST_FOREST_TRANSITIVE | TRUST_PIM, BOUNDARY_FOREST},
        {TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, BOUNDARY_EXTERNAL},
        {TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_PIM, BOUNDARY_PIM},
        {TRUST_WITHIN_FOREST, BOUNDARY_WITHIN_FOREST},
        {TRUST_WITHIN_FOREST | TRUST_TREAT_AS_EXTERNAL, BOUNDARY_WITHIN_FOREST},
        {TRUST_WITHIN_FOREST | TRUST_QUARANTINED, BOUNDARY_QUARANTINED_WITHIN},
        {0xFFFFE000u, BOUNDARY_EXTERNAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust t = their_trust(rows[i].attributes);
        if (trust_sid_boundary(&t) != rows[i].boundary)
            fail_msg("attributes %#x: %s", rows[i].attributes,
                     trust_sid_boundary_name(trust_sid_boundary(&t)));
    }
}

/* --- the second table: every cell, on trusts of each boundary ------------------------------------
 */

/* In the order of enum sid_boundary. */
static struct trust trust_of(enum sid_boundary b)
{
    switch (b) {
    case BOUNDARY_WITHIN_FOREST:
        return our_child_trust(0);
    case BOUNDARY_QUARANTINED_WITHIN:
        return our_child_trust(TRUST_QUARANTINED);
    case BOUNDARY_FOREST:
        return their_trust(TRUST_FOREST_TRANSITIVE);
    case BOUNDARY_EXTERNAL:
        return their_trust(TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL);
    case BOUNDARY_QUARANTINED_EXTERNAL:
        return their_trust(TRUST_QUARANTINED);
    case BOUNDARY_PIM:
        return their_trust(TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_PIM);
    case BOUNDARY__COUNT:
        break;
    }
    fail();
    return (struct trust){0};
}

/* %P stands for the trusted domain. One letter for each boundary: within the forest, quarantined
 * within, forest, external, quarantined external, PIM; K keep, d drop. */
static const struct {
    const char *sid;
    enum sid_rule rule; /* over a forest trust */
    const char *verdicts;
} cells[] = {
    {"S-1-5-32-544", SID_RULE_ALWAYS, "dddddd"},
    {"S-1-1-0", SID_RULE_ALWAYS, "dddddd"},
    {"S-1-5-11", SID_RULE_ALWAYS, "dddddd"},
    {"S-1-5-21-1-2-3", SID_RULE_ALWAYS, "dddddd"},
    {"S-1-16-12288", SID_RULE_ALWAYS, "dddddd"},
    {"S-1-5-9", SID_RULE_EDC, "KKdddd"},
    {"%P-512", SID_RULE_WELL_KNOWN_ORIGIN, "KKKKKK"},
    {"%P-513", SID_RULE_WELL_KNOWN_ORIGIN, "KKKKKK"},
    {STRANGER "-512", SID_RULE_WELL_KNOWN_OTHER, "KddddK"},
    {OUR_ROOT "-512", SID_RULE_WELL_KNOWN_OTHER, "KddddK"},
    {OUR_ROOT "-519", SID_RULE_WELL_KNOWN_OTHER, "KddddK"},
    {THEIR_OFF "-519", SID_RULE_WELL_KNOWN_OTHER, "KddddK"},
    {OUR_ROOT "-1000", SID_RULE_LOCAL_FOREST, "KddddK"},
    {OUR_TREE "-4711", SID_RULE_LOCAL_FOREST, "KddddK"},
    {"%P-1000", SID_RULE_PARTNER, "KKKKKK"},
    {"%P-4294967295", SID_RULE_PARTNER, "KKKKKK"},
    {THEIR_CHILD "-1104", SID_RULE_PARTNER_FOREST, "KdKKdK"},
    {THEIR_OFF "-1104", SID_RULE_FOREIGN, "KddKdK"},
    {STRANGER "-1104", SID_RULE_FOREIGN, "KddKdK"},
    {"S-1-5-15", SID_RULE_NEVER, "KKKKKK"},
    {"S-1-5-1000", SID_RULE_NEVER, "KKKKKK"},
    {"S-1-5-21-0-0-0-497", SID_RULE_NEVER, "KKKKKK"},
    {"S-1-18-1", SID_RULE_NEVER, "KKKKKK"},
    {"S-1-18-2", SID_RULE_NEVER, "KKKKKK"},
};

static struct sid cell_sid(const char *text, const struct trust *t)
{
    char partner[SID_TEXT_SIZE], full[2 * SID_TEXT_SIZE];

    sid_to_text(&t->sid, partner);
    if (strncmp(text, "%P", 2) != 0)
        return sid_of(text);
    snprintf(full, sizeof(full), "%s%s", partner, text + 2);
    return sid_of(full);
}

static void test_every_cell(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        for (enum sid_boundary b = 0; b < BOUNDARY__COUNT; b++) {
            struct trust t = trust_of(b);
            struct sid s = cell_sid(cells[i].sid, &t);

            assert_int_equal(trust_sid_boundary(&t), b);
            enum sid_rule rule = trust_sid_rule(&t, our_side(), &t.sid, &s);
            if (b == BOUNDARY_FOREST)
                assert_string_equal(trust_sid_rule_name(rule), trust_sid_rule_name(cells[i].rule));
            if (trust_sid_rule_keeps(rule, b) != (cells[i].verdicts[b] == 'K'))
                fail_msg("%s, boundary %s: rule \"%s\"", cells[i].sid, trust_sid_boundary_name(b),
                         trust_sid_rule_name(rule));
        }
}

/* The table itself, so that cells are looked at which no trust of the kind reaches today. */
static void test_verdicts(void **state)
{
    (void)state;
    static const char *const verdicts[SID_RULE__COUNT] = {
        [SID_RULE_ALWAYS] = "dddddd",
        [SID_RULE_EDC] = "KKdddd",
        [SID_RULE_WELL_KNOWN_ORIGIN] = "KKKKKK",
        [SID_RULE_WELL_KNOWN_OTHER] = "KddddK",
        [SID_RULE_LOCAL_FOREST] = "KddddK",
        [SID_RULE_PARTNER] = "KKKKKK",
        [SID_RULE_PARTNER_FOREST] = "KdKKdK",
        [SID_RULE_FOREIGN] = "KddKdK",
        [SID_RULE_NEVER] = "KKKKKK",
        [SID_RULE_DUPLICATE] = "dddddd",
    };
    for (enum sid_rule rule = 0; rule < SID_RULE__COUNT; rule++)
        for (enum sid_boundary b = 0; b < BOUNDARY__COUNT; b++)
            if (trust_sid_rule_keeps(rule, b) != (verdicts[rule][b] == 'K'))
                fail_msg("%s, %s", trust_sid_rule_name(rule), trust_sid_boundary_name(b));
}

/* The well-known RIDs of a domain count only when the PAC comes from it, and only if it may. */
static void test_origin(void **state)
{
    (void)state;
    struct trust forest = their_trust(TRUST_FOREST_TRANSITIVE);
    struct trust quarantined = their_trust(TRUST_FOREST_TRANSITIVE | TRUST_QUARANTINED);
    struct sid child = sid_of(THEIR_CHILD), stranger = sid_of(STRANGER), off = sid_of(THEIR_OFF);
    struct sid child_admin = sid_of(THEIR_CHILD "-500"), root_admins = sid_of(THEIR_ROOT "-512");
    struct sid stranger_admin = sid_of(STRANGER "-500"), off_admin = sid_of(THEIR_OFF "-500");
    const struct trust_local *l = our_side();

    assert_int_equal(trust_sid_rule(&forest, l, &child, &child_admin), SID_RULE_WELL_KNOWN_ORIGIN);
    assert_int_equal(trust_sid_rule(&forest, l, &child, &root_admins), SID_RULE_WELL_KNOWN_OTHER);
    assert_int_equal(trust_sid_rule(&forest, l, NULL, &root_admins), SID_RULE_WELL_KNOWN_OTHER);
    assert_int_equal(trust_sid_rule(&forest, l, &stranger, &stranger_admin),
                     SID_RULE_WELL_KNOWN_OTHER);
    assert_int_equal(trust_sid_rule(&forest, l, &off, &off_admin), SID_RULE_WELL_KNOWN_OTHER);
    assert_int_equal(trust_sid_rule(&quarantined, l, &child, &child_admin),
                     SID_RULE_WELL_KNOWN_OTHER);
}

/* A partner that claims one of our own domain SIDs is not believed, from outside of the forest. */
static void test_partner_with_our_sid(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct sid s = sid_of(OUR_CHILD "-1105");
    struct forest_record r = domain_record("eu.corp.example.net", "EU2", OUR_CHILD, 0);

    t.sid = sid_of(OUR_CHILD);
    assert_int_equal(trust_sid_rule(&t, our_side(), NULL, &s), SID_RULE_LOCAL_FOREST);
    t = their_trust(TRUST_FOREST_TRANSITIVE);
    t.records = &r;
    t.record_count = 1;
    assert_int_equal(trust_sid_rule(&t, our_side(), NULL, &s), SID_RULE_LOCAL_FOREST);
}

/* Without the list of the forest's domains the own one is still known. */
static void test_own_domain_without_list(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_QUARANTINED);
    struct trust_local l = {.domain_sid = sid_of(OUR_ROOT)};
    struct sid s = sid_of(OUR_ROOT "-1105");

    assert_int_equal(trust_sid_rule(&t, &l, NULL, &s), SID_RULE_LOCAL_FOREST);
}

/* --- whole PACs ----------------------------------------------------------------------------------
 */

#define EXTRA_MAX 16

struct fake {
    struct sid domain, resource, sids[EXTRA_MAX];
    struct pac_sid extra[EXTRA_MAX];
    struct pac_group groups[EXTRA_MAX], resource_groups[EXTRA_MAX];
    struct pac_logon_info info;
};

static void fake_init(struct fake *f, const char *domain, uint32_t rid, uint32_t primary)
{
    *f = (struct fake){.domain = sid_of(domain)};
    f->info = (struct pac_logon_info){.rid = rid,
                                      .primary_gid = primary,
                                      .domain_sid = &f->domain,
                                      .groups = f->groups,
                                      .extra = f->extra,
                                      .resource = f->resource_groups};
}

static void fake_group(struct fake *f, uint32_t rid)
{
    f->groups[f->info.group_count++] = (struct pac_group){rid, PAC_GROUP_DEFAULT};
}

static void fake_extra(struct fake *f, const char *sid)
{
    uint32_t i = f->info.extra_count++;

    f->sids[i] = sid_of(sid);
    f->extra[i] = (struct pac_sid){&f->sids[i], PAC_GROUP_DEFAULT};
}

static struct arena arena;

static struct trust_sid_result filter(const struct fake *f, const struct trust *t)
{
    struct trust_sid_result out;

    arena_reset(&arena);
    assert_ok(trust_sid_filter(t, our_side(), &f->info, &arena, &out));
    return out;
}

static void test_ordinary_logon(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct fake f;

    fake_init(&f, THEIR_ROOT, 1104, 513);
    fake_group(&f, 513);
    fake_group(&f, 1201);
    fake_extra(&f, "S-1-18-1");
    struct trust_sid_result r = filter(&f, &t);
    assert_int_equal(r.reason, REASON_NONE);
    assert_int_equal(r.boundary, BOUNDARY_FOREST);
    assert_int_equal(r.user, SID_RULE_PARTNER);
    assert_int_equal(r.primary, SID_RULE_WELL_KNOWN_ORIGIN);
    assert_int_equal(r.groups[0], SID_RULE_WELL_KNOWN_ORIGIN);
    assert_int_equal(r.groups[1], SID_RULE_PARTNER);
    assert_int_equal(r.extra[0], SID_RULE_NEVER);
    assert_int_equal(r.dropped, 0);
}

/* What a hostile partner would put into a referral. */
static void test_hostile_lists(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct fake f;

    fake_init(&f, THEIR_ROOT, 1104, 513);
    fake_group(&f, 513);
    fake_group(&f, 513);
    fake_extra(&f, OUR_ROOT "-512");
    fake_extra(&f, "S-1-5-32-544");
    fake_extra(&f, "S-1-5-9");
    fake_extra(&f, THEIR_CHILD "-1300");
    fake_extra(&f, THEIR_CHILD "-1300");
    fake_extra(&f, STRANGER "-1300");
    fake_extra(&f, THEIR_ROOT "-513");
    f.resource = sid_of(OUR_ROOT);
    f.info.resource_domain = &f.resource;
    f.resource_groups[0] = (struct pac_group){1500, PAC_GROUP_RESOURCE};
    f.info.resource_count = 1;
    struct trust_sid_result r = filter(&f, &t);
    static const enum sid_rule want[] = {
        SID_RULE_WELL_KNOWN_OTHER, SID_RULE_ALWAYS,  SID_RULE_EDC,      SID_RULE_PARTNER_FOREST,
        SID_RULE_DUPLICATE,        SID_RULE_FOREIGN, SID_RULE_DUPLICATE};

    assert_int_equal(r.reason, REASON_NONE);
    assert_int_equal(r.groups[0], SID_RULE_WELL_KNOWN_ORIGIN);
    assert_int_equal(r.groups[1], SID_RULE_DUPLICATE);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        assert_int_equal(r.extra[i], want[i]);
    assert_int_equal(r.resource[0], SID_RULE_LOCAL_FOREST);
    assert_int_equal(r.dropped, 8);
    assert_false(trust_sid_rule_keeps(SID_RULE_DUPLICATE, BOUNDARY_WITHIN_FOREST));
}

/* A PAC that claims to come from our own forest fails over every boundary from outside. */
static void test_logon_domain_local(void **state)
{
    (void)state;
    static const char *const ours[] = {OUR_ROOT, OUR_CHILD, OUR_TREE};

    for (enum sid_boundary b = BOUNDARY_FOREST; b < BOUNDARY__COUNT; b++)
        for (int i = 0; i < 3; i++) {
            struct trust t = trust_of(b);
            struct fake f;

            fake_init(&f, ours[i], 1104, 513);
            assert_int_equal(filter(&f, &t).reason, REASON_SID_LOGON_DOMAIN_LOCAL);
        }
    struct trust within = our_child_trust(0);
    struct fake f;
    fake_init(&f, OUR_TREE, 1104, 513);
    assert_int_equal(filter(&f, &within).reason, REASON_NONE);
}

static void test_identity_filtered(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct trust quarantined = our_child_trust(TRUST_QUARANTINED);
    struct fake f;

    fake_init(&f, STRANGER, 1104, 513);
    assert_int_equal(filter(&f, &t).reason, REASON_SID_USER_FILTERED);
    assert_int_equal(filter(&f, &t).user, SID_RULE_FOREIGN);
    fake_init(&f, STRANGER, 500, 513);
    assert_int_equal(filter(&f, &t).reason, REASON_SID_USER_FILTERED);
    fake_init(&f, OUR_TREE, 1104, 513);
    assert_int_equal(filter(&f, &quarantined).reason, REASON_SID_USER_FILTERED);
    fake_init(&f, THEIR_ROOT, 500, 513);
    assert_int_equal(filter(&f, &t).reason, REASON_NONE);

    /* External trusts let the user of another domain pass, but not its well-known group. */
    struct trust external = their_trust(0);
    fake_init(&f, STRANGER, 1104, 513);
    assert_int_equal(filter(&f, &external).reason, REASON_SID_PRIMARY_GROUP_FILTERED);
    assert_int_equal(filter(&f, &external).primary, SID_RULE_WELL_KNOWN_OTHER);
    fake_init(&f, STRANGER, 1104, 1105);
    assert_int_equal(filter(&f, &external).reason, REASON_NONE);
}

/* [MS-PAC] 2.5: with UserId 0 the user is the first extra SID. */
static void test_user_in_extra_sids(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct fake f;

    fake_init(&f, THEIR_ROOT, 0, 513);
    fake_extra(&f, THEIR_CHILD "-1104");
    assert_int_equal(filter(&f, &t).reason, REASON_NONE);
    assert_int_equal(filter(&f, &t).user, SID_RULE_PARTNER_FOREST);
    fake_init(&f, THEIR_ROOT, 0, 513);
    fake_extra(&f, OUR_ROOT "-500");
    assert_int_equal(filter(&f, &t).reason, REASON_SID_USER_FILTERED);
}

static void test_no_origin(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    static const char *const none[] = {"S-1-5-32", "S-1-5-2000-1", "S-1-10-7", THEIR_ROOT "-1000"};
    struct fake f;

    for (int i = 0; i < 4; i++) {
        fake_init(&f, none[i], 1104, 513);
        assert_int_equal(filter(&f, &t).reason, REASON_SID_LOGON_DOMAIN_MISSING);
    }
    f.info.domain_sid = NULL;
    assert_int_equal(filter(&f, &t).reason, REASON_SID_LOGON_DOMAIN_MISSING);
}

static void test_limits(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct trust_sid_result out = {.dropped = 77};
    struct arena tiny;
    struct fake f;

    fake_init(&f, THEIR_ROOT, 1104, 513);
    f.info.group_count = TRUST_SIDS_MAX;
    f.info.extra_count = 1;
    assert_int_equal(filter(&f, &t).reason, REASON_SID_TOO_MANY);
    fake_init(&f, THEIR_ROOT, 1104, 513);
    fake_group(&f, 1200);
    arena_init(&tiny, 0, 64, 0);
    assert_err(trust_sid_filter(&t, our_side(), &f.info, &tiny, &out), ERR_NOMEM);
    assert_int_equal(out.dropped, 77);
    arena_fini(&tiny);
}

/* As many groups as are allowed, all different, all kept. */
static void test_many_groups(void **state)
{
    (void)state;
    static struct pac_group groups[TRUST_SIDS_MAX];
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct fake f;

    fake_init(&f, THEIR_ROOT, 1104, 513);
    for (uint32_t i = 0; i < TRUST_SIDS_MAX; i++)
        groups[i] = (struct pac_group){5000 + i, PAC_GROUP_DEFAULT};
    f.info.groups = groups;
    f.info.group_count = TRUST_SIDS_MAX;
    assert_int_equal(filter(&f, &t).dropped, 0);
    for (uint32_t i = 0; i < TRUST_SIDS_MAX; i++)
        groups[i].rid = 5000 + i / 2;
    assert_int_equal(filter(&f, &t).dropped, TRUST_SIDS_MAX / 2);
}

/* --- the client's realm -------------------------------------------------------------------------
 */

static void test_crealm(void **state)
{
    (void)state;
    static const struct {
        const char *crealm;
        enum reason within, forest, external;
    } rows[] = {
        {"CORP.EXAMPLE.NET", REASON_NONE, REASON_NONE, REASON_NONE},
        {"corp.example.net", REASON_NONE, REASON_NONE, REASON_NONE},
        {"ASIA.CORP.EXAMPLE.NET", REASON_NONE, REASON_NONE, REASON_CREALM_NOT_PARTNER},
        {"UNLISTED.CORP.EXAMPLE.NET", REASON_NONE, REASON_NONE, REASON_CREALM_NOT_PARTNER},
        {"MAIL.EXAMPLE", REASON_NONE, REASON_NONE, REASON_CREALM_NOT_PARTNER},
        {"LAB.CORP.EXAMPLE.NET", REASON_NONE, REASON_CREALM_NOT_CLAIMED, REASON_CREALM_NOT_PARTNER},
        {"OFF.CORP.EXAMPLE.NET", REASON_NONE, REASON_CREALM_NOT_CLAIMED, REASON_CREALM_NOT_PARTNER},
        {"X.OFF.CORP.EXAMPLE.NET", REASON_NONE, REASON_CREALM_NOT_CLAIMED,
         REASON_CREALM_NOT_PARTNER},
        {"EVIL.EXAMPLE", REASON_NONE, REASON_CREALM_NOT_CLAIMED, REASON_CREALM_NOT_PARTNER},
        {"XCORP.EXAMPLE.NET", REASON_NONE, REASON_CREALM_NOT_CLAIMED, REASON_CREALM_NOT_PARTNER},
        {"", REASON_NONE, REASON_CREALM_NOT_CLAIMED, REASON_CREALM_NOT_PARTNER},
        {"AWS.EXAMPLE.COM", REASON_NONE, REASON_CREALM_LOCAL, REASON_CREALM_LOCAL},
        {"eu.aws.example.com", REASON_NONE, REASON_CREALM_LOCAL, REASON_CREALM_LOCAL},
        {"CLOUD.EXAMPLE", REASON_NONE, REASON_CREALM_LOCAL, REASON_CREALM_LOCAL},
    };
    struct trust within = our_child_trust(0), forest = their_trust(TRUST_FOREST_TRANSITIVE),
                 external = their_trust(TRUST_QUARANTINED);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span crealm = span_str(rows[i].crealm);

        assert_int_equal(trust_crealm_check(&within, our_side(), crealm), rows[i].within);
        if (trust_crealm_check(&forest, our_side(), crealm) != rows[i].forest)
            fail_msg("%s over a forest trust", rows[i].crealm);
        if (trust_crealm_check(&external, our_side(), crealm) != rows[i].external)
            fail_msg("%s over an external trust", rows[i].crealm);
    }
}

/* A forest trust marked non-transitive is one with that domain alone; so is one within the forest.
 */
static void test_crealm_non_transitive(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE | TRUST_NON_TRANSITIVE);
    struct trust child = our_child_trust(TRUST_NON_TRANSITIVE);

    assert_int_equal(trust_crealm_check(&t, our_side(), SPAN_LIT("CORP.EXAMPLE.NET")), REASON_NONE);
    assert_int_equal(trust_crealm_check(&t, our_side(), SPAN_LIT("ASIA.CORP.EXAMPLE.NET")),
                     REASON_CREALM_NOT_PARTNER);
    assert_int_equal(trust_crealm_check(&child, our_side(), SPAN_LIT("EU.AWS.EXAMPLE.COM")),
                     REASON_NONE);
    assert_int_equal(trust_crealm_check(&child, our_side(), SPAN_LIT("CLOUD.EXAMPLE")),
                     REASON_CREALM_NOT_PARTNER);
}

/* A name of ours that the partner's forest claims stays ours. */
static void test_crealm_claimed_by_both(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct forest_record r = tln_record("example.com", 0);

    t.records = &r;
    t.record_count = 1;
    assert_int_equal(trust_crealm_check(&t, our_side(), SPAN_LIT("AWS.EXAMPLE.COM")),
                     REASON_CREALM_LOCAL);
    assert_int_equal(trust_crealm_check(&t, our_side(), SPAN_LIT("X.EXAMPLE.COM")), REASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_bare_and_invalid),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_partner_with_our_sid),
        cmocka_unit_test(test_own_domain_without_list),
        cmocka_unit_test(test_ordinary_logon),
        cmocka_unit_test(test_hostile_lists),
        cmocka_unit_test(test_logon_domain_local),
        cmocka_unit_test(test_identity_filtered),
        cmocka_unit_test(test_user_in_extra_sids),
        cmocka_unit_test(test_no_origin),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_many_groups),
        cmocka_unit_test(test_crealm),
        cmocka_unit_test(test_crealm_non_transitive),
        cmocka_unit_test(test_crealm_claimed_by_both),
    };
    arena_init(&arena, 0, 4 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
