#include "directory/search_plan.h"

#include "directory/idset.h"

struct planning {
    const struct dir_snap *snap;
    struct arena *arena;
    bool deleted;
};

static enum err plan_node(const struct planning *p, const struct dir_filter *f,
                          struct plan_stream **out);

static struct plan_stream *new_stream(const struct planning *p, enum plan_kind kind,
                                      uint64_t estimate)
{
    struct plan_stream *st = arena_new(p->arena, struct plan_stream);

    if (st) {
        st->kind = kind;
        st->estimate = estimate;
    }
    return st;
}

static enum err list_stream(const struct planning *p, const dir_id *ids, unsigned count,
                            struct plan_stream **out)
{
    struct plan_stream *st = new_stream(p, PLAN_LIST, count);

    if (!st)
        return ERR_NOMEM;
    st->list = ids;
    st->list_count = count;
    *out = st;
    return ERR_OK;
}

static enum err index_stream(const struct planning *p, uint32_t attr, struct span value,
                             bool deleted, struct plan_stream **out)
{
    struct plan_stream *st = new_stream(p, PLAN_INDEX, 0);
    struct dir_index_cursor *c = arena_new(p->arena, struct dir_index_cursor);

    if (!st || !c)
        return ERR_NOMEM;
    TRY(dir_index_open(attr, INDEX_EQUAL, value, deleted, c));
    st->index = c;
    st->attr = attr;
    st->estimate = dir_index_begin(p->snap, c, &st->head);
    st->valid = st->estimate > 0;
    *out = st;
    return ERR_OK;
}

static enum err combine(const struct planning *p, enum plan_kind kind, struct plan_stream **part,
                        unsigned count, struct plan_stream **out)
{
    struct plan_stream *st;

    if (count == 1) {
        *out = part[0];
        return ERR_OK;
    }
    st = new_stream(p, kind, 0);
    if (!st)
        return ERR_NOMEM;
    st->part = part;
    st->part_count = count;
    for (unsigned i = 0; i < count; i++)
        if (kind == PLAN_UNION)
            st->estimate += part[i]->estimate;
        else if (i == 0 || part[i]->estimate < st->estimate)
            st->estimate = part[i]->estimate;
    *out = st;
    return ERR_OK;
}

/* Live objects and tombstones have indexes of their own. */
static enum err plan_equal(const struct planning *p, const struct dir_filter *f,
                           struct plan_stream **out)
{
    struct plan_stream **part = arena_new_array(p->arena, 2, struct plan_stream *);
    unsigned count = 0;

    if (!part)
        return ERR_NOMEM;
    TRY(index_stream(p, f->attr, f->stored, false, &part[count++]));
    if (p->deleted)
        TRY(index_stream(p, f->attr, f->stored, true, &part[count++]));
    return combine(p, PLAN_UNION, part, count, out);
}

/* A range of the index comes in the order of values: its ids are gathered, if they are few, and
 * sorted. */
static enum err gather(const struct planning *p, const struct dir_filter *f, enum dir_index_how how,
                       bool deleted, struct idset *set)
{
    struct dir_index_cursor *c = arena_new(p->arena, struct dir_index_cursor);
    dir_id id;

    if (!c)
        return ERR_NOMEM;
    TRY(dir_index_open(f->attr, how, f->stored, deleted, c));
    if (dir_index_count(p->snap, c, PLAN_LIST_MAX + 1) > PLAN_LIST_MAX)
        return ERR_UNSUPPORTED;
    while (dir_index_next(p->snap, c, &id))
        TRY(idset_add(set, id));
    return ERR_OK;
}

static enum err plan_range(const struct planning *p, const struct dir_filter *f,
                           enum dir_index_how how, struct plan_stream **out)
{
    struct idset set = {.arena = p->arena, .max = 2 * PLAN_LIST_MAX};

    TRY(gather(p, f, how, false, &set));
    if (p->deleted)
        TRY(gather(p, f, how, true, &set));
    idset_sort(&set);
    return list_stream(p, set.ids, set.count, out);
}

static enum err plan_link(const struct planning *p, const struct dir_filter *f,
                          struct plan_stream **out)
{
    bool back = f->schema->flags & SCHEMA_BACKLINK;
    uint32_t attr = back ? f->schema->partner : f->attr;
    dir_id object = (dir_id)f->number;
    struct plan_stream *st;

    if (f->op != FILTER_EQUAL || schema_syntax(f->schema->syntax)->rule != RULE_DN)
        return ERR_UNSUPPORTED;
    st = new_stream(p, back ? PLAN_LINKS : PLAN_BACKLINKS, 0);
    if (!st)
        return ERR_NOMEM;
    st->attr = attr;
    st->object = object;
    st->estimate =
        back ? dir_link_count(p->snap, attr, object) : dir_backlink_count(p->snap, attr, object);
    *out = st;
    return ERR_OK;
}

static enum err plan_self(const struct planning *p, dir_id id, struct plan_stream **out)
{
    dir_id *ids = arena_new(p->arena, dir_id);

    if (!ids)
        return ERR_NOMEM;
    *ids = id;
    return list_stream(p, ids, 1, out);
}

/* ERR_UNSUPPORTED: this leaf has no index that helps. */
static enum err plan_leaf(const struct planning *p, const struct dir_filter *f,
                          struct plan_stream **out)
{
    if (f->op == FILTER_IN_CHAIN)
        return list_stream(p, f->chain, f->chain_count, out);
    if (f->schema->flags & (SCHEMA_LINK | SCHEMA_BACKLINK))
        return plan_link(p, f, out);
    if (f->attr == ATTR_distinguishedName && f->op == FILTER_EQUAL)
        return plan_self(p, (dir_id)f->number, out);
    switch (f->op) {
    case FILTER_EQUAL:
        return plan_equal(p, f, out);
    case FILTER_SUBSTRING:
        return f->initial.len ? plan_range(p, f, INDEX_PREFIX, out) : ERR_UNSUPPORTED;
    case FILTER_GE:
        return plan_range(p, f, INDEX_FROM, out);
    case FILTER_LE:
        return plan_range(p, f, INDEX_TO, out);
    case FILTER_PRESENT:
        return plan_range(p, f, INDEX_ANY, out);
    default:
        return ERR_UNSUPPORTED;
    }
}

/* Every alternative must be looked up, else all objects have to be scanned anyway. */
static enum err plan_or(const struct planning *p, const struct dir_filter *f,
                        struct plan_stream **out)
{
    struct plan_stream **part = arena_new_array(p->arena, PLAN_UNION_MAX, struct plan_stream *);
    unsigned count = 0;

    if (!part)
        return ERR_NOMEM;
    for (const struct dir_filter *c = f->child; c; c = c->next) {
        if (count == PLAN_UNION_MAX)
            return ERR_UNSUPPORTED;
        TRY(plan_node(p, c, &part[count++]));
    }
    return count ? combine(p, PLAN_UNION, part, count, out) : list_stream(p, NULL, 0, out);
}

static void keep_smallest(struct plan_stream **best, unsigned *count, struct plan_stream *st)
{
    unsigned at = *count;

    while (at > 0 && best[at - 1]->estimate > st->estimate)
        at--;
    if (at == PLAN_INTERSECT_MAX)
        return;
    if (*count < PLAN_INTERSECT_MAX)
        (*count)++;
    for (unsigned i = *count - 1; i > at; i--)
        best[i] = best[i - 1];
    best[at] = st;
}

/* The most selective condition, and with it those of about the same size: passing over an id costs
 * far less than looking at an object, but not nothing. Classes go along with categories, and what
 * both hold is what one holds. */
#define WORTH_INTERSECTING 4

static bool worth_it(const struct plan_stream *best, const struct plan_stream *st)
{
    bool class = st->kind == PLAN_INDEX && st->attr == ATTR_objectClass;

    return !class && st->estimate <= WORTH_INTERSECTING * best->estimate;
}

static enum err plan_and(const struct planning *p, const struct dir_filter *f,
                         struct plan_stream **out)
{
    struct plan_stream **best = arena_new_array(p->arena, PLAN_INTERSECT_MAX, struct plan_stream *);
    unsigned count = 0, worth = 1;

    if (!best)
        return ERR_NOMEM;
    for (const struct dir_filter *c = f->child; c; c = c->next) {
        struct plan_stream *st;
        enum err e = plan_node(p, c, &st);

        if (e == ERR_OK)
            keep_smallest(best, &count, st);
        else if (e != ERR_UNSUPPORTED)
            return e;
    }
    if (count == 0)
        return ERR_UNSUPPORTED;
    for (unsigned i = 1; i < count; i++)
        if (worth_it(best[0], best[i]))
            best[worth++] = best[i];
    return combine(p, PLAN_INTERSECT, best, worth, out);
}

static enum err plan_node(const struct planning *p, const struct dir_filter *f,
                          struct plan_stream **out)
{
    switch (f->op) {
    case FILTER_AND:
        return plan_and(p, f, out);
    case FILTER_OR:
        return plan_or(p, f, out);
    case FILTER_FALSE:
    case FILTER_UNDEFINED:
        return list_stream(p, NULL, 0, out);
    case FILTER_NOT:
    case FILTER_TRUE:
        return ERR_UNSUPPORTED;
    default:
        return plan_leaf(p, f, out);
    }
}

enum err plan_make(const struct dir_snap *s, const struct dir_filter *f, bool deleted,
                   struct arena *a, struct plan_stream **out)
{
    struct planning p = {.snap = s, .arena = a, .deleted = deleted};
    struct plan_stream *st = NULL;
    enum err e = plan_node(&p, f, &st);

    if (e != ERR_OK && e != ERR_UNSUPPORTED)
        return e;
    *out = e == ERR_OK ? st : NULL;
    return ERR_OK;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool step(const struct dir_snap *s, struct plan_stream *p, dir_id *out)
{
    switch (p->kind) {
    case PLAN_INDEX:
        return dir_index_next(s, p->index, out);
    case PLAN_LINKS:
        return dir_link_next(s, p->attr, p->object, &p->links, out, NULL);
    case PLAN_BACKLINKS:
        return dir_backlink_next(s, p->attr, p->object, &p->links, out);
    case PLAN_LIST:
        if (p->list_at == p->list_count)
            return false;
        *out = p->list[p->list_at++];
        return true;
    default:
        return false;
    }
}

static bool union_next(const struct dir_snap *s, struct plan_stream *p, dir_id after, dir_id *out)
{
    bool found = false;

    for (unsigned i = 0; i < p->part_count; i++) {
        dir_id id;

        if (plan_next(s, p->part[i], after, &id) && (!found || id < *out)) {
            *out = id;
            found = true;
        }
    }
    return found;
}

/* Each stream in turn is moved up to the greatest id seen, until all agree. */
static bool intersect_next(const struct dir_snap *s, struct plan_stream *p, dir_id after,
                           dir_id *out)
{
    unsigned agree = 0;
    dir_id id = 0;

    for (unsigned i = 0; agree < p->part_count; i = (i + 1) % p->part_count) {
        dir_id next;

        if (!plan_next(s, p->part[i], agree ? id - 1 : after, &next))
            return false;
        agree = agree && next == id ? agree + 1 : 1;
        id = next;
    }
    *out = id;
    return true;
}

bool plan_next(const struct dir_snap *s, struct plan_stream *p, dir_id after, dir_id *out)
{
    if (p->kind == PLAN_UNION)
        return union_next(s, p, after, out);
    if (p->kind == PLAN_INTERSECT)
        return intersect_next(s, p, after, out);
    while (!p->valid || p->head <= after) {
        p->valid = step(s, p, &p->head);
        if (!p->valid)
            return false;
    }
    *out = p->head;
    return true;
}
