/*
 * The other half of a trust, made or deleted by the LSA of a partner's domain controller with its
 * administrator's password ([MS-LSAD] 3.1.4.7), within a task.
 */
#ifndef PEER_PEER_REMOTE_H
#define PEER_PEER_REMOTE_H

#include "peer/peer_channel.h"

/* What was made is complementary to what wish says. The answer's stub is a struct trust_identity
 * when status is 0. ERR_NOMEM; anything else is in the answer. */
enum err peer_remote(const struct peer_env *env, const struct trust_remote *wish, struct arena *a,
                     struct trust_answer *out);

#endif
