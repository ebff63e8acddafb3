/*
 * The peer's process: control and the RPC process ask, it goes and looks, and answers whenever it
 * has found out. What runs over a secure channel runs in tasks.
 */
#include <unistd.h>

#include "peer/peer.h"
#include "peer/peer_lookup.h"
#include "peer/peer_remote.h"
#include "peer/peer_rotate.h"
#include "peer/peer_seats.h"
#include "plat/net.h"
#include "plat/task.h"
#include "serve/serve.h"
#include "trust/trust_ask.h"

#define REPORT_MEMORY (1u << 20)

struct question {
    struct peer_role *role;
    struct peer_run *run; /* of VERIFY and DISCOVER; NULL: none, or it is over */
    bool taken, by_rpc;
    struct plat_channel *channel; /* NULL: who asked is gone */
    uint32_t seq, type;
    struct arena arena; /* of questions in tasks: the payload, what is asked, the reply */
    struct span payload;
};

struct link {
    struct peer_role *role;
    struct plat_channel *channel;
    uint32_t type; /* SERVE_LINK_CONTROL, SERVE_LINK_RPC */
};

struct peer_role {
    struct serve_child *child;
    struct peer_env env;
    struct peer_channels *channels;
    struct peer_seats seats;
    struct question question[PEER_SEATS];
    struct link control, rpc;
};

static void leave(struct question *q)
{
    peer_seat_leave(&q->role->seats, q->by_rpc);
    q->taken = false;
}

static void reply(struct question *q, struct span bytes)
{
    if (q->channel)
        (void)plat_channel_reply(q->channel, q->seq, q->type, bytes, -1);
    leave(q);
}

/* --- runs --------------------------------------------------------------------------------------
 */

static void found_out(void *ctx, enum err e, const struct trust_report *report)
{
    struct question *q = ctx;
    struct arena a;
    struct span bytes = SPAN_NONE;
    arena_init(&a, 0, REPORT_MEMORY, 0);
    if (e == ERR_OK)
        (void)trust_report_encode(report, &a, &bytes);
    q->run = NULL;
    reply(q, bytes);
    arena_fini(&a);
}

static enum err begin_verify(struct question *q, struct span payload)
{
    return peer_verify(&q->role->env, payload, found_out, q, &q->run);
}

static enum err begin_discover(struct question *q, struct span payload)
{
    return peer_discover(&q->role->env, payload, found_out, q, &q->run);
}

/* --- tasks -------------------------------------------------------------------------------------
 */

static enum err make_call(struct question *q, struct span *out)
{
    struct trust_call call;
    struct trust_answer answer;
    TRY(trust_call_decode(q->payload, &call));
    TRY(peer_channel_call(q->role->channels, &call, &q->arena, &answer));
    return trust_answer_encode(&answer, &q->arena, out);
}

static enum err tell_state(struct question *q, struct span *out)
{
    struct trust_channel state;
    TRY(peer_channel_state(q->role->channels, q->payload, &q->arena, &state));
    return trust_channel_encode(&state, &q->arena, out);
}

static enum err reset(struct question *q, struct span *out)
{
    struct trust_reset what;
    struct trust_channel state;
    TRY(trust_reset_decode(q->payload, &what));
    TRY(peer_channel_reset(q->role->channels, &what, &q->arena, &state));
    return trust_channel_encode(&state, &q->arena, out);
}

static enum err tell_password(struct question *q, struct span *out)
{
    struct trust_answer answer;
    TRY(peer_tell_password(q->role->channels, &q->role->env, q->payload, &q->arena, &answer));
    return trust_answer_encode(&answer, &q->arena, out);
}

static enum err forest_info(struct question *q, struct span *out)
{
    struct trust_answer answer;
    TRY(peer_forest_info(q->role->channels, &q->role->env, q->payload, &q->arena, &answer));
    return trust_answer_encode(&answer, &q->arena, out);
}

static enum err look_up(struct question *q, struct span *out)
{
    struct trust_lookup what;
    struct trust_answer answer;
    TRY(trust_lookup_decode(q->payload, &what));
    TRY(peer_lookup(q->role->channels, &q->role->env, &what, &q->arena, &answer));
    return trust_answer_encode(&answer, &q->arena, out);
}

static enum err make_remote(struct question *q, struct span *out)
{
    struct trust_remote wish;
    struct trust_answer answer;
    TRY(trust_remote_decode(q->payload, &wish));
    TRY(peer_remote(&q->role->env, &wish, &q->arena, &answer));
    return trust_answer_encode(&answer, &q->arena, out);
}

/* --- what may be asked, and by whom ------------------------------------------------------------
 */

static const struct row {
    uint32_t type;
    bool by_rpc; /* not only by control */
    enum err (*begin)(struct question *q, struct span payload);
    enum err (*work)(struct question *q, struct span *out); /* in a task */
} rows[] = {
    {TRUST_MESSAGE_VERIFY, .begin = begin_verify},
    {TRUST_MESSAGE_DISCOVER, .begin = begin_discover},
    {TRUST_MESSAGE_CALL, .by_rpc = true, .work = make_call},
    {TRUST_MESSAGE_STATE, .by_rpc = true, .work = tell_state},
    {TRUST_MESSAGE_RESET, .by_rpc = true, .work = reset},
    {TRUST_MESSAGE_TELL, .work = tell_password},
    {TRUST_MESSAGE_FOREST, .work = forest_info},
    {TRUST_MESSAGE_LOOKUP, .work = look_up},
    {TRUST_MESSAGE_REMOTE, .work = make_remote},
};

static const struct row *row_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

static void task(void *ctx)
{
    struct question *q = ctx;
    struct span bytes = SPAN_NONE;
    (void)row_of(q->type)->work(q, &bytes);
    reply(q, bytes);
    arena_fini(&q->arena);
}

static enum err start_task(struct question *q, struct span payload)
{
    arena_init(&q->arena, 0, PEER_CHANNEL_MEMORY, ARENA_WIPE);
    q->payload = arena_dup_span(&q->arena, payload);
    enum err e =
        arena_failed(&q->arena) ? ERR_NOMEM : plat_task_start(q->role->child->loop, task, q);
    if (e != ERR_OK)
        arena_fini(&q->arena);
    return e;
}

/* There is a place for every seat. */
static struct question *new_question(struct link *link)
{
    bool by_rpc = link->type == SERVE_LINK_RPC;
    struct question *q = link->role->question;
    if (!peer_seat_take(&link->role->seats, by_rpc))
        return NULL;
    while (q->taken)
        q++;
    *q = (struct question){.role = link->role, .taken = true, .by_rpc = by_rpc};
    return q;
}

static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    struct link *link = ctx;
    const struct row *row = row_of(msg->type);
    bool may = msg->seq && row && (link->type != SERVE_LINK_RPC || row->by_rpc);
    struct question *q = may ? new_question(link) : NULL;
    if (!q) {
        if (msg->seq)
            (void)plat_channel_reply(ch, msg->seq, msg->type, SPAN_NONE, -1);
        return;
    }
    q->channel = ch;
    q->seq = msg->seq;
    q->type = msg->type;
    if ((row->begin ? row->begin(q, msg->payload) : start_task(q, msg->payload)) != ERR_OK)
        reply(q, SPAN_NONE);
}

/* Runs are of no use to anybody else; a call over a secure channel ends in its own time. */
static void gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct link *link = ctx;
    struct peer_role *role = link->role;
    (void)why;
    for (unsigned i = 0; i < PEER_SEATS; i++) {
        struct question *q = &role->question[i];
        if (!q->taken || q->channel != ch)
            continue;
        q->channel = NULL;
        if (q->run) {
            peer_cancel(q->run);
            q->run = NULL;
            leave(q);
        }
    }
    if (link->channel == ch)
        link->channel = NULL;
    plat_channel_free(ch);
}

void serve_linked_peer(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    static const struct plat_channel_ops ops = {.message = spoke, .closed = gone};
    struct peer_role *role = child->state;
    struct link *link = type == SERVE_LINK_RPC ? &role->rpc : &role->control;
    (void)payload;
    if (link->channel)
        gone(link, link->channel, ERR_CLOSED);
    if ((type != SERVE_LINK_CONTROL && type != SERVE_LINK_RPC) ||
        plat_channel_new(child->loop, fd, &ops, link, &link->channel) != ERR_OK)
        close(fd);
}

enum err serve_begin_peer(struct serve_child *child, const char **why_out)
{
    struct peer_role *role = arena_new(&child->memory, struct peer_role);
    *why_out = "the peer cannot begin";
    if (!role)
        return ERR_NOMEM;
    *role = (struct peer_role){.child = child,
                               .env = {.loop = child->loop,
                                       .dir = child->dir,
                                       .dc_host = serve_child_dc(child)->host,
                                       .events = child->events,
                                       .trust_keys = auth_trust_cache_new()},
                               .control = {.role = role, .type = SERVE_LINK_CONTROL},
                               .rpc = {.role = role, .type = SERVE_LINK_RPC}};
    role->env.channels = role->channels = peer_channels_new(&role->env);
    if (!role->env.trust_keys || !role->channels)
        return ERR_NOMEM;
    TRY(plat_addr_parse(serve_child_dc(child)->address[0], 53, &role->env.dns));
    child->state = role;
    return ERR_OK;
}
