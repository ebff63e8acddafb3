/*
 * What the DNS server asks of the directory. `serve` fills this table, a test fills it from memory;
 * this folder knows neither the store nor the schema.
 *
 * The life of a question that no compiled answer serves:
 *
 *     begin            one snapshot: all reads until end see one version
 *       zone           the deepest of our zones that holds the name
 *       node ...       from the zone's top down to the name, one call per label; an absent node
 * ends the walk (wildcard or NXDOMAIN), NS records below the top end it as a referral end
 *
 * Names given to these functions are in lower case, in wire form, uncompressed. Everything returned
 * lives at least until end: in the arena (which belongs to the request) or in the snapshot itself.
 * Names inside records keep the case of the directory. All calls come from one thread.
 */
#ifndef DNS_DNS_ZONE_H
#define DNS_DNS_ZONE_H

#include "base/arena.h"
#include "plat/address.h"
#include "wire/dns/dns_types.h"

#define DNS_ZONE_RECORDS_MAX      512 /* of one node; more are ignored */
#define DNS_FORWARDERS_MAX        256
#define DNS_FORWARDER_SERVERS_MAX 8

struct dns_record {
    uint16_t type;
    uint32_t ttl;      /* seconds */
    struct span rdata; /* wire form, uncompressed (wire/dns/dns_rdata.h makes it); malformed data is
                          left out of answers */
};

struct dns_node {
    const struct dns_record *records;
    size_t count; /* 0: the name exists only because names below it do */
};

struct dns_zone {
    struct span apex; /* wire form, lower case */
    uint64_t id;      /* the owner's own, given back to node() */
};

/* Who answers for a suffix that is not ours. The root as suffix is the default forwarder. */
struct dns_forwarder {
    struct span suffix;              /* wire form */
    const struct plat_addr *servers; /* tried in this order, the healthy ones first */
    size_t count;
};

struct dns_epochs {
    uint64_t data;   /* changes with any record of any zone: compiled answers are dropped */
    uint64_t routes; /* changes with the set of zones or with any forwarder: forwarders are read
                        again, answers from them are dropped */
};

struct zone_ops {
    /* Mandatory. Called for every request: must cost no more than a few loads. */
    struct dns_epochs (*epochs)(void *ctx);

    /* Optional, both or none. On an error the question is answered SERVFAIL and end is not called.
     */
    enum err (*begin)(void *ctx);
    void (*end)(void *ctx);

    /* Mandatory. The deepest zone whose apex is name or above it; ERR_NOT_FOUND when none is. */
    enum err (*zone)(void *ctx, struct span name, struct arena *a, struct dns_zone *out);

    /* Mandatory. The records at exactly this name, which is the apex or below it. ERR_NOT_FOUND
     * when neither the name nor anything below it exists; ERR_OK with no records when only names
     * below exist (they keep the name from being NXDOMAIN, RFC 8020). Wildcard owners ("*.x") are
     * asked for by their own name and need no treatment. Another error becomes SERVFAIL. */
    enum err (*node)(void *ctx, const struct dns_zone *zone, struct span name, struct arena *a,
                     struct dns_node *out);

    /* Optional: without it nothing is forwarded. All forwarders, in any order; the arena's memory
     * is kept until the next call. */
    enum err (*forwarders)(void *ctx, struct arena *a, const struct dns_forwarder **out,
                           size_t *count_out);
};

struct dns_zones {
    const struct zone_ops *ops;
    void *ctx;
};

static inline enum err dns_zones_begin(const struct dns_zones *z)
{
    return z->ops->begin ? z->ops->begin(z->ctx) : ERR_OK;
}

static inline void dns_zones_end(const struct dns_zones *z)
{
    if (z->ops->end)
        z->ops->end(z->ctx);
}

#endif
