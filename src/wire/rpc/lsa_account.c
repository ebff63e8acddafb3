#include "wire/rpc/lsa_account.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

/* --- privileges ------------------------------------------------------------------------------ */

static const struct ndr_type luid = NDR_TABLE(STRUCT, struct lsa_luid, "LUID", 4,
                                              ROW(U32, lsa_luid, low), ROW(U32, lsa_luid, high));

static const struct ndr_type privilege =
    NDR_TABLE(STRUCT, struct lsa_privilege, "LSAPR_POLICY_PRIVILEGE_DEF", 4,
              ROW(USTR, lsa_privilege, name, LARGE), ROW(STRUCT, lsa_privilege, luid, OF(luid)));
static const struct ndr_type privileges =
    NDR_TABLE(STRUCT, struct lsa_privileges, "LSAPR_PRIVILEGE_ENUM_BUFFER", 4,
              ROW(U32, lsa_privileges, count),
              ROW(STRUCT, lsa_privileges, privileges, UNIQUE, SIZE(lsa_privileges, count),
                  LIMIT(LSA_LIST_MAX), OF(privilege)));

const struct ndr_type lsa_ndr_enum_privileges = NDR_TABLE(
    CALL, struct lsa_enum_privileges, "LsarEnumeratePrivileges", 1,
    ROW(STRUCT, lsa_enum_privileges, handle, IN, OF(rpc_ndr_handle)),
    ROW(U32, lsa_enum_privileges, resume, IN_OUT),
    ROW(STRUCT, lsa_enum_privileges, list, OUT, OF(privileges)),
    ROW(U32, lsa_enum_privileges, max_size, IN), ROW(U32, lsa_enum_privileges, status, OUT));

static const struct ndr_type luid_attributes = NDR_TABLE(
    STRUCT, struct lsa_luid_attributes, "LSAPR_LUID_AND_ATTRIBUTES", 4,
    ROW(STRUCT, lsa_luid_attributes, luid, OF(luid)), ROW(U32, lsa_luid_attributes, attributes));
static const struct ndr_type privilege_set =
    NDR_TABLE(STRUCT, struct lsa_privilege_set, "LSAPR_PRIVILEGE_SET", 4,
              ROW(U32, lsa_privilege_set, count), ROW(U32, lsa_privilege_set, control),
              ROW(STRUCT, lsa_privilege_set, privileges, SIZE(lsa_privilege_set, count),
                  LIMIT(LSA_PRIVILEGES_MAX), OF(luid_attributes)));

const struct ndr_type lsa_ndr_account_privileges =
    NDR_TABLE(CALL, struct lsa_account_privileges, "LsarEnumeratePrivilegesAccount", 1,
              ROW(STRUCT, lsa_account_privileges, handle, IN, OF(rpc_ndr_handle)),
              ROW(STRUCT, lsa_account_privileges, set, OUT, UNIQUE, OF(privilege_set)),
              ROW(U32, lsa_account_privileges, status, OUT));

const struct ndr_type lsa_ndr_add_privileges =
    NDR_TABLE(CALL, struct lsa_change_privileges, "LsarAddPrivilegesToAccount", 1,
              ROW(STRUCT, lsa_change_privileges, handle, IN, OF(rpc_ndr_handle)),
              ROW(STRUCT, lsa_change_privileges, set, IN, REF, OF(privilege_set)),
              ROW(U32, lsa_change_privileges, status, OUT));
const struct ndr_type lsa_ndr_remove_privileges =
    NDR_TABLE(CALL, struct lsa_change_privileges, "LsarRemovePrivilegesFromAccount", 1,
              ROW(STRUCT, lsa_change_privileges, handle, IN, OF(rpc_ndr_handle)),
              ROW(U8, lsa_change_privileges, all, IN),
              ROW(STRUCT, lsa_change_privileges, set, IN, UNIQUE, OF(privilege_set)),
              ROW(U32, lsa_change_privileges, status, OUT));

const struct ndr_type lsa_ndr_privilege_value = NDR_TABLE(
    CALL, struct lsa_privilege_value, "LsarLookupPrivilegeValue", 1,
    ROW(STRUCT, lsa_privilege_value, handle, IN, OF(rpc_ndr_handle)),
    ROW(USTR, lsa_privilege_value, name, IN), ROW(STRUCT, lsa_privilege_value, luid, OUT, OF(luid)),
    ROW(U32, lsa_privilege_value, status, OUT));

const struct ndr_type lsa_ndr_privilege_name =
    NDR_TABLE(CALL, struct lsa_privilege_name, "LsarLookupPrivilegeName", 1,
              ROW(STRUCT, lsa_privilege_name, handle, IN, OF(rpc_ndr_handle)),
              ROW(STRUCT, lsa_privilege_name, luid, IN, OF(luid)),
              ROW(USTR, lsa_privilege_name, name, OUT_LARGE, UNIQUE),
              ROW(U32, lsa_privilege_name, status, OUT));

const struct ndr_type lsa_ndr_privilege_display = NDR_TABLE(
    CALL, struct lsa_privilege_display, "LsarLookupPrivilegeDisplayName", 1,
    ROW(STRUCT, lsa_privilege_display, handle, IN, OF(rpc_ndr_handle)),
    ROW(USTR, lsa_privilege_display, name, IN), ROW(U16, lsa_privilege_display, language, IN),
    ROW(U16, lsa_privilege_display, system_language, IN),
    ROW(USTR, lsa_privilege_display, display, OUT_LARGE, UNIQUE),
    ROW(U16, lsa_privilege_display, language_returned, OUT),
    ROW(U32, lsa_privilege_display, status, OUT));

/* --- accounts -------------------------------------------------------------------------------- */

#define OPEN_ROWS                                                                                  \
    ROW(STRUCT, lsa_create_account, policy, IN, OF(rpc_ndr_handle)),                               \
        ROW(STRUCT, lsa_create_account, sid, IN, REF, OF(ndr_sid)),                                \
        ROW(U32, lsa_create_account, access, IN),                                                  \
        ROW(STRUCT, lsa_create_account, handle, OUT, OF(rpc_ndr_handle)),                          \
        ROW(U32, lsa_create_account, status, OUT)
const struct ndr_type lsa_ndr_create_account =
    NDR_TABLE(CALL, struct lsa_create_account, "LsarCreateAccount", 1, OPEN_ROWS);
const struct ndr_type lsa_ndr_open_account =
    NDR_TABLE(CALL, struct lsa_create_account, "LsarOpenAccount", 1, OPEN_ROWS);

const struct ndr_type lsa_ndr_enum_accounts =
    NDR_TABLE(CALL, struct lsa_enum_accounts, "LsarEnumerateAccounts", 1,
              ROW(STRUCT, lsa_enum_accounts, handle, IN, OF(rpc_ndr_handle)),
              ROW(U32, lsa_enum_accounts, resume, IN_OUT),
              ROW(STRUCT, lsa_enum_accounts, list, OUT, OF(lsa_ndr_sids)),
              ROW(U32, lsa_enum_accounts, max_size, IN), ROW(U32, lsa_enum_accounts, status, OUT));

const struct ndr_type lsa_ndr_get_system_access =
    NDR_TABLE(CALL, struct lsa_system_access, "LsarGetSystemAccessAccount", 1,
              ROW(STRUCT, lsa_system_access, handle, IN, OF(rpc_ndr_handle)),
              ROW(U32, lsa_system_access, access, OUT), ROW(U32, lsa_system_access, status, OUT));
const struct ndr_type lsa_ndr_set_system_access =
    NDR_TABLE(CALL, struct lsa_system_access, "LsarSetSystemAccessAccount", 1,
              ROW(STRUCT, lsa_system_access, handle, IN, OF(rpc_ndr_handle)),
              ROW(U32, lsa_system_access, access, IN), ROW(U32, lsa_system_access, status, OUT));

/* --- rights ---------------------------------------------------------------------------------- */

static const struct ndr_type rights = NDR_TABLE(
    STRUCT, struct lsa_rights, "LSAPR_USER_RIGHT_SET", 4, ROW(U32, lsa_rights, count),
    ROW(USTR, lsa_rights, names, LARGE, UNIQUE, SIZE(lsa_rights, count), LIMIT(LSA_RIGHTS_MAX)));

const struct ndr_type lsa_ndr_accounts_with_right =
    NDR_TABLE(CALL, struct lsa_accounts_with_right, "LsarEnumerateAccountsWithUserRight", 1,
              ROW(STRUCT, lsa_accounts_with_right, handle, IN, OF(rpc_ndr_handle)),
              ROW(USTR, lsa_accounts_with_right, right, IN, UNIQUE),
              ROW(STRUCT, lsa_accounts_with_right, accounts, OUT, OF(lsa_ndr_sids)),
              ROW(U32, lsa_accounts_with_right, status, OUT));

const struct ndr_type lsa_ndr_account_rights =
    NDR_TABLE(CALL, struct lsa_account_rights, "LsarEnumerateAccountRights", 1,
              ROW(STRUCT, lsa_account_rights, handle, IN, OF(rpc_ndr_handle)),
              ROW(STRUCT, lsa_account_rights, sid, IN, REF, OF(ndr_sid)),
              ROW(STRUCT, lsa_account_rights, rights, OUT, OF(rights)),
              ROW(U32, lsa_account_rights, status, OUT));

const struct ndr_type lsa_ndr_add_rights =
    NDR_TABLE(CALL, struct lsa_account_rights, "LsarAddAccountRights", 1,
              ROW(STRUCT, lsa_account_rights, handle, IN, OF(rpc_ndr_handle)),
              ROW(STRUCT, lsa_account_rights, sid, IN, REF, OF(ndr_sid)),
              ROW(STRUCT, lsa_account_rights, rights, IN, OF(rights)),
              ROW(U32, lsa_account_rights, status, OUT));

const struct ndr_type lsa_ndr_remove_rights = NDR_TABLE(
    CALL, struct lsa_remove_rights, "LsarRemoveAccountRights", 1,
    ROW(STRUCT, lsa_remove_rights, handle, IN, OF(rpc_ndr_handle)),
    ROW(STRUCT, lsa_remove_rights, sid, IN, REF, OF(ndr_sid)), ROW(U8, lsa_remove_rights, all, IN),
    ROW(STRUCT, lsa_remove_rights, rights, IN, OF(rights)),
    ROW(U32, lsa_remove_rights, status, OUT));
