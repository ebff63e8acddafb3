/*
 * The account behind a secure channel ([MS-NRPC] 3.5.4.4.2): of a computer its own, of a trust the
 * interdomain account FLATNAME$, whose password is the trust's.
 */
#ifndef RPC_NETLOGON_ACCOUNT_H
#define RPC_NETLOGON_ACCOUNT_H

#include "auth/trust_facts.h"
#include "rpc/netlogon_sessions.h"
#include "wire/rpc/netlogon_types.h"

#define NETLOGON_SECRETS_MAX 2 /* of a trust: the current password and the previous one */

struct netlogon_account {
    dir_id account, tdo; /* tdo 0: a computer */
    struct sid sid;
    struct span name;          /* sAMAccountName */
    const struct trust *trust; /* of a trust */
    unsigned count;
    uint8_t nt_hash[NETLOGON_SECRETS_MAX][16]; /* wipe them */
};

/* name as the client gave it: "MEMBER$", "PARTNER$", or "partner.example.com.". Texts are in the
 * arena, which wipes. ERR_NOT_FOUND: there is none of this kind that may be used. */
enum err netlogon_account_find(const struct dir_snap *s, uint16_t channel_type, struct span name,
                               struct arena *a, struct netlogon_account *out);
/* Would a session be made today, as it was made? Its account is still there, of its kind and
 * enabled, and what the client proved is still one of its secrets: who resets a password means to
 * end what rests on the old one. REASON_NONE: it would. */
enum reason netlogon_account_check(const struct dir_snap *s,
                                   const struct netlogon_session *session);
/* The hashes of a trust's half, current first, then the former as long as that counts
 * (trust_keys.h); *count_out 0: it has none. Secrets of this process's
 * store. */
enum err netlogon_trust_hashes(const struct dir_snap *s, dir_id tdo, uint32_t direction,
                               struct arena *a, uint8_t hash_out[NETLOGON_SECRETS_MAX][16],
                               unsigned *count_out);

#endif
