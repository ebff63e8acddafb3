/* One table with every kind, pointer and shape. What decodes is encoded, and decodes again. */
#include "wire/ndr/ndr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AT(m) .at = offsetof(struct all, m)

struct leaf {
    uint16_t used;
    uint64_t time;
    uint32_t items[4];
};
static const struct ndr_row leaf_rows[] = {
    {.kind = NDR_U16, .at = offsetof(struct leaf, used)},
    {.kind = NDR_TIME, .at = offsetof(struct leaf, time)},
    {.kind = NDR_U32,
     .shape = NDR_CONF,
     .limit = 4,
     .at = offsetof(struct leaf, items),
     .size_is = NDR_MEMBER(struct leaf, used)},
};
static const struct ndr_type leaf_type = NDR_TYPE("leaf", STRUCT, 4, struct leaf, leaf_rows);

struct list;
static const struct ndr_type list_type;
struct list {
    struct span name;
    struct list *next;
};
static const struct ndr_row list_rows[] = {
    {.kind = NDR_USTR, .at = offsetof(struct list, name)},
    {.kind = NDR_STRUCT,
     .pointer = NDR_UNIQUE,
     .type = &list_type,
     .at = offsetof(struct list, next)},
};
static const struct ndr_type list_type = NDR_TYPE("list", STRUCT, 4, struct list, list_rows);

union choice {
    uint64_t number;
    struct leaf *leaf;
    struct list list;
};
static const struct ndr_row choice_rows[] = {
    {.kind = NDR_U64, .arm = 1},
    {.kind = NDR_STRUCT, .pointer = NDR_FULL, .type = &leaf_type, .arm = 2},
    {.kind = NDR_STRUCT, .type = &list_type, .arm = 3},
    {.kind = NDR_VOID, .flags = NDR_DEFAULT},
};
static const struct ndr_type choice_type = NDR_TYPE("choice", UNION, 4, union choice, choice_rows);

struct all {
    uint8_t level;
    union choice choice;
    struct leaf *a, *b;
    uint32_t count, used;
    struct list *lists;
    uint16_t *vary;
    uint32_t stored;
    uint8_t *bytes;
    struct span text, large, terminated, raw;
    uint8_t fixed[3];
};
static const struct ndr_row all_rows[] = {
    {.kind = NDR_U8, .flags = NDR_IN | NDR_OUT, AT(level)},
    {.kind = NDR_UNION,
     .flags = NDR_IN,
     .type = &choice_type,
     AT(choice),
     .switch_is = NDR_MEMBER(struct all, level)},
    {.kind = NDR_STRUCT, .flags = NDR_IN, .pointer = NDR_FULL, .type = &leaf_type, AT(a)},
    {.kind = NDR_STRUCT, .flags = NDR_IN, .pointer = NDR_FULL, .type = &leaf_type, AT(b)},
    {.kind = NDR_STRUCT,
     .flags = NDR_IN,
     .pointer = NDR_REF,
     .shape = NDR_CONF,
     .type = &list_type,
     AT(lists),
     .size_is = NDR_MEMBER(struct all, count),
     .limit = 1000},
    {.kind = NDR_U32, .flags = NDR_IN, AT(count)},
    {.kind = NDR_U32, .flags = NDR_IN, AT(used)},
    {.kind = NDR_U16,
     .flags = NDR_IN,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF_VARY,
     AT(vary),
     .size_is = NDR_MEMBER(struct all, count),
     .length_is = NDR_MEMBER(struct all, used)},
    {.kind = NDR_U8,
     .flags = NDR_IN | NDR_COUNT_STORED,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF,
     AT(bytes),
     .size_is = NDR_MEMBER(struct all, stored)},
    {.kind = NDR_USTR, .flags = NDR_IN, AT(text)},
    {.kind = NDR_USTR, .flags = NDR_IN | NDR_USTR_LARGE, AT(large)},
    {.kind = NDR_WSTR, .flags = NDR_IN, .pointer = NDR_UNIQUE, AT(terminated)},
    {.kind = NDR_U8, .flags = NDR_IN, .shape = NDR_FIXED, .limit = 3, AT(fixed)},
    {.kind = NDR_USTR, .flags = NDR_IN | NDR_USTR_RAW, .limit = 100, AT(raw)},
};
static const struct ndr_type call_type = NDR_TYPE("all", CALL, 1, struct all, all_rows);

static struct ndr_row struct_rows[sizeof(all_rows) / sizeof(all_rows[0])];
static struct ndr_type struct_type;

/* The same rows as members of a struct: no directions. */
static void make_struct(void)
{
    memcpy(struct_rows, all_rows, sizeof(all_rows));
    for (unsigned i = 0; i < call_type.count; i++)
        struct_rows[i].flags &= ~(NDR_IN | NDR_OUT);
    struct_type = call_type;
    struct_type.form = NDR_IS_STRUCT;
    struct_type.align = 4;
    struct_type.rows = struct_rows;
}

static struct span put(struct builder *b, bool call, const struct all *v)
{
    struct span out;

    if (call)
        ndr_put_call(b, &call_type, NDR_IN, v);
    else
        ndr_put_serialized(b, &struct_type, v);
    ENT_ASSERT(builder_done(b, &out) == ERR_OK);
    return out;
}

static enum err decode(struct span bytes, bool call, struct arena *a, struct all *out)
{
    memset(out, 0, sizeof(*out));
    return call ? ndr_decode_call(&call_type, NDR_IN, bytes, a, out, NULL)
                : ndr_decode_serialized(&struct_type, bytes, a, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct all v;
    struct arena a;
    struct builder b;
    struct span first, second;
    bool call;

    if (struct_type.count == 0)
        make_struct();
    if (size == 0)
        return 0;
    call = data[0] & 1;
    arena_init(&a, 0, 16 * 1024 * 1024, 0);
    if (decode(span_of(data + 1, size - 1), call, &a, &v) == ERR_OK) {
        builder_in(&b, &a, 4 * 1024 * 1024);
        first = put(&b, call, &v);
        ENT_ASSERT(decode(first, call, &a, &v) == ERR_OK);
        builder_in(&b, &a, 4 * 1024 * 1024);
        second = put(&b, call, &v);
        ENT_ASSERT(span_eq(first, second));
    }
    arena_fini(&a);
    return 0;
}
