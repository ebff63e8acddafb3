#include "smb/smb_record.h"

#include "base/reader.h"
#include "plat/tree.h"
#include "wire/ms/secdesc.h"

#define VERSION 1

enum err smb_record_decode(struct span bytes, struct smb_record *out)
{
    struct reader r = reader_of(bytes);
    struct smb_record record = {0};

    if (reader_u8(&r) != VERSION)
        return reader_ok(&r) ? ERR_UNSUPPORTED : ERR_MALFORMED;
    record.attributes = reader_le32(&r);
    record.created = reader_le64(&r);
    record.sd = reader_rest(&r);
    if (!reader_ok(&r) || (record.sd.len && sd_check(record.sd) != ERR_OK))
        return ERR_MALFORMED;
    *out = record;
    return ERR_OK;
}

void smb_record_put(struct builder *b, const struct smb_record *r)
{
    builder_u8(b, VERSION);
    builder_le32(b, r->attributes);
    builder_le64(b, r->created);
    builder_span(b, r->sd);
}

enum err smb_record_read(int fd, struct arena *a, struct smb_record *out)
{
    uint8_t note[PLAT_TREE_NOTE_MAX];
    struct smb_record record = {0};
    size_t len;
    enum err e = plat_tree_note(fd, note, sizeof(note), &len);

    if (e == ERR_NOT_FOUND || e == ERR_UNSUPPORTED) {
        *out = record;
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e == ERR_LIMIT ? ERR_INTEGRITY : ERR_IO;
    if (smb_record_decode(span_of(note, len), &record) != ERR_OK)
        return ERR_INTEGRITY;
    struct span sd = a ? record.sd : SPAN_NONE;
    record.sd = sd.len ? arena_dup_span(a, sd) : SPAN_NONE;
    if (record.sd.len != sd.len)
        return ERR_NOMEM;
    *out = record;
    return ERR_OK;
}

enum err smb_record_write(int fd, const struct smb_record *r)
{
    uint8_t note[PLAT_TREE_NOTE_MAX];
    struct builder b;

    if (r->sd.len > SMB_DESCRIPTOR_MAX)
        return ERR_LIMIT;
    builder_over(&b, note, sizeof(note));
    smb_record_put(&b, r);
    return plat_tree_set_note(fd, span_of(note, b.len));
}
