/*
 * NETLOGON ([MS-NRPC]): what its files share.
 *
 * A client that has a secret with us makes a session (netlogon_authenticate.c), then binds with
 * RPC_AUTH_NETLOGON to it (rpc_channel.h) and calls what needs a secure channel over that sealed
 * connection alone. Calls carry an authenticator, too, which steps the session's chain.
 */
#ifndef RPC_NETLOGON_SERVICE_H
#define RPC_NETLOGON_SERVICE_H

#include "rpc/lsa_service.h"
#include "rpc/netlogon_account.h"
#include "rpc/rpc_channel.h"

/* NET_API_STATUS ([MS-ERREF] 2.2), of the calls that do not answer NTSTATUS */
enum werror {
    WERR_OK = 0,
    WERR_INVALID_FUNCTION = 1,
    WERR_ACCESS_DENIED = 5,
    WERR_NOT_ENOUGH_MEMORY = 8,
    WERR_NOT_SUPPORTED = 50,
    WERR_INVALID_PASSWORD = 86,
    WERR_INVALID_PARAMETER = 87,
    WERR_INVALID_LEVEL = 124,
    WERR_INVALID_FLAGS = 1004,
    WERR_DOWNGRADE_DETECTED = 1265,
    WERR_NO_LOGON_SERVERS = 1311,
    WERR_NO_SUCH_DOMAIN = 1355,
    WERR_NO_TRUST_LSA_SECRET = 1786,
    WERR_NO_TRUST_SAM_ACCOUNT = 1787,
    WERR_TRUST_INCONSISTENT = 1810,
    WERR_USER_NOT_FOUND = 2221,
};

/* The session of a call over a secure channel. computer: as the call gives it; NULL (empty): the
 * channel's. asked and answered NULL: a call without authenticators. NT_OK; else the status to
 * answer, and the event was written. */
uint32_t netlogon_enter(struct rpc_ctx *c, struct span computer,
                        const struct netlogon_authenticator *asked,
                        struct netlogon_authenticator *answered, struct netlogon_session **out);

/* Writes the event of a call over a channel, or of the attempt to make one. */
void netlogon_event(const struct rpc_ctx *c, const char *name, enum reason why, struct span account,
                    struct span computer);

/* Names and domains of our own forest, in the arena of the call. A status. */
struct lsa_forest_info;
uint32_t netlogon_own_forest(struct rpc_ctx *c, struct lsa_forest_info **out);

/* Our own domain first, then those that it has a trust with; each that has one of the flags (enum
 * netlogon_trust_flags). In the arena of the call. */
struct netlogon_domain_trusts;
enum err netlogon_list_domains(struct rpc_ctx *c, uint32_t flags,
                               struct netlogon_domain_trusts *out);

/* The calls. */
uint32_t netlogon_req_challenge(struct rpc_ctx *c, void *args);
uint32_t netlogon_authenticate2(struct rpc_ctx *c, void *args);
uint32_t netlogon_authenticate3(struct rpc_ctx *c, void *args);
uint32_t netlogon_control_oldest(struct rpc_ctx *c, void *args);
uint32_t netlogon_control2(struct rpc_ctx *c, void *args);
uint32_t netlogon_control2_ex(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_enum_trusts(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_forest_info(struct rpc_ctx *c, void *args);
uint32_t netlogon_enum_trusted(struct rpc_ctx *c, void *args);
uint32_t netlogon_enum_trusted_ex(struct rpc_ctx *c, void *args);
uint32_t netlogon_get_trust_info(struct rpc_ctx *c, void *args);
uint32_t netlogon_trust_passwords_get(struct rpc_ctx *c, void *args);
uint32_t netlogon_get_domain_info(struct rpc_ctx *c, void *args);
uint32_t netlogon_get_capabilities(struct rpc_ctx *c, void *args);
uint32_t netlogon_forest_info(struct rpc_ctx *c, void *args);
uint32_t netlogon_sam_logon(struct rpc_ctx *c, void *args);
uint32_t netlogon_sam_logon_ex(struct rpc_ctx *c, void *args);
uint32_t netlogon_sam_logoff(struct rpc_ctx *c, void *args);
uint32_t netlogon_password_set(struct rpc_ctx *c, void *args);
uint32_t netlogon_password_set2(struct rpc_ctx *c, void *args);
uint32_t netlogon_get_dc_name(struct rpc_ctx *c, void *args);
uint32_t netlogon_get_any_dc_name(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_get_dc_name(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_get_dc_name_ex(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_get_dc_name_ex2(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_get_site_name(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_address_to_sites(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_address_to_sites_ex(struct rpc_ctx *c, void *args);
uint32_t netlogon_dsr_site_coverage(struct rpc_ctx *c, void *args);

#endif
