/*
 * The secure channels of this domain controller: one for each partner, made when it is needed, kept
 * open, made again when it broke; and those that want to call over it, one after the other, in the
 * order in which they came. Nothing races: the other side's chain of credentials belongs to the
 * partner's account and our name, so a second channel would end the first.
 *
 * All of it runs in tasks (plat/task.h).
 */
#ifndef PEER_PEER_CHANNEL_H
#define PEER_PEER_CHANNEL_H

#include "peer/peer_seats.h"
#include "peer/peer_session.h"
#include "trust/trust_ask.h"

#define PEER_CHANNELS_MAX    64          /* partners; the one that rested longest makes room */
#define PEER_CHANNEL_WAITERS PEER_SEATS  /* for one channel: all that may ask, so control, too */
#define PEER_CHANNEL_MEMORY  (16u << 20) /* of one piece of work */
#define PEER_CHANNEL_DCS     3           /* domain controllers tried for one call */
#define PEER_CHANNEL_STEP    (4 * UTIME_SECOND) /* for making a channel with one of them */

struct peer_channels;
struct peer_channels *peer_channels_new(const struct peer_env *env);

/* One call (trust_ask.h). The stub and the name of the answer are in a, which wipes. What fails is
 * in the answer; ERR_NOT_FOUND: no such trust; ERR_NOMEM. */
enum err peer_channel_call(struct peer_channels *all, const struct trust_call *call,
                           struct arena *a, struct trust_answer *out);
/* What became of it, without asking anybody. The name is in a. */
enum err peer_channel_state(struct peer_channels *all, struct span partner, struct arena *a,
                            struct trust_channel *out);
/* Ends it, and makes it again, with server if one is named and reached. */
enum err peer_channel_reset(struct peer_channels *all, const struct trust_reset *reset,
                            struct arena *a, struct trust_channel *out);

/* Proves the channel with each of these domain controllers at the same time; outcome i is for dc i,
 * status 0: it stands. What was there before is ended, and made again at its next use. */
enum err peer_channel_prove(struct peer_channels *all, struct span partner,
                            const struct peer_dcs *dcs, struct peer_failure *outcomes,
                            utime deadline);

#endif
