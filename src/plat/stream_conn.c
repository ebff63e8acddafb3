/* The life of one connection: messages in, answers out, deadlines, the end. */
#include <sys/epoll.h>
#include <unistd.h>

#include "plat/net.h"
#include "plat/stream_state.h"

#define LINGER (2 * UTIME_SECOND)

/* --- messages --- */

static void result(struct plat_conn *c, enum err e)
{
    if (e == ERR_CLOSED)
        plat_conn_close(c, REASON_NONE);
    else if (e != ERR_OK && e != ERR_BUSY)
        conn_fail(c, REASON_WIRE_MALFORMED);
}

/* The length of the first message: ERR_TRUNCATED until all of it is there. */
static enum err frame(struct plat_conn *c, struct span view, size_t *len_out)
{
    size_t len = 0, max = c->s->limits.max_request;
    enum err e = c->s->ops->frame(c->session, view, &len);
    if (e == ERR_TRUNCATED)
        return view.len >= max ? ERR_LIMIT : ERR_TRUNCATED;
    TRY(e);
    if (len == 0)
        return ERR_MALFORMED;
    if (len > max)
        return ERR_LIMIT;
    *len_out = len;
    if (len <= view.len)
        return ERR_OK;
    return stream_buf_reserve(c->s, &c->in, len) ? ERR_TRUNCATED : ERR_BUSY;
}

static void consumed(struct plat_conn *c, size_t len)
{
    stream_buf_take(&c->in, len);
    c->request_since = 0;
    c->consumed = true;
    stream_touch(c);
}

static bool consume_one(struct plat_conn *c)
{
    struct span view = stream_buf_view(&c->in);
    size_t len = 0;
    enum err e = frame(c, view, &len);
    if (e == ERR_TRUNCATED) {
        if (!c->request_since)
            c->request_since = plat_mono();
        return false;
    }
    if (e != ERR_OK) {
        conn_fail(c, e == ERR_LIMIT  ? REASON_WIRE_TOO_LARGE
                     : e == ERR_BUSY ? REASON_SERVER_BUSY
                                     : REASON_WIRE_MALFORMED);
        return false;
    }
    c->current = len;
    e = c->s->ops->consume(c, c->session, span_sub(view, 0, len));
    c->current = 0;
    if (e == ERR_BUSY) {
        c->blocked = true;
        c->request_since = 0;
        return c->wants;
    }
    consumed(c, len);
    result(c, e);
    return true;
}

static bool full(const struct plat_conn *c)
{
    return stream_buf_len(&c->out) + stream_buf_len(&c->held) >= c->s->limits.output_high;
}

/* One step of work; false when there is nothing to do now. */
static bool step(struct plat_conn *c)
{
    if (c->broken || c->closing || c->dialling)
        return false;
    if (full(c)) {
        conn_flush(c);
        if (c->broken || full(c))
            return false;
    }
    if (c->wants && c->s->ops->produce) {
        c->wants = c->blocked = false;
        result(c, c->s->ops->produce(c, c->session));
        return true;
    }
    if (c->paused || c->blocked || stream_buf_len(&c->in) == 0)
        return false;
    return consume_one(c);
}

/* --- the end --- */

static void note_close(struct plat_conn *c)
{
    char text[PLAT_ADDR_TEXT];
    struct event ev;
    if (c->why == REASON_NONE || c->dialled || !c->s->sink)
        return;
    event_init(&ev, plat_now(), "stream.close", c->why);
    event_text(&ev, "server", span_str(c->s->ops->name));
    event_text(&ev, "peer", plat_addr_text(&c->peer, text));
    event_emit(c->s->sink, &ev);
}

void conn_kill(struct plat_conn *c)
{
    if (c->dead)
        return;
    ENT_ASSERT(c->depth == 0);
    c->dead = c->broken = true;
    close(c->fd);
    stream_forget(c);
    note_close(c);
    if (c->s->ops->finish && (c->begun || c->dialled))
        c->s->ops->finish(c, c->session, c->why);
    if (c->filter && c->filter_ops->free)
        c->filter_ops->free(c->filter);
    c->filter = NULL;
    stream_buf_release(c->s, &c->in);
    stream_buf_release(c->s, &c->out);
    stream_buf_release(c->s, &c->held);
}

void plat_conn_close(struct plat_conn *c, enum reason why)
{
    if (c->dead || c->closing)
        return;
    c->closing = true;
    c->why = why;
    if (c->filter && c->filter_ops->end && !c->filter_ended) {
        struct builder wire;
        struct span bytes;
        c->filter_ended = true;
        builder_over(&wire, c->s->wire, sizeof(c->s->wire));
        c->filter_ops->end(c->filter, &wire);
        if (builder_done(&wire, &bytes) == ERR_OK)
            (void)stream_buf_append(c->s, &c->out, bytes);
    }
    if (c->depth == 0)
        stream_ready(c);
}

void conn_fail(struct plat_conn *c, enum reason why)
{
    if (c->dead || c->closing)
        return;
    c->depth++;
    if (c->begun && c->s->ops->last_words)
        c->s->ops->last_words(c, c->session, why);
    c->depth--;
    plat_conn_close(c, why);
    if (c->depth == 0)
        stream_ready(c);
}

/* To close a socket with unread bytes in it resets the connection, and the peer may lose our last
 * words. So we say that we are done, and read for a while what it still sends. */
static void linger(struct plat_conn *c)
{
    c->lingering = true;
    c->deadline = plat_mono() + LINGER;
    stream_buf_release(c->s, &c->in);
    if (shutdown(c->fd, SHUT_WR) != 0)
        c->broken = true;
}

static void end_if_done(struct plat_conn *c)
{
    bool waits = c->paused || c->blocked || c->wants || c->ready || full(c) || c->dialling;
    if (c->eof && !c->closing && !waits)
        plat_conn_close(c, stream_buf_len(&c->in) ? REASON_WIRE_MALFORMED : REASON_NONE);
    if (!c->closing || stream_buf_len(&c->out) > 0)
        return;
    if (c->why != REASON_NONE && !c->eof && !c->lingering && !c->dialling)
        linger(c);
    else if (!c->lingering || c->eof)
        c->broken = true;
}

bool conn_reads(const struct plat_conn *c)
{
    return c->lingering || (!c->closing && !c->paused && !c->blocked && !c->ready && !full(c));
}

/* A connection whose request is being worked on stays watched for input, though none is read: most
 * clients wait for the answer, and two calls a request are saved. Who does not wait is met once,
 * and then not watched (early) until it is read again. */
static void watch(struct plat_conn *c)
{
    bool reads = conn_reads(c), waits = c->paused || c->blocked;
    unsigned events = 0;
    if (c->dialling || stream_buf_len(&c->out) > 0)
        events |= EPOLLOUT;
    if (reads)
        c->early = false;
    if ((reads || (waits && !c->early && !full(c) && !c->closing && c->events != UINT32_MAX &&
                   c->events & EPOLLIN)) &&
        !c->eof && !c->dialling)
        events |= EPOLLIN;
    if (events == c->events)
        return;
    struct epoll_event ev = {.events = events, .data.ptr = c};
    bool known = c->events != UINT32_MAX;
    if (epoll_ctl(c->s->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &ev) != 0)
        c->broken = true;
    c->events = events;
}

/* All that has come is answered. To close before the answer is sent lets the kernel put the end of
 * the stream into its last segment (conn_flush): one packet, one wakeup of the peer, and no reading
 * of its end on our side. The price: we are the one who closes, so TIME_WAIT stays here. */
static bool exchange_done(const struct plat_conn *c)
{
    return c->s->limits.one_exchange && c->consumed && !c->dialled && stream_buf_len(&c->in) == 0 &&
           !c->paused && !c->blocked && !c->wants && !c->ready;
}

static void settle(struct plat_conn *c)
{
    if (exchange_done(c))
        plat_conn_close(c, REASON_NONE);
    conn_flush(c);
    end_if_done(c);
    if (!c->broken && c->closing)
        conn_flush(c); /* what closing has added */
    if (!c->broken)
        watch(c);
    if (c->broken) {
        conn_kill(c);
        return;
    }
    if (stream_buf_len(&c->in) == 0)
        stream_buf_release(c->s, &c->in);
    if (stream_buf_len(&c->out) == 0)
        stream_buf_release(c->s, &c->out);
    if (stream_buf_len(&c->held) == 0)
        stream_buf_release(c->s, &c->held);
}

void conn_run(struct plat_conn *c)
{
    if (c->dead || c->depth > 0)
        return;
    unsigned steps = 0;
    c->depth++;
    while (steps < STREAM_STEPS && step(c))
        steps++;
    c->depth--;
    if (steps == STREAM_STEPS)
        stream_ready(c);
    settle(c);
}

void conn_begin(struct plat_conn *c)
{
    enum err e = ERR_OK;
    c->depth++;
    c->begun = true;
    if (c->s->ops->begin)
        e = c->s->ops->begin(c, c->session);
    c->depth--;
    if (e != ERR_OK) {
        c->begun = c->dialled;
        c->broken = true;
    }
}

/* --- deadlines --- */

static bool passed(utime now, utime since, utime limit)
{
    return since && limit && now - since > limit;
}

void conn_check_deadlines(struct plat_conn *c, utime now)
{
    const struct plat_stream_limits *l = &c->s->limits;
    bool quiet = !c->paused && !c->blocked && !c->wants && !c->closing;
    if (c->deadline && now > c->deadline) {
        c->error = ERR_TIMEOUT;
        c->broken = true;
    } else if (stream_buf_len(&c->out) > 0) {
        if (!passed(now, c->stall_since, l->stall))
            return;
        c->why = REASON_WIRE_TOO_SLOW;
        c->broken = true;
    } else if (quiet && passed(now, c->request_since, l->request)) {
        conn_fail(c, REASON_WIRE_TOO_SLOW);
    } else if (quiet && !c->request_since && passed(now, c->last, c->idle)) {
        plat_conn_close(c, REASON_NONE);
    } else {
        return;
    }
    conn_run(c);
}

/* --- what a service calls --- */

enum err plat_conn_send(struct plat_conn *c, struct span data)
{
    if (c->closing || c->broken)
        return ERR_CLOSED;
    size_t queued = stream_buf_len(&c->out) + stream_buf_len(&c->held);
    enum err e = data.len > c->s->limits.output_max || queued > c->s->limits.output_max - data.len
                     ? ERR_LIMIT
                     : conn_put(c, data);
    if (e != ERR_OK) {
        c->why = REASON_SERVER_BUSY;
        c->broken = true;
    }
    if (c->depth == 0)
        stream_ready(c);
    return e;
}

bool plat_conn_full(const struct plat_conn *c)
{
    return full(c);
}

void plat_conn_want(struct plat_conn *c)
{
    c->wants = true;
    if (c->depth == 0)
        stream_ready(c);
}

void plat_conn_pause(struct plat_conn *c)
{
    c->paused = true;
}

void plat_conn_resume(struct plat_conn *c)
{
    c->paused = c->blocked = false;
    c->request_since = 0;
    if (c->depth == 0 && !c->dead) {
        stream_touch(c);
        stream_ready(c);
    }
}

void plat_conn_idle(struct plat_conn *c, utime idle)
{
    c->idle = idle;
}

void *plat_conn_session(struct plat_conn *c)
{
    return c->session;
}

void *plat_conn_ctx(const struct plat_conn *c)
{
    return c->s->ctx;
}

void *plat_conn_tag(const struct plat_conn *c)
{
    return c->tag;
}

void *plat_conn_filter_state(const struct plat_conn *c)
{
    return c->filter;
}

const struct plat_addr *plat_conn_peer(const struct plat_conn *c)
{
    return &c->peer;
}

const struct plat_addr *plat_conn_local(struct plat_conn *c)
{
    if (c->local.sa.sa_family == 0)
        (void)plat_sock_addr(c->fd, &c->local);
    return &c->local;
}

int plat_conn_fd(const struct plat_conn *c)
{
    return c->fd;
}

enum err plat_conn_error(const struct plat_conn *c)
{
    return c->error;
}
