/*
 * What NETLOGON remembers of its clients ([MS-NRPC] 3.5.1): challenges, between
 * NetrServerReqChallenge and the authentication that uses them up, and sessions, which outlive the
 * connections that made them. Both are found by the client's computer name, in any case of ASCII
 * letters, and both are bounded: what was longest unused makes room.
 *
 * Everything here is secret, and wiped. One table a process, not thread-safe.
 */
#ifndef RPC_NETLOGON_SESSIONS_H
#define RPC_NETLOGON_SESSIONS_H

#include "crypt/netlogon_crypto.h"
#include "directory/directory.h"

#define NETLOGON_COMPUTER_MAX   255 /* bytes of a computer's name */
#define NETLOGON_CHALLENGES_MAX 1024
#define NETLOGON_SESSIONS_MAX   16384

struct netlogon_session {
    struct netlogon_session *next;          /* of its bucket */
    struct netlogon_session *newer, *older; /* by use */
    struct netlogon_chain chain;            /* with the session key */
    uint8_t nt_hash[16];                    /* of the password that was proved */
    uint16_t channel_type;                  /* enum netlogon_channel_type */
    uint32_t flags, requested;              /* agreed, and what the client wanted */
    dir_id account;                         /* whose password it rests on */
    dir_id tdo;                             /* of a trust; 0: of a computer */
    struct sid sid;                         /* of the account */
    uint8_t computer_len;
    char computer[NETLOGON_COMPUTER_MAX]; /* as the client wrote it */
};

struct netlogon_sessions;
struct netlogon_sessions *netlogon_sessions_new(void);
void netlogon_sessions_free(struct netlogon_sessions *t);

/* owner: the association, so that two clients that give the same name do not disturb each other;
 * who authenticates over another one is found by name alone. */
void netlogon_challenge_put(struct netlogon_sessions *t, const void *owner, struct span computer,
                            const uint8_t client[8], const uint8_t server[8]);
/* Takes it out of the table: one try each. False: there is none. */
bool netlogon_challenge_take(struct netlogon_sessions *t, const void *owner, struct span computer,
                             uint8_t client_out[8], uint8_t server_out[8]);

/* A copy of *s under this name, in the place of what was there. ERR_NOMEM; ERR_RANGE: the name. */
enum err netlogon_session_put(struct netlogon_sessions *t, struct span computer,
                              const struct netlogon_session *s);
/* NULL: none. Valid until the next put. */
struct netlogon_session *netlogon_session_find(struct netlogon_sessions *t, struct span computer);

#endif
