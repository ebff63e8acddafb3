#include "wire/ms/fuzz.h"
#include "wire/ms/pac.h"

/* The NDR part of a PAC without the container in the way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct pac_logon_info info;
    struct builder b;

    arena_init(&a, 0, FUZZ_MEMORY, 0);
    if (pac_logon_info(span_of(data, size), &a, &info) == ERR_OK) {
        builder_in(&b, &a, FUZZ_MEMORY);
        pac_put_logon_info(&b, &info);
        ENT_ASSERT(pac_logon_info(fuzz_bytes(&b), &a, &info) == ERR_OK);
    }
    arena_fini(&a);
    return 0;
}
