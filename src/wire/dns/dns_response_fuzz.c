/*
 * A response in; what was parsed is compiled and written again, and parses to the same records, but
 * for the case of letters: a compressed name takes that of the earlier name it points at (RFC 4343
 * section 4.1).
 */
#include "base/text.h"
#include "wire/dns/dns_exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_but_case(const struct dns_rr *a, const struct dns_rr *b)
{
    return a->type == b->type && a->klass == b->klass && dns_name_eq(a->owner, b->owner) &&
           ascii_eq_fold(a->rdata, b->rdata);
}

static void write_again(const struct dns_response *resp, const struct dns_query *q, struct arena *a)
{
    static uint8_t out[DNS_MSG_MAX];
    struct dns_answer answer = {.rcode = resp->rcode & DNS_FLAG_RCODE_MASK};
    struct dns_response again;
    struct dns_body body;
    memcpy(answer.section, resp->section, sizeof(answer.section));
    if (dns_body_build(&answer, dns_name_span(&q->name), q->type, a, &body) != ERR_OK)
        return;
    struct builder b;
    struct span reply;
    builder_over(&b, out, sizeof(out));
    dns_body_emit(&body, q, 0, 1, sizeof(out), &b);
    ENT_ASSERT(builder_done(&b, &reply) == ERR_OK);
    ENT_ASSERT(dns_response_parse(reply, a, &again) == ERR_OK);
    size_t count = again.section[DNS_SECTION_ANSWER].count;
    ENT_ASSERT(count == 0 || count == resp->section[DNS_SECTION_ANSWER].count);
    for (size_t i = 0; i < count; i++)
        ENT_ASSERT(same_but_case(&again.section[0].rrs[i], &resp->section[0].rrs[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct dns_response resp;
    struct dns_query q;
    struct dns_found found;
    uint8_t request[DNS_QUERY_MAX + 512];
    static const uint8_t randomness[DNS_EXCHANGE_RANDOM];
    struct dns_exchange x;
    arena_init(&a, 0, 8 << 20, 0);
    if (dns_response_parse(span_of(data, size), &a, &resp) == ERR_OK &&
        resp.section[DNS_SECTION_ANSWER].count > 0) {
        const struct dns_rr *first = resp.section[DNS_SECTION_ANSWER].rrs;
        dns_exchange_begin(&x, first->owner, first->type, true, false, randomness);
        (void)dns_exchange_fit(&x, span_of(data, size), false);
        (void)dns_find(&resp.section[DNS_SECTION_ANSWER], first->owner, DNS_TYPE_A, SPAN_LIT("\0"),
                       &a, &found);
        size_t len = dns_exchange_query(&x, request, sizeof(request));
        if (dns_query_parse(span_of(request, len), &q) == DNS_TAKE_ANSWER)
            write_again(&resp, &q, &a);
    }
    arena_fini(&a);
    return 0;
}
