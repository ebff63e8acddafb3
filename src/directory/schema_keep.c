/* Rows that were read become a table: what is as it was compiled, or as it was in the table before,
 * is not there twice. */
#include "directory/dir_schema.h"
#include "directory/schema_more.h"

struct keeping {
    struct schema_more *m;
    const struct schema_more *before;
};

/* --- attributes ------------------------------------------------------------------------------ */

static enum err keep_attr(const struct keeping *k, unsigned i, const struct schema_attr *a)
{
    const struct schema_attr *was =
        k->before && i < k->before->attr_count ? k->before->attrs[i] : NULL;
    if (was && (was == a || memcmp(was, a, sizeof *a) == 0))
        k->m->attrs[i] = was;
    else
        k->m->attrs[i] = arena_dup(&k->m->arena, a, sizeof *a);
    return k->m->attrs[i] ? ERR_OK : ERR_NOMEM;
}

static unsigned name_place(const struct schema_more *m, unsigned count, struct span name)
{
    unsigned low = 0, high = count;
    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (schema_name_order(span_str(m->attr_names[mid]->name), name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Those before are in order; each new one is put among them, and a row that changed in its place.
 */
static enum err order_attrs(const struct keeping *k)
{
    struct schema_more *m = k->m;
    const unsigned before = k->before ? k->before->attr_count : 0;
    m->attr_names = arena_array(&m->arena, m->attr_count + 1, sizeof *m->attr_names);
    if (!m->attr_names)
        return ERR_NOMEM;
    if (before)
        memcpy(m->attr_names, k->before->attr_names, before * sizeof *m->attr_names);
    for (unsigned i = 0; i < m->attr_count; i++) {
        if (i < before && m->attrs[i] == k->before->attrs[i])
            continue;
        unsigned count = i < before ? before : i;
        unsigned at = name_place(m, count, span_str(m->attrs[i]->name));
        if (i >= before)
            memmove(m->attr_names + at + 1, m->attr_names + at,
                    (count - at) * sizeof *m->attr_names);
        m->attr_names[at] = m->attrs[i];
    }
    return ERR_OK;
}

enum err schema_keep_attrs(struct schema_more *m, const struct schema_more *before,
                           const struct schema_attr *const *attrs)
{
    const struct keeping k = {m, before};
    m->attrs = arena_array(&m->arena, m->attr_count + 1, sizeof *m->attrs);
    if (!m->attrs)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->attr_count; i++)
        TRY(keep_attr(&k, i, attrs[i]));
    return order_attrs(&k);
}

/* Compiled ones; most directories have none. */
enum err schema_keep_changed(struct schema_more *m, const struct schema_more *before,
                             const struct schema_attr *const *changed)
{
    for (unsigned i = 0; i < schema_attr_compiled(); i++) {
        if (!changed[i])
            continue;
        if (!m->attrs_changed)
            m->attrs_changed =
                arena_array(&m->arena, schema_attr_compiled(), sizeof *m->attrs_changed);
        if (!m->attrs_changed)
            return ERR_NOMEM;
        const struct schema_attr *was =
            before && before->attrs_changed ? before->attrs_changed[i] : NULL;
        bool same = was && memcmp(was, changed[i], sizeof *was) == 0;
        m->attrs_changed[i] = same ? was : arena_dup(&m->arena, changed[i], sizeof *was);
        if (!m->attrs_changed[i])
            return ERR_NOMEM;
    }
    return ERR_OK;
}

/* --- classes --------------------------------------------------------------------------------- */

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

static int class_order(const void *x, const void *y)
{
    const struct schema_class *const *a = x, *const *b = y;
    return schema_name_order(span_str((*a)->name), span_str((*b)->name));
}

static enum err order_classes(struct schema_more *m)
{
    const unsigned compiled = schema_class_compiled(), fresh = m->class_count - compiled;
    m->class_names = arena_array(&m->arena, fresh + 1, sizeof *m->class_names);
    if (!m->class_names)
        return ERR_NOMEM;
    for (unsigned i = 0; i < fresh; i++)
        m->class_names[i] = m->classes[compiled + i];
    qsort(m->class_names, fresh, sizeof *m->class_names, class_order);
    return ERR_OK;
}

/* Most classes are as they were compiled, and their rows are not kept. */
enum err schema_keep_classes(struct schema_more *m, const struct schema_more *before,
                             struct schema_class *row)
{
    struct keeping k = {m, before};
    m->classes = arena_array(&m->arena, m->class_count, sizeof *m->classes);
    if (!m->classes)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->class_count; i++) {
        struct schema_class *c = &row[i];
        if (i < schema_class_compiled() && schema_same_lists(c, schema_class_compiled_at(i)))
            continue;
        m->classes[i] = known_class(&k, c);
        if (m->classes[i])
            continue;
        TRY(keep_class(&k, c, &m->classes[i]));
        m->made++;
    }
    return order_classes(m);
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
