/*
 * The verification trailer ([MS-RPCE] 2.2.2.13): behind its arguments a signed request says once
 * more what its header says, which not every level of protection covers, so that a header changed
 * on the way is found out. Clients add it when headers are not signed; servers check what is there.
 */
#ifndef WIRE_RPC_RPC_VERIFY_H
#define WIRE_RPC_RPC_VERIFY_H

#include "wire/rpc/rpc_bind.h"

struct rpc_verify { /* of the request at hand */
    struct rpc_syntax interface, transfer;
    uint32_t call_id;
    uint16_t context_id, opnum;
    bool header_sign; /* was agreed on */
    bool big;         /* its numbers are, those of the trailer never */
};

/* Looks for a trailer behind the used bytes of arguments. Absent is ERR_OK, and so is what else may
 * follow the arguments. ERR_INTEGRITY: it says something else than expected; ERR_MALFORMED;
 * ERR_UNSUPPORTED: a command that must be understood and is not. */
enum err rpc_verify_trailer(struct span stub, size_t used, const struct rpc_verify *expected);

/* Appends one to a stub that begins at start. */
void rpc_verify_put(struct builder *b, size_t start, const struct rpc_verify *v);

#endif
