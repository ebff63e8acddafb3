/*
 * A trust's secrets out of a call, for INTENT_TRUST_PUT, in the arena of the call. Statuses; what
 * cannot be read is an event, too.
 */
#ifndef RPC_LSA_TRUST_AUTH_H
#define RPC_LSA_TRUST_AUTH_H

#include "rpc/lsa_service.h"
#include "wire/rpc/lsa_trust.h"

/* These decrypt in place. */
uint32_t lsa_auth_rc4(struct rpc_ctx *c, const struct lsa_trusted_auth_internal *in,
                      struct intent_trust *out);
uint32_t lsa_auth_aes(struct rpc_ctx *c, const struct lsa_trusted_auth_aes *in,
                      struct intent_trust *out);
uint32_t lsa_auth_clear(struct rpc_ctx *c, const struct lsa_trusted_auth *in,
                        struct intent_trust *out);

#endif
