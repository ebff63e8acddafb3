#include "directory/token_internal.h"

#include "directory/account.h"

static const struct sid sid_world = {1, 1, {0, 0, 0, 0, 0, 1}, {0}};
static const struct sid sid_authenticated = {1, 1, {0, 0, 0, 0, 0, 5}, {11}};
static const struct sid sid_network = {1, 1, {0, 0, 0, 0, 0, 5}, {2}};
static const struct sid sid_this_organization = {1, 1, {0, 0, 0, 0, 0, 5}, {15}};
static const struct sid sid_other_organization = {1, 1, {0, 0, 0, 0, 0, 5}, {1000}};
static const struct sid sid_domain_controllers = {1, 1, {0, 0, 0, 0, 0, 5}, {9}};

#define WELL_KNOWN_MAX 6

/* A token's SIDs under way; room was reckoned beforehand. */
struct token_list {
    struct sid *sids;
    unsigned count;
};

static void add(struct token_list *l, const struct sid *sid)
{
    for (unsigned i = 0; i < l->count; i++)
        if (sid_eq(&l->sids[i], sid))
            return;
    l->sids[l->count++] = *sid;
}

static bool has(const struct token_list *l, const struct sid *sid)
{
    struct dir_token t = {.sids = l->sids, .count = l->count};

    return dir_token_has(&t, sid);
}

/* The well-known SIDs come before the domain-local groups, because they are members of some:
 * Authenticated Users of Pre-Windows 2000 Compatible Access, for one. */
static void add_well_known(struct token_list *l)
{
    add(l, &sid_world);
    add(l, &sid_authenticated);
    add(l, &sid_network);
    if (!has(l, &sid_other_organization))
        add(l, &sid_this_organization);
}

static enum err finish(const struct dir_snap *s, struct token_list *l, dir_id account,
                       struct arena *a, struct dir_token *out)
{
    struct dir_local_set local;
    struct token_list all = {0};

    add_well_known(l);
    TRY(token_local_groups(s, l->sids, l->count, NULL, a, &local));
    all.sids = arena_new_array(a, l->count + local.count, struct sid);
    if (!all.sids)
        return ERR_NOMEM;
    memcpy(all.sids, l->sids, l->count * sizeof(*l->sids));
    all.count = l->count;
    for (unsigned i = 0; i < local.count; i++)
        if (!has(l, &local.groups[i].sid))
            all.sids[all.count++] = local.groups[i].sid;
    *out = (struct dir_token){.sids = all.sids, .count = all.count, .account = account};
    return ERR_OK;
}

/* Groups are distinct among themselves, so that only what may coincide is compared. */
static void append(struct token_list *l, const struct dir_group_sid *groups, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        l->sids[l->count++] = groups[i].sid;
}

enum err dir_token_for_account(const struct dir_snap *s, dir_id account, struct arena *a,
                               struct dir_token *out)
{
    struct token_list l = {0};
    struct dir_memberships m;
    struct dir_account acc;
    struct dir_obj o;

    TRY(dir_by_id(s, account, &o));
    if (o.flags & DIR_OBJ_DELETED)
        return ERR_NOT_FOUND;
    TRY(dir_account_of(s, &o, &acc));
    TRY(dir_memberships(s, account, a, &m));
    l.sids = arena_new_array(
        a, 1 + m.global_count + m.universal_count + m.history_count + WELL_KNOWN_MAX, struct sid);
    if (!l.sids)
        return ERR_NOMEM;
    l.sids[l.count++] = acc.sid;
    append(&l, m.global, m.global_count);
    append(&l, m.universal, m.universal_count);
    for (unsigned i = 0; i < m.history_count; i++)
        add(&l, &m.history[i].sid);
    if (acc.uac & UAC_SERVER_TRUST_ACCOUNT)
        add(&l, &sid_domain_controllers);
    return finish(s, &l, account, a, out);
}

/* The account is known only when the user is of this domain: a foreign security principal is a name
 * for somebody else's account. */
static dir_id account_of(const struct dir_snap *s, const struct sid *sid)
{
    struct dir_naming naming;
    struct dir_obj o;

    if (dir_naming(s, &naming) != ERR_OK || !sid_in_domain(sid, &naming.domain_sid, NULL) ||
        dir_by_sid(s, sid, &o) != ERR_OK)
        return 0;
    return o.id;
}

enum err dir_token_for_sids(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            struct arena *a, struct dir_token *out)
{
    struct token_list l = {0};

    if (count == 0)
        return ERR_RANGE;
    if (count > DIR_GROUPS_MAX)
        return ERR_LIMIT;
    l.sids = arena_new_array(a, (size_t)count + WELL_KNOWN_MAX, struct sid);
    if (!l.sids)
        return ERR_NOMEM;
    memcpy(l.sids, sids, count * sizeof(*sids));
    l.count = count;
    return finish(s, &l, account_of(s, &sids[0]), a, out);
}
