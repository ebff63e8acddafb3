/*
 * SRVSVC and WKSSVC, the basics ([MS-SRVS] 3.1.4, [MS-WKST] 3.2.4): which shares there are, what
 * kind of server it is, what time it has.
 */
#include <time.h>

#include "base/text.h"
#include "rpc/lsa_service.h"
#include "wire/rpc/srvsvc.h"
#include "wire/rpc/wkssvc.h"

#define VERSION_MAJOR 6 /* what domain controllers of this functional level say */
#define VERSION_MINOR 3

enum werror {
    WERR_OK = 0,
    WERR_NOT_ENOUGH_MEMORY = 8,
    WERR_INVALID_LEVEL = 124,
    WERR_NO_SHARE = 2310,
};

/* --- shares ---------------------------------------------------------------------------------- */

static uint32_t enum0(struct rpc_ctx *c, struct srvsvc_share_enum *e)
{
    struct srvsvc_shares0 *l = arena_new(c->arena, struct srvsvc_shares0);

    if (!l || !(l->shares = arena_new_array(c->arena, c->env->share_count, struct srvsvc_share0)))
        return WERR_NOT_ENOUGH_MEMORY;
    l->count = c->env->share_count;
    for (unsigned i = 0; i < l->count; i++)
        l->shares[i].name = c->env->shares[i].name;
    e->list.shares.level0 = l;
    return WERR_OK;
}

static struct srvsvc_share1 share1(const struct rpc_share *s)
{
    return (struct srvsvc_share1){s->name, s->type, s->comment};
}

static uint32_t enum1(struct rpc_ctx *c, struct srvsvc_share_enum *e)
{
    struct srvsvc_shares1 *l = arena_new(c->arena, struct srvsvc_shares1);

    if (!l || !(l->shares = arena_new_array(c->arena, c->env->share_count, struct srvsvc_share1)))
        return WERR_NOT_ENOUGH_MEMORY;
    l->count = c->env->share_count;
    for (unsigned i = 0; i < l->count; i++)
        l->shares[i] = share1(&c->env->shares[i]);
    e->list.shares.level1 = l;
    return WERR_OK;
}

/* All in one answer: there are three. */
static uint32_t share_enum(struct rpc_ctx *c, void *args)
{
    struct srvsvc_share_enum *e = args;

    e->list.shares = (union srvsvc_shares){0};
    e->total = 0;
    uint32_t status = e->list.level == 0   ? enum0(c, e)
                      : e->list.level == 1 ? enum1(c, e)
                                           : WERR_INVALID_LEVEL;
    if (status == WERR_OK)
        e->total = c->env->share_count;
    if (e->resume)
        *e->resume = 0;
    return status;
}

static uint32_t share_get_info(struct rpc_ctx *c, void *args)
{
    struct srvsvc_share_get_info *g = args;
    const struct rpc_share *s = NULL;

    for (unsigned i = 0; i < c->env->share_count; i++) {
        if (text_eq_fold(c->env->shares[i].name, g->name))
            s = &c->env->shares[i];
    }
    if (!s)
        return WERR_NO_SHARE;
    if (g->level == 0 && (g->share.level0 = arena_new(c->arena, struct srvsvc_share0)))
        g->share.level0->name = s->name;
    else if (g->level == 1 && (g->share.level1 = arena_new(c->arena, struct srvsvc_share1)))
        *g->share.level1 = share1(s);
    else
        return g->level <= 1 ? WERR_NOT_ENOUGH_MEMORY : WERR_INVALID_LEVEL;
    return WERR_OK;
}

/* --- the server ------------------------------------------------------------------------------ */

static struct srvsvc_server101 server101(const struct rpc_ctx *c)
{
    return (struct srvsvc_server101){.platform = SRVSVC_PLATFORM_NT,
                                     .name = c->env->host,
                                     .major = VERSION_MAJOR,
                                     .minor = VERSION_MINOR,
                                     .type = SRVSVC_TYPE_WORKSTATION | SRVSVC_TYPE_SERVER |
                                             SRVSVC_TYPE_DOMAIN_CTRL | SRVSVC_TYPE_TIME_SOURCE |
                                             SRVSVC_TYPE_NT};
}

static uint32_t server_get_info(struct rpc_ctx *c, void *args)
{
    struct srvsvc_server_get_info *g = args;
    struct srvsvc_server101 info = server101(c);

    if (g->level == 100 && (g->info.level100 = arena_new(c->arena, struct srvsvc_server100)))
        *g->info.level100 = (struct srvsvc_server100){info.platform, info.name};
    else if (g->level == 101 && (g->info.level101 = arena_new(c->arena, struct srvsvc_server101)))
        *g->info.level101 = info;
    else
        return g->level == 100 || g->level == 101 ? WERR_NOT_ENOUGH_MEMORY : WERR_INVALID_LEVEL;
    return WERR_OK;
}

static uint32_t remote_tod(struct rpc_ctx *c, void *args)
{
    struct srvsvc_remote_tod *t = args;
    utime now = c->env->now();
    time_t seconds = (time_t)(now / UTIME_SECOND);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    if (!(t->time = arena_new(c->arena, struct srvsvc_time)))
        return WERR_NOT_ENOUGH_MEMORY;
    *t->time = (struct srvsvc_time){.elapsed = (uint32_t)seconds,
                                    .msecs = (uint32_t)(now / (UTIME_SECOND / 1000)),
                                    .hours = (uint32_t)tm.tm_hour,
                                    .minutes = (uint32_t)tm.tm_min,
                                    .seconds = (uint32_t)tm.tm_sec,
                                    .hundredths = (uint32_t)(now / (UTIME_SECOND / 100) % 100),
                                    .tick = 100, /* 10 ms */
                                    .day = (uint32_t)tm.tm_mday,
                                    .month = (uint32_t)tm.tm_mon + 1,
                                    .year = (uint32_t)tm.tm_year + 1900,
                                    .weekday = (uint32_t)tm.tm_wday};
    return WERR_OK;
}

static const struct rpc_handler handlers[] = {
    {SRVSVC_SHARE_ENUM, 0, share_enum},           {SRVSVC_SHARE_GET_INFO, 0, share_get_info},
    {SRVSVC_SERVER_GET_INFO, 0, server_get_info}, {SRVSVC_REMOTE_TOD, 0, remote_tod},
    {SRVSVC_SHARE_ENUM_STICKY, 0, share_enum},
};
const struct rpc_service rpc_srvsvc_service = {.iface = &srvsvc_iface,
                                               .note = "Server service",
                                               .pipes = {"srvsvc"},
                                               .transports = RPC_ON_PIPE,
                                               .handlers = handlers,
                                               .count = sizeof(handlers) / sizeof(handlers[0])};

/* --- WKSSVC ---------------------------------------------------------------------------------- */

static uint32_t wks_get_info(struct rpc_ctx *c, void *args)
{
    struct wkssvc_get_info *g = args;
    struct wkssvc_info101 info = {.base = {.platform = SRVSVC_PLATFORM_NT,
                                           .computer = c->env->host,
                                           .major = VERSION_MAJOR,
                                           .minor = VERSION_MINOR}};
    struct lsa_view v;

    if (lsa_view_begin(c, &v) != NT_OK)
        return WERR_NOT_ENOUGH_MEMORY;
    info.base.domain = arena_dup_span(c->arena, v.naming.flat_name);
    lsa_view_end(&v);
    if (g->level == 100 && (g->info.level100 = arena_new(c->arena, struct wkssvc_info100)))
        *g->info.level100 = info.base;
    else if (g->level == 101 && (g->info.level101 = arena_new(c->arena, struct wkssvc_info101)))
        *g->info.level101 = info;
    else
        return g->level == 100 || g->level == 101 ? WERR_NOT_ENOUGH_MEMORY : WERR_INVALID_LEVEL;
    return arena_failed(c->arena) ? WERR_NOT_ENOUGH_MEMORY : WERR_OK;
}

static const struct rpc_handler wks_handlers[] = {{WKSSVC_GET_INFO, 0, wks_get_info}};
const struct rpc_service rpc_wkssvc_service = {.iface = &wkssvc_iface,
                                               .note = "Workstation service",
                                               .pipes = {"wkssvc"},
                                               .transports = RPC_ON_PIPE,
                                               .handlers = wks_handlers,
                                               .count = 1};
