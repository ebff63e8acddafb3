/*
 * Random change records against a model that is too simple to be wrong: an array of objects and a
 * matrix of links. After every round the directory keeps every invariant, answers as the model
 * does, and a second directory that applies the same log is the same byte for byte.
 */
#include "base/text.h"
#include "directory/dir_fixture_test.h"
#include "directory/index.h"
#include "directory/links.h"

#define OBJECTS 60
#define ROUNDS  60
#define RECORDS 40

struct model_object {
    bool there, deleted;
    uint8_t parent, name, display, spns; /* spns: a bit set */
    uint8_t sd;
};

struct model {
    struct model_object o[OBJECTS];
    bool link[OBJECTS][OBJECTS];
};

static struct fixture f, twin;
static struct model model;
static uint32_t seed = 20260722;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* Names and values repeat in different case, so that equality by folding matters. */
static const char *const names[] = {"a", "A", "\xc3\xa4", "\xc3\x84", "b,c", "B,C",
                                    "d", "e", "f",        "g",        "h"};
static const char *const displays[] = {"", "one", "ONE", "two", "three"};
static const char *const spn_values[] = {"host/a", "HOST/A", "http/b"};
static const char *const descriptors[] = {"", "D:1", "D:22", "D:333"};
#define COUNT(x) (sizeof(x) / sizeof((x)[0]))

/* Object i has id i + 1; object 0 is the root and never changes. */
static dir_id id_of(unsigned i)
{
    return i + 1;
}

/* Mostly an object that is there (or is not), so that most records are good. */
static unsigned pick(const struct model *m, bool there)
{
    unsigned i = 1 + draw(OBJECTS - 1);
    for (unsigned tries = draw(16) ? OBJECTS : 0; tries && m->o[i].there != there; tries--)
        i = i % (OBJECTS - 1) + 1;
    return i;
}

static bool name_taken(const struct model *m, unsigned parent, unsigned name)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (m->o[i].there && i && m->o[i].parent == parent &&
            text_eq_fold(span_str(names[m->o[i].name]), span_str(names[name])))
            return true;
    }
    return false;
}

static void drop_links(struct model *m, unsigned i)
{
    for (unsigned j = 0; j < OBJECTS; j++)
        m->link[i][j] = m->link[j][i] = false;
}

/* Each adds one step to the record and tells whether the model accepts it. */
static bool step_create(struct model *m, struct change *c, unsigned i)
{
    unsigned parent = draw(2) ? pick(m, true) : 0, name = draw(COUNT(names));
    struct guid g = fixture_guid(id_of(i));
    change_create(c, id_of(i), id_of(parent), draw(2) ? CLASS_group : CLASS_user, &g, 0,
                  span_str(names[name]));
    if (m->o[i].there || !m->o[parent].there || name_taken(m, parent, name))
        return false;
    m->o[i] = (struct model_object){true, false, (uint8_t)parent, (uint8_t)name, 0, 0, 0};
    return true;
}

static bool step_display(struct model *m, struct change *c, unsigned i)
{
    unsigned display = draw(COUNT(displays));
    struct span v = span_str(displays[display]);
    change_set(c, id_of(i), ATTR_displayName, &v, display > 0);
    if (m->o[i].there)
        m->o[i].display = (uint8_t)display;
    return m->o[i].there;
}

static bool step_spns(struct model *m, struct change *c, unsigned i)
{
    unsigned set = draw(8), n = 0;
    struct span v[3];
    for (unsigned k = 0; k < 3; k++) {
        if (set >> k & 1)
            v[n++] = span_str(spn_values[k]);
    }
    change_set(c, id_of(i), ATTR_servicePrincipalName, v, n);
    if (m->o[i].there)
        m->o[i].spns = (uint8_t)set;
    return m->o[i].there;
}

static bool step_move(struct model *m, struct change *c, unsigned i)
{
    unsigned parent = pick(m, true), name = draw(COUNT(names));
    change_move(c, id_of(i), id_of(parent), span_str(names[name]));
    if (!m->o[i].there || !m->o[parent].there)
        return false;
    for (unsigned up = parent; up; up = m->o[up].parent) {
        if (up == i)
            return false;
    }
    struct model_object was = m->o[i];
    m->o[i].there = false;
    bool taken = name_taken(m, parent, name);
    m->o[i] = was;
    m->o[i].parent = (uint8_t)parent;
    m->o[i].name = (uint8_t)name;
    return !taken;
}

static bool step_flags(struct model *m, struct change *c, unsigned i)
{
    bool deleted = draw(2);
    change_flags(c, id_of(i), deleted ? DIR_OBJ_DELETED : 0);
    if (m->o[i].there && deleted && !m->o[i].deleted)
        drop_links(m, i);
    m->o[i].deleted = deleted;
    return m->o[i].there;
}

static bool step_link(struct model *m, struct change *c, unsigned i)
{
    unsigned target = pick(m, true);
    bool add = draw(3) > 0;
    /* Links of tombstones are the writer's to refuse; the model keeps away from them. */
    if (m->o[i].deleted || m->o[target].deleted)
        return true;
    if (add)
        change_link(c, ATTR_member, id_of(i), id_of(target), SPAN_NONE);
    else
        change_unlink(c, ATTR_member, id_of(i), id_of(target), SPAN_NONE);
    if (!m->o[i].there || (add && !m->o[target].there))
        return false;
    m->link[i][target] = add;
    return true;
}

static bool step_sd(struct model *m, struct change *c, unsigned i)
{
    unsigned sd = 1 + draw(COUNT(descriptors) - 1);
    change_sd(c, id_of(i), span_str(descriptors[sd]));
    m->o[i].sd = (uint8_t)sd;
    return m->o[i].there;
}

static bool step_remove(struct model *m, struct change *c, unsigned i)
{
    change_remove(c, id_of(i));
    for (unsigned k = 1; k < OBJECTS; k++) {
        if (m->o[k].there && m->o[k].parent == i)
            return false;
    }
    bool there = m->o[i].there;
    drop_links(m, i);
    m->o[i] = (struct model_object){0};
    return there;
}

static bool step(struct model *m, struct change *c, bool *removed)
{
    unsigned kind = draw(12), i = pick(m, kind > 2);
    switch (kind) {
    case 0:
    case 1:
    case 2:
        /* An id is not used again within the record that removed it. */
        return removed[i] ? true : step_create(m, c, i);
    case 3:
    case 4:
        return step_display(m, c, i);
    case 5:
        return step_spns(m, c, i);
    case 6:
        return step_move(m, c, i);
    case 7:
        return draw(3) ? true : step_flags(m, c, i);
    case 8:
    case 9:
        return step_link(m, c, i);
    case 10:
        return step_sd(m, c, i);
    default:
        if (draw(3))
            return true;
        removed[i] = true;
        return step_remove(m, c, i);
    }
}

static unsigned accepted, refused;

static void one_record(struct dir_write *w)
{
    struct model next = model;
    bool removed[OBJECTS] = {false};
    struct change *c = fixture_change(&f);
    struct span record;
    uint64_t usn;
    bool good = true;
    for (unsigned n = 1 + draw(5); n && good; n--)
        good = step(&next, c, removed);
    assert_int_equal(change_done(c, &record), ERR_OK);
    enum err e = dir_write_apply(w, record, &usn);
    if ((e == ERR_OK) != good)
        fail_msg("the model says %d, the directory %s", good, err_name(e));
    if (good)
        model = next;
    accepted += good;
    refused += !good;
}

/* --- what the directory answers -----------------------------------------------------------------
 */

static void compare_object(const struct dir_snap *s, unsigned i)
{
    const struct model_object *m = &model.o[i];
    struct dir_obj o, child;
    struct span v, sd;
    enum err e = dir_by_id(s, id_of(i), &o);
    assert_int_equal(e, m->there ? ERR_OK : ERR_NOT_FOUND);
    if (!m->there)
        return;
    assert_int_equal(o.parent, i ? id_of(m->parent) : 0);
    assert_int_equal(!!(o.flags & DIR_OBJ_DELETED), m->deleted);
    if (i) {
        assert_true(span_eq(o.rdn, span_str(names[m->name])));
        assert_int_equal(dir_child(s, o.parent, span_str(names[m->name]), &child), ERR_OK);
        assert_int_equal(child.id, o.id);
    }
    assert_int_equal(dir_attr_first(&o, ATTR_displayName, &v), m->display > 0);
    if (m->display)
        assert_true(span_eq(v, span_str(displays[m->display])));
    for (unsigned k = 0; k < 3; k++)
        assert_int_equal(dir_attr_has(&o, ATTR_servicePrincipalName, span_str(spn_values[k])),
                         m->spns >> k & 1);
    assert_int_equal(o.sd_id > 0, m->sd > 0);
    if (m->sd) {
        assert_int_equal(dir_sd(s, o.sd_id, &sd), ERR_OK);
        assert_true(span_eq(sd, span_str(descriptors[m->sd])));
    }
}

static void compare_links(const struct dir_snap *s, unsigned i)
{
    struct dir_link_cursor forward = {0}, back = {0};
    dir_id id;
    for (unsigned j = 0; j < OBJECTS; j++) {
        if (model.link[i][j])
            assert_true(dir_link_next(s, ATTR_member, id_of(i), &forward, &id, NULL) &&
                        id == id_of(j));
        if (model.link[j][i])
            assert_true(dir_backlink_next(s, ATTR_member, id_of(i), &back, &id) && id == id_of(j));
    }
    assert_false(dir_link_next(s, ATTR_member, id_of(i), &forward, &id, NULL));
    assert_false(dir_backlink_next(s, ATTR_member, id_of(i), &back, &id));
}

/* Every object with the value, in order of id, and no other. */
static void compare_index(const struct dir_snap *s, unsigned display, bool deleted)
{
    struct dir_index_cursor c;
    dir_id id;
    struct span value = span_str(displays[display]);
    assert_int_equal(dir_index_open(ATTR_displayName, INDEX_EQUAL, value, deleted, &c), ERR_OK);
    for (unsigned i = 0; i < OBJECTS; i++) {
        const struct model_object *m = &model.o[i];
        if (m->there && m->deleted == deleted && m->display &&
            text_eq_fold(span_str(displays[m->display]), value))
            assert_true(dir_index_next(s, &c, &id) && id == id_of(i));
    }
    assert_false(dir_index_next(s, &c, &id));
}

static void compare(void)
{
    struct dir_snap s;
    assert_int_equal(dir_snap_begin(f.dir, &s), ERR_OK);
    for (unsigned i = 0; i < OBJECTS; i++) {
        compare_object(&s, i);
        compare_links(&s, i);
    }
    for (unsigned d = 1; d < COUNT(displays); d++) {
        compare_index(&s, d, false);
        compare_index(&s, d, true);
    }
    assert_int_equal(dir_snap_err(&s), ERR_OK);
    dir_snap_end(&s);
}

static void replay(uint64_t *next)
{
    struct dir_snap s;
    struct dir_write w;
    struct span record;
    uint64_t usn;
    assert_int_equal(dir_snap_begin(f.dir, &s), ERR_OK);
    assert_int_equal(dir_write_begin(twin.dir, &w), ERR_OK);
    for (; *next <= dir_snap_usn(&s); (*next)++) {
        assert_int_equal(dir_log_read(&s, *next, &record), ERR_OK);
        assert_int_equal(dir_write_apply(&w, record, &usn), ERR_OK);
        assert_int_equal(usn, *next);
    }
    assert_int_equal(dir_write_commit(&w), ERR_OK);
    dir_snap_end(&s);
}

static void test_directory_and_model_agree(void **state)
{
    (void)state;
    uint64_t next = 1;
    uint8_t one[HASH_SIZE_MAX] = {0}, two[HASH_SIZE_MAX] = {0};
    struct change *c = fixture_change(&f);
    create(c, id_of(0), 0, CLASS_domainDNS, DIR_OBJ_NC_HEAD, "root");
    assert_int_equal(fixture_apply(&f, c, NULL), ERR_OK);
    model.o[0].there = true;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct dir_write w;
        assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
        for (unsigned i = 0; i < RECORDS; i++)
            one_record(&w);
        assert_int_equal(dir_write_commit(&w), ERR_OK);
        fixture_check(&f);
        compare();
        replay(&next);
        arena_reset(&f.arena);
    }
    fixture_digest(&f, one);
    fixture_digest(&twin, two);
    assert_memory_equal(one, two, 32);
    /* The draw must keep exercising both sides. */
    assert_true(accepted > ROUNDS * RECORDS / 8 && refused > ROUNDS * RECORDS / 8);
}

static int setup(void **state)
{
    (void)state;
    fixture_init(&f);
    fixture_init(&twin);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_fini(&f);
    fixture_fini(&twin);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_directory_and_model_agree, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
