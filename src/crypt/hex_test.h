/* Hexadecimal vectors for the tests of this folder. */
#ifndef CRYPT_HEX_TEST_H
#define CRYPT_HEX_TEST_H

#include "base/arena.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The bytes of a vector, in the arena; spaces are not allowed. */
static inline struct span unhex(struct arena *a, const char *hex)
{
    struct span out;

    assert_int_equal(text_unhex(span_str(hex), a, &out), ERR_OK);
    return out;
}

static inline void assert_hex(const void *got, size_t len, const char *hex)
{
    struct arena a;

    arena_init(&a, 0, 1 << 20, 0);
    struct span want = unhex(&a, hex);
    assert_int_equal(len, want.len);
    if (len)
        assert_memory_equal(got, want.ptr, len);
    arena_fini(&a);
}

#endif
