#include "wire/rpc/netlogon_logon.h"

#include "wire/ms/ndr_types.h"
#include "wire/rpc/netlogon_rows.h"

/* --- NETLOGON_LEVEL -------------------------------------------------------------------------- */

static const struct ndr_type identity =
    NDR_TABLE(STRUCT, struct netlogon_identity, "NETLOGON_LOGON_IDENTITY_INFO", 4,
              ROW(USTR, netlogon_identity, domain), ROW(U32, netlogon_identity, parameter_control),
              ROW(TIME, netlogon_identity, logon_id), ROW(USTR, netlogon_identity, account),
              ROW(USTR, netlogon_identity, workstation));
static const struct ndr_type password_logon =
    NDR_TABLE(STRUCT, struct netlogon_password_logon, "NETLOGON_INTERACTIVE_INFO", 4,
              ROW(STRUCT, netlogon_password_logon, identity, OF(identity)),
              ROW(U8, netlogon_password_logon, lm_hash, FIXED(16)),
              ROW(U8, netlogon_password_logon, nt_hash, FIXED(16)));
static const struct ndr_type response = NDR_TABLE(
    STRUCT, struct netlogon_response, "STRING", 4, ROW(U16, netlogon_response, length),
    ROW(U16, netlogon_response, size),
    ROW(U8, netlogon_response, data, UNIQUE, SIZE_LENGTH(netlogon_response, size, length)));
static const struct ndr_type network_logon =
    NDR_TABLE(STRUCT, struct netlogon_network_logon, "NETLOGON_NETWORK_INFO", 4,
              ROW(STRUCT, netlogon_network_logon, identity, OF(identity)),
              ROW(U8, netlogon_network_logon, challenge, FIXED(8)),
              ROW(STRUCT, netlogon_network_logon, nt, OF(response)),
              ROW(STRUCT, netlogon_network_logon, lm, OF(response)));
static const struct ndr_type generic_logon =
    NDR_TABLE(STRUCT, struct netlogon_generic_logon, "NETLOGON_GENERIC_INFO", 4,
              ROW(STRUCT, netlogon_generic_logon, identity, OF(identity)),
              ROW(USTR, netlogon_generic_logon, package),
              ROW(STRUCT, netlogon_generic_logon, data, OF(rpc_ndr_bytes)));

static const struct ndr_type level =
    NDR_TABLE(MS_UNION, union netlogon_level, "NETLOGON_LEVEL", 2,
              ARM(NETLOGON_INTERACTIVE, STRUCT, UNIQUE, OF(password_logon)),
              ARM(NETLOGON_INTERACTIVE_TRANSITIVE, STRUCT, UNIQUE, OF(password_logon)),
              ARM(NETLOGON_SERVICE, STRUCT, UNIQUE, OF(password_logon)),
              ARM(NETLOGON_SERVICE_TRANSITIVE, STRUCT, UNIQUE, OF(password_logon)),
              ARM(NETLOGON_NETWORK, STRUCT, UNIQUE, OF(network_logon)),
              ARM(NETLOGON_NETWORK_TRANSITIVE, STRUCT, UNIQUE, OF(network_logon)),
              ARM(NETLOGON_GENERIC, STRUCT, UNIQUE, OF(generic_logon)), ARM_DEFAULT(VOID));

/* --- NETLOGON_VALIDATION --------------------------------------------------------------------- */

static const struct ndr_type sam4 =
    NDR_TABLE(STRUCT, struct netlogon_sam_info4, "NETLOGON_VALIDATION_SAM_INFO4", 4,
              ROW(STRUCT, netlogon_sam_info4, base, OF(ndr_sam_info2)),
              ROW(USTR, netlogon_sam_info4, dns_domain), ROW(USTR, netlogon_sam_info4, upn),
              ROW(USTR, netlogon_sam_info4, reserved, FIXED(10)));
static const struct ndr_type validation =
    NDR_TABLE(MS_UNION, union netlogon_validation, "NETLOGON_VALIDATION", 2,
              ARM(NETLOGON_VALIDATION_SAM, STRUCT, UNIQUE, OF(ndr_sam_info)),
              ARM(NETLOGON_VALIDATION_SAM2, STRUCT, UNIQUE, OF(ndr_sam_info2)),
              ARM(NETLOGON_VALIDATION_GENERIC2, STRUCT, UNIQUE, OF(rpc_ndr_bytes)),
              ARM(NETLOGON_VALIDATION_SAM4, STRUCT, UNIQUE, OF(sam4)), ARM_DEFAULT(VOID));

/* --- calls ----------------------------------------------------------------------------------- */

#define WHO(T) TEXT_OR_NULL(T, server), TEXT_OR_NULL(T, computer)
#define OPTIONAL_AUTHENTICATORS(T)                                                                 \
    ROW(STRUCT, T, authenticator, IN, UNIQUE, OF(netlogon_ndr_authenticator)),                     \
        ROW(STRUCT, T, return_authenticator, IN_OUT, UNIQUE, OF(netlogon_ndr_authenticator))
#define LEVEL(T)                                                                                   \
    ROW(U16, T, logon_level, IN), ROW(UNION, T, logon, IN, OF(level), SWITCH(T, logon_level))
#define VALIDATION(T)                                                                              \
    ROW(U16, T, validation_level, IN),                                                             \
        ROW(UNION, T, validation, OUT, OF(validation), SWITCH(T, validation_level)),               \
        ROW(U8, T, authoritative, OUT)

const struct ndr_type netlogon_ndr_sam_logon =
    NDR_TABLE(CALL, struct netlogon_sam_logon, "NetrLogonSamLogon", 1, WHO(netlogon_sam_logon),
              OPTIONAL_AUTHENTICATORS(netlogon_sam_logon), LEVEL(netlogon_sam_logon),
              VALIDATION(netlogon_sam_logon), STATUS(netlogon_sam_logon));
const struct ndr_type netlogon_ndr_sam_logon_flags =
    NDR_TABLE(CALL, struct netlogon_sam_logon, "NetrLogonSamLogonWithFlags", 1,
              WHO(netlogon_sam_logon), OPTIONAL_AUTHENTICATORS(netlogon_sam_logon),
              LEVEL(netlogon_sam_logon), VALIDATION(netlogon_sam_logon),
              ROW(U32, netlogon_sam_logon, flags, IN_OUT), STATUS(netlogon_sam_logon));
const struct ndr_type netlogon_ndr_sam_logon_ex = NDR_TABLE(
    CALL, struct netlogon_sam_logon_ex, "NetrLogonSamLogonEx", 1, WHO(netlogon_sam_logon_ex),
    LEVEL(netlogon_sam_logon_ex), VALIDATION(netlogon_sam_logon_ex),
    ROW(U32, netlogon_sam_logon_ex, flags, IN_OUT), STATUS(netlogon_sam_logon_ex));
const struct ndr_type netlogon_ndr_sam_logoff =
    NDR_TABLE(CALL, struct netlogon_sam_logoff, "NetrLogonSamLogoff", 1, WHO(netlogon_sam_logoff),
              OPTIONAL_AUTHENTICATORS(netlogon_sam_logoff), LEVEL(netlogon_sam_logoff),
              STATUS(netlogon_sam_logoff));
