/*
 * A UDP server: datagrams are taken from the kernel in batches (recvmmsg), each is answered in an
 * arena that is reset after it, and the answers leave in one sendmmsg. All memory is reserved when
 * the server is made. One thread, the loop's.
 *
 * A datagram longer than max_request arrives cut and is dropped. A reply that the kernel cannot
 * take is dropped too, as the network would have.
 */
#ifndef PLAT_DATAGRAM_H
#define PLAT_DATAGRAM_H

#include "base/builder.h"
#include "plat/address.h"
#include "plat/loop.h"

struct plat_udp;

struct plat_udp_limits {
    size_t max_request;
    size_t max_reply;
    size_t arena_first; /* bytes of the request arena that are never given back */
    size_t arena_max;
};

struct plat_udp_request {
    struct plat_udp *server;
    unsigned socket; /* which of the server's sockets, in the order of plat_udp_add */
    const struct plat_addr *from;
    struct span bytes;
    struct arena *arena;
};

struct plat_udp_ops {
    const char *name;
    /* Mandatory. The answer goes into reply, which has room for max_reply bytes; an empty or failed
     * reply sends nothing (for later answers: plat_udp_send). */
    void (*answer)(void *ctx, const struct plat_udp_request *rq, struct builder *reply);
};

enum err plat_udp_new(struct plat_loop *loop, const struct plat_udp_ops *ops,
                      const struct plat_udp_limits *limits, void *ctx, struct plat_udp **out);
/* Takes over a bound socket, unless it fails (ERR_LIMIT beyond 16, ERR_IO). */
enum err plat_udp_add(struct plat_udp *s, int fd);
/* Sends at once from one of the sockets. ERR_BUSY: the kernel has no room; ERR_RANGE, ERR_IO. */
enum err plat_udp_send(struct plat_udp *s, unsigned socket, const struct plat_addr *to,
                       struct span bytes);
void plat_udp_free(struct plat_udp *s);

#endif
