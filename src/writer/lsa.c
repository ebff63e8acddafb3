#include "base/text.h"
#include "directory/user_rights.h"
#include "writer/values.h"

/* What the LSA keeps besides trusts: user rights and secrets ([MS-LSAD] 3.1.1). */

/* --- user rights ------------------------------------------------------------------------------ */

static enum err named(struct op *op, const struct intent_mod *m, uint64_t *rights_out)
{
    uint64_t rights = 0;

    for (unsigned i = 0; i < m->count; i++) {
        int at = user_right_named(m->values[i]);
        if (at < 0)
            return op_refuse(op, ERR_RANGE, REASON_DIR_USER_RIGHT, "\"%.*s\" is not a user right",
                             SPAN_ARG(m->values[i]));
        rights |= 1ull << at;
    }
    *rights_out = rights;
    return ERR_OK;
}

enum err op_user_rights(struct op *op)
{
    const struct intent_mod *m = op->in->mods;
    struct user_rights_account *list;
    struct span stored;
    struct sid sid;
    uint64_t rights = 0;
    unsigned count, at = 0;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "user rights come from the service alone");
    if (op->in->mod_count != 1 || m->op == MOD_REPLACE ||
        sid_from_text(op->in->target, &sid) != ERR_OK)
        return ERR_MALFORMED;
    TRY(named(op, m, &rights));
    TRY(dir_user_rights(op->s, op->a, &list, &count));
    while (at < count && !sid_eq(&list[at].sid, &sid))
        at++;
    if (at == count && m->op == MOD_DELETE)
        return op_refuse(op, ERR_NOT_FOUND, REASON_DIR_NO_OBJECT,
                         "no user rights are kept for %.*s", SPAN_ARG(op->in->target));
    struct user_rights_account *all = arena_new_array(op->a, count + 1, struct user_rights_account);
    if (!all)
        return ERR_NOMEM;
    memcpy(all, list, count * sizeof *all);
    if (at == count)
        all[count++] = (struct user_rights_account){.sid = sid};
    if (m->op == MOD_ADD)
        all[at].rights |= rights;
    else if (m->count)
        all[at].rights &= ~rights;
    else
        all[at] = all[--count];
    if (user_rights_encode(all, count, op->a, &stored) != ERR_OK)
        return op_refuse(op, ERR_LIMIT, REASON_DIR_USER_RIGHT,
                         "rights of more accounts than %u cannot be kept",
                         USER_RIGHTS_ACCOUNTS_MAX);
    change_meta(op->c, DIR_META_USER_RIGHTS, stored);
    return ERR_OK;
}

/* --- secrets ---------------------------------------------------------------------------------- */

/* Objects of class secret, as Windows has them for those of a whole domain; what is secret about
 * them is kept apart, like the keys of accounts, and no attribute holds it. */
static enum err new_secret(struct op *op, dir_id *id_out)
{
    struct dir_obj container, there;
    struct draft d;
    struct span rdn = span_str(arena_printf(op->a, "%.*s Secret", SPAN_ARG(op->in->target)));
    TRY(dir_child(op->s, op->naming.domain_nc, SPAN_LIT("System"), &container));
    if (dir_child(op->s, container.id, rdn, &there) == ERR_OK)
        return op_refuse(op, ERR_EXISTS, REASON_DIR_EXISTS, "%.*s exists already",
                         SPAN_ARG(op_name(op, there.id)));
    draft_begin(op, container.id, schema_class(CLASS_secret), rdn, &d);
    TRY(draft_set_bool(&d, ATTR_isCriticalSystemObject, true));
    TRY(object_defaults(&d));
    TRY(descriptor_new(&d, &container, SPAN_NONE));
    TRY(object_check(&d));
    draft_write(&d);
    *id_out = d.id;
    return ERR_OK;
}

enum err op_lsa_secret(struct op *op)
{
    struct dir_obj o;
    dir_id id = op->in->account;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "the LSA's secrets come from the service alone");
    if (!id)
        TRY(new_secret(op, &id));
    else if (dir_by_id(op->s, id, &o) != ERR_OK || o.flags & DIR_OBJ_DELETED ||
             o.class_id != CLASS_secret)
        return op_refuse(op, ERR_NOT_FOUND, REASON_DIR_NO_OBJECT, "there is no such secret");
    op->reply->id = id;
    return op_secret(op, DIR_SECRET_ACCOUNT, id, op->in->trust.secret);
}
