/*
 * NETLOGON: the table of its calls. What makes a session must be reached by who has none, over
 * connections that protect nothing; the calls behind it ask for the secure channel themselves.
 */
#include "rpc/netlogon_service.h"

static const struct rpc_handler handlers[] = {
    {NETLOGON_REQ_CHALLENGE, RPC_FOR_NOBODY | RPC_BARE, netlogon_req_challenge},
    {NETLOGON_GET_DC_NAME, 0, netlogon_get_dc_name},
    {NETLOGON_GET_ANY_DC_NAME, 0, netlogon_get_any_dc_name},
    {NETLOGON_AUTHENTICATE2, RPC_FOR_NOBODY | RPC_BARE, netlogon_authenticate2},
    {NETLOGON_DSR_GET_DC_NAME, 0, netlogon_dsr_get_dc_name},
    {NETLOGON_GET_CAPABILITIES, RPC_FOR_NOBODY | RPC_BARE, netlogon_get_capabilities},
    {NETLOGON_AUTHENTICATE3, RPC_FOR_NOBODY | RPC_BARE, netlogon_authenticate3},
    {NETLOGON_DSR_GET_DC_NAME_EX, 0, netlogon_dsr_get_dc_name_ex},
    {NETLOGON_DSR_GET_SITE_NAME, 0, netlogon_dsr_get_site_name},
    {NETLOGON_PASSWORD_SET2, RPC_FOR_NOBODY | RPC_BARE, netlogon_password_set2},
    {NETLOGON_DSR_GET_DC_NAME_EX2, 0, netlogon_dsr_get_dc_name_ex2},
    {NETLOGON_FOREST_INFO, RPC_FOR_NOBODY | RPC_BARE, netlogon_forest_info},
};
const struct rpc_service rpc_netlogon_service = {.iface = &netlogon_iface,
                                                 .note = "Netlogon",
                                                 .pipes = {"lsass", "netlogon"},
                                                 .transports = RPC_ON_TCP | RPC_ON_PIPE,
                                                 .tcp_level = RPC_LEVEL_INTEGRITY,
                                                 .handlers = handlers,
                                                 .count = sizeof(handlers) / sizeof(handlers[0])};
