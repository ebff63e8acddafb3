/*
 * For tests: fills a message of any table with values from a seed, so that every row of every table
 * is exercised without code per message.
 */
#ifndef WIRE_KRB_KRB_RANDOM_H
#define WIRE_KRB_KRB_RANDOM_H

#include "base/test.h"
#include "wire/krb/krb_msg.h"

struct random_source {
    uint64_t state;
    struct arena *arena;
};

static inline uint32_t random_u32(struct random_source *s)
{
    s->state = s->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(s->state >> 32);
}

/* The extremes come often. */
static inline int64_t random_int(struct random_source *s, int64_t lo, int64_t hi)
{
    switch (random_u32(s) % 8) {
    case 0:
        return lo;
    case 1:
        return hi;
    case 2:
        return lo <= 0 && hi >= 0 ? 0 : lo;
    default: {
        uint64_t wide = (uint64_t)random_u32(s) << 32 | random_u32(s);
        unsigned narrow = random_u32(s) % 64;
        return lo + (int64_t)((wide >> narrow) % ((uint64_t)(hi - lo) + 1));
    }
    }
}

static inline struct span random_bytes(struct random_source *s, bool text)
{
    static const size_t lens[] = {1, 2, 5, 16, 127, 128, 255, 256, 700};
    size_t len = lens[random_u32(s) % (sizeof(lens) / sizeof(lens[0]))];
    uint8_t *p = arena_alloc(s->arena, len);
    assert_non_null(p);
    for (size_t i = 0; i < len; i++)
        p[i] = text ? (uint8_t)('!' + random_u32(s) % 90) : (uint8_t)random_u32(s);
    return span_of(p, len);
}

static void random_value(struct random_source *s, const struct der_type *type, void *out);

/* Optional to us; required by MIT, or written by it in any case. */
static inline bool is_needed(const char *name)
{
    static const char *const names[] = {
        "sname",   "till",    "s_address", "starttime", "renew_till", "timestamp",
        "usec",    "ctime",   "cusec",     "crealm",    "cname",      "data_value",
        "i_realm", "i_sname", "prealm",    "pname",     "srealm"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void random_field(struct random_source *s, const struct der_field *f, uint8_t *base)
{
    void *at = base + f->offset;
    if (f->flags & DER_OPTIONAL && !is_needed(f->name) && random_u32(s) % 3 == 0)
        return;
    if (f->has)
        *(bool *)(base + f->has - 1) = true;
    if (f->flags & DER_POINTER) {
        *(void **)at = arena_alloc(s->arena, f->type->size);
        at = *(void **)at;
    }
    random_value(s, f->type, at);
    if (strcmp(f->name, "tr_type") == 0 || strcmp(f->name, "error_code") == 0) /* small in MIT */
        *(int32_t *)at &= 0x7f;
    if (strcmp(f->name, "flags") == 0) /* MIT writes renew-till only with it */
        *(uint32_t *)at |= KRB_TKT_RENEWABLE;
    if (strcmp(f->name, "kdc_options") == 0) /* MIT then takes the second ticket's realm */
        *(uint32_t *)at &= ~KRB_OPT_ENC_TKT_IN_SKEY;
}

static void random_list(struct random_source *s, const struct der_type *type, struct der_list *out)
{
    uint32_t count = 1 + random_u32(s) % 3; /* an empty one is "absent" to MIT */
    uint8_t *items = arena_array(s->arena, count, type->item->size);
    assert_non_null(items);
    for (uint32_t i = 0; i < count; i++)
        random_value(s, type->item, items + i * type->item->size);
    *out = (struct der_list){items, count};
}

static void random_value(struct random_source *s, const struct der_type *type, void *out)
{
    switch (type->kind) {
    case DER_K_INT32:
        if (type->hi) /* microseconds: zero is "absent" to MIT, too */
            *(int32_t *)out = (int32_t)random_int(s, type->lo, type->hi) | (type->hi != type->lo);
        else
            *(int32_t *)out = (int32_t)random_int(s, INT32_MIN, INT32_MAX);
        return;
    case DER_K_UINT32: /* zero is "absent" to MIT */
        *(uint32_t *)out = (uint32_t)random_int(s, 1, UINT32_MAX);
        return;
    case DER_K_INT64: /* nonces: signed words to MIT, and not zero */
        *(int64_t *)out = random_int(s, INT32_MIN, INT32_MAX) | 1;
        return;
    case DER_K_BOOL:
        *(bool *)out = random_u32(s) % 2;
        return;
    case DER_K_SPAN:
    case DER_K_TEXT:
        *(struct span *)out = random_bytes(s, type->kind == DER_K_TEXT);
        return;
    case DER_K_TIME: /* what a 32-bit clock can say, after 1970 */
        *(utime *)out = random_int(s, 1, UINT32_MAX) * UTIME_SECOND;
        return;
    case DER_K_FLAGS:
        *(uint32_t *)out = random_u32(s);
        return;
    case DER_K_LIST:
        random_list(s, type, out);
        return;
    case DER_K_SEQUENCE:
        for (unsigned i = 0; i < type->count; i++)
            random_field(s, &type->fields[i], out);
        return;
    default:
        return;
    }
}

#endif
