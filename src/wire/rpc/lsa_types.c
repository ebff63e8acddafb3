#include "wire/rpc/lsa_types.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"
#include "wire/rpc/lsa_account.h"
#include "wire/rpc/lsa_lookup.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_secret.h"
#include "wire/rpc/lsa_trust.h"

const struct ndr_type lsa_ndr_domain = NDR_TABLE(
    STRUCT, struct lsa_domain, "LSAPR_TRUST_INFORMATION", 4, ROW(USTR, lsa_domain, name, LARGE),
    ROW(STRUCT, lsa_domain, sid, UNIQUE, OF(ndr_sid)));

const struct ndr_type lsa_ndr_cipher =
    NDR_TABLE(STRUCT, struct lsa_cipher, "LSAPR_CR_CIPHER_VALUE", 4, ROW(U32, lsa_cipher, length),
              ROW(U32, lsa_cipher, size),
              ROW(U8, lsa_cipher, data, UNIQUE, SIZE_LENGTH(lsa_cipher, size, length)));

static const struct ndr_type quality =
    NDR_TABLE(STRUCT, struct lsa_quality, "SECURITY_QUALITY_OF_SERVICE", 4,
              ROW(U32, lsa_quality, length), ROW(U16, lsa_quality, impersonation),
              ROW(U8, lsa_quality, tracking), ROW(U8, lsa_quality, effective_only));

const struct ndr_type lsa_ndr_attributes = NDR_TABLE(
    STRUCT, struct lsa_attributes, "LSAPR_OBJECT_ATTRIBUTES", 4, ROW(U32, lsa_attributes, length),
    ROW(VOID, lsa_attributes, root, UNIQUE), ROW(VOID, lsa_attributes, name, UNIQUE),
    ROW(U32, lsa_attributes, attributes), ROW(VOID, lsa_attributes, descriptor, UNIQUE),
    ROW(STRUCT, lsa_attributes, quality, UNIQUE, OF(quality)));

static const struct ndr_type sid_pointer =
    NDR_TABLE(STRUCT, struct lsa_sid, "LSAPR_SID_INFORMATION", 4,
              ROW(STRUCT, lsa_sid, sid, UNIQUE, OF(ndr_sid)));
const struct ndr_type lsa_ndr_sids =
    NDR_TABLE(STRUCT, struct lsa_sids, "LSAPR_SID_ENUM_BUFFER", 4, ROW(U32, lsa_sids, count),
              ROW(STRUCT, lsa_sids, sids, UNIQUE, SIZE(lsa_sids, count), LIMIT(LSA_SIDS_MAX),
                  OF(sid_pointer)));

#define CLOSE_ROWS                                                                                 \
    ROW(STRUCT, lsa_close, handle, IN_OUT, OF(rpc_ndr_handle)), ROW(U32, lsa_close, status, OUT)
const struct ndr_type lsa_ndr_close = NDR_TABLE(CALL, struct lsa_close, "LsarClose", 1, CLOSE_ROWS);
const struct ndr_type lsa_ndr_delete_object =
    NDR_TABLE(CALL, struct lsa_close, "LsarDeleteObject", 1, CLOSE_ROWS);
const struct ndr_type lsa_ndr_close_trusted_ex =
    NDR_TABLE(CALL, struct lsa_close, "CloseTrustedDomainEx", 1, CLOSE_ROWS);
const struct ndr_type lsa_ndr_delete = NDR_TABLE(
    CALL, struct lsa_close, "LsarDelete", 1, ROW(STRUCT, lsa_close, handle, IN, OF(rpc_ndr_handle)),
    ROW(U32, lsa_close, status, OUT));

const struct ndr_type lsa_ndr_query_security =
    NDR_TABLE(CALL, struct lsa_query_security, "LsarQuerySecurityObject", 1,
              ROW(STRUCT, lsa_query_security, handle, IN, OF(rpc_ndr_handle)),
              ROW(U32, lsa_query_security, parts, IN),
              ROW(STRUCT, lsa_query_security, descriptor, OUT, UNIQUE, OF(rpc_ndr_descriptor)),
              ROW(U32, lsa_query_security, status, OUT));

static const struct rpc_call calls[] = {
    {LSA_CLOSE, &lsa_ndr_close},
    {LSA_DELETE, &lsa_ndr_delete},
    {LSA_ENUM_PRIVILEGES, &lsa_ndr_enum_privileges},
    {LSA_QUERY_SECURITY, &lsa_ndr_query_security},
    {LSA_OPEN_POLICY, &lsa_ndr_open_policy},
    {LSA_QUERY_POLICY, &lsa_ndr_query_policy},
    {LSA_SET_POLICY, &lsa_ndr_set_policy},
    {LSA_CREATE_ACCOUNT, &lsa_ndr_create_account},
    {LSA_ENUM_ACCOUNTS, &lsa_ndr_enum_accounts},
    {LSA_CREATE_TRUSTED, &lsa_ndr_create_trusted},
    {LSA_ENUM_TRUSTED, &lsa_ndr_enum_trusted},
    {LSA_LOOKUP_NAMES, &lsa_ndr_lookup_names},
    {LSA_LOOKUP_SIDS, &lsa_ndr_lookup_sids},
    {LSA_CREATE_SECRET, &lsa_ndr_create_secret},
    {LSA_OPEN_ACCOUNT, &lsa_ndr_open_account},
    {LSA_ENUM_ACCOUNT_PRIVILEGES, &lsa_ndr_account_privileges},
    {LSA_ADD_PRIVILEGES, &lsa_ndr_add_privileges},
    {LSA_REMOVE_PRIVILEGES, &lsa_ndr_remove_privileges},
    {LSA_GET_SYSTEM_ACCESS, &lsa_ndr_get_system_access},
    {LSA_SET_SYSTEM_ACCESS, &lsa_ndr_set_system_access},
    {LSA_OPEN_TRUSTED, &lsa_ndr_open_trusted},
    {LSA_QUERY_TRUSTED, &lsa_ndr_query_trusted},
    {LSA_SET_TRUSTED, &lsa_ndr_set_trusted},
    {LSA_OPEN_SECRET, &lsa_ndr_open_secret},
    {LSA_SET_SECRET, &lsa_ndr_set_secret},
    {LSA_QUERY_SECRET, &lsa_ndr_query_secret},
    {LSA_LOOKUP_PRIVILEGE_VALUE, &lsa_ndr_privilege_value},
    {LSA_LOOKUP_PRIVILEGE_NAME, &lsa_ndr_privilege_name},
    {LSA_LOOKUP_PRIVILEGE_DISPLAY, &lsa_ndr_privilege_display},
    {LSA_DELETE_OBJECT, &lsa_ndr_delete_object},
    {LSA_ENUM_ACCOUNTS_WITH_RIGHT, &lsa_ndr_accounts_with_right},
    {LSA_ENUM_ACCOUNT_RIGHTS, &lsa_ndr_account_rights},
    {LSA_ADD_ACCOUNT_RIGHTS, &lsa_ndr_add_rights},
    {LSA_REMOVE_ACCOUNT_RIGHTS, &lsa_ndr_remove_rights},
    {LSA_QUERY_TRUSTED_BY_SID, &lsa_ndr_query_trusted_by_sid},
    {LSA_SET_TRUSTED_BY_SID, &lsa_ndr_set_trusted_by_sid},
    {LSA_DELETE_TRUSTED, &lsa_ndr_delete_trusted},
    {LSA_OPEN_POLICY2, &lsa_ndr_open_policy2},
    {LSA_GET_USER_NAME, &lsa_ndr_get_user_name},
    {LSA_QUERY_POLICY2, &lsa_ndr_query_policy2},
    {LSA_SET_POLICY2, &lsa_ndr_set_policy2},
    {LSA_QUERY_TRUSTED_BY_NAME, &lsa_ndr_query_trusted_by_name},
    {LSA_SET_TRUSTED_BY_NAME, &lsa_ndr_set_trusted_by_name},
    {LSA_ENUM_TRUSTED_EX, &lsa_ndr_enum_trusted_ex},
    {LSA_CREATE_TRUSTED_EX, &lsa_ndr_create_trusted_ex},
    {LSA_CLOSE_TRUSTED_EX, &lsa_ndr_close_trusted_ex},
    {LSA_QUERY_DOMAIN_POLICY, &lsa_ndr_query_domain_policy},
    {LSA_SET_DOMAIN_POLICY, &lsa_ndr_set_domain_policy},
    {LSA_OPEN_TRUSTED_BY_NAME, &lsa_ndr_open_trusted_by_name},
    {LSA_LOOKUP_SIDS2, &lsa_ndr_lookup_sids2},
    {LSA_LOOKUP_NAMES2, &lsa_ndr_lookup_names2},
    {LSA_CREATE_TRUSTED_EX2, &lsa_ndr_create_trusted_ex2},
    {LSA_LOOKUP_NAMES3, &lsa_ndr_lookup_names3},
    {LSA_QUERY_FOREST_INFO, &lsa_ndr_query_forest_info},
    {LSA_SET_FOREST_INFO, &lsa_ndr_set_forest_info},
    {LSA_LOOKUP_SIDS3, &lsa_ndr_lookup_sids3},
    {LSA_LOOKUP_NAMES4, &lsa_ndr_lookup_names4},
    {LSA_CREATE_TRUSTED_EX3, &lsa_ndr_create_trusted_ex3},
    {LSA_OPEN_POLICY3, &lsa_ndr_open_policy3},
};

const struct rpc_iface lsa_iface = {
    .name = "lsarpc",
    .id = {{{0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67,
             0x89, 0xab}},
           0,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
