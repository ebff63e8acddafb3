/*
 * Questions about names that are not ours, asked of the servers that the directory names for them.
 *
 * The life of a question: the server could not answer it from our zones or from dns_cache, made a
 * waiter and called dns_forward_ask. If the same question is in flight already, the waiter joins
 * it; otherwise a job is made, which asks the forwarder's servers (healthy ones first, the next
 * when one keeps silent, over TCP when UDP does not do), follows aliases that lead elsewhere, puts
 * what it learnt into the cache, and calls every waiter's done, exactly once, never from inside
 * dns_forward_ask. When all servers fail, or the time is over, done gets no body: SERVFAIL.
 *
 * Against forged answers (RFC 5452): a fresh socket on a random port for each question sent, bound
 * to the server's address by connect; a random id; random case in the name (draft-vixie-dnsext-
 * dns0x20); bailiwick; and after a number of wrong guesses the question goes over TCP.
 *
 * All that is counted has a maximum (struct dns_forward_limits). One thread, the loop's.
 */
#ifndef DNS_DNS_FORWARD_H
#define DNS_DNS_FORWARD_H

#include "dns/dns_cache.h"
#include "dns/dns_report.h"
#include "dns/dns_resolution.h"
#include "dns/dns_routes.h"
#include "plat/loop.h"

struct dns_forward;

struct dns_forward_limits {
    utime first_wait;     /* for a server of unknown speed, before another is asked as well */
    utime deadline;       /* of the whole question: below the 5 s after which clients ask again */
    unsigned jobs_max;    /* questions in flight */
    unsigned waiters_max; /* clients that wait, all together */
    unsigned sockets_max; /* UDP sockets open at once */
    unsigned tcp_max;     /* TCP connections open at once */
};

#define DNS_FORWARD_LIMITS                                                                         \
    {                                                                                              \
        UTIME_SECOND / 2, 4 * UTIME_SECOND, 1024, 8192, 1024, 128                                  \
    }

/* Who waits for an answer; embedded in the owner's own struct, which must stay in place until done
 * or dns_forward_cancel. */
struct dns_waiter {
    /* body is valid during the call; NULL means SERVFAIL. */
    void (*done)(struct dns_waiter *w, const struct dns_body *body);
    struct plat_addr client;
    uint16_t id; /* of the client's question: with client and question, tells a repetition */
    struct dns_forward *forward; /* from here on the forwarder's: zero before */
    struct dns_waiter *next, **link;
};

struct dns_forward_setup {
    struct plat_loop *loop;
    const struct dns_zones *zones;
    const struct dns_routes *routes;
    struct dns_cache *cache;
    struct dns_reporter *reporter;
    struct plat_addr
        from[2]; /* source addresses of our own questions, one of each family; an address
                    of family 0 leaves it to the system. The port is ignored. A DC that
                    asks from the address it serves on lets its partners see loops. */
    struct dns_forward_limits limits;
};

/* All pointers in setup must stay valid. */
enum err dns_forward_new(const struct dns_forward_setup *setup, struct dns_forward **out);
/* Ends every job: done is called without a body. */
void dns_forward_free(struct dns_forward *f);

/* prefix: what our own zones said, ending in a foreign name (prefix->rest, which is the question's
 * name itself when they said nothing); copied. qname is the question's name in lower case, asked
 * the name as the client spelt it. ERR_BUSY beyond a limit; ERR_EXISTS when this very client
 * already waits for this very question (a repetition: drop it); ERR_STATE when the question comes
 * from the server we are asking it, or is our own come back: a loop. */
enum err dns_forward_ask(struct dns_forward *f, struct span qname, struct span asked, uint16_t type,
                         const struct dns_lookup *prefix, struct dns_waiter *w);
void dns_forward_cancel(struct dns_waiter *w);

/* The routes or the zones have changed: what is in flight is still answered, but not kept. */
void dns_forward_rerouted(struct dns_forward *f);

unsigned dns_forward_jobs(const struct dns_forward *f);

#endif
