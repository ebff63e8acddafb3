#include "wire/ms/sid.h"

#include "base/text.h"

#include <stdio.h>

#define AUTHORITY_MAX UINT64_C(0xFFFFFFFFFFFF)

#define HEAD (2 + sizeof(((struct sid *)0)->authority)) /* bytes before the first sub-authority */

/* Two looks into the reader, not one for each field: an access check reads dozens of SIDs. */
void sid_read(struct reader *r, struct sid *out)
{
    const uint8_t *p = reader_take(r, HEAD);
    struct sid s = {0};

    if (!p)
        return;
    s.revision = p[0];
    s.count = p[1];
    memcpy(s.authority, p + 2, sizeof(s.authority));
    if (s.revision != 1 || s.count > SID_SUBS_MAX) {
        reader_fail(r, ERR_MALFORMED);
        return;
    }
    p = reader_take(r, s.count * sizeof(uint32_t));
    if (!p)
        return;
    for (unsigned i = 0; i < s.count; i++, p += sizeof(uint32_t))
        s.sub[i] =
            (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    *out = s;
}

enum err sid_from_bytes(struct span bytes, struct sid *out)
{
    struct reader r = reader_of(bytes);
    struct sid s;

    sid_read(&r, &s);
    if (reader_end(&r) != ERR_OK)
        return ERR_MALFORMED;
    *out = s;
    return ERR_OK;
}

void sid_put(struct builder *b, const struct sid *s)
{
    uint8_t bytes[SID_BYTES_MAX];

    if (s->count > SID_SUBS_MAX) {
        builder_fail(b, ERR_RANGE);
        return;
    }
    builder_bytes(b, bytes, sid_to_bytes(s, bytes));
}

size_t sid_size(const struct sid *s)
{
    return 8 + 4 * (size_t)s->count;
}

size_t sid_to_bytes(const struct sid *s, uint8_t out[SID_BYTES_MAX])
{
    ENT_ASSERT(s->count <= SID_SUBS_MAX);
    out[0] = s->revision;
    out[1] = s->count;
    memcpy(out + 2, s->authority, sizeof(s->authority));
    for (unsigned i = 0; i < s->count; i++) {
        for (unsigned k = 0; k < 4; k++)
            out[8 + 4 * i + k] = (uint8_t)(s->sub[i] >> (8 * k));
    }
    return sid_size(s);
}

static uint64_t authority_of(const struct sid *s)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < sizeof(s->authority); i++)
        v = v << 8 | s->authority[i];
    return v;
}

void sid_to_text(const struct sid *s, char out[SID_TEXT_SIZE])
{
    uint64_t authority = authority_of(s);
    const char *fmt = authority > UINT32_MAX ? "S-%u-0x%012llx" : "S-%u-%llu";
    int n = snprintf(out, SID_TEXT_SIZE, fmt, s->revision, (unsigned long long)authority);

    for (unsigned i = 0; i < s->count && i < SID_SUBS_MAX; i++)
        n += snprintf(out + n, SID_TEXT_SIZE - (size_t)n, "-%u", s->sub[i]);
}

/* The next part of a text SID: up to the next '-', which is taken too. False at the end. */
static bool next_part(struct span *rest, struct span *part_out)
{
    const uint8_t *dash;

    if (!rest->ptr)
        return false;
    dash = rest->len ? memchr(rest->ptr, '-', rest->len) : NULL;
    if (!dash) {
        *part_out = *rest;
        *rest = SPAN_NONE;
        return true;
    }
    *part_out = span_of(rest->ptr, (size_t)(dash - rest->ptr));
    *rest = span_sub(*rest, part_out->len + 1, SIZE_MAX);
    return true;
}

static enum err parse_hex(struct span s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.len == 0 || s.len > 12)
        return ERR_MALFORMED;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i] | 0x20;

        if (c >= '0' && c <= '9')
            v = v << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint64_t)(c - 'a' + 10);
        else
            return ERR_MALFORMED;
    }
    *out = v;
    return ERR_OK;
}

static enum err parse_number(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t v;

    if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x')
        TRY(parse_hex(span_sub(s, 2, SIZE_MAX), &v));
    else
        TRY(text_to_u64(s, max, &v));
    if (v > max)
        return ERR_MALFORMED;
    *out = v;
    return ERR_OK;
}

enum err sid_from_text(struct span s, struct sid *out)
{
    uint64_t authority, v;
    uint32_t sub[SID_SUBS_MAX];
    unsigned count = 0;
    struct span part;

    if (!next_part(&s, &part) || !ascii_eq_fold(part, SPAN_LIT("S")))
        return ERR_MALFORMED;
    if (!next_part(&s, &part) || !span_eq(part, SPAN_LIT("1")))
        return ERR_MALFORMED;
    if (!next_part(&s, &part) || parse_number(part, AUTHORITY_MAX, &authority) != ERR_OK)
        return ERR_MALFORMED;
    while (next_part(&s, &part)) {
        if (count == SID_SUBS_MAX || parse_number(part, UINT32_MAX, &v) != ERR_OK)
            return ERR_MALFORMED;
        sub[count++] = (uint32_t)v;
    }
    *out = sid_make(authority, count, sub);
    return ERR_OK;
}

int sid_cmp(const struct sid *a, const struct sid *b)
{
    int c = memcmp(a->authority, b->authority, sizeof(a->authority));

    if (c == 0)
        c = (a->revision > b->revision) - (a->revision < b->revision);
    for (unsigned i = 0; c == 0 && i < a->count && i < b->count; i++)
        c = (a->sub[i] > b->sub[i]) - (a->sub[i] < b->sub[i]);
    return c ? c : (a->count > b->count) - (a->count < b->count);
}

bool sid_in_domain(const struct sid *s, const struct sid *domain, uint32_t *rid_out)
{
    if (s->count != domain->count + 1 || s->revision != domain->revision ||
        memcmp(s->authority, domain->authority, sizeof(s->authority)) != 0 ||
        memcmp(s->sub, domain->sub, domain->count * sizeof(s->sub[0])) != 0)
        return false;
    if (rid_out)
        *rid_out = s->sub[s->count - 1];
    return true;
}

enum err sid_append(const struct sid *domain, uint32_t rid, struct sid *out)
{
    struct sid s = *domain;

    if (s.count >= SID_SUBS_MAX)
        return ERR_LIMIT;
    s.sub[s.count++] = rid;
    *out = s;
    return ERR_OK;
}

enum err sid_split(const struct sid *s, struct sid *domain_out, uint32_t *rid_out)
{
    struct sid d = *s;
    uint32_t rid;

    if (d.count == 0)
        return ERR_RANGE;
    rid = d.sub[--d.count];
    d.sub[d.count] = 0;
    *domain_out = d;
    *rid_out = rid;
    return ERR_OK;
}

bool sid_is_domain(const struct sid *s)
{
    return s->revision == 1 && authority_of(s) == 5 && s->count == 4 && s->sub[0] == 21;
}

struct sid sid_make(uint64_t authority, unsigned count, const uint32_t *sub)
{
    struct sid s = {.revision = 1, .count = (uint8_t)count};

    ENT_ASSERT(count <= SID_SUBS_MAX && authority <= AUTHORITY_MAX);
    for (unsigned i = 0; i < sizeof(s.authority); i++)
        s.authority[i] = (uint8_t)(authority >> (8 * (5 - i)));
    if (count)
        memcpy(s.sub, sub, count * sizeof(sub[0]));
    return s;
}
