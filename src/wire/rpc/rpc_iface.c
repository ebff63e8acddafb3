#include "wire/rpc/rpc_iface.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

const struct ndr_type rpc_ndr_handle =
    NDR_TABLE(STRUCT, struct rpc_handle, "ndr_context_handle", 4, ROW(U32, rpc_handle, attributes),
              ROW(STRUCT, rpc_handle, id, OF(ndr_guid)));

#define BYTES_ROWS                                                                                 \
    ROW(U32, rpc_bytes, length), ROW(U8, rpc_bytes, data, UNIQUE, SIZE(rpc_bytes, length))
const struct ndr_type rpc_ndr_bytes =
    NDR_TABLE(STRUCT, struct rpc_bytes, "length and bytes", 4, BYTES_ROWS);
const struct ndr_type rpc_ndr_descriptor =
    NDR_TABLE(STRUCT, struct rpc_bytes, "SR_SECURITY_DESCRIPTOR", 4, BYTES_ROWS);

const struct rpc_call *rpc_iface_call(const struct rpc_iface *iface, unsigned opnum)
{
    for (unsigned i = 0; i < iface->count; i++) {
        if (iface->calls[i].opnum == opnum)
            return &iface->calls[i];
    }
    return NULL;
}
