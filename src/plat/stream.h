/*
 * A bounded server (and client) of TCP connections. A service gives it begin / frame / consume /
 * produce / finish and sees whole messages only; everything that a slow, half-closed or hostile
 * peer can do to a connection is handled here, with limits that are named when the server is made.
 *
 * Life of a connection: begin; then for each message frame (how long is it?) and consume; finish,
 * exactly once for each begin that returned ERR_OK. A connection that holds no part of a message
 * and has nothing to send holds no buffer: 10,000 idle ones cost their sessions only.
 *
 * Pipelined messages are consumed one by one, as long as the output is below the high-water mark. A
 * service that answers later pauses the connection (plat_conn_pause), keeps the pointer, answers
 * with plat_conn_send and plat_conn_resume, and forgets the pointer in finish. A service with a
 * long answer sends until plat_conn_full, calls plat_conn_want, and goes on in produce.
 *
 * When the peer shuts down its sending side, what it asked is still answered, then the connection
 * is closed. One thread, the loop's. No callback frees its connection under its feet: it is
 * released after the outermost callback has returned.
 *
 * Why its own epoll descriptor inside the loop: a fresh TCP connection is the KDC's hot path, and
 * this costs accept4, read, write, close and nothing else when the request comes with the
 * connection and limits say one_exchange; one epoll_ctl more when it has to be waited for.
 */
#ifndef PLAT_STREAM_H
#define PLAT_STREAM_H

#include "base/builder.h"
#include "base/event.h"
#include "plat/address.h"
#include "plat/loop.h"

struct plat_stream;
struct plat_conn;

struct plat_stream_limits {
    unsigned max_conns;    /* at the limit, the connection idle for longest (and at least 1 s) makes
                              room    for a new one; if there is none, the new one is closed */
    unsigned max_per_peer; /* from one address; 0: no limit of its own */
    size_t max_request;    /* one message, framing included */
    size_t max_buffered;   /* all input and output buffers of this server together */
    size_t output_high;    /* plat_conn_full from here; no input is consumed */
    size_t output_max;     /* plat_conn_send fails beyond */
    utime idle;            /* between messages; 0: for ever */
    utime request;         /* from the first byte of a message to its last */
    utime stall;           /* output that the peer does not take */
    bool one_exchange;     /* close as soon as all that has come is answered (RFC 4120 7.2.2 lets a
                              KDC): the end travels with the answer, and nothing waits for more */
};

struct plat_stream_ops {
    const char *name;    /* "kdc.tcp": the first part of its events' names */
    size_t session_size; /* zeroed memory for the service's own state of a connection */

    /* Optional. Not ERR_OK closes at once. */
    enum err (*begin)(struct plat_conn *c, void *session);

    /* Mandatory. The length of the message that starts at head, framing included, into *len_out; or
     * ERR_TRUNCATED when head is too short to tell, ERR_LIMIT, ERR_MALFORMED. A length of 0 is
     * ERR_MALFORMED. head is never empty. */
    enum err (*frame)(void *session, struct span head, size_t *len_out);

    /* Mandatory. One whole message; the view is valid during the call. ERR_BUSY: not now, offer it
     * again after plat_conn_resume or produce. ERR_CLOSED: close when the output is sent. Anything
     * else but ERR_OK: the same, with the reason WIRE_MALFORMED. */
    enum err (*consume)(struct plat_conn *c, void *session, struct span message);

    /* Optional. There is room for output after plat_conn_want; the same results as consume. */
    enum err (*produce)(struct plat_conn *c, void *session);

    /* Optional. The server is about to close for its own reason (too large, too slow, malformed,
     * busy): a last message may be sent. */
    void (*last_words)(struct plat_conn *c, void *session, enum reason why);

    /* Optional. The connection is gone; REASON_NONE is an orderly end. Nothing can be sent. */
    void (*finish)(struct plat_conn *c, void *session, enum reason why);
};

/* A transform of the bytes of a connection: TLS, or a SASL layer. It keeps what it has of an
 * incomplete record itself. input is called once without bytes when the filter is set, so that a
 * client may begin its handshake; later with at most PLAT_FILTER_PIECE bytes. The builders hold
 * PLAT_FILTER_ROOM bytes. An error closes the connection after reply is sent (an alert); ERR_CLOSED
 * is the orderly end of what the peer sends. */
#define PLAT_FILTER_PIECE 16384
#define PLAT_FILTER_ROOM  (64 * 1024)
struct plat_filter_ops {
    /* Wire bytes came in: plain gets what they mean, reply what has to be sent (a handshake). */
    enum err (*input)(void *filter, struct span wire, struct builder *plain, struct builder *reply);
    /* At most PLAT_FILTER_PIECE bytes are to be sent. Before the handshake is over: ERR_BUSY, and
     * they are offered again after the next input. */
    enum err (*output)(void *filter, struct span plain, struct builder *wire);
    /* Optional. Our side ends: a close_notify. */
    void (*end)(void *filter, struct builder *wire);
    void (*free)(void *filter);
};

/* sink may be NULL. ERR_NOMEM, ERR_IO. ctx is plat_conn_ctx. */
enum err plat_stream_new(struct plat_loop *loop, const struct plat_stream_ops *ops,
                         const struct plat_stream_limits *limits, const struct event_sink *sink,
                         void *ctx, struct plat_stream **out);
/* Closes every connection (finish is called) and the listening sockets. Not from a callback. */
void plat_stream_free(struct plat_stream *s);
/* Takes over a listening socket. */
enum err plat_stream_listen(struct plat_stream *s, int fd);
/* Stops accepting; what is open goes on. */
void plat_stream_deafen(struct plat_stream *s);
unsigned plat_stream_conns(const struct plat_stream *s);

/* Client side: begins a connection; ops->begin is called when it is there, and may use tag. If it
 * fails or takes longer than timeout, finish is called with a session that holds zeros, and
 * plat_conn_error says why; never from inside this function. *out (may be NULL) is valid until
 * finish. ERR_BUSY at max_conns. */
enum err plat_stream_dial(struct plat_stream *s, const struct plat_addr *to, utime timeout,
                          void *tag, struct plat_conn **out);

/* Copies data to the output, which is sent when the callback has returned (or in the next turn,
 * from outside of one). ERR_LIMIT beyond output_max, ERR_NOMEM beyond max_buffered, ERR_CLOSED when
 * closing: the connection is then closed. */
enum err plat_conn_send(struct plat_conn *c, struct span data);
bool plat_conn_full(const struct plat_conn *c);
/* Calls produce once there is room, not before the current callback has returned. */
void plat_conn_want(struct plat_conn *c);
/* While paused nothing is read or consumed and the deadlines rest. Pauses do not nest. */
void plat_conn_pause(struct plat_conn *c);
void plat_conn_resume(struct plat_conn *c);
/* Closes when the output is sent; nothing more is consumed. */
void plat_conn_close(struct plat_conn *c, enum reason why);
/* From now on all bytes pass through the filter, which the connection owns; output already queued
 * is sent as it is. Input that was already received past the current message is not trusted: the
 * connection is closed. On an error the filter stays the caller's: ERR_STATE when closing, or when
 * there is one already. */
enum err plat_conn_filter(struct plat_conn *c, const struct plat_filter_ops *ops, void *filter);
/* Replaces the server's idle limit for this connection (after authentication). */
void plat_conn_idle(struct plat_conn *c, utime idle);

void *plat_conn_session(struct plat_conn *c);
void *plat_conn_ctx(const struct plat_conn *c);
void *plat_conn_tag(const struct plat_conn *c);
void *plat_conn_filter_state(const struct plat_conn *c);
const struct plat_addr *plat_conn_peer(const struct plat_conn *c);
const struct plat_addr *plat_conn_local(struct plat_conn *c);
int plat_conn_fd(const struct plat_conn *c);
/* Why a dialled connection did not come about: ERR_CLOSED (refused), ERR_TIMEOUT, ERR_IO. */
enum err plat_conn_error(const struct plat_conn *c);

#endif
