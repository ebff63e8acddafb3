#include "base/test.h"
#include "wire/der/der.h"

#define BYTES(...) span_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct der_tlv read_one(struct span in, enum der_rules rules, enum err *err_out)
{
    struct reader r = reader_of(in);
    struct der_tlv e = {0};
    der_read(&r, rules, &e);
    *err_out = reader_end(&r);
    return e;
}

static void assert_refused(struct span in, enum der_rules rules, enum err want)
{
    enum err got;
    read_one(in, rules, &got);
    assert_err(got, want);
}

static void elements(void **state)
{
    (void)state;
    enum err e;
    struct der_tlv t = read_one(BYTES(0x04, 0x02, 'h', 'i'), DER_RULES, &e);
    assert_ok(e);
    assert_int_equal(t.tag, DER_OCTET_STRING);
    assert_span(t.body, "hi");
    assert_int_equal(t.whole.len, 4);
    t = read_one(BYTES(0x30, 0x00), DER_RULES, &e);
    assert_ok(e);
    assert_non_null(t.body.ptr);
    assert_int_equal(t.body.len, 0);
    uint8_t big[3 + 200] = {0x04, 0x81, 200};
    t = read_one(span_of(big, sizeof(big)), DER_RULES, &e);
    assert_ok(e);
    assert_int_equal(t.body.len, 200);
}

static void elements_that_are_refused(void **state)
{
    (void)state;
    for (int rules = DER_RULES; rules <= BER_RULES; rules++) {
        assert_refused(BYTES(0x04, 0x02, 'h'), rules, ERR_TRUNCATED);
        assert_refused(BYTES(0x04), rules, ERR_TRUNCATED);
        assert_refused(SPAN_NONE, rules, ERR_TRUNCATED);
        assert_refused(BYTES(0x04, 0x84, 0x00, 0x00), rules, ERR_TRUNCATED);
        assert_refused(BYTES(0x04, 0x84, 0xff, 0xff, 0xff, 0xff), rules, ERR_TRUNCATED);
        assert_refused(BYTES(0x30, 0x80, 0x00, 0x00), rules, ERR_MALFORMED);
        assert_refused(BYTES(0x04, 0x85, 0, 0, 0, 0, 0), rules, ERR_MALFORMED);
        assert_refused(BYTES(0x04, 0xff, 0), rules, ERR_MALFORMED);
        assert_refused(BYTES(0x1f, 0x1f, 0x00), rules, ERR_MALFORMED);
        assert_refused(BYTES(0x7f, 0x21, 0x00), rules, ERR_MALFORMED);
        assert_refused(BYTES(0x00, 0x00), rules, ERR_MALFORMED);
        assert_refused(BYTES(0x04, 0x00, 0x00), rules, ERR_MALFORMED);
    }
}

static void padded_lengths_are_ber_only(void **state)
{
    (void)state;
    enum err e;
    struct span windows = BYTES(0x04, 0x84, 0x00, 0x00, 0x00, 0x02, 'h', 'i');
    assert_refused(windows, DER_RULES, ERR_MALFORMED);
    assert_span(read_one(windows, BER_RULES, &e).body, "hi");
    assert_ok(e);
    assert_refused(BYTES(0x04, 0x81, 0x02, 'h', 'i'), DER_RULES, ERR_MALFORMED);
    assert_span(read_one(BYTES(0x04, 0x81, 0x02, 'h', 'i'), BER_RULES, &e).body, "hi");
    uint8_t padded[4 + 0x80] = {0x04, 0x82, 0x00, 0x80};
    assert_refused(span_of(padded, sizeof(padded)), DER_RULES, ERR_MALFORMED);
    read_one(span_of(padded, sizeof(padded)), BER_RULES, &e);
    assert_ok(e);
}

static void expected_tags(void **state)
{
    (void)state;
    struct span in = BYTES(0x02, 0x01, 0x05, 0x04, 0x00);
    struct reader r = reader_of(in);
    assert_true(der_next_is(&r, DER_INTEGER));
    assert_false(der_next_is(&r, DER_OCTET_STRING));
    assert_int_equal(der_read_tag(&r, DER_RULES, DER_INTEGER).len, 1);
    assert_true(der_next_is(&r, DER_OCTET_STRING));
    assert_null(der_read_tag(&r, DER_RULES, DER_INTEGER).ptr);
    assert_err(r.err, ERR_MALFORMED);
    assert_false(der_next_is(&r, DER_OCTET_STRING));
    uint32_t n = 99;
    assert_ok(der_count(in, DER_RULES, 2, &n));
    assert_int_equal(n, 2);
    assert_err(der_count(in, DER_RULES, 1, &n), ERR_LIMIT);
    assert_ok(der_count(SPAN_NONE, DER_RULES, 0, &n));
    assert_int_equal(n, 0);
    assert_err(der_count(BYTES(0x02, 0x02, 0x05), DER_RULES, 9, &n), ERR_TRUNCATED);
}

static void peeking(void **state)
{
    (void)state;
    size_t len = 77;
    assert_ok(der_peek(BYTES(0x30, 0x05), DER_RULES, 0x30, 7, &len));
    assert_int_equal(len, 7);
    assert_err(der_peek(BYTES(0x30, 0x05), DER_RULES, 0x30, 6, &len), ERR_LIMIT);
    assert_ok(der_peek(BYTES(0x30, 0x84, 0, 0, 1, 0), BER_RULES, 0x30, 1000, &len));
    assert_int_equal(len, 262);
    assert_err(der_peek(BYTES(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), BER_RULES, 0x30, 1000, &len),
               ERR_LIMIT);
    assert_err(der_peek(SPAN_NONE, DER_RULES, 0x30, 1000, &len), ERR_TRUNCATED);
    assert_err(der_peek(BYTES(0x30), DER_RULES, 0x30, 1000, &len), ERR_TRUNCATED);
    assert_err(der_peek(BYTES(0x30, 0x82, 0x01), DER_RULES, 0x30, 1000, &len), ERR_TRUNCATED);
    assert_err(der_peek(BYTES('G'), DER_RULES, 0x30, 1000, &len), ERR_MALFORMED);
    assert_err(der_peek(BYTES(0x30, 0x80), DER_RULES, 0x30, 1000, &len), ERR_MALFORMED);
    assert_int_equal(len, 262);
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        uint8_t len, bytes[8];
    } rows[] = {
        {0, 1, {0}},
        {1, 1, {1}},
        {127, 1, {0x7f}},
        {128, 2, {0x00, 0x80}},
        {255, 2, {0x00, 0xff}},
        {256, 2, {0x01, 0x00}},
        {-1, 1, {0xff}},
        {-128, 1, {0x80}},
        {-129, 2, {0xff, 0x7f}},
        {INT32_MAX, 4, {0x7f, 0xff, 0xff, 0xff}},
        {INT32_MIN, 4, {0x80, 0, 0, 0}},
        {UINT32_MAX, 5, {0x00, 0xff, 0xff, 0xff, 0xff}},
        {INT64_MAX, 8, {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {INT64_MIN, 8, {0x80}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t mem[16];
        struct builder b;
        struct span out;
        int64_t v = 42;
        builder_over(&b, mem, sizeof(mem));
        der_put_int(&b, DER_INTEGER, rows[i].value);
        assert_ok(builder_done(&b, &out));
        assert_int_equal(out.len, der_size_int(rows[i].value));
        assert_int_equal(out.ptr[1], rows[i].len);
        assert_span_equal(span_sub(out, 2, 8), span_of(rows[i].bytes, rows[i].len));
        assert_ok(der_get_int(span_sub(out, 2, 8), DER_RULES, &v));
        assert_true(v == rows[i].value);
    }
}

static void integers_that_are_refused(void **state)
{
    (void)state;
    int64_t v = 42;
    assert_err(der_get_int(SPAN_NONE, DER_RULES, &v), ERR_MALFORMED);
    assert_err(der_get_int(SPAN_NONE, BER_RULES, &v), ERR_MALFORMED);
    assert_err(der_get_int(BYTES(0x00, 0x05), DER_RULES, &v), ERR_MALFORMED);
    assert_err(der_get_int(BYTES(0xff, 0x85), DER_RULES, &v), ERR_MALFORMED);
    struct span nine = BYTES(1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert_err(der_get_int(nine, DER_RULES, &v), ERR_RANGE);
    assert_int_equal(v, 42);
    assert_ok(der_get_int(BYTES(0, 0, 0, 5), BER_RULES, &v));
    assert_int_equal(v, 5);
    assert_ok(der_get_int(BYTES(0xff, 0xff, 0x85), BER_RULES, &v));
    assert_int_equal(v, -123);
    assert_ok(der_get_int(BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80), BER_RULES, &v));
    assert_int_equal(v, 128);
    struct reader r = reader_of(BYTES(0x0a, 0x01, 0x03));
    assert_int_equal(der_read_int(&r, BER_RULES, DER_ENUMERATED, 0, 2), 0);
    assert_err(r.err, ERR_RANGE);
}

static void booleans_and_flags(void **state)
{
    (void)state;
    bool v = false;
    assert_ok(der_get_bool(BYTES(0xff), DER_RULES, &v));
    assert_true(v);
    assert_err(der_get_bool(BYTES(0x01), DER_RULES, &v), ERR_MALFORMED);
    v = false;
    assert_ok(der_get_bool(BYTES(0x01), BER_RULES, &v));
    assert_true(v);
    assert_err(der_get_bool(BYTES(0xff, 0xff), BER_RULES, &v), ERR_MALFORMED);
    uint32_t f = 7;
    assert_ok(der_get_flags(BYTES(0x00, 0x50, 0x80, 0x00, 0x10), &f));
    assert_int_equal(f, 0x50800010);
    assert_ok(der_get_flags(BYTES(0x00, 0x40, 0x80, 0x00, 0x10, 0xff, 0xff), &f));
    assert_int_equal(f, 0x40800010);
    assert_ok(der_get_flags(BYTES(0x06, 0x7f), &f));
    assert_int_equal(f, 0x40000000);
    assert_ok(der_get_flags(BYTES(0x00), &f));
    assert_int_equal(f, 0);
    assert_err(der_get_flags(SPAN_NONE, &f), ERR_MALFORMED);
    assert_err(der_get_flags(BYTES(0x08, 0x00), &f), ERR_MALFORMED);
    assert_err(der_get_flags(BYTES(0x01), &f), ERR_MALFORMED);
}

static void writing_nested(void **state)
{
    (void)state;
    uint8_t mem[64];
    struct builder b;
    struct span out;
    builder_over(&b, mem, sizeof(mem));
    size_t outer = der_begin(&b, DER_SEQUENCE);
    size_t inner = der_begin(&b, DER_SET);
    der_put_bool(&b, DER_BOOLEAN, true);
    der_end(&b, inner);
    der_put_span(&b, DER_OCTET_STRING, SPAN_LIT("x"));
    der_end(&b, outer);
    assert_ok(builder_done(&b, &out));
    assert_span_equal(out, BYTES(0x30, 0x84, 0, 0, 0, 12, 0x31, 0x84, 0, 0, 0, 3, 0x01, 0x01, 0xff,
                                 0x04, 0x01, 'x'));
}

static void headers(void **state)
{
    (void)state;
    static const size_t edges[] = {0,      0x7f,    0x80,     0xff,     0x100,
                                   0xffff, 0x10000, 0xffffff, 0x1000000};
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        uint8_t mem[DER_HEADER_MAX];
        struct builder b;
        struct span out;
        size_t len = 0;
        builder_over(&b, mem, sizeof(mem));
        der_put_header(&b, 0x04, edges[i]);
        assert_ok(builder_done(&b, &out));
        assert_ok(der_peek(out, DER_RULES, 0x04, SIZE_MAX, &len));
        assert_int_equal(len, out.len + edges[i]);
        assert_int_equal(len, der_size_tlv(edges[i]));
    }
    struct builder b;
    uint8_t mem[8];
    builder_over(&b, mem, sizeof(mem));
    der_put_header(&b, 0x04, (size_t)UINT32_MAX + 1);
    assert_err(b.err, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements),
        cmocka_unit_test(elements_that_are_refused),
        cmocka_unit_test(padded_lengths_are_ber_only),
        cmocka_unit_test(expected_tags),
        cmocka_unit_test(peeking),
        cmocka_unit_test(integers),
        cmocka_unit_test(integers_that_are_refused),
        cmocka_unit_test(booleans_and_flags),
        cmocka_unit_test(writing_nested),
        cmocka_unit_test(headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
