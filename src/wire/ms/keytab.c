#include "wire/ms/keytab.h"

#define VERSION 0x502

static void put_counted(struct builder *b, struct span s)
{
    if (s.len > UINT16_MAX)
        builder_fail(b, ERR_RANGE);
    builder_be16(b, (uint16_t)s.len);
    builder_span(b, s);
}

void keytab_put_header(struct builder *b)
{
    builder_be16(b, VERSION);
}

void keytab_put(struct builder *b, const struct keytab_entry *e)
{
    size_t start = b->len;

    if (e->count > KEYTAB_COMPONENTS_MAX || e->key.len > KEYTAB_KEY_MAX) {
        builder_fail(b, ERR_RANGE);
        return;
    }
    builder_be32(b, 0);
    builder_be16(b, (uint16_t)e->count);
    put_counted(b, e->realm);
    for (unsigned i = 0; i < e->count; i++)
        put_counted(b, e->components[i]);
    builder_be32(b, e->name_type);
    builder_be32(b, e->time);
    /* The old field has room for 8 bits; readers take the 32-bit one at the end. */
    builder_u8(b, (uint8_t)e->kvno);
    builder_be16(b, e->etype);
    put_counted(b, e->key);
    builder_be32(b, e->kvno);
    if (builder_ok(b))
        builder_patch_be32(b, start, (uint32_t)(b->len - start - 4));
}

enum err keytab_open(struct span bytes, struct keytab_iter *out)
{
    struct keytab_iter it = {reader_of(bytes)};
    uint16_t version = reader_be16(&it.r);

    if (!reader_ok(&it.r))
        return ERR_MALFORMED;
    if (version != VERSION)
        return ERR_UNSUPPORTED;
    *out = it;
    return ERR_OK;
}

static struct span counted(struct reader *r)
{
    return reader_span(r, reader_be16(r));
}

static enum err read_entry(struct span bytes, struct keytab_entry *e)
{
    struct reader r = reader_of(bytes);
    uint32_t kvno;

    e->count = reader_be16(&r);
    if (e->count > KEYTAB_COMPONENTS_MAX)
        return ERR_LIMIT;
    e->realm = counted(&r);
    for (unsigned i = 0; i < e->count; i++)
        e->components[i] = counted(&r);
    e->name_type = reader_be32(&r);
    e->time = reader_be32(&r);
    e->kvno = reader_u8(&r);
    e->etype = reader_be16(&r);
    e->key = counted(&r);
    if (reader_left(&r) >= 4) {
        kvno = reader_be32(&r);
        e->kvno = kvno ? kvno : e->kvno;
    }
    /* Later versions may append more. */
    return reader_ok(&r) ? ERR_OK : ERR_MALFORMED;
}

bool keytab_next(struct keytab_iter *it, struct keytab_entry *out)
{
    struct keytab_entry e = {0};

    while (reader_left(&it->r)) {
        int32_t size = (int32_t)reader_be32(&it->r);
        enum err err;

        /* A negative size is the hole that a deleted entry left. */
        if (size <= 0) {
            reader_skip(&it->r, (size_t)(-(int64_t)size));
            continue;
        }
        err = read_entry(reader_span(&it->r, (size_t)size), &e);
        if (err != ERR_OK) {
            reader_fail(&it->r, err);
            break;
        }
        *out = e;
        return true;
    }
    return false;
}
