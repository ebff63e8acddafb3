/* Case-insensitive comparison, and upper case. */
#include "base/casefold.h"
#include "base/text.h"
#include "base/utf8.h"

/* The folded bytes of a text, one after the other. Comparison and text_fold share it, so that the
 * order of two texts is always the order of their index keys. */
struct fold_stream {
    struct span rest;
    uint8_t buf[4];
    size_t len, pos;
};

/* Folds the character at the start of s into out; returns how many bytes of s it took. */
static size_t fold_one(struct span s, uint8_t out[4], size_t *len_out)
{
    uint32_t cp;
    size_t n = utf8_decode(s, &cp);
    if (n == 0) {
        out[0] = s.ptr[0];
        *len_out = 1;
        return 1;
    }
    *len_out = utf8_encode(casefold_char(cp), out);
    return n;
}

/* The next folded byte, or -1 at the end. */
static int fold_next(struct fold_stream *f)
{
    if (f->pos == f->len) {
        if (f->rest.len == 0)
            return -1;
        f->pos = 0;
        size_t n = fold_one(f->rest, f->buf, &f->len);
        f->rest = span_sub(f->rest, n, f->rest.len);
    }
    return f->buf[f->pos++];
}

static int cmp_slow(struct span a, struct span b)
{
    struct fold_stream x = {.rest = a}, y = {.rest = b};
    int cx, cy;
    do {
        cx = fold_next(&x);
        cy = fold_next(&y);
    } while (cx == cy && cx >= 0);
    return (cx > cy) - (cx < cy);
}

int text_cmp_fold(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < n; i++) {
        uint8_t x = a.ptr[i], y = b.ptr[i];
        if ((x | y) & 0x80)
            return cmp_slow(span_sub(a, i, a.len), span_sub(b, i, b.len));
        x = casefold_ascii(x);
        y = casefold_ascii(y);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool text_eq_fold(struct span a, struct span b)
{
    return span_eq(a, b) || text_cmp_fold(a, b) == 0;
}

enum err text_fold(struct span s, struct arena *a, struct span *out)
{
    uint8_t *p;
    size_t len = 0;
    if (text_is_ascii(s)) {
        p = arena_alloc(a, s.len);
        if (!p)
            return ERR_NOMEM;
        for (; len < s.len; len++)
            p[len] = casefold_ascii(s.ptr[len]);
    } else {
        p = arena_array(a, s.len, 3);
        if (!p)
            return ERR_NOMEM;
        for (size_t i = 0; i < s.len;) {
            uint8_t buf[4];
            size_t n;
            i += fold_one(span_sub(s, i, 4), buf, &n);
            memcpy(p + len, buf, n);
            len += n;
        }
    }
    *out = span_of(p, len);
    return ERR_OK;
}

size_t text_fold_into(struct span s, uint8_t *out, size_t cap)
{
    size_t len = 0;
    bool full = false;
    for (size_t i = 0; i < s.len;) {
        uint8_t buf[4];
        size_t n;
        if (s.ptr[i] < 0x80) {
            buf[0] = casefold_ascii(s.ptr[i++]);
            n = 1;
        } else {
            i += fold_one(span_sub(s, i, 4), buf, &n);
        }
        full = full || len + n > cap;
        if (!full)
            memcpy(out + len, buf, n);
        len += n;
    }
    return len;
}

enum err text_upper(struct span s, struct arena *a, struct span *out)
{
    size_t len = 0;
    uint8_t *p = arena_array(a, s.len, 3);
    if (!p)
        return ERR_NOMEM;
    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        size_t n = utf8_decode(span_sub(s, i, 4), &cp);
        if (n == 0)
            p[len++] = s.ptr[i++];
        else
            len += utf8_encode(caseupper_char(cp), p + len);
        i += n;
    }
    *out = span_of(p, len);
    return ERR_OK;
}
