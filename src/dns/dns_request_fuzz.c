/*
 * A request through the whole server over zones in memory: whatever it says, the answer parses, has
 * the request's id, and fits the limit.
 */
#include "dns/dns_request.h"
#include "dns/dns_test_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct test_zones zones;
static struct dns_service *service;

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
    ENT_ASSERT(dns_networks_add(&config.recursion, SPAN_LIT("0.0.0.0/0")) == ERR_OK);
    ENT_ASSERT(dns_service_new(plat_loop_new(), &source, &config, NULL, &service) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_origin origin = {0};
    struct arena a;
    struct builder reply;
    struct span out;
    struct dns_response resp;
    uint8_t memory[DNS_UDP_SAFE];
    if (!service)
        start();
    ENT_ASSERT(plat_addr_parse(SPAN_LIT("192.0.2.1:53"), 53, &origin.client) == ERR_OK);
    arena_init(&a, 0, DNS_ARENA_MAX, 0);
    builder_over(&reply, memory, sizeof(memory));
    dns_request_answer(service, &origin, span_of(data, size), &a, &reply);
    ENT_ASSERT(builder_done(&reply, &out) == ERR_OK);
    if (out.len > 0) {
        ENT_ASSERT(dns_response_parse(out, &a, &resp) == ERR_OK);
        ENT_ASSERT(memcmp(out.ptr, data, 2) == 0 && (resp.flags & DNS_FLAG_QR));
    }
    arena_fini(&a);
    return 0;
}
