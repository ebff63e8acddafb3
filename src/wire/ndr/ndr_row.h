/*
 * What encoder and decoder share about rows. Private to this folder.
 */
#ifndef WIRE_NDR_NDR_ROW_H
#define WIRE_NDR_NDR_ROW_H

#include "wire/ndr/ndr.h"

/* The size of one element in C. */
static inline size_t ndr_element_size(const struct ndr_row *row)
{
    static const uint8_t sizes[] = {
        [NDR_U8] = 1,
        [NDR_U16] = 2,
        [NDR_U32] = 4,
        [NDR_U64] = 8,
        [NDR_TIME] = 8,
        [NDR_USTR] = sizeof(struct span),
        [NDR_WSTR] = sizeof(struct span),
    };

    return row->type ? row->type->size : sizes[row->kind];
}

/* The alignment of one element on the wire. */
static inline unsigned ndr_element_align(const struct ndr_row *row)
{
    static const uint8_t aligns[] = {
        [NDR_VOID] = 1, [NDR_U8] = 1,   [NDR_U16] = 2,  [NDR_U32] = 4,
        [NDR_U64] = 8,  [NDR_TIME] = 4, [NDR_USTR] = 4, [NDR_WSTR] = 4,
    };

    return row->type ? row->type->align : aligns[row->kind];
}

/* True when elements of this row lie on the wire as they lie in memory, one behind the other, and
 * point to nothing: numbers and structs of numbers without gaps, where the machine is
 * little-endian. Lists of groups are such, and the longest part of most PACs. */
bool ndr_is_flat(const struct ndr_row *row);
/* Where the arms of a union begin, whichever it is: the alignment, 1 where they have their own. */
unsigned ndr_arms_align(const struct ndr_type *type);

static inline bool ndr_is_union(const struct ndr_type *type)
{
    return type->form == NDR_IS_UNION || type->form == NDR_IS_MS_UNION;
}

/* The trailing inline conformant row of a struct, itself or inside its last member; NULL: none. Its
 * maximum count stands before the struct (C706 14.3.7). */
const struct ndr_row *ndr_tail(const struct ndr_type *type);

static inline bool ndr_has_size(const struct ndr_row *row)
{
    return row->shape == NDR_CONF || row->shape == NDR_CONF_VARY;
}

static inline bool ndr_has_length(const struct ndr_row *row)
{
    return row->shape == NDR_VARY || row->shape == NDR_CONF_VARY;
}

static inline bool ndr_is_array(const struct ndr_row *row)
{
    return row->shape != NDR_ONE;
}

/* False for rows that are complete where they stand. */
static inline bool ndr_has_deferred(const struct ndr_row *row)
{
    return row->pointer != NDR_INLINE || row->kind >= NDR_STRUCT;
}

static inline uint32_t ndr_limit(const struct ndr_row *row)
{
    return row->limit ? row->limit : NDR_ELEMENTS_MAX;
}

uint32_t ndr_member_get(const void *base, struct ndr_member m);
/* False when v does not fit. */
bool ndr_member_set(void *base, struct ndr_member m, uint32_t v);

/* The arm of a union's table for a discriminant; NULL: none. */
const struct ndr_row *ndr_arm(const struct ndr_type *type, uint32_t discriminant);

/* ndr_decode, but up to padding bytes may be left over. */
enum err ndr_decode_padded(const struct ndr_type *type, struct span bytes, size_t padding,
                           struct arena *a, void *out);

#endif
