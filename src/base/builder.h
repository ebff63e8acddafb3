/*
 * The one bounded builder of bytes. It writes into memory of the caller (builder_over) or grows in
 * an arena (builder_in) up to a named maximum. The error is sticky; builder_done is checked once.
 * Nothing is written beyond the maximum, and on failure the written part is zeroed.
 */
#ifndef BASE_BUILDER_H
#define BASE_BUILDER_H

#include "base/arena.h"
#include "base/err.h"

struct builder {
    uint8_t *base;
    size_t cap;
    size_t len;
    size_t max;
    struct arena *arena; /* NULL: fixed memory */
    enum err err;
};

/* Fixed memory of the caller. */
void builder_over(struct builder *b, void *mem, size_t cap);
/* Grows in the arena, at most max bytes. */
void builder_in(struct builder *b, struct arena *a, size_t max);

void builder_fail(struct builder *b, enum err e);
static inline bool builder_ok(const struct builder *b)
{
    return b->err == ERR_OK;
}

/* The long way of builder_space: growth and failure. */
uint8_t *builder_more(struct builder *b, size_t len);

/* len bytes that the caller overwrites at once, every one of them, before anything else; not
 * zeroed. NULL on failure. Here, with the integers, because encoders call them for every field. */
static inline uint8_t *builder_space(struct builder *b, size_t len)
{
    if (b->err != ERR_OK || !b->base || len > b->cap - b->len)
        return builder_more(b, len);
    uint8_t *p = b->base + b->len;
    b->len += len;
    return p;
}

static inline void builder_store_le(uint8_t *p, uint64_t v, size_t len)
{
    for (size_t i = 0; i < len; i++, v >>= 8)
        p[i] = (uint8_t)v;
}

static inline void builder_store_be(uint8_t *p, uint64_t v, size_t len)
{
    for (size_t i = len; i > 0; i--, v >>= 8)
        p[i - 1] = (uint8_t)v;
}

#define BUILDER_INTEGER(NAME, TYPE, ORDER)                                                         \
    static inline void builder_##NAME(struct builder *b, TYPE v)                                   \
    {                                                                                              \
        uint8_t *p = builder_space(b, sizeof(v));                                                  \
        if (p)                                                                                     \
            builder_store_##ORDER(p, v, sizeof(v));                                                \
    }
BUILDER_INTEGER(u8, uint8_t, le)
BUILDER_INTEGER(le16, uint16_t, le)
BUILDER_INTEGER(le32, uint32_t, le)
BUILDER_INTEGER(le64, uint64_t, le)
BUILDER_INTEGER(be16, uint16_t, be)
BUILDER_INTEGER(be32, uint32_t, be)
BUILDER_INTEGER(be64, uint64_t, be)
#undef BUILDER_INTEGER

void builder_bytes(struct builder *b, const void *ptr, size_t len);
void builder_span(struct builder *b, struct span s);
void builder_zeros(struct builder *b, size_t len);
/* Zeros up to the next multiple of align (a power of two). */
void builder_align(struct builder *b, size_t align);
/* Text; no terminating zero is written. */
void builder_printf(struct builder *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* len zeroed bytes to be filled in by the caller at once, or NULL on failure; the pointer is valid
 * until the next call on this builder. */
uint8_t *builder_room(struct builder *b, size_t len);

/* Overwrites bytes already written, for lengths known later; an offset outside is a sticky error.
 */
void builder_patch_le16(struct builder *b, size_t at, uint16_t v);
void builder_patch_le32(struct builder *b, size_t at, uint32_t v);
void builder_patch_be16(struct builder *b, size_t at, uint16_t v);
void builder_patch_be32(struct builder *b, size_t at, uint32_t v);

/* The bytes written. The view is valid as long as the memory; with an arena, as long as the arena.
 */
enum err builder_done(struct builder *b, struct span *out);

#endif
