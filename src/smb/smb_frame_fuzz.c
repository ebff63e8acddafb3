/*
 * Frames of a client that has logged on, each with its length before it, one after the other on one
 * connection with a share and a pipe: whatever they hold, every answer is a frame, and what is
 * opened is closed in the end. The session has no key, so that what follows the signature is
 * reached, too.
 *
 * The connection is this file's: the functions of plat/stream.h that the service calls are below,
 * and nothing here pulls in the real ones.
 */
#include <stdio.h>
#include <stdlib.h>

#include "plat/files.h"
#include "plat/task.h"
#include "smb/smb_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plat_addr peer;

enum err plat_conn_send(struct plat_conn *conn, struct span data)
{
    size_t len;
    (void)conn;

    ENT_ASSERT(smb2_frame(data, SMB_ANSWER_MAX, &len) == ERR_OK && len == data.len);
    return ERR_OK;
}

const struct plat_addr *plat_conn_peer(const struct plat_conn *conn)
{
    (void)conn;
    return &peer;
}

void plat_conn_close(struct plat_conn *conn, enum reason why)
{
    (void)conn, (void)why;
}

/* The disk is waited for here and now. */
enum err plat_task_start(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    (void)loop;
    fn(ctx);
    return ERR_OK;
}

void plat_task_away(void (*fn)(void *ctx), void *ctx)
{
    fn(ctx);
}

static utime no_time(void)
{
    return 0;
}

static void no_random(void *out, size_t len)
{
    memset(out, 7, len);
}

/* --- a pipe that echoes, and is empty after an odd number of bytes ------------------------------
 */

struct echo {
    uint8_t bytes[64];
    size_t len;
};
static unsigned pipes;

static enum err echo_open(void *ctx, struct span name, const struct smb_pipe_session *who,
                          struct smb_pipe_waiter *waiter, void **pipe_out)
{
    (void)ctx, (void)who, (void)waiter;
    if (!span_eq(name, SPAN_LIT("echo")))
        return ERR_NOT_FOUND;
    *pipe_out = calloc(1, sizeof(struct echo));
    ENT_ASSERT(*pipe_out);
    pipes++;
    return ERR_OK;
}

static enum err echo_write(void *pipe, struct span bytes)
{
    struct echo *e = pipe;

    if (bytes.len > sizeof(e->bytes))
        return ERR_CLOSED;
    if (bytes.len)
        memcpy(e->bytes, bytes.ptr, bytes.len);
    e->len = bytes.len;
    return ERR_OK;
}

static enum err echo_read(void *pipe, size_t max, struct arena *a, struct span *out, bool *more_out)
{
    struct echo *e = pipe;
    (void)a;

    if (e->len % 2)
        return ERR_BUSY;
    *out = span_sub(span_of(e->bytes, e->len), 0, max);
    *more_out = out->len < e->len;
    e->len -= out->len;
    return ERR_OK;
}

static void echo_close(void *pipe)
{
    free(pipe);
    pipes--;
}

static const struct smb_pipe_ops echo_ops = {
    .open = echo_open, .write = echo_write, .read = echo_read, .close = echo_close};

static enum err controllers(void *ctx, struct arena *a, struct span *out, unsigned max,
                            unsigned *count_out)
{
    (void)ctx, (void)a, (void)max;
    out[0] = SPAN_LIT("dc1.a.example");
    *count_out = 1;
    return ERR_OK;
}

/* --- the connection ------------------------------------------------------------------------------
 */

static char root[] = "/tmp/entente-smb-fuzz-XXXXXX";

static void remove_root(void)
{
    (void)plat_dir_remove(root);
}

/* As it is before each input: a file and a folder in NETLOGON. */
static void fill_root(void)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/a.example", root);
    ENT_ASSERT(plat_dir_remove(path) == ERR_OK);
    snprintf(path, sizeof(path), "%s/a.example/scripts/folder", root);
    ENT_ASSERT(plat_dir_make(path, 0700) == ERR_OK);
    snprintf(path, sizeof(path), "%s/a.example/scripts/file", root);
    FILE *f = fopen(path, "w");
    ENT_ASSERT(f && fputs("hello", f) >= 0 && fclose(f) == 0);
}

static int make_root(void)
{
    int fd;

    ENT_ASSERT(mkdtemp(root) && atexit(remove_root) == 0);
    ENT_ASSERT(plat_tree_root(root, &fd) == ERR_OK);
    return fd;
}

/* Every change is an event. */
static bool changed = true;
static void look_for_changes(void *ctx, const struct event *ev)
{
    (void)ctx;
    changed |= strcmp(ev->name, "smb.session") != 0 && ev->reason == REASON_NONE;
}
static const struct event_sink sink = {.write = look_for_changes};

/* An administrator: nothing is refused. */
static struct sid administrators;
static const struct dir_token token = {.sids = &administrators, .count = 1};

static struct smb_server server = {
    .env = {.events = &sink,
            .domain = {(const uint8_t *)"a.example", 9},
            .controllers = controllers,
            .now = no_time,
            .random = no_random,
            .pipes = &echo_ops},
    .flat_name = {(const uint8_t *)"A", 1},
};

static void log_on(struct smb_conn *c)
{
    struct smb_session *ss = calloc(1, sizeof(*ss));
    struct smb_identity *who = calloc(1, sizeof(*who));

    ENT_ASSERT(ss && who);
    who->refs = 1;
    who->facts.token = &token;
    *ss = (struct smb_session){.conn = c, .id = 1, .who = who, .next_tree = 2, .tree_count = 2};
    for (unsigned i = 0; i < 2; i++) {
        struct smb_tree *t = calloc(1, sizeof(*t));
        ENT_ASSERT(t);
        *t = (struct smb_tree){.next = ss->trees, .id = i + 1, .share = i ? SMB_IPC : SMB_NETLOGON};
        ss->trees = t;
    }
    c->sessions = ss;
    c->session_count = 1;
    server.all = ss;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(span_of(data, size));
    struct smb_conn c = {.server = &server,
                         .conn = (struct plat_conn *)&peer,
                         .negotiated = size % 2,
                         .dialect = SMB2_DIALECT_210,
                         .next_async = 1};

    if (!server.root) {
        server.root = make_root();
        arena_init(&server.arena, SMB_ARENA_FIRST, SMB_ARENA_MAX, 0);
        struct acceptor_env auth = {
            .dc_name = SPAN_LIT("DC1"), .now = no_time, .random = no_random};
        ENT_ASSERT(acceptor_new(&auth, &server.acceptor) == ERR_OK);
        const struct sid domain = SID_NT(21, 1, 2, 3);
        arena_init(&server.names, 0, 1 << 20, 0);
        ENT_ASSERT(smb_defaults_make(&domain, SPAN_NONE, &server.names, &server.defaults) ==
                   ERR_OK);
        administrators = server.defaults.owner;
    }
    if (changed)
        fill_root();
    changed = false;
    server.space.counted = false;
    server.next_session = server.next_open = 1;
    log_on(&c);
    while (reader_left(&r)) {
        struct span frame = reader_span(&r, reader_le16(&r));
        c.low = 0;
        c.limit = SMB_CREDITS_MAX;
        memset(c.came, 0, sizeof(c.came));
        enum err e = smb_take_frame(&c, frame);
        smb_sessions_bury(&server);
        arena_reset(&server.arena);
        if (e != ERR_OK)
            break;
    }
    c.conn = NULL;
    while (c.sessions)
        smb_session_end(c.sessions);
    smb_sessions_bury(&server);
    while (c.pending)
        smb_pending_remove(c.pending);
    ENT_ASSERT(pipes == 0 && !server.all && !server.flushes && !server.watches &&
               !server.file_opens);
    for (unsigned i = 0; i < SMB_NODE_BUCKETS; i++)
        ENT_ASSERT(!server.nodes[i]);
    return 0;
}
