#include "base/test.h"
#include "plat/channel.h"
#include "plat/clock.h"
#include "plat/net.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TYPE_ECHO = 1,
    TYPE_SILENT,
    TYPE_NOTE,
    TYPE_FD,
    TYPE_FREE,
};

/* One end answers as its types say; both ends count what they see. */
struct end {
    struct plat_channel *ch;
    unsigned messages, replies, closed;
    enum err why, last;
    size_t bytes;
    int fd;
};

static struct plat_loop *loop;
static struct end a, b;
static struct arena arena;

static void on_message(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    struct end *e = ctx;
    e->messages++;
    e->bytes += msg->payload.len;
    if (msg->type == TYPE_ECHO)
        assert_ok(plat_channel_reply(ch, msg->seq, TYPE_ECHO, msg->payload, -1));
    if (msg->type == TYPE_FD)
        e->fd = plat_msg_take_fd(msg);
    if (msg->type == TYPE_FREE) {
        plat_channel_free(ch);
        e->ch = NULL;
        assert_int_equal(msg->payload.len, 4);
        assert_memory_equal(msg->payload.ptr, "free", 4);
    }
}

static void on_closed(void *ctx, struct plat_channel *ch, enum err why)
{
    struct end *e = ctx;
    e->closed++;
    e->why = why;
    plat_channel_free(ch);
    e->ch = NULL;
}

static const struct plat_channel_ops ops = {on_message, on_closed};

static int setup(void **state)
{
    (void)state;
    int fds[2];
    a = b = (struct end){.fd = -1};
    arena_init(&arena, 0, 64 << 20, 0);
    loop = plat_loop_new();
    assert_ok(plat_channel_pair(fds));
    assert_ok(plat_channel_new(loop, fds[0], &ops, &a, &a.ch));
    assert_ok(plat_channel_new(loop, fds[1], &ops, &b, &b.ch));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    plat_channel_free(a.ch);
    plat_channel_free(b.ch);
    plat_loop_free(loop);
    arena_fini(&arena);
    return 0;
}

/* Turns the loop until *count reaches want; a hang ends in the test's own time limit. */
static void until(const unsigned *count, unsigned want)
{
    while (*count < want)
        if (!plat_loop_turn(loop, UTIME_SECOND / 100) && *count < want)
            fail_msg("nothing is left to wait for");
    assert_int_equal(*count, want);
}

static void messages_in_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("0123456789"), -1));
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_NONE, -1));
    until(&b.messages, 1001);
    assert_int_equal(b.bytes, 10000);
}

static void descriptors_travel(void **state)
{
    (void)state;
    int fds[2];
    char byte = 0;
    assert_int_equal(pipe(fds), 0);
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("before"), -1));
    assert_ok(plat_channel_send(a.ch, TYPE_FD, SPAN_LIT("with"), fds[1]));
    assert_ok(
        plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("after"), fds[1])); /* not taken: closed */
    close(fds[1]);
    until(&b.messages, 3);
    assert_true(b.fd >= 0);
    assert_int_equal(write(b.fd, "x", 1), 1);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(b.fd);
    assert_int_equal(read(fds[0], &byte, 1), 0); /* nobody else has it */
    close(fds[0]);
}

/* Nothing is out before the cork is, then all of it, in order, whatever its size. */
static void corked_messages_wait_for_each_other(void **state)
{
    (void)state;
    static const uint8_t big[40000];
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    plat_channel_cork(a.ch);
    for (unsigned i = 0; i < 2000; i++)
        assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("0123456789"), -1));
    assert_ok(plat_channel_send(a.ch, TYPE_FD, SPAN_LIT("with"), fds[1]));
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, span_of(big, sizeof(big)), -1));
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("last"), -1));
    (void)plat_loop_turn(loop, 0);
    assert_int_equal(b.messages, 0);
    plat_channel_uncork(a.ch);
    until(&b.messages, 2003);
    assert_int_equal(b.bytes, 20000 + 4 + sizeof(big) + 4);
    assert_true(b.fd >= 0);
    close(b.fd);
    close(fds[0]);
    close(fds[1]);
    plat_channel_uncork(a.ch); /* nothing to do */
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("at once"), -1));
    until(&b.messages, 2004);
}

static void a_corked_channel_may_lose_its_other_end(void **state)
{
    (void)state;
    plat_channel_cork(a.ch);
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("lost"), -1));
    plat_channel_free(b.ch);
    b.ch = NULL;
    plat_channel_uncork(a.ch);
    until(&a.closed, 1);
}

struct waiter {
    struct plat_call call;
    struct end *end;
    struct span want;
};

static void on_done(struct plat_call *call, enum err err, struct plat_msg *reply)
{
    struct waiter *w = (struct waiter *)call;
    w->end->replies++;
    w->end->last = err;
    if (err == ERR_OK)
        assert_span_equal(reply->payload, w->want);
    else
        assert_null(reply);
}

static void calls_on_the_loop(void **state)
{
    (void)state;
    static struct waiter w[100];
    for (unsigned i = 0; i < 100; i++) {
        w[i] = (struct waiter){.call = {.done = on_done}, .end = &a};
        w[i].want = arena_dup_span(&arena, span_of(&i, sizeof(i)));
        assert_ok(plat_channel_start(a.ch, TYPE_ECHO, w[i].want, UTIME_MINUTE, &w[i].call));
        assert_int_equal(a.replies, 0);
    }
    plat_channel_cancel(a.ch, &w[50].call);
    plat_channel_cancel(a.ch, &w[50].call);
    until(&a.replies, 99);
    assert_int_equal(a.last, ERR_OK);
}

static void calls_time_out(void **state)
{
    (void)state;
    static struct waiter late, later, other;
    late = later = other = (struct waiter){.call = {.done = on_done}, .end = &a};
    utime before = plat_mono();
    assert_ok(plat_channel_start(a.ch, TYPE_SILENT, SPAN_NONE, 30000, &later.call));
    assert_ok(plat_channel_start(a.ch, TYPE_SILENT, SPAN_NONE, 5000, &late.call));
    assert_ok(plat_channel_start(a.ch, TYPE_SILENT, SPAN_NONE, 0, &other.call));
    until(&a.replies, 1);
    assert_int_equal(late.call.seq, 0);
    until(&a.replies, 2);
    assert_err(a.last, ERR_TIMEOUT);
    assert_true(plat_mono() - before >= 30000);
    plat_channel_free(a.ch); /* completes the one without limit */
    a.ch = NULL;
    assert_int_equal(a.replies, 3);
    assert_err(a.last, ERR_CLOSED);
}

static void the_end_fails_calls_then_tells(void **state)
{
    (void)state;
    static struct waiter w;
    w = (struct waiter){.call = {.done = on_done}, .end = &a};
    assert_ok(plat_channel_start(a.ch, TYPE_SILENT, SPAN_NONE, 0, &w.call));
    plat_channel_free(b.ch);
    b.ch = NULL;
    until(&a.closed, 1);
    assert_int_equal(a.replies, 1);
    assert_err(a.last, ERR_CLOSED);
    assert_err(a.why, ERR_CLOSED);
}

static void a_callback_may_free_its_channel(void **state)
{
    (void)state;
    assert_ok(plat_channel_send(a.ch, TYPE_FREE, SPAN_LIT("free"), -1));
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("never seen"), -1));
    until(&b.messages, 1);
    assert_null(b.ch);
    until(&a.closed, 1);
    assert_int_equal(b.messages, 1);
}

static void big_payloads_and_the_limit(void **state)
{
    (void)state;
    uint8_t *big = arena_alloc(&arena, PLAT_MSG_PAYLOAD_MAX + 1);
    assert_err(plat_channel_send(a.ch, TYPE_NOTE, span_of(big, PLAT_MSG_PAYLOAD_MAX + 1), -1),
               ERR_LIMIT);
    assert_err(plat_channel_send(a.ch, PLAT_MSG_TYPE_MAX + 1, SPAN_NONE, -1), ERR_LIMIT);
    assert_err(plat_channel_reply(a.ch, 0, TYPE_NOTE, SPAN_NONE, -1), ERR_STATE);
    unsigned sent = 0;
    enum err e;
    while ((e = plat_channel_send(a.ch, TYPE_NOTE, span_of(big, PLAT_MSG_PAYLOAD_MAX), -1)) == 0)
        sent++;
    assert_err(e, ERR_BUSY); /* the queue has its maximum */
    assert_in_range(sent, 3, 5);
    until(&b.messages, sent);
    assert_int_equal(b.bytes, (size_t)sent * PLAT_MSG_PAYLOAD_MAX);
    assert_ok(plat_channel_send(a.ch, TYPE_NOTE, SPAN_LIT("again"), -1));
    until(&b.messages, sent + 1);
}

/* The other side of a synchronous call: a thread with nothing but blocking reads and writes. */
struct server {
    int fd;
    unsigned notes; /* sent before each reply */
    unsigned drop;  /* calls not answered at first */
};

static void put(int fd, struct plat_msg msg)
{
    uint8_t header[PLAT_MSG_HEADER];
    plat_msg_encode(&msg, header);
    utime end = plat_mono() + UTIME_MINUTE;
    ENT_ASSERT(plat_send_wait(fd, span_of(header, sizeof(header)), end) == ERR_OK);
    if (msg.payload.len)
        ENT_ASSERT(plat_send_wait(fd, msg.payload, end) == ERR_OK);
}

static void *serve(void *ctx)
{
    struct server *s = ctx;
    static uint8_t body[1 << 20];
    uint8_t header[PLAT_MSG_HEADER];
    struct plat_msg msg;
    size_t len;
    bool has_fd;
    while (plat_recv_all_wait(s->fd, header, sizeof(header), plat_mono() + UTIME_MINUTE) ==
           ERR_OK) {
        ENT_ASSERT(plat_msg_decode(span_of(header, sizeof(header)), &msg, &len, &has_fd) == ERR_OK);
        ENT_ASSERT(len <= sizeof(body));
        if (len)
            ENT_ASSERT(plat_recv_all_wait(s->fd, body, len, plat_mono() + UTIME_MINUTE) == ERR_OK);
        if (s->drop > 0) {
            s->drop--;
            continue;
        }
        for (unsigned i = 0; i < s->notes; i++)
            put(s->fd, (struct plat_msg){.type = TYPE_NOTE, .payload = SPAN_LIT("note"), .fd = -1});
        put(s->fd, (struct plat_msg){.type = 7, .seq = 99999, .fd = -1, .is_reply = true});
        put(s->fd, (struct plat_msg){.type = msg.type,
                                     .seq = msg.seq,
                                     .payload = span_of(body, len),
                                     .fd = -1,
                                     .is_reply = true});
    }
    close(s->fd);
    return NULL;
}

static void synchronous_calls(void **state)
{
    (void)state;
    int fds[2];
    pthread_t thread;
    struct end e = {.fd = -1};
    struct plat_msg reply;
    assert_ok(plat_channel_pair(fds));
    struct server s = {.fd = fds[1], .notes = 3, .drop = 1};
    assert_ok(plat_channel_new(loop, fds[0], &ops, &e, &e.ch));
    pthread_create(&thread, NULL, serve, &s);
    assert_err(plat_channel_call(e.ch, TYPE_ECHO, SPAN_LIT("lost"), 20000, &arena, &reply),
               ERR_TIMEOUT);
    assert_ok(plat_channel_call(e.ch, TYPE_ECHO, SPAN_LIT("hello"), UTIME_MINUTE, &arena, &reply));
    assert_span(reply.payload, "hello");
    assert_int_equal(reply.fd, -1);
    static uint8_t big[1 << 20];
    memset(big, 'b', sizeof(big));
    assert_ok(plat_channel_call(e.ch, TYPE_ECHO, span_of(big, sizeof(big)), UTIME_MINUTE, &arena,
                                &reply));
    assert_span_equal(reply.payload, span_of(big, sizeof(big)));
    assert_int_equal(e.messages, 0); /* kept for the loop */
    until(&e.messages, 6);
    struct waiter w = {.call = {.done = on_done}, .end = &e, .want = SPAN_LIT("async")};
    assert_ok(plat_channel_start(e.ch, TYPE_ECHO, w.want, 0, &w.call));
    assert_ok(plat_channel_call(e.ch, TYPE_ECHO, SPAN_LIT("sync"), 0, &arena, &reply));
    assert_span(reply.payload, "sync");
    until(&e.replies, 1);
    until(&e.messages, 12);
    plat_channel_free(e.ch);
    pthread_join(thread, NULL);
}

static void a_call_to_nobody(void **state)
{
    (void)state;
    int fds[2];
    struct plat_channel *ch;
    struct plat_msg reply;
    assert_ok(plat_channel_pair(fds));
    assert_ok(plat_channel_new(NULL, fds[0], NULL, NULL, &ch));
    assert_err(plat_channel_call(ch, TYPE_ECHO, SPAN_NONE, 5000, &arena, &reply), ERR_TIMEOUT);
    assert_err(plat_channel_start(ch, TYPE_ECHO, SPAN_NONE, 0, NULL), ERR_STATE);
    close(fds[1]);
    assert_err(plat_channel_call(ch, TYPE_ECHO, SPAN_NONE, 5000, &arena, &reply), ERR_CLOSED);
    plat_channel_free(ch);
}

#define NO_TIME "\0\0\0\0\0\0\0\0"

static void broken_framing_closes(void **state)
{
    (void)state;
    static const struct {
        struct span bytes;
        enum err why;
    } rows[] = {
        {SPAN_LIT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ERR_MALFORMED},
        {SPAN_LIT("EMSG\x01\x00\x00\x01\1\0\0\0\0\0\0\0" NO_TIME), ERR_LIMIT},
        {SPAN_LIT("EMSG\0\0\0\0\1\0\0\x80\0\0\0\0" NO_TIME),
         ERR_MALFORMED}, /* a reply to nothing */
        {SPAN_LIT("EMSG\0\0\0\0\1\0\0\x80\1\0\0\0\1\0\0\0\0\0\0\0"),
         ERR_MALFORMED}, /* with a deadline */
        {SPAN_LIT("EMSG\0\0\0\0\1\0\0\x40\0\0\0\0" NO_TIME),
         ERR_MALFORMED}, /* no descriptor came */
        {SPAN_LIT("EMSG\4\0\0\0\1\0\0\0\0\0\0\0" NO_TIME "abc"), ERR_MALFORMED}, /* cut short */
        {SPAN_LIT("EMSG\0\0\0\0\3\0\0\0\0\0\0\0" NO_TIME "EM"), ERR_MALFORMED},
        {SPAN_LIT("EMSG\0\0\0\0\3\0\0\0\0\0\0\0" NO_TIME), ERR_CLOSED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fds[2];
        struct end e = {.fd = -1};
        assert_ok(plat_channel_pair(fds));
        assert_ok(plat_channel_new(loop, fds[0], &ops, &e, &e.ch));
        assert_int_equal(write(fds[1], rows[i].bytes.ptr, rows[i].bytes.len), rows[i].bytes.len);
        close(fds[1]);
        until(&e.closed, 1);
        assert_err(e.why, rows[i].why);
    }
}

static void slow_bytes(void **state)
{
    (void)state;
    int fds[2];
    struct end e = {.fd = -1};
    struct span bytes = SPAN_LIT("EMSG\4\0\0\0\3\0\0\0\0\0\0\0" NO_TIME "abcd");
    assert_ok(plat_channel_pair(fds));
    assert_ok(plat_channel_new(loop, fds[0], &ops, &e, &e.ch));
    for (size_t i = 0; i < bytes.len; i++) {
        assert_int_equal(e.messages, 0);
        assert_int_equal(write(fds[1], bytes.ptr + i, 1), 1);
        plat_loop_turn(loop, 0);
    }
    until(&e.messages, 1);
    assert_int_equal(e.bytes, 4);
    close(fds[1]);
    until(&e.closed, 1);
}

static struct end accepted;
static unsigned accepts;

static void on_accepted(void *ctx, struct plat_channel *ch)
{
    uid_t uid;
    gid_t gid;
    pid_t pid;
    assert_ptr_equal(ctx, &accepted);
    assert_ok(plat_channel_peer(ch, &uid, &gid, &pid));
    assert_int_equal(uid, geteuid());
    assert_int_equal(pid, getpid());
    accepted.ch = ch;
    accepts++;
}

static void listening(void **state)
{
    (void)state;
    char path[64];
    int fd, client;
    struct plat_channel_listener *l;
    struct end e = {.fd = -1};
    snprintf(path, sizeof(path), "/tmp/entente-channel-%d.sock", (int)getpid());
    accepted = (struct end){.fd = -1};
    assert_ok(plat_unix_listen(path, 0600, &fd));
    assert_ok(plat_channel_listen(loop, fd, &ops, on_accepted, &accepted, &l));
    assert_ok(plat_unix_dial(path, &client));
    assert_ok(plat_channel_new(loop, client, &ops, &e, &e.ch));
    struct waiter w = {.call = {.done = on_done}, .end = &e, .want = SPAN_LIT("hi")};
    assert_ok(plat_channel_start(e.ch, TYPE_ECHO, w.want, 0, &w.call));
    until(&e.replies, 1);
    assert_int_equal(accepts, 1);
    plat_channel_free(e.ch);
    until(&accepted.closed, 1);
    plat_channel_unlisten(l);
    unlink(path);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(messages_in_order),
        CASE(descriptors_travel),
        CASE(corked_messages_wait_for_each_other),
        CASE(a_corked_channel_may_lose_its_other_end),
        CASE(calls_on_the_loop),
        CASE(calls_time_out),
        CASE(the_end_fails_calls_then_tells),
        CASE(a_callback_may_free_its_channel),
        CASE(big_payloads_and_the_limit),
        CASE(synchronous_calls),
        CASE(a_call_to_nobody),
        CASE(broken_framing_closes),
        CASE(slow_bytes),
        CASE(listening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
