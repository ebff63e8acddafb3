/* One question to one server over UDP, and the decision to repeat it over TCP. */
#include "dns/dns_job.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plat/net.h"
#include "plat/random.h"

#define PORT_FIRST       1024
#define PORT_TRIES       8
#define DATAGRAMS_A_TURN 8

/* The system's own choice of port knows half as many and repeats itself in a small range; ours is
 * uniform over all that are not privileged. */
static enum err open_socket(const struct dns_forward *f, const struct plat_addr *to, int *fd_out)
{
    bool v6 = plat_addr_is_v6(to);
    struct plat_addr from = {0};
    for (size_t i = 0; i < 2; i++) {
        const struct plat_addr *own = &f->setup.from[i];
        if (own->sa.sa_family == to->sa.sa_family)
            from = *own;
    }
    from.sa.sa_family = v6 ? AF_INET6 : AF_INET;
    enum err e = ERR_IO;
    for (unsigned i = 0; i < PORT_TRIES && e != ERR_OK; i++) {
        uint32_t port = PORT_FIRST + plat_random_below(65536 - PORT_FIRST);
        plat_addr_set_port(&from, (uint16_t)port);
        e = plat_udp_dial(&from, to, fd_out);
        if (e != ERR_OK && errno != EADDRINUSE)
            break;
    }
    bool our_fault = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return e != ERR_OK && our_fault ? ERR_BUSY : e;
}

static void send_question(const struct dns_attempt *a)
{
    uint8_t query[DNS_QUERY_MAX];
    size_t len = dns_exchange_query(&a->x, query, sizeof(query));
    /* A datagram that the system cannot take is lost like any other: the timer repeats it. */
    (void)!send(a->fd, query, len, MSG_NOSIGNAL);
}

static void readable(void *ctx, unsigned events)
{
    struct dns_attempt *a = ctx;
    struct dns_forward *f = a->job->f;
    (void)events;
    for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
        ssize_t len = recv(a->fd, f->datagram, sizeof(f->datagram), MSG_DONTWAIT);
        if (len < 0) {
            if (errno != EAGAIN && errno != EINTR) /* the port is closed, or no way there */
                dns_job_failed(a, DNS_SERVER_STRIKES);
            return;
        }
        if (!dns_attempt_message(a, span_of(f->datagram, (size_t)len), false))
            return;
    }
}

static enum err start_udp(struct dns_attempt *a)
{
    struct dns_forward *f = a->job->f;
    if (f->sockets >= f->setup.limits.sockets_max)
        return ERR_BUSY;
    TRY(open_socket(f, &a->server->addr, &a->fd));
    a->poll = plat_poll_new(f->setup.loop, a->fd, readable, a);
    if (!a->poll) {
        close(a->fd);
        a->fd = -1;
        return ERR_NOMEM;
    }
    f->sockets++;
    plat_poll_watch(a->poll, PLAT_READABLE);
    send_question(a);
    return ERR_OK;
}

static void end_udp(struct dns_attempt *a)
{
    if (a->fd < 0)
        return;
    plat_poll_free(a->poll);
    close(a->fd);
    a->fd = -1;
    a->poll = NULL;
    a->job->f->sockets--;
}

enum err dns_attempt_start(struct dns_attempt *a)
{
    uint8_t random[DNS_EXCHANGE_RANDOM];
    utime now = plat_mono();
    plat_random(random, sizeof(random));
    dns_exchange_begin(&a->x, a->job->hop_name, a->job->type, true, now >= a->server->unmixed_until,
                       random);
    if (now < a->server->plain_until)
        dns_exchange_plain(&a->x);
    a->fd = -1;
    a->sent = now;
    TRY(start_udp(a));
    a->pending = true;
    return ERR_OK;
}

void dns_attempt_end(struct dns_attempt *a)
{
    end_udp(a);
    dns_dial_end(a);
    a->pending = false;
}

static void switch_to_tcp(struct dns_attempt *a)
{
    end_udp(a);
    if (dns_dial_start(a) != ERR_OK)
        dns_job_failed(a, 0);
}

static void ask_again_plain(struct dns_attempt *a, bool over_tcp)
{
    dns_server_refused_edns(a->server, plat_mono());
    dns_exchange_plain(&a->x);
    if (!over_tcp) {
        send_question(a);
        return;
    }
    dns_dial_end(a);
    switch_to_tcp(a);
}

/* Returns whether to go on listening on the same socket. */
static bool guessed_at(struct dns_attempt *a)
{
    if (++a->guesses < DNS_GUESSES_MAX)
        return true;
    dns_job_report(a->job, REASON_DNS_ANSWER_FORGED, a->server);
    switch_to_tcp(a);
    return false;
}

bool dns_attempt_message(struct dns_attempt *a, struct span msg, bool over_tcp)
{
    switch (dns_exchange_fit(&a->x, msg, over_tcp)) {
    case DNS_FIT_ANSWER:
        if (!over_tcp)
            a->server->case_changes = 0;
        dns_job_answered(a, msg);
        break;
    case DNS_FIT_CASE:
        dns_server_changed_case(a->server, plat_mono());
        switch_to_tcp(a);
        break;
    case DNS_FIT_TRUNCATED:
        switch_to_tcp(a);
        break;
    case DNS_FIT_NO_EDNS:
        ask_again_plain(a, over_tcp);
        break;
    case DNS_FIT_FOREIGN:
        if (!over_tcp)
            return guessed_at(a);
        dns_job_failed(a, 1);
        break;
    }
    return false;
}
