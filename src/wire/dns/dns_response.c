#include "wire/dns/dns_knot.h"
#include "wire/dns/dns_message.h"
#include "wire/dns/dns_rdata.h"
#include "wire/dns/dns_tsig.h"

/* In an update, classes ANY and NONE say what has to be there or to go, mostly without data (RFC
 * 2136 sections 2.4 and 2.5). */
static bool valid(const struct dns_rr *rr, bool update)
{
    bool bare = update && (rr->klass == DNS_CLASS_ANY || rr->klass == DNS_CLASS_NONE);
    return (bare && rr->rdata.len == 0) || dns_rdata_valid(rr->type, rr->rdata);
}

static enum err add_set(const knot_rrset_t *set, bool update, struct arena *a,
                        struct dns_rr_list *list)
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
        if (!valid(&rr, update))
            return ERR_MALFORMED;
        TRY(dns_rr_add(list, a, &rr));
    }
    return ERR_OK;
}

static enum err add_section(knot_pkt_t *pkt, knot_section_t section, bool update, struct arena *a,
                            struct dns_rr_list *list)
{
    const knot_pktsection_t *s = knot_pkt_section(pkt, section);
    for (uint16_t i = 0; i < s->count; i++) {
        const knot_rrset_t *set = knot_pkt_rr(s, i);
        if (set->type == DNS_TYPE_OPT || set->type == DNS_TYPE_TSIG)
            continue;
        TRY(add_set(set, update, a, list));
    }
    return ERR_OK;
}

static enum err add_sections(knot_pkt_t *pkt, bool update, struct arena *a,
                             struct dns_rr_list list[DNS_SECTION__COUNT])
{
    TRY(add_section(pkt, KNOT_ANSWER, update, a, &list[DNS_SECTION_ANSWER]));
    TRY(add_section(pkt, KNOT_AUTHORITY, update, a, &list[DNS_SECTION_AUTHORITY]));
    return add_section(pkt, KNOT_ADDITIONAL, update, a, &list[DNS_SECTION_ADDITIONAL]);
}

static enum err parse(struct span msg, struct arena *a, knot_pkt_t **pkt_out)
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
    *pkt_out = pkt;
    return ERR_OK;
}

enum err dns_response_parse(struct span msg, struct arena *a, struct dns_response *out)
{
    knot_pkt_t *pkt;
    TRY(parse(msg, a, &pkt));
    struct dns_response resp = {
        .id = knot_wire_get_id(pkt->wire),
        .flags = knot_wire_read_u16(pkt->wire + 2),
        .rcode = knot_pkt_ext_rcode(pkt),
        .edns = knot_pkt_has_edns(pkt),
    };
    TRY(add_sections(pkt, false, a, resp.section));
    *out = resp;
    return ERR_OK;
}

/* libknot took the signature for one only as the last record of all; it begins where the record
 * before it ends. */
static enum err add_tsig(const knot_pkt_t *pkt, struct dns_signed *m)
{
    const knot_rrset_t *set = pkt->tsig_rr;
    if (!set)
        return ERR_OK;
    if (pkt->rrset_count == 0 || set->rrs.count != 1 || set->rclass != DNS_CLASS_ANY)
        return ERR_MALFORMED;
    m->has_tsig = true;
    m->tsig_at = pkt->rr_info[pkt->rrset_count - 1].pos;
    return dns_tsig_decode(span_of(set->owner, knot_dname_size(set->owner)),
                           span_of(set->rrs.rdata->data, set->rrs.rdata->len), &m->tsig);
}

enum err dns_signed_parse(struct span msg, struct arena *a, struct dns_signed *out)
{
    knot_pkt_t *pkt;
    struct dns_signed m = {0};
    TRY(parse(msg, a, &pkt));
    TRY(add_sections(pkt, true, a, m.section));
    TRY(add_tsig(pkt, &m));
    *out = m;
    return ERR_OK;
}
