/*
 * What the tests of wire/ldap share: an arena for the group and hexadecimal.
 */
#ifndef WIRE_LDAP_LDAP_TEST_H
#define WIRE_LDAP_LDAP_TEST_H

#include "base/builder.h"
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

static inline struct span built(struct builder *b)
{
    struct span out = SPAN_NONE;
    assert_ok(builder_done(b, &out));
    return out;
}

static inline void assert_hex(struct span got, const char *want)
{
    assert_span_equal(text_hex(&arena, got), span_str(want));
}

#endif
