#include "wire/ndr/ndr_row.h"

/* [MS-RPCE] 2.2.6.1 and 2.2.6.2 */
#define VERSION_1           1
#define LITTLE_ENDIAN_MARK  0x10
#define COMMON_HEADER_SIZE  8
#define PRIVATE_HEADER_SIZE 8
#define COMMON_FILLER       0xCCCCCCCC
#define BODY_ALIGN          8

void ndr_put_serialized(struct builder *b, const struct ndr_type *type, const void *value)
{
    size_t start;

    builder_u8(b, VERSION_1);
    builder_u8(b, LITTLE_ENDIAN_MARK);
    builder_le16(b, COMMON_HEADER_SIZE);
    builder_le32(b, COMMON_FILLER);
    builder_zeros(b, PRIVATE_HEADER_SIZE);
    start = b->len;
    ndr_put(b, type, value);
    if (!builder_ok(b))
        return;
    builder_zeros(b, -(b->len - start) & (BODY_ALIGN - 1));
    builder_patch_le32(b, start - PRIVATE_HEADER_SIZE, (uint32_t)(b->len - start));
}

/* The value alone, without headers; its padding to a multiple of 8 is still there. */
static enum err open_headers(struct span bytes, struct span *body_out)
{
    struct reader r = reader_of(bytes);
    uint8_t version = reader_u8(&r);
    uint8_t endianness = reader_u8(&r);
    uint16_t header = reader_le16(&r);
    struct span body;
    uint32_t length;

    reader_skip(&r, 4);
    length = reader_le32(&r);
    reader_skip(&r, 4);
    body = reader_span(&r, length);
    if (reader_ok(&r) && (version != VERSION_1 || endianness != LITTLE_ENDIAN_MARK))
        return ERR_UNSUPPORTED;
    if (reader_ok(&r) && header != COMMON_HEADER_SIZE)
        return ERR_MALFORMED;
    TRY(reader_end_whole(&r));
    *body_out = body;
    return ERR_OK;
}

enum err ndr_decode_serialized(const struct ndr_type *type, struct span bytes, struct arena *a,
                               void *out)
{
    struct span body;

    TRY(open_headers(bytes, &body));
    return ndr_decode_padded(type, body, BODY_ALIGN - 1, a, out);
}
