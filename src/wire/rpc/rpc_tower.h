/*
 * Protocol towers (C706 appendix L, [MS-RPCE] 2.2.1.2): where an interface is reached, floor upon
 * floor, as the endpoint mapper gives and takes it.
 */
#ifndef WIRE_RPC_RPC_TOWER_H
#define WIRE_RPC_RPC_TOWER_H

#include "wire/rpc/rpc_bind.h"

#define RPC_TOWER_MAX 512 /* bytes; towers of the protocols below take about 75 */

enum rpc_tower_kind {
    RPC_TOWER_TCP,   /* ncacn_ip_tcp: port and address */
    RPC_TOWER_PIPE,  /* ncacn_np: pipe and host */
    RPC_TOWER_OTHER, /* any other stack: nothing is known but the interface */
};

struct rpc_tower {
    struct rpc_syntax interface, transfer;
    enum rpc_tower_kind kind;
    uint16_t port;      /* 0 where a client asks */
    uint8_t address[4]; /* likewise; IPv4 only, as the protocol has it */
    struct span pipe;   /* "\\PIPE\\lsass"; without the terminating zero */
    struct span host;   /* "\\\\DC1" or an address */
};

/* Views into bytes. ERR_MALFORMED: also no interface in the first two floors. */
enum err rpc_tower_decode(struct span bytes, struct rpc_tower *out);
/* RPC_TOWER_OTHER is ERR_RANGE. */
void rpc_tower_put(struct builder *b, const struct rpc_tower *t);

#endif
