/*
 * A TCP connection to a partner's server as a task sees it (plat/task.h): the calls below let their
 * task wait and nobody else. What a protocol sends and expects is written from top to bottom; there
 * is no state machine.
 *
 * One task uses a link at a time. Every call but the first gives up at the link's deadline
 * (plat_mono), which its user sets anew for each piece of work.
 */
#ifndef PEER_PEER_LINK_H
#define PEER_PEER_LINK_H

#include "base/span.h"
#include "plat/address.h"
#include "plat/clock.h"
#include "plat/task.h"

/* A host that does not even confirm what was sent is gone, whatever the deadline is: that of a call
 * is for servers that are slow. */
#define PEER_LINK_SILENCE (3 * UTIME_SECOND)

struct peer_link {
    utime deadline;

    /* Of peer_link.c. */
    struct plat_timer *timer;
    struct plat_poll *poll;
    struct plat_task *waits;
    int fd;
};

/* ERR_CLOSED: the port is closed; ERR_TIMEOUT: silence; ERR_IO: no way there; ERR_NOMEM. */
enum err peer_link_open(struct peer_link *l, struct plat_loop *loop, const struct plat_addr *to,
                        utime deadline);
/* Harmless on a link that is not open: one of zeros. */
void peer_link_close(struct peer_link *l);
bool peer_link_is_open(const struct peer_link *l);
/* All of it. ERR_CLOSED: the other end is gone; ERR_TIMEOUT; ERR_IO. */
enum err peer_link_send(struct peer_link *l, struct span bytes);
/* Exactly len bytes. The same. */
enum err peer_link_receive(struct peer_link *l, void *into, size_t len);

#endif
