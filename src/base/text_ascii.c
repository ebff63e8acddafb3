/* ASCII: case, DNS suffixes, decimal numbers. */
#include "base/casefold.h"
#include "base/text.h"

bool ascii_eq_fold(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (casefold_ascii(a.ptr[i]) != casefold_ascii(b.ptr[i]))
            return false;
    return true;
}

struct span ascii_upper(struct arena *a, struct span s)
{
    uint8_t *p = arena_alloc(a, s.len);
    if (!p)
        return SPAN_NONE;
    for (size_t i = 0; i < s.len; i++)
        p[i] = (uint8_t)(s.ptr[i] - 'a') < 26 ? s.ptr[i] & ~0x20 : s.ptr[i];
    return span_of(p, s.len);
}

struct span ascii_lower(struct arena *a, struct span s)
{
    uint8_t *p = arena_alloc(a, s.len);
    if (!p)
        return SPAN_NONE;
    for (size_t i = 0; i < s.len; i++)
        p[i] = casefold_ascii(s.ptr[i]);
    return span_of(p, s.len);
}

bool dns_name_under(struct span name, struct span suffix)
{
    if (suffix.len == 0 || name.len < suffix.len)
        return false;
    size_t cut = name.len - suffix.len;
    if (!ascii_eq_fold(span_sub(name, cut, suffix.len), suffix))
        return false;
    return cut == 0 || name.ptr[cut - 1] == '.';
}

enum err text_to_u64(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (s.len == 0)
        return ERR_MALFORMED;
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)(s.ptr[i] - '0') > 9)
            return ERR_MALFORMED;
    for (size_t i = 0; i < s.len; i++)
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
            return ERR_RANGE;
    if (v > max)
        return ERR_RANGE;
    *out = v;
    return ERR_OK;
}

enum err text_to_i64(struct span s, int64_t *out)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t v;
    TRY(text_to_u64(span_sub(s, negative, s.len), (uint64_t)INT64_MAX + negative, &v));
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return ERR_OK;
}
