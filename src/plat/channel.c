#include "plat/channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/channel_state.h"

#define TURN_MESSAGES 64 /* of one channel, before the others have their turn */

void channel_enter(struct plat_channel *ch)
{
    ch->callbacks++;
}

bool channel_leave(struct plat_channel *ch)
{
    if (--ch->callbacks > 0 || !ch->freed)
        return !ch->freed;
    mem_wipe(ch->in, ch->in_cap);
    free(ch->in);
    free(ch);
    return false;
}

void channel_deliver(struct plat_channel *ch, struct plat_msg *msg)
{
    if (msg->is_reply) {
        struct plat_call *call = channel_take_call(ch, msg->seq);
        if (call)
            call->done(call, ERR_OK, msg);
    } else if (ch->ops && ch->ops->message) {
        ch->ops->message(ch->ctx, ch, msg);
    }
    if (msg->fd >= 0)
        close(msg->fd);
}

void channel_deliver_kept(struct plat_channel *ch)
{
    while (ch->kept && !ch->freed) {
        struct channel_kept *k = ch->kept;
        ch->kept = k->next;
        if (!ch->kept)
            ch->kept_tail = &ch->kept;
        ch->kept_size -= k->msg.payload.len;
        channel_deliver(ch, &k->msg);
        mem_wipe(k->bytes, k->msg.payload.len);
        free(k);
    }
}

static void report_closed(struct plat_channel *ch)
{
    if (ch->freed || ch->reported)
        return;
    ch->reported = true;
    plat_poll_watch(ch->poll, 0);
    channel_fail_calls(ch, ERR_CLOSED);
    if (!ch->freed && ch->ops && ch->ops->closed)
        ch->ops->closed(ch->ctx, ch, ch->broken);
}

static void on_readable(struct plat_channel *ch)
{
    struct plat_msg msg;
    enum err e = ERR_OK;
    for (unsigned i = 0; i < TURN_MESSAGES && !ch->freed && ch->broken == ERR_OK;) {
        e = channel_next(ch, &msg);
        if (e == ERR_OK) {
            channel_deliver(ch, &msg);
            i++;
        } else if (e == ERR_TRUNCATED) {
            e = channel_fill(ch);
        }
        if (e == ERR_BUSY)
            return;
        if (e != ERR_OK && !ch->freed)
            ch->broken = e;
    }
    /* Whole messages may wait in the buffer, of which the descriptor says nothing. */
    if (!ch->freed && ch->broken == ERR_OK)
        channel_arm(ch, plat_mono());
}

static void serve(struct plat_channel *ch, bool writable)
{
    channel_enter(ch);
    if (writable)
        channel_drain(ch);
    channel_deliver_kept(ch);
    if (!ch->freed && ch->broken == ERR_OK)
        on_readable(ch);
    if (!ch->freed && ch->broken != ERR_OK)
        report_closed(ch);
    (void)channel_leave(ch);
}

static void on_poll(void *ctx, unsigned events)
{
    serve(ctx, (events & PLAT_WRITABLE) != 0);
}

static void on_timer(void *ctx)
{
    struct plat_channel *ch = ctx;
    ch->armed = 0;
    channel_enter(ch);
    channel_expire_calls(ch);
    if (!ch->freed && !ch->reported)
        serve(ch, false);
    (void)channel_leave(ch);
}

void channel_watch(struct plat_channel *ch)
{
    if (ch->poll && !ch->reported)
        plat_poll_watch(ch->poll, PLAT_READABLE | (ch->out ? PLAT_WRITABLE : 0));
}

void channel_arm(struct plat_channel *ch, utime at)
{
    if (!ch->timer || (ch->armed && ch->armed <= at))
        return;
    utime now = plat_mono();
    ch->armed = at;
    plat_timer_start(ch->timer, at > now ? at - now : 0, 0);
}

static enum err attach(struct plat_channel *ch)
{
    if (!ch->loop)
        return ERR_OK;
    ch->poll = plat_poll_new(ch->loop, ch->fd, on_poll, ch);
    ch->timer = plat_timer_new(ch->loop, on_timer, ch);
    if (!ch->poll || !ch->timer) {
        plat_poll_free(ch->poll);
        plat_timer_free(ch->timer);
        return ERR_NOMEM;
    }
    channel_watch(ch);
    return ERR_OK;
}

enum err plat_channel_new(struct plat_loop *loop, int fd, const struct plat_channel_ops *ops,
                          void *ctx, struct plat_channel **out)
{
    struct plat_channel *ch = calloc(1, sizeof(*ch));
    if (!ch)
        return ERR_NOMEM;
    ch->loop = loop;
    ch->ops = ops;
    ch->ctx = ctx;
    ch->fd = fd;
    ch->out_tail = &ch->out;
    ch->kept_tail = &ch->kept;
    ch->next_seq = 1;
    ch->in = malloc(CHANNEL_BUFFER);
    ch->in_cap = CHANNEL_BUFFER;
    enum err e = ch->in ? attach(ch) : ERR_NOMEM;
    if (e != ERR_OK) {
        free(ch->in);
        free(ch);
        return e;
    }
    *out = ch;
    return ERR_OK;
}

void plat_channel_free(struct plat_channel *ch)
{
    if (!ch || ch->freed)
        return;
    ch->freed = true;
    channel_enter(ch);
    channel_fail_calls(ch, ERR_CLOSED);
    plat_poll_free(ch->poll);
    plat_timer_free(ch->timer);
    close(ch->fd);
    for (unsigned i = 0; i < ch->fd_count; i++)
        close(ch->fds[i]);
    for (struct channel_out *o; (o = ch->out);) {
        ch->out = o->next;
        if (o->fd >= 0)
            close(o->fd);
        mem_wipe(o->bytes, o->len); /* there may be passwords in it */
        free(o);
    }
    for (struct channel_kept *k; (k = ch->kept);) {
        ch->kept = k->next;
        if (k->msg.fd >= 0)
            close(k->msg.fd);
        mem_wipe(k->bytes, k->msg.payload.len);
        free(k);
    }
    if (ch->listener_count)
        --*ch->listener_count;
    (void)channel_leave(ch);
}

enum err plat_channel_pair(int fds_out[2])
{
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return socketpair(AF_UNIX, type, 0, fds_out) == 0 ? ERR_OK : ERR_IO;
}

enum err plat_channel_send(struct plat_channel *ch, uint32_t type, struct span payload, int fd)
{
    struct plat_msg msg = {.type = type, .payload = payload, .fd = fd};
    return channel_put(ch, &msg);
}

enum err plat_channel_reply(struct plat_channel *ch, uint32_t seq, uint32_t type,
                            struct span payload, int fd)
{
    struct plat_msg msg = {
        .type = type, .seq = seq, .payload = payload, .fd = fd, .is_reply = true};
    if (seq == 0)
        return ERR_STATE;
    return channel_put(ch, &msg);
}

void *plat_channel_ctx(const struct plat_channel *ch)
{
    return ch->ctx;
}

void plat_channel_set_ctx(struct plat_channel *ch, void *ctx)
{
    ch->ctx = ctx;
}

enum err plat_channel_peer(const struct plat_channel *ch, uid_t *uid_out, gid_t *gid_out,
                           pid_t *pid_out)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);
    if (getsockopt(ch->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
        return ERR_IO;
    *uid_out = cred.uid;
    *gid_out = cred.gid;
    *pid_out = cred.pid;
    return ERR_OK;
}
