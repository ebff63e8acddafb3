/*
 * A secure channel to one domain controller of a partner ([MS-NRPC] 3.1.1 and 3.4), within a task:
 * made with the password of the outgoing half, AES and sealed only, over TCP. Whoever has it open
 * has proved to the other side that we are the partner of that trust, and been shown that the other
 * side has the same secret.
 *
 * Peers keep one for each partner (peer_channel.h).
 */
#ifndef PEER_PEER_SESSION_H
#define PEER_PEER_SESSION_H

#include "peer/peer_dc.h"
#include "peer/peer_rpc.h"

enum peer_status { /* NTSTATUS, [MS-ERREF] 2.3.1: what a caller is told when there is no channel */
                   PEER_OK = 0,
                   PEER_INVALID_PARAMETER = 0xc000000d,
                   PEER_ACCESS_DENIED = 0xc0000022,
                   PEER_NO_LOGON_SERVERS = 0xc000005e,
                   PEER_ACCOUNT_DISABLED = 0xc0000072,
                   PEER_NO_MEMORY = 0xc0000017,
                   PEER_IO_TIMEOUT = 0xc00000b5,
                   PEER_DOMAIN_NOT_FOUND = 0xc00000df, /* STATUS_NO_SUCH_DOMAIN */
                   PEER_INTERNAL_ERROR = 0xc00000e5,
                   PEER_NO_TRUST_ACCOUNT = 0xc000018b, /* STATUS_NO_TRUST_SAM_ACCOUNT */
                   PEER_TRUST_FAILURE = 0xc000018c     /* STATUS_TRUSTED_DOMAIN_FAILURE */
};

/* Why something could not be done: for callers, for events, for the report of a verification. */
struct peer_failure {
    uint32_t status;
    enum reason reason;
    char detail[200];
};
/* Always ERR_REFUSED. */
enum err peer_fail(struct peer_failure *f, uint32_t status, enum reason reason, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));

/* What a channel rests on, and ends with: a trust that is made again is another one, and the
 * partner has another account for it. */
struct peer_basis {
    uint64_t epoch; /* dir_epochs.trusts, at which it was so */
    dir_id tdo;
    uint8_t hash[2][16]; /* NT hashes of the password: current, previous */
    unsigned hashes;     /* 0: the trust is not outgoing, or has no secret */
};
bool peer_basis_same(const struct peer_basis *a, const struct peer_basis *b);

/* What a channel is made of: the trust as our directory has it. In an arena that wipes. */
struct peer_secret {
    struct span partner; /* DNS name, lower case */
    uint32_t direction;
    uint32_t attributes;
    struct span partner_flat;
    struct span domain;   /* our DNS name */
    struct span account;  /* at the partner: our DNS name and a dot */
    struct span computer; /* our NetBIOS name */
    struct peer_basis basis;
};
/* ERR_NOT_FOUND: no such trust. */
enum err peer_secret_read(const struct peer_env *env, struct span partner, struct arena *a,
                          struct peer_secret *out);
/* ERR_REFUSED: there is nothing to make a channel of. */
enum err peer_secret_usable(const struct peer_secret *x, struct peer_failure *why_out);

struct peer_session {
    struct peer_dc dc;
    char server[PEER_NAME_MAX + 3]; /* \\dc1.corp.example.com */
    char computer[64];
    char domain[64]; /* the partner's NetBIOS name */
    struct plat_loop *loop;
    uint32_t flags; /* as agreed */
    bool former;    /* the partner has our former password, not the current one */
    struct peer_basis basis;
    struct netlogon_chain chain;
    struct peer_link link[2]; /* by enum trust_interface; LSARPC is connected when it is used */
    struct peer_rpc rpc[2];
};

/* ERR_REFUSED with *why_out; the session is then closed. */
enum err peer_session_open(struct peer_session *s, const struct peer_env *env,
                           const struct peer_secret *secret, const struct peer_dc *dc,
                           utime deadline, struct arena *a, struct peer_failure *why_out);
/* Harmless on zeros. Wipes. */
void peer_session_close(struct peer_session *s);
bool peer_session_is_open(const struct peer_session *s);
/* One call; in and *out_out are NDR32 as in trust/trust_ask.h. Authenticators and what is encrypted
 * under the session's key are our business (peer_secrets.c). ERR_UNSUPPORTED, ERR_RANGE: in is no
 * call of that interface. ERR_REFUSED: the server answered with a fault, *why_out. After any other
 * error, with *why_out, the session is to be closed. */
enum err peer_session_call(struct peer_session *s, unsigned interface, uint16_t opnum,
                           struct span in, utime deadline, struct arena *a, struct span *out_out,
                           struct peer_failure *why_out);
/* Asks the other side over the channel what it agreed to (opnum 21), which proves that it is
 * there. */
enum err peer_session_prove(struct peer_session *s, utime deadline, struct arena *a,
                            struct peer_failure *why_out);

/* --- peer_secrets.c: what a call holds that only the two ends of a channel may know ------------
 */

/* Fills in the authenticator and encrypts, before the call; after it checks the authenticator that
 * came back and decrypts. args: the call's struct. ERR_INTEGRITY: the chain is broken. */
enum err peer_secrets_protect(struct netlogon_chain *chain, uint16_t opnum, void *args,
                              struct arena *a);
enum err peer_secrets_reveal(struct netlogon_chain *chain, uint16_t opnum, void *args);

#endif
