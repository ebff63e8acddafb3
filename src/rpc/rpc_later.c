/*
 * Calls that are answered later: they wait for the peer process, or for others to go on between
 * their own steps. An association that ends takes its own along.
 */
#include <stdlib.h>

#include "rpc/rpc_later.h"
#include "trust/trust_ask.h"

struct rpc_later *rpc_later_new(const struct rpc_later *prepared)
{
    struct rpc_assoc *as = prepared->assoc;
    struct rpc_later *l;

    if (!(l = malloc(sizeof(*l))))
        return NULL;
    *l = *prepared;
    l->who = as->who;
    l->ctx.who = &l->who;
    l->ctx.arena = &l->arena;
    arena_init(&l->arena, 0, RPC_WAITING_MEMORY, ARENA_WIPE);
    l->next = as->waiting;
    as->waiting = l;
    as->waiting_count++;
    as->server->waiting++;
    return l;
}

void rpc_later_free(struct rpc_later *l)
{
    struct rpc_later **at = &l->assoc->waiting;

    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    l->assoc->waiting_count--;
    l->assoc->server->waiting--;
    l->assoc->server->waiting_memory -= l->counted;
    arena_fini(&l->arena);
    free(l);
}

static void leave_turns(struct rpc_later *l)
{
    struct rpc_server *s = l->assoc->server;
    unsigned i = 0;

    while (s->turns[i] != l)
        i++;
    s->turn_count--;
    memmove(&s->turns[i], &s->turns[i + 1], (s->turn_count - i) * sizeof(s->turns[0]));
    l->yields = false;
}

void rpc_later_cancel_all(struct rpc_assoc *as)
{
    const struct rpc_env *env = &as->server->env;

    while (as->waiting) {
        if (as->waiting->yields)
            leave_turns(as->waiting);
        else
            env->ask_cancel(env->ask_ctx, &as->waiting->ask);
        rpc_later_free(as->waiting);
    }
}

static void go_on(struct rpc_later *l, enum err e, struct span payload)
{
    struct rpc_assoc *as = l->assoc;
    uint32_t status = l->then(&l->ctx, l->args, e, payload);

    if (status == RPC_LATER)
        return;
    e = rpc_call_finish(l, status);
    rpc_later_free(l);
    arena_reset(&as->server->arena);
    if (e != ERR_OK)
        as->end(as);
}

static void asked(struct plat_call *call, enum err e, struct plat_msg *reply)
{
    /* An empty reply is a failure of the peer's (trust_ask.h). */
    struct span payload = e == ERR_OK ? reply->payload : SPAN_NONE;

    go_on((struct rpc_later *)call, e == ERR_OK && !payload.len ? ERR_IO : e, payload);
}

void rpc_later_turn(void *ctx)
{
    struct rpc_server *s = ctx;
    struct rpc_later *l = s->turns[0];

    if (!s->turn_count)
        return;
    leave_turns(l);
    go_on(l, ERR_OK, SPAN_NONE);
    if (s->turn_count)
        plat_timer_start(s->turn, 0, 0);
}

/* The call at hand is one of them. It counts when it asks: a silent partner must not keep anybody
 * from what is answered here. */
static bool too_many(const struct rpc_later *l)
{
    const struct rpc_assoc *as = l->assoc;

    return as->server->waiting > RPC_WAITING_MAX || as->waiting_count > RPC_WAITING_EACH ||
           as->server->waiting_memory > RPC_WAITING_TOTAL;
}

/* What a call holds while others run; it grows in its own steps alone, one call at a time. */
static void count_memory(struct rpc_later *l)
{
    l->assoc->server->waiting_memory += l->arena.used_total - l->counted;
    l->counted = l->arena.used_total;
}

static struct rpc_later *later_of(struct rpc_ctx *c)
{
    struct rpc_later *l = (struct rpc_later *)((uint8_t *)c - offsetof(struct rpc_later, ctx));

    ENT_ASSERT(c->arena == &l->arena); /* a handler of RPC_WAITS */
    count_memory(l);
    return l;
}

static uint32_t busy(struct rpc_ctx *c)
{
    rpc_refused(c->server, c->who, "rpc.call", REASON_RPC_LIMIT, span_str(c->call));
    c->fault = RPC_FAULT_TOO_BUSY;
    return 0;
}

uint32_t rpc_yield(struct rpc_ctx *c, rpc_step *then)
{
    struct rpc_later *l = later_of(c);
    struct rpc_server *s = c->server;

    if (s->turn_count == RPC_TURNS_MAX || too_many(l))
        return busy(c);
    l->yields = true;
    l->then = then;
    s->turns[s->turn_count++] = l;
    plat_timer_start(s->turn, 0, 0);
    return RPC_LATER;
}

uint32_t rpc_ask(struct rpc_ctx *c, uint32_t type, struct span payload, rpc_step *then)
{
    struct rpc_later *l = later_of(c);
    const struct rpc_env *env = c->env;
    enum err e = ERR_CLOSED;

    if (too_many(l))
        return busy(c);
    l->ask = (struct plat_call){.done = asked};
    l->then = then;
    if (env->ask)
        e = env->ask(env->ask_ctx, type, payload, TRUST_CALL_TIMEOUT + 5 * UTIME_SECOND, &l->ask);
    return e == ERR_OK ? RPC_LATER : then(c, l->args, e, SPAN_NONE);
}
