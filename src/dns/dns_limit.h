/*
 * Response-rate limiting: a server that answers anybody over UDP must not be a useful amplifier. A
 * client network (IPv4 /24, IPv6 /56) gets at most so many *equal* answers a second: the same name
 * and type, or one class of errors. Beyond that every second answer slips through as an empty one
 * with TC, so that a real client behind a forged flood can go on over TCP; the others are dropped.
 *
 * A fixed table of counters indexed by a seeded hash: two networks may share one, which errs toward
 * limiting. Pure but for its own table; one thread.
 */
#ifndef DNS_DNS_LIMIT_H
#define DNS_DNS_LIMIT_H

#include "base/times.h"
#include "plat/address.h"

struct dns_limit;

enum dns_limit_verdict {
    DNS_LIMIT_PASS,
    DNS_LIMIT_SLIP, /* answer with TC and nothing else */
    DNS_LIMIT_DROP,
};

/* per_second 0 passes everything. Bursts of two seconds' worth are allowed. */
struct dns_limit *dns_limit_new(unsigned per_second, uint64_t seed);
void dns_limit_free(struct dns_limit *l);

/* what: a hash of the answer's identity. now is monotonic. */
enum dns_limit_verdict dns_limit_check(struct dns_limit *l, const struct plat_addr *client,
                                       uint64_t what, utime now);

#endif
