/* Buffers of connections: the usual ones are kept for reuse, and the sum of all has a maximum. */
#include "base/text.h"
#include "plat/stream_state.h"

static uint8_t *get(struct plat_stream *s, size_t cap)
{
    if (s->buffered + cap > s->limits.max_buffered)
        return NULL;
    uint8_t *p = cap == STREAM_CHUNK && s->chunk_count ? s->chunks[--s->chunk_count] : malloc(cap);
    if (p)
        s->buffered += cap;
    return p;
}

static void put(struct plat_stream *s, uint8_t *p, size_t cap, size_t used)
{
    if (!p)
        return;
    mem_wipe(p, used);
    s->buffered -= cap;
    if (cap == STREAM_CHUNK && s->chunk_count < STREAM_SPARE)
        s->chunks[s->chunk_count++] = p;
    else
        free(p);
}

bool stream_buf_reserve(struct plat_stream *s, struct stream_buf *b, size_t total)
{
    size_t len = stream_buf_len(b);
    if (total <= b->cap - b->start)
        return true;
    if (total <= b->cap) {
        memmove(b->data, b->data + b->start, len);
        mem_wipe(b->data + len, b->end - len);
        b->start = 0;
        b->end = len;
        return true;
    }
    size_t cap = total <= STREAM_CHUNK ? STREAM_CHUNK : total;
    if (cap > STREAM_CHUNK && cap < b->cap * 2)
        cap = b->cap * 2;
    uint8_t *p = get(s, cap);
    if (!p)
        return false;
    if (len)
        memcpy(p, b->data + b->start, len);
    put(s, b->data, b->cap, b->end);
    *b = (struct stream_buf){.data = p, .end = len, .cap = cap};
    return true;
}

bool stream_buf_append(struct plat_stream *s, struct stream_buf *b, struct span data)
{
    if (data.len == 0)
        return true;
    if (!stream_buf_reserve(s, b, stream_buf_len(b) + data.len))
        return false;
    memcpy(b->data + b->end, data.ptr, data.len);
    b->end += data.len;
    return true;
}

void stream_buf_take(struct stream_buf *b, size_t len)
{
    b->start += len;
}

void stream_buf_release(struct plat_stream *s, struct stream_buf *b)
{
    put(s, b->data, b->cap, b->end);
    *b = (struct stream_buf){0};
}
