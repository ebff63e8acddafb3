/*
 * SAMR, a password changed by who knows the old one: what is the same however the two travel.
 */
#ifndef RPC_SAMR_PASSWORDS_H
#define RPC_SAMR_PASSWORDS_H

#include "rpc/samr_service.h"

struct samr_proof { /* wipe it */
    struct span user;
    uint8_t claimed[16]; /* the old password's NT hash, as the client shows to know it */
    struct span new_utf16;
};

/* The NT hash of somebody's password, or of nobody's when there is no such user. A status. */
uint32_t samr_password_hash(struct rpc_ctx *c, struct span user, uint8_t hash_out[16]);
/* Judges the old one and sets the new one; both are events. A status; *account_out and *why_out are
 * set when the old one was right: why_out is the writer's reason. */
uint32_t samr_password_change(struct rpc_ctx *c, const struct samr_proof *p, dir_id *account_out,
                              enum reason *why_out);

#endif
