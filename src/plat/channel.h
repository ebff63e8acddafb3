/*
 * Typed messages between processes of this machine, over a stream socket (a socketpair, or a Unix
 * socket with its listener below). A message is a type, a sequence number, a payload of up to 16
 * MiB and at most one descriptor. Either side may call the other; a reply carries the sequence
 * number of its call. The other end is not trusted: what breaks the framing closes the channel.
 *
 * Header, little-endian, 24 bytes: u32 magic "EMSG", u32 payload length, u32 type, u32 seq, i64
 * deadline. In the type, bit 31 marks a reply and bit 30 that a descriptor travels with the header;
 * types of services are below 2^30. seq 0 is a message that wants no reply. The deadline is when a
 * call's sender stops waiting (plat_mono, one clock for all processes of a machine): who is asked
 * too late can leave undone what nobody waits for.
 *
 * Two ways of use: on a loop (ops, plat_channel_send, plat_channel_start), and synchronously
 * (plat_channel_call), which blocks the caller and keeps other messages that arrive meanwhile for
 * the loop. A channel without a loop can only call and send. One
 * thread. A callback may free its channel.
 */
#ifndef PLAT_CHANNEL_H
#define PLAT_CHANNEL_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/reader.h"
#include "plat/loop.h"

#define PLAT_MSG_PAYLOAD_MAX (16u * 1024 * 1024)
#define PLAT_MSG_HEADER      24
#define PLAT_MSG_TYPE_MAX    0x3fffffffu
#define PLAT_CHANNEL_QUEUE   (64u * 1024 * 1024) /* output that waits; beyond: ERR_BUSY */

struct plat_channel;

struct plat_msg {
    uint32_t type;
    uint32_t seq;   /* 0: no reply is wanted */
    utime deadline; /* of a call; 0: none */
    struct span payload;
    int fd; /* -1 or a descriptor, which is closed when the callback returns unless it was taken */
    bool is_reply;
};

/* The descriptor of a message, now the caller's; -1 when there is none. */
static inline int plat_msg_take_fd(struct plat_msg *msg)
{
    int fd = msg->fd;
    msg->fd = -1;
    return fd;
}

/* The header of a message; for the receiver and for the fuzzer. ERR_TRUNCATED below 24 bytes,
 * ERR_MALFORMED, ERR_LIMIT. On success fills all but payload and fd; *has_fd_out says whether a
 * descriptor has to come. */
enum err plat_msg_decode(struct span bytes, struct plat_msg *msg_out, size_t *payload_out,
                         bool *has_fd_out);
void plat_msg_encode(const struct plat_msg *msg, uint8_t header[PLAT_MSG_HEADER]);

struct plat_channel_ops {
    /* A message that is no reply; views are valid during the call. Answer it with
     * plat_channel_reply, now or later. */
    void (*message)(void *ctx, struct plat_channel *ch, struct plat_msg *msg);
    /* The other end is gone (or broke the framing: ERR_MALFORMED). Calls that wait have been
     * completed with ERR_CLOSED before. The owner frees the channel, here or later. */
    void (*closed)(void *ctx, struct plat_channel *ch, enum err why);
};

/* An asynchronous call, embedded in whatever waits for it; it must stay in place until done is
 * called or plat_channel_cancel. */
struct plat_call {
    void (*done)(struct plat_call *call, enum err err, struct plat_msg *reply);
    struct plat_call *next, *prev; /* the channel's */
    uint32_t seq;
    utime deadline;
};

/* Takes over fd. loop and ops may be NULL for a channel that only makes synchronous calls; it keeps
 * no messages of the other side. */
enum err plat_channel_new(struct plat_loop *loop, int fd, const struct plat_channel_ops *ops,
                          void *ctx, struct plat_channel **out);
/* Calls that wait are completed with ERR_CLOSED; closed is not called. */
void plat_channel_free(struct plat_channel *ch);
/* Two connected ends. */
enum err plat_channel_pair(int fds_out[2]);

/* A message without reply. fd (or -1) is duplicated, the caller keeps its own. ERR_CLOSED,
 * ERR_BUSY, ERR_LIMIT. */
enum err plat_channel_send(struct plat_channel *ch, uint32_t type, struct span payload, int fd);
enum err plat_channel_reply(struct plat_channel *ch, uint32_t seq, uint32_t type,
                            struct span payload, int fd);

/* Gathers messages until plat_channel_uncork, so that many of one turn cost one system call and one
 * wakeup of the other end. Whoever corks sees to it that it ends with the turn; a synchronous call
 * ends it too. */
void plat_channel_cork(struct plat_channel *ch);
void plat_channel_uncork(struct plat_channel *ch);

/* Begins a call on the loop; call->done comes later, exactly once (with ERR_TIMEOUT after timeout,
 * 0: no limit), never from inside this function. On an error done does not come. */
enum err plat_channel_start(struct plat_channel *ch, uint32_t type, struct span payload,
                            utime timeout, struct plat_call *call);
void plat_channel_cancel(struct plat_channel *ch, struct plat_call *call);

/* Calls and waits. The reply's payload is copied into the arena. After ERR_TIMEOUT the channel can
 * be used again: a late reply is dropped. In a task (task.h) only the task waits, and whoever frees
 * the channel meanwhile ends its wait with ERR_CLOSED. */
enum err plat_channel_call(struct plat_channel *ch, uint32_t type, struct span payload,
                           utime timeout, struct arena *a, struct plat_msg *reply_out);

void *plat_channel_ctx(const struct plat_channel *ch);
void plat_channel_set_ctx(struct plat_channel *ch, void *ctx);
/* Who is at the other end of a Unix socket, by the kernel's word. */
enum err plat_channel_peer(const struct plat_channel *ch, uid_t *uid_out, gid_t *gid_out,
                           pid_t *pid_out);

/* Listens on a Unix socket: each connection becomes a channel with these ops and ctx, announced by
 * accepted, which owns it. Takes over fd. Beyond PLAT_CHANNELS_MAX open channels that listeners of
 * this process made, a new one is closed at once. */
#define PLAT_CHANNELS_MAX 1024
struct plat_channel_listener;
enum err plat_channel_listen(struct plat_loop *loop, int fd, const struct plat_channel_ops *ops,
                             void (*accepted)(void *ctx, struct plat_channel *ch), void *ctx,
                             struct plat_channel_listener **out);
/* Its channels live on. */
void plat_channel_unlisten(struct plat_channel_listener *l);

#endif
