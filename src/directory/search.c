#include "directory/search.h"

#include "directory/search_plan.h"

#define WALK_DEPTH_MAX 256  /* as deep as a DN is long */
#define WALK_COUNT_MAX 2048 /* a subtree is measured up to here */
#define STREAM_SHORT   4    /* candidates that are looked at without measuring */

struct walk_frame {
    dir_id parent;
    struct dir_child_cursor children;
};

/* Where a search is. With a stream it is after an id; walking the tree it is between children on
 * each level, which is a place too that no change makes invalid. */
struct search_plan {
    bool done;
    bool started;
    dir_id nc; /* of the base */
    dir_id base;
    dir_id skip[2];             /* application partitions, which the global catalog does not hold */
    struct plan_stream *stream; /* NULL: walk */
    dir_id last;
    unsigned depth;
    struct walk_frame *frame; /* WALK_DEPTH_MAX, when the tree is walked */
    /* Candidates come in runs under one container: what was found out about the last one, true for
     * one snapshot. */
    uint64_t seen_usn;
    dir_id seen_parent;
    bool know_inside, inside;
    bool know_visible, visible;
};

static void look_at(const struct dir_snap *s, struct search_plan *p, dir_id parent)
{
    if (p->seen_parent == parent && p->seen_usn == dir_snap_usn(s))
        return;
    p->seen_parent = parent;
    p->seen_usn = dir_snap_usn(s);
    p->know_inside = p->know_visible = false;
}

/* --- scope --------------------------------------------------------------------------------------
 */

static bool skipped(const struct search_plan *p, dir_id nc)
{
    return nc != p->nc && (nc == p->skip[0] || nc == p->skip[1]);
}

static bool container_inside(const struct dir_snap *s, const struct dir_search *q, dir_id container)
{
    const struct search_plan *p = q->plan;
    dir_id nc = dir_nc_of(s, container);

    if (q->cross_nc ? skipped(p, nc) : nc != p->nc)
        return false;
    return container == p->base || dir_is_under(s, container, p->base);
}

static bool inside(const struct dir_snap *s, struct dir_search *q, const struct dir_obj *o)
{
    struct search_plan *p = q->plan;

    if (o->id == p->base)
        return q->scope != DIR_ONE;
    if (q->scope == DIR_ONE && o->parent != p->base)
        return false;
    if ((o->flags & DIR_OBJ_NC_HEAD) && (!q->cross_nc || skipped(p, o->id)))
        return false;
    look_at(s, p, o->parent);
    if (!p->know_inside) {
        p->inside = container_inside(s, q, o->parent);
        p->know_inside = true;
    }
    return p->inside;
}

static bool shown(const struct dir_search *q, const struct dir_obj *o)
{
    return q->show_deleted || !(o->flags & DIR_OBJ_DELETED);
}

static bool visible(const struct dir_snap *s, struct search_plan *p, const struct dir_obj *o,
                    const struct dir_token *token)
{
    if (o->flags & DIR_OBJ_NC_HEAD)
        return access_visible(s, o, token);
    look_at(s, p, o->parent);
    if (!p->know_visible) {
        p->visible = access_visible(s, o, token);
        p->know_visible = true;
    }
    return p->visible;
}

static bool accepted(const struct dir_snap *s, const struct dir_search *q, const struct dir_obj *o)
{
    struct arena *scratch = q->scratch ? q->scratch : q->arena;

    if (q->scratch)
        arena_reset(q->scratch);
    return dir_filter_match(s, q->filter, o, q->token, scratch) && visible(s, q->plan, o, q->token);
}

/* --- walking ------------------------------------------------------------------------------------
 */

static void push(struct search_plan *p, dir_id parent)
{
    if (p->depth < WALK_DEPTH_MAX)
        p->frame[p->depth++] = (struct walk_frame){.parent = parent};
}

/* The next object in preorder, descending after it was given. */
static bool walk_next(const struct dir_snap *s, struct dir_search *q, struct dir_obj *out)
{
    struct search_plan *p = q->plan;
    dir_id id;

    while (p->depth) {
        struct walk_frame *top = &p->frame[p->depth - 1];

        if (!dir_child_next(s, top->parent, &top->children, &id)) {
            p->depth--;
            continue;
        }
        if (dir_by_id(s, id, out) != ERR_OK || !shown(q, out))
            continue;
        if ((out->flags & DIR_OBJ_NC_HEAD) && (!q->cross_nc || skipped(p, id)))
            continue;
        if (q->scope == DIR_SUBTREE)
            push(p, id);
        return true;
    }
    return false;
}

/* Is the part of the tree to be walked smaller than what the stream gives? Looking at objects in
 * vain is what costs, and a small container is found small soon. */
static bool walk_is_smaller(const struct dir_snap *s, const struct dir_search *q,
                            const struct search_plan *p)
{
    struct walk_frame frame[16] = {{.parent = p->base}};
    uint64_t limit = p->stream->estimate;
    unsigned depth = 1, count = 0;
    dir_id id;

    if (limit > WALK_COUNT_MAX)
        limit = WALK_COUNT_MAX;
    while (depth) {
        struct walk_frame *top = &frame[depth - 1];

        if (!dir_child_next(s, top->parent, &top->children, &id)) {
            depth--;
            continue;
        }
        if (++count >= limit)
            return false;
        if (q->scope == DIR_ONE || !dir_has_children(s, id))
            continue;
        if (depth == sizeof(frame) / sizeof(frame[0]))
            return false;
        frame[depth++] = (struct walk_frame){.parent = id};
    }
    return true;
}

/* --- the search ---------------------------------------------------------------------------------
 */

static enum err start_walk(struct search_plan *p, struct arena *a)
{
    p->frame = arena_new_array(a, WALK_DEPTH_MAX, struct walk_frame);
    if (!p->frame)
        return ERR_NOMEM;
    push(p, p->base);
    return ERR_OK;
}

static enum err start(const struct dir_snap *s, struct dir_search *q)
{
    struct search_plan *p = arena_new(q->arena, struct search_plan);
    struct dir_naming naming;

    if (!p)
        return ERR_NOMEM;
    p->base = q->base;
    if (q->cross_nc) {
        TRY(dir_naming(s, &naming));
        p->skip[0] = naming.domain_dns_nc;
        p->skip[1] = naming.forest_dns_nc;
        if (!p->base)
            p->base = naming.root_nc;
    }
    if (q->scope != DIR_BASE) {
        p->nc = dir_nc_of(s, p->base);
        TRY(plan_make(s, q->filter, q->show_deleted, q->arena, &p->stream));
        if (p->stream && p->stream->estimate > STREAM_SHORT &&
            (p->base != p->nc || q->scope == DIR_ONE) && walk_is_smaller(s, q, p))
            p->stream = NULL;
        if (!p->stream)
            TRY(start_walk(p, q->arena));
    }
    q->plan = p;
    return ERR_OK;
}

/* The next object that is within the scope, and whether there is one. ERR_STATE: a candidate that
 * is not. */
static enum err candidate(const struct dir_snap *s, struct dir_search *q, struct dir_obj *out)
{
    struct search_plan *p = q->plan;
    enum err e;

    if (!p->started && (q->scope == DIR_BASE || !p->stream)) {
        p->started = true;
        if (q->scope == DIR_ONE)
            return ERR_STATE;
        e = dir_by_id(s, p->base, out);
        return e == ERR_OK && !shown(q, out) ? ERR_STATE : e;
    }
    if (q->scope == DIR_BASE)
        return ERR_NOT_FOUND;
    if (!p->stream)
        return walk_next(s, q, out) ? ERR_OK : ERR_NOT_FOUND;
    if (!plan_next(s, p->stream, p->last, &p->last))
        return ERR_NOT_FOUND;
    e = dir_by_id(s, p->last, out);
    if (e == ERR_NOT_FOUND)
        return ERR_STATE;
    return e == ERR_OK && !(shown(q, out) && inside(s, q, out)) ? ERR_STATE : e;
}

enum err dir_search_next(const struct dir_snap *s, struct dir_search *q, unsigned examine,
                         struct dir_obj *out)
{
    if (!q->plan)
        TRY(start(s, q));
    for (unsigned i = 0; i < examine && !q->plan->done; i++) {
        struct dir_obj o;
        enum err e = candidate(s, q, &o);

        if (e == ERR_STATE)
            continue;
        if (e == ERR_NOT_FOUND)
            q->plan->done = true;
        else if (e != ERR_OK)
            return e;
        else if (accepted(s, q, &o)) {
            *out = o;
            return ERR_OK;
        }
    }
    TRY(dir_snap_err(s));
    return q->plan->done ? ERR_NOT_FOUND : ERR_LIMIT;
}
