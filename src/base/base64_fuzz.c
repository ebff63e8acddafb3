/* Base64: one text for each sequence of bytes, and the reverse. */
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a, 0, 8 * size + 1024, 0);
    struct span in = span_of(data, size), out;
    if (text_unbase64(in, &a, &out) == ERR_OK)
        ENT_ASSERT(span_eq(text_base64(&a, out), in));
    ENT_ASSERT(text_unbase64(text_base64(&a, in), &a, &out) == ERR_OK && span_eq(out, in));
    arena_fini(&a);
    return 0;
}
