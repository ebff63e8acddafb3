/*
 * A call and the state that it needs until it is answered: on the stack of the dispatcher, or, when
 * its handler may wait for somebody, on the heap with memory of its own.
 */
#ifndef RPC_RPC_LATER_H
#define RPC_RPC_LATER_H

#include "rpc/rpc_internal.h"

struct rpc_later {
    struct plat_call ask;
    struct rpc_later *next; /* of the association */
    struct rpc_assoc *assoc;
    uint32_t call_id;
    uint16_t context_id;
    const struct rpc_call *call;
    struct rpc_ctx ctx;
    struct rpc_caller who; /* as it was when the call came */
    struct arena arena;
    size_t counted; /* bytes of it, when it began to wait */
    void *args;
    bool yields; /* among the server's turns, and does not ask */
    rpc_step *then;
};

/* A copy with memory of its own, among the association's. NULL: no memory. */
struct rpc_later *rpc_later_new(const struct rpc_later *prepared);
void rpc_later_free(struct rpc_later *l);
/* All of an association that ends. */
void rpc_later_cancel_all(struct rpc_assoc *as);
/* Sends the answer: the arguments that go out, or the fault of its context. */
enum err rpc_call_finish(struct rpc_later *l, uint32_t status);

#endif
