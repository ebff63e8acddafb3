#include "dns/dns_request.h"

#include "base/reader.h"
#include "plat/random.h"

#define REQUEST_MAX                                                                                \
    4096 /* over UDP; no question needs more. The tickets that begin a key come over TCP */
#define UDP_MAX 4096

void dns_config_default(struct dns_config *config)
{
    *config = (struct dns_config){
        .answers_per_second = 200,
        .udp_max = DNS_UDP_SAFE,
        .answers_memory = 16u << 20,
        .answers_slots = 65536,
        .cache_memory = 16u << 20,
        .tcp_conns = 1024,
        .tcp_idle = 10 * UTIME_SECOND,
        .tcp_request = 5 * UTIME_SECOND,
        .forward = DNS_FORWARD_LIMITS,
    };
}

/* --- UDP -------------------------------------------------------------------------------------- */

static void answer_datagram(void *ctx, const struct plat_udp_request *rq, struct builder *reply)
{
    struct dns_origin origin = {.client = *rq->from, .socket = rq->socket};
    /* A port that no client has: an answer to it would start a conversation of servers. */
    if (plat_addr_port(rq->from) != 0)
        dns_request_answer(ctx, &origin, rq->bytes, rq->arena, reply);
}

static enum err new_udp(struct dns_service *s)
{
    static const struct plat_udp_ops ops = {.name = "dns.udp", .answer = answer_datagram};
    const struct plat_udp_limits limits = {
        .max_request = REQUEST_MAX,
        .max_reply = s->config.udp_max,
        .arena_first = DNS_ARENA_FIRST,
        .arena_max = DNS_ARENA_MAX,
    };
    return plat_udp_new(s->loop, &ops, &limits, s, &s->udp);
}

/* --- TCP -------------------------------------------------------------------------------------- */

static enum err frame(void *session, struct span head, size_t *len_out)
{
    (void)session;
    return dns_frame_size(head, len_out);
}

static enum err consume(struct plat_conn *c, void *session, struct span message)
{
    struct dns_service *s = plat_conn_ctx(c);
    struct dns_session *own = session;
    struct dns_origin origin = {.client = *plat_conn_peer(c), .conn = c, .session = own};
    struct builder reply;
    struct span whole;
    builder_over(&reply, s->out, sizeof(s->out));
    builder_be16(&reply, 0);
    dns_request_answer(s, &origin, span_sub(message, 2, message.len), &s->arena, &reply);
    arena_reset(&s->arena);
    if (own->waiting_count >= DNS_PIPELINE_MAX && !own->paused) {
        own->paused = true;
        plat_conn_pause(c);
    }
    if (reply.len <= 2)
        return ERR_OK;
    builder_patch_be16(&reply, 0, (uint16_t)(reply.len - 2));
    TRY(builder_done(&reply, &whole));
    return plat_conn_send(c, whole);
}

static void finish(struct plat_conn *c, void *session, enum reason why)
{
    (void)c;
    (void)why;
    dns_held_drop(session);
}

static enum err new_tcp(struct dns_service *s)
{
    static const struct plat_stream_ops ops = {
        .name = "dns.tcp",
        .session_size = sizeof(struct dns_session),
        .frame = frame,
        .consume = consume,
        .finish = finish,
    };
    const struct plat_stream_limits limits = {
        .max_conns = s->config.tcp_conns,
        .max_request = 2 + DNS_MSG_MAX,
        .max_buffered = 64u << 20,
        .output_high = 2 * DNS_MSG_MAX,
        .output_max = (DNS_PIPELINE_MAX + 4) * DNS_MSG_MAX,
        .idle = s->config.tcp_idle,
        .request = s->config.tcp_request,
        .stall = s->config.tcp_request,
    };
    return plat_stream_new(s->loop, &ops, &limits, s->reporter.sink, s, &s->tcp);
}

void dns_service_begin(struct dns_service *s, const struct dns_origin *origin,
                       struct builder *reply)
{
    builder_over(reply, s->out, origin->conn ? sizeof(s->out) : s->config.udp_max);
    if (origin->conn)
        builder_be16(reply, 0);
}

void dns_service_send(struct dns_service *s, const struct dns_origin *origin, struct builder *reply)
{
    struct span whole;
    size_t before = origin->conn ? 2 : 0;
    if (reply->len <= before)
        return;
    if (origin->conn)
        builder_patch_be16(reply, 0, (uint16_t)(reply->len - before));
    if (builder_done(reply, &whole) != ERR_OK)
        return;
    if (!origin->conn) {
        (void)plat_udp_send(s->udp, origin->socket, &origin->client, whole);
        return;
    }
    (void)plat_conn_send(origin->conn, whole);
    if (origin->session->paused) {
        origin->session->paused = false;
        plat_conn_resume(origin->conn);
    }
}

/* --- life ------------------------------------------------------------------------------------- */

static enum err new_forward(struct dns_service *s)
{
    const struct dns_forward_setup setup = {
        .loop = s->loop,
        .zones = &s->zones,
        .routes = s->routes,
        .cache = s->cache,
        .reporter = &s->reporter,
        .from = {s->config.from[0], s->config.from[1]},
        .limits = s->config.forward,
    };
    return dns_forward_new(&setup, &s->forward);
}

static enum err make_parts(struct dns_service *s)
{
    uint64_t seed = plat_random_u64();
    s->answers = dns_answers_new(s->config.answers_memory, s->config.answers_slots, seed);
    s->cache = dns_cache_new(s->config.cache_memory, plat_random_u64());
    s->limit = dns_limit_new(s->config.answers_per_second, plat_random_u64());
    s->servers = calloc(1, sizeof(*s->servers));
    s->routes = calloc(1, sizeof(*s->routes));
    if (s->config.updates.ops)
        s->contexts = dns_contexts_new(&s->config.updates);
    if (!s->answers || !s->cache || !s->limit || !s->servers || !s->routes ||
        (s->config.updates.ops && !s->contexts))
        return ERR_NOMEM;
    TRY(new_forward(s));
    TRY(new_udp(s));
    return new_tcp(s);
}

enum err dns_service_new(struct plat_loop *loop, const struct dns_zones *zones,
                         const struct dns_config *config, const struct event_sink *sink,
                         struct dns_service **out)
{
    ENT_ASSERT(zones->ops->epochs && zones->ops->zone && zones->ops->node);
    ENT_ASSERT(!zones->ops->begin == !zones->ops->end);
    if (config->udp_max < DNS_UDP_MIN || config->udp_max > UDP_MAX)
        return ERR_RANGE;
    struct dns_service *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NOMEM;
    s->loop = loop;
    s->zones = *zones;
    s->config = *config;
    s->reporter.sink = sink;
    arena_init(&s->arena, DNS_ARENA_FIRST, DNS_ARENA_MAX, 0);
    arena_init(&s->routes_arena, 0, DNS_ARENA_MAX, 0);
    enum err e = make_parts(s);
    if (e != ERR_OK) {
        dns_service_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void dns_service_recursion(struct dns_service *s, const struct dns_networks *networks)
{
    s->config.recursion = *networks;
}

enum err dns_service_udp(struct dns_service *s, int fd)
{
    return plat_udp_add(s->udp, fd);
}

enum err dns_service_tcp(struct dns_service *s, int fd)
{
    return plat_stream_listen(s->tcp, fd);
}

/* Connections first: they let go of what waits in the forwarder. */
void dns_service_free(struct dns_service *s)
{
    if (!s)
        return;
    if (s->tcp)
        plat_stream_free(s->tcp);
    dns_held_drop(&s->datagrams);
    dns_contexts_free(s->contexts);
    dns_forward_free(s->forward);
    plat_udp_free(s->udp);
    dns_answers_free(s->answers);
    dns_cache_free(s->cache);
    dns_limit_free(s->limit);
    free(s->servers);
    free(s->routes);
    arena_fini(&s->arena);
    arena_fini(&s->routes_arena);
    free(s);
}

const struct dns_counts *dns_service_counts(const struct dns_service *s)
{
    return &s->counts;
}
