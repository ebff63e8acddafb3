#include "trust/forest_merge.h"

#include "trust/trust_test.h"

#define NOW  INT64_C(133000000000000000)
#define THEN (NOW - 1)

static struct arena arena;
static struct forest_record *merged;
static unsigned count, waiting;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 1 << 20, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void merge(const struct trust *t, const struct forest_record *told, unsigned n)
{
    const struct forest_told what = {told, n, NOW};
    assert_ok(trust_merge_forest_info(t, &what, &arena, &merged, &count, &waiting));
}

static const struct forest_record *record(enum forest_record_type type, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (merged[i].type == type && span_eq(merged[i].name, span_str(name)))
            return &merged[i];
    return NULL;
}

static uint32_t flags(enum forest_record_type type, const char *name)
{
    const struct forest_record *r = record(type, name);
    if (!r)
        fail_msg("no record %d %s", (int)type, name);
    return r->flags;
}

static void what_is_new_waits(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    const struct forest_record told[] = {
        tln_record("corp.example.net", 0),
        tln_record("mail.example", 0),
        tln_record("more.example", 0),
        domain_record("corp.example.net", "BIGCORP", THEIR_ROOT, 0),
        domain_record("asia.corp.example.net", "ASIA", THEIR_CHILD, 0),
        domain_record("new.corp.example.net", "NEW", STRANGER, 0),
    };
    merge(&t, told, 6);
    assert_int_equal(flags(FOREST_TLN, "corp.example.net"), 0);
    assert_int_equal(flags(FOREST_TLN, "mail.example"), 0);
    assert_int_equal(flags(FOREST_TLN, "more.example"), FOREST_TLN_NEW);
    assert_int_equal(waiting, 1);
    assert_true(record(FOREST_TLN, "more.example")->time == NOW);
    assert_true(record(FOREST_TLN, "mail.example")->time == 0);
    assert_int_equal(flags(FOREST_DOMAIN, "new.corp.example.net"), 0);
    assert_true(record(FOREST_DOMAIN, "new.corp.example.net")->time == NOW);
    /* the second time it is as new as before, and no news */
    t.records = merged;
    t.record_count = count;
    merge(&t, told, 6);
    assert_int_equal(flags(FOREST_TLN, "more.example"), FOREST_TLN_NEW);
    assert_int_equal(waiting, 0);
}

static void decisions_stay_and_what_is_gone_goes(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    const struct forest_record told[] = {
        tln_record("corp.example.net", 0),
        domain_record("corp.example.net", "BIGCORP", THEIR_ROOT, FOREST_SID_CONFLICT),
    };
    merge(&t, told, 2);
    assert_null(record(FOREST_TLN, "mail.example"));
    assert_null(record(FOREST_DOMAIN, "asia.corp.example.net"));
    assert_int_equal(flags(FOREST_TLN_EXCLUSION, "lab.corp.example.net"), 0);
    assert_int_equal(flags(FOREST_DOMAIN, "off.corp.example.net"), FOREST_SID_ADMIN_DISABLED);
    assert_int_equal(flags(FOREST_DOMAIN, "corp.example.net"),
                     0); /* they do not say what is ours */
    assert_int_equal(count, 4);
}

static void names_under_names_and_strangers_are_left_out(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    const struct forest_record told[] = {
        tln_record("eu.more.example", 0),       tln_record("corp.example.net", 0),
        tln_record("asia.corp.example.net", 0), tln_record("more.example", 0),
        tln_record("more.example", 0),          domain_record("evil.test", "EVIL", STRANGER, 0),
        exclusion_record("x.more.example", 0),
    };
    t.record_count = 0;
    merge(&t, told, 7);
    assert_int_equal(count, 2);
    assert_int_equal(flags(FOREST_TLN, "corp.example.net"), 0);
    assert_int_equal(flags(FOREST_TLN, "more.example"), FOREST_TLN_NEW);
}

/* A name that was switched off must not come back with another NetBIOS name, nor its own decision
 * be taken over by a domain that took the NetBIOS name. */
static void a_decision_is_about_the_sid(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    const struct forest_record told[] = {
        tln_record("corp.example.net", 0),
        domain_record("renamed.corp.example.net", "RENAMED", THEIR_OFF, 0),
        domain_record("other.corp.example.net", "OFF", STRANGER, 0),
    };
    merge(&t, told, 3);
    assert_int_equal(flags(FOREST_DOMAIN, "renamed.corp.example.net"), FOREST_SID_ADMIN_DISABLED);
    assert_int_equal(flags(FOREST_DOMAIN, "other.corp.example.net"), 0);
    assert_null(record(FOREST_DOMAIN, "off.corp.example.net"));
}

static enum reason decide(enum forest_decision what, const char *name)
{
    return trust_decide_forest_name(merged, &count, what, span_str(name), NOW);
}

static void begin(void)
{
    static struct forest_record list[16];
    list[0] = tln_record("corp.example.net", 0);
    list[1] = tln_record("more.example", FOREST_TLN_NEW);
    list[2] = tln_record("taken.example", FOREST_TLN_CONFLICT);
    list[3] = domain_record("corp.example.net", "BIGCORP", THEIR_ROOT, 0);
    list[4] = domain_record("asia.corp.example.net", "ASIA", THEIR_CHILD,
                            FOREST_SID_CONFLICT | FOREST_NB_CONFLICT);
    merged = list;
    count = 5;
}

static void the_administrator_decides_about_names(void **state)
{
    (void)state;
    begin();
    assert_int_equal(decide(FOREST_ENABLE, "More.example"), REASON_NONE);
    assert_int_equal(flags(FOREST_TLN, "more.example"), 0);
    assert_int_equal(decide(FOREST_DISABLE, "more.example"), REASON_NONE);
    assert_int_equal(flags(FOREST_TLN, "more.example"), FOREST_TLN_ADMIN_DISABLED);
    assert_int_equal(decide(FOREST_ENABLE, "more.example"), REASON_NONE);
    assert_int_equal(flags(FOREST_TLN, "more.example"), 0);
    assert_int_equal(decide(FOREST_ENABLE, "taken.example"), REASON_FOREST_INFO_TLN_CONFLICT);
    assert_int_equal(decide(FOREST_DISABLE, "taken.example"), REASON_NONE);
    assert_int_equal(flags(FOREST_TLN, "taken.example"),
                     FOREST_TLN_CONFLICT | FOREST_TLN_ADMIN_DISABLED);
    assert_int_equal(decide(FOREST_ENABLE, "asia.corp.example.net"), REASON_FOREST_NAME_UNKNOWN);
    merged[1].flags = FOREST_TLN_NEW;
    assert_int_equal(decide(FOREST_DISABLE, "more.example"), REASON_NONE);
    assert_int_equal(flags(FOREST_TLN, "more.example"), FOREST_TLN_ADMIN_DISABLED);
}

static void the_administrator_decides_about_domains(void **state)
{
    (void)state;
    begin();
    assert_int_equal(decide(FOREST_DOMAIN_DISABLE, "corp.example.net"), REASON_NONE);
    assert_int_equal(flags(FOREST_DOMAIN, "corp.example.net"), FOREST_SID_ADMIN_DISABLED);
    assert_int_equal(flags(FOREST_TLN, "corp.example.net"), 0);
    assert_int_equal(decide(FOREST_FLAT_DISABLE, "bigcorp"), REASON_NONE);
    assert_int_equal(decide(FOREST_DOMAIN_ENABLE, "corp.example.net"), REASON_NONE);
    assert_int_equal(flags(FOREST_DOMAIN, "corp.example.net"), FOREST_NB_ADMIN_DISABLED);
    assert_int_equal(decide(FOREST_FLAT_ENABLE, "BIGCORP"), REASON_NONE);
    assert_int_equal(flags(FOREST_DOMAIN, "corp.example.net"), 0);
    assert_int_equal(decide(FOREST_DOMAIN_ENABLE, "asia.corp.example.net"),
                     REASON_FOREST_INFO_SID_CONFLICT);
    assert_int_equal(decide(FOREST_FLAT_ENABLE, "ASIA"), REASON_FOREST_INFO_FLAT_CONFLICT);
    assert_int_equal(decide(FOREST_DOMAIN_DISABLE, "asia.corp.example.net"), REASON_NONE);
    assert_int_equal(decide(FOREST_FLAT_DISABLE, "asia"), REASON_NONE);
    assert_int_equal(decide(FOREST_FLAT_DISABLE, "corp.example.net"), REASON_FOREST_NAME_UNKNOWN);
    assert_int_equal(decide(FOREST_DOMAIN_DISABLE, "BIGCORP"), REASON_FOREST_NAME_UNKNOWN);
}

static void the_administrator_excludes(void **state)
{
    (void)state;
    begin();
    assert_int_equal(decide(FOREST_EXCLUDE, "lab.corp.example.net"), REASON_NONE);
    assert_int_equal(decide(FOREST_EXCLUDE, "lab.corp.example.net"), REASON_NONE);
    assert_int_equal(count, 6);
    assert_int_equal(flags(FOREST_TLN_EXCLUSION, "lab.corp.example.net"), 0);
    assert_int_equal(decide(FOREST_EXCLUDE, "elsewhere.test"), REASON_FOREST_NAME_UNKNOWN);
    assert_int_equal(decide(FOREST_INCLUDE, "corp.example.net"), REASON_FOREST_NAME_UNKNOWN);
    assert_int_equal(decide(FOREST_EXCLUDE, "z.more.example"), REASON_NONE);
    assert_int_equal(decide(FOREST_INCLUDE, "lab.corp.example.net"), REASON_NONE);
    assert_int_equal(count, 6);
    assert_null(record(FOREST_TLN_EXCLUSION, "lab.corp.example.net"));
    assert_int_equal(flags(FOREST_TLN_EXCLUSION, "z.more.example"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_new_waits),
        cmocka_unit_test(decisions_stay_and_what_is_gone_goes),
        cmocka_unit_test(names_under_names_and_strangers_are_left_out),
        cmocka_unit_test(a_decision_is_about_the_sid),
        cmocka_unit_test(the_administrator_decides_about_names),
        cmocka_unit_test(the_administrator_decides_about_domains),
        cmocka_unit_test(the_administrator_excludes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
