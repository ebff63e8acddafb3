#include "base/reader.h"

enum err reader_end_whole(struct reader *r)
{
    if (r->err == ERR_TRUNCATED)
        r->err = ERR_MALFORMED;
    return reader_end(r);
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

void reader_guid(struct reader *r, uint8_t out[16])
{
    static const uint8_t swapped[8] = {3, 2, 1, 0, 5, 4, 7, 6};
    uint8_t wire[16];

    reader_copy(r, wire, sizeof(wire));
    for (unsigned i = 0; i < sizeof(wire); i++)
        out[i] = wire[r->big && i < sizeof(swapped) ? swapped[i] : i];
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
