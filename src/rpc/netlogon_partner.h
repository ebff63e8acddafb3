/*
 * Calls of NETLOGON that ask a partner's domain controller by a call of the same interface, over
 * the secure channel that the peer process keeps (trust/trust_ask.h).
 */
#ifndef RPC_NETLOGON_PARTNER_H
#define RPC_NETLOGON_PARTNER_H

#include "rpc/netlogon_service.h"
#include "trust/trust_ask.h"

/* As rpc_ask. args: the call's in-arguments; authenticators are the peer's. */
uint32_t netlogon_ask_partner(struct rpc_ctx *c, struct span partner, uint16_t opnum,
                              const struct ndr_type *type, const void *args, rpc_step *then);
/* The step's view of it: NT_OK, and *args_out has the arguments that came out, in the arena of the
 * call; else the NTSTATUS of the way there. server_out (may be NULL): the domain controller that
 * answered or was asked last. */
uint32_t netlogon_partner_answer(struct rpc_ctx *c, enum err e, struct span reply,
                                 const struct ndr_type *type, void *args_out,
                                 struct span *server_out);

/* NetBIOS name of this domain controller. */
struct span netlogon_own_name(struct rpc_ctx *c);
/* An NTSTATUS as the calls with NET_API_STATUS answer it. */
uint32_t netlogon_werror(uint32_t status);

#endif
