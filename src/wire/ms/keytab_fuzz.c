#include "wire/ms/fuzz.h"
#include "wire/ms/keytab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keytab_iter it;
    struct keytab_entry e;
    struct arena a;
    struct builder b;
    struct span out;

    if (keytab_open(span_of(data, size), &it) != ERR_OK)
        return 0;
    while (keytab_next(&it, &e)) {
        arena_init(&a, 0, FUZZ_MEMORY, 0);
        builder_in(&b, &a, FUZZ_MEMORY);
        keytab_put(&b, &e);
        (void)builder_done(&b, &out);
        arena_fini(&a);
    }
    return 0;
}
