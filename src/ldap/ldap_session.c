/*
 * Connections: whole messages in, one verb each, and the pool of requests.
 */
#include "ldap/ldap_internal.h"

#include "auth/acceptor.h"
#include "base/counters.h"
#include "base/text.h"
#include "directory/settings.h"

#define ARENA_FIRST 16384

struct ldap_request *ldap_request_new(struct ldap_session *ss)
{
    struct ldap_server *sv = ss->server;
    struct ldap_request *rq = sv->pool;
    if (rq) {
        sv->pool = rq->next;
        sv->pooled--;
    } else {
        rq = calloc(1, sizeof(*rq));
        if (!rq)
            return NULL;
        arena_init(&rq->arena, ARENA_FIRST, LDAP_REQUEST_ARENA, ARENA_WIPE);
        arena_init(&rq->scratch, 0, LDAP_REQUEST_ARENA, 0);
        arena_init(&rq->values, ARENA_FIRST, LDAP_ENTRY_MAX, 0);
        arena_init(&rq->out, ARENA_FIRST, 2 * LDAP_ENTRY_MAX, 0);
    }
    rq->next = NULL;
    rq->session = ss;
    return rq;
}

static void request_destroy(struct ldap_request *rq)
{
    arena_fini(&rq->arena);
    arena_fini(&rq->scratch);
    arena_fini(&rq->values);
    arena_fini(&rq->out);
    free(rq);
}

void ldap_request_free(struct ldap_request *rq)
{
    struct ldap_server *sv = rq->session->server;
    struct ldap_request kept;
    ldap_request_pause(rq);
    if (sv->pooled == LDAP_POOL_MAX) {
        request_destroy(rq);
        return;
    }
    arena_reset(&rq->arena);
    arena_reset(&rq->scratch);
    arena_reset(&rq->values);
    arena_reset(&rq->out);
    kept = (struct ldap_request){.arena = rq->arena,
                                 .scratch = rq->scratch,
                                 .values = rq->values,
                                 .out = rq->out,
                                 .next = sv->pool};
    *rq = kept;
    sv->pool = rq;
    sv->pooled++;
}

enum err ldap_request_read(struct ldap_request *rq)
{
    if (rq->has_snap)
        return ERR_OK;
    TRY(dir_snap_begin(rq->session->server->env.dir, &rq->snap));
    rq->has_snap = true;
    return ERR_OK;
}

void ldap_request_pause(struct ldap_request *rq)
{
    if (rq->has_snap)
        dir_snap_end(&rq->snap);
    rq->has_snap = false;
}

enum err ldap_send(struct ldap_session *ss, struct builder *b)
{
    struct span bytes;
    TRY(builder_done(b, &bytes));
    return plat_conn_send(ss->conn, bytes);
}

void ldap_response(struct ldap_request *rq, struct builder *b)
{
    arena_reset(&rq->out);
    builder_in(b, &rq->out, LDAP_ENTRY_MAX);
}

enum err ldap_reply_with(struct ldap_request *rq, uint32_t code, const char *text,
                         struct span matched, const struct ldap_control *controls, uint32_t count)
{
    struct ldap_result result = {.code = code, .matched_dn = matched, .message = span_str(text)};
    struct builder b;
    ldap_response(rq, &b);
    if (rq->m->op == LDAP_BIND_REQUEST)
        ldap_put_bind_response(&b, rq->id, &result, SPAN_NONE, NULL, 0);
    else if (rq->m->op == LDAP_EXTENDED_REQUEST)
        ldap_put_extended_response(&b, rq->id, &result, SPAN_NONE, SPAN_NONE);
    else
        ldap_put_result(&b, rq->id, ldap_response_of(rq->m->op), &result, controls, count);
    return ldap_send(rq->session, &b);
}

enum err ldap_reply(struct ldap_request *rq, uint32_t code, const char *text, struct span matched)
{
    return ldap_reply_with(rq, code, text, matched, NULL, 0);
}

bool ldap_private(const struct ldap_session *ss)
{
    return ss->tls || ss->sealed;
}

void ldap_event(struct ldap_session *ss, const char *name, enum reason reason, struct span detail)
{
    struct event ev;
    if (!ss->peer[0])
        plat_addr_text(plat_conn_peer(ss->conn), ss->peer);
    event_init(&ev, ss->server->env.now(), name, reason);
    event_text(&ev, "peer", span_str(ss->peer));
    if (ss->who.name.len)
        event_text(&ev, "who", ss->who.name);
    if (detail.len)
        event_text(&ev, "detail", detail);
    event_emit(ss->server->env.events, &ev);
}

/* --- messages ----------------------------------------------------------------------------------
 */

static enum err refuse_bytes(struct ldap_request *rq, struct span message)
{
    struct ldap_message broken = {0};
    uint8_t op;
    struct builder b;
    if (ldap_decode_id(message, &broken.id, &op) == ERR_OK && ldap_response_of(op)) {
        broken.op = op;
        rq->m = &broken;
        rq->id = broken.id;
        TRY(ldap_reply(rq, LDAP_PROTOCOL_ERROR, "00000057: LdapErr: Error decoding ldap message",
                       SPAN_NONE));
        return ERR_OK;
    }
    ldap_response(rq, &b);
    ldap_put_disconnect_notice(&b, LDAP_PROTOCOL_ERROR, SPAN_LIT("not an LDAP request"));
    (void)ldap_send(rq->session, &b);
    return ERR_CLOSED;
}

/* The request's life ends with ERR_OK or an error; ERR_BUSY: it is the session's running one. */
static enum err dispatch(struct ldap_request *rq)
{
    switch (rq->m->op) {
    case LDAP_UNBIND_REQUEST:
        return ERR_CLOSED;
    case LDAP_ABANDON_REQUEST:
        return ERR_OK; /* nothing else runs while a message is looked at */
    case LDAP_BIND_REQUEST:
        counter_add(COUNTER_LDAP_BIND, 1);
        return ldap_do_bind(rq);
    case LDAP_SEARCH_REQUEST:
        counter_add(COUNTER_LDAP_SEARCH, 1);
        return ldap_do_search(rq);
    case LDAP_EXTENDED_REQUEST:
        counter_add(COUNTER_LDAP_EXTENDED, 1);
        return ldap_do_extended(rq);
    default:
        counter_add(COUNTER_LDAP_CHANGE, 1);
        return ldap_do_change(rq);
    }
}

/* The ticket behind the session has ended: so does the session. */
static enum err expired(struct ldap_request *rq)
{
    struct builder b;
    ldap_response(rq, &b);
    ldap_put_disconnect_notice(&b, LDAP_STRONGER_AUTH_REQUIRED, SPAN_LIT("the ticket has expired"));
    (void)ldap_send(rq->session, &b);
    return ERR_CLOSED;
}

static enum err answer(struct ldap_request *rq, struct span message)
{
    const struct ldap_identity *who = &rq->session->who;
    if (who->until && rq->session->server->env.now() > who->until)
        return expired(rq);
    struct span kept = arena_dup_span(&rq->arena, message);
    if (arena_failed(&rq->arena))
        return ERR_NOMEM;
    if (ldap_decode(kept, &rq->arena, &rq->m) != ERR_OK)
        return refuse_bytes(rq, message);
    rq->id = rq->m->id;
    enum ldap_code code = ldap_options_read(rq->m, &rq->arena, &rq->options);
    if (code != LDAP_SUCCESS && ldap_response_of(rq->m->op))
        return ldap_reply(rq, code,
                          code == LDAP_PROTOCOL_ERROR
                              ? "00000057: LdapErr: Error decoding a control"
                              : "00000057: LdapErr: a critical control is not supported",
                          SPAN_NONE);
    return dispatch(rq);
}

static enum err consume(struct plat_conn *c, void *session, struct span message)
{
    struct ldap_session *ss = session;
    (void)c;
    if (ss->running)
        return ERR_BUSY;
    struct ldap_request *rq = ldap_request_new(ss);
    if (!rq)
        return ERR_NOMEM;
    enum err e = answer(rq, message);
    if (e == ERR_BUSY)
        return ERR_OK; /* it rests with the session */
    ldap_request_free(rq);
    return e;
}

static enum err produce(struct plat_conn *c, void *session)
{
    struct ldap_session *ss = session;
    struct ldap_request *rq = ss->running;
    (void)c;
    if (!rq || rq->calling)
        return ERR_OK;
    ss->running = NULL;
    enum err e = ldap_go_on_search(rq);
    if (e == ERR_BUSY)
        return ERR_OK;
    ldap_request_free(rq);
    return e;
}

static enum err frame(void *session, struct span head, size_t *len_out)
{
    const struct ldap_session *ss = session;
    return ldap_peek(head, ss->who.bound ? LDAP_MESSAGE_MAX : LDAP_MESSAGE_MAX_UNAUTH, len_out);
}

/* Looked up for each connection: beside a handshake it costs nothing. */
static enum err tls_options(const struct ldap_server *sv, unsigned *out)
{
    struct dir_settings settings;
    struct dir_snap s;
    TRY(dir_snap_begin(sv->env.dir, &s));
    enum err e = dir_settings(&s, &settings);
    dir_snap_end(&s);
    TRY(e);
    *out = (settings.tls_1_0 ? TLS_WITH_1_0 : 0u) | (settings.tls_1_1 ? TLS_WITH_1_1 : 0u) |
           (settings.tls_3des ? TLS_WITH_3DES : 0u) |
           (settings.tls_aes_128 ? 0u : TLS_WITHOUT_AES_128);
    return ERR_OK;
}

static enum err add_tls(struct plat_conn *c, struct ldap_session *ss)
{
    unsigned options;
    void *tls;
    if (!ss->server->env.tls)
        return ERR_UNSUPPORTED;
    TRY(tls_options(ss->server, &options));
    TRY(tls_new(ss->server->env.tls, options, (struct tls **)&tls));
    enum err e = plat_conn_filter(c, &ldap_tls_filter, tls);
    if (e != ERR_OK)
        tls_free(tls);
    else
        ss->tls = true;
    return e;
}

enum err ldap_start_tls(struct ldap_session *ss)
{
    return add_tls(ss->conn, ss);
}

const struct plat_filter_ops ldap_tls_filter = {
    .input = tls_input, .output = tls_output, .end = tls_end, .free = tls_free};

static enum err begin(struct plat_conn *c, void *session)
{
    struct ldap_session *ss = session;
    uint16_t port = plat_addr_port(plat_conn_local(c));
    ss->server = plat_conn_ctx(c);
    ss->conn = c;
    ss->gc = port == LDAP_GC_PORT || port == LDAP_GC_TLS_PORT;
    arena_init(&ss->who.memory, 0, LDAP_IDENTITY_MAX, ARENA_WIPE);
    ss->who.token = dir_token_anonymous;
    return port == LDAP_TLS_PORT || port == LDAP_GC_TLS_PORT ? add_tls(c, ss) : ERR_OK;
}

static void last_words(struct plat_conn *c, void *session, enum reason why)
{
    uint8_t room[256];
    struct builder b;
    struct span bytes;
    (void)session;
    builder_over(&b, room, sizeof(room));
    ldap_put_disconnect_notice(&b, why == REASON_SERVER_BUSY ? LDAP_BUSY : LDAP_PROTOCOL_ERROR,
                               span_str(reason_row(why)->cause));
    if (builder_done(&b, &bytes) == ERR_OK)
        (void)plat_conn_send(c, bytes);
}

static void finish(struct plat_conn *c, void *session, enum reason why)
{
    struct ldap_session *ss = session;
    (void)c, (void)why;
    if (!ss->server)
        return;
    if (ss->running)
        ldap_abandon_change(ss->running);
    ss->running = NULL;
    ldap_drop_pages(ss);
    ldap_sasl_free(ss->sasl);
    ldap_sasl_free(ss->layer);
    arena_fini(&ss->who.memory);
}

/* --- the server --------------------------------------------------------------------------------
 */

static const struct plat_stream_ops tcp_ops = {.name = "ldap.tcp",
                                               .session_size = sizeof(struct ldap_session),
                                               .begin = begin,
                                               .frame = frame,
                                               .consume = consume,
                                               .produce = produce,
                                               .last_words = last_words,
                                               .finish = finish};

static const struct plat_stream_limits tcp_limits = {.max_conns = 12000,
                                                     .max_request = LDAP_MESSAGE_MAX,
                                                     .max_buffered = 512u << 20,
                                                     .output_high = 256u << 10,
                                                     .output_max = 2 * LDAP_ENTRY_MAX,
                                                     .idle = 900 * UTIME_SECOND,
                                                     .request = 60 * UTIME_SECOND,
                                                     .stall = 60 * UTIME_SECOND};

static const struct plat_udp_limits udp_limits = {.max_request = LDAP_DATAGRAM_MAX,
                                                  .max_reply = 16384,
                                                  .arena_first = 32768,
                                                  .arena_max = 1u << 20};

/* Connectionless LDAP: the root of the tree and nothing else ([MS-ADTS] 3.1.1.3.1.6). */
static void answer_datagram(void *ctx, const struct plat_udp_request *rq, struct builder *reply)
{
    struct ldap_server *sv = ctx;
    struct ldap_message *m;
    struct dir_snap s;
    if (ldap_decode(rq->bytes, rq->arena, &m) != ERR_OK || m->op != LDAP_SEARCH_REQUEST ||
        m->search.base.len || m->search.scope != LDAP_SCOPE_BASE)
        return;
    if (dir_snap_begin(sv->env.dir, &s) != ERR_OK)
        return;
    if (ldap_rootdse(sv, &s, m, plat_addr_host(rq->from), rq->arena, reply) != ERR_OK)
        builder_fail(reply, ERR_NOT_FOUND);
    dir_snap_end(&s);
}

static const struct plat_udp_ops udp_ops = {.name = "ldap.udp", .answer = answer_datagram};

/* The changes that one turn brought go to the writer in one piece, and into one commit. */
static void send_changes(void *ctx)
{
    const struct ldap_server *sv = ctx;
    struct plat_channel *writer = sv->env.writer(sv->env.ctx);
    if (writer)
        plat_channel_uncork(writer);
}

enum err ldap_server_new(const struct ldap_env *env, struct ldap_server **out)
{
    struct ldap_server *sv = calloc(1, sizeof(*sv));
    if (!sv)
        return ERR_NOMEM;
    sv->env = *env;
    dir_remember(env->dir);
    arena_init(&sv->layer_memory, ACCEPTOR_ARENA_FIRST, ACCEPTOR_ARENA_MAX, ARENA_WIPE);
    arena_init(&sv->names, 0, 256, 0);
    struct acceptor_env auth = {.dir = env->dir,
                                .dc_name = ascii_upper(&sv->names, span_sub(env->host, 0, 15)),
                                .now = env->now,
                                .random = env->random};
    sv->wants = ldap_wants_new();
    enum err e = sv->wants ? acceptor_new(&auth, &sv->acceptor) : ERR_NOMEM;
    if (e == ERR_OK)
        e = plat_stream_new(env->loop, &tcp_ops, &tcp_limits, env->events, sv, &sv->tcp);
    if (e == ERR_OK)
        e = plat_udp_new(env->loop, &udp_ops, &udp_limits, sv, &sv->udp);
    if (e == ERR_OK && !(sv->turn = plat_hook_new(env->loop, send_changes, sv)))
        e = ERR_NOMEM;
    if (e != ERR_OK) {
        ldap_server_free(sv);
        return e;
    }
    *out = sv;
    return ERR_OK;
}

void ldap_server_free(struct ldap_server *sv)
{
    if (sv->tcp)
        plat_stream_free(sv->tcp);
    if (sv->udp)
        plat_udp_free(sv->udp);
    plat_hook_free(sv->turn);
    while (sv->pool) {
        struct ldap_request *rq = sv->pool;
        sv->pool = rq->next;
        request_destroy(rq);
    }
    if (sv->acceptor)
        acceptor_free(sv->acceptor);
    tls_config_free(sv->env.tls);
    free(sv->wants);
    arena_fini(&sv->layer_memory);
    arena_fini(&sv->names);
    free(sv);
}

void ldap_server_certificate(struct ldap_server *sv, struct tls_config *tls)
{
    tls_config_free(sv->env.tls);
    sv->env.tls = tls;
}

enum err ldap_server_listen(struct ldap_server *sv, int fd)
{
    return plat_stream_listen(sv->tcp, fd);
}

enum err ldap_server_datagrams(struct ldap_server *sv, int fd)
{
    return plat_udp_add(sv->udp, fd);
}
