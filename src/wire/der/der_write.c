#include "wire/der/der_bytes.h"

#define LONG_FORM 4

size_t der_size_tlv(size_t body_len)
{
    return header_size(body_len) + body_len;
}

size_t der_size_int(int64_t v)
{
    return 2 + int_size(v);
}

void der_put_header(struct builder *b, uint8_t tag, size_t body_len)
{
    if (body_len > UINT32_MAX) {
        builder_fail(b, ERR_LIMIT);
        return;
    }
    size_t len = header_size(body_len);
    uint8_t *p = builder_space(b, len);
    if (p)
        header_before(p + len, tag, body_len);
}

void der_put_span(struct builder *b, uint8_t tag, struct span body)
{
    der_put_header(b, tag, body.len);
    builder_span(b, body);
}

void der_put_int(struct builder *b, uint8_t tag, int64_t v)
{
    size_t len = int_size(v);
    uint8_t *p = builder_space(b, 2 + len);
    if (p)
        header_before(int_before(p + 2 + len, v), tag, len);
}

void der_put_bool(struct builder *b, uint8_t tag, bool v)
{
    uint8_t *p = builder_space(b, 3);
    if (!p)
        return;
    p[0] = tag;
    p[1] = 1;
    p[2] = v ? 0xff : 0x00;
}

size_t der_begin(struct builder *b, uint8_t tag)
{
    uint8_t *p = builder_space(b, 2 + LONG_FORM);
    if (p) {
        p[0] = tag;
        p[1] = 0x80 | LONG_FORM;
    }
    return b->len;
}

void der_end(struct builder *b, size_t mark)
{
    if (!builder_ok(b))
        return;
    if (b->len - mark > UINT32_MAX)
        builder_fail(b, ERR_LIMIT);
    else
        builder_patch_be32(b, mark - LONG_FORM, (uint32_t)(b->len - mark));
}
