/*
 * DSSETUP ([MS-DSSP] 3.2.5.1): that this is a domain controller, and of which domain.
 */
#include "rpc/lsa_service.h"
#include "wire/rpc/dssetup.h"

#define WERR_INVALID_PARAMETER 87
#define WERR_NOT_ENOUGH_MEMORY 8

static uint32_t basic(struct rpc_ctx *c, struct dssetup_basic *out)
{
    struct arena *a = c->arena;
    struct lsa_view v;

    if (lsa_view_begin(c, &v) != NT_OK)
        return WERR_NOT_ENOUGH_MEMORY;
    *out = (struct dssetup_basic){.role = DSSETUP_PRIMARY_DC,
                                  .flags = DSSETUP_RUNNING | DSSETUP_GUID_PRESENT,
                                  .flat_name = arena_dup_span(a, v.naming.flat_name),
                                  .dns_name = arena_dup_span(a, v.naming.dns_name),
                                  .forest = arena_dup_span(a, v.naming.forest_name),
                                  .guid = v.naming.domain_guid};
    lsa_view_end(&v);
    return arena_failed(a) ? WERR_NOT_ENOUGH_MEMORY : 0;
}

static uint32_t get_info(struct rpc_ctx *c, void *args)
{
    struct dssetup_get_info *g = args;
    union dssetup_info *info = arena_new(c->arena, union dssetup_info);

    if (!info)
        return WERR_NOT_ENOUGH_MEMORY;
    if (g->level < DSSETUP_BASIC || g->level > DSSETUP_OPERATION)
        return WERR_INVALID_PARAMETER;
    /* Nothing is being upgraded or installed: zeros say so. */
    uint32_t status = g->level == DSSETUP_BASIC ? basic(c, &info->basic) : 0;
    if (status == 0)
        g->info = info;
    return status;
}

static const struct rpc_handler handlers[] = {{DSSETUP_GET_INFO, 0, get_info}};
const struct rpc_service rpc_dssetup_service = {.iface = &dssetup_iface,
                                                .note = "Domain roles",
                                                .pipes = {"lsass", "dssetup"},
                                                .transports = RPC_ON_PIPE,
                                                .handlers = handlers,
                                                .count = 1};
