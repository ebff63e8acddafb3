/*
 * How a connection agrees on interfaces: bind, bind_ack, bind_nak, alter_context and its response
 * (C706 12.6.4, [MS-RPCE] 2.2.2 and 3.3.1.5.3). Both directions. Lists are decoded into an arena;
 * the wire counts them in one byte, and that they are there is checked before they are allocated.
 */
#ifndef WIRE_RPC_RPC_BIND_H
#define WIRE_RPC_RPC_BIND_H

#include "wire/rpc/rpc_pdu.h"

struct rpc_syntax { /* an interface, or a transfer syntax */
    struct guid uuid;
    uint16_t major, minor;
};

extern const struct rpc_syntax rpc_ndr32;
extern const struct rpc_syntax rpc_ndr64; /* never accepted; offered by every Windows client */

/* Bind-time features travel as a transfer syntax whose UUID ends in them ([MS-RPCE] 2.2.2.14). */
enum rpc_feature {
    RPC_FEATURE_MULTIPLEX = 1,      /* several security contexts on one connection */
    RPC_FEATURE_KEEP_ON_ORPHAN = 2, /* an orphaned call does not cost the connection */
};

bool rpc_syntax_eq(const struct rpc_syntax *a, const struct rpc_syntax *b);
bool rpc_syntax_features(const struct rpc_syntax *s, uint64_t *features_out);
struct rpc_syntax rpc_features_syntax(uint64_t features);

/* --- bind, alter_context --------------------------------------------------------------------- */

struct rpc_context {
    uint16_t id;
    struct rpc_syntax interface;
    unsigned count;
    struct rpc_syntax *transfers;
};
struct rpc_bind {
    uint16_t max_xmit, max_recv;
    uint32_t group;
    unsigned count;
    struct rpc_context *contexts;
};

/* ERR_MALFORMED: also no context, or one without a transfer syntax. ERR_NOMEM. */
enum err rpc_bind_decode(const struct rpc_pdu *pdu, struct arena *a, struct rpc_bind *out);
void rpc_bind_put(struct builder *b, enum rpc_pdu_type type, unsigned flags, uint32_t call_id,
                  const struct rpc_bind *bind, const struct rpc_auth *auth);

/* --- bind_ack, alter_context_resp ------------------------------------------------------------ */

enum rpc_result_code {
    RPC_ACCEPTED = 0,
    RPC_USER_REJECTED = 1,
    RPC_PROVIDER_REJECTED = 2,
    RPC_NEGOTIATE_ACK = 3, /* the reason holds the features */
};
enum rpc_result_reason {
    RPC_REASON_NONE = 0,
    RPC_REASON_INTERFACE = 1,
    RPC_REASON_TRANSFER = 2,
    RPC_REASON_LIMIT = 3,
};
struct rpc_result {
    uint16_t code, reason;
    struct rpc_syntax transfer; /* zeros unless accepted */
};
struct rpc_bind_ack {
    uint16_t max_xmit, max_recv;
    uint32_t group;
    struct span address; /* the secondary address, without its zero */
    unsigned count;
    struct rpc_result *results;
};

enum err rpc_bind_ack_decode(const struct rpc_pdu *pdu, struct arena *a, struct rpc_bind_ack *out);
void rpc_bind_ack_put(struct builder *b, enum rpc_pdu_type type, unsigned flags, uint32_t call_id,
                      const struct rpc_bind_ack *ack, const struct rpc_auth *auth);

/* --- bind_nak -------------------------------------------------------------------------------- */

enum rpc_nak_reason {
    RPC_NAK_NONE = 0,
    RPC_NAK_CONGESTION = 1,
    RPC_NAK_LIMIT = 2,
    RPC_NAK_VERSION = 4,
    RPC_NAK_AUTH_TYPE = 8,
    RPC_NAK_CHECKSUM = 9,
};

/* What follows the reason (versions, a signature, extended errors) is not looked at. */
enum err rpc_bind_nak_decode(const struct rpc_pdu *pdu, uint16_t *reason_out);
void rpc_bind_nak_put(struct builder *b, uint32_t call_id, enum rpc_nak_reason reason);

#endif
