/* Hexadecimal and base64. */
#include "base/text.h"

struct span text_hex(struct arena *a, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *p = arena_array(a, bytes.len, 2);
    if (!p)
        return SPAN_NONE;
    for (size_t i = 0; i < bytes.len; i++) {
        p[2 * i] = (uint8_t)digits[bytes.ptr[i] >> 4];
        p[2 * i + 1] = (uint8_t)digits[bytes.ptr[i] & 15];
    }
    return span_of(p, bytes.len * 2);
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum err text_unhex(struct span hex, struct arena *a, struct span *out)
{
    if (hex.len % 2)
        return ERR_MALFORMED;
    uint8_t *p = arena_alloc(a, hex.len / 2);
    if (!p)
        return ERR_NOMEM;
    for (size_t i = 0; i < hex.len; i += 2) {
        int high = hex_value(hex.ptr[i]), low = hex_value(hex.ptr[i + 1]);
        if (high < 0 || low < 0)
            return ERR_MALFORMED;
        p[i / 2] = (uint8_t)(high << 4 | low);
    }
    *out = span_of(p, hex.len / 2);
    return ERR_OK;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct span text_base64(struct arena *a, struct span bytes)
{
    size_t groups = bytes.len / 3 + (bytes.len % 3 != 0);
    uint8_t *p = arena_array(a, groups, 4);
    if (!p)
        return SPAN_NONE;
    for (size_t g = 0; g < groups; g++) {
        struct span in = span_sub(bytes, g * 3, 3);
        uint32_t v = (uint32_t)in.ptr[0] << 16 | (in.len > 1 ? (uint32_t)in.ptr[1] << 8 : 0) |
                     (in.len > 2 ? in.ptr[2] : 0);
        for (size_t i = 0; i < 4; i++)
            p[g * 4 + i] =
                i <= in.len ? (uint8_t)base64_digits[v >> (18 - 6 * i) & 63] : (uint8_t)'=';
    }
    return span_of(p, groups * 4);
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum err text_unbase64(struct span text, struct arena *a, struct span *out)
{
    if (text.len % 4)
        return ERR_MALFORMED;
    size_t pad = 0;
    while (pad < 2 && pad < text.len && text.ptr[text.len - 1 - pad] == '=')
        pad++;
    size_t digits = text.len - pad, len = text.len / 4 * 3 - pad, done = 0;
    uint8_t *p = arena_alloc(a, len);
    if (!p)
        return ERR_NOMEM;
    uint32_t bits = 0;
    for (size_t i = 0; i < digits; i++) {
        int v = base64_value(text.ptr[i]);
        if (v < 0)
            return ERR_MALFORMED;
        bits = bits << 6 | (uint32_t)v;
        size_t in_group = i % 4;
        if (in_group > 0)
            p[done++] = (uint8_t)(bits >> (6 - 2 * in_group));
    }
    /* The bits behind the last byte must be zero, or two texts would mean the same bytes. */
    if (pad && (bits & ((1u << (2 * pad)) - 1)))
        return ERR_MALFORMED;
    *out = span_of(p, len);
    return ERR_OK;
}
