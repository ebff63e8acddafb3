#include "wire/rpc/lsa_policy.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

#define AUDIT_EVENTS_MAX 1000

/* --- LSAPR_POLICY_INFORMATION ---------------------------------------------------------------- */

static const struct ndr_type audit_log =
    NDR_TABLE(STRUCT, struct lsa_audit_log, "POLICY_AUDIT_LOG_INFO", 8,
              ROW(U32, lsa_audit_log, percent_full), ROW(U32, lsa_audit_log, max_size),
              ROW(U64, lsa_audit_log, retention), ROW(U8, lsa_audit_log, shutdown_in_progress),
              ROW(U64, lsa_audit_log, time_to_shutdown), ROW(U32, lsa_audit_log, next_record));

static const struct ndr_type audit_events =
    NDR_TABLE(STRUCT, struct lsa_audit_events, "LSAPR_POLICY_AUDIT_EVENTS_INFO", 4,
              ROW(U8, lsa_audit_events, mode),
              ROW(U32, lsa_audit_events, options, UNIQUE, SIZE(lsa_audit_events, count),
                  LIMIT(AUDIT_EVENTS_MAX)),
              ROW(U32, lsa_audit_events, count));

static const struct ndr_type pd_account =
    NDR_TABLE(STRUCT, struct lsa_pd_account, "LSAPR_POLICY_PD_ACCOUNT_INFO", 4,
              ROW(USTR, lsa_pd_account, name));

static const struct ndr_type server_role =
    NDR_TABLE(STRUCT, struct lsa_server_role_info, "POLICY_LSA_SERVER_ROLE_INFO", 2,
              ROW(U16, lsa_server_role_info, role));

static const struct ndr_type replica_source =
    NDR_TABLE(STRUCT, struct lsa_replica_source, "LSAPR_POLICY_REPLICA_SRCE_INFO", 4,
              ROW(USTR, lsa_replica_source, source), ROW(USTR, lsa_replica_source, account));

static const struct ndr_type quota = NDR_TABLE(
    STRUCT, struct lsa_quota, "QUOTA_LIMITS", 8, ROW(U32, lsa_quota, paged_pool),
    ROW(U32, lsa_quota, non_paged_pool), ROW(U32, lsa_quota, min_set), ROW(U32, lsa_quota, max_set),
    ROW(U32, lsa_quota, page_file), ROW(U64, lsa_quota, reserved));

static const struct ndr_type modification =
    NDR_TABLE(STRUCT, struct lsa_modification, "POLICY_MODIFICATION_INFO", 8,
              ROW(U64, lsa_modification, id), ROW(U64, lsa_modification, created));

static const struct ndr_type full_set =
    NDR_TABLE(STRUCT, struct lsa_audit_full_set, "POLICY_AUDIT_FULL_SET_INFO", 1,
              ROW(U8, lsa_audit_full_set, shutdown_on_full));

static const struct ndr_type full_query = NDR_TABLE(
    STRUCT, struct lsa_audit_full_query, "POLICY_AUDIT_FULL_QUERY_INFO", 1,
    ROW(U8, lsa_audit_full_query, shutdown_on_full), ROW(U8, lsa_audit_full_query, is_full));

static const struct ndr_type dns_domain = NDR_TABLE(
    STRUCT, struct lsa_dns_domain, "LSAPR_POLICY_DNS_DOMAIN_INFO", 4,
    ROW(USTR, lsa_dns_domain, name, LARGE), ROW(USTR, lsa_dns_domain, dns_domain, LARGE),
    ROW(USTR, lsa_dns_domain, dns_forest, LARGE), ROW(STRUCT, lsa_dns_domain, guid, OF(ndr_guid)),
    ROW(STRUCT, lsa_dns_domain, sid, UNIQUE, OF(ndr_sid)));

static const struct ndr_type machine_account = NDR_TABLE(
    STRUCT, struct lsa_machine_account, "LSAPR_POLICY_MACHINE_ACCT_INFO", 4,
    ROW(U32, lsa_machine_account, rid), ROW(STRUCT, lsa_machine_account, sid, UNIQUE, OF(ndr_sid)));

static const struct ndr_type policy_info =
    NDR_TABLE(MS_UNION, union lsa_policy_info, "LSAPR_POLICY_INFORMATION", 2,
              ARM(LSA_POLICY_AUDIT_LOG, STRUCT, OF(audit_log)),
              ARM(LSA_POLICY_AUDIT_EVENTS, STRUCT, OF(audit_events)),
              ARM(LSA_POLICY_PRIMARY_DOMAIN, STRUCT, OF(lsa_ndr_domain)),
              ARM(LSA_POLICY_PD_ACCOUNT, STRUCT, OF(pd_account)),
              ARM(LSA_POLICY_ACCOUNT_DOMAIN, STRUCT, OF(lsa_ndr_domain)),
              ARM(LSA_POLICY_SERVER_ROLE, STRUCT, OF(server_role)),
              ARM(LSA_POLICY_REPLICA_SOURCE, STRUCT, OF(replica_source)),
              ARM(LSA_POLICY_QUOTA, STRUCT, OF(quota)),
              ARM(LSA_POLICY_MODIFICATION, STRUCT, OF(modification)),
              ARM(LSA_POLICY_AUDIT_FULL_SET, STRUCT, OF(full_set)),
              ARM(LSA_POLICY_AUDIT_FULL_QUERY, STRUCT, OF(full_query)),
              ARM(LSA_POLICY_DNS_DOMAIN, STRUCT, OF(dns_domain)),
              ARM(LSA_POLICY_DNS_DOMAIN_INT, STRUCT, OF(dns_domain)),
              ARM(LSA_POLICY_LOCAL_ACCOUNT_DOMAIN, STRUCT, OF(lsa_ndr_domain)),
              ARM(LSA_POLICY_MACHINE_ACCOUNT, STRUCT, OF(machine_account)));

/* --- LSAPR_POLICY_DOMAIN_INFORMATION --------------------------------------------------------- */

static const struct ndr_type domain_quality =
    NDR_TABLE(STRUCT, struct lsa_domain_quality, "POLICY_DOMAIN_QUALITY_OF_SERVICE_INFO", 4,
              ROW(U32, lsa_domain_quality, quality));

static const struct ndr_type kerberos_policy =
    NDR_TABLE(STRUCT, struct lsa_kerberos_policy, "POLICY_DOMAIN_KERBEROS_TICKET_INFO", 8,
              ROW(U32, lsa_kerberos_policy, options), ROW(U64, lsa_kerberos_policy, service_ticket),
              ROW(U64, lsa_kerberos_policy, user_ticket), ROW(U64, lsa_kerberos_policy, renewal),
              ROW(U64, lsa_kerberos_policy, clock_skew), ROW(U64, lsa_kerberos_policy, reserved));

static const struct ndr_type domain_policy =
    NDR_TABLE(MS_UNION, union lsa_domain_policy, "LSAPR_POLICY_DOMAIN_INFORMATION", 2,
              ARM(LSA_DOMAIN_QUALITY, STRUCT, OF(domain_quality)),
              ARM(LSA_DOMAIN_EFS, STRUCT, OF(rpc_ndr_bytes)),
              ARM(LSA_DOMAIN_KERBEROS, STRUCT, OF(kerberos_policy)));

/* --- calls ----------------------------------------------------------------------------------- */

const struct ndr_type lsa_ndr_open_policy =
    NDR_TABLE(CALL, struct lsa_open_policy, "LsarOpenPolicy", 1,
              ROW(U16, lsa_open_policy, system, IN, UNIQUE),
              ROW(STRUCT, lsa_open_policy, attributes, IN, OF(lsa_ndr_attributes)),
              ROW(U32, lsa_open_policy, access, IN),
              ROW(STRUCT, lsa_open_policy, handle, OUT, OF(rpc_ndr_handle)),
              ROW(U32, lsa_open_policy, status, OUT));

const struct ndr_type lsa_ndr_open_policy2 =
    NDR_TABLE(CALL, struct lsa_open_policy2, "LsarOpenPolicy2", 1,
              ROW(WSTR, lsa_open_policy2, system, IN, UNIQUE),
              ROW(STRUCT, lsa_open_policy2, attributes, IN, OF(lsa_ndr_attributes)),
              ROW(U32, lsa_open_policy2, access, IN),
              ROW(STRUCT, lsa_open_policy2, handle, OUT, OF(rpc_ndr_handle)),
              ROW(U32, lsa_open_policy2, status, OUT));

static const struct ndr_type revision1 =
    NDR_TABLE(STRUCT, struct lsa_revision1, "LSAPR_REVISION_INFO_V1", 4,
              ROW(U32, lsa_revision1, revision), ROW(U32, lsa_revision1, features));
static const struct ndr_type revision = NDR_TABLE(
    MS_UNION, union lsa_revision, "LSAPR_REVISION_INFO", 4, ARM(1, STRUCT, OF(revision1)));

const struct ndr_type lsa_ndr_open_policy3 =
    NDR_TABLE(CALL, struct lsa_open_policy3, "LsarOpenPolicy3", 1,
              ROW(WSTR, lsa_open_policy3, system, IN, UNIQUE),
              ROW(STRUCT, lsa_open_policy3, attributes, IN, OF(lsa_ndr_attributes)),
              ROW(U32, lsa_open_policy3, access, IN), ROW(U32, lsa_open_policy3, in_version, IN),
              ROW(UNION, lsa_open_policy3, in_revision, IN, OF(revision),
                  SWITCH(lsa_open_policy3, in_version)),
              ROW(U32, lsa_open_policy3, out_version, OUT),
              ROW(UNION, lsa_open_policy3, out_revision, OUT, OF(revision),
                  SWITCH(lsa_open_policy3, out_version)),
              ROW(STRUCT, lsa_open_policy3, handle, OUT, OF(rpc_ndr_handle)),
              ROW(U32, lsa_open_policy3, status, OUT));

#define QUERY_ROWS                                                                                 \
    ROW(STRUCT, lsa_query_policy, handle, IN, OF(rpc_ndr_handle)),                                 \
        ROW(U16, lsa_query_policy, level, IN),                                                     \
        ROW(UNION, lsa_query_policy, info, OUT, UNIQUE, OF(policy_info),                           \
            SWITCH(lsa_query_policy, level)),                                                      \
        ROW(U32, lsa_query_policy, status, OUT)
const struct ndr_type lsa_ndr_query_policy =
    NDR_TABLE(CALL, struct lsa_query_policy, "LsarQueryInformationPolicy", 1, QUERY_ROWS);
const struct ndr_type lsa_ndr_query_policy2 =
    NDR_TABLE(CALL, struct lsa_query_policy, "LsarQueryInformationPolicy2", 1, QUERY_ROWS);

#define SET_ROWS                                                                                   \
    ROW(STRUCT, lsa_set_policy, handle, IN, OF(rpc_ndr_handle)),                                   \
        ROW(U16, lsa_set_policy, level, IN),                                                       \
        ROW(UNION, lsa_set_policy, info, IN, OF(policy_info), SWITCH(lsa_set_policy, level)),      \
        ROW(U32, lsa_set_policy, status, OUT)
const struct ndr_type lsa_ndr_set_policy =
    NDR_TABLE(CALL, struct lsa_set_policy, "LsarSetInformationPolicy", 1, SET_ROWS);
const struct ndr_type lsa_ndr_set_policy2 =
    NDR_TABLE(CALL, struct lsa_set_policy, "LsarSetInformationPolicy2", 1, SET_ROWS);

const struct ndr_type lsa_ndr_query_domain_policy =
    NDR_TABLE(CALL, struct lsa_query_domain_policy, "LsarQueryDomainInformationPolicy", 1,
              ROW(STRUCT, lsa_query_domain_policy, handle, IN, OF(rpc_ndr_handle)),
              ROW(U16, lsa_query_domain_policy, level, IN),
              ROW(UNION, lsa_query_domain_policy, info, OUT, UNIQUE, OF(domain_policy),
                  SWITCH(lsa_query_domain_policy, level)),
              ROW(U32, lsa_query_domain_policy, status, OUT));

const struct ndr_type lsa_ndr_set_domain_policy =
    NDR_TABLE(CALL, struct lsa_set_domain_policy, "LsarSetDomainInformationPolicy", 1,
              ROW(STRUCT, lsa_set_domain_policy, handle, IN, OF(rpc_ndr_handle)),
              ROW(U16, lsa_set_domain_policy, level, IN),
              ROW(UNION, lsa_set_domain_policy, info, IN, UNIQUE, OF(domain_policy),
                  SWITCH(lsa_set_domain_policy, level)),
              ROW(U32, lsa_set_domain_policy, status, OUT));
