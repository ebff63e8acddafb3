#include "wire/der/der_bytes.h"
#include "wire/der/der_table.h"

/*
 * Two walks. The first adds up the length and finds what cannot be encoded; the second writes
 * backwards from the end, so that each length is known when its header is written. Measuring twice
 * is cheaper than keeping lengths, moving bytes or building a tree.
 */

#define TIME_LEN  15
#define FLAGS_LEN 5

struct sizer {
    enum err err;
};

/* Only these call themselves, for what is nested; all else is inside of them. */
DER_RECURSIVE static size_t size_sequence(struct sizer *s, const struct der_type *type,
                                          const uint8_t *value);
DER_RECURSIVE static size_t size_list(struct sizer *s, const struct der_type *type,
                                      const struct der_list *l);
DER_RECURSIVE static uint8_t *sequence_before(uint8_t *end, const struct der_type *type,
                                              const uint8_t *value);
DER_RECURSIVE static uint8_t *list_before(uint8_t *end, const struct der_type *type,
                                          const struct der_list *l);

static void size_fail(struct sizer *s, enum err e)
{
    if (s->err == ERR_OK)
        s->err = e;
}

static inline const struct span *kept_raw(const struct der_type *type, const void *value)
{
    if (!type->keep_raw || !type->raw)
        return NULL;
    const struct span *raw = (const void *)((const uint8_t *)value + type->raw - 1);
    return raw->ptr ? raw : NULL;
}

/* The value of a row, or NULL when it is absent. */
static inline const void *field_value(const struct der_field *f, const uint8_t *base)
{
    const void *at = base + f->offset;
    if (f->flags & DER_POINTER)
        return *(void *const *)at;
    if (!(f->flags & DER_OPTIONAL))
        return at;
    if (f->has)
        return *(const bool *)(base + f->has - 1) ? at : NULL;
    if (f->type->kind == DER_K_LIST)
        return ((const struct der_list *)at)->items ? at : NULL;
    return ((const struct span *)at)->ptr ? at : NULL;
}

static const void *list_item(const struct der_type *type, const struct der_list *l, uint32_t i)
{
    return (const uint8_t *)l->items + (size_t)i * type->item->size;
}

/* The number that a value of an integer kind is written as. */
static int64_t int_of(const struct der_type *type, const void *value)
{
    switch (type->kind) {
    case DER_K_INT32:
        return *(const int32_t *)value;
    case DER_K_UINT32:
        if (type->lo < 0)
            return *(const int32_t *)value;
        return *(const uint32_t *)value;
    case DER_K_INT64:
        return *(const int64_t *)value;
    default:
        return type->lo;
    }
}

static size_t size_int(struct sizer *s, const struct der_type *type, const void *value)
{
    int64_t v = int_of(type, value);
    if (type->hi && (v < type->lo || v > type->hi))
        size_fail(s, ERR_RANGE);
    return int_size(v);
}

static size_t size_text(struct sizer *s, const struct span *text)
{
    if (text->len && memchr(text->ptr, 0, text->len))
        size_fail(s, ERR_RANGE);
    return text->len;
}

static ALWAYS_INLINE size_t size_body(struct sizer *s, const struct der_type *type,
                                      const void *value)
{
    switch (type->kind) {
    case DER_K_BOOL:
        return 1;
    case DER_K_SPAN:
        return ((const struct span *)value)->len;
    case DER_K_TEXT:
        return size_text(s, value);
    case DER_K_TIME:
        return TIME_LEN;
    case DER_K_FLAGS:
        return FLAGS_LEN;
    case DER_K_SEQUENCE:
        return size_sequence(s, type, value);
    case DER_K_LIST:
        return size_list(s, type, value);
    default:
        return size_int(s, type, value);
    }
}

static ALWAYS_INLINE size_t size_element(struct sizer *s, const struct der_type *type,
                                         const void *value)
{
    const struct span *raw = type->kind == DER_K_RAW ? value : kept_raw(type, value);
    if (raw) {
        if (raw->len == 0)
            size_fail(s, ERR_RANGE);
        return raw->len;
    }
    size_t len = size_body(s, type, value);
    len += header_size(len);
    if (type->outer)
        len += header_size(len);
    return len;
}

static size_t size_sequence(struct sizer *s, const struct der_type *type, const uint8_t *value)
{
    size_t sum = 0;
    for (unsigned i = 0; i < type->count; i++) {
        const struct der_field *f = &type->fields[i];
        const void *at = field_value(f, value);
        if (at) {
            size_t len = size_element(s, f->type, at);
            sum += header_size(len) + len;
        }
    }
    return sum;
}

static size_t size_list(struct sizer *s, const struct der_type *type, const struct der_list *l)
{
    uint32_t count = l->items ? l->count : 0;
    size_t sum = 0;
    if (count < type->lo || count > type->hi) {
        size_fail(s, count < type->lo ? ERR_RANGE : ERR_LIMIT);
        return 0;
    }
    for (uint32_t i = 0; i < count; i++)
        sum += size_element(s, type->item, list_item(type, l, i));
    return sum;
}

static uint8_t *bytes_before(uint8_t *end, const struct span *bytes)
{
    if (bytes->len == 0)
        return end;
    return memcpy(end - bytes->len, bytes->ptr, bytes->len);
}

static uint8_t *time_before(uint8_t *end, utime t)
{
    char text[20];
    ENT_ASSERT(utime_to_generalized(t, false, text) == TIME_LEN);
    return memcpy(end - TIME_LEN, text, TIME_LEN);
}

static uint8_t *flags_before(uint8_t *end, uint32_t flags)
{
    for (unsigned i = 0; i < sizeof(flags); i++, flags >>= 8)
        *--end = (uint8_t)flags;
    *--end = 0; /* unused bits */
    return end;
}

static ALWAYS_INLINE uint8_t *body_before(uint8_t *end, const struct der_type *type,
                                          const void *value)
{
    switch (type->kind) {
    case DER_K_BOOL:
        *--end = *(const bool *)value ? 0xff : 0x00;
        return end;
    case DER_K_SPAN:
    case DER_K_TEXT:
        return bytes_before(end, value);
    case DER_K_TIME:
        return time_before(end, *(const utime *)value);
    case DER_K_FLAGS:
        return flags_before(end, *(const uint32_t *)value);
    case DER_K_SEQUENCE:
        return sequence_before(end, type, value);
    case DER_K_LIST:
        return list_before(end, type, value);
    default:
        return int_before(end, int_of(type, value));
    }
}

static ALWAYS_INLINE uint8_t *element_before(uint8_t *end, const struct der_type *type,
                                             const void *value)
{
    const struct span *raw = type->kind == DER_K_RAW ? value : kept_raw(type, value);
    if (raw)
        return bytes_before(end, raw);
    uint8_t *p = body_before(end, type, value);
    p = header_before(p, type->tag, (size_t)(end - p));
    if (type->outer)
        p = header_before(p, type->outer, (size_t)(end - p));
    return p;
}

static uint8_t *sequence_before(uint8_t *end, const struct der_type *type, const uint8_t *value)
{
    uint8_t *p = end;
    for (unsigned i = type->count; i > 0; i--) {
        const struct der_field *f = &type->fields[i - 1];
        const void *at = field_value(f, value);
        if (at) {
            uint8_t *start = element_before(p, f->type, at);
            p = header_before(start, f->tag, (size_t)(p - start));
        }
    }
    return p;
}

static uint8_t *list_before(uint8_t *end, const struct der_type *type, const struct der_list *l)
{
    for (uint32_t i = l->items ? l->count : 0; i > 0; i--)
        end = element_before(end, type->item, list_item(type, l, i - 1));
    return end;
}

static enum err measure(const struct der_type *type, const void *value, size_t *len_out)
{
    struct sizer s = {ERR_OK};
    size_t len = size_element(&s, type, value);
    if (s.err == ERR_OK && len > UINT32_MAX)
        s.err = ERR_LIMIT;
    if (s.err == ERR_OK)
        *len_out = len;
    return s.err;
}

static void write_at(uint8_t *start, size_t len, const struct der_type *type, const void *value)
{
    ENT_ASSERT(element_before(start + len, type, value) == start);
}

void der_put(struct builder *b, const struct der_type *type, const void *value)
{
    size_t len;
    enum err e = measure(type, value, &len);
    if (e != ERR_OK) {
        builder_fail(b, e);
        return;
    }
    uint8_t *start = builder_space(b, len);
    if (start)
        write_at(start, len, type, value);
}

size_t der_size(const struct der_type *type, const void *value)
{
    size_t len = 0;
    (void)measure(type, value, &len);
    return len;
}

enum err der_encode(const struct der_type *type, const void *value, struct arena *a,
                    struct span *out)
{
    size_t len;
    TRY(measure(type, value, &len));
    uint8_t *start = arena_alloc(a, len);
    if (!start)
        return ERR_NOMEM;
    write_at(start, len, type, value);
    *out = span_of(start, len);
    return ERR_OK;
}
