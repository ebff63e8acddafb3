/* The framing of messages between processes: any bytes, in pieces, into one end of a channel. */
#include <unistd.h>

#include "plat/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool done;

static void on_message(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    size_t *total = ctx;
    *total += msg->payload.len + PLAT_MSG_HEADER;
    if (msg->seq)
        (void)plat_channel_reply(ch, msg->seq, msg->type, msg->payload, -1);
}

static void on_closed(void *ctx, struct plat_channel *ch, enum err why)
{
    (void)ctx;
    ENT_ASSERT(why != ERR_OK && why != ERR_TRUNCATED && why != ERR_BUSY);
    plat_channel_free(ch);
    done = true;
}

static void check_header(struct span in)
{
    struct plat_msg msg;
    size_t payload;
    bool has_fd;
    uint8_t again[PLAT_MSG_HEADER];
    if (plat_msg_decode(in, &msg, &payload, &has_fd) != ERR_OK)
        return;
    msg.payload.len = payload;
    msg.fd = has_fd ? 0 : -1;
    plat_msg_encode(&msg, again);
    ENT_ASSERT(memcmp(again, in.ptr, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct plat_channel_ops ops = {on_message, on_closed};
    static struct plat_loop *loop;
    int fds[2];
    size_t total = 0;
    struct plat_channel *ch;
    check_header(span_of(data, size));
    if (!loop)
        loop = plat_loop_new();
    if (plat_channel_pair(fds) != ERR_OK)
        return 0;
    ENT_ASSERT(plat_channel_new(loop, fds[0], &ops, &total, &ch) == ERR_OK);
    done = false;
    size_t half = size / 2;
    if (half && write(fds[1], data, half) == (ssize_t)half)
        plat_loop_turn(loop, 0);
    if (!done && write(fds[1], data + half, size - half) >= 0)
        plat_loop_turn(loop, 0);
    close(fds[1]);
    while (!done)
        plat_loop_turn(loop, UTIME_SECOND / 100);
    plat_loop_turn(loop, 0);
    ENT_ASSERT(total <= size);
    return 0;
}
