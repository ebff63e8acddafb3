/*
 * The order of an answer. Clients that take the first record are spread over the servers by turning
 * the list; clients that know SRV weights are not disturbed by it.
 */
#include "dns/dns_lookup.h"
#include "wire/dns/dns_rdata.h"

static const struct dns_rr_list *answers(const struct dns_lookup *l)
{
    return &l->answer.section[DNS_SECTION_ANSWER];
}

unsigned dns_lookup_turns(const struct dns_lookup *l)
{
    size_t count = answers(l)->count - l->tail;
    return count < 2 ? 1 : count < DNS_TURNS_MAX ? (unsigned)count : DNS_TURNS_MAX;
}

static uint16_t priority_of(const struct dns_rr *rr)
{
    struct dns_srv srv;
    bool known = rr->type == DNS_TYPE_SRV && dns_rdata_srv(rr->rdata, &srv) == ERR_OK;
    return known ? srv.priority : 0;
}

static void sort_by_priority(struct dns_rr *rrs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct dns_rr moved = rrs[i];
        size_t at = i;
        for (; at > 0 && priority_of(&rrs[at - 1]) > priority_of(&moved); at--)
            rrs[at] = rrs[at - 1];
        rrs[at] = moved;
    }
}

static void rotate(const struct dns_rr *from, size_t count, unsigned turn, struct dns_rr *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[(i + turn) % count];
}

static void rotate_groups(const struct dns_rr *from, size_t count, unsigned turn, struct dns_rr *to)
{
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count; end++) {
            if (priority_of(&from[end]) != priority_of(&from[start]))
                break;
        }
        rotate(from + start, end - start, turn, to + start);
    }
}

enum err dns_lookup_turn(const struct dns_lookup *l, unsigned turn, struct arena *a,
                         struct dns_answer *out)
{
    size_t count = answers(l)->count, tail = l->tail;
    if (count - tail < 2) {
        *out = l->answer;
        return ERR_OK;
    }
    struct dns_rr *sorted = arena_new_array(a, count, struct dns_rr);
    struct dns_rr *turned = arena_new_array(a, count, struct dns_rr);
    if (!sorted || !turned)
        return ERR_NOMEM;
    if (count > 0) {
        memcpy(sorted, answers(l)->rrs, count * sizeof(*sorted));
        memcpy(turned, sorted, tail * sizeof(*turned));
    }
    sort_by_priority(sorted + tail, count - tail);
    rotate_groups(sorted + tail, count - tail, turn, turned + tail);
    *out = l->answer;
    out->section[DNS_SECTION_ANSWER] = (struct dns_rr_list){turned, count, count};
    return ERR_OK;
}
