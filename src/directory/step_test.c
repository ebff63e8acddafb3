/* Steps: a record applied in parts has the effect of the whole. */
#include "directory/dir_fixture_test.h"
#include "directory/links.h"

#define USERS 300

static struct fixture f, twin;

static int setup(void **state)
{
    *state = &f;
    fixture_init(&f);
    fixture_forest(&f);
    fixture_init(&twin);
    fixture_forest(&twin);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_check(&f);
    fixture_fini(&f);
    fixture_fini(&twin);
    return 0;
}

static enum err part(struct dir_write *w, struct change *c)
{
    struct span record;
    uint64_t usn;
    assert_int_equal(change_done(c, &record), ERR_OK);
    return dir_write_apply(w, record, &usn);
}

static dir_id user(unsigned i)
{
    return ID_NEXT + 1 + i;
}

/* A group, then users, each a part that looks at what was before it; in the end all memberships. */
static void group_and_users(struct dir_write *w)
{
    struct change *c = fixture_change(&f);
    struct dir_obj o;
    create(c, ID_NEXT, ID_USERS, CLASS_group, 0, "Many");
    change_sd(c, ID_NEXT, SPAN_LIT("descriptor of groups"));
    assert_int_equal(part(w, c), ERR_OK);
    for (unsigned i = 0; i < USERS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "user%u", i);
        c = fixture_change(&f);
        create(c, user(i), ID_USERS, CLASS_user, 0, name);
        set_text(c, user(i), ATTR_displayName, name);
        if (i == 0)
            change_sd(c, user(i), SPAN_LIT("descriptor of users"));
        else
            change_sd_like(c, user(i), user(i - 1));
        assert_int_equal(part(w, c), ERR_OK);
        assert_false(dir_write_step_closed(w));
        assert_int_equal(dir_child(&w->snap, ID_USERS, span_str(name), &o), ERR_OK);
    }
    c = fixture_change(&f);
    for (unsigned i = USERS; i-- > 0;) {
        change_link(c, ATTR_member, i % 2 ? ID_NEXT : ID_GROUP, user(i), SPAN_NONE);
        change_link(c, ATTR_member, ID_NEXT, user(i), SPAN_NONE); /* some of them twice */
    }
    assert_int_equal(part(w, c), ERR_OK);
}

static void a_step_is_one_record(void **state)
{
    struct dir_write w;
    struct dir_snap s;
    struct span record;
    struct dir_obj o;
    uint8_t mine[HASH_SIZE_MAX] = {0}, other[HASH_SIZE_MAX] = {0};
    (void)state;
    assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
    uint64_t before = dir_snap_usn(&w.snap);
    assert_int_equal(dir_write_step_begin(&w, FIXTURE_TIME, &f.arena), ERR_OK);
    group_and_users(&w);
    /* A group that was there got members: caches must see that by its USN. */
    assert_true(dir_write_step_closed(&w));
    assert_int_equal(dir_write_step_keep(&w), ERR_OK);
    assert_int_equal(dir_snap_usn(&w.snap), before + 1);
    assert_int_equal(dir_write_commit(&w), ERR_OK);
    assert_int_equal(dir_snap_begin(f.dir, &s), ERR_OK);
    assert_int_equal(dir_link_count(&s, ATTR_member, ID_NEXT), USERS);
    assert_int_equal(dir_link_count(&s, ATTR_member, ID_GROUP), USERS / 2);
    assert_int_equal(dir_backlink_count(&s, ATTR_member, user(0)), 2);
    assert_int_equal(dir_link_epoch(&s, user(1)), before + 1);
    assert_int_equal(dir_by_id(&s, ID_GROUP, &o), ERR_OK);
    assert_int_equal(dir_attr_i64(&o, ATTR_uSNChanged, 0), before + 1);
    assert_int_equal(dir_log_read(&s, before + 1, &record), ERR_OK);
    assert_int_equal(dir_write_begin(twin.dir, &w), ERR_OK);
    assert_int_equal(dir_write_apply(&w, record, &before), ERR_OK);
    assert_int_equal(dir_write_commit(&w), ERR_OK);
    dir_snap_end(&s);
    fixture_digest(&f, mine);
    fixture_digest(&twin, other);
    assert_memory_equal(mine, other, 32);
}

static void break_it(struct dir_write *w)
{
    assert_int_equal(dir_write_step_begin(w, FIXTURE_TIME, &f.arena), ERR_OK);
    struct change *c = fixture_change(&f);
    create(c, ID_NEXT, ID_USERS, CLASS_user, 0, "New");
    assert_int_equal(part(w, c), ERR_OK);
    c = fixture_change(&f);
    create(c, ID_NEXT + 1, ID_USERS, CLASS_user, 0, "NEW");
    assert_int_equal(part(w, c), ERR_EXISTS);
    assert_true(dir_write_step_closed(w));
    c = fixture_change(&f);
    create(c, ID_NEXT + 2, ID_USERS, CLASS_user, 0, "Newer");
    assert_int_equal(part(w, c), ERR_EXISTS);
    assert_int_equal(dir_write_step_keep(w), ERR_EXISTS);
}

/* The step is given up as a whole, and a transaction that has more goes on as if it had not been.
 */
static void a_broken_step_is_undone(void **state)
{
    struct dir_write w;
    uint8_t mine[HASH_SIZE_MAX] = {0}, other[HASH_SIZE_MAX] = {0};
    (void)state;
    assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
    break_it(&w);
    assert_int_equal(dir_write_commit(&w), ERR_EXISTS);
    fixture_digest(&f, mine);
    fixture_digest(&twin, other);
    assert_memory_equal(mine, other, 32);
    assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
    struct change *c = fixture_change(&f), *same = fixture_change(&twin);
    set_text(c, ID_ALICE, ATTR_description, "before");
    set_text(same, ID_ALICE, ATTR_description, "before");
    assert_int_equal(part(&w, c), ERR_OK);
    assert_int_equal(fixture_apply(&twin, same, NULL), ERR_OK);
    uint64_t usn = dir_snap_usn(&w.snap);
    break_it(&w);
    assert_int_equal(dir_snap_usn(&w.snap), usn);
    assert_int_equal(dir_write_commit(&w), ERR_OK);
    fixture_digest(&f, mine);
    fixture_digest(&twin, other);
    assert_memory_equal(mine, other, 32);
}

static void what_others_may_have_read_closes_it(void **state)
{
    struct dir_write w;
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        struct change *c = fixture_change(&f);
        assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
        assert_int_equal(dir_write_step_begin(&w, FIXTURE_TIME, &f.arena), ERR_OK);
        if (kind == 0)
            set_text(c, ID_ALICE, ATTR_description, "changed");
        else if (kind == 1)
            create(c, ID_NEXT, ID_PARTITIONS, CLASS_crossRef, 0, "New");
        else
            change_meta(c, SPAN_LIT("setting"), SPAN_LIT("x"));
        assert_int_equal(part(&w, c), ERR_OK);
        assert_true(dir_write_step_closed(&w));
        c = fixture_change(&f);
        create(c, ID_NEXT + 1, ID_USERS, CLASS_user, 0, "New");
        assert_int_equal(part(&w, c), ERR_CONSTRAINT);
        assert_int_equal(dir_write_step_keep(&w), ERR_CONSTRAINT);
        dir_write_abort(&w);
    }
    /* All parts have one time. */
    assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
    assert_int_equal(dir_write_step_begin(&w, FIXTURE_TIME + 1, &f.arena), ERR_OK);
    assert_int_equal(part(&w, fixture_change(&f)), ERR_CONSTRAINT);
    assert_int_equal(dir_write_step_keep(&w), ERR_CONSTRAINT);
    dir_write_abort(&w);
}

/* One without parts leaves nothing, not even a number. */
static void an_empty_step_is_nothing(void **state)
{
    struct dir_write w;
    (void)state;
    assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
    uint64_t usn = dir_snap_usn(&w.snap);
    assert_int_equal(dir_write_step_begin(&w, FIXTURE_TIME, &f.arena), ERR_OK);
    assert_int_equal(dir_write_step_keep(&w), ERR_OK);
    assert_int_equal(dir_snap_usn(&w.snap), usn);
    dir_write_abort(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_step_is_one_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_step_is_undone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_others_may_have_read_closes_it, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_step_is_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
