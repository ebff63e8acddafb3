#include "base/reader.h"

void reader_fail(struct reader *r, enum err e)
{
    if (r->err == ERR_OK)
        r->err = e;
}

enum err reader_end(struct reader *r)
{
    if (r->err == ERR_OK && r->pos != r->len)
        r->err = ERR_MALFORMED;
    return r->err;
}

enum err reader_end_whole(struct reader *r)
{
    if (r->err == ERR_TRUNCATED)
        r->err = ERR_MALFORMED;
    return reader_end(r);
}

uint16_t reader_le16(struct reader *r)
{
    const uint8_t *p = reader_take(r, 2);
    return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

uint32_t reader_le32(struct reader *r)
{
    const uint8_t *p = reader_take(r, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
             : 0;
}

uint64_t reader_le64(struct reader *r)
{
    const uint8_t *p = reader_take(r, 8);
    uint64_t v = 0;
    for (int i = 7; p && i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

uint16_t reader_be16(struct reader *r)
{
    return __builtin_bswap16(reader_le16(r));
}

uint32_t reader_be32(struct reader *r)
{
    return __builtin_bswap32(reader_le32(r));
}

uint64_t reader_be64(struct reader *r)
{
    return __builtin_bswap64(reader_le64(r));
}

struct span reader_rest(struct reader *r)
{
    return reader_span(r, reader_left(r));
}

void reader_copy(struct reader *r, void *out, size_t len)
{
    if (len == 0)
        return;
    const uint8_t *p = reader_take(r, len);
    if (p)
        memcpy(out, p, len);
    else
        memset(out, 0, len);
}

void reader_skip(struct reader *r, size_t len)
{
    (void)reader_take(r, len);
}

void reader_align(struct reader *r, size_t align)
{
    (void)reader_take(r, -r->pos & (align - 1));
}

void reader_seek(struct reader *r, size_t pos)
{
    if (r->err != ERR_OK)
        return;
    if (pos > r->len)
        r->err = ERR_TRUNCATED;
    else
        r->pos = pos;
}
