/*
 * A load of calls over secure channels by many clients at once: each has a TCP connection of its
 * own, sealed by NETLOGON, and one call outstanding. A client is a task (plat/task.h). Every answer
 * is opened, decoded and looked at. What cannot be done ends the program with a sentence.
 */
#ifndef BENCH_CHANNEL_LOAD_H
#define BENCH_CHANNEL_LOAD_H

#include "base/arena.h"
#include "crypt/netlogon_crypto.h"
#include "load_common.h"
#include "peer/peer_rpc.h"

#define LOAD_USERS_MAX    10000
#define LOAD_REQUESTS_MAX 1000000
#define LOAD_CONNS_MAX    256

struct load_user {
    struct span name;
    const char *password;
    struct span response; /* NTLMv2's, to LOAD_CHALLENGE */
};
#define LOAD_CHALLENGE "8 bytes."

struct load {
    bool logons; /* SamLogonEx with NTLMv2; else LookupNames4 */
    struct plat_loop *loop;
    struct plat_addr mapper;
    struct span domain, computer, account; /* NetBIOS names; the machine's account */
    const char *password;                  /* of it */
    struct load_user *user;
    unsigned users, count, conns, connected, sent, got;
    int root;                       /* the server's first process */
    uint8_t key[NETLOGON_KEY_SIZE]; /* of the session that all clients bind with */
    struct load_pids pids;
    uint64_t wall, cpu; /* at the beginning; in the end what it took */
    struct arena arena;
};

/* Within a task: the session's key; ReqChallenge and Authenticate3 over a connection of their own.
 */
void load_authenticate(struct load *l, struct arena *a);
/* The same: a connection to an interface, bound to it, sealed when there is a token. */
void load_bind(const struct load *l, const struct rpc_iface *iface, bool sealed,
               struct peer_link *link, struct peer_rpc *rpc, struct arena *a);
/* One call about a user, and what came back. */
void load_log_on(const struct load *l, struct peer_rpc *rpc, const struct load_user *u,
                 struct arena *a);
void load_look_up(struct peer_rpc *rpc, const struct load_user *u, struct arena *a);
/* The user's answer to a challenge. */
void load_respond(struct load *l, struct load_user *u);

#define LOAD_MUST(what, call)                                                                      \
    do {                                                                                           \
        enum err must_ = (call);                                                                   \
        if (must_ != ERR_OK)                                                                       \
            ent_fatal("%s: %s", what, err_name(must_));                                            \
    } while (0)

#endif
