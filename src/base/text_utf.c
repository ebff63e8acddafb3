/* UTF-8 and UTF-16LE. */
#include "base/text.h"
#include "base/utf8.h"

/* The length of the prefix of s that is ASCII. */
static size_t ascii_prefix(struct span s)
{
    size_t i = 0;
    uint64_t word;
    for (; s.len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, s.ptr + i, sizeof(word));
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < s.len && s.ptr[i] < 0x80)
        i++;
    return i;
}

bool text_is_ascii(struct span s)
{
    return ascii_prefix(s) == s.len;
}

struct span text_valid_part(struct span s)
{
    uint32_t cp;
    size_t i = ascii_prefix(s), n = 1;
    while (i < s.len && (n = utf8_decode(span_sub(s, i, 4), &cp)))
        i += n;
    return span_sub(s, 0, i);
}

bool text_valid(struct span s)
{
    return text_valid_part(s).len == s.len;
}

static uint8_t *put_unit(uint8_t *p, uint32_t unit)
{
    p[0] = (uint8_t)unit;
    p[1] = (uint8_t)(unit >> 8);
    return p + 2;
}

/* out has room for 2 bytes per byte of input, which is the most that UTF-16 needs. */
static enum err to_utf16(struct span s, uint8_t *out, size_t *len_out)
{
    uint8_t *p = out;
    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        size_t n = utf8_decode(span_sub(s, i, 4), &cp);
        if (n == 0)
            return ERR_MALFORMED;
        i += n;
        if (cp < 0x10000) {
            p = put_unit(p, cp);
        } else {
            p = put_unit(p, 0xd800 + ((cp - 0x10000) >> 10));
            p = put_unit(p, 0xdc00 + ((cp - 0x10000) & 0x3ff));
        }
    }
    *len_out = (size_t)(p - out);
    return ERR_OK;
}

enum err text_to_utf16(struct span utf8, struct arena *a, struct span *out)
{
    size_t len;
    uint8_t *p = arena_array(a, utf8.len, 2);
    if (!p)
        return ERR_NOMEM;
    TRY(to_utf16(utf8, p, &len));
    *out = span_of(p, len);
    return ERR_OK;
}

void text_put_utf16(struct builder *b, struct span utf8)
{
    for (size_t i = 0; i < utf8.len && builder_ok(b);) {
        uint32_t cp;
        size_t n = utf8_decode(span_sub(utf8, i, 4), &cp);
        if (n == 0) {
            builder_fail(b, ERR_MALFORMED);
            return;
        }
        i += n;
        if (cp < 0x10000) {
            builder_le16(b, (uint16_t)cp);
        } else {
            builder_le16(b, (uint16_t)(0xd800 + ((cp - 0x10000) >> 10)));
            builder_le16(b, (uint16_t)(0xdc00 + ((cp - 0x10000) & 0x3ff)));
        }
    }
}

static uint32_t unit_at(struct span s, size_t i)
{
    return (uint32_t)s.ptr[i] | (uint32_t)s.ptr[i + 1] << 8;
}

enum err text_from_utf16(struct span s, struct arena *a, struct span *out)
{
    if (s.len % 2)
        return ERR_MALFORMED;
    uint8_t *p = arena_array(a, s.len / 2, 3);
    if (!p)
        return ERR_NOMEM;
    size_t len = 0;
    for (size_t i = 0; i < s.len; i += 2) {
        uint32_t cp = unit_at(s, i);
        if (cp >= 0xd800 && cp <= 0xdfff) {
            if (cp >= 0xdc00 || s.len - i < 4)
                return ERR_MALFORMED;
            uint32_t low = unit_at(s, i + 2);
            if (low < 0xdc00 || low > 0xdfff)
                return ERR_MALFORMED;
            cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        }
        len += utf8_encode(cp, p + len);
    }
    *out = span_of(p, len);
    return ERR_OK;
}
