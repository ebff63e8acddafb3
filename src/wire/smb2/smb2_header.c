#include "wire/smb2/smb2.h"

#define MAGIC_SMB1       0x424d53ffu /* "\xffSMB", little-endian as read */
#define MAGIC_PLAIN      0x424d53feu
#define MAGIC_TRANSFORM  0x424d53fdu
#define MAGIC_COMPRESSED 0x424d53fcu

/* --- frames ---------------------------------------------------------------------------------- */

enum err smb2_frame(struct span head, size_t max, size_t *len_out)
{
    struct reader r = reader_of(head);
    uint32_t word = reader_be32(&r);

    if (head.len && head.ptr[0] != 0)
        return ERR_MALFORMED; /* keep-alives and the like are NetBIOS's (port 139) */
    if (!reader_ok(&r))
        return ERR_TRUNCATED;
    if (word == 0)
        return ERR_MALFORMED;
    if (word > max)
        return ERR_LIMIT;
    *len_out = SMB2_FRAME_SIZE + word;
    return ERR_OK;
}

void smb2_frame_put(uint8_t out[SMB2_FRAME_SIZE], size_t len)
{
    ENT_ASSERT(len < 1u << 24);
    builder_store_be(out, len, SMB2_FRAME_SIZE);
}

enum smb2_kind smb2_kind_of(struct span message)
{
    struct reader r = reader_of(message);

    switch (reader_le32(&r)) {
    case MAGIC_SMB1:
        return SMB2_KIND_SMB1;
    case MAGIC_PLAIN:
        return SMB2_KIND_PLAIN;
    case MAGIC_TRANSFORM:
        return SMB2_KIND_TRANSFORM;
    case MAGIC_COMPRESSED:
        return SMB2_KIND_COMPRESSED;
    default:
        return SMB2_KIND_UNKNOWN;
    }
}

/* --- headers --------------------------------------------------------------------------------- */

enum err smb2_header_decode(struct span message, struct smb2_header *out)
{
    struct reader r = reader_of(message);
    struct smb2_header h = {0};

    if (reader_le32(&r) != MAGIC_PLAIN || reader_le16(&r) != SMB2_HEADER_SIZE)
        return ERR_MALFORMED;
    h.credit_charge = reader_le16(&r);
    h.status = reader_le32(&r);
    h.command = reader_le16(&r);
    h.credits = reader_le16(&r);
    h.flags = reader_le32(&r);
    h.next = reader_le32(&r);
    h.message_id = reader_le64(&r);
    if (h.flags & SMB2_FLAG_ASYNC) {
        h.async_id = reader_le64(&r);
    } else {
        h.process_id = reader_le32(&r);
        h.tree_id = reader_le32(&r);
    }
    h.session_id = reader_le64(&r);
    reader_copy(&r, h.signature, sizeof(h.signature));
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    *out = h;
    return ERR_OK;
}

void smb2_header_put(struct builder *b, const struct smb2_header *h)
{
    builder_le32(b, MAGIC_PLAIN);
    builder_le16(b, SMB2_HEADER_SIZE);
    builder_le16(b, h->credit_charge);
    builder_le32(b, h->status);
    builder_le16(b, h->command);
    builder_le16(b, h->credits);
    builder_le32(b, h->flags);
    builder_le32(b, h->next);
    builder_le64(b, h->message_id);
    if (h->flags & SMB2_FLAG_ASYNC) {
        builder_le64(b, h->async_id);
    } else {
        builder_le32(b, h->process_id);
        builder_le32(b, h->tree_id);
    }
    builder_le64(b, h->session_id);
    builder_bytes(b, h->signature, sizeof(h->signature));
}

enum err smb2_next(struct span *rest, struct smb2_header *header_out, struct span *message_out)
{
    struct smb2_header h;

    TRY(smb2_header_decode(*rest, &h));
    if (h.next % SMB2_ALIGN || h.next > rest->len || (h.next && h.next < SMB2_HEADER_SIZE))
        return ERR_MALFORMED;
    size_t len = h.next ? h.next : rest->len;
    *header_out = h;
    *message_out = span_sub(*rest, 0, len);
    *rest = span_sub(*rest, len, rest->len);
    return ERR_OK;
}

enum err smb2_transform_decode(struct span message, struct smb2_transform *out,
                               struct span *sealed_out)
{
    struct reader r = reader_of(message);
    struct smb2_transform t;

    if (reader_le32(&r) != MAGIC_TRANSFORM)
        return ERR_MALFORMED;
    reader_copy(&r, t.signature, sizeof(t.signature));
    reader_copy(&r, t.nonce, sizeof(t.nonce));
    t.original_size = reader_le32(&r);
    reader_skip(&r, 2);
    t.flags = reader_le16(&r);
    t.session_id = reader_le64(&r);
    struct span sealed = reader_rest(&r);
    if (!reader_ok(&r) || sealed.len == 0 || sealed.len != t.original_size)
        return ERR_MALFORMED;
    *out = t;
    *sealed_out = sealed;
    return ERR_OK;
}

void smb2_transform_put(struct builder *b, const struct smb2_transform *t)
{
    builder_le32(b, MAGIC_TRANSFORM);
    builder_bytes(b, t->signature, sizeof(t->signature));
    builder_bytes(b, t->nonce, sizeof(t->nonce));
    builder_le32(b, t->original_size);
    builder_le16(b, 0);
    builder_le16(b, t->flags);
    builder_le64(b, t->session_id);
}

/* --- SMB1's negotiation ([MS-CIFS] 2.2.4.52) ------------------------------------------------- */

#define SMB1_HEADER_SIZE   32
#define SMB1_COM_NEGOTIATE 0x72
#define SMB1_DIALECT       0x02 /* buffer format of a name */

#define NAME_2_002 "SMB 2.002"
#define NAME_ANY   "SMB 2.???"

static struct span name_of(struct reader *r)
{
    struct span rest = span_of(reader_peek(r, reader_left(r)), reader_left(r));
    const uint8_t *end = rest.len ? memchr(rest.ptr, 0, rest.len) : NULL;

    if (!end) {
        reader_fail(r, ERR_MALFORMED);
        return SPAN_NONE;
    }
    struct span name = reader_span(r, (size_t)(end - rest.ptr));
    reader_skip(r, 1);
    return name;
}

enum err smb1_negotiate_decode(struct span message, struct smb1_negotiate *out)
{
    struct reader r = reader_of(message);
    struct smb1_negotiate n = {0};

    if (reader_le32(&r) != MAGIC_SMB1 || reader_u8(&r) != SMB1_COM_NEGOTIATE)
        return ERR_MALFORMED;
    reader_seek(&r, SMB1_HEADER_SIZE);
    if (reader_u8(&r) != 0) /* words */
        return ERR_MALFORMED;
    struct reader names = reader_of(reader_span(&r, reader_le16(&r)));
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    while (reader_left(&names)) {
        if (reader_u8(&names) != SMB1_DIALECT)
            return ERR_MALFORMED;
        struct span name = name_of(&names);
        n.smb2_002 |= span_eq(name, SPAN_LIT(NAME_2_002));
        n.smb2_any |= span_eq(name, SPAN_LIT(NAME_ANY));
    }
    TRY(reader_end_whole(&names));
    *out = n;
    return ERR_OK;
}

void smb1_negotiate_put(struct builder *b, const struct smb1_negotiate *n)
{
    size_t count_at;

    builder_le32(b, MAGIC_SMB1);
    builder_u8(b, SMB1_COM_NEGOTIATE);
    builder_zeros(b, 4);     /* status */
    builder_u8(b, 0x18);     /* canonical, case-insensitive paths */
    builder_le16(b, 0xc853); /* long names, NT status, Unicode, extended security */
    builder_zeros(b, SMB1_HEADER_SIZE - 12 + 1);
    count_at = b->len;
    builder_le16(b, 0);
    if (n->smb2_002)
        builder_bytes(b, "\x02" NAME_2_002, sizeof("\x02" NAME_2_002));
    if (n->smb2_any)
        builder_bytes(b, "\x02" NAME_ANY, sizeof("\x02" NAME_ANY));
    builder_patch_le16(b, count_at, (uint16_t)(b->len - count_at - 2));
}
