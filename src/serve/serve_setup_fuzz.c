#include "serve/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes encodes again to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serve_setup setup;
    struct arena a;
    struct span again;
    if (size > SERVE_SETUP_MAX || serve_setup_decode(span_of(data, size), &setup) != ERR_OK)
        return 0;
    arena_init(&a, 0, 4 * SERVE_SETUP_MAX, 0);
    if (serve_setup_encode(&setup, &a, &again) == ERR_OK)
        ENT_ASSERT(again.len == size);
    arena_fini(&a);
    return 0;
}
