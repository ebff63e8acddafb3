/*
 * One code point of UTF-8 at a time. Inside base only; everybody else uses text.h.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

/* The length of the well-formed sequence at s (1-4) and its code point; 0 when s is empty or does
 * not start with one (overlong, surrogate, above U+10FFFF, cut short), and then cp_out is
 * untouched. */
static inline size_t utf8_decode(struct span s, uint32_t *cp_out)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (s.len == 0)
        return 0;
    uint8_t lead = s.ptr[0];
    if (lead < 0x80) {
        *cp_out = lead;
        return 1;
    }
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (n == 0 || lead > 0xf4 || s.len < n)
        return 0;
    uint32_t cp = lead & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s.ptr[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (s.ptr[i] & 0x3f);
    }
    if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return 0;
    *cp_out = cp;
    return n;
}

/* Writes a valid code point, returns its length. */
static inline size_t utf8_encode(uint32_t cp, uint8_t out[4])
{
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (uint8_t)(0x80 | (cp & 0x3f));
    out[0] = (uint8_t)((0xf00u >> n) | cp);
    return n;
}

#endif
