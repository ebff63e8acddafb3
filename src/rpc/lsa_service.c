#include "rpc/lsa_service.h"

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

/* A member's winbind reaches the lookups that have no handle, and DSSETUP, on the same pipe. */
static const struct rpc_handler handlers[] = {
    {LSA_CLOSE, RPC_FOR_NOBODY, lsa_close},
    {LSA_OPEN_POLICY, 0, lsa_open_policy},
    {LSA_QUERY_POLICY, 0, lsa_query_policy},
    {LSA_OPEN_POLICY2, RPC_FOR_NOBODY, lsa_open_policy2},
    {LSA_GET_USER_NAME, 0, lsa_get_user_name},
    {LSA_QUERY_POLICY2, RPC_FOR_NOBODY, lsa_query_policy},
};
const struct rpc_service rpc_lsa_service = {.iface = &lsa_iface,
                                            .note = "LSA",
                                            .pipes = {"lsass", "lsarpc"},
                                            .transports = RPC_ON_TCP | RPC_ON_PIPE,
                                            .tcp_level = RPC_LEVEL_INTEGRITY,
                                            .handlers = handlers,
                                            .count = sizeof(handlers) / sizeof(handlers[0])};
