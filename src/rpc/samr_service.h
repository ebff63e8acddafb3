/*
 * SAMR ([MS-SAMR]): what its files share. Handles are of the server, of one of its two domains (the
 * account domain and BUILTIN), and of a user, group or alias in them. They carry no rights: each
 * attribute that is read is looked at in the object's descriptor, what may not be read is empty,
 * and the writer decides about each change with the caller's own rights.
 */
#ifndef RPC_SAMR_SERVICE_H
#define RPC_SAMR_SERVICE_H

#include "directory/account.h"
#include "directory/search.h"
#include "rpc/lsa_service.h"
#include "wire/rpc/samr_types.h"

#define SAMR_ENTRIES_MAX 1000  /* of one answer */
#define SAMR_LOOKED_MAX  10000 /* accounts looked at for one answer, seen or not */
#define SAMR_DISPLAY_MAX 20000 /* that a list for people goes on to, seen or not */

/* sAMAccountType ([MS-SAMR] 2.2.1.9) */
enum samr_account_type {
    SAMR_TYPE_GROUP = 0x10000000,
    SAMR_TYPE_ALIAS = 0x20000000,
    SAMR_TYPE_USER = 0x30000000,
    SAMR_TYPE_MACHINE = 0x30000001,
    SAMR_TYPE_TRUST = 0x30000002,
};

/* A domain in a snapshot, for one call. */
struct samr_domain {
    struct lsa_view view;
    struct sid sid;
    bool builtin;
};
/* NT_OK: samr_domain_end is owed. A wrong handle is a fault of c, too. */
uint32_t samr_domain_begin(struct rpc_ctx *c, const struct rpc_handle *h, struct samr_domain *out);
void samr_domain_end(struct samr_domain *d);
struct span samr_domain_name(const struct samr_domain *d);

/* A user, group or alias by its handle; kind says which. */
struct samr_object {
    struct lsa_view view;
    struct dir_obj o;
    struct dir_reader reader;
    struct sid sid;
    uint32_t rid;
};
uint32_t samr_object_begin(struct rpc_ctx *c, const struct rpc_handle *h, enum rpc_handle_kind kind,
                           struct samr_object *out);
void samr_object_end(struct samr_object *x);

/* What the caller may read of an object: text in the arena, the empty span otherwise. */
struct span samr_text(struct rpc_ctx *c, struct dir_reader *r, uint32_t attr);
int32_t samr_i32(struct dir_reader *r, uint32_t attr, int32_t otherwise);
int64_t samr_i64(struct dir_reader *r, uint32_t attr, int64_t otherwise);
/* A live account of the domain that the caller may see, and of which type; false: it is none. */
bool samr_account(struct rpc_ctx *c, const struct samr_domain *d, dir_id id, struct dir_obj *o_out,
                  uint32_t *type_out, uint32_t *rid_out);
/* SAMR's account control of userAccountControl, and back: of the bits in mask. */
uint32_t samr_control_of(uint32_t uac);
uint32_t samr_uac_of(uint32_t control, uint32_t *mask_out);

/* What a domain, or an account's own policy, demands of passwords. */
struct policy_settings;
struct samr_domain_password;
void samr_policy(const struct policy_settings *p, struct samr_domain_password *out);

/* The calls. */
uint32_t samr_add_alias_member(struct rpc_ctx *c, void *args);
uint32_t samr_add_group_member(struct rpc_ctx *c, void *args);
uint32_t samr_alias_members(struct rpc_ctx *c, void *args);
uint32_t samr_alias_membership(struct rpc_ctx *c, void *args);
uint32_t samr_change_password2(struct rpc_ctx *c, void *args);
uint32_t samr_change_password3(struct rpc_ctx *c, void *args);
uint32_t samr_change_password4(struct rpc_ctx *c, void *args);
uint32_t samr_close(struct rpc_ctx *c, void *args);
uint32_t samr_connect(struct rpc_ctx *c, void *args);
uint32_t samr_connect2(struct rpc_ctx *c, void *args);
uint32_t samr_connect5(struct rpc_ctx *c, void *args);
uint32_t samr_create_alias(struct rpc_ctx *c, void *args);
uint32_t samr_create_group(struct rpc_ctx *c, void *args);
uint32_t samr_create_user(struct rpc_ctx *c, void *args);
uint32_t samr_create_user2(struct rpc_ctx *c, void *args);
uint32_t samr_delete_alias(struct rpc_ctx *c, void *args);
uint32_t samr_delete_group(struct rpc_ctx *c, void *args);
uint32_t samr_delete_user(struct rpc_ctx *c, void *args);
uint32_t samr_display(struct rpc_ctx *c, void *args);
uint32_t samr_domain_password_info(struct rpc_ctx *c, void *args);
uint32_t samr_enum_aliases(struct rpc_ctx *c, void *args);
uint32_t samr_enum_domains(struct rpc_ctx *c, void *args);
uint32_t samr_enum_groups(struct rpc_ctx *c, void *args);
uint32_t samr_enum_users(struct rpc_ctx *c, void *args);
uint32_t samr_group_members(struct rpc_ctx *c, void *args);
uint32_t samr_groups_for_user(struct rpc_ctx *c, void *args);
uint32_t samr_lookup_domain(struct rpc_ctx *c, void *args);
uint32_t samr_lookup_names(struct rpc_ctx *c, void *args);
uint32_t samr_lookup_rids(struct rpc_ctx *c, void *args);
uint32_t samr_open_alias(struct rpc_ctx *c, void *args);
uint32_t samr_open_domain(struct rpc_ctx *c, void *args);
uint32_t samr_open_group(struct rpc_ctx *c, void *args);
uint32_t samr_open_user(struct rpc_ctx *c, void *args);
uint32_t samr_query_alias(struct rpc_ctx *c, void *args);
uint32_t samr_query_domain(struct rpc_ctx *c, void *args);
uint32_t samr_query_group(struct rpc_ctx *c, void *args);
uint32_t samr_query_security(struct rpc_ctx *c, void *args);
uint32_t samr_query_user(struct rpc_ctx *c, void *args);
uint32_t samr_remove_alias_member(struct rpc_ctx *c, void *args);
uint32_t samr_remove_foreign(struct rpc_ctx *c, void *args);
uint32_t samr_remove_group_member(struct rpc_ctx *c, void *args);
uint32_t samr_rid_to_sid(struct rpc_ctx *c, void *args);
uint32_t samr_set_alias(struct rpc_ctx *c, void *args);
uint32_t samr_set_domain(struct rpc_ctx *c, void *args);
uint32_t samr_set_group(struct rpc_ctx *c, void *args);
uint32_t samr_set_member_attributes(struct rpc_ctx *c, void *args);
uint32_t samr_set_user(struct rpc_ctx *c, void *args);
uint32_t samr_user_password_info(struct rpc_ctx *c, void *args);

#endif
