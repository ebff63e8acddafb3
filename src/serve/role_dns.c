/*
 * The DNS service over the directory's zones. Recursion is for the networks of the settings;
 * without any, for this machine and the DC's own address.
 */
#include "directory/settings.h"
#include "dns/dns_service.h"
#include "plat/net.h"
#include "serve/serve.h"
#include "serve/zone_directory.h"

static enum err set_networks(struct serve_child *child, struct dns_config *config)
{
    const struct control_dc *dc = serve_child_dc(child);
    struct dir_settings settings;
    struct dir_snap s;
    TRY(dir_snap_begin(child->dir, &s));
    enum err e = dir_settings(&s, &settings);
    dir_snap_end(&s);
    TRY(e);
    for (unsigned i = 0; i < settings.network_count; i++)
        TRY(dns_networks_add(&config->recursion, span_str(settings.network[i])));
    if (settings.network_count == 0) {
        TRY(dns_networks_add(&config->recursion, SPAN_LIT("127.0.0.0/8")));
        TRY(dns_networks_add(&config->recursion, SPAN_LIT("::1")));
    }
    /* The DC's own processes look names up here. */
    for (unsigned i = 0; i < dc->address_count; i++)
        TRY(dns_networks_add(&config->recursion, dc->address[i]));
    return ERR_OK;
}

static enum err set_addresses(struct serve_child *child, struct dns_config *config)
{
    const struct control_dc *dc = serve_child_dc(child);
    for (unsigned i = 0; i < dc->address_count && config->self_count < DNS_SELF_MAX; i++) {
        struct plat_addr at;
        TRY(plat_addr_parse(dc->address[i], 53, &at));
        config->self[config->self_count++] = at;
        if (config->from[plat_addr_is_v6(&at)].sa.sa_family == 0)
            config->from[plat_addr_is_v6(&at)] = at;
    }
    return ERR_OK;
}

enum err serve_begin_dns(struct serve_child *child, const char **why_out)
{
    struct zone_directory *zd;
    struct dns_service *service;
    struct dns_config config;
    *why_out = "the DNS service cannot begin";
    dns_config_default(&config);
    TRY(set_networks(child, &config));
    TRY(set_addresses(child, &config));
    TRY(zone_directory_new(child->dir, &zd));
    struct dns_zones *zones = arena_new(&child->memory, struct dns_zones);
    if (!zones)
        return ERR_NOMEM;
    *zones = zone_directory_zones(zd);
    TRY(dns_service_new(child->loop, zones, &config, child->events, &service));
    child->state = service;
    for (unsigned i = 0; i < CONTROL_DC_ADDRESSES_MAX; i++) {
        int udp = serve_child_socket(53, true, i), tcp = serve_child_socket(53, false, i);
        if (udp >= 0)
            TRY(dns_service_udp(service, udp));
        if (tcp >= 0)
            TRY(dns_service_tcp(service, tcp));
    }
    return ERR_OK;
}
