/* A Unix socket whose connections become channels. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plat/channel_state.h"

#define REST (UTIME_SECOND / 10) /* when the process has no descriptors left */

struct plat_channel_listener {
    struct plat_loop *loop;
    int fd;
    struct plat_poll *poll;
    struct plat_timer *timer;
    const struct plat_channel_ops *ops;
    void (*accepted)(void *ctx, struct plat_channel *ch);
    void *ctx;
};

/* Of all listeners of this process, and not of one: a channel may outlive its listener. */
static unsigned open_channels;

static void accept_one(struct plat_channel_listener *l, int fd)
{
    struct plat_channel *ch;
    if (open_channels >= PLAT_CHANNELS_MAX ||
        plat_channel_new(l->loop, fd, l->ops, l->ctx, &ch) != ERR_OK) {
        close(fd);
        return;
    }
    open_channels++;
    ch->listener_count = &open_channels;
    l->accepted(l->ctx, ch);
}

static void on_poll(void *ctx, unsigned events)
{
    struct plat_channel_listener *l = ctx;
    (void)events;
    int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        accept_one(l, fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        plat_poll_watch(l->poll, 0);
        plat_timer_start(l->timer, REST, 0);
    }
}

static void on_timer(void *ctx)
{
    struct plat_channel_listener *l = ctx;
    plat_poll_watch(l->poll, PLAT_READABLE);
}

enum err plat_channel_listen(struct plat_loop *loop, int fd, const struct plat_channel_ops *ops,
                             void (*accepted)(void *ctx, struct plat_channel *ch), void *ctx,
                             struct plat_channel_listener **out)
{
    struct plat_channel_listener *l = malloc(sizeof(*l));
    if (!l)
        return ERR_NOMEM;
    *l = (struct plat_channel_listener){.loop = loop, .fd = fd, .ops = ops, .ctx = ctx};
    l->accepted = accepted;
    l->poll = plat_poll_new(loop, fd, on_poll, l);
    l->timer = plat_timer_new(loop, on_timer, l);
    if (!l->poll || !l->timer) {
        plat_poll_free(l->poll);
        plat_timer_free(l->timer);
        free(l);
        return ERR_NOMEM;
    }
    plat_poll_watch(l->poll, PLAT_READABLE);
    *out = l;
    return ERR_OK;
}

void plat_channel_unlisten(struct plat_channel_listener *l)
{
    if (!l)
        return;
    plat_poll_free(l->poll);
    plat_timer_free(l->timer);
    close(l->fd);
    free(l);
}
