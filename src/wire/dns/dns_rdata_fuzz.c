/*
 * Record data as a directory may hold it: two bytes of type, then the data. What is valid compiles,
 * is sent, and comes back the same.
 */
#include "base/reader.h"
#include "wire/dns/dns_exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct dns_rr *rr, struct arena *a)
{
    static uint8_t out[DNS_MSG_MAX];
    static const uint8_t randomness[DNS_EXCHANGE_RANDOM];
    uint8_t request[DNS_QUERY_MAX];
    struct dns_rr one = *rr;
    struct dns_answer answer = {.section = {{&one, 1, 1}}};
    struct dns_exchange x;
    struct dns_query q;
    struct dns_body body;
    struct dns_response resp;
    struct builder b;
    struct span msg;
    dns_exchange_begin(&x, rr->owner, rr->type, true, false, randomness);
    size_t len = dns_exchange_query(&x, request, sizeof(request));
    ENT_ASSERT(dns_query_parse(span_of(request, len), &q) == DNS_TAKE_ANSWER);
    enum err e = dns_body_build(&answer, dns_name_span(&q.name), rr->type, a, &body);
    ENT_ASSERT(e == ERR_OK || e == ERR_LIMIT);
    if (e != ERR_OK)
        return;
    builder_over(&b, out, sizeof(out));
    dns_body_emit(&body, &q, 0, 0, sizeof(out), &b);
    ENT_ASSERT(builder_done(&b, &msg) == ERR_OK);
    ENT_ASSERT(dns_response_parse(msg, a, &resp) == ERR_OK);
    const struct dns_rr_list *back = &resp.section[DNS_SECTION_ANSWER];
    ENT_ASSERT(back->count == 1 && back->rrs[0].type == rr->type);
    ENT_ASSERT(back->rrs[0].rdata.len == rr->rdata.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(span_of(data, size));
    struct dns_rr rr = {.owner = SPAN_LIT("\3www\1a\0"), .klass = DNS_CLASS_IN, .ttl = 1};
    struct arena a;
    rr.type = reader_be16(&r);
    rr.rdata = reader_rest(&r);
    bool meta = rr.type == DNS_TYPE_OPT || (rr.type >= 128 && rr.type <= 255) || rr.type == 0;
    if (!reader_ok(&r) || meta || !dns_rdata_valid(rr.type, rr.rdata))
        return 0;
    arena_init(&a, 0, 8 << 20, 0);
    round_trip(&rr, &a);
    arena_fini(&a);
    return 0;
}
