#include "directory/token_internal.h"

#include "directory/links.h"

#define MEMBER_ATTRIBUTES 0x7u

#define RID_PROTECTED_USERS 525

/* Counts the group when it is one of security and of these scopes. */
static enum err consider(const struct dir_snap *s, dir_id id, unsigned scopes, struct idset *set,
                         struct idset *looked_at)
{
    struct dir_group g;

    TRY(token_group(s, id, &g));
    TRY(idset_add(looked_at, id));
    if ((g.type & GROUP_SECURITY) && (g.type & scopes) && !(g.flags & DIR_OBJ_DELETED))
        TRY(idset_add(set, id));
    return ERR_OK;
}

enum err token_add_holders(const struct dir_snap *s, dir_id member, unsigned scopes,
                           struct idset *set, struct idset *looked_at)
{
    struct dir_link_cursor c = {0};
    dir_id id;

    while (dir_backlink_next(s, ATTR_member, member, &c, &id))
        TRY(consider(s, id, scopes, set, looked_at));
    return dir_snap_err(s);
}

enum err token_close_upward(const struct dir_snap *s, unsigned scopes, unsigned from,
                            struct idset *set, struct idset *looked_at)
{
    for (unsigned i = from; i < set->count; i++) {
        struct dir_group g;

        TRY(token_group(s, set->ids[i], &g));
        for (unsigned h = 0; g.holders_known && h < g.holder_count; h++)
            TRY(consider(s, g.holder[h], scopes, set, looked_at));
        if (!g.holders_known)
            TRY(token_add_holders(s, set->ids[i], scopes, set, looked_at));
    }
    return ERR_OK;
}

enum err token_object_sid(const struct dir_obj *o, struct sid *out)
{
    struct span bytes;

    if (!dir_attr_first(o, ATTR_objectSid, &bytes))
        return ERR_NOT_FOUND;
    return sid_from_bytes(bytes, out);
}

/* A list of SIDs under way; room was reckoned beforehand. */
struct sid_list {
    struct dir_group_sid *at;
    unsigned count;
};

static void append(struct sid_list *l, const struct sid *sid, uint32_t attributes)
{
    l->at[l->count++] = (struct dir_group_sid){*sid, attributes};
}

static int by_sid(const void *a, const void *b)
{
    return sid_cmp(&((const struct dir_group_sid *)a)->sid,
                   &((const struct dir_group_sid *)b)->sid);
}

static void sort(struct sid_list *l, unsigned from)
{
    if (l->count > from + 1)
        qsort(l->at + from, l->count - from, sizeof(*l->at), by_sid);
}

static unsigned history_size(const struct dir_obj *o)
{
    struct dir_values v;

    return dir_attr(o, ATTR_sIDHistory, &v) ? v.left : 0;
}

static void append_history(struct sid_list *l, const struct dir_obj *o)
{
    struct dir_values v;
    struct span bytes;
    struct sid sid;

    if (!dir_attr(o, ATTR_sIDHistory, &v))
        return;
    while (dir_values_next(&v, &bytes))
        if (sid_from_bytes(bytes, &sid) == ERR_OK)
            append(l, &sid, MEMBER_ATTRIBUTES);
}

/* The account comes first, groups behind it. */
static enum err count_history(const struct dir_snap *s, const struct dir_obj *account,
                              const struct idset *set, unsigned *out)
{
    unsigned n = history_size(account);

    for (unsigned i = 1; i < set->count; i++) {
        struct dir_group g;
        struct dir_obj o;

        TRY(token_group(s, set->ids[i], &g));
        if (!g.has_history)
            continue;
        TRY(dir_by_id(s, set->ids[i], &o));
        n += history_size(&o);
    }
    *out = n;
    return ERR_OK;
}

/* The primary group is not a link: its RID stands in the account ([MS-SAMR] 3.1.1.8.2). */
static enum err add_primary(const struct dir_snap *s, const struct dir_obj *account,
                            const struct sid *sid, struct idset *set, struct sid *out)
{
    int32_t rid = dir_attr_i32(account, ATTR_primaryGroupID, 0);
    struct dir_obj group;
    struct sid domain;
    uint32_t own;
    enum err e;

    if (rid == 0)
        return ERR_NOT_FOUND;
    TRY(sid_split(sid, &domain, &own));
    TRY(sid_append(&domain, (uint32_t)rid, out));
    e = dir_by_sid(s, out, &group);
    if (e == ERR_NOT_FOUND)
        return ERR_OK; /* the PAC names it all the same */
    TRY(e);
    return idset_add(set, group.id);
}

static enum err add_history(const struct dir_snap *s, dir_id group, struct sid_list *history)
{
    struct dir_obj o;

    TRY(dir_by_id(s, group, &o));
    append_history(history, &o);
    return ERR_OK;
}

/* Sorts what was found into the lists of the PAC. set.ids[0] is the account. */
static enum err classify(const struct dir_snap *s, const struct dir_obj *account,
                         const struct idset *set, const struct sid *primary,
                         struct sid_list *global, struct sid_list *universal,
                         struct sid_list *history)
{
    if (primary)
        append(global, primary, MEMBER_ATTRIBUTES);
    append_history(history, account);
    for (unsigned i = 1; i < set->count; i++) {
        struct dir_group g;

        TRY(token_group(s, set->ids[i], &g));
        if (g.has_history)
            TRY(add_history(s, g.id, history));
        if (!g.has_sid || (primary && sid_eq(&g.sid, primary)))
            continue;
        append(g.type & GROUP_UNIVERSAL ? universal : global, &g.sid, MEMBER_ATTRIBUTES);
    }
    sort(global, primary ? 1 : 0);
    sort(universal, 0);
    return ERR_OK;
}

static bool protects(const struct sid_list *global, const struct sid *account)
{
    struct sid domain, group;
    uint32_t own;

    if (sid_split(account, &domain, &own) != ERR_OK ||
        sid_append(&domain, RID_PROTECTED_USERS, &group) != ERR_OK)
        return false;
    for (unsigned i = 0; i < global->count; i++)
        if (sid_eq(&global->at[i].sid, &group))
            return true;
    return false;
}

enum err dir_memberships(const struct dir_snap *s, dir_id account, struct arena *a,
                         struct dir_memberships *out)
{
    struct idset set = {.arena = a, .max = DIR_GROUPS_MAX};
    struct idset looked_at = {.arena = a, .max = DIR_GROUPS_MAX};
    struct sid_list global = {0}, universal = {0}, history = {0};
    struct sid sid, primary;
    struct dir_obj o;
    unsigned histories;
    enum err e;

    TRY(dir_by_id(s, account, &o));
    TRY(token_object_sid(&o, &sid));
    TRY(idset_add(&set, account));
    e = add_primary(s, &o, &sid, &set, &primary);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    for (unsigned i = 0; i < set.count; i++)
        TRY(idset_add(&looked_at, set.ids[i]));
    TRY(token_add_holders(s, account, GROUP_GLOBAL | GROUP_UNIVERSAL, &set, &looked_at));
    TRY(token_close_upward(s, GROUP_GLOBAL | GROUP_UNIVERSAL, 1, &set, &looked_at));
    TRY(count_history(s, &o, &set, &histories));
    global.at = arena_new_array(a, set.count + 1, struct dir_group_sid);
    universal.at = arena_new_array(a, set.count, struct dir_group_sid);
    history.at = arena_new_array(a, histories, struct dir_group_sid);
    if (!global.at || !universal.at || !history.at)
        return ERR_NOMEM;
    TRY(classify(s, &o, &set, e == ERR_OK ? &primary : NULL, &global, &universal, &history));
    *out = (struct dir_memberships){
        .global = global.at,
        .global_count = global.count,
        .universal = universal.at,
        .universal_count = universal.count,
        .history = history.at,
        .history_count = history.count,
        .protected_user = protects(&global, &sid),
        .visited = looked_at.ids,
        .visited_count = looked_at.count,
    };
    return ERR_OK;
}

bool dir_memberships_current(const struct dir_snap *s, const dir_id *visited, unsigned count,
                             uint64_t usn)
{
    if (s->epochs.links <= usn)
        return true;
    for (unsigned i = 0; i < count; i++)
        if (dir_link_epoch(s, visited[i]) > usn)
            return false;
    return true;
}
