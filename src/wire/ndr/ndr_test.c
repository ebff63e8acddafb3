#include "wire/ndr/ndr.h"

#include "base/test.h"
#include "base/text.h"

#define MEMORY   (1024 * 1024)
#define AT(T, m) .at = offsetof(T, m)

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, MEMORY, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* Encodes value, compares with golden, decodes golden into back. */
static void assert_golden(const struct ndr_type *type, const void *value, struct span golden,
                          void *back)
{
    struct builder b;
    struct span out;

    assert_true(ndr_type_check(type));
    builder_in(&b, &arena, MEMORY);
    ndr_put(&b, type, value);
    assert_ok(builder_done(&b, &out));
    assert_int_equal(out.len, golden.len);
    assert_memory_equal(out.ptr, golden.ptr, golden.len);
    assert_ok(ndr_decode(type, golden, &arena, back));
    for (size_t n = 0; n < golden.len; n++)
        assert_int_not_equal(ndr_decode(type, span_sub(golden, 0, n), &arena, back), ERR_OK);
    assert_ok(ndr_decode(type, golden, &arena, back));
}

static enum err put_error(const struct ndr_type *type, const void *value)
{
    struct builder b;

    builder_in(&b, &arena, MEMORY);
    ndr_put(&b, type, value);
    return b.err;
}

/* --- alignment ------------------------------------------------------------------------------ */

struct numbers {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    uint8_t e;
    uint64_t time;
};
static const struct ndr_row numbers_rows[] = {
    {.kind = NDR_U8, AT(struct numbers, a)},  {.kind = NDR_U16, AT(struct numbers, b)},
    {.kind = NDR_U32, AT(struct numbers, c)}, {.kind = NDR_U64, AT(struct numbers, d)},
    {.kind = NDR_U8, AT(struct numbers, e)},  {.kind = NDR_TIME, AT(struct numbers, time)},
};
static const struct ndr_type numbers_type =
    NDR_TYPE("numbers", STRUCT, 8, struct numbers, numbers_rows);

static void alignment(void **state)
{
    static const struct numbers v = {1, 0x0203, 0x04050607, 0x08090A0B0C0D0E0F, 16, 17};
    struct numbers back;
    (void)state;

    assert_golden(&numbers_type, &v,
                  SPAN_LIT("\x01\0\x03\x02\x07\x06\x05\x04\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08"
                           "\x10\0\0\0\x11\0\0\0\0\0\0\0"),
                  &back);
    assert_true(back.d == v.d && back.time == v.time && back.e == v.e && back.b == v.b);
}

/* --- arrays --------------------------------------------------------------------------------- */

struct tail {
    uint16_t fixed[2];
    uint8_t used;
    uint32_t items[4];
};
static const struct ndr_row tail_rows[] = {
    {.kind = NDR_U16, .shape = NDR_FIXED, .limit = 2, AT(struct tail, fixed)},
    {.kind = NDR_U8, AT(struct tail, used)},
    {.kind = NDR_U32,
     .shape = NDR_CONF,
     .limit = 4,
     AT(struct tail, items),
     .size_is = NDR_MEMBER(struct tail, used)},
};
static const struct ndr_type tail_type = NDR_TYPE("tail", STRUCT, 4, struct tail, tail_rows);

/* The conformance of an inline array stands before the struct that ends in it. */
static void conformant_struct(void **state)
{
    static const struct tail v = {{1, 2}, 2, {3, 4}};
    struct tail back, over = {.used = 5};
    (void)state;

    assert_golden(&tail_type, &v, SPAN_LIT("\x02\0\0\0\x01\0\x02\0\x02\0\0\0\x03\0\0\0\x04\0\0\0"),
                  &back);
    assert_int_equal(back.items[1], 4);
    assert_err(put_error(&tail_type, &over), ERR_RANGE);
    assert_err(ndr_decode(&tail_type,
                          SPAN_LIT("\x05\0\0\0\x01\0\x02\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0\0\0\0\0"),
                          &arena, &back),
               ERR_LIMIT);
    /* The count in the struct and the one of the array differ. */
    assert_err(ndr_decode(&tail_type, SPAN_LIT("\x01\0\0\0\x01\0\x02\0\x02\0\0\0\x03\0\0\0"),
                          &arena, &back),
               ERR_MALFORMED);
}

struct arrays {
    uint32_t max, used;
    uint16_t *both;
    uint32_t stored;
    uint8_t *bytes;
    uint8_t vary_used;
    uint8_t *vary;
};
static const struct ndr_row arrays_rows[] = {
    {.kind = NDR_U32, AT(struct arrays, max)},
    {.kind = NDR_U16,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF_VARY,
     AT(struct arrays, both),
     .size_is = NDR_MEMBER(struct arrays, max),
     .length_is = NDR_MEMBER(struct arrays, used),
     .limit = 100},
    {.kind = NDR_U32, AT(struct arrays, used)},
    {.kind = NDR_U8,
     .pointer = NDR_REF,
     .shape = NDR_CONF,
     .flags = NDR_COUNT_STORED,
     AT(struct arrays, bytes),
     .size_is = NDR_MEMBER(struct arrays, stored)},
    {.kind = NDR_U8, AT(struct arrays, vary_used)},
    {.kind = NDR_U8,
     .pointer = NDR_UNIQUE,
     .shape = NDR_VARY,
     AT(struct arrays, vary),
     .length_is = NDR_MEMBER(struct arrays, vary_used),
     .limit = 8},
};
static const struct ndr_type arrays_type =
    NDR_TYPE("arrays", STRUCT, 4, struct arrays, arrays_rows);

static const char arrays_golden[] =
    "\x05\0\0\0\0\0\x02\0\x02\0\0\0\x04\0\x02\0\x01\0\0\0\x08\0\x02\0" /* members */
    "\x05\0\0\0\0\0\0\0\x02\0\0\0\x0a\0\x0b\0"                         /* both */
    "\x03\0\0\0xyz\0"                                                  /* bytes */
    "\0\0\0\0\x01\0\0\0q";                                             /* vary */

static void pointed_arrays(void **state)
{
    uint16_t both[] = {10, 11};
    struct arrays v = {5, 2, both, 3, (uint8_t *)"xyz", 1, (uint8_t *)"q"}, back;
    uint8_t bad[sizeof(arrays_golden) - 1];
    static const struct {
        uint8_t at, value;
        enum err expected;
    } rows[] = {
        {24, 6, ERR_MALFORMED}, /* conformance is not the member */
        {28, 1, ERR_MALFORMED}, /* varying from the second element */
        {32, 3, ERR_MALFORMED}, /* length is not the member */
        {32, 6, ERR_MALFORMED}, /* length beyond the conformance */
        {12, 0, ERR_OK},        /* a byte of a referent id says nothing */
        {43, 0xFF, ERR_LIMIT},  /* far more bytes than there are */
        {52, 9, ERR_MALFORMED}, /* varying beyond the row's limit */
    };
    (void)state;

    assert_golden(&arrays_type, &v, span_of(arrays_golden, sizeof(arrays_golden) - 1), &back);
    assert_int_equal(back.both[1], 11);
    assert_int_equal(back.stored, 3);
    assert_memory_equal(back.bytes, "xyz", 3);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(bad, arrays_golden, sizeof(bad));
        bad[rows[i].at] = rows[i].value;
        assert_err(ndr_decode(&arrays_type, span_of(bad, sizeof(bad)), &arena, &back),
                   rows[i].expected);
    }
    v.bytes = NULL;
    assert_err(put_error(&arrays_type, &v), ERR_RANGE);
    v.bytes = (uint8_t *)"xyz";
    v.used = 6;
    assert_err(put_error(&arrays_type, &v), ERR_RANGE);
}

/* Whoever reads a decoded struct may use its count without looking at the pointer. */
static void null_array_has_no_count(void **state)
{
    struct arrays v = {5, 0, NULL, 0, (uint8_t *)"", 0, NULL}, back;
    (void)state;

    assert_err(put_error(&arrays_type, &v), ERR_RANGE);
    assert_err(ndr_decode(&arrays_type,
                          SPAN_LIT("\x05\0\0\0\0\0\0\0\0\0\0\0\x04\0\x02\0\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0"),
                          &arena, &back),
               ERR_MALFORMED);
    assert_ok(ndr_decode(&arrays_type,
                         SPAN_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\x02\0\0\0\0\0\0\0\0\0"
                                  "\0\0\0\0"),
                         &arena, &back));
    assert_null(back.both);
}

/* --- strings -------------------------------------------------------------------------------- */

struct strings {
    struct span counted, large, terminated;
};
static const struct ndr_row strings_rows[] = {
    {.kind = NDR_USTR, AT(struct strings, counted)},
    {.kind = NDR_USTR, .flags = NDR_USTR_LARGE, AT(struct strings, large)},
    {.kind = NDR_WSTR, .pointer = NDR_UNIQUE, .limit = 4, AT(struct strings, terminated)},
};
static const struct ndr_type strings_type =
    NDR_TYPE("strings", STRUCT, 4, struct strings, strings_rows);

static void strings(void **state)
{
    struct strings v = {SPAN_LIT("ab"), SPAN_LIT("\xc3\xa9"), SPAN_LIT("\xf0\x9f\x98\x80")}, back;
    struct strings none = {SPAN_NONE, SPAN_LIT(""), SPAN_NONE};
    (void)state;

    assert_golden(&strings_type, &v,
                  SPAN_LIT("\x04\0\x04\0\0\0\x02\0\x02\0\x04\0\x04\0\x02\0\x08\0\x02\0"
                           "\x02\0\0\0\0\0\0\0\x02\0\0\0a\0b\0"
                           "\x02\0\0\0\0\0\0\0\x01\0\0\0\xe9\0\0\0"
                           "\x03\0\0\0\0\0\0\0\x03\0\0\0\x3d\xd8\x00\xde\0\0"),
                  &back);
    assert_true(span_eq(back.counted, v.counted) && span_eq(back.large, v.large));
    assert_true(span_eq(back.terminated, v.terminated));
    assert_golden(&strings_type, &none,
                  SPAN_LIT("\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x02\0\0\0\0\0"
                           "\x01\0\0\0\0\0\0\0\0\0\0\0"),
                  &back);
    assert_true(!back.counted.ptr && back.large.ptr && back.large.len == 0);
    assert_null(back.terminated.ptr);
    v.counted = SPAN_LIT("\xff");
    assert_err(put_error(&strings_type, &v), ERR_MALFORMED);
}

struct raw {
    struct span bytes;
};
static const struct ndr_row raw_rows[] = {
    {.kind = NDR_USTR, .flags = NDR_USTR_RAW, .limit = 2, AT(struct raw, bytes)},
};
static const struct ndr_type raw_type = NDR_TYPE("raw", STRUCT, 4, struct raw, raw_rows);

/* Bytes in place of text, such as no text is: an unpaired surrogate. */
static void raw_strings(void **state)
{
    struct raw v = {SPAN_LIT("\x01\xd8")}, none = {SPAN_NONE}, empty = {SPAN_LIT("")}, back;
    (void)state;

    assert_golden(&raw_type, &v,
                  SPAN_LIT("\x02\0\x02\0\0\0\x02\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x01\xd8"), &back);
    assert_true(span_eq(back.bytes, v.bytes));
    assert_golden(&raw_type, &none, SPAN_LIT("\0\0\0\0\0\0\0\0"), &back);
    assert_null(back.bytes.ptr);
    assert_golden(&raw_type, &empty, SPAN_LIT("\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0"), &back);
    assert_true(back.bytes.ptr && back.bytes.len == 0);
    v.bytes = SPAN_LIT("abc");
    assert_err(put_error(&raw_type, &v), ERR_RANGE);
    assert_err(ndr_decode(&raw_type,
                          SPAN_LIT("\x06\0\x06\0\0\0\x02\0\x03\0\0\0\0\0\0\0\x03\0\0\0"
                                   "abcdef"),
                          &arena, &back),
               ERR_LIMIT);
}

static void bad_strings(void **state)
{
    static const struct {
        struct span bytes;
        enum err expected;
    } rows[] = {
        /* an odd length */
        {SPAN_LIT("\x03\0\x04\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0a\0b"),
         ERR_MALFORMED},
        /* length over maximum */
        {SPAN_LIT(
             "\x04\0\x02\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0a\0b\0"),
         ERR_MALFORMED},
        /* a length without a pointer */
        {SPAN_LIT("\x04\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), ERR_MALFORMED},
        /* an unpaired surrogate */
        {SPAN_LIT(
             "\x02\0\x02\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\xd8"),
         ERR_MALFORMED},
        /* terminated: no room for the zero, no zero, too long */
        {SPAN_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0"),
         ERR_MALFORMED},
        {SPAN_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\x01\0\0\0\0\0\0\0\x01\0\0\0a\0"),
         ERR_MALFORMED},
        {SPAN_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\x05\0\0\0\0\0\0\0\x05\0\0\0"
                  "a\0b\0c\0d\0\0\0"),
         ERR_LIMIT},
    };
    struct strings back;
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_err(ndr_decode(&strings_type, rows[i].bytes, &arena, &back), rows[i].expected);
}

/* --- full pointers, depth ------------------------------------------------------------------- */

struct node {
    uint32_t value;
    struct node *next, *other;
};
static const struct ndr_type node_type;
static const struct ndr_row node_rows[] = {
    {.kind = NDR_U32, AT(struct node, value)},
    {.kind = NDR_STRUCT, .pointer = NDR_UNIQUE, .type = &node_type, AT(struct node, next)},
};
static const struct ndr_type node_type = NDR_TYPE("node", STRUCT, 4, struct node, node_rows);

static void depth(void **state)
{
    struct node nodes[NDR_DEPTH_MAX + 1] = {0}, back;
    uint8_t wire[8 * 1024];
    struct builder b;
    struct span out;
    (void)state;

    for (unsigned i = 0; i < NDR_DEPTH_MAX; i++)
        nodes[i].next = &nodes[i + 1];
    assert_err(put_error(&node_type, nodes), ERR_LIMIT);
    builder_over(&b, wire, sizeof(wire));
    for (unsigned i = 0; i < 512; i++) {
        builder_le32(&b, i);
        builder_le32(&b, 0x20000 + 4 * i);
    }
    assert_ok(builder_done(&b, &out));
    assert_err(ndr_decode(&node_type, out, &arena, &back), ERR_LIMIT);
    /* A table that refers to itself has no end for the check either. */
    assert_false(ndr_type_check(&node_type));
}

struct leaf {
    uint32_t value;
};
static const struct ndr_row leaf_rows[] = {{.kind = NDR_U32}};
static const struct ndr_type leaf_type = NDR_TYPE("leaf", STRUCT, 4, struct leaf, leaf_rows);
static const struct ndr_type other_type = NDR_TYPE("other", STRUCT, 4, struct leaf, leaf_rows);

struct shared {
    struct leaf *a, *b, *c;
};
#define FULL_LEAF(m, t)                                                                            \
    {                                                                                              \
        .kind = NDR_STRUCT, .pointer = NDR_FULL, .type = &(t), AT(struct shared, m)                \
    }
static const struct ndr_row shared_rows[] = {FULL_LEAF(a, leaf_type), FULL_LEAF(b, leaf_type),
                                             FULL_LEAF(c, leaf_type)};
static const struct ndr_type shared_type =
    NDR_TYPE("shared", STRUCT, 4, struct shared, shared_rows);
static const struct ndr_row mixed_rows[] = {FULL_LEAF(a, leaf_type), FULL_LEAF(b, other_type),
                                            FULL_LEAF(c, leaf_type)};
static const struct ndr_type mixed_type = NDR_TYPE("mixed", STRUCT, 4, struct shared, mixed_rows);

static void full_pointers(void **state)
{
    struct leaf one = {7}, two = {8};
    struct shared v = {&one, &two, &one}, back;
    struct span golden = SPAN_LIT("\0\0\x02\0\x04\0\x02\0\0\0\x02\0\x07\0\0\0\x08\0\0\0");
    (void)state;

    assert_golden(&shared_type, &v, golden, &back);
    assert_ptr_equal(back.a, back.c);
    assert_int_equal(back.b->value, 8);
    /* The same id for values of two types would let one be read as the other. */
    assert_err(ndr_decode(&mixed_type, SPAN_LIT("\0\0\x02\0\0\0\x02\0\0\0\x02\0\x07\0\0\0"), &arena,
                          &back),
               ERR_MALFORMED);
}

/* --- unions --------------------------------------------------------------------------------- */

union choice {
    uint8_t small;
    struct leaf *leaf;
};
static const struct ndr_row choice_rows[] = {
    {.kind = NDR_U8, .arm = 1},
    {.kind = NDR_STRUCT, .pointer = NDR_UNIQUE, .type = &leaf_type, .arm = 2},
    {.kind = NDR_VOID, .arm = 3},
};
static const struct ndr_type choice_type = NDR_TYPE("choice", UNION, 2, union choice, choice_rows);

struct chooser {
    uint16_t level;
    union choice choice;
};
static const struct ndr_row chooser_rows[] = {
    {.kind = NDR_U16, AT(struct chooser, level)},
    {.kind = NDR_UNION,
     .type = &choice_type,
     AT(struct chooser, choice),
     .switch_is = NDR_MEMBER(struct chooser, level)},
};
static const struct ndr_type chooser_type =
    NDR_TYPE("chooser", STRUCT, 2, struct chooser, chooser_rows);

static void unions(void **state)
{
    struct leaf leaf = {9};
    struct chooser v = {1, {.small = 5}}, back;
    (void)state;

    assert_golden(&chooser_type, &v, SPAN_LIT("\x01\0\x01\0\x05"), &back);
    assert_int_equal(back.choice.small, 5);
    v.level = 2;
    v.choice.leaf = &leaf;
    assert_golden(&chooser_type, &v, SPAN_LIT("\x02\0\x02\0\0\0\x02\0\x09\0\0\0"), &back);
    assert_int_equal(back.choice.leaf->value, 9);
    v.level = 3;
    assert_golden(&chooser_type, &v, SPAN_LIT("\x03\0\x03\0"), &back);
    v.level = 4;
    assert_err(put_error(&chooser_type, &v), ERR_RANGE);
    assert_err(ndr_decode(&chooser_type, SPAN_LIT("\x04\0\x04\0"), &arena, &back), ERR_MALFORMED);
    assert_err(ndr_decode(&chooser_type, SPAN_LIT("\x03\0\x01\0\x05"), &arena, &back),
               ERR_MALFORMED);
}

union wide {
    uint8_t small;
    uint64_t large;
};
static const struct ndr_row wide_rows[] = {
    {.kind = NDR_U8, .arm = 1},
    {.kind = NDR_U64, .arm = 2},
};
static const struct ndr_type wide_type = NDR_TYPE("wide", MS_UNION, 2, union wide, wide_rows);
struct widener {
    uint16_t level;
    union wide wide;
};
static const struct ndr_row widener_rows[] = {
    {.kind = NDR_U16, AT(struct widener, level)},
    {.kind = NDR_UNION,
     .type = &wide_type,
     AT(struct widener, wide),
     .switch_is = NDR_MEMBER(struct widener, level)},
};
static const struct ndr_type widener_type =
    NDR_TYPE("widener", STRUCT, 2, struct widener, widener_rows);

/* ms_union: the short arm stands where the long one would. */
static void aligned_arms(void **state)
{
    struct widener v = {1, {.small = 5}}, back;
    (void)state;

    assert_golden(&widener_type, &v, SPAN_LIT("\x01\0\x01\0\0\0\0\0\x05"), &back);
    assert_int_equal(back.wide.small, 5);
}

/* --- pointers to nothing --------------------------------------------------------------------- */

struct absent {
    void *pointer;
    uint32_t value;
};
static const struct ndr_row absent_rows[] = {
    {.kind = NDR_VOID, .pointer = NDR_UNIQUE, AT(struct absent, pointer)},
    {.kind = NDR_U32, AT(struct absent, value)},
};
static const struct ndr_type absent_type =
    NDR_TYPE("absent", STRUCT, 4, struct absent, absent_rows);

static void always_null(void **state)
{
    struct absent v = {NULL, 7}, back;
    (void)state;

    assert_golden(&absent_type, &v, SPAN_LIT("\0\0\0\0\x07\0\0\0"), &back);
    assert_null(back.pointer);
    assert_err(ndr_decode(&absent_type, SPAN_LIT("\0\0\x02\0\x07\0\0\0"), &arena, &back),
               ERR_UNSUPPORTED);
    v.pointer = &v;
    assert_err(put_error(&absent_type, &v), ERR_RANGE);
}

/* --- calls ---------------------------------------------------------------------------------- */

struct args {
    uint32_t *items;
    uint32_t count;
    uint16_t *answers;
    uint8_t flag;
};
static const struct ndr_row args_rows[] = {
    {.kind = NDR_U32,
     .pointer = NDR_REF,
     .shape = NDR_CONF,
     .flags = NDR_IN,
     AT(struct args, items),
     .size_is = NDR_MEMBER(struct args, count)},
    {.kind = NDR_U32, .flags = NDR_IN, AT(struct args, count)},
    {.kind = NDR_U16,
     .pointer = NDR_UNIQUE,
     .shape = NDR_CONF,
     .flags = NDR_OUT,
     AT(struct args, answers),
     .size_is = NDR_MEMBER(struct args, count)},
    {.kind = NDR_U8, .flags = NDR_IN | NDR_OUT, AT(struct args, flag)},
};
static const struct ndr_type call = NDR_TYPE("call", CALL, 1, struct args, args_rows);

/* The count may follow its array, or have come with the request. */
static void call_counts(void **state)
{
    static const char in[] = "\x02\0\0\0\x07\0\0\0\x08\0\0\0\x02\0\0\0\x01";
    static const char out[] = "\0\0\x02\0\x02\0\0\0\x0a\0\x0b\0\x03";
    struct args args = {0}, wrong = {.count = 3};
    struct builder b;
    struct span bytes;
    uint8_t bad[sizeof(in) - 1];
    (void)state;

    assert_true(ndr_type_check(&call));
    assert_ok(ndr_decode_call(&call, NDR_IN, span_of(in, sizeof(in) - 1), &arena, &args, NULL));
    assert_int_equal(args.count, 2);
    assert_int_equal(args.items[1], 8);
    builder_in(&b, &arena, MEMORY);
    ndr_put_call(&b, &call, NDR_IN, &args);
    assert_ok(builder_done(&b, &bytes));
    assert_true(span_eq(bytes, span_of(in, sizeof(in) - 1)));
    assert_ok(ndr_decode_call(&call, NDR_OUT, span_of(out, sizeof(out) - 1), &arena, &args, NULL));
    assert_int_equal(args.answers[1], 11);
    assert_int_equal(args.flag, 3);
    assert_int_equal(args.items[1], 8);
    assert_err(ndr_decode_call(&call, NDR_OUT, span_of(out, sizeof(out) - 1), &arena, &wrong, NULL),
               ERR_MALFORMED);
    assert_null(wrong.answers);
    memcpy(bad, in, sizeof(bad));
    bad[12] = 1;
    assert_err(ndr_decode_call(&call, NDR_IN, span_of(bad, sizeof(bad)), &arena, &wrong, NULL),
               ERR_MALFORMED);
}

/* --- type serialization --------------------------------------------------------------------- */

static void serialized(void **state)
{
    static const uint8_t golden[] = {1, 0x10, 8, 0, 0xCC, 0xCC, 0xCC, 0xCC, 8, 0, 0, 0,
                                     0, 0,    0, 0, 9,    0,    0,    0,    0, 0, 0, 0};
    static const struct {
        uint8_t at, value;
        enum err expected;
    } rows[] = {
        {0, 2, ERR_UNSUPPORTED},    /* version 2 */
        {1, 0x00, ERR_UNSUPPORTED}, /* big-endian */
        {2, 9, ERR_MALFORMED},      /* header size */
        {8, 16, ERR_MALFORMED},     /* more than there is */
        {8, 4, ERR_MALFORMED},      /* less than there is */
        {4, 0, ERR_OK},             /* fillers say nothing */
        {12, 1, ERR_OK},
    };
    struct leaf v = {9}, back = {0};
    uint8_t bytes[sizeof(golden)];
    struct builder b;
    struct span out;
    (void)state;

    builder_in(&b, &arena, MEMORY);
    builder_u8(&b, 0);
    ndr_put_serialized(&b, &leaf_type, &v);
    assert_ok(builder_done(&b, &out));
    assert_true(span_eq(span_sub(out, 1, SIZE_MAX), span_of(golden, sizeof(golden))));
    assert_ok(ndr_decode_serialized(&leaf_type, span_of(golden, sizeof(golden)), &arena, &back));
    assert_int_equal(back.value, 9);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(bytes, golden, sizeof(golden));
        bytes[rows[i].at] = rows[i].value;
        assert_err(ndr_decode_serialized(&leaf_type, span_of(bytes, sizeof(bytes)), &arena, &back),
                   rows[i].expected);
    }
}

/* --- limits --------------------------------------------------------------------------------- */

static void memory_is_bounded(void **state)
{
    struct arena small;
    struct arrays back;
    (void)state;

    arena_init(&small, 0, 50, 0);
    assert_err(
        ndr_decode(&arrays_type, span_of(arrays_golden, sizeof(arrays_golden) - 1), &small, &back),
        ERR_NOMEM);
    arena_fini(&small);
}

static void wrong_tables(void **state)
{
    static const struct ndr_row outside[] = {{.kind = NDR_U32, .at = 2}};
    static const struct ndr_row no_count[] = {
        {.kind = NDR_U32, .pointer = NDR_UNIQUE, .shape = NDR_CONF}};
    static const struct ndr_row untyped[] = {{.kind = NDR_STRUCT}};
    static const struct ndr_row directed[] = {{.kind = NDR_U32, .flags = NDR_IN}};
    static const struct ndr_type types[] = {
        NDR_TYPE("alignment", STRUCT, 2, struct leaf, leaf_rows),
        NDR_TYPE("outside", STRUCT, 4, struct leaf, outside),
        NDR_TYPE("no count", STRUCT, 4, struct shared, no_count),
        NDR_TYPE("untyped", STRUCT, 1, struct leaf, untyped),
        NDR_TYPE("directed", STRUCT, 4, struct leaf, directed),
        NDR_TYPE("undirected", CALL, 1, struct leaf, leaf_rows),
        NDR_TYPE("union", UNION, 8, struct leaf, leaf_rows),
    };
    (void)state;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        assert_false(ndr_type_check(&types[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alignment),         cmocka_unit_test(conformant_struct),
        cmocka_unit_test(pointed_arrays),    cmocka_unit_test(null_array_has_no_count),
        cmocka_unit_test(raw_strings),       cmocka_unit_test(strings),
        cmocka_unit_test(bad_strings),       cmocka_unit_test(depth),
        cmocka_unit_test(full_pointers),     cmocka_unit_test(unions),
        cmocka_unit_test(aligned_arms),      cmocka_unit_test(always_null),
        cmocka_unit_test(call_counts),       cmocka_unit_test(serialized),
        cmocka_unit_test(memory_is_bounded), cmocka_unit_test(wrong_tables),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
