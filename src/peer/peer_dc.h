/*
 * Which domain controller of a partner to ask ([MS-ADTS] 6.3.6), within a task: the SRV records of
 * the partner's domain controllers through our own DNS service, then the NetLogon ping to all of
 * them at once. The first that answers is taken; when it says that it is not of the site that its
 * forest counts us to, those of that site are asked too and preferred.
 *
 * One that failed at more than the ping is passed over for PEER_DC_BAD, or until it is found well,
 * unless no other answers.
 */
#ifndef PEER_PEER_DC_H
#define PEER_PEER_DC_H

#include "base/arena.h"
#include "base/reasons.h"
#include "peer/peer.h"

#define PEER_DC_BAD      (2 * UTIME_MINUTE)
#define PEER_DC_PING     UTIME_SECOND /* how long an answer is waited for */
#define PEER_DCS_MAX     16           /* addresses of a partner's domain controllers */
#define PEER_DC_BAD_MAX  64           /* remembered; the oldest is forgotten */
#define PEER_NAME_MAX    255
#define PEER_MAPPER_PORT 135

struct peer_dc {
    struct plat_addr addr; /* with the port of its endpoint mapper */
    char host[PEER_NAME_MAX + 1];
    bool bad;
};

struct peer_dcs {
    struct peer_dc list[PEER_DCS_MAX];
    unsigned count;
};

struct peer_bad_dcs {
    struct {
        struct plat_addr addr;
        utime until; /* plat_mono; 0: free */
    } list[PEER_DC_BAD_MAX];
};

/* All that DNS knows, those that are not bad first. ERR_NOT_FOUND: none; *reason_out says why. */
enum err peer_dc_list(const struct peer_env *env, const struct peer_bad_dcs *bad,
                      struct span partner, utime deadline, struct arena *a, struct peer_dcs *out,
                      enum reason *reason_out);
/* The one to use. wanted: a DNS name that is preferred if DNS knows it, or empty. ERR_NOT_FOUND as
 * above; ERR_TIMEOUT: none answers the ping. */
enum err peer_dc_find(const struct peer_env *env, const struct peer_bad_dcs *bad,
                      struct span partner, struct span wanted, utime deadline, struct arena *a,
                      struct peer_dc *out, enum reason *reason_out);

void peer_dc_is_bad(struct peer_bad_dcs *bad, const struct plat_addr *addr);
void peer_dc_forgive(struct peer_bad_dcs *bad, const struct plat_addr *addr);

#endif
