/*
 * Groups and aliases: what they are called, who is in them, and in which ones somebody is
 * ([MS-SAMR] 3.1.5.5, 3.1.5.8, 3.1.5.9).
 */
#include "directory/index.h"
#include "directory/links.h"
#include "rpc/samr_service.h"
#include "wire/rpc/samr_user.h"

#define ATTRIBUTES 7 /* mandatory, enabled by default, enabled (2.2.1.10) */

static bool sid_of(const struct dir_obj *o, struct sid *out)
{
    struct span bytes;

    return dir_attr_first(o, ATTR_objectSid, &bytes) && sid_from_bytes(bytes, out) == ERR_OK;
}

static bool may_list(struct samr_object *group)
{
    return dir_reader_may(&group->reader, schema_attr(ATTR_member));
}

/* --- what they are -----------------------------------------------------------------------------
 */

static uint32_t member_count(struct samr_object *group)
{
    return may_list(group) ? (uint32_t)dir_link_count(&group->view.snap, ATTR_member, group->o.id)
                           : 0;
}

static uint32_t tell_group(struct rpc_ctx *c, struct samr_object *g, uint16_t level,
                           union samr_group_info *out)
{
    switch (level) {
    case SAMR_GROUP_GENERAL:
    case SAMR_GROUP_REPLICATION:
        out->general =
            (struct samr_group_general){samr_text(c, &g->reader, ATTR_sAMAccountName), ATTRIBUTES,
                                        level == SAMR_GROUP_GENERAL ? member_count(g) : 0,
                                        samr_text(c, &g->reader, ATTR_description)};
        return NT_OK;
    case SAMR_GROUP_NAME:
        out->text = samr_text(c, &g->reader, ATTR_sAMAccountName);
        return NT_OK;
    case SAMR_GROUP_ATTRIBUTES:
        out->attributes = ATTRIBUTES;
        return NT_OK;
    case SAMR_GROUP_COMMENT:
        out->text = samr_text(c, &g->reader, ATTR_description);
        return NT_OK;
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

uint32_t samr_query_group(struct rpc_ctx *c, void *args)
{
    struct samr_query_group *x = args;
    union samr_group_info *info = arena_new(c->arena, union samr_group_info);
    struct samr_object g;
    uint32_t status = samr_object_begin(c, &x->handle, RPC_HANDLE_SAM_GROUP, &g);

    if (status != NT_OK)
        return status;
    status = info ? tell_group(c, &g, x->level, info) : NT_INSUFFICIENT_RESOURCES;
    samr_object_end(&g);
    if (arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    if (status == NT_OK)
        x->info = info;
    return status;
}

uint32_t samr_query_alias(struct rpc_ctx *c, void *args)
{
    struct samr_query_alias *x = args;
    union samr_alias_info *info = arena_new(c->arena, union samr_alias_info);
    struct samr_object g;
    uint32_t status = samr_object_begin(c, &x->handle, RPC_HANDLE_SAM_ALIAS, &g);

    if (status != NT_OK)
        return status;
    if (info && x->level == SAMR_ALIAS_GENERAL)
        info->general = (struct samr_alias_general){samr_text(c, &g.reader, ATTR_sAMAccountName),
                                                    member_count(&g),
                                                    samr_text(c, &g.reader, ATTR_description)};
    else if (info && (x->level == SAMR_ALIAS_NAME || x->level == SAMR_ALIAS_COMMENT))
        info->text = samr_text(
            c, &g.reader, x->level == SAMR_ALIAS_NAME ? ATTR_sAMAccountName : ATTR_description);
    else
        status = NT_INVALID_INFO_CLASS;
    samr_object_end(&g);
    if (arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    if (status == NT_OK)
        x->info = info;
    return status;
}

/* --- members -----------------------------------------------------------------------------------
 */

/* Whose primary group it is is a member of it, too. */
static uint64_t primaries(const struct samr_object *g, struct dir_index_cursor *cursor)
{
    uint8_t bytes[4] = {(uint8_t)g->rid, (uint8_t)(g->rid >> 8), (uint8_t)(g->rid >> 16),
                        (uint8_t)(g->rid >> 24)};

    if (dir_index_open(ATTR_primaryGroupID, INDEX_EQUAL, span_of(bytes, 4), false, cursor) !=
        ERR_OK)
        return 0;
    return dir_index_count(&g->view.snap, cursor, SAMR_LIST_MAX + 1);
}

static void add_member(const struct samr_object *g, dir_id id, struct samr_members *out)
{
    struct dir_obj o;
    struct sid sid;
    uint32_t rid;

    if (dir_by_id(&g->view.snap, id, &o) != ERR_OK || o.flags & DIR_OBJ_DELETED ||
        !sid_of(&o, &sid) || !sid_in_domain(&sid, &g->view.naming.domain_sid, &rid))
        return;
    out->rids[out->count] = rid;
    out->attributes[out->count++] = ATTRIBUTES;
}

static uint32_t list_members(struct rpc_ctx *c, struct samr_object *g, struct samr_members *out)
{
    struct dir_link_cursor links = {0};
    struct dir_index_cursor index;
    uint64_t count = dir_link_count(&g->view.snap, ATTR_member, g->o.id),
             most = primaries(g, &index);
    dir_id id;

    if (!may_list(g))
        return NT_ACCESS_DENIED;
    if (count + most > SAMR_LIST_MAX)
        return NT_INSUFFICIENT_RESOURCES;
    out->rids = arena_new_array(c->arena, count + most + 1, uint32_t);
    out->attributes = arena_new_array(c->arena, count + most + 1, uint32_t);
    if (!out->rids || !out->attributes)
        return NT_INSUFFICIENT_RESOURCES;
    while (most > 0 && out->count < most && dir_index_next(&g->view.snap, &index, &id))
        add_member(g, id, out);
    while (out->count < count + most &&
           dir_link_next(&g->view.snap, ATTR_member, g->o.id, &links, &id, NULL))
        add_member(g, id, out);
    return NT_OK;
}

uint32_t samr_group_members(struct rpc_ctx *c, void *args)
{
    struct samr_group_members *x = args;
    struct samr_members *members = arena_new(c->arena, struct samr_members);
    struct samr_object g;
    uint32_t status = samr_object_begin(c, &x->handle, RPC_HANDLE_SAM_GROUP, &g);

    if (status != NT_OK)
        return status;
    status = members ? list_members(c, &g, members) : NT_INSUFFICIENT_RESOURCES;
    samr_object_end(&g);
    if (status == NT_OK)
        x->members = members;
    return status;
}

static uint32_t list_sids(struct rpc_ctx *c, struct samr_object *g, struct lsa_sids *out)
{
    struct dir_link_cursor links = {0};
    uint64_t count = dir_link_count(&g->view.snap, ATTR_member, g->o.id);
    dir_id id;

    if (!may_list(g))
        return NT_ACCESS_DENIED;
    if (count > LSA_SIDS_MAX)
        return NT_INSUFFICIENT_RESOURCES;
    out->sids = arena_new_array(c->arena, count, struct lsa_sid);
    while (out->sids && out->count < count &&
           dir_link_next(&g->view.snap, ATTR_member, g->o.id, &links, &id, NULL)) {
        struct sid *sid = arena_new(c->arena, struct sid);
        struct dir_obj o;
        if (sid && dir_by_id(&g->view.snap, id, &o) == ERR_OK && !(o.flags & DIR_OBJ_DELETED) &&
            sid_of(&o, sid))
            out->sids[out->count++].sid = sid;
    }
    return arena_failed(c->arena) ? NT_INSUFFICIENT_RESOURCES : NT_OK;
}

uint32_t samr_alias_members(struct rpc_ctx *c, void *args)
{
    struct samr_alias_members *x = args;
    struct lsa_sids members = {.count = 0};
    struct samr_object g;
    uint32_t status = samr_object_begin(c, &x->handle, RPC_HANDLE_SAM_ALIAS, &g);

    if (status != NT_OK)
        return status;
    status = list_sids(c, &g, &members);
    samr_object_end(&g);
    if (status == NT_OK)
        x->members = members;
    return status;
}

/* --- in which groups ---------------------------------------------------------------------------
 */

static bool add_group(const struct samr_object *user, const struct dir_obj *o,
                      struct samr_memberships *list)
{
    struct sid sid;
    uint32_t rid;

    if (o->flags & DIR_OBJ_DELETED ||
        (uint32_t)dir_attr_i32(o, ATTR_sAMAccountType, 0) != SAMR_TYPE_GROUP || !sid_of(o, &sid) ||
        !sid_in_domain(&sid, &user->view.naming.domain_sid, &rid))
        return false;
    list->groups[list->count++] = (struct samr_membership){rid, ATTRIBUTES};
    return true;
}

static uint32_t list_groups(struct rpc_ctx *c, struct samr_object *user,
                            struct samr_memberships *list)
{
    const struct dir_snap *s = &user->view.snap;
    struct dir_link_cursor links = {0};
    uint64_t count = dir_backlink_count(s, ATTR_member, user->o.id);
    dir_id id;

    if (!dir_reader_may(&user->reader, schema_attr(ATTR_memberOf)))
        return NT_ACCESS_DENIED;
    if (count >= SAMR_LIST_MAX)
        return NT_INSUFFICIENT_RESOURCES;
    list->groups = arena_new_array(c->arena, count + 1, struct samr_membership);
    if (!list->groups)
        return NT_INSUFFICIENT_RESOURCES;
    uint32_t primary = (uint32_t)samr_i32(&user->reader, ATTR_primaryGroupID, 0);
    if (primary)
        list->groups[list->count++] = (struct samr_membership){primary, ATTRIBUTES};
    while (list->count <= count && dir_backlink_next(s, ATTR_member, user->o.id, &links, &id)) {
        struct dir_obj o;
        if (dir_by_id(s, id, &o) == ERR_OK)
            (void)add_group(user, &o, list);
    }
    return NT_OK;
}

uint32_t samr_groups_for_user(struct rpc_ctx *c, void *args)
{
    struct samr_groups_for_user *x = args;
    struct samr_memberships *list = arena_new(c->arena, struct samr_memberships);
    struct samr_object user;
    uint32_t status = samr_object_begin(c, &x->handle, RPC_HANDLE_SAM_USER, &user);

    if (status != NT_OK)
        return status;
    status = list ? list_groups(c, &user, list) : NT_INSUFFICIENT_RESOURCES;
    samr_object_end(&user);
    if (status == NT_OK)
        x->list = list;
    return status;
}

/* Objects that were looked at: who is asked about, and the aliases that hold them. */
struct closure {
    dir_id *ids;
    uint32_t count;
};

static void note(struct closure *seen, dir_id id)
{
    for (uint32_t i = 0; i < seen->count; i++) {
        if (seen->ids[i] == id)
            return;
    }
    if (seen->count < SAMR_ENTRIES_MAX)
        seen->ids[seen->count++] = id;
}

/* Aliases may hold aliases: what is found is looked at in turn. */
static void follow(struct rpc_ctx *c, const struct samr_domain *d, struct closure *seen,
                   struct samr_numbers *rids)
{
    for (uint32_t i = 0; i < seen->count; i++) {
        struct dir_link_cursor links = {0};
        uint32_t type, rid;
        struct dir_obj o;
        dir_id id;
        if (samr_account(c, d, seen->ids[i], &o, &type, &rid) && type == SAMR_TYPE_ALIAS)
            rids->numbers[rids->count++] = rid;
        while (dir_backlink_next(&d->view.snap, ATTR_member, seen->ids[i], &links, &id)) {
            if (dir_by_id(&d->view.snap, id, &o) == ERR_OK && !(o.flags & DIR_OBJ_DELETED) &&
                (uint32_t)dir_attr_i32(&o, ATTR_sAMAccountType, 0) == SAMR_TYPE_ALIAS)
                note(seen, id);
        }
    }
}

uint32_t samr_alias_membership(struct rpc_ctx *c, void *args)
{
    struct samr_alias_membership *x = args;
    struct closure seen = {.ids = arena_new_array(c->arena, SAMR_ENTRIES_MAX, dir_id)};
    struct samr_numbers rids = {.numbers = arena_new_array(c->arena, SAMR_ENTRIES_MAX, uint32_t)};
    struct samr_domain d;
    uint32_t status = samr_domain_begin(c, &x->handle, &d);

    if (status != NT_OK)
        return status;
    for (uint32_t i = 0; seen.ids && i < x->sids.count && i < SAMR_ENTRIES_MAX; i++) {
        struct dir_obj o;
        if (x->sids.sids[i].sid && dir_by_sid(&d.view.snap, x->sids.sids[i].sid, &o) == ERR_OK)
            note(&seen, o.id);
    }
    if (seen.ids && rids.numbers)
        follow(c, &d, &seen, &rids);
    samr_domain_end(&d);
    if (arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    x->rids = rids;
    return NT_OK;
}

/* Clients ask this before they delete an account. A domain controller has one directory for both
 * domains: memberships end with the account itself ([MS-SAMR] 3.1.5.8.7). */
uint32_t samr_remove_foreign(struct rpc_ctx *c, void *args)
{
    struct samr_sid_member *x = args;

    return rpc_handle_get(c, &x->handle, RPC_HANDLE_SAM_DOMAIN) ? NT_OK : NT_INVALID_HANDLE;
}
