/*
 * NETLOGON: logons passed to a domain controller ([MS-NRPC] 2.2.1.4, 3.5.4.5).
 */
#ifndef WIRE_RPC_NETLOGON_LOGON_H
#define WIRE_RPC_NETLOGON_LOGON_H

#include "wire/ms/pac.h"
#include "wire/rpc/netlogon_types.h"

enum netlogon_logon_level { /* NETLOGON_LOGON_INFO_CLASS */
                            NETLOGON_INTERACTIVE = 1,
                            NETLOGON_NETWORK = 2,
                            NETLOGON_SERVICE = 3,
                            NETLOGON_GENERIC = 4,
                            NETLOGON_INTERACTIVE_TRANSITIVE = 5,
                            NETLOGON_NETWORK_TRANSITIVE = 6,
                            NETLOGON_SERVICE_TRANSITIVE = 7,
};
enum netlogon_validation_level { /* NETLOGON_VALIDATION_INFO_CLASS */
                                 NETLOGON_VALIDATION_SAM = 2,
                                 NETLOGON_VALIDATION_SAM2 = 3,
                                 NETLOGON_VALIDATION_GENERIC2 = 5,
                                 NETLOGON_VALIDATION_SAM4 = 6,
};
enum netlogon_parameter_control { /* of an identity; those that decide something */
                                  NETLOGON_CLEARTEXT_ALLOWED = 0x00000002,
                                  NETLOGON_UPDATE_STATISTICS = 0x00000004,
                                  NETLOGON_SERVER_TRUST_ACCOUNT = 0x00000020,
                                  NETLOGON_WORKSTATION_TRUST_ACCOUNT = 0x00000800,
};
enum netlogon_logon_flags { /* ExtraFlags */
                            NETLOGON_PASS_TO_FOREST_ROOT = 1,
                            NETLOGON_PASS_CROSS_FOREST_HOP = 2,
                            NETLOGON_RODC_REFERRED = 4,
                            NETLOGON_NTLMV2_ONLY = 8,
};

struct netlogon_identity {
    struct span domain;
    uint32_t parameter_control;
    uint64_t logon_id;
    struct span account, workstation;
};
struct netlogon_password_logon { /* interactive and service; the hashes are encrypted */
    struct netlogon_identity identity;
    uint8_t lm_hash[16], nt_hash[16];
};
struct netlogon_response { /* STRING */
    uint16_t length, size;
    uint8_t *data;
};
struct netlogon_network_logon {
    struct netlogon_identity identity;
    uint8_t challenge[8];
    struct netlogon_response nt, lm;
};
struct netlogon_generic_logon {
    struct netlogon_identity identity;
    struct span package;
    struct rpc_bytes data;
};
union netlogon_level { /* by enum netlogon_logon_level; NULL possible */
    struct netlogon_password_logon *password;
    struct netlogon_network_logon *network;
    struct netlogon_generic_logon *generic;
};

/* NETLOGON_VALIDATION_SAM_INFO and _SAM_INFO2 are as the PAC has them, without the resource groups
 * (the first also without extra SIDs): struct pac_logon_info. */
struct netlogon_sam_info4 {
    struct pac_logon_info base;
    struct span dns_domain, upn;
    struct span reserved[10];
};
union netlogon_validation {     /* by enum netlogon_validation_level; NULL with an error */
    struct pac_logon_info *sam; /* SAM, SAM2 */
    struct rpc_bytes *generic;
    struct netlogon_sam_info4 *sam4;
};

/* NetrLogonSamLogon and NetrLogonSamLogonWithFlags (the other one has no flags) */
struct netlogon_sam_logon {
    struct span server, computer;                                        /* NULL: none */
    struct netlogon_authenticator *authenticator, *return_authenticator; /* NULL: none */
    uint16_t logon_level;
    union netlogon_level logon;
    uint16_t validation_level;
    union netlogon_validation validation;
    uint8_t authoritative;
    uint32_t flags;
    uint32_t status;
};
struct netlogon_sam_logon_ex {
    struct span server, computer; /* NULL: none */
    uint16_t logon_level;
    union netlogon_level logon;
    uint16_t validation_level;
    union netlogon_validation validation;
    uint8_t authoritative;
    uint32_t flags;
    uint32_t status;
};
struct netlogon_sam_logoff {
    struct span server, computer;                                        /* NULL: none */
    struct netlogon_authenticator *authenticator, *return_authenticator; /* NULL: none */
    uint16_t logon_level;
    union netlogon_level logon;
    uint32_t status;
};

extern const struct ndr_type netlogon_ndr_sam_logon, netlogon_ndr_sam_logon_flags,
    netlogon_ndr_sam_logon_ex, netlogon_ndr_sam_logoff;

#endif
