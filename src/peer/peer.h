/*
 * All that a domain controller asks of a partner's: who it is, and proofs of both halves of a trust
 * by Kerberos, of the outgoing one by NETLOGON too. Calls over a secure channel are in
 * peer_channel.h.
 *
 * A run is one verification or one discovery. It reads the directory first and lets go of it, finds
 * the partner's KDCs through our own DNS, and then proves everything toward all of them at once: it
 * takes as long as the slowest single proof, and other runs go on meanwhile. One thread, the
 * loop's.
 */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include "auth/trust_facts.h"
#include "base/event.h"
#include "directory/directory.h"
#include "plat/address.h"
#include "plat/loop.h"
#include "trust/trust_report.h"

struct peer_channels;

struct peer_env {
    struct plat_loop *loop;
    struct dir *dir;      /* with the ACCOUNT secrets */
    struct plat_addr dns; /* our own DNS service: forwarders are part of what is proved */
    struct span dc_host;  /* first label of our own name */
    const struct event_sink *events;
    struct auth_trust_cache *trust_keys;
    struct peer_channels *channels; /* NULL: a verification is by Kerberos alone */
};

#define PEER_ANSWER_TIMEOUT  (3 * UTIME_SECOND)  /* of one question; a proof has three at most */
#define PEER_RESOLVE_TIMEOUT (6 * UTIME_SECOND)  /* our DNS gives up on a forwarder before */
#define PEER_TOTAL_TIMEOUT   (15 * UTIME_SECOND) /* of one run: the sum of the above */
#define PEER_KDCS_MAX        16

struct peer_run;

/* done comes once, never from inside the call that begins the run, with a report that is valid
 * during it; an error is one of ours, not of the partner's. ERR_NOT_FOUND: no such trust. */
typedef void peer_done(void *ctx, enum err e, const struct trust_report *report);

/* env stays in place. ERR_NOMEM. */
enum err peer_verify(const struct peer_env *env, struct span partner, peer_done *done, void *ctx,
                     struct peer_run **out);
enum err peer_discover(const struct peer_env *env, struct span partner, peer_done *done, void *ctx,
                       struct peer_run **out);
/* done does not come. */
void peer_cancel(struct peer_run *r);

#endif
