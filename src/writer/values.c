#include "writer/values.h"

#include "base/text.h"
#include "writer/rights.h"
#include "writer/schema.h"

enum err values_attr(struct op *op, struct span name, const struct schema_attr **out)
{
    struct span bare = name;
    const struct span binary = SPAN_LIT(";binary");
    if (name.len > binary.len &&
        ascii_eq_fold(span_sub(name, name.len - binary.len, binary.len), binary))
        bare.len -= binary.len;
    const struct schema_attr *attr = schema_attr_by_name(bare);
    if (!attr || (attr->flags & SCHEMA_DEFUNCT))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_NO_ATTRIBUTE_TYPE,
                         "the schema has no attribute %.*s", SPAN_ARG(name));
    *out = attr;
    return ERR_OK;
}

/* --- which attributes a request may touch ---------------------------------------------------- */

enum owned {
    OWNED_USER = 1,  /* of users, by the account database */
    OWNED_GROUP = 2, /* of groups */
    OWNED_OTHER = 4, /* of every other class */
    OWNED_TRUST = 8, /* secrets: over no LDAP, by nobody */
};

/* [MS-ADTS] 3.1.1.5.2.2 and 3.1.1.5.3.2, the lists of attributes that are "owned by SAM". */
static const struct {
    uint32_t attr;
    unsigned owned;
} owned_attrs[] = {
    {ATTR_badPasswordTime, OWNED_USER},
    {ATTR_badPwdCount, OWNED_USER},
    {ATTR_dBCSPwd, OWNED_USER},
    {ATTR_isCriticalSystemObject, OWNED_USER | OWNED_GROUP | OWNED_OTHER},
    {ATTR_lastLogoff, OWNED_USER},
    {ATTR_lastLogon, OWNED_USER},
    {ATTR_lastLogonTimestamp, OWNED_USER},
    {ATTR_lmPwdHistory, OWNED_USER | OWNED_OTHER},
    {ATTR_logonCount, OWNED_USER},
    {ATTR_memberOf, OWNED_USER | OWNED_GROUP},
    {ATTR_ntPwdHistory, OWNED_USER | OWNED_OTHER},
    {ATTR_objectSid, OWNED_USER | OWNED_GROUP | OWNED_OTHER},
    {ATTR_rid, OWNED_USER | OWNED_GROUP},
    {ATTR_sAMAccountType, OWNED_USER | OWNED_GROUP | OWNED_OTHER},
    {ATTR_supplementalCredentials, OWNED_USER | OWNED_OTHER},
    {ATTR_sAMAccountName, OWNED_OTHER},
    {ATTR_unicodePwd, OWNED_OTHER},
    {ATTR_userPassword, OWNED_GROUP},
    {ATTR_trustAuthIncoming, OWNED_TRUST},
    {ATTR_trustAuthOutgoing, OWNED_TRUST},
    {ATTR_initialAuthIncoming, OWNED_TRUST},
    {ATTR_initialAuthOutgoing, OWNED_TRUST},
    {ATTR_currentValue, OWNED_TRUST},
    {ATTR_priorValue, OWNED_TRUST},
};

static enum err owned(struct draft *d, const struct schema_attr *attr)
{
    unsigned kind = account_is_user(d->cls)    ? OWNED_USER
                    : account_is_group(d->cls) ? OWNED_GROUP
                                               : OWNED_OTHER;
    for (size_t i = 0; i < sizeof owned_attrs / sizeof *owned_attrs; i++)
        if (owned_attrs[i].attr == attr->id && (owned_attrs[i].owned & (kind | OWNED_TRUST)))
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SAM_OWNED,
                             "%s is kept by the server and cannot be written", attr->name);
    return ERR_OK;
}

/* System-only attributes that a request may give all the same. */
static bool system_only_excepted(const struct draft *d, const struct schema_attr *attr)
{
    switch (attr->id) {
    case ATTR_objectClass:
    case ATTR_msDS_AdditionalDnsHostName:
        return true;
    case ATTR_systemFlags: /* reduced to what is allowed, in an add */
    case ATTR_instanceType:
    case ATTR_nCName:
        return d->is_new;
    default:
        return false;
    }
}

enum err values_allowed(struct draft *d, const struct schema_attr *attr)
{
    if (attr->flags & SCHEMA_CONSTRUCTED)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NOT_WRITABLE,
                         "%s is computed when it is read", attr->name);
    if (attr->flags & SCHEMA_BACKLINK)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NOT_WRITABLE,
                         "%s is the other end of %s: change that one", attr->name,
                         schema_attr(attr->partner) ? schema_attr(attr->partner)->name : "a link");
    if (!d->is_new && (attr->id == ATTR_name || attr->id == d->cls->rdn_attr))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NAMING_ATTRIBUTE,
                         "%s is part of the name: rename the object", attr->name);
    TRY(op_system(d->op) ? ERR_OK : owned(d, attr));
    if ((attr->flags & SCHEMA_SYSTEM_ONLY) && !op_system(d->op) && !schema_defines(d, attr) &&
        !system_only_excepted(d, attr))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NOT_WRITABLE,
                         "%s is set by the system alone", attr->name);
    return ERR_OK;
}

/* --- rights ---------------------------------------------------------------------------------- */

static bool fsmo_right(const struct draft *d)
{
    static const struct {
        uint32_t class_id;
        const struct guid *right;
    } rows[] = {
        {CLASS_infrastructureUpdate, &right_change_infrastructure_master},
        {CLASS_dMD, &right_change_schema_master},
        {CLASS_rIDManager, &right_change_rid_master},
        {CLASS_domainDNS, &right_change_pdc},
        {CLASS_crossRefContainer, &right_change_domain_master},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (schema_class_is(d->cls, rows[i].class_id))
            return right_has(d, ACCESS_CONTROL, rows[i].right);
    return true;
}

/* Validated writes: what an object may do to itself within limits ([MS-ADTS] 3.1.1.5.3.1.1). */
static enum err validated(struct draft *d, const struct schema_attr *attr,
                          const struct intent_mod *m, bool *granted)
{
    *granted = false;
    if (attr->id == ATTR_servicePrincipalName &&
        right_has(d, ACCESS_SELF_WRITE, &right_validated_spn)) {
        for (unsigned i = 0; m->op != MOD_DELETE && i < m->count; i++)
            TRY(spn_validated(d, m->values[i]));
        *granted = true;
    } else if (attr->id == ATTR_dNSHostName &&
               right_has(d, ACCESS_SELF_WRITE, &right_validated_dns_host)) {
        for (unsigned i = 0; m->op != MOD_DELETE && i < m->count; i++)
            if (!host_validated(d, m->values[i]))
                return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_DNS_NAME_NOT_OWN,
                                 "dNSHostName \"%.*s\" is not the account's name in this domain",
                                 SPAN_ARG(m->values[i]));
        *granted = true;
    }
    return ERR_OK;
}

static enum err may_write(struct draft *d, const struct schema_attr *attr,
                          const struct intent_mod *m)
{
    bool granted;
    if (d->is_new || op_system(d->op))
        return ERR_OK;
    if (attr->id == ATTR_fSMORoleOwner && !fsmo_right(d))
        return op_refuse(d->op, ERR_DENIED, REASON_DIR_ACCESS,
                         "the requester lacks the right to move this role");
    if (attr->id == ATTR_msDS_AllowedToDelegateTo && !right_admin(d->op))
        return op_refuse(d->op, ERR_DENIED, REASON_DIR_PRIVILEGE,
                         "msDS-AllowedToDelegateTo is written by administrators alone");
    if (right_may_write(d, attr))
        return ERR_OK;
    TRY(validated(d, attr, m, &granted));
    return granted ? ERR_OK : right_write(d, attr);
}

/* --- values ---------------------------------------------------------------------------------- */

enum err values_from_text(struct draft *d, const struct schema_attr *attr, struct span text,
                          struct span *out)
{
    enum err e = dir_value_from_text(d->op->s, attr->id, text, d->op->a, out);
    size_t shown = text.len < 200 ? text.len : 200;
    if (!text_valid(text))
        shown = 0;
    if (e == ERR_NOT_FOUND)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NO_REFERENCE,
                         "%s: there is no object \"%.*s\"", attr->name, (int)shown,
                         (const char *)text.ptr);
    if (e == ERR_MALFORMED && attr->syntax == SYNTAX_OID)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX,
                         "%s: the schema has no attribute or class \"%.*s\"", attr->name,
                         (int)shown, (const char *)text.ptr);
    if (e == ERR_MALFORMED || e == ERR_RANGE || e == ERR_LIMIT)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX,
                         "%s: \"%.*s\" is not a value of syntax %s within its range", attr->name,
                         (int)shown, (const char *)text.ptr, schema_syntax(attr->syntax)->name);
    return e;
}

static enum err add_value(struct draft *d, const struct schema_attr *attr, struct span text)
{
    struct span stored;
    bool existed;
    TRY(values_from_text(d, attr, text, &stored));
    TRY(draft_add(d, attr->id, stored, &existed));
    if (existed && !(d->op->in->flags & INTENT_PERMISSIVE))
        return op_refuse(d->op, ERR_EXISTS, REASON_DIR_VALUE_EXISTS,
                         "%s has the value \"%.*s\" already", attr->name,
                         (int)(text.len < 200 ? text.len : 200), (const char *)text.ptr);
    return ERR_OK;
}

static enum err no_value(struct draft *d, const struct schema_attr *attr)
{
    if (d->op->in->flags & INTENT_PERMISSIVE)
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NO_VALUE,
                     "%s does not have the value that is to be removed", attr->name);
}

static enum err plain(struct draft *d, const struct schema_attr *attr, const struct intent_mod *m)
{
    struct span stored;
    if (m->op == MOD_DELETE && !m->count) {
        if (!draft_has(d, attr->id))
            return no_value(d, attr);
        draft_clear(d, attr->id);
        return ERR_OK;
    }
    if (m->op == MOD_REPLACE)
        draft_clear(d, attr->id);
    for (unsigned i = 0; i < m->count; i++) {
        if (m->op != MOD_DELETE) {
            TRY(add_value(d, attr, m->values[i]));
            continue;
        }
        TRY(values_from_text(d, attr, m->values[i], &stored));
        if (!draft_remove(d, attr->id, stored))
            TRY(no_value(d, attr));
    }
    return ERR_OK;
}

/* A new password comes as one replaced value (a reset), or as one removed and one added (a change).
 */
static enum err password(struct draft *d, const struct intent_mod *m)
{
    struct op *op = d->op;
    if (!(op->in->flags & INTENT_PROTECTED) && !op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_PASSWORD_UNPROTECTED,
                         "unicodePwd is accepted over an encrypted connection only");
    bool remove = m->op == MOD_DELETE;
    struct span v = m->count ? m->values[0] : SPAN_NONE, text;
    if (m->count != 1 || (remove ? d->has_old_password : d->has_new_password) || v.len < 4 ||
        v.len % 2 || memcmp(v.ptr, "\"\0", 2) != 0 || memcmp(v.ptr + v.len - 2, "\"\0", 2) != 0 ||
        text_from_utf16(span_sub(v, 2, v.len - 4), op->a, &text) != ERR_OK)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_PASSWORD_FORM,
                         "unicodePwd wants one UTF-16LE value in quotation marks");
    if (remove) {
        d->has_old_password = true;
        d->old_password = text;
    } else {
        d->has_new_password = true;
        d->new_password = text;
    }
    return ERR_OK;
}

/* A SID in an account's history is in all its tickets, so no right on the account is enough to put
 * one there: the administrators' would make anybody who rules an account one of them. It may be
 * taken away, and an import brings it ([MS-DRSR] 4.1.2 is the way of others). */
static enum err history_shrinks(struct draft *d, const struct intent_mod *m)
{
    if (op_system(d->op) || m->op == MOD_DELETE || (m->op == MOD_REPLACE && !m->count))
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SAM_OWNED,
                     "sIDHistory is given to nobody over LDAP");
}

enum err values_apply(struct draft *d, const struct intent_mod *m)
{
    const struct schema_attr *attr;
    TRY(values_attr(d->op, m->attr, &attr));
    TRY(values_allowed(d, attr));
    if (attr->id == ATTR_sIDHistory)
        TRY(history_shrinks(d, m));
    if (attr->id == ATTR_unicodePwd)
        return password(d, m);
    if (attr->id == ATTR_nTSecurityDescriptor)
        return descriptor_apply(d, m);
    if (attr->flags & SCHEMA_LINK)
        return links_apply(d, attr, m);
    TRY(may_write(d, attr, m));
    return plain(d, attr, m);
}

/* --- the object as a whole ------------------------------------------------------------------- */

static bool allowed_by_auxiliary(const struct draft *d, const struct schema_attr *attr)
{
    const struct draft_attr *classes = draft_find(d, ATTR_objectClass);
    for (unsigned i = 0; classes && i < classes->count; i++) {
        struct reader r = reader_of(classes->v[i]);
        const struct schema_class *c = schema_class(reader_le32(&r));
        if (c && schema_class_allows(c, attr))
            return true;
    }
    return false;
}

static bool is_there(const struct draft *d, uint32_t attr)
{
    switch (attr) {
    case ATTR_objectClass:
    case ATTR_nTSecurityDescriptor:
    case ATTR_objectGUID:
    case ATTR_name:
        return true;
    default:
        if (attr == d->cls->rdn_attr || draft_has(d, attr))
            return true;
    }
    for (unsigned i = 0; i < d->link_count; i++)
        if (d->links[i].attr->id == attr && d->links[i].add)
            return true;
    return !d->is_new && dir_link_count(d->op->s, attr, d->id) > 0;
}

enum err values_check_schema(struct draft *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        const struct draft_attr *s = &d->attrs[i];
        if (!s->changed || !s->count)
            continue;
        if ((s->attr->flags & SCHEMA_SINGLE) && s->count > 1)
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SINGLE, "%s takes one value",
                             s->attr->name);
        if (!schema_class_allows(d->cls, s->attr) && !allowed_by_auxiliary(d, s->attr))
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_ATTRIBUTE_CLASS,
                             "objects of class %s do not have %s", d->cls->name, s->attr->name);
    }
    for (uint32_t i = 0; i < d->cls->all_must.count; i++)
        if (!is_there(d, d->cls->all_must.id[i]))
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_MISSING, "class %s requires %s",
                             d->cls->name, schema_attr(d->cls->all_must.id[i])->name);
    return ERR_OK;
}
