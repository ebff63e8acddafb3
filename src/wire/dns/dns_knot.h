/*
 * libknot on an arena: its allocations come from the arena and are never freed one by one, so no
 * knot_*_free is needed. For this folder only.
 */
#ifndef WIRE_DNS_DNS_KNOT_H
#define WIRE_DNS_DNS_KNOT_H

#include <libknot/libknot.h>

#include "base/arena.h"

static inline void *dns_knot_alloc(void *ctx, size_t len)
{
    return arena_alloc(ctx, len);
}

static inline void dns_knot_free(void *ptr)
{
    (void)ptr;
}

static inline knot_mm_t dns_knot_mm(struct arena *a)
{
    return (knot_mm_t){.ctx = a, .alloc = dns_knot_alloc, .free = dns_knot_free};
}

#endif
