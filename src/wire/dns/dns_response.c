#include "wire/dns/dns_knot.h"
#include "wire/dns/dns_message.h"
#include "wire/dns/dns_rdata.h"

static enum err add_set(const knot_rrset_t *set, struct arena *a, struct dns_rr_list *list)
{
    knot_rdata_t *rdata = set->rrs.rdata;
    for (uint16_t i = 0; i < set->rrs.count; i++, rdata = knot_rdataset_next(rdata)) {
        struct dns_rr rr = {
            .owner = span_of(set->owner, knot_dname_size(set->owner)),
            .type = set->type,
            .klass = set->rclass,
            .ttl = set->ttl,
            .rdata = span_of(rdata->data, rdata->len),
        };
        if (!dns_rdata_valid(rr.type, rr.rdata))
            return ERR_MALFORMED;
        TRY(dns_rr_add(list, a, &rr));
    }
    return ERR_OK;
}

static enum err add_section(knot_pkt_t *pkt, knot_section_t section, struct arena *a,
                            struct dns_rr_list *list)
{
    const knot_pktsection_t *s = knot_pkt_section(pkt, section);
    for (uint16_t i = 0; i < s->count; i++) {
        const knot_rrset_t *set = knot_pkt_rr(s, i);
        if (set->type == DNS_TYPE_OPT || set->type == DNS_TYPE_TSIG)
            continue;
        TRY(add_set(set, a, list));
    }
    return ERR_OK;
}

enum err dns_response_parse(struct span msg, struct arena *a, struct dns_response *out)
{
    if (msg.len < DNS_HEADER_SIZE)
        return ERR_MALFORMED;
    if (msg.len > DNS_MSG_MAX)
        return ERR_LIMIT;
    knot_mm_t mm = dns_knot_mm(a);
    /* KEEPWIRE: the packet is only read; NOCANON: names keep their case. */
    knot_pkt_t *pkt = knot_pkt_new((void *)(uintptr_t)msg.ptr, (uint16_t)msg.len, &mm);
    if (!pkt)
        return ERR_NOMEM;
    int rc = knot_pkt_parse(pkt, KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON);
    if (rc != KNOT_EOK)
        return rc == KNOT_ENOMEM || arena_failed(a) ? ERR_NOMEM : ERR_MALFORMED;
    struct dns_response resp = {
        .id = knot_wire_get_id(pkt->wire),
        .flags = knot_wire_read_u16(pkt->wire + 2),
        .rcode = knot_pkt_ext_rcode(pkt),
        .edns = knot_pkt_has_edns(pkt),
    };
    TRY(add_section(pkt, KNOT_ANSWER, a, &resp.section[DNS_SECTION_ANSWER]));
    TRY(add_section(pkt, KNOT_AUTHORITY, a, &resp.section[DNS_SECTION_AUTHORITY]));
    TRY(add_section(pkt, KNOT_ADDITIONAL, a, &resp.section[DNS_SECTION_ADDITIONAL]));
    *out = resp;
    return ERR_OK;
}
