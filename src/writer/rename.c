#include "base/text.h"
#include "directory/names.h"
#include "writer/rights.h"
#include "writer/values.h"

#define FLAG_CONFIG_RENAME          0x40000000u
#define FLAG_CONFIG_MOVE            0x20000000u
#define FLAG_CONFIG_LIMITED_MOVE    0x10000000u
#define FLAG_DOMAIN_DISALLOW_RENAME 0x08000000u
#define FLAG_DOMAIN_DISALLOW_MOVE   0x04000000u
#define RDN_MAX                     254

struct renaming {
    struct dir_obj o, old_parent, new_parent;
    const struct schema_class *cls;
    struct span rdn;
    bool move, rename;
};

static enum err new_name(struct op *op, struct renaming *r)
{
    struct dn_rdn rdn;
    if (dn_parse_rdn(op->in->new_rdn, op->a, &rdn) != ERR_OK || !rdn.value.len ||
        rdn.value.len > RDN_MAX || memchr(rdn.value.ptr, '\n', rdn.value.len) ||
        memchr(rdn.value.ptr, 0, rdn.value.len))
        return op_refuse(op, ERR_MALFORMED, REASON_DIR_NAME, "\"%.*s\" is not a name for an object",
                         SPAN_ARG(op->in->new_rdn));
    const struct schema_attr *naming = schema_attr(r->cls->rdn_attr);
    if (schema_attr_by_name(rdn.type) != naming)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_RDN_ATTRIBUTE,
                         "objects of class %s are named by %s", r->cls->name, naming->name);
    r->rdn = rdn.value;
    r->rename = !span_eq(rdn.value, r->o.rdn);
    return ERR_OK;
}

static enum err find(struct op *op, struct renaming *r)
{
    TRY(op_find(op, op->in->target, &r->o));
    r->cls = schema_class(r->o.class_id);
    if (!r->cls)
        return ERR_IO;
    if (!op->in->delete_old_rdn)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_NAME,
                         "the old name cannot be kept: an object has one name");
    TRY(dir_by_id(op->s, r->o.parent, &r->old_parent));
    r->new_parent = r->old_parent;
    if (op->in->new_parent.len) {
        enum err e = dir_by_dn(op->s, op->in->new_parent, &r->new_parent, NULL);
        if (e == ERR_NOT_FOUND || (e == ERR_OK && (r->new_parent.flags & DIR_OBJ_DELETED)))
            return op_refuse(op, ERR_NOT_FOUND, REASON_DIR_NO_PARENT,
                             "there is no container \"%.*s\"", SPAN_ARG(op->in->new_parent));
        if (e == ERR_MALFORMED)
            return op_refuse(op, e, REASON_DIR_NAME, "\"%.*s\" is not a distinguished name",
                             SPAN_ARG(op->in->new_parent));
        TRY(e);
    }
    r->move = r->new_parent.id != r->o.parent;
    return new_name(op, r);
}

static enum err refuse(struct op *op, const struct renaming *r, const char *why)
{
    return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_PROTECTED, "%.*s %s",
                     SPAN_ARG(op_name(op, r->o.id)), why);
}

static enum err flags_allow(struct op *op, const struct renaming *r)
{
    uint32_t flags = (uint32_t)dir_attr_i32(&r->o, ATTR_systemFlags, 0);
    dir_id nc = dir_nc_of(op->s, r->o.id);
    if (op_system(op))
        return ERR_OK;
    if (nc == op->naming.schema_nc)
        return refuse(op, r, "is part of the schema");
    if (nc != op->naming.config_nc) {
        if (r->rename && (flags & FLAG_DOMAIN_DISALLOW_RENAME))
            return refuse(op, r, "must not be renamed (systemFlags)");
        if (r->move && (flags & FLAG_DOMAIN_DISALLOW_MOVE))
            return refuse(op, r, "must not be moved (systemFlags)");
        return ERR_OK;
    }
    if (r->rename && !(flags & FLAG_CONFIG_RENAME))
        return refuse(op, r, "must not be renamed (systemFlags)");
    if (!r->move || (flags & FLAG_CONFIG_MOVE))
        return ERR_OK;
    struct dir_obj a, b;
    bool near = dir_by_id(op->s, r->old_parent.parent, &a) == ERR_OK &&
                dir_by_id(op->s, r->new_parent.parent, &b) == ERR_OK && a.parent == b.parent;
    return near && (flags & FLAG_CONFIG_LIMITED_MOVE)
               ? ERR_OK
               : refuse(op, r, "must not be moved (systemFlags)");
}

static bool in_system(struct op *op, dir_id id)
{
    struct dir_obj system;
    return dir_child(op->s, op->naming.domain_nc, SPAN_LIT("System"), &system) == ERR_OK &&
           (id == system.id || dir_is_under(op->s, id, system.id));
}

static enum err constraints(struct op *op, const struct renaming *r)
{
    if (r->o.flags & DIR_OBJ_DELETED)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_DELETED, "%.*s is deleted",
                         SPAN_ARG(op_name(op, r->o.id)));
    if (r->o.flags & DIR_OBJ_NC_HEAD)
        return refuse(op, r, "is the head of a naming context");
    if (schema_class_is(r->cls, CLASS_trustedDomain) || schema_class_is(r->cls, CLASS_secret))
        return refuse(op, r, "belongs to a trust");
    if (dir_nc_of(op->s, r->o.id) != dir_nc_of(op->s, r->new_parent.id))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_OTHER_PARTITION,
                         "%.*s is in another naming context", SPAN_ARG(op->in->new_parent));
    if (r->new_parent.id == r->o.id || dir_is_under(op->s, r->new_parent.id, r->o.id))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_LOOP, "%.*s is below the object itself",
                         SPAN_ARG(op->in->new_parent));
    if (r->move && !op_system(op) && in_system(op, r->o.id) != in_system(op, r->new_parent.id))
        return refuse(op, r, "cannot go into or out of the System container");
    TRY(flags_allow(op, r));
    if (r->move && !object_fits_under(r->cls, &r->new_parent))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_PARENT_CLASS,
                         "objects of class %s cannot be under %.*s", r->cls->name,
                         SPAN_ARG(op_name(op, r->new_parent.id)));
    return ERR_OK;
}

static enum err rights(struct op *op, const struct renaming *r)
{
    struct draft d = {.op = op, .obj = r->o, .id = r->o.id, .cls = r->cls};
    TRY(right_write(&d, schema_attr(ATTR_name)));
    if (!r->move)
        return right_write(&d, schema_attr(r->cls->rdn_attr));
    if (!right_child_has(op, &r->new_parent, ACCESS_CREATE_CHILD, r->cls))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "the requester may not create objects of class %s under %.*s",
                         r->cls->name, SPAN_ARG(op_name(op, r->new_parent.id)));
    if (right_child_has(op, &r->old_parent, ACCESS_DELETE_CHILD, r->cls))
        return ERR_OK;
    return right_object(op, &r->o, ACCESS_DELETE, "delete (to move it away)");
}

/* At its new place the object inherits from its new parent. */
static enum err inherit(struct op *op, const struct renaming *r)
{
    struct span parent_sd, sd, fresh;
    if (!r->move || !r->o.sd_id || !r->new_parent.sd_id)
        return ERR_OK;
    TRY(dir_sd(op->s, r->new_parent.sd_id, &parent_sd));
    TRY(dir_sd(op->s, r->o.sd_id, &sd));
    TRY(access_inherit_sd(parent_sd, sd, &r->cls->guid, op->a, &fresh));
    if (span_eq(sd, fresh))
        return ERR_OK;
    change_sd(op->c, r->o.id, fresh);
    return descriptor_propagate(op, r->o.id, fresh);
}

enum err op_modify_dn(struct op *op)
{
    struct renaming r;
    TRY(find(op, &r));
    TRY(constraints(op, &r));
    TRY(rights(op, &r));
    TRY(op_name_free(op, r.new_parent.id, r.rdn, r.o.id));
    op->reply->id = r.o.id;
    change_move(op->c, r.o.id, r.new_parent.id, r.rdn);
    return inherit(op, &r);
}
