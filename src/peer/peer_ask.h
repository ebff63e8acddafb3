/*
 * One question to one address and its answer, on the loop: over TCP with a length in front, or as a
 * datagram that is repeated while there is no answer. Nothing here knows what is asked.
 *
 * The owner embeds a peer_ask, sets its first five members and calls one of the two; done comes
 * exactly once, never from inside that call, and from then on it may be used again. The timeout
 * bounds all of it. The request has to stay in place.
 */
#ifndef PEER_PEER_ASK_H
#define PEER_PEER_ASK_H

#include "base/arena.h"
#include "base/reader.h"
#include "plat/address.h"
#include "plat/clock.h"
#include "plat/loop.h"

#define PEER_REPLY_MAX    (128u << 10) /* over TCP */
#define PEER_DATAGRAM_MAX 4096

struct peer_ask {
    struct plat_loop *loop;
    struct arena *a; /* of the question and the reply */
    /* e: ERR_CLOSED: the port is closed. ERR_TIMEOUT: silent. ERR_MALFORMED: it took the connection
     * and sent no message. ERR_IO: no way there. */
    void (*done)(struct peer_ask *ask, enum err e, struct span reply);
    /* Of datagrams: is this one the answer? Others are passed over. May be NULL. */
    bool (*fits)(struct peer_ask *ask, struct span datagram);
    const struct plat_addr *from; /* the address it goes out with; NULL: any. The port is drawn */

    /* Of peer_ask.c. */
    struct plat_timer *timer;
    struct plat_poll *poll; /* NULL: no socket */
    int fd;
    unsigned prefix; /* 0: datagrams */
    bool connected;
    enum err failed; /* before there was anything to wait for */
    utime deadline, repeat;
    struct span out, unsent;
    uint8_t header[4], *in;
    size_t got, want;
};

/* prefix: how many octets of length go in front of the request and of the reply, 2 or 4. */
void peer_ask_stream(struct peer_ask *k, const struct plat_addr *to, unsigned prefix,
                     struct span request, utime timeout);
void peer_ask_datagram(struct peer_ask *k, const struct plat_addr *to, struct span request,
                       utime timeout);
/* done does not come. Harmless when nothing is asked. */
void peer_ask_cancel(struct peer_ask *k);

#endif
