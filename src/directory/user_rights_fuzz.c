/* What decodes is written as the same bytes. */
#include "directory/user_rights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct user_rights_account *list;
    struct span text;
    unsigned count;
    struct arena a;
    arena_init(&a, 0, 4 << 20, 0);
    if (user_rights_decode(span_of(data, size), &a, &list, &count) == ERR_OK) {
        ENT_ASSERT(user_rights_encode(list, count, &a, &text) == ERR_OK);
        ENT_ASSERT(span_eq(text, span_of(data, size)));
    }
    arena_fini(&a);
    return 0;
}
