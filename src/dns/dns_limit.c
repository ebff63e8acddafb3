#include "dns/dns_limit.h"

#include "dns/dns_hash.h"

#define CELLS 65536

/* The time until which this network's allowance is spent (a token bucket kept as one time value).
 */
struct cell {
    uint32_t tag;
    uint32_t slips;
    utime spent_until;
};

struct dns_limit {
    utime cost; /* of one answer */
    uint64_t seed;
    struct cell cells[CELLS];
};

struct dns_limit *dns_limit_new(unsigned per_second, uint64_t seed)
{
    struct dns_limit *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->cost = per_second ? UTIME_SECOND / per_second : 0;
    l->seed = seed;
    return l;
}

void dns_limit_free(struct dns_limit *l)
{
    free(l);
}

static uint64_t network_hash(const struct dns_limit *l, const struct plat_addr *client)
{
    struct span host = plat_addr_host(client);
    return dns_hash(l->seed, span_sub(host, 0, host.len == 16 ? 7 : 3), (uint16_t)host.len);
}

enum dns_limit_verdict dns_limit_check(struct dns_limit *l, const struct plat_addr *client,
                                       uint64_t what, utime now)
{
    if (l->cost == 0)
        return DNS_LIMIT_PASS;
    uint64_t hash = dns_hash_mix(network_hash(l, client) ^ what, l->seed);
    struct cell *c = &l->cells[hash % CELLS];
    uint32_t tag = (uint32_t)(hash >> 32);
    if (c->spent_until < now) {
        c->spent_until = now;
        c->tag = tag;
    }
    if (c->spent_until - now < 2 * UTIME_SECOND) {
        c->spent_until += l->cost;
        return DNS_LIMIT_PASS;
    }
    if (c->tag != tag) /* the cell is another network's; do not punish two for one */
        return DNS_LIMIT_PASS;
    return c->slips++ % 2 ? DNS_LIMIT_SLIP : DNS_LIMIT_DROP;
}
