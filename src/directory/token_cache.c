#include "directory/token.h"

/* One account's memberships and what they rest on, in one block: header, lists, ids. */
struct member_entry {
    dir_id account;
    uint64_t usn; /* the snapshot it was computed or last found to hold in */
    size_t bytes;
    struct dir_memberships m;
    struct dir_group_sid sids[];
};

struct dir_member_cache {
    unsigned mask;
    size_t bytes, max_bytes;
    struct member_entry *slots[];
};

enum err dir_member_cache_new(unsigned entries, size_t max_bytes, struct dir_member_cache **out)
{
    struct dir_member_cache *c;
    unsigned size = 16;

    while (size < entries && size < 1u << 24)
        size *= 2;
    c = calloc(1, sizeof(*c) + size * sizeof(c->slots[0]));
    if (!c)
        return ERR_NOMEM;
    c->mask = size - 1;
    c->max_bytes = max_bytes;
    *out = c;
    return ERR_OK;
}

static void drop(struct dir_member_cache *c, unsigned at)
{
    if (!c->slots[at])
        return;
    c->bytes -= c->slots[at]->bytes;
    free(c->slots[at]);
    c->slots[at] = NULL;
}

void dir_member_cache_free(struct dir_member_cache *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i <= c->mask; i++)
        drop(c, i);
    free(c);
}

static struct dir_group_sid *copy_list(struct dir_group_sid *to, struct dir_group_sid **list,
                                       unsigned count)
{
    if (count)
        memcpy(to, *list, count * sizeof(*to));
    *list = to;
    return to + count;
}

static void keep(struct dir_member_cache *c, unsigned at, dir_id account, uint64_t usn,
                 const struct dir_memberships *m)
{
    size_t sids = (size_t)m->global_count + m->universal_count + m->history_count;
    size_t bytes = sizeof(struct member_entry) + sids * sizeof(struct dir_group_sid) +
                   m->visited_count * sizeof(dir_id);
    struct dir_group_sid *next;
    struct member_entry *e;

    drop(c, at);
    if (bytes > c->max_bytes - c->bytes)
        return;
    e = malloc(bytes);
    if (!e)
        return;
    *e = (struct member_entry){.account = account, .usn = usn, .bytes = bytes, .m = *m};
    next = copy_list(e->sids, &e->m.global, m->global_count);
    next = copy_list(next, &e->m.universal, m->universal_count);
    next = copy_list(next, &e->m.history, m->history_count);
    memcpy(next, m->visited, m->visited_count * sizeof(dir_id));
    e->m.visited = (const dir_id *)next;
    c->slots[at] = e;
    c->bytes += bytes;
}

enum err dir_member_cache_get(struct dir_member_cache *c, const struct dir_snap *s, dir_id account,
                              struct arena *scratch, struct dir_memberships *out)
{
    unsigned at = (account * 2654435761u >> 8) & c->mask;
    struct member_entry *e = c->slots[at];

    if (e && e->account == account &&
        dir_memberships_current(s, e->m.visited, e->m.visited_count, e->usn)) {
        if (dir_snap_usn(s) > e->usn)
            e->usn = dir_snap_usn(s);
        *out = e->m;
        return ERR_OK;
    }
    TRY(dir_memberships(s, account, scratch, out));
    keep(c, at, account, dir_snap_usn(s), out);
    return ERR_OK;
}
