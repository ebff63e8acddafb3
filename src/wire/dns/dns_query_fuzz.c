/* A request in, the smallest answer out: the answer is itself a request's shape, and is bounded. */
#include "wire/dns/dns_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_query q, again;
    uint8_t out[DNS_UDP_MIN];
    if (dns_query_parse(span_of(data, size), &q) == DNS_TAKE_DROP)
        return 0;
    struct builder b;
    struct span reply;
    builder_over(&b, out, sizeof(out));
    dns_query_error(&q, DNS_RCODE_REFUSED, 0, &b);
    ENT_ASSERT(builder_done(&b, &reply) == ERR_OK && reply.len == dns_query_overhead(&q));
    out[2] &= 0x7f;
    enum dns_take take = dns_query_parse(reply, &again);
    ENT_ASSERT(take != DNS_TAKE_DROP && again.id == q.id && again.edns == q.edns);
    if (q.question.len > 0)
        ENT_ASSERT(span_eq(again.question, q.question) &&
                   dns_name_check(dns_name_span(&q.name)) == ERR_OK);
    return 0;
}
