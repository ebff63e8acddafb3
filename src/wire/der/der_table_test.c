#include "base/test_arena.h"
#include "wire/der/der_table.h"

/* A type with one field of each kind, and one that holds it. */
struct part {
    int32_t number;
    bool has_small;
    uint32_t small;
    struct span text; /* optional */
    struct span raw;
};
struct parts {
    struct part *items;
    uint32_t count;
};
struct all {
    int64_t wide;
    bool yes;
    struct span octets;
    utime when;
    uint32_t bits;
    struct span any;
    struct part *maybe;
    struct parts list;
    int32_t month;
};

static const struct der_type version = {.kind = DER_K_CONST, .tag = DER_INTEGER, .lo = 5};
static const struct der_type month = {
    .kind = DER_K_INT32, .tag = DER_INTEGER, .size = sizeof(int32_t), .lo = 1, .hi = 12};

static const struct der_field part_rows[] = {
    DER_ROW(part, number, 0, der_int32),
    DER_ROW_HAS(part, small, 1, der_uint32),
    DER_ROW_OPT(part, text, 2, der_text),
};
static const struct der_type part_type = {DER_TYPE_SEQUENCE(part, part_rows),
                                          .raw = 1 + offsetof(struct part, raw)};
static const struct der_type parts_type = {DER_TYPE_LIST(part_type, 1, 3)};
static const struct der_field all_rows[] = {
    DER_ROW_CONST(version, 0, version),    DER_ROW(all, wide, 1, der_int64),
    DER_ROW(all, yes, 2, der_bool),        DER_ROW(all, octets, 3, der_octets),
    DER_ROW(all, when, 4, der_time),       DER_ROW(all, bits, 5, der_flags),
    DER_ROW(all, any, 6, der_raw),         DER_ROW_PTR(all, maybe, 7, part_type),
    DER_ROW_OPT(all, list, 9, parts_type), DER_ROW(all, month, 10, month),
};
static const struct der_type all_type = {DER_TYPE_SEQUENCE(all, all_rows), .outer = DER_APP(7)};

static enum err decode_part(const char *text, struct part **out)
{
    return der_decode(&part_type, hex(text), &arena, (void **)out);
}

static void tables_are_sound(void **state)
{
    (void)state;
    assert_null(der_table_check(&all_type));
}

static void tables_that_are_not(void **state)
{
    (void)state;
    static const struct der_field size[] = {DER_ROW(part, number, 0, der_int64)};
    static const struct der_field order[] = {DER_ROW(part, number, 1, der_int32),
                                             DER_ROW(part, number, 1, der_int32)};
    static const struct der_field absence[] = {DER_ROW_OPT(part, number, 1, der_int32)};
    static const struct der_type rows[] = {
        {DER_TYPE_SEQUENCE(part, size)},
        {DER_TYPE_SEQUENCE(part, order)},
        {DER_TYPE_SEQUENCE(part, absence)},
        {DER_TYPE_SEQUENCE(part, part_rows), .raw = sizeof(struct part)},
        {DER_TYPE_LIST(part_type, 0, 0)},
        {.kind = DER_K_TIME, .tag = 0x18, .size = 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_non_null(der_table_check(&rows[i]));
}

static const char *golden_all = "6765"               /* [APPLICATION 7], SEQUENCE */
                                "3063a003020105"     /* version */
                                "a10702050080000001" /* wide */
                                "a2030101ff"         /* yes */
                                "a30404020102"       /* octets */
                                "a411180f32303236303732323134333031355a" /* when */
                                "a507030500a0000001"                     /* bits */
                                "a6020500"                               /* any: NULL */
                                "a7073005a0030201ff"                     /* maybe */
                                "a91a3018"                               /* list */
                                "300aa00302017fa203"
                                "1b0161"
                                "300aa003020100a103"
                                "020109"
                                "aa0302010c"; /* month */

static struct all value_of_golden(struct parts *list)
{
    static struct part minus = {.number = -1};
    static struct part items[2];
    items[0] = (struct part){.number = 127, .text = SPAN_LIT("a")};
    items[1] = (struct part){.has_small = true, .small = 9};
    *list = (struct parts){items, 2};
    return (struct all){
        .wide = 0x80000001,
        .yes = true,
        .octets = SPAN_LIT("\1\2"),
        .when = INT64_C(1784730615) * UTIME_SECOND,
        .bits = 0xa0000001,
        .any = SPAN_LIT("\5\0"),
        .maybe = &minus,
        .list = *list,
        .month = 12,
    };
}

static void encoding(void **state)
{
    (void)state;
    struct parts list;
    struct all v = value_of_golden(&list);
    struct span out;
    assert_ok(der_encode(&all_type, &v, &arena, &out));
    assert_span_equal(text_hex(&arena, out), text_hex(&arena, hex(golden_all)));
    assert_int_equal(der_size(&all_type, &v), out.len);
}

static void decoding(void **state)
{
    (void)state;
    struct all *v;
    struct span in = hex(golden_all);
    assert_ok(der_decode(&all_type, in, &arena, (void **)&v));
    assert_true(v->wide == 0x80000001 && v->yes && v->bits == 0xa0000001 && v->month == 12);
    assert_span(v->octets, "\1\2");
    assert_true(v->octets.ptr > in.ptr && v->octets.ptr < in.ptr + in.len);
    assert_true(v->when == INT64_C(1784730615) * UTIME_SECOND);
    assert_span(v->any, "\5\0");
    assert_int_equal(v->maybe->number, -1);
    assert_int_equal(v->list.count, 2);
    assert_span(v->list.items[0].text, "a");
    assert_false(v->list.items[0].has_small);
    assert_true(v->list.items[1].has_small);
    assert_int_equal(v->list.items[1].small, 9);
    assert_null(v->list.items[1].text.ptr);
    assert_span_equal(v->list.items[1].raw, hex("300aa003020100a103020109"));
}

static void every_prefix_is_truncated(void **state)
{
    (void)state;
    struct span in = hex(golden_all);
    void *v = NULL;
    for (size_t n = 0; n < in.len; n++)
        assert_err(der_decode(&all_type, span_sub(in, 0, n), &arena, &v), ERR_TRUNCATED);
    assert_null(v);
}

static void an_element_longer_than_its_parent_is_malformed(void **state)
{
    (void)state;
    struct part *p;
    assert_err(decode_part("3005a003020401", &p), ERR_MALFORMED);
    assert_err(decode_part("3005a004020101", &p), ERR_MALFORMED);
    assert_err(decode_part("3004a0030201", &p), ERR_MALFORMED);
    assert_err(decode_part("3006a00402010100", &p), ERR_MALFORMED);
    assert_err(decode_part("3005a00302010100", &p), ERR_MALFORMED);
}

static void absent_empty_and_required(void **state)
{
    (void)state;
    struct part *p;
    assert_err(decode_part("3000", &p), ERR_MALFORMED);
    assert_ok(decode_part("3009a003020101a2021b00", &p));
    assert_non_null(p->text.ptr);
    assert_int_equal(p->text.len, 0);
    assert_err(decode_part("3007a003020101a200", &p), ERR_MALFORMED);
}

static void extensions_are_skipped(void **state)
{
    (void)state;
    struct part *p;
    assert_ok(decode_part("300ea003020101a1030201ffaf020500", &p));
    assert_true(p->small == UINT32_MAX);
    assert_ok(decode_part("3007a0030201010500", &p));
    assert_err(decode_part("3008a003020101af0205", &p), ERR_MALFORMED);
}

static void known_fields_twice_or_out_of_order_are_refused(void **state)
{
    (void)state;
    struct part *p;
    assert_err(decode_part("300aa003020101a003020102", &p), ERR_MALFORMED);
    assert_err(decode_part("300aa203"
                           "1b0161"
                           "a003020101",
                           &p),
               ERR_MALFORMED);
    assert_err(decode_part("300ea003020101af020500a1030201"
                           "02a20100",
                           &p),
               ERR_MALFORMED);
}

static void ranges(void **state)
{
    (void)state;
    struct part *p;
    assert_err(decode_part("3009a00702050080000000", &p), ERR_RANGE);
    assert_err(decode_part("300ea003020101a1070205"
                           "0100000000",
                           &p),
               ERR_RANGE);
    assert_err(decode_part("3006a00402020001", &p), ERR_MALFORMED);
    struct parts list;
    struct all v = value_of_golden(&list);
    struct span out;
    v.month = 13;
    assert_err(der_encode(&all_type, &v, &arena, &out), ERR_RANGE);
    assert_int_equal(der_size(&all_type, &v), 0);
    v.month = 12;
    v.list.count = 0;
    assert_err(der_encode(&all_type, &v, &arena, &out), ERR_RANGE);
    v.list.count = 4;
    assert_err(der_encode(&all_type, &v, &arena, &out), ERR_LIMIT);
    v.list.items = NULL;
    assert_ok(der_encode(&all_type, &v, &arena, &out));
    v.any = SPAN_NONE;
    assert_err(der_encode(&all_type, &v, &arena, &out), ERR_RANGE);
}

static void zero_bytes_in_text_are_refused(void **state)
{
    (void)state;
    struct part *p;
    struct span out;
    assert_err(decode_part("300ca003020101a205"
                           "1b03610062",
                           &p),
               ERR_MALFORMED);
    struct part bad = {.text = SPAN_LIT("a\0b")};
    assert_err(der_encode(&part_type, &bad, &arena, &out), ERR_RANGE);
}

static void times_have_one_form(void **state)
{
    (void)state;
    static const struct der_field rows[] = {DER_ROW(all, when, 0, der_time)};
    static const struct der_type type = {DER_TYPE_SEQUENCE(all, rows)};
    static const char *bad[] = {
        "3013a011180f32303236303732323134333031352b", /* not Z */
        "3013a011180f323032363133323231343330313500", /* zero */
        "3013a011180f32303236313332323134333031355a", /* month 13 */
        "3015a0131811323032363037323231343330"
        "31352e305a",                             /* fraction */
        "3011a00f180d3230323630373232313433305a", /* no seconds */
    };
    void *v;
    assert_ok(der_decode(&type, hex("3013a011180f32303236303732323134333031355a"), &arena, &v));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_err(der_decode(&type, hex(bad[i]), &arena, &v), ERR_MALFORMED);
}

static void lists_have_limits(void **state)
{
    (void)state;
    void *v;
    assert_err(der_decode(&parts_type, hex("3000"), &arena, &v), ERR_RANGE);
    assert_ok(der_decode(&parts_type,
                         hex("3007"
                             "3005a003020101"),
                         &arena, &v));
    assert_err(der_decode(&parts_type,
                          hex("301c"
                              "3005a003020101"
                              "3005a003020101"
                              "3005a003020101"
                              "3005a003020101"),
                          &arena, &v),
               ERR_LIMIT);
}

static void elements_have_a_limit(void **state)
{
    (void)state;
    static const struct der_type many = {DER_TYPE_LIST(der_int32, 0, UINT32_MAX)};
    struct builder b;
    struct span in;
    void *v;
    builder_in(&b, &arena, 1 << 18);
    der_put_header(&b, DER_SEQUENCE, 3 * DER_ELEMENTS_MAX);
    for (unsigned i = 0; i < DER_ELEMENTS_MAX; i++)
        der_put_int(&b, DER_INTEGER, 1);
    assert_ok(builder_done(&b, &in));
    assert_err(der_decode(&many, in, &arena, &v), ERR_LIMIT);
}

static void a_full_arena_is_no_memory(void **state)
{
    (void)state;
    struct arena tiny;
    void *v;
    arena_init(&tiny, 0, sizeof(struct all), 0);
    assert_err(der_decode(&all_type, hex(golden_all), &tiny, &v), ERR_NOMEM);
    arena_fini(&tiny);
}

static void kept_raw_is_written_as_it_came(void **state)
{
    (void)state;
    struct der_type keep = part_type;
    keep.keep_raw = true;
    struct part p = {.number = 1, .raw = SPAN_LIT("\x30\x02\x05\0")};
    struct span out;
    assert_ok(der_encode(&keep, &p, &arena, &out));
    assert_span(out, "\x30\x02\x05\0");
    assert_ok(der_encode(&part_type, &p, &arena, &out));
    assert_span_equal(out, hex("3005a003020101"));
    p.raw = SPAN_NONE;
    assert_ok(der_encode(&keep, &p, &arena, &out));
    assert_span_equal(out, hex("3005a003020101"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(tables_that_are_not),
        cmocka_unit_test(encoding),
        cmocka_unit_test(decoding),
        cmocka_unit_test(every_prefix_is_truncated),
        cmocka_unit_test(an_element_longer_than_its_parent_is_malformed),
        cmocka_unit_test(absent_empty_and_required),
        cmocka_unit_test(extensions_are_skipped),
        cmocka_unit_test(known_fields_twice_or_out_of_order_are_refused),
        cmocka_unit_test(ranges),
        cmocka_unit_test(zero_bytes_in_text_are_refused),
        cmocka_unit_test(times_have_one_form),
        cmocka_unit_test(lists_have_limits),
        cmocka_unit_test(elements_have_a_limit),
        cmocka_unit_test(a_full_arena_is_no_memory),
        cmocka_unit_test(kept_raw_is_written_as_it_came),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
