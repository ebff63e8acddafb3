#include "wire/rpc/mgmt.h"

#include "wire/ndr/ndr_table.h"

static const struct ndr_type interface_pointer =
    NDR_TABLE(STRUCT, struct mgmt_interface_pointer, "rpc_if_id_p_t", 4,
              ROW(STRUCT, mgmt_interface_pointer, interface, UNIQUE, OF(epm_ndr_interface)));
static const struct ndr_type interfaces = NDR_TABLE(
    STRUCT, struct mgmt_interfaces, "rpc_if_id_vector_t", 4, ROW(U32, mgmt_interfaces, count),
    ROW(STRUCT, mgmt_interfaces, ids, SIZE(mgmt_interfaces, count), LIMIT(MGMT_INTERFACES_MAX),
        OF(interface_pointer)));

const struct ndr_type mgmt_ndr_inq_if_ids =
    NDR_TABLE(CALL, struct mgmt_inq_if_ids, "rpc__mgmt_inq_if_ids", 1,
              ROW(STRUCT, mgmt_inq_if_ids, interfaces, OUT, UNIQUE, OF(interfaces)),
              ROW(U32, mgmt_inq_if_ids, status, OUT));

const struct ndr_type mgmt_ndr_inq_stats = NDR_TABLE(
    CALL, struct mgmt_inq_stats, "rpc__mgmt_inq_stats", 1, ROW(U32, mgmt_inq_stats, count, IN_OUT),
    ROW(U32, mgmt_inq_stats, statistics, OUT, REF, SIZE(mgmt_inq_stats, count),
        LIMIT(MGMT_STATISTICS)),
    ROW(U32, mgmt_inq_stats, status, OUT));

const struct ndr_type mgmt_ndr_is_server_listening =
    NDR_TABLE(CALL, struct mgmt_is_server_listening, "rpc__mgmt_is_server_listening", 1,
              ROW(U32, mgmt_is_server_listening, error, OUT),
              ROW(U32, mgmt_is_server_listening, listening, OUT));

const struct ndr_type mgmt_ndr_stop_server_listening =
    NDR_TABLE(CALL, struct mgmt_stop_server_listening, "rpc__mgmt_stop_server_listening", 1,
              ROW(U32, mgmt_stop_server_listening, status, OUT));

const struct ndr_type mgmt_ndr_inq_princ_name =
    NDR_TABLE(CALL, struct mgmt_inq_princ_name, "rpc__mgmt_inq_princ_name", 1,
              ROW(U32, mgmt_inq_princ_name, authn, IN), ROW(U32, mgmt_inq_princ_name, size, IN),
              ROW(U8, mgmt_inq_princ_name, name, OUT_STORED, REF,
                  SIZE_LENGTH(mgmt_inq_princ_name, size, length), LIMIT(MGMT_NAME_MAX)),
              ROW(U32, mgmt_inq_princ_name, status, OUT));

static const struct rpc_call calls[] = {
    {MGMT_INQ_IF_IDS, &mgmt_ndr_inq_if_ids},
    {MGMT_INQ_STATS, &mgmt_ndr_inq_stats},
    {MGMT_IS_SERVER_LISTENING, &mgmt_ndr_is_server_listening},
    {MGMT_STOP_SERVER_LISTENING, &mgmt_ndr_stop_server_listening},
    {MGMT_INQ_PRINC_NAME, &mgmt_ndr_inq_princ_name},
};

const struct rpc_iface mgmt_iface = {
    .name = "mgmt",
    .id = {{{0x80, 0xbd, 0xa8, 0xaf, 0x8a, 0x7d, 0xc9, 0x11, 0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10,
             0x29, 0x89}},
           1,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
