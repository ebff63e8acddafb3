/*
 * The canonical form of a request ("create a canonical request"). Requests are not those of S3:
 * each part of the path is escaped once more as it came.
 */
#include <stdlib.h>

#include "awsapi/sigv4.h"
#include "base/builder.h"
#include "base/text.h"
#include "crypt/hash.h"

#define CANONICAL_MAX (64u << 10)

static bool unreserved(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void put_escaped(struct builder *b, struct span s, char keep)
{
    for (size_t i = 0; i < s.len; i++) {
        if (unreserved(s.ptr[i]) || (keep && s.ptr[i] == (uint8_t)keep))
            builder_u8(b, s.ptr[i]);
        else
            builder_printf(b, "%%%02X", s.ptr[i]);
    }
}

/* --- the query ---------------------------------------------------------------------------------
 */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An escape that is none stands for itself. */
static struct span unescape(struct span s, struct arena *a)
{
    uint8_t *out = arena_alloc(a, s.len + 1);
    size_t len = 0;
    if (!out)
        return SPAN_NONE;
    for (size_t i = 0; i < s.len; i++) {
        int high = i + 2 < s.len && s.ptr[i] == '%' ? hex_digit(s.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.ptr[i + 2]) : -1;
        if (low >= 0) {
            out[len++] = (uint8_t)(high << 4 | low);
            i += 2;
        } else {
            out[len++] = s.ptr[i];
        }
    }
    return span_of(out, len);
}

struct pair {
    struct span name, value; /* escaped as the rules say */
};

static int by_bytes(struct span a, struct span b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = by_bytes(x->name, y->name);
    return order ? order : by_bytes(x->value, y->value);
}

static enum err escaped(struct span raw, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, 3 * SIGV4_TARGET_MAX);
    put_escaped(&b, unescape(raw, a), 0);
    return builder_done(&b, out);
}

static enum err put_query(struct builder *b, struct span query, struct arena *a)
{
    struct pair pairs[SIGV4_QUERY_MAX];
    unsigned count = 0;
    while (query.len) {
        const uint8_t *end = memchr(query.ptr, '&', query.len);
        size_t len = end ? (size_t)(end - query.ptr) : query.len;
        struct span one = span_sub(query, 0, len);
        const uint8_t *equal = len ? memchr(one.ptr, '=', len) : NULL;
        size_t at = equal ? (size_t)(equal - one.ptr) : len;
        query = span_sub(query, end ? len + 1 : len, query.len);
        if (count == SIGV4_QUERY_MAX)
            return ERR_LIMIT;
        TRY(escaped(span_sub(one, 0, at), a, &pairs[count].name));
        TRY(escaped(equal ? span_sub(one, at + 1, len) : SPAN_NONE, a, &pairs[count].value));
        count++;
    }
    qsort(pairs, count, sizeof(pairs[0]), by_name);
    for (unsigned i = 0; i < count; i++)
        builder_printf(b, "%s%.*s=%.*s", i ? "&" : "", SPAN_ARG(pairs[i].name),
                       SPAN_ARG(pairs[i].value));
    builder_printf(b, "\n");
    return ERR_OK;
}

/* --- headers -----------------------------------------------------------------------------------
 */

/* Without spaces around it, and each run of spaces as one. */
static void put_value(struct builder *b, struct span value)
{
    bool space = false, begun = false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == ' ' || value.ptr[i] == '\t') {
            space = begun;
            continue;
        }
        if (space)
            builder_u8(b, ' ');
        space = false;
        begun = true;
        builder_u8(b, value.ptr[i]);
    }
}

static void put_header(struct builder *b, const struct sigv4_request *rq, struct span name)
{
    bool first = true;
    builder_printf(b, "%.*s:", SPAN_ARG(name));
    for (unsigned i = 0; i < rq->header_count; i++) {
        if (!ascii_eq_fold(rq->headers[i].name, name))
            continue;
        if (!first)
            builder_u8(b, ',');
        put_value(b, rq->headers[i].value);
        first = false;
    }
    builder_u8(b, '\n');
}

static enum err put_headers(struct builder *b, const struct sigv4_request *rq, struct span list)
{
    struct span names = list;
    for (unsigned count = 0; names.len; count++) {
        const uint8_t *end = memchr(names.ptr, ';', names.len);
        size_t len = end ? (size_t)(end - names.ptr) : names.len;
        if (count == SIGV4_HEADERS_MAX)
            return ERR_LIMIT;
        put_header(b, rq, span_sub(names, 0, len));
        names = span_sub(names, end ? len + 1 : len, names.len);
    }
    builder_printf(b, "\n%.*s\n", SPAN_ARG(list));
    return ERR_OK;
}

enum err sigv4_canonical(const struct sigv4_request *rq, const struct sigv4_claim *claim,
                         struct arena *a, struct span *out)
{
    struct builder b;
    uint8_t digest[32];
    if (rq->target.len > SIGV4_TARGET_MAX || rq->target.len == 0)
        return ERR_LIMIT;
    const uint8_t *mark = memchr(rq->target.ptr, '?', rq->target.len);
    size_t path = mark ? (size_t)(mark - rq->target.ptr) : rq->target.len;
    builder_in(&b, a, CANONICAL_MAX);
    builder_printf(&b, "%.*s\n", SPAN_ARG(rq->method));
    put_escaped(&b, span_sub(rq->target, 0, path), '/');
    builder_printf(&b, "\n");
    TRY(put_query(&b, mark ? span_sub(rq->target, path + 1, rq->target.len) : SPAN_NONE, a));
    TRY(put_headers(&b, rq, claim->signed_headers));
    hash_one(HASH_SHA256, rq->body, digest);
    builder_span(&b, text_hex(a, span_of(digest, sizeof(digest))));
    return builder_done(&b, out);
}
