#include "operation/operation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the operation; the rest is a request body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena a;
    const char *why = NULL;
    arena_init(&a, 4096, 1 << 20, 0);
    json_t *args = json_loadb((const char *)data + 1, size - 1, 0, NULL);
    if (args && operation_check(operation_of(data[0] % OP__COUNT), args, &a, &why) != ERR_OK)
        ENT_ASSERT(why || arena_failed(&a));
    json_decref(args);
    arena_fini(&a);
    return 0;
}
