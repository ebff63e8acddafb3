#include "wire/ms/secdesc.h"
#include "writer/rights.h"
#include "writer/values.h"

/* Descriptors that one intent may have to make anew. */
#define PROPAGATE_MAX 20000
#define DEPTH_MAX     256

/* The group of administrators that owns what its members make in this partition, if the requester
 * is one of them; else the requester ([MS-ADTS] 6.1.3.4). */
static void default_owner(struct op *op, dir_id parent, struct sid *owner, struct sid *group)
{
    dir_id nc = dir_nc_of(op->s, parent);
    uint32_t rid = nc == op->naming.schema_nc ? 518 : nc == op->naming.config_nc ? 519 : 512;
    sid_append(&op->naming.domain_sid, rid, owner);
    *group = *owner;
    if (op_system(op) || dir_token_has(&op->in->token, owner))
        return;
    if (op->in->token.count)
        *owner = op->in->token.sids[0];
    sid_append(&op->naming.domain_sid, 513, group);
}

static bool owner_allowed(struct op *op, const struct sid *owner)
{
    return right_admin(op) || (op->in->token.count && sid_eq(owner, &op->in->token.sids[0]));
}

enum err descriptor_new(struct draft *d, const struct dir_obj *parent, struct span given)
{
    struct op *op = d->op;
    struct new_sd_args in = {.cls = d->cls, .parent_sd_id = parent->sd_id, .creator_sd = given};
    struct sd sd;
    if (given.len) {
        if (sd_check(given) != ERR_OK || sd_open(given, &sd) != ERR_OK)
            return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_DESCRIPTOR,
                             "nTSecurityDescriptor is malformed");
        if (sd.has_owner && !owner_allowed(op, &sd.owner))
            return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_DESCRIPTOR,
                             "nTSecurityDescriptor names an owner that the requester may not set");
    }
    default_owner(op, parent->id, &in.owner, &in.group);
    if (parent->sd_id)
        TRY(dir_sd(op->s, parent->sd_id, &in.parent_sd));
    return new_sd_make(op->w->sds, &in, op->a, &d->sd);
}

static enum err may_set(struct draft *d, const struct sd *update, unsigned parts)
{
    struct op *op = d->op;
    if (op_system(op))
        return ERR_OK;
    if (parts & (SD_PART_OWNER | SD_PART_GROUP))
        TRY(right_object(op, &d->obj, ACCESS_WRITE_OWNER, "write owner"));
    if (parts & SD_PART_DACL)
        TRY(right_object(op, &d->obj, ACCESS_WRITE_DAC, "write DACL"));
    if ((parts & SD_PART_SACL) && !right_admin(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_PRIVILEGE,
                         "the audit list is written by administrators alone");
    if ((parts & SD_PART_OWNER) && !owner_allowed(op, &update->owner))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_DESCRIPTOR,
                         "the requester may not give the object to that owner");
    return ERR_OK;
}

enum err descriptor_apply(struct draft *d, const struct intent_mod *m)
{
    struct op *op = d->op;
    struct dir_obj parent;
    struct span old, merged, parent_sd = SPAN_NONE;
    struct sd update;
    if (m->op == MOD_DELETE || m->count != 1)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_DESCRIPTOR,
                         "nTSecurityDescriptor takes exactly one value");
    if (sd_check(m->values[0]) != ERR_OK || sd_open(m->values[0], &update) != ERR_OK)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_DESCRIPTOR,
                         "nTSecurityDescriptor is malformed");
    unsigned given = (update.has_owner ? SD_PART_OWNER : 0u) |
                     (update.has_group ? SD_PART_GROUP : 0u) |
                     (update.control & SD_DACL_PRESENT ? SD_PART_DACL : 0u) |
                     (update.control & SD_SACL_PRESENT ? SD_PART_SACL : 0u);
    unsigned parts = given & (op->in->sd_parts ? op->in->sd_parts : 15u);
    TRY(may_set(d, &update, parts));
    TRY(dir_sd(op->s, d->obj.sd_id, &old));
    TRY(access_sd_merge(old, m->values[0], parts, op->a, &merged));
    if (!(d->obj.flags & DIR_OBJ_NC_HEAD)) {
        TRY(dir_by_id(op->s, d->parent, &parent));
        TRY(dir_sd(op->s, parent.sd_id, &parent_sd));
    }
    TRY(access_inherit_sd(parent_sd, merged, &d->cls->guid, op->a, &d->sd));
    return descriptor_propagate(op, d->id, d->sd);
}

struct propagation {
    struct op *op;
    unsigned made;
};

static enum err below(struct propagation *p, dir_id parent, struct span parent_sd, unsigned depth)
{
    struct dir_child_cursor c = {0};
    dir_id id;
    struct op *op = p->op;
    if (depth > DEPTH_MAX)
        return ERR_LIMIT;
    while (dir_child_next(op->s, parent, &c, &id)) {
        struct dir_obj o;
        struct span old, sd;
        TRY(dir_by_id(op->s, id, &o));
        const struct schema_class *cls = schema_class(o.class_id);
        if (!cls || !o.sd_id || (o.flags & (DIR_OBJ_NC_HEAD | DIR_OBJ_DELETED)))
            continue;
        TRY(dir_sd(op->s, o.sd_id, &old));
        TRY(access_inherit_sd(parent_sd, old, &cls->guid, op->a, &sd));
        if (span_eq(sd, old))
            continue;
        if (++p->made > PROPAGATE_MAX)
            return op_refuse(op, ERR_LIMIT, REASON_DIR_TREE_TOO_LARGE,
                             "more than %d objects inherit from this descriptor", PROPAGATE_MAX);
        change_sd(op->c, id, sd);
        TRY(below(p, id, sd, depth + 1));
    }
    return ERR_OK;
}

enum err descriptor_propagate(struct op *op, dir_id id, struct span sd)
{
    struct propagation p = {.op = op};
    return below(&p, id, sd, 0);
}
