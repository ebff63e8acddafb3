#include "peer/peer_ask.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/builder.h"
#include "plat/net.h"
#include "plat/random.h"

#define REPEAT_FIRST     (UTIME_SECOND / 2) /* doubled each time */
#define PORT_FIRST       1024
#define PORT_TRIES       8
#define DATAGRAMS_A_TURN 8

void peer_ask_cancel(struct peer_ask *k)
{
    if (k->timer)
        plat_timer_free(k->timer);
    if (k->poll) {
        plat_poll_free(k->poll);
        close(k->fd);
    }
    k->timer = NULL;
    k->poll = NULL;
}

static void finish(struct peer_ask *k, enum err e, struct span reply)
{
    peer_ask_cancel(k);
    k->done(k, e, reply);
}

/* Once the port has taken the connection, an end without an answer is not what a server of the
 * protocol does. */
static enum err socket_error(const struct peer_ask *k)
{
    if (errno != ECONNREFUSED && errno != ECONNRESET && errno != EPIPE)
        return ERR_IO;
    return k->connected ? ERR_MALFORMED : ERR_CLOSED;
}

static void send_datagram(struct peer_ask *k)
{
    /* One that the system cannot take is lost like any other: the timer repeats it. */
    (void)!send(k->fd, k->out.ptr, k->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void arm(struct peer_ask *k)
{
    utime left = k->deadline - plat_mono();
    if (k->prefix == 0 && k->repeat < left)
        left = k->repeat;
    plat_timer_start(k->timer, left > 0 ? left : 0, 0);
}

static void on_time(void *ctx)
{
    struct peer_ask *k = ctx;
    if (k->failed != ERR_OK) {
        finish(k, k->failed, SPAN_NONE);
    } else if (plat_mono() >= k->deadline) {
        finish(k, ERR_TIMEOUT, SPAN_NONE);
    } else {
        if (k->prefix == 0)
            send_datagram(k);
        k->repeat *= 2;
        arm(k);
    }
}

/* --- datagrams ---------------------------------------------------------------------------------
 */

static void datagram(void *ctx, unsigned events)
{
    struct peer_ask *k = ctx;
    (void)events;
    for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
        ssize_t len = recv(k->fd, k->in, PEER_DATAGRAM_MAX, MSG_DONTWAIT);
        if (len < 0) {
            if (errno != EAGAIN && errno != EINTR)
                finish(k, socket_error(k), SPAN_NONE);
            return;
        }
        struct span bytes = span_of(k->in, (size_t)len);
        if (!k->fits || k->fits(k, bytes)) {
            finish(k, ERR_OK, bytes);
            return;
        }
    }
}

/* Uniform over all ports that are not privileged, so that a forger has to guess (RFC 5452). */
static enum err dial_datagram(const struct peer_ask *k, const struct plat_addr *to, int *fd_out)
{
    struct plat_addr from = {0};
    enum err e = ERR_IO;
    from.sa.sa_family = to->sa.sa_family;
    if (k->from)
        from = *k->from;
    for (unsigned i = 0; i < PORT_TRIES && e != ERR_OK; i++) {
        plat_addr_set_port(&from, (uint16_t)(PORT_FIRST + plat_random_below(65536 - PORT_FIRST)));
        e = plat_udp_dial(&from, to, fd_out);
        if (e != ERR_OK && errno != EADDRINUSE)
            break;
    }
    return e;
}

/* --- streams -----------------------------------------------------------------------------------
 */

static enum err push(struct peer_ask *k)
{
    while (k->unsent.len > 0) {
        ssize_t n = send(k->fd, k->unsent.ptr, k->unsent.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? ERR_OK : socket_error(k);
        k->unsent = span_sub(k->unsent, (size_t)n, k->unsent.len);
    }
    plat_poll_watch(k->poll, PLAT_READABLE);
    return ERR_OK;
}

/* ERR_BUSY: more has to come. */
static enum err take(struct peer_ask *k, uint8_t *into, size_t want)
{
    while (k->got < want) {
        ssize_t n = recv(k->fd, into + k->got, want - k->got, MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? ERR_BUSY : socket_error(k);
        if (n == 0)
            return ERR_MALFORMED;
        k->got += (size_t)n;
    }
    return ERR_OK;
}

static enum err pull(struct peer_ask *k)
{
    if (!k->in) {
        TRY(take(k, k->header, k->prefix));
        k->want = 0;
        for (unsigned i = 0; i < k->prefix; i++)
            k->want = k->want << 8 | k->header[i];
        if (k->want == 0 || k->want > PEER_REPLY_MAX)
            return ERR_MALFORMED;
        k->got = 0;
        k->in = arena_alloc(k->a, k->want);
        if (!k->in)
            return ERR_NOMEM;
    }
    return take(k, k->in, k->want);
}

static void stream(void *ctx, unsigned events)
{
    struct peer_ask *k = ctx;
    (void)events;
    enum err e = k->connected ? ERR_OK : plat_tcp_dialled(k->fd);
    k->connected = e == ERR_OK;
    if (e == ERR_OK)
        e = k->unsent.len ? push(k) : pull(k);
    else if (e != ERR_CLOSED && e != ERR_TIMEOUT)
        e = ERR_IO;
    if (e == ERR_OK && k->in && k->got == k->want)
        finish(k, ERR_OK, span_of(k->in, k->want));
    else if (e != ERR_OK && e != ERR_BUSY)
        finish(k, e, SPAN_NONE);
}

/* --- both ---------------------------------------------------------------------------------------
 */

static void begin(struct peer_ask *k, enum err dialled, utime timeout, unsigned watch,
                  void (*fn)(void *ctx, unsigned events))
{
    k->timer = plat_timer_new(k->loop, on_time, k);
    k->poll = dialled == ERR_OK ? plat_poll_new(k->loop, k->fd, fn, k) : NULL;
    if (!k->timer || (dialled == ERR_OK && !k->poll))
        ent_fatal("the peer has no memory for a question");
    k->failed = dialled;
    k->deadline = plat_mono() + timeout;
    k->repeat = REPEAT_FIRST;
    if (k->poll)
        plat_poll_watch(k->poll, watch);
    if (k->failed == ERR_OK)
        arm(k);
    else
        plat_timer_start(k->timer, 0, 0);
}

static enum err dial_stream(const struct peer_ask *k, const struct plat_addr *to, int *fd_out)
{
    struct plat_addr from = k->from ? *k->from : *to;
    plat_addr_set_port(&from, 0);
    return plat_tcp_dial(k->from ? &from : NULL, to, fd_out);
}

void peer_ask_stream(struct peer_ask *k, const struct plat_addr *to, unsigned prefix,
                     struct span request, utime timeout)
{
    struct builder b;
    k->prefix = prefix;
    k->connected = false;
    k->in = NULL;
    k->got = 0;
    builder_in(&b, k->a, prefix + request.len);
    for (unsigned i = prefix; i-- > 0;)
        builder_u8(&b, (uint8_t)(request.len >> 8 * i));
    builder_span(&b, request);
    enum err e = builder_done(&b, &k->unsent);
    if (e == ERR_OK)
        e = dial_stream(k, to, &k->fd);
    begin(k, e, timeout, PLAT_WRITABLE, stream);
}

void peer_ask_datagram(struct peer_ask *k, const struct plat_addr *to, struct span request,
                       utime timeout)
{
    k->prefix = 0;
    k->connected = false;
    k->out = request;
    k->in = arena_alloc(k->a, PEER_DATAGRAM_MAX);
    enum err e = k->in ? dial_datagram(k, to, &k->fd) : ERR_NOMEM;
    begin(k, e, timeout, PLAT_READABLE, datagram);
    if (e == ERR_OK)
        send_datagram(k);
}
