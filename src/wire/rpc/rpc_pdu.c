#include "wire/rpc/rpc_pdu.h"

#define VERSION             5
#define MINOR_MAX           1
#define BIG_ENDIAN_ASCII    0x00
#define LITTLE_ENDIAN_ASCII 0x10
#define PLAIN_ALIGN         8 /* C706 12.6.3: of every stub but the last, when nothing is signed */

/* What is common to all fragments; lengths are checked by who asked. */
struct header {
    uint8_t version, minor, type, flags;
    uint8_t drep[4];
    uint16_t length, token;
    uint32_t call_id;
};

static void read_header(struct reader *r, struct header *h)
{
    h->version = reader_u8(r);
    h->minor = reader_u8(r);
    h->type = reader_u8(r);
    h->flags = reader_u8(r);
    reader_copy(r, h->drep, sizeof(h->drep));
    r->big = h->drep[0] == BIG_ENDIAN_ASCII;
    h->length = reader_u16(r);
    h->token = reader_u16(r);
    h->call_id = reader_u32(r);
}

/* Characters other than ASCII and floating point other than IEEE are in no interface that we speak,
 * but who says so means another machine altogether. */
static enum err check_header(const struct header *h)
{
    if (h->version != VERSION || h->minor > MINOR_MAX ||
        (h->drep[0] != LITTLE_ENDIAN_ASCII && h->drep[0] != BIG_ENDIAN_ASCII) || h->drep[1] != 0)
        return ERR_UNSUPPORTED;
    if (h->length < RPC_HEADER_SIZE)
        return ERR_MALFORMED;
    if (h->token && h->length < RPC_HEADER_SIZE + RPC_TRAILER_SIZE + h->token)
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err rpc_pdu_frame(struct span have, size_t max, size_t *length_out, uint32_t *call_id_out)
{
    struct reader r = reader_of(have);
    struct header h;

    read_header(&r, &h);
    if (!reader_ok(&r))
        return ERR_TRUNCATED;
    *call_id_out = h.call_id;
    TRY(check_header(&h));
    if (h.length > max)
        return ERR_LIMIT;
    *length_out = h.length;
    return ERR_OK;
}

static enum err open_trailer(struct reader *r, struct rpc_pdu *p, uint16_t token)
{
    if (token == 0)
        return ERR_OK;
    p->auth.type = reader_u8(r);
    p->auth.level = reader_u8(r);
    p->pad = reader_u8(r);
    reader_skip(r, 1);
    p->auth.context_id = reader_u32(r);
    p->auth.token = reader_span(r, token);
    if (!reader_ok(r) || p->pad > p->body.len || p->auth.type == RPC_AUTH_NONE ||
        p->auth.level < RPC_LEVEL_CONNECT || p->auth.level > RPC_LEVEL_PRIVACY)
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err rpc_pdu_open(struct span bytes, struct rpc_pdu *out)
{
    struct reader r = reader_of(bytes);
    struct rpc_pdu p = {.bytes = bytes, .trailer_at = bytes.len};
    struct header h;

    read_header(&r, &h);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    TRY(check_header(&h));
    if (h.length != bytes.len)
        return ERR_MALFORMED;
    p.type = h.type;
    p.minor = h.minor;
    p.flags = h.flags;
    p.big = r.big;
    p.call_id = h.call_id;
    if (h.token)
        p.trailer_at = bytes.len - h.token - RPC_TRAILER_SIZE;
    p.body = reader_span(&r, p.trailer_at - RPC_HEADER_SIZE);
    TRY(open_trailer(&r, &p, h.token));
    TRY(reader_end_whole(&r));
    *out = p;
    return ERR_OK;
}

/* --- calls ----------------------------------------------------------------------------------- */

/* The rest of the body without the padding, which may not reach into what was read. */
static struct span rest_without_pad(struct reader *r, const struct rpc_pdu *pdu)
{
    size_t left = reader_left(r);

    if (pdu->pad > left) {
        reader_fail(r, ERR_MALFORMED);
        return SPAN_NONE;
    }
    return span_sub(reader_rest(r), 0, left - pdu->pad);
}

enum err rpc_request_decode(const struct rpc_pdu *pdu, struct rpc_request *out)
{
    struct reader r = reader_of(pdu->body);
    struct rpc_request q = {.big = pdu->big};

    r.big = pdu->big;
    q.alloc_hint = reader_u32(&r);
    q.context_id = reader_u16(&r);
    q.opnum = reader_u16(&r);
    q.has_object = pdu->flags & RPC_OBJECT_UUID;
    if (q.has_object)
        reader_guid(&r, q.object.b);
    q.stub = rest_without_pad(&r, pdu);
    TRY(reader_end_whole(&r));
    *out = q;
    return ERR_OK;
}

enum err rpc_response_decode(const struct rpc_pdu *pdu, struct rpc_response *out)
{
    struct reader r = reader_of(pdu->body);
    struct rpc_response p;

    p.alloc_hint = reader_le32(&r);
    p.context_id = reader_le16(&r);
    p.cancel_count = reader_u8(&r);
    reader_skip(&r, 1);
    p.stub = rest_without_pad(&r, pdu);
    if (pdu->big)
        return ERR_UNSUPPORTED;
    TRY(reader_end_whole(&r));
    *out = p;
    return ERR_OK;
}

/* Windows may append extended error information, which nobody here reads. */
enum err rpc_fault_decode(const struct rpc_pdu *pdu, struct rpc_fault *out)
{
    struct reader r = reader_of(pdu->body);
    struct rpc_fault f;

    reader_skip(&r, 4);
    f.context_id = reader_le16(&r);
    f.cancel_count = reader_u8(&r);
    reader_skip(&r, 1);
    f.status = reader_le32(&r);
    reader_rest(&r);
    if (pdu->big)
        return ERR_UNSUPPORTED;
    TRY(reader_end_whole(&r));
    *out = f;
    return ERR_OK;
}

/* --- writing --------------------------------------------------------------------------------- */

size_t rpc_pdu_begin(struct builder *b, enum rpc_pdu_type type, unsigned flags, uint32_t call_id)
{
    static const uint8_t drep[4] = {LITTLE_ENDIAN_ASCII};
    size_t start = b->len;

    builder_u8(b, VERSION);
    builder_u8(b, 0);
    builder_u8(b, (uint8_t)type);
    builder_u8(b, (uint8_t)flags);
    builder_bytes(b, drep, sizeof(drep));
    builder_le32(b, 0); /* both lengths */
    builder_le32(b, call_id);
    return start;
}

static size_t put_trailer(struct builder *b, size_t stub, unsigned align,
                          const struct rpc_auth *auth)
{
    size_t pad = -(b->len - stub) & (align - 1);

    builder_zeros(b, pad);
    builder_u8(b, auth->type);
    builder_u8(b, auth->level);
    builder_u8(b, (uint8_t)pad);
    builder_u8(b, 0);
    builder_le32(b, auth->context_id);
    if (auth->token.ptr)
        builder_span(b, auth->token);
    else
        builder_zeros(b, auth->token.len);
    return b->len - auth->token.len - RPC_TRAILER_SIZE;
}

void rpc_pdu_end(struct builder *b, size_t start, size_t stub, const struct rpc_auth *auth,
                 struct rpc_layout *layout_out)
{
    struct rpc_layout l = {.start = start, .stub = stub, .trailer = b->len, .token = b->len};

    if (auth && builder_ok(b)) {
        l.trailer = put_trailer(b, stub, stub == start ? 4 : RPC_PAD_ALIGN, auth);
        l.token = l.trailer + RPC_TRAILER_SIZE;
    }
    if (builder_ok(b) && (b->len - start > UINT16_MAX || (auth && auth->token.len > UINT16_MAX)))
        builder_fail(b, ERR_RANGE);
    if (!builder_ok(b))
        return;
    builder_patch_le16(b, start + 8, (uint16_t)(b->len - start));
    builder_patch_le16(b, start + 10, auth ? (uint16_t)auth->token.len : 0);
    l.end = b->len;
    if (layout_out)
        *layout_out = l;
}

void rpc_request_put(struct builder *b, unsigned flags, uint32_t call_id,
                     const struct rpc_request *r, const struct rpc_auth *auth,
                     struct rpc_layout *layout_out)
{
    size_t stub, start = rpc_pdu_begin(b, RPC_REQUEST,
                                       flags | (r->has_object ? RPC_OBJECT_UUID : 0), call_id);

    builder_le32(b, r->alloc_hint);
    builder_le16(b, r->context_id);
    builder_le16(b, r->opnum);
    if (r->has_object)
        builder_bytes(b, r->object.b, sizeof(r->object.b));
    stub = b->len;
    builder_span(b, r->stub);
    rpc_pdu_end(b, start, stub, auth, layout_out);
}

void rpc_response_put(struct builder *b, unsigned flags, uint32_t call_id,
                      const struct rpc_response *r, const struct rpc_auth *auth,
                      struct rpc_layout *layout_out)
{
    size_t stub, start = rpc_pdu_begin(b, RPC_RESPONSE, flags, call_id);

    builder_le32(b, r->alloc_hint);
    builder_le16(b, r->context_id);
    builder_u8(b, r->cancel_count);
    builder_u8(b, 0);
    stub = b->len;
    builder_span(b, r->stub);
    rpc_pdu_end(b, start, stub, auth, layout_out);
}

/* The status and what follows it count as the stub where a fault is signed. */
void rpc_fault_put(struct builder *b, unsigned flags, uint32_t call_id, const struct rpc_fault *f,
                   const struct rpc_auth *auth, struct rpc_layout *layout_out)
{
    size_t stub, start = rpc_pdu_begin(b, RPC_FAULT, flags, call_id);

    builder_le32(b, 0);
    builder_le16(b, f->context_id);
    builder_u8(b, f->cancel_count);
    builder_u8(b, 0);
    stub = b->len;
    builder_le32(b, f->status);
    builder_le32(b, 0);
    rpc_pdu_end(b, start, stub, auth, layout_out);
}

void rpc_bare_put(struct builder *b, enum rpc_pdu_type type, uint32_t call_id,
                  const struct rpc_auth *auth)
{
    size_t start = rpc_pdu_begin(b, type, RPC_FIRST | RPC_LAST, call_id);

    if (type == RPC_AUTH3)
        builder_zeros(b, 4);
    rpc_pdu_end(b, start, start, auth, NULL);
}

size_t rpc_stub_room(size_t fragment, bool has_object, size_t token)
{
    size_t used = RPC_CALL_HEADER + (has_object ? sizeof(struct guid) : 0);
    size_t align = token ? RPC_PAD_ALIGN : PLAIN_ALIGN;

    if (token)
        used += RPC_TRAILER_SIZE + token;
    return fragment > used ? (fragment - used) & ~(align - 1) : 0;
}
