/*
 * NETLOGON: finding domain controllers and sites ([MS-NRPC] 3.5.4.3).
 */
#ifndef WIRE_RPC_NETLOGON_LOCATE_H
#define WIRE_RPC_NETLOGON_LOCATE_H

#include "wire/rpc/netlogon_types.h"

#define NETLOGON_ADDRESS_MAX 128 /* bytes of a socket address */

enum netlogon_locate_flags { /* of a question, [MS-NRPC] 3.5.4.3.1 */
                             NETLOGON_FORCE_REDISCOVERY = 0x00000001,
                             NETLOGON_DS_REQUIRED = 0x00000010,
                             NETLOGON_DS_PREFERRED = 0x00000020,
                             NETLOGON_GC_REQUIRED = 0x00000040,
                             NETLOGON_PDC_REQUIRED = 0x00000080,
                             NETLOGON_BACKGROUND_ONLY = 0x00000100,
                             NETLOGON_IP_REQUIRED = 0x00000200,
                             NETLOGON_KDC_REQUIRED = 0x00000400,
                             NETLOGON_TIMESERV_REQUIRED = 0x00000800,
                             NETLOGON_WRITABLE_REQUIRED = 0x00001000,
                             NETLOGON_GOOD_TIMESERV_PREFERRED = 0x00002000,
                             NETLOGON_AVOID_SELF = 0x00004000,
                             NETLOGON_ONLY_LDAP_NEEDED = 0x00008000,
                             NETLOGON_IS_FLAT_NAME = 0x00010000,
                             NETLOGON_IS_DNS_NAME = 0x00020000,
                             NETLOGON_RETURN_DNS_NAME = 0x40000000,
                             NETLOGON_RETURN_FLAT_NAME = 0x80000000,
};
enum netlogon_address_type {
    NETLOGON_ADDRESS_INET = 1,
    NETLOGON_ADDRESS_NETBIOS = 2,
};

struct netlogon_dc_info {            /* DOMAIN_CONTROLLER_INFOW; texts may be NULL */
    struct span dc_name, dc_address; /* with two backslashes in front */
    uint32_t address_type;
    struct guid domain_guid;
    struct span domain, forest;
    uint32_t flags; /* as in the answer to a ping: wire/ms/netlogon_ping.h */
    struct span dc_site, client_site;
};

struct netlogon_dsr_get_dc_name {
    struct span computer, domain; /* NULL: none; so the others */
    struct guid *domain_guid, *site_guid;
    uint32_t flags;
    struct netlogon_dc_info *info; /* NULL with an error */
    uint32_t status;
};
struct netlogon_dsr_get_dc_name_ex {
    struct span computer, domain;
    struct guid *domain_guid;
    struct span site;
    uint32_t flags;
    struct netlogon_dc_info *info;
    uint32_t status;
};
struct netlogon_dsr_get_dc_name_ex2 {
    struct span computer, account;
    uint32_t account_control; /* which kinds of account would do */
    struct span domain;
    struct guid *domain_guid;
    struct span site;
    uint32_t flags;
    struct netlogon_dc_info *info;
    uint32_t status;
};
struct netlogon_dsr_get_site_name {
    struct span computer;
    struct span site; /* NULL with an error */
    uint32_t status;
};
struct netlogon_get_dc_name { /* NetrGetDCName, NetrGetAnyDCName */
    struct span server, domain;
    struct span dc_name; /* NULL with an error */
    uint32_t status;
};

struct netlogon_address {
    uint8_t *bytes; /* a Windows sockaddr */
    uint32_t length;
};
struct netlogon_sites {
    uint32_t count;
    struct span *names; /* each may be NULL */
};
struct netlogon_sites_ex {
    uint32_t count;
    struct span *names, *subnets;
};
struct netlogon_dsr_address_to_sites {
    struct span computer;
    uint32_t count;
    struct netlogon_address *addresses;
    struct netlogon_sites *sites; /* NULL with an error */
    uint32_t status;
};
struct netlogon_dsr_address_to_sites_ex {
    struct span computer;
    uint32_t count;
    struct netlogon_address *addresses;
    struct netlogon_sites_ex *sites;
    uint32_t status;
};
struct netlogon_dsr_site_coverage {
    struct span server;
    struct netlogon_sites *sites;
    uint32_t status;
};
struct netlogon_dsr_deregister_dns {
    struct span server, domain;
    struct guid *domain_guid, *dsa_guid;
    struct span host;
    uint32_t status;
};

extern const struct ndr_type netlogon_ndr_dsr_get_dc_name, netlogon_ndr_dsr_get_dc_name_ex,
    netlogon_ndr_dsr_get_dc_name_ex2, netlogon_ndr_dsr_get_site_name, netlogon_ndr_get_dc_name,
    netlogon_ndr_get_any_dc_name, netlogon_ndr_dsr_address_to_sites,
    netlogon_ndr_dsr_address_to_sites_ex, netlogon_ndr_dsr_site_coverage,
    netlogon_ndr_dsr_deregister_dns;

#endif
