/*
 * A load of LSA lookups by many clients at once: each has an SMB connection of its own, with
 * NTLMv2, signing and the pipe LSARPC, and one call outstanding. The calls are made and signed as
 * they are sent. Every answer's signature and status are looked at, of a sample what it says. One
 * thread; what cannot be done ends the program with a sentence.
 */
#ifndef BENCH_SMB_LOAD_H
#define BENCH_SMB_LOAD_H

#include "base/arena.h"
#include "crypt/smb_crypto.h"
#include "load_common.h"
#include "wire/rpc/lsa_types.h"
#include "wire/smb2/smb2.h"
#include "wire/smb2/smb2_body.h"

#define LOAD_NAMES_MAX    10000
#define LOAD_REQUESTS_MAX 1000000
#define LOAD_CONNS_MAX    256
#define LOAD_MESSAGE_MAX  (16u << 10)

struct load_name {
    struct span name;
    uint32_t rid; /* as the server said before the timed part */
    struct sid sid;
};

struct load_conn {
    int fd;
    bool is_signed;
    struct smb_sign_key sign;
    uint64_t message_id, session_id;
    uint32_t tree_id, call_id;
    struct smb2_file_id pipe;
    struct rpc_handle policy;
    struct span unread; /* of an answer, before the timed part */
    unsigned which;     /* name that is asked for */
    uint64_t sent;      /* when */
    size_t have;
    uint8_t in[LOAD_MESSAGE_MAX];
};

struct load {
    bool sids; /* else names */
    struct sockaddr_in server;
    const char *domain, *user, *password;
    struct load_name *name;
    unsigned names, count, conns, checked;
    struct load_conn *conn;
    int root;       /* the server's first process */
    uint32_t *took; /* nanoseconds, of each request */
    uint64_t wall, cpu;
    struct arena arena;
};

/* A message with a header of this connection, in the frame that it is sent in; out has
 * LOAD_MESSAGE_MAX bytes. */
struct span load_message(struct load_conn *c, unsigned command, const void *body, uint8_t *out);
void load_send(const struct load_conn *c, struct span bytes);
/* The message that c->in begins with, its signature good; empty: it is not there yet, or says that
 * the answer comes later. *taken_out: what is to be removed of c->in. */
struct span load_answer(const struct load_conn *c, struct smb2_header *head_out, size_t *taken_out);

/* Connects, logs on, opens the pipe and the policy. */
void load_connect(const struct load *l, struct load_conn *c, struct arena *a);
/* What the server has for the names: fills their RIDs and SIDs. */
void load_learn(struct load *l, struct load_conn *c);
/* The timed part. */
void load_run(struct load *l);

#endif
