#include "wire/ms/supplemental.h"

#include "base/reader.h"
#include "base/text.h"

/* --- USER_PROPERTIES ------------------------------------------------------------------------ */

#define RESERVED4_SIZE 96
#define SIGNATURE      0x50

static enum err read_property(struct reader *r, struct arena *a, struct supplemental_property *out)
{
    uint16_t name_len = reader_le16(r);
    uint16_t value_len = reader_le16(r);
    struct span name, hex;

    reader_skip(r, 2);
    name = reader_span(r, name_len);
    hex = reader_span(r, value_len);
    if (!reader_ok(r))
        return ERR_MALFORMED;
    TRY(text_from_utf16(name, a, &out->name));
    return text_unhex(hex, a, &out->value);
}

enum err supplemental_decode(struct span blob, struct arena *a, struct supplemental_property **out,
                             unsigned *count_out)
{
    struct reader outer = reader_of(blob);
    struct supplemental_property *properties;
    struct reader r;
    uint32_t length;
    unsigned count = 0;

    if (blob.len > SUPPLEMENTAL_MAX)
        return ERR_LIMIT;
    reader_skip(&outer, 4);
    length = reader_le32(&outer);
    reader_skip(&outer, 4);
    r = reader_of(reader_span(&outer, length));
    reader_skip(&outer, 1);
    TRY(reader_end_whole(&outer));
    reader_skip(&r, RESERVED4_SIZE);
    if (reader_le16(&r) != SIGNATURE)
        reader_fail(&r, ERR_MALFORMED);
    if (reader_left(&r))
        count = reader_le16(&r);
    if (count > SUPPLEMENTAL_PROPERTIES_MAX)
        return ERR_LIMIT;
    properties = arena_new_array(a, count, struct supplemental_property);
    if (!properties)
        return ERR_NOMEM;
    for (unsigned i = 0; i < count; i++)
        TRY(read_property(&r, a, &properties[i]));
    TRY(reader_end_whole(&r));
    *out = properties;
    *count_out = count;
    return ERR_OK;
}

static void put_hex(struct builder *b, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        builder_u8(b, (uint8_t)digits[bytes.ptr[i] >> 4]);
        builder_u8(b, (uint8_t)digits[bytes.ptr[i] & 15]);
    }
}

static void put_property(struct builder *b, const struct supplemental_property *p)
{
    size_t start = b->len, name;

    builder_zeros(b, 6);
    name = b->len;
    text_put_utf16(b, p->name);
    if (builder_ok(b))
        builder_patch_le16(b, start, (uint16_t)(b->len - name));
    if (2 * p->value.len > UINT16_MAX || p->name.len > UINT16_MAX / 2)
        builder_fail(b, ERR_LIMIT);
    if (builder_ok(b))
        builder_patch_le16(b, start + 2, (uint16_t)(2 * p->value.len));
    put_hex(b, p->value);
}

void supplemental_put(struct builder *b, const struct supplemental_property *properties,
                      unsigned count)
{
    size_t start = b->len;

    if (count > SUPPLEMENTAL_PROPERTIES_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_zeros(b, 12);
    /* Arbitrary by the specification; Windows fills it with spaces in UTF-16. */
    for (unsigned i = 0; i < RESERVED4_SIZE / 2; i++)
        builder_le16(b, ' ');
    builder_le16(b, SIGNATURE);
    if (count)
        builder_le16(b, (uint16_t)count);
    for (unsigned i = 0; i < count && builder_ok(b); i++)
        put_property(b, &properties[i]);
    if (builder_ok(b))
        builder_patch_le32(b, start + 4, (uint32_t)(b->len - start - 12));
    builder_u8(b, 0);
}

struct span supplemental_find(const struct supplemental_property *properties, unsigned count,
                              struct span name)
{
    for (unsigned i = 0; i < count; i++) {
        if (span_eq(properties[i].name, name))
            return properties[i].value;
    }
    return SPAN_NONE;
}

void supplemental_put_packages(struct builder *b, const struct span *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i)
            builder_le16(b, 0);
        text_put_utf16(b, names[i]);
    }
}

/* --- KERB_STORED_CREDENTIAL_NEW -------------------------------------------------------------- */

#define REVISION    4
#define HEADER_SIZE 24
#define KEY_SIZE    24

/* A part of the value by offset and length. */
static enum err part(struct span value, size_t offset, size_t length, struct span *out)
{
    if (offset > value.len || length > value.len - offset)
        return ERR_MALFORMED;
    *out = span_sub(value, offset, length);
    return ERR_OK;
}

static enum err read_key(struct reader *r, struct span value, struct arena *a,
                         struct supplemental_key *out)
{
    uint32_t length, offset;
    struct span key;

    reader_skip(r, 8);
    out->iterations = reader_le32(r);
    out->etype = (int32_t)reader_le32(r);
    length = reader_le32(r);
    offset = reader_le32(r);
    if (!reader_ok(r))
        return ERR_MALFORMED;
    TRY(part(value, offset, length, &key));
    out->value = arena_dup_span(a, key);
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

enum err supplemental_kerberos_decode(struct span value, struct arena *a,
                                      struct supplemental_kerberos *out)
{
    struct reader r = reader_of(value);
    uint16_t revision = reader_le16(&r);
    struct supplemental_kerberos c = {0};
    struct supplemental_key *keys;
    uint32_t salt_length, salt_offset;
    unsigned total;
    struct span salt;

    reader_skip(&r, 2);
    c.count = reader_le16(&r);
    c.service_count = reader_le16(&r);
    c.old_count = reader_le16(&r);
    c.older_count = reader_le16(&r);
    salt_length = reader_le16(&r);
    reader_skip(&r, 2);
    salt_offset = reader_le32(&r);
    c.default_iterations = reader_le32(&r);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (revision != REVISION)
        return ERR_UNSUPPORTED;
    total = c.count + c.service_count + c.old_count + c.older_count;
    if (total > SUPPLEMENTAL_KEYS_MAX || value.len > SUPPLEMENTAL_MAX)
        return ERR_LIMIT;
    TRY(part(value, salt_offset, salt_length, &salt));
    TRY(text_from_utf16(salt, a, &c.salt));
    keys = arena_new_array(a, total, struct supplemental_key);
    if (!keys)
        return ERR_NOMEM;
    for (unsigned i = 0; i < total; i++)
        TRY(read_key(&r, value, a, &keys[i]));
    c.keys = keys;
    c.service_keys = keys + c.count;
    c.old_keys = c.service_keys + c.service_count;
    c.older_keys = c.old_keys + c.old_count;
    *out = c;
    return ERR_OK;
}

/* Values of one list, and what the header of each, from *header_at on, says about them. */
static void put_keys(struct builder *b, size_t start, const struct supplemental_key *keys,
                     unsigned count, size_t *header_at)
{
    for (unsigned i = 0; i < count && builder_ok(b); i++) {
        builder_patch_le32(b, *header_at + 8, keys[i].iterations);
        builder_patch_le32(b, *header_at + 12, (uint32_t)keys[i].etype);
        builder_patch_le32(b, *header_at + 16, (uint32_t)keys[i].value.len);
        builder_patch_le32(b, *header_at + 20, (uint32_t)(b->len - start));
        builder_span(b, keys[i].value);
        *header_at += KEY_SIZE;
    }
}

/* Headers, salt, values: the headers are filled in when the offsets behind the salt are known. */
void supplemental_kerberos_put(struct builder *b, const struct supplemental_kerberos *c)
{
    unsigned total = c->count + c->service_count + c->old_count + c->older_count;
    size_t start = b->len, salt_at, header_at = start + HEADER_SIZE;

    if (total > SUPPLEMENTAL_KEYS_MAX || c->salt.len > UINT16_MAX / 2)
        builder_fail(b, ERR_LIMIT);
    builder_le16(b, REVISION);
    builder_le16(b, 0);
    builder_le16(b, (uint16_t)c->count);
    builder_le16(b, (uint16_t)c->service_count);
    builder_le16(b, (uint16_t)c->old_count);
    builder_le16(b, (uint16_t)c->older_count);
    builder_zeros(b, 4);
    builder_le32(b, HEADER_SIZE + total * KEY_SIZE);
    builder_le32(b, c->default_iterations);
    builder_zeros(b, total * KEY_SIZE);
    salt_at = b->len;
    text_put_utf16(b, c->salt);
    if (!builder_ok(b))
        return;
    builder_patch_le16(b, start + 12, (uint16_t)(b->len - salt_at));
    builder_patch_le16(b, start + 14, (uint16_t)(b->len - salt_at));
    put_keys(b, start, c->keys, c->count, &header_at);
    put_keys(b, start, c->service_keys, c->service_count, &header_at);
    put_keys(b, start, c->old_keys, c->old_count, &header_at);
    put_keys(b, start, c->older_keys, c->older_count, &header_at);
}
