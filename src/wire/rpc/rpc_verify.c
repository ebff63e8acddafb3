#include "wire/rpc/rpc_verify.h"

#define ALIGN        4
#define COMMANDS_MAX 16

enum command {
    BITMASK1 = 1,
    PCONTEXT = 2,
    HEADER2 = 3,
    COMMAND_MASK = 0x3fff,
    END = 0x4000,
    MUST_PROCESS = 0x8000,
};
#define HEADER_SIGN_SUPPORTED 1 /* in BITMASK1 */

static const uint8_t signature[8] = {0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71};
static const uint8_t drep[4] = {0x10}, drep_big[4] = {0x00};

static bool same_syntax(struct reader *r, const struct rpc_syntax *expected)
{
    struct rpc_syntax s;

    reader_copy(r, s.uuid.b, sizeof(s.uuid.b));
    s.major = reader_le16(r);
    s.minor = reader_le16(r);
    return rpc_syntax_eq(&s, expected);
}

static bool same_header(struct reader *r, const struct rpc_verify *v)
{
    bool same = reader_u8(r) == RPC_REQUEST;
    struct span order;

    reader_skip(r, 3);
    order = reader_span(r, sizeof(drep));
    same = span_eq(order, span_of(v->big ? drep_big : drep, sizeof(drep))) && same;
    same = reader_le32(r) == v->call_id && same;
    same = reader_le16(r) == v->context_id && same;
    return reader_le16(r) == v->opnum && same;
}

static enum err check(uint16_t command, struct span value, const struct rpc_verify *v)
{
    struct reader r = reader_of(value);
    bool same = true;

    switch (command & COMMAND_MASK) {
    case BITMASK1:
        same = !(reader_le32(&r) & HEADER_SIGN_SUPPORTED) || v->header_sign;
        break;
    case PCONTEXT:
        same = same_syntax(&r, &v->interface);
        same = same_syntax(&r, &v->transfer) && same;
        break;
    case HEADER2:
        same = same_header(&r, v);
        break;
    default:
        return command & MUST_PROCESS ? ERR_UNSUPPORTED : ERR_OK;
    }
    TRY(reader_end_whole(&r));
    return same ? ERR_OK : ERR_INTEGRITY;
}

enum err rpc_verify_trailer(struct span stub, size_t used, const struct rpc_verify *expected)
{
    struct reader r = reader_of(stub);
    const uint8_t *found;
    uint16_t command = 0;

    reader_skip(&r, used);
    if (reader_left(&r) < sizeof(signature))
        return ERR_OK;
    reader_align(&r, ALIGN);
    found = reader_peek(&r, sizeof(signature));
    if (!found || memcmp(found, signature, sizeof(signature)) != 0)
        return ERR_OK;
    reader_skip(&r, sizeof(signature));
    for (unsigned i = 0; i < COMMANDS_MAX && !(command & END); i++) {
        struct span value;

        command = reader_le16(&r);
        value = reader_span(&r, reader_le16(&r));
        if (!reader_ok(&r))
            return ERR_MALFORMED;
        TRY(check(command, value, expected));
    }
    return command & END ? ERR_OK : ERR_MALFORMED;
}

static void put_syntax(struct builder *b, const struct rpc_syntax *s)
{
    builder_bytes(b, s->uuid.b, sizeof(s->uuid.b));
    builder_le16(b, s->major);
    builder_le16(b, s->minor);
}

void rpc_verify_put(struct builder *b, size_t start, const struct rpc_verify *v)
{
    if (builder_ok(b))
        builder_zeros(b, -(b->len - start) & (ALIGN - 1));
    builder_bytes(b, signature, sizeof(signature));
    builder_le16(b, BITMASK1);
    builder_le16(b, 4);
    builder_le32(b, v->header_sign ? HEADER_SIGN_SUPPORTED : 0);
    builder_le16(b, PCONTEXT | MUST_PROCESS);
    builder_le16(b, 40);
    put_syntax(b, &v->interface);
    put_syntax(b, &v->transfer);
    builder_le16(b, HEADER2 | MUST_PROCESS | END);
    builder_le16(b, 16);
    builder_le32(b, RPC_REQUEST);
    builder_bytes(b, drep, sizeof(drep));
    builder_le32(b, v->call_id);
    builder_le16(b, v->context_id);
    builder_le16(b, v->opnum);
}
