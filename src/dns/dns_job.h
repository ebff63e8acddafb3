/*
 * Inside of the forwarder: a job is a question in flight, an attempt is the question sent to one
 * server. For dns_forward.c, dns_job.c, dns_attempt.c and dns_dial.c only.
 */
#ifndef DNS_DNS_JOB_H
#define DNS_DNS_JOB_H

#include "dns/dns_forward.h"
#include "plat/stream.h"
#include "wire/dns/dns_exchange.h"

#define DNS_ATTEMPTS_MAX 8  /* of one hop; a server may be asked more than once */
#define DNS_GUESSES_MAX  16 /* wrong answers on one socket before it is closed */
#define DNS_JOB_BUCKETS  1024
#define DNS_JOB_MEMORY   (2u << 20) /* a response of 64 KiB parsed, with its copies */

struct dns_job;

struct dns_attempt {
    struct dns_job *job;
    struct dns_server *server;
    struct dns_exchange x;
    utime sent;
    int fd; /* -1: none */
    struct plat_poll *poll;
    uint64_t tcp; /* serial of the connection; 0: none */
    unsigned guesses;
    bool pending; /* an answer may still come */
    bool struck;  /* its silence was already counted against the server */
};

struct dns_job {
    struct dns_job *next, **link; /* of the bucket */
    struct dns_forward *f;
    struct dns_name name; /* lower case */
    uint16_t type;
    struct dns_resolution res;
    struct arena arena;
    utime deadline;
    struct plat_timer *timer;
    struct dns_waiter *waiters;
    uint64_t generation; /* of the routes when it began */

    /* the current hop */
    struct dns_name suffix;
    struct span hop_name; /* what this hop asks about, in lower case */
    struct dns_server *servers[DNS_FORWARDER_SERVERS_MAX];
    size_t server_count;
    size_t next_server; /* counts on over the list, round and round */
    unsigned useless;   /* bit per server: it failed in a way that asking again does not mend */
    bool fetched;       /* the hop's answer came from a server just now */
    struct dns_attempt attempts[DNS_ATTEMPTS_MAX];
    size_t attempt_count;
};

struct dns_forward {
    struct dns_forward_setup setup;
    struct plat_stream *tcp;
    struct dns_attempt **tcp_attempts; /* by serial modulo tcp_max */
    uint64_t tcp_serial;
    unsigned jobs, waiters, sockets;
    uint64_t seed;
    uint64_t generation;
    uint8_t datagram[DNS_MSG_MAX];
    struct dns_job *buckets[DNS_JOB_BUCKETS];
};

/* dns_job.c */
void dns_job_tick(void *ctx); /* the job's timer: its begin, a server's silence, its deadline */
/* The answer that fits the attempt's question. The job may be gone afterwards. */
void dns_job_answered(struct dns_attempt *a, struct span msg);
/* The attempt is over without an answer; strikes as in dns_server_failed. The job may be gone. */
void dns_job_failed(struct dns_attempt *a, unsigned strikes);
void dns_job_report(const struct dns_job *job, enum reason reason, const struct dns_server *server);

/* dns_forward.c: takes the job out, tells its waiters (body or NULL), frees it. */
void dns_forward_done(struct dns_job *job, const struct dns_body *body);

/* dns_attempt.c: failures to start are reported by the result, later ones by dns_job_failed. */
enum err dns_attempt_start(struct dns_attempt *a);
void dns_attempt_end(struct dns_attempt *a);
/* What a message from the server means to the attempt. True: nothing happened, go on listening;
 * otherwise the attempt has moved on, and it and its job may be gone. */
bool dns_attempt_message(struct dns_attempt *a, struct span msg, bool over_tcp);

/* dns_dial.c: the same question over TCP. */
enum err dns_dial_new(struct dns_forward *f);
void dns_dial_free(struct dns_forward *f);
enum err dns_dial_start(struct dns_attempt *a);
void dns_dial_end(struct dns_attempt *a);

#endif
