/*
 * One connection from its first byte on, with a forest behind it: bit 0 of the first byte has bound
 * Administrator before, bit 1 is the global catalog's port, bit 2 protects the connection. Whatever
 * is sent, what is answered is LDAP, and nothing is left in the end. The writer takes every second
 * change and refuses the others; it makes none.
 *
 * The connection and the channel to the writer are this file's: the functions of plat that the
 * service calls are below, and nothing here pulls in the real ones.
 */
#include "directory/fuzz_forest.h"
#include "ldap/ldap_internal.h"

#define FULL 4096 /* bytes sent, after which the client has to read */

static const struct plat_stream_ops *ops;
static struct ldap_server *server;
static struct dir_token administrator;
static struct arena kept;
static struct plat_addr peer, local;
static size_t sent;
static struct plat_call *asked;
static struct arena replies;

/* --- the connection ------------------------------------------------------------------------------
 */

enum err plat_stream_new(struct plat_loop *loop, const struct plat_stream_ops *given,
                         const struct plat_stream_limits *limits, const struct event_sink *events,
                         void *ctx, struct plat_stream **out)
{
    (void)loop, (void)limits, (void)events, (void)ctx;
    ops = given;
    *out = NULL;
    return ERR_OK;
}

void plat_stream_free(struct plat_stream *s)
{
    (void)s;
}

enum err plat_stream_listen(struct plat_stream *s, int fd)
{
    (void)s, (void)fd;
    return ERR_UNSUPPORTED;
}

enum err plat_conn_send(struct plat_conn *conn, struct span data)
{
    (void)conn;
    for (size_t at = 0, len; at < data.len; at += len)
        ENT_ASSERT(ldap_peek(span_sub(data, at, data.len), 2 * LDAP_ENTRY_MAX, &len) == ERR_OK &&
                   len <= data.len - at);
    sent += data.len;
    return ERR_OK;
}

bool plat_conn_full(const struct plat_conn *conn)
{
    (void)conn;
    return sent >= FULL;
}

void plat_conn_want(struct plat_conn *conn)
{
    (void)conn;
}

void plat_conn_pause(struct plat_conn *conn)
{
    (void)conn;
}

void plat_conn_resume(struct plat_conn *conn)
{
    (void)conn;
}

enum err plat_conn_filter(struct plat_conn *conn, const struct plat_filter_ops *filter, void *state)
{
    (void)conn, (void)filter, (void)state;
    return ERR_UNSUPPORTED;
}

void *plat_conn_filter_state(const struct plat_conn *conn)
{
    (void)conn;
    return NULL;
}

void *plat_conn_ctx(const struct plat_conn *conn)
{
    (void)conn;
    return server;
}

const struct plat_addr *plat_conn_peer(const struct plat_conn *conn)
{
    (void)conn;
    return &peer;
}

const struct plat_addr *plat_conn_local(struct plat_conn *conn)
{
    (void)conn;
    return &local;
}

/* --- the writer ----------------------------------------------------------------------------------
 */

static struct plat_channel *writer(void *ctx)
{
    (void)ctx;
    return (struct plat_channel *)&asked;
}

void plat_channel_cork(struct plat_channel *ch)
{
    (void)ch;
}

void plat_channel_uncork(struct plat_channel *ch)
{
    (void)ch;
}

enum err plat_channel_start(struct plat_channel *ch, uint32_t type, struct span payload,
                            utime timeout, struct plat_call *call)
{
    struct intent in;
    (void)ch, (void)type, (void)timeout;
    ENT_ASSERT(!asked && intent_decode(payload, &replies, &in) == ERR_OK);
    asked = call;
    return ERR_OK;
}

void plat_channel_cancel(struct plat_channel *ch, struct plat_call *call)
{
    (void)ch;
    ENT_ASSERT(asked == call);
    asked = NULL;
}

static void answer_of_writer(void)
{
    static bool good;
    struct intent_reply reply = {.id = 1};
    struct plat_msg msg = {0};
    struct plat_call *call = asked;
    asked = NULL;
    good = !good;
    if (!good)
        reply =
            (struct intent_reply){.err = ERR_DENIED, .reason = REASON_DIR_PASSWORD_WRONG, .id = 1};
    ENT_ASSERT(intent_reply_encode(&reply, &replies, &msg.payload) == ERR_OK);
    call->done(call, ERR_OK, &msg);
    arena_reset(&replies);
}

static enum err intent(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out)
{
    (void)ctx, (void)in, (void)a;
    *out = (struct intent_reply){0};
    return ERR_OK;
}

/* --- messages ------------------------------------------------------------------------------------
 */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct ldap_env env = {.loop = plat_loop_new(),
                           .dir = fuzz_forest(),
                           .host = SPAN_LIT("dc1"),
                           .site = SPAN_LIT("Default-First-Site-Name"),
                           .address = {127, 0, 0, 1},
                           .now = fuzz_now,
                           .random = fuzz_random,
                           .intent = intent,
                           .writer = writer};
    (void)argc, (void)argv;
    ENT_ASSERT(env.loop && ldap_server_new(&env, &server) == ERR_OK);
    arena_init(&kept, 0, 1u << 20, 0);
    arena_init(&replies, 4096, 32u << 20, 0);
    administrator = fuzz_token(env.dir, "Administrator", &kept);
    ENT_ASSERT(plat_addr_parse(SPAN_LIT("127.0.0.9:1024"), 0, &peer) == ERR_OK);
    return 0;
}

static bool goes_on(struct ldap_session *ss)
{
    while (ss->running) {
        sent = 0;
        if (asked)
            answer_of_writer();
        else if (ops->produce(NULL, ss) != ERR_OK)
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_sub(span_of(data, size), 1, size);
    struct ldap_session ss = {0};
    size_t len;
    if (size == 0)
        return 0;
    ENT_ASSERT(plat_addr_parse(SPAN_LIT("127.0.0.1"), data[0] & 2 ? LDAP_GC_PORT : 389, &local) ==
               ERR_OK);
    ENT_ASSERT(ops->begin(NULL, &ss) == ERR_OK);
    if (data[0] & 1)
        ENT_ASSERT(ldap_identity_token(&ss, &administrator, SPAN_LIT("CLOUD\\Administrator"), 0) ==
                   ERR_OK);
    ss.sealed = data[0] & 4;
    while (rest.len && ops->frame(&ss, rest, &len) == ERR_OK && len <= rest.len) {
        sent = 0;
        if (ops->consume(NULL, &ss, span_sub(rest, 0, len)) != ERR_OK || !goes_on(&ss))
            break;
        rest = span_sub(rest, len, rest.len);
    }
    ops->finish(NULL, &ss, REASON_NONE);
    ENT_ASSERT(!asked);
    return 0;
}
