#include "writer/import.h"
#include "writer/values.h"

#define PROBES 8

/* The place of the name, or one for it. Eight bytes a step: whoever makes names collide only slows
 * this import. */
static struct import_group *place_of(struct import *im, struct span dn)
{
    uint64_t h = dn.len, word;
    for (size_t at = 0; at < dn.len; at += sizeof(word)) {
        size_t len = dn.len - at < sizeof(word) ? dn.len - at : sizeof(word);
        word = 0;
        memcpy(&word, dn.ptr + at, len);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    for (uint32_t i = 0; i < PROBES; i++) {
        struct import_group *g = &im->group[(h + i) % IMPORT_GROUPS_KEPT];
        if (!g->id || span_eq(g->dn, dn))
            return g;
    }
    return &im->group[h % IMPORT_GROUPS_KEPT];
}

static enum err find_group(struct import *im, struct op *op, struct span dn,
                           const struct import_group **out)
{
    struct dir_obj o;
    struct sid sid;
    struct import_group *g = place_of(im, dn), found = {.dn = dn};
    *out = g;
    if (g->id && span_eq(g->dn, dn))
        return ERR_OK;
    TRY(op_find(op, dn, &o));
    if (!account_is_group(schema_class(o.class_id)) || !op_sid(&o, &sid) ||
        dir_nc_of(op->s, o.id) != op->naming.domain_nc)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_GROUP_MEMBER,
                         "memberOf: %.*s is not a group of this domain", SPAN_ARG(dn));
    if (!sid_in_domain(&sid, &op->naming.domain_sid, &found.rid))
        found.rid = 0;
    /* The name may lie in the record's memory, which the next record takes. */
    found.dn = arena_dup_span(&op->w->scratch, dn);
    if (!found.dn.ptr)
        return ERR_NOMEM;
    found.id = o.id;
    *g = found;
    return ERR_OK;
}

/* Accounts of the domain may be in any of its groups ([MS-SAMR] 3.1.1.8.9). */
static enum err member_rules(const struct draft *d, const struct import_group *g)
{
    struct op *op = d->op;
    if (!account_is_user(d->cls))
        return op_refuse(
            op, ERR_CONSTRAINT, REASON_DIR_GROUP_MEMBER,
            "memberOf is for accounts; what else is in a group stands there as member");
    if (g->rid && draft_i32(d, ATTR_primaryGroupID, 0) == (int32_t)g->rid)
        return op_refuse(op, ERR_EXISTS, REASON_DIR_PRIMARY_GROUP,
                         "memberOf: %.*s is the account's primary group", SPAN_ARG(g->dn));
    return ERR_OK;
}

enum err import_find_groups(struct import *im, const struct draft *d, const struct import_given *s)
{
    im->pending = 0;
    if (s->group_count > IMPORT_MEMBERSHIPS_MAX - im->memberships)
        return ERR_LIMIT;
    for (unsigned i = 0; i < s->group_count; i++) {
        const struct import_group *g;
        TRY(find_group(im, d->op, s->groups[i], &g));
        TRY(member_rules(d, g));
        im->membership[im->memberships + i] = (struct import_membership){g->id, d->id};
    }
    im->pending = s->group_count;
    return ERR_OK;
}

enum err import_make_memberships(struct import *im, struct op *op)
{
    if (!im->memberships)
        return ERR_OK;
    struct op sub = *op;
    sub.c = change_new(op->a, op->now);
    for (unsigned i = 0; i < im->memberships; i++)
        change_link(sub.c, ATTR_member, im->membership[i].group, im->membership[i].member,
                    SPAN_NONE);
    im->memberships = 0;
    return op_apply(&sub);
}
