#include "wire/rpc/rpc_tower.h"

/* Protocol identifiers (C706 appendix I, [MS-RPCE] 2.2.1.2). */
enum {
    ID_TCP = 0x07,
    ID_IP = 0x09,
    ID_RPC_CO = 0x0b,
    ID_UUID = 0x0d,
    ID_PIPE = 0x0f,
    ID_NETBIOS = 0x11,
};
#define FLOORS_MIN     3
#define FLOORS_MAX     8
#define FLOORS_OF_OURS 5
#define UUID_SIDE      (1 + 16 + 2)

struct floor {
    struct span lhs, rhs;
};

static void read_floor(struct reader *r, struct floor *f)
{
    f->lhs = reader_span(r, reader_le16(r));
    f->rhs = reader_span(r, reader_le16(r));
    if (reader_ok(r) && f->lhs.len == 0)
        reader_fail(r, ERR_MALFORMED);
}

static bool is(const struct floor *f, uint8_t id, size_t rhs)
{
    return f->lhs.len == 1 && f->lhs.ptr[0] == id && f->rhs.len == rhs;
}

static enum err uuid_floor(const struct floor *f, struct rpc_syntax *out)
{
    struct reader left = reader_of(f->lhs), right = reader_of(f->rhs);

    if (f->lhs.len != UUID_SIDE || reader_u8(&left) != ID_UUID)
        return ERR_MALFORMED;
    reader_copy(&left, out->uuid.b, sizeof(out->uuid.b));
    out->major = reader_le16(&left);
    out->minor = reader_le16(&right);
    return reader_end_whole(&right);
}

/* Text with a terminating zero; false: none. */
static bool text_floor(const struct floor *f, uint8_t id, struct span *out)
{
    size_t n = f->rhs.len;

    if (n == 0 || !is(f, id, n) || memchr(f->rhs.ptr, 0, n) != f->rhs.ptr + n - 1)
        return false;
    *out = span_sub(f->rhs, 0, n - 1);
    return true;
}

static void transport(const struct floor *f, unsigned count, struct rpc_tower *t)
{
    t->kind = RPC_TOWER_OTHER;
    if (count != FLOORS_OF_OURS || !is(&f[2], ID_RPC_CO, 2))
        return;
    if (is(&f[3], ID_TCP, 2) && is(&f[4], ID_IP, 4)) {
        t->kind = RPC_TOWER_TCP;
        t->port = (uint16_t)(f[3].rhs.ptr[0] << 8 | f[3].rhs.ptr[1]);
        memcpy(t->address, f[4].rhs.ptr, sizeof(t->address));
    } else if (text_floor(&f[3], ID_PIPE, &t->pipe) && text_floor(&f[4], ID_NETBIOS, &t->host)) {
        t->kind = RPC_TOWER_PIPE;
    }
}

enum err rpc_tower_decode(struct span bytes, struct rpc_tower *out)
{
    struct reader r = reader_of(bytes);
    unsigned count = reader_le16(&r);
    struct floor floors[FLOORS_MAX];
    struct rpc_tower t = {0};

    if (count < FLOORS_MIN || count > FLOORS_MAX)
        return ERR_MALFORMED;
    for (unsigned i = 0; i < count; i++)
        read_floor(&r, &floors[i]);
    TRY(reader_end_whole(&r));
    TRY(uuid_floor(&floors[0], &t.interface));
    TRY(uuid_floor(&floors[1], &t.transfer));
    transport(floors, count, &t);
    *out = t;
    return ERR_OK;
}

static void put_uuid(struct builder *b, const struct rpc_syntax *s)
{
    builder_le16(b, UUID_SIDE);
    builder_u8(b, ID_UUID);
    builder_bytes(b, s->uuid.b, sizeof(s->uuid.b));
    builder_le16(b, s->major);
    builder_le16(b, 2);
    builder_le16(b, s->minor);
}

static void put_floor(struct builder *b, uint8_t id, const void *rhs, size_t len, bool zero)
{
    if (len + zero > RPC_TOWER_MAX)
        builder_fail(b, ERR_RANGE);
    builder_le16(b, 1);
    builder_u8(b, id);
    builder_le16(b, (uint16_t)(len + zero));
    builder_bytes(b, rhs, len);
    builder_zeros(b, zero);
}

void rpc_tower_put(struct builder *b, const struct rpc_tower *t)
{
    uint8_t port[2] = {(uint8_t)(t->port >> 8), (uint8_t)t->port};

    builder_le16(b, FLOORS_OF_OURS);
    put_uuid(b, &t->interface);
    put_uuid(b, &t->transfer);
    put_floor(b, ID_RPC_CO, "\0\0", 2, false);
    if (t->kind == RPC_TOWER_TCP) {
        put_floor(b, ID_TCP, port, sizeof(port), false);
        put_floor(b, ID_IP, t->address, sizeof(t->address), false);
    } else if (t->kind == RPC_TOWER_PIPE) {
        put_floor(b, ID_PIPE, t->pipe.ptr, t->pipe.len, true);
        put_floor(b, ID_NETBIOS, t->host.ptr, t->host.len, true);
    } else {
        builder_fail(b, ERR_RANGE);
    }
}
