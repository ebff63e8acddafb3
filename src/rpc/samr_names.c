/*
 * Names and RIDs of a domain, and opening what they stand for ([MS-SAMR] 3.1.5.1, 3.1.5.11).
 */
#include "rpc/lsa_find.h"
#include "rpc/samr_service.h"

/* SID_NAME_USE ([MS-SAMR] 2.2.2.3): the same numbers as LSA's. */
static uint32_t use_of(uint32_t type)
{
    switch (type & 0xf0000000) {
    case 0x30000000:
        return LSA_SID_USER;
    case 0x20000000:
        return LSA_SID_ALIAS;
    case 0x10000000:
        return LSA_SID_GROUP;
    default:
        return LSA_SID_UNKNOWN;
    }
}

static bool by_name(struct rpc_ctx *c, const struct samr_domain *d, struct span name,
                    uint32_t *type_out, uint32_t *rid_out)
{
    struct dir_obj o;

    return name.len > 0 && dir_by_value(&d->view.snap, ATTR_sAMAccountName, name, &o) == ERR_OK &&
           samr_account(c, d, o.id, &o, type_out, rid_out);
}

static bool by_rid(struct rpc_ctx *c, const struct samr_domain *d, uint32_t rid,
                   struct dir_obj *o_out, uint32_t *type_out)
{
    struct sid sid;
    uint32_t same;

    return sid_append(&d->sid, rid, &sid) == ERR_OK &&
           dir_by_sid(&d->view.snap, &sid, o_out) == ERR_OK &&
           samr_account(c, d, o_out->id, o_out, type_out, &same);
}

static uint32_t mapped(uint32_t found, uint32_t count)
{
    return found == count ? NT_OK : found > 0 ? NT_SOME_NOT_MAPPED : NT_NONE_MAPPED;
}

uint32_t samr_lookup_names(struct rpc_ctx *c, void *args)
{
    struct samr_lookup_names *x = args;
    struct samr_domain d;
    uint32_t found = 0, status = samr_domain_begin(c, &x->handle, &d);

    if (status != NT_OK)
        return status;
    uint32_t *rids = arena_new_array(c->arena, x->count, uint32_t);
    uint32_t *uses = arena_new_array(c->arena, x->count, uint32_t);
    for (uint32_t i = 0; rids && uses && i < x->count; i++) {
        uint32_t type = 0, rid = 0;
        bool known = by_name(c, &d, x->names[i], &type, &rid);
        rids[i] = known ? rid : 0;
        uses[i] = known ? use_of(type) : LSA_SID_UNKNOWN;
        found += known;
    }
    samr_domain_end(&d);
    if (!rids || !uses)
        return NT_INSUFFICIENT_RESOURCES;
    if (found > 0 || x->count == 0) {
        x->rids = (struct samr_numbers){x->count, rids};
        x->uses = (struct samr_numbers){x->count, uses};
    }
    return mapped(found, x->count);
}

uint32_t samr_lookup_rids(struct rpc_ctx *c, void *args)
{
    struct samr_lookup_rids *x = args;
    struct samr_domain d;
    uint32_t found = 0, status = samr_domain_begin(c, &x->handle, &d);

    if (status != NT_OK)
        return status;
    struct span *names = arena_new_array(c->arena, x->count, struct span);
    uint32_t *uses = arena_new_array(c->arena, x->count, uint32_t);
    for (uint32_t i = 0; names && uses && i < x->count; i++) {
        uint32_t type = 0;
        struct dir_obj o;
        struct span name;
        bool known =
            by_rid(c, &d, x->rids[i], &o, &type) && dir_attr_first(&o, ATTR_sAMAccountName, &name);
        names[i] = known ? arena_dup_span(c->arena, name) : SPAN_NONE;
        uses[i] = known ? use_of(type) : LSA_SID_UNKNOWN;
        found += known;
    }
    samr_domain_end(&d);
    if (arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    if (found > 0 || x->count == 0) {
        x->names = (struct samr_names){x->count, names};
        x->uses = (struct samr_numbers){x->count, uses};
    }
    return mapped(found, x->count);
}

uint32_t samr_rid_to_sid(struct rpc_ctx *c, void *args)
{
    static const enum rpc_handle_kind kinds[] = {RPC_HANDLE_SAM_DOMAIN, RPC_HANDLE_SAM_USER,
                                                 RPC_HANDLE_SAM_GROUP, RPC_HANDLE_SAM_ALIAS};
    struct samr_rid_to_sid *x = args;
    struct sid *sid = arena_new(c->arena, struct sid), domain;
    const struct rpc_handle_state *h = rpc_handle_get(c, &x->handle, 0);
    uint32_t rid;

    if (!h)
        return NT_INVALID_HANDLE;
    bool fits = false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        fits |= h->kind == kinds[i];
    if (!fits)
        return NT_INVALID_HANDLE;
    domain = h->sid;
    if (h->kind != RPC_HANDLE_SAM_DOMAIN && sid_split(&h->sid, &domain, &rid) != ERR_OK)
        return NT_INTERNAL_ERROR;
    if (!sid || sid_append(&domain, x->rid, sid) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    x->sid = sid;
    return NT_OK;
}

/* --- opening -----------------------------------------------------------------------------------
 */

static uint32_t open(struct rpc_ctx *c, struct samr_open *x, enum rpc_handle_kind kind,
                     uint32_t type, uint32_t none)
{
    struct samr_domain d;
    struct dir_obj o;
    struct sid sid;
    uint32_t found, status = samr_domain_begin(c, &x->domain, &d);

    if (status != NT_OK)
        return status;
    bool there = by_rid(c, &d, x->rid, &o, &found) && (found & 0xf0000000) == type &&
                 sid_append(&d.sid, x->rid, &sid) == ERR_OK;
    samr_domain_end(&d);
    if (!there)
        return none;
    enum err e = rpc_handle_new(c, kind, x->access, o.id, &x->handle);
    if (e == ERR_OK)
        rpc_handle_get(c, &x->handle, kind)->sid = sid;
    return lsa_status(e);
}

uint32_t samr_open_user(struct rpc_ctx *c, void *args)
{
    return open(c, args, RPC_HANDLE_SAM_USER, SAMR_TYPE_USER, NT_NO_SUCH_USER);
}

uint32_t samr_open_group(struct rpc_ctx *c, void *args)
{
    return open(c, args, RPC_HANDLE_SAM_GROUP, SAMR_TYPE_GROUP, NT_NO_SUCH_GROUP);
}

uint32_t samr_open_alias(struct rpc_ctx *c, void *args)
{
    return open(c, args, RPC_HANDLE_SAM_ALIAS, SAMR_TYPE_ALIAS, NT_NO_SUCH_ALIAS);
}
