#include "wire/dns/dns_exchange.h"

#include "base/builder.h"
#include "base/reader.h"
#include "wire/dns/dns_opt.h"

void dns_exchange_begin(struct dns_exchange *x, struct span name, uint16_t type, bool recurse,
                        bool mix, const uint8_t random[DNS_EXCHANGE_RANDOM])
{
    dns_name_lower(name, &x->name);
    if (mix)
        dns_name_mix_case(&x->name, random + 2);
    x->id = (uint16_t)(random[0] << 8 | random[1]);
    x->type = type;
    x->recurse = recurse;
    x->edns = true;
}

void dns_exchange_plain(struct dns_exchange *x)
{
    x->edns = false;
}

size_t dns_exchange_query(const struct dns_exchange *x, uint8_t *out, size_t cap)
{
    struct builder b;
    struct span done;
    builder_over(&b, out, cap);
    builder_be16(&b, x->id);
    builder_be16(&b, x->recurse ? DNS_FLAG_RD : 0);
    builder_be16(&b, 1);
    builder_be32(&b, 0);
    builder_be16(&b, x->edns);
    builder_span(&b, dns_name_span(&x->name));
    builder_be16(&b, x->type);
    builder_be16(&b, DNS_CLASS_IN);
    if (x->edns)
        dns_put_opt(&b, DNS_RCODE_NOERROR, false);
    return builder_done(&b, &done) == ERR_OK ? done.len : 0;
}

/* Old servers refuse a request with EDNS by one of these, some of them without the question. */
static bool refuses_edns(const struct dns_exchange *x, uint16_t flags)
{
    unsigned rcode = flags & DNS_FLAG_RCODE_MASK;
    return x->edns && (rcode == DNS_RCODE_FORMERR || rcode == DNS_RCODE_NOTIMP);
}

enum dns_fit dns_exchange_fit(const struct dns_exchange *x, struct span msg, bool over_tcp)
{
    struct reader r = reader_of(msg);
    uint16_t id = reader_be16(&r);
    uint16_t flags = reader_be16(&r);
    uint16_t questions = reader_be16(&r);
    reader_skip(&r, 6);
    if (!reader_ok(&r) || id != x->id || !(flags & DNS_FLAG_QR) || (flags & DNS_FLAG_OPCODE_MASK))
        return DNS_FIT_FOREIGN;
    if (questions == 0 && refuses_edns(x, flags))
        return DNS_FIT_NO_EDNS;
    struct span name = reader_span(&r, x->name.len);
    uint16_t type = reader_be16(&r);
    uint16_t klass = reader_be16(&r);
    if (!reader_ok(&r) || questions != 1 || type != x->type || klass != DNS_CLASS_IN ||
        !dns_name_eq(name, dns_name_span(&x->name)))
        return DNS_FIT_FOREIGN;
    if (!over_tcp && !span_eq(name, dns_name_span(&x->name)))
        return DNS_FIT_CASE;
    if (refuses_edns(x, flags))
        return DNS_FIT_NO_EDNS;
    return !over_tcp && (flags & DNS_FLAG_TC) ? DNS_FIT_TRUNCATED : DNS_FIT_ANSWER;
}

struct span dns_exchange_unmix(const struct dns_exchange *x, struct span msg, struct arena *a)
{
    struct dns_name lower;
    uint8_t *copy = arena_dup(a, msg.ptr, msg.len);
    if (!copy)
        return SPAN_NONE;
    ENT_ASSERT(msg.len >= DNS_HEADER_SIZE + (size_t)x->name.len);
    dns_name_lower(dns_name_span(&x->name), &lower);
    memcpy(copy + DNS_HEADER_SIZE, lower.wire, lower.len);
    return span_of(copy, msg.len);
}
