/*
 * The answer to a question from our own zones (RFC 1034 section 4.3.2, RFC 4592 wildcards, RFC 2308
 * negative answers, RFC 8482 for ANY): a pure walk over zone_ops. CNAMEs are followed as long as
 * they stay in our zones; where they leave them, the rest of the work is the forwarder's.
 */
#ifndef DNS_DNS_LOOKUP_H
#define DNS_DNS_LOOKUP_H

#include "dns/dns_zone.h"
#include "wire/dns/dns_message.h"

#define DNS_TARGETS_MAX 64 /* hosts whose addresses are added */

struct dns_lookup {
    struct dns_answer answer;
    size_t tail; /* where the records of the type asked for begin in the answer section; what is
                    before them are CNAMEs, whose order matters */
    struct span rest; /* not empty: this name is in none of our zones, and the answer ends at it */
    bool stable; /* the same for every client until the data epoch changes, and the name exists:
                    worth compiling (an invented name or a wildcard's child is not, or anybody
                    could fill memory with them) */
};

/* Between dns_zones_begin and dns_zones_end; the answer may hold views that end with them. ERR_OK
 * also for NXDOMAIN and NODATA, and when the name is not ours at all (rest is then the name
 * itself). Errors are those of zone_ops, ERR_LIMIT for a CNAME chain without end, ERR_NOMEM. */
enum err dns_lookup(const struct dns_zones *zones, struct span name, uint16_t type, struct arena *a,
                    struct dns_lookup *out);

/* How many different orders of the answer are worth keeping: 1 to DNS_TURNS_MAX. */
#define DNS_TURNS_MAX 8
unsigned dns_lookup_turns(const struct dns_lookup *l);
/* The answer for turn 0, 1, ...: records from tail on rotated, SRV by priority first and rotated
 * within one (RFC 2782). At most the answer section of out is new memory. */
enum err dns_lookup_turn(const struct dns_lookup *l, unsigned turn, struct arena *a,
                         struct dns_answer *out);

#endif
