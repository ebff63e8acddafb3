/*
 * A load of Kerberos requests: made beforehand, each one different, then sent with a fixed number
 * outstanding while the CPU time of the server's processes is read; a sample of the replies is
 * decrypted and checked afterwards. One thread; memory lives until the program ends. What cannot be
 * done ends the program with a sentence.
 */
#ifndef BENCH_KRB_LOAD_H
#define BENCH_KRB_LOAD_H

#include "base/arena.h"
#include "crypt/krb_crypto.h"
#include "load_common.h"
#include "wire/krb/krb_msg.h"

#define LOAD_USERS_MAX    10000
#define LOAD_REQUESTS_MAX 100000
#define LOAD_REPLY_MAX    (64u << 10)
#define LOAD_SAMPLES_MAX  256
#define LOAD_SOCKETS_MAX  16

struct load_ticket {
    struct krb_ticket ticket;
    struct krb_key session;
};

struct load_user {
    struct span name;
    struct krb_key key;
    struct load_ticket tgt; /* of the realm that is asked; only for TGS */
};

struct load_request {
    struct span bytes;
    struct krb_key reply_key; /* the user's, or the subkey */
};

struct load {
    const char *kind; /* refused, as, tgs, other, referred */
    bool tcp;
    struct span realm, other, service;
    struct sockaddr_in server, home; /* home: where a referral comes from */
    unsigned users, count, window, sockets, samples;
    unsigned rate;    /* requests a second; 0: as fast as the window lets */
    uint32_t *waited; /* with a rate: microseconds from when each was due to its reply */
    struct load_user user[LOAD_USERS_MAX];
    struct load_request request[LOAD_REQUESTS_MAX];
    struct span sample[LOAD_SAMPLES_MAX];
    struct load_pids pids;
    int64_t nonce; /* of the first request */
    struct arena arena;
    uint64_t reply_bytes;
};

/* krb_load_request.c */
void load_make_request(struct load *l, unsigned i);
/* Logs on every user, and follows the referral for "referred". */
void load_take_tickets(struct load *l);
/* ERR_INTEGRITY, ERR_MALFORMED, ERR_RANGE (not the answer to that request). */
enum err load_check_reply(struct load *l, struct span reply);

/* krb_load_run.c: CPU nanoseconds of the server in the timed part. */
uint64_t load_run_udp(struct load *l);
uint64_t load_run_tcp(struct load *l);
/* Over UDP at l->rate; replies must come in the order of the requests, as one process gives them.
 */
uint64_t load_run_paced(struct load *l);
/* One request, one reply, over UDP. */
struct span load_ask(struct load *l, const struct sockaddr_in *to, struct span request);

#endif
