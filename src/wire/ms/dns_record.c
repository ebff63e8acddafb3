#include "wire/ms/dns_record.h"

#define RECORD_VERSION   5
#define LABEL_MAX        63
#define NAME_SIZE_MAX    255
#define PROPERTY_VERSION 1
/* One byte, and three that Windows' struct has after it. */
#define PROPERTY_NAME_SIZE 4

/* Where the names of a type lie in its rdata. All types that are not here are the same in both
 * forms. */
struct layout {
    uint16_t type;
    uint8_t before; /* bytes before the first name */
    uint8_t names;
    uint8_t after; /* bytes after the last name; in the stored form they stand before it */
};

static const struct layout layouts[] = {
    {2, 0, 1, 0},  /* NS */
    {3, 0, 1, 0},  /* MD */
    {4, 0, 1, 0},  /* MF */
    {5, 0, 1, 0},  /* CNAME */
    {6, 0, 2, 20}, /* SOA */
    {7, 0, 1, 0},  /* MB */
    {8, 0, 1, 0},  /* MG */
    {9, 0, 1, 0},  /* MR */
    {12, 0, 1, 0}, /* PTR */
    {14, 0, 2, 0}, /* MINFO */
    {15, 2, 1, 0}, /* MX */
    {17, 0, 2, 0}, /* RP */
    {18, 2, 1, 0}, /* AFSDB */
    {21, 2, 1, 0}, /* RT */
    {33, 6, 1, 0}, /* SRV */
    {39, 0, 1, 0}, /* DNAME */
};

static const struct layout *layout_of(uint16_t type)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (layouts[i].type == type)
            return &layouts[i];
    }
    return NULL;
}

/* The next whole name, with its empty label; its labels without that one are counted. */
static struct span read_name(struct reader *r, unsigned *labels_out)
{
    size_t start = r->pos;
    unsigned labels = 0;
    uint8_t size;

    while ((size = reader_u8(r)) != 0) {
        if (size > LABEL_MAX)
            reader_fail(r, ERR_MALFORMED);
        reader_skip(r, size);
        labels++;
    }
    if (reader_ok(r) && r->pos - start > NAME_SIZE_MAX)
        reader_fail(r, ERR_MALFORMED);
    *labels_out = labels;
    return reader_ok(r) ? span_of(r->base + start, r->pos - start) : SPAN_NONE;
}

/* DNS_COUNT_NAME: size, number of labels, the name. */
static struct span read_counted(struct reader *r)
{
    uint8_t size = reader_u8(r);
    uint8_t count = reader_u8(r);
    unsigned labels;
    struct span name = read_name(r, &labels);

    if (reader_ok(r) && (size != name.len || count != labels))
        reader_fail(r, ERR_MALFORMED);
    return name;
}

/* Stored data to rdata; with b NULL a check alone. */
static enum err to_rdata(const struct layout *l, struct span data, struct builder *b)
{
    struct reader r = reader_of(data);
    struct span before = reader_span(&r, l->before);
    struct span after = reader_span(&r, l->after);

    if (b)
        builder_span(b, before);
    for (unsigned i = 0; i < l->names; i++) {
        struct span name = read_counted(&r);

        if (b)
            builder_span(b, name);
    }
    if (b)
        builder_span(b, after);
    return reader_end_whole(&r);
}

enum err dns_record_decode(struct span value, struct dns_record *out)
{
    struct reader r = reader_of(value);
    uint16_t length = reader_le16(&r);
    struct dns_record rec = {.type = reader_le16(&r)};
    uint8_t version = reader_u8(&r);
    const struct layout *l = layout_of(rec.type);

    rec.rank = reader_u8(&r);
    reader_skip(&r, 2);
    rec.serial = reader_le32(&r);
    rec.ttl = reader_be32(&r);
    reader_skip(&r, 4);
    rec.stamp = reader_le32(&r);
    rec.data = reader_span(&r, length);
    TRY(reader_end_whole(&r));
    if (version != RECORD_VERSION)
        return ERR_UNSUPPORTED;
    if (l)
        TRY(to_rdata(l, rec.data, NULL));
    *out = rec;
    return ERR_OK;
}

void dns_record_put_rdata(struct builder *b, const struct dns_record *rec)
{
    const struct layout *l = layout_of(rec->type);

    if (!l)
        builder_span(b, rec->data);
    else if (to_rdata(l, rec->data, b) != ERR_OK)
        builder_fail(b, ERR_MALFORMED);
}

static void put_counted(struct builder *b, struct reader *r)
{
    unsigned labels;
    struct span name = read_name(r, &labels);

    builder_u8(b, (uint8_t)name.len);
    builder_u8(b, (uint8_t)labels);
    builder_span(b, name);
}

/* The stored form of rdata: numbers, then counted names. */
static void put_data(struct builder *b, const struct layout *l, struct span rdata)
{
    struct reader r = reader_of(rdata);
    size_t tail = rdata.len < l->after ? 0 : rdata.len - l->after;

    builder_span(b, reader_span(&r, l->before));
    builder_span(b, span_sub(rdata, tail, l->after));
    for (unsigned i = 0; i < l->names; i++)
        put_counted(b, &r);
    reader_skip(&r, l->after);
    if (reader_end_whole(&r) != ERR_OK)
        builder_fail(b, ERR_MALFORMED);
}

void dns_record_put(struct builder *b, const struct dns_record *rec, struct span rdata)
{
    const struct layout *l = layout_of(rec->type);
    size_t start = b->len, data;

    builder_le16(b, 0);
    builder_le16(b, rec->type);
    builder_u8(b, RECORD_VERSION);
    builder_u8(b, rec->rank);
    builder_le16(b, 0);
    builder_le32(b, rec->serial);
    builder_be32(b, rec->ttl);
    builder_le32(b, 0);
    builder_le32(b, rec->stamp);
    data = b->len;
    if (l)
        put_data(b, l, rdata);
    else
        builder_span(b, rdata);
    if (builder_ok(b) && b->len - data > DNS_RECORD_DATA_MAX)
        builder_fail(b, ERR_LIMIT);
    if (builder_ok(b))
        builder_patch_le16(b, start, (uint16_t)(b->len - data));
}

/* --- dnsProperty ---------------------------------------------------------------------------- */

enum err dns_property_decode(struct span value, struct dns_property *out)
{
    struct reader r = reader_of(value);
    uint32_t length = reader_le32(&r);
    struct dns_property prop;
    uint32_t version;

    reader_skip(&r, 8);
    version = reader_le32(&r);
    prop.id = reader_le32(&r);
    if (length > DNS_PROPERTY_DATA_MAX)
        return ERR_LIMIT;
    prop.data = reader_span(&r, length);
    if (!reader_ok(&r) || reader_left(&r) > PROPERTY_NAME_SIZE)
        return ERR_MALFORMED;
    if (version != PROPERTY_VERSION)
        return ERR_UNSUPPORTED;
    *out = prop;
    return ERR_OK;
}

void dns_property_put(struct builder *b, const struct dns_property *prop)
{
    if (prop->data.len > DNS_PROPERTY_DATA_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, (uint32_t)prop->data.len);
    builder_le32(b, 1);
    builder_le32(b, 0);
    builder_le32(b, PROPERTY_VERSION);
    builder_le32(b, prop->id);
    builder_span(b, prop->data);
    builder_zeros(b, PROPERTY_NAME_SIZE);
}

uint64_t dns_property_number(const struct dns_property *prop, uint64_t fallback)
{
    struct reader r = reader_of(prop->data);

    switch (prop->data.len) {
    case 1:
        return reader_u8(&r);
    case 4:
        return reader_le32(&r);
    case 8:
        return reader_le64(&r);
    default:
        return fallback;
    }
}
