/*
 * GUIDs ([MS-DTYP] 2.3.4): 16 bytes in wire order (first three fields little-endian).
 */
#ifndef WIRE_MS_GUID_H
#define WIRE_MS_GUID_H

#include "base/err.h"
#include "base/span.h"

struct guid {
    uint8_t b[16];
};

#define GUID_TEXT_SIZE 37

static inline bool guid_eq(const struct guid *a, const struct guid *b)
{
    return memcmp(a->b, b->b, 16) == 0;
}

static inline bool guid_is_zero(const struct guid *g)
{
    static const struct guid zero;
    return guid_eq(g, &zero);
}

/* "6ba7b810-9dad-11d1-80b4-00c04fd430c8", zero-terminated. */
void guid_to_text(const struct guid *g, char out[GUID_TEXT_SIZE]);
/* With or without braces. ERR_MALFORMED. */
enum err guid_from_text(struct span s, struct guid *out);
/* Marks 16 random bytes as a version 4 GUID. */
void guid_from_random(const uint8_t random[16], struct guid *out);

#endif
