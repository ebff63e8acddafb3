/*
 * LOCK: ranges of bytes of a file ([MS-SMB2] 3.3.5.14, [MS-FSA] 2.1.5.7 to 2.1.5.9). They are kept
 * by others' locks, reads and writes, and, as share modes, by those of one domain controller. One
 * that has to wait is a pending request, which is looked at again whenever a lock of its file goes.
 */
#include <stdlib.h>

#include "smb/smb_internal.h"
#include "wire/smb2/smb2_info.h"

struct smb_lock {
    struct smb_lock *next;
    const struct smb_open *open;
    struct smb_range range;
};

enum lock_flag { SHARED = 0x01, EXCLUSIVE = 0x02, UNLOCK = 0x04, AT_ONCE = 0x10 };

/* --- ranges ---------------------------------------------------------------------------------- */

/* An empty range is a place between two bytes: it meets what has bytes on both sides of it. */
static bool meets(const struct smb_range *a, const struct smb_range *b)
{
    if (!a->length || !b->length) {
        const struct smb_range *point = a->length ? b : a, *other = a->length ? a : b;
        return other->offset < point->offset && point->offset - other->offset < other->length;
    }
    return a->offset <= b->offset ? b->offset - a->offset < a->length
                                  : a->offset - b->offset < b->length;
}

bool smb_lock_blocks(const struct smb_open *o, uint64_t offset, uint64_t length, bool write)
{
    const struct smb_range range = {offset, length, false};

    for (const struct smb_lock *l = length ? o->node->locks : NULL; l; l = l->next)
        if (meets(&l->range, &range) && (l->range.exclusive ? l->open != o : write))
            return true;
    return false;
}

static bool free_for(const struct smb_open *o, const struct smb_range *range)
{
    for (const struct smb_lock *l = o->node->locks; l; l = l->next)
        if (meets(&l->range, range) && (range->exclusive || (l->range.exclusive && l->open != o)))
            return false;
    return true;
}

/* --- one lock -------------------------------------------------------------------------------- */

static uint32_t take(struct smb_open *o, const struct smb_range *range)
{
    struct smb_node *n = o->node;

    if (!free_for(o, range))
        return NT_LOCK_NOT_GRANTED;
    struct smb_lock *l = n->lock_count < SMB_LOCKS_MAX ? calloc(1, sizeof(*l)) : NULL;
    if (!l)
        return NT_INSUFFICIENT_RESOURCES;
    *l = (struct smb_lock){.next = n->locks, .open = o, .range = *range};
    n->locks = l;
    n->lock_count++;
    return NT_OK;
}

static void drop(struct smb_node *n, struct smb_lock **at)
{
    struct smb_lock *l = *at;

    *at = l->next;
    n->lock_count--;
    free(l);
}

/* Of two that are equal but for it, the exclusive one goes first. */
static bool give_back(struct smb_open *o, uint64_t offset, uint64_t length)
{
    struct smb_lock **found = NULL;

    for (struct smb_lock **at = &o->node->locks; *at; at = &(*at)->next) {
        const struct smb_lock *l = *at;
        if (l->open == o && l->range.offset == offset && l->range.length == length &&
            (!found || l->range.exclusive))
            found = at;
    }
    if (found)
        drop(o->node, found);
    return found;
}

/* --- those that wait ------------------------------------------------------------------------- */

/* The oldest of this open that can be granted now. */
static struct smb_pending *grantable(const struct smb_open *o)
{
    struct smb_pending *found = NULL;

    for (struct smb_pending *p = o->session->conn->pending; p; p = p->next)
        if (p->open_id == o->id && p->command == SMB2_LOCK && free_for(o, &p->range))
            found = p;
    return found;
}

static void go_on(struct smb_node *n)
{
    for (struct smb_open *o = n->opens, *next; o; o = next) {
        struct smb_pending *p = grantable(o);
        next = p ? n->opens : o->next_of_node; /* one that is granted may be in another's way */
        if (!p)
            continue;
        uint32_t status = take(o, &p->range);
        smb_late_answer(p, status, status == NT_OK ? &(struct smb2_empty){0} : NULL);
    }
}

void smb_lock_leave(struct smb_open *o)
{
    struct smb_node *n = o->node;
    bool had = false;

    for (struct smb_lock **at = &n->locks; *at;) {
        if ((*at)->open != o) {
            at = &(*at)->next;
            continue;
        }
        drop(n, at);
        had = true;
    }
    if (had)
        go_on(n);
}

/* --- the request ----------------------------------------------------------------------------- */

static uint32_t unlock(struct smb_open *o, const struct smb2_lock *list, unsigned count)
{
    uint32_t status = NT_OK;

    for (unsigned i = 0; i < count && status == NT_OK; i++) {
        if (list[i].flags != UNLOCK)
            status = NT_INVALID_PARAMETER;
        else if (!give_back(o, list[i].offset, list[i].length))
            status = NT_RANGE_NOT_LOCKED;
    }
    go_on(o->node);
    return status;
}

static uint32_t check(const struct smb2_lock *l, unsigned count)
{
    uint32_t kind = l->flags & ~(uint32_t)AT_ONCE;

    if ((kind != SHARED && kind != EXCLUSIVE) || (count > 1 && !(l->flags & AT_ONCE)))
        return NT_INVALID_PARAMETER;
    return l->length && l->offset + (l->length - 1) < l->offset ? NT_INVALID_LOCK_RANGE : NT_OK;
}

static struct smb_range range_of(const struct smb2_lock *l)
{
    return (struct smb_range){l->offset, l->length, l->flags & EXCLUSIVE};
}

/* All of them or none; only one alone may wait. */
static uint32_t lock(struct smb_request *rq, struct smb_open *o, const struct smb2_lock *list,
                     unsigned count)
{
    uint32_t status = NT_OK;
    unsigned taken = 0;

    for (unsigned i = 0; i < count && status == NT_OK; i++)
        status = check(&list[i], count);
    for (; taken < count && status == NT_OK; taken += status == NT_OK) {
        struct smb_range range = range_of(&list[taken]);
        status = take(o, &range);
    }
    if (status == NT_OK)
        return NT_OK;
    while (taken--)
        (void)give_back(o, list[taken].offset, list[taken].length);
    if (status != NT_LOCK_NOT_GRANTED || list[0].flags & AT_ONCE)
        return status;
    struct smb_pending *p = smb_pend(rq, o->id, 0);
    if (!p)
        return smb_not_pended(rq);
    p->range = range_of(&list[0]);
    return NT_PENDING;
}

static enum err decode(struct span bytes, struct arena *a, struct smb2_lock **out,
                       unsigned *count_out)
{
    unsigned count = (unsigned)(bytes.len / SMB2_LOCK_SIZE);
    struct smb2_lock *list = arena_new_array(a, count, struct smb2_lock);

    if (!count || count > SMB_LOCKS_MAX)
        return ERR_LIMIT;
    if (!list)
        return ERR_NOMEM;
    for (unsigned i = 0; i < count; i++)
        TRY(smb2_part_decode(&smb2_lock_shape,
                             span_sub(bytes, (size_t)i * SMB2_LOCK_SIZE, SMB2_LOCK_SIZE),
                             &list[i]));
    *out = list;
    *count_out = count;
    return ERR_OK;
}

uint32_t smb_do_lock(struct smb_request *rq)
{
    struct smb2_lock_request q;
    struct smb2_lock *list;
    unsigned count;
    struct smb_open *o;
    uint32_t status = smb_body_of_open(rq, &q, &q.id, &o);

    if (status != NT_OK)
        return status;
    if (o->pipe || o->facts.folder || decode(q.locks, rq->arena, &list, &count) != ERR_OK)
        return NT_INVALID_PARAMETER;
    if (!smb_may_exclude(o->maximal) || !(o->access & (SMB2_READ_DATA | SMB2_WRITE_DATA)))
        return NT_ACCESS_DENIED;
    status = list[0].flags & UNLOCK ? unlock(o, list, count) : lock(rq, o, list, count);
    if (status == NT_OK)
        smb_answer(rq, &(struct smb2_empty){0});
    return status;
}
