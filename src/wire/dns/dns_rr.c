#include "wire/dns/dns_message.h"

enum err dns_rr_add(struct dns_rr_list *list, struct arena *a, const struct dns_rr *rr)
{
    if (list->count >= DNS_RRS_MAX)
        return ERR_LIMIT;
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        struct dns_rr *rrs = arena_new_array(a, cap, struct dns_rr);
        if (!rrs)
            return ERR_NOMEM;
        if (list->count > 0)
            memcpy(rrs, list->rrs, list->count * sizeof(*rrs));
        list->rrs = rrs;
        list->cap = cap;
    }
    list->rrs[list->count++] = *rr;
    return ERR_OK;
}
