#include "wire/dns/dns_name.h"

#include <libknot/dname.h>

#include "base/builder.h"

enum err dns_name_check(struct span wire)
{
    if (wire.len == 0 || wire.len > DNS_NAME_MAX)
        return ERR_MALFORMED;
    size_t at = 0;
    while (wire.ptr[at] != 0) {
        if (wire.ptr[at] > DNS_LABEL_MAX)
            return ERR_MALFORMED;
        at += 1 + (size_t)wire.ptr[at];
        if (at >= wire.len)
            return ERR_MALFORMED;
    }
    return at + 1 == wire.len ? ERR_OK : ERR_MALFORMED;
}

enum err dns_name_from_text(struct span text, struct dns_name *out)
{
    char zero_ended[DNS_TEXT_MAX];
    if (text.len == 0 || text.len >= sizeof(zero_ended) || memchr(text.ptr, 0, text.len))
        return ERR_MALFORMED;
    memcpy(zero_ended, text.ptr, text.len);
    zero_ended[text.len] = '\0';
    uint8_t wire[DNS_NAME_MAX];
    if (!knot_dname_from_str(wire, zero_ended, sizeof(wire)))
        return ERR_MALFORMED;
    size_t len = knot_dname_size(wire);
    memcpy(out->wire, wire, len);
    out->len = (uint8_t)len;
    return ERR_OK;
}

size_t dns_name_to_text(struct span name, char out[DNS_TEXT_MAX])
{
    _Static_assert(DNS_TEXT_MAX > KNOT_DNAME_TXT_MAXLEN, "room for any name");
    if (name.len == 0 || !knot_dname_to_str(out, name.ptr, DNS_TEXT_MAX)) {
        out[0] = '\0';
        return 0;
    }
    size_t len = strlen(out);
    if (len > 1 && out[len - 1] == '.')
        out[--len] = '\0';
    return len;
}

void dns_name_copy(struct span name, struct dns_name *out)
{
    ENT_ASSERT(name.len > 0 && name.len <= DNS_NAME_MAX);
    memmove(out->wire, name.ptr, name.len);
    out->len = (uint8_t)name.len;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* A length byte is at most 63 and no letter is below 65: bytes may be folded without a look at the
 * label structure. The same holds for comparison. */
void dns_name_lower(struct span name, struct dns_name *out)
{
    ENT_ASSERT(name.len > 0 && name.len <= DNS_NAME_MAX);
    for (size_t i = 0; i < name.len; i++)
        out->wire[i] = lower(name.ptr[i]);
    out->len = (uint8_t)name.len;
}

bool dns_name_eq(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool dns_name_in(struct span name, struct span suffix)
{
    while (name.len > suffix.len)
        name = dns_name_parent(name);
    return dns_name_eq(name, suffix);
}

unsigned dns_name_labels(struct span name)
{
    unsigned n = 0;
    for (; name.len > 1; name = dns_name_parent(name))
        n++;
    return n;
}

struct span dns_name_parent(struct span name)
{
    return name.len > 1 ? span_sub(name, 1 + (size_t)name.ptr[0], name.len) : name;
}

struct span dns_name_skip(struct span name, unsigned labels)
{
    while (labels-- > 0 && name.len > 1)
        name = dns_name_parent(name);
    return name;
}

enum err dns_name_join(struct span prefix_labels, struct span suffix, struct dns_name *out)
{
    uint8_t wire[DNS_NAME_MAX];
    struct builder b;
    struct span joined;
    builder_over(&b, wire, sizeof(wire));
    builder_span(&b, prefix_labels);
    builder_span(&b, suffix);
    if (builder_done(&b, &joined) != ERR_OK)
        return ERR_LIMIT;
    dns_name_copy(joined, out);
    return ERR_OK;
}

enum err dns_name_wildcard(struct span encloser, struct dns_name *out)
{
    return dns_name_join(SPAN_LIT("\1*"), encloser, out);
}

void dns_name_mix_case(struct dns_name *n, const uint8_t random[32])
{
    for (size_t i = 0; i < n->len; i++) {
        uint8_t c = n->wire[i];
        if (lower(c) >= 'a' && lower(c) <= 'z' && (random[i / 8] >> (i % 8)) & 1)
            n->wire[i] = c ^ 0x20;
    }
}

struct span dns_read_name(struct reader *r)
{
    size_t start = r->pos;
    uint8_t len;
    do {
        len = reader_u8(r);
        if (len > DNS_LABEL_MAX)
            reader_fail(r, ERR_MALFORMED);
        reader_skip(r, len);
    } while (len > 0 && reader_ok(r) && r->pos - start <= DNS_NAME_MAX);
    if (reader_ok(r) && r->pos - start > DNS_NAME_MAX)
        reader_fail(r, ERR_MALFORMED);
    return reader_ok(r) ? span_of(r->base + start, r->pos - start) : SPAN_NONE;
}
