#include "wire/rpc/dssetup.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

static const struct ndr_type basic = NDR_TABLE(
    STRUCT, struct dssetup_basic, "DSROLER_PRIMARY_DOMAIN_INFO_BASIC", 4,
    ROW(U16, dssetup_basic, role), ROW(U32, dssetup_basic, flags),
    ROW(WSTR, dssetup_basic, flat_name, UNIQUE), ROW(WSTR, dssetup_basic, dns_name, UNIQUE),
    ROW(WSTR, dssetup_basic, forest, UNIQUE), ROW(STRUCT, dssetup_basic, guid, OF(ndr_guid)));
static const struct ndr_type upgrade =
    NDR_TABLE(STRUCT, struct dssetup_upgrade, "DSROLE_UPGRADE_STATUS_INFO", 4,
              ROW(U32, dssetup_upgrade, operation), ROW(U16, dssetup_upgrade, previous_state));
static const struct ndr_type operation =
    NDR_TABLE(STRUCT, struct dssetup_operation, "DSROLE_OPERATION_STATE_INFO", 2,
              ROW(U16, dssetup_operation, state));
static const struct ndr_type info =
    NDR_TABLE(UNION, union dssetup_info, "DSROLER_PRIMARY_DOMAIN_INFORMATION", 2,
              ARM(DSSETUP_BASIC, STRUCT, OF(basic)), ARM(DSSETUP_UPGRADE, STRUCT, OF(upgrade)),
              ARM(DSSETUP_OPERATION, STRUCT, OF(operation)));

const struct ndr_type dssetup_ndr_get_info = NDR_TABLE(
    CALL, struct dssetup_get_info, "DsRolerGetPrimaryDomainInformation", 1,
    ROW(U16, dssetup_get_info, level, IN),
    ROW(UNION, dssetup_get_info, info, OUT, UNIQUE, OF(info), SWITCH(dssetup_get_info, level)),
    ROW(U32, dssetup_get_info, status, OUT));

static const struct rpc_call calls[] = {
    {DSSETUP_GET_INFO, &dssetup_ndr_get_info},
};

const struct rpc_iface dssetup_iface = {
    .name = "dssetup",
    .id = {{{0x6a, 0x28, 0x19, 0x39, 0x0c, 0xb1, 0xd0, 0x11, 0x9b, 0xa8, 0x00, 0xc0, 0x4f, 0xd9,
             0x2e, 0xf5}},
           0,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
