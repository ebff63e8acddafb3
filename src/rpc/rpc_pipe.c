/*
 * Associations over named pipes: what comes in is joined to fragments, what goes out waits in a
 * queue until it is read, fragment by fragment.
 */
#include <stdlib.h>

#include "base/text.h"
#include "rpc/rpc_internal.h"

struct out_fragment {
    struct out_fragment *next;
    size_t len, taken;
    uint8_t bytes[];
};

struct rpc_pipe {
    struct rpc_assoc assoc;
    struct rpc_pipe *next;
    void (*ready)(void *ctx);
    void *ctx;
    bool waits; /* a read found nothing */
    bool dead;
    size_t have; /* of in */
    struct out_fragment *first, **last;
    uint8_t in[RPC_FRAGMENT_MAX];
};

static enum err emit_pipe(struct rpc_assoc *as, struct span fragment)
{
    struct rpc_pipe *p = (struct rpc_pipe *)as;

    if (as->server->queued + fragment.len > RPC_QUEUED_MAX)
        return ERR_LIMIT;
    struct out_fragment *f = malloc(sizeof(*f) + fragment.len);
    if (!f)
        return ERR_NOMEM;
    *f = (struct out_fragment){.len = fragment.len};
    memcpy(f->bytes, fragment.ptr, fragment.len);
    *p->last = f;
    p->last = &f->next;
    as->server->queued += f->len;
    if (p->waits)
        plat_timer_start(as->server->timer, 0, 0);
    return ERR_OK;
}

static void end_pipe(struct rpc_assoc *as)
{
    struct rpc_pipe *p = (struct rpc_pipe *)as;

    p->dead = true; /* what is queued, a fault, is still read */
    if (p->waits)
        plat_timer_start(as->server->timer, 0, 0);
}

static void drop_first(struct rpc_pipe *p)
{
    struct out_fragment *f = p->first;

    p->first = f->next;
    if (!p->first)
        p->last = &p->first;
    p->assoc.server->queued -= f->len;
    mem_wipe(f->bytes, f->len);
    free(f);
}

static const struct rpc_service *of_pipe(struct span name)
{
    for (unsigned i = 0; i < rpc_service_count; i++) {
        const struct rpc_service *v = rpc_services[i];
        for (unsigned k = 0; v->transports & RPC_ON_PIPE && k < 3 && v->pipes[k]; k++) {
            if (span_eq(span_str(v->pipes[k]), name))
                return v;
        }
    }
    return NULL;
}

static bool for_nobody(const struct rpc_service *v)
{
    bool any = false;

    for (unsigned i = 0; i < v->count; i++)
        any |= v->handlers[i].flags & RPC_FOR_NOBODY;
    return any;
}

enum err rpc_pipe_open(struct rpc_server *s, struct span name, const struct rpc_caller *who,
                       void (*ready)(void *ctx), void *ctx, struct rpc_pipe **out)
{
    const struct rpc_service *v = of_pipe(name);
    struct rpc_pipe *p;

    if (!v)
        return ERR_NOT_FOUND;
    if (who->anonymous && !for_nobody(v))
        return ERR_DENIED;
    if (!(p = calloc(1, sizeof(*p))))
        return ERR_NOMEM;
    rpc_assoc_init(&p->assoc, s, RPC_ON_PIPE);
    p->assoc.only = v;
    p->assoc.who = *who;
    p->assoc.emit = emit_pipe;
    p->assoc.end = end_pipe;
    p->ready = ready;
    p->ctx = ctx;
    p->last = &p->first;
    p->next = s->pipes;
    s->pipes = p;
    *out = p;
    return ERR_OK;
}

void rpc_pipe_close(struct rpc_pipe *p)
{
    struct rpc_pipe **at = &p->assoc.server->pipes;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    while (p->first)
        drop_first(p);
    rpc_assoc_fini(&p->assoc);
    mem_wipe(p->in, sizeof(p->in));
    free(p);
}

/* The fragments that are whole; what is left stays. */
static enum err take_whole(struct rpc_pipe *p)
{
    size_t at = 0, len;
    uint32_t call_id;
    enum err e;

    while ((e = rpc_pdu_frame(span_of(p->in + at, p->have - at), sizeof(p->in), &len, &call_id)) ==
               ERR_OK &&
           len <= p->have - at) {
        e = rpc_assoc_take(&p->assoc, p->in + at, len);
        arena_reset(&p->assoc.server->arena);
        at += len;
        if (e != ERR_OK)
            return e;
    }
    memmove(p->in, p->in + at, p->have - at);
    p->have -= at;
    return e == ERR_TRUNCATED ? ERR_OK : e;
}

enum err rpc_pipe_write(struct rpc_pipe *p, struct span bytes)
{
    enum err e = p->dead ? ERR_CLOSED : ERR_OK;

    while (e == ERR_OK && bytes.len) {
        struct span part = span_sub(bytes, 0, sizeof(p->in) - p->have);
        memcpy(p->in + p->have, part.ptr, part.len);
        p->have += part.len;
        bytes = span_sub(bytes, part.len, bytes.len);
        e = take_whole(p);
    }
    if (e != ERR_OK)
        end_pipe(&p->assoc);
    return e == ERR_OK || p->first ? ERR_OK : ERR_CLOSED;
}

enum err rpc_pipe_read(struct rpc_pipe *p, size_t max, struct arena *a, struct span *out,
                       bool *more_out)
{
    struct out_fragment *f = p->first;

    p->waits = !f && !p->dead;
    if (!f)
        return p->dead ? ERR_CLOSED : ERR_BUSY;
    struct span part = span_sub(span_of(f->bytes, f->len), f->taken, max);
    part = arena_dup_span(a, part);
    if (arena_failed(a))
        return ERR_NOMEM;
    f->taken += part.len;
    *more_out = f->taken < f->len;
    *out = part;
    if (!*more_out)
        drop_first(p);
    return ERR_OK;
}

/* A waiter may close its pipe, and others: the list is begun anew after each. */
void rpc_pipes_tell(void *ctx)
{
    struct rpc_server *s = ctx;
    struct rpc_pipe *p = s->pipes;

    while (p) {
        if (p->waits && (p->first || p->dead)) {
            p->waits = false;
            p->ready(p->ctx);
            p = s->pipes;
        } else {
            p = p->next;
        }
    }
}
