#include "wire/rpc/rpc_bind.h"

#define SYNTAX_SIZE  20
#define CONTEXT_SIZE (4 + SYNTAX_SIZE) /* without its transfer syntaxes */
#define RESULT_SIZE  (4 + SYNTAX_SIZE)
#define FEATURES_AT  8
#define COUNT_MAX    255

const struct rpc_syntax rpc_ndr32 = {
    {{0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48,
      0x60}},
    2,
    0,
};
const struct rpc_syntax rpc_ndr64 = {
    {{0x33, 0x05, 0x71, 0x71, 0xba, 0xbe, 0x37, 0x49, 0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc,
      0x36}},
    1,
    0,
};
static const uint8_t features_prefix[FEATURES_AT] = {0x2c, 0x1c, 0xb7, 0x6c,
                                                     0x12, 0x98, 0x40, 0x45};

bool rpc_syntax_eq(const struct rpc_syntax *a, const struct rpc_syntax *b)
{
    return guid_eq(&a->uuid, &b->uuid) && a->major == b->major && a->minor == b->minor;
}

bool rpc_syntax_features(const struct rpc_syntax *s, uint64_t *features_out)
{
    struct reader r = reader_of(span_of(s->uuid.b + FEATURES_AT, 8));

    if (s->major != 1 || memcmp(s->uuid.b, features_prefix, FEATURES_AT) != 0)
        return false;
    *features_out = reader_le64(&r);
    return true;
}

struct rpc_syntax rpc_features_syntax(uint64_t features)
{
    struct rpc_syntax s = {.major = 1};

    memcpy(s.uuid.b, features_prefix, FEATURES_AT);
    builder_store_le(s.uuid.b + FEATURES_AT, features, 8);
    return s;
}

static void read_syntax(struct reader *r, struct rpc_syntax *s)
{
    reader_guid(r, s->uuid.b);
    uint32_t version = reader_u32(r);
    s->major = (uint16_t)version;
    s->minor = (uint16_t)(version >> 16);
}

static void put_syntax(struct builder *b, const struct rpc_syntax *s)
{
    builder_bytes(b, s->uuid.b, sizeof(s->uuid.b));
    builder_le16(b, s->major);
    builder_le16(b, s->minor);
}

/* Room for a list of count elements that take at least size bytes each on the wire. */
static void *list(struct reader *r, struct arena *a, unsigned count, size_t size, size_t in_c)
{
    void *p = NULL;

    if (reader_ok(r) && (count == 0 || count > reader_left(r) / size))
        reader_fail(r, ERR_MALFORMED);
    if (reader_ok(r) && !(p = arena_array(a, count, in_c)))
        reader_fail(r, ERR_NOMEM);
    return p;
}

/* A count in one byte and three reserved ones. */
static unsigned read_count(struct reader *r)
{
    unsigned count = reader_u8(r);

    reader_skip(r, 3);
    return count;
}

static void put_count(struct builder *b, unsigned count)
{
    if (count == 0 || count > COUNT_MAX)
        builder_fail(b, ERR_RANGE);
    builder_le32(b, count);
}

/* --- bind, alter_context --------------------------------------------------------------------- */

static void read_context(struct reader *r, struct arena *a, struct rpc_context *c)
{
    c->id = reader_u16(r);
    c->count = reader_u8(r);
    reader_skip(r, 1);
    read_syntax(r, &c->interface);
    c->transfers = list(r, a, c->count, SYNTAX_SIZE, sizeof(*c->transfers));
    for (unsigned i = 0; i < c->count && reader_ok(r); i++)
        read_syntax(r, &c->transfers[i]);
}

enum err rpc_bind_decode(const struct rpc_pdu *pdu, struct arena *a, struct rpc_bind *out)
{
    struct reader r = reader_of(pdu->body);
    struct rpc_bind v;

    r.big = pdu->big;
    v.max_xmit = reader_u16(&r);
    v.max_recv = reader_u16(&r);
    v.group = reader_u32(&r);
    v.count = read_count(&r);
    v.contexts = list(&r, a, v.count, CONTEXT_SIZE, sizeof(*v.contexts));
    for (unsigned i = 0; i < v.count && reader_ok(&r); i++)
        read_context(&r, a, &v.contexts[i]);
    if (reader_left(&r) == pdu->pad)
        reader_rest(&r);
    TRY(reader_end_whole(&r));
    *out = v;
    return ERR_OK;
}

void rpc_bind_put(struct builder *b, enum rpc_pdu_type type, unsigned flags, uint32_t call_id,
                  const struct rpc_bind *bind, const struct rpc_auth *auth)
{
    size_t start = rpc_pdu_begin(b, type, flags, call_id);

    builder_le16(b, bind->max_xmit);
    builder_le16(b, bind->max_recv);
    builder_le32(b, bind->group);
    put_count(b, bind->count);
    for (unsigned i = 0; i < bind->count && builder_ok(b); i++) {
        const struct rpc_context *c = &bind->contexts[i];

        builder_le16(b, c->id);
        if (c->count == 0 || c->count > COUNT_MAX)
            builder_fail(b, ERR_RANGE);
        builder_le16(b, (uint16_t)c->count);
        put_syntax(b, &c->interface);
        for (unsigned t = 0; t < c->count && builder_ok(b); t++)
            put_syntax(b, &c->transfers[t]);
    }
    rpc_pdu_end(b, start, start, auth, NULL);
}

/* --- bind_ack, alter_context_resp ------------------------------------------------------------ */

/* A length with the terminating zero; without an address it is 0, or 1 for the zero alone. */
static struct span read_address(struct reader *r)
{
    struct span s = reader_span(r, reader_le16(r));

    if (s.len && s.ptr[--s.len] != 0)
        reader_fail(r, ERR_MALFORMED);
    reader_align(r, 4); /* the body begins on a multiple of 4 */
    return s;
}

enum err rpc_bind_ack_decode(const struct rpc_pdu *pdu, struct arena *a, struct rpc_bind_ack *out)
{
    struct reader r = reader_of(pdu->body);
    struct rpc_bind_ack v;

    v.max_xmit = reader_le16(&r);
    v.max_recv = reader_le16(&r);
    v.group = reader_le32(&r);
    v.address = read_address(&r);
    v.count = read_count(&r);
    v.results = list(&r, a, v.count, RESULT_SIZE, sizeof(*v.results));
    for (unsigned i = 0; i < v.count && reader_ok(&r); i++) {
        v.results[i].code = reader_le16(&r);
        v.results[i].reason = reader_le16(&r);
        read_syntax(&r, &v.results[i].transfer);
    }
    if (reader_left(&r) == pdu->pad)
        reader_rest(&r);
    if (pdu->big)
        return ERR_UNSUPPORTED;
    TRY(reader_end_whole(&r));
    *out = v;
    return ERR_OK;
}

void rpc_bind_ack_put(struct builder *b, enum rpc_pdu_type type, unsigned flags, uint32_t call_id,
                      const struct rpc_bind_ack *ack, const struct rpc_auth *auth)
{
    size_t start = rpc_pdu_begin(b, type, flags, call_id);

    builder_le16(b, ack->max_xmit);
    builder_le16(b, ack->max_recv);
    builder_le32(b, ack->group);
    if (ack->address.len >= UINT16_MAX)
        builder_fail(b, ERR_RANGE);
    builder_le16(b, ack->address.len ? (uint16_t)(ack->address.len + 1) : 0);
    builder_span(b, ack->address);
    if (ack->address.len)
        builder_u8(b, 0);
    if (builder_ok(b))
        builder_zeros(b, -(b->len - start) & 3);
    put_count(b, ack->count);
    for (unsigned i = 0; i < ack->count && builder_ok(b); i++) {
        builder_le16(b, ack->results[i].code);
        builder_le16(b, ack->results[i].reason);
        put_syntax(b, &ack->results[i].transfer);
    }
    rpc_pdu_end(b, start, start, auth, NULL);
}

/* --- bind_nak -------------------------------------------------------------------------------- */

enum err rpc_bind_nak_decode(const struct rpc_pdu *pdu, uint16_t *reason_out)
{
    struct reader r = reader_of(pdu->body);
    uint16_t reason = reader_le16(&r);

    reader_rest(&r);
    if (pdu->big)
        return ERR_UNSUPPORTED;
    TRY(reader_end_whole(&r));
    *reason_out = reason;
    return ERR_OK;
}

/* With the versions that we speak, which is one. */
void rpc_bind_nak_put(struct builder *b, uint32_t call_id, enum rpc_nak_reason reason)
{
    size_t start = rpc_pdu_begin(b, RPC_BIND_NAK, RPC_FIRST | RPC_LAST, call_id);

    builder_le16(b, (uint16_t)reason);
    builder_u8(b, 1);
    builder_u8(b, 5);
    builder_u8(b, 0);
    builder_zeros(b, 3); /* the fragment is a multiple of 4 long */
    rpc_pdu_end(b, start, start, NULL, NULL);
}
