/*
 * LSARPC: trusted domains and their forests' names ([MS-LSAD] 2.2.7, 3.1.4.7).
 */
#ifndef WIRE_RPC_LSA_TRUST_H
#define WIRE_RPC_LSA_TRUST_H

#include "wire/ms/forest_info.h"
#include "wire/rpc/lsa_types.h"

enum lsa_trusted_class { /* TRUSTED_INFORMATION_CLASS */
                         LSA_TRUSTED_NAME = 1,
                         LSA_TRUSTED_CONTROLLERS = 2,
                         LSA_TRUSTED_POSIX = 3,
                         LSA_TRUSTED_PASSWORD = 4,
                         LSA_TRUSTED_BASIC = 5,
                         LSA_TRUSTED_EX = 6,
                         LSA_TRUSTED_AUTH = 7,
                         LSA_TRUSTED_FULL = 8,
                         LSA_TRUSTED_AUTH_INTERNAL = 9,
                         LSA_TRUSTED_FULL_INTERNAL = 10,
                         LSA_TRUSTED_EX2_INTERNAL = 11,
                         LSA_TRUSTED_FULL2_INTERNAL = 12,
                         LSA_TRUSTED_ENCRYPTION_TYPES = 13,
                         LSA_TRUSTED_AUTH_INTERNAL_AES = 14,
                         LSA_TRUSTED_FULL_INTERNAL_AES = 15,
};

struct lsa_trusted_name {
    struct span name;
};
struct lsa_trusted_controllers {
    uint32_t count;
    struct span *names;
};
struct lsa_trusted_posix {
    uint32_t offset;
};
struct lsa_trusted_password {
    struct lsa_cipher *current, *previous; /* NULL: none */
};
struct lsa_trusted_ex {
    struct span dns_name, flat_name;
    const struct sid *sid;
    uint32_t direction, type, attributes;
};
struct lsa_auth_info { /* LSAPR_AUTH_INFORMATION */
    int64_t time;
    uint32_t type; /* as in the stored blob: wire/ms/trust_auth.h */
    struct rpc_bytes data;
};
struct lsa_trusted_auth {
    uint32_t incoming_count; /* 0 or 1 */
    struct lsa_auth_info *incoming, *incoming_previous;
    uint32_t outgoing_count;
    struct lsa_auth_info *outgoing, *outgoing_previous;
};
struct lsa_trusted_full {
    struct lsa_trusted_ex ex;
    struct lsa_trusted_posix posix;
    struct lsa_trusted_auth auth;
};
struct lsa_trusted_auth_internal {
    struct rpc_bytes blob; /* encrypted with RC4 and the session key */
};
struct lsa_trusted_full_internal {
    struct lsa_trusted_ex ex;
    struct lsa_trusted_posix posix;
    struct lsa_trusted_auth_internal auth;
};
struct lsa_trusted_ex2 {
    struct lsa_trusted_ex ex;
    struct rpc_bytes forest_info;
};
struct lsa_trusted_full2 {
    struct lsa_trusted_ex2 ex2;
    struct lsa_trusted_posix posix;
    struct lsa_trusted_auth auth;
};
struct lsa_trusted_encryption {
    uint32_t types;
};
struct lsa_trusted_auth_aes { /* AEAD-AES-256-CBC-HMAC-SHA512 */
    uint8_t auth[64];
    uint8_t salt[16];
    struct rpc_bytes cipher;
};
struct lsa_trusted_full_aes {
    struct lsa_trusted_ex ex;
    struct lsa_trusted_posix posix;
    struct lsa_trusted_auth_aes auth;
};
union lsa_trusted_info {
    struct lsa_trusted_name name;
    struct lsa_trusted_controllers controllers;
    struct lsa_trusted_posix posix;
    struct lsa_trusted_password password;
    struct lsa_domain basic;
    struct lsa_trusted_ex ex;
    struct lsa_trusted_auth auth;
    struct lsa_trusted_full full;
    struct lsa_trusted_auth_internal auth_internal;
    struct lsa_trusted_full_internal full_internal;
    struct lsa_trusted_ex2 ex2;
    struct lsa_trusted_full2 full2;
    struct lsa_trusted_encryption encryption;
    struct lsa_trusted_auth_aes auth_aes;
    struct lsa_trusted_full_aes full_aes;
};

/* --- forest trust information; types and flags as stored: wire/ms/forest_info.h -------------- */

struct lsa_forest_domain {
    const struct sid *sid;
    struct span dns_name, flat_name;
};
union lsa_forest_data {
    struct span name;                /* FOREST_TLN, FOREST_TLN_EXCLUSION */
    struct lsa_forest_domain domain; /* FOREST_DOMAIN, FOREST_SCANNER */
    struct rpc_bytes data;           /* any other */
};
struct lsa_forest_record {
    uint32_t flags;
    uint16_t type;
    int64_t time;
    union lsa_forest_data data;
};
struct lsa_forest_entry {
    struct lsa_forest_record *record; /* NULL: refuse it, [MS-LSAD] 3.1.4.7.16 */
};
struct lsa_forest_info {
    uint32_t count;
    struct lsa_forest_entry *entries;
};
extern const struct ndr_type lsa_ndr_forest_info;

enum lsa_collision_type {
    LSA_COLLISION_TDO = 0,
    LSA_COLLISION_XREF = 1,
    LSA_COLLISION_OTHER = 2,
};
struct lsa_collision {
    uint32_t index; /* of the record */
    uint16_t type;
    uint32_t flags;
    struct span name;
};
struct lsa_collision_entry {
    struct lsa_collision *record;
};
struct lsa_collisions {
    uint32_t count;
    struct lsa_collision_entry *entries;
};

/* --- calls ----------------------------------------------------------------------------------- */

struct lsa_create_trusted {
    struct rpc_handle policy;
    struct lsa_domain info;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_create_trusted_ex {
    struct rpc_handle policy;
    struct lsa_trusted_ex info;
    struct lsa_trusted_auth auth;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_create_trusted_ex2 {
    struct rpc_handle policy;
    struct lsa_trusted_ex info;
    struct lsa_trusted_auth_internal auth;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_create_trusted_ex3 {
    struct rpc_handle policy;
    struct lsa_trusted_ex info;
    struct lsa_trusted_auth_aes auth;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_open_trusted {
    struct rpc_handle policy;
    const struct sid *sid;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_open_trusted_by_name {
    struct rpc_handle policy;
    struct span name;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};

struct lsa_query_trusted {
    struct rpc_handle handle;
    uint16_t level;
    union lsa_trusted_info *info; /* NULL with an error */
    uint32_t status;
};
struct lsa_query_trusted_by_sid {
    struct rpc_handle policy;
    const struct sid *sid;
    uint16_t level;
    union lsa_trusted_info *info;
    uint32_t status;
};
struct lsa_query_trusted_by_name {
    struct rpc_handle policy;
    struct span name;
    uint16_t level;
    union lsa_trusted_info *info;
    uint32_t status;
};
struct lsa_set_trusted {
    struct rpc_handle handle;
    uint16_t level;
    union lsa_trusted_info info;
    uint32_t status;
};
struct lsa_set_trusted_by_sid {
    struct rpc_handle policy;
    const struct sid *sid;
    uint16_t level;
    union lsa_trusted_info info;
    uint32_t status;
};
struct lsa_set_trusted_by_name {
    struct rpc_handle policy;
    struct span name;
    uint16_t level;
    union lsa_trusted_info info;
    uint32_t status;
};
struct lsa_delete_trusted {
    struct rpc_handle policy;
    const struct sid *sid;
    uint32_t status;
};

struct lsa_trusted_list {
    uint32_t count;
    struct lsa_domain *domains;
};
struct lsa_enum_trusted {
    struct rpc_handle policy;
    uint32_t resume;
    struct lsa_trusted_list list;
    uint32_t max_size;
    uint32_t status;
};
struct lsa_trusted_list_ex {
    uint32_t count;
    struct lsa_trusted_ex *domains;
};
struct lsa_enum_trusted_ex {
    struct rpc_handle policy;
    uint32_t resume;
    struct lsa_trusted_list_ex list;
    uint32_t max_size;
    uint32_t status;
};

struct lsa_query_forest_info {
    struct rpc_handle policy;
    struct span name;
    uint16_t highest_type;
    struct lsa_forest_info *info; /* NULL with an error */
    uint32_t status;
};
struct lsa_set_forest_info {
    struct rpc_handle policy;
    struct span name;
    uint16_t highest_type;
    struct lsa_forest_info info;
    uint8_t check_only;
    struct lsa_collisions *collisions; /* NULL: none */
    uint32_t status;
};

extern const struct ndr_type lsa_ndr_create_trusted, lsa_ndr_create_trusted_ex,
    lsa_ndr_create_trusted_ex2, lsa_ndr_create_trusted_ex3, lsa_ndr_open_trusted,
    lsa_ndr_open_trusted_by_name, lsa_ndr_query_trusted, lsa_ndr_query_trusted_by_sid,
    lsa_ndr_query_trusted_by_name, lsa_ndr_set_trusted, lsa_ndr_set_trusted_by_sid,
    lsa_ndr_set_trusted_by_name, lsa_ndr_delete_trusted, lsa_ndr_enum_trusted,
    lsa_ndr_enum_trusted_ex, lsa_ndr_query_forest_info, lsa_ndr_set_forest_info;

#endif
