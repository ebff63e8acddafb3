#include "wire/ms/forest_info.h"
#include "wire/ms/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    struct forest_record *records;
    unsigned count;
    struct arena a;
    struct builder b;

    arena_init(&a, 0, FUZZ_MEMORY, 0);
    if (forest_info_decode(bytes, &a, &records, &count) == ERR_OK) {
        builder_in(&b, &a, FOREST_INFO_MAX);
        forest_info_put(&b, records, count);
        ENT_ASSERT(span_eq(fuzz_bytes(&b), bytes));
    }
    arena_fini(&a);
    return 0;
}
