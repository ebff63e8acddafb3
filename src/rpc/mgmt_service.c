/*
 * Management (C706 appendix Q): what is served at the endpoint where it is asked, whose name to ask
 * a KDC for, and how much was done. It is at every endpoint and in no endpoint mapper. Nobody stops
 * the server over it.
 */
#include "rpc/lsa_service.h"
#include "wire/rpc/mgmt.h"

#define WERR_ACCESS_DENIED       5
#define WERR_NOT_ENOUGH_MEMORY   8
#define WERR_INSUFFICIENT_BUFFER 122
#define WERR_UNKNOWN_SERVICE     1747 /* RPC_S_UNKNOWN_AUTHN_SERVICE */

static bool add(struct rpc_ctx *c, struct mgmt_interfaces *to, const struct rpc_syntax *id)
{
    struct epm_interface *i = arena_new(c->arena, struct epm_interface);

    if (!i || to->count == MGMT_INTERFACES_MAX)
        return false;
    *i = (struct epm_interface){id->uuid, id->major, id->minor};
    to->ids[to->count++].interface = i;
    return true;
}

static uint32_t inq_if_ids(struct rpc_ctx *c, void *args)
{
    struct mgmt_inq_if_ids *q = args;
    struct mgmt_interfaces *found = arena_new(c->arena, struct mgmt_interfaces);
    bool good = found && add(c, found, &mgmt_iface.id);

    for (unsigned i = 0; good && i < rpc_service_count; i++) {
        if (rpc_assoc_reaches(c->assoc, rpc_services[i]))
            good = add(c, found, &rpc_services[i]->iface->id);
    }
    if (!good)
        return WERR_NOT_ENOUGH_MEMORY;
    q->interfaces = found;
    return 0;
}

static uint32_t inq_stats(struct rpc_ctx *c, void *args)
{
    struct mgmt_inq_stats *q = args;

    if (q->count > MGMT_STATISTICS)
        q->count = MGMT_STATISTICS;
    q->statistics = c->server->statistics;
    return 0;
}

static uint32_t is_server_listening(struct rpc_ctx *c, void *args)
{
    struct mgmt_is_server_listening *q = args;
    (void)c;

    q->error = 0;
    return true;
}

static uint32_t stop_server_listening(struct rpc_ctx *c, void *args)
{
    (void)c, (void)args;
    return WERR_ACCESS_DENIED;
}

/* The name under which our own clients ask for tickets. */
static const char *principal(struct rpc_ctx *c)
{
    const char *name = NULL;
    struct lsa_view v;

    if (lsa_view_begin(c, &v) != NT_OK)
        return NULL;
    name = arena_printf(c->arena, "host/%.*s.%.*s", SPAN_ARG(c->env->host),
                        SPAN_ARG(v.naming.dns_name));
    lsa_view_end(&v);
    return name;
}

static uint32_t inq_princ_name(struct rpc_ctx *c, void *args)
{
    struct mgmt_inq_princ_name *q = args;
    bool known = q->authn == RPC_AUTH_KERBEROS || q->authn == RPC_AUTH_SPNEGO;
    const char *name = known ? principal(c) : "";
    size_t len = name ? strlen(name) + 1 : 0;
    uint32_t status = !known ? WERR_UNKNOWN_SERVICE : !name ? WERR_NOT_ENOUGH_MEMORY : 0;

    if (q->size > MGMT_NAME_MAX)
        q->size = MGMT_NAME_MAX;
    if (!status && len > q->size)
        status = WERR_INSUFFICIENT_BUFFER;
    q->name = arena_alloc(c->arena, MGMT_NAME_MAX); /* zeros */
    if (!q->name)
        return WERR_NOT_ENOUGH_MEMORY;
    q->length = status ? q->size > 0 : (uint32_t)len;
    if (!status)
        memcpy(q->name, name, len);
    return status;
}

/* The endpoint mapper tells the interfaces to nobody as well. */
static const struct rpc_handler handlers[] = {
    {MGMT_INQ_IF_IDS, RPC_FOR_NOBODY, inq_if_ids},
    {MGMT_INQ_STATS, 0, inq_stats},
    {MGMT_IS_SERVER_LISTENING, RPC_FOR_NOBODY, is_server_listening},
    {MGMT_STOP_SERVER_LISTENING, 0, stop_server_listening},
    {MGMT_INQ_PRINC_NAME, 0, inq_princ_name},
};
const struct rpc_service rpc_mgmt_service = {.iface = &mgmt_iface,
                                             .note = "Management",
                                             .handlers = handlers,
                                             .count = sizeof(handlers) / sizeof(handlers[0])};
