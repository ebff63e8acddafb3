/*
 * The DNS service over the directory's zones. Recursion is for the networks of the settings, and
 * for all private ones as long as none of these is among them.
 */
#include "directory/settings.h"
#include "dns/dns_service.h"
#include "plat/net.h"
#include "serve/dns_updates.h"
#include "serve/serve.h"
#include "serve/zone_directory.h"

/* Settings are looked at again this often. */
#define SETTINGS_PERIOD UTIME_SECOND

struct dns_role {
    struct serve_child *child;
    struct dns_service *service;
    uint64_t epoch; /* of the settings that are in force */
};

static enum err read_networks(struct serve_child *child, struct dns_networks *out,
                              uint64_t *epoch_out)
{
    const struct control_dc *dc = serve_child_dc(child);
    struct dns_networks networks = {.count = 0};
    struct dir_settings settings;
    struct dir_snap s;
    TRY(dir_snap_begin(child->dir, &s));
    enum err e = dir_settings(&s, &settings);
    *epoch_out = s.epochs.naming;
    dir_snap_end(&s);
    TRY(e);
    for (unsigned i = 0; i < settings.network_count; i++)
        TRY(dns_networks_add(&networks, span_str(settings.network[i])));
    struct dns_networks private = {.count = 0};
    TRY(dns_networks_add_private(&private));
    if (!dns_networks_meet(&networks, &private))
        TRY(dns_networks_add_private(&networks));
    /* The DC's own processes look names up here. */
    for (unsigned i = 0; i < dc->address_count; i++)
        TRY(dns_networks_add(&networks, dc->address[i]));
    *out = networks;
    return ERR_OK;
}

static void look_at_settings(void *ctx)
{
    struct dns_role *role = ctx;
    struct dns_networks networks;
    uint64_t epoch;
    if (read_networks(role->child, &networks, &epoch) != ERR_OK || epoch == role->epoch)
        return;
    role->epoch = epoch;
    dns_service_recursion(role->service, &networks);
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
    struct dns_role *role = calloc(1, sizeof(*role));
    struct dns_config config;
    *why_out = "the DNS service cannot begin";
    if (!role)
        return ERR_NOMEM;
    dns_config_default(&config);
    TRY(read_networks(child, &config.recursion, &role->epoch));
    /* Who may have everything looked up is not held to the limits meant for strangers. */
    config.unlimited = config.recursion;
    TRY(set_addresses(child, &config));
    TRY(dns_updates_new(child, &config.updates));
    TRY(zone_directory_new(child->dir, &zd));
    struct dns_zones *zones = arena_new(&child->memory, struct dns_zones);
    if (!zones)
        return ERR_NOMEM;
    *zones = zone_directory_zones(zd);
    TRY(dns_service_new(child->loop, zones, &config, child->events, &role->service));
    role->child = child;
    child->state = role;
    for (unsigned i = 0; i < CONTROL_DC_ADDRESSES_MAX; i++) {
        int udp = serve_child_socket(53, true, i), tcp = serve_child_socket(53, false, i);
        if (udp >= 0)
            TRY(dns_service_udp(role->service, udp));
        if (tcp >= 0)
            TRY(dns_service_tcp(role->service, tcp));
    }
    struct plat_timer *timer = plat_timer_new(child->loop, look_at_settings, role);
    if (!timer)
        return ERR_NOMEM;
    plat_timer_start(timer, SETTINGS_PERIOD, SETTINGS_PERIOD);
    return ERR_OK;
}
