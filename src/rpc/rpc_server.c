/*
 * The server, and associations over TCP.
 */
#include <stdlib.h>

#include "base/text.h"
#include "rpc/netlogon_sessions.h"
#include "rpc/rpc_internal.h"

struct connection {
    struct rpc_assoc assoc;
    struct plat_conn *conn;
};

static enum err emit_tcp(struct rpc_assoc *as, struct span fragment)
{
    return plat_conn_send(((struct connection *)as)->conn, fragment);
}

static void end_tcp(struct rpc_assoc *as)
{
    plat_conn_close(((struct connection *)as)->conn, REASON_NONE);
}

static enum err begin(struct plat_conn *conn, struct connection *c, enum rpc_transport transport)
{
    rpc_assoc_init(&c->assoc, plat_conn_ctx(conn), transport);
    c->assoc.emit = emit_tcp;
    c->assoc.end = end_tcp;
    c->assoc.who.client = *plat_conn_peer(conn);
    c->conn = conn;
    return ERR_OK;
}

static enum err begin_tcp(struct plat_conn *conn, void *session)
{
    return begin(conn, session, RPC_ON_TCP);
}

static enum err begin_mapper(struct plat_conn *conn, void *session)
{
    return begin(conn, session, RPC_ON_MAPPER);
}

static enum err frame(void *session, struct span head, size_t *len_out)
{
    uint32_t call_id;
    (void)session;

    return rpc_pdu_frame(head, RPC_FRAGMENT_MAX, len_out, &call_id);
}

static enum err consume(struct plat_conn *conn, void *session, struct span message)
{
    struct connection *c = session;
    struct arena *a = &c->assoc.server->arena;
    uint8_t *bytes = arena_dup(a, message.ptr, message.len);
    (void)conn;

    enum err e = bytes ? rpc_assoc_take(&c->assoc, bytes, message.len) : ERR_CLOSED;
    arena_reset(a);
    return e == ERR_OK ? ERR_OK : ERR_CLOSED;
}

static void finish(struct plat_conn *conn, void *session, enum reason why)
{
    struct connection *c = session;
    (void)conn, (void)why;

    if (c->assoc.server)
        rpc_assoc_fini(&c->assoc);
}

static const struct plat_stream_ops tcp_ops = {.name = "rpc.tcp",
                                               .session_size = sizeof(struct connection),
                                               .begin = begin_tcp,
                                               .frame = frame,
                                               .consume = consume,
                                               .finish = finish};
static const struct plat_stream_ops mapper_ops = {.name = "rpc.mapper",
                                                  .session_size = sizeof(struct connection),
                                                  .begin = begin_mapper,
                                                  .frame = frame,
                                                  .consume = consume,
                                                  .finish = finish};

static const struct plat_stream_limits limits = {.max_conns = 2048,
                                                 .max_request = RPC_FRAGMENT_MAX,
                                                 .max_buffered = 64u << 20,
                                                 .output_high = 256u << 10,
                                                 .output_max = 8u << 20,
                                                 .idle = 900 * UTIME_SECOND,
                                                 .request = 60 * UTIME_SECOND,
                                                 .stall = 60 * UTIME_SECOND};

static enum err prepare(struct rpc_server *s)
{
    const struct rpc_env *env = &s->env;
    struct acceptor_env auth = {.dir = env->dir,
                                .dc_name = ascii_upper(&s->names, span_sub(env->host, 0, 15)),
                                .now = env->now,
                                .random = env->random,
                                .ntlm = env->ntlm};

    if (!(s->sessions = netlogon_sessions_new()))
        return ERR_NOMEM;
    TRY(acceptor_new(&auth, &s->acceptor));
    TRY(plat_stream_new(env->loop, &tcp_ops, &limits, env->events, s, &s->tcp));
    TRY(plat_stream_new(env->loop, &mapper_ops, &limits, env->events, s, &s->mapper));
    s->timer = plat_timer_new(env->loop, rpc_pipes_tell, s);
    s->turn = plat_timer_new(env->loop, rpc_later_turn, s);
    return s->timer && s->turn ? ERR_OK : ERR_NOMEM;
}

enum err rpc_server_new(const struct rpc_env *env, struct rpc_server **out)
{
    struct rpc_server *s = calloc(1, sizeof(*s));

    if (!s)
        return ERR_NOMEM;
    s->env = *env;
    env->random(&s->next_group, sizeof(s->next_group));
    arena_init(&s->names, 0, 4096, 0);
    arena_init(&s->arena, RPC_ARENA_FIRST, RPC_ARENA_MAX, ARENA_WIPE);
    enum err e = prepare(s);
    if (e != ERR_OK) {
        rpc_server_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void rpc_server_free(struct rpc_server *s)
{
    if (s->tcp)
        plat_stream_free(s->tcp);
    if (s->mapper)
        plat_stream_free(s->mapper);
    if (s->timer)
        plat_timer_free(s->timer);
    if (s->turn)
        plat_timer_free(s->turn);
    ENT_ASSERT(!s->pipes && !s->groups);
    if (s->acceptor)
        acceptor_free(s->acceptor);
    if (s->sessions)
        netlogon_sessions_free(s->sessions);
    arena_fini(&s->names);
    arena_fini(&s->arena);
    free(s);
}

enum err rpc_server_listen(struct rpc_server *s, int fd, bool mapper)
{
    return plat_stream_listen(mapper ? s->mapper : s->tcp, fd);
}
