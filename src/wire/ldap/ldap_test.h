/*
 * What the tests of wire/ldap share.
 */
#ifndef WIRE_LDAP_LDAP_TEST_H
#define WIRE_LDAP_LDAP_TEST_H

#include "base/builder.h"
#include "base/test_arena.h"

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
