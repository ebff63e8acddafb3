#include "trust/routing.h"

#include "trust/trust_test.h"

#define FOUND_MAX 8

/* Two forest trusts and an external one, of which one is judged. */
struct world {
    struct forest_record first[4], second[4];
    struct trust trusts[3];
    struct route_facts facts;
    struct forest_collision found[FOUND_MAX];
    unsigned found_count;
};

static void world_init(struct world *w)
{
    *w = (struct world){0};
    w->first[0] = tln_record("corp.example.net", 0);
    w->first[1] = domain_record("corp.example.net", "BIGCORP", THEIR_ROOT, 0);
    w->first[2] = domain_record("asia.corp.example.net", "ASIA", THEIR_CHILD, 0);
    w->trusts[0] = their_trust(TRUST_FOREST_TRANSITIVE);
    w->trusts[0].records = w->first;
    w->trusts[0].record_count = 3;
    w->second[0] = tln_record("partner.example", 0);
    w->second[1] = domain_record("partner.example", "PARTNER", STRANGER, 0);
    w->trusts[1] = (struct trust){.dns_name = SPAN_LIT("partner.example"),
                                  .flat_name = SPAN_LIT("PARTNER"),
                                  .sid = sid_of(STRANGER),
                                  .direction = TRUST_BOTH,
                                  .type = TRUST_UPLEVEL,
                                  .attributes = TRUST_FOREST_TRANSITIVE,
                                  .records = w->second,
                                  .record_count = 2};
    w->trusts[2] = (struct trust){.dns_name = SPAN_LIT("single.example"),
                                  .flat_name = SPAN_LIT("SINGLE"),
                                  .sid = sid_of("S-1-5-21-801-802-803"),
                                  .direction = TRUST_BOTH,
                                  .type = TRUST_UPLEVEL,
                                  .attributes = TRUST_QUARANTINED};
    w->facts = (struct route_facts){.local = our_side(), .trusts = w->trusts, .trust_count = 3};
}

static unsigned flag(struct world *w, unsigned which)
{
    return trust_flag_collisions(&w->facts, which, which ? w->second : w->first, w->found,
                                 FOUND_MAX, &w->found_count);
}

static void expect_one(struct world *w, enum reason reason, const char *with)
{
    assert_int_equal(w->found_count, 1);
    assert_int_equal(w->found[0].reason, reason);
    assert_span_equal(w->found[0].with, span_str(with));
}

static void test_no_collision(void **state)
{
    (void)state;
    struct world w;

    world_init(&w);
    assert_int_equal(flag(&w, 0), 0);
    assert_int_equal(flag(&w, 1), 0);
    assert_int_equal(w.found_count, 0);
}

/* Each rule of [MS-ADTS] 6.1.6.9.3.2 once: what the second trust's records are, and who has it
 * already. */
static void test_each_rule(void **state)
{
    (void)state;
    const struct {
        struct forest_record record;
        uint32_t flag;
        enum reason reason;
        const char *with;
    } rows[] = {
        {tln_record("corp.EXAMPLE.net", 0), FOREST_TLN_CONFLICT, REASON_FOREST_INFO_TLN_CONFLICT,
         "corp.example.net"},
        {tln_record("asia.corp.example.net", 0), FOREST_TLN_CONFLICT,
         REASON_FOREST_INFO_TLN_CONFLICT, "corp.example.net"},
        {tln_record("single.example", 0), FOREST_TLN_CONFLICT, REASON_FOREST_INFO_TLN_CONFLICT,
         "single.example"},
        {tln_record("aws.example.com", 0), FOREST_TLN_CONFLICT, REASON_FOREST_INFO_TLN_CONFLICT,
         "aws.example.com"},
        {tln_record("cloud.example", 0), FOREST_TLN_CONFLICT, REASON_FOREST_INFO_TLN_CONFLICT,
         "cloud.example"},
        {tln_record("people.example", 0), FOREST_TLN_CONFLICT, REASON_FOREST_INFO_TLN_CONFLICT,
         "people.example"},
        {tln_record("partner.example", 0), FOREST_TLN_CONFLICT, REASON_FOREST_INFO_TLN_CONFLICT,
         "partner.example"},
        {domain_record("x.partner.example", "X", OUR_ROOT, 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "aws.example.com"},
        {domain_record("x.partner.example", "X", OUR_TREE, 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "aws.example.com"},
        {domain_record("x.partner.example", "X", THEIR_CHILD, 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "corp.example.net"},
        {domain_record("x.partner.example", "X", "S-1-5-21-801-802-803", 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "single.example"},
        {domain_record("x.partner.example", "X", STRANGER, 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "partner.example"},
        {domain_record("cloud.example", "X", "S-1-5-21-7-7-7", 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "cloud.example"},
        {domain_record("asia.corp.example.net", "X", "S-1-5-21-7-7-7", 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "corp.example.net"},
        {domain_record("single.example", "X", "S-1-5-21-7-7-7", 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "single.example"},
        {domain_record("partner.example", "X", "S-1-5-21-7-7-7", 0), FOREST_SID_CONFLICT,
         REASON_FOREST_INFO_SID_CONFLICT, "partner.example"},
        {domain_record("x.partner.example", "aws", "S-1-5-21-7-7-7", 0), FOREST_NB_CONFLICT,
         REASON_FOREST_INFO_FLAT_CONFLICT, "aws.example.com"},
        {domain_record("x.partner.example", "EU", "S-1-5-21-7-7-7", 0), FOREST_NB_CONFLICT,
         REASON_FOREST_INFO_FLAT_CONFLICT, "eu.aws.example.com"},
        {domain_record("x.partner.example", "single", "S-1-5-21-7-7-7", 0), FOREST_NB_CONFLICT,
         REASON_FOREST_INFO_FLAT_CONFLICT, "single.example"},
        {domain_record("x.partner.example", "PARTNER", "S-1-5-21-7-7-7", 0), FOREST_NB_CONFLICT,
         REASON_FOREST_INFO_FLAT_CONFLICT, "partner.example"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;

        world_init(&w);
        w.second[2] = rows[i].record;
        w.trusts[1].record_count = 3;
        if (flag(&w, 1) != 1 || w.second[2].flags != rows[i].flag)
            fail_msg("row %zu: flags %#x", i, w.second[2].flags);
        expect_one(&w, rows[i].reason, rows[i].with);
        assert_int_equal(w.found[0].record, 2);
        assert_int_equal(flag(&w, 1), 0); /* a second time changes nothing */
        w.second[2] = domain_record("y.partner.example", "Y", "S-1-5-21-7-7-8", rows[i].flag);
        if (rows[i].record.type == FOREST_DOMAIN) {
            assert_int_equal(flag(&w, 1), 1); /* and what no longer collides is unmarked */
            assert_int_equal(w.second[2].flags, 0);
        }
    }
}

/* The forest that stands first keeps its names; a record that is switched off holds none. */
static void test_precedence(void **state)
{
    (void)state;
    struct world w;

    world_init(&w);
    w.second[2] = tln_record("corp.example.net", FOREST_TLN_ADMIN_DISABLED);
    w.trusts[1].record_count = 3;
    assert_int_equal(flag(&w, 0), 0);
    assert_int_equal(flag(&w, 1), 1);
    assert_int_equal(w.second[2].flags, FOREST_TLN_ADMIN_DISABLED | FOREST_TLN_CONFLICT);

    world_init(&w);
    w.first[2] = tln_record("shared.example", FOREST_TLN_ADMIN_DISABLED);
    w.second[2] = tln_record("shared.example", 0);
    w.trusts[1].record_count = 3;
    assert_int_equal(flag(&w, 1), 0);
    w.first[2].flags = 0;
    assert_int_equal(flag(&w, 1), 1);

    world_init(&w);
    w.first[2].flags = FOREST_SID_ADMIN_DISABLED;
    w.second[2] = domain_record("x.partner.example", "X", THEIR_CHILD, 0);
    w.trusts[1].record_count = 3;
    assert_int_equal(flag(&w, 1), 0);
    w.second[2] = domain_record("asia.corp.example.net", "X", "S-1-5-21-7-7-7", 0);
    assert_int_equal(flag(&w, 1), 0);
}

/* Of two trusts with one NetBIOS name the one with the longer DNS name loses, wherever it stands.
 */
static void test_flat_precedence(void **state)
{
    (void)state;
    struct world w;

    world_init(&w);
    w.first[2].flat_name = SPAN_LIT("SHARED");
    w.second[2] = domain_record("x.partner.example", "shared", "S-1-5-21-7-7-7", 0);
    w.trusts[1].record_count = 3;
    assert_int_equal(flag(&w, 1), 0);
    assert_int_equal(flag(&w, 0), 1);
    assert_int_equal(w.first[2].flags, FOREST_NB_CONFLICT);
    expect_one(&w, REASON_FOREST_INFO_FLAT_CONFLICT, "partner.example");

    world_init(&w); /* of one length: the later in the alphabet */
    w.trusts[1].dns_name = SPAN_LIT("corp.example.org");
    w.first[2].flat_name = SPAN_LIT("SHARED");
    w.second[2] = domain_record("x.partner.example", "shared", "S-1-5-21-7-7-7", 0);
    w.trusts[1].record_count = 3;
    assert_int_equal(flag(&w, 0), 0);
    assert_int_equal(flag(&w, 1), 1);
}

/* Exclusions and unknown records never collide; unrelated flags stay. */
static void test_untouched(void **state)
{
    (void)state;
    struct world w;

    world_init(&w);
    w.second[2] = exclusion_record("corp.example.net", FOREST_TLN_CONFLICT);
    w.second[3] = (struct forest_record){.type = FOREST_BINARY, .flags = 0xF};
    w.trusts[1].record_count = 4;
    assert_int_equal(flag(&w, 1), 0);
    assert_int_equal(w.second[2].flags, FOREST_TLN_CONFLICT);
    assert_int_equal(w.second[3].flags, 0xF);
    w.second[0].flags = 0x10000 | FOREST_TLN_NEW | FOREST_TLN_CONFLICT;
    assert_int_equal(flag(&w, 1), 1);
    assert_int_equal(w.second[0].flags, 0x10000 | FOREST_TLN_NEW);
}

/* More collisions than there is room for are flagged all the same. */
static void test_found_is_bounded(void **state)
{
    (void)state;
    struct world w;

    world_init(&w);
    w.second[0] = tln_record("aws.example.com", 0);
    w.second[1] = domain_record("aws.example.com", "AWS", OUR_ROOT, 0);
    assert_int_equal(trust_flag_collisions(&w.facts, 1, w.second, w.found, 1, &w.found_count), 2);
    assert_int_equal(w.found_count, 1);
    assert_int_equal(w.second[1].flags, FOREST_SID_CONFLICT | FOREST_NB_CONFLICT);
}

static void test_check(void **state)
{
    (void)state;
    struct forest_record r[] = {domain_record("corp.example.net", "BIGCORP", THEIR_ROOT, 0),
                                exclusion_record("lab.corp.example.net", 0),
                                tln_record("corp.example.net", FOREST_TLN_ADMIN_DISABLED),
                                domain_record("asia.corp.example.net", "ASIA", THEIR_CHILD, 0),
                                domain_record("elsewhere.example", "ELSE", STRANGER, 0)};
    unsigned at = 77;

    assert_int_equal(trust_check_forest_info(r, 0, &at), REASON_FOREST_INFO_EMPTY);
    assert_int_equal(trust_check_forest_info(r, 2, &at), REASON_FOREST_INFO_EMPTY);
    assert_int_equal(trust_check_forest_info(r, 4, &at), REASON_NONE);
    assert_int_equal(at, 77);
    assert_int_equal(trust_check_forest_info(r, 5, &at), REASON_FOREST_INFO_NOT_UNDER_TLN);
    assert_int_equal(at, 4);
    assert_int_equal(trust_check_forest_info(r, 5, NULL), REASON_FOREST_INFO_NOT_UNDER_TLN);
    r[2].name = SPAN_NONE;
    assert_int_equal(trust_check_forest_info(r, 4, &at), REASON_FOREST_INFO_EMPTY);
}

static void test_new_records(void **state)
{
    (void)state;
    struct trust t = their_trust(TRUST_FOREST_TRANSITIVE);
    struct forest_record own = tln_record("corp.example.net", 0),
                         under = tln_record("x.corp.example.net", 0),
                         other = tln_record("mail.example", 0),
                         domain = domain_record("x.example", "X", STRANGER, 0);

    assert_int_equal(trust_new_record_flags(&t, &own), 0);
    assert_int_equal(trust_new_record_flags(&t, &under), 0);
    assert_int_equal(trust_new_record_flags(&t, &other), FOREST_TLN_NEW);
    assert_int_equal(trust_new_record_flags(&t, &domain), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_collision), cmocka_unit_test(test_each_rule),
        cmocka_unit_test(test_precedence),   cmocka_unit_test(test_flat_precedence),
        cmocka_unit_test(test_untouched),    cmocka_unit_test(test_found_is_bounded),
        cmocka_unit_test(test_check),        cmocka_unit_test(test_new_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
