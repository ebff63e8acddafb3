#include "wire/rpc/lsa_trust.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"
#include "wire/rpc/lsa_trust_tables.h"

/* --- creating and opening -------------------------------------------------------------------- */

/* All calls that create or open a trusted domain end alike. */
#define POLICY(T) ROW(STRUCT, T, policy, IN, OF(rpc_ndr_handle))
#define OPENED(T)                                                                                  \
    ROW(U32, T, access, IN), ROW(STRUCT, T, handle, OUT, OF(rpc_ndr_handle)),                      \
        ROW(U32, T, status, OUT)
#define STATUS(T) ROW(U32, T, status, OUT)

const struct ndr_type lsa_ndr_create_trusted = NDR_TABLE(
    CALL, struct lsa_create_trusted, "LsarCreateTrustedDomain", 1, POLICY(lsa_create_trusted),
    ROW(STRUCT, lsa_create_trusted, info, IN, OF(lsa_ndr_domain)), OPENED(lsa_create_trusted));

#define CREATE(T, name, auth_type)                                                                 \
    NDR_TABLE(CALL, struct T, name, 1, POLICY(T),                                                  \
              ROW(STRUCT, T, info, IN, OF(lsa_ndr_trusted_ex)),                                    \
              ROW(STRUCT, T, auth, IN, OF(auth_type)), OPENED(T))
const struct ndr_type lsa_ndr_create_trusted_ex =
    CREATE(lsa_create_trusted_ex, "LsarCreateTrustedDomainEx", lsa_ndr_trusted_auth);
const struct ndr_type lsa_ndr_create_trusted_ex2 =
    CREATE(lsa_create_trusted_ex2, "LsarCreateTrustedDomainEx2", lsa_ndr_trusted_auth_internal);
const struct ndr_type lsa_ndr_create_trusted_ex3 =
    CREATE(lsa_create_trusted_ex3, "LsarCreateTrustedDomainEx3", lsa_ndr_trusted_auth_aes);

/* Who is meant: by SID or by name. */
#define BY_SID(T)  POLICY(T), ROW(STRUCT, T, sid, IN, REF, OF(ndr_sid))
#define BY_NAME(T) POLICY(T), ROW(USTR, T, name, IN)

const struct ndr_type lsa_ndr_open_trusted =
    NDR_TABLE(CALL, struct lsa_open_trusted, "LsarOpenTrustedDomain", 1, BY_SID(lsa_open_trusted),
              OPENED(lsa_open_trusted));
const struct ndr_type lsa_ndr_open_trusted_by_name =
    NDR_TABLE(CALL, struct lsa_open_trusted_by_name, "LsarOpenTrustedDomainByName", 1,
              BY_NAME(lsa_open_trusted_by_name), OPENED(lsa_open_trusted_by_name));
const struct ndr_type lsa_ndr_delete_trusted =
    NDR_TABLE(CALL, struct lsa_delete_trusted, "LsarDeleteTrustedDomain", 1,
              BY_SID(lsa_delete_trusted), STATUS(lsa_delete_trusted));

/* --- asking and setting ---------------------------------------------------------------------- */

#define QUERY(T)                                                                                   \
    ROW(U16, T, level, IN),                                                                        \
        ROW(UNION, T, info, OUT, UNIQUE, OF(lsa_ndr_trusted_info), SWITCH(T, level)), STATUS(T)
const struct ndr_type lsa_ndr_query_trusted = NDR_TABLE(
    CALL, struct lsa_query_trusted, "LsarQueryInfoTrustedDomain", 1,
    ROW(STRUCT, lsa_query_trusted, handle, IN, OF(rpc_ndr_handle)), QUERY(lsa_query_trusted));
const struct ndr_type lsa_ndr_query_trusted_by_sid =
    NDR_TABLE(CALL, struct lsa_query_trusted_by_sid, "LsarQueryTrustedDomainInfo", 1,
              BY_SID(lsa_query_trusted_by_sid), QUERY(lsa_query_trusted_by_sid));
const struct ndr_type lsa_ndr_query_trusted_by_name =
    NDR_TABLE(CALL, struct lsa_query_trusted_by_name, "LsarQueryTrustedDomainInfoByName", 1,
              BY_NAME(lsa_query_trusted_by_name), QUERY(lsa_query_trusted_by_name));

#define SET(T)                                                                                     \
    ROW(U16, T, level, IN), ROW(UNION, T, info, IN, OF(lsa_ndr_trusted_info), SWITCH(T, level)),   \
        STATUS(T)
const struct ndr_type lsa_ndr_set_trusted =
    NDR_TABLE(CALL, struct lsa_set_trusted, "LsarSetInformationTrustedDomain", 1,
              ROW(STRUCT, lsa_set_trusted, handle, IN, OF(rpc_ndr_handle)), SET(lsa_set_trusted));
const struct ndr_type lsa_ndr_set_trusted_by_sid =
    NDR_TABLE(CALL, struct lsa_set_trusted_by_sid, "LsarSetTrustedDomainInfo", 1,
              BY_SID(lsa_set_trusted_by_sid), SET(lsa_set_trusted_by_sid));
const struct ndr_type lsa_ndr_set_trusted_by_name =
    NDR_TABLE(CALL, struct lsa_set_trusted_by_name, "LsarSetTrustedDomainInfoByName", 1,
              BY_NAME(lsa_set_trusted_by_name), SET(lsa_set_trusted_by_name));

/* --- lists ----------------------------------------------------------------------------------- */

static const struct ndr_type trusted_list =
    NDR_TABLE(STRUCT, struct lsa_trusted_list, "LSAPR_TRUSTED_ENUM_BUFFER", 4,
              ROW(U32, lsa_trusted_list, count),
              ROW(STRUCT, lsa_trusted_list, domains, UNIQUE, SIZE(lsa_trusted_list, count),
                  LIMIT(LSA_LIST_MAX), OF(lsa_ndr_domain)));
static const struct ndr_type trusted_list_ex =
    NDR_TABLE(STRUCT, struct lsa_trusted_list_ex, "LSAPR_TRUSTED_ENUM_BUFFER_EX", 4,
              ROW(U32, lsa_trusted_list_ex, count),
              ROW(STRUCT, lsa_trusted_list_ex, domains, UNIQUE, SIZE(lsa_trusted_list_ex, count),
                  LIMIT(LSA_LIST_MAX), OF(lsa_ndr_trusted_ex)));

#define ENUM(T, name, list_type)                                                                   \
    NDR_TABLE(CALL, struct T, name, 1, POLICY(T), ROW(U32, T, resume, IN_OUT),                     \
              ROW(STRUCT, T, list, OUT, OF(list_type)), ROW(U32, T, max_size, IN), STATUS(T))
const struct ndr_type lsa_ndr_enum_trusted =
    ENUM(lsa_enum_trusted, "LsarEnumerateTrustedDomains", trusted_list);
const struct ndr_type lsa_ndr_enum_trusted_ex =
    ENUM(lsa_enum_trusted_ex, "LsarEnumerateTrustedDomainsEx", trusted_list_ex);

/* --- forest trust information ---------------------------------------------------------------- */

const struct ndr_type lsa_ndr_query_forest_info =
    NDR_TABLE(CALL, struct lsa_query_forest_info, "LsarQueryForestTrustInformation", 1,
              BY_NAME(lsa_query_forest_info), ROW(U16, lsa_query_forest_info, highest_type, IN),
              ROW(STRUCT, lsa_query_forest_info, info, OUT, UNIQUE, OF(lsa_ndr_forest_info)),
              STATUS(lsa_query_forest_info));

const struct ndr_type lsa_ndr_set_forest_info =
    NDR_TABLE(CALL, struct lsa_set_forest_info, "LsarSetForestTrustInformation", 1,
              POLICY(lsa_set_forest_info), ROW(USTR, lsa_set_forest_info, name, IN_LARGE),
              ROW(U16, lsa_set_forest_info, highest_type, IN),
              ROW(STRUCT, lsa_set_forest_info, info, IN, OF(lsa_ndr_forest_info)),
              ROW(U8, lsa_set_forest_info, check_only, IN),
              ROW(STRUCT, lsa_set_forest_info, collisions, OUT, UNIQUE, OF(lsa_ndr_collisions)),
              STATUS(lsa_set_forest_info));
