/*
 * Name-suffix routing: in which realm does a name live, and over which trust does the way there
 * begin (RFC 6806, [MS-ADTS] 6.1.6.9.3). Pure functions of the trusts and of the forest's shape.
 */
#ifndef TRUST_ROUTING_H
#define TRUST_ROUTING_H

#include "trust/trust.h"

enum route_kind {
    ROUTE_NONE,
    ROUTE_LOCAL, /* in the local domain */
    ROUTE_TRUST, /* a referral over a trust */
};

/* How the name matched, from the strongest to the weakest. */
enum route_match {
    ROUTE_MATCH_NOTHING,
    ROUTE_MATCH_DNS_EXACT, /* a domain's DNS name, a realm, a top-level name, a local suffix */
    ROUTE_MATCH_FLAT,      /* a NetBIOS name */
    ROUTE_MATCH_DNS_UNDER, /* below a DNS name; the longest wins */
    ROUTE_MATCH__COUNT
};

enum route_use {
    ROUTE_SERVICE, /* our client wants a service there: the partner must trust us */
    ROUTE_CLIENT,  /* a client's own name, to be told its realm: any direction */
};

struct route {
    enum route_kind kind;
    enum route_match match;
    const struct trust
        *trust;          /* ROUTE_TRUST: the next hop; or the trust that was refused, or NULL */
    struct span matched; /* the name that decided, a view into the facts */
    enum reason reason;  /* ROUTE_NONE: why */
};

struct route_facts {
    const struct trust_local *local;
    const struct trust *trusts; /* of the local domain */
    unsigned trust_count;
    /* The forest trusts of the forest's root as the global catalogue shows them, when the local
     * domain is not the root: names that match there are sent toward the root. */
    const struct trust *root_trusts;
    unsigned root_trust_count;
};

/* name is a DNS name, a realm or a NetBIOS name. */
void trust_route_name(const struct route_facts *f, struct span name, enum route_use use,
                      struct route *out);

/* The trust over which a client of this realm comes here, for a ticket of our own in the hands of a
 * foreign client: what it may be used for depends on that trust as much as if the referral were at
 * hand. NULL: the realm is ours. A reason: no trust brings clients of that realm, and *out is
 * untouched. */
enum reason trust_of_client(const struct route_facts *f, struct span crealm,
                            const struct trust **out);

/* The part of a principal that is routed: the last component of a service name of two or three
 * components
 * ("krbtgt/..." and one component: none), the suffix of an enterprise name. False: the name is
 * local, and *name_out is untouched. */
#define ROUTE_COMPONENTS_MAX 8
bool trust_route_part_of_service(const struct span *components, unsigned count,
                                 struct span *name_out);
bool trust_route_part_of_enterprise(struct span name, struct span *name_out);

/* The trust within the forest that is the first hop on the shortest way to domain (an index of
 * local->domains), or NULL. Shortcut trusts of the local domain count as one step. */
const struct trust *trust_next_hop(const struct route_facts *f, unsigned domain);

/* --- forest trust information ([MS-ADTS] 6.1.6.9.3.2) ------------------------------------------
 */

/* Two claims to the same name or SID. The local forest has the better right, then a trust's own
 * name and SID, then the records of the trust that stands first in facts; for NetBIOS names the
 * trust with the shorter DNS name. Claims that lie one under the other do not collide: the longest
 * wins in routing. */
struct forest_collision {
    unsigned record;
    enum reason reason;
    struct span with; /* the domain or trust that has the better right */
};

/* Sets the conflict flags of the records of trusts[which] that have the worse right, and clears
 * those that no longer have; other flags stay. records is the writable array that trusts[which]
 * shows. Returns how many records changed; the first found_max collisions are described in found.
 * To validate all trusts call it for each: the result does not depend on the order of the calls,
 * when repeated until nothing changes. */
unsigned trust_flag_collisions(const struct route_facts *f, unsigned which,
                               struct forest_record *records, struct forest_collision *found,
                               unsigned found_max, unsigned *found_count_out);

/* The rules whose breach refuses the whole information: at least one top-level name, and every
 * domain under one. *record_out (may be NULL) is the record at fault. */
enum reason trust_check_forest_info(const struct forest_record *records, unsigned count,
                                    unsigned *record_out);

/* Flags of a record that the partner newly claims: top-level names wait for the administrator,
 * except those at or under the trust's own name ([MS-NRPC] 3.5.4.7.5). */
uint32_t trust_new_record_flags(const struct trust *t, const struct forest_record *r);

#endif
