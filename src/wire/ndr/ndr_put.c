#include "base/text.h"
#include "wire/ndr/ndr_row.h"

/* Referent ids as Windows gives them: the first is 0x20000, then 4 more each. */
#define FIRST_REFERENT 0x20000

struct out {
    struct builder *b;
    size_t origin;
    uint32_t next_id;
    unsigned depth;
    unsigned full_count;
    struct {
        const void *ptr;
        uint32_t id;
        bool written;
    } full[NDR_FULL_MAX];
};

static void scalars(struct out *o, const struct ndr_type *type, const uint8_t *c);
static void deferred(struct out *o, const struct ndr_type *type, const uint8_t *c);

static void align(struct out *o, unsigned to)
{
    size_t used = o->b->len - o->origin;

    if (builder_ok(o->b) && (used & (to - 1)))
        builder_zeros(o->b, to - (used & (to - 1)));
}

static void put_u32(struct out *o, uint32_t v)
{
    align(o, 4);
    builder_le32(o->b, v);
}

static bool deeper(struct out *o)
{
    if (++o->depth <= NDR_DEPTH_MAX)
        return true;
    builder_fail(o->b, ERR_LIMIT);
    return false;
}

static const void *pointer_at(const uint8_t *c)
{
    const void *p;

    memcpy(&p, c, sizeof(p));
    return p;
}

/* --- scalars: what stands in place ----------------------------------------------------------- */

static uint32_t referent(struct out *o, const struct ndr_row *row, const void *ptr)
{
    uint32_t id;

    if (!ptr)
        return 0;
    if (row->pointer == NDR_FULL) {
        for (unsigned i = 0; i < o->full_count; i++) {
            if (o->full[i].ptr == ptr)
                return o->full[i].id;
        }
        if (o->full_count == NDR_FULL_MAX) {
            builder_fail(o->b, ERR_LIMIT);
            return 0;
        }
        o->full[o->full_count].ptr = ptr;
        o->full[o->full_count].written = false;
        o->full[o->full_count++].id = o->next_id;
    }
    id = o->next_id;
    o->next_id += 4;
    return id;
}

static void put_referent(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    const void *ptr = pointer_at(c);

    if (ptr ? row->kind == NDR_VOID : row->pointer == NDR_REF)
        builder_fail(o->b, ERR_RANGE);
    put_u32(o, referent(o, row, ptr));
}

/* A count without an array behind it would be read as one. */
static void check_null(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    if (pointer_at(c + row->at) || !ndr_is_array(row) || row->flags & NDR_NULL_COUNT)
        return;
    if ((row->size_is.size && ndr_member_get(c, row->size_is)) ||
        (row->length_is.size && ndr_member_get(c, row->length_is)))
        builder_fail(o->b, ERR_RANGE);
}

/* The number of UTF-16 code units of UTF-8 text; wrong text fails later, when it is converted. */
static size_t utf16_units(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += (s.ptr[i] & 0xC0) != 0x80 ? 1 + (s.ptr[i] >= 0xF0) : 0;
    return n;
}

static struct span span_at(const uint8_t *c)
{
    struct span s;

    memcpy(&s, c, sizeof(s));
    return s;
}

static void put_ustr(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    struct span s = span_at(c);
    size_t len = row->flags & NDR_USTR_RAW ? s.len : 2 * utf16_units(s);
    size_t max = len + (s.ptr && (row->flags & NDR_USTR_LARGE) ? 2 : 0);

    align(o, 4);
    if (max > UINT16_MAX || len % 2)
        builder_fail(o->b, ERR_RANGE);
    builder_le16(o->b, (uint16_t)len);
    builder_le16(o->b, (uint16_t)max);
    put_u32(o, referent(o, row, s.ptr));
}

static void put_union(struct out *o, const struct ndr_row *row, const uint8_t *c,
                      uint32_t arm_value)
{
    const struct ndr_row *arm = ndr_arm(row->type, arm_value);
    struct ndr_type one = *row->type;

    if (!arm) {
        builder_fail(o->b, ERR_RANGE);
        return;
    }
    align(o, row->type->align);
    if (row->type->align == 2)
        builder_le16(o->b, (uint16_t)arm_value);
    else
        builder_le32(o->b, arm_value);
    one.rows = arm;
    one.count = 1;
    one.align = (uint8_t)ndr_arms_align(row->type);
    one.form = NDR_IS_STRUCT;
    scalars(o, &one, c);
}

static void value(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    uint64_t v = 0;

    switch (row->kind) {
    case NDR_U8:
        builder_u8(o->b, *c);
        return;
    case NDR_U16:
    case NDR_U32:
    case NDR_U64:
    case NDR_TIME:
        align(o, ndr_element_align(row));
        break;
    case NDR_STRUCT:
        scalars(o, row->type, c);
        return;
    case NDR_USTR:
        put_ustr(o, row, c);
        return;
    default:
        return;
    }
    if (row->kind == NDR_U16) {
        builder_le16(o->b, (uint16_t)ndr_member_get(c, (struct ndr_member){0, 2}));
    } else if (row->kind == NDR_U32) {
        builder_le32(o->b, ndr_member_get(c, (struct ndr_member){0, 4}));
    } else {
        memcpy(&v, c, 8);
        builder_le64(o->b, v);
    }
}

static void elements(struct out *o, const struct ndr_row *row, const uint8_t *c, uint32_t count)
{
    size_t size = ndr_element_size(row);

    if (count && ndr_is_flat(row)) {
        align(o, ndr_element_align(row));
        builder_bytes(o->b, c, count * size);
        return;
    }
    for (uint32_t i = 0; i < count && builder_ok(o->b); i++)
        value(o, row, c + i * size);
}

/* How many elements an array of this row has now, from the members of its struct. */
static uint32_t count_of(struct out *o, const struct ndr_row *row, const uint8_t *c,
                         uint32_t *max_out)
{
    uint32_t max = row->limit;
    uint32_t count;

    if (row->size_is.size)
        max = ndr_member_get(c, row->size_is);
    count = ndr_has_length(row) ? ndr_member_get(c, row->length_is) : max;
    if (max > ndr_limit(row) || count > max) {
        builder_fail(o->b, ERR_RANGE);
        count = max = 0;
    }
    *max_out = max;
    return count;
}

static void scalar_row(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    const uint8_t *at = c + row->at;
    uint32_t max;

    if (row->pointer != NDR_INLINE) {
        check_null(o, row, c);
        put_referent(o, row, at);
    } else if (row->kind == NDR_UNION) {
        put_union(o, row, at, ndr_member_get(c, row->switch_is));
    } else if (row->shape == NDR_ONE) {
        value(o, row, at);
    } else if (row->shape == NDR_FIXED) {
        elements(o, row, at, row->limit);
    } else {
        uint32_t count = count_of(o, row, c, &max);

        if (ndr_has_length(row)) {
            put_u32(o, 0);
            put_u32(o, count);
        }
        elements(o, row, at, count);
    }
}

static void scalars(struct out *o, const struct ndr_type *type, const uint8_t *c)
{
    if (!deeper(o))
        return;
    align(o, type->align);
    for (unsigned i = 0; i < type->count && builder_ok(o->b); i++)
        scalar_row(o, &type->rows[i], c);
    o->depth--;
}

/* --- deferred: what is pointed to ------------------------------------------------------------ */

static void put_text(struct out *o, struct span s, size_t max, bool terminated)
{
    size_t units = utf16_units(s) + (terminated ? 1 : 0);

    put_u32(o, (uint32_t)(terminated ? units : max));
    put_u32(o, 0);
    put_u32(o, (uint32_t)units);
    text_put_utf16(o->b, s);
    if (terminated)
        builder_le16(o->b, 0);
}

/* The maximum count that stands before a conformant struct. */
static void conformance(struct out *o, const struct ndr_type *type, const uint8_t *c)
{
    const struct ndr_row *tail = ndr_tail(type);
    uint32_t max;

    if (!tail)
        return;
    while (tail != &type->rows[type->count - 1]) {
        c += type->rows[type->count - 1].at;
        type = type->rows[type->count - 1].type;
    }
    count_of(o, tail, c, &max);
    put_u32(o, max);
}

static void put_raw(struct out *o, struct span s)
{
    put_u32(o, (uint32_t)(s.len / 2));
    put_u32(o, 0);
    put_u32(o, (uint32_t)(s.len / 2));
    builder_span(o->b, s);
}

static void deferred_value(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    if (row->kind == NDR_STRUCT) {
        deferred(o, row->type, c);
    } else if (row->kind == NDR_USTR && row->flags & NDR_USTR_RAW && span_at(c).ptr) {
        put_raw(o, span_at(c));
    } else if (row->kind == NDR_USTR && span_at(c).ptr) {
        size_t units = utf16_units(span_at(c));

        put_text(o, span_at(c), units + (row->flags & NDR_USTR_LARGE ? 1 : 0), false);
    }
}

static void deferred_elements(struct out *o, const struct ndr_row *row, const uint8_t *c,
                              uint32_t count)
{
    if ((row->kind != NDR_STRUCT && row->kind != NDR_USTR) || ndr_is_flat(row))
        return;
    for (uint32_t i = 0; i < count && builder_ok(o->b); i++)
        deferred_value(o, row, c + i * ndr_element_size(row));
}

static void deferred_union(struct out *o, const struct ndr_row *row, const uint8_t *c,
                           uint32_t arm_value)
{
    const struct ndr_row *arm = ndr_arm(row->type, arm_value);
    struct ndr_type one = *row->type;

    if (!arm)
        return;
    one.rows = arm;
    one.count = 1;
    deferred(o, &one, c);
}

/* The value behind a pointer of row, in the struct at c. */
static void pointee(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    const uint8_t *target = pointer_at(c + row->at);
    uint32_t count = 1, max;

    if (row->kind == NDR_WSTR) {
        put_text(o, span_at(c + row->at), 0, true);
        return;
    }
    if (row->kind == NDR_UNION) {
        put_union(o, row, target, ndr_member_get(c, row->switch_is));
        deferred_union(o, row, target, ndr_member_get(c, row->switch_is));
        return;
    }
    if (ndr_is_array(row)) {
        count = count_of(o, row, c, &max);
        if (ndr_has_size(row))
            put_u32(o, max);
        if (ndr_has_length(row)) {
            put_u32(o, 0);
            put_u32(o, count);
        }
    } else if (row->kind == NDR_STRUCT) {
        conformance(o, row->type, target);
    }
    elements(o, row, target, count);
    deferred_elements(o, row, target, count);
}

/* A full pointer's value is written at the first pointer to it only. */
static bool first_time(struct out *o, const struct ndr_row *row, const void *ptr)
{
    if (row->pointer != NDR_FULL)
        return true;
    for (unsigned i = 0; i < o->full_count; i++) {
        if (o->full[i].ptr == ptr) {
            bool first = !o->full[i].written;

            o->full[i].written = true;
            return first;
        }
    }
    return false;
}

static void deferred_row(struct out *o, const struct ndr_row *row, const uint8_t *c)
{
    const uint8_t *at = c + row->at;
    uint32_t count, max;

    if (row->pointer != NDR_INLINE) {
        const void *ptr = pointer_at(at);

        if (ptr && first_time(o, row, ptr) && deeper(o)) {
            pointee(o, row, c);
            o->depth--;
        }
    } else if (row->kind == NDR_UNION) {
        deferred_union(o, row, at, ndr_member_get(c, row->switch_is));
    } else if (row->shape == NDR_ONE) {
        deferred_value(o, row, at);
    } else {
        count = row->shape == NDR_FIXED ? row->limit : count_of(o, row, c, &max);
        deferred_elements(o, row, at, count);
    }
}

static void deferred(struct out *o, const struct ndr_type *type, const uint8_t *c)
{
    if (!deeper(o))
        return;
    for (unsigned i = 0; i < type->count && builder_ok(o->b); i++) {
        if (ndr_has_deferred(&type->rows[i]))
            deferred_row(o, &type->rows[i], c);
    }
    o->depth--;
}

/* --- entries --------------------------------------------------------------------------------- */

void ndr_put(struct builder *b, const struct ndr_type *type, const void *v)
{
    struct out o = {.b = b, .origin = b->len, .next_id = FIRST_REFERENT};

    conformance(&o, type, v);
    scalars(&o, type, v);
    deferred(&o, type, v);
}

void ndr_put_call(struct builder *b, const struct ndr_type *call, unsigned direction,
                  const void *args)
{
    struct out o = {.b = b, .origin = b->len, .next_id = FIRST_REFERENT};

    for (unsigned i = 0; i < call->count && builder_ok(b); i++) {
        const struct ndr_row *row = &call->rows[i];

        if (!(row->flags & direction))
            continue;
        if (row->pointer != NDR_REF)
            scalar_row(&o, row, args);
        else if (!pointer_at((const uint8_t *)args + row->at))
            builder_fail(b, ERR_RANGE);
        deferred_row(&o, row, args);
    }
}
