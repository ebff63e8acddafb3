/*
 * The controls of a request. One that is critical and not known here refuses the request; one that
 * is not critical is passed over (RFC 4511 4.1.11).
 */
#include "base/text.h"
#include "ldap/ldap_internal.h"

static enum err page(struct ldap_options *o, const struct ldap_control *c)
{
    TRY(ldap_paged_decode(c->value, &o->page));
    o->paged = true;
    return ERR_OK;
}

static enum err extended_dn(struct ldap_options *o, const struct ldap_control *c)
{
    uint32_t form;
    TRY(ldap_extended_dn_decode(c->value, &form));
    o->extended_dn = true;
    o->extended_text = form == 1;
    return ERR_OK;
}

static enum err sd_flags(struct ldap_options *o, const struct ldap_control *c)
{
    TRY(ldap_sd_flags_decode(c->value, &o->sd_flags));
    o->has_sd_flags = true;
    return ERR_OK;
}

static enum err search_options(struct ldap_options *o, const struct ldap_control *c)
{
    uint32_t flags;
    TRY(ldap_search_options_decode(c->value, &flags));
    o->domain_scope |= flags & 1;
    o->phantom_root |= (flags & 2) != 0;
    return ERR_OK;
}

static enum err show_deleted(struct ldap_options *o, const struct ldap_control *c)
{
    (void)c;
    o->show_deleted = true;
    return ERR_OK;
}

static enum err domain_scope(struct ldap_options *o, const struct ldap_control *c)
{
    (void)c;
    o->domain_scope = true;
    return ERR_OK;
}

static enum err permissive(struct ldap_options *o, const struct ldap_control *c)
{
    (void)c;
    o->permissive = true;
    return ERR_OK;
}

static enum err tree_delete(struct ldap_options *o, const struct ldap_control *c)
{
    (void)c;
    o->tree_delete = true;
    return ERR_OK;
}

/* What it asks is so without it: names are verified here, commits are as durable as ever. */
static enum err nothing(struct ldap_options *o, const struct ldap_control *c)
{
    (void)o, (void)c;
    return ERR_OK;
}

static const struct {
    const char *oid;
    enum err (*read)(struct ldap_options *o, const struct ldap_control *c);
} known[] = {
    {LDAP_CONTROL_PAGED, page},
    {LDAP_CONTROL_SD_FLAGS, sd_flags},
    {LDAP_CONTROL_EXTENDED_DN, extended_dn},
    {LDAP_CONTROL_SHOW_DELETED, show_deleted},
    {LDAP_CONTROL_SHOW_RECYCLED, show_deleted},
    {LDAP_CONTROL_DOMAIN_SCOPE, domain_scope},
    {LDAP_CONTROL_SEARCH_OPTIONS, search_options},
    {LDAP_CONTROL_PERMISSIVE_MODIFY, permissive},
    {LDAP_CONTROL_TREE_DELETE, tree_delete},
    {LDAP_CONTROL_LAZY_COMMIT, nothing},
    {LDAP_CONTROL_VERIFY_NAME, nothing},
    {LDAP_CONTROL_MANAGE_DSA_IT, nothing},
};

enum ldap_code ldap_options_read(const struct ldap_message *m, struct ldap_options *out)
{
    struct ldap_options o = {.sd_flags = 15};
    for (uint32_t i = 0; i < m->control_count; i++) {
        const struct ldap_control *c = &m->controls[i];
        bool found = false;
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]) && !found; k++) {
            if (!span_eq(c->oid, span_str(known[k].oid)))
                continue;
            found = true;
            if (known[k].read(&o, c) != ERR_OK)
                return LDAP_PROTOCOL_ERROR;
        }
        if (!found && c->critical)
            return LDAP_UNAVAILABLE_CRITICAL_EXTENSION;
    }
    *out = o;
    return LDAP_SUCCESS;
}
