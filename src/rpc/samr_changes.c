/*
 * Changes of users ([MS-SAMR] 3.1.5.4.4, 3.1.5.6.4, 3.1.5.7.3): each is one intent with the
 * caller's own rights, as if it had come over LDAP, so that both ways have the same rules.
 */
#include "rpc/samr_changes.h"
#include "wire/rpc/samr_user.h"

uint32_t samr_status(enum err e, enum reason reason)
{
    if (e != ERR_OK && strncmp(reason_row(reason)->code, "PASSWORD_", 9) == 0)
        return NT_PASSWORD_RESTRICTION;
    switch (e) {
    case ERR_EXISTS:
        return NT_USER_EXISTS;
    case ERR_CONSTRAINT:
    case ERR_MALFORMED:
    case ERR_RANGE:
        return NT_INVALID_PARAMETER;
    default:
        return lsa_status(e);
    }
}

enum err samr_ask(struct rpc_ctx *c, struct intent *in, struct intent_reply *out)
{
    struct intent_reply reply = {.reason = REASON_NONE};

    /* Over a pipe or sealed, passwords are under a key of their own in any case. */
    in->flags |= INTENT_PROTECTED;
    in->token = *c->who->token;
    in->token.system = false;
    enum err e = c->env->intent(c->env->intent_ctx, in, c->arena, &reply);
    if (e == ERR_OK)
        e = reply.err;
    else
        reply.reason = REASON_SERVER_FAILED;
    rpc_refused(c->server, c->who, "samr.change", reply.reason, in->target);
    *out = reply;
    return e;
}

uint32_t samr_ask_user(struct rpc_ctx *c, struct intent *in, dir_id *id_out)
{
    struct intent_reply reply;
    enum err e = samr_ask(c, in, &reply);

    if (e == ERR_OK && id_out)
        *id_out = reply.id;
    return samr_status(e, reply.reason);
}

/* --- a new one ---------------------------------------------------------------------------------
 */

static struct span without_dollar(struct span name)
{
    return name.len > 0 && name.ptr[name.len - 1] == '$' ? span_sub(name, 0, name.len - 1) : name;
}

/* Types of accounts (3.1.5.4.4), and the well-known containers that they are made in ([MS-ADTS]
 * 6.1.1.4). */
static const struct kind {
    uint32_t type, uac;
    const char *class, *container;
} kinds[] = {
    {SAMR_NORMAL, UAC_NORMAL_ACCOUNT, "user", SAMR_USERS},
    {SAMR_WORKSTATION, UAC_WORKSTATION_TRUST_ACCOUNT, "computer",
     "AA312825768811D1ADED00C04FD8D5CD"},
    {SAMR_SERVER, UAC_SERVER_TRUST_ACCOUNT, "computer", "A361B2FFFFD211D1AA4B00C04FD7D83A"},
};

static const struct kind *kind_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].type == type)
            return &kinds[i];
    }
    return NULL;
}

uint32_t samr_place(struct rpc_ctx *c, struct span name, const char *container_guid,
                    struct span *dn_out)
{
    struct dir_obj container;
    struct span domain, parent;
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = dir_dn(&v.snap, v.naming.domain_nc, c->arena, &domain);
    if (e == ERR_OK)
        e = dir_by_dn(
            &v.snap,
            span_str(arena_printf(c->arena, "<WKGUID=%s,%.*s>", container_guid, SPAN_ARG(domain))),
            &container, NULL);
    if (e == ERR_OK)
        e = dir_dn(&v.snap, container.id, c->arena, &parent);
    lsa_view_end(&v);
    if (e != ERR_OK)
        return lsa_status(e);
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < ' ' || strchr("\"/\\[]:;|=,+*?<>#", name.ptr[i]))
            return NT_INVALID_ACCOUNT_NAME;
    }
    *dn_out = span_str(arena_printf(c->arena, "CN=%.*s,%.*s", SPAN_ARG(name), SPAN_ARG(parent)));
    return dn_out->ptr ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}

static uint32_t sid_of_new(struct rpc_ctx *c, dir_id id, struct sid *out)
{
    struct lsa_view v;
    struct dir_obj o;
    struct span bytes;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    bool there = dir_by_id(&v.snap, id, &o) == ERR_OK &&
                 dir_attr_first(&o, ATTR_objectSid, &bytes) && sid_from_bytes(bytes, out) == ERR_OK;
    lsa_view_end(&v);
    return there ? NT_OK : NT_INTERNAL_ERROR;
}

uint32_t samr_open_new(struct rpc_ctx *c, enum rpc_handle_kind kind, uint32_t access, dir_id id,
                       struct rpc_handle *handle_out, uint32_t *rid_out)
{
    struct sid sid, domain;
    uint32_t rid, status = sid_of_new(c, id, &sid);

    if (status != NT_OK)
        return status;
    if (sid_split(&sid, &domain, &rid) != ERR_OK)
        return NT_INTERNAL_ERROR;
    status = lsa_status(rpc_handle_new(c, kind, access, id, handle_out));
    if (status != NT_OK)
        return status;
    rpc_handle_get(c, handle_out, kind)->sid = sid;
    *rid_out = rid;
    return NT_OK;
}

/* Disabled until it has a password. */
static uint32_t add(struct rpc_ctx *c, struct span name, const struct kind *kind, dir_id *id_out)
{
    uint32_t uac = UAC_ACCOUNTDISABLE | UAC_PASSWD_NOTREQD | kind->uac;
    struct span control = span_str(arena_printf(c->arena, "%u", uac)), cls = span_str(kind->class);
    struct intent_mod mods[] = {
        {MOD_ADD, SPAN_LIT("objectClass"), &cls, 1},
        {MOD_ADD, SPAN_LIT("sAMAccountName"), &name, 1},
        {MOD_ADD, SPAN_LIT("userAccountControl"), &control, 1},
    };
    struct intent in = {.kind = INTENT_ADD, .mods = mods, .mod_count = 3};
    uint32_t status = samr_place(c, without_dollar(name), kind->container, &in.target);

    return status == NT_OK ? samr_ask_user(c, &in, id_out) : status;
}

uint32_t samr_create_user2(struct rpc_ctx *c, void *args)
{
    struct samr_create_user *x = args;
    struct samr_domain d;
    const struct kind *kind = kind_of(x->type);
    dir_id id = 0;
    uint32_t status = samr_domain_begin(c, &x->domain, &d);

    if (status != NT_OK)
        return status;
    bool builtin = d.builtin;
    samr_domain_end(&d);
    if (builtin || x->type == SAMR_INTERDOMAIN) /* those of trusts are made with the trusts */
        return NT_ACCESS_DENIED;
    if (!kind)
        return NT_INVALID_PARAMETER;
    if (!x->name.len)
        return NT_INVALID_ACCOUNT_NAME;
    status = add(c, x->name, kind, &id);
    if (status == NT_OK)
        status = samr_open_new(c, RPC_HANDLE_SAM_USER, x->access, id, &x->handle, &x->rid);
    if (status == NT_OK)
        x->granted = x->access;
    return status;
}

uint32_t samr_create_user(struct rpc_ctx *c, void *args)
{
    struct samr_create_user *x = args;

    x->type = SAMR_NORMAL;
    return samr_create_user2(c, args);
}

/* --- the end of one ----------------------------------------------------------------------------
 */

uint32_t samr_user_dn(struct rpc_ctx *c, const struct rpc_handle *h, struct span *dn_out,
                      uint32_t *uac_out)
{
    struct samr_object x;
    uint32_t status = samr_object_begin(c, h, RPC_HANDLE_SAM_USER, &x);

    if (status != NT_OK)
        return status;
    status = lsa_status(dir_dn_of(&x.view.snap, &x.o, c->arena, dn_out));
    *uac_out = (uint32_t)dir_attr_i32(&x.o, ATTR_userAccountControl, 0);
    samr_object_end(&x);
    return status;
}

uint32_t samr_delete_user(struct rpc_ctx *c, void *args)
{
    struct samr_close *x = args;
    struct intent in = {.kind = INTENT_DELETE};
    uint32_t uac, status = samr_user_dn(c, &x->handle, &in.target, &uac);

    if (status == NT_OK)
        status = samr_ask_user(c, &in, NULL);
    if (status == NT_OK)
        rpc_handle_close(c, &x->handle);
    return status;
}
