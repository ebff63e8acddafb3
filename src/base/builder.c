#include "base/builder.h"
#include "base/text.h"

#include <stdarg.h>

#define FIRST_GROWTH 256

void builder_over(struct builder *b, void *mem, size_t cap)
{
    *b = (struct builder){.base = mem, .cap = cap, .max = cap};
}

void builder_in(struct builder *b, struct arena *a, size_t max)
{
    *b = (struct builder){.max = max, .arena = a};
}

void builder_fail(struct builder *b, enum err e)
{
    if (b->err != ERR_OK)
        return;
    b->err = e;
    mem_wipe(b->base, b->len);
    b->len = 0;
}

static bool grow(struct builder *b, size_t need)
{
    size_t cap = b->cap ? b->cap : FIRST_GROWTH;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    uint8_t *p = arena_grow(b->arena, b->base, b->cap, cap);
    if (!p) {
        builder_fail(b, ERR_NOMEM);
        return false;
    }
    b->base = p;
    b->cap = cap;
    return true;
}

uint8_t *builder_more(struct builder *b, size_t len)
{
    if (b->err != ERR_OK)
        return NULL;
    if (len > b->max - b->len) {
        builder_fail(b, ERR_LIMIT);
        return NULL;
    }
    if ((len > b->cap - b->len || !b->base) && b->arena && !grow(b, b->len + len))
        return NULL;
    uint8_t *p = b->base + b->len;
    b->len += len;
    return p;
}

void builder_bytes(struct builder *b, const void *ptr, size_t len)
{
    if (len == 0)
        return;
    uint8_t *p = builder_space(b, len);
    if (p)
        memcpy(p, ptr, len);
}

void builder_span(struct builder *b, struct span s)
{
    builder_bytes(b, s.ptr, s.len);
}

void builder_zeros(struct builder *b, size_t len)
{
    (void)builder_room(b, len);
}

void builder_align(struct builder *b, size_t align)
{
    if (b->err == ERR_OK)
        builder_zeros(b, -b->len & (align - 1));
}

uint8_t *builder_room(struct builder *b, size_t len)
{
    uint8_t *p = builder_space(b, len);
    if (p && len)
        memset(p, 0, len);
    return p;
}

void builder_printf(struct builder *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    /* vsnprintf writes a zero behind the text, for which the caller's memory may have no room. */
    char small[512];
    if (len < 0) {
        builder_fail(b, ERR_RANGE);
    } else if ((size_t)len < sizeof(small)) {
        vsnprintf(small, sizeof(small), fmt, again);
        builder_bytes(b, small, (size_t)len);
    } else {
        char *big = malloc((size_t)len + 1);
        if (big) {
            vsnprintf(big, (size_t)len + 1, fmt, again);
            builder_bytes(b, big, (size_t)len);
            free(big);
        } else {
            builder_fail(b, ERR_NOMEM);
        }
    }
    va_end(again);
}

static uint8_t *written(struct builder *b, size_t at, size_t len)
{
    if (b->err != ERR_OK)
        return NULL;
    if (at > b->len || len > b->len - at) {
        builder_fail(b, ERR_RANGE);
        return NULL;
    }
    return b->base + at;
}

void builder_patch_le16(struct builder *b, size_t at, uint16_t v)
{
    uint8_t *p = written(b, at, 2);
    if (p)
        builder_store_le(p, v, 2);
}

void builder_patch_le32(struct builder *b, size_t at, uint32_t v)
{
    uint8_t *p = written(b, at, 4);
    if (p)
        builder_store_le(p, v, 4);
}

void builder_patch_be16(struct builder *b, size_t at, uint16_t v)
{
    uint8_t *p = written(b, at, 2);
    if (p)
        builder_store_be(p, v, 2);
}

void builder_patch_be32(struct builder *b, size_t at, uint32_t v)
{
    uint8_t *p = written(b, at, 4);
    if (p)
        builder_store_be(p, v, 4);
}

enum err builder_done(struct builder *b, struct span *out)
{
    if (b->err == ERR_OK)
        *out = span_of(b->base, b->len);
    return b->err;
}
