#include "rpc/lsa_service.h"
#include "wire/ms/sddl.h"

uint32_t lsa_status(enum err e)
{
    switch (e) {
    case ERR_OK:
        return NT_OK;
    case ERR_NOT_FOUND:
        return NT_OBJECT_NAME_NOT_FOUND;
    case ERR_DENIED:
        return NT_ACCESS_DENIED;
    case ERR_NOMEM:
    case ERR_LIMIT:
        return NT_INSUFFICIENT_RESOURCES;
    default:
        return NT_INTERNAL_ERROR;
    }
}

uint32_t lsa_view_begin(struct rpc_ctx *c, struct lsa_view *out)
{
    enum err e = dir_snap_begin(c->env->dir, &out->snap);

    if (e != ERR_OK)
        return lsa_status(e);
    e = dir_naming(&out->snap, &out->naming);
    if (e != ERR_OK)
        dir_snap_end(&out->snap);
    return lsa_status(e);
}

void lsa_view_end(struct lsa_view *v)
{
    dir_snap_end(&v->snap);
}

/* What the writer says, in LSA's words. */
static uint32_t writer_status(enum err e)
{
    switch (e) {
    case ERR_EXISTS:
        return NT_OBJECT_NAME_COLLISION;
    case ERR_CONSTRAINT:
    case ERR_MALFORMED:
    case ERR_RANGE:
    case ERR_REFUSED:
        return NT_INVALID_PARAMETER;
    default:
        return lsa_status(e);
    }
}

uint32_t lsa_ask(struct rpc_ctx *c, const char *event, struct intent *in, dir_id *id_out)
{
    struct intent_reply reply = {.reason = REASON_NONE};

    in->flags |= INTENT_SYSTEM;
    in->token = dir_token_system;
    enum err e = c->env->intent(c->env->intent_ctx, in, c->arena, &reply);
    if (e == ERR_OK)
        e = reply.err;
    enum reason why = e == ERR_OK                   ? REASON_NONE
                      : reply.reason != REASON_NONE ? reply.reason
                                                    : REASON_SERVER_FAILED;
    rpc_refused(c->server, c->who, event, why, in->target);
    if (e == ERR_OK && id_out)
        *id_out = reply.id;
    return writer_status(e);
}

uint32_t lsa_deny(struct rpc_ctx *c, const char *event)
{
    rpc_refused(c->server, c->who, event, REASON_LSA_ACCESS, span_str(c->call));
    return NT_ACCESS_DENIED;
}

uint32_t lsa_trust_admin(struct rpc_ctx *c, const struct rpc_handle *h)
{
    uint32_t status = lsa_policy_check(c, h, LSA_POLICY_TRUST_ADMIN);

    return status == NT_OK && !lsa_administrator(c) ? lsa_deny(c, "lsa.trust") : status;
}

/* Whatever the handle stands for; it is of no use afterwards. */
uint32_t lsa_delete_object(struct rpc_ctx *c, void *args)
{
    struct lsa_close *x = args;
    const struct rpc_handle_state *h = rpc_handle_get(c, &x->handle, 0);
    uint32_t status = NT_INVALID_HANDLE;

    if (!h)
        return status;
    if (h->kind == RPC_HANDLE_TRUSTED)
        status = lsa_trust_delete(c, h);
    else if (h->kind == RPC_HANDLE_ACCOUNT)
        status = lsa_account_delete(c, h);
    else if (h->kind == RPC_HANDLE_SECRET)
        status = lsa_secret_delete(c, h);
    if (status == NT_OK)
        rpc_handle_close(c, &x->handle);
    return status;
}

/* One for all objects: administrators have everything, the others look (access is decided by these
 * words' meaning in the calls, not by this descriptor). */
#define DESCRIPTOR "O:BAG:SYD:(A;;0xf1fff;;;BA)(A;;0x20801;;;AU)"

uint32_t lsa_query_security(struct rpc_ctx *c, void *args)
{
    static const struct sddl_domain none;
    struct lsa_query_security *q = args;
    struct rpc_bytes *out = arena_new(c->arena, struct rpc_bytes);
    struct span bytes;
    struct builder b;

    if (!rpc_handle_get(c, &q->handle, 0))
        return NT_INVALID_HANDLE;
    builder_in(&b, c->arena, 1024);
    if (!out || sddl_parse(SPAN_LIT(DESCRIPTOR), &none, c->arena, &b) != ERR_OK ||
        builder_done(&b, &bytes) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    *out = (struct rpc_bytes){(uint32_t)bytes.len, (uint8_t *)(uintptr_t)bytes.ptr};
    q->descriptor = out;
    return NT_OK;
}

/* Two calls that Windows has, too, to say this. */
uint32_t lsa_delete(struct rpc_ctx *c, void *args)
{
    (void)c, (void)args;
    return NT_NOT_SUPPORTED;
}

uint32_t lsa_close_trusted_ex(struct rpc_ctx *c, void *args)
{
    (void)c, (void)args;
    return NT_NOT_IMPLEMENTED;
}

static const struct rpc_handler handlers[] = {
    {LSA_CLOSE, RPC_FOR_NOBODY, lsa_close},
    {LSA_DELETE, 0, lsa_delete},
    {LSA_ENUM_PRIVILEGES, 0, lsa_enum_privileges},
    {LSA_QUERY_SECURITY, 0, lsa_query_security},
    {LSA_OPEN_POLICY, 0, lsa_open_policy},
    {LSA_QUERY_POLICY, 0, lsa_query_policy},
    {LSA_CREATE_ACCOUNT, 0, lsa_create_account},
    {LSA_ENUM_ACCOUNTS, 0, lsa_enum_accounts},
    {LSA_CREATE_TRUSTED, 0, lsa_create_trusted},
    {LSA_ENUM_TRUSTED, 0, lsa_enum_trusted},
    {LSA_LOOKUP_NAMES, RPC_WAITS, lsa_lookup_names},
    {LSA_LOOKUP_SIDS, RPC_WAITS, lsa_lookup_sids},
    {LSA_CREATE_SECRET, 0, lsa_create_secret},
    {LSA_OPEN_ACCOUNT, 0, lsa_open_account},
    {LSA_ENUM_ACCOUNT_PRIVILEGES, 0, lsa_account_privileges},
    {LSA_ADD_PRIVILEGES, 0, lsa_add_privileges},
    {LSA_REMOVE_PRIVILEGES, 0, lsa_remove_privileges},
    {LSA_GET_SYSTEM_ACCESS, 0, lsa_get_system_access},
    {LSA_SET_SYSTEM_ACCESS, 0, lsa_set_system_access},
    {LSA_OPEN_TRUSTED, 0, lsa_open_trusted},
    {LSA_QUERY_TRUSTED, 0, lsa_query_trusted},
    {LSA_SET_TRUSTED, 0, lsa_set_trusted},
    {LSA_OPEN_SECRET, 0, lsa_open_secret},
    {LSA_SET_SECRET, 0, lsa_set_secret},
    {LSA_QUERY_SECRET, 0, lsa_query_secret},
    {LSA_LOOKUP_PRIVILEGE_VALUE, 0, lsa_privilege_value},
    {LSA_LOOKUP_PRIVILEGE_NAME, 0, lsa_privilege_name},
    {LSA_LOOKUP_PRIVILEGE_DISPLAY, 0, lsa_privilege_display},
    {LSA_DELETE_OBJECT, 0, lsa_delete_object},
    {LSA_ENUM_ACCOUNTS_WITH_RIGHT, 0, lsa_accounts_with_right},
    {LSA_ENUM_ACCOUNT_RIGHTS, 0, lsa_account_rights},
    {LSA_ADD_ACCOUNT_RIGHTS, 0, lsa_add_rights},
    {LSA_REMOVE_ACCOUNT_RIGHTS, 0, lsa_remove_rights},
    {LSA_QUERY_TRUSTED_BY_SID, 0, lsa_query_trusted_by_sid},
    {LSA_SET_TRUSTED_BY_SID, 0, lsa_set_trusted_by_sid},
    {LSA_DELETE_TRUSTED, 0, lsa_delete_trusted},
    {LSA_OPEN_POLICY2, RPC_FOR_NOBODY, lsa_open_policy2},
    {LSA_GET_USER_NAME, 0, lsa_get_user_name},
    {LSA_QUERY_POLICY2, RPC_FOR_NOBODY, lsa_query_policy},
    {LSA_QUERY_TRUSTED_BY_NAME, 0, lsa_query_trusted_by_name},
    {LSA_SET_TRUSTED_BY_NAME, 0, lsa_set_trusted_by_name},
    {LSA_ENUM_TRUSTED_EX, 0, lsa_enum_trusted_ex},
    {LSA_CREATE_TRUSTED_EX, 0, lsa_create_trusted_ex},
    {LSA_CLOSE_TRUSTED_EX, 0, lsa_close_trusted_ex},
    {LSA_QUERY_DOMAIN_POLICY, 0, lsa_query_domain_policy},
    {LSA_OPEN_TRUSTED_BY_NAME, 0, lsa_open_trusted_by_name},
    {LSA_LOOKUP_SIDS2, RPC_WAITS, lsa_lookup_sids2},
    {LSA_LOOKUP_NAMES2, RPC_WAITS, lsa_lookup_names2},
    {LSA_CREATE_TRUSTED_EX2, 0, lsa_create_trusted_ex2},
    {LSA_LOOKUP_NAMES3, RPC_WAITS, lsa_lookup_names3},
    {LSA_QUERY_FOREST_INFO, 0, lsa_query_forest_info},
    {LSA_SET_FOREST_INFO, 0, lsa_set_forest_info},
    {LSA_LOOKUP_SIDS3, RPC_WAITS, lsa_lookup_sids3},
    {LSA_LOOKUP_NAMES4, RPC_WAITS, lsa_lookup_names4},
    {LSA_CREATE_TRUSTED_EX3, 0, lsa_create_trusted_ex3},
    {LSA_OPEN_POLICY3, 0, lsa_open_policy3},
};
const struct rpc_service rpc_lsa_service = {.iface = &lsa_iface,
                                            .note = "LSA",
                                            .pipes = {"lsass", "lsarpc"},
                                            .transports = RPC_ON_TCP | RPC_ON_PIPE,
                                            .tcp_level = RPC_LEVEL_INTEGRITY,
                                            .handlers = handlers,
                                            .count = sizeof(handlers) / sizeof(handlers[0])};
