/*
 * An association from its first byte on: what a client writes into the pipe of the endpoint mapper,
 * each write with its length before it. Whatever comes, every answer that is read is a fragment,
 * and nothing is left in the end.
 */
#include <stdlib.h>

#include "base/reader.h"
#include "rpc/rpc_internal.h"
#include "wire/rpc/epm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The connections and the timer are this file's: nothing here pulls in the real ones. */
void plat_timer_start(struct plat_timer *t, utime after, utime repeat)
{
    (void)t, (void)after, (void)repeat;
}

static utime no_time(void)
{
    return 0;
}

static void no_random(void *out, size_t len)
{
    memset(out, 7, len);
}

static void not_ready(void *ctx)
{
    (void)ctx;
}

static struct rpc_server server = {.env = {.host = {(const uint8_t *)"DC1", 3},
                                           .address = {127, 0, 0, 1},
                                           .now = no_time,
                                           .random = no_random}};

static void read_all(struct rpc_pipe *p, struct arena *a)
{
    struct span out;
    bool more;

    for (;;) {
        uint32_t call_id;
        size_t len;
        if (rpc_pipe_read(p, RPC_FRAGMENT_MAX, a, &out, &more) != ERR_OK)
            break;
        ENT_ASSERT(!more && rpc_pdu_frame(out, RPC_FRAGMENT_MAX, &len, &call_id) == ERR_OK &&
                   len == out.len);
    }
    arena_reset(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sid me = {.revision = 1, .count = 1, .authority = {0, 0, 0, 0, 0, 5}};
    static const struct dir_token token = {.sids = &me, .count = 1};
    struct rpc_caller who = {.token = &token, .user = SPAN_LIT("me")};
    struct reader r = reader_of(span_of(data, size));
    struct arena a;
    struct rpc_pipe *p;

    if (!server.acceptor) {
        struct acceptor_env auth = {
            .dc_name = SPAN_LIT("DC1"), .now = no_time, .random = no_random};
        ENT_ASSERT(acceptor_new(&auth, &server.acceptor) == ERR_OK);
        arena_init(&server.arena, RPC_ARENA_FIRST, RPC_ARENA_MAX, 0);
    }
    ENT_ASSERT(rpc_pipe_open(&server, SPAN_LIT("epmapper"), &who, not_ready, NULL, &p) == ERR_OK);
    arena_init(&a, 4096, 1u << 20, 0);
    while (reader_left(&r)) {
        struct span bytes = reader_span(&r, reader_le16(&r));
        enum err e = rpc_pipe_write(p, bytes);
        read_all(p, &a);
        if (e != ERR_OK)
            break;
    }
    rpc_pipe_close(p);
    arena_fini(&a);
    ENT_ASSERT(!server.groups && !server.pipes && server.queued == 0 && server.joining == 0);
    return 0;
}
