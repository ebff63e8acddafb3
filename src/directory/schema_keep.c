/* Rows that were read become a table: what is as it was compiled, or as it was in the table before,
 * is not there twice. */
#include "directory/dir_schema.h"
#include "directory/schema_more.h"

struct keeping {
    struct schema_more *m;
    const struct schema_more *before;
    const struct schema_attr *attrs;
    struct schema_class *row; /* all classes, by index */
};

/* Of the same file, so an id has the same definition; only a back link may have come. */
static const struct schema_attr *known_attr(const struct keeping *k, const struct schema_attr *a)
{
    unsigned i = a->index - schema_attr_compiled();
    const struct schema_attr *was =
        k->before && i < k->before->attr_count ? k->before->attrs[i] : NULL;
    return was && was->id == a->id && was->partner == a->partner ? was : NULL;
}

static enum err keep_attrs(struct keeping *k)
{
    struct schema_more *m = k->m;
    m->attrs = arena_array(&m->arena, m->attr_count + 1, sizeof *m->attrs);
    if (!m->attrs)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->attr_count; i++) {
        m->attrs[i] = known_attr(k, &k->attrs[i]);
        if (!m->attrs[i])
            m->attrs[i] = arena_dup(&m->arena, &k->attrs[i], sizeof k->attrs[i]);
        if (!m->attrs[i])
            return ERR_NOMEM;
    }
    return ERR_OK;
}

static enum err keep_list(struct keeping *k, struct schema_list *list)
{
    if (!list->count)
        return ERR_OK;
    list->id = arena_dup(&k->m->arena, list->id, list->count * sizeof *list->id);
    return list->id ? ERR_OK : ERR_NOMEM;
}

static const struct schema_class *known_class(const struct keeping *k, const struct schema_class *c)
{
    const struct schema_class *was =
        k->before && c->index < k->before->class_count ? k->before->classes[c->index] : NULL;
    return was && was->id == c->id && schema_same_lists(was, c) ? was : NULL;
}

static enum err keep_class(struct keeping *k, struct schema_class *c,
                           const struct schema_class **out)
{
    struct schema_list *const lists[] = {
        &c->must,          &c->may,        &c->aux,        &c->superiors,
        &c->system_must,   &c->system_may, &c->system_aux, &c->system_superiors,
        &c->chain,         &c->all_aux,    &c->all_must,   &c->all_may,
        &c->all_superiors, &c->inferiors};
    const char **const texts[] = {&c->name, &c->cn, &c->oid, &c->default_sd};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        TRY(keep_list(k, lists[i]));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i])
            *texts[i] = arena_dup_str(&k->m->arena, span_str(*texts[i]));
    *out = arena_dup(&k->m->arena, c, sizeof *c);
    return arena_failed(&k->m->arena) ? ERR_NOMEM : ERR_OK;
}

/* Most classes are as they were compiled, and their rows are not kept. */
static enum err keep_classes(struct keeping *k)
{
    struct schema_more *m = k->m;
    m->classes = arena_array(&m->arena, m->class_count, sizeof *m->classes);
    if (!m->classes)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->class_count; i++) {
        struct schema_class *c = &k->row[i];
        if (i < schema_class_compiled() && schema_same_lists(c, schema_class_compiled_at(i)))
            continue;
        m->classes[i] = known_class(k, c);
        if (!m->classes[i])
            TRY(keep_class(k, c, &m->classes[i]));
    }
    return ERR_OK;
}

static int attr_order(const void *x, const void *y)
{
    const struct schema_attr *const *a = x, *const *b = y;
    return schema_name_order(span_str((*a)->name), span_str((*b)->name));
}

static int class_order(const void *x, const void *y)
{
    const struct schema_class *const *a = x, *const *b = y;
    return schema_name_order(span_str((*a)->name), span_str((*b)->name));
}

static enum err order_names(struct schema_more *m)
{
    const unsigned compiled = schema_class_compiled(), fresh = m->class_count - compiled;
    m->attr_names = arena_array(&m->arena, m->attr_count + 1, sizeof *m->attr_names);
    m->class_names = arena_array(&m->arena, fresh + 1, sizeof *m->class_names);
    if (!m->attr_names || !m->class_names)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->attr_count; i++)
        m->attr_names[i] = m->attrs[i];
    for (unsigned i = 0; i < fresh; i++)
        m->class_names[i] = m->classes[compiled + i];
    qsort(m->attr_names, m->attr_count, sizeof *m->attr_names, attr_order);
    qsort(m->class_names, fresh, sizeof *m->class_names, class_order);
    return ERR_OK;
}

enum err schema_keep(struct schema_more *m, const struct schema_more *before,
                     const struct schema_attr *attrs, struct schema_class *row)
{
    struct keeping k = {m, before, attrs, row};
    TRY(keep_attrs(&k));
    TRY(keep_classes(&k));
    return order_names(m);
}

void schema_more_free(struct schema_more *m)
{
    while (m) {
        struct schema_more *older = m->older;
        arena_fini(&m->arena);
        free(m);
        m = older;
    }
}
