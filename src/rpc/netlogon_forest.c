/*
 * NETLOGON, the names and domains of our own forest, for a forest that trusts us
 * (NetrGetForestTrustInformation, [MS-NRPC] 3.5.4.7.4): its root's name, the suffixes that names of
 * users and services may end in, its domains.
 */
#include "auth/trust_facts.h"
#include "base/text.h"
#include "rpc/netlogon_service.h"
#include "wire/rpc/netlogon_trust.h"

struct claims {
    struct rpc_ctx *c;
    struct lsa_forest_info *info;
    struct lsa_forest_record *records;
};

static void claim(struct claims *k, const struct lsa_forest_record *r)
{
    struct lsa_forest_record *record = &k->records[k->info->count];

    *record = *r;
    k->info->entries[k->info->count++].record = record;
}

/* A name under one that is claimed says nothing more. */
static bool covered(const struct claims *k, struct span name)
{
    for (uint32_t i = 0; i < k->info->count; i++)
        if (k->records[i].type == FOREST_TLN && dns_name_under(name, k->records[i].data.name))
            return true;
    return false;
}

static void claim_name(struct claims *k, struct span name)
{
    struct lsa_forest_record r = {.type = FOREST_TLN, .data.name = name};

    if (!covered(k, name))
        claim(k, &r);
}

static enum err claim_all(struct claims *k, const struct trust_local *l)
{
    struct arena *a = k->c->arena;
    struct sid *sid = arena_new(a, struct sid);
    struct lsa_forest_record domain = {
        .type = FOREST_DOMAIN,
        .data.domain = {sid, arena_dup_span(a, l->dns_name), arena_dup_span(a, l->flat_name)}};
    unsigned most = l->suffix_count + 2;

    k->info = arena_new(a, struct lsa_forest_info);
    k->records = arena_new_array(a, most, struct lsa_forest_record);
    if (!sid || !k->info || !k->records ||
        !(k->info->entries = arena_new_array(a, most, struct lsa_forest_entry)))
        return ERR_NOMEM;
    *sid = l->domain_sid;
    claim_name(k, arena_dup_span(a, l->forest_name));
    for (unsigned i = 0; i < l->suffix_count; i++)
        claim_name(k, l->suffixes[i]);
    claim(k, &domain);
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

uint32_t netlogon_own_forest(struct rpc_ctx *c, struct lsa_forest_info **out)
{
    struct claims k = {.c = c};
    struct trust_local local;
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = auth_trust_local(&v.snap, &v.naming, c->arena, &local);
    if (e == ERR_OK)
        e = claim_all(&k, &local);
    lsa_view_end(&v);
    if (e == ERR_OK)
        *out = k.info;
    return lsa_status(e);
}

uint32_t netlogon_forest_info(struct rpc_ctx *c, void *args)
{
    struct netlogon_forest_info *x = args;
    struct netlogon_session *s;
    const struct trust *t;
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);

    if (status == NT_OK && s->tdo == 0)
        return NT_NOT_IMPLEMENTED; /* a computer of our own */
    if (status == NT_OK)
        status = lsa_trust_of_object(c, s->tdo, &t);
    if (status != NT_OK)
        return status;
    return t->attributes & TRUST_FOREST_TRANSITIVE ? netlogon_own_forest(c, &x->info)
                                                   : NT_NOT_IMPLEMENTED;
}
