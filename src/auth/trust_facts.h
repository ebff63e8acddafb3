/*
 * The trusts of a directory as the trust rules want them, read from its trusted domain objects, and
 * their inter-realm keys. Shared by the KDC, the peer and whoever explains.
 */
#ifndef AUTH_TRUST_FACTS_H
#define AUTH_TRUST_FACTS_H

#include "directory/directory.h"
#include "trust/routing.h"
#include "trust/trust_keys.h"

#define AUTH_TRUSTS_MAX   1024
#define AUTH_SUFFIXES_MAX 256

/* All trusts, in the order of their ids. Everything is in the arena: it outlives the snapshot. */
enum err auth_trusts(const struct dir_snap *s, struct arena *a, struct trust **list_out,
                     unsigned *count_out);
/* The one with this DNS or flat name, ASCII case ignored, or NULL. */
const struct trust *auth_trust_named(const struct trust *list, unsigned count, struct span name);

/* The local side: one domain in its forest as far as this directory knows, with its suffixes, which
 * are in the arena; the names are those of naming. */
enum err auth_trust_local(const struct dir_snap *s, const struct dir_naming *naming,
                          struct arena *a, struct trust_local *out);

/* Both, for routing; naming must live as long as *out. */
enum err auth_route_facts(const struct dir_snap *s, const struct dir_naming *naming,
                          struct arena *a, struct route_facts *out);

/* Inter-realm keys are derived from the trust password at some milliseconds each, so they are kept
 * until a trust changes. One cache a process, not thread-safe; it holds secrets and wipes them. */
struct auth_trust_cache;
struct auth_trust_cache *auth_trust_cache_new(void);
void auth_trust_cache_free(struct auth_trust_cache *c);

/* direction: TRUST_INBOUND for the referrals that we issue, TRUST_OUTBOUND for those that we
 * accept. *out lives in the cache until its next use. allow_rc4: an enctype of this directory.
 * ERR_NOT_FOUND: that half has no secret; ERR_DENIED: this process may not read it. */
enum err auth_trust_keys(const struct dir_snap *s, struct auth_trust_cache *cache,
                         const struct trust *trust, uint32_t direction,
                         const struct trust_local *local, bool allow_rc4,
                         const struct trust_keys **out);

#endif
