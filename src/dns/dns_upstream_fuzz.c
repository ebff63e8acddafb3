/*
 * Another server's answer: whatever it holds, only names under the suffix come out of it, and the
 * result compiles. The first byte chooses the type, the rest is the message.
 */
#include "dns/dns_cache.h"
#include "dns/dns_resolution.h"
#include "wire/dns/dns_exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t suffix_wire[] = "\4corp\2ex";
static const uint8_t name_wire[] = "\3www\4corp\2ex";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span suffix = span_of(suffix_wire, sizeof(suffix_wire));
    struct span name = span_of(name_wire, sizeof(name_wire));
    struct dns_response resp;
    struct dns_resolution r;
    struct dns_body body;
    struct arena a;
    if (size < 1)
        return 0;
    arena_init(&a, 0, 4 << 20, 0);
    dns_resolution_init(&r, name, data[0]);
    if (dns_response_parse(span_of(data + 1, size - 1), &a, &resp) == ERR_OK) {
        enum dns_step step = dns_resolution_take(&r, &resp, suffix, &a);
        struct dns_rr_list *answer = &r.answer.section[DNS_SECTION_ANSWER];
        for (size_t i = 0; i < answer->count; i++)
            ENT_ASSERT(dns_name_in(answer->rrs[i].owner, suffix));
        ENT_ASSERT(step != DNS_STEP_LAME || answer->count == 0);
        ENT_ASSERT(step != DNS_STEP_NEXT || !span_eq(r.name, name));
        (void)dns_answer_ttl(&r.answer, r.tail);
        (void)dns_body_build(&r.answer, name, data[0], &a, &body);
    }
    arena_fini(&a);
    return 0;
}
