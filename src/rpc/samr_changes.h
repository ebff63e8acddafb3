/*
 * SAMR, changes: each is one intent with the caller's own rights, as if it had come over LDAP, so
 * that both ways have the same rules.
 */
#ifndef RPC_SAMR_CHANGES_H
#define RPC_SAMR_CHANGES_H

#include "rpc/samr_service.h"

/* CN=Users by its well-known GUID ([MS-ADTS] 6.1.1.4) */
#define SAMR_USERS "A9D1CA15768811D1ADED00C04FD8D5CD"

/* Asks the writer as the caller; every outcome is an event. */
enum err samr_ask(struct rpc_ctx *c, struct intent *in, struct intent_reply *out);
/* The same in SAMR's words about users; id_out may be NULL. A status. */
uint32_t samr_ask_user(struct rpc_ctx *c, struct intent *in, dir_id *id_out);
/* A user by handle. A status. */
uint32_t samr_user_dn(struct rpc_ctx *c, const struct rpc_handle *h, struct span *dn_out,
                      uint32_t *uac_out);
/* What the writer says, in SAMR's words about users. */
uint32_t samr_status(enum err e, enum reason reason);
/* The password in what AES hid (2.2.6.32). ERR_MALFORMED. */
enum err samr_password_plain(struct span plain, struct span *utf16_out);
/* CN=NAME in a well-known container; in the arena of the call. A status. */
uint32_t samr_place(struct rpc_ctx *c, struct span name, const char *container_guid,
                    struct span *dn_out);
/* A handle of what was made. A status. */
uint32_t samr_open_new(struct rpc_ctx *c, enum rpc_handle_kind kind, uint32_t access, dir_id id,
                       struct rpc_handle *handle_out, uint32_t *rid_out);

#endif
