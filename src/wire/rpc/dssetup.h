/*
 * DSSETUP ([MS-DSSP]): what a machine is in its domain.
 */
#ifndef WIRE_RPC_DSSETUP_H
#define WIRE_RPC_DSSETUP_H

#include "wire/rpc/rpc_iface.h"

enum dssetup_opnum {
    DSSETUP_GET_INFO = 0,
};

enum dssetup_level {
    DSSETUP_BASIC = 1,
    DSSETUP_UPGRADE = 2,
    DSSETUP_OPERATION = 3,
};
enum dssetup_machine_role {
    DSSETUP_STANDALONE_WORKSTATION = 0,
    DSSETUP_MEMBER_WORKSTATION = 1,
    DSSETUP_STANDALONE_SERVER = 2,
    DSSETUP_MEMBER_SERVER = 3,
    DSSETUP_BACKUP_DC = 4,
    DSSETUP_PRIMARY_DC = 5,
};
enum dssetup_flags {
    DSSETUP_RUNNING = 0x00000001, /* the directory service */
    DSSETUP_MIXED_MODE = 0x00000002,
    DSSETUP_GUID_PRESENT = 0x01000000,
};

struct dssetup_basic {
    uint16_t role;
    uint32_t flags;
    struct span flat_name, dns_name, forest; /* NULL: none */
    struct guid guid;
};
struct dssetup_upgrade {
    uint32_t operation;
    uint16_t previous_state;
};
struct dssetup_operation {
    uint16_t state;
};
union dssetup_info {
    struct dssetup_basic basic;
    struct dssetup_upgrade upgrade;
    struct dssetup_operation operation;
};

struct dssetup_get_info { /* DsRolerGetPrimaryDomainInformation */
    uint16_t level;
    union dssetup_info *info; /* NULL with an error */
    uint32_t status;
};
extern const struct ndr_type dssetup_ndr_get_info;

#endif
