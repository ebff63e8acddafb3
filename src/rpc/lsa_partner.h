/*
 * Lookups that a trusted domain must answer ([MS-LSAT] 3.1.4.5, 3.1.4.9): what the local search
 * left unknown in a trust's domain is asked of the partner over its secure channel, one partner
 * after the other. Of one call LSA_NAMES_MAX names or SIDs are asked; what is beyond stays unknown.
 */
#ifndef RPC_LSA_PARTNER_H
#define RPC_LSA_PARTNER_H

#include "rpc/lsa_find.h"

struct lsa_lookup {
    struct lsa_domains *domains;
    struct lsa_found *found; /* one for each that was asked */
    uint32_t count, mapped;
    const struct span *names;   /* what was asked; NULL: sids */
    const struct lsa_sid *sids; /* likewise */
    /* Fills the call's answer; returns its status. */
    uint32_t (*finish)(struct rpc_ctx *c, void *args, const struct lsa_lookup *l);
};

/* l is in the arena of the call, which is one of RPC_WAITS. Returns what the handler is to return.
 */
uint32_t lsa_ask_partners(struct rpc_ctx *c, void *args, struct lsa_lookup *l);

#endif
