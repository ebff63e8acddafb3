/*
 * Trusted domains, to be looked at ([MS-LSAD] 3.1.4.7). Their secrets are told by no level: those
 * levels that have room for them are answered with the room empty.
 */
#include "auth/trust_facts.h"
#include "rpc/lsa_service.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_trust.h"

struct trusts {
    struct trust *list;
    unsigned count;
};

/* All of it is in the arena of the call. */
static uint32_t read_trusts(struct rpc_ctx *c, struct trusts *out)
{
    struct dir_snap snap;
    enum err e = dir_snap_begin(c->env->dir, &snap);

    if (e != ERR_OK)
        return lsa_status(e);
    e = auth_trusts(&snap, c->arena, &out->list, &out->count);
    dir_snap_end(&snap);
    return lsa_status(e);
}

uint32_t lsa_trust_named(struct rpc_ctx *c, struct span name, const struct trust **out)
{
    struct trusts t;
    uint32_t status = read_trusts(c, &t);
    const struct trust *found = status == NT_OK ? auth_trust_named(t.list, t.count, name) : NULL;

    if (found)
        *out = found;
    return status == NT_OK && !found ? NT_OBJECT_NAME_NOT_FOUND : status;
}

/* Not found: it was deleted meanwhile. */
uint32_t lsa_trust_of_object(struct rpc_ctx *c, dir_id object, const struct trust **out)
{
    struct trusts t;
    uint32_t status = read_trusts(c, &t);

    for (unsigned i = 0; status == NT_OK && i < t.count; i++) {
        if (t.list[i].object == object) {
            *out = &t.list[i];
            return NT_OK;
        }
    }
    return status == NT_OK ? NT_OBJECT_NAME_NOT_FOUND : status;
}

uint32_t lsa_trust_of_sid(struct rpc_ctx *c, const struct sid *sid, const struct trust **out)
{
    struct trusts t;
    uint32_t status = read_trusts(c, &t);

    for (unsigned i = 0; status == NT_OK && i < t.count; i++) {
        if (t.list[i].sid.count && sid_eq(&t.list[i].sid, sid)) {
            *out = &t.list[i];
            return NT_OK;
        }
    }
    return status == NT_OK ? NT_OBJECT_NAME_NOT_FOUND : status;
}

/* Policy handle, then the trust of this name or, without one, of this SID. */
static uint32_t find(struct rpc_ctx *c, const struct rpc_handle *policy, const struct span *name,
                     const struct sid *sid, const struct trust **out)
{
    uint32_t status = lsa_policy_check(c, policy, LSA_POLICY_VIEW_LOCAL);

    if (status != NT_OK)
        return status;
    return name ? lsa_trust_named(c, *name, out) : lsa_trust_of_sid(c, sid, out);
}

static struct lsa_trusted_ex ex_of(const struct trust *t)
{
    return (struct lsa_trusted_ex){.dns_name = t->dns_name,
                                   .flat_name = t->flat_name,
                                   .sid = t->sid.count ? &t->sid : NULL,
                                   .direction = t->direction,
                                   .type = t->type,
                                   .attributes = t->attributes};
}

/* --- lists ----------------------------------------------------------------------------------- */

/* [MS-LSAD] 3.1.4.7.7: those with a SID that somebody can come over. */
static bool listed(const struct trust *t)
{
    return t->sid.count != 0;
}

/* How many fit into what the caller wants to have at once, at least one; sizes of an entry that all
 * servers go by. */
#define ENTRY_SIZE    60
#define ENTRY_SIZE_EX 82

static unsigned room(uint32_t max_size, unsigned entry)
{
    return max_size < entry ? 1 : max_size / entry;
}

/* 3.1.4.7.8: what goes out is beyond what came in, whatever is answered. */
static uint32_t resume_at(unsigned at, unsigned count, uint32_t listed, uint32_t *resume)
{
    bool end = at >= count;

    *resume = end && !listed ? UINT32_MAX : at;
    return !end ? NT_MORE_ENTRIES : listed ? NT_OK : NT_NO_MORE_ENTRIES;
}

uint32_t lsa_enum_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_enum_trusted *e = args;
    struct trusts t;
    unsigned i, most = room(e->max_size, ENTRY_SIZE);
    uint32_t status = lsa_policy_check(c, &e->policy, LSA_POLICY_VIEW_LOCAL);

    if (status != NT_OK || (status = read_trusts(c, &t)) != NT_OK)
        return status;
    e->list.domains = arena_new_array(c->arena, t.count, struct lsa_domain);
    if (!e->list.domains)
        return NT_INSUFFICIENT_RESOURCES;
    for (i = e->resume; i < t.count && e->list.count < most; i++) {
        if (listed(&t.list[i]))
            e->list.domains[e->list.count++] =
                (struct lsa_domain){t.list[i].flat_name, &t.list[i].sid};
    }
    return resume_at(i, t.count, e->list.count, &e->resume);
}

uint32_t lsa_enum_trusted_ex(struct rpc_ctx *c, void *args)
{
    struct lsa_enum_trusted_ex *e = args;
    struct trusts t;
    unsigned i, most = room(e->max_size, ENTRY_SIZE_EX);
    uint32_t status = lsa_policy_check(c, &e->policy, LSA_POLICY_VIEW_LOCAL);

    if (status != NT_OK || (status = read_trusts(c, &t)) != NT_OK)
        return status;
    e->list.domains = arena_new_array(c->arena, t.count, struct lsa_trusted_ex);
    if (!e->list.domains)
        return NT_INSUFFICIENT_RESOURCES;
    for (i = e->resume; i < t.count && e->list.count < most; i++)
        e->list.domains[e->list.count++] = ex_of(&t.list[i]);
    return resume_at(i, t.count, e->list.count, &e->resume);
}

/* --- one of them ----------------------------------------------------------------------------- */

#define ACCESS_OF_ALL (LSA_TRUSTED_QUERY_NAME | LSA_TRUSTED_QUERY_POSIX | READ_ONLY_BITS)
/* READ_CONTROL, MAXIMUM_ALLOWED, GENERIC_READ and GENERIC_EXECUTE */
#define READ_ONLY_BITS  0xa2020000
#define MAXIMUM_ALLOWED 0x02000000

static uint32_t open_trusted(struct rpc_ctx *c, const struct trust *t, uint32_t access,
                             struct rpc_handle *out)
{
    if (access & ~ACCESS_OF_ALL && !lsa_administrator(c)) {
        rpc_refused(c->server, c->who, "lsa.trust", REASON_LSA_ACCESS, t->dns_name);
        return NT_ACCESS_DENIED;
    }
    if (access & MAXIMUM_ALLOWED && lsa_administrator(c))
        access |= LSA_TRUSTED_ALL;
    return lsa_status(rpc_handle_new(c, RPC_HANDLE_TRUSTED, access, t->object, out));
}

uint32_t lsa_open_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_open_trusted *o = args;
    const struct trust *t;
    uint32_t status = find(c, &o->policy, NULL, o->sid, &t);

    return status == NT_OK ? open_trusted(c, t, o->access, &o->handle) : status;
}

uint32_t lsa_open_trusted_by_name(struct rpc_ctx *c, void *args)
{
    struct lsa_open_trusted_by_name *o = args;
    const struct trust *t;
    uint32_t status = find(c, &o->policy, &o->name, NULL, &t);

    return status == NT_OK ? open_trusted(c, t, o->access, &o->handle) : status;
}

static bool fill(const struct trust *t, uint16_t level, union lsa_trusted_info *out)
{
    switch (level) {
    case LSA_TRUSTED_NAME:
        out->name.name = t->flat_name;
        return true;
    case LSA_TRUSTED_POSIX: /* zeros: none is allocated */
        return true;
    case LSA_TRUSTED_EX:
        out->ex = ex_of(t);
        return true;
    case LSA_TRUSTED_FULL:
        out->full.ex = ex_of(t);
        return true;
    case LSA_TRUSTED_FULL2_INTERNAL:
        out->full2.ex2.ex = ex_of(t);
        return true;
    case LSA_TRUSTED_ENCRYPTION_TYPES:
        out->encryption.types = t->enctypes;
        return true;
    default:
        return false;
    }
}

static uint32_t query(struct rpc_ctx *c, const struct trust *t, uint16_t level,
                      union lsa_trusted_info **info_out)
{
    union lsa_trusted_info *info = arena_new(c->arena, union lsa_trusted_info);

    if (!info)
        return NT_INSUFFICIENT_RESOURCES;
    if (!fill(t, level, info))
        return NT_INVALID_INFO_CLASS;
    *info_out = info;
    return NT_OK;
}

uint32_t lsa_query_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_query_trusted *q = args;
    const struct rpc_handle_state *h = rpc_handle_get(c, &q->handle, RPC_HANDLE_TRUSTED);
    const struct trust *t;
    uint32_t status = h ? lsa_trust_of_object(c, h->object, &t) : NT_ACCESS_DENIED;

    return status == NT_OK ? query(c, t, q->level, &q->info) : status;
}

uint32_t lsa_query_trusted_by_sid(struct rpc_ctx *c, void *args)
{
    struct lsa_query_trusted_by_sid *q = args;
    const struct trust *t;
    uint32_t status = find(c, &q->policy, NULL, q->sid, &t);

    return status == NT_OK ? query(c, t, q->level, &q->info) : status;
}

uint32_t lsa_query_trusted_by_name(struct rpc_ctx *c, void *args)
{
    struct lsa_query_trusted_by_name *q = args;
    const struct trust *t;
    uint32_t status = find(c, &q->policy, &q->name, NULL, &t);

    return status == NT_OK ? query(c, t, q->level, &q->info) : status;
}

/* --- a trusted forest's names ---------------------------------------------------------------- */

static void record_of(const struct forest_record *r, struct lsa_forest_record *out)
{
    *out =
        (struct lsa_forest_record){.flags = r->flags, .type = (uint16_t)r->type, .time = r->time};
    switch (r->type) {
    case FOREST_TLN:
    case FOREST_TLN_EXCLUSION:
        out->data.name = r->name;
        break;
    case FOREST_DOMAIN:
        out->data.domain = (struct lsa_forest_domain){&r->sid, r->name, r->flat_name};
        break;
    default:
        break;
    }
}

uint32_t lsa_query_forest_info(struct rpc_ctx *c, void *args)
{
    struct lsa_query_forest_info *q = args;
    struct lsa_forest_info *info = arena_new(c->arena, struct lsa_forest_info);
    const struct trust *t;
    uint32_t status = find(c, &q->policy, &q->name, NULL, &t);

    if (status != NT_OK)
        return status;
    if (!(t->attributes & TRUST_FOREST_TRANSITIVE))
        return NT_INVALID_PARAMETER; /* 3.1.4.7.15 */
    if (!t->record_count)
        return NT_NOT_FOUND;
    struct lsa_forest_record *all =
        arena_new_array(c->arena, t->record_count, struct lsa_forest_record);
    if (!info || !all ||
        !(info->entries = arena_new_array(c->arena, t->record_count, struct lsa_forest_entry)))
        return NT_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < t->record_count; i++) {
        if (t->records[i].type > FOREST_DOMAIN || t->records[i].type > q->highest_type)
            continue; /* data that only later versions understand */
        record_of(&t->records[i], &all[info->count]);
        info->entries[info->count].record = &all[info->count];
        info->count++;
    }
    q->info = info;
    return NT_OK;
}
