/*
 * Events of the DNS server. There is one for each refusal and each change of a forwarder's state;
 * ordinary answers leave none, they are too many and say nothing. Anybody can send questions that
 * are refused, so each reason has an allowance per second; what was left out is counted in the next
 * event of that reason ("suppressed").
 */
#ifndef DNS_DNS_REPORT_H
#define DNS_DNS_REPORT_H

#include "base/event.h"
#include "plat/address.h"

struct dns_reporter {
    const struct event_sink *sink;
    struct {
        utime since;
        unsigned count;
        uint64_t suppressed;
    } allowance[REASON__COUNT];
};

/* Fields that are empty, zero or NULL are left out of the event. */
struct dns_report {
    const char *event; /* "dns.query", "dns.update", "dns.key", "dns.forward", "dns.server" */
    enum reason reason;
    struct span name; /* in wire form */
    uint16_t type;
    const struct plat_addr *client;
    const struct plat_addr *server;
    struct span suffix; /* of the forwarder, in wire form */
    struct span who;    /* who signed, as text */
};

/* wall: the event's time; now: monotonic. */
void dns_report(struct dns_reporter *r, const struct dns_report *what, utime wall, utime now);

#endif
