#include "wire/ndr/ndr_row.h"

#include <stdio.h>

static bool is_number(const struct ndr_row *row)
{
    return row->kind >= NDR_U8 && row->kind <= NDR_TIME;
}

bool ndr_is_flat(const struct ndr_row *row)
{
    const struct ndr_type *type = row->type;
    size_t at = 0;

    if (row->kind == NDR_U8)
        return true;
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return false;
    if (row->kind != NDR_STRUCT)
        return is_number(row);
    for (unsigned i = 0; i < type->count; i++) {
        const struct ndr_row *r = &type->rows[i];

        if (r->pointer != NDR_INLINE || r->shape != NDR_ONE || !is_number(r) || r->at != at ||
            at % ndr_element_align(r))
            return false;
        at += ndr_element_size(r);
    }
    return at == type->size && at % type->align == 0;
}

static unsigned row_align(const struct ndr_row *row)
{
    return row->pointer == NDR_INLINE ? ndr_element_align(row) : 4;
}

unsigned ndr_arms_align(const struct ndr_type *type)
{
    unsigned align = 1;

    for (unsigned i = 0; type->form == NDR_IS_MS_UNION && i < type->count; i++) {
        if (row_align(&type->rows[i]) > align)
            align = row_align(&type->rows[i]);
    }
    return align;
}

const struct ndr_row *ndr_tail(const struct ndr_type *type)
{
    while (type->form == NDR_IS_STRUCT && type->count > 0) {
        const struct ndr_row *last = &type->rows[type->count - 1];

        if (last->pointer != NDR_INLINE)
            return NULL;
        if (ndr_has_size(last))
            return last;
        if (last->kind != NDR_STRUCT || ndr_is_array(last))
            return NULL;
        type = last->type;
    }
    return NULL;
}

uint32_t ndr_member_get(const void *base, struct ndr_member m)
{
    const uint8_t *p = (const uint8_t *)base + m.at;
    uint16_t v16;
    uint32_t v32;

    switch (m.size) {
    case 1:
        return *p;
    case 2:
        memcpy(&v16, p, 2);
        return v16;
    default:
        memcpy(&v32, p, 4);
        return v32;
    }
}

bool ndr_member_set(void *base, struct ndr_member m, uint32_t v)
{
    uint8_t *p = (uint8_t *)base + m.at;
    uint8_t v8 = (uint8_t)v;
    uint16_t v16 = (uint16_t)v;

    switch (m.size) {
    case 1:
        memcpy(p, &v8, 1);
        return v <= UINT8_MAX;
    case 2:
        memcpy(p, &v16, 2);
        return v <= UINT16_MAX;
    default:
        memcpy(p, &v, 4);
        return true;
    }
}

const struct ndr_row *ndr_arm(const struct ndr_type *type, uint32_t discriminant)
{
    const struct ndr_row *fallback = NULL;

    for (unsigned i = 0; i < type->count; i++) {
        if (type->rows[i].flags & NDR_DEFAULT)
            fallback = &type->rows[i];
        else if (type->rows[i].arm == discriminant)
            return &type->rows[i];
    }
    return fallback;
}

/* --- ndr_type_check -------------------------------------------------------------------------- */

static bool member_good(struct ndr_member m, const struct ndr_type *type)
{
    return m.size == 0 ||
           ((m.size == 1 || m.size == 2 || m.size == 4) && (size_t)m.at + m.size <= type->size);
}

/* What the row takes in the C struct. */
static size_t row_space(const struct ndr_row *row)
{
    if (row->pointer != NDR_INLINE && row->kind != NDR_WSTR)
        return sizeof(void *);
    return ndr_element_size(row) * (ndr_is_array(row) ? row->limit : 1);
}

static bool shape_good(const struct ndr_row *row, const struct ndr_type *type, bool last)
{
    bool is_inline = row->pointer == NDR_INLINE;

    if (row->shape == NDR_CONF && row->size_is.size == 0)
        return false;
    if (row->shape == NDR_CONF_VARY && row->size_is.size == 0 && row->limit == 0)
        return false;
    if (ndr_has_length(row) &&
        (row->length_is.size == 0 || (row->shape == NDR_VARY && !row->limit)))
        return false;
    if (row->shape == NDR_FIXED && (!is_inline || row->limit == 0))
        return false;
    if (is_inline && ndr_is_array(row) && row->shape != NDR_FIXED &&
        (!last || row->limit == 0 || type->form != NDR_IS_STRUCT))
        return false;
    if (row->kind == NDR_WSTR && (is_inline || row->pointer == NDR_FULL || ndr_is_array(row)))
        return false;
    if (ndr_is_array(row) && (row->kind == NDR_VOID || row->kind == NDR_UNION))
        return false;
    return true;
}

static bool row_good(const struct ndr_row *row, const struct ndr_type *type, bool last)
{
    bool typed = row->kind == NDR_STRUCT || row->kind == NDR_UNION;

    if (row->kind > NDR_WSTR || row->pointer > NDR_FULL || row->shape > NDR_CONF_VARY)
        return false;
    if (typed != (row->type != NULL))
        return false;
    if ((size_t)row->at + row_space(row) > type->size)
        return false;
    if (typed && ndr_is_union(row->type) != (row->kind == NDR_UNION))
        return false;
    if ((row->kind == NDR_UNION) != (row->switch_is.size != 0))
        return false;
    if ((type->form == NDR_IS_CALL) != ((row->flags & (NDR_IN | NDR_OUT)) != 0))
        return false;
    /* A conformant struct may only be pointed to, or be the last member. */
    if (row->kind == NDR_STRUCT && ndr_tail(row->type) &&
        (ndr_is_array(row) ||
         (row->pointer == NDR_INLINE && (!last || type->form != NDR_IS_STRUCT))))
        return false;
    return member_good(row->size_is, type) && member_good(row->length_is, type) &&
           member_good(row->switch_is, type) && shape_good(row, type, last);
}

/* A struct that is kept as bytes (a GUID) may have the alignment of what they are. */
static bool align_good(const struct ndr_type *type)
{
    unsigned align = 1;

    if (type->form == NDR_IS_CALL)
        return true;
    if (ndr_is_union(type))
        return type->align == 2 || type->align == 4;
    for (unsigned i = 0; i < type->count; i++) {
        const struct ndr_row *row = &type->rows[i];
        unsigned a = row_align(row);

        if (row->pointer == NDR_INLINE && ndr_has_length(row) && a < 4)
            a = 4;
        align = a > align ? a : align;
    }
    return type->align == align || (align == 1 && (type->align == 2 || type->align == 4));
}

static bool check(const struct ndr_type *type, unsigned depth)
{
    if (depth >= NDR_DEPTH_MAX || type->count > NDR_ROWS_MAX) {
        fprintf(stderr, "ndr: table of %s: depth or number of rows\n", type->name);
        return false;
    }
    for (unsigned i = 0; i < type->count; i++) {
        const struct ndr_row *row = &type->rows[i];

        if (!row_good(row, type, i + 1 == type->count)) {
            fprintf(stderr, "ndr: table of %s: row %u\n", type->name, i);
            return false;
        }
        if (row->type && !check(row->type, depth + 1))
            return false;
    }
    if (!align_good(type))
        fprintf(stderr, "ndr: table of %s: alignment\n", type->name);
    return align_good(type);
}

bool ndr_type_check(const struct ndr_type *type)
{
    return check(type, 0);
}
