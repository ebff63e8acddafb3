/*
 * A DNS server over a zone file of tests (dns_test_zone.h), for test/realm and test/bench:
 *
 *     dns_testd ZONES [-l ADDRESS:PORT]... [-n NETWORK]... [-f SOURCE-ADDRESS] [-r RATE]
 *
 * -l listens (UDP and TCP), -n lets a network have other names looked up, -f is where our own
 * questions come from, -r limits equal answers a second (0: no limit). Prints "ready", then writes
 * one event a line to standard error. SIGHUP reads ZONES again.
 */
#include <signal.h>

#include "dns/dns_service.h"
#include "dns/dns_test_zone.h"
#include "plat/files.h"
#include "plat/net.h"

#define ZONES_MAX (64u << 20)

struct testd {
    const char *path;
    struct test_zones zones;
    struct dns_config config;
    struct plat_loop *loop;
    struct dns_service *service;
};

static void load(struct testd *d)
{
    struct dns_epochs before = d->zones.epochs;
    struct arena a;
    struct span text;
    if (before.data > 0)
        test_zones_fini(&d->zones);
    test_zones_init(&d->zones);
    d->zones.epochs = (struct dns_epochs){before.data + 1, before.routes + 1};
    arena_init(&a, 0, ZONES_MAX, 0);
    if (plat_file_read(d->path, ZONES_MAX, &a, &text) != ERR_OK)
        ent_fatal("cannot read %s", d->path);
    test_zones_text(&d->zones, text);
    arena_fini(&a);
}

static void hang_up(void *ctx, int signum)
{
    (void)signum;
    load(ctx);
}

static void end(void *ctx, int signum)
{
    (void)signum;
    plat_loop_stop(((struct testd *)ctx)->loop);
}

static void write_event(void *ctx, const struct event *ev)
{
    char line[2048];
    size_t len = event_to_json(ev, line, sizeof(line));
    (void)ctx;
    fprintf(stderr, "%.*s\n", (int)len, line);
}

static struct plat_addr address(const char *text)
{
    struct plat_addr addr;
    if (plat_addr_parse(span_str(text), 53, &addr) != ERR_OK)
        ent_fatal("not an address: %s", text);
    return addr;
}

static void option(struct testd *d, char letter, const char *value)
{
    struct dns_config *c = &d->config;
    uint64_t rate;
    struct plat_addr addr;
    if (letter == 'l' && c->self_count < DNS_SELF_MAX) {
        c->self[c->self_count++] = address(value);
    } else if (letter == 'f') {
        addr = address(value);
        c->from[plat_addr_is_v6(&addr)] = addr;
    } else if (letter == 'r' && text_to_u64(span_str(value), 1000000, &rate) == ERR_OK) {
        c->answers_per_second = (unsigned)rate;
    } else if (letter != 'n' || dns_networks_add(&c->recursion, span_str(value)) != ERR_OK) {
        ent_fatal("not understood: -%c %s", letter, value);
    }
}

static void listen_all(struct testd *d)
{
    for (size_t i = 0; i < d->config.self_count; i++) {
        int udp, tcp;
        if (plat_udp_bind(&d->config.self[i], &udp) != ERR_OK ||
            plat_tcp_listen(&d->config.self[i], &tcp) != ERR_OK ||
            dns_service_udp(d->service, udp) != ERR_OK ||
            dns_service_tcp(d->service, tcp) != ERR_OK)
            ent_fatal("cannot listen on address %zu", i);
    }
}

int main(int argc, char **argv)
{
    static struct testd d;
    const struct dns_zones zones = {&test_zone_ops, &d.zones};
    const struct event_sink sink = {write_event, NULL};
    if (argc < 2)
        ent_fatal("usage: dns_testd ZONES [-l ADDRESS:PORT] [-n NETWORK] [-f SOURCE] [-r RATE]");
    dns_config_default(&d.config);
    for (int i = 2; i + 1 < argc; i += 2)
        option(&d, argv[i][0] == '-' ? argv[i][1] : '?', argv[i + 1]);
    d.path = argv[1];
    load(&d);
    d.loop = plat_loop_new();
    if (!d.loop || dns_service_new(d.loop, &zones, &d.config, &sink, &d.service) != ERR_OK)
        ent_fatal("cannot start");
    listen_all(&d);
    struct plat_signal *hup = plat_signal_new(d.loop, SIGHUP, hang_up, &d);
    struct plat_signal *term = plat_signal_new(d.loop, SIGTERM, end, &d);
    printf("ready\n");
    fflush(stdout);
    plat_loop_run(d.loop);
    const struct dns_counts *n = dns_service_counts(d.service);
    printf("requests %lu compiled %lu looked-up %lu cached %lu forwarded %lu refused %lu\n",
           n->requests, n->compiled, n->looked_up, n->cached, n->forwarded, n->refused);
    dns_service_free(d.service);
    plat_signal_free(hup);
    plat_signal_free(term);
    plat_loop_free(d.loop);
    test_zones_fini(&d.zones);
    return 0;
}
