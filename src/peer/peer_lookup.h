/*
 * Who has a name in a forest that we trust: asked over the secure channel, as a member's LSA asks
 * ([MS-LSAT] 3.1.4.5). In a task.
 */
#ifndef PEER_PEER_LOOKUP_H
#define PEER_PEER_LOOKUP_H

#include "peer/peer_channel.h"

/* The answer's stub is the SID, or empty: nobody there is called so who may come over a trust. A
 * SID that the partner may not speak for is nobody's. ERR_NOT_FOUND: no such trust; ERR_NOMEM. */
enum err peer_lookup(struct peer_channels *all, const struct peer_env *env,
                     const struct trust_lookup *what, struct arena *a, struct trust_answer *out);

#endif
