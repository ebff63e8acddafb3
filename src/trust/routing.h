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
    ROUTE_MATCH_DNS_EXACT, /* a domain's DNS name, a realm, a top-level name */
    ROUTE_MATCH_FLAT,      /* a NetBIOS name */
    ROUTE_MATCH_SUFFIX,    /* a UPN or SPN suffix of the local forest */
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
    const struct trust *trust; /* ROUTE_TRUST: the next hop, one of those given */
    struct span matched;       /* the name that decided, a view into the facts */
    enum reason reason;        /* ROUTE_NONE: why */
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

/* --- forest trust information: collisions ([MS-ADTS] 6.1.6.9.3.2)
 * -------------------------------------- */

/* Marks the records of trusts[which] that collide with the local forest, with other trusts or with
 * each other, and unmarks those that no longer do; other flags stay. records is writable and is
 * what trusts[which] shows. Returns how many records changed. */
struct forest_collision {
    unsigned record;
    enum reason reason;
    struct span with; /* the name of the domain or trust that has the better right */
};
unsigned trust_flag_collisions(const struct route_facts *f, unsigned which,
                               struct forest_record *records, struct forest_collision *found,
                               unsigned found_max, unsigned *found_count_out);

/* The rules whose breach refuses the whole information: at least one top-level name, every domain
 * under one, no domain under or above a top-level name without an exclusion. *record_out (may be
 * NULL) is the record at fault. */
enum reason trust_check_forest_info(const struct forest_record *records, unsigned count,
                                    unsigned *record_out);

#endif
