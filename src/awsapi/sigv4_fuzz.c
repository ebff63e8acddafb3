#include "awsapi/sigv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines: method, target, then "name: value" up to an empty one, then the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span line[SIGV4_HEADERS_MAX + 2];
    struct sigv4_header header[SIGV4_HEADERS_MAX];
    struct sigv4_request rq = {.headers = header};
    struct span rest = span_of(data, size);
    struct arena a;
    unsigned count = 0;
    while (count < SIGV4_HEADERS_MAX + 2 && rest.len) {
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        line[count++] = span_sub(rest, 0, len);
        rest = span_sub(rest, len + 1, rest.len);
        if (len == 0)
            break;
    }
    for (unsigned i = 2; i < count; i++) {
        const uint8_t *colon = line[i].len ? memchr(line[i].ptr, ':', line[i].len) : NULL;
        size_t at = colon ? (size_t)(colon - line[i].ptr) : line[i].len;
        header[rq.header_count++] =
            (struct sigv4_header){span_sub(line[i], 0, at), span_sub(line[i], at + 1, line[i].len)};
    }
    rq.method = count > 0 ? line[0] : SPAN_NONE;
    rq.target = count > 1 ? line[1] : SPAN_NONE;
    rq.body = rest;
    arena_init(&a, 4096, 4 << 20, 0);
    struct sigv4_claim claim;
    enum reason reason = REASON_NONE;
    const char *why = NULL;
    enum err e = sigv4_read(&rq, &a, &claim, &reason, &why);
    if (e == ERR_OK)
        e = sigv4_verify(&rq, &claim, SPAN_LIT("secret"), claim.when, &a, &reason, &why);
    ENT_ASSERT(e != ERR_REFUSED || (reason != REASON_NONE && (why || arena_failed(&a))));
    arena_fini(&a);
    return 0;
}
