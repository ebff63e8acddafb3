#include "plat/datagram.h"

#include <errno.h>
#include <unistd.h>

#define BATCH   32
#define BATCHES 8 /* of one socket, before the others have their turn */
#define SOCKETS 16

/* Replies lie one behind the other, so that a batch of usual ones stays in the cache. When the next
 * might not fit, those there are leave first. */
#define REPLIES_ROOM 65536
/* Between requests: without it, requests of 2^n bytes would all meet in the same lines of the
 * cache. */
#define REQUESTS_GAP 192

struct udp_socket {
    struct plat_udp *server;
    unsigned index;
    int fd;
    struct plat_poll *poll;
};

struct plat_udp {
    struct plat_loop *loop;
    const struct plat_udp_ops *ops;
    struct plat_udp_limits limits;
    void *ctx;
    struct arena arena;
    unsigned sockets;
    struct udp_socket socket[SOCKETS];
    uint8_t *requests, *replies;
    size_t replies_room, replies_used;
    unsigned replies_ready; /* in out */
    struct plat_addr from[BATCH];
    struct iovec in_iov[BATCH], out_iov[BATCH];
    struct mmsghdr in[BATCH], out[BATCH];
};

static void prepare(struct plat_udp *s)
{
    for (unsigned i = 0; i < BATCH; i++) {
        s->in_iov[i].iov_base = s->requests + i * (s->limits.max_request + REQUESTS_GAP);
        s->in_iov[i].iov_len = s->limits.max_request;
        s->in[i].msg_hdr =
            (struct msghdr){.msg_name = &s->from[i], .msg_iov = &s->in_iov[i], .msg_iovlen = 1};
    }
}

enum err plat_udp_new(struct plat_loop *loop, const struct plat_udp_ops *ops,
                      const struct plat_udp_limits *limits, void *ctx, struct plat_udp **out)
{
    struct plat_udp *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NOMEM;
    s->loop = loop;
    s->ops = ops;
    s->limits = *limits;
    s->ctx = ctx;
    arena_init(&s->arena, limits->arena_first, limits->arena_max, ARENA_WIPE);
    s->replies_room = limits->max_reply + REPLIES_ROOM;
    s->requests = calloc(BATCH, limits->max_request + REQUESTS_GAP);
    s->replies = malloc(s->replies_room);
    if (!s->requests || !s->replies) {
        plat_udp_free(s);
        return ERR_NOMEM;
    }
    prepare(s);
    *out = s;
    return ERR_OK;
}

void plat_udp_free(struct plat_udp *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->sockets; i++) {
        plat_poll_free(s->socket[i].poll);
        close(s->socket[i].fd);
    }
    arena_fini(&s->arena);
    free(s->requests);
    free(s->replies);
    free(s);
}

/* Takes a batch from the kernel; 0 when there is none. */
static unsigned receive(struct plat_udp *s, int fd)
{
    int n;
    for (unsigned i = 0; i < BATCH; i++)
        s->in[i].msg_hdr.msg_namelen = sizeof(s->from[i]);
    do
        n = recvmmsg(fd, s->in, BATCH, MSG_DONTWAIT, NULL);
    while (n < 0 && errno == EINTR);
    /* An error is the echo of an earlier reply (ICMP): it is spent, datagrams may wait behind it.
     */
    return n < 0 ? 0 : (unsigned)n;
}

static void transmit(struct plat_udp *s, int fd)
{
    for (unsigned sent = 0; sent < s->replies_ready;) {
        int n = sendmmsg(fd, s->out + sent, s->replies_ready - sent, MSG_DONTWAIT);
        if (n > 0)
            sent += (unsigned)n;
        else if (errno == EAGAIN || errno == ENOBUFS)
            break; /* the kernel's queue is full: dropped, as by a router */
        else if (errno != EINTR)
            sent++; /* this one cannot be sent, the others can */
    }
    s->replies_ready = 0;
    s->replies_used = 0;
}

static void add_reply(struct plat_udp *s, unsigned i, struct span bytes)
{
    unsigned n = s->replies_ready++;
    s->out_iov[n] = (struct iovec){(void *)(uintptr_t)bytes.ptr, bytes.len};
    s->out[n].msg_hdr = (struct msghdr){.msg_name = &s->from[i],
                                        .msg_namelen = s->in[i].msg_hdr.msg_namelen,
                                        .msg_iov = &s->out_iov[n],
                                        .msg_iovlen = 1};
    s->replies_used += bytes.len;
}

static void answer(struct plat_udp *s, const struct udp_socket *sock, unsigned i)
{
    struct plat_udp_request rq = {.server = s,
                                  .socket = sock->index,
                                  .from = &s->from[i],
                                  .bytes = span_of(s->in_iov[i].iov_base, s->in[i].msg_len),
                                  .arena = &s->arena};
    struct builder reply;
    struct span bytes = SPAN_NONE;
    if (s->in[i].msg_hdr.msg_flags & MSG_TRUNC)
        return;
    if (s->replies_room - s->replies_used < s->limits.max_reply)
        transmit(s, sock->fd);
    builder_over(&reply, s->replies + s->replies_used, s->limits.max_reply);
    s->ops->answer(s->ctx, &rq, &reply);
    arena_reset(&s->arena);
    if (builder_done(&reply, &bytes) == ERR_OK && bytes.len > 0)
        add_reply(s, i, bytes);
}

static void on_readable(void *ctx, unsigned events)
{
    struct udp_socket *sock = ctx;
    struct plat_udp *s = sock->server;
    (void)events;
    for (unsigned round = 0; round < BATCHES; round++) {
        unsigned received = receive(s, sock->fd);
        for (unsigned i = 0; i < received; i++)
            answer(s, sock, i);
        transmit(s, sock->fd);
        if (received < BATCH)
            return;
    }
}

enum err plat_udp_add(struct plat_udp *s, int fd)
{
    if (s->sockets == SOCKETS)
        return ERR_LIMIT;
    struct udp_socket *sock = &s->socket[s->sockets];
    *sock = (struct udp_socket){.server = s, .index = s->sockets, .fd = fd};
    sock->poll = plat_poll_new(s->loop, fd, on_readable, sock);
    if (!sock->poll)
        return ERR_IO;
    plat_poll_watch(sock->poll, PLAT_READABLE);
    s->sockets++;
    return ERR_OK;
}

enum err plat_udp_send(struct plat_udp *s, unsigned socket, const struct plat_addr *to,
                       struct span bytes)
{
    if (socket >= s->sockets)
        return ERR_RANGE;
    ssize_t n = sendto(s->socket[socket].fd, bytes.ptr, bytes.len, MSG_DONTWAIT, &to->sa,
                       plat_addr_len(to));
    return n >= 0 ? ERR_OK : errno == EAGAIN ? ERR_BUSY : ERR_IO;
}
