/* UTF-8, UTF-16, folding and the encoders on any bytes: what is decoded encodes to the input again.
 */
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_utf8(struct span in, struct arena *a)
{
    struct span wide, back;
    if (text_to_utf16(in, a, &wide) == ERR_OK) {
        ENT_ASSERT(text_valid(in));
        ENT_ASSERT(text_from_utf16(wide, a, &back) == ERR_OK && span_eq(back, in));
    } else {
        ENT_ASSERT(!text_valid(in));
    }
}

static void check_fold(struct span x, struct span y, struct arena *a)
{
    struct span fx, fy, again;
    if (text_fold(x, a, &fx) || text_fold(y, a, &fy) || text_fold(fx, a, &again))
        return;
    int order = span_cmp(fx, fy);
    ENT_ASSERT(span_eq(fx, again));
    ENT_ASSERT(text_cmp_fold(x, y) == (order > 0) - (order < 0));
    ENT_ASSERT(text_eq_fold(x, fx));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a, 0, 64 * size + 1024, 0);
    struct span in = span_of(data, size), out;
    check_utf8(in, &a);
    if (text_from_utf16(in, &a, &out) == ERR_OK) {
        struct span back;
        ENT_ASSERT(text_valid(out));
        ENT_ASSERT(text_to_utf16(out, &a, &back) == ERR_OK && span_eq(back, in));
    }
    check_fold(span_sub(in, 0, size / 2), span_sub(in, size / 2, size), &a);
    ENT_ASSERT(text_unhex(text_hex(&a, in), &a, &out) == ERR_OK && span_eq(out, in));
    int64_t number;
    (void)text_to_i64(in, &number);
    arena_fini(&a);
    return 0;
}
