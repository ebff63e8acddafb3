/*
 * Undelete ([MS-ADTS] 3.1.1.5.3.7): a modification that removes isDeleted and gives the object a
 * new distinguishedName turns a tombstone into an object again. There is no recycle bin here: what
 * the tombstone did not keep (links, passwords, most attributes) is gone, and the request may give
 * it anew.
 */
#include "base/text.h"
#include "directory/names.h"
#include "writer/password.h"
#include "writer/rights.h"
#include "writer/values.h"

static const struct intent_mod *asked(const struct intent *in, uint32_t attr, enum intent_mod_op op)
{
    for (unsigned i = 0; i < in->mod_count; i++) {
        const struct schema_attr *a = schema_attr_by_name(in->mods[i].attr);
        if (a && a->id == attr && in->mods[i].op == op)
            return &in->mods[i];
    }
    return NULL;
}

bool undelete_asked(const struct intent *in)
{
    const struct intent_mod *name = asked(in, ATTR_distinguishedName, MOD_REPLACE);
    return name && name->count == 1 && asked(in, ATTR_isDeleted, MOD_DELETE);
}

static enum err restorable(struct draft *d)
{
    const struct op *op = d->op;
    if (!(d->obj.flags & DIR_OBJ_DELETED))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NO_VALUE, "%.*s is not deleted",
                         SPAN_ARG(op_name(d->op, d->id)));
    if (schema_class_is(d->cls, CLASS_trustedDomain) || schema_class_is(d->cls, CLASS_secret))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYSTEM_CLASS,
                         "a trust is made anew, with its secrets");
    /* The containers of what is deleted were never objects; who was deleted does not undo it. */
    if (!draft_has(d, ATTR_lastKnownParent) || (op->in->token.account == d->id && !op_system(op)))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_PROTECTED, "%.*s stays as it is",
                         SPAN_ARG(op_name(d->op, d->id)));
    return ERR_OK;
}

static enum err new_place(struct draft *d, struct span name, struct dir_obj *parent_out)
{
    struct op *op = d->op;
    uint8_t buf[DN_VALUE_MAX];
    struct dn_rdn rdn;
    size_t pos = 0;
    if (dn_next(name, &pos, buf, &rdn) != ERR_OK || memchr(rdn.value.ptr, '\n', rdn.value.len) ||
        schema_attr_by_name(rdn.type) != schema_attr(d->cls->rdn_attr))
        return op_refuse(op, ERR_MALFORMED, REASON_DIR_NAME, "\"%.*s\" is no name for the object",
                         SPAN_ARG(name));
    enum err e = dir_by_dn(op->s, span_sub(name, pos, name.len), parent_out, NULL);
    if (e != ERR_OK || (parent_out->flags & DIR_OBJ_DELETED))
        return op_refuse(op, ERR_NOT_FOUND, REASON_DIR_NO_PARENT,
                         "there is no container for \"%.*s\"", SPAN_ARG(name));
    if (dir_nc_of(op->s, parent_out->id) != dir_nc_of(op->s, d->id))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_OTHER_PARTITION,
                         "\"%.*s\" is in another naming context", SPAN_ARG(name));
    if (!object_fits_under(d->cls, parent_out))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_PARENT_CLASS,
                         "objects of class %s cannot be under %.*s", d->cls->name,
                         SPAN_ARG(op_name(op, parent_out->id)));
    d->rdn = arena_dup_span(op->a, rdn.value);
    return ERR_OK;
}

static enum err rights(struct draft *d, const struct dir_obj *parent)
{
    struct op *op = d->op;
    struct dir_obj head;
    TRY(dir_by_id(op->s, dir_nc_of(op->s, d->id), &head));
    const struct draft nc = {
        .op = op, .obj = head, .id = head.id, .cls = schema_class(head.class_id)};
    TRY(right_control(&nc, &right_reanimate, "Reanimate-Tombstones"));
    TRY(right_write(d, schema_attr(ATTR_name)));
    TRY(right_write(d, schema_attr(d->cls->rdn_attr)));
    if (right_child_has(op, parent, ACCESS_CREATE_CHILD, d->cls))
        return ERR_OK;
    return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                     "the requester may not create objects of class %s under %.*s", d->cls->name,
                     SPAN_ARG(op_name(op, parent->id)));
}

/* What an account or group gets when it is made, it gets again; and the rules about its name and
 * kind are asked again, because the world went on without it. */
static enum err as_if_new(struct draft *d)
{
    static const uint32_t again[] = {ATTR_sAMAccountName, ATTR_groupType, ATTR_userAccountControl};
    TRY(object_defaults(d));
    if (account_is_user(d->cls) && !d->has_new_password)
        TRY(draft_set_i32(
            d, ATTR_userAccountControl,
            (int32_t)((uint32_t)draft_i32(d, ATTR_userAccountControl, 0) | UAC_ACCOUNTDISABLE)));
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        struct draft_attr *a = draft_find(d, again[i]);
        if (a)
            a->changed = true;
    }
    return object_check(d);
}

static enum err inherit(struct draft *d, const struct dir_obj *parent)
{
    struct span parent_sd, sd;
    if (!d->obj.sd_id || !parent->sd_id)
        return ERR_OK;
    TRY(dir_sd(d->op->s, parent->sd_id, &parent_sd));
    if (d->sd.len)
        sd = d->sd;
    else
        TRY(dir_sd(d->op->s, d->obj.sd_id, &sd));
    return access_inherit_sd(parent_sd, sd, &d->cls->guid, d->op->a, &d->sd);
}

enum err undelete(struct draft *d)
{
    struct op *op = d->op;
    struct dir_obj parent;
    const struct intent_mod *name = asked(op->in, ATTR_distinguishedName, MOD_REPLACE);
    TRY(restorable(d));
    TRY(new_place(d, name->values[0], &parent));
    TRY(rights(d, &parent));
    TRY(op_name_free(op, parent.id, d->rdn, 0));
    for (unsigned i = 0; i < op->in->mod_count; i++) {
        const struct intent_mod *m = &op->in->mods[i];
        if (m != name && m != asked(op->in, ATTR_isDeleted, MOD_DELETE))
            TRY(values_apply(d, m));
    }
    draft_clear(d, ATTR_isDeleted);
    TRY(modify_check(d));
    TRY(as_if_new(d));
    TRY(password_request(d));
    TRY(password_required(d));
    TRY(inherit(d, &parent));
    draft_write(d);
    change_move(op->c, d->id, parent.id, d->rdn);
    change_flags(op->c, d->id, d->obj.flags & ~(uint32_t)DIR_OBJ_DELETED);
    return draft_secrets(d);
}
