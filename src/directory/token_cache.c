#include "directory/token_internal.h"

/* One block for each entry: the header, then the lists that it points to. */
struct member_entry {
    dir_id account;
    uint64_t usn; /* of the snapshot in which it was computed or last found to hold */
    size_t bytes;
    struct dir_memberships m;
    struct dir_group_sid sids[];
};

struct local_entry {
    uint32_t hash;
    unsigned sid_count;
    uint64_t usn;
    size_t bytes;
    const struct sid *sids; /* what was asked */
    struct dir_local_set l;
    struct dir_group_sid groups[];
};

struct dir_member_cache {
    unsigned mask;
    size_t bytes, max_bytes;
    struct member_entry **members;
    struct local_entry **locals;
};

enum err dir_member_cache_new(unsigned entries, size_t max_bytes, struct dir_member_cache **out)
{
    struct dir_member_cache *c = calloc(1, sizeof(*c));
    unsigned size = 16;

    if (!c)
        return ERR_NOMEM;
    while (size < entries && size < 1u << 24)
        size *= 2;
    c->mask = size - 1;
    c->max_bytes = max_bytes;
    c->members = calloc(size, sizeof(*c->members));
    c->locals = calloc(size, sizeof(*c->locals));
    if (!c->members || !c->locals) {
        free(c->members);
        free(c->locals);
        free(c);
        return ERR_NOMEM;
    }
    *out = c;
    return ERR_OK;
}

static void drop_members(struct dir_member_cache *c, unsigned at)
{
    if (!c->members[at])
        return;
    c->bytes -= c->members[at]->bytes;
    free(c->members[at]);
    c->members[at] = NULL;
}

static void drop_local(struct dir_member_cache *c, unsigned at)
{
    if (!c->locals[at])
        return;
    c->bytes -= c->locals[at]->bytes;
    free(c->locals[at]);
    c->locals[at] = NULL;
}

void dir_member_cache_free(struct dir_member_cache *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i <= c->mask; i++) {
        drop_members(c, i);
        drop_local(c, i);
    }
    free(c->members);
    free(c->locals);
    free(c);
}

/* NULL when it would not fit; then nothing is kept. */
static void *room(struct dir_member_cache *c, size_t bytes)
{
    void *block = bytes <= c->max_bytes - c->bytes ? malloc(bytes) : NULL;

    if (block)
        c->bytes += bytes;
    return block;
}

/* --- memberships of an account
 * -------------------------------------------------------------------- */

static struct dir_group_sid *copy_list(struct dir_group_sid *to, struct dir_group_sid **list,
                                       unsigned count)
{
    if (count)
        memcpy(to, *list, count * sizeof(*to));
    *list = to;
    return to + count;
}

static void keep_members(struct dir_member_cache *c, unsigned at, dir_id account, uint64_t usn,
                         const struct dir_memberships *m)
{
    size_t sids = (size_t)m->global_count + m->universal_count + m->history_count;
    size_t bytes = sizeof(struct member_entry) + sids * sizeof(struct dir_group_sid) +
                   m->visited_count * sizeof(dir_id);
    struct dir_group_sid *next;
    struct member_entry *e;

    drop_members(c, at);
    e = room(c, bytes);
    if (!e)
        return;
    *e = (struct member_entry){.account = account, .usn = usn, .bytes = bytes, .m = *m};
    next = copy_list(e->sids, &e->m.global, m->global_count);
    next = copy_list(next, &e->m.universal, m->universal_count);
    next = copy_list(next, &e->m.history, m->history_count);
    memcpy(next, m->visited, m->visited_count * sizeof(dir_id));
    e->m.visited = (const dir_id *)next;
    c->members[at] = e;
}

enum err dir_member_cache_get(struct dir_member_cache *c, const struct dir_snap *s, dir_id account,
                              struct arena *scratch, struct dir_memberships *out)
{
    unsigned at = (account * 2654435761u >> 8) & c->mask;
    struct member_entry *e = c->members[at];

    if (e && e->account == account &&
        dir_memberships_current(s, e->m.visited, e->m.visited_count, e->usn)) {
        if (dir_snap_usn(s) > e->usn)
            e->usn = dir_snap_usn(s);
        *out = e->m;
        return ERR_OK;
    }
    TRY(dir_memberships(s, account, scratch, out));
    keep_members(c, at, account, dir_snap_usn(s), out);
    return ERR_OK;
}

/* --- local groups of a set of SIDs
 * ---------------------------------------------------------------- */

static uint32_t hash_of(const struct sid *sids, unsigned count)
{
    uint32_t h = count;

    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < sids[i].count; j++)
            h = (h ^ sids[i].sub[j]) * 2654435761u;
    return h ^ h >> 15;
}

static bool same_sids(const struct local_entry *e, uint32_t hash, const struct sid *sids,
                      unsigned count)
{
    if (e->hash != hash || e->sid_count != count)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!sid_eq(&e->sids[i], &sids[i]))
            return false;
    return true;
}

/* Empty lists may have no address, which memcpy does not take. */
static void copy(void *to, const void *from, size_t len)
{
    if (len)
        memcpy(to, from, len);
}

/* Groups, then the SIDs asked for, then ids and indexes: from the largest alignment down. */
static void keep_local(struct dir_member_cache *c, unsigned at, const struct local_entry *head,
                       const struct sid *sids)
{
    const struct dir_local_set *l = &head->l;
    size_t bytes = sizeof(*head) + l->count * sizeof(*l->groups) + head->sid_count * sizeof(*sids) +
                   l->visited_count * sizeof(dir_id) + l->unknown_count * sizeof(unsigned);
    struct local_entry *e;
    struct sid *kept;
    dir_id *visited;
    unsigned *unknown;

    drop_local(c, at);
    e = room(c, bytes);
    if (!e)
        return;
    *e = *head;
    e->bytes = bytes;
    kept = (struct sid *)(e->groups + l->count);
    visited = (dir_id *)(kept + head->sid_count);
    unknown = (unsigned *)(visited + l->visited_count);
    copy(e->groups, l->groups, l->count * sizeof(*l->groups));
    copy(kept, sids, head->sid_count * sizeof(*sids));
    copy(visited, l->visited, l->visited_count * sizeof(dir_id));
    copy(unknown, l->unknown, l->unknown_count * sizeof(unsigned));
    e->sids = kept;
    e->l.groups = e->groups;
    e->l.visited = visited;
    e->l.unknown = unknown;
    c->locals[at] = e;
}

enum err dir_member_cache_local(struct dir_member_cache *c, const struct dir_snap *s,
                                const struct sid *sids, unsigned count, struct arena *scratch,
                                struct dir_group_sid **out, unsigned *count_out)
{
    struct local_entry head = {.hash = hash_of(sids, count), .sid_count = count};
    unsigned at = head.hash & c->mask;
    struct local_entry *e = c->locals[at];
    struct dir_naming naming;

    if (e && same_sids(e, head.hash, sids, count) &&
        dir_local_set_current(s, sids, &e->l, e->usn)) {
        if (dir_snap_usn(s) > e->usn)
            e->usn = dir_snap_usn(s);
        *out = e->l.groups;
        *count_out = e->l.count;
        return ERR_OK;
    }
    TRY(dir_naming(s, &naming));
    TRY(token_local_groups(s, sids, count, &naming.domain_sid, scratch, &head.l));
    head.usn = dir_snap_usn(s);
    keep_local(c, at, &head, sids);
    *out = head.l.groups;
    *count_out = head.l.count;
    return ERR_OK;
}
