/*
 * Changes of groups and aliases ([MS-SAMR] 3.1.5.4.2, 3.1.5.4.3, 3.1.5.6.2, 3.1.5.6.3, 3.1.5.7.1,
 * 3.1.5.7.2, 3.1.5.8): a group is of global scope, an alias of domain-local scope.
 */
#include "rpc/samr_changes.h"

/* How the writer's words are said about groups, and about aliases. */
struct words {
    enum rpc_handle_kind kind;
    const char *group_type;
    uint32_t exists, is_member, is_no_member;
};
static const struct words groups = {RPC_HANDLE_SAM_GROUP, "-2147483646", NT_GROUP_EXISTS,
                                    NT_MEMBER_IN_GROUP, NT_MEMBER_NOT_IN_GROUP};
static const struct words aliases = {RPC_HANDLE_SAM_ALIAS, "-2147483644", NT_ALIAS_EXISTS,
                                     NT_MEMBER_IN_ALIAS, NT_MEMBER_NOT_IN_ALIAS};

static uint32_t said(enum err e, uint32_t exists, uint32_t missing)
{
    switch (e) {
    case ERR_EXISTS:
        return exists;
    case ERR_NOT_FOUND:
        return missing;
    case ERR_CONSTRAINT:
    case ERR_MALFORMED:
    case ERR_RANGE:
        return NT_INVALID_PARAMETER;
    default:
        return lsa_status(e);
    }
}

static uint32_t dn_of(struct rpc_ctx *c, const struct rpc_handle *h, const struct words *w,
                      struct span *dn_out, struct sid *domain_out)
{
    struct samr_object x;
    uint32_t status = samr_object_begin(c, h, w->kind, &x);

    if (status != NT_OK)
        return status;
    status = lsa_status(dir_dn_of(&x.view.snap, &x.o, c->arena, dn_out));
    *domain_out = x.view.naming.domain_sid;
    samr_object_end(&x);
    return status;
}

/* --- made and deleted --------------------------------------------------------------------------
 */

static uint32_t create(struct rpc_ctx *c, struct samr_create_group *x, const struct words *w)
{
    struct span cls = SPAN_LIT("group"), type = span_str(w->group_type);
    struct intent_mod mods[] = {
        {MOD_ADD, SPAN_LIT("objectClass"), &cls, 1},
        {MOD_ADD, SPAN_LIT("sAMAccountName"), &x->name, 1},
        {MOD_ADD, SPAN_LIT("groupType"), &type, 1},
    };
    struct intent in = {.kind = INTENT_ADD, .mods = mods, .mod_count = 3};
    struct intent_reply reply;
    struct samr_domain d;
    uint32_t status = samr_domain_begin(c, &x->domain, &d);

    if (status != NT_OK)
        return status;
    bool builtin = d.builtin;
    samr_domain_end(&d);
    if (builtin)
        return NT_ACCESS_DENIED;
    if (!x->name.len)
        return NT_INVALID_ACCOUNT_NAME;
    status = samr_place(c, x->name, SAMR_USERS, &in.target);
    if (status != NT_OK)
        return status;
    enum err e = samr_ask(c, &in, &reply);
    return e == ERR_OK ? samr_open_new(c, w->kind, x->access, reply.id, &x->handle, &x->rid)
                       : said(e, w->exists, NT_OBJECT_NAME_NOT_FOUND);
}

uint32_t samr_create_group(struct rpc_ctx *c, void *args)
{
    return create(c, args, &groups);
}

uint32_t samr_create_alias(struct rpc_ctx *c, void *args)
{
    return create(c, args, &aliases);
}

static uint32_t delete (struct rpc_ctx *c, struct samr_close *x, const struct words *w)
{
    struct intent in = {.kind = INTENT_DELETE};
    struct intent_reply reply;
    struct sid domain;
    uint32_t status = dn_of(c, &x->handle, w, &in.target, &domain);

    if (status == NT_OK)
        status = said(samr_ask(c, &in, &reply), w->exists, NT_OBJECT_NAME_NOT_FOUND);
    if (status == NT_OK)
        rpc_handle_close(c, &x->handle);
    return status;
}

uint32_t samr_delete_group(struct rpc_ctx *c, void *args)
{
    return delete (c, args, &groups);
}

uint32_t samr_delete_alias(struct rpc_ctx *c, void *args)
{
    return delete (c, args, &aliases);
}

/* --- names and comments ------------------------------------------------------------------------
 */

/* No text: the attribute goes. */
static uint32_t set_text(struct rpc_ctx *c, const struct rpc_handle *h, const struct words *w,
                         const char *attr, struct span value)
{
    struct intent_mod mod = {MOD_REPLACE, span_str(attr), &value, value.len > 0};
    struct intent in = {.kind = INTENT_MODIFY, .mods = &mod, .mod_count = 1};
    struct intent_reply reply;
    struct sid domain;
    uint32_t status = dn_of(c, h, w, &in.target, &domain);

    return status == NT_OK ? said(samr_ask(c, &in, &reply), w->exists, NT_OBJECT_NAME_NOT_FOUND)
                           : status;
}

uint32_t samr_set_group(struct rpc_ctx *c, void *args)
{
    const struct samr_query_group *x = args;

    switch (x->level) {
    case SAMR_GROUP_NAME:
        return set_text(c, &x->handle, &groups, "sAMAccountName", x->info->text);
    case SAMR_GROUP_COMMENT:
        return set_text(c, &x->handle, &groups, "description", x->info->text);
    case SAMR_GROUP_ATTRIBUTES: /* are the same for every group (3.1.5.6.2) */
        return rpc_handle_get(c, &x->handle, RPC_HANDLE_SAM_GROUP) ? NT_OK : NT_INVALID_HANDLE;
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

uint32_t samr_set_alias(struct rpc_ctx *c, void *args)
{
    const struct samr_query_alias *x = args;

    switch (x->level) {
    case SAMR_ALIAS_NAME:
        return set_text(c, &x->handle, &aliases, "sAMAccountName", x->info->text);
    case SAMR_ALIAS_COMMENT:
        return set_text(c, &x->handle, &aliases, "description", x->info->text);
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

/* --- members -----------------------------------------------------------------------------------
 */

/* By SID, as LDAP takes it: somebody of another forest gets the object that stands for him. */
static uint32_t change_member(struct rpc_ctx *c, const struct words *w, struct span group,
                              const struct sid *member, enum intent_mod_op op)
{
    char text[SID_TEXT_SIZE];
    struct intent_reply reply;

    sid_to_text(member, text);
    struct span value = span_str(arena_printf(c->arena, "<SID=%s>", text));
    struct intent_mod mod = {op, SPAN_LIT("member"), &value, 1};
    struct intent in = {.kind = INTENT_MODIFY, .target = group, .mods = &mod, .mod_count = 1};
    if (!value.ptr)
        return NT_INSUFFICIENT_RESOURCES;
    enum err e = samr_ask(c, &in, &reply);
    if (reply.reason == REASON_DIR_NO_MEMBER || reply.reason == REASON_DIR_NO_VALUE)
        return w->is_no_member;
    return said(e, w->is_member, NT_NO_SUCH_MEMBER);
}

/* Is there somebody with this SID that the caller sees? */
static uint32_t check_rid(struct rpc_ctx *c, const struct sid *sid)
{
    struct samr_domain d = {.builtin = false};
    uint32_t type, rid, status = lsa_view_begin(c, &d.view);
    struct dir_obj o;

    if (status != NT_OK)
        return status;
    d.sid = d.view.naming.domain_sid;
    bool known =
        dir_by_sid(&d.view.snap, sid, &o) == ERR_OK && samr_account(c, &d, o.id, &o, &type, &rid);
    lsa_view_end(&d.view);
    return known ? NT_OK : NT_NO_SUCH_USER;
}

static uint32_t change_group(struct rpc_ctx *c, const struct samr_group_member *x,
                             enum intent_mod_op op)
{
    struct sid domain, sid;
    struct span group;
    uint32_t status = dn_of(c, &x->handle, &groups, &group, &domain);

    if (status == NT_OK && sid_append(&domain, x->rid, &sid) != ERR_OK)
        status = NT_NO_SUCH_USER;
    if (status == NT_OK)
        status = check_rid(c, &sid);
    return status == NT_OK ? change_member(c, &groups, group, &sid, op) : status;
}

uint32_t samr_add_group_member(struct rpc_ctx *c, void *args)
{
    return change_group(c, args, MOD_ADD);
}

uint32_t samr_remove_group_member(struct rpc_ctx *c, void *args)
{
    return change_group(c, args, MOD_DELETE);
}

/* They are the same for every member (3.1.5.8.4). */
uint32_t samr_set_member_attributes(struct rpc_ctx *c, void *args)
{
    const struct samr_group_member *x = args;

    return rpc_handle_get(c, &x->handle, RPC_HANDLE_SAM_GROUP) ? NT_OK : NT_INVALID_HANDLE;
}

static uint32_t change_alias(struct rpc_ctx *c, const struct samr_sid_member *x,
                             enum intent_mod_op op)
{
    struct sid domain;
    struct span alias;
    uint32_t status = dn_of(c, &x->handle, &aliases, &alias, &domain);

    return status == NT_OK ? change_member(c, &aliases, alias, x->sid, op) : status;
}

uint32_t samr_add_alias_member(struct rpc_ctx *c, void *args)
{
    return change_alias(c, args, MOD_ADD);
}

uint32_t samr_remove_alias_member(struct rpc_ctx *c, void *args)
{
    return change_alias(c, args, MOD_DELETE);
}
