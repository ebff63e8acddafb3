/* The bytes of one connection, with or without a filter. */
#include <errno.h>

#include "plat/stream_state.h"

#define LINGER_BYTES (256 * 1024)

static void got_eof(struct plat_conn *c)
{
    c->eof = true;
}

static ssize_t receive(struct plat_conn *c, void *to, size_t cap)
{
    ssize_t n;
    do
        n = recv(c->fd, to, cap, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        got_eof(c);
    else if (n < 0 && errno != EAGAIN)
        c->broken = true;
    return n;
}

static void read_plain(struct plat_conn *c)
{
    struct stream_buf *in = &c->in;
    if (in->end == in->cap) {
        size_t len = stream_buf_len(in), max = c->s->limits.max_request;
        size_t want = len + STREAM_CHUNK / 2;
        if (want > max && len < max)
            want = max;
        if (want < STREAM_CHUNK)
            want = STREAM_CHUNK;
        if (!stream_buf_reserve(c->s, in, want)) {
            conn_fail(c, REASON_SERVER_BUSY);
            return;
        }
    }
    ssize_t n = receive(c, in->data + in->end, in->cap - in->end);
    if (n > 0)
        in->end += (size_t)n;
}

static bool put_wire(struct plat_conn *c, struct builder *wire)
{
    struct span bytes;
    return builder_done(wire, &bytes) == ERR_OK && stream_buf_append(c->s, &c->out, bytes);
}

static void filter_input(struct plat_conn *c, struct span raw)
{
    struct plat_stream *s = c->s;
    struct builder plain, reply;
    struct span bytes = SPAN_NONE;
    builder_over(&plain, s->plain, sizeof(s->plain));
    builder_over(&reply, s->wire, sizeof(s->wire));
    enum err e = c->filter_ops->input(c->filter, raw, &plain, &reply);
    bool ok = builder_done(&plain, &bytes) == ERR_OK && stream_buf_append(s, &c->in, bytes);
    builder_fail(&plain, ERR_STATE); /* wipes what is now in the connection's own buffer */
    ok = put_wire(c, &reply) && ok;
    if (e == ERR_CLOSED)
        got_eof(c);
    else if (e != ERR_OK || !ok)
        conn_fail(c, ok ? REASON_WIRE_MALFORMED : REASON_SERVER_BUSY);
    else
        conn_put_held(c);
}

static void read_filtered(struct plat_conn *c)
{
    ssize_t n = receive(c, c->s->raw, sizeof(c->s->raw));
    if (n > 0)
        filter_input(c, span_of(c->s->raw, (size_t)n));
}

void conn_read(struct plat_conn *c)
{
    if (c->lingering) {
        ssize_t n = receive(c, c->s->raw, sizeof(c->s->raw));
        c->lingered += n > 0 ? (size_t)n : 0;
        if (c->lingered > LINGER_BYTES)
            c->broken = true;
    } else if (c->filter) {
        read_filtered(c);
    } else {
        read_plain(c);
    }
}

void conn_flush(struct plat_conn *c)
{
    struct span out = stream_buf_view(&c->out);
    /* What is followed by close at once need not be pushed on its own. */
    int more = c->closing && c->why == REASON_NONE ? MSG_MORE : 0;
    while (out.len > 0 && !c->broken && !c->dialling) {
        ssize_t n = send(c->fd, out.ptr, out.len, MSG_DONTWAIT | MSG_NOSIGNAL | more);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            c->broken = errno != EAGAIN;
            return;
        }
        stream_buf_take(&c->out, (size_t)n);
        out = stream_buf_view(&c->out);
        c->stall_since = plat_mono();
        if (out.len == 0)
            stream_touch(c);
    }
}

static enum err put_filtered(struct plat_conn *c, struct span piece)
{
    struct builder wire;
    builder_over(&wire, c->s->wire, sizeof(c->s->wire));
    TRY(c->filter_ops->output(c->filter, piece, &wire));
    return put_wire(c, &wire) ? ERR_OK : ERR_NOMEM;
}

enum err conn_put(struct plat_conn *c, struct span data)
{
    if (stream_buf_len(&c->out) == 0)
        c->stall_since = plat_mono();
    if (!c->filter)
        return stream_buf_append(c->s, &c->out, data) ? ERR_OK : ERR_NOMEM;
    while (data.len > 0 && stream_buf_len(&c->held) == 0) {
        struct span piece = span_sub(data, 0, PLAT_FILTER_PIECE);
        enum err e = put_filtered(c, piece);
        if (e == ERR_BUSY)
            break;
        TRY(e);
        data = span_sub(data, piece.len, data.len);
    }
    return stream_buf_append(c->s, &c->held, data) ? ERR_OK : ERR_NOMEM;
}

void conn_put_held(struct plat_conn *c)
{
    while (stream_buf_len(&c->held) > 0) {
        struct span piece = span_sub(stream_buf_view(&c->held), 0, PLAT_FILTER_PIECE);
        enum err e = put_filtered(c, piece);
        if (e == ERR_BUSY)
            return;
        if (e != ERR_OK) {
            c->broken = true;
            return;
        }
        stream_buf_take(&c->held, piece.len);
    }
}

enum err plat_conn_filter(struct plat_conn *c, const struct plat_filter_ops *ops, void *filter)
{
    if (c->closing || c->broken || c->dead || c->filter)
        return ERR_STATE;
    c->filter_ops = ops;
    c->filter = filter;
    if (stream_buf_len(&c->in) > c->current)
        conn_fail(c, REASON_WIRE_MALFORMED);
    else
        filter_input(c, SPAN_NONE);
    stream_ready(c);
    return ERR_OK;
}
