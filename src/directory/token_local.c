#include "directory/token_internal.h"

#define RESOURCE_ATTRIBUTES 0x20000007u

static int by_sid(const void *a, const void *b)
{
    return sid_cmp(&((const struct dir_group_sid *)a)->sid,
                   &((const struct dir_group_sid *)b)->sid);
}

static enum err list(const struct dir_snap *s, const struct idset *set, const struct sid *domain,
                     struct arena *a, struct dir_local_set *out)
{
    struct dir_group_sid *l = arena_new_array(a, set->count, struct dir_group_sid);
    unsigned count = 0;

    if (!l)
        return ERR_NOMEM;
    for (unsigned i = 0; i < set->count; i++) {
        struct dir_obj o;
        struct sid sid;

        TRY(dir_by_id(s, set->ids[i], &o));
        if (token_object_sid(&o, &sid) == ERR_OK && (!domain || sid_in_domain(&sid, domain, NULL)))
            l[count++] = (struct dir_group_sid){sid, RESOURCE_ATTRIBUTES};
    }
    if (count > 1)
        qsort(l, count, sizeof(*l), by_sid);
    out->groups = l;
    out->count = count;
    return ERR_OK;
}

/* The principals are looked at only for who holds them; the groups start after them. A domain-local
 * group that is among the given SIDs already is found again only through another member. */
enum err token_local_groups(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            const struct sid *domain, struct arena *a, struct dir_local_set *out)
{
    struct idset looked_at = {.arena = a, .max = 2 * DIR_GROUPS_MAX};
    struct idset groups = {.arena = a, .max = DIR_GROUPS_MAX};
    unsigned *unknown = arena_new_array(a, count, unsigned), unknown_count = 0, given;
    struct dir_local_set l = {.unknown = unknown};

    if (!unknown)
        return ERR_NOMEM;
    for (unsigned i = 0; i < count; i++) {
        struct dir_obj o;
        enum err e = dir_by_sid(s, &sids[i], &o);

        if (e == ERR_NOT_FOUND)
            unknown[unknown_count++] = i;
        else if (e == ERR_OK)
            e = idset_add(&looked_at, o.id);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
    }
    given = looked_at.count;
    for (unsigned i = 0; i < given; i++)
        TRY(token_add_holders(s, looked_at.ids[i], GROUP_LOCAL, &groups, &looked_at));
    TRY(token_close_upward(s, GROUP_LOCAL, 0, &groups, &looked_at));
    TRY(list(s, &groups, domain, a, &l));
    l.visited = looked_at.ids;
    l.visited_count = looked_at.count;
    l.unknown_count = unknown_count;
    *out = l;
    return ERR_OK;
}

bool dir_local_set_current(const struct dir_snap *s, const struct sid *sids,
                           const struct dir_local_set *l, uint64_t usn)
{
    if (s->epochs.links <= usn)
        return true;
    if (!dir_memberships_current(s, l->visited, l->visited_count, usn))
        return false;
    for (unsigned i = 0; i < l->unknown_count; i++) {
        struct dir_obj o;

        if (dir_by_sid(s, &sids[l->unknown[i]], &o) != ERR_NOT_FOUND)
            return false;
    }
    return true;
}

enum err dir_local_set_make(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            struct arena *a, struct dir_local_set *out)
{
    struct dir_naming naming;

    TRY(dir_naming(s, &naming));
    return token_local_groups(s, sids, count, &naming.domain_sid, a, out);
}

enum err dir_local_groups(const struct dir_snap *s, const struct sid *sids, unsigned count,
                          struct arena *a, struct dir_group_sid **out, unsigned *count_out)
{
    struct dir_local_set l;

    TRY(dir_local_set_make(s, sids, count, a, &l));
    *out = l.groups;
    *count_out = l.count;
    return ERR_OK;
}
