/*
 * Compiled answers from our own zones, by (name, type). All of them belong to one data epoch: when
 * it changes, or the memory is full, everything is dropped at once and compiled again as it is
 * asked for. That costs little because an answer is compiled in microseconds, and it needs no
 * dependency tracking. Where too many hashes meet, a new answer takes the place of an old one.
 *
 * Memory is taken when the table is made and never grows. One thread.
 */
#ifndef DNS_DNS_ANSWERS_H
#define DNS_DNS_ANSWERS_H

#include "wire/dns/dns_message.h"

struct dns_answers;

#define DNS_ANSWERS_MEMORY_MIN (64u * 1024)

/* memory: bytes for answers; slots: a power of two, the most entries. NULL without memory. */
struct dns_answers *dns_answers_new(size_t memory, size_t slots, uint64_t seed);
void dns_answers_free(struct dns_answers *c);

/* The key of every other call; name in lower case. */
uint64_t dns_answers_hash(const struct dns_answers *c, struct span name, uint16_t type);

void dns_answers_clear(struct dns_answers *c);
/* Drops everything when epoch differs from the last one given. */
void dns_answers_at(struct dns_answers *c, uint64_t epoch);

/* The next in turn of the bodies kept for this question, or NULL. Valid until the next put, at or
 * clear. */
const struct dns_body *dns_answers_find(struct dns_answers *c, uint64_t hash, struct span name,
                                        uint16_t type);

/* Copies 1 to DNS_TURNS_MAX bodies. One that cannot be kept is simply compiled again next time. */
void dns_answers_put(struct dns_answers *c, uint64_t hash, struct span name, uint16_t type,
                     const struct dns_body *bodies, unsigned count);

size_t dns_answers_count(const struct dns_answers *c);

#endif
