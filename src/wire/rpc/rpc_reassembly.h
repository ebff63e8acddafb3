/*
 * Joining the fragments of one call (C706 12.6.3.3). The total is bounded by who receives, whatever
 * the fragments announce. Every fragment must agree with the first in whose call it is and under
 * whose protection it came: type, byte order, call id, presentation context, opnum, authentication
 * type, level and context (CVE-2021-23192: a fragment without authentication in the middle of a
 * signed call). The caller has verified and decrypted a fragment before it comes here.
 *
 * A call of one fragment is not copied; its stub is the view that was given.
 */
#ifndef WIRE_RPC_RPC_REASSEMBLY_H
#define WIRE_RPC_RPC_REASSEMBLY_H

#include "wire/rpc/rpc_pdu.h"

struct rpc_reassembly {
    struct arena *arena;
    size_t max;
    bool open; /* a first fragment has come, the last has not */
    struct {
        uint8_t type, auth_type, auth_level;
        bool big;
        uint16_t context_id, opnum;
        uint32_t call_id, auth_context;
    } head;
    struct builder stub;
};

/* Stubs of at most max bytes, in a, which lives until the call is done. */
void rpc_reassembly_init(struct rpc_reassembly *r, struct arena *a, size_t max);

/* A fragment of a request (opnum as in it) or of a response or fault (opnum 0) with its plain stub.
 * *stub_out is set, and *complete_out true, with the last one. After an error nothing is kept and
 * the connection should end: ERR_MALFORMED: not the next fragment of this call; ERR_LIMIT: longer
 * than max; ERR_NOMEM. */
enum err rpc_reassembly_add(struct rpc_reassembly *r, const struct rpc_pdu *pdu,
                            uint16_t context_id, uint16_t opnum, struct span stub,
                            bool *complete_out, struct span *stub_out);

#endif
