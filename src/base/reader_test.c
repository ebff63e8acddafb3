#include "base/reader.h"
#include "base/test.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static struct reader over(size_t len)
{
    return reader_of(span_of(bytes, len));
}

static void integers_of_both_orders(void **state)
{
    (void)state;
    struct reader r = over(15);
    assert_int_equal(reader_u8(&r), 1);
    assert_int_equal(reader_le16(&r), 0x0302);
    assert_int_equal(reader_le32(&r), 0x07060504);
    assert_int_equal(reader_le64(&r), UINT64_C(0x0f0e0d0c0b0a0908));
    assert_ok(reader_end(&r));
    r = over(14);
    assert_int_equal(reader_be16(&r), 0x0102);
    assert_int_equal(reader_be32(&r), 0x03040506);
    assert_int_equal(reader_be64(&r), UINT64_C(0x0708090a0b0c0d0e));
    assert_ok(reader_end(&r));
}

static void a_short_read_sticks(void **state)
{
    (void)state;
    struct reader r = over(3);
    assert_int_equal(reader_le32(&r), 0);
    assert_false(reader_ok(&r));
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_be64(&r), 0);
    assert_int_equal(reader_span(&r, 1).len, 0);
    assert_int_equal(reader_rest(&r).len, 0);
    reader_skip(&r, 1);
    reader_seek(&r, 0);
    reader_fail(&r, ERR_RANGE);
    assert_err(reader_end(&r), ERR_TRUNCATED);
}

static void every_integer_at_every_shortage(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 8; len++) {
        struct reader r[7];
        for (int i = 0; i < 7; i++)
            r[i] = over(len);
        (void)reader_u8(&r[0]);
        (void)reader_le16(&r[1]);
        (void)reader_be16(&r[2]);
        (void)reader_le32(&r[3]);
        (void)reader_be32(&r[4]);
        (void)reader_le64(&r[5]);
        (void)reader_be64(&r[6]);
        static const size_t width[] = {1, 2, 2, 4, 4, 8, 8};
        for (int i = 0; i < 7; i++)
            assert_int_equal(reader_ok(&r[i]), len >= width[i]);
    }
}

static void trailing_bytes_are_malformed(void **state)
{
    (void)state;
    struct reader r = over(2);
    (void)reader_u8(&r);
    assert_int_equal(reader_left(&r), 1);
    assert_err(reader_end(&r), ERR_MALFORMED);
    r = reader_of(SPAN_NONE);
    assert_ok(reader_end(&r));
}

static void spans_and_copies(void **state)
{
    (void)state;
    struct reader r = over(8);
    struct span s = reader_span(&r, 3);
    assert_ptr_equal(s.ptr, bytes);
    assert_int_equal(s.len, 3);
    uint8_t out[4] = {9, 9, 9, 9};
    reader_copy(&r, out, 4);
    assert_memory_equal(out, bytes + 3, 4);
    assert_int_equal(reader_span(&r, 0).len, 0);
    assert_int_equal(reader_rest(&r).len, 1);
    assert_int_equal(reader_rest(&r).len, 0);
    assert_ok(reader_end(&r));
    reader_copy(&r, out, 4);
    assert_memory_equal(out, "\0\0\0\0", 4);
    assert_err(reader_end(&r), ERR_TRUNCATED);
    r = over(8);
    assert_int_equal(reader_span(&r, SIZE_MAX).len, 0);
    assert_false(reader_ok(&r));
}

static void alignment_counts_from_the_start(void **state)
{
    (void)state;
    struct reader r = over(9);
    reader_align(&r, 8);
    assert_int_equal(r.pos, 0);
    (void)reader_u8(&r);
    reader_align(&r, 4);
    assert_int_equal(r.pos, 4);
    (void)reader_u8(&r);
    reader_align(&r, 8);
    assert_int_equal(r.pos, 8);
    (void)reader_u8(&r);
    reader_align(&r, 2);
    assert_err(reader_end(&r), ERR_TRUNCATED);
}

static void seek_stays_inside(void **state)
{
    (void)state;
    struct reader r = over(8);
    reader_seek(&r, 8);
    assert_ok(reader_end(&r));
    reader_seek(&r, 2);
    assert_int_equal(reader_u8(&r), 3);
    reader_seek(&r, 9);
    assert_false(reader_ok(&r));
    assert_int_equal(reader_u8(&r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_both_orders),
        cmocka_unit_test(a_short_read_sticks),
        cmocka_unit_test(every_integer_at_every_shortage),
        cmocka_unit_test(trailing_bytes_are_malformed),
        cmocka_unit_test(spans_and_copies),
        cmocka_unit_test(alignment_counts_from_the_start),
        cmocka_unit_test(seek_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
