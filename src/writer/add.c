#include "base/text.h"
#include "directory/index.h"
#include "directory/names.h"
#include "writer/password.h"
#include "writer/rights.h"
#include "writer/schema.h"
#include "writer/values.h"

#define RDN_MAX 254 /* [MS-ADTS] 3.1.1.5.1.2: less than 255 */

/* --- the name -------------------------------------------------------------------------------- */

static enum err split_name(struct op *op, struct dn_rdn *rdn, struct span *parent_dn)
{
    uint8_t *buf = arena_alloc(op->a, DN_VALUE_MAX);
    size_t pos = 0;
    struct span dn = op->in->target;
    if (!buf)
        return ERR_NOMEM;
    if (dn_next(dn, &pos, buf, rdn) != ERR_OK || !rdn->value.len || rdn->value.len > RDN_MAX ||
        memchr(rdn->value.ptr, '\n', rdn->value.len) || memchr(rdn->value.ptr, 0, rdn->value.len))
        return op_refuse(op, ERR_MALFORMED, REASON_DIR_NAME, "\"%.*s\" is not a name for an object",
                         SPAN_ARG(dn));
    *parent_dn = span_sub(dn, pos, dn.len);
    return ERR_OK;
}

static enum err find_parent(struct op *op, struct span dn, struct dir_obj *out)
{
    enum err e = dn.len ? dir_by_dn(op->s, dn, out, NULL) : ERR_NOT_FOUND;
    if (e == ERR_OK && (out->flags & DIR_OBJ_DELETED))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        return op_refuse(op, e, REASON_DIR_NO_PARENT, "there is no container \"%.*s\"",
                         SPAN_ARG(dn));
    return e;
}

/* --- the class ------------------------------------------------------------------------------- */

static const struct intent_mod *mod_of(struct op *op, uint32_t attr)
{
    for (unsigned i = 0; i < op->in->mod_count; i++) {
        const struct schema_attr *a = schema_attr_by_name(op->in->mods[i].attr);
        if (a && a->id == attr)
            return &op->in->mods[i];
    }
    return NULL;
}

static enum err bad_class(struct op *op, struct span name, const char *why)
{
    return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_CLASS, "objectClass \"%.*s\": %s",
                     SPAN_ARG(name), why);
}

/* The most specific structural class of the list: all other structural ones are above it. */
static enum err structural_class(struct op *op, const struct schema_class **out)
{
    const struct schema_class *best = NULL;
    const struct intent_mod *m = mod_of(op, ATTR_objectClass);
    for (unsigned i = 0; m && i < m->count; i++) {
        const struct schema_class *c = schema_class_by_name(m->values[i]);
        if (!c || (c->flags & SCHEMA_DEFUNCT))
            return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_NO_CLASS,
                             "objectClass \"%.*s\": the schema has no such class",
                             SPAN_ARG(m->values[i]));
        if (c->category != CATEGORY_STRUCTURAL && c->category != CATEGORY_88)
            continue;
        if (!best || schema_class_is(c, best->id))
            best = c;
        else if (!schema_class_is(best, c->id))
            return bad_class(op, m->values[i], "the object would be of two unrelated classes");
    }
    if (!best)
        return bad_class(op, m && m->count ? m->values[0] : SPAN_LIT(""),
                         "there is no structural class");
    *out = best;
    return ERR_OK;
}

/* Every class of the object in AD's order: dynamic auxiliary ones between top and the rest. */
static enum err all_classes(struct draft *d)
{
    const struct intent_mod *m = mod_of(d->op, ATTR_objectClass);
    TRY(draft_set_i32(d, ATTR_objectClass, (int32_t)d->cls->chain.id[0]));
    for (unsigned i = 0; m && i < m->count; i++) {
        const struct schema_class *c = schema_class_by_name(m->values[i]);
        if (c->category != CATEGORY_AUXILIARY)
            continue;
        for (uint32_t k = 1; k < c->chain.count; k++) {
            uint8_t id[4] = {(uint8_t)c->chain.id[k], (uint8_t)(c->chain.id[k] >> 8),
                             (uint8_t)(c->chain.id[k] >> 16), (uint8_t)(c->chain.id[k] >> 24)};
            TRY(draft_add(d, ATTR_objectClass, span_of(id, 4), NULL));
        }
    }
    for (uint32_t k = 1; k < d->cls->chain.count; k++) {
        uint32_t c = d->cls->chain.id[k];
        uint8_t id[4] = {(uint8_t)c, (uint8_t)(c >> 8), (uint8_t)(c >> 16), (uint8_t)(c >> 24)};
        TRY(draft_add(d, ATTR_objectClass, span_of(id, 4), NULL));
    }
    return ERR_OK;
}

bool object_fits_under(const struct schema_class *cls, const struct dir_obj *parent)
{
    const struct schema_class *p = schema_class(parent->class_id);
    for (uint32_t i = 0; p && i < p->chain.count; i++)
        if (schema_list_has(&cls->all_superiors, p->chain.id[i]))
            return true;
    return false;
}

static enum err class_rules(struct op *op, const struct schema_class *cls,
                            const struct dir_obj *parent, struct span rdn_type)
{
    const struct schema_attr *naming = schema_attr(cls->rdn_attr);
    if (!op_system(op) &&
        (schema_class_is(cls, CLASS_trustedDomain) || schema_class_is(cls, CLASS_secret) ||
         schema_class_is(cls, CLASS_crossRef) || (cls->flags & SCHEMA_SYSTEM_ONLY)))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_SYSTEM_CLASS,
                         "objects of class %s are made by the server alone", cls->name);
    if (schema_attr_by_name(rdn_type) != naming)
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_RDN_ATTRIBUTE,
                         "objects of class %s are named by %s", cls->name,
                         naming ? naming->name : "another attribute");
    if (!object_fits_under(cls, parent))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_PARENT_CLASS,
                         "objects of class %s cannot be under %.*s", cls->name,
                         SPAN_ARG(op_name(op, parent->id)));
    return ERR_OK;
}

/* --- attributes ------------------------------------------------------------------------------ */

/* Given values of these are ignored: the server knows better ([MS-ADTS] 3.1.1.5.2.4). */
static bool ignored(uint32_t attr)
{
    switch (attr) {
    case ATTR_distinguishedName:
    case ATTR_subRefs:
    case ATTR_uSNLastObjRem:
    case ATTR_uSNDSALastObjRemoved:
    case ATTR_uSNCreated:
    case ATTR_uSNChanged:
    case ATTR_whenCreated:
    case ATTR_whenChanged:
    case ATTR_replPropertyMetaData:
    case ATTR_isDeleted:
    case ATTR_proxiedObjectName:
    case ATTR_objectClass: /* taken before */
    case ATTR_nTSecurityDescriptor:
    case ATTR_instanceType:
        return true;
    default:
        return false;
    }
}

static enum err naming_value(struct draft *d, const struct schema_attr *attr,
                             const struct intent_mod *m)
{
    struct span stored;
    TRY(values_from_text(d, attr, m->count ? m->values[0] : SPAN_NONE, &stored));
    if (m->count == 1 && text_eq_fold(stored, d->rdn))
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_NAMING_ATTRIBUTE,
                     "%s is not the value that the name has", attr->name);
}

static enum err given_values(struct draft *d)
{
    const struct intent *in = d->op->in;
    for (unsigned i = 0; i < in->mod_count; i++) {
        const struct schema_attr *attr;
        TRY(values_attr(d->op, in->mods[i].attr, &attr));
        if (ignored(attr->id) || (attr->flags & SCHEMA_CONSTRUCTED))
            continue;
        if (attr->id == d->cls->rdn_attr || attr->id == ATTR_name) {
            TRY(naming_value(d, attr, &in->mods[i]));
            continue;
        }
        bool taken;
        TRY(schema_given(d, attr, &in->mods[i], &taken));
        if (taken)
            continue;
        if (in->mods[i].op != MOD_ADD || (!in->mods[i].count && attr->id != ATTR_unicodePwd))
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SYNTAX,
                             "%s has no value in the new object", attr->name);
        TRY(values_apply(d, &in->mods[i]));
    }
    return ERR_OK;
}

/* systemFlags that a request may give, and those that come with the class. */
static enum err system_flags(struct draft *d)
{
    const uint32_t allowed = 0x40000000 | 0x20000000 | 0x10000000;
    uint32_t flags = (uint32_t)draft_i32(d, ATTR_systemFlags, 0);
    uint32_t given = op_system(d->op) ? flags : flags & allowed, own = 0;
    if (schema_class_is(d->cls, CLASS_server))
        own = 0x02000000 | 0x40000000 | 0x10000000;
    else if (schema_class_is(d->cls, CLASS_serversContainer) ||
             schema_class_is(d->cls, CLASS_nTDSDSA))
        own = 0x02000000;
    else if (schema_class_is(d->cls, CLASS_site))
        own = 0x02000000 | 0x40000000;
    else if (schema_class_is(d->cls, CLASS_siteLink) || schema_class_is(d->cls, CLASS_subnet) ||
             schema_class_is(d->cls, CLASS_siteLinkBridge) ||
             schema_class_is(d->cls, CLASS_nTDSConnection))
        own = 0x40000000;
    if (!draft_has(d, ATTR_systemFlags) && !own)
        return ERR_OK;
    return draft_set_i32(d, ATTR_systemFlags, (int32_t)(given | own));
}

enum err object_defaults(struct draft *d)
{
    struct dir_obj category;
    const struct schema_class *c = schema_class(d->cls->default_category);
    TRY(draft_set_i32(d, ATTR_instanceType, 4));
    if (c && !draft_has(d, ATTR_objectCategory)) {
        TRY(dir_child(d->op->s, d->op->naming.schema_nc, span_str(c->cn), &category));
        TRY(draft_set_i32(d, ATTR_objectCategory, (int32_t)category.id));
    }
    if ((d->cls->flags & SCHEMA_DEFAULT_HIDING) && !draft_has(d, ATTR_showInAdvancedViewOnly))
        TRY(draft_set_bool(d, ATTR_showInAdvancedViewOnly, true));
    TRY(system_flags(d));
    TRY(schema_defaults(d));
    return account_defaults(d);
}

/* --- rights ---------------------------------------------------------------------------------- */

static enum err quota(struct op *op)
{
    struct dir_obj head;
    uint64_t made = 0;
    struct dir_index_cursor c;
    dir_id id;
    uint8_t sid[SID_BYTES_MAX];
    TRY(dir_by_id(op->s, op->naming.domain_nc, &head));
    int32_t limit = dir_attr_i32(&head, ATTR_ms_DS_MachineAccountQuota, 0);
    struct span creator = span_of(sid, sid_to_bytes(&op->in->token.sids[0], sid));
    if (dir_index_open(ATTR_mS_DS_CreatorSID, INDEX_EQUAL, creator, false, &c) == ERR_OK)
        while ((int64_t)made < limit && dir_index_next(op->s, &c, &id))
            made++;
    if ((int64_t)made < limit)
        return ERR_OK;
    return op_refuse(op, ERR_DENIED, REASON_DIR_QUOTA,
                     "the requester has made %d computer accounts, which is all the domain allows",
                     limit);
}

/* dNSHostName says whose services (CVE-2022-26923) and which records of zones a computer's are. */
static enum err own_host(struct draft *d)
{
    struct span host;
    if (!draft_first(d, ATTR_dNSHostName, &host) || host_validated(d, host))
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_DNS_NAME_NOT_OWN,
                     "dNSHostName \"%.*s\" is not the account's name in this domain",
                     SPAN_ARG(host));
}

/* Authenticated users may add a few workstations without a right on the container
 * (SeMachineAccountPrivilege), and then give them these attributes alone. */
static bool quota_attribute(const struct schema_attr *attr)
{
    switch (attr->id) {
    case ATTR_dNSHostName:
    case ATTR_servicePrincipalName:
    case ATTR_userAccountControl:
    case ATTR_unicodePwd:
    case ATTR_objectClass:
    case ATTR_sAMAccountName:
    case ATTR_cn:
        return true;
    default:
        return false;
    }
}

/* Where the domain has its computers by default: elsewhere an account would come under the rights
 * and policies of what somebody else keeps there, of the domain controllers above all. */
static bool takes_workstations(struct op *op, const struct dir_obj *parent)
{
    struct span base;
    struct dir_obj o;
    if (dir_dn(op->s, op->naming.domain_nc, op->a, &base) != ERR_OK)
        return false;
    const char *known =
        arena_printf(op->a, "<WKGUID=AA312825768811D1ADED00C04FD8D5CD,%.*s>", SPAN_ARG(base));
    return known && dir_by_dn(op->s, span_str(known), &o, NULL) == ERR_OK && o.id == parent->id;
}

static enum err workstation_by_quota(struct draft *d, const struct dir_obj *parent)
{
    struct op *op = d->op;
    const struct sid authenticated = SID_NT(11);
    uint8_t sid[SID_BYTES_MAX];
    if (!schema_class_is(d->cls, CLASS_computer) || !op->in->token.count ||
        !dir_token_has(&op->in->token, &authenticated) || !takes_workstations(op, parent))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "the requester may not create objects of class %s under %.*s",
                         d->cls->name, SPAN_ARG(op_name(op, parent->id)));
    for (unsigned i = 0; i < op->in->mod_count; i++) {
        const struct schema_attr *attr = schema_attr_by_name(op->in->mods[i].attr);
        if (attr && !quota_attribute(attr))
            return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                             "without the right to create computers here, %s cannot be given",
                             attr->name);
    }
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0);
    const uint32_t allowed =
        UAC_WORKSTATION_TRUST_ACCOUNT | UAC_ACCOUNTDISABLE | UAC_PASSWD_NOTREQD;
    if (uac & ~allowed)
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "without the right to create computers here, the account is a plain "
                         "workstation's");
    const struct draft_attr *spns = draft_find(d, ATTR_servicePrincipalName);
    for (unsigned i = 0; spns && i < spns->count; i++)
        TRY(spn_validated(d, spns->v[i]));
    TRY(own_host(d));
    TRY(quota(op));
    const struct sid *creator = &op->in->token.sids[0];
    return draft_set(d, ATTR_mS_DS_CreatorSID, span_of(sid, sid_to_bytes(creator, sid)));
}

/* Attributes of a computer that its creator could not write afterwards cannot be given in the add
 * either (CVE-2021-42291). */
static enum err computer_attributes(struct draft *d)
{
    struct op *op = d->op;
    if (right_admin(op) || !schema_class_is(d->cls, CLASS_computer) ||
        access_check(d->sd, &op->in->token, ACCESS_WRITE_DAC, NULL, NULL))
        return ERR_OK;
    for (unsigned i = 0; i < op->in->mod_count; i++) {
        const struct schema_attr *attr = schema_attr_by_name(op->in->mods[i].attr);
        if (!attr || attr->id == ATTR_objectClass || attr->id == ATTR_unicodePwd ||
            attr->id == d->cls->rdn_attr || schema_list_has(&d->cls->all_must, attr->id))
            continue;
        if (attr->id == ATTR_servicePrincipalName || attr->id == ATTR_dNSHostName ||
            attr->id == ATTR_userAccountControl)
            continue; /* these have rules of their own, which were looked at */
        TRY(right_write(d, attr));
    }
    return ERR_OK;
}

static enum err may_add(struct draft *d, const struct dir_obj *parent)
{
    struct op *op = d->op;
    if (!right_child_has(op, parent, ACCESS_CREATE_CHILD, d->cls))
        return workstation_by_quota(d, parent);
    if (draft_has(d, ATTR_msDS_AllowedToDelegateTo) && !right_admin(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_PRIVILEGE,
                         "msDS-AllowedToDelegateTo is written by administrators alone");
    return computer_attributes(d);
}

/* --- the whole ------------------------------------------------------------------------------- */

enum err object_check(struct draft *d)
{
    TRY(account_check(d));
    TRY(group_check(d));
    TRY(names_check(d));
    TRY(spn_check(d));
    TRY(schema_check(d));
    return values_check_schema(d);
}

enum err add_object(struct op *op, struct draft *d)
{
    struct dn_rdn rdn;
    struct span parent_dn = SPAN_NONE;
    struct dir_obj parent;
    const struct schema_class *cls = NULL;
    const struct intent_mod *sd = mod_of(op, ATTR_nTSecurityDescriptor);
    TRY(split_name(op, &rdn, &parent_dn));
    TRY(find_parent(op, parent_dn, &parent));
    TRY(structural_class(op, &cls));
    TRY(class_rules(op, cls, &parent, rdn.type));
    draft_begin(op, parent.id, cls, rdn.value, d);
    TRY(all_classes(d));
    TRY(given_values(d));
    TRY(object_defaults(d));
    TRY(descriptor_new(d, &parent, sd && sd->count == 1 ? sd->values[0] : SPAN_NONE));
    TRY(may_add(d, &parent));
    TRY(op_name_free(op, parent.id, rdn.value, 0));
    return object_check(d);
}

enum err op_add(struct op *op)
{
    struct draft d;
    TRY(add_object(op, &d));
    TRY(password_request(&d));
    if (!(op->in->flags & INTENT_BULK))
        TRY(password_required(&d));
    op->reply->id = d.id;
    draft_write(&d);
    return draft_secrets(&d);
}
