#include "wire/ms/forest_info.h"

#include "base/text.h"

#define VERSION 1
/* Flags, time and type: what every record has. */
#define RECORD_MIN 13

/* A length and that many bytes of text. */
static struct span counted_text(struct reader *r)
{
    struct span s = reader_span(r, reader_le32(r));

    if (reader_ok(r) && !text_valid(s))
        reader_fail(r, ERR_MALFORMED);
    return s;
}

static void read_domain(struct reader *r, struct forest_record *rec)
{
    struct span sid = reader_span(r, reader_le32(r));

    if (reader_ok(r) && sid_from_bytes(sid, &rec->sid) != ERR_OK)
        reader_fail(r, ERR_MALFORMED);
    rec->name = counted_text(r);
    rec->flat_name = counted_text(r);
}

static enum err read_record(struct span bytes, struct forest_record *rec)
{
    struct reader r = reader_of(bytes);

    rec->flags = reader_le32(&r);
    rec->time = (int64_t)reader_le64(&r);
    rec->type = (enum forest_record_type)reader_u8(&r);
    if (rec->type == FOREST_TLN || rec->type == FOREST_TLN_EXCLUSION)
        rec->name = counted_text(&r);
    else if (rec->type == FOREST_DOMAIN)
        read_domain(&r, rec);
    else
        rec->data = reader_rest(&r);
    return reader_end_whole(&r);
}

enum err forest_info_decode(struct span blob, struct arena *a, struct forest_record **out,
                            unsigned *count_out)
{
    struct reader r = reader_of(blob);
    uint32_t version = reader_le32(&r);
    uint32_t count = reader_le32(&r);
    struct forest_record *records;

    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (version != VERSION)
        return ERR_UNSUPPORTED;
    if (count > FOREST_RECORDS_MAX || blob.len > FOREST_INFO_MAX)
        return ERR_LIMIT;
    if (count > reader_left(&r) / (4 + RECORD_MIN))
        return ERR_MALFORMED;
    records = arena_new_array(a, count, struct forest_record);
    if (!records)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        struct span record = reader_span(&r, reader_le32(&r));

        if (!reader_ok(&r))
            return ERR_MALFORMED;
        TRY(read_record(record, &records[i]));
    }
    TRY(reader_end_whole(&r));
    *out = records;
    *count_out = count;
    return ERR_OK;
}

static void put_counted(struct builder *b, struct span s)
{
    builder_le32(b, (uint32_t)s.len);
    builder_span(b, s);
}

static void put_record(struct builder *b, const struct forest_record *rec)
{
    size_t start = b->len;

    builder_le32(b, 0);
    builder_le32(b, rec->flags);
    builder_le64(b, (uint64_t)rec->time);
    builder_u8(b, (uint8_t)rec->type);
    if (rec->type == FOREST_TLN || rec->type == FOREST_TLN_EXCLUSION) {
        put_counted(b, rec->name);
    } else if (rec->type == FOREST_DOMAIN) {
        builder_le32(b, (uint32_t)sid_size(&rec->sid));
        sid_put(b, &rec->sid);
        put_counted(b, rec->name);
        put_counted(b, rec->flat_name);
    } else {
        builder_span(b, rec->data);
    }
    if (builder_ok(b))
        builder_patch_le32(b, start, (uint32_t)(b->len - start - 4));
}

void forest_info_put(struct builder *b, const struct forest_record *records, unsigned count)
{
    if (count > FOREST_RECORDS_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, VERSION);
    builder_le32(b, count);
    for (unsigned i = 0; i < count && builder_ok(b); i++)
        put_record(b, &records[i]);
}
