/*
 * The inside of stream servers, shared by the files that implement stream.h.
 */
#ifndef PLAT_STREAM_STATE_H
#define PLAT_STREAM_STATE_H

#include "plat/clock.h"
#include "plat/stream.h"

#define STREAM_CHUNK     4096 /* the usual buffer, kept for reuse */
#define STREAM_SPARE     256  /* buffers and connections that are kept */
#define STREAM_LISTENERS 32
#define STREAM_STEPS     32 /* messages of one connection, before the others have their turn */

struct stream_buf {
    uint8_t *data;
    size_t start, end, cap;
};

struct plat_conn {
    struct plat_stream *s;
    struct plat_conn *next, *prev; /* all connections, the longest idle first */
    struct plat_conn *peer_next;   /* the same hash of the peer's address */
    struct plat_conn *link;        /* ready, dead or spare */
    int fd;
    unsigned events; /* what epoll watches */
    unsigned depth;  /* of callbacks */
    bool begun;
    bool dialling;
    bool dialled;   /* we are the client */
    bool eof;       /* the peer sends no more */
    bool broken;    /* nothing can be sent or received any more */
    bool closing;   /* when the output is sent */
    bool lingering; /* we have sent all; the peer's bytes are read and dropped until it closes */
    bool dead;
    bool consumed; /* at least one message */
    bool paused;
    bool blocked; /* consume said ERR_BUSY */
    bool wants;   /* produce, when there is room */
    bool early;   /* something came while nothing is read: it is not watched for */
    bool ready;   /* on the list of what has to be run in the next turn */
    bool filter_ended;
    size_t current; /* the length of the message that consume looks at */
    enum reason why;
    enum err error;
    utime last;          /* a message was consumed, or the output became empty */
    utime request_since; /* an incomplete message waits; 0: none */
    utime stall_since;   /* the peer took none of the output */
    utime deadline;      /* of dialling or lingering */
    utime idle;
    size_t lingered;
    struct stream_buf in, out;
    struct stream_buf held; /* plain output before the filter's handshake is over */
    const struct plat_filter_ops *filter_ops;
    void *filter;
    void *tag;
    struct plat_addr peer, local;
    max_align_t session[];
};

struct stream_listener {
    struct plat_stream *s;
    int fd; /* -1: closed */
    struct plat_poll *poll;
};

struct plat_stream {
    struct plat_loop *loop;
    const struct plat_stream_ops *ops;
    struct plat_stream_limits limits;
    const struct event_sink *sink;
    void *ctx;
    int epoll;
    struct plat_poll *poll;
    struct plat_timer *tick, *kick;
    bool kicked;
    bool resting; /* no descriptors left: the listeners are not watched until the next tick */
    unsigned busy;
    struct stream_listener listener[STREAM_LISTENERS];
    unsigned listeners;

    struct plat_conn *oldest, *newest;
    struct plat_conn *ready, *dead, *spare;
    struct plat_conn **peers; /* buckets */
    size_t peer_mask;
    unsigned count, spares;
    utime refusal_logged;

    size_t buffered;
    uint8_t *chunks[STREAM_SPARE];
    unsigned chunk_count;
    uint8_t plain[PLAT_FILTER_ROOM], wire[PLAT_FILTER_ROOM], raw[PLAT_FILTER_PIECE];
};

/* --- buffers (stream_buf.c) --- */

static inline size_t stream_buf_len(const struct stream_buf *b)
{
    return b->end - b->start;
}

static inline struct span stream_buf_view(const struct stream_buf *b)
{
    return b->data ? span_of(b->data + b->start, b->end - b->start) : SPAN_NONE;
}

/* Makes the buffer hold total bytes from start on; false beyond max_buffered or without memory. */
bool stream_buf_reserve(struct plat_stream *s, struct stream_buf *b, size_t total);
bool stream_buf_append(struct plat_stream *s, struct stream_buf *b, struct span data);
void stream_buf_take(struct stream_buf *b, size_t len);
/* Wipes and gives back the memory. */
void stream_buf_release(struct plat_stream *s, struct stream_buf *b);

/* --- one connection (stream_conn.c, stream_io.c) --- */

void conn_read(struct plat_conn *c);
/* Is the peer listened to at all, now? */
bool conn_reads(const struct plat_conn *c);
void conn_flush(struct plat_conn *c);
enum err conn_put(struct plat_conn *c, struct span data);
void conn_put_held(struct plat_conn *c);
/* Consumes and produces what is possible, sends it, closes if it is time. */
void conn_run(struct plat_conn *c);
void conn_begin(struct plat_conn *c);
/* A refusal of ours: last words, then close. */
void conn_fail(struct plat_conn *c, enum reason why);
void conn_kill(struct plat_conn *c);
void conn_check_deadlines(struct plat_conn *c, utime now);

/* --- the server (stream.c) --- */

void stream_touch(struct plat_conn *c);  /* it is the least idle one now */
void stream_forget(struct plat_conn *c); /* off the lists, to be freed soon */
void stream_ready(struct plat_conn *c);  /* run it in the next turn */

#endif
