/*
 * LSARPC: accounts, their rights, privileges ([MS-LSAD] 2.2.5, 2.2.8, 3.1.4.5, 3.1.4.8).
 */
#ifndef WIRE_RPC_LSA_ACCOUNT_H
#define WIRE_RPC_LSA_ACCOUNT_H

#include "wire/rpc/lsa_types.h"

#define LSA_PRIVILEGES_MAX 64  /* of one account; Windows has 36 */
#define LSA_RIGHTS_MAX     256 /* of one account */

struct lsa_luid {
    uint32_t low, high;
};

struct lsa_privilege {
    struct span name;
    struct lsa_luid luid;
};
struct lsa_privileges {
    uint32_t count;
    struct lsa_privilege *privileges;
};
struct lsa_enum_privileges {
    struct rpc_handle handle;
    uint32_t resume;
    struct lsa_privileges list;
    uint32_t max_size;
    uint32_t status;
};

struct lsa_create_account { /* CreateAccount, OpenAccount */
    struct rpc_handle policy;
    const struct sid *sid;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t status;
};
struct lsa_enum_accounts {
    struct rpc_handle handle;
    uint32_t resume;
    struct lsa_sids list;
    uint32_t max_size;
    uint32_t status;
};

struct lsa_luid_attributes {
    struct lsa_luid luid;
    uint32_t attributes;
};
struct lsa_privilege_set {
    uint32_t count, control;
    struct lsa_luid_attributes privileges[LSA_PRIVILEGES_MAX];
};
struct lsa_account_privileges {
    struct rpc_handle handle;
    struct lsa_privilege_set *set; /* NULL with an error */
    uint32_t status;
};
struct lsa_change_privileges { /* AddPrivilegesTo-, RemovePrivilegesFromAccount */
    struct rpc_handle handle;
    uint8_t all;                   /* removing: all of them */
    struct lsa_privilege_set *set; /* removing: NULL with all */
    uint32_t status;
};
struct lsa_system_access { /* Get- and SetSystemAccessAccount */
    struct rpc_handle handle;
    uint32_t access;
    uint32_t status;
};

struct lsa_privilege_value {
    struct rpc_handle handle;
    struct span name;
    struct lsa_luid luid;
    uint32_t status;
};
struct lsa_privilege_name {
    struct rpc_handle handle;
    struct lsa_luid luid;
    struct span *name; /* NULL with an error */
    uint32_t status;
};
struct lsa_privilege_display {
    struct rpc_handle handle;
    struct span name;
    uint16_t language, system_language;
    struct span *display; /* NULL with an error */
    uint16_t language_returned;
    uint32_t status;
};

struct lsa_rights {
    uint32_t count;
    struct span *names;
};
struct lsa_accounts_with_right {
    struct rpc_handle handle;
    struct span *right; /* NULL: all accounts */
    struct lsa_sids accounts;
    uint32_t status;
};
struct lsa_account_rights {
    struct rpc_handle handle;
    const struct sid *sid;
    struct lsa_rights rights;
    uint32_t status;
};
struct lsa_remove_rights {
    struct rpc_handle handle;
    const struct sid *sid;
    uint8_t all;
    struct lsa_rights rights;
    uint32_t status;
};

extern const struct ndr_type lsa_ndr_enum_privileges, lsa_ndr_create_account, lsa_ndr_open_account,
    lsa_ndr_enum_accounts, lsa_ndr_account_privileges, lsa_ndr_add_privileges,
    lsa_ndr_remove_privileges, lsa_ndr_get_system_access, lsa_ndr_set_system_access,
    lsa_ndr_privilege_value, lsa_ndr_privilege_name, lsa_ndr_privilege_display,
    lsa_ndr_accounts_with_right, lsa_ndr_account_rights, lsa_ndr_add_rights, lsa_ndr_remove_rights;

#endif
