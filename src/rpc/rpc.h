/*
 * The DCE/RPC service of one domain controller ([MS-RPCE]): associations over named pipes, whose
 * bytes SMB carries, and over TCP, where the endpoint mapper says on which port the interfaces are.
 * Calls are answered before the function that brought their last fragment returns, but for those
 * that must ask a trusted domain: they are answered when the peer process has.
 *
 * A pipe without a security context of its own has the identity of its SMB session and is protected
 * by that session's signatures; on TCP nothing but the endpoint mapper is reached without a context
 * that signs.
 *
 * Not thread-safe: one struct rpc_server a process, on its loop.
 */
#ifndef RPC_RPC_H
#define RPC_RPC_H

#include "auth/acceptor.h"
#include "base/event.h"
#include "directory/directory.h"
#include "directory/token.h"
#include "plat/address.h"
#include "plat/channel.h"
#include "plat/loop.h"

#define RPC_PORT_MAPPER     135
#define RPC_PORT_INTERFACES 49152 /* each domain controller has addresses of its own */

struct rpc_share { /* what SRVSVC tells */
    struct span name, comment;
    uint32_t type; /* enum srvsvc_share_type */
};

struct rpc_env {
    struct plat_loop *loop;
    struct dir *dir; /* with the SERVICE secrets */
    const struct event_sink *events;
    struct span host; /* first label of the domain controller's name */
    struct span site;
    uint8_t address[4]; /* what the endpoint mapper tells; it knows IPv4 only */
    const struct rpc_share *shares;
    unsigned share_count;
    utime (*now)(void);
    void (*random)(void *out, size_t len);
    const struct acceptor_ntlm_ops *ntlm; /* NULL: Kerberos alone */
    /* Asks the writer and waits. */
    enum err (*intent)(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out);
    void *intent_ctx;
    /* Asks the domain controller's peer process (trust/trust_ask.h) on the loop: call->done comes
     * later, exactly once, unless ask_cancel came before. ERR_CLOSED: there is no link. */
    enum err (*ask)(void *ctx, uint32_t type, struct span payload, utime timeout,
                    struct plat_call *call);
    void (*ask_cancel)(void *ctx, struct plat_call *call);
    void *ask_ctx;
};

struct rpc_server;

/* Keeps env's views. ERR_NOMEM, ERR_IO. */
enum err rpc_server_new(const struct rpc_env *env, struct rpc_server **out);
void rpc_server_free(struct rpc_server *s);
/* Takes over a listening socket of RPC_PORT_MAPPER (mapper) or RPC_PORT_INTERFACES. */
enum err rpc_server_listen(struct rpc_server *s, int fd, bool mapper);

/* Who calls. Valid, with everything it points to, as long as the pipe or the connection. */
struct rpc_caller {
    const struct dir_token *token;
    bool anonymous;
    struct span user, domain; /* as events and answers name them */
    struct span session_key;
    struct plat_addr client;
};

struct rpc_pipe;

/* name: "lsarpc". ready(ctx): something can be read of a pipe whose last read was ERR_BUSY; never
 * from inside of the functions below. ERR_NOT_FOUND: there is no such pipe; ERR_DENIED: not for
 * nobody; ERR_NOMEM. */
enum err rpc_pipe_open(struct rpc_server *s, struct span name, const struct rpc_caller *who,
                       void (*ready)(void *ctx), void *ctx, struct rpc_pipe **out);
/* All of the bytes: a fragment or a part of one. ERR_CLOSED: they broke the protocol; ERR_LIMIT. */
enum err rpc_pipe_write(struct rpc_pipe *p, struct span bytes);
/* The next fragment, or its first max bytes with *more_out set, in the arena. ERR_BUSY: nothing is
 * there; ERR_CLOSED. */
enum err rpc_pipe_read(struct rpc_pipe *p, size_t max, struct arena *a, struct span *out,
                       bool *more_out);
void rpc_pipe_close(struct rpc_pipe *p);

#endif
