#include "wire/rpc/netlogon_types.h"

#include "wire/ndr/ndr_table.h"
#include "wire/rpc/netlogon_channel.h"
#include "wire/rpc/netlogon_locate.h"
#include "wire/rpc/netlogon_logon.h"
#include "wire/rpc/netlogon_trust.h"

const struct ndr_type netlogon_ndr_credential =
    NDR_TABLE(STRUCT, struct netlogon_credential, "NETLOGON_CREDENTIAL", 1,
              ROW(U8, netlogon_credential, bytes, FIXED(8)));
const struct ndr_type netlogon_ndr_authenticator =
    NDR_TABLE(STRUCT, struct netlogon_authenticator, "NETLOGON_AUTHENTICATOR", 4,
              ROW(STRUCT, netlogon_authenticator, credential, OF(netlogon_ndr_credential)),
              ROW(U32, netlogon_authenticator, timestamp));

static const struct rpc_call calls[] = {
    {NETLOGON_SAM_LOGON, &netlogon_ndr_sam_logon},
    {NETLOGON_SAM_LOGOFF, &netlogon_ndr_sam_logoff},
    {NETLOGON_REQ_CHALLENGE, &netlogon_ndr_req_challenge},
    {NETLOGON_PASSWORD_SET, &netlogon_ndr_password_set},
    {NETLOGON_GET_DC_NAME, &netlogon_ndr_get_dc_name},
    {NETLOGON_CONTROL, &netlogon_ndr_control},
    {NETLOGON_GET_ANY_DC_NAME, &netlogon_ndr_get_any_dc_name},
    {NETLOGON_CONTROL2, &netlogon_ndr_control2},
    {NETLOGON_AUTHENTICATE2, &netlogon_ndr_authenticate2},
    {NETLOGON_CONTROL2_EX, &netlogon_ndr_control2_ex},
    {NETLOGON_ENUM_TRUSTED, &netlogon_ndr_enum_trusted},
    {NETLOGON_DSR_GET_DC_NAME, &netlogon_ndr_dsr_get_dc_name},
    {NETLOGON_GET_CAPABILITIES, &netlogon_ndr_get_capabilities},
    {NETLOGON_AUTHENTICATE3, &netlogon_ndr_authenticate3},
    {NETLOGON_DSR_GET_DC_NAME_EX, &netlogon_ndr_dsr_get_dc_name_ex},
    {NETLOGON_DSR_GET_SITE_NAME, &netlogon_ndr_dsr_get_site_name},
    {NETLOGON_GET_DOMAIN_INFO, &netlogon_ndr_get_domain_info},
    {NETLOGON_PASSWORD_SET2, &netlogon_ndr_password_set2},
    {NETLOGON_DSR_ADDRESS_TO_SITES, &netlogon_ndr_dsr_address_to_sites},
    {NETLOGON_DSR_GET_DC_NAME_EX2, &netlogon_ndr_dsr_get_dc_name_ex2},
    {NETLOGON_ENUM_TRUSTED_EX, &netlogon_ndr_enum_trusted_ex},
    {NETLOGON_DSR_ADDRESS_TO_SITES_EX, &netlogon_ndr_dsr_address_to_sites_ex},
    {NETLOGON_DSR_SITE_COVERAGE, &netlogon_ndr_dsr_site_coverage},
    {NETLOGON_SAM_LOGON_EX, &netlogon_ndr_sam_logon_ex},
    {NETLOGON_DSR_ENUM_TRUSTS, &netlogon_ndr_dsr_enum_trusts},
    {NETLOGON_DSR_DEREGISTER_DNS, &netlogon_ndr_dsr_deregister_dns},
    {NETLOGON_TRUST_PASSWORDS_GET, &netlogon_ndr_trust_passwords_get},
    {NETLOGON_DSR_FOREST_INFO, &netlogon_ndr_dsr_forest_info},
    {NETLOGON_FOREST_INFO, &netlogon_ndr_forest_info},
    {NETLOGON_SAM_LOGON_FLAGS, &netlogon_ndr_sam_logon_flags},
    {NETLOGON_GET_TRUST_INFO, &netlogon_ndr_get_trust_info},
};

const struct rpc_iface netlogon_iface = {
    .name = "netlogon",
    .id = {{{0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67,
             0xcf, 0xfb}},
           1,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
