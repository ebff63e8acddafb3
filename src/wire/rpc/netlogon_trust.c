#include "wire/rpc/netlogon_trust.h"

#include "wire/ms/ndr_types.h"
#include "wire/rpc/netlogon_rows.h"

/* --- NetrLogonControl ------------------------------------------------------------------------ */

static const struct ndr_type control_data = NDR_TABLE(
    MS_UNION, union netlogon_control_data, "NETLOGON_CONTROL_DATA_INFORMATION", 4,
    ARM(NETLOGON_CONTROL_REDISCOVER, WSTR, UNIQUE), ARM(NETLOGON_CONTROL_TC_QUERY, WSTR, UNIQUE),
    ARM(NETLOGON_CONTROL_CHANGE_PASSWORD, WSTR, UNIQUE),
    ARM(NETLOGON_CONTROL_TC_VERIFY, WSTR, UNIQUE), ARM(NETLOGON_CONTROL_SET_DBFLAG, U32),
    ARM(NETLOGON_CONTROL_FIND_USER, WSTR, UNIQUE), ARM_DEFAULT(VOID));

static const struct ndr_type info1 =
    NDR_TABLE(STRUCT, struct netlogon_info1, "NETLOGON_INFO_1", 4, ROW(U32, netlogon_info1, flags),
              ROW(U32, netlogon_info1, pdc_status));
static const struct ndr_type info2 =
    NDR_TABLE(STRUCT, struct netlogon_info2, "NETLOGON_INFO_2", 4, ROW(U32, netlogon_info2, flags),
              ROW(U32, netlogon_info2, pdc_status), ROW(WSTR, netlogon_info2, dc_name, UNIQUE),
              ROW(U32, netlogon_info2, tc_status));
static const struct ndr_type info3 = NDR_TABLE(
    STRUCT, struct netlogon_info3, "NETLOGON_INFO_3", 4, ROW(U32, netlogon_info3, flags),
    ROW(U32, netlogon_info3, logon_attempts), ROW(U32, netlogon_info3, reserved, FIXED(5)));
static const struct ndr_type info4 = NDR_TABLE(STRUCT, struct netlogon_info4, "NETLOGON_INFO_4", 4,
                                               ROW(WSTR, netlogon_info4, dc_name, UNIQUE),
                                               ROW(WSTR, netlogon_info4, domain, UNIQUE));
static const struct ndr_type control_info = NDR_TABLE(
    MS_UNION, union netlogon_control_info, "NETLOGON_CONTROL_QUERY_INFORMATION", 4,
    ARM(1, STRUCT, UNIQUE, OF(info1)), ARM(2, STRUCT, UNIQUE, OF(info2)),
    ARM(3, STRUCT, UNIQUE, OF(info3)), ARM(4, STRUCT, UNIQUE, OF(info4)), ARM_DEFAULT(VOID));

#define CONTROL_WHAT                                                                               \
    TEXT_OR_NULL(netlogon_control, server), ROW(U32, netlogon_control, code, IN),                  \
        ROW(U32, netlogon_control, level, IN)
#define CONTROL_DATA                                                                               \
    ROW(UNION, netlogon_control, data, IN, OF(control_data), SWITCH(netlogon_control, code))
#define CONTROL_ANSWER                                                                             \
    ROW(UNION, netlogon_control, info, OUT, OF(control_info), SWITCH(netlogon_control, level)),    \
        STATUS(netlogon_control)
const struct ndr_type netlogon_ndr_control =
    NDR_TABLE(CALL, struct netlogon_control, "NetrLogonControl", 1, CONTROL_WHAT, CONTROL_ANSWER);
const struct ndr_type netlogon_ndr_control2 =
    NDR_TABLE(CALL, struct netlogon_control, "NetrLogonControl2", 1, CONTROL_WHAT, CONTROL_DATA,
              CONTROL_ANSWER);
const struct ndr_type netlogon_ndr_control2_ex =
    NDR_TABLE(CALL, struct netlogon_control, "NetrLogonControl2Ex", 1, CONTROL_WHAT, CONTROL_DATA,
              CONTROL_ANSWER);

/* --- lists of trusts ------------------------------------------------------------------------- */

static const struct ndr_type domain_trust =
    NDR_TABLE(STRUCT, struct netlogon_domain_trust, "DS_DOMAIN_TRUSTSW", 4,
              ROW(WSTR, netlogon_domain_trust, flat_name, UNIQUE),
              ROW(WSTR, netlogon_domain_trust, dns_name, UNIQUE),
              ROW(U32, netlogon_domain_trust, flags), ROW(U32, netlogon_domain_trust, parent_index),
              ROW(U32, netlogon_domain_trust, type), ROW(U32, netlogon_domain_trust, attributes),
              ROW(STRUCT, netlogon_domain_trust, sid, UNIQUE, OF(ndr_sid)),
              ROW(STRUCT, netlogon_domain_trust, guid, OF(ndr_guid)));
static const struct ndr_type domain_trusts =
    NDR_TABLE(STRUCT, struct netlogon_domain_trusts, "NETLOGON_TRUSTED_DOMAIN_ARRAY", 4,
              ROW(U32, netlogon_domain_trusts, count),
              ROW(STRUCT, netlogon_domain_trusts, trusts, UNIQUE,
                  SIZE(netlogon_domain_trusts, count), LIMIT(NETLOGON_LIST_MAX), OF(domain_trust)));

#define TRUSTS                                                                                     \
    ROW(STRUCT, netlogon_enum_trusts, trusts, OUT, OF(domain_trusts)), STATUS(netlogon_enum_trusts)
const struct ndr_type netlogon_ndr_enum_trusted_ex =
    NDR_TABLE(CALL, struct netlogon_enum_trusts, "NetrEnumerateTrustedDomainsEx", 1,
              TEXT_OR_NULL(netlogon_enum_trusts, server), TRUSTS);
const struct ndr_type netlogon_ndr_dsr_enum_trusts = NDR_TABLE(
    CALL, struct netlogon_enum_trusts, "DsrEnumerateDomainTrusts", 1,
    TEXT_OR_NULL(netlogon_enum_trusts, server), ROW(U32, netlogon_enum_trusts, flags, IN), TRUSTS);
const struct ndr_type netlogon_ndr_enum_trusted =
    NDR_TABLE(CALL, struct netlogon_enum_trusted, "NetrEnumerateTrustedDomains", 1,
              TEXT_OR_NULL(netlogon_enum_trusted, server),
              ROW(STRUCT, netlogon_enum_trusted, names, OUT, OF(rpc_ndr_bytes)),
              STATUS(netlogon_enum_trusted));

/* --- secrets and names of a trust ------------------------------------------------------------ */

static const struct ndr_type owf = NDR_TABLE(STRUCT, struct netlogon_owf, "NT_OWF_PASSWORD", 1,
                                             ROW(U8, netlogon_owf, bytes, FIXED(16)));
#define GENERIC_MAX 4096
static const struct ndr_type generic_data =
    NDR_TABLE(STRUCT, struct netlogon_generic_data, "NL_GENERIC_RPC_DATA", 4,
              ROW(U32, netlogon_generic_data, number_count),
              ROW(U32, netlogon_generic_data, numbers, UNIQUE,
                  SIZE(netlogon_generic_data, number_count), LIMIT(GENERIC_MAX)),
              ROW(U32, netlogon_generic_data, text_count),
              ROW(USTR, netlogon_generic_data, texts, UNIQUE,
                  SIZE(netlogon_generic_data, text_count), LIMIT(GENERIC_MAX)));

#define PASSWORDS(T)                                                                               \
    TEXT_OR_NULL(T, server), TEXT(T, account), ROW(U16, T, channel_type, IN), TEXT(T, computer),   \
        AUTHENTICATORS(T, OUT), ROW(STRUCT, T, current, OUT, OF(owf)),                             \
        ROW(STRUCT, T, previous, OUT, OF(owf))
const struct ndr_type netlogon_ndr_trust_passwords_get =
    NDR_TABLE(CALL, struct netlogon_trust_passwords_get, "NetrServerTrustPasswordsGet", 1,
              PASSWORDS(netlogon_trust_passwords_get), STATUS(netlogon_trust_passwords_get));
const struct ndr_type netlogon_ndr_get_trust_info =
    NDR_TABLE(CALL, struct netlogon_get_trust_info, "NetrServerGetTrustInfo", 1,
              PASSWORDS(netlogon_get_trust_info),
              ROW(STRUCT, netlogon_get_trust_info, info, OUT, UNIQUE, OF(generic_data)),
              STATUS(netlogon_get_trust_info));

const struct ndr_type netlogon_ndr_dsr_forest_info = NDR_TABLE(
    CALL, struct netlogon_dsr_forest_info, "DsrGetForestTrustInformation", 1,
    TEXT_OR_NULL(netlogon_dsr_forest_info, server), TEXT_OR_NULL(netlogon_dsr_forest_info, domain),
    ROW(U32, netlogon_dsr_forest_info, flags, IN),
    ROW(STRUCT, netlogon_dsr_forest_info, info, OUT, UNIQUE, OF(lsa_ndr_forest_info)),
    STATUS(netlogon_dsr_forest_info));
const struct ndr_type netlogon_ndr_forest_info =
    NDR_TABLE(CALL, struct netlogon_forest_info, "NetrGetForestTrustInformation", 1,
              TEXT_OR_NULL(netlogon_forest_info, server), TEXT(netlogon_forest_info, computer),
              AUTHENTICATORS(netlogon_forest_info, OUT), ROW(U32, netlogon_forest_info, flags, IN),
              ROW(STRUCT, netlogon_forest_info, info, OUT, UNIQUE, OF(lsa_ndr_forest_info)),
              STATUS(netlogon_forest_info));
