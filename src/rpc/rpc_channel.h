/*
 * Connections bound to a secure channel of NETLOGON: authentication type 68, level privacy alone
 * ([MS-NRPC] 3.3). The bind names a computer whose session must be there; whether the client has
 * its key shows with the first fragment.
 */
#ifndef RPC_RPC_CHANNEL_H
#define RPC_RPC_CHANNEL_H

#include "rpc/rpc_internal.h"

struct rpc_channel;

/* Takes the token of a bind. REASON_NONE: as->channel and as->who are set, and *token_out is the
 * answer. */
enum reason rpc_channel_bind(struct rpc_assoc *as, const struct rpc_auth *auth,
                             struct span *token_out);
void rpc_channel_free(struct rpc_channel *ch);

/* Whose it is. */
struct span rpc_channel_computer(const struct rpc_channel *ch);
const struct sid *rpc_channel_account(const struct rpc_channel *ch);

/* As acceptor_rpc_open and acceptor_rpc_protect. */
enum err rpc_channel_open(struct rpc_channel *ch, const struct acceptor_rpc *m, struct span token);
size_t rpc_channel_token_size(void);
void rpc_channel_protect(const struct rpc_server *s, struct rpc_channel *ch,
                         const struct acceptor_rpc *m, uint8_t *token);

#endif
