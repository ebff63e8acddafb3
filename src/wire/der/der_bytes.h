/*
 * Inside wire/der only: headers and integers written backwards, from the octet after their end. The
 * memory has been made large enough by the caller with the sizes given here; each returns where it
 * began.
 */
#ifndef WIRE_DER_DER_BYTES_H
#define WIRE_DER_DER_BYTES_H

#include "wire/der/der.h"

/* The walks over a table: what calls itself stays a function, and all else is inside of it. Left to
 * itself the compiler does it the other way round, which costs a third more. */
#define DER_RECURSIVE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))

static inline size_t header_size(size_t body_len)
{
    return body_len < 0x80        ? 2
           : body_len < 0x100     ? 3
           : body_len < 0x10000   ? 4
           : body_len < 0x1000000 ? 5
                                  : 6;
}

static inline uint8_t *header_before(uint8_t *end, uint8_t tag, size_t body_len)
{
    uint8_t *p = end;
    if (body_len < 0x80) {
        *--p = (uint8_t)body_len;
    } else {
        for (size_t rest = body_len; rest; rest >>= 8)
            *--p = (uint8_t)rest;
        uint8_t octets = (uint8_t)(end - p);
        *--p = 0x80 | octets;
    }
    *--p = tag;
    return p;
}

/* Contents octets of the shortest two's complement form. */
static inline size_t int_size(int64_t v)
{
    uint64_t magnitude = (uint64_t)(v ^ (v >> 63));
    unsigned bits = magnitude ? 64 - (unsigned)__builtin_clzll(magnitude) : 0;
    return bits / 8 + 1;
}

static inline uint8_t *int_before(uint8_t *end, int64_t v)
{
    uint8_t *p = end;
    for (size_t n = int_size(v); n > 0; n--, v >>= 8)
        *--p = (uint8_t)v;
    return p;
}

#endif
