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

static const struct rpc_handler handlers[] = {
    {LSA_CLOSE, RPC_FOR_NOBODY, lsa_close},
    {LSA_OPEN_POLICY, 0, lsa_open_policy},
    {LSA_QUERY_POLICY, 0, lsa_query_policy},
    {LSA_ENUM_TRUSTED, 0, lsa_enum_trusted},
    {LSA_LOOKUP_NAMES, 0, lsa_lookup_names},
    {LSA_LOOKUP_SIDS, 0, lsa_lookup_sids},
    {LSA_OPEN_TRUSTED, 0, lsa_open_trusted},
    {LSA_QUERY_TRUSTED, 0, lsa_query_trusted},
    {LSA_SET_TRUSTED, 0, lsa_set_trusted},
    {LSA_DELETE_OBJECT, 0, lsa_delete_object},
    {LSA_QUERY_TRUSTED_BY_SID, 0, lsa_query_trusted_by_sid},
    {LSA_DELETE_TRUSTED, 0, lsa_delete_trusted},
    {LSA_OPEN_POLICY2, RPC_FOR_NOBODY, lsa_open_policy2},
    {LSA_GET_USER_NAME, 0, lsa_get_user_name},
    {LSA_QUERY_POLICY2, RPC_FOR_NOBODY, lsa_query_policy},
    {LSA_QUERY_TRUSTED_BY_NAME, 0, lsa_query_trusted_by_name},
    {LSA_SET_TRUSTED_BY_NAME, 0, lsa_set_trusted_by_name},
    {LSA_ENUM_TRUSTED_EX, 0, lsa_enum_trusted_ex},
    {LSA_OPEN_TRUSTED_BY_NAME, 0, lsa_open_trusted_by_name},
    {LSA_LOOKUP_SIDS2, 0, lsa_lookup_sids2},
    {LSA_LOOKUP_NAMES2, 0, lsa_lookup_names2},
    {LSA_CREATE_TRUSTED_EX2, 0, lsa_create_trusted_ex2},
    {LSA_LOOKUP_NAMES3, 0, lsa_lookup_names3},
    {LSA_QUERY_FOREST_INFO, 0, lsa_query_forest_info},
    {LSA_SET_FOREST_INFO, 0, lsa_set_forest_info},
    {LSA_LOOKUP_SIDS3, 0, lsa_lookup_sids3},
    {LSA_LOOKUP_NAMES4, 0, lsa_lookup_names4},
};
const struct rpc_service rpc_lsa_service = {.iface = &lsa_iface,
                                            .note = "LSA",
                                            .pipes = {"lsass", "lsarpc"},
                                            .transports = RPC_ON_TCP | RPC_ON_PIPE,
                                            .tcp_level = RPC_LEVEL_INTEGRITY,
                                            .handlers = handlers,
                                            .count = sizeof(handlers) / sizeof(handlers[0])};
