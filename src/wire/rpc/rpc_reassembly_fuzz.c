/* A stream of fragments, joined under a small maximum. */
#include "wire/ms/fuzz.h"
#include "wire/rpc/rpc_reassembly.h"

#define STUB_MAX 4096

static bool one(struct rpc_reassembly *r, struct span bytes)
{
    struct rpc_request q;
    struct rpc_pdu p;
    struct span stub;
    bool complete;

    if (rpc_pdu_open(bytes, &p) != ERR_OK || rpc_request_decode(&p, &q) != ERR_OK ||
        rpc_reassembly_add(r, &p, q.context_id, q.opnum, q.stub, &complete, &stub) != ERR_OK)
        return false;
    ENT_ASSERT(!complete || stub.len <= STUB_MAX);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of(data, size);
    struct rpc_reassembly r;
    struct arena a;
    uint32_t call;
    size_t length;

    arena_init(&a, 0, FUZZ_MEMORY, 0);
    rpc_reassembly_init(&r, &a, STUB_MAX);
    while (rpc_pdu_frame(rest, RPC_FRAGMENT_MAX, &length, &call) == ERR_OK && length <= rest.len &&
           one(&r, span_sub(rest, 0, length)))
        rest = span_sub(rest, length, SIZE_MAX);
    arena_fini(&a);
    return 0;
}
