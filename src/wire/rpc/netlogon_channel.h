/*
 * NETLOGON: the secure channel ([MS-NRPC] 3.5.4.4), and what a member asks over it first.
 */
#ifndef WIRE_RPC_NETLOGON_CHANNEL_H
#define WIRE_RPC_NETLOGON_CHANNEL_H

#include "wire/rpc/netlogon_types.h"

enum netlogon_negotiate_flags { /* [MS-NRPC] 3.1.4.2; those that decide something */
                                NETLOGON_NEG_ARCFOUR = 0x00000004,
                                NETLOGON_NEG_STRONG_KEYS = 0x00004000,
                                NETLOGON_NEG_PASSWORD_SET2 = 0x00020000,
                                NETLOGON_NEG_GET_DOMAIN_INFO = 0x00040000,
                                NETLOGON_NEG_CROSS_FOREST = 0x00080000,
                                NETLOGON_NEG_RODC = 0x00200000,
                                NETLOGON_NEG_AES = 0x01000000,
                                NETLOGON_NEG_SECURE_RPC = 0x40000000,
                                NETLOGON_NEG_KERBEROS = 0x80000000, /* authentication by Kerberos
                                                                       instead of a channel */
};

struct netlogon_req_challenge {
    struct span server; /* NULL: none */
    struct span computer;
    struct netlogon_credential client_challenge, server_challenge;
    uint32_t status;
};
struct netlogon_authenticate2 {
    struct span server;
    struct span account;
    uint16_t channel_type;
    struct span computer;
    struct netlogon_credential client_credential, server_credential;
    uint32_t flags;
    uint32_t status;
};
struct netlogon_authenticate3 {
    struct span server;
    struct span account;
    uint16_t channel_type;
    struct span computer;
    struct netlogon_credential client_credential, server_credential;
    uint32_t flags;
    uint32_t rid;
    uint32_t status;
};

union netlogon_capabilities {
    uint32_t server;    /* level 1: the flags that were agreed */
    uint32_t requested; /* level 2: the flags that the client asked for */
};
struct netlogon_get_capabilities {
    struct span server;
    struct span computer; /* NULL: none */
    struct netlogon_authenticator authenticator, return_authenticator;
    uint32_t level;
    union netlogon_capabilities capabilities;
    uint32_t status;
};

#define NETLOGON_PASSWORD_UNITS 256
struct netlogon_trust_password { /* NL_TRUST_PASSWORD, encrypted as a whole */
    uint16_t buffer[NETLOGON_PASSWORD_UNITS];
    uint32_t length; /* in bytes */
};
/* NL_PASSWORD_VERSION, in front of a trust's new password within the buffer. */
#define NETLOGON_PASSWORD_VERSION_PRESENT 0x02231968
struct netlogon_password_set { /* the hash of one, encrypted */
    struct span server;
    struct span account;
    uint16_t channel_type;
    struct span computer;
    struct netlogon_authenticator authenticator, return_authenticator;
    uint8_t hash[16];
    uint32_t status;
};
struct netlogon_password_set2 {
    struct span server;
    struct span account;
    uint16_t channel_type;
    struct span computer;
    struct netlogon_authenticator authenticator, return_authenticator;
    struct netlogon_trust_password password;
    uint32_t status;
};

/* --- NetrLogonGetDomainInfo ------------------------------------------------------------------ */

#define NETLOGON_OS_VERSION_SIZE      284 /* bytes: OSVERSIONINFOEXW */
#define NETLOGON_TRUST_EXTENSION_SIZE 16  /* bytes: flags, parent index, trust type, attributes */

struct netlogon_workstation {
    struct rpc_bytes policy;
    struct span dns_host, site; /* NULL: none; so the others */
    struct span reserved[4];
    struct span os_version; /* bytes, not text */
    struct span os_name;
    struct span reserved_names[2];
    uint32_t flags;
    uint32_t encryption_types;
    uint32_t reserved_numbers[2];
};
enum netlogon_workstation_flags {
    NETLOGON_WORKSTATION_INBOUND_TRUSTS = 1, /* wants those too */
    NETLOGON_WORKSTATION_UPDATES_SPNS = 2,
};
union netlogon_workstation_info {
    struct netlogon_workstation *workstation; /* levels 1, 2 */
};

struct netlogon_one_domain {
    struct span name, dns_name, dns_forest;
    struct guid guid;
    const struct sid *sid;
    struct span trust_extension; /* bytes, not text */
    struct span reserved[3];
    uint32_t reserved_numbers[4];
};
struct netlogon_domain {
    struct netlogon_one_domain primary;
    uint32_t trusted_count;
    struct netlogon_one_domain *trusted;
    struct rpc_bytes policy;
    struct span dns_host;
    struct span reserved[3];
    uint32_t flags;
    uint32_t encryption_types;
    uint32_t reserved_numbers[2];
};
union netlogon_domain_info {
    struct netlogon_domain *domain; /* level 1 */
    struct rpc_bytes *policy;       /* level 2 */
};
struct netlogon_get_domain_info {
    struct span server;
    struct span computer; /* NULL: none */
    struct netlogon_authenticator authenticator, return_authenticator;
    uint32_t level;
    union netlogon_workstation_info workstation;
    union netlogon_domain_info domain;
    uint32_t status;
};

extern const struct ndr_type netlogon_ndr_req_challenge, netlogon_ndr_authenticate2,
    netlogon_ndr_authenticate3, netlogon_ndr_get_capabilities, netlogon_ndr_password_set,
    netlogon_ndr_password_set2, netlogon_ndr_get_domain_info;

#endif
