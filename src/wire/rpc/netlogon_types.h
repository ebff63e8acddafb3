/*
 * NETLOGON ([MS-NRPC]): what its calls share. The secure channel is in netlogon_channel.h, logons
 * in netlogon_logon.h, finding domain controllers and sites in netlogon_locate.h, trusts and the
 * state of channels in netlogon_trust.h.
 */
#ifndef WIRE_RPC_NETLOGON_TYPES_H
#define WIRE_RPC_NETLOGON_TYPES_H

#include "wire/rpc/rpc_iface.h"

enum netlogon_opnum {
    NETLOGON_SAM_LOGON = 2,
    NETLOGON_SAM_LOGOFF = 3,
    NETLOGON_REQ_CHALLENGE = 4,
    NETLOGON_PASSWORD_SET = 6,
    NETLOGON_GET_DC_NAME = 11,
    NETLOGON_CONTROL = 12,
    NETLOGON_GET_ANY_DC_NAME = 13,
    NETLOGON_CONTROL2 = 14,
    NETLOGON_AUTHENTICATE2 = 15,
    NETLOGON_CONTROL2_EX = 18,
    NETLOGON_ENUM_TRUSTED = 19,
    NETLOGON_DSR_GET_DC_NAME = 20,
    NETLOGON_GET_CAPABILITIES = 21,
    NETLOGON_AUTHENTICATE3 = 26,
    NETLOGON_DSR_GET_DC_NAME_EX = 27,
    NETLOGON_DSR_GET_SITE_NAME = 28,
    NETLOGON_GET_DOMAIN_INFO = 29,
    NETLOGON_PASSWORD_SET2 = 30,
    NETLOGON_DSR_ADDRESS_TO_SITES = 33,
    NETLOGON_DSR_GET_DC_NAME_EX2 = 34,
    NETLOGON_ENUM_TRUSTED_EX = 36,
    NETLOGON_DSR_ADDRESS_TO_SITES_EX = 37,
    NETLOGON_DSR_SITE_COVERAGE = 38,
    NETLOGON_SAM_LOGON_EX = 39,
    NETLOGON_DSR_ENUM_TRUSTS = 40,
    NETLOGON_DSR_DEREGISTER_DNS = 41,
    NETLOGON_TRUST_PASSWORDS_GET = 42,
    NETLOGON_DSR_FOREST_INFO = 43,
    NETLOGON_FOREST_INFO = 44,
    NETLOGON_SAM_LOGON_FLAGS = 45,
    NETLOGON_GET_TRUST_INFO = 46,
};

#define NETLOGON_TEXT_MAX 257  /* characters of a name with its zero */
#define NETLOGON_LIST_MAX 4096 /* entries of a list */

struct netlogon_credential { /* also a challenge */
    uint8_t bytes[8];
};
struct netlogon_authenticator {
    struct netlogon_credential credential;
    uint32_t timestamp;
};
extern const struct ndr_type netlogon_ndr_credential, netlogon_ndr_authenticator;

enum netlogon_channel_type { /* NETLOGON_SECURE_CHANNEL_TYPE */
                             NETLOGON_CHANNEL_WORKSTATION = 2,
                             NETLOGON_CHANNEL_DNS_DOMAIN =
                                 3, /* a trust; the account is the partner's DNS name and a dot */
                             NETLOGON_CHANNEL_DOMAIN =
                                 4, /* a trust; the account is the partner's NetBIOS name and $ */
                             NETLOGON_CHANNEL_SERVER = 6, /* a domain controller of the domain */
                             NETLOGON_CHANNEL_RODC = 7,
};

#endif
