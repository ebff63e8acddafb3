/*
 * Which servers a foreign name is forwarded to: the forwarder with the longest suffix. Read again
 * from the directory when the routes epoch changes; servers that are ourselves are left out, since
 * asking them would go round in a circle.
 */
#ifndef DNS_DNS_ROUTES_H
#define DNS_DNS_ROUTES_H

#include "dns/dns_servers.h"
#include "dns/dns_zone.h"
#include "wire/dns/dns_name.h"

struct dns_route {
    struct dns_name suffix; /* lower case */
    struct dns_server *servers[DNS_FORWARDER_SERVERS_MAX];
    size_t count; /* 0: every server of it was left out */
};

struct dns_routes {
    struct dns_route list[DNS_FORWARDERS_MAX];
    size_t count;
};

/* An address that was left out because it is one of self. */
typedef void dns_route_self_fn(void *ctx, struct span suffix, const struct plat_addr *addr);

/* Replaces the routes. On an error the old ones stay. report may be NULL. */
enum err dns_routes_load(struct dns_routes *r, const struct dns_zones *zones,
                         struct dns_servers *servers, const struct plat_addr *self,
                         size_t self_count, struct arena *a, dns_route_self_fn *report, void *ctx);

/* NULL when no forwarder covers the name. */
const struct dns_route *dns_routes_find(const struct dns_routes *r, struct span name);

#endif
