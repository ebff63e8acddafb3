/* A schema as it is now, to be held against what another start reads from the file. */
#ifndef WRITER_SCHEMA_FIXTURE_TEST_H
#define WRITER_SCHEMA_FIXTURE_TEST_H

#include "directory/schema_more.h"
#include "writer/fixture_test.h"

struct schema_copy {
    struct schema_attr *attrs;
    struct schema_class *classes;
    unsigned attr_count, class_count;
};

static inline void schema_copy(struct arena *a, struct schema_copy *out)
{
    *out = (struct schema_copy){.attr_count = schema_attr_count(),
                                .class_count = schema_class_count()};
    out->attrs = arena_array(a, out->attr_count, sizeof *out->attrs);
    out->classes = arena_array(a, out->class_count, sizeof *out->classes);
    for (unsigned i = 0; i < out->attr_count; i++)
        memcpy(&out->attrs[i], schema_attr_at(i), sizeof *out->attrs);
    for (unsigned i = 0; i < out->class_count; i++) {
        struct schema_class *c = &out->classes[i];
        *c = *schema_class_at(i);
        struct schema_list *const lists[] = {
            &c->must,    &c->may,      &c->aux,     &c->superiors, &c->chain,
            &c->all_aux, &c->all_must, &c->all_may, &c->inferiors, &c->all_superiors};
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
            lists[k]->id = arena_dup(a, lists[k]->id, lists[k]->count * sizeof *lists[k]->id);
    }
}

static inline void schema_same(const struct schema_copy *was)
{
    assert_int_equal(schema_attr_count(), was->attr_count);
    assert_int_equal(schema_class_count(), was->class_count);
    for (unsigned i = 0; i < was->attr_count; i++) {
        const struct schema_attr *a = schema_attr_at(i);
        assert_memory_equal(&was->attrs[i], a, sizeof *a);
        assert_ptr_equal(schema_attr_by_name(span_str(a->name)), a);
        assert_ptr_equal(schema_attr(a->id), a);
    }
    for (unsigned i = 0; i < was->class_count; i++) {
        const struct schema_class *c = schema_class_at(i);
        assert_true(schema_same_lists(&was->classes[i], c));
        assert_ptr_equal(schema_class_by_name(span_str(c->name)), c);
        assert_ptr_equal(schema_class(c->id), c);
    }
}

/* Another opening of the same file begins from the objects. */
static inline void fixture_restart(struct fixture *x)
{
    static const uint8_t master[32] = {7};
    struct dir_open_args args = {.path = x->path, .writable = true};
    fixture_close(x);
    writer_free(x->w);
    dir_close(x->dir);
    dir_keyring_derive(master, 7, &args.keyring);
    assert_ok(dir_open(&args, &x->dir));
    struct writer_args wa = {.dir = x->dir};
    assert_ok(writer_new(&wa, &x->w));
}

#endif
