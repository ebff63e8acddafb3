/*
 * The peer's process: control asks, it goes and looks.
 */
#include <unistd.h>

#include "peer/peer.h"
#include "plat/net.h"
#include "serve/serve.h"

#define ANSWER_MEMORY (16u << 20)

static void answer(struct serve_child *child, struct plat_channel *ch, const struct plat_msg *msg)
{
    struct arena a;
    struct trust_report report;
    struct span bytes;
    enum err e;
    arena_init(&a, 1 << 16, ANSWER_MEMORY, ARENA_WIPE);
    struct span partner = arena_dup_span(&a, msg->payload);
    if (msg->type == TRUST_MESSAGE_VERIFY)
        e = peer_verify(child->state, partner, &a, &report);
    else
        e = peer_discover(child->state, partner, &a, &report);
    if (e == ERR_OK && trust_report_encode(&report, &a, &bytes) == ERR_OK)
        (void)plat_channel_reply(ch, msg->seq, msg->type, bytes, -1);
    else
        (void)plat_channel_reply(ch, msg->seq, msg->type, SPAN_NONE, -1);
    arena_fini(&a);
}

static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    if (msg->seq && (msg->type == TRUST_MESSAGE_VERIFY || msg->type == TRUST_MESSAGE_DISCOVER))
        answer(ctx, ch, msg);
}

static void gone(void *ctx, struct plat_channel *ch, enum err why)
{
    (void)ctx, (void)why;
    plat_channel_free(ch);
}

void serve_linked_peer(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    static const struct plat_channel_ops ops = {.message = spoke, .closed = gone};
    struct plat_channel *ch;
    (void)payload;
    if (type != SERVE_LINK_CONTROL || plat_channel_new(child->loop, fd, &ops, child, &ch) != ERR_OK)
        close(fd);
}

enum err serve_begin_peer(struct serve_child *child, const char **why_out)
{
    struct peer_env *env = arena_new(&child->memory, struct peer_env);
    *why_out = "the peer cannot begin";
    if (!env)
        return ERR_NOMEM;
    *env = (struct peer_env){.dir = child->dir,
                             .dc_host = serve_child_dc(child)->host,
                             .events = child->events,
                             .trust_keys = auth_trust_cache_new()};
    if (!env->trust_keys)
        return ERR_NOMEM;
    TRY(plat_addr_parse(serve_child_dc(child)->address[0], 53, &env->dns));
    child->state = env;
    return ERR_OK;
}
