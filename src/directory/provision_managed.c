/* The parts of a managed directory that a plain forest has not; the tables say which. */
#include "base/text.h"
#include "directory/provision_internal.h"

#define DELEGATE_PREFIX "AWS Delegated "
#define ADMINISTRATORS  "Administrators"

enum err provision_managed_draw(struct provision *p)
{
    for (unsigned i = 0; i < provision_delegate_count; i++) {
        uint32_t rid;
        TRY(dir_write_next_rid(p->txn, &rid));
        TRY(sid_append(&p->sid, rid, &p->delegate[i]));
    }
    for (unsigned i = 0; i < provision_grant_count; i++)
        TRY(provision_expand(p, provision_grants[i].dn, &p->names, &p->grant_dn[i]));
    return ERR_OK;
}

enum err provision_delegate_sid(const struct provision *p, struct span name, struct sid *out)
{
    for (unsigned i = 0; p->args->managed && i < provision_delegate_count; i++) {
        if (span_eq(span_str(provision_delegates[i].name), name)) {
            *out = p->delegate[i];
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

const char *provision_managed_grant(const struct provision *p, struct span dn)
{
    for (unsigned i = 0; p->args->managed && i < provision_grant_count; i++) {
        if (span_eq(p->grant_dn[i], dn))
            return provision_grants[i].aces;
    }
    return NULL;
}

static struct span delegate_dn(struct provision *p, const struct provision_delegate *g)
{
    return span_str(arena_printf(&p->scratch,
                                 "CN=" DELEGATE_PREFIX "%s,OU=AWS Delegated Groups,%.*s", g->name,
                                 SPAN_ARG(p->domain_dn)));
}

static enum err delegate(struct provision *p, unsigned index)
{
    const struct provision_delegate *g = &provision_delegates[index];
    struct provision_object o;
    const char *name = arena_printf(&p->scratch, DELEGATE_PREFIX "%s", g->name);
    TRY(provision_begin(p, delegate_dn(p, g), schema_class(CLASS_group), 0, &o));
    TRY(provision_sid_value(&o, &p->delegate[index]));
    TRY(provision_str(&o, ATTR_sAMAccountName, name));
    TRY(provision_str(&o, ATTR_description, g->description));
    TRY(provision_i32(&o, ATTR_groupType, (int32_t)0x80000004)); /* security, domain-local */
    TRY(provision_i32(&o, ATTR_sAMAccountType, SAM_ALIAS));
    TRY(provision_bool(&o, ATTR_isCriticalSystemObject, true));
    return provision_end(&o);
}

/* The administrators are in the other groups, so that what one of these may, they may too. */
static enum err delegate_member(struct provision *p, const struct provision_delegate *g)
{
    struct provision_object o;
    TRY(provision_begin_update(p, delegate_dn(p, g), &o));
    TRY(provision_str(&o, ATTR_member,
                      arena_printf(&p->scratch,
                                   "CN=" DELEGATE_PREFIX ADMINISTRATORS
                                   ",OU=AWS Delegated Groups,%.*s",
                                   SPAN_ARG(p->domain_dn))));
    return provision_end(&o);
}

static enum err admin(struct provision *p)
{
    struct provision_object o;
    struct span name = SPAN_LIT(PROVISION_ADMIN), dn;
    uint32_t rid;
    TRY(provision_expand(p, "CN=" PROVISION_ADMIN ",%u", &p->scratch, &dn));
    TRY(dir_write_next_rid(p->txn, &rid));
    TRY(provision_begin(p, dn, schema_class(CLASS_user), 0, &o));
    TRY(provision_account(&o, name, rid, UAC_NORMAL_ACCOUNT, 513, SAM_USER));
    TRY(provision_str(&o, ATTR_displayName, PROVISION_ADMIN));
    TRY(provision_str(&o, ATTR_description, "Administrator of the directory's own unit"));
    TRY(provision_str(&o, ATTR_userPrincipalName,
                      arena_printf(&p->scratch, PROVISION_ADMIN "@%.*s", SPAN_ARG(p->dns_name))));
    TRY(provision_password(&o, name, p->args->admin_password, DIR_SALT_USER, false, true));
    return provision_end(&o);
}

enum err provision_managed(struct provision *p)
{
    TRY(provision_table_rows(p, &provision_managed_objects));
    for (unsigned i = 0; i < provision_delegate_count; i++)
        TRY(delegate(p, i));
    for (unsigned i = 0; i < provision_delegate_count; i++) {
        if (!provision_delegates[i].apart &&
            strcmp(provision_delegates[i].name, ADMINISTRATORS) != 0)
            TRY(delegate_member(p, &provision_delegates[i]));
    }
    TRY(admin(p));
    return provision_table_rows(p, &provision_managed_references);
}
