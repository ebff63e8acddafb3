/*
 * The peer's process: control asks, it goes and looks, and answers whenever it has found out.
 */
#include <unistd.h>

#include "peer/peer.h"
#include "plat/net.h"
#include "serve/serve.h"
#include "trust/trust_ask.h"

#define RUNS_MAX      16 /* at once; more are answered as a failure */
#define REPORT_MEMORY (1u << 20)

struct question {
    struct peer_run *run; /* NULL: free */
    struct plat_channel *channel;
    uint32_t seq, type;
};

struct peer_role {
    struct serve_child *child;
    struct peer_env env;
    struct question question[RUNS_MAX];
};

static void fail(struct plat_channel *ch, uint32_t seq, uint32_t type)
{
    (void)plat_channel_reply(ch, seq, type, SPAN_NONE, -1);
}

static void found_out(void *ctx, enum err e, const struct trust_report *report)
{
    struct question *q = ctx;
    struct arena a;
    struct span bytes;
    arena_init(&a, 0, REPORT_MEMORY, 0);
    if (e == ERR_OK && trust_report_encode(report, &a, &bytes) == ERR_OK)
        (void)plat_channel_reply(q->channel, q->seq, q->type, bytes, -1);
    else
        fail(q->channel, q->seq, q->type);
    arena_fini(&a);
    q->run = NULL;
}

static void ask(struct peer_role *role, struct plat_channel *ch, const struct plat_msg *msg)
{
    for (unsigned i = 0; i < RUNS_MAX; i++) {
        struct question *q = &role->question[i];
        if (q->run)
            continue;
        *q = (struct question){.channel = ch, .seq = msg->seq, .type = msg->type};
        enum err e = msg->type == TRUST_MESSAGE_VERIFY
                         ? peer_verify(&role->env, msg->payload, found_out, q, &q->run)
                         : peer_discover(&role->env, msg->payload, found_out, q, &q->run);
        if (e == ERR_OK)
            return;
        break;
    }
    fail(ch, msg->seq, msg->type);
}

static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    if (msg->seq && (msg->type == TRUST_MESSAGE_VERIFY || msg->type == TRUST_MESSAGE_DISCOVER))
        ask(ctx, ch, msg);
}

static void gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct peer_role *role = ctx;
    (void)why;
    for (unsigned i = 0; i < RUNS_MAX; i++) {
        struct question *q = &role->question[i];
        if (q->run && q->channel == ch) {
            peer_cancel(q->run);
            q->run = NULL;
        }
    }
    plat_channel_free(ch);
}

void serve_linked_peer(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    static const struct plat_channel_ops ops = {.message = spoke, .closed = gone};
    struct plat_channel *ch;
    (void)payload;
    if ((type != SERVE_LINK_CONTROL && type != SERVE_LINK_RPC) ||
        plat_channel_new(child->loop, fd, &ops, child->state, &ch) != ERR_OK)
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
                                       .trust_keys = auth_trust_cache_new()}};
    if (!role->env.trust_keys)
        return ERR_NOMEM;
    TRY(plat_addr_parse(serve_child_dc(child)->address[0], 53, &role->env.dns));
    child->state = role;
    return ERR_OK;
}
