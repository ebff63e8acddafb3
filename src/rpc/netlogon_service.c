/*
 * NETLOGON: the table of its calls. What makes a session must be reached by who has none, over
 * connections that protect nothing; the calls behind it ask for the secure channel themselves.
 */
#include "rpc/netlogon_service.h"

#define BARE    (RPC_FOR_NOBODY | RPC_BARE)
#define CHANNEL BARE /* netlogon_enter asks, and says why not */

static const struct rpc_handler handlers[] = {
    {NETLOGON_SAM_LOGON, CHANNEL | RPC_WAITS, netlogon_sam_logon},
    {NETLOGON_SAM_LOGOFF, CHANNEL, netlogon_sam_logoff},
    {NETLOGON_REQ_CHALLENGE, BARE, netlogon_req_challenge},
    {NETLOGON_PASSWORD_SET, CHANNEL, netlogon_password_set},
    {NETLOGON_GET_DC_NAME, 0, netlogon_get_dc_name},
    {NETLOGON_CONTROL, RPC_WAITS, netlogon_control_oldest},
    {NETLOGON_GET_ANY_DC_NAME, 0, netlogon_get_any_dc_name},
    {NETLOGON_CONTROL2, RPC_WAITS, netlogon_control2},
    {NETLOGON_AUTHENTICATE2, BARE, netlogon_authenticate2},
    {NETLOGON_CONTROL2_EX, RPC_WAITS, netlogon_control2_ex},
    {NETLOGON_ENUM_TRUSTED, 0, netlogon_enum_trusted},
    {NETLOGON_DSR_GET_DC_NAME, 0, netlogon_dsr_get_dc_name},
    {NETLOGON_GET_CAPABILITIES, CHANNEL, netlogon_get_capabilities},
    {NETLOGON_AUTHENTICATE3, BARE, netlogon_authenticate3},
    {NETLOGON_DSR_GET_DC_NAME_EX, 0, netlogon_dsr_get_dc_name_ex},
    {NETLOGON_DSR_GET_SITE_NAME, 0, netlogon_dsr_get_site_name},
    {NETLOGON_GET_DOMAIN_INFO, CHANNEL, netlogon_get_domain_info},
    {NETLOGON_PASSWORD_SET2, CHANNEL, netlogon_password_set2},
    {NETLOGON_DSR_ADDRESS_TO_SITES, 0, netlogon_dsr_address_to_sites},
    {NETLOGON_DSR_GET_DC_NAME_EX2, 0, netlogon_dsr_get_dc_name_ex2},
    {NETLOGON_ENUM_TRUSTED_EX, 0, netlogon_enum_trusted_ex},
    {NETLOGON_DSR_ADDRESS_TO_SITES_EX, 0, netlogon_dsr_address_to_sites_ex},
    {NETLOGON_DSR_SITE_COVERAGE, 0, netlogon_dsr_site_coverage},
    {NETLOGON_SAM_LOGON_EX, CHANNEL | RPC_WAITS, netlogon_sam_logon_ex},
    {NETLOGON_DSR_ENUM_TRUSTS, 0, netlogon_dsr_enum_trusts},
    {NETLOGON_TRUST_PASSWORDS_GET, CHANNEL, netlogon_trust_passwords_get},
    {NETLOGON_DSR_FOREST_INFO, RPC_WAITS, netlogon_dsr_forest_info},
    {NETLOGON_FOREST_INFO, CHANNEL, netlogon_forest_info},
    {NETLOGON_SAM_LOGON_FLAGS, CHANNEL | RPC_WAITS, netlogon_sam_logon},
    {NETLOGON_GET_TRUST_INFO, CHANNEL, netlogon_get_trust_info},
};
const struct rpc_service rpc_netlogon_service = {.iface = &netlogon_iface,
                                                 .note = "Netlogon",
                                                 .pipes = {"lsass", "netlogon"},
                                                 .transports = RPC_ON_TCP | RPC_ON_PIPE,
                                                 .tcp_level = RPC_LEVEL_INTEGRITY,
                                                 .handlers = handlers,
                                                 .count = sizeof(handlers) / sizeof(handlers[0])};
