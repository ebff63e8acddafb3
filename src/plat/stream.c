#include "plat/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/counters.h"
#include "plat/net.h"
#include "plat/random.h"
#include "plat/stream_state.h"

#define TICK       (UTIME_SECOND / 4)
#define EVENTS     64
#define BATCHES    4  /* of events, before other parts of the loop have their turn */
#define ACCEPTS    64 /* of one listener in a turn */
#define EVICT_SCAN 64
#define EVICT_IDLE UTIME_SECOND

/* --- lists --- */

static void list_remove(struct plat_conn *c)
{
    struct plat_stream *s = c->s;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->oldest = c->next;
    if (c->next)
        c->next->prev = c->prev;
    else
        s->newest = c->prev;
}

static void list_append(struct plat_conn *c)
{
    struct plat_stream *s = c->s;
    c->next = NULL;
    c->prev = s->newest;
    if (s->newest)
        s->newest->next = c;
    else
        s->oldest = c;
    s->newest = c;
}

void stream_touch(struct plat_conn *c)
{
    c->last = plat_mono();
    if (c->dead || c->s->newest == c)
        return;
    list_remove(c);
    list_append(c);
}

static struct plat_conn **bucket(struct plat_stream *s, const struct plat_addr *peer)
{
    struct span host = plat_addr_host(peer);
    uint64_t h = 0xcbf29ce484222325u ^ (uintptr_t)s;
    for (size_t i = 0; i < host.len; i++)
        h = (h ^ host.ptr[i]) * 0x100000001b3u;
    return &s->peers[(h ^ h >> 32) & s->peer_mask];
}

static unsigned count_peer(struct plat_stream *s, const struct plat_addr *peer)
{
    unsigned n = 0;
    for (struct plat_conn *c = *bucket(s, peer); c; c = c->peer_next)
        n += plat_addr_same_host(&c->peer, peer);
    return n;
}

void stream_forget(struct plat_conn *c)
{
    struct plat_stream *s = c->s;
    /* next stays as it is: who walks the list may stand on this connection. */
    list_remove(c);
    struct plat_conn **at = bucket(s, &c->peer);
    while (*at && *at != c)
        at = &(*at)->peer_next;
    if (*at)
        *at = c->peer_next;
    s->count--;
    counter_take(COUNTER_CONNECTIONS_OPEN);
    if (!c->ready) {
        c->link = s->dead;
        s->dead = c;
    }
    if (!s->busy && !s->kicked) {
        s->kicked = true;
        plat_timer_start(s->kick, 0, 0);
    }
}

void stream_ready(struct plat_conn *c)
{
    struct plat_stream *s = c->s;
    if (c->ready || c->dead)
        return;
    c->ready = true;
    c->link = s->ready;
    s->ready = c;
    if (!s->kicked) {
        s->kicked = true;
        plat_timer_start(s->kick, 0, 0);
    }
}

static void reap(struct plat_stream *s)
{
    for (struct plat_conn *c; (c = s->dead);) {
        s->dead = c->link;
        if (s->spares < STREAM_SPARE) {
            c->link = s->spare;
            s->spare = c;
            s->spares++;
        } else {
            free(c);
        }
    }
}

static void enter(struct plat_stream *s)
{
    s->busy++;
}

static void leave(struct plat_stream *s)
{
    if (--s->busy == 0)
        reap(s);
}

static void on_kick(void *ctx)
{
    struct plat_stream *s = ctx;
    struct plat_conn *list = s->ready;
    s->ready = NULL;
    s->kicked = false;
    enter(s);
    while (list) {
        struct plat_conn *c = list;
        list = c->link;
        c->ready = false;
        if (c->dead) {
            c->link = s->dead;
            s->dead = c;
        } else {
            conn_run(c);
        }
    }
    leave(s);
}

/* --- new connections --- */

static struct plat_conn *conn_new(struct plat_stream *s, int fd, const struct plat_addr *peer)
{
    size_t size = sizeof(struct plat_conn) + s->ops->session_size;
    struct plat_conn *c = s->spare;
    if (c) {
        s->spare = c->link;
        s->spares--;
        memset(c, 0, size);
    } else if (!(c = calloc(1, size))) {
        return NULL;
    }
    c->s = s;
    c->fd = fd;
    c->events = UINT32_MAX;
    c->peer = *peer;
    c->idle = s->limits.idle;
    c->last = plat_mono();
    list_append(c);
    struct plat_conn **at = bucket(s, peer);
    c->peer_next = *at;
    *at = c;
    s->count++;
    counter_add(COUNTER_CONNECTIONS, 1);
    counter_add(COUNTER_CONNECTIONS_OPEN, 1);
    return c;
}

/* Closes the connection that has been idle for longest, to make room. */
static bool evict(struct plat_stream *s)
{
    utime now = plat_mono();
    unsigned scanned = 0;
    for (struct plat_conn *c = s->oldest; c && scanned < EVICT_SCAN; c = c->next, scanned++) {
        if (now - c->last < EVICT_IDLE)
            return false;
        if (c->paused || c->blocked || c->wants || c->dialled || stream_buf_len(&c->out))
            continue;
        c->why = REASON_SERVER_BUSY;
        conn_kill(c);
        return true;
    }
    return false;
}

static void refuse(struct plat_stream *s, int fd, const struct plat_addr *peer)
{
    char text[PLAT_ADDR_TEXT];
    struct event ev;
    close(fd);
    /* A flood must not become a flood of events. */
    if (!s->sink || (s->refusal_logged && plat_mono() - s->refusal_logged < UTIME_SECOND))
        return;
    s->refusal_logged = plat_mono();
    event_init(&ev, plat_now(), "stream.refuse", REASON_SERVER_BUSY);
    event_text(&ev, "server", span_str(s->ops->name));
    event_text(&ev, "peer", plat_addr_text(peer, text));
    event_num(&ev, "connections", s->count);
    event_emit(s->sink, &ev);
}

static void welcome(struct plat_stream *s, int fd, const struct plat_addr *peer)
{
    bool crowd = s->limits.max_per_peer && count_peer(s, peer) >= s->limits.max_per_peer;
    struct plat_conn *c = NULL;
    if (!crowd && (s->count < s->limits.max_conns || evict(s)))
        c = conn_new(s, fd, peer);
    if (!c) {
        refuse(s, fd, peer);
        return;
    }
    conn_begin(c);
    if (!c->broken)
        conn_read(c); /* the request is often here already */
    conn_run(c);
}

static void watch_listeners(struct plat_stream *s, bool on)
{
    for (unsigned i = 0; i < s->listeners; i++) {
        if (s->listener[i].fd >= 0)
            plat_poll_watch(s->listener[i].poll, on ? PLAT_READABLE : 0);
    }
    s->resting = !on;
}

static void accept_some(struct stream_listener *l)
{
    struct plat_stream *s = l->s;
    for (unsigned i = 0; i < ACCEPTS; i++) {
        struct plat_addr peer = {0};
        socklen_t len = sizeof(peer);
        int fd = accept4(l->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            welcome(s, fd, &peer);
            continue;
        }
        bool poor = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
        if (poor && !evict(s))
            watch_listeners(s, false);
        if (errno == EAGAIN || poor)
            return;
        /* What is left are errors of that one connection, which is gone. */
    }
}

/* In the loop's own set: where each connection is one request, it spares a second look into ours.
 */
static void on_listener(void *ctx, unsigned events)
{
    struct stream_listener *l = ctx;
    (void)events;
    enter(l->s);
    accept_some(l);
    leave(l->s);
}

/* --- events --- */

static void on_dialled(struct plat_conn *c)
{
    c->dialling = false;
    c->deadline = 0;
    c->error = plat_tcp_dialled(c->fd);
    if (c->error != ERR_OK)
        c->broken = true;
    else
        conn_begin(c);
}

static void on_event(struct plat_conn *c, unsigned events)
{
    if (c->dead)
        return;
    if (c->dialling) {
        on_dialled(c);
    } else {
        if ((events & EPOLLIN) && !conn_reads(c))
            c->early = true;
        else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            conn_read(c);
        if (events & (EPOLLHUP | EPOLLERR))
            c->broken = true; /* nothing can be answered any more */
    }
    conn_run(c);
}

static void on_ready(void *ctx, unsigned events)
{
    struct plat_stream *s = ctx;
    struct epoll_event ev[EVENTS];
    (void)events;
    enter(s);
    for (int round = 0, n = EVENTS; round < BATCHES && n == EVENTS; round++) {
        n = epoll_wait(s->epoll, ev, EVENTS, 0);
        for (int i = 0; i < n; i++)
            on_event(ev[i].data.ptr, ev[i].events);
    }
    leave(s);
}

static void on_tick(void *ctx)
{
    struct plat_stream *s = ctx;
    utime now = plat_mono();
    enter(s);
    for (struct plat_conn *c = s->oldest, *next; c; c = next) {
        next = c->next;
        if (!c->dead)
            conn_check_deadlines(c, now);
    }
    leave(s);
    if (s->resting)
        watch_listeners(s, true);
}

/* --- the server --- */

enum err plat_stream_new(struct plat_loop *loop, const struct plat_stream_ops *ops,
                         const struct plat_stream_limits *limits, const struct event_sink *sink,
                         void *ctx, struct plat_stream **out)
{
    ENT_ASSERT(ops->frame && ops->consume);
    struct plat_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NOMEM;
    s->loop = loop;
    s->ops = ops;
    s->limits = *limits;
    s->sink = sink;
    s->ctx = ctx;
    s->peer_mask = 63;
    while (s->peer_mask < limits->max_conns)
        s->peer_mask = s->peer_mask * 2 + 1;
    s->peers = calloc(s->peer_mask + 1, sizeof(*s->peers));
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->poll = s->epoll >= 0 ? plat_poll_new(loop, s->epoll, on_ready, s) : NULL;
    s->tick = plat_timer_new(loop, on_tick, s);
    s->kick = plat_timer_new(loop, on_kick, s);
    if (!s->peers || !s->poll || !s->tick || !s->kick) {
        enum err e = s->epoll < 0 ? ERR_IO : ERR_NOMEM;
        plat_stream_free(s);
        return e;
    }
    plat_timer_background(s->tick);
    plat_timer_start(s->tick, TICK, TICK);
    plat_poll_watch(s->poll, PLAT_READABLE);
    *out = s;
    return ERR_OK;
}

void plat_stream_free(struct plat_stream *s)
{
    if (!s)
        return;
    ENT_ASSERT(s->busy == 0);
    enter(s);
    plat_stream_deafen(s);
    s->limits.max_conns = 0; /* finish may want to dial again */
    while (s->oldest)
        conn_kill(s->oldest);
    on_kick(s);
    leave(s);
    for (struct plat_conn *c; (c = s->spare);) {
        s->spare = c->link;
        free(c);
    }
    while (s->chunk_count)
        free(s->chunks[--s->chunk_count]);
    plat_poll_free(s->poll);
    plat_timer_free(s->tick);
    plat_timer_free(s->kick);
    if (s->epoll >= 0)
        close(s->epoll);
    free(s->peers);
    free(s);
}

enum err plat_stream_listen(struct plat_stream *s, int fd)
{
    if (s->listeners == STREAM_LISTENERS)
        return ERR_LIMIT;
    struct stream_listener *l = &s->listener[s->listeners];
    struct plat_poll *poll = plat_poll_new(s->loop, fd, on_listener, l);
    if (!poll)
        return ERR_IO;
    *l = (struct stream_listener){.s = s, .fd = fd, .poll = poll};
    plat_poll_watch(poll, PLAT_READABLE);
    s->listeners++;
    return ERR_OK;
}

void plat_stream_deafen(struct plat_stream *s)
{
    for (unsigned i = 0; i < s->listeners; i++) {
        if (s->listener[i].fd < 0)
            continue;
        plat_poll_free(s->listener[i].poll);
        close(s->listener[i].fd);
        s->listener[i].fd = -1;
    }
}

unsigned plat_stream_conns(const struct plat_stream *s)
{
    return s->count;
}

enum err plat_stream_dial(struct plat_stream *s, const struct plat_addr *to, utime timeout,
                          void *tag, struct plat_conn **out)
{
    int fd;
    if (s->count >= s->limits.max_conns)
        return ERR_BUSY;
    TRY(plat_tcp_dial(NULL, to, &fd));
    struct plat_conn *c = conn_new(s, fd, to);
    if (!c) {
        close(fd);
        return ERR_NOMEM;
    }
    c->dialling = c->dialled = true;
    c->tag = tag;
    c->deadline = timeout ? plat_mono() + timeout : 0;
    stream_ready(c); /* watches it */
    if (out)
        *out = c;
    return ERR_OK;
}
