/*
 * What the tests of streams share: a service whose messages are two bytes of length and a text, and
 * the other end of its connections as a plain socket.
 */
#ifndef PLAT_STREAM_PEER_TEST_H
#define PLAT_STREAM_PEER_TEST_H

#include "base/test.h"
#include "plat/net.h"
#include "plat/stream_state.h"

#define MAX_REQUEST 10000

struct seen {
    unsigned begun, consumed, finished, last_words;
    enum reason why;
    struct plat_conn *conn;
    size_t most_queued;
};

static struct plat_loop *loop;
static struct plat_stream *server;
static struct plat_addr at;
static struct seen seen;

static const struct plat_stream_limits small = {
    .max_conns = 8,
    .max_request = MAX_REQUEST,
    .max_buffered = 1 << 20,
    .output_high = 20000,
    .output_max = 100000,
    .idle = 60 * UTIME_SECOND,
    .request = 10 * UTIME_SECOND,
    .stall = 20 * UTIME_SECOND,
};

static enum err text_frame(void *session, struct span head, size_t *len_out)
{
    (void)session;
    if (head.len < 2)
        return ERR_TRUNCATED;
    size_t len = (size_t)head.ptr[0] << 8 | head.ptr[1];
    if (len == 0xffff)
        return ERR_MALFORMED;
    *len_out = len == 0xfffe ? 0 : len + 2;
    return ERR_OK;
}

static enum err send_text(struct plat_conn *c, struct span text)
{
    uint8_t head[2] = {(uint8_t)(text.len >> 8), (uint8_t)text.len};
    TRY(plat_conn_send(c, span_of(head, 2)));
    return plat_conn_send(c, text);
}

static void listen_on(const struct plat_stream_ops *ops, const struct plat_stream_limits *limits,
                      const struct event_sink *sink)
{
    int fd;
    memset(&seen, 0, sizeof(seen));
    loop = plat_loop_new();
    assert_ok(plat_stream_new(loop, ops, limits, sink, &seen, &server));
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &at));
    assert_ok(plat_tcp_listen(&at, &fd));
    assert_ok(plat_sock_addr(fd, &at));
    assert_ok(plat_stream_listen(server, fd));
}

static void stop(void)
{
    plat_stream_free(server);
    server = NULL;
    plat_loop_free(loop);
    plat_clock_thaw();
}

static void turn(void)
{
    plat_loop_turn(loop, 1000);
}

/* Connects and waits until the server has the connection. */
static int client(void)
{
    int fd;
    unsigned before = seen.begun;
    assert_ok(plat_tcp_dial(NULL, &at, &fd));
    while (seen.begun == before)
        turn();
    return fd;
}

static void write_bytes(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            bytes = span_sub(bytes, (size_t)n, bytes.len);
        else
            turn();
    }
}

/* Reads exactly len bytes, or fewer when the stream ends before; returns how many. */
static size_t read_bytes(int fd, uint8_t *buf, size_t len)
{
    size_t got = 0, n;
    while (got < len) {
        enum err e = plat_recv_wait(fd, buf + got, len - got, 0, &n);
        if (e == ERR_CLOSED)
            break;
        if (e == ERR_OK)
            got += n;
        else
            turn();
    }
    return got;
}

static void expect_text(int fd, struct span text)
{
    uint8_t buf[MAX_REQUEST + 2];
    assert_int_equal(read_bytes(fd, buf, text.len + 2), text.len + 2);
    assert_span_equal(span_of(buf + 2, text.len), text);
}

static void expect_end(int fd)
{
    uint8_t byte;
    assert_int_equal(read_bytes(fd, &byte, 1), 0);
}

static void until(const unsigned *count, unsigned want)
{
    while (*count < want)
        turn();
    assert_int_equal(*count, want);
}

#endif
