#include "wire/smb2/smb2_context.h"

#include "wire/smb2/smb2_field.h"

/* --- NEGOTIATE ------------------------------------------------------------------------------- */

static enum err read_algorithms(struct reader *r, unsigned count, struct smb2_algorithms *out)
{
    if (out->present || count == 0)
        return ERR_MALFORMED;
    if (count > SMB2_ALGORITHMS_MAX)
        return ERR_LIMIT;
    out->present = true;
    out->count = count;
    for (unsigned i = 0; i < count; i++)
        out->ids[i] = reader_le16(r);
    return reader_ok(r) ? ERR_OK : ERR_MALFORMED;
}

static enum err read_context(unsigned type, struct span data, struct smb2_negotiate_contexts *c)
{
    struct reader r = reader_of(data);
    unsigned count, salt;

    switch (type) {
    case SMB2_PREAUTH_INTEGRITY_CAPABILITIES:
        count = reader_le16(&r);
        salt = reader_le16(&r);
        TRY(read_algorithms(&r, count, &c->hashes));
        c->salt = reader_span(&r, salt);
        return reader_ok(&r) ? ERR_OK : ERR_MALFORMED;
    case SMB2_ENCRYPTION_CAPABILITIES:
        count = reader_le16(&r);
        return read_algorithms(&r, count, &c->ciphers);
    case SMB2_SIGNING_CAPABILITIES:
        count = reader_le16(&r);
        return read_algorithms(&r, count, &c->signing);
    case SMB2_NETNAME:
        c->netname = data;
        return ERR_OK;
    default:
        return ERR_OK;
    }
}

enum err smb2_negotiate_contexts_decode(struct span bytes, unsigned count,
                                        struct smb2_negotiate_contexts *out)
{
    struct smb2_negotiate_contexts c = {0};
    struct reader r = reader_of(bytes);

    if (count > SMB2_NEGOTIATE_CONTEXTS_MAX)
        return ERR_LIMIT;
    for (unsigned i = 0; i < count; i++) {
        reader_align(&r, SMB2_ALIGN);
        unsigned type = reader_le16(&r), len = reader_le16(&r);
        reader_skip(&r, 4);
        struct span data = reader_span(&r, len);
        if (!reader_ok(&r))
            return ERR_MALFORMED;
        TRY(read_context(type, data, &c));
    }
    *out = c;
    return ERR_OK;
}

/* The head of a context; the length is patched by end_context. */
static size_t begin_context(struct builder *b, size_t start, unsigned type)
{
    if (builder_ok(b))
        builder_zeros(b, (start - b->len) % SMB2_ALIGN);
    builder_le16(b, (uint16_t)type);
    builder_le16(b, 0);
    builder_le32(b, 0);
    return b->len;
}

static void end_context(struct builder *b, size_t data_at)
{
    if (builder_ok(b))
        builder_patch_le16(b, data_at - 6, (uint16_t)(b->len - data_at));
}

static void put_ids(struct builder *b, const struct smb2_algorithms *a)
{
    for (unsigned i = 0; i < a->count; i++)
        builder_le16(b, a->ids[i]);
}

static unsigned put_list(struct builder *b, size_t start, unsigned type,
                         const struct smb2_algorithms *a)
{
    if (!a->present)
        return 0;
    size_t at = begin_context(b, start, type);
    builder_le16(b, (uint16_t)a->count);
    put_ids(b, a);
    end_context(b, at);
    return 1;
}

unsigned smb2_negotiate_contexts_put(struct builder *b, const struct smb2_negotiate_contexts *c)
{
    size_t start = b->len, at;
    unsigned count = 0;

    if (c->hashes.present) {
        at = begin_context(b, start, SMB2_PREAUTH_INTEGRITY_CAPABILITIES);
        builder_le16(b, (uint16_t)c->hashes.count);
        builder_le16(b, (uint16_t)c->salt.len);
        put_ids(b, &c->hashes);
        builder_span(b, c->salt);
        end_context(b, at);
        count++;
    }
    count += put_list(b, start, SMB2_ENCRYPTION_CAPABILITIES, &c->ciphers);
    count += put_list(b, start, SMB2_SIGNING_CAPABILITIES, &c->signing);
    if (c->netname.len) {
        at = begin_context(b, start, SMB2_NETNAME);
        builder_span(b, c->netname);
        end_context(b, at);
        count++;
    }
    return count;
}

/* --- CREATE ---------------------------------------------------------------------------------- */

#define CONTEXT_HEAD 16

/* One context: bytes from its head to the next one, or to the end. */
static enum err read_create_context(struct span bytes, struct smb2_create_context *out)
{
    struct reader r = reader_of(bytes);

    reader_skip(&r, 4);
    unsigned name_at = reader_le16(&r), name_len = reader_le16(&r);
    reader_skip(&r, 2);
    unsigned data_at = reader_le16(&r);
    uint32_t data_len = reader_le32(&r);
    if (!reader_ok(&r) || name_at < CONTEXT_HEAD || (data_len && data_at < CONTEXT_HEAD))
        return ERR_MALFORMED;
    reader_seek(&r, name_at);
    out->name = reader_span(&r, name_len);
    reader_seek(&r, data_len ? data_at : CONTEXT_HEAD);
    out->data = reader_span(&r, data_len);
    return reader_ok(&r) && name_len ? ERR_OK : ERR_MALFORMED;
}

enum err smb2_create_contexts_decode(struct span bytes,
                                     struct smb2_create_context out[SMB2_CREATE_CONTEXTS_MAX],
                                     unsigned *count_out)
{
    struct smb2_create_context list[SMB2_CREATE_CONTEXTS_MAX];
    unsigned count = 0;

    while (bytes.len) {
        struct reader r = reader_of(bytes);
        uint32_t next = reader_le32(&r);
        if (next % SMB2_ALIGN || next > bytes.len || (next && next < CONTEXT_HEAD))
            return ERR_MALFORMED;
        if (count == SMB2_CREATE_CONTEXTS_MAX)
            return ERR_LIMIT;
        TRY(read_create_context(span_sub(bytes, 0, next ? next : bytes.len), &list[count++]));
        bytes = next ? span_sub(bytes, next, bytes.len) : SPAN_NONE;
        if (next && !bytes.len)
            return ERR_MALFORMED;
    }
    if (count)
        memcpy(out, list, count * sizeof(*list));
    *count_out = count;
    return ERR_OK;
}

static size_t padded(size_t len)
{
    return (len + SMB2_ALIGN - 1) & ~(size_t)(SMB2_ALIGN - 1);
}

void smb2_create_contexts_put(struct builder *b, const struct smb2_create_context *list,
                              unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t name = padded(list[i].name.len), data = list[i].data.len;
        bool last = i + 1 == count;

        builder_le32(b, last ? 0 : (uint32_t)(CONTEXT_HEAD + name + padded(data)));
        builder_le16(b, CONTEXT_HEAD);
        builder_le16(b, (uint16_t)list[i].name.len);
        builder_le16(b, 0);
        builder_le16(b, data ? (uint16_t)(CONTEXT_HEAD + name) : 0);
        builder_le32(b, (uint32_t)data);
        builder_span(b, list[i].name);
        if (data || !last)
            builder_zeros(b, name - list[i].name.len);
        builder_span(b, list[i].data);
        if (!last)
            builder_zeros(b, padded(data) - data);
    }
}

#define T struct smb2_maximal_access
static const struct smb2_field maximal_access_rows[] = {F_U32(T, status), F_U32(T, access)};
#undef T
const struct smb2_shape smb2_maximal_access_shape =
    SHAPE(smb2_maximal_access, 0, maximal_access_rows);

#define T struct smb2_on_disk_id
static const struct smb2_field on_disk_id_rows[] = {F_U64(T, file_id), F_U64(T, volume_id),
                                                    F_ZERO(16)};
#undef T
const struct smb2_shape smb2_on_disk_id_shape = SHAPE(smb2_on_disk_id, 0, on_disk_id_rows);
