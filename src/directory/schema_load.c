/* The table of a directory's extensions, from the objects of its schema partition: all of them, or,
 * when it is known what came to the table before, those alone. A file of thousands of definitions
 * is thousands of tables one after the other, so what did not change must cost next to nothing. */
#include "directory/dir_internal.h"
#include "directory/dir_schema.h"
#include "directory/index.h"
#include "directory/schema_more.h"

/* A limit against errors of ours: SCHEMA_MORE_MAX and its like keep a table far below it, whatever
 * it holds, so that what one process made step by step no other fails to make at once. */
#define TABLE_MEMORY (512u << 20)

struct loading {
    const struct dir_snap *s;
    struct schema_more *m;
    const struct schema_more *before;     /* whose rows are used where they say the same; NULL */
    const struct schema_touched *touched; /* NULL: anything may have changed */
    struct arena scratch;                 /* of what is computed and mostly thrown away again */
    const struct schema_attr **attrs;     /* new ones, by id; in scratch, or rows of before */
    unsigned attr_count, attr_room;
    const struct schema_attr **changed; /* compiled ones, by index; NULL where they are as such */
    struct schema_drafts drafts;
    unsigned class_count; /* new ones */
};

static uint32_t int_id(const struct dir_obj *o)
{
    return (uint32_t)dir_attr_i32(o, ATTR_msDS_IntId, 0);
}

static unsigned classes_before(const struct loading *l)
{
    return l->before ? l->before->class_count : schema_class_compiled();
}

/* --- which objects --------------------------------------------------------------------------- */

typedef enum err (*loader)(struct loading *l, const struct dir_obj *o);

static enum err each(struct loading *l, struct dir_index_cursor *at, loader f)
{
    dir_id id;
    while (dir_index_next(l->s, at, &id)) {
        struct dir_obj o;
        TRY(dir_by_id(l->s, id, &o));
        TRY(f(l, &o));
    }
    return dir_snap_err(l->s);
}

/* The newest that the table before has; 0: none. */
static uint32_t last_before(const struct loading *l)
{
    uint32_t last = 0;
    if (!l->before)
        return 0;
    if (l->before->attr_count)
        last = l->before->attrs[l->before->attr_count - 1]->id;
    if (l->before->class_count > schema_class_compiled()) {
        uint32_t id = l->before->classes[l->before->class_count - 1]->id;
        last = id > last ? id : last;
    }
    return last;
}

/* In the order of their ids, which is that of the objects': new ones are behind all others. */
static enum err each_extension(struct loading *l, loader f)
{
    struct dir_index_cursor at;
    uint8_t from[4];
    uint32_t last = l->touched ? last_before(l) : 0;
    le32_to(from, last + 1);
    TRY(dir_index_open(ATTR_msDS_IntId, last ? INDEX_FROM : INDEX_ANY,
                       last ? span_of(from, sizeof from) : SPAN_NONE, false, &at));
    return each(l, &at, f);
}

static enum err each_of(struct loading *l, uint32_t class_id, loader f)
{
    struct dir_index_cursor at;
    uint8_t id[4];
    le32_to(id, class_id);
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(id, sizeof id), false, &at));
    return each(l, &at, f);
}

/* --- attributes ------------------------------------------------------------------------------ */

static enum err read_attr(struct loading *l, const struct dir_obj *o)
{
    struct schema_attr *a = arena_new(&l->scratch, struct schema_attr);
    if (!a)
        return ERR_NOMEM;
    TRY(schema_read_attr(o, a));
    a->index = schema_attr_compiled() + l->attr_count;
    l->attrs[l->attr_count++] = a;
    return ERR_OK;
}

static enum err set_partner(struct loading *l, unsigned i, uint32_t partner)
{
    if (l->attrs[i]->partner == partner)
        return ERR_OK;
    struct schema_attr *a = arena_dup(&l->scratch, l->attrs[i], sizeof *a);
    if (!a)
        return ERR_NOMEM;
    a->partner = partner;
    l->attrs[i] = a;
    return ERR_OK;
}

/* What may change of it says nothing about links. */
static enum err new_again(struct loading *l, const struct dir_obj *o)
{
    struct schema_attr *a = arena_new(&l->scratch, struct schema_attr);
    if (!a)
        return ERR_NOMEM;
    TRY(schema_read_attr(o, a));
    for (unsigned i = 0; i < l->attr_count; i++)
        if (l->attrs[i]->id == a->id) {
            a->index = l->attrs[i]->index;
            a->partner = l->attrs[i]->partner;
            l->attrs[i] = a;
        }
    return ERR_OK;
}

static enum err compiled_again(struct loading *l, const struct dir_obj *o)
{
    const struct schema_attr *plain =
        schema_attr_plain((uint32_t)dir_attr_i32(o, ATTR_attributeID, 0));
    struct schema_attr a;
    if (!plain)
        return ERR_OK;
    memcpy(&a, plain, sizeof a); /* padding, too */
    schema_read_handling(o, &a);
    bool same = a.flags == plain->flags && a.search_flags == plain->search_flags;
    a.flags |= SCHEMA_OF_DIRECTORY;
    l->changed[plain->index] = same ? NULL : arena_dup(&l->scratch, &a, sizeof a);
    return same || l->changed[plain->index] ? ERR_OK : ERR_NOMEM;
}

static enum err attr_again(struct loading *l, const struct dir_obj *o)
{
    if (o->class_id != CLASS_attributeSchema)
        return ERR_OK;
    return int_id(o) ? new_again(l, o) : compiled_again(l, o);
}

/* Both sides of a pair are extensions, or none is. from: those before have the partner they had,
 * unless a new one is it. */
static enum err pair_links(struct loading *l, unsigned from)
{
    for (unsigned i = from; i < l->attr_count; i++)
        for (unsigned k = 0; l->attrs[i]->link_id && k < l->attr_count; k++)
            if (l->attrs[k]->link_id == (l->attrs[i]->link_id ^ 1)) {
                TRY(set_partner(l, i, l->attrs[k]->id));
                TRY(set_partner(l, k, l->attrs[i]->id));
            }
    return ERR_OK;
}

/* --- classes --------------------------------------------------------------------------------- */

/* The rows that there were; without an extension those that were compiled. */
static enum err rows_before(struct loading *l)
{
    struct schema_drafts *d = &l->drafts;
    d->was = arena_array(&l->scratch, d->was_count, sizeof *d->was);
    d->row = arena_array(&l->scratch, d->count, sizeof *d->row);
    if (!d->was || !d->row)
        return ERR_NOMEM;
    for (unsigned i = 0; i < d->was_count; i++) {
        d->was[i] = l->before ? l->before->classes[i] : NULL;
        if (!d->was[i])
            d->was[i] = schema_class_compiled_at(i);
        d->row[i] = *d->was[i];
    }
    return ERR_OK;
}

static enum err read_class(struct loading *l, const struct dir_obj *o)
{
    unsigned index = schema_class_compiled() + l->class_count++;
    struct schema_class *c = &l->drafts.row[index];
    TRY(schema_read_class(l->s, o, &l->scratch, c));
    c->index = index;
    return ERR_OK;
}

/* Only what administrators may make longer can be other than it was. */
static enum err read_again(struct loading *l, const struct dir_obj *o)
{
    uint32_t id = int_id(o);
    struct schema_class *c =
        schema_draft(&l->drafts, id ? id : (uint32_t)dir_attr_i32(o, ATTR_governsID, 0));
    if (o->class_id != CLASS_classSchema || !c || c->index >= l->drafts.was_count)
        return ERR_OK;
    return schema_read_lists(o, &l->scratch, c);
}

static enum err read_touched(struct loading *l)
{
    for (unsigned i = 0; l->touched && i < l->touched->count; i++) {
        struct dir_obj o;
        TRY(dir_by_id(l->s, l->touched->id[i], &o));
        TRY(attr_again(l, &o));
        TRY(read_again(l, &o));
    }
    if (l->touched)
        return ERR_OK;
    TRY(each_of(l, CLASS_attributeSchema, attr_again));
    return each_of(l, CLASS_classSchema, read_again);
}

/* --- the table ------------------------------------------------------------------------------- */

static enum err count(struct loading *l, const struct dir_obj *o)
{
    l->attr_room += o->class_id == CLASS_attributeSchema;
    l->class_count += o->class_id == CLASS_classSchema;
    return l->attr_room + l->class_count > SCHEMA_MORE_MAX ||
                   l->class_count > SCHEMA_MORE_CLASSES_MAX
               ? ERR_LIMIT
               : ERR_OK;
}

static enum err read_extension(struct loading *l, const struct dir_obj *o)
{
    if (o->class_id == CLASS_attributeSchema)
        return read_attr(l, o);
    return o->class_id == CLASS_classSchema ? read_class(l, o) : ERR_OK;
}

/* Of the table before stays what is not read anew. */
static void count_before(struct loading *l)
{
    if (!l->touched || !l->before)
        return;
    l->attr_room = l->attr_count = l->before->attr_count;
    l->class_count = l->before->class_count - schema_class_compiled();
}

static enum err changed_before(struct loading *l)
{
    l->changed = arena_array(&l->scratch, schema_attr_compiled(), sizeof *l->changed);
    if (!l->changed)
        return ERR_NOMEM;
    if (l->touched && l->before && l->before->attrs_changed)
        memcpy(l->changed, l->before->attrs_changed, schema_attr_compiled() * sizeof *l->changed);
    return ERR_OK;
}

static bool classes_changed(const struct loading *l)
{
    return !l->before || !l->touched || l->touched->count || l->drafts.count != l->drafts.was_count;
}

static enum err read_rows(struct loading *l)
{
    count_before(l);
    const unsigned kept = l->attr_count, classes = l->class_count;
    TRY(each_extension(l, count));
    l->drafts.count = schema_class_compiled() + l->class_count;
    l->drafts.was_count = classes_before(l);
    l->drafts.arena = &l->scratch;
    l->class_count = classes;
    l->attrs = arena_array(&l->scratch, l->attr_room + 1, sizeof *l->attrs);
    if (!l->attrs)
        return ERR_NOMEM;
    for (unsigned i = 0; i < kept; i++)
        l->attrs[i] = l->before->attrs[i];
    TRY(changed_before(l));
    if (classes_changed(l))
        TRY(rows_before(l));
    TRY(each_extension(l, read_extension));
    TRY(read_touched(l));
    TRY(pair_links(l, kept));
    return arena_failed(&l->scratch) ? ERR_NOMEM : ERR_OK;
}

static enum err build(struct loading *l)
{
    TRY(read_rows(l));
    l->m->attr_count = l->attr_count;
    l->m->class_count = l->drafts.count;
    TRY(schema_keep_attrs(l->m, l->before, l->attrs));
    TRY(schema_keep_changed(l->m, l->before, l->changed));
    if (!classes_changed(l)) {
        l->m->classes = l->before->classes;
        l->m->class_names = l->before->class_names;
        return ERR_OK;
    }
    TRY(schema_derive(&l->drafts));
    return schema_keep_classes(l->m, l->before, l->drafts.row);
}

enum err schema_load(const struct dir_snap *s, uint32_t version, const struct schema_more *before,
                     const struct schema_touched *touched, struct schema_more **out)
{
    struct loading l = {.s = s, .before = before, .touched = touched};
    l.m = calloc(1, sizeof *l.m);
    if (!l.m)
        return ERR_NOMEM;
    l.m->version = version;
    arena_init(&l.m->arena, 0, TABLE_MEMORY, 0);
    arena_init(&l.scratch, 0, TABLE_MEMORY, 0);
    enum err e = build(&l);
    arena_fini(&l.scratch);
    if (e != ERR_OK) {
        schema_more_free(l.m);
        return e;
    }
    *out = l.m;
    return ERR_OK;
}
