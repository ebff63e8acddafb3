/*
 * Lookups ([MS-LSAT] 3.1.4): the calls differ in the shape of their answers only.
 */
#include "rpc/lsa_partner.h"
#include "wire/rpc/lsa_policy.h"

/* NT_OK, SOME_NOT_MAPPED, NONE_MAPPED: all of them with an answer. */
static uint32_t status_of(uint32_t asked, uint32_t mapped)
{
    return mapped == asked ? NT_OK : mapped ? NT_SOME_NOT_MAPPED : NT_NONE_MAPPED;
}

/* The calls without a handle are for domain controllers and members, over their secure channels
 * (3.1.4.6, 3.1.4.10). */
static uint32_t check_channel(struct rpc_ctx *c)
{
    if (c->assoc->channel)
        return NT_OK;
    rpc_refused(c->server, c->who, "rpc.call", REASON_RPC_NOT_PROTECTED, span_str(c->call));
    return NT_ACCESS_DENIED;
}

/* --- what all of them do -----------------------------------------------------------------------
 */

static uint32_t find_all(struct lsa_finder *f, struct lsa_lookup *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->sids && !l->sids[i].sid)
            return NT_INVALID_PARAMETER;
        enum err e = l->sids ? lsa_find_sid(f, l->sids[i].sid, &l->found[i])
                             : lsa_find_name(f, l->names[i], &l->found[i]);
        if (e != ERR_OK)
            return lsa_status(e);
        l->mapped += l->found[i].use != LSA_SID_UNKNOWN;
    }
    return NT_OK;
}

/* Here first, then with the partners; finish fills the answer. status: what was checked before. */
static uint32_t find(struct rpc_ctx *c, void *args, uint32_t status, struct lsa_lookup wanted)
{
    struct lsa_lookup *l;
    struct lsa_finder f;

    if (status != NT_OK)
        return status;
    wanted.found = arena_new_array(c->arena, wanted.count, struct lsa_found);
    if (!wanted.found || !(l = arena_dup(c->arena, &wanted, sizeof(wanted))))
        return NT_INSUFFICIENT_RESOURCES;
    if ((status = lsa_finder_begin(c, &f)) != NT_OK)
        return status;
    l->domains = f.domains;
    status = find_all(&f, l);
    lsa_finder_end(&f);
    return status == NT_OK ? lsa_ask_partners(c, args, l) : status;
}

static uint32_t rid_of(const struct lsa_found *f)
{
    bool has = f->use != LSA_SID_UNKNOWN && f->use != LSA_SID_DOMAIN && f->sid.count;

    return has ? f->sid.sub[f->sid.count - 1] : f->use == LSA_SID_DOMAIN ? 0xffffffff : 0;
}

/* --- names to SIDs --------------------------------------------------------------------------- */

static uint32_t finish_names(struct rpc_ctx *c, void *args, const struct lsa_lookup *r)
{
    struct lsa_lookup_names *l = args;

    if (!(l->sids.sids = arena_new_array(c->arena, l->count, struct lsa_translated_sid)))
        return NT_INSUFFICIENT_RESOURCES;
    l->sids.count = l->count;
    for (uint32_t i = 0; i < l->count; i++)
        l->sids.sids[i] =
            (struct lsa_translated_sid){r->found[i].use, rid_of(&r->found[i]), r->found[i].domain};
    l->domains = r->domains;
    l->mapped = r->mapped;
    return status_of(l->count, r->mapped);
}

uint32_t lsa_lookup_names(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_names *l = args;

    l->sids = (struct lsa_translated_sids){0};
    l->mapped = 0;
    return find(c, args, lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES),
                (struct lsa_lookup){.names = l->names, .count = l->count, .finish = finish_names});
}

static uint32_t finish_names2(struct rpc_ctx *c, void *args, const struct lsa_lookup *r)
{
    struct lsa_lookup_names2 *l = args;

    if (!(l->sids.sids = arena_new_array(c->arena, l->count, struct lsa_translated_sid_ex)))
        return NT_INSUFFICIENT_RESOURCES;
    l->sids.count = l->count;
    for (uint32_t i = 0; i < l->count; i++)
        l->sids.sids[i] = (struct lsa_translated_sid_ex){r->found[i].use, rid_of(&r->found[i]),
                                                         r->found[i].domain, 0};
    l->domains = r->domains;
    l->mapped = r->mapped;
    return status_of(l->count, r->mapped);
}

uint32_t lsa_lookup_names2(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_names2 *l = args;

    l->sids = (struct lsa_translated_sids_ex){0};
    l->mapped = 0;
    return find(c, args, lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES),
                (struct lsa_lookup){.names = l->names, .count = l->count, .finish = finish_names2});
}

static uint32_t finish_names3(struct rpc_ctx *c, void *args, const struct lsa_lookup *r)
{
    struct lsa_lookup_names3 *l = args;

    if (!(l->sids.sids = arena_new_array(c->arena, l->count, struct lsa_translated_sid_ex2)))
        return NT_INSUFFICIENT_RESOURCES;
    l->sids.count = l->count;
    for (uint32_t i = 0; i < l->count; i++) {
        const struct lsa_found *f = &r->found[i];
        l->sids.sids[i] = (struct lsa_translated_sid_ex2){
            f->use, f->use == LSA_SID_UNKNOWN ? NULL : &f->sid, f->domain, 0};
    }
    l->domains = r->domains;
    l->mapped = r->mapped;
    return status_of(l->count, r->mapped);
}

static uint32_t names3(struct rpc_ctx *c, struct lsa_lookup_names3 *l, uint32_t status)
{
    l->sids = (struct lsa_translated_sids_ex2){0};
    l->mapped = 0;
    return find(c, l, status,
                (struct lsa_lookup){.names = l->names, .count = l->count, .finish = finish_names3});
}

uint32_t lsa_lookup_names3(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_names3 *l = args;

    return names3(c, l, lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES));
}

uint32_t lsa_lookup_names4(struct rpc_ctx *c, void *args)
{
    return names3(c, args, check_channel(c));
}

/* --- SIDs to names --------------------------------------------------------------------------- */

static uint32_t finish_sids(struct rpc_ctx *c, void *args, const struct lsa_lookup *r)
{
    struct lsa_lookup_sids *l = args;

    if (!(l->names.names = arena_new_array(c->arena, r->count, struct lsa_translated_name)))
        return NT_INSUFFICIENT_RESOURCES;
    l->names.count = r->count;
    for (uint32_t i = 0; i < r->count; i++)
        l->names.names[i] =
            (struct lsa_translated_name){r->found[i].use, r->found[i].name, r->found[i].domain};
    l->domains = r->domains;
    l->mapped = r->mapped;
    return status_of(r->count, r->mapped);
}

uint32_t lsa_lookup_sids(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_sids *l = args;

    l->names = (struct lsa_translated_names){0};
    l->mapped = 0;
    return find(
        c, args, lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES),
        (struct lsa_lookup){.sids = l->sids.sids, .count = l->sids.count, .finish = finish_sids});
}

static uint32_t finish_sids2(struct rpc_ctx *c, void *args, const struct lsa_lookup *r)
{
    struct lsa_lookup_sids2 *l = args;

    if (!(l->names.names = arena_new_array(c->arena, r->count, struct lsa_translated_name_ex)))
        return NT_INSUFFICIENT_RESOURCES;
    l->names.count = r->count;
    for (uint32_t i = 0; i < r->count; i++)
        l->names.names[i] = (struct lsa_translated_name_ex){r->found[i].use, r->found[i].name,
                                                            r->found[i].domain, 0};
    l->domains = r->domains;
    l->mapped = r->mapped;
    return status_of(r->count, r->mapped);
}

static uint32_t sids2(struct rpc_ctx *c, struct lsa_lookup_sids2 *l, uint32_t status)
{
    l->names = (struct lsa_translated_names_ex){0};
    l->mapped = 0;
    return find(
        c, l, status,
        (struct lsa_lookup){.sids = l->sids.sids, .count = l->sids.count, .finish = finish_sids2});
}

uint32_t lsa_lookup_sids2(struct rpc_ctx *c, void *args)
{
    struct lsa_lookup_sids2 *l = args;

    return sids2(c, l, lsa_policy_check(c, &l->handle, LSA_POLICY_LOOKUP_NAMES));
}

uint32_t lsa_lookup_sids3(struct rpc_ctx *c, void *args)
{
    return sids2(c, args, check_channel(c));
}
