/*
 * What every unit test includes: cmocka with the headers it wants before it, and a few assertions
 * of our own types.
 */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/span.h"

#define assert_ok(expr)         assert_string_equal(err_name(expr), "ok")
#define assert_err(expr, err)   assert_string_equal(err_name(expr), err_name(err))
#define assert_span(s, lit)     assert_span_is((s), SPAN_LIT(lit), __FILE__, __LINE__)
#define assert_span_equal(s, t) assert_span_is((s), (t), __FILE__, __LINE__)

static inline void assert_span_is(struct span s, struct span want, const char *file, int line)
{
    if (span_eq(s, want))
        return;
    print_error("\"%.*s\" (%zu bytes) is not \"%.*s\" (%zu bytes)\n", SPAN_ARG(s), s.len,
                SPAN_ARG(want), want.len);
    _fail(file, line);
}

#endif
