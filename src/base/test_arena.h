/* The one arena of a test program, and bytes written as hex in it. */
#ifndef BASE_TEST_ARENA_H
#define BASE_TEST_ARENA_H

#include "base/test.h"
#include "base/text.h"

static struct arena arena;

static inline int setup(void **state)
{
    (void)state;
    arena_init(&arena, 4096, 1 << 24, 0);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static inline struct span hex(const char *text)
{
    struct span out;
    assert_ok(text_unhex(span_str(text), &arena, &out));
    return out;
}

#endif
