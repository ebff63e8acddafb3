#include "wire/rpc/netlogon_channel.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"
#include "wire/rpc/netlogon_rows.h"

const struct ndr_type netlogon_ndr_req_challenge = NDR_TABLE(
    CALL, struct netlogon_req_challenge, "NetrServerReqChallenge", 1,
    TEXT_OR_NULL(netlogon_req_challenge, server), TEXT(netlogon_req_challenge, computer),
    ROW(STRUCT, netlogon_req_challenge, client_challenge, IN, OF(netlogon_ndr_credential)),
    ROW(STRUCT, netlogon_req_challenge, server_challenge, OUT, OF(netlogon_ndr_credential)),
    STATUS(netlogon_req_challenge));

#define AUTHENTICATE(T)                                                                            \
    TEXT_OR_NULL(T, server), TEXT(T, account), ROW(U16, T, channel_type, IN), TEXT(T, computer),   \
        ROW(STRUCT, T, client_credential, IN, OF(netlogon_ndr_credential)),                        \
        ROW(STRUCT, T, server_credential, OUT, OF(netlogon_ndr_credential)),                       \
        ROW(U32, T, flags, IN_OUT)
const struct ndr_type netlogon_ndr_authenticate2 =
    NDR_TABLE(CALL, struct netlogon_authenticate2, "NetrServerAuthenticate2", 1,
              AUTHENTICATE(netlogon_authenticate2), STATUS(netlogon_authenticate2));
const struct ndr_type netlogon_ndr_authenticate3 =
    NDR_TABLE(CALL, struct netlogon_authenticate3, "NetrServerAuthenticate3", 1,
              AUTHENTICATE(netlogon_authenticate3), ROW(U32, netlogon_authenticate3, rid, OUT),
              STATUS(netlogon_authenticate3));

static const struct ndr_type capabilities = NDR_TABLE(
    MS_UNION, union netlogon_capabilities, "NETLOGON_CAPABILITIES", 4, ARM(1, U32), ARM(2, U32));
const struct ndr_type netlogon_ndr_get_capabilities = NDR_TABLE(
    CALL, struct netlogon_get_capabilities, "NetrLogonGetCapabilities", 1,
    TEXT(netlogon_get_capabilities, server), TEXT_OR_NULL(netlogon_get_capabilities, computer),
    AUTHENTICATORS(netlogon_get_capabilities, IN_OUT),
    ROW(U32, netlogon_get_capabilities, level, IN),
    ROW(UNION, netlogon_get_capabilities, capabilities, OUT, OF(capabilities),
        SWITCH(netlogon_get_capabilities, level)),
    STATUS(netlogon_get_capabilities));

static const struct ndr_type trust_password =
    NDR_TABLE(STRUCT, struct netlogon_trust_password, "NL_TRUST_PASSWORD", 4,
              ROW(U16, netlogon_trust_password, buffer, FIXED(NETLOGON_PASSWORD_UNITS)),
              ROW(U32, netlogon_trust_password, length));
const struct ndr_type netlogon_ndr_password_set =
    NDR_TABLE(CALL, struct netlogon_password_set, "NetrServerPasswordSet", 1,
              TEXT_OR_NULL(netlogon_password_set, server), TEXT(netlogon_password_set, account),
              ROW(U16, netlogon_password_set, channel_type, IN),
              TEXT(netlogon_password_set, computer), AUTHENTICATORS(netlogon_password_set, OUT),
              ROW(U8, netlogon_password_set, hash, IN, FIXED(16)), STATUS(netlogon_password_set));
const struct ndr_type netlogon_ndr_password_set2 =
    NDR_TABLE(CALL, struct netlogon_password_set2, "NetrServerPasswordSet2", 1,
              TEXT_OR_NULL(netlogon_password_set2, server), TEXT(netlogon_password_set2, account),
              ROW(U16, netlogon_password_set2, channel_type, IN),
              TEXT(netlogon_password_set2, computer), AUTHENTICATORS(netlogon_password_set2, OUT),
              ROW(STRUCT, netlogon_password_set2, password, IN, OF(trust_password)),
              STATUS(netlogon_password_set2));

/* --- NetrLogonGetDomainInfo ------------------------------------------------------------------ */

#define WORKSTATION_TEXT(m) ROW(WSTR, netlogon_workstation, m, UNIQUE, LIMIT(NETLOGON_TEXT_MAX))
static const struct ndr_type workstation = NDR_TABLE(
    STRUCT, struct netlogon_workstation, "NETLOGON_WORKSTATION_INFO", 4,
    ROW(STRUCT, netlogon_workstation, policy, OF(rpc_ndr_bytes)), WORKSTATION_TEXT(dns_host),
    WORKSTATION_TEXT(site), WORKSTATION_TEXT(reserved[0]), WORKSTATION_TEXT(reserved[1]),
    WORKSTATION_TEXT(reserved[2]), WORKSTATION_TEXT(reserved[3]),
    ROW(USTR, netlogon_workstation, os_version, RAW, LIMIT(NETLOGON_OS_VERSION_SIZE / 2)),
    ROW(USTR, netlogon_workstation, os_name),
    ROW(USTR, netlogon_workstation, reserved_names, FIXED(2)),
    ROW(U32, netlogon_workstation, flags), ROW(U32, netlogon_workstation, encryption_types),
    ROW(U32, netlogon_workstation, reserved_numbers, FIXED(2)));
static const struct ndr_type workstation_info =
    NDR_TABLE(MS_UNION, union netlogon_workstation_info, "NETLOGON_WORKSTATION_INFORMATION", 4,
              ARM(1, STRUCT, UNIQUE, OF(workstation)), ARM(2, STRUCT, UNIQUE, OF(workstation)));

static const struct ndr_type one_domain = NDR_TABLE(
    STRUCT, struct netlogon_one_domain, "NETLOGON_ONE_DOMAIN_INFO", 4,
    ROW(USTR, netlogon_one_domain, name, LARGE), ROW(USTR, netlogon_one_domain, dns_name, LARGE),
    ROW(USTR, netlogon_one_domain, dns_forest, LARGE),
    ROW(STRUCT, netlogon_one_domain, guid, OF(ndr_guid)),
    ROW(STRUCT, netlogon_one_domain, sid, UNIQUE, OF(ndr_sid)),
    ROW(USTR, netlogon_one_domain, trust_extension, RAW, LIMIT(NETLOGON_TRUST_EXTENSION_SIZE / 2)),
    ROW(USTR, netlogon_one_domain, reserved, LARGE, FIXED(3)),
    ROW(U32, netlogon_one_domain, reserved_numbers, FIXED(4)));
static const struct ndr_type domain = NDR_TABLE(
    STRUCT, struct netlogon_domain, "NETLOGON_DOMAIN_INFO", 4,
    ROW(STRUCT, netlogon_domain, primary, OF(one_domain)), ROW(U32, netlogon_domain, trusted_count),
    ROW(STRUCT, netlogon_domain, trusted, UNIQUE, SIZE(netlogon_domain, trusted_count),
        LIMIT(NETLOGON_LIST_MAX), OF(one_domain)),
    ROW(STRUCT, netlogon_domain, policy, OF(rpc_ndr_bytes)),
    ROW(USTR, netlogon_domain, dns_host, LARGE),
    ROW(USTR, netlogon_domain, reserved, LARGE, FIXED(3)), ROW(U32, netlogon_domain, flags),
    ROW(U32, netlogon_domain, encryption_types),
    ROW(U32, netlogon_domain, reserved_numbers, FIXED(2)));
static const struct ndr_type domain_info =
    NDR_TABLE(MS_UNION, union netlogon_domain_info, "NETLOGON_DOMAIN_INFORMATION", 4,
              ARM(1, STRUCT, UNIQUE, OF(domain)), ARM(2, STRUCT, UNIQUE, OF(rpc_ndr_bytes)));

const struct ndr_type netlogon_ndr_get_domain_info = NDR_TABLE(
    CALL, struct netlogon_get_domain_info, "NetrLogonGetDomainInfo", 1,
    TEXT(netlogon_get_domain_info, server), TEXT_OR_NULL(netlogon_get_domain_info, computer),
    AUTHENTICATORS(netlogon_get_domain_info, IN_OUT), ROW(U32, netlogon_get_domain_info, level, IN),
    ROW(UNION, netlogon_get_domain_info, workstation, IN, OF(workstation_info),
        SWITCH(netlogon_get_domain_info, level)),
    ROW(UNION, netlogon_get_domain_info, domain, OUT, OF(domain_info),
        SWITCH(netlogon_get_domain_info, level)),
    STATUS(netlogon_get_domain_info));
