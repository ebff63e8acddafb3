/*
 * What control asks over the secure channel to a partner that we trust: that it takes our new
 * password, and which names and domains its forest has. In tasks.
 */
#ifndef PEER_PEER_ROTATE_H
#define PEER_PEER_ROTATE_H

#include "peer/peer_channel.h"

/* Sees to it that the partner has the current password of our outgoing half ([MS-NRPC] 3.4.5.2.6).
 *
 * The writer stores a new password first, beside the former one, and only then the partner is told
 * (here), over a channel that the partner grants for the password that it has. So whatever is cut
 * short, one of our two passwords is the partner's, and asking again completes it. A new one must
 * not be made before: that would push out the one that the partner still has.
 *
 * The answer's stub is a struct trust_told when status is 0. ERR_NOT_FOUND: no such trust;
 * ERR_NOMEM. */
enum err peer_tell_password(struct peer_channels *all, const struct peer_env *env,
                            struct span partner, struct arena *a, struct trust_answer *out);

/* What the partner's forest claims (NetrGetForestTrustInformation). The answer's stub is the blob
 * of wire/ms/forest_info.h; flags and times are the partner's, not to be believed. */
enum err peer_forest_info(struct peer_channels *all, const struct peer_env *env,
                          struct span partner, struct arena *a, struct trust_answer *out);

#endif
