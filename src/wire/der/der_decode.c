#include "wire/der/der_bytes.h"
#include "wire/der/der_table.h"

#define TIME_LEN 15

struct decoder {
    struct arena *arena;
    uint32_t elements;
    uint32_t depth;
};

/* Only these two call themselves, for what is nested; all else is inside of them, since a message
 * is mostly small values, two elements each. */
DER_RECURSIVE static enum err decode_sequence(struct decoder *d, const struct der_type *type,
                                              struct span body, uint8_t *out);
DER_RECURSIVE static enum err decode_list(struct decoder *d, const struct der_type *type,
                                          struct span body, struct der_list *out);

/* What ends inside an element that is whole itself is no prefix of anything. */
static enum err inner_error(enum err e)
{
    return e == ERR_TRUNCATED ? ERR_MALFORMED : e;
}

static enum err get_int(const struct der_type *type, struct span body, int64_t lo, int64_t hi,
                        int64_t *out)
{
    int64_t v;
    if (body.len == 1)
        v = (int8_t)body.ptr[0];
    else
        TRY(der_get_int(body, DER_RULES, &v));
    if (type->hi) {
        lo = type->lo;
        hi = type->hi;
    }
    if (v < lo || v > hi)
        return ERR_RANGE;
    *out = v;
    return ERR_OK;
}

static enum err get_time(struct span body, utime *out)
{
    if (body.len != TIME_LEN || body.ptr[TIME_LEN - 1] != 'Z')
        return ERR_MALFORMED;
    return utime_from_generalized(body, out) == ERR_OK ? ERR_OK : ERR_MALFORMED;
}

static enum err decode_primitive(const struct der_type *type, struct span body, void *out)
{
    int64_t v;
    switch (type->kind) {
    case DER_K_INT32:
        TRY(get_int(type, body, INT32_MIN, INT32_MAX, &v));
        *(int32_t *)out = (int32_t)v;
        return ERR_OK;
    case DER_K_UINT32:
        TRY(get_int(type, body, INT32_MIN, UINT32_MAX, &v));
        *(uint32_t *)out = (uint32_t)v;
        return ERR_OK;
    case DER_K_INT64:
        return get_int(type, body, INT64_MIN, INT64_MAX, out);
    case DER_K_CONST:
        TRY(der_get_int(body, DER_RULES, &v));
        return v == type->lo ? ERR_OK : ERR_RANGE;
    case DER_K_BOOL:
        return der_get_bool(body, DER_RULES, out);
    case DER_K_TEXT:
        if (memchr(body.ptr, 0, body.len))
            return ERR_MALFORMED;
        *(struct span *)out = body;
        return ERR_OK;
    case DER_K_SPAN:
        *(struct span *)out = body;
        return ERR_OK;
    case DER_K_TIME:
        return get_time(body, out);
    case DER_K_FLAGS:
        return der_get_flags(body, out);
    default:
        return ERR_STATE;
    }
}

static ALWAYS_INLINE enum err decode_contents(struct decoder *d, const struct der_type *type,
                                              struct span body, void *out)
{
    if (type->kind == DER_K_SEQUENCE)
        return decode_sequence(d, type, body, out);
    if (type->kind == DER_K_LIST)
        return decode_list(d, type, body, out);
    return decode_primitive(type, body, out);
}

static ALWAYS_INLINE enum err decode_element(struct decoder *d, const struct der_type *type,
                                             struct reader *r, void *out)
{
    struct der_tlv e;
    if (++d->elements > DER_ELEMENTS_MAX || d->depth >= DER_DEPTH_MAX)
        return ERR_LIMIT;
    if (!der_read(r, DER_RULES, &e))
        return r->err;
    if (type->kind == DER_K_RAW) {
        *(struct span *)out = e.whole;
        return ERR_OK;
    }
    if (e.tag != (type->outer ? type->outer : type->tag))
        return ERR_MALFORMED;
    struct span body = e.body;
    if (type->outer) {
        struct reader in = reader_of(e.body);
        body = der_read_tag(&in, DER_RULES, type->tag);
        TRY(inner_error(reader_end(&in)));
    }
    d->depth++;
    TRY(decode_contents(d, type, body, out));
    d->depth--;
    if (type->raw)
        *(struct span *)((uint8_t *)out + type->raw - 1) = e.whole;
    return ERR_OK;
}

static ALWAYS_INLINE enum err decode_field(struct decoder *d, const struct der_field *f,
                                           struct span body, uint8_t *base)
{
    void *at = base + f->offset;
    if (f->flags & DER_POINTER) {
        void *value = arena_alloc(d->arena, f->type->size);
        if (!value)
            return ERR_NOMEM;
        *(void **)at = value;
        at = value;
    }
    if (f->has)
        *(bool *)(base + f->has - 1) = true;
    struct reader r = reader_of(body);
    TRY(inner_error(decode_element(d, f->type, &r, at)));
    return reader_end(&r);
}

/* After the known rows: elements of later versions pass, known ones in the wrong place do not. */
static enum err skip_extensions(struct decoder *d, const struct der_type *type, struct reader *r)
{
    struct der_tlv e;
    while (reader_left(r) > 0) {
        if (++d->elements > DER_ELEMENTS_MAX)
            return ERR_LIMIT;
        if (!der_read(r, DER_RULES, &e))
            return ERR_MALFORMED;
        for (unsigned i = 0; i < type->count; i++)
            if (type->fields[i].tag == e.tag)
                return ERR_MALFORMED;
    }
    return ERR_OK;
}

static enum err decode_sequence(struct decoder *d, const struct der_type *type, struct span body,
                                uint8_t *out)
{
    struct reader r = reader_of(body);
    for (unsigned i = 0; i < type->count; i++) {
        const struct der_field *f = &type->fields[i];
        if (!der_next_is(&r, f->tag)) {
            if (!(f->flags & DER_OPTIONAL))
                return ERR_MALFORMED;
            continue;
        }
        if (++d->elements > DER_ELEMENTS_MAX)
            return ERR_LIMIT;
        struct der_tlv e;
        if (!der_read(&r, DER_RULES, &e))
            return inner_error(r.err);
        TRY(decode_field(d, f, e.body, out));
    }
    return skip_extensions(d, type, &r);
}

static enum err decode_list(struct decoder *d, const struct der_type *type, struct span body,
                            struct der_list *out)
{
    uint32_t count;
    TRY(inner_error(der_count(body, DER_RULES, (uint32_t)type->hi, &count)));
    if (count < type->lo)
        return ERR_RANGE;
    uint8_t *items = arena_array(d->arena, count, type->item->size);
    if (!items)
        return ERR_NOMEM;
    struct reader r = reader_of(body);
    for (uint32_t i = 0; i < count; i++)
        TRY(inner_error(decode_element(d, type->item, &r, items + (size_t)i * type->item->size)));
    out->items = items;
    out->count = count;
    return reader_end(&r);
}

enum err der_decode(const struct der_type *type, struct span in, struct arena *a, void **out)
{
    struct decoder d = {.arena = a};
    struct reader r = reader_of(in);
    void *value = arena_alloc(a, type->size);
    if (!value)
        return ERR_NOMEM;
    TRY(decode_element(&d, type, &r, value));
    TRY(reader_end(&r));
    *out = value;
    return ERR_OK;
}
