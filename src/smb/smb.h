/*
 * The SMB service of one domain controller ([MS-SMB2]): dialects 2.0.2 to 3.1.1, IPC$ with the
 * named pipes of DCE/RPC, and SYSVOL and NETLOGON. It serves the sockets it is given;
 * everything else of the outside world is in struct smb_env, so that tests own the clock.
 *
 * Signing is required of every session that has a key, encryption is offered; there is no SMB1 but
 * for the negotiation that leads to SMB2. Anonymous sessions reach pipes only, and the pipes decide
 * which.
 *
 * Not thread-safe: one struct smb_server a process.
 */
#ifndef SMB_SMB_H
#define SMB_SMB_H

#include "auth/acceptor.h"
#include "base/event.h"
#include "directory/directory.h"
#include "directory/token.h"
#include "plat/address.h"
#include "plat/loop.h"

/* --- named pipes ------------------------------------------------------------------------------
 * RPC implements them and serve hands them over: neither knows the other. A pipe is in message
 * mode: each write carries one fragment or a part of one, each read gives at most one. */

/* Who opened a pipe. Valid, with everything it points to, until the pipe is closed. */
struct smb_pipe_session {
    const struct dir_token *token;
    bool anonymous;
    struct span user, domain; /* as events and answers name them */
    uint8_t session_key[16];  /* the application key ([MS-SMB2] 3.3.1.8): what LSA encrypts with */
    struct plat_addr client;
};

/* The side of SMB in an open pipe; opaque to who serves it. */
struct smb_pipe_waiter;

struct smb_pipe_ops {
    /* name: lower-case, without a backslash: "lsarpc". ERR_NOT_FOUND: there is no such pipe;
     * ERR_DENIED: not for this session; ERR_LIMIT, ERR_NOMEM. The waiter lives until close. */
    enum err (*open)(void *ctx, struct span name, const struct smb_pipe_session *who,
                     struct smb_pipe_waiter *waiter, void **pipe_out);
    /* Takes all of the bytes, or fails: ERR_CLOSED when they broke the protocol and the pipe is
     * dead, ERR_BUSY while an answer must be read first. */
    enum err (*write)(void *pipe, struct span bytes);
    /* The next fragment, or the first max bytes of it with *more_out set, and the rest with the
     * next read; in the arena or in memory that stays until the next call on this pipe. ERR_BUSY:
     * there is nothing yet, and smb_pipe_ready will be called; ERR_CLOSED as above. */
    enum err (*read)(void *pipe, size_t max, struct arena *a, struct span *out, bool *more_out);
    /* Ends whatever runs; smb_pipe_ready is not called any more. */
    void (*close)(void *pipe);
};

/* Something can be read, or the pipe has died. Not from inside of open, write, read or close. */
void smb_pipe_ready(struct smb_pipe_waiter *waiter);

/* --- the server ------------------------------------------------------------------------------ */

struct smb_env {
    struct plat_loop *loop;
    struct dir *dir; /* with the SERVICE secrets */
    const struct event_sink *events;
    struct span domain; /* "aws.example.com" */
    struct span host;   /* first label of the domain controller's name */
    /* DNS names of the domain controllers as they are now, at most max: where SYSVOL is. */
    enum err (*controllers)(void *ctx, struct arena *a, struct span *out, unsigned max,
                            unsigned *count_out);
    void *controllers_ctx;
    const char *sysvol; /* folder that holds DOMAIN/Policies and DOMAIN/scripts; NULL: no such
                           shares */
    utime (*now)(void);
    void (*random)(void *out, size_t len);
    const struct acceptor_ntlm_ops *ntlm; /* acceptor.h; NULL: Kerberos alone */
    const struct smb_pipe_ops *pipes;     /* NULL: there are none */
    void *pipes_ctx;
};

struct smb_server;

/* Keeps env's views. ERR_NOMEM, ERR_IO. */
enum err smb_server_new(const struct smb_env *env, struct smb_server **out);
void smb_server_free(struct smb_server *s);
/* Takes over a listening socket of port 445. */
enum err smb_server_listen(struct smb_server *s, int fd);

#endif
