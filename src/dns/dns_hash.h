/*
 * A seeded hash of (name, type) for this folder's tables. The seed is random per process, so that
 * nobody outside can aim at one bucket; the tables bound their chains besides.
 */
#ifndef DNS_DNS_HASH_H
#define DNS_DNS_HASH_H

#include "base/span.h"

static inline uint64_t dns_hash_mix(uint64_t a, uint64_t b)
{
    __uint128_t m =
        (__uint128_t)(a ^ UINT64_C(0x9e3779b97f4a7c15)) * (b ^ UINT64_C(0xd6e8feb86659fd93));
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* name in lower case. */
static inline uint64_t dns_hash(uint64_t seed, struct span name, uint16_t type)
{
    uint64_t h = seed ^ ((uint64_t)type << 32 | name.len), word;
    for (; name.len >= sizeof(word); name = span_sub(name, sizeof(word), name.len)) {
        memcpy(&word, name.ptr, sizeof(word));
        h = dns_hash_mix(h ^ word, seed);
    }
    word = 0;
    if (name.len > 0)
        memcpy(&word, name.ptr, name.len);
    return dns_hash_mix(h ^ word, ~seed);
}

#endif
