/*
 * Names looked up at one given DNS server, on the loop: what locates a partner's domain
 * controllers, and what tells which resolver does not know which name. It asks exactly the server
 * that it is told to, so that the answer to "why" names it.
 *
 * The protections are those of wire/dns/dns_exchange.h: a random port, id and case, and TCP when
 * the answer was cut or its case came back changed, or when somebody seems to guess.
 */
#ifndef PEER_PEER_DNS_H
#define PEER_PEER_DNS_H

#include "peer/peer_ask.h"
#include "wire/dns/dns_exchange.h"

#define PEER_DNS_SERVICES_MAX  32
#define PEER_DNS_ADDRESSES_MAX 8 /* of one host */

struct peer_dns_question {
    struct peer_ask ask; /* loop and arena are set by the owner */
    /* Once, never from inside peer_dns_ask. A response with any rcode is ERR_OK; errors are those
     * of peer_ask.h, and ERR_MALFORMED when what came is no answer. */
    void (*done)(struct peer_dns_question *q, enum err e, const struct dns_response *response);

    /* Of peer_dns.c. */
    const struct plat_addr *server;
    struct dns_exchange x;
    uint8_t query[DNS_QUERY_MAX];
    bool tcp;
    unsigned guesses;
    utime deadline;
};

/* Asks server, which has to stay in place, for (name, type), with RD, until deadline (plat_mono).
 */
void peer_dns_ask(struct peer_dns_question *q, const struct plat_addr *server, struct span name,
                  uint16_t type, utime deadline);

/* A host that offers a service, and where. */
struct peer_dns_service {
    struct span host; /* wire form */
    uint16_t priority, weight;
    struct plat_addr addrs[PEER_DNS_ADDRESSES_MAX]; /* with the service's port */
    size_t addr_count;                              /* 0: the server knows no address of it */
};

struct peer_dns_services {
    enum dns_rcode rcode; /* of the SRV question */
    struct peer_dns_service list[PEER_DNS_SERVICES_MAX];
    size_t count; /* 0 also for NXDOMAIN, NODATA and the one target "." (RFC 2782: not offered) */
};

struct peer_dns_locator {
    struct peer_dns_question question; /* loop and arena of its ask are set by the owner */
    /* Once, never from inside peer_dns_locate. e is that of the SRV question; a host whose
     * addresses cannot be had stays in the list without any. */
    void (*done)(struct peer_dns_locator *l, enum err e);
    void *ctx; /* the owner's */
    struct peer_dns_services found;

    /* Of peer_dns.c. */
    const struct plat_addr *server;
    struct span name;
    utime deadline;
    uint16_t port[PEER_DNS_SERVICES_MAX];
    size_t at; /* the host whose addresses are asked for */
};

/* The SRV records of name, in the order in which to try them (priority, then chance by weight),
 * with the addresses from the same answer or asked for one by one. name and server stay in place.
 */
void peer_dns_locate(struct peer_dns_locator *l, const struct plat_addr *server, struct span name,
                     utime deadline);

#endif
