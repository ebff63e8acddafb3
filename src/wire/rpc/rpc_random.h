/*
 * For tests: random C structs made from NDR tables, so that every call is tried with every pointer
 * null and not, every arm of a union and every length.
 */
#ifndef WIRE_RPC_RPC_RANDOM_H
#define WIRE_RPC_RPC_RANDOM_H

#include "base/arena.h"
#include "wire/ms/ndr_types.h"
#include "wire/ms/sid.h"

#define RANDOM_ITEMS_MAX 3 /* of an array of structs */
#define RANDOM_BYTES_MAX 40
#define RANDOM_DEPTH_MAX 12

/* What a table allows and Samba does not: see the test's table of them. */
struct random_bound {
    const char *type;
    unsigned row; /* of a struct or call */
    uint32_t max; /* of the number; texts are null; an arm of a union is not chosen */
};

struct random_fill {
    uint64_t state;
    struct arena *arena;
    unsigned depth;
    const struct random_bound *bounds;
    unsigned bound_count;
    /* Fills a type that has more rules than its table; false: not such a type. */
    bool (*special)(struct random_fill *f, const struct ndr_type *type, void *out);
};

static inline uint32_t random_u32(struct random_fill *f)
{
    f->state = f->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(f->state >> 32);
}

static inline uint32_t random_below(struct random_fill *f, uint32_t n)
{
    return random_u32(f) % n;
}

static inline void random_bytes(struct random_fill *f, void *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_u32(f);
}

/* Of one to four bytes a letter; never NULL. */
static inline struct span random_text(struct random_fill *f, size_t letters)
{
    static const char *const alphabet[] = {
        "a", "Z", "0", "$", ".", "\xc3\xa4", "\xe6\x97\xa5", "\xf0\x9f\x98\x80"};
    char *p = arena_alloc(f->arena, 4 * letters + 1);
    size_t n = 0;

    for (size_t i = 0; i < letters; i++) {
        const char *letter = alphabet[random_below(f, 8)];

        memcpy(p + n, letter, strlen(letter));
        n += strlen(letter);
    }
    return span_of(p, n);
}

/* Of exactly so many units, since it is a struct in truth, whose first member is its size. */
static inline struct span random_raw(struct random_fill *f, size_t units)
{
    uint8_t *p = arena_alloc(f->arena, 2 * units);
    uint32_t size = (uint32_t)(2 * units);

    if (size >= sizeof(size))
        memcpy(p, &size, sizeof(size));
    return span_of(p, 2 * units);
}

static inline void random_sid(struct random_fill *f, struct sid *s)
{
    s->revision = 1;
    s->count = (uint8_t)random_below(f, SID_SUBS_MAX + 1);
    random_bytes(f, s->authority, sizeof(s->authority));
    random_bytes(f, s->sub, 4u * s->count);
}

static inline const struct random_bound *random_bound(const struct random_fill *f, const char *type,
                                                      unsigned row)
{
    for (unsigned i = 0; i < f->bound_count; i++) {
        if (f->bounds[i].row == row && strcmp(f->bounds[i].type, type) == 0)
            return &f->bounds[i];
    }
    return NULL;
}

static void random_type(struct random_fill *f, const struct ndr_type *type, void *out);

static inline uint32_t random_member(const void *base, struct ndr_member m)
{
    uint32_t v = 0;

    memcpy(&v, (const uint8_t *)base + m.at, m.size); /* little-endian machines */
    return v;
}

static inline void random_set(void *base, struct ndr_member m, uint32_t v)
{
    memcpy((uint8_t *)base + m.at, &v, m.size);
}

static inline size_t random_size(const struct ndr_row *row)
{
    static const uint8_t sizes[] = {[NDR_U8] = 1,
                                    [NDR_U16] = 2,
                                    [NDR_U32] = 4,
                                    [NDR_U64] = 8,
                                    [NDR_TIME] = 8,
                                    [NDR_USTR] = sizeof(struct span),
                                    [NDR_WSTR] = sizeof(struct span)};

    return row->type ? row->type->size : sizes[row->kind];
}

/* The arm whose discriminant base holds. */
static inline void random_union(struct random_fill *f, const struct ndr_row *row, const void *base,
                                uint8_t *at)
{
    struct ndr_type one = *row->type;

    for (unsigned i = 0; i < row->type->count; i++) {
        const struct ndr_row *arm = &row->type->rows[i];

        if (arm->flags & NDR_DEFAULT || arm->arm == random_member(base, row->switch_is)) {
            one.rows = arm;
            one.count = 1;
            one.form = NDR_IS_STRUCT;
            one.name = "";
            random_type(f, &one, at);
            return;
        }
    }
}

static inline void random_elements(struct random_fill *f, const struct ndr_row *row,
                                   const void *base, uint8_t *at, uint32_t count)
{
    size_t size = random_size(row);

    for (uint32_t i = 0; i < count; i++, at += size) {
        if (row->kind == NDR_STRUCT)
            random_type(f, row->type, at);
        else if (row->kind == NDR_UNION)
            random_union(f, row, base, at);
        else if (row->kind == NDR_USTR && row->flags & NDR_USTR_RAW)
            *(struct span *)at = random_raw(f, row->limit);
        else if (row->kind == NDR_USTR || row->kind == NDR_WSTR)
            *(struct span *)at = random_text(f, random_below(f, 12));
        else
            random_bytes(f, at, size);
        if (row->kind == NDR_USTR && random_below(f, 4) == 0)
            *(struct span *)at = SPAN_NONE;
    }
}

/* Counts and discriminants, before what they govern. Two arrays may share a count. */
static inline void random_governors(struct random_fill *f, const struct ndr_type *type, void *out)
{
    for (unsigned i = 0; i < type->count; i++) {
        const struct ndr_row *row = &type->rows[i];
        uint32_t max =
            row->kind == NDR_U8 || row->kind == NDR_U16 ? RANDOM_BYTES_MAX : RANDOM_ITEMS_MAX;
        uint32_t size, wrong = UINT32_MAX;

        if (row->limit && row->limit < max)
            max = row->limit;
        size = random_below(f, max + 1);
        if (row->size_is.size)
            random_set(out, row->size_is, size);
        if (row->length_is.size)
            random_set(out, row->length_is, random_below(f, size + 1));
        if (row->kind != NDR_UNION)
            continue;
        do {
            const struct random_bound *bound;
            unsigned arm = random_below(f, row->type->count);

            random_set(out, row->switch_is, row->type->rows[arm].arm);
            if (row->type->rows[arm].flags & NDR_DEFAULT)
                random_set(out, row->switch_is, 100 + random_below(f, 100));
            bound = random_bound(f, row->type->name, arm);
            wrong = bound ? arm : UINT32_MAX;
        } while (wrong != UINT32_MAX);
    }
}

static inline bool random_is_governor(const struct ndr_type *type, const struct ndr_row *row)
{
    for (unsigned i = 0; i < type->count; i++) {
        const struct ndr_row *r = &type->rows[i];

        if ((r->size_is.size && r->size_is.at == row->at) ||
            (r->length_is.size && r->length_is.at == row->at) ||
            (r->switch_is.size && r->switch_is.at == row->at))
            return row->kind <= NDR_U32 && row->pointer == NDR_INLINE && row->shape == NDR_ONE;
    }
    return false;
}

static inline void random_pointer(struct random_fill *f, const struct ndr_row *row, uint8_t *base,
                                  uint32_t count)
{
    bool array = row->shape != NDR_ONE;
    bool null =
        row->pointer != NDR_REF && (array ? count == 0 && !row->length_is.size
                                          : f->depth > RANDOM_DEPTH_MAX || random_below(f, 4) == 0);
    uint8_t *target;

    if (row->kind == NDR_WSTR) {
        *(struct span *)(base + row->at) = null ? SPAN_NONE : random_text(f, random_below(f, 12));
        return;
    }
    target = arena_alloc(f->arena, (array ? count : 1) * random_size(row) + 1);
    if (null || row->kind == NDR_VOID)
        target = NULL;
    else
        random_elements(f, row, base, target, array ? count : 1);
    memcpy(base + row->at, &target, sizeof(target));
}

static inline void random_row(struct random_fill *f, const struct ndr_type *type,
                              const struct ndr_row *row, uint8_t *base)
{
    const struct random_bound *bound = random_bound(f, type->name, (unsigned)(row - type->rows));
    uint32_t count = 1;

    if (row->shape == NDR_FIXED)
        count = row->limit;
    else if (row->shape != NDR_ONE)
        count = random_member(base, row->length_is.size ? row->length_is : row->size_is);
    if (random_is_governor(type, row))
        return;
    if (row->pointer != NDR_INLINE)
        random_pointer(f, row, base, count);
    else
        random_elements(f, row, base, base + row->at, count);
    if (bound && row->kind == NDR_USTR)
        memset(base + row->at, 0, (row->shape == NDR_FIXED ? row->limit : 1) * random_size(row));
    if (bound && row->kind <= NDR_U32)
        random_set(base, (struct ndr_member){row->at, (uint16_t)random_size(row)},
                   random_below(f, bound->max + 1));
}

/* A struct, or all arguments of a call in both directions. */
static void random_type(struct random_fill *f, const struct ndr_type *type, void *out)
{
    if (type == &ndr_sid) {
        random_sid(f, out);
        return;
    }
    if (f->special && f->special(f, type, out))
        return;
    f->depth++;
    random_governors(f, type, out);
    for (unsigned i = 0; i < type->count; i++)
        random_row(f, type, &type->rows[i], out);
    f->depth--;
}

#endif
