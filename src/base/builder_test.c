#include "base/builder.h"
#include "base/test.h"

static void integers_of_both_orders(void **state)
{
    (void)state;
    uint8_t mem[29];
    struct builder b;
    builder_over(&b, mem, sizeof(mem));
    builder_u8(&b, 0x01);
    builder_le16(&b, 0x0302);
    builder_le32(&b, 0x07060504);
    builder_le64(&b, UINT64_C(0x0f0e0d0c0b0a0908));
    builder_be16(&b, 0x1011);
    builder_be32(&b, 0x12131415);
    builder_be64(&b, UINT64_C(0x161718191a1b1c1d));
    struct span out;
    assert_ok(builder_done(&b, &out));
    assert_int_equal(out.len, 29);
    for (size_t i = 0; i < out.len; i++)
        assert_int_equal(out.ptr[i], i + 1);
}

static void an_overrun_sticks_and_wipes(void **state)
{
    (void)state;
    uint8_t mem[8];
    memset(mem, 0xee, sizeof(mem));
    struct builder b;
    builder_over(&b, mem, 6);
    builder_be32(&b, 0x01020304);
    builder_be32(&b, 0x05060708);
    assert_false(builder_ok(&b));
    builder_u8(&b, 9);
    builder_patch_le16(&b, 0, 0xffff);
    builder_fail(&b, ERR_RANGE);
    assert_null(builder_room(&b, 0));
    struct span out = SPAN_LIT("untouched");
    assert_err(builder_done(&b, &out), ERR_LIMIT);
    assert_span(out, "untouched");
    assert_memory_equal(mem, "\0\0\0\0\xee\xee\xee\xee", 8);
}

static void exact_fit_is_no_overrun(void **state)
{
    (void)state;
    uint8_t mem[4];
    struct builder b;
    struct span out;
    builder_over(&b, mem, 4);
    builder_bytes(&b, "abcd", 4);
    builder_bytes(&b, NULL, 0);
    builder_zeros(&b, 0);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "abcd");
    builder_u8(&b, 0);
    assert_err(builder_done(&b, &out), ERR_LIMIT);
    builder_over(&b, NULL, 0);
    assert_ok(builder_done(&b, &out));
    assert_int_equal(out.len, 0);
}

static void grows_in_the_arena_to_its_maximum(void **state)
{
    (void)state;
    struct arena a;
    struct builder b;
    struct span out;
    arena_init(&a, 64, 1 << 20, 0);
    builder_in(&b, &a, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        builder_u8(&b, (uint8_t)(i * 7));
        if (i % 1000 == 0)
            (void)arena_alloc(&a, 1); /* forces a copy */
    }
    assert_ok(builder_done(&b, &out));
    assert_int_equal(out.len, 10000);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(out.ptr[i], (uint8_t)(i * 7));
    builder_u8(&b, 0);
    assert_err(builder_done(&b, &out), ERR_LIMIT);
    arena_fini(&a);
}

static void a_full_arena_is_no_memory(void **state)
{
    (void)state;
    struct arena a;
    struct builder b;
    struct span out;
    arena_init(&a, 0, 100, 0);
    builder_in(&b, &a, SIZE_MAX);
    builder_zeros(&b, 200);
    assert_err(builder_done(&b, &out), ERR_NOMEM);
    builder_in(&b, &a, SIZE_MAX);
    builder_zeros(&b, SIZE_MAX);
    assert_false(builder_ok(&b));
    arena_fini(&a);
}

static void an_empty_arena_builder_gives_nothing(void **state)
{
    (void)state;
    struct arena a;
    struct builder b;
    struct span out;
    arena_init(&a, 0, 1000, 0);
    builder_in(&b, &a, 100);
    assert_ok(builder_done(&b, &out));
    assert_int_equal(out.len, 0);
    assert_non_null(builder_room(&b, 0));
    arena_fini(&a);
}

static void alignment_patches_and_text(void **state)
{
    (void)state;
    uint8_t mem[64];
    memset(mem, 0xee, sizeof(mem));
    struct builder b;
    struct span out;
    builder_over(&b, mem, sizeof(mem));
    builder_align(&b, 8);
    assert_int_equal(b.len, 0);
    builder_u8(&b, 1);
    builder_align(&b, 4);
    builder_printf(&b, "%s=%d", "x", 12);
    uint8_t *room = builder_room(&b, 4);
    assert_memory_equal(room, "\0\0\0\0", 4);
    builder_patch_be16(&b, 8, 0x0102);
    builder_patch_le16(&b, 10, 0x0304);
    assert_ok(builder_done(&b, &out));
    assert_span(out, "\1\0\0\0x=12\1\2\4\3");
    builder_patch_be32(&b, 0, 0x01020304);
    builder_patch_le32(&b, 4, 0x01020304);
    assert_memory_equal(mem, "\1\2\3\4\4\3\2\1", 8);
    builder_patch_le32(&b, 9, 0);
    assert_err(builder_done(&b, &out), ERR_RANGE);
}

static void a_patch_outside_fails(void **state)
{
    (void)state;
    uint8_t mem[8];
    struct builder b;
    struct span out;
    builder_over(&b, mem, sizeof(mem));
    builder_le16(&b, 0);
    builder_patch_le16(&b, SIZE_MAX, 1);
    assert_err(builder_done(&b, &out), ERR_RANGE);
}

static void long_text(void **state)
{
    (void)state;
    struct arena a;
    struct builder b;
    struct span out;
    arena_init(&a, 0, 10000, 0);
    builder_in(&b, &a, 1000);
    builder_printf(&b, "%600d", 7);
    assert_ok(builder_done(&b, &out));
    assert_int_equal(out.len, 600);
    assert_int_equal(out.ptr[599], '7');
    builder_printf(&b, "%600d", 7);
    assert_err(builder_done(&b, &out), ERR_LIMIT);
    uint8_t mem[3];
    builder_over(&b, mem, 3);
    builder_printf(&b, "abc");
    assert_ok(builder_done(&b, &out));
    assert_span(out, "abc");
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_both_orders),
        cmocka_unit_test(an_overrun_sticks_and_wipes),
        cmocka_unit_test(exact_fit_is_no_overrun),
        cmocka_unit_test(grows_in_the_arena_to_its_maximum),
        cmocka_unit_test(a_full_arena_is_no_memory),
        cmocka_unit_test(an_empty_arena_builder_gives_nothing),
        cmocka_unit_test(alignment_patches_and_text),
        cmocka_unit_test(a_patch_outside_fails),
        cmocka_unit_test(long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
