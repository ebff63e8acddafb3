/*
 * What encoder and decoder share about rows. Private to this folder.
 */
#ifndef WIRE_NDR_NDR_ROW_H
#define WIRE_NDR_NDR_ROW_H

#include "wire/ndr/ndr.h"

/* The size of one element in C. */
size_t ndr_element_size(const struct ndr_row *row);
/* The alignment of one element on the wire. */
unsigned ndr_element_align(const struct ndr_row *row);
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
