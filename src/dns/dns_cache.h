/*
 * Answers that other servers gave, by (name, type), until their time is over: the smallest TTL in
 * the answer, or for a negative one what its SOA says (RFC 2308). An answer leaves with its TTLs
 * reduced by its age. Nothing is served beyond its time.
 *
 * Bounded in bytes; the least recently used answer makes room. Everything is dropped when the set
 * of forwarders or zones changes (dns_cache_clear). One thread.
 */
#ifndef DNS_DNS_CACHE_H
#define DNS_DNS_CACHE_H

#include "base/times.h"
#include "wire/dns/dns_message.h"

struct dns_cache;

struct dns_cached {
    struct dns_body body;
    uint32_t age; /* seconds */
};

/* NULL without memory. */
struct dns_cache *dns_cache_new(size_t memory_max, uint64_t seed);
void dns_cache_free(struct dns_cache *c);
void dns_cache_clear(struct dns_cache *c);

/* now is monotonic. Views in out are valid until the next call. False when there is none. */
bool dns_cache_find(struct dns_cache *c, struct span name, uint16_t type, utime now,
                    struct dns_cached *out);
/* Copies the body; replaces an answer already there. seconds 0 keeps nothing. */
void dns_cache_put(struct dns_cache *c, struct span name, uint16_t type,
                   const struct dns_body *body, uint32_t seconds, utime now);

/* How long an answer may be kept: the smallest TTL, for a negative answer that of its SOA record
 * bounded by the SOA's last field, 0 for a negative answer without SOA. At most the caps below. */
#define DNS_CACHE_TTL_MAX          (24u * 3600)
#define DNS_CACHE_NEGATIVE_TTL_MAX 3600u
uint32_t dns_answer_ttl(const struct dns_answer *answer, size_t tail);

size_t dns_cache_bytes(const struct dns_cache *c);
size_t dns_cache_count(const struct dns_cache *c);

#endif
