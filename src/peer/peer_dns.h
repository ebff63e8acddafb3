/*
 * Names looked up at one given DNS server, one at a time and blocking up to a deadline: what
 * locates a partner's domain controllers, and what tells which resolver does not know which name.
 * It asks exactly the server that it is told to, so that the answer to "why" names it.
 *
 * The protections are those of wire/dns/dns_exchange.h: a random port, id and case, and TCP when
 * the answer was cut or its case came back changed. Thread-safe as far as its arguments are.
 */
#ifndef PEER_PEER_DNS_H
#define PEER_PEER_DNS_H

#include "plat/address.h"
#include "plat/clock.h"
#include "wire/dns/dns_exchange.h"

#define PEER_DNS_SERVICES_MAX  32
#define PEER_DNS_ADDRESSES_MAX 8 /* of one host */

/* Asks server for (name, type), with RD. A response with any rcode is ERR_OK; look at out->rcode.
 * ERR_TIMEOUT: silent until deadline (plat_mono); ERR_CLOSED: its port is closed; ERR_IO: no way
 * there; ERR_MALFORMED: what it sent is no answer. out lives in the arena. */
enum err peer_dns_ask(const struct plat_addr *server, struct span name, uint16_t type,
                      utime deadline, struct arena *a, struct dns_response *out);

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

/* The SRV records of name, in the order in which to try them (priority, then chance by weight),
 * with the addresses from the same answer or asked for one by one. Errors are those of the SRV
 * question; a host whose addresses cannot be had stays in the list without any. */
enum err peer_dns_locate(const struct plat_addr *server, struct span name, utime deadline,
                         struct arena *a, struct peer_dns_services *out);

/* The A and AAAA records of host as addresses with this port, at most max. */
enum err peer_dns_addresses(const struct plat_addr *server, struct span host, uint16_t port,
                            utime deadline, struct arena *a, struct plat_addr *addrs, size_t max,
                            size_t *count_out);

#endif
