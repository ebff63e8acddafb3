#include "directory/token.h"

#include "base/test.h"
#include "directory/access.h"
#include "directory/forest_fixture_test.h"

static struct forest forest;
static struct arena arena;
static dir_id users, alice;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 64 << 20, 0);
    forest_init(&forest);
    users = forest_find(&forest, "CN=Users," FOREST_DN);
    alice = forest_account(&forest, users, CLASS_user, "alice");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_check(&forest.base);
    forest_fini(&forest);
    arena_fini(&arena);
    return 0;
}

static struct dir_snap snap(void)
{
    struct dir_snap s;

    arena_reset(&arena);
    assert_ok(dir_snap_begin(forest.base.dir, &s));
    return s;
}

static struct sid sid_of(const struct dir_snap *s, dir_id id)
{
    struct dir_obj o;
    struct span bytes;
    struct sid sid;

    assert_ok(dir_by_id(s, id, &o));
    assert_true(dir_attr_first(&o, ATTR_objectSid, &bytes));
    assert_ok(sid_from_bytes(bytes, &sid));
    return sid;
}

static bool lists(const struct dir_group_sid *l, unsigned count, const struct sid *sid)
{
    unsigned found = 0;

    for (unsigned i = 0; i < count; i++)
        found += sid_eq(&l[i].sid, sid);
    assert_in_range(found, 0, 1);
    return found;
}

static bool global(const struct dir_snap *s, const struct dir_memberships *m, dir_id group)
{
    struct sid sid = sid_of(s, group);

    return lists(m->global, m->global_count, &sid);
}

static bool universal(const struct dir_snap *s, const struct dir_memberships *m, dir_id group)
{
    struct sid sid = sid_of(s, group);

    return lists(m->universal, m->universal_count, &sid);
}

static bool text_has(const struct dir_token *t, const char *text)
{
    struct sid sid;

    assert_ok(sid_from_text(span_str(text), &sid));
    return dir_token_has(t, &sid);
}

static struct dir_memberships members(const struct dir_snap *s, dir_id account)
{
    struct dir_memberships m;

    assert_ok(dir_memberships(s, account, &arena, &m));
    return m;
}

/* A chain through every scope, and a cycle in it. */
static void scopes(void **state)
{
    dir_id g1 = forest_group(&forest, users, FOREST_GLOBAL, "g1");
    dir_id g2 = forest_group(&forest, users, FOREST_GLOBAL, "g2");
    dir_id u1 = forest_group(&forest, users, FOREST_UNIVERSAL, "u1");
    dir_id l1 = forest_group(&forest, users, FOREST_LOCAL, "l1");
    dir_id l2 = forest_group(&forest, users, FOREST_LOCAL, "l2");
    dir_id mail = forest_group(&forest, users, FOREST_DISTRIBUTION, "mail");
    dir_id behind = forest_group(&forest, users, FOREST_GLOBAL, "behind");
    dir_id bob = forest_account(&forest, users, CLASS_user, "bob");
    struct dir_memberships m;
    struct dir_group_sid *local;
    struct dir_snap s;
    unsigned count;
    struct sid sids[3];

    (void)state;
    forest_member(&forest, g1, bob);
    forest_member(&forest, g2, g1);
    forest_member(&forest, g1, g2);
    forest_member(&forest, u1, g2);
    forest_member(&forest, l1, u1);
    forest_member(&forest, l2, l1);
    forest_member(&forest, mail, bob);
    forest_member(&forest, behind, mail);
    s = snap();
    m = members(&s, bob);
    assert_int_equal(m.global_count, 3); /* Domain Users, g1, g2 */
    assert_int_equal(m.global[0].sid.sub[4], 513);
    assert_true(m.global[1].sid.sub[4] < m.global[2].sid.sub[4]);
    assert_true(global(&s, &m, g1) && global(&s, &m, g2));
    assert_int_equal(m.universal_count, 1);
    assert_true(universal(&s, &m, u1));
    assert_int_equal(m.global[1].attributes, 7);
    assert_false(m.protected_user);
    sids[0] = sid_of(&s, bob);
    assert_ok(dir_local_groups(&s, sids, 1, &arena, &local, &count));
    assert_int_equal(count, 0); /* not through global groups: those are among the SIDs */
    sids[1] = sid_of(&s, u1);
    assert_ok(dir_local_groups(&s, sids, 2, &arena, &local, &count));
    assert_int_equal(count, 2);
    sids[2] = sid_of(&s, l2);
    assert_true(lists(local, count, &sids[2]));
    assert_int_equal(local[0].attributes, 0x20000007);
    dir_snap_end(&s);
}

static void foreign_principals(void **state)
{
    dir_id container = forest_find(&forest, "CN=ForeignSecurityPrincipals," FOREST_DN);
    dir_id local = forest_group(&forest, users, FOREST_LOCAL, "dbadmins");
    const char *text = "S-1-5-21-7-8-9-1104";
    struct dir_group_sid *groups;
    struct dir_token token;
    struct sid sid, group;
    struct dir_snap s;
    unsigned count;
    dir_id fsp;
    bool own;

    (void)state;
    assert_ok(sid_from_text(span_str(text), &sid));
    own = forest_step(&forest);
    fsp = forest_object(&forest, container, CLASS_foreignSecurityPrincipal, text);
    set_sid(forest.change, fsp, &sid);
    forest_apply(&forest, own);
    forest_member(&forest, local, fsp);
    s = snap();
    assert_ok(dir_local_groups(&s, &sid, 1, &arena, &groups, &count));
    assert_int_equal(count, 1);
    group = sid_of(&s, local);
    assert_true(sid_eq(&groups[0].sid, &group));
    assert_ok(dir_token_for_sids(&s, &sid, 1, &arena, &token));
    assert_int_equal(token.account, 0);
    assert_true(sid_eq(&token.sids[0], &sid));
    assert_true(dir_token_has(&token, &group));
    assert_true(text_has(&token, "S-1-5-15"));
    assert_true(text_has(&token, "S-1-5-11"));
    assert_true(text_has(&token, "S-1-5-32-545")); /* Users holds Authenticated Users */
    dir_snap_end(&s);
}

static void other_organization_excludes_this(void **state)
{
    struct dir_snap s = snap();
    struct sid sids[2];
    struct dir_token token;

    (void)state;
    assert_ok(sid_from_text(SPAN_LIT("S-1-5-21-7-8-9-1105"), &sids[0]));
    assert_ok(sid_from_text(SPAN_LIT("S-1-5-1000"), &sids[1]));
    assert_ok(dir_token_for_sids(&s, sids, 2, &arena, &token));
    assert_true(text_has(&token, "S-1-5-1000"));
    assert_false(text_has(&token, "S-1-5-15"));
    assert_err(dir_token_for_sids(&s, sids, 0, &arena, &token), ERR_RANGE);
    dir_snap_end(&s);
}

static void well_known_tokens(void **state)
{
    struct dir_snap s = snap();
    struct dir_token token;
    struct dir_obj o;

    (void)state;
    assert_ok(dir_token_for_account(&s, alice, &arena, &token));
    assert_int_equal(token.account, alice);
    assert_true(text_has(&token, "S-1-1-0"));
    assert_true(text_has(&token, "S-1-5-11"));
    assert_true(text_has(&token, "S-1-5-21-1000-2000-3000-513"));
    assert_true(text_has(&token, "S-1-5-32-545"));
    assert_false(text_has(&token, "S-1-5-32-544"));
    assert_false(text_has(&token, "S-1-5-9"));
    assert_false(text_has(&token, "S-1-5-7"));
    assert_ok(dir_by_dn(&s, SPAN_LIT("CN=Administrator,CN=Users," FOREST_DN), &o, NULL));
    assert_ok(dir_token_for_account(&s, o.id, &arena, &token));
    assert_true(text_has(&token, "S-1-5-32-544"));
    assert_true(text_has(&token, "S-1-5-21-1000-2000-3000-512"));
    assert_ok(dir_by_dn(&s, SPAN_LIT("CN=DC-A,OU=Domain Controllers," FOREST_DN), &o, NULL));
    assert_ok(dir_token_for_account(&s, o.id, &arena, &token));
    assert_true(text_has(&token, "S-1-5-9"));
    assert_true(text_has(&token, "S-1-5-21-1000-2000-3000-516"));
    assert_true(text_has(&dir_token_anonymous, "S-1-5-7"));
    assert_false(text_has(&dir_token_anonymous, "S-1-1-0"));
    assert_err(dir_token_for_account(&s, users, &arena, &token), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

static void a_deleted_account_has_no_token(void **state)
{
    dir_id gone = forest_account(&forest, users, CLASS_user, "gone");
    struct dir_token token;
    bool own = forest_step(&forest);

    (void)state;
    change_flags(forest.change, gone, DIR_OBJ_DELETED);
    forest_apply(&forest, own);
    struct dir_snap s = snap();
    assert_err(dir_token_for_account(&s, gone, &arena, &token), ERR_NOT_FOUND);
    dir_snap_end(&s);
}

static void protected_users_and_history(void **state)
{
    dir_id carol = forest_account(&forest, users, CLASS_user, "carol");
    dir_id protected = forest_find(&forest, "CN=Protected Users,CN=Users," FOREST_DN);
    struct dir_memberships m;
    struct dir_snap s;
    struct sid old;
    uint8_t bytes[SID_BYTES_MAX];
    struct span stored;
    bool own;

    (void)state;
    assert_ok(sid_from_text(SPAN_LIT("S-1-5-21-4-5-6-1999"), &old));
    stored = span_of(bytes, sid_to_bytes(&old, bytes));
    own = forest_step(&forest);
    change_set(forest.change, carol, ATTR_sIDHistory, &stored, 1);
    change_link(forest.change, ATTR_member, protected, carol, SPAN_NONE);
    forest_apply(&forest, own);
    s = snap();
    m = members(&s, carol);
    assert_true(m.protected_user);
    assert_int_equal(m.history_count, 1);
    assert_true(sid_eq(&m.history[0].sid, &old));
    dir_snap_end(&s);
}

/* 1,000 groups, a hundred on each of ten levels, each a member of one of the next level. */
static void a_thousand_groups_ten_deep(void **state)
{
    dir_id dave = forest_account(&forest, users, CLASS_user, "dave");
    dir_id level[10][100];
    struct dir_memberships m;
    struct dir_token token;
    struct dir_snap s;

    (void)state;
    forest_begin(&forest);
    for (int l = 0; l < 10; l++)
        for (int i = 0; i < 100; i++) {
            char name[16];

            snprintf(name, sizeof(name), "deep%d-%d", l, i);
            level[l][i] =
                forest_group(&forest, users, l < 8 ? FOREST_GLOBAL : FOREST_UNIVERSAL, name);
            forest_member(&forest, level[l][i], l ? level[l - 1][(i * 7) % 100] : dave);
        }
    forest_commit(&forest);
    s = snap();
    m = members(&s, dave);
    assert_int_equal(m.global_count, 1 + 800);
    assert_int_equal(m.universal_count, 200);
    assert_true(universal(&s, &m, level[9][42]));
    assert_ok(dir_token_for_account(&s, dave, &arena, &token));
    assert_in_range(token.count, 1006, 1012);
    assert_ok(access_cache_attach(&token, &arena));
    for (int i = 0; i < 100; i++) {
        struct sid sid = sid_of(&s, level[9][i]);

        assert_true(dir_token_has(&token, &sid));
    }
    dir_snap_end(&s);
}

/* --- the cache
 * ------------------------------------------------------------------------------------ */

static unsigned cached_globals(struct dir_member_cache *c, dir_id account, const void **at)
{
    struct dir_snap s = snap();
    struct dir_memberships m;

    assert_ok(dir_member_cache_get(c, &s, account, &arena, &m));
    if (at)
        *at = m.global;
    dir_snap_end(&s);
    return m.global_count;
}

static void the_cache_follows_its_own_groups(void **state)
{
    dir_id erin = forest_account(&forest, users, CLASS_user, "erin");
    dir_id frank = forest_account(&forest, users, CLASS_user, "frank");
    dir_id a = forest_group(&forest, users, FOREST_GLOBAL, "ca");
    dir_id b = forest_group(&forest, users, FOREST_GLOBAL, "cb");
    dir_id other = forest_group(&forest, users, FOREST_GLOBAL, "cother");
    dir_id list = forest_group(&forest, users, FOREST_DISTRIBUTION, "clist");
    struct dir_member_cache *c;
    const void *first, *second;
    bool own;

    (void)state;
    assert_ok(dir_member_cache_new(64, 1 << 20, &c));
    forest_member(&forest, a, erin);
    forest_member(&forest, list, erin);
    assert_int_equal(cached_globals(c, erin, NULL), 2);
    assert_int_equal(cached_globals(c, erin, &first), 2);
    /* somebody else's group: the entry stays, the very same memory */
    forest_member(&forest, other, frank);
    assert_int_equal(cached_globals(c, erin, &second), 2);
    assert_ptr_equal(first, second);
    /* a group above one of its groups */
    forest_member(&forest, b, a);
    assert_int_equal(cached_globals(c, erin, NULL), 3);
    forest_no_member(&forest, a, erin);
    assert_int_equal(cached_globals(c, erin, NULL), 1);
    forest_member(&forest, a, erin);
    assert_int_equal(cached_globals(c, erin, NULL), 3);
    /* a distribution list becomes a security group */
    own = forest_step(&forest);
    set_u32(forest.change, list, ATTR_groupType, FOREST_GLOBAL);
    forest_apply(&forest, own);
    assert_int_equal(cached_globals(c, erin, NULL), 4);
    /* the primary group moves */
    own = forest_step(&forest);
    set_u32(forest.change, erin, ATTR_primaryGroupID, 514);
    forest_apply(&forest, own);
    assert_int_equal(cached_globals(c, erin, &first), 4);
    assert_int_equal(((const struct dir_group_sid *)first)->sid.sub[4], 514);
    dir_member_cache_free(c);
}

static unsigned cached_locals(struct dir_member_cache *c, const struct sid *sids, unsigned count,
                              const void **at)
{
    struct dir_snap s = snap();
    struct dir_group_sid *groups;
    unsigned n;

    assert_ok(dir_member_cache_local(c, &s, sids, count, &arena, &groups, &n));
    if (at)
        *at = groups;
    dir_snap_end(&s);
    return n;
}

static void local_groups_are_cached_by_sids(void **state)
{
    dir_id gina = forest_account(&forest, users, CLASS_user, "gina");
    dir_id one = forest_group(&forest, users, FOREST_LOCAL, "lone");
    dir_id two = forest_group(&forest, users, FOREST_LOCAL, "ltwo");
    dir_id container = forest_find(&forest, "CN=ForeignSecurityPrincipals," FOREST_DN), fsp;
    struct dir_snap s = snap();
    struct sid sids[2] = {sid_of(&s, gina)};
    struct dir_member_cache *c;
    const void *first, *second;
    bool own;

    (void)state;
    dir_snap_end(&s);
    assert_ok(sid_from_text(SPAN_LIT("S-1-5-21-7-8-9-4711"), &sids[1]));
    assert_ok(dir_member_cache_new(64, 1 << 20, &c));
    assert_int_equal(cached_locals(c, sids, 2, NULL), 0);
    forest_member(&forest, one, gina);
    assert_int_equal(cached_locals(c, sids, 2, NULL), 1);
    assert_int_equal(cached_locals(c, sids, 2, &first), 1);
    forest_member(&forest, two, alice);
    assert_int_equal(cached_locals(c, sids, 2, &second), 1);
    assert_ptr_equal(first, second);
    assert_int_equal(cached_locals(c, sids, 1, NULL), 1);
    /* a SID that nothing had becomes a member */
    own = forest_step(&forest);
    fsp = forest_object(&forest, container, CLASS_foreignSecurityPrincipal, "S-1-5-21-7-8-9-4711");
    set_sid(forest.change, fsp, &sids[1]);
    forest_apply(&forest, own);
    forest_member(&forest, two, fsp);
    assert_int_equal(cached_locals(c, sids, 2, NULL), 2);
    assert_int_equal(cached_locals(c, sids, 1, NULL), 1);
    forest_no_member(&forest, one, gina);
    assert_int_equal(cached_locals(c, sids, 2, NULL), 1);
    /* another SID with the same hash */
    forest_member(&forest, one, gina);
    assert_int_equal(cached_locals(c, sids, 1, NULL), 1);
    sids[0].authority[5] = 99;
    assert_int_equal(cached_locals(c, sids, 1, NULL), 0);
    dir_member_cache_free(c);
}

static void the_cache_is_bounded(void **state)
{
    struct dir_member_cache *c;

    (void)state;
    assert_ok(dir_member_cache_new(1, 10, &c));
    assert_int_equal(cached_globals(c, alice, NULL), 1);
    assert_int_equal(cached_globals(c, alice, NULL), 1);
    assert_int_equal(cached_locals(c, dir_token_anonymous.sids, 1, NULL), 0);
    dir_member_cache_free(c);
}

/* What is remembered of a group ends with the next commit, and a group may be in more of them than
 * there is room for. */
static void groups_are_remembered_for_one_commit(void **state)
{
    dir_id rosa = forest_account(&forest, users, CLASS_user, "rosa");
    dir_id rudi = forest_account(&forest, users, CLASS_user, "rudi");
    dir_id choir = forest_group(&forest, users, FOREST_GLOBAL, "choir");
    struct dir_snap s;

    (void)state;
    forest_member(&forest, choir, rosa);
    forest_member(&forest, choir, rudi);
    for (unsigned i = 0; i < 20; i++) {
        char name[16];

        snprintf(name, sizeof(name), "choirs%u", i);
        forest_member(&forest, forest_group(&forest, users, FOREST_GLOBAL, name), choir);
        s = snap();
        assert_int_equal(members(&s, rosa).global_count, i + 3); /* Domain Users, choir */
        assert_int_equal(members(&s, rudi).global_count, i + 3);
        assert_int_equal(members(&s, rosa).global_count, i + 3);
        dir_snap_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes),
        cmocka_unit_test(foreign_principals),
        cmocka_unit_test(other_organization_excludes_this),
        cmocka_unit_test(well_known_tokens),
        cmocka_unit_test(a_deleted_account_has_no_token),
        cmocka_unit_test(protected_users_and_history),
        cmocka_unit_test(a_thousand_groups_ten_deep),
        cmocka_unit_test(the_cache_follows_its_own_groups),
        cmocka_unit_test(local_groups_are_cached_by_sids),
        cmocka_unit_test(the_cache_is_bounded),
        cmocka_unit_test(groups_are_remembered_for_one_commit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
