#include "wire/dns/dns_exchange.h"

static enum err find_at(const struct dns_rr_list *list, struct span name, uint16_t type,
                        struct arena *a, struct dns_rr_list *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct dns_rr *rr = &list->rrs[i];
        bool wanted = rr->type == type || type == DNS_TYPE_ANY;
        if (wanted && rr->klass == DNS_CLASS_IN && dns_name_eq(rr->owner, name))
            TRY(dns_rr_add(out, a, rr));
    }
    return ERR_OK;
}

enum err dns_find(const struct dns_rr_list *list, struct span name, uint16_t type,
                  struct span bailiwick, struct arena *a, struct dns_found *out)
{
    struct dns_found found = {.last = name};
    for (unsigned links = 0; links <= DNS_CHAIN_MAX; links++) {
        found.left_bailiwick = !dns_name_in(found.last, bailiwick);
        if (!found.left_bailiwick)
            TRY(find_at(list, found.last, type, a, &found.records));
        struct dns_rr_list cname = {0};
        if (!found.left_bailiwick && found.records.count == 0 && type != DNS_TYPE_CNAME)
            TRY(find_at(list, found.last, DNS_TYPE_CNAME, a, &cname));
        if (cname.count == 0) {
            *out = found;
            return ERR_OK;
        }
        TRY(dns_rr_add(&found.chain, a, &cname.rrs[0]));
        TRY(dns_rdata_name(cname.rrs[0].rdata, &found.last));
    }
    return ERR_LIMIT;
}

/* A small generator is enough: the order spreads load, it guards nothing. */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t pick(const struct dns_srv *srvs, size_t from, size_t count, uint64_t *state)
{
    uint64_t sum = 0;
    size_t end = from;
    for (; end < count && srvs[end].priority == srvs[from].priority; end++)
        sum += srvs[end].weight + UINT64_C(1); /* weight 0 keeps a small chance */
    uint64_t left = next_random(state) % sum;
    for (size_t i = from; i < end; i++) {
        uint64_t weight = srvs[i].weight + UINT64_C(1);
        if (left < weight)
            return i;
        left -= weight;
    }
    return from;
}

void dns_srv_order(struct dns_srv *srvs, size_t count, uint64_t seed)
{
    for (size_t i = 1; i < count; i++) {
        struct dns_srv moved = srvs[i];
        size_t at = i;
        for (; at > 0 && srvs[at - 1].priority > moved.priority; at--)
            srvs[at] = srvs[at - 1];
        srvs[at] = moved;
    }
    for (size_t i = 0; i < count; i++) {
        size_t chosen = pick(srvs, i, count, &seed);
        struct dns_srv first = srvs[chosen];
        srvs[chosen] = srvs[i];
        srvs[i] = first;
    }
}
