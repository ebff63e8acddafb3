#include "base/text.h"
#include "wire/ndr/ndr_row.h"

/*
 * Decoding runs over each struct twice, as the wire is laid out: first what stands in place, then,
 * once the outermost struct is complete, what it points to. In between a pointer member of the C
 * struct holds its referent id (and a string its lengths as well), so that nothing else has to
 * remember it; the result is built in the arena and handed out only when everything has been
 * replaced by real pointers.
 */
struct in {
    struct reader r;
    struct arena *a;
    uint32_t conformance; /* of the struct whose scalars are being read */
    unsigned depth;
    unsigned full_count;
    struct {
        void *ptr;
        uint32_t id;
        const struct ndr_row *row;
    } full[NDR_FULL_MAX];
    uint8_t *args; /* of a call: its counts may follow their arrays */
    unsigned pending_count;
    struct {
        struct ndr_member member;
        uint32_t n;
    } pending[2 * NDR_ROWS_MAX];
};

static void scalars(struct in *in, const struct ndr_type *type, uint8_t *c);
static void deferred(struct in *in, const struct ndr_type *type, uint8_t *c);

/* Most values are aligned already. */
static void align(struct in *in, unsigned to)
{
    if (in->r.pos & (to - 1))
        reader_align(&in->r, to);
}

static uint32_t get_u32(struct in *in)
{
    align(in, 4);
    return reader_u32(&in->r);
}

static void fail(struct in *in, enum err e)
{
    reader_fail(&in->r, e);
}

static bool good(const struct in *in)
{
    return reader_ok(&in->r);
}

static bool deeper(struct in *in)
{
    if (++in->depth <= NDR_DEPTH_MAX)
        return true;
    fail(in, ERR_LIMIT);
    return false;
}

static void *allocate(struct in *in, size_t count, size_t size)
{
    void *p = good(in) ? arena_array(in->a, count, size) : NULL;

    if (!p)
        fail(in, ERR_NOMEM);
    return p;
}

/* --- marks: a referent id kept in a pointer -------------------------------------------------- */

static void set_pointer(uint8_t *c, void *p)
{
    memcpy(c, &p, sizeof(p));
}

static void set_mark(uint8_t *c, uint32_t id)
{
    set_pointer(c, (void *)(uintptr_t)id);
}

static uint32_t mark_at(const uint8_t *c)
{
    uintptr_t v;

    memcpy(&v, c, sizeof(v));
    return (uint32_t)v;
}

static void set_span(uint8_t *c, struct span s)
{
    memcpy(c, &s, sizeof(s));
}

/* --- scalars --------------------------------------------------------------------------------- */

static void get_ustr(struct in *in, uint8_t *c)
{
    uint32_t len, max, id;

    align(in, 4);
    len = reader_u16(&in->r);
    max = reader_u16(&in->r);
    id = get_u32(in);
    if (len % 2 || len > max || (id == 0 && len != 0)) {
        fail(in, ERR_MALFORMED);
        return;
    }
    set_span(c, (struct span){(const uint8_t *)(uintptr_t)id, len | (size_t)max << 16});
}

static void get_union(struct in *in, const struct ndr_row *row, uint8_t *c, uint32_t expected)
{
    const struct ndr_row *arm;
    struct ndr_type one = *row->type;
    uint32_t wire;

    align(in, row->type->align);
    wire = row->type->align == 2 ? reader_u16(&in->r) : reader_u32(&in->r);
    arm = ndr_arm(row->type, wire);
    if (wire != expected || !arm) {
        fail(in, ERR_MALFORMED);
        return;
    }
    one.rows = arm;
    one.count = 1;
    one.align = (uint8_t)ndr_arms_align(row->type);
    one.form = NDR_IS_STRUCT;
    scalars(in, &one, c);
}

static void value(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    if (row->kind == NDR_STRUCT) {
        scalars(in, row->type, c);
        return;
    }
    align(in, ndr_element_align(row));
    switch (row->kind) {
    case NDR_U8:
        *c = reader_u8(&in->r);
        break;
    case NDR_U16:
        v16 = reader_u16(&in->r);
        memcpy(c, &v16, 2);
        break;
    case NDR_U32:
        v32 = reader_u32(&in->r);
        memcpy(c, &v32, 4);
        break;
    case NDR_TIME: /* the lower half first, whatever the order of each */
        v64 = reader_u32(&in->r);
        v64 |= (uint64_t)reader_u32(&in->r) << 32;
        memcpy(c, &v64, 8);
        break;
    case NDR_U64:
        v64 = reader_u64(&in->r);
        memcpy(c, &v64, 8);
        break;
    case NDR_USTR:
        get_ustr(in, c);
        break;
    default:
        break;
    }
}

static void elements(struct in *in, const struct ndr_row *row, uint8_t *c, uint32_t count)
{
    size_t size = ndr_element_size(row);

    if (count && ndr_is_flat(row) && (!in->r.big || row->kind == NDR_U8)) {
        align(in, ndr_element_align(row));
        reader_copy(&in->r, c, count * size);
        return;
    }
    for (uint32_t i = 0; i < count && good(in); i++)
        value(in, row, c + i * size);
}

/* Offset and actual count of a varying array with at most max elements. */
static uint32_t variance(struct in *in, uint32_t max)
{
    uint32_t offset = get_u32(in);
    uint32_t count = get_u32(in);

    if (good(in) && (offset != 0 || count > max)) {
        fail(in, ERR_MALFORMED);
        return 0;
    }
    return good(in) ? count : 0;
}

/* A count from the wire against the member that is to hold it. The parameters of a call wait until
 * all of them are read, because one may come before the one that holds its count. */
static void settle(struct in *in, const struct ndr_row *row, uint8_t *c, struct ndr_member m,
                   uint32_t n)
{
    if (m.size == 0 || !good(in))
        return;
    if (row->flags & NDR_COUNT_STORED) {
        if (!ndr_member_set(c, m, n))
            fail(in, ERR_MALFORMED);
    } else if (c == in->args) {
        in->pending[in->pending_count].member = m;
        in->pending[in->pending_count++].n = n;
    } else if (ndr_member_get(c, m) != n) {
        fail(in, ERR_MALFORMED);
    }
}

/* Number of elements of an array whose conformance, if it has one, is max. */
static uint32_t count_elements(struct in *in, const struct ndr_row *row, uint32_t max)
{
    uint32_t count = max;

    if (max > ndr_limit(row))
        fail(in, ERR_LIMIT);
    if (ndr_has_length(row))
        count = variance(in, max);
    /* Each element takes at least a byte: what cannot be there is not allocated. */
    if (good(in) && count > reader_left(&in->r))
        fail(in, ERR_MALFORMED);
    return good(in) ? count : 0;
}

static void settle_counts(struct in *in, const struct ndr_row *row, uint8_t *c, uint32_t max,
                          uint32_t count)
{
    if (ndr_has_size(row))
        settle(in, row, c, row->size_is, max);
    if (ndr_has_length(row))
        settle(in, row, c, row->length_is, count);
}

static void scalar_row(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    uint8_t *at = c + row->at;
    uint32_t id, max, count;

    if (row->pointer != NDR_INLINE) {
        id = get_u32(in);
        if (id == 0 && row->pointer == NDR_REF)
            fail(in, ERR_MALFORMED);
        set_mark(at, id);
    } else if (row->kind == NDR_UNION) {
        get_union(in, row, at, ndr_member_get(c, row->switch_is));
    } else if (row->shape == NDR_ONE) {
        value(in, row, at);
    } else if (row->shape == NDR_FIXED) {
        if (row->flags & NDR_GUID_BYTES)
            reader_guid(&in->r, at);
        else
            elements(in, row, at, row->limit);
    } else {
        max = ndr_has_size(row) ? in->conformance : row->limit;
        count = count_elements(in, row, max);
        settle_counts(in, row, c, max, count);
        elements(in, row, at, count);
    }
}

static void scalars(struct in *in, const struct ndr_type *type, uint8_t *c)
{
    if (!deeper(in))
        return;
    align(in, type->align);
    for (unsigned i = 0; i < type->count && good(in); i++)
        scalar_row(in, &type->rows[i], c);
    in->depth--;
}

/* --- deferred -------------------------------------------------------------------------------- */

static void get_conformance(struct in *in, const struct ndr_type *type)
{
    if (ndr_tail(type))
        in->conformance = get_u32(in);
}

/* The next UTF-16 units, little-endian. */
static struct span get_units(struct in *in, size_t units)
{
    struct span wire = reader_span(&in->r, 2 * units);

    if (!in->r.big || !wire.len)
        return wire;
    uint8_t *copy = allocate(in, wire.len, 1);
    for (size_t i = 0; copy && i < wire.len; i++)
        copy[i] = wire.ptr[i ^ 1];
    return span_of(copy, copy ? wire.len : 0);
}

/* count UTF-16 units into the arena as UTF-8. The pointer is never NULL. */
static void get_text(struct in *in, uint8_t *c, size_t units)
{
    struct span wire = get_units(in, units);
    struct span text = SPAN_LIT("");
    enum err e = good(in) && units ? text_from_utf16(wire, in->a, &text) : ERR_OK;

    if (e != ERR_OK)
        fail(in, e);
    set_span(c, text);
}

static void get_raw(struct in *in, const struct ndr_row *row, uint8_t *c, size_t units)
{
    struct span wire = get_units(in, units);
    uint8_t *copy = allocate(in, 2 * units, 1);

    if (units > ndr_limit(row))
        fail(in, ERR_LIMIT);
    if (copy)
        memcpy(copy, wire.ptr, wire.len);
    set_span(c, span_of(copy, copy ? wire.len : 0));
}

static void deferred_ustr(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    struct span s;
    uint32_t max, actual;

    memcpy(&s, c, sizeof(s));
    if (!s.ptr) {
        set_span(c, SPAN_NONE);
        return;
    }
    max = get_u32(in);
    actual = variance(in, max);
    if (max != s.len >> 17 || actual != (s.len & 0xFFFF) / 2)
        fail(in, ERR_MALFORMED);
    if (row->flags & NDR_USTR_RAW)
        get_raw(in, row, c, good(in) ? actual : 0);
    else
        get_text(in, c, good(in) ? actual : 0);
}

/* [string] wchar_t: the terminating zero is counted and belongs to the wire only. */
static void deferred_wstr(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    uint32_t max = get_u32(in);
    uint32_t actual = variance(in, max);

    if (actual > ndr_limit(row))
        fail(in, ERR_LIMIT);
    if (actual == 0)
        fail(in, ERR_MALFORMED);
    get_text(in, c, good(in) ? actual - 1 : 0);
    if (reader_u16(&in->r) != 0)
        fail(in, ERR_MALFORMED);
}

static void deferred_value(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    if (row->kind == NDR_STRUCT)
        deferred(in, row->type, c);
    else if (row->kind == NDR_USTR)
        deferred_ustr(in, row, c);
}

static void deferred_elements(struct in *in, const struct ndr_row *row, uint8_t *c, uint32_t count)
{
    size_t size = ndr_element_size(row);

    if ((row->kind != NDR_STRUCT && row->kind != NDR_USTR) || ndr_is_flat(row))
        return;
    for (uint32_t i = 0; i < count && good(in); i++)
        deferred_value(in, row, c + i * size);
}

static void deferred_union(struct in *in, const struct ndr_row *row, uint8_t *c, uint32_t arm_value)
{
    const struct ndr_row *arm = ndr_arm(row->type, arm_value);
    struct ndr_type one = *row->type;

    if (!arm)
        return;
    one.rows = arm;
    one.count = 1;
    deferred(in, &one, c);
}

/* The value behind a pointer; NULL on failure. */
static uint8_t *pointee(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    uint32_t count = 1, max;
    uint8_t *target;

    if (ndr_is_array(row)) {
        max = ndr_has_size(row) ? get_u32(in) : row->limit;
        count = count_elements(in, row, max);
        settle_counts(in, row, c, max, count);
    } else if (row->kind == NDR_STRUCT) {
        get_conformance(in, row->type);
    }
    target = allocate(in, count, ndr_element_size(row));
    if (!target)
        return NULL;
    if (row->kind == NDR_UNION) {
        get_union(in, row, target, ndr_member_get(c, row->switch_is));
        deferred_union(in, row, target, ndr_member_get(c, row->switch_is));
    } else {
        elements(in, row, target, count);
        deferred_elements(in, row, target, count);
    }
    return target;
}

/* A second full pointer to a value already decoded: the same C pointer. False: not seen before. */
static bool seen(struct in *in, const struct ndr_row *row, uint8_t *at, uint32_t id)
{
    if (row->pointer != NDR_FULL)
        return false;
    for (unsigned i = 0; i < in->full_count; i++) {
        if (in->full[i].id != id)
            continue;
        /* Two rows may share a value only when they mean the same by it. */
        if (in->full[i].row->type != row->type || in->full[i].row->kind != row->kind ||
            ndr_is_array(row))
            fail(in, ERR_MALFORMED);
        set_pointer(at, in->full[i].ptr);
        return true;
    }
    return false;
}

static void remember(struct in *in, const struct ndr_row *row, uint32_t id, void *target)
{
    if (row->pointer != NDR_FULL)
        return;
    if (in->full_count == NDR_FULL_MAX) {
        fail(in, ERR_LIMIT);
        return;
    }
    in->full[in->full_count].ptr = target;
    in->full[in->full_count].row = row;
    in->full[in->full_count++].id = id;
}

static void deferred_pointer(struct in *in, const struct ndr_row *row, uint8_t *c, uint32_t id)
{
    uint8_t *at = c + row->at;

    if (!deeper(in))
        return;
    if (row->kind == NDR_VOID) {
        fail(in, ERR_UNSUPPORTED);
    } else if (row->kind == NDR_WSTR) {
        deferred_wstr(in, row, at);
    } else if (!seen(in, row, at, id)) {
        uint8_t *target = pointee(in, row, c);

        set_pointer(at, target);
        remember(in, row, id, target);
    }
    in->depth--;
}

static void deferred_row(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    uint8_t *at = c + row->at;
    uint32_t count;

    if (row->pointer != NDR_INLINE) {
        uint32_t id = mark_at(at);

        if (id)
            deferred_pointer(in, row, c, id);
        else if (row->kind == NDR_WSTR)
            set_span(at, SPAN_NONE);
        else if (ndr_is_array(row) && !(row->flags & NDR_NULL_COUNT))
            settle_counts(in, row, c, 0, 0);
    } else if (row->kind == NDR_UNION) {
        deferred_union(in, row, at, ndr_member_get(c, row->switch_is));
    } else if (row->shape == NDR_ONE) {
        deferred_value(in, row, at);
    } else {
        count = row->limit;
        if (row->shape != NDR_FIXED)
            count = ndr_member_get(c, ndr_has_length(row) ? row->length_is : row->size_is);
        if (count > row->limit)
            fail(in, ERR_MALFORMED);
        deferred_elements(in, row, at, count);
    }
}

static void deferred(struct in *in, const struct ndr_type *type, uint8_t *c)
{
    if (!deeper(in))
        return;
    for (unsigned i = 0; i < type->count && good(in); i++) {
        if (ndr_has_deferred(&type->rows[i]))
            deferred_row(in, &type->rows[i], c);
    }
    in->depth--;
}

/* --- entries --------------------------------------------------------------------------------- */

enum err ndr_decode(const struct ndr_type *type, struct span bytes, struct arena *a, void *out)
{
    return ndr_decode_padded(type, bytes, 0, a, out);
}

enum err ndr_decode_padded(const struct ndr_type *type, struct span bytes, size_t padding,
                           struct arena *a, void *out)
{
    struct in in = {.r = reader_of(bytes), .a = a};
    uint8_t *c = allocate(&in, 1, type->size);

    if (!c)
        return ERR_NOMEM;
    get_conformance(&in, type);
    scalars(&in, type, c);
    deferred(&in, type, c);
    if (reader_left(&in.r) <= padding)
        reader_skip(&in.r, reader_left(&in.r));
    TRY(reader_end_whole(&in.r));
    memcpy(out, c, type->size);
    return ERR_OK;
}

static void parameter(struct in *in, const struct ndr_row *row, uint8_t *c)
{
    if (row->pointer == NDR_REF)
        set_mark(c + row->at, 1);
    else
        scalar_row(in, row, c);
    deferred_row(in, row, c);
}

enum err ndr_decode_call(const struct ndr_type *call, unsigned direction, struct span bytes,
                         struct arena *a, void *args, size_t *used_out)
{
    struct in in = {.r = reader_of(bytes), .a = a};
    uint8_t *c = allocate(&in, 1, call->size);

    if (!c)
        return ERR_NOMEM;
    in.r.big = direction & NDR_BIG_ENDIAN;
    memcpy(c, args, call->size);
    in.args = c;
    for (unsigned i = 0; i < call->count && good(&in); i++) {
        if (call->rows[i].flags & direction)
            parameter(&in, &call->rows[i], c);
    }
    for (unsigned i = 0; i < in.pending_count; i++) {
        if (ndr_member_get(c, in.pending[i].member) != in.pending[i].n)
            fail(&in, ERR_MALFORMED);
    }
    if (!used_out || !good(&in))
        TRY(reader_end_whole(&in.r));
    if (used_out)
        *used_out = in.r.pos;
    memcpy(args, c, call->size);
    return ERR_OK;
}
