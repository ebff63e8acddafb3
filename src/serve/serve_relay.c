#include "serve/serve_relay.h"

#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plat/clock.h"
#include "plat/net.h"
#include "serve/serve_collectors.h"

#define BATCH_MAX    (64u << 10) /* what an event log writes at once */
#define RETRY        UTIME_SECOND
#define DIAL_TIMEOUT (5 * UTIME_SECOND)
#define TOLD_PERIOD  UTIME_MINUTE /* a collector that is away is an event no more often */

struct source {
    struct source *next;
    struct collector *to;
    int fd;
    struct plat_poll *poll;
};

struct collector {
    struct serve_relay *relay;
    char url[sizeof(((struct serve_collector *)0)->url)];
    struct serve_collector_at at;
    struct source *sources;
    int fd; /* -1: not connected */
    struct plat_poll *poll;
    struct plat_timer *timer; /* of the next attempt, or the end of this one */
    bool dialling, resting;
    utime told;  /* that it is away; 0: never */
    size_t sent; /* bytes of the first line's frame */
    size_t begin, end;
    char queue[SERVE_RELAY_QUEUE]; /* whole lines */
};

struct serve_relay {
    struct plat_loop *loop;
    const struct event_sink *events;
    unsigned count;
    struct collector *collector[SERVE_COLLECTORS_MAX];
};

static void pump(struct collector *c);

/* --- the connection ----------------------------------------------------------------------------
 */

static void hang_up(struct collector *c)
{
    plat_poll_free(c->poll);
    c->poll = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->dialling = false;
    c->sent = 0;
}

static void away(struct collector *c, int error)
{
    struct event ev;
    hang_up(c);
    c->resting = true;
    plat_timer_start(c->timer, RETRY, 0);
    if (c->told && plat_mono() - c->told < TOLD_PERIOD)
        return;
    c->told = plat_mono();
    event_init(&ev, plat_now(), "notify.syslog_away", REASON_CONTROL_SYSLOG_AWAY);
    event_text(&ev, "collector", span_str(c->url));
    event_text(&ev, "text", span_str(strerror(error)));
    event_emit(c->relay->events, &ev);
}

/* Nothing is expected of a collector but its end, which a stream shows by nothing to read. */
static void heard(struct collector *c)
{
    char dropped[512];
    ssize_t n = recv(c->fd, dropped, sizeof(dropped), MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        away(c, errno);
    else if (n == 0 && c->at.type == SOCK_STREAM)
        away(c, ECONNRESET);
}

static void on_collector(void *ctx, unsigned events)
{
    struct collector *c = ctx;
    if (c->dialling) {
        if (plat_tcp_dialled(c->fd) != ERR_OK) {
            away(c, errno);
            return;
        }
        c->dialling = false;
        plat_timer_stop(c->timer);
    } else if (events & (PLAT_READABLE | PLAT_HANGUP)) {
        heard(c);
    }
    if (c->fd >= 0)
        pump(c);
}

static enum err open_connection(struct collector *c)
{
    if (*c->at.path)
        return plat_unix_datagram_dial(c->at.path, &c->fd);
    if (c->at.type == SOCK_DGRAM)
        return plat_udp_dial(NULL, &c->at.to, &c->fd);
    TRY(plat_tcp_dial(NULL, &c->at.to, &c->fd));
    c->dialling = true;
    plat_timer_start(c->timer, DIAL_TIMEOUT, 0);
    return ERR_OK;
}

static void dial(struct collector *c)
{
    if (open_connection(c) != ERR_OK) {
        away(c, errno);
        return;
    }
    c->poll = plat_poll_new(c->relay->loop, c->fd, on_collector, c);
    if (!c->poll)
        away(c, ENOMEM);
    else
        plat_poll_watch(c->poll, c->dialling ? PLAT_WRITABLE : PLAT_READABLE);
}

static void on_timer(void *ctx)
{
    struct collector *c = ctx;
    c->resting = false;
    if (c->dialling)
        away(c, ETIMEDOUT);
    else
        pump(c);
}

/* --- messages ----------------------------------------------------------------------------------
 */

/* The rest of one line's frame; what the socket took of it is in c->sent. */
static ssize_t send_rest(struct collector *c, const char *line, size_t len)
{
    char length[16] = "";
    int prefix = c->at.type == SOCK_STREAM ? snprintf(length, sizeof(length), "%zu ", len) : 0;
    size_t of_prefix = c->sent < (size_t)prefix ? (size_t)prefix - c->sent : 0;
    size_t of_line = len - (c->sent > (size_t)prefix ? c->sent - (size_t)prefix : 0);
    struct iovec parts[] = {{length + prefix - of_prefix, of_prefix},
                            {(char *)(uintptr_t)(line + len - of_line), of_line}};
    struct msghdr msg = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0 && (size_t)n < of_prefix + of_line) {
        c->sent += (size_t)n;
        errno = EAGAIN;
        return -1;
    }
    return n;
}

/* Sends lines until the socket takes no more: 0, or errno. */
static int send_lines(struct collector *c)
{
    while (c->begin < c->end) {
        const char *line = c->queue + c->begin;
        const char *end = memchr(line, '\n', c->end - c->begin);
        size_t len = (size_t)(end - line);
        ssize_t n = len ? send_rest(c, line, len) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EMSGSIZE) /* which no attempt would change */
            return errno;
        c->sent = 0;
        c->begin += len + 1;
    }
    return 0;
}

static void watch_sources(const struct collector *c)
{
    bool room = c->end - c->begin <= SERVE_RELAY_QUEUE - BATCH_MAX;
    for (const struct source *s = c->sources; s; s = s->next)
        plat_poll_watch(s->poll, room ? PLAT_READABLE : 0);
}

static void pump(struct collector *c)
{
    int error = 0;
    if (c->fd < 0 && !c->resting)
        dial(c);
    if (c->fd >= 0 && !c->dialling) {
        error = send_lines(c);
        plat_poll_watch(c->poll, PLAT_READABLE | (error == EAGAIN ? PLAT_WRITABLE : 0));
    }
    if (error && error != EAGAIN)
        away(c, error);
    watch_sources(c);
}

/* --- what comes --------------------------------------------------------------------------------
 */

static void source_free(struct source *s)
{
    struct source **at = &s->to->sources;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    plat_poll_free(s->poll);
    close(s->fd);
    free(s);
}

static bool ended(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

static void on_source(void *ctx, unsigned events)
{
    struct source *s = ctx;
    struct collector *c = s->to;
    (void)events;
    if (c->begin) {
        memmove(c->queue, c->queue + c->begin, c->end - c->begin);
        c->end -= c->begin;
        c->begin = 0;
    }
    if (SERVE_RELAY_QUEUE - c->end < BATCH_MAX)
        return;
    ssize_t n = recv(s->fd, c->queue + c->end, BATCH_MAX, MSG_DONTWAIT);
    if (n > 0) {
        c->end += (size_t)n;
        c->queue[c->end - 1] = '\n'; /* it is, unless somebody wrote something else */
        pump(c);
    } else if ((n == 0 || errno != EAGAIN) && ended(s->fd)) {
        source_free(s);
    }
}

/* --- made and ended ----------------------------------------------------------------------------
 */

static void collector_free(struct collector *c)
{
    while (c->sources)
        source_free(c->sources);
    hang_up(c);
    plat_timer_free(c->timer);
    free(c);
}

static enum err find(struct serve_relay *r, struct span url, struct collector **out)
{
    struct serve_collector_at at;
    for (unsigned i = 0; i < r->count; i++) {
        if (span_eq(span_str(r->collector[i]->url), url)) {
            *out = r->collector[i];
            return ERR_OK;
        }
    }
    TRY(serve_collector_parse(url, &at));
    if (r->count == SERVE_COLLECTORS_MAX)
        return ERR_LIMIT;
    struct collector *c = calloc(1, sizeof(*c));
    struct plat_timer *timer = c ? plat_timer_new(r->loop, on_timer, c) : NULL;
    if (!timer) {
        free(c);
        return ERR_NOMEM;
    }
    c->relay = r;
    c->at = at;
    c->fd = -1;
    c->timer = timer;
    snprintf(c->url, sizeof(c->url), "%.*s", SPAN_ARG(url));
    r->collector[r->count++] = c;
    *out = c;
    return ERR_OK;
}

enum err serve_relay_new(struct plat_loop *loop, const struct event_sink *events,
                         struct serve_relay **out)
{
    struct serve_relay *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NOMEM;
    r->loop = loop;
    r->events = events;
    *out = r;
    return ERR_OK;
}

enum err serve_relay_add(struct serve_relay *r, struct span url, int fd)
{
    struct collector *c;
    TRY(find(r, url, &c));
    struct source *s = calloc(1, sizeof(*s));
    if (!s || !(s->poll = plat_poll_new(r->loop, fd, on_source, s))) {
        free(s);
        return ERR_NOMEM;
    }
    s->fd = fd;
    s->to = c;
    s->next = c->sources;
    c->sources = s;
    watch_sources(c);
    return ERR_OK;
}

void serve_relay_free(struct serve_relay *r)
{
    if (!r)
        return;
    while (r->count)
        collector_free(r->collector[--r->count]);
    free(r);
}
