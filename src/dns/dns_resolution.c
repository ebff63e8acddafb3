#include "dns/dns_resolution.h"

#include "wire/dns/dns_exchange.h"

void dns_resolution_init(struct dns_resolution *r, struct span name, uint16_t type)
{
    *r = (struct dns_resolution){.type = type, .name = name};
}

static enum err append(struct dns_rr_list *to, const struct dns_rr_list *from, struct arena *a)
{
    for (size_t i = 0; i < from->count; i++) {
        struct dns_rr rr = from->rrs[i];
        if (rr.ttl > INT32_MAX) /* RFC 2181 section 8 */
            rr.ttl = 0;
        TRY(dns_rr_add(to, a, &rr));
    }
    return ERR_OK;
}

static enum err append_copy(struct dns_rr_list *to, const struct dns_rr_list *from, struct arena *a)
{
    for (size_t i = 0; i < from->count; i++) {
        struct dns_rr rr = from->rrs[i];
        rr.owner = arena_dup_span(a, rr.owner);
        rr.rdata = arena_dup_span(a, rr.rdata);
        TRY(arena_failed(a) ? ERR_NOMEM : dns_rr_add(to, a, &rr));
    }
    return ERR_OK;
}

static enum dns_step move_on(struct dns_resolution *r, struct span name)
{
    if (++r->hops >= DNS_HOPS_MAX)
        return DNS_STEP_LAME;
    r->name = name;
    r->answer.rcode = DNS_RCODE_NOERROR;
    r->hop_at = r->tail = r->answer.section[DNS_SECTION_ANSWER].count;
    return DNS_STEP_NEXT;
}

static const struct dns_rr *find_soa(const struct dns_rr_list *authority, struct span name,
                                     struct span bailiwick)
{
    for (size_t i = 0; i < authority->count; i++) {
        const struct dns_rr *rr = &authority->rrs[i];
        if (rr->type == DNS_TYPE_SOA && rr->klass == DNS_CLASS_IN && dns_name_in(name, rr->owner) &&
            dns_name_in(rr->owner, bailiwick))
            return rr;
    }
    return NULL;
}

static bool is_referral(const struct dns_response *resp)
{
    const struct dns_rr_list *authority = &resp->section[DNS_SECTION_AUTHORITY];
    return !(resp->flags & DNS_FLAG_AA) && authority->count > 0 &&
           authority->rrs[0].type == DNS_TYPE_NS;
}

static enum dns_step take_negative(struct dns_resolution *r, const struct dns_response *resp,
                                   const struct dns_found *found, struct span bailiwick,
                                   struct arena *a)
{
    const struct dns_rr *soa =
        find_soa(&resp->section[DNS_SECTION_AUTHORITY], found->last, bailiwick);
    if (!soa && resp->rcode == DNS_RCODE_NOERROR) {
        if (found->chain.count > 0) /* an alias, and a server that does not follow it */
            return move_on(r, found->last);
        if (is_referral(resp)) /* it would have us ask somebody else */
            return DNS_STEP_LAME;
    }
    struct dns_rr_list one = {(struct dns_rr *)(uintptr_t)soa, soa != NULL, soa != NULL};
    if (append(&r->answer.section[DNS_SECTION_AUTHORITY], &one, a) != ERR_OK)
        return DNS_STEP_LAME;
    r->answer.rcode = resp->rcode;
    return DNS_STEP_DONE;
}

enum dns_step dns_resolution_take(struct dns_resolution *r, const struct dns_response *resp,
                                  struct span bailiwick, struct arena *a)
{
    struct dns_rr_list *answer = &r->answer.section[DNS_SECTION_ANSWER];
    struct dns_found found;
    if (resp->rcode != DNS_RCODE_NOERROR && resp->rcode != DNS_RCODE_NXDOMAIN)
        return DNS_STEP_LAME;
    size_t before = answer->count;
    if (dns_find(&resp->section[DNS_SECTION_ANSWER], r->name, r->type, bailiwick, a, &found) !=
            ERR_OK ||
        append(answer, &found.chain, a) != ERR_OK)
        return DNS_STEP_LAME;
    r->tail = answer->count;
    if (found.records.count > 0 && append(answer, &found.records, a) == ERR_OK)
        return DNS_STEP_DONE;
    enum dns_step step = found.left_bailiwick ? move_on(r, found.last)
                                              : take_negative(r, resp, &found, bailiwick, a);
    if (step == DNS_STEP_LAME) /* another server is asked about the same name */
        answer->count = r->tail = before;
    return step;
}

enum dns_step dns_resolution_take_local(struct dns_resolution *r, const struct dns_lookup *l,
                                        struct arena *a)
{
    size_t before = r->answer.section[DNS_SECTION_ANSWER].count;
    r->local = true;
    for (enum dns_section s = 0; s < DNS_SECTION__COUNT; s++) {
        if (append_copy(&r->answer.section[s], &l->answer.section[s], a) != ERR_OK)
            return DNS_STEP_LAME;
    }
    if (r->hops == 0)
        r->answer.authoritative = l->answer.authoritative;
    r->answer.rcode = l->answer.rcode;
    r->tail = before + l->tail;
    if (l->rest.len == 0)
        return DNS_STEP_DONE;
    struct span rest = arena_dup_span(a, l->rest);
    return rest.len > 0 ? move_on(r, rest) : DNS_STEP_LAME;
}

struct dns_answer dns_resolution_hop(const struct dns_resolution *r)
{
    struct dns_answer hop = r->answer;
    struct dns_rr_list *answer = &hop.section[DNS_SECTION_ANSWER];
    if (answer->count > r->hop_at) {
        answer->rrs += r->hop_at;
        answer->count = answer->cap = answer->count - r->hop_at;
    } else {
        *answer = (struct dns_rr_list){0};
    }
    return hop;
}
