/* What follows from the declarations of classes ([MS-ADTS] 3.1.1.4.2): the counterpart of class
 * Schema in tools/gen_schema.py. */
#include "directory/schema_more.h"

/* What one class may need while its lists are made: those above it may all name the same. */
#define RAW_MEMORY (16u << 20)

/* A set of ids while it grows, in memory of the class at hand alone; keep_ids sorts it and takes
 * out what is twice. */
struct ids {
    uint32_t *id;
    uint32_t count, room;
};

static enum err push(const struct schema_drafts *d, struct ids *s, uint32_t id)
{
    if (s->count == s->room) {
        uint32_t room = s->room ? 2 * s->room : 32;
        uint32_t *wider = arena_grow(d->raw, s->id, s->room * sizeof *s->id, room * sizeof *s->id);
        if (!wider)
            return ERR_NOMEM;
        s->id = wider;
        s->room = room;
    }
    s->id[s->count++] = id;
    return ERR_OK;
}

static enum err push_list(const struct schema_drafts *d, struct ids *s,
                          const struct schema_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        TRY(push(d, s, list->id[i]));
    return ERR_OK;
}

static int by_id(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

static struct schema_list sorted(const struct ids *s)
{
    uint32_t kept = 0;
    if (s->count)
        qsort(s->id, s->count, sizeof *s->id, by_id);
    for (uint32_t i = 0; i < s->count; i++)
        if (!kept || s->id[kept - 1] != s->id[i])
            s->id[kept++] = s->id[i];
    return (struct schema_list){s->id, kept};
}

static enum err keep_list(const struct schema_drafts *d, struct schema_list list,
                          struct schema_list *out)
{
    const uint32_t *id = list.count ? arena_dup(d->arena, list.id, list.count * sizeof *id) : NULL;
    if (list.count && !id)
        return ERR_NOMEM;
    *out = (struct schema_list){id, list.count};
    return ERR_OK;
}

static enum err keep_ids(const struct schema_drafts *d, const struct ids *s,
                         struct schema_list *out)
{
    return keep_list(d, sorted(s), out);
}

static bool among(const struct ids *s, uint32_t id)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->id[i] == id)
            return true;
    return false;
}

struct schema_class *schema_draft(const struct schema_drafts *d, uint32_t id)
{
    const struct schema_class *plain = schema_class_plain(id);
    if (plain)
        return &d->row[plain->index];
    for (unsigned low = schema_class_compiled(), high = d->count; low < high;) {
        unsigned mid = low + (high - low) / 2;
        if (d->row[mid].id == id)
            return &d->row[mid];
        if (d->row[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* Top first. */
static enum err chain(const struct schema_drafts *d, struct schema_class *c)
{
    struct ids up = {0};
    uint32_t *down;
    if (d->was && c->index < d->was_count) { /* the superclass stays */
        c->chain = d->was[c->index]->chain;
        return ERR_OK;
    }
    for (const struct schema_class *k = c; k; k = schema_draft(d, k->super)) {
        TRY(push(d, &up, k->id));
        if (k->super == k->id)
            break;
        if (up.count == SCHEMA_CHAIN_MAX)
            return ERR_CONSTRAINT;
    }
    if (up.id[up.count - 1] != CLASS_top)
        return ERR_CONSTRAINT;
    down = arena_array(d->arena, up.count, sizeof *down);
    if (!down)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < up.count; i++)
        down[i] = up.id[up.count - 1 - i];
    c->chain = (struct schema_list){down, up.count};
    return ERR_OK;
}

/* Auxiliary classes of a class and of those above it, and in turn theirs. */
static enum err all_aux(const struct schema_drafts *d, struct schema_class *c)
{
    struct ids found = {0}, todo = {0};
    TRY(push_list(d, &todo, &c->chain));
    for (uint32_t i = 0; i < todo.count; i++) {
        const struct schema_class *k = schema_draft(d, todo.id[i]);
        const struct schema_list *lists[2] = {&k->system_aux, &k->aux};
        for (unsigned l = 0; l < 2; l++) {
            for (uint32_t x = 0; x < lists[l]->count; x++) {
                const struct schema_class *aux = schema_draft(d, lists[l]->id[x]);
                if (!aux)
                    return ERR_CONSTRAINT;
                if (among(&found, aux->id))
                    continue;
                TRY(push(d, &found, aux->id));
                TRY(push_list(d, &todo, &aux->chain));
            }
        }
    }
    return keep_ids(d, &found, &c->all_aux);
}

static enum err attributes_of(const struct schema_drafts *d, const struct schema_list *chain,
                              struct ids *must, struct ids *may)
{
    for (uint32_t i = 0; i < chain->count; i++) {
        const struct schema_class *k = schema_draft(d, chain->id[i]);
        TRY(push_list(d, must, &k->system_must));
        TRY(push_list(d, must, &k->must));
        TRY(push_list(d, may, &k->system_may));
        TRY(push_list(d, may, &k->may));
    }
    return ERR_OK;
}

static enum err attributes(const struct schema_drafts *d, struct schema_class *c)
{
    struct ids must = {0}, may = {0};
    uint32_t kept = 0;
    TRY(attributes_of(d, &c->chain, &must, &may));
    for (uint32_t i = 0; i < c->all_aux.count; i++)
        TRY(attributes_of(d, &schema_draft(d, c->all_aux.id[i])->chain, &must, &may));
    TRY(keep_ids(d, &must, &c->all_must));
    may.count = sorted(&may).count;
    for (uint32_t i = 0; i < may.count; i++)
        if (!schema_list_has(&c->all_must, may.id[i]))
            may.id[kept++] = may.id[i];
    return keep_list(d, (struct schema_list){may.id, kept}, &c->all_may);
}

static bool below_one_of(const struct schema_class *c, const struct schema_list *named)
{
    for (uint32_t i = 0; i < c->chain.count; i++)
        if (schema_list_has(named, c->chain.id[i]))
            return true;
    return false;
}

static enum err superiors(const struct schema_drafts *d, struct schema_class *c)
{
    struct ids direct = {0}, all = {0};
    for (uint32_t i = 0; i < c->chain.count; i++) {
        const struct schema_class *k = schema_draft(d, c->chain.id[i]);
        TRY(push_list(d, &direct, &k->system_superiors));
        TRY(push_list(d, &direct, &k->superiors));
    }
    const struct schema_list named = sorted(&direct);
    for (unsigned i = 0; i < d->count; i++)
        if (below_one_of(&d->row[i], &named))
            TRY(push(d, &all, d->row[i].id));
    return keep_ids(d, &all, &c->all_superiors);
}

static bool may_be_below(const struct schema_class *k, const struct schema_class *c)
{
    return !(k->flags & SCHEMA_SYSTEM_ONLY) && k->category != CATEGORY_ABSTRACT &&
           k->category != CATEGORY_AUXILIARY && schema_list_has(&k->all_superiors, c->id);
}

static enum err inferiors(const struct schema_drafts *d, struct schema_class *c)
{
    struct ids below = {0};
    for (unsigned i = 0; i < d->count; i++)
        if (may_be_below(&d->row[i], c))
            TRY(push(d, &below, d->row[i].id));
    return keep_ids(d, &below, &c->inferiors);
}

/* --- what changed ---------------------------------------------------------------------------- */

static bool same(const struct schema_list *a, const struct schema_list *b)
{
    return a->count == b->count &&
           (!a->count || memcmp(a->id, b->id, a->count * sizeof *a->id) == 0);
}

bool schema_same_declared(const struct schema_class *a, const struct schema_class *b)
{
    return same(&a->must, &b->must) && same(&a->may, &b->may) && same(&a->aux, &b->aux) &&
           same(&a->superiors, &b->superiors);
}

static const struct schema_class *was(const struct schema_drafts *d, const struct schema_class *c)
{
    return d->was && c->index < d->was_count ? d->was[c->index] : NULL;
}

static bool dirty(const struct schema_drafts *d, uint32_t id)
{
    const struct schema_class *c = schema_draft(d, id), *before = c ? was(d, c) : NULL;
    return !before || !schema_same_declared(c, before);
}

static bool any_dirty(const struct schema_drafts *d, const struct schema_list *chain)
{
    for (uint32_t i = 0; i < chain->count; i++)
        if (dirty(d, chain->id[i]))
            return true;
    return false;
}

/* Neither the class nor any that it has its attributes from changed. */
static bool untouched(const struct schema_drafts *d, const struct schema_class *c)
{
    const struct schema_class *before = was(d, c);
    if (!before || any_dirty(d, &c->chain))
        return false;
    for (uint32_t i = 0; i < before->all_aux.count; i++) {
        const struct schema_class *aux = schema_draft(d, before->all_aux.id[i]);
        if (!aux || any_dirty(d, &aux->chain))
            return false;
    }
    return true;
}

static enum err contents(const struct schema_drafts *d, struct schema_class *c)
{
    const struct schema_class *before = was(d, c);
    if (!untouched(d, c)) {
        TRY(all_aux(d, c));
        return attributes(d, c);
    }
    c->all_aux = before->all_aux;
    c->all_must = before->all_must;
    c->all_may = before->all_may;
    return ERR_OK;
}

/* Who may be below whom is as it was, but for new classes. */
static bool same_tree(const struct schema_drafts *d)
{
    for (unsigned i = 0; d->was && i < d->was_count; i++)
        if (!same(&d->row[i].superiors, &d->was[i]->superiors))
            return false;
    return d->was != NULL;
}

/* A new class may be above those that its superclass may be above; its id is behind theirs. */
static enum err more_superiors(const struct schema_drafts *d, struct schema_class *c)
{
    const struct schema_class *before = was(d, c);
    struct ids all = {0};
    if (!before)
        return superiors(d, c);
    c->all_superiors = before->all_superiors;
    for (unsigned i = d->was_count; i < d->count; i++) {
        if (!schema_list_has(&c->all_superiors, d->row[i].super))
            continue;
        if (!all.count)
            TRY(push_list(d, &all, &before->all_superiors));
        TRY(push(d, &all, d->row[i].id));
        c->all_superiors = (struct schema_list){all.id, all.count};
    }
    return all.count ? keep_ids(d, &all, &c->all_superiors) : ERR_OK;
}

static enum err more_inferiors(const struct schema_drafts *d, struct schema_class *c)
{
    const struct schema_class *before = was(d, c);
    struct ids below = {0};
    if (!before)
        return inferiors(d, c);
    c->inferiors = before->inferiors;
    for (unsigned i = d->was_count; i < d->count; i++) {
        if (!may_be_below(&d->row[i], c))
            continue;
        if (!below.count)
            TRY(push_list(d, &below, &before->inferiors));
        TRY(push(d, &below, d->row[i].id));
    }
    return below.count ? keep_ids(d, &below, &c->inferiors) : ERR_OK;
}

static enum err derive(const struct schema_drafts *d)
{
    typedef enum err (*step)(const struct schema_drafts *, struct schema_class *);
    const bool grown = same_tree(d);
    const step steps[] = {chain, contents, grown ? more_superiors : superiors,
                          grown ? more_inferiors : inferiors};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
        for (unsigned i = 0; i < d->count; i++) {
            arena_reset(d->raw);
            TRY(steps[s](d, &d->row[i]));
        }
    return ERR_OK;
}

enum err schema_derive(struct schema_drafts *d)
{
    struct arena raw;
    arena_init(&raw, 0, RAW_MEMORY, 0);
    d->raw = &raw;
    enum err e = derive(d);
    d->raw = NULL;
    arena_fini(&raw);
    return e;
}

bool schema_same_lists(const struct schema_class *a, const struct schema_class *b)
{
    return schema_same_declared(a, b) && same(&a->chain, &b->chain) &&
           same(&a->all_aux, &b->all_aux) && same(&a->all_must, &b->all_must) &&
           same(&a->all_may, &b->all_may) && same(&a->all_superiors, &b->all_superiors) &&
           same(&a->inferiors, &b->inferiors);
}
