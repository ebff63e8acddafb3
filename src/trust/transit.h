/*
 * Paths through several trusts: the transited field of tickets (RFC 4120 3.3.3.2), and which trusts
 * may follow each other.
 *
 * Windows ignores the transited field and relies on the client realm filter (sid_filter.h); MIT and
 * Heimdal check it, so it is filled in and checked here as well.
 */
#ifndef TRUST_TRANSIT_H
#define TRUST_TRANSIT_H

#include "trust/trust.h"

#define TRANSIT_REALMS_MAX   32
#define TRANSIT_CONTENTS_MAX 4096
#define TRANSIT_REALM_MAX    255 /* bytes of one realm name */

#define TRANSIT_DOMAIN_X500_COMPRESS 1 /* tr-type */

/* All realms that the field names, in order. client and server are the realms at the ends: an empty
 * subfield stands for the realms between its neighbours. Names live in the arena or are views into
 * contents. ERR_MALFORMED, ERR_LIMIT, ERR_NOMEM. */
enum err transit_decode(struct span contents, struct span client, struct span server,
                        struct arena *a, struct span **realms_out, unsigned *count_out);

/* The field with one realm more: the one that issued the ticket at hand, when it is neither the
 * client's nor the server's. A realm already named is not added again. */
enum err transit_add(struct span contents, struct span realm, struct span client,
                     struct span server, struct arena *a, struct span *out);

/* May a client that came over the trust from (NULL: it is our own) go on over the trust to (NULL:
 * to a service of ours)? Directions are checked as well: from must be outgoing, to incoming. Two
 * trusts within one forest, or one into or out of it, may follow each other; forest trusts do not
 * chain to a third forest; a non-transitive trust is only used end to end. */
enum reason trust_path_check(const struct trust *from, const struct trust *to);

/* Are all realms on the way such as the trust that the ticket came over may bring? Over a trust
 * within the forest any; over a forest trust those that forest claims; over any other trust none.
 */
enum reason trust_transited_check(const struct trust *from, const struct span *realms,
                                  unsigned count);

#endif
