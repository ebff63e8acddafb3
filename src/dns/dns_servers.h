/*
 * What is remembered of the servers that we forward to: how fast they answer, whether they answer
 * at all, what they do not understand. Pure: the clock is an argument (monotonic). Entries are kept
 * by address, never freed and never moved, so that a change of forwarders forgets nothing.
 *
 * A server that fails DNS_SERVER_STRIKES times in a row is *down*: it is asked only when no server
 * is up, and besides, once its pause (doubling from one to sixty seconds) is over, one question is
 * sent to it in parallel to see whether it is back. One answer makes it *up* again.
 */
#ifndef DNS_DNS_SERVERS_H
#define DNS_DNS_SERVERS_H

#include "base/times.h"
#include "plat/address.h"

#define DNS_SERVERS_MAX    512
#define DNS_SERVER_STRIKES 3

struct dns_server {
    struct plat_addr addr;
    unsigned strikes;      /* failures in a row */
    unsigned case_changes; /* answers in a row that did not keep the question's case */
    utime pause;           /* how long it is left alone when down */
    utime try_again;       /* down: when to look again */
    utime round_trip;      /* smoothed; 0: not known */
    utime plain_until;     /* no EDNS before this */
    utime unmixed_until;   /* no random case before this */
};

struct dns_servers {
    struct dns_server list[DNS_SERVERS_MAX];
    size_t count;
};

/* The entry of an address, made if it is new; NULL when the table is full. */
struct dns_server *dns_servers_get(struct dns_servers *s, const struct plat_addr *addr);

static inline bool dns_server_up(const struct dns_server *s)
{
    return s->strikes < DNS_SERVER_STRIKES;
}

/* An answer came (any rcode that shows a working server). Returns true when it was down. */
bool dns_server_answered(struct dns_server *s, utime round_trip);
/* No answer, or one that is none; count is how many strikes that is worth (a refused port is
 * certain at once). Returns true when it goes down by it. */
bool dns_server_failed(struct dns_server *s, unsigned count, utime now);
/* An answer in changed case: after a few, the question goes out in lower case for ten minutes. */
void dns_server_changed_case(struct dns_server *s, utime now);
void dns_server_refused_edns(struct dns_server *s, utime now);

/* How long to wait for this server before asking another: a few round trips, within 200 ms and
 * 1.5 s, or first when nothing is known. */
utime dns_server_patience(const struct dns_server *s, utime first);

/* Orders by who is to be asked first: those that are up in the given order, then the others by the
 * end of their pause. */
void dns_servers_order(struct dns_server **list, size_t count);
/* The first that is down and due for another look, or NULL; its pause is doubled, and it is not due
 * again until that has passed. */
struct dns_server *dns_servers_due(struct dns_server *const *list, size_t count, utime now);

#endif
