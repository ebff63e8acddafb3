/*
 * The management interface that every DCE/RPC server has (C706 appendix Q, [MS-RPCE] 2.2.1.3).
 */
#ifndef WIRE_RPC_MGMT_H
#define WIRE_RPC_MGMT_H

#include "wire/rpc/epm.h"

enum mgmt_opnum {
    MGMT_INQ_IF_IDS = 0,
    MGMT_INQ_STATS = 1,
    MGMT_IS_SERVER_LISTENING = 2,
    MGMT_STOP_SERVER_LISTENING = 3,
    MGMT_INQ_PRINC_NAME = 4,
};

enum mgmt_statistic { MGMT_CALLS_IN, MGMT_CALLS_OUT, MGMT_PACKETS_IN, MGMT_PACKETS_OUT };
#define MGMT_STATISTICS     4
#define MGMT_INTERFACES_MAX 64
#define MGMT_NAME_MAX       1024

struct mgmt_interface_pointer {
    struct epm_interface *interface; /* NULL: none */
};
struct mgmt_interfaces {
    uint32_t count;
    struct mgmt_interface_pointer ids[MGMT_INTERFACES_MAX];
};

struct mgmt_inq_if_ids {
    struct mgmt_interfaces *interfaces; /* NULL with an error */
    uint32_t status;
};
struct mgmt_inq_stats {
    uint32_t count; /* at most, and that there are */
    uint32_t *statistics;
    uint32_t status;
};
struct mgmt_is_server_listening {
    uint32_t error;
    uint32_t listening; /* what the call returns */
};
struct mgmt_stop_server_listening {
    uint32_t status;
};
struct mgmt_inq_princ_name {
    uint32_t authn; /* enum rpc_auth_type */
    uint32_t size;  /* of the name, which goes back as the array's maximum */
    uint32_t length;
    uint8_t *name; /* with a zero behind it */
    uint32_t status;
};

extern const struct ndr_type mgmt_ndr_inq_if_ids, mgmt_ndr_inq_stats, mgmt_ndr_is_server_listening,
    mgmt_ndr_stop_server_listening, mgmt_ndr_inq_princ_name;

#endif
