#include "dns/dns_lookup.h"

#include "wire/dns/dns_exchange.h"
#include "wire/dns/dns_rdata.h"

struct walk {
    const struct dns_zones *zones;
    struct arena *a;
    struct dns_lookup *out;
    uint16_t type;
    struct span owner; /* the name walked to, as it was spelt */
    struct dns_zone zone;
};

static enum err node_at(const struct walk *w, struct span name, struct dns_node *out)
{
    TRY(w->zones->ops->node(w->zones->ctx, &w->zone, name, w->a, out));
    if (out->count > DNS_ZONE_RECORDS_MAX)
        out->count = DNS_ZONE_RECORDS_MAX;
    return ERR_OK;
}

static enum err add_records(const struct walk *w, enum dns_section s, struct span owner,
                            const struct dns_node *node, uint16_t type, size_t *count_out)
{
    size_t added = 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct dns_record *rec = &node->records[i];
        if (rec->type != type || !dns_rdata_valid(type, rec->rdata))
            continue;
        struct dns_rr rr = {owner, type, DNS_CLASS_IN, rec->ttl, rec->rdata};
        TRY(dns_rr_add(&w->out->answer.section[s], w->a, &rr));
        added++;
    }
    *count_out = added;
    return ERR_OK;
}

/* A negative answer lives as long as the smaller of the SOA's TTL and its last field (RFC 2308
 * section 5). A zone without SOA gives a negative answer that nobody keeps. */
static enum err add_soa(const struct walk *w)
{
    struct dns_rr_list *authority = &w->out->answer.section[DNS_SECTION_AUTHORITY];
    struct dns_node apex;
    struct dns_soa soa;
    size_t from = authority->count, added;
    enum err e = node_at(w, w->zone.apex, &apex);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(add_records(w, DNS_SECTION_AUTHORITY, w->zone.apex, &apex, DNS_TYPE_SOA, &added));
    if (added == 0 || dns_rdata_soa(authority->rrs[from].rdata, &soa) != ERR_OK)
        return ERR_OK;
    authority->count = from + 1;
    if (soa.minimum < authority->rrs[from].ttl)
        authority->rrs[from].ttl = soa.minimum;
    return ERR_OK;
}

static enum err no_such_name(const struct walk *w)
{
    w->out->answer.rcode = DNS_RCODE_NXDOMAIN;
    w->out->stable = false;
    return add_soa(w);
}

static bool has_type(const struct dns_node *node, uint16_t type)
{
    for (size_t i = 0; i < node->count; i++) {
        if (node->records[i].type == type)
            return true;
    }
    return false;
}

static enum err refer(const struct walk *w, struct span cut, const struct dns_node *node)
{
    size_t added;
    if (w->out->answer.section[DNS_SECTION_ANSWER].count == 0)
        w->out->answer.authoritative = false;
    w->out->answer.referral = true;
    w->out->stable = false;
    return add_records(w, DNS_SECTION_AUTHORITY, cut, node, DNS_TYPE_NS, &added);
}

/* ANY gets one set of records, not all: the client learns that the name exists, an attacker gains
 * little (RFC 8482 section 4.1). */
static uint16_t effective_type(const struct walk *w, const struct dns_node *node)
{
    return w->type == DNS_TYPE_ANY && node->count > 0 ? node->records[0].type : w->type;
}

/* The name exists: its records, its CNAME (next_out is then the target), or NODATA. */
static enum err answer_node(const struct walk *w, const struct dns_node *node,
                            struct span *next_out)
{
    struct dns_rr_list *answer = &w->out->answer.section[DNS_SECTION_ANSWER];
    size_t added;
    if (w->type != DNS_TYPE_CNAME && w->type != DNS_TYPE_ANY && has_type(node, DNS_TYPE_CNAME)) {
        size_t at = answer->count;
        TRY(add_records(w, DNS_SECTION_ANSWER, w->owner, node, DNS_TYPE_CNAME, &added));
        if (added > 0) {
            w->out->tail = answer->count = at + 1;
            return dns_rdata_name(answer->rrs[at].rdata, next_out);
        }
    }
    TRY(add_records(w, DNS_SECTION_ANSWER, w->owner, node, effective_type(w, node), &added));
    return added == 0 ? add_soa(w) : ERR_OK;
}

static enum err try_wildcard(const struct walk *w, struct span encloser, struct span *next_out)
{
    struct dns_name star;
    struct dns_node node;
    if (dns_name_wildcard(encloser, &star) != ERR_OK)
        return no_such_name(w);
    dns_name_lower(dns_name_span(&star), &star);
    enum err e = node_at(w, dns_name_span(&star), &node);
    if (e == ERR_NOT_FOUND)
        return no_such_name(w);
    TRY(e);
    w->out->stable = false;
    return answer_node(w, &node, next_out);
}

/* One name, from the top of its zone down. */
static enum err walk_name(const struct walk *w, struct span name, struct span *next_out)
{
    unsigned depth = dns_name_labels(name) - dns_name_labels(w->zone.apex);
    struct dns_node node = {0};
    if (depth == 0) {
        enum err e = node_at(w, name, &node);
        TRY(e == ERR_NOT_FOUND ? ERR_OK : e);
    }
    for (unsigned i = 1; i <= depth; i++) {
        struct span at = dns_name_skip(name, depth - i);
        enum err e = node_at(w, at, &node);
        if (e == ERR_NOT_FOUND)
            return try_wildcard(w, dns_name_parent(at), next_out);
        TRY(e);
        if (has_type(&node, DNS_TYPE_NS))
            return refer(w, at, &node);
    }
    return answer_node(w, &node, next_out);
}

static enum err walk_chain(struct walk *w, struct span name)
{
    for (unsigned links = 0; links <= DNS_CHAIN_MAX; links++) {
        struct dns_name lower;
        struct span next = SPAN_NONE;
        dns_name_lower(name, &lower);
        struct span key = arena_dup_span(w->a, dns_name_span(&lower));
        if (key.len == 0)
            return ERR_NOMEM;
        enum err e = w->zones->ops->zone(w->zones->ctx, key, w->a, &w->zone);
        if (e == ERR_NOT_FOUND) {
            w->out->rest = name;
            return ERR_OK;
        }
        TRY(e);
        if (!dns_name_in(key, w->zone.apex))
            return ERR_STATE;
        if (w->out->answer.section[DNS_SECTION_ANSWER].count == 0)
            w->out->answer.authoritative = true;
        w->owner = name;
        TRY(walk_name(w, key, &next));
        if (next.len == 0)
            return ERR_OK;
        name = next;
    }
    return ERR_LIMIT;
}

/* --- addresses of the hosts that the records name ------------------------------------------ */

static bool has_owner(const struct dns_rr_list *list, struct span owner)
{
    for (size_t i = 0; i < list->count; i++) {
        if (dns_name_eq(list->rrs[i].owner, owner))
            return true;
    }
    return false;
}

/* Additional data is a courtesy: a host outside our zones or an error just leaves it out. */
static void add_addresses(struct walk *w, struct span host)
{
    struct dns_name lower;
    struct dns_node node;
    size_t added;
    dns_name_lower(host, &lower);
    struct span key = arena_dup_span(w->a, dns_name_span(&lower));
    if (key.len == 0 || w->zones->ops->zone(w->zones->ctx, key, w->a, &w->zone) != ERR_OK ||
        node_at(w, key, &node) != ERR_OK)
        return;
    enum dns_section s = DNS_SECTION_ADDITIONAL;
    (void)add_records(w, s, host, &node, DNS_TYPE_A, &added);
    (void)add_records(w, s, host, &node, DNS_TYPE_AAAA, &added);
}

static void add_targets(struct walk *w, enum dns_section from)
{
    const struct dns_rr_list *list = &w->out->answer.section[from];
    size_t hosts = 0;
    for (size_t i = 0; i < list->count && hosts < DNS_TARGETS_MAX; i++) {
        struct span host = dns_rdata_target(list->rrs[i].type, list->rrs[i].rdata);
        if (host.len == 0 || has_owner(&w->out->answer.section[DNS_SECTION_ADDITIONAL], host))
            continue;
        add_addresses(w, host);
        hosts++;
    }
}

enum err dns_lookup(const struct dns_zones *zones, struct span name, uint16_t type, struct arena *a,
                    struct dns_lookup *out)
{
    struct dns_lookup l = {.stable = true};
    struct walk w = {.zones = zones, .a = a, .out = &l, .type = type};
    TRY(walk_chain(&w, name));
    add_targets(&w, DNS_SECTION_ANSWER);
    if (l.answer.referral)
        add_targets(&w, DNS_SECTION_AUTHORITY);
    *out = l;
    return ERR_OK;
}
