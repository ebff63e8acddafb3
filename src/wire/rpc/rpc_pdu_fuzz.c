/* One fragment of any type: what decodes is written again and decodes to the same. */
#include "wire/ms/fuzz.h"
#include "wire/rpc/rpc_bind.h"

static bool again(const struct rpc_pdu *p, struct arena *a, struct builder *b)
{
    const struct rpc_auth *auth = p->auth.level ? &p->auth : NULL;
    struct rpc_bind bind;
    struct rpc_bind_ack ack;
    struct rpc_request request;
    struct rpc_response response;
    struct rpc_fault fault;
    uint16_t reason;

    if (rpc_bind_nak_decode(p, &reason) == ERR_OK)
        (void)reason;
    if (rpc_bind_decode(p, a, &bind) == ERR_OK)
        rpc_bind_put(b, RPC_BIND, p->flags, p->call_id, &bind, auth);
    else if (rpc_bind_ack_decode(p, a, &ack) == ERR_OK)
        rpc_bind_ack_put(b, RPC_BIND_ACK, p->flags, p->call_id, &ack, auth);
    else if (p->type == RPC_FAULT && rpc_fault_decode(p, &fault) == ERR_OK)
        rpc_fault_put(b, p->flags, p->call_id, &fault, auth, NULL);
    else if (p->type == RPC_RESPONSE && rpc_response_decode(p, &response) == ERR_OK)
        rpc_response_put(b, p->flags, p->call_id, &response, auth, NULL);
    else if (rpc_request_decode(p, &request) == ERR_OK)
        rpc_request_put(b, p->flags, p->call_id, &request, auth, NULL);
    else
        return false;
    return true;
}

/* A fragment as long as can be may become longer by padding that it did not have. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_pdu p;
    struct arena a;
    struct builder b;
    struct span out;
    uint32_t call;
    size_t length;

    if (rpc_pdu_frame(span_of(data, size), UINT16_MAX, &length, &call) != ERR_OK ||
        rpc_pdu_open(span_of(data, size), &p) != ERR_OK)
        return 0;
    arena_init(&a, 0, FUZZ_MEMORY, 0);
    builder_in(&b, &a, 2 * UINT16_MAX);
    if (again(&p, &a, &b) && size < UINT16_MAX - 64) {
        out = fuzz_bytes(&b);
        ENT_ASSERT(rpc_pdu_open(out, &p) == ERR_OK);
    }
    arena_fini(&a);
    return 0;
}
