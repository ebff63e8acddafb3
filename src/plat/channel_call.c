/* Calls over a channel: asynchronous ones, and those that wait. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "plat/channel_state.h"
#include "plat/task.h"

static uint32_t fresh_seq(struct plat_channel *ch)
{
    uint32_t seq = ch->next_seq++;
    if (ch->next_seq == 0)
        ch->next_seq = 1;
    return seq;
}

/* --- on the loop --- */

static void unlink_call(struct plat_channel *ch, struct plat_call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else
        ch->calls = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        ch->last_call = call->prev;
    call->next = call->prev = NULL;
    call->seq = 0;
}

struct plat_call *channel_take_call(struct plat_channel *ch, uint32_t seq)
{
    /* Replies mostly come in the order of their calls: the first one is the one. */
    for (struct plat_call *call = ch->calls; call; call = call->next)
        if (call->seq == seq) {
            unlink_call(ch, call);
            return call;
        }
    return NULL;
}

void channel_fail_calls(struct plat_channel *ch, enum err why)
{
    struct plat_call *call;
    while ((call = ch->calls)) {
        unlink_call(ch, call);
        call->done(call, why, NULL);
    }
}

static struct plat_call *first_expired(struct plat_channel *ch, utime now, utime *next_out)
{
    *next_out = 0;
    for (struct plat_call *call = ch->calls; call; call = call->next) {
        if (!call->deadline)
            continue;
        if (call->deadline <= now)
            return call;
        if (!*next_out || call->deadline < *next_out)
            *next_out = call->deadline;
    }
    return NULL;
}

void channel_expire_calls(struct plat_channel *ch)
{
    struct plat_call *call;
    utime now = plat_mono(), next;
    while ((call = first_expired(ch, now, &next))) {
        unlink_call(ch, call);
        call->done(call, ERR_TIMEOUT, NULL);
    }
    if (next && !ch->freed)
        channel_arm(ch, next);
}

enum err plat_channel_start(struct plat_channel *ch, uint32_t type, struct span payload,
                            utime timeout, struct plat_call *call)
{
    if (!ch->loop)
        return ERR_STATE;
    struct plat_msg msg = {.type = type,
                           .seq = fresh_seq(ch),
                           .deadline = timeout ? plat_mono() + timeout : 0,
                           .payload = payload,
                           .fd = -1};
    TRY(channel_put(ch, &msg));
    call->seq = msg.seq;
    call->deadline = msg.deadline;
    call->next = NULL;
    call->prev = ch->last_call;
    if (ch->last_call)
        ch->last_call->next = call;
    else
        ch->calls = call;
    ch->last_call = call;
    if (call->deadline)
        channel_arm(ch, call->deadline);
    return ERR_OK;
}

void plat_channel_cancel(struct plat_channel *ch, struct plat_call *call)
{
    if (call->seq)
        unlink_call(ch, call);
}

/* --- waiting --- */

/* Keeps for the loop what is not the reply that is waited for. */
static enum err keep(struct plat_channel *ch, struct plat_msg *msg)
{
    if (!ch->loop)
        return ERR_OK;
    if (ch->kept_size + msg->payload.len > PLAT_CHANNEL_QUEUE)
        return ERR_LIMIT;
    struct channel_kept *k = malloc(sizeof(*k) + msg->payload.len);
    if (!k)
        return ERR_NOMEM;
    k->next = NULL;
    k->msg = *msg;
    k->msg.payload = span_of(k->bytes, msg->payload.len);
    if (msg->payload.len)
        memcpy(k->bytes, msg->payload.ptr, msg->payload.len);
    (void)plat_msg_take_fd(msg);
    *ch->kept_tail = k;
    ch->kept_tail = &k->next;
    ch->kept_size += k->msg.payload.len;
    channel_arm(ch, plat_mono());
    return ERR_OK;
}

/* Reads messages that are there. ERR_OK with the reply; ERR_BUSY when more has to come. */
static enum err search_reply(struct plat_channel *ch, uint32_t seq, struct plat_msg *msg_out)
{
    for (;;) {
        enum err e = channel_next(ch, msg_out);
        if (e == ERR_OK) {
            if (msg_out->is_reply && msg_out->seq == seq)
                return ERR_OK;
            e = keep(ch, msg_out);
            if (msg_out->fd >= 0)
                close(msg_out->fd);
        } else if (e == ERR_TRUNCATED) {
            e = channel_fill(ch);
        }
        if (e != ERR_OK)
            return e;
    }
}

static enum err wait_event(struct plat_channel *ch, utime deadline)
{
    utime left = deadline - plat_mono();
    struct pollfd p = {.fd = ch->fd, .events = POLLIN | (ch->out ? POLLOUT : 0)};
    if (left > UTIME_HOUR)
        left = UTIME_HOUR;
    int ms = !deadline ? -1 : left <= 0 ? 0 : (int)((left + 999) / 1000);
    int n = poll(&p, 1, ms);
    if (n < 0)
        return errno == EINTR ? ERR_OK : ERR_IO;
    if (n == 0)
        return deadline && plat_mono() >= deadline ? ERR_TIMEOUT : ERR_OK;
    if (p.revents & POLLOUT)
        channel_drain(ch);
    return ERR_OK;
}

static enum err wait_reply(struct plat_channel *ch, uint32_t seq, utime deadline,
                           struct plat_msg *msg_out)
{
    for (;;) {
        enum err e = search_reply(ch, seq, msg_out);
        if (e == ERR_OK)
            return e;
        if (e != ERR_BUSY) {
            ch->broken = e;
            channel_arm(ch, plat_mono()); /* closed is told on the loop */
            return ERR_CLOSED;
        }
        TRY(wait_event(ch, deadline));
    }
}

/* --- in a task --- */

struct task_call {
    struct plat_call call; /* first */
    struct plat_task *task;
    struct arena *arena;
    struct plat_msg *reply_out;
    enum err err;
};

static void task_reply(struct plat_call *call, enum err err, struct plat_msg *reply)
{
    struct task_call *tc = (struct task_call *)call;
    tc->err = err;
    if (err == ERR_OK) {
        struct span copy = arena_dup_span(tc->arena, reply->payload);
        tc->err = copy.ptr ? ERR_OK : ERR_NOMEM;
        if (copy.ptr) {
            *tc->reply_out = *reply;
            tc->reply_out->fd = plat_msg_take_fd(reply);
            tc->reply_out->payload = copy;
        }
    }
    plat_task_wake(tc->task);
}

static enum err call_in_task(struct plat_channel *ch, uint32_t type, struct span payload,
                             utime timeout, struct arena *a, struct plat_msg *reply_out)
{
    struct task_call tc = {
        .call.done = task_reply, .task = plat_task_self(), .arena = a, .reply_out = reply_out};
    TRY(plat_channel_start(ch, type, payload, timeout, &tc.call));
    plat_channel_uncork(ch);
    plat_task_wait();
    return tc.err;
}

/* --- both --- */

enum err plat_channel_call(struct plat_channel *ch, uint32_t type, struct span payload,
                           utime timeout, struct arena *a, struct plat_msg *reply_out)
{
    if (ch->loop && plat_task_self())
        return call_in_task(ch, type, payload, timeout, a, reply_out);
    if (ch->callbacks)
        return ERR_STATE;
    struct plat_msg reply, msg = {.type = type,
                                  .seq = fresh_seq(ch),
                                  .deadline = timeout ? plat_mono() + timeout : 0,
                                  .payload = payload,
                                  .fd = -1};
    TRY(channel_put(ch, &msg));
    plat_channel_uncork(ch);
    TRY(wait_reply(ch, msg.seq, msg.deadline, &reply));
    struct span copy = arena_dup_span(a, reply.payload);
    if (!copy.ptr) {
        if (reply.fd >= 0)
            close(reply.fd);
        return ERR_NOMEM;
    }
    reply.payload = copy;
    *reply_out = reply;
    return ERR_OK;
}
