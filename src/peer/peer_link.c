#include "peer/peer_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plat/net.h"

/* The socket and the timer may both come within one turn; the task is woken once. */
static void wake(struct peer_link *l)
{
    struct plat_task *t = l->waits;
    l->waits = NULL;
    plat_poll_watch(l->poll, 0);
    plat_timer_stop(l->timer);
    if (t)
        plat_task_wake(t);
}

static void ready(void *ctx, unsigned events)
{
    (void)events;
    wake(ctx);
}

static void late(void *ctx)
{
    wake(ctx);
}

/* Until the socket is ready, or it is too late. */
static enum err wait_for(struct peer_link *l, unsigned events)
{
    utime left = l->deadline - plat_mono();
    if (left <= 0)
        return ERR_TIMEOUT;
    l->waits = plat_task_self();
    plat_poll_watch(l->poll, events);
    plat_timer_start(l->timer, left, 0);
    plat_task_wait();
    return plat_mono() < l->deadline ? ERR_OK : ERR_TIMEOUT;
}

static enum err socket_error(void)
{
    if (errno == ETIMEDOUT)
        return ERR_TIMEOUT;
    return errno == ECONNRESET || errno == EPIPE ? ERR_CLOSED : ERR_IO;
}

static enum err connected(struct peer_link *l)
{
    TRY(wait_for(l, PLAT_WRITABLE));
    return plat_tcp_dialled(l->fd);
}

enum err peer_link_open(struct peer_link *l, struct plat_loop *loop, const struct plat_addr *to,
                        utime deadline)
{
    *l = (struct peer_link){.deadline = deadline};
    const unsigned silence = PEER_LINK_SILENCE / (UTIME_SECOND / 1000);
    TRY(plat_tcp_dial(NULL, to, &l->fd));
    (void)setsockopt(l->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof(silence));
    l->timer = plat_timer_new(loop, late, l);
    l->poll = plat_poll_new(loop, l->fd, ready, l);
    enum err e = l->timer && l->poll ? connected(l) : ERR_NOMEM;
    if (e != ERR_OK)
        peer_link_close(l);
    return e;
}

void peer_link_close(struct peer_link *l)
{
    bool open = l->timer || l->poll;
    if (l->timer)
        plat_timer_free(l->timer);
    if (l->poll)
        plat_poll_free(l->poll);
    if (open)
        close(l->fd);
    *l = (struct peer_link){0};
}

bool peer_link_is_open(const struct peer_link *l)
{
    return l->poll != NULL;
}

enum err peer_link_send(struct peer_link *l, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(l->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            bytes = span_sub(bytes, (size_t)n, bytes.len);
        else if (errno == EAGAIN)
            TRY(wait_for(l, PLAT_WRITABLE));
        else if (errno != EINTR)
            return socket_error();
    }
    return ERR_OK;
}

enum err peer_link_receive(struct peer_link *l, void *into, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(l->fd, (uint8_t *)into + got, len - got, MSG_DONTWAIT);
        if (n > 0)
            got += (size_t)n;
        else if (n == 0)
            return ERR_CLOSED;
        else if (errno == EAGAIN)
            TRY(wait_for(l, PLAT_READABLE));
        else if (errno != EINTR)
            return socket_error();
    }
    return ERR_OK;
}
