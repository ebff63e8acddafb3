#include "wire/rpc/rpc_reassembly.h"

void rpc_reassembly_init(struct rpc_reassembly *r, struct arena *a, size_t max)
{
    *r = (struct rpc_reassembly){.arena = a, .max = max};
}

static void start(struct rpc_reassembly *r, const struct rpc_pdu *pdu, uint16_t context_id,
                  uint16_t opnum)
{
    r->open = true;
    r->head.type = pdu->type;
    r->head.big = pdu->big;
    r->head.call_id = pdu->call_id;
    r->head.context_id = context_id;
    r->head.opnum = opnum;
    r->head.auth_type = pdu->auth.type;
    r->head.auth_level = pdu->auth.level;
    r->head.auth_context = pdu->auth.context_id;
    builder_in(&r->stub, r->arena, r->max);
}

static bool belongs(const struct rpc_reassembly *r, const struct rpc_pdu *pdu, uint16_t context_id,
                    uint16_t opnum)
{
    return r->head.type == pdu->type && r->head.big == pdu->big &&
           r->head.call_id == pdu->call_id && r->head.context_id == context_id &&
           r->head.opnum == opnum && r->head.auth_type == pdu->auth.type &&
           r->head.auth_level == pdu->auth.level && r->head.auth_context == pdu->auth.context_id;
}

static enum err add(struct rpc_reassembly *r, const struct rpc_pdu *pdu, uint16_t context_id,
                    uint16_t opnum, struct span stub)
{
    bool first = pdu->flags & RPC_FIRST;

    if (first == r->open)
        return ERR_MALFORMED;
    if (first)
        start(r, pdu, context_id, opnum);
    else if (!belongs(r, pdu, context_id, opnum))
        return ERR_MALFORMED;
    if (stub.len > r->max - r->stub.len)
        return ERR_LIMIT;
    if (first && (pdu->flags & RPC_LAST))
        return ERR_OK;
    builder_span(&r->stub, stub);
    return r->stub.err;
}

enum err rpc_reassembly_add(struct rpc_reassembly *r, const struct rpc_pdu *pdu,
                            uint16_t context_id, uint16_t opnum, struct span stub,
                            bool *complete_out, struct span *stub_out)
{
    bool last = pdu->flags & RPC_LAST;
    struct span whole = stub;
    enum err e = add(r, pdu, context_id, opnum, stub);

    if (e == ERR_OK && last && !(pdu->flags & RPC_FIRST))
        e = builder_done(&r->stub, &whole);
    if (e != ERR_OK || last)
        r->open = false;
    TRY(e);
    *complete_out = last;
    if (last)
        *stub_out = whole;
    return ERR_OK;
}
