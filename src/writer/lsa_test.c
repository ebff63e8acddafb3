/* What the LSA keeps: user rights and secrets. */
#include "directory/user_rights.h"
#include "writer/fixture_test.h"

static uint64_t rights_of(const struct sid *sid)
{
    struct user_rights_account *list;
    unsigned count;
    assert_ok(dir_user_rights(fixture_snap(&f), &f.arena, &list, &count));
    for (unsigned i = 0; i < count; i++)
        if (sid_eq(&list[i].sid, sid))
            return list[i].rights;
    return UINT64_MAX;
}

static struct intent change(enum intent_mod_op op, const char *sid, const char *right)
{
    static struct span name;
    static struct intent_mod mod;
    name = span_str(right ? right : "");
    mod = (struct intent_mod){.op = op, .values = &name, .count = right ? 1 : 0};
    return (struct intent){
        .kind = INTENT_USER_RIGHTS, .target = span_str(sid), .mods = &mod, .mod_count = 1};
}

static void rights_are_given_and_taken(void **state)
{
    const struct sid users = SID_NT(32, 545), backup = SID_NT(32, 551);
    const uint64_t debug = 1ull << user_right_named(SPAN_LIT("SeDebugPrivilege"));
    const uint64_t restore = 1ull << user_right_named(SPAN_LIT("SeRestorePrivilege"));
    (void)state;
    assert_int_equal(rights_of(&users), UINT64_MAX);
    uint64_t before = rights_of(&backup);
    assert_true(before & restore);
    struct intent in = change(MOD_ADD, "S-1-5-32-545", NULL);
    done(fixture_do(&f, &in));
    assert_int_equal(rights_of(&users), 0);
    in = change(MOD_ADD, "S-1-5-32-545", "SeDebugPrivilege");
    done(fixture_do(&f, &in));
    assert_int_equal(rights_of(&users), debug);
    in = change(MOD_DELETE, "S-1-5-32-551", "SeRestorePrivilege");
    done(fixture_do(&f, &in));
    assert_int_equal(rights_of(&backup), before & ~restore);
    in = change(MOD_DELETE, "S-1-5-32-545", NULL);
    done(fixture_do(&f, &in));
    assert_int_equal(rights_of(&users), UINT64_MAX);
    refused(fixture_do(&f, &in), DIR_NO_OBJECT);
    in = change(MOD_ADD, "S-1-5-32-545", "SeFlyPrivilege");
    refused(fixture_do(&f, &in), DIR_USER_RIGHT);
}

static void secrets_are_kept_apart(void **state)
{
    struct intent in = {.kind = INTENT_LSA_SECRET, .target = SPAN_LIT("G$x")};
    struct dir_obj o;
    struct span kept;
    (void)state;
    in.trust.secret = SPAN_LIT("one");
    done(fixture_do(&f, &in));
    dir_id id = f.reply.id;
    assert_true(fixture_find(&f, "CN=G$x Secret,CN=System", &o));
    assert_int_equal(o.id, id);
    assert_ok(dir_lsa_secret(fixture_snap(&f), id, &f.arena, &kept));
    assert_span(kept, "one");
    refused(fixture_do(&f, &in), DIR_EXISTS);
    in.account = id;
    in.trust.secret = SPAN_LIT("two");
    done(fixture_do(&f, &in));
    assert_ok(dir_lsa_secret(fixture_snap(&f), id, &f.arena, &kept));
    assert_span(kept, "two");
    in.account = o.parent; /* no secret */
    refused(fixture_do(&f, &in), DIR_NO_OBJECT);
    in = (struct intent){.kind = INTENT_DELETE,
                         .target = SPAN_LIT("CN=G$x Secret,CN=System,DC=aws,DC=example,DC=com")};
    done(fixture_do(&f, &in));
    assert_int_equal(dir_lsa_secret(fixture_snap(&f), id, &f.arena, &kept), ERR_NOT_FOUND);
}

static void nobody_else_may(void **state)
{
    struct intent in = change(MOD_ADD, "S-1-5-32-545", NULL);
    (void)state;
    fixture_as(&f, "Administrator");
    refused(fixture_do(&f, &in), DIR_ACCESS);
    in = (struct intent){.kind = INTENT_LSA_SECRET, .target = SPAN_LIT("x")};
    refused(fixture_do(&f, &in), DIR_ACCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rights_are_given_and_taken, suite_as_system),
        cmocka_unit_test_setup(secrets_are_kept_apart, suite_as_system),
        cmocka_unit_test_setup(nobody_else_may, suite_as_system),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
