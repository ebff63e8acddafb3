/*
 * Inside of the server, between dns_service.c (sockets), dns_request.c (what to answer) and
 * dns_waiting.c (answers that come later).
 */
#ifndef DNS_DNS_REQUEST_H
#define DNS_DNS_REQUEST_H

#include "dns/dns_answers.h"
#include "dns/dns_contexts.h"
#include "dns/dns_limit.h"
#include "dns/dns_service.h"
#include "plat/datagram.h"

#define DNS_ARENA_FIRST  (64u * 1024)
#define DNS_ARENA_MAX    (4u << 20)
#define DNS_PIPELINE_MAX 32  /* questions of one connection that wait at once */
#define DNS_UPDATING_MAX 256 /* updates over UDP that wait at once */

struct dns_held;

/* The state of a TCP connection. */
struct dns_session {
    struct dns_held *waiting;
    unsigned waiting_count;
    bool paused;
};

struct dns_service {
    struct plat_loop *loop;
    struct dns_zones zones;
    struct dns_config config;
    struct dns_reporter reporter;
    struct dns_answers *answers;
    struct dns_cache *cache;
    struct dns_limit *limit;
    struct dns_servers *servers;
    struct dns_routes *routes;
    struct dns_forward *forward;
    struct dns_epochs epochs;
    bool routes_read;
    struct plat_udp *udp;
    struct plat_stream *tcp;
    struct dns_contexts *contexts; /* of updates; NULL: there are none */
    struct dns_session datagrams;  /* updates over UDP that wait */
    struct dns_counts counts;
    struct arena arena; /* of a TCP request */
    struct arena routes_arena;
    uint8_t out[2 + DNS_MSG_MAX]; /* a TCP answer, or one that comes later */
};

/* Where a request came from, and so where its answer goes. */
struct dns_origin {
    struct plat_addr client;
    unsigned socket;        /* UDP */
    struct plat_conn *conn; /* TCP, else NULL */
    struct dns_session *session;
};

/* An answer that comes later, first in what it waits with. */
struct dns_held {
    struct dns_origin origin;
    struct dns_held *next, **link;    /* of the session */
    void (*drop)(struct dns_held *h); /* forget it: the connection is gone */
};

struct dns_request {
    struct dns_service *s;
    const struct dns_origin *origin;
    struct dns_query q;
    uint64_t hash; /* of name and type */
    utime now;
    bool recursive; /* this client may have names looked up elsewhere */
    struct arena *arena;
    struct builder *reply;
};

/* dns_request.c: the answer into reply, or nothing when there is none or it comes later. */
void dns_request_answer(struct dns_service *s, const struct dns_origin *origin, struct span bytes,
                        struct arena *a, struct builder *reply);
/* Emits a body within the client's limits and the rate limit. */
void dns_request_emit(struct dns_service *s, const struct dns_origin *origin,
                      const struct dns_query *q, uint64_t what, const struct dns_body *body,
                      uint32_t age, uint16_t flags, utime now, struct builder *reply);

/* An error, counted, with its event. */
void dns_request_refuse(const struct dns_request *rq, enum dns_rcode rcode, enum reason reason);

/* dns_waiting.c */
enum err dns_waiting_start(const struct dns_request *rq, const struct dns_lookup *prefix);
void dns_held_join(struct dns_held *h, struct dns_session *session);
void dns_held_leave(struct dns_held *h);
/* The connection is gone: forget what waits for it. */
void dns_held_drop(struct dns_session *session);

/* dns_service.c: an answer that was not ready in time: begins it, sends it when something came. */
void dns_service_begin(struct dns_service *s, const struct dns_origin *origin,
                       struct builder *reply);
void dns_service_send(struct dns_service *s, const struct dns_origin *origin,
                      struct builder *reply);

/* dns_tkey.c, dns_update.c: bytes is the whole request. */
void dns_tkey_answer(const struct dns_request *rq, struct span bytes);
void dns_update_answer(const struct dns_request *rq, struct span bytes);

#endif
