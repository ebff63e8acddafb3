/*
 * LSARPC ([MS-LSAD], [MS-LSAT]): what its files share. A handle of the policy holds the access that
 * was granted when it was opened; what changes a trust asks, besides, that the caller
 * is an administrator.
 */
#ifndef RPC_LSA_SERVICE_H
#define RPC_LSA_SERVICE_H

#include "directory/intent.h"
#include "rpc/nt_status.h"
#include "rpc/rpc_internal.h"
#include "wire/rpc/lsa_types.h"

/* The names of the domain in a snapshot, for one call. */
struct lsa_view {
    struct dir_snap snap;
    struct dir_naming naming;
};
/* NT_OK, and lsa_view_end is owed; else the status to answer. */
uint32_t lsa_view_begin(struct rpc_ctx *c, struct lsa_view *out);
void lsa_view_end(struct lsa_view *v);

/* NT_OK: the handle is the caller's, of the policy, and has this access. A wrong handle is a fault
 * of c, too. */
uint32_t lsa_policy_check(struct rpc_ctx *c, const struct rpc_handle *h, uint32_t access);
uint32_t lsa_status(enum err e);

/* Does the caller belong to Administrators? */
bool lsa_administrator(const struct rpc_ctx *c);

/* Asks the writer, for the service; every outcome is an event of this name. */
uint32_t lsa_ask(struct rpc_ctx *c, const char *event, struct intent *in, dir_id *id_out);
/* The event of a caller who may not, and the status. */
uint32_t lsa_deny(struct rpc_ctx *c, const char *event);

/* The policy handle of an administrator that was opened to change trusts. */
uint32_t lsa_trust_admin(struct rpc_ctx *c, const struct rpc_handle *h);

/* Deletion by handle. */
uint32_t lsa_account_delete(struct rpc_ctx *c, const struct rpc_handle_state *h);
uint32_t lsa_secret_delete(struct rpc_ctx *c, const struct rpc_handle_state *h);
uint32_t lsa_trust_delete(struct rpc_ctx *c, const struct rpc_handle_state *h);

/* A trust by its DNS or flat name, by its SID, by its object's id; in the arena of the call.
 * Statuses. */
struct trust;
uint32_t lsa_trust_named(struct rpc_ctx *c, struct span name, const struct trust **out);
uint32_t lsa_trust_of_sid(struct rpc_ctx *c, const struct sid *sid, const struct trust **out);
uint32_t lsa_trust_of_object(struct rpc_ctx *c, dir_id object, const struct trust **out);

/* What a trusted forest says of its names, merged with what is stored, and stored. A status. */
struct lsa_forest_info;
uint32_t lsa_forest_refresh(struct rpc_ctx *c, const struct trust *t,
                            const struct lsa_forest_info *told);

/* The calls. */
uint32_t lsa_account_privileges(struct rpc_ctx *c, void *args);
uint32_t lsa_account_rights(struct rpc_ctx *c, void *args);
uint32_t lsa_accounts_with_right(struct rpc_ctx *c, void *args);
uint32_t lsa_add_privileges(struct rpc_ctx *c, void *args);
uint32_t lsa_add_rights(struct rpc_ctx *c, void *args);
uint32_t lsa_close(struct rpc_ctx *c, void *args);
uint32_t lsa_close_trusted_ex(struct rpc_ctx *c, void *args);
uint32_t lsa_create_account(struct rpc_ctx *c, void *args);
uint32_t lsa_create_secret(struct rpc_ctx *c, void *args);
uint32_t lsa_create_trusted(struct rpc_ctx *c, void *args);
uint32_t lsa_create_trusted_ex(struct rpc_ctx *c, void *args);
uint32_t lsa_create_trusted_ex2(struct rpc_ctx *c, void *args);
uint32_t lsa_create_trusted_ex3(struct rpc_ctx *c, void *args);
uint32_t lsa_delete(struct rpc_ctx *c, void *args);
uint32_t lsa_delete_object(struct rpc_ctx *c, void *args);
uint32_t lsa_delete_trusted(struct rpc_ctx *c, void *args);
uint32_t lsa_enum_accounts(struct rpc_ctx *c, void *args);
uint32_t lsa_enum_privileges(struct rpc_ctx *c, void *args);
uint32_t lsa_enum_trusted(struct rpc_ctx *c, void *args);
uint32_t lsa_enum_trusted_ex(struct rpc_ctx *c, void *args);
uint32_t lsa_get_system_access(struct rpc_ctx *c, void *args);
uint32_t lsa_get_user_name(struct rpc_ctx *c, void *args);
uint32_t lsa_lookup_names(struct rpc_ctx *c, void *args);
uint32_t lsa_lookup_names2(struct rpc_ctx *c, void *args);
uint32_t lsa_lookup_names3(struct rpc_ctx *c, void *args);
uint32_t lsa_lookup_names4(struct rpc_ctx *c, void *args);
uint32_t lsa_lookup_sids(struct rpc_ctx *c, void *args);
uint32_t lsa_lookup_sids2(struct rpc_ctx *c, void *args);
uint32_t lsa_lookup_sids3(struct rpc_ctx *c, void *args);
uint32_t lsa_open_account(struct rpc_ctx *c, void *args);
uint32_t lsa_open_policy(struct rpc_ctx *c, void *args);
uint32_t lsa_open_policy2(struct rpc_ctx *c, void *args);
uint32_t lsa_open_policy3(struct rpc_ctx *c, void *args);
uint32_t lsa_open_secret(struct rpc_ctx *c, void *args);
uint32_t lsa_open_trusted(struct rpc_ctx *c, void *args);
uint32_t lsa_open_trusted_by_name(struct rpc_ctx *c, void *args);
uint32_t lsa_privilege_display(struct rpc_ctx *c, void *args);
uint32_t lsa_privilege_name(struct rpc_ctx *c, void *args);
uint32_t lsa_privilege_value(struct rpc_ctx *c, void *args);
uint32_t lsa_query_domain_policy(struct rpc_ctx *c, void *args);
uint32_t lsa_query_forest_info(struct rpc_ctx *c, void *args);
uint32_t lsa_query_policy(struct rpc_ctx *c, void *args);
uint32_t lsa_query_security(struct rpc_ctx *c, void *args);
uint32_t lsa_query_secret(struct rpc_ctx *c, void *args);
uint32_t lsa_query_trusted(struct rpc_ctx *c, void *args);
uint32_t lsa_query_trusted_by_name(struct rpc_ctx *c, void *args);
uint32_t lsa_query_trusted_by_sid(struct rpc_ctx *c, void *args);
uint32_t lsa_remove_privileges(struct rpc_ctx *c, void *args);
uint32_t lsa_remove_rights(struct rpc_ctx *c, void *args);
uint32_t lsa_set_forest_info(struct rpc_ctx *c, void *args);
uint32_t lsa_set_secret(struct rpc_ctx *c, void *args);
uint32_t lsa_set_system_access(struct rpc_ctx *c, void *args);
uint32_t lsa_set_trusted(struct rpc_ctx *c, void *args);
uint32_t lsa_set_trusted_by_name(struct rpc_ctx *c, void *args);
uint32_t lsa_set_trusted_by_sid(struct rpc_ctx *c, void *args);

#endif
