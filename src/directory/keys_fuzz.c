#include "directory/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct dir_account_keys k;
    struct span again;
    arena_init(&a, 0, 1u << 20, ARENA_WIPE);
    if (dir_keys_decode(span_of(data, size), &k) == ERR_OK) {
        ENT_ASSERT(dir_keys_encode(&k, &a, &again) == ERR_OK);
        ENT_ASSERT(span_eq(again, span_of(data, size)));
    }
    arena_fini(&a);
    return 0;
}
