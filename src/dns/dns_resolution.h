/*
 * The pure half of forwarding: how the answers of several servers, and of our own zones, grow into
 * one. A resolution starts at the name asked for; each response either ends it, or moves it to
 * another name (a CNAME that leads out of what this server may speak about), or is of no use.
 *
 * A server is believed only about names under the suffix that it is asked for (its bailiwick): the
 * partner's DNS server cannot tell our clients where our own hosts are.
 */
#ifndef DNS_DNS_RESOLUTION_H
#define DNS_DNS_RESOLUTION_H

#include "dns/dns_lookup.h"

#define DNS_HOPS_MAX 8 /* names asked about for one question */

struct dns_resolution {
    uint16_t type;
    unsigned hops;
    struct span name;         /* to be asked about next, or last */
    bool local;               /* parts come from our zones: not to be kept past their epoch */
    struct dns_answer answer; /* all of it, so far */
    size_t tail;              /* as in struct dns_lookup */
    size_t hop_at;            /* where the current hop's records begin in the answer section */
};

enum dns_step {
    DNS_STEP_DONE, /* answer is complete */
    DNS_STEP_NEXT, /* name has changed; hops was counted up */
    DNS_STEP_LAME, /* no answer to the question: ask another server */
};

/* name is kept as a view. */
void dns_resolution_init(struct dns_resolution *r, struct span name, uint16_t type);

/* All memory of the response must live in a. */
enum dns_step dns_resolution_take(struct dns_resolution *r, const struct dns_response *resp,
                                  struct span bailiwick, struct arena *a);

/* The part of an answer that our zones gave, ending at l->rest (DNS_STEP_NEXT) or complete (DONE);
 * its records are copied. LAME only without memory or beyond DNS_HOPS_MAX. */
enum dns_step dns_resolution_take_local(struct dns_resolution *r, const struct dns_lookup *l,
                                        struct arena *a);

/* The current hop's answer alone, as a view into r: the answer to (name at the hop's start, type).
 */
struct dns_answer dns_resolution_hop(const struct dns_resolution *r);

#endif
