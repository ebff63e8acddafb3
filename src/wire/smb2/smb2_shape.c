#include "wire/smb2/smb2_shape.h"

/* A buffer while its message is read or written. */
struct buffer {
    uint16_t member; /* the struct span in the struct */
    bool has_offset, has_length;
    uint32_t offset;
    uint64_t length;
};

struct buffers {
    unsigned count;
    struct buffer all[SMB2_BUFFERS_MAX];
};

static struct buffer *buffer_of(struct buffers *bs, const struct smb2_field *f)
{
    for (unsigned i = 0; i < bs->count; i++)
        if (bs->all[i].member == f->at)
            return &bs->all[i];
    ENT_ASSERT(bs->count < SMB2_BUFFERS_MAX);
    bs->all[bs->count] = (struct buffer){.member = f->at};
    return &bs->all[bs->count++];
}

/* Bytes of a field on the wire. */
static size_t width(const struct smb2_field *f)
{
    static const uint8_t widths[] = {
        [SMB2_U8] = 1,    [SMB2_U16] = 2,     [SMB2_U32] = 4,   [SMB2_U64] = 8,
        [SMB2_OFF8] = 1,  [SMB2_OFF16] = 2,   [SMB2_OFF32] = 4, [SMB2_LEN16] = 2,
        [SMB2_LEN32] = 4, [SMB2_COUNT16] = 2, [SMB2_TAIL32] = 4};

    return f->kind == SMB2_BYTES || f->kind == SMB2_ZERO ? f->size : widths[f->kind];
}

size_t smb2_shape_fixed(const struct smb2_shape *shape)
{
    size_t sum = shape->structure_size ? sizeof(uint16_t) : 0;

    for (unsigned i = 0; i < shape->count; i++)
        sum += width(&shape->fields[i]);
    return sum;
}

/* --- reading --------------------------------------------------------------------------------- */

static uint64_t load(struct reader *r, size_t len)
{
    const uint8_t *p = reader_take(r, len);
    uint64_t v = 0;

    for (size_t i = p ? len : 0; i > 0; i--)
        v = v << 8 | p[i - 1];
    return v;
}

/* Stores a number in the member of its own width; the machine is little-endian or not. */
static void member_set(uint8_t *member, size_t len, uint64_t v)
{
    uint8_t v8 = (uint8_t)v;
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;

    memcpy(member,
           len == 1   ? (void *)&v8
           : len == 2 ? (void *)&v16
           : len == 4 ? (void *)&v32
                      : &v,
           len);
}

static uint64_t member_get(const uint8_t *member, size_t len)
{
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    switch (len) {
    case 1:
        return *member;
    case 2:
        memcpy(&v16, member, len);
        return v16;
    case 4:
        memcpy(&v32, member, len);
        return v32;
    default:
        memcpy(&v64, member, len);
        return v64;
    }
}

static void read_field(struct reader *r, const struct smb2_field *f, struct buffers *bs,
                       uint8_t *out)
{
    struct buffer *buf;

    if (f->kind == SMB2_BYTES) {
        reader_copy(r, out + f->at, f->size);
        return;
    }
    if (f->kind == SMB2_ZERO) {
        reader_skip(r, f->size);
        return;
    }
    uint64_t v = load(r, width(f));
    switch (f->kind) {
    case SMB2_OFF8:
    case SMB2_OFF16:
    case SMB2_OFF32:
    case SMB2_TAIL32:
        buf = buffer_of(bs, f);
        buf->has_offset = true;
        buf->offset = (uint32_t)v;
        return;
    case SMB2_LEN16:
    case SMB2_LEN32:
    case SMB2_COUNT16:
        buf = buffer_of(bs, f);
        buf->has_length = true;
        buf->length = f->kind == SMB2_COUNT16 ? v * f->size : v;
        return;
    default:
        member_set(out + f->at, width(f), v);
    }
}

/* The bytes of a buffer, which lie behind the fixed part, and inside of the message. */
static enum err locate(const struct buffer *buf, struct span message, size_t fixed_end,
                       struct span *out)
{
    size_t at = buf->has_offset ? buf->offset : fixed_end;
    bool inside = at >= fixed_end && at <= message.len;

    if (!buf->has_length)
        *out = inside ? span_sub(message, at, message.len) : SPAN_NONE;
    else if (buf->length == 0)
        *out = SPAN_NONE;
    else if (!inside || buf->length > message.len - at)
        return ERR_MALFORMED;
    else
        *out = span_sub(message, at, (size_t)buf->length);
    return ERR_OK;
}

static enum err decode(const struct smb2_shape *shape, struct span message, size_t start, void *out)
{
    _Alignas(8) uint8_t value[SMB2_STRUCT_MAX] = {0};
    struct reader r = reader_of(message);
    struct buffers bs = {0};
    struct span found;

    ENT_ASSERT(shape->size <= sizeof(value));
    reader_skip(&r, start);
    if (shape->structure_size && reader_le16(&r) != shape->structure_size)
        return ERR_MALFORMED;
    for (unsigned i = 0; i < shape->count; i++)
        read_field(&r, &shape->fields[i], &bs, value);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    for (unsigned i = 0; i < bs.count; i++) {
        TRY(locate(&bs.all[i], message, r.pos, &found));
        memcpy(value + bs.all[i].member, &found, sizeof(found));
    }
    memcpy(out, value, shape->size);
    return ERR_OK;
}

enum err smb2_decode(const struct smb2_shape *shape, struct span message, void *out)
{
    return decode(shape, message, SMB2_HEADER_SIZE, out);
}

enum err smb2_part_decode(const struct smb2_shape *shape, struct span bytes, void *out)
{
    return decode(shape, bytes, 0, out);
}

/* --- writing --------------------------------------------------------------------------------- */

static struct span member_span(const uint8_t *in, uint16_t at)
{
    struct span s;

    memcpy(&s, in + at, sizeof(s));
    return s;
}

/* Offsets of the buffers, one behind the other from the end of the fixed part on, aligned when they
 * are named; an empty one gets the place where it would be. Returns the end of the last. */
static size_t lay_out(const struct smb2_shape *shape, const uint8_t *in, size_t fixed_end,
                      struct buffers *bs)
{
    size_t at = fixed_end;

    for (unsigned i = 0; i < shape->count; i++) {
        const struct smb2_field *f = &shape->fields[i];
        if (f->kind < SMB2_OFF8)
            continue;
        struct buffer *buf = buffer_of(bs, f);
        if (f->kind <= SMB2_OFF32 || f->kind == SMB2_TAIL32)
            buf->has_offset = true;
        buf->length = member_span(in, f->at).len;
    }
    for (unsigned i = 0; i < bs->count; i++) {
        struct buffer *buf = &bs->all[i];
        if (buf->has_offset && buf->length)
            at = (at + SMB2_ALIGN - 1) & ~(size_t)(SMB2_ALIGN - 1);
        buf->offset = (uint32_t)(buf->length ? at : fixed_end);
        at += (size_t)buf->length;
    }
    return at;
}

static void write_number(struct builder *b, uint64_t v, size_t len)
{
    uint8_t *p = builder_space(b, len);

    if (len < sizeof(v) && v >> (8 * len))
        builder_fail(b, ERR_RANGE);
    else if (p)
        builder_store_le(p, v, len);
}

static void write_field(struct builder *b, const struct smb2_field *f, struct buffers *bs,
                        const uint8_t *in)
{
    struct buffer *buf;

    switch (f->kind) {
    case SMB2_BYTES:
        builder_bytes(b, in + f->at, f->size);
        return;
    case SMB2_ZERO:
        builder_zeros(b, f->size);
        return;
    case SMB2_OFF8:
    case SMB2_OFF16:
    case SMB2_OFF32:
        write_number(b, buffer_of(bs, f)->offset, width(f));
        return;
    case SMB2_TAIL32:
        buf = buffer_of(bs, f);
        write_number(b, buf->length ? buf->offset : 0, width(f));
        return;
    case SMB2_LEN16:
    case SMB2_LEN32:
        write_number(b, buffer_of(bs, f)->length, width(f));
        return;
    case SMB2_COUNT16:
        write_number(b, buffer_of(bs, f)->length / f->size, width(f));
        return;
    default:
        write_number(b, member_get(in + f->at, width(f)), width(f));
    }
}

static void put(struct builder *b, size_t base, size_t start, const struct smb2_shape *shape,
                const void *in)
{
    size_t fixed_end = start + smb2_shape_fixed(shape);
    struct buffers bs = {0};
    size_t end = lay_out(shape, in, fixed_end, &bs);

    if (shape->structure_size)
        builder_le16(b, shape->structure_size);
    for (unsigned i = 0; i < shape->count; i++)
        write_field(b, &shape->fields[i], &bs, in);
    for (unsigned i = 0; i < bs.count && builder_ok(b); i++) {
        builder_zeros(b, bs.all[i].length ? base + bs.all[i].offset - b->len : 0);
        builder_span(b, member_span(in, bs.all[i].member));
    }
    if (shape->structure_size % 2 && bs.count && end == fixed_end)
        builder_u8(b, 0);
}

void smb2_put(struct builder *b, size_t header_at, const struct smb2_shape *shape, const void *in)
{
    if (builder_ok(b)) {
        ENT_ASSERT(b->len == header_at + SMB2_HEADER_SIZE);
        put(b, header_at, SMB2_HEADER_SIZE, shape, in);
    }
}

void smb2_part_put(struct builder *b, const struct smb2_shape *shape, const void *in)
{
    if (builder_ok(b))
        put(b, b->len, 0, shape, in);
}
