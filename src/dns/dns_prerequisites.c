#include "dns/dns_prerequisites.h"

#include "wire/dns/dns_name.h"
#include "wire/dns/dns_rdata.h"

struct asked {
    const struct dns_rr_list *list;
    const struct dns_rr *rr;
    const struct dns_node *node;
};

static size_t records_of(const struct dns_node *node, uint16_t type)
{
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++)
        count += type == DNS_TYPE_ANY || node->records[i].type == type;
    return count;
}

static bool has(const struct dns_node *node, const struct dns_rr *rr)
{
    for (size_t i = 0; i < node->count; i++) {
        if (node->records[i].type == rr->type &&
            dns_rdata_same(rr->type, node->records[i].rdata, rr->rdata))
            return true;
    }
    return false;
}

static bool same_set(const struct dns_rr *a, const struct dns_rr *b)
{
    return a->klass == b->klass && a->type == b->type && dns_name_eq(a->owner, b->owner);
}

/* The records of its name and type, taken together, are those of the zone: none is missing there,
 * and there are as many. A record that is listed twice counts once. */
static bool whole_set(const struct asked *q)
{
    size_t distinct = 0;
    for (size_t i = 0; i < q->list->count; i++) {
        const struct dns_rr *rr = &q->list->rrs[i];
        bool again = false;
        if (!same_set(rr, q->rr))
            continue;
        for (size_t j = 0; j < i && !again; j++)
            again = same_set(&q->list->rrs[j], rr) &&
                    dns_rdata_same(rr->type, q->list->rrs[j].rdata, rr->rdata);
        if (!has(q->node, rr))
            return false;
        distinct += !again;
    }
    return distinct == records_of(q->node, q->rr->type);
}

static enum dns_rcode judge(const struct asked *q)
{
    const struct dns_rr *rr = q->rr;
    bool there = records_of(q->node, rr->type) > 0, any = rr->type == DNS_TYPE_ANY;
    switch (rr->klass) {
    case DNS_CLASS_ANY:
        if (rr->rdata.len > 0)
            return DNS_RCODE_FORMERR;
        return there ? DNS_RCODE_NOERROR : any ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NXRRSET;
    case DNS_CLASS_NONE:
        if (rr->rdata.len > 0)
            return DNS_RCODE_FORMERR;
        return !there ? DNS_RCODE_NOERROR : any ? DNS_RCODE_YXDOMAIN : DNS_RCODE_YXRRSET;
    case DNS_CLASS_IN:
        return whole_set(q) ? DNS_RCODE_NOERROR : DNS_RCODE_NXRRSET;
    default:
        return DNS_RCODE_FORMERR;
    }
}

enum dns_rcode dns_prerequisites(const struct dns_zones *zones, const struct dns_zone *zone,
                                 const struct dns_rr_list *list, struct arena *a)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct dns_rr *rr = &list->rrs[i];
        struct dns_name lower;
        struct dns_node node = {.count = 0};
        if (rr->ttl != 0)
            return DNS_RCODE_FORMERR;
        dns_name_lower(rr->owner, &lower);
        if (!dns_name_in(dns_name_span(&lower), zone->apex))
            return DNS_RCODE_NOTZONE;
        enum err e = zones->ops->node(zones->ctx, zone, dns_name_span(&lower), a, &node);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return DNS_RCODE_SERVFAIL;
        struct asked q = {.list = list, .rr = rr, .node = &node};
        enum dns_rcode rcode = judge(&q);
        if (rcode != DNS_RCODE_NOERROR)
            return rcode;
    }
    return DNS_RCODE_NOERROR;
}
