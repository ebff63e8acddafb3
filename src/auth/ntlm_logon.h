/*
 * The logon of an account of this domain with NTLM version 2, or with the password's NT hash, as a
 * member asks for who sits before it: from what the client proved to a verdict, by the same policy
 * as every other logon. The acceptor asks it for sessions at this domain controller, Netlogon for
 * those at the domain's members ([MS-APDS] 3.1.5).
 *
 * A wrong password is counted, atomically among processes; a lockout is asked of the writer, which
 * is waited for, before the attempt is answered.
 */
#ifndef AUTH_NTLM_LOGON_H
#define AUTH_NTLM_LOGON_H

#include "base/reasons.h"
#include "crypt/ntlm_crypto.h"
#include "directory/intent.h"
#include "directory/policy.h"

/* How far the time in a response may be from ours: what Windows allows ([MS-NLMP] 3.1.1.1). Clients
 * give back the time of our own challenge, so this is not about their clocks. */
#define NTLM_LIFETIME (36 * UTIME_HOUR)

struct ntlm_logon {
    const struct dir_snap *snap; /* of a directory with the ACCOUNT secrets */
    utime now;
    enum policy_logon_kind kind; /* NETWORK, or INTERACTIVE */
    uint32_t no_machines;        /* as policy_logon.no_machines */
    bool password_change;        /* as policy_logon.password_change; it is no logon then */
    struct span user, domain;    /* UTF-16LE, as the client wrote them: they are in the response */
    struct span workstation;     /* UTF-8; empty: not told */
    const uint8_t *challenge;    /* 8 bytes, the server's */
    struct span response;        /* NtChallengeResponse */
    const uint8_t *nt_hash;      /* 16 bytes, instead of the two; there is no session key then */
    /* The writer's answer, waited for. */
    enum err (*intent)(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out);
    void *ctx;
};

struct ntlm_verdict {
    enum reason reason;         /* REASON_NONE: let in; else only ntstatus is set too */
    uint32_t ntstatus;          /* the precise one; who must not tell it answers LOGON_FAILURE */
    struct dir_account account; /* texts are in the arena */
    struct dir_memberships groups;
    uint8_t base_key[NTLM_KEY_SIZE];
};

/* a: wipes. Whatever the domain is called, it is taken for ours. ERR_NOMEM, ERR_IO, ERR_DENIED:
 * ours. */
enum err ntlm_logon(const struct ntlm_logon *l, struct arena *a, struct ntlm_verdict *out);

/* The name that says whose account it is, for routing: the domain, or what a principal name ends
 * in, unless an account of ours has it for its own. Empty: ours. A view of what is given. */
struct span ntlm_logon_domain(const struct dir_snap *s, struct span user, struct span domain);

#endif
