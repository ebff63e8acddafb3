/*
 * LSARPC: the policy object and what can be asked of it ([MS-LSAD] 2.2.4, 3.1.4.4).
 */
#ifndef WIRE_RPC_LSA_POLICY_H
#define WIRE_RPC_LSA_POLICY_H

#include "wire/rpc/lsa_types.h"

enum lsa_policy_class {
    LSA_POLICY_AUDIT_LOG = 1,
    LSA_POLICY_AUDIT_EVENTS = 2,
    LSA_POLICY_PRIMARY_DOMAIN = 3,
    LSA_POLICY_PD_ACCOUNT = 4,
    LSA_POLICY_ACCOUNT_DOMAIN = 5,
    LSA_POLICY_SERVER_ROLE = 6,
    LSA_POLICY_REPLICA_SOURCE = 7,
    LSA_POLICY_QUOTA = 8,
    LSA_POLICY_MODIFICATION = 9,
    LSA_POLICY_AUDIT_FULL_SET = 10,
    LSA_POLICY_AUDIT_FULL_QUERY = 11,
    LSA_POLICY_DNS_DOMAIN = 12,
    LSA_POLICY_DNS_DOMAIN_INT = 13,
    LSA_POLICY_LOCAL_ACCOUNT_DOMAIN = 14,
    LSA_POLICY_MACHINE_ACCOUNT = 15,
};
enum lsa_server_role {
    LSA_ROLE_BACKUP = 2,
    LSA_ROLE_PRIMARY = 3,
};

struct lsa_audit_log {
    uint32_t percent_full, max_size;
    int64_t retention;
    uint8_t shutdown_in_progress;
    int64_t time_to_shutdown;
    uint32_t next_record;
};
struct lsa_audit_events {
    uint8_t mode;
    uint32_t *options;
    uint32_t count;
};
struct lsa_pd_account {
    struct span name;
};
struct lsa_server_role_info {
    uint16_t role;
};
struct lsa_replica_source {
    struct span source, account;
};
struct lsa_quota { /* not in [MS-LSAD] any more; as Samba has it */
    uint32_t paged_pool, non_paged_pool, min_set, max_set, page_file;
    int64_t reserved;
};
struct lsa_modification {
    int64_t id, created;
};
struct lsa_audit_full_set {
    uint8_t shutdown_on_full;
};
struct lsa_audit_full_query {
    uint8_t shutdown_on_full, is_full;
};
struct lsa_dns_domain {
    struct span name, dns_domain, dns_forest;
    struct guid guid;
    const struct sid *sid; /* NULL: none */
};
struct lsa_machine_account {
    uint32_t rid;
    const struct sid *sid;
};
union lsa_policy_info {
    struct lsa_audit_log audit_log;
    struct lsa_audit_events audit_events;
    struct lsa_domain domain; /* PRIMARY, ACCOUNT, LOCAL_ACCOUNT */
    struct lsa_pd_account pd_account;
    struct lsa_server_role_info role;
    struct lsa_replica_source replica;
    struct lsa_quota quota;
    struct lsa_modification modification;
    struct lsa_audit_full_set full_set;
    struct lsa_audit_full_query full_query;
    struct lsa_dns_domain dns; /* DNS_DOMAIN, DNS_DOMAIN_INT */
    struct lsa_machine_account machine;
};

enum lsa_domain_policy_class {
    LSA_DOMAIN_QUALITY = 1,
    LSA_DOMAIN_EFS = 2,
    LSA_DOMAIN_KERBEROS = 3,
};
struct lsa_domain_quality {
    uint32_t quality;
};
#define LSA_KERBEROS_VALIDATE_CLIENT 0x80
struct lsa_kerberos_policy { /* times in units of 100 ns */
    uint32_t options;
    int64_t service_ticket, user_ticket, renewal, clock_skew, reserved;
};
union lsa_domain_policy {
    struct lsa_domain_quality quality;
    struct rpc_bytes efs;
    struct lsa_kerberos_policy kerberos;
};

/* --- calls ----------------------------------------------------------------------------------- */

struct lsa_open_policy {
    uint16_t *system; /* one character of a name, as the interface has it; NULL */
    struct lsa_attributes attributes;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_open_policy2 {
    struct span system;
    struct lsa_attributes attributes;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};

/* What OpenPolicy3 tells ([MS-LSAD] 2.2.2.6). */
enum lsa_feature {
    LSA_FEATURE_TRUST_AES = 1,
    LSA_FEATURE_OTHER_AUTH = 2,
    LSA_FEATURE_CIPHER_AES = 4,
};
struct lsa_revision1 {
    uint32_t revision; /* 1 */
    uint32_t features;
};
union lsa_revision {
    struct lsa_revision1 v1;
};
struct lsa_open_policy3 {
    struct span system;
    struct lsa_attributes attributes;
    uint32_t access;
    uint32_t in_version;
    union lsa_revision in_revision;
    uint32_t out_version;
    union lsa_revision out_revision;
    struct rpc_handle handle;
    uint32_t status;
};

struct lsa_query_policy { /* QueryInformationPolicy and -Policy2 */
    struct rpc_handle handle;
    uint16_t level;
    union lsa_policy_info *info; /* NULL with an error */
    uint32_t status;
};
struct lsa_set_policy {
    struct rpc_handle handle;
    uint16_t level;
    union lsa_policy_info info;
    uint32_t status;
};
struct lsa_query_domain_policy {
    struct rpc_handle handle;
    uint16_t level;
    union lsa_domain_policy *info; /* NULL with an error */
    uint32_t status;
};
struct lsa_set_domain_policy {
    struct rpc_handle handle;
    uint16_t level;
    union lsa_domain_policy *info; /* NULL: none */
    uint32_t status;
};

extern const struct ndr_type lsa_ndr_open_policy, lsa_ndr_open_policy2, lsa_ndr_open_policy3,
    lsa_ndr_query_policy, lsa_ndr_query_policy2, lsa_ndr_set_policy, lsa_ndr_set_policy2,
    lsa_ndr_query_domain_policy, lsa_ndr_set_domain_policy;

#endif
