/*
 * The controls of a request. One that is critical and not known here refuses the request; one that
 * is not critical is passed over (RFC 4511 4.1.11).
 */
#include "base/text.h"
#include "ldap/ldap_internal.h"

static enum err page(struct ldap_options *o, const struct ldap_control *c, struct arena *a)
{
    (void)a;
    TRY(ldap_paged_decode(c->value, &o->page));
    o->paged = true;
    return ERR_OK;
}

static enum err extended_dn(struct ldap_options *o, const struct ldap_control *c, struct arena *a)
{
    uint32_t form;
    (void)a;
    TRY(ldap_extended_dn_decode(c->value, &form));
    o->extended_dn = true;
    o->extended_text = form == 1;
    return ERR_OK;
}

static enum err sd_flags(struct ldap_options *o, const struct ldap_control *c, struct arena *a)
{
    (void)a;
    TRY(ldap_sd_flags_decode(c->value, &o->sd_flags));
    o->has_sd_flags = true;
    return ERR_OK;
}

static enum err search_options(struct ldap_options *o, const struct ldap_control *c,
                               struct arena *a)
{
    uint32_t flags;
    (void)a;
    TRY(ldap_search_options_decode(c->value, &flags));
    o->domain_scope |= flags & 1;
    o->phantom_root |= (flags & 2) != 0;
    return ERR_OK;
}

static enum err sort(struct ldap_options *o, const struct ldap_control *c, struct arena *a)
{
    TRY(ldap_sort_decode(c->value, a, &o->sort));
    o->has_sort = true;
    o->sort_critical = c->critical;
    return ERR_OK;
}

static enum err vlv(struct ldap_options *o, const struct ldap_control *c, struct arena *a)
{
    (void)a;
    TRY(ldap_vlv_decode(c->value, &o->vlv));
    o->has_vlv = true;
    return ERR_OK;
}

/* Without a function, the control has no value and sets a flag. `as_ever`: what it asks is so
 * without it: names are verified here, commits are as durable as ever, there are no deactivated
 * links. */
#define FLAG(member) NULL, offsetof(struct ldap_options, member)

static const struct {
    const char *oid;
    enum err (*read)(struct ldap_options *o, const struct ldap_control *c, struct arena *a);
    size_t flag;
} known[] = {
    {LDAP_CONTROL_PAGED, page, 0},
    {LDAP_CONTROL_SORT, sort, 0},
    {LDAP_CONTROL_VLV, vlv, 0},
    {LDAP_CONTROL_SD_FLAGS, sd_flags, 0},
    {LDAP_CONTROL_EXTENDED_DN, extended_dn, 0},
    {LDAP_CONTROL_SEARCH_OPTIONS, search_options, 0},
    {LDAP_CONTROL_SHOW_DELETED, FLAG(show_deleted)},
    {LDAP_CONTROL_SHOW_RECYCLED, FLAG(show_deleted)},
    {LDAP_CONTROL_SHOW_DEACTIVATED, FLAG(as_ever)},
    {LDAP_CONTROL_DOMAIN_SCOPE, FLAG(domain_scope)},
    {LDAP_CONTROL_PERMISSIVE_MODIFY, FLAG(permissive)},
    {LDAP_CONTROL_TREE_DELETE, FLAG(tree_delete)},
    {LDAP_CONTROL_RANGE_NOERR, FLAG(range_quiet)},
    {LDAP_CONTROL_LAZY_COMMIT, FLAG(as_ever)},
    {LDAP_CONTROL_VERIFY_NAME, FLAG(as_ever)},
    {LDAP_CONTROL_MANAGE_DSA_IT, FLAG(as_ever)},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

const char *ldap_options_oid(unsigned index)
{
    return index < KNOWN ? known[index].oid : NULL;
}

static enum err read_one(size_t row, const struct ldap_control *c, struct arena *a,
                         struct ldap_options *o)
{
    if (known[row].read)
        return known[row].read(o, c, a);
    *(bool *)((char *)o + known[row].flag) = true;
    return ERR_OK;
}

enum ldap_code ldap_options_read(const struct ldap_message *m, struct arena *a,
                                 struct ldap_options *out)
{
    struct ldap_options o = {.sd_flags = 15};
    for (uint32_t i = 0; i < m->control_count; i++) {
        const struct ldap_control *c = &m->controls[i];
        size_t row = 0;
        while (row < KNOWN && !span_eq(c->oid, span_str(known[row].oid)))
            row++;
        if (row == KNOWN && c->critical)
            return LDAP_UNAVAILABLE_CRITICAL_EXTENSION;
        if (row < KNOWN && read_one(row, c, a, &o) != ERR_OK)
            return LDAP_PROTOCOL_ERROR;
    }
    *out = o;
    return LDAP_SUCCESS;
}
