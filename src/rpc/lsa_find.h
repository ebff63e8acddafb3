/*
 * Names and SIDs of this domain, of BUILTIN, of what every Windows knows, and of trusted domains
 * themselves ([MS-LSAT] 3.1.1). Accounts of trusted domains are unknown here: of those the domain
 * is told, and the trust, for who asks the partner (lsa_partner.h).
 */
#ifndef RPC_LSA_FIND_H
#define RPC_LSA_FIND_H

#include "rpc/lsa_service.h"
#include "trust/trust.h"
#include "wire/rpc/lsa_lookup.h"

#define LSA_DOMAINS_MAX 1024 /* referenced by one answer */
#define LSA_NO_DOMAIN   0xffffffff

struct lsa_finder {
    struct lsa_view view;
    struct arena *arena;
    struct trust *trusts;
    unsigned trust_count;
    bool trusts_known;
    struct lsa_domains *domains; /* the answer's list of them */
};

struct lsa_found {
    uint16_t use; /* LSA_SID_UNKNOWN: not found, but the domain may be */
    uint32_t domain;
    struct sid sid;
    struct span name;          /* in the arena or constant */
    const struct trust *trust; /* unknown, but its domain's partner may know it; in the arena */
};

/* A status; NT_OK: lsa_finder_end is owed. */
uint32_t lsa_finder_begin(struct rpc_ctx *c, struct lsa_finder *out);
void lsa_finder_end(struct lsa_finder *f);
/* The index of a domain in an answer's list, which it may be new in. ERR_LIMIT, ERR_NOMEM. */
enum err lsa_refer(struct lsa_domains *d, struct arena *a, struct span name, const struct sid *sid,
                   uint32_t *index_out);
/* ERR_OK whether found or not. */
enum err lsa_find_sid(struct lsa_finder *f, const struct sid *sid, struct lsa_found *out);
enum err lsa_find_name(struct lsa_finder *f, struct span name, struct lsa_found *out);

#endif
