/* Bytes and descriptors of a channel, in and out. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/channel_state.h"

/* What corked messages are gathered in. */
#define CORKED_PIECE 16384

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

/* --- in --- */

static enum err keep_fd(struct plat_channel *ch, int fd)
{
    if (ch->fd_count == CHANNEL_FDS) {
        close(fd);
        return ERR_MALFORMED;
    }
    ch->fds[ch->fd_count++] = fd;
    return ERR_OK;
}

static enum err keep_fds(struct plat_channel *ch, struct msghdr *mh)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        int fd;
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
        TRY(keep_fd(ch, fd));
    }
    return mh->msg_flags & MSG_CTRUNC ? ERR_MALFORMED : ERR_OK;
}

/* Room for the message that is arriving, which starts at the buffer's beginning afterwards. */
static enum err make_room(struct plat_channel *ch)
{
    struct plat_msg msg;
    size_t have = ch->in_end - ch->in_start, need = CHANNEL_BUFFER, payload;
    bool has_fd;
    if (have &&
        plat_msg_decode(span_of(ch->in + ch->in_start, have), &msg, &payload, &has_fd) == 0 &&
        payload + PLAT_MSG_HEADER > need)
        need = payload + PLAT_MSG_HEADER;
    if (have)
        memmove(ch->in, ch->in + ch->in_start, have);
    ch->in_start = 0;
    ch->in_end = have;
    if (need == ch->in_cap || have > need)
        return ERR_OK;
    uint8_t *p = realloc(ch->in, need);
    if (!p)
        return ERR_NOMEM;
    ch->in = p;
    ch->in_cap = need;
    return ERR_OK;
}

enum err channel_fill(struct plat_channel *ch)
{
    TRY(make_room(ch));
    union control control;
    struct iovec iov = {ch->in + ch->in_end, ch->in_cap - ch->in_end};
    struct msghdr mh = {.msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control.bytes,
                        .msg_controllen = sizeof(control.bytes)};
    if (iov.iov_len == 0)
        return ERR_STATE;
    ssize_t n;
    do
        n = recvmsg(ch->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? ERR_BUSY : errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
    TRY(keep_fds(ch, &mh));
    if (n == 0)
        return ch->in_end ? ERR_MALFORMED : ERR_CLOSED;
    ch->in_end += (size_t)n;
    return ERR_OK;
}

enum err channel_next(struct plat_channel *ch, struct plat_msg *msg_out)
{
    struct plat_msg msg;
    size_t payload, have = ch->in_end - ch->in_start;
    bool has_fd;
    TRY(plat_msg_decode(span_of(ch->in + ch->in_start, have), &msg, &payload, &has_fd));
    if (has_fd && ch->fd_count == 0)
        return ERR_MALFORMED; /* it comes with the first byte of the header */
    if (have < PLAT_MSG_HEADER + payload)
        return ERR_TRUNCATED;
    msg.payload = span_of(ch->in + ch->in_start + PLAT_MSG_HEADER, payload);
    if (has_fd) {
        msg.fd = ch->fds[0];
        ch->fd_count--;
        memmove(ch->fds, ch->fds + 1, ch->fd_count * sizeof(ch->fds[0]));
    }
    ch->in_start += PLAT_MSG_HEADER + payload;
    *msg_out = msg;
    return ERR_OK;
}

/* --- out --- */

/* As sendmsg, with a descriptor when fd is not -1. */
static ssize_t send_some(int sock, struct iovec *iov, size_t iovs, int fd)
{
    union control control = {{0}};
    struct msghdr mh = {.msg_iov = iov, .msg_iovlen = iovs};
    if (fd >= 0) {
        mh.msg_control = control.bytes;
        mh.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    ssize_t n;
    do
        n = sendmsg(sock, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}

static void drop_first(struct plat_channel *ch)
{
    struct channel_out *o = ch->out;
    ch->out = o->next;
    if (!ch->out)
        ch->out_tail = &ch->out;
    ch->out_queued -= o->len;
    if (o->fd >= 0)
        close(o->fd);
    mem_wipe(o->bytes, o->len);
    free(o);
}

void channel_drain(struct plat_channel *ch)
{
    while (ch->out) {
        struct channel_out *o = ch->out;
        struct iovec iov = {o->bytes + o->sent, o->len - o->sent};
        ssize_t n = send_some(ch->fd, &iov, 1, o->fd);
        if (n < 0) {
            /* A channel whose other end is gone reads its end next. */
            bool gone = errno != EAGAIN;
            while (gone && ch->out)
                drop_first(ch);
            break;
        }
        if (o->fd >= 0)
            close(o->fd);
        o->fd = -1;
        o->sent += (size_t)n;
        if (o->sent == o->len)
            drop_first(ch);
    }
    channel_watch(ch);
}

/* Behind what waits already, when it has room and no descriptor is in question. */
static struct channel_out *last_with_room(struct plat_channel *ch, size_t len)
{
    const size_t at = offsetof(struct channel_out, next);
    struct channel_out *o = ch->out ? (void *)((uint8_t *)ch->out_tail - at) : NULL;
    return o && o->fd < 0 && o->cap - o->len >= len ? o : NULL;
}

static struct channel_out *new_out(struct plat_channel *ch, size_t len)
{
    size_t cap = ch->corked && len < CORKED_PIECE ? CORKED_PIECE : len;
    struct channel_out *o = malloc(sizeof(*o) + cap);
    if (!o)
        return NULL;
    *o = (struct channel_out){.cap = cap, .fd = -1};
    *ch->out_tail = o;
    ch->out_tail = &o->next;
    return o;
}

static enum err queue(struct plat_channel *ch, const uint8_t *header, const struct plat_msg *msg,
                      size_t sent)
{
    size_t len = PLAT_MSG_HEADER + msg->payload.len;
    int fd = -1;
    if (msg->fd >= 0 && sent == 0 && (fd = fcntl(msg->fd, F_DUPFD_CLOEXEC, 0)) < 0)
        return ERR_IO;
    struct channel_out *o = fd < 0 ? last_with_room(ch, len) : NULL;
    if (!o && !(o = new_out(ch, len))) {
        if (fd >= 0)
            close(fd);
        return ERR_NOMEM;
    }
    memcpy(o->bytes + o->len, header, PLAT_MSG_HEADER);
    if (msg->payload.len)
        memcpy(o->bytes + o->len + PLAT_MSG_HEADER, msg->payload.ptr, msg->payload.len);
    if (fd >= 0) {
        o->fd = fd;
        o->cap = len; /* the next message does not follow the descriptor */
    }
    o->len += len;
    o->sent += sent;
    ch->out_queued += len;
    if (!ch->corked)
        channel_watch(ch);
    return ERR_OK;
}

void plat_channel_cork(struct plat_channel *ch)
{
    ch->corked = true;
}

void plat_channel_uncork(struct plat_channel *ch)
{
    if (!ch->corked)
        return;
    ch->corked = false;
    if (ch->out && ch->broken == ERR_OK)
        channel_drain(ch);
}

enum err channel_put(struct plat_channel *ch, const struct plat_msg *msg)
{
    uint8_t header[PLAT_MSG_HEADER];
    size_t len = PLAT_MSG_HEADER + msg->payload.len;
    if (ch->broken != ERR_OK || ch->freed)
        return ERR_CLOSED;
    if (msg->payload.len > PLAT_MSG_PAYLOAD_MAX || msg->type > PLAT_MSG_TYPE_MAX)
        return ERR_LIMIT;
    plat_msg_encode(msg, header);
    ssize_t n = 0;
    if (!ch->out && !ch->corked) {
        struct iovec iov[2] = {{header, sizeof(header)},
                               {(void *)(uintptr_t)msg->payload.ptr, msg->payload.len}};
        n = send_some(ch->fd, iov, msg->payload.len ? 2 : 1, msg->fd);
        if (n < 0 && errno != EAGAIN)
            return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
        if (n < 0)
            n = 0;
        if ((size_t)n == len)
            return ERR_OK;
    } else if (ch->out_queued + len > PLAT_CHANNEL_QUEUE) {
        return ERR_BUSY;
    }
    enum err e = queue(ch, header, msg, (size_t)n);
    if (e != ERR_OK && n > 0) {
        ch->broken = e; /* a part of a message is out: nothing can follow */
        channel_arm(ch, plat_mono());
    }
    return e;
}
