#include "wire/ms/fuzz.h"
#include "wire/ms/repl_meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct repl_meta *entries;
    unsigned count;
    struct arena a;
    struct builder b;

    arena_init(&a, 0, FUZZ_MEMORY, 0);
    if (repl_meta_decode(span_of(data, size), &a, &entries, &count) == ERR_OK) {
        builder_in(&b, &a, FUZZ_MEMORY);
        repl_meta_put(&b, entries, count);
        ENT_ASSERT(fuzz_bytes(&b).len == size);
    }
    arena_fini(&a);
    return 0;
}
