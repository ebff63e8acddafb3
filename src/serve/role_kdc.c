/*
 * The KDC's sockets: datagrams in batches, and length-prefixed messages over TCP. Both ports, 88
 * and 464, work the same way with another function that answers.
 */
#include <unistd.h>

#include "base/text.h"
#include "directory/intent.h"
#include "kdc/kdc.h"
#include "plat/clock.h"
#include "plat/datagram.h"
#include "plat/random.h"
#include "plat/stream.h"
#include "serve/serve.h"
#include "wire/krb/krb_frame.h"

typedef void (*kdc_answer_fn)(struct kdc *k, enum kdc_transport transport, struct span request,
                              struct arena *a, struct span *reply_out);

/* Logons that wait for the writer; more at once than this are not kept. */
#define LOGONS_MAX    1024
#define LOGONS_PLACES 4096 /* ids are dense: neighbours have places of their own */
#define LOGONS_PERIOD (5 * UTIME_SECOND)
#define LOGONS_MEMORY (64u << 10)

struct kdc_role {
    struct serve_child *child;
    struct kdc *kdc;
    kdc_answer_fn answer;
    struct arena tcp_arena;
    struct plat_udp *udp;
    struct plat_stream *tcp;
    unsigned logon_count;
    dir_id logon_id[LOGONS_MAX];
    int64_t logon_time[LOGONS_MAX];
    bool logon_noted[LOGONS_PLACES]; /* by id modulo LOGONS_PLACES */
};

/* Called for nearly every logon while a directory is new. One whose place is taken by another, or
 * for which there is no room, is noted after the next batch, at its next logon. */
static void logged_on(void *ctx, dir_id account, int64_t when)
{
    struct serve_child *child = ctx;
    struct kdc_role *role = child->state;
    bool *noted = &role->logon_noted[account % LOGONS_PLACES];
    if (*noted || role->logon_count == LOGONS_MAX)
        return;
    role->logon_id[role->logon_count] = account;
    role->logon_time[role->logon_count++] = when;
    *noted = true;
}

static void forget_logons(struct kdc_role *role)
{
    role->logon_count = 0;
    memset(role->logon_noted, 0, sizeof(role->logon_noted));
}

/* Without waiting: a batch that is lost is made again at the next logons. */
static void send_logons(void *ctx)
{
    struct kdc_role *role = ctx;
    struct intent in = {.kind = INTENT_LOGON_BATCH,
                        .flags = INTENT_SYSTEM,
                        .batch_ids = role->logon_id,
                        .batch_times = role->logon_time,
                        .batch_count = role->logon_count};
    struct arena a;
    struct span bytes;
    if (role->logon_count == 0 || !role->child->writer)
        return;
    arena_init(&a, 0, LOGONS_MEMORY, 0);
    if (intent_encode(&in, &a, &bytes) == ERR_OK &&
        plat_channel_send(role->child->writer, INTENT_MESSAGE, bytes, -1) == ERR_OK)
        forget_logons(role);
    arena_fini(&a);
}

static void answer_udp(void *ctx, const struct plat_udp_request *rq, struct builder *reply)
{
    struct kdc_role *role = ctx;
    struct span answer;
    role->answer(role->kdc, KDC_UDP, rq->bytes, rq->arena, &answer);
    builder_span(reply, answer);
}

static enum err frame_tcp(void *session, struct span head, size_t *len_out)
{
    size_t len;
    (void)session;
    TRY(krb_tcp_length(head, KDC_REQUEST_MAX, &len));
    *len_out = KRB_TCP_HEADER + len;
    return ERR_OK;
}

static enum err consume_tcp(struct plat_conn *c, void *session, struct span message)
{
    struct kdc_role *role = plat_conn_ctx(c);
    struct span answer;
    uint8_t header[KRB_TCP_HEADER];
    struct builder b;
    (void)session;
    arena_reset(&role->tcp_arena);
    role->answer(role->kdc, KDC_TCP, span_sub(message, KRB_TCP_HEADER, message.len),
                 &role->tcp_arena, &answer);
    if (answer.len == 0)
        return ERR_MALFORMED;
    builder_over(&b, header, sizeof(header));
    krb_put_tcp_length(&b, (uint32_t)answer.len);
    TRY(plat_conn_send(c, span_of(header, sizeof(header))));
    return plat_conn_send(c, answer);
}

static const struct plat_udp_ops udp_ops = {.name = "kdc.udp", .answer = answer_udp};
static const struct plat_stream_ops tcp_ops = {
    .name = "kdc.tcp", .frame = frame_tcp, .consume = consume_tcp};

static const struct plat_udp_limits udp_limits = {.max_request = 16384,
                                                  .max_reply = 65000,
                                                  .arena_first = KDC_ARENA_FIRST,
                                                  .arena_max = KDC_ARENA_MAX};
static const struct plat_stream_limits tcp_limits = {.max_conns = 12000,
                                                     .max_request =
                                                         KDC_REQUEST_MAX + KRB_TCP_HEADER,
                                                     .max_buffered = 256u << 20,
                                                     .output_high = 256u << 10,
                                                     .output_max = 1u << 20,
                                                     .idle = 60 * UTIME_SECOND,
                                                     .request = 10 * UTIME_SECOND,
                                                     .stall = 10 * UTIME_SECOND,
                                                     .one_exchange = true};

static enum err listen_all(struct kdc_role *role, uint16_t port)
{
    for (unsigned i = 0; i < CONTROL_DC_ADDRESSES_MAX; i++) {
        int udp = serve_child_socket(port, true, i), tcp = serve_child_socket(port, false, i);
        if (udp >= 0)
            TRY(plat_udp_add(role->udp, udp));
        if (tcp >= 0)
            TRY(plat_stream_listen(role->tcp, tcp));
    }
    return ERR_OK;
}

/* NetBIOS name: the host name in upper case, at most 15 characters. */
static struct span dc_name(struct serve_child *child)
{
    struct span host = span_sub(serve_child_dc(child)->host, 0, 15);
    return ascii_upper(&child->memory, host);
}

static enum err begin(struct serve_child *child, uint16_t port, kdc_answer_fn answer,
                      const char **why_out)
{
    struct kdc_role *role = calloc(1, sizeof(*role));
    struct kdc_env env = {.dir = child->dir,
                          .events = child->events,
                          .dc_name = dc_name(child),
                          .now = plat_now,
                          .random = plat_random,
                          .intent = serve_intent,
                          .logged_on = logged_on,
                          .ctx = child};
    *why_out = "the KDC cannot listen";
    if (!role)
        return ERR_NOMEM;
    child->state = role;
    role->child = child;
    role->answer = answer;
    arena_init(&role->tcp_arena, KDC_ARENA_FIRST, KDC_ARENA_MAX, ARENA_WIPE);
    TRY(kdc_new(&env, &role->kdc));
    TRY(plat_udp_new(child->loop, &udp_ops, &udp_limits, role, &role->udp));
    TRY(plat_stream_new(child->loop, &tcp_ops, &tcp_limits, child->events, role, &role->tcp));
    struct plat_timer *timer = plat_timer_new(child->loop, send_logons, role);
    if (!timer)
        return ERR_NOMEM;
    plat_timer_start(timer, LOGONS_PERIOD, LOGONS_PERIOD);
    return listen_all(role, port);
}

enum err serve_begin_kdc(struct serve_child *child, const char **why_out)
{
    return begin(child, 88, kdc_answer, why_out);
}

enum err serve_begin_kpasswd(struct serve_child *child, const char **why_out)
{
    return begin(child, 464, kdc_answer_kpasswd, why_out);
}
