/*
 * The names and domains of a trusted forest, as somebody else knows them ([MS-LSAD] 3.1.4.7.16).
 * The writer marks what others have a better right to; the caller is told of the same collisions,
 * because the same function finds them.
 */
#include "auth/trust_facts.h"
#include "base/text.h"
#include "rpc/lsa_service.h"
#include "trust/forest_merge.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_trust.h"

#define REFRESH_TRIES 4 /* when somebody else changes the trust at the same time */

static bool record_of(const struct lsa_forest_record *r, struct forest_record *out)
{
    *out = (struct forest_record){
        .type = (enum forest_record_type)r->type, .flags = r->flags, .time = r->time};
    switch (r->type) {
    case FOREST_TLN:
    case FOREST_TLN_EXCLUSION:
        out->name = r->data.name;
        return true;
    case FOREST_DOMAIN:
        if (!r->data.domain.sid)
            return false;
        out->sid = *r->data.domain.sid;
        out->name = r->data.domain.dns_name;
        out->flat_name = r->data.domain.flat_name;
        return true;
    default: /* what only later versions understand is not kept */
        return false;
    }
}

static uint32_t records_of(struct rpc_ctx *c, const struct lsa_forest_info *info,
                           struct forest_record **out)
{
    struct forest_record *all = arena_new_array(c->arena, info->count, struct forest_record);

    if (!all)
        return NT_INSUFFICIENT_RESOURCES;
    for (uint32_t i = 0; i < info->count; i++) {
        if (!info->entries[i].record || !record_of(info->entries[i].record, &all[i]))
            return NT_INVALID_PARAMETER;
    }
    if (trust_check_forest_info(all, info->count, NULL) != REASON_NONE)
        return NT_INVALID_PARAMETER;
    *out = all;
    return NT_OK;
}

/* --- collisions ------------------------------------------------------------------------------- */

struct facts {
    struct trust_local local;
    struct trust *trusts;
    struct route_facts route;
};

static uint32_t read_facts(struct rpc_ctx *c, struct facts *out)
{
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = auth_trusts(&v.snap, c->arena, &out->trusts, &out->route.trust_count);
    v.naming.dns_name = arena_dup_span(c->arena, v.naming.dns_name);
    v.naming.flat_name = arena_dup_span(c->arena, v.naming.flat_name);
    v.naming.forest_name = arena_dup_span(c->arena, v.naming.forest_name);
    v.naming.realm = arena_dup_span(c->arena, v.naming.realm);
    if (e == ERR_OK)
        e = auth_trust_local(&v.snap, &v.naming, c->arena, &out->local);
    lsa_view_end(&v);
    out->route.local = &out->local;
    out->route.trusts = out->trusts;
    return lsa_status(arena_failed(c->arena) ? ERR_NOMEM : e);
}

static uint32_t flags_of(enum reason why)
{
    switch (why) {
    case REASON_FOREST_INFO_TLN_CONFLICT:
        return FOREST_TLN_CONFLICT;
    case REASON_FOREST_INFO_FLAT_CONFLICT:
        return FOREST_NB_CONFLICT;
    default:
        return FOREST_SID_CONFLICT;
    }
}

/* A trust has the better right, or the own forest. */
static uint16_t type_of(const struct facts *f, struct span holder)
{
    return auth_trust_named(f->trusts, f->route.trust_count, holder) ? LSA_COLLISION_TDO
                                                                     : LSA_COLLISION_XREF;
}

static uint32_t tell(struct rpc_ctx *c, const struct facts *f, const struct forest_collision *found,
                     unsigned count, struct lsa_collisions **out)
{
    struct lsa_collisions *all = arena_new(c->arena, struct lsa_collisions);
    struct lsa_collision *list = arena_new_array(c->arena, count, struct lsa_collision);

    if (!all || !list ||
        !(all->entries = arena_new_array(c->arena, count, struct lsa_collision_entry)))
        return NT_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < count; i++) {
        list[i] = (struct lsa_collision){.index = found[i].record,
                                         .type = type_of(f, found[i].with),
                                         .flags = flags_of(found[i].reason),
                                         .name = found[i].with};
        all->entries[i].record = &list[i];
    }
    all->count = count;
    *out = all;
    return NT_OK;
}

static uint32_t collide(struct rpc_ctx *c, const struct trust *t, struct forest_record *records,
                        unsigned count, struct lsa_collisions **out)
{
    struct forest_collision *found =
        arena_new_array(c->arena, FOREST_RECORDS_MAX, struct forest_collision);
    struct facts f = {.trusts = NULL};
    unsigned which = 0, n;
    uint32_t status = found ? read_facts(c, &f) : NT_INSUFFICIENT_RESOURCES;

    while (status == NT_OK && which < f.route.trust_count && f.trusts[which].object != t->object)
        which++;
    if (status != NT_OK || which == f.route.trust_count)
        return status == NT_OK ? NT_OBJECT_NAME_NOT_FOUND : status;
    f.trusts[which].records = records;
    f.trusts[which].record_count = count;
    trust_flag_collisions(&f.route, which, records, found, FOREST_RECORDS_MAX, &n);
    return n ? tell(c, &f, found, n, out) : NT_OK;
}

/* --- setting ---------------------------------------------------------------------------------- */

/* usn: as long as the trust is as it was then; 0: in any case. */
static uint32_t put(struct rpc_ctx *c, const struct trust *t, const struct forest_record *records,
                    unsigned count, uint64_t usn)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = t->dns_name, .trust.usn = usn};
    struct builder b;

    in.trust.dns_name = t->dns_name;
    builder_in(&b, c->arena, FOREST_INFO_MAX);
    forest_info_put(&b, records, count);
    if (builder_done(&b, &in.trust.forest_info) != ERR_OK)
        return NT_INVALID_PARAMETER;
    return lsa_ask(c, "lsa.trust", &in, NULL);
}

static uint32_t merge(struct rpc_ctx *c, const struct trust *t, const struct forest_told *said)
{
    struct forest_record *merged;
    unsigned count, waiting;
    enum err e = trust_merge_forest_info(t, said, c->arena, &merged, &count, &waiting);

    return e == ERR_OK ? put(c, t, merged, count, t->usn) : lsa_status(e);
}

uint32_t lsa_forest_refresh(struct rpc_ctx *c, const struct trust *t,
                            const struct lsa_forest_info *told)
{
    struct forest_told said = {.count = told->count, .now = utime_to_filetime(c->env->now())};
    struct forest_record *records;
    uint32_t status = records_of(c, told, &records);
    bool again = status == NT_OK;

    said.records = records;
    for (unsigned i = 0; again && i < REFRESH_TRIES; i++) {
        uint64_t seen = t->usn;
        status = merge(c, t, &said);
        again = status != NT_OK && lsa_trust_named(c, t->dns_name, &t) == NT_OK && t->usn != seen;
    }
    return status;
}

uint32_t lsa_set_forest_info(struct rpc_ctx *c, void *args)
{
    struct lsa_set_forest_info *x = args;
    struct forest_record *records;
    const struct trust *t;
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = lsa_trust_named(c, x->name, &t);
    if (status != NT_OK)
        return status;
    if (!(t->attributes & TRUST_FOREST_TRANSITIVE))
        return NT_INVALID_PARAMETER;
    if ((status = records_of(c, &x->info, &records)) != NT_OK)
        return status;
    if (!x->check_only)
        status = put(c, t, records, x->info.count, 0);
    return status == NT_OK ? collide(c, t, records, x->info.count, &x->collisions) : status;
}
