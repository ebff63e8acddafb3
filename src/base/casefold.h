/*
 * Simple case folding and upper case of one code point, over the tables that tools/gen_casefold.py
 * writes at build time. Inside base only; everybody else uses text.h.
 */
#ifndef BASE_CASEFOLD_H
#define BASE_CASEFOLD_H

#include <stdint.h>

#define CASEFOLD_BLOCK 64
#define CASEFOLD_LIMIT 0x20000 /* nothing at or above has case */

extern const uint8_t casefold_index[CASEFOLD_LIMIT / CASEFOLD_BLOCK];
extern const int32_t casefold_delta[][CASEFOLD_BLOCK];

extern const uint8_t caseupper_index[CASEFOLD_LIMIT / CASEFOLD_BLOCK];
extern const int32_t caseupper_delta[][CASEFOLD_BLOCK];

static inline uint8_t casefold_ascii(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
}

static inline uint32_t casefold_char(uint32_t cp)
{
    if (cp >= CASEFOLD_LIMIT)
        return cp;
    return cp + (uint32_t)casefold_delta[casefold_index[cp / CASEFOLD_BLOCK]][cp % CASEFOLD_BLOCK];
}

static inline uint32_t caseupper_char(uint32_t cp)
{
    if (cp >= CASEFOLD_LIMIT)
        return cp;
    return cp +
           (uint32_t)caseupper_delta[caseupper_index[cp / CASEFOLD_BLOCK]][cp % CASEFOLD_BLOCK];
}

#endif
