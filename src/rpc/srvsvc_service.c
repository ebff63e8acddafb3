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
    WERR_ACCESS_DENIED = 5,
    WERR_NOT_ENOUGH_MEMORY = 8,
    WERR_INVALID_LEVEL = 124,
    WERR_NO_SHARE = 2310,
};

/* --- shares ---------------------------------------------------------------------------------- */

static void put0(const struct rpc_share *s, void *out)
{
    *(struct srvsvc_share0 *)out = (struct srvsvc_share0){s->name};
}

static void put1(const struct rpc_share *s, void *out)
{
    *(struct srvsvc_share1 *)out = (struct srvsvc_share1){s->name, s->type, s->comment};
}

/* Where the files lie is nothing that anybody could use. */
static void put2(const struct rpc_share *s, void *out)
{
    *(struct srvsvc_share2 *)out = (struct srvsvc_share2){.name = s->name,
                                                          .type = s->type,
                                                          .comment = s->comment,
                                                          .max_users = SRVSVC_UNLIMITED,
                                                          .path = SPAN_LIT("")};
}

static void put501(const struct rpc_share *s, void *out)
{
    *(struct srvsvc_share501 *)out =
        (struct srvsvc_share501){.name = s->name, .type = s->type, .comment = s->comment};
}

static void put502(const struct rpc_share *s, void *out)
{
    put2(s, &((struct srvsvc_share502 *)out)->base);
}

static void put1005(const struct rpc_share *s, void *out)
{
    (void)s;
    *(struct srvsvc_share1005 *)out = (struct srvsvc_share1005){0};
}

/* [MS-SRVS] 3.1.4.8, 3.1.4.10: those with the path are for administrators. */
static const struct share_level {
    uint32_t level;
    bool admin, one; /* one: of one share alone */
    size_t size;
    void (*put)(const struct rpc_share *s, void *out);
} levels[] = {
    {0, false, false, sizeof(struct srvsvc_share0), put0},
    {1, false, false, sizeof(struct srvsvc_share1), put1},
    {2, true, false, sizeof(struct srvsvc_share2), put2},
    {501, false, false, sizeof(struct srvsvc_share501), put501},
    {502, true, false, sizeof(struct srvsvc_share502), put502},
    {1005, false, true, sizeof(struct srvsvc_share1005), put1005},
};

static uint32_t level_of(const struct rpc_ctx *c, uint32_t level, const struct share_level **out)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (levels[i].level != level)
            continue;
        *out = &levels[i];
        return levels[i].admin && !lsa_administrator(c) ? WERR_ACCESS_DENIED : WERR_OK;
    }
    return WERR_INVALID_LEVEL;
}

/* All in one answer: there are three. The lists of all levels are a count and a pointer. */
static uint32_t list(struct rpc_ctx *c, struct srvsvc_share_enum *e, const struct share_level *l)
{
    struct srvsvc_shares0 *all = arena_new(c->arena, struct srvsvc_shares0);
    uint8_t *shares = arena_array(c->arena, c->env->share_count, l->size);

    if (!all || !shares)
        return WERR_NOT_ENOUGH_MEMORY;
    for (unsigned i = 0; i < c->env->share_count; i++)
        l->put(&c->env->shares[i], shares + i * l->size);
    *all = (struct srvsvc_shares0){c->env->share_count, (struct srvsvc_share0 *)(void *)shares};
    e->list.shares.level0 = all;
    e->total = c->env->share_count;
    return WERR_OK;
}

static uint32_t share_enum(struct rpc_ctx *c, void *args)
{
    struct srvsvc_share_enum *e = args;
    const struct share_level *l = NULL;
    uint32_t status = level_of(c, e->list.level, &l);

    e->list.shares = (union srvsvc_shares){0};
    e->total = 0;
    if (e->resume)
        *e->resume = 0;
    if (status != WERR_OK)
        return status;
    return l->one ? (uint32_t)WERR_INVALID_LEVEL : list(c, e, l);
}

/* Those that are there after the next start, which all are; the level with flags is not for it
 * (3.1.4.9). */
static uint32_t share_enum_sticky(struct rpc_ctx *c, void *args)
{
    struct srvsvc_share_enum *e = args;

    if (e->list.level != 501)
        return share_enum(c, args);
    e->list.shares = (union srvsvc_shares){0};
    return WERR_INVALID_LEVEL;
}

static uint32_t share_get_info(struct rpc_ctx *c, void *args)
{
    struct srvsvc_share_get_info *g = args;
    const struct rpc_share *s = NULL;
    const struct share_level *l = NULL;
    uint32_t status = level_of(c, g->level, &l);

    for (unsigned i = 0; i < c->env->share_count; i++) {
        if (text_eq_fold(c->env->shares[i].name, g->name))
            s = &c->env->shares[i];
    }
    if (!s || status != WERR_OK)
        return s ? status : (uint32_t)WERR_NO_SHARE;
    void *out = arena_alloc(c->arena, l->size);
    if (!out)
        return WERR_NOT_ENOUGH_MEMORY;
    l->put(s, out);
    g->share.level0 = out;
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
    else if (g->level == 102 && (g->info.level102 = arena_new(c->arena, struct srvsvc_server102)))
        *g->info.level102 = (struct srvsvc_server102){.base = info,
                                                      .users = SRVSVC_UNLIMITED,
                                                      .disconnect = SRVSVC_NO_DISCONNECT,
                                                      .user_path = SPAN_LIT("")};
    else
        return g->level >= 100 && g->level <= 102 ? WERR_NOT_ENOUGH_MEMORY : WERR_INVALID_LEVEL;
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
    {SRVSVC_SHARE_ENUM, 0, share_enum},
    {SRVSVC_SHARE_GET_INFO, 0, share_get_info},
    {SRVSVC_SERVER_GET_INFO, 0, server_get_info},
    {SRVSVC_REMOTE_TOD, 0, remote_tod},
    {SRVSVC_SHARE_ENUM_STICKY, 0, share_enum_sticky},
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
