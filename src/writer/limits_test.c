/* What one change may touch: the objects of a tree, and the bytes of a change record. */
#include "wire/ms/sddl.h"
#include "writer/fixture_test.h"

#define TREE_MAX 20000

/* Children of one unit, in one change record, with the unit's own descriptor inherited. */
static void many_below(const char *unit, unsigned count)
{
    struct dir_write w;
    struct dir_obj o;
    struct span record;
    uint64_t usn;
    fixture_close(&f);
    assert_ok(dir_write_begin(f.dir, &w));
    assert_ok(dir_by_dn(&w.snap, span_str(arena_printf(&f.arena, "%s," DOMAIN, unit)), &o, NULL));
    struct change *c = change_new(&f.arena, INT64_C(1790000000) * UTIME_SECOND);
    for (unsigned i = 0; i < count; i++) {
        struct guid guid;
        struct span sd;
        char name[32];
        dir_id id = dir_write_next_id(&w);
        plat_random(guid.b, sizeof(guid.b));
        snprintf(name, sizeof(name), "c%u", i);
        change_create(c, id, o.id, CLASS_contact, &guid, 0, span_str(name));
        assert_ok(dir_sd(&w.snap, o.sd_id, &sd));
        change_sd(c, id, sd);
    }
    assert_ok(change_done(c, &record));
    assert_ok(dir_write_apply(&w, record, &usn));
    assert_ok(dir_write_commit(&w));
}

/* A descriptor whose list is inherited, with as many entries. */
static enum err give_list(const char *unit, unsigned entries)
{
    const struct sid domain = SID_NT(21, 11, 22, 33);
    const struct sddl_domain known = {&domain, &domain};
    struct builder text, b;
    struct span sddl, sd;
    struct intent_mod mod = {MOD_REPLACE, SPAN_LIT("nTSecurityDescriptor"), &sd, 1};
    struct intent in = {.kind = INTENT_MODIFY, .mods = &mod, .mod_count = 1};
    builder_in(&text, &f.arena, 1u << 20);
    builder_printf(&text, "O:DAG:DAD:(A;CI;GA;;;SY)");
    for (unsigned i = 0; i < entries; i++)
        builder_printf(&text, "(A;CI;RP;;;S-1-5-21-11-22-33-%u)", 2000 + i);
    assert_ok(builder_done(&text, &sddl));
    builder_in(&b, &f.arena, 65536);
    assert_ok(sddl_parse(sddl, &known, &f.arena, &b));
    assert_ok(builder_done(&b, &sd));
    in.target = span_str(arena_printf(&f.arena, "%s," DOMAIN, unit));
    return fixture_do(&f, &in);
}

static void test_a_tree_that_is_too_large(void **state)
{
    (void)state;
    done(fixture_add(&f, "OU=wide", "objectClass: organizationalUnit"));
    many_below("OU=wide", TREE_MAX);
    refused(fixture_delete(&f, "OU=wide", INTENT_TREE_DELETE), DIR_TREE_TOO_LARGE);
    assert_int_equal(f.reply.err, ERR_LIMIT);
    done(fixture_delete(&f, "CN=c7,OU=wide", 0));
    done(fixture_delete(&f, "OU=wide", INTENT_TREE_DELETE));
}

static void test_too_many_inherit(void **state)
{
    (void)state;
    done(fixture_add(&f, "OU=heirs", "objectClass: organizationalUnit"));
    many_below("OU=heirs", TREE_MAX + 1);
    refused(give_list("OU=heirs", 1), DIR_TREE_TOO_LARGE);
    assert_int_equal(f.reply.err, ERR_LIMIT);
}

/* Some 2,000 objects that each get a list of some 40 kB; a record ends at 64 MiB. */
static void test_a_change_that_is_too_large(void **state)
{
    (void)state;
    done(fixture_add(&f, "OU=rich", "objectClass: organizationalUnit"));
    many_below("OU=rich", 2000);
    done(give_list("OU=rich", 1));
    refused(give_list("OU=rich", 1100), DIR_TOO_LARGE);
    assert_int_equal(f.reply.err, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tree_that_is_too_large),
        cmocka_unit_test(test_too_many_inherit),
        cmocka_unit_test(test_a_change_that_is_too_large),
    };
    return cmocka_run_group_tests(tests, suite_setup, suite_teardown);
}
