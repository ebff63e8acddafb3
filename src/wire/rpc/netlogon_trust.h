/*
 * NETLOGON: trusts, their passwords and names, and the state of secure channels ([MS-NRPC] 3.5.4.7,
 * 3.5.4.9).
 */
#ifndef WIRE_RPC_NETLOGON_TRUST_H
#define WIRE_RPC_NETLOGON_TRUST_H

#include "wire/rpc/lsa_trust.h"
#include "wire/rpc/netlogon_types.h"

/* --- NetrLogonControl ------------------------------------------------------------------------ */

enum netlogon_control_code {
    NETLOGON_CONTROL_QUERY = 1,
    NETLOGON_CONTROL_REPLICATE = 2,
    NETLOGON_CONTROL_SYNCHRONIZE = 3,
    NETLOGON_CONTROL_PDC_REPLICATE = 4,
    NETLOGON_CONTROL_REDISCOVER = 5,
    NETLOGON_CONTROL_TC_QUERY = 6,
    NETLOGON_CONTROL_TRANSPORT_NOTIFY = 7,
    NETLOGON_CONTROL_FIND_USER = 8,
    NETLOGON_CONTROL_CHANGE_PASSWORD = 9,
    NETLOGON_CONTROL_TC_VERIFY = 10,
    NETLOGON_CONTROL_FORCE_DNS_REG = 11,
    NETLOGON_CONTROL_QUERY_DNS_REG = 12,
    NETLOGON_CONTROL_BACKUP_CHANGE_LOG = 65532,
    NETLOGON_CONTROL_TRUNCATE_LOG = 65533,
    NETLOGON_CONTROL_SET_DBFLAG = 65534,
    NETLOGON_CONTROL_BREAKPOINT = 65535,
};
enum netlogon_control_flags { /* of an answer */
                              NETLOGON_HAS_IP = 0x10,
                              NETLOGON_HAS_TIMESERV = 0x20,
                              NETLOGON_TRUST_VERIFIED =
                                  0x80, /* the status beside it is that of a verification */
};
union netlogon_control_data {
    struct span domain; /* REDISCOVER, TC_QUERY, CHANGE_PASSWORD, TC_VERIFY; NULL: none */
    struct span user;   /* FIND_USER */
    uint32_t debug_flags;
};
struct netlogon_info1 {
    uint32_t flags, pdc_status;
};
struct netlogon_info2 {
    uint32_t flags, pdc_status;
    struct span dc_name; /* NULL: none */
    uint32_t tc_status;
};
struct netlogon_info3 {
    uint32_t flags, logon_attempts;
    uint32_t reserved[5];
};
struct netlogon_info4 {
    struct span dc_name, domain;
};
union netlogon_control_info { /* by level; NULL with an error */
    struct netlogon_info1 *info1;
    struct netlogon_info2 *info2;
    struct netlogon_info3 *info3;
    struct netlogon_info4 *info4;
};
struct netlogon_control { /* the oldest has no data */
    struct span server;
    uint32_t code, level;
    union netlogon_control_data data;
    union netlogon_control_info info;
    uint32_t status;
};

/* --- lists of trusts ------------------------------------------------------------------------- */

enum netlogon_trust_flags { /* DS_DOMAIN_TRUSTS, [MS-NRPC] 2.2.1.6.2 */
                            NETLOGON_TRUST_IN_FOREST = 0x01,
                            NETLOGON_TRUST_OUTBOUND = 0x02,
                            NETLOGON_TRUST_TREE_ROOT = 0x04,
                            NETLOGON_TRUST_PRIMARY = 0x08,
                            NETLOGON_TRUST_NATIVE = 0x10,
                            NETLOGON_TRUST_INBOUND = 0x20,
};
struct netlogon_domain_trust {
    struct span flat_name, dns_name; /* NULL: none */
    uint32_t flags, parent_index, type, attributes;
    const struct sid *sid;
    struct guid guid;
};
struct netlogon_domain_trusts {
    uint32_t count;
    struct netlogon_domain_trust *trusts;
};
struct netlogon_enum_trusts { /* flags in DsrEnumerateDomainTrusts only */
    struct span server;
    uint32_t flags;
    struct netlogon_domain_trusts trusts;
    uint32_t status;
};
struct netlogon_enum_trusted { /* names in UTF-16, each with a zero, and one more */
    struct span server;
    struct rpc_bytes names;
    uint32_t status;
};

/* --- secrets and names of a trust ------------------------------------------------------------ */

struct netlogon_owf { /* encrypted */
    uint8_t bytes[16];
};
struct netlogon_generic_data { /* NL_GENERIC_RPC_DATA */
    uint32_t number_count;
    uint32_t *numbers;
    uint32_t text_count;
    struct span *texts;
};
struct netlogon_trust_passwords_get {
    struct span server;
    struct span account;
    uint16_t channel_type;
    struct span computer;
    struct netlogon_authenticator authenticator, return_authenticator;
    struct netlogon_owf current, previous;
    uint32_t status;
};
struct netlogon_get_trust_info {
    struct span server;
    struct span account;
    uint16_t channel_type;
    struct span computer;
    struct netlogon_authenticator authenticator, return_authenticator;
    struct netlogon_owf current, previous;
    struct netlogon_generic_data *info; /* one number: the trust's attributes; NULL with an error */
    uint32_t status;
};

#define NETLOGON_UPDATE_TDO 1 /* flag of DsrGetForestTrustInformation */
struct netlogon_dsr_forest_info {
    struct span server;
    struct span domain; /* NULL: of the server's own forest */
    uint32_t flags;
    struct lsa_forest_info *info; /* NULL with an error */
    uint32_t status;
};
struct netlogon_forest_info {
    struct span server;
    struct span computer;
    struct netlogon_authenticator authenticator, return_authenticator;
    uint32_t flags;
    struct lsa_forest_info *info;
    uint32_t status;
};

extern const struct ndr_type netlogon_ndr_control, netlogon_ndr_control2, netlogon_ndr_control2_ex,
    netlogon_ndr_enum_trusted, netlogon_ndr_enum_trusted_ex, netlogon_ndr_dsr_enum_trusts,
    netlogon_ndr_trust_passwords_get, netlogon_ndr_get_trust_info, netlogon_ndr_dsr_forest_info,
    netlogon_ndr_forest_info;

#endif
