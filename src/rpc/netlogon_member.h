/*
 * What a member says of itself when it begins: stored, as far as it may.
 */
#ifndef RPC_NETLOGON_MEMBER_H
#define RPC_NETLOGON_MEMBER_H

#include "rpc/netlogon_service.h"
#include "wire/rpc/netlogon_channel.h"

/* NT_OK, also when nothing was stored; else a failure of ours. */
uint32_t netlogon_member_says(struct rpc_ctx *c, const struct netlogon_session *s,
                              const struct netlogon_workstation *w);

#endif
