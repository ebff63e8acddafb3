#include "base/arena.h"
#include "base/test.h"

static void allocations_are_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0, 1 << 20, 0);
    for (size_t size = 0; size < 300; size++) {
        uint8_t *p = arena_alloc(&a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xaa, size);
    }
    assert_ptr_not_equal(arena_alloc(&a, 0), arena_alloc(&a, 0));
    arena_reset(&a);
    uint8_t *again = arena_alloc(&a, 4000);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(again[i], 0);
    arena_fini(&a);
}

/* An arena that wipes relies on it that unused memory is zero: also after growing, in later blocks,
 * and for the bytes that rounding adds. */
static void a_wiping_arena_gives_zeros_again_and_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 512, 1 << 20, ARENA_WIPE);
    for (size_t round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            size_t more = size + round * 37;
            uint8_t *p = arena_alloc(&a, size);
            assert_non_null(p);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xaa, size);
            p = arena_grow(&a, p, size, more);
            assert_non_null(p);
            for (size_t i = size; i < more; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xbb, more);
        }
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void reset_returns_to_the_first_block(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1024, 1 << 20, 0);
    void *first = arena_alloc(&a, 100);
    assert_non_null(arena_alloc(&a, 100000));
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_fini(&a);
}

static void maximum_is_exact_and_remembered(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0, 1000, 0);
    assert_non_null(arena_alloc(&a, 999));
    assert_non_null(arena_alloc(&a, 1));
    assert_false(arena_failed(&a));
    assert_null(arena_alloc(&a, 1));
    assert_true(arena_failed(&a));
    arena_reset(&a);
    assert_false(arena_failed(&a));
    assert_null(arena_alloc(&a, 1001));
    assert_non_null(arena_alloc(&a, 1000));
    arena_fini(&a);
}

static void huge_sizes_are_refused(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0, SIZE_MAX, 0);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 8));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    assert_null(arena_array(&a, 3, SIZE_MAX / 2));
    assert_null(arena_dup_str(&a, span_of("", SIZE_MAX)));
    assert_true(arena_failed(&a));
    assert_non_null(arena_array(&a, 10, 10));
    arena_fini(&a);
}

static void grow_extends_in_place_or_copies(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 4096, 10000, 0);
    uint8_t *p = arena_grow(&a, NULL, 0, 10);
    memcpy(p, "0123456789", 10);
    uint8_t *q = arena_grow(&a, p, 10, 100);
    assert_ptr_equal(p, q);
    assert_memory_equal(q, "0123456789\0\0", 12);
    assert_non_null(arena_alloc(&a, 1));
    uint8_t *moved = arena_grow(&a, q, 100, 200);
    assert_ptr_not_equal(moved, q);
    assert_memory_equal(moved, "0123456789\0\0", 12);
    assert_null(arena_grow(&a, moved, 200, 20000));
    assert_true(arena_failed(&a));
    assert_memory_equal(moved, "0123456789", 10);
    arena_fini(&a);
}

static void grow_past_a_block_keeps_the_bytes(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256, 1 << 20, 0);
    size_t len = 16;
    uint8_t *p = arena_alloc(&a, len);
    memset(p, 7, len);
    for (; len < 100000; len *= 2) {
        p = arena_grow(&a, p, len, len * 2);
        assert_non_null(p);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(p[i], 7);
        for (size_t i = len; i < 2 * len; i++)
            assert_int_equal(p[i], 0);
        memset(p, 7, len * 2);
    }
    arena_fini(&a);
}

static void wiping_arena_wipes_on_reset(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256, 4096, ARENA_WIPE);
    volatile char *p = arena_dup_str(&a, SPAN_LIT("secret"));
    assert_int_equal(p[0], 's');
    arena_reset(&a);
    char *again = arena_alloc(&a, 1); /* the block is ours, and shown to the sanitizer again */
    assert_ptr_equal(again, p);
#ifndef __SANITIZE_ADDRESS__
    for (int i = 0; i < 6; i++)
        assert_int_equal(p[i], 0);
#endif
    arena_fini(&a);
}

static void copies_and_formats(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0, 100, 0);
    assert_string_equal(arena_dup_str(&a, SPAN_LIT("abc")), "abc");
    assert_string_equal(arena_dup_str(&a, SPAN_NONE), "");
    assert_span(arena_dup_span(&a, SPAN_LIT("xyz")), "xyz");
    assert_string_equal(arena_printf(&a, "%d-%s", 42, "x"), "42-x");
    assert_null(arena_printf(&a, "%200d", 1));
    assert_true(arena_failed(&a));
    assert_null(arena_dup_span(&a, span_of(&a, 100)).ptr);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_and_aligned),
        cmocka_unit_test(a_wiping_arena_gives_zeros_again_and_again),
        cmocka_unit_test(reset_returns_to_the_first_block),
        cmocka_unit_test(maximum_is_exact_and_remembered),
        cmocka_unit_test(huge_sizes_are_refused),
        cmocka_unit_test(grow_extends_in_place_or_copies),
        cmocka_unit_test(grow_past_a_block_keeps_the_bytes),
        cmocka_unit_test(wiping_arena_wipes_on_reset),
        cmocka_unit_test(copies_and_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
