#include "wire/ms/dnsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dnsp_record r;
    struct dnsp_property p;
    struct dnsp_address masters[DNSP_MASTERS_MAX];
    unsigned count;
    struct arena a;
    struct builder b;
    struct span again;
    arena_init(&a, 0, 1u << 20, 0);
    if (dnsp_record_decode(span_of(data, size), &r) == ERR_OK) {
        builder_in(&b, &a, 2 * DNSP_RECORD_MAX);
        dnsp_record_put(&b, &r);
        ENT_ASSERT(builder_done(&b, &again) == ERR_OK);
        ENT_ASSERT(again.len == size);
    }
    if (dnsp_property_decode(span_of(data, size), &p) == ERR_OK)
        (void)dnsp_masters_decode(&p, masters, &count);
    arena_fini(&a);
    return 0;
}
