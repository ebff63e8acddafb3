/* Filters on a whole forest: what matches, who sees it, and that every plan finds what a scan
 * finds. */
#include "directory/search.h"

#include "base/test.h"
#include "base/text.h"
#include "directory/forest_fixture_test.h"

#define PEOPLE_DN "OU=People," FOREST_DN

static struct forest forest;
static struct arena arena, scratch;
static dir_id people, inner, anna, bert, pc, staff, sub, everyone_else;

static void make_people(void)
{
    static const char *const kinds[] = {"sales", "Sales", "research", "R&D"};

    forest_begin(&forest);
    for (int i = 0; i < 300; i++) {
        char name[32];
        dir_id id;

        snprintf(name, sizeof(name), "user%03d", i);
        id = forest_account(&forest, i % 3 ? people : inner, CLASS_user, name);
        forest_text(&forest, id, ATTR_department, kinds[i % 4]);
        if (i % 5 == 0)
            forest_text(&forest, id, ATTR_description, i % 2 ? "odd one" : "even one");
        if (i % 7 == 0)
            forest_member(&forest, sub, id);
        snprintf(name, sizeof(name), "Given%d", i % 10);
        forest_text(&forest, id, ATTR_givenName, name);
        snprintf(name, sizeof(name), "Name%d", i % 13);
        forest_text(&forest, id, ATTR_sn, name);
    }
    forest_commit(&forest);
}

static int setup(void **state)
{
    bool own;

    (void)state;
    arena_init(&arena, 1 << 20, 256 << 20, 0);
    arena_init(&scratch, 1 << 16, 16 << 20, 0);
    forest_init(&forest);
    people = forest_new(&forest, forest.naming.domain_nc, CLASS_organizationalUnit, "People");
    inner = forest_new(&forest, people, CLASS_organizationalUnit, "Inner");
    anna = forest_account(&forest, people, CLASS_user, "anna");
    bert = forest_account(&forest, people, CLASS_user, "bert");
    pc = forest_account(&forest, people, CLASS_computer, "PC1$");
    staff = forest_group(&forest, people, FOREST_UNIVERSAL, "staff");
    sub = forest_group(&forest, people, FOREST_GLOBAL, "substaff");
    everyone_else = forest_group(&forest, people, FOREST_LOCAL, "others");
    own = forest_step(&forest);
    set_text(forest.change, anna, ATTR_displayName, "Anna Ährenfeld");
    set_text(forest.change, anna, ATTR_givenName, "Anna");
    set_text(forest.change, anna, ATTR_sn, "Ährenfeld");
    set_text(forest.change, anna, ATTR_description, "first (of) two*");
    set_u32(forest.change, bert, ATTR_userAccountControl, 0x202);
    set_text(forest.change, bert, ATTR_homePhone, "+49 30 1");
    change_link(forest.change, ATTR_manager, anna, bert, SPAN_NONE);
    change_link(forest.change, ATTR_member, sub, anna, SPAN_NONE);
    change_link(forest.change, ATTR_member, staff, sub, SPAN_NONE);
    change_link(forest.change, ATTR_member, everyone_else, staff, SPAN_NONE);
    change_link(forest.change, ATTR_member, everyone_else, bert, SPAN_NONE);
    forest_apply(&forest, own);
    make_people();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_check(&forest.base);
    forest_fini(&forest);
    arena_fini(&arena);
    arena_fini(&scratch);
    return 0;
}

static struct dir_snap snap(void)
{
    struct dir_snap s;

    assert_ok(dir_snap_begin(forest.base.dir, &s));
    return s;
}

static struct dir_filter *filter(const struct dir_snap *s, const char *text)
{
    struct dir_filter *f;

    if (dir_filter_parse(span_str(text), &arena, &f) != ERR_OK)
        fail_msg("not parsed: %s", text);
    assert_ok(dir_filter_resolve(s, f, &arena));
    return f;
}

/* The names found, in the order of ids, with spaces. */
static const char *found_by(struct dir_search *q, const struct dir_snap *s)
{
    static char text[16384];
    struct dir_obj o;
    size_t n = 0;
    enum err e;

    text[0] = 0;
    q->arena = &arena;
    q->scratch = &scratch;
    while ((e = dir_search_next(s, q, 50, &o)) == ERR_OK || e == ERR_LIMIT)
        if (e == ERR_OK)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", n ? " " : "",
                                  SPAN_ARG(o.rdn));
    assert_err(e, ERR_NOT_FOUND);
    assert_err(dir_search_next(s, q, 50, &o), ERR_NOT_FOUND);
    return text;
}

static const char *found(const char *text, const struct dir_token *token)
{
    struct dir_snap s;
    struct dir_search q = {.base = people, .scope = DIR_SUBTREE, .token = token};
    const char *names;

    arena_reset(&arena);
    s = snap();
    q.filter = filter(&s, text);
    names = found_by(&q, &s);
    dir_snap_end(&s);
    return names;
}

#define assert_found(text, names) assert_string_equal(found((text), &dir_token_system), (names))

static void comparisons(void **state)
{
    (void)state;
    assert_found("(cn=ANNA)", "anna");
    assert_found("(cn~=anna)", "anna");
    assert_found("(name=anna)", "anna");
    assert_found("(sAMAccountName=pc1$)", "PC1$");
    assert_found("(displayName=anna ÄHRENFELD)", "anna");
    assert_found("(displayName=anna*)", "anna");
    assert_found("(displayName=*äHREN*)", "anna");
    assert_found("(displayName=a*n*a*feld)", "anna");
    assert_found("(displayName=*nna Ä*nfeld*)", "anna");
    assert_found("(displayName=anna Ährenfeld*d)", "");
    assert_found("(description=first \\28of\\29 two\\2a)", "anna");
    assert_found("(description=*\\2a)", "anna");
    assert_found("(ou=people)", "People");
    assert_found("(ou=*)", "People Inner");
    assert_found("(&(cn>=user298)(cn<=user299))", "user298 user299");
    assert_found("(&(objectClass=group)(groupType>=-2147483644)(groupType<=-2147483640))",
                 "staff others");
    assert_found("(groupType=2147483656)", "staff");
    assert_found("(groupType=-2147483640)", "staff");
    assert_found("(groupType:1.2.840.113556.1.4.803:=2147483656)", "staff");
    assert_found("(groupType:1.2.840.113556.1.4.804:=12)", "staff others");
    assert_found("(userAccountControl:1.2.840.113556.1.4.803:=2)", "bert");
    assert_found("(&(userAccountControl=514)(userAccountControl>=514)(userAccountControl<=514))",
                 "bert");
    assert_found("(userAccountControl>=5000000000)", "");
    assert_found("(&(ou=people)(!(userAccountControl<=5000000000)))", "People");
    assert_found("(&(cn=bert)(userAccountControl<=5000000000))", "bert");
    assert_found("(&(cn=bert)(whenCreated<=20270101000000.0Z))", "bert");
    assert_found("(&(cn=bert)(whenCreated>=20270101000000.0Z))", "");
    assert_found("(&(cn=bert)(pwdLastSet>=1))", "bert");
}

static void classes_and_categories(void **state)
{
    (void)state;
    assert_found("(&(objectClass=user)(|(cn=anna)(cn=pc1$)))", "anna PC1$");
    assert_found("(objectClass=computer)", "PC1$");
    assert_found("(objectCategory=computer)", "PC1$");
    assert_found("(&(objectCategory=person)(|(cn=anna)(cn=pc1$)))", "anna");
    assert_found("(&(objectCategory=user)(|(cn=anna)(cn=pc1$)))", "anna");
    assert_found("(objectCategory=CN=Group,CN=Schema,CN=Configuration," FOREST_DN ")",
                 "staff substaff others");
    assert_found("(objectCategory=noSuchClass)", "");
    assert_found("(objectClass=noSuchClass)", "");
    assert_found("(objectClass=organizationalUnit)", "People Inner");
    assert_found("(&(objectClass=*)(ou=*))", "People Inner");
    assert_found("(&(objectGUID=*)(name=*)(distinguishedName=*)(ou=*))", "People Inner");
}

static void names_and_links(void **state)
{
    (void)state;
    assert_found("(distinguishedName=cn=ANNA," PEOPLE_DN ")", "anna");
    assert_found("(manager=CN=bert," PEOPLE_DN ")", "anna");
    assert_found("(manager=*)", "anna");
    assert_found("(directReports=CN=anna," PEOPLE_DN ")", "bert");
    assert_found("(directReports=*)", "bert");
    assert_found("(manager=CN=nobody," PEOPLE_DN ")", "");
    assert_found("(&(ou=people)(!(manager=CN=nobody," PEOPLE_DN ")))", "People");
    assert_found("(&(ou=people)(!(manager=nonsense)))", "");
    assert_found("(member=CN=bert," PEOPLE_DN ")", "others");
    assert_found("(&(memberOf=CN=others," PEOPLE_DN ")(cn=*))", "bert staff");
    assert_found("(member:1.2.840.113556.1.4.1941:=CN=anna," PEOPLE_DN ")",
                 "staff substaff others");
    assert_found("(&(memberOf:1.2.840.113556.1.4.1941:=CN=others," PEOPLE_DN ")(!(cn=user*)))",
                 "anna bert staff substaff");
    assert_found("(description:1.2.840.113556.1.4.1941:=CN=anna," PEOPLE_DN ")", "");
}

static void identifiers(void **state)
{
    struct dir_snap s = snap();
    char text[256], sid_text[SID_TEXT_SIZE];
    struct span stored;
    struct dir_obj o;
    struct sid sid;
    size_t n;

    (void)state;
    assert_ok(dir_by_id(&s, anna, &o));
    assert_true(dir_attr_first(&o, ATTR_objectSid, &stored));
    assert_ok(sid_from_bytes(stored, &sid));
    dir_snap_end(&s);
    sid_to_text(&sid, sid_text);
    snprintf(text, sizeof(text), "(objectSid=%s)", sid_text);
    assert_found(text, "anna");
    n = (size_t)snprintf(text, sizeof(text), "(objectGUID=");
    for (int i = 0; i < 16; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "\\%02x", o.guid.b[i]);
    snprintf(text + n, sizeof(text) - n, ")");
    assert_found(text, "anna");
    assert_found("(objectSid=S-1-5-nonsense)", "");
}

static void three_values(void **state)
{
    (void)state;
    assert_found("(noSuchAttribute=x)", "");
    assert_found("(!(noSuchAttribute=x))", "");
    assert_found("(|(noSuchAttribute=x)(cn=anna))", "anna");
    assert_found("(&(!(noSuchAttribute=x))(cn=anna))", "");
    assert_found("(&(ou=people)(!(&(noSuchAttribute=x)(cn=nobody))))", "People");
    assert_found("(&(ou=people)(!(userAccountControl=nonsense)))", "");
    assert_found("(&(ou=people)(!(userAccountControl=512)))", "People"); /* absent is false */
    assert_found("(&(ou=people)(!(nTSecurityDescriptor=x)))", "");
    assert_found("(&(ou=people)(nTSecurityDescriptor=*))", "People");
    assert_found("(&(ou=people)(!(description>=x)))", "People");
    assert_found("(&(ou=people)(&))", "People");
    assert_found("(&(ou=people)(|))", "");
}

static void ambiguous_names(void **state)
{
    (void)state;
    assert_found("(anr=anna)", "anna");
    assert_found("(anr=ANN)", "anna");
    assert_found("(anr=ähr)", "anna");
    assert_found("(anr=anna ähr)", "anna");
    assert_found("(anr=ähr anna)", "anna");
    assert_found("(anr=ähr bert)", "");
    assert_found("(anr==anna)", "anna");
    assert_found("(anr==ann)", "");
    assert_found("(anr=ber*)", "bert");
    assert_found("(anr=*ert)", "");
    assert_found("(&(ou=people)(!(anr=*)))", "People");
    assert_found("(&(anr=given3 name7)(cn=user1*))", "user163");
}

static void constructed_attributes_are_refused(void **state)
{
    struct dir_snap s = snap();
    struct dir_filter *f;

    (void)state;
    assert_ok(dir_filter_parse(SPAN_LIT("(|(cn=x)(tokenGroups=S-1-1-0))"), &arena, &f));
    assert_err(dir_filter_resolve(&s, f, &arena), ERR_UNSUPPORTED);
    dir_snap_end(&s);
}

static void scopes(void **state)
{
    struct dir_snap s = snap();
    struct dir_search q = {.base = people,
                           .scope = DIR_BASE,
                           .token = &dir_token_system,
                           .filter = filter(&s, "(objectClass=*)")};

    (void)state;
    assert_string_equal(found_by(&q, &s), "People");
    q = (struct dir_search){.base = people,
                            .scope = DIR_ONE,
                            .token = &dir_token_system,
                            .filter = filter(&s, "(|(cn=a*)(ou=*)(cn=user001)(cn=user000))")};
    assert_string_equal(found_by(&q, &s), "Inner anna user001");
    q = (struct dir_search){.base = inner,
                            .scope = DIR_SUBTREE,
                            .token = &dir_token_system,
                            .filter = filter(&s, "(|(ou=*)(cn=user001)(cn=user000))")};
    assert_string_equal(found_by(&q, &s), "Inner user000");
    dir_snap_end(&s);
}

static void naming_contexts(void **state)
{
    struct dir_snap s = snap();
    struct dir_search q = {.base = forest.naming.domain_nc,
                           .scope = DIR_SUBTREE,
                           .token = &dir_token_system,
                           .filter = filter(&s, "(cn=Schema)")};

    (void)state;
    assert_string_equal(found_by(&q, &s), "");
    q.cross_nc = true;
    q.plan = NULL;
    assert_string_equal(found_by(&q, &s), "Schema");
    q = (struct dir_search){.base = 0,
                            .scope = DIR_SUBTREE,
                            .cross_nc = true,
                            .token = &dir_token_system,
                            .filter = filter(&s, "(|(&(cn=schema)(objectClass=dMD))(cn=anna)"
                                                 "(objectClass=dnsZone))")};
    assert_string_equal(found_by(&q, &s), "Schema anna"); /* no application partitions */
    q = (struct dir_search){.base = forest.naming.config_nc,
                            .scope = DIR_ONE,
                            .token = &dir_token_system,
                            .filter = filter(&s, "(cn=S*)")};
    assert_string_equal(found_by(&q, &s), "Services Sites");
    dir_snap_end(&s);
}

/* --- every plan against a scan
 * -------------------------------------------------------------------- */

static uint64_t seed;

static unsigned draw(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

static void random_leaf(struct builder *b)
{
    static const char *const fixed[] = {
        "(department=sales)",
        "(department=r*)",
        "(!(description=*))",
        "(description=even*)",
        "(objectCategory=person)",
        "(objectClass=user)",
        "(objectClass=group)",
        "(noSuch=x)",
        "(memberOf=CN=substaff," PEOPLE_DN ")",
        "(cn=*9)",
        "(manager=*)",
        "(objectClass=*)",
        "(memberOf:1.2.840.113556.1.4.1941:=CN=staff," PEOPLE_DN ")",
        "(anr=given3)",
        "(sn=name1)",
        "(primaryGroupID=513)",
        "(userAccountControl:1.2.840.113556.1.4.803:=512)",
    };
    unsigned kind = draw(sizeof(fixed) / sizeof(fixed[0]) + 6);

    if (kind < sizeof(fixed) / sizeof(fixed[0]))
        builder_printf(b, "%s", fixed[kind]);
    else if (kind % 3 == 0)
        builder_printf(b, "(sAMAccountName=user%03u)", draw(310));
    else if (kind % 3 == 1)
        builder_printf(b, "(cn=user%u*)", draw(30));
    else
        builder_printf(b, "(cn%c=user%03u)", draw(2) ? '>' : '<', draw(300));
}

static void random_filter(struct builder *b, unsigned depth)
{
    static const char ops[] = "&|!&|";
    char op = ops[draw(5)];

    if (depth == 0 || draw(3) == 0) {
        random_leaf(b);
        return;
    }
    builder_printf(b, "(%c", op);
    for (unsigned n = op == '!' ? 1 : 1 + draw(3); n > 0; n--)
        random_filter(b, depth - 1);
    builder_printf(b, ")");
}

static unsigned results(const struct dir_snap *s, struct dir_search *q, dir_id *out, unsigned room)
{
    struct dir_obj o;
    unsigned n = 0;
    enum err e;

    q->arena = &arena;
    q->scratch = &scratch;
    while ((e = dir_search_next(s, q, 64, &o)) == ERR_OK || e == ERR_LIMIT)
        if (e == ERR_OK) {
            assert_true(n < room);
            out[n++] = o.id;
        }
    assert_err(e, ERR_NOT_FOUND);
    return n;
}

static int by_id(const void *a, const void *b)
{
    dir_id x = *(const dir_id *)a, y = *(const dir_id *)b;

    return (x > y) - (x < y);
}

static void plans_find_what_a_scan_finds(void **state)
{
    const char *given = getenv("ENTENTE_SEED");
    static dir_id all[8000], planned[8000];
    unsigned matched = 0;

    (void)state;
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + 1;
    print_message("ENTENTE_SEED=%llu\n", (unsigned long long)seed);
    for (int round = 0; round < 300; round++) {
        struct dir_snap s = snap();
        struct dir_search scan = {.base = draw(2) ? people : forest.naming.domain_nc,
                                  .scope = draw(4) ? DIR_SUBTREE : DIR_ONE,
                                  .token = &dir_token_system};
        struct dir_search plan = scan;
        struct builder b;
        struct span text;
        unsigned count, hits = 0, planned_count;

        arena_reset(&arena);
        builder_in(&b, &arena, 65536);
        random_filter(&b, 3);
        assert_ok(builder_done(&b, &text));
        plan.filter = filter(&s, arena_dup_str(&arena, text));
        scan.filter = filter(&s, "(!(cn=no such))");
        count = results(&s, &scan, all, 8000);
        for (unsigned i = 0; i < count; i++) {
            struct dir_obj o;

            assert_ok(dir_by_id(&s, all[i], &o));
            if (dir_filter_match(&s, plan.filter, &o, &dir_token_system, &scratch))
                all[hits++] = all[i];
        }
        planned_count = results(&s, &plan, planned, 8000);
        qsort(all, hits, sizeof(all[0]), by_id);
        qsort(planned, planned_count, sizeof(all[0]), by_id);
        if (planned_count != hits || memcmp(all, planned, hits * sizeof(all[0])) != 0)
            fail_msg("round %d: %u by plan, %u by scan: %.*s", round, planned_count, hits,
                     SPAN_ARG(text));
        matched += hits > 0;
        dir_snap_end(&s);
    }
    assert_in_range(matched, 60, 300);
}

/* --- across snapshots
 * ------------------------------------------------------------------------------ */

static void resume(const char *text, dir_id base, unsigned expected)
{
    struct dir_snap s = snap();
    struct dir_search q = {.base = base,
                           .scope = DIR_SUBTREE,
                           .token = &dir_token_system,
                           .filter = filter(&s, text),
                           .arena = &arena,
                           .scratch = &scratch};
    struct dir_obj o;
    unsigned n = 0;
    enum err e;

    while ((e = dir_search_next(&s, &q, 20, &o)) == ERR_OK || e == ERR_LIMIT) {
        n += e == ERR_OK;
        dir_snap_end(&s);
        if (n == 5 && e == ERR_OK) { /* something else changes meanwhile */
            forest_text(&forest, people, ATTR_description, "changed");
        }
        s = snap();
    }
    assert_err(e, ERR_NOT_FOUND);
    assert_int_equal(n, expected);
    dir_snap_end(&s);
}

static void a_snapshot_for_each_result(void **state)
{
    (void)state;
    resume("(department=sales)", people, 150);
    resume("(cn=user1*)", people, 100);
    resume("(|(cn=user1*)(department=research))", people, 150);
    resume("(!(cn=nobody))", inner, 101);
}

static void objects_that_go_and_come(void **state)
{
    dir_id box = forest_new(&forest, people, CLASS_organizationalUnit, "Box");
    dir_id id[6];
    struct dir_snap s;
    struct dir_search q = {.base = box, .scope = DIR_SUBTREE, .token = &dir_token_system};
    struct dir_obj o;
    bool own;

    (void)state;
    for (int i = 0; i < 6; i++) {
        char name[8];

        snprintf(name, sizeof(name), "m%d", i);
        id[i] = forest_account(&forest, box, CLASS_user, name);
        forest_text(&forest, id[i], ATTR_department, "moving");
    }
    for (int walk = 0; walk < 2; walk++) {
        s = snap();
        q.filter = filter(&s, walk ? "(!(ou=*))" : "(department=moving)");
        q.plan = NULL;
        q.arena = &arena;
        assert_ok(dir_search_next(&s, &q, 100, &o));
        assert_int_equal(o.id, id[0]);
        dir_snap_end(&s);
        /* the one just given goes elsewhere, the next is deleted, one is renamed */
        own = forest_step(&forest);
        change_move(forest.change, id[0], people, SPAN_LIT("m0 moved"));
        change_flags(forest.change, id[1], DIR_OBJ_DELETED);
        change_move(forest.change, id[2], box, SPAN_LIT("a name before all others"));
        forest_apply(&forest, own);
        s = snap();
        for (int i = 2; i < 6; i++) {
            assert_ok(dir_search_next(&s, &q, 100, &o));
            assert_int_equal(o.id, id[i]);
        }
        assert_err(dir_search_next(&s, &q, 100, &o), ERR_NOT_FOUND);
        dir_snap_end(&s);
        own = forest_step(&forest);
        change_move(forest.change, id[0], box, SPAN_LIT("m0"));
        change_flags(forest.change, id[1], 0);
        forest_apply(&forest, own);
    }
    own = forest_step(&forest);
    change_flags(forest.change, id[3], DIR_OBJ_DELETED);
    forest_apply(&forest, own);
    s = snap();
    q = (struct dir_search){.base = box,
                            .scope = DIR_SUBTREE,
                            .token = &dir_token_system,
                            .show_deleted = true,
                            .filter = filter(&s, "(sAMAccountName=m3)")};
    assert_string_equal(found_by(&q, &s), "m3");
    q.show_deleted = false;
    q.plan = NULL;
    assert_string_equal(found_by(&q, &s), "");
    dir_snap_end(&s);
}

/* --- rights
 * ----------------------------------------------------------------------------------------- */

static struct dir_token token_of(dir_id account, bool cached)
{
    struct dir_snap s = snap();
    static struct arena keep;
    struct dir_token t;

    if (keep.max == 0)
        arena_init(&keep, 0, 64 << 20, 0);
    assert_ok(dir_token_for_account(&s, account, &keep, &t));
    if (cached)
        assert_ok(access_cache_attach(&t, &keep));
    dir_snap_end(&s);
    return t;
}

/* CVE-2026-58222: what may not be read must not show in what a filter finds either. */
static void cve_2026_58222(void **state)
{
    struct dir_token user = token_of(bert, true);
    struct dir_token admin =
        token_of(forest_find(&forest, "CN=Administrator,CN=Users," FOREST_DN), true);

    (void)state;
    forest_text(&forest, anna, ATTR_unixUserPassword, "secret");
    assert_int_equal(schema_attr(ATTR_unixUserPassword)->flags & SCHEMA_CONFIDENTIAL,
                     SCHEMA_CONFIDENTIAL);
    assert_string_equal(found("(&(cn=anna)(unixUserPassword=*))", &admin), "anna");
    assert_string_equal(found("(&(cn=anna)(unixUserPassword=*))", &user), "");
    assert_string_equal(found("(unixUserPassword=sec*)", &user), "");
    assert_string_equal(found("(unixUserPassword=secret)", &user), "");
    assert_string_equal(found("(&(cn=anna)(unixUserPassword>=a))", &user), "");
    assert_string_equal(found("(&(cn=anna)(!(unixUserPassword=secret)))", &user), "anna");
    assert_string_equal(found("(&(cn=anna)(!(unixUserPassword=other)))", &user), "anna");
}

static void secrets_are_read_by_nobody(void **state)
{
    static const uint32_t secret[] = {
        ATTR_unicodePwd,
        ATTR_dBCSPwd,
        ATTR_supplementalCredentials,
        ATTR_ntPwdHistory,
        ATTR_lmPwdHistory,
        ATTR_trustAuthIncoming,
        ATTR_trustAuthOutgoing,
        ATTR_initialAuthIncoming,
        ATTR_initialAuthOutgoing,
        ATTR_currentValue,
        ATTR_priorValue,
        ATTR_pekList,
        ATTR_msDS_ExecuteScriptPassword,
    };
    struct dir_snap s = snap();
    struct dir_obj o;

    (void)state;
    assert_ok(dir_by_id(&s, anna, &o));
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
        if (dir_attr_readable(&s, &o, secret[i], &dir_token_system))
            fail_msg("%s is readable", schema_attr(secret[i])->name);
    assert_true(dir_attr_readable(&s, &o, ATTR_cn, &dir_token_system));
    dir_snap_end(&s);
}

static void readable(dir_id id, uint32_t attr, const struct dir_token *t, bool want)
{
    struct dir_snap s = snap();
    struct dir_obj o;

    assert_ok(dir_by_id(&s, id, &o));
    for (int again = 0; again < 2; again++)
        if (dir_attr_readable(&s, &o, attr, t) != want)
            fail_msg("%s", schema_attr(attr)->name);
    dir_snap_end(&s);
}

/* Everyone reads the property set of displayName, each account itself that of homePhone, nobody the
 * rest. */
static void reading_attributes(void **state)
{
    char shared[GUID_TEXT_SIZE], own[GUID_TEXT_SIZE], sddl[512];
    struct dir_token user = token_of(bert, true), plain = token_of(bert, false);

    (void)state;
    guid_to_text(&schema_attr(ATTR_displayName)->property_set, shared);
    guid_to_text(&schema_attr(ATTR_homePhone)->property_set, own);
    assert_string_not_equal(shared, own);
    snprintf(sddl, sizeof(sddl), "O:DAG:DAD:P(OA;;RP;%s;;WD)(OA;;RP;%s;;PS)(A;;RC;;;WD)", shared,
             own);
    forest_sddl(&forest, anna, sddl);
    forest_sddl(&forest, bert, sddl);
    for (const struct dir_token *t = &user; t; t = t == &user ? &plain : NULL) {
        readable(anna, ATTR_displayName, t, true);
        readable(anna, ATTR_homePhone, t, false);
        readable(bert, ATTR_homePhone, t, true);
        readable(anna, ATTR_nTSecurityDescriptor, t, true);
        readable(anna, ATTR_tokenGroups, t, false);
        readable(anna, ATTR_displayName, &dir_token_anonymous, false);
    }
    forest_text(&forest, anna, ATTR_homePhone, "+49 30 2");
    assert_string_equal(found("(homePhone=*)", &user), "bert");
    assert_string_equal(found("(homePhone=*)", &dir_token_system), "anna bert");
}

/* Many more descriptors than a token remembers at once, every other one readable: places in the
 * cache are shared, answers are not. */
static void more_descriptors_than_the_cache_holds(void **state)
{
    dir_id crowd = forest_new(&forest, forest.naming.domain_nc, CLASS_organizationalUnit, "Crowd");
    struct dir_token user = token_of(bert, true);
    dir_id id[400];

    (void)state;
    forest_begin(&forest);
    for (int i = 0; i < 400; i++) {
        char text[128];

        snprintf(text, sizeof(text), "c%d", i);
        id[i] = forest_account(&forest, crowd, CLASS_user, text);
        snprintf(text, sizeof(text), "O:DAG:DAD:P(A;;%s;;;WD)(A;;WP;;;S-1-5-21-9-9-9-%d)",
                 i % 2 ? "RP" : "WP", 1000 + i);
        forest_sddl(&forest, id[i], text);
    }
    forest_commit(&forest);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 400; i++)
            readable(id[(i * 37) % 400], ATTR_displayName, &user, (i * 37) % 2);
}

static void hidden_containers(void **state)
{
    dir_id vault = forest_new(&forest, people, CLASS_organizationalUnit, "Vault");
    dir_id ghost = forest_account(&forest, vault, CLASS_user, "ghost");
    struct dir_token user = token_of(bert, true);
    struct dir_snap s;
    struct dir_obj o;
    struct dir_search q;

    (void)state;
    assert_string_equal(found("(cn=ghost)", &user), "ghost");
    forest_sddl(&forest, vault, "O:DAG:DAD:P(A;;RPRC;;;AU)(A;;GA;;;DA)");
    user = token_of(bert, true);
    assert_string_equal(found("(cn=ghost)", &user), "");
    assert_string_equal(found("(ou=vault)", &user), "Vault");
    assert_string_equal(found("(cn=ghost)", &dir_token_system), "ghost");
    s = snap();
    assert_ok(dir_by_id(&s, ghost, &o));
    assert_false(access_visible(&s, &o, &user));
    q = (struct dir_search){
        .base = ghost, .scope = DIR_BASE, .token = &user, .filter = filter(&s, "(objectClass=*)")};
    assert_string_equal(found_by(&q, &s), "");
    dir_snap_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons),
        cmocka_unit_test(classes_and_categories),
        cmocka_unit_test(names_and_links),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(three_values),
        cmocka_unit_test(ambiguous_names),
        cmocka_unit_test(constructed_attributes_are_refused),
        cmocka_unit_test(scopes),
        cmocka_unit_test(naming_contexts),
        cmocka_unit_test(plans_find_what_a_scan_finds),
        cmocka_unit_test(a_snapshot_for_each_result),
        cmocka_unit_test(objects_that_go_and_come),
        cmocka_unit_test(cve_2026_58222),
        cmocka_unit_test(secrets_are_read_by_nobody),
        cmocka_unit_test(reading_attributes),
        cmocka_unit_test(more_descriptors_than_the_cache_holds),
        cmocka_unit_test(hidden_containers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
