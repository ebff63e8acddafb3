#include "wire/der/der.h"

#define LENGTH_OCTETS_MAX 4

static size_t read_length(struct reader *r, enum der_rules rules)
{
    uint8_t first = reader_u8(r);
    if (first < 0x80)
        return first;
    unsigned octets = first & 0x7f;
    if (octets == 0 || octets > LENGTH_OCTETS_MAX) {
        reader_fail(r, ERR_MALFORMED);
        return 0;
    }
    size_t len = 0;
    for (unsigned i = 0; i < octets; i++)
        len = len << 8 | reader_u8(r);
    bool padded = len < 0x80 || len >> (8 * (octets - 1)) == 0;
    if (rules == DER_RULES && padded && reader_ok(r))
        reader_fail(r, ERR_MALFORMED);
    return len;
}

static uint8_t read_tag(struct reader *r)
{
    uint8_t tag = reader_u8(r);
    if ((tag & DER_TAG_NUMBER) == DER_TAG_NUMBER || (tag == 0 && reader_ok(r)))
        reader_fail(r, ERR_MALFORMED);
    return tag;
}

/* Whole, and a length of two or three octets that is as short as it can be: the rest of what
 * correct messages are made of. */
static bool read_usual(struct reader *r, struct der_tlv *out)
{
    const uint8_t *p = reader_peek(r, 4);
    if (!p || p[0] == 0 || (p[0] & DER_TAG_NUMBER) == DER_TAG_NUMBER)
        return false;
    size_t head = p[1] == 0x81 ? 3 : 4;
    size_t len = head == 3 ? p[2] : (size_t)p[2] << 8 | p[3];
    bool usual = p[1] == 0x81 ? len >= 0x80 : p[1] == 0x82 && len >= 0x100;
    if (!usual || !reader_peek(r, head + len))
        return false;
    out->tag = p[0];
    out->body = span_of(p + head, len);
    out->whole = span_of(reader_take(r, head + len), head + len);
    return true;
}

bool der_read_any(struct reader *r, enum der_rules rules, struct der_tlv *out)
{
    if (read_usual(r, out))
        return true;
    size_t start = r->pos;
    uint8_t tag = read_tag(r);
    size_t len = read_length(r, rules);
    struct span body = reader_span(r, len);
    if (!reader_ok(r))
        return false;
    out->tag = tag;
    out->body = body;
    out->whole = span_sub(span_of(r->base, r->len), start, r->pos - start);
    return true;
}

struct span der_read_tag(struct reader *r, enum der_rules rules, uint8_t tag)
{
    struct der_tlv e;
    if (!der_read(r, rules, &e))
        return SPAN_NONE;
    if (e.tag == tag)
        return e.body;
    reader_fail(r, ERR_MALFORMED);
    return SPAN_NONE;
}

enum err der_count(struct span body, enum der_rules rules, uint32_t max, uint32_t *count_out)
{
    struct reader r = reader_of(body);
    struct der_tlv e;
    uint32_t count = 0;
    while (reader_left(&r) > 0) {
        if (!der_read(&r, rules, &e))
            return r.err;
        if (++count > max)
            return ERR_LIMIT;
    }
    *count_out = count;
    return ERR_OK;
}

enum err der_peek(struct span received, enum der_rules rules, uint8_t tag, size_t max,
                  size_t *len_out)
{
    struct reader r = reader_of(received);
    uint8_t seen = read_tag(&r);
    if (reader_ok(&r) && seen != tag)
        return ERR_MALFORMED;
    size_t body = read_length(&r, rules);
    if (!reader_ok(&r))
        return r.err;
    if (body > max || r.pos > max - body)
        return ERR_LIMIT;
    *len_out = r.pos + body;
    return ERR_OK;
}

/* Octets in front that say nothing: zeros before a clear sign bit, ones before a set one. */
static size_t padding(struct span body)
{
    size_t n = 0;
    uint8_t fill = body.ptr[0];
    while (n + 1 < body.len && (fill == 0x00 || fill == 0xff) && body.ptr[n] == fill &&
           (body.ptr[n + 1] & 0x80) == (fill & 0x80))
        n++;
    return n;
}

enum err der_get_int(struct span body, enum der_rules rules, int64_t *out)
{
    if (body.len == 0)
        return ERR_MALFORMED;
    size_t padded = padding(body);
    if (padded && rules == DER_RULES)
        return ERR_MALFORMED;
    body = span_sub(body, padded, body.len);
    if (body.len > sizeof(int64_t))
        return ERR_RANGE;
    uint64_t v = body.ptr[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < body.len; i++)
        v = v << 8 | body.ptr[i];
    *out = (int64_t)v;
    return ERR_OK;
}

enum err der_get_bool(struct span body, enum der_rules rules, bool *out)
{
    if (body.len != 1)
        return ERR_MALFORMED;
    uint8_t v = body.ptr[0];
    if (rules == DER_RULES && v != 0x00 && v != 0xff)
        return ERR_MALFORMED;
    *out = v != 0;
    return ERR_OK;
}

enum err der_get_flags(struct span body, uint32_t *out)
{
    if (body.len == 0 || body.ptr[0] > 7 || (body.len == 1 && body.ptr[0] != 0))
        return ERR_MALFORMED;
    uint32_t v = 0;
    for (size_t i = 1; i <= sizeof(v); i++)
        v = v << 8 | (i < body.len ? body.ptr[i] : 0);
    /* Unused bits are to be zero; who sets them all the same does not get them. */
    if (body.len <= sizeof(v) + 1 && body.len > 1)
        v &= UINT32_MAX << (8 * (sizeof(v) + 1 - body.len) + body.ptr[0]);
    *out = v;
    return ERR_OK;
}

int64_t der_read_int(struct reader *r, enum der_rules rules, uint8_t tag, int64_t lo, int64_t hi)
{
    struct span body = der_read_tag(r, rules, tag);
    if (!reader_ok(r))
        return 0;
    int64_t v;
    enum err e = der_get_int(body, rules, &v);
    if (e == ERR_OK && (v < lo || v > hi))
        e = ERR_RANGE;
    if (e == ERR_OK)
        return v;
    reader_fail(r, e);
    return 0;
}

bool der_read_bool(struct reader *r, enum der_rules rules, uint8_t tag)
{
    struct span body = der_read_tag(r, rules, tag);
    bool v = false;
    if (reader_ok(r) && der_get_bool(body, rules, &v) != ERR_OK)
        reader_fail(r, ERR_MALFORMED);
    return v;
}
