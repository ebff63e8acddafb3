/*
 * A request through the whole server over zones in memory: whatever it says, the answer parses, has
 * the request's id, and fits the limit. There is one key, "k", and it takes every signature.
 */
#include "dns/dns_request.h"
#include "dns/dns_test_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct test_zones zones;
static struct dns_service *service;

static enum err open_gss(void *ctx, void **out)
{
    static bool opened;
    (void)ctx;
    *out = &opened;
    bool first = !opened;
    opened = true;
    return first ? ERR_OK : ERR_NOMEM;
}

static void close_gss(void *ctx, void *gss)
{
    (void)ctx, (void)gss;
}

static enum err step(void *ctx, void *gss, struct span token, struct arena *a, struct span *out,
                     bool *done)
{
    (void)ctx, (void)gss, (void)a;
    *out = token;
    *done = true;
    return ERR_OK;
}

static enum reason reason_of(void *ctx, void *gss)
{
    (void)ctx, (void)gss;
    return REASON_NONE;
}

static struct span who(void *ctx, void *gss)
{
    (void)ctx, (void)gss;
    return SPAN_NONE;
}

static utime ends(void *ctx, void *gss)
{
    (void)ctx, (void)gss;
    return UTIME_NEVER;
}

static enum err sign(void *ctx, void *gss, struct span message, struct arena *a, struct span *out)
{
    (void)ctx, (void)gss, (void)a;
    *out = span_sub(message, 0, 28);
    return ERR_OK;
}

static enum err verify(void *ctx, void *gss, struct span message, struct span mac)
{
    (void)ctx, (void)gss, (void)message, (void)mac;
    return ERR_OK;
}

static enum err apply(void *ctx, void *gss, const struct dns_changes *changes, struct arena *a,
                      struct dns_apply *x)
{
    (void)ctx, (void)gss, (void)a, (void)x;
    for (unsigned i = 0; i < changes->count; i++)
        ENT_ASSERT(dns_name_in(changes->list[i].name, changes->apex));
    return ERR_BUSY;
}

static void cancel(void *ctx, struct dns_apply *x)
{
    (void)ctx, (void)x;
}

static const struct dns_update_ops updates = {open_gss, close_gss, step,   reason_of, who,
                                              ends,     sign,      verify, apply,     cancel};

static void one_request(struct span msg)
{
    struct dns_origin origin = {0};
    struct arena a;
    struct builder reply;
    struct span out;
    struct dns_response resp;
    uint8_t memory[DNS_UDP_SAFE];
    ENT_ASSERT(plat_addr_parse(SPAN_LIT("192.0.2.1:53"), 53, &origin.client) == ERR_OK);
    arena_init(&a, 0, DNS_ARENA_MAX, 0);
    builder_over(&reply, memory, sizeof(memory));
    dns_request_answer(service, &origin, msg, &a, &reply);
    ENT_ASSERT(builder_done(&reply, &out) == ERR_OK);
    if (out.len > 0) {
        ENT_ASSERT(dns_response_parse(out, &a, &resp) == ERR_OK);
        ENT_ASSERT(memcmp(out.ptr, msg.ptr, 2) == 0 && (resp.flags & DNS_FLAG_QR));
    }
    arena_fini(&a);
}

static void start(void)
{
    struct dns_zones source = {&test_zone_ops, &zones};
    struct dns_config config;
    test_zones_init(&zones);
    test_zones_text(&zones, SPAN_LIT("zone a.b\n"
                                     "@ 60 SOA x.a.b h.a.b 1 2 3 4 5\n"
                                     "@ 60 NS x.a.b\n"
                                     "x 60 A 192.0.2.1\n"
                                     "_l._t 60 SRV 0 1 2 x.a.b\n"
                                     "_l._t 60 SRV 1 1 2 y.a.b\n"
                                     "c 60 CNAME x.a.b\n"
                                     "o 60 CNAME x.elsewhere\n"
                                     "r 60 CNAME r.a.b\n"
                                     "*.w 60 TXT wild\n"
                                     "d 60 NS n.d.a.b\n"));
    dns_config_default(&config);
    config.answers_memory = DNS_ANSWERS_MEMORY_MIN;
    config.answers_slots = 64;
    config.answers_per_second = 0;
    config.updates.ops = &updates;
    ENT_ASSERT(dns_networks_add(&config.recursion, SPAN_LIT("0.0.0.0/0")) == ERR_OK);
    ENT_ASSERT(dns_service_new(plat_loop_new(), &source, &config, NULL, &service) == ERR_OK);
    one_request(SPAN_LIT("\0\1\0\0\0\1\0\0\0\0\0\1\1k\0\0\xf9\0\xff\xc0\x0c\0\xf9\0\xff\0\0\0\0"
                         "\0\x1a\x08gss-tsig\0\0\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!service)
        start();
    one_request(span_of(data, size));
    return 0;
}
