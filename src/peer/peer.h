/*
 * All that a domain controller asks of a partner's: who it is, and proofs of both halves of a trust
 * by Kerberos alone. One thing at a time, blocking up to deadlines: verification is rare and runs
 * in a process of its own.
 */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include "auth/trust_facts.h"
#include "base/event.h"
#include "directory/directory.h"
#include "plat/address.h"
#include "trust/trust_report.h"

struct peer_env {
    struct dir *dir;      /* with the ACCOUNT secrets */
    struct plat_addr dns; /* our own DNS service: forwarders are part of what is proved */
    struct span dc_host;  /* first label of our own name */
    const struct event_sink *events;
    struct auth_trust_cache *trust_keys;
};

#define PEER_ANSWER_TIMEOUT  (3 * UTIME_SECOND)  /* of one question */
#define PEER_RESOLVE_TIMEOUT (6 * UTIME_SECOND)  /* our DNS gives up on a forwarder before */
#define PEER_TOTAL_TIMEOUT   (40 * UTIME_SECOND) /* of one verification */
#define PEER_KDCS_MAX        16

/* Each fills a report; an error is one of ours, not of the partner's. ERR_NOT_FOUND: no such trust.
 */
enum err peer_verify(const struct peer_env *env, struct span partner, struct arena *a,
                     struct trust_report *out);
enum err peer_discover(const struct peer_env *env, struct span partner, struct arena *a,
                       struct trust_report *out);

#endif
