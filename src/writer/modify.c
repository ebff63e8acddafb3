#include "writer/password.h"
#include "writer/rights.h"
#include "writer/values.h"

#include "base/text.h"

/* --- objectClass ([MS-ADTS] 3.1.1.5.3.5) ----------------------------------------------------- */

static enum err class_error(struct draft *d, const char *why)
{
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_CLASS, "objectClass: %s", why);
}

/* Auxiliary classes come and go; the structural class stays. */
static enum err class_change(struct draft *d)
{
    const struct draft_attr *s = draft_find(d, ATTR_objectClass);
    if (!draft_changed(d, ATTR_objectClass))
        return ERR_OK;
    for (unsigned i = 0; s && i < s->count; i++) {
        struct reader r = reader_of(s->v[i]);
        const struct schema_class *c = schema_class(reader_le32(&r));
        if (!c)
            return class_error(d, "the schema has no such class");
        if (c->category != CATEGORY_AUXILIARY && !schema_class_is(d->cls, c->id))
            return class_error(d, "the structural class cannot be changed");
    }
    for (uint32_t i = 0; i < d->cls->chain.count; i++) {
        uint32_t c = d->cls->chain.id[i];
        uint8_t id[4] = {(uint8_t)c, (uint8_t)(c >> 8), (uint8_t)(c >> 16), (uint8_t)(c >> 24)};
        TRY(draft_add(d, ATTR_objectClass, span_of(id, 4), NULL));
    }
    return ERR_OK;
}

/* --- rules of single attributes -------------------------------------------------------------- */

/* A role goes to a domain controller's settings object. */
static enum err role_owner(struct draft *d)
{
    struct dir_obj o;
    if (!draft_changed(d, ATTR_fSMORoleOwner) || op_system(d->op))
        return ERR_OK;
    if (dir_by_id(d->op->s, (dir_id)draft_i32(d, ATTR_fSMORoleOwner, 0), &o) == ERR_OK &&
        o.class_id == CLASS_nTDSDSA)
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_ROLE_OWNER,
                     "fSMORoleOwner must be the NTDS Settings object of a domain controller");
}

/* dSHeuristics keeps its count: the tenth character is 1, the twentieth 2, ... */
static enum err heuristics(struct draft *d)
{
    struct span v;
    if (!draft_changed(d, ATTR_dSHeuristics) || !draft_first(d, ATTR_dSHeuristics, &v))
        return ERR_OK;
    for (size_t i = 9, digit = '1'; i < v.len && digit <= '9'; i += 10, digit++)
        if (v.ptr[i] != digit)
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX,
                             "dSHeuristics: character %zu must be %c", i + 1, (int)digit);
    return ERR_OK;
}

static enum err duration(struct draft *d, uint32_t attr)
{
    if (draft_i64(d, attr, 0) <= 0)
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX, "%s is a duration: 0 or negative",
                     schema_attr(attr)->name);
}

/* Password policy of the domain and of password settings objects ([MS-SAMR] 3.1.1.6, [MS-ADTS]
 * 3.1.1.5.3.2). */
static enum err policy_values(struct draft *d)
{
    static const uint32_t durations[] = {
        ATTR_maxPwdAge,
        ATTR_minPwdAge,
        ATTR_lockoutDuration,
        ATTR_lockOutObservationWindow,
        ATTR_msDS_MaximumPasswordAge,
        ATTR_msDS_MinimumPasswordAge,
        ATTR_msDS_LockoutDuration,
        ATTR_msDS_LockoutObservationWindow,
    };
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        if (draft_changed(d, durations[i]))
            TRY(duration(d, durations[i]));
    bool pso = schema_class_is(d->cls, CLASS_msDS_PasswordSettings);
    uint32_t lock = pso ? ATTR_msDS_LockoutDuration : ATTR_lockoutDuration;
    uint32_t window = pso ? ATTR_msDS_LockoutObservationWindow : ATTR_lockOutObservationWindow;
    if ((draft_changed(d, lock) || draft_changed(d, window)) &&
        draft_i64(d, lock, 0) > draft_i64(d, window, 0))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX, "%s must not be shorter than %s",
                         schema_attr(lock)->name, schema_attr(window)->name);
    uint32_t length = pso ? ATTR_msDS_MinimumPasswordLength : ATTR_minPwdLength;
    uint32_t history = pso ? ATTR_msDS_PasswordHistoryLength : ATTR_pwdHistoryLength;
    if (draft_changed(d, length) && draft_i32(d, length, 0) > 256)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX, "%s is at most 256",
                         schema_attr(length)->name);
    if (draft_changed(d, history) && draft_i32(d, history, 0) > 1024)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX, "%s is at most 1024",
                         schema_attr(history)->name);
    return ERR_OK;
}

static enum err modifiable(struct op *op, const struct dir_obj *o)
{
    const struct schema_class *cls = schema_class(o->class_id);
    if (o->flags & DIR_OBJ_DELETED)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_DELETED, "%.*s is deleted",
                         SPAN_ARG(op_name(op, o->id)));
    if (op_system(op))
        return ERR_OK;
    if (schema_class_is(cls, CLASS_trustedDomain) || schema_class_is(cls, CLASS_secret))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_SYSTEM_CLASS,
                         "trusts are changed by their own operation, not over LDAP");
    if (schema_class_is(cls, CLASS_lostAndFound))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_PROTECTED, "%.*s cannot be modified",
                         SPAN_ARG(op_name(op, o->id)));
    if (schema_class_is(cls, CLASS_subSchema))
        return op_refuse(op, ERR_UNSUPPORTED, REASON_DIR_PROTECTED,
                         "the schema is changed by its objects, which this one describes");
    return ERR_OK;
}

enum err modify_check(struct draft *d)
{
    TRY(class_change(d));
    TRY(role_owner(d));
    TRY(heuristics(d));
    return policy_values(d);
}

enum err op_modify(struct op *op)
{
    struct dir_obj o;
    struct draft d;
    TRY(op_find(op, op->in->target, &o));
    op->reply->id = o.id; /* also of a refusal: whose password was guessed wrong */
    if (undelete_asked(op->in)) {
        TRY(draft_load(op, &o, &d));
        return undelete(&d);
    }
    TRY(modifiable(op, &o));
    TRY(draft_load(op, &o, &d));
    for (unsigned i = 0; i < op->in->mod_count; i++)
        TRY(values_apply(&d, &op->in->mods[i]));
    TRY(modify_check(&d));
    TRY(object_check(&d));
    TRY(password_request(&d));
    TRY(password_required(&d));
    draft_write(&d);
    return draft_secrets(&d);
}
