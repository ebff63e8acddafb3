/* A stub whose first byte says how long the arguments are. */
#include "wire/ms/fuzz.h"
#include "wire/rpc/rpc_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_verify v = {.call_id = 1};

    if (size > 0 && data[0] <= size)
        (void)rpc_verify_trailer(span_of(data, size), data[0], &v);
    return 0;
}
