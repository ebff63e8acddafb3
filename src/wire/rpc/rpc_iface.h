/*
 * An interface: its identity and a table of calls, each an NDR table over a C struct of all its
 * arguments, used by the server to read requests and write answers and by the client the other way
 * round. The structs are in lsa_*.h, netlogon_*.h and so on.
 *
 * In these structs a pointer that may be NULL says so; an argument struct's last member is the
 * status or error that the call returns. Lists name their maximum in their table, which is what the
 * specification allows or less.
 */
#ifndef WIRE_RPC_RPC_IFACE_H
#define WIRE_RPC_RPC_IFACE_H

#include "wire/ms/sid.h"
#include "wire/ndr/ndr.h"
#include "wire/rpc/rpc_bind.h"

struct rpc_call {
    uint16_t opnum;
    const struct ndr_type *type; /* its name is the call's, its size that of the arguments */
};

struct rpc_iface {
    const char *name;
    struct rpc_syntax id;
    const struct rpc_call *calls; /* ascending opnums */
    unsigned count;
};

#define RPC_ARGS_MAX 16384 /* bytes of the largest struct of arguments */

extern const struct rpc_iface lsa_iface, netlogon_iface, epm_iface, dssetup_iface, srvsvc_iface,
    wkssvc_iface, samr_iface, drs_iface, mgmt_iface;

/* NULL: a call that is not in the table. */
const struct rpc_call *rpc_iface_call(const struct rpc_iface *iface, unsigned opnum);

/* --- what many interfaces share -------------------------------------------------------------- */

struct rpc_handle { /* a context handle; all zeros: none */
    uint32_t attributes;
    struct guid id;
};
extern const struct ndr_type rpc_ndr_handle;

struct rpc_bytes { /* a length and a pointer to so many bytes, NULL when it is 0 */
    uint32_t length;
    uint8_t *data;
};
extern const struct ndr_type rpc_ndr_bytes;
extern const struct ndr_type
    rpc_ndr_descriptor; /* the same; a security descriptor, self-relative */

#endif
