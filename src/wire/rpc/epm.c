#include "wire/rpc/epm.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

static const struct ndr_type tower =
    NDR_TABLE(STRUCT, struct epm_tower, "twr_t", 4, ROW(U32, epm_tower, length),
              ROW(U8, epm_tower, bytes, SIZE(epm_tower, length), LIMIT(RPC_TOWER_MAX)));
static const struct ndr_type tower_pointer =
    NDR_TABLE(STRUCT, struct epm_tower_pointer, "twr_p_t", 4,
              ROW(STRUCT, epm_tower_pointer, tower, FULL, OF(tower)));
static const struct ndr_type entry = NDR_TABLE(
    STRUCT, struct epm_entry, "ept_entry_t", 4, ROW(STRUCT, epm_entry, object, OF(ndr_guid)),
    ROW(STRUCT, epm_entry, tower, FULL, OF(tower)),
    ROW(U8, epm_entry, annotation, STORED,
        LENGTH(epm_entry, annotation_length, EPM_ANNOTATION_MAX)));
const struct ndr_type epm_ndr_interface = NDR_TABLE(
    STRUCT, struct epm_interface, "rpc_if_id_t", 4, ROW(STRUCT, epm_interface, uuid, OF(ndr_guid)),
    ROW(U16, epm_interface, major), ROW(U16, epm_interface, minor));

/* The array's maximum goes into the answer's max, too. */
const struct ndr_type epm_ndr_lookup = NDR_TABLE(
    CALL, struct epm_lookup, "ept_lookup", 1, ROW(U32, epm_lookup, inquiry, IN),
    ROW(STRUCT, epm_lookup, object, IN, FULL, OF(ndr_guid)),
    ROW(STRUCT, epm_lookup, interface, IN, FULL, OF(epm_ndr_interface)),
    ROW(U32, epm_lookup, versions, IN), ROW(STRUCT, epm_lookup, handle, IN_OUT, OF(rpc_ndr_handle)),
    ROW(U32, epm_lookup, max, IN), ROW(U32, epm_lookup, count, OUT),
    ROW(STRUCT, epm_lookup, entries, OUT_STORED, REF, SIZE_LENGTH(epm_lookup, max, count),
        OF(entry)),
    ROW(U32, epm_lookup, status, OUT));

const struct ndr_type epm_ndr_map = NDR_TABLE(
    CALL, struct epm_map, "ept_map", 1, ROW(STRUCT, epm_map, object, IN, FULL, OF(ndr_guid)),
    ROW(STRUCT, epm_map, tower, IN, FULL, OF(tower)),
    ROW(STRUCT, epm_map, handle, IN_OUT, OF(rpc_ndr_handle)), ROW(U32, epm_map, max, IN),
    ROW(U32, epm_map, count, OUT),
    ROW(STRUCT, epm_map, towers, OUT_STORED, REF, SIZE_LENGTH(epm_map, max, count),
        OF(tower_pointer)),
    ROW(U32, epm_map, status, OUT));

const struct ndr_type epm_ndr_lookup_handle_free =
    NDR_TABLE(CALL, struct epm_lookup_handle_free, "ept_lookup_handle_free", 1,
              ROW(STRUCT, epm_lookup_handle_free, handle, IN_OUT, OF(rpc_ndr_handle)),
              ROW(U32, epm_lookup_handle_free, status, OUT));

static const struct rpc_call calls[] = {
    {EPM_LOOKUP, &epm_ndr_lookup},
    {EPM_MAP, &epm_ndr_map},
    {EPM_LOOKUP_HANDLE_FREE, &epm_ndr_lookup_handle_free},
};

const struct rpc_iface epm_iface = {
    .name = "epmapper",
    .id = {{{0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14,
             0xa0, 0xfa}},
           3,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
