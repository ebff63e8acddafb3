#include "dns/dns_routes.h"

static bool is_self(const struct plat_addr *addr, const struct plat_addr *self, size_t self_count)
{
    for (size_t i = 0; i < self_count; i++) {
        if (plat_addr_eq(addr, &self[i]))
            return true;
    }
    return false;
}

enum err dns_routes_load(struct dns_routes *r, const struct dns_zones *zones,
                         struct dns_servers *servers, const struct plat_addr *self,
                         size_t self_count, struct arena *a, dns_route_self_fn *report, void *ctx)
{
    const struct dns_forwarder *list = NULL;
    size_t count = 0;
    if (zones->ops->forwarders)
        TRY(zones->ops->forwarders(zones->ctx, a, &list, &count));
    r->count = 0;
    for (size_t i = 0; i < count && r->count < DNS_FORWARDERS_MAX; i++) {
        if (dns_name_check(list[i].suffix) != ERR_OK)
            continue;
        struct dns_route *route = &r->list[r->count++];
        *route = (struct dns_route){0};
        dns_name_lower(list[i].suffix, &route->suffix);
        for (size_t k = 0; k < list[i].count && route->count < DNS_FORWARDER_SERVERS_MAX; k++) {
            const struct plat_addr *addr = &list[i].servers[k];
            bool self_named = is_self(addr, self, self_count);
            struct dns_server *server = self_named ? NULL : dns_servers_get(servers, addr);
            if (self_named && report)
                report(ctx, dns_name_span(&route->suffix), addr);
            if (server)
                route->servers[route->count++] = server;
        }
    }
    return ERR_OK;
}

const struct dns_route *dns_routes_find(const struct dns_routes *r, struct span name)
{
    const struct dns_route *best = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct dns_route *route = &r->list[i];
        if ((!best || route->suffix.len > best->suffix.len) &&
            dns_name_in(name, dns_name_span(&route->suffix)))
            best = route;
    }
    return best;
}
