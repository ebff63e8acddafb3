/*
 * Lookups ([MS-LSAT] 3.1.4): the calls differ in the shape of their answers only.
 */
#include "rpc/lsa_find.h"
#include "wire/rpc/lsa_policy.h"

/* NT_OK, SOME_NOT_MAPPED, NONE_MAPPED: all of them with an answer. */
static uint32_t status_of(uint32_t asked, uint32_t mapped)
{
    return mapped == asked ? NT_OK : mapped ? NT_SOME_NOT_MAPPED : NT_NONE_MAPPED;
}

/* The calls without a handle are for connections that are protected by themselves (3.1.4.6). */
static uint32_t check_protected(struct rpc_ctx *c)
{
    if (c->level >= RPC_LEVEL_INTEGRITY)
        return NT_OK;
    rpc_refused(c->server, c->who, "rpc.call", REASON_RPC_NOT_PROTECTED, span_str(c->call));
    c->fault = RPC_FAULT_ACCESS_DENIED;
    return NT_ACCESS_DENIED;
}

/* --- names to SIDs --------------------------------------------------------------------------- */

struct result {
    struct lsa_domains *domains;
    struct lsa_found *found; /* one for each that was asked */
    uint32_t mapped;
};

static uint32_t find_all(struct lsa_finder *f, const struct span *names, const struct lsa_sid *sids,
                         uint32_t count, struct result *out)
{
    struct result r = {.domains = f->domains,
                       .found = arena_new_array(f->arena, count, struct lsa_found)};

    if (!r.found)
        return NT_INSUFFICIENT_RESOURCES;
    for (uint32_t i = 0; i < count; i++) {
        if (sids && !sids[i].sid)
            return NT_INVALID_PARAMETER;
        enum err e = sids ? lsa_find_sid(f, sids[i].sid, &r.found[i])
                          : lsa_find_name(f, names[i], &r.found[i]);
        if (e != ERR_OK)
            return lsa_status(e);
        r.mapped += r.found[i].use != LSA_SID_UNKNOWN;
    }
    *out = r;
    return NT_OK;
}

static uint32_t find(struct rpc_ctx *c, const struct span *names, const struct lsa_sid *sids,
                     uint32_t count, struct result *out)
{
    struct lsa_finder f;
    uint32_t status = lsa_finder_begin(c, &f);

    if (status != NT_OK)
        return status;
    status = find_all(&f, names, sids, count, out);
    lsa_finder_end(&f);
    return status;
}

static uint32_t rid_of(const struct lsa_found *f)
{
    bool has = f->use != LSA_SID_UNKNOWN && f->use != LSA_SID_DOMAIN && f->sid.count;

    return has ? f->sid.sub[f->sid.count - 1] : f->use == LSA_SID_DOMAIN ? 0xffffffff : 0;
}

uint32_t lsa_lookup_names(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_names *l = args;
    struct result r;
    uint32_t status = lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES);

    l->sids = (struct lsa_translated_sids){0};
    l->mapped = 0;
    if (status != NT_OK || (status = find(c, l->names, NULL, l->count, &r)) != NT_OK)
        return status;
    l->sids.sids = arena_new_array(c->arena, l->count, struct lsa_translated_sid);
    if (!l->sids.sids)
        return NT_INSUFFICIENT_RESOURCES;
    l->sids.count = l->count;
    for (uint32_t i = 0; i < l->count; i++)
        l->sids.sids[i] =
            (struct lsa_translated_sid){r.found[i].use, rid_of(&r.found[i]), r.found[i].domain};
    l->domains = r.domains;
    l->mapped = r.mapped;
    return status_of(l->count, r.mapped);
}

uint32_t lsa_lookup_names2(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_names2 *l = args;
    struct result r;
    uint32_t status = lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES);

    l->sids = (struct lsa_translated_sids_ex){0};
    l->mapped = 0;
    if (status != NT_OK || (status = find(c, l->names, NULL, l->count, &r)) != NT_OK)
        return status;
    l->sids.sids = arena_new_array(c->arena, l->count, struct lsa_translated_sid_ex);
    if (!l->sids.sids)
        return NT_INSUFFICIENT_RESOURCES;
    l->sids.count = l->count;
    for (uint32_t i = 0; i < l->count; i++)
        l->sids.sids[i] = (struct lsa_translated_sid_ex){r.found[i].use, rid_of(&r.found[i]),
                                                         r.found[i].domain, 0};
    l->domains = r.domains;
    l->mapped = r.mapped;
    return status_of(l->count, r.mapped);
}

static uint32_t names3(struct rpc_ctx *c, struct lsa_lookup_names3 *l, uint32_t status)
{
    struct result r;

    l->sids = (struct lsa_translated_sids_ex2){0};
    l->mapped = 0;
    if (status != NT_OK || (status = find(c, l->names, NULL, l->count, &r)) != NT_OK)
        return status;
    l->sids.sids = arena_new_array(c->arena, l->count, struct lsa_translated_sid_ex2);
    if (!l->sids.sids)
        return NT_INSUFFICIENT_RESOURCES;
    l->sids.count = l->count;
    for (uint32_t i = 0; i < l->count; i++) {
        const struct lsa_found *f = &r.found[i];
        l->sids.sids[i] = (struct lsa_translated_sid_ex2){
            f->use, f->use == LSA_SID_UNKNOWN ? NULL : &f->sid, f->domain, 0};
    }
    l->domains = r.domains;
    l->mapped = r.mapped;
    return status_of(l->count, r.mapped);
}

uint32_t lsa_lookup_names3(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_names3 *l = args;

    return names3(c, l, lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES));
}

uint32_t lsa_lookup_names4(struct rpc_ctx *c, void *args)
{
    return names3(c, args, check_protected(c));
}

/* --- SIDs to names --------------------------------------------------------------------------- */

uint32_t lsa_lookup_sids(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_sids *l = args;
    struct result r;
    uint32_t count = l->sids.count;
    uint32_t status = lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES);

    l->names = (struct lsa_translated_names){0};
    l->mapped = 0;
    if (status != NT_OK || (status = find(c, NULL, l->sids.sids, count, &r)) != NT_OK)
        return status;
    l->names.names = arena_new_array(c->arena, count, struct lsa_translated_name);
    if (!l->names.names)
        return NT_INSUFFICIENT_RESOURCES;
    l->names.count = count;
    for (uint32_t i = 0; i < count; i++)
        l->names.names[i] =
            (struct lsa_translated_name){r.found[i].use, r.found[i].name, r.found[i].domain};
    l->domains = r.domains;
    l->mapped = r.mapped;
    return status_of(count, r.mapped);
}

static uint32_t sids2(struct rpc_ctx *c, struct lsa_lookup_sids2 *l, uint32_t status)
{
    struct result r;
    uint32_t count = l->sids.count;

    l->names = (struct lsa_translated_names_ex){0};
    l->mapped = 0;
    if (status != NT_OK || (status = find(c, NULL, l->sids.sids, count, &r)) != NT_OK)
        return status;
    l->names.names = arena_new_array(c->arena, count, struct lsa_translated_name_ex);
    if (!l->names.names)
        return NT_INSUFFICIENT_RESOURCES;
    l->names.count = count;
    for (uint32_t i = 0; i < count; i++)
        l->names.names[i] =
            (struct lsa_translated_name_ex){r.found[i].use, r.found[i].name, r.found[i].domain, 0};
    l->domains = r.domains;
    l->mapped = r.mapped;
    return status_of(count, r.mapped);
}

uint32_t lsa_lookup_sids2(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_sids2 *l = args;

    return sids2(c, l, lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES));
}

uint32_t lsa_lookup_sids3(struct rpc_ctx *c, void *args)
{
    return sids2(c, args, check_protected(c));
}
