/* Towers: what is understood is written again, to the same bytes. */
#include "wire/ms/fuzz.h"
#include "wire/rpc/rpc_tower.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_tower t, again;
    struct arena a;
    struct builder b;

    if (rpc_tower_decode(span_of(data, size), &t) != ERR_OK || t.kind == RPC_TOWER_OTHER)
        return 0;
    arena_init(&a, 0, FUZZ_MEMORY, 0);
    builder_in(&b, &a, 4 * UINT16_MAX);
    rpc_tower_put(&b, &t);
    if (t.pipe.len + t.host.len < RPC_TOWER_MAX)
        ENT_ASSERT(rpc_tower_decode(fuzz_bytes(&b), &again) == ERR_OK);
    arena_fini(&a);
    return 0;
}
