#include "wire/ms/dnsp.h"

#include "base/text.h"

#define RECORD_VERSION 5
#define RECORD_HEADER  24
#define ADDR_SIZE      64 /* of one DNS_ADDR */
#define FAMILY_IP4     2
#define FAMILY_IP6     23 /* Windows' AF_INET6 */

/* Length of the wire name at the start of s, its zero included; 0: not one. */
static size_t name_length(struct span s, unsigned *labels_out)
{
    size_t pos = 0;
    unsigned labels = 0;
    while (pos < s.len && pos < DNSP_NAME_MAX) {
        uint8_t len = s.ptr[pos];
        if (len > 63)
            return 0;
        pos += 1 + (size_t)len;
        if (!len) {
            *labels_out = labels;
            return pos;
        }
        labels++;
    }
    return 0;
}

bool dnsp_name_valid(struct span wire)
{
    unsigned labels;
    return wire.len && name_length(wire, &labels) == wire.len;
}

/* DNS_COUNT_NAME (2.2.2.2.2): length and number of labels, then the name. */
static struct span get_name(struct reader *r)
{
    unsigned labels = 0;
    uint8_t len = reader_u8(r);
    uint8_t count = reader_u8(r);
    struct span name = reader_span(r, len);
    if (reader_ok(r) && (!name.len || name_length(name, &labels) != name.len || labels != count))
        reader_fail(r, ERR_MALFORMED);
    return name;
}

static void put_name(struct builder *b, struct span wire)
{
    unsigned labels = 0;
    if (name_length(wire, &labels) != wire.len || !wire.len)
        builder_fail(b, ERR_MALFORMED);
    builder_u8(b, (uint8_t)wire.len);
    builder_u8(b, (uint8_t)labels);
    builder_span(b, wire);
}

static void get_data(struct reader *r, struct dnsp_record *out)
{
    switch (out->type) {
    case DNSP_NS:
    case DNSP_CNAME:
    case DNSP_PTR:
        out->name = get_name(r);
        break;
    case DNSP_SOA:
        out->soa_serial = reader_be32(r);
        out->refresh = reader_be32(r);
        out->retry = reader_be32(r);
        out->expire = reader_be32(r);
        out->minimum = reader_be32(r);
        out->name = get_name(r);
        out->mail = get_name(r);
        break;
    case DNSP_MX:
        out->priority = reader_be16(r);
        out->name = get_name(r);
        break;
    case DNSP_SRV:
        out->priority = reader_be16(r);
        out->weight = reader_be16(r);
        out->port = reader_be16(r);
        out->name = get_name(r);
        break;
    default:
        out->data = reader_rest(r);
        if ((out->type == DNSP_A && out->data.len != 4) ||
            (out->type == DNSP_AAAA && out->data.len != 16))
            reader_fail(r, ERR_MALFORMED);
    }
}

enum err dnsp_record_decode(struct span value, struct dnsp_record *out)
{
    struct dnsp_record rec = {0};
    struct reader r = reader_of(value);
    uint16_t len = reader_le16(&r);
    rec.type = reader_le16(&r);
    if (reader_u8(&r) != RECORD_VERSION)
        reader_fail(&r, ERR_MALFORMED);
    rec.rank = reader_u8(&r);
    reader_le16(&r);
    rec.serial = reader_le32(&r);
    rec.ttl = reader_be32(&r);
    reader_le32(&r);
    rec.timestamp = reader_le32(&r);
    if (reader_ok(&r) && reader_left(&r) != len)
        reader_fail(&r, ERR_MALFORMED);
    get_data(&r, &rec);
    TRY(reader_end(&r));
    *out = rec;
    return ERR_OK;
}

static void put_data(struct builder *b, const struct dnsp_record *r)
{
    switch (r->type) {
    case DNSP_NS:
    case DNSP_CNAME:
    case DNSP_PTR:
        put_name(b, r->name);
        break;
    case DNSP_SOA:
        builder_be32(b, r->soa_serial);
        builder_be32(b, r->refresh);
        builder_be32(b, r->retry);
        builder_be32(b, r->expire);
        builder_be32(b, r->minimum);
        put_name(b, r->name);
        put_name(b, r->mail);
        break;
    case DNSP_MX:
        builder_be16(b, r->priority);
        put_name(b, r->name);
        break;
    case DNSP_SRV:
        builder_be16(b, r->priority);
        builder_be16(b, r->weight);
        builder_be16(b, r->port);
        put_name(b, r->name);
        break;
    default:
        builder_span(b, r->data);
    }
}

void dnsp_record_put(struct builder *b, const struct dnsp_record *r)
{
    size_t start = b->len;
    builder_le16(b, 0);
    builder_le16(b, r->type);
    builder_u8(b, RECORD_VERSION);
    builder_u8(b, r->rank);
    builder_le16(b, 0);
    builder_le32(b, r->serial);
    builder_be32(b, r->ttl);
    builder_le32(b, 0);
    builder_le32(b, r->timestamp);
    put_data(b, r);
    size_t len = b->len - start;
    if (builder_ok(b) && len - RECORD_HEADER > UINT16_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_patch_le16(b, start, (uint16_t)(len - RECORD_HEADER));
}

/* Lengths of labels are no letters. */
static bool same_name(struct span a, struct span b)
{
    return ascii_eq_fold(a, b);
}

bool dnsp_record_same(const struct dnsp_record *a, const struct dnsp_record *b)
{
    return a->type == b->type && same_name(a->name, b->name) && same_name(a->mail, b->mail) &&
           a->priority == b->priority && a->weight == b->weight && a->port == b->port &&
           a->soa_serial == b->soa_serial && a->refresh == b->refresh && a->retry == b->retry &&
           a->expire == b->expire && a->minimum == b->minimum && span_eq(a->data, b->data);
}

enum err dnsp_name_from_text(struct span text, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, DNSP_NAME_MAX);
    if (text.len && text.ptr[text.len - 1] == '.')
        text.len--;
    for (size_t pos = 0; pos < text.len || (pos == text.len && pos);) {
        struct span rest = span_sub(text, pos, text.len);
        const uint8_t *dot = rest.len ? memchr(rest.ptr, '.', rest.len) : NULL;
        size_t len = dot ? (size_t)(dot - rest.ptr) : rest.len;
        if (len == 0 || len > 63)
            return ERR_MALFORMED;
        builder_u8(&b, (uint8_t)len);
        builder_bytes(&b, rest.ptr, len);
        if (!dot)
            break;
        pos += len + 1;
    }
    builder_u8(&b, 0);
    return builder_done(&b, out) == ERR_OK ? ERR_OK : ERR_MALFORMED;
}

enum err dnsp_property_decode(struct span value, struct dnsp_property *out)
{
    struct dnsp_property p = {0};
    struct reader r = reader_of(value);
    uint32_t len = reader_le32(&r);
    uint32_t name_len = reader_le32(&r);
    reader_le32(&r);
    if (reader_le32(&r) != 1)
        reader_fail(&r, ERR_MALFORMED);
    p.id = reader_le32(&r);
    p.data = reader_span(&r, len);
    /* The name is unused: Windows writes one byte and says so, Samba says 0 and writes four. */
    if (name_len > 1 || reader_left(&r) > 4)
        reader_fail(&r, ERR_MALFORMED);
    reader_rest(&r);
    TRY(reader_end(&r));
    *out = p;
    return ERR_OK;
}

void dnsp_property_put(struct builder *b, uint32_t id, struct span data)
{
    builder_le32(b, (uint32_t)data.len);
    builder_le32(b, 1);
    builder_le32(b, 0);
    builder_le32(b, 1);
    builder_le32(b, id);
    builder_span(b, data);
    builder_u8(b, 0);
}

void dnsp_property_put_u32(struct builder *b, uint32_t id, uint32_t value)
{
    uint8_t mem[4];
    struct builder v;
    builder_over(&v, mem, sizeof mem);
    builder_le32(&v, value);
    dnsp_property_put(b, id, span_of(mem, sizeof mem));
}

static void put_address(struct builder *b, const struct dnsp_address *address)
{
    size_t start = b->len;
    bool ip4 = address->len == 4;
    if (!ip4 && address->len != 16)
        builder_fail(b, ERR_RANGE);
    builder_le16(b, ip4 ? FAMILY_IP4 : FAMILY_IP6);
    builder_be16(b, 0);
    if (!ip4)
        builder_le32(b, 0);
    builder_bytes(b, address->bytes, builder_ok(b) ? address->len : 0);
    builder_zeros(b, builder_ok(b) ? ADDR_SIZE - (b->len - start) : 0);
}

void dnsp_masters_put(struct builder *b, const struct dnsp_address *list, unsigned count)
{
    if (count > DNSP_MASTERS_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, count);
    builder_le32(b, count);
    builder_zeros(b, 24);
    for (unsigned i = 0; i < count && builder_ok(b); i++)
        put_address(b, &list[i]);
}

static void get_address(struct reader *r, struct dnsp_address *out)
{
    struct reader one = reader_of(reader_span(r, ADDR_SIZE));
    uint16_t family = reader_le16(&one);
    reader_be16(&one);
    if (family != FAMILY_IP4 && family != FAMILY_IP6)
        reader_fail(r, ERR_MALFORMED);
    if (family == FAMILY_IP6)
        reader_le32(&one);
    out->len = family == FAMILY_IP6 ? 16 : 4;
    reader_copy(&one, out->bytes, out->len);
}

enum err dnsp_masters_decode(const struct dnsp_property *p,
                             struct dnsp_address out[DNSP_MASTERS_MAX], unsigned *count_out)
{
    struct reader r = reader_of(p->data);
    bool old = p->id == DNSP_PROPERTY_MASTERS_IP4;
    uint32_t max = reader_le32(&r);
    uint32_t count = old ? max : reader_le32(&r);
    if (!old)
        reader_skip(&r, 24);
    if (count > DNSP_MASTERS_MAX || count > max)
        reader_fail(&r, ERR_LIMIT);
    for (uint32_t i = 0; i < count && reader_ok(&r); i++) {
        out[i] = (struct dnsp_address){.len = 4};
        if (old)
            reader_copy(&r, out[i].bytes, 4);
        else
            get_address(&r, &out[i]);
    }
    if (!reader_ok(&r))
        return r.err;
    *count_out = count;
    return ERR_OK;
}
