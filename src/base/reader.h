/*
 * The one bounded reader of untrusted bytes. The error is sticky: after the first read that does
 * not fit, every further read gives zeros, and who reads checks once at the end (reader_end, or
 * reader_ok). No pointer arithmetic on untrusted bytes happens anywhere else.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <endian.h>

#include "base/err.h"
#include "base/span.h"

struct reader {
    const uint8_t *base;
    size_t len;
    size_t pos;
    enum err err;
    bool big; /* of reader_u16 and its kin alone; who made the reader sets it */
};

static inline struct reader reader_of(struct span s)
{
    /* Of no bytes, an address all the same: offsets from NULL are not defined. */
    return (struct reader){.base = s.ptr ? s.ptr : (const uint8_t *)"", .len = s.ptr ? s.len : 0};
}

/* Records the first error; later ones are ignored. */
static inline void reader_fail(struct reader *r, enum err e)
{
    if (r->err == ERR_OK)
        r->err = e;
}

static inline bool reader_ok(const struct reader *r)
{
    return r->err == ERR_OK;
}

static inline size_t reader_left(const struct reader *r)
{
    return r->err ? 0 : r->len - r->pos;
}

/* The next len bytes, consumed; NULL and a sticky error when they are not there. Here, with what
 * decoders do for every field, because that is most of a decoder's time. */
static inline const uint8_t *reader_take(struct reader *r, size_t len)
{
    if (r->err != ERR_OK)
        return NULL;
    if (len > r->len - r->pos) {
        r->err = ERR_TRUNCATED;
        return NULL;
    }
    const uint8_t *p = r->base + r->pos;
    r->pos += len;
    return p;
}

/* ERR_OK when all was read and nothing is left; ERR_MALFORMED on trailing bytes. */
static inline enum err reader_end(struct reader *r)
{
    if (r->err == ERR_OK && r->pos != r->len)
        r->err = ERR_MALFORMED;
    return r->err;
}
/* The same for input that is known to be complete: what is missing is ERR_MALFORMED too. */
enum err reader_end_whole(struct reader *r);

static inline uint8_t reader_u8(struct reader *r)
{
    const uint8_t *p = reader_take(r, 1);
    return p ? *p : 0;
}
/* A view of the next len bytes, or NULL when they are not there; consumes nothing, sets no error.
 */
static inline const uint8_t *reader_peek(const struct reader *r, size_t len)
{
    return r->err == ERR_OK && len <= r->len - r->pos ? r->base + r->pos : NULL;
}

#define READER_INTEGER(NAME, TYPE, TO_HOST)                                                        \
    static inline TYPE reader_##NAME(struct reader *r)                                             \
    {                                                                                              \
        TYPE v = 0;                                                                                \
        const uint8_t *p = reader_take(r, sizeof(v));                                              \
        if (p)                                                                                     \
            memcpy(&v, p, sizeof(v));                                                              \
        return TO_HOST(v);                                                                         \
    }
READER_INTEGER(le16, uint16_t, le16toh)
READER_INTEGER(le32, uint32_t, le32toh)
READER_INTEGER(le64, uint64_t, le64toh)
READER_INTEGER(be16, uint16_t, be16toh)
READER_INTEGER(be32, uint32_t, be32toh)
READER_INTEGER(be64, uint64_t, be64toh)
#undef READER_INTEGER

/* In the order that the reader says: protocols where the sender chooses it. */
static inline uint16_t reader_u16(struct reader *r)
{
    return r->big ? reader_be16(r) : reader_le16(r);
}
static inline uint32_t reader_u32(struct reader *r)
{
    return r->big ? reader_be32(r) : reader_le32(r);
}
static inline uint64_t reader_u64(struct reader *r)
{
    return r->big ? reader_be64(r) : reader_le64(r);
}

/* The next len bytes as a view; the empty span and a sticky error when they are not there. */
static inline struct span reader_span(struct reader *r, size_t len)
{
    const uint8_t *p = reader_take(r, len);
    return r->err == ERR_OK ? span_of(p, len) : SPAN_NONE;
}
struct span reader_rest(struct reader *r);
void reader_copy(struct reader *r, void *out, size_t len); /* zeroes out on failure */
/* A GUID, whose first three fields are numbers in the reader's order: little-endian in out, which
 * is zeroed on failure. */
void reader_guid(struct reader *r, uint8_t out[16]);
void reader_skip(struct reader *r, size_t len);
/* Skips to the next multiple of align (a power of two) counted from the reader's start. */
void reader_align(struct reader *r, size_t align);
/* Moves to an absolute offset inside the data. */
void reader_seek(struct reader *r, size_t pos);

#endif
