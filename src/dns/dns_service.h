/*
 * The DNS server of one domain controller: authoritative for the zones that zone_ops shows, and for
 * its own networks a forwarder of everything else.
 *
 * The life of a request, over UDP or TCP alike:
 *
 *     parse        dns_query_parse: drop, error, or one question
 *     compiled     dns_answers: one hash lookup, one copy, id and flags: nearly all requests end
 * here our zones    dns_lookup over zone_ops; the answer is compiled, kept if it is stable, and
 * sent elsewhere    only for RD from a client of config.recursion: dns_cache, then dns_forward
 *
 *     updates          dns_update.h
 *
 * Every refusal leaves an event with a DNS_ reason. The server allocates nothing for an answer from
 * our zones; questions that wait for other servers are counted and bounded.
 *
 * One service per process and loop; several processes share an address by SO_REUSEPORT. All calls
 * come from the loop's thread.
 */
#ifndef DNS_DNS_SERVICE_H
#define DNS_DNS_SERVICE_H

#include "dns/dns_forward.h"
#include "dns/dns_networks.h"
#include "dns/dns_update.h"
#include "plat/stream.h"

#define DNS_SELF_MAX 32

struct dns_config {
    struct plat_addr self[DNS_SELF_MAX]; /* the addresses that are served, with their port: never
                                            forwarded to */
    size_t self_count;
    struct plat_addr from[2];      /* see struct dns_forward_setup */
    struct dns_networks recursion; /* who may have other names looked up; empty: nobody */
    struct dns_networks unlimited; /* exempt from the rate limit */
    unsigned answers_per_second;   /* equal answers to one client network over UDP; 0: no limit */
    uint16_t udp_max;              /* largest answer over UDP, at most 4096 */
    size_t answers_memory;         /* compiled answers, at least DNS_ANSWERS_MEMORY_MIN */
    size_t answers_slots;          /* a power of two */
    size_t cache_memory;           /* answers of other servers */
    unsigned tcp_conns;
    utime tcp_idle;    /* between two requests */
    utime tcp_request; /* for all bytes of one */
    struct dns_forward_limits forward;
    struct dns_updates updates;
};

/* Sensible values for a domain controller: 200 equal answers a second, 1232 bytes, 16 MiB and 65536
 * slots of compiled answers, 16 MiB of foreign ones, 1024 connections, 10 s idle, 5 s a request. No
 * networks, no addresses. */
void dns_config_default(struct dns_config *config);

struct dns_service;

/* zones' methods are called for as long as the service lives; sink may be NULL. The mandatory
 * methods of zone_ops are checked. ERR_NOMEM, ERR_IO, ERR_STATE. */
enum err dns_service_new(struct plat_loop *loop, const struct dns_zones *zones,
                         const struct dns_config *config, const struct event_sink *sink,
                         struct dns_service **out);
/* Takes over a bound UDP socket, a listening TCP socket, unless it fails. */
enum err dns_service_udp(struct dns_service *s, int fd);
enum err dns_service_tcp(struct dns_service *s, int fd);
/* Closes everything; who waits over UDP gets SERVFAIL. */
void dns_service_free(struct dns_service *s);

/* Replaces the networks that may have other names looked up: from the next request on. */
void dns_service_recursion(struct dns_service *s, const struct dns_networks *networks);

struct dns_counts {
    uint64_t requests;
    uint64_t compiled; /* answered from dns_answers */
    uint64_t looked_up;
    uint64_t cached;    /* answered from dns_cache */
    uint64_t forwarded; /* had to wait */
    uint64_t refused;
    uint64_t limited;
    uint64_t dropped;
};
const struct dns_counts *dns_service_counts(const struct dns_service *s);

#endif
