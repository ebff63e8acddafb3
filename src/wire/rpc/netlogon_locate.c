#include "wire/rpc/netlogon_locate.h"

#include "wire/ms/ndr_types.h"
#include "wire/rpc/netlogon_rows.h"

#define ADDRESSES_MAX 32000 /* [MS-NRPC] 3.5.4.3.7 */

/* --- domain controllers ---------------------------------------------------------------------- */

#define INFO_TEXT(m) ROW(WSTR, netlogon_dc_info, m, UNIQUE)
static const struct ndr_type dc_info = NDR_TABLE(
    STRUCT, struct netlogon_dc_info, "DOMAIN_CONTROLLER_INFOW", 4, INFO_TEXT(dc_name),
    INFO_TEXT(dc_address), ROW(U32, netlogon_dc_info, address_type),
    ROW(STRUCT, netlogon_dc_info, domain_guid, OF(ndr_guid)), INFO_TEXT(domain), INFO_TEXT(forest),
    ROW(U32, netlogon_dc_info, flags), INFO_TEXT(dc_site), INFO_TEXT(client_site));

#define GUID_OR_NULL(T, m) ROW(STRUCT, T, m, IN, UNIQUE, OF(ndr_guid))
#define ANSWER(T)          ROW(U32, T, flags, IN), ROW(STRUCT, T, info, OUT, UNIQUE, OF(dc_info)), STATUS(T)

const struct ndr_type netlogon_ndr_dsr_get_dc_name =
    NDR_TABLE(CALL, struct netlogon_dsr_get_dc_name, "DsrGetDcName", 1,
              TEXT_OR_NULL(netlogon_dsr_get_dc_name, computer),
              TEXT_OR_NULL(netlogon_dsr_get_dc_name, domain),
              GUID_OR_NULL(netlogon_dsr_get_dc_name, domain_guid),
              GUID_OR_NULL(netlogon_dsr_get_dc_name, site_guid), ANSWER(netlogon_dsr_get_dc_name));

const struct ndr_type netlogon_ndr_dsr_get_dc_name_ex =
    NDR_TABLE(CALL, struct netlogon_dsr_get_dc_name_ex, "DsrGetDcNameEx", 1,
              TEXT_OR_NULL(netlogon_dsr_get_dc_name_ex, computer),
              TEXT_OR_NULL(netlogon_dsr_get_dc_name_ex, domain),
              GUID_OR_NULL(netlogon_dsr_get_dc_name_ex, domain_guid),
              TEXT_OR_NULL(netlogon_dsr_get_dc_name_ex, site), ANSWER(netlogon_dsr_get_dc_name_ex));

const struct ndr_type netlogon_ndr_dsr_get_dc_name_ex2 = NDR_TABLE(
    CALL, struct netlogon_dsr_get_dc_name_ex2, "DsrGetDcNameEx2", 1,
    TEXT_OR_NULL(netlogon_dsr_get_dc_name_ex2, computer),
    TEXT_OR_NULL(netlogon_dsr_get_dc_name_ex2, account),
    ROW(U32, netlogon_dsr_get_dc_name_ex2, account_control, IN),
    TEXT_OR_NULL(netlogon_dsr_get_dc_name_ex2, domain),
    GUID_OR_NULL(netlogon_dsr_get_dc_name_ex2, domain_guid),
    TEXT_OR_NULL(netlogon_dsr_get_dc_name_ex2, site), ANSWER(netlogon_dsr_get_dc_name_ex2));

#define TEXT_OUT(T, m) ROW(WSTR, T, m, OUT, UNIQUE)
const struct ndr_type netlogon_ndr_get_dc_name =
    NDR_TABLE(CALL, struct netlogon_get_dc_name, "NetrGetDCName", 1,
              TEXT(netlogon_get_dc_name, server), TEXT_OR_NULL(netlogon_get_dc_name, domain),
              TEXT_OUT(netlogon_get_dc_name, dc_name), STATUS(netlogon_get_dc_name));
const struct ndr_type netlogon_ndr_get_any_dc_name = NDR_TABLE(
    CALL, struct netlogon_get_dc_name, "NetrGetAnyDCName", 1,
    TEXT_OR_NULL(netlogon_get_dc_name, server), TEXT_OR_NULL(netlogon_get_dc_name, domain),
    TEXT_OUT(netlogon_get_dc_name, dc_name), STATUS(netlogon_get_dc_name));

/* --- sites ----------------------------------------------------------------------------------- */

const struct ndr_type netlogon_ndr_dsr_get_site_name =
    NDR_TABLE(CALL, struct netlogon_dsr_get_site_name, "DsrGetSiteName", 1,
              TEXT_OR_NULL(netlogon_dsr_get_site_name, computer),
              TEXT_OUT(netlogon_dsr_get_site_name, site), STATUS(netlogon_dsr_get_site_name));

static const struct ndr_type address =
    NDR_TABLE(STRUCT, struct netlogon_address, "NL_SOCKET_ADDRESS", 4,
              ROW(U8, netlogon_address, bytes, UNIQUE, SIZE(netlogon_address, length),
                  LIMIT(NETLOGON_ADDRESS_MAX)),
              ROW(U32, netlogon_address, length));

#define NAMES(T, m) ROW(USTR, T, m, UNIQUE, SIZE(T, count), LIMIT(ADDRESSES_MAX))
static const struct ndr_type sites =
    NDR_TABLE(STRUCT, struct netlogon_sites, "NL_SITE_NAME_ARRAY", 4,
              ROW(U32, netlogon_sites, count), NAMES(netlogon_sites, names));
static const struct ndr_type sites_ex =
    NDR_TABLE(STRUCT, struct netlogon_sites_ex, "NL_SITE_NAME_EX_ARRAY", 4,
              ROW(U32, netlogon_sites_ex, count), NAMES(netlogon_sites_ex, names),
              NAMES(netlogon_sites_ex, subnets));

#define ADDRESSES(T)                                                                               \
    TEXT_OR_NULL(T, computer), ROW(U32, T, count, IN),                                             \
        ROW(STRUCT, T, addresses, IN, REF, SIZE(T, count), LIMIT(ADDRESSES_MAX), OF(address))
const struct ndr_type netlogon_ndr_dsr_address_to_sites =
    NDR_TABLE(CALL, struct netlogon_dsr_address_to_sites, "DsrAddressToSiteNamesW", 1,
              ADDRESSES(netlogon_dsr_address_to_sites),
              ROW(STRUCT, netlogon_dsr_address_to_sites, sites, OUT, UNIQUE, OF(sites)),
              STATUS(netlogon_dsr_address_to_sites));
const struct ndr_type netlogon_ndr_dsr_address_to_sites_ex =
    NDR_TABLE(CALL, struct netlogon_dsr_address_to_sites_ex, "DsrAddressToSiteNamesExW", 1,
              ADDRESSES(netlogon_dsr_address_to_sites_ex),
              ROW(STRUCT, netlogon_dsr_address_to_sites_ex, sites, OUT, UNIQUE, OF(sites_ex)),
              STATUS(netlogon_dsr_address_to_sites_ex));
const struct ndr_type netlogon_ndr_dsr_site_coverage =
    NDR_TABLE(CALL, struct netlogon_dsr_site_coverage, "DsrGetDcSiteCoverageW", 1,
              TEXT_OR_NULL(netlogon_dsr_site_coverage, server),
              ROW(STRUCT, netlogon_dsr_site_coverage, sites, OUT, UNIQUE, OF(sites)),
              STATUS(netlogon_dsr_site_coverage));

const struct ndr_type netlogon_ndr_dsr_deregister_dns =
    NDR_TABLE(CALL, struct netlogon_dsr_deregister_dns, "DsrDeregisterDnsHostRecords", 1,
              TEXT_OR_NULL(netlogon_dsr_deregister_dns, server),
              TEXT_OR_NULL(netlogon_dsr_deregister_dns, domain),
              GUID_OR_NULL(netlogon_dsr_deregister_dns, domain_guid),
              GUID_OR_NULL(netlogon_dsr_deregister_dns, dsa_guid),
              TEXT(netlogon_dsr_deregister_dns, host), STATUS(netlogon_dsr_deregister_dns));
