/*
 * The inside of a channel, shared by the files that implement channel.h.
 */
#ifndef PLAT_CHANNEL_STATE_H
#define PLAT_CHANNEL_STATE_H

#include "plat/channel.h"
#include "plat/clock.h"

#define CHANNEL_BUFFER 16384 /* what a channel keeps; more only while a longer message arrives */
#define CHANNEL_FDS    4     /* descriptors received whose message is not complete yet */

/* A part of the output that the kernel did not take yet. */
struct channel_out {
    struct channel_out *next;
    size_t len, sent, cap;
    int fd; /* goes with the first byte; -1 afterwards */
    uint8_t bytes[];
};

/* A message that came while a synchronous call waited for another one. */
struct channel_kept {
    struct channel_kept *next;
    struct plat_msg msg;
    uint8_t bytes[];
};

struct plat_channel {
    struct plat_loop *loop;
    const struct plat_channel_ops *ops;
    void *ctx;
    int fd;
    struct plat_poll *poll;
    struct plat_timer *timer; /* deadlines of calls, and messages kept */

    uint8_t *in;
    size_t in_cap, in_start, in_end;
    int fds[CHANNEL_FDS];
    unsigned fd_count;

    struct channel_out *out, **out_tail;
    size_t out_queued;
    bool corked;

    struct channel_kept *kept, **kept_tail;
    size_t kept_size;

    struct plat_call *calls, *last_call;
    uint32_t next_seq;
    utime armed; /* when the timer fires; 0: not */

    enum err broken;    /* why nothing more is read */
    bool reported;      /* closed was called */
    unsigned callbacks; /* depth; while not 0 the memory stays */
    bool freed;
    unsigned *listener_count;
};

/* Reads what there is into the buffer. ERR_BUSY: nothing now. ERR_CLOSED, ERR_MALFORMED, ERR_IO...
 */
enum err channel_fill(struct plat_channel *ch);
/* Takes the next whole message out of the buffer; its payload is valid until the next fill.
 * ERR_TRUNCATED: not whole yet. Any other error breaks the channel. */
enum err channel_next(struct plat_channel *ch, struct plat_msg *msg_out);
/* Sends or queues. */
enum err channel_put(struct plat_channel *ch, const struct plat_msg *msg);
/* Sends what is queued, as far as possible. */
void channel_drain(struct plat_channel *ch);
void channel_watch(struct plat_channel *ch);
/* Gives a message to whom it concerns; closes its descriptor if nobody took it. */
void channel_deliver(struct plat_channel *ch, struct plat_msg *msg);
/* Fires the timer at this time or earlier. */
void channel_arm(struct plat_channel *ch, utime at);
/* The call that a reply belongs to, unlinked; or NULL. */
struct plat_call *channel_take_call(struct plat_channel *ch, uint32_t seq);
void channel_expire_calls(struct plat_channel *ch);
void channel_fail_calls(struct plat_channel *ch, enum err why);
void channel_deliver_kept(struct plat_channel *ch);
/* Brackets around callbacks; leave returns false when the channel is gone. */
void channel_enter(struct plat_channel *ch);
bool channel_leave(struct plat_channel *ch);

#endif
