/* Whatever parses prints, and parses again to the same name. */
#include "directory/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct dn d, back;
    struct span text;
    arena_init(&a, 0, 4 << 20, 0);
    if (dn_parse(span_of(data, size), &a, &d) == ERR_OK) {
        ENT_ASSERT(dn_print(&d, &a, &text) == ERR_OK);
        enum err e = dn_parse(text, &a, &back);
        /* Escapes may carry a long name over the limit of text. */
        ENT_ASSERT(e == ERR_OK ? dn_eq(&d, &back) : e == ERR_LIMIT);
    }
    arena_fini(&a);
    return 0;
}
