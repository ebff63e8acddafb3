/*
 * DCE/RPC as a client, within a task: bind to an interface, then call after call, each of which is
 * sent and answered in fragments ([MS-RPCE] 3.3.2). Below is a stream of bytes: a TCP link, or a
 * pipe that SMB carries.
 *
 * Protection is NETLOGON's secure channel at level privacy, or none, where the call is public or
 * SMB signs. After any error but ERR_REFUSED the connection is worth nothing and is to be closed.
 */
#ifndef PEER_PEER_RPC_H
#define PEER_PEER_RPC_H

#include "crypt/netlogon_crypto.h"
#include "peer/peer_link.h"
#include "wire/rpc/rpc_iface.h"

#define PEER_RPC_ANSWER_MAX (1u << 20) /* out-arguments of one call */

struct peer_rpc_transport {
    /* A whole fragment; last: an answer is waited for now. */
    enum err (*send)(void *ctx, struct span fragment, bool last);
    enum err (*receive)(void *ctx, void *into, size_t len);
};
/* ctx is a struct peer_link. */
extern const struct peer_rpc_transport peer_rpc_over_tcp;

struct peer_rpc {
    const struct peer_rpc_transport *transport;
    void *ctx;
    const struct rpc_iface *iface;
    uint32_t fault; /* what the last ERR_REFUSED was: an RPC fault, a reason of bind_nak */

    /* Of peer_rpc.c. */
    uint32_t call_id;
    uint16_t fragment_max; /* that the server takes */
    bool sealed;
    struct netlogon_schannel channel;
};

/* Sets up c, whose first two members are the caller's, and binds. token empty: without protection;
 * else the first message of the secure channel with this session key. ERR_REFUSED: the server does
 * not offer the interface, or this protection; ERR_MALFORMED; and those of the transport. */
enum err peer_rpc_bind(struct peer_rpc *c, const struct rpc_iface *iface, struct span token,
                       const uint8_t key[NETLOGON_KEY_SIZE], struct arena *a);
/* One call; *out_out is in a. ERR_REFUSED: the server answered with a fault; ERR_INTEGRITY: what
 * came back is not from the other end of the secure channel. */
enum err peer_rpc_call(struct peer_rpc *c, uint16_t opnum, struct span in, struct arena *a,
                       struct span *out_out);
/* The same with the call's struct of arguments: what goes in and what comes out. ERR_UNSUPPORTED:
 * the interface's table has no such call. */
enum err peer_rpc_invoke(struct peer_rpc *c, uint16_t opnum, void *args, struct arena *a);

/* The port of an interface, by the endpoint mapper at that address. ERR_NOT_FOUND: it is not
 * registered. */
enum err peer_epm_map(struct plat_loop *loop, const struct plat_addr *mapper,
                      const struct rpc_iface *iface, utime deadline, struct arena *a,
                      uint16_t *port_out, uint32_t *fault_out);

#endif
