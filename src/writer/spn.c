#include "base/text.h"
#include "writer/rights.h"
#include "writer/values.h"

/* A service principal name ([MS-ADTS] 2.2.21): class/host[:port or instance][/service]. */
struct spn {
    struct span cls, host, instance, service;
};

static bool spn_parse(struct span text, struct spn *out)
{
    struct spn s = {0};
    const uint8_t *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    if (!slash)
        return false;
    size_t at = (size_t)(slash - text.ptr);
    s.cls = span_sub(text, 0, at);
    s.host = span_sub(text, at + 1, text.len);
    const uint8_t *second = s.host.len ? memchr(s.host.ptr, '/', s.host.len) : NULL;
    if (second) {
        at = (size_t)(second - s.host.ptr);
        s.service = span_sub(s.host, at + 1, s.host.len);
        s.host = span_sub(s.host, 0, at);
        if (!s.service.len || memchr(s.service.ptr, '/', s.service.len))
            return false;
    }
    const uint8_t *colon = s.host.len ? memchr(s.host.ptr, ':', s.host.len) : NULL;
    if (colon) {
        at = (size_t)(colon - s.host.ptr);
        s.instance = span_sub(s.host, at + 1, s.host.len);
        s.host = span_sub(s.host, 0, at);
        if (!s.instance.len)
            return false;
    }
    *out = s;
    return s.cls.len && s.host.len;
}

/* Attributes of the object that name its host, also those that this intent changed already. */
static bool own_host(const struct draft *d, struct span host)
{
    static const uint32_t names[] = {ATTR_dNSHostName, ATTR_msDS_AdditionalDnsHostName};
    static const uint32_t accounts[] = {ATTR_sAMAccountName, ATTR_msDS_AdditionalSamAccountName};
    for (size_t n = 0; n < 2; n++) {
        const struct draft_attr *s = draft_find(d, names[n]);
        for (unsigned i = 0; s && i < s->count; i++)
            if (ascii_eq_fold(s->v[i], host))
                return true;
        s = draft_find(d, accounts[n]);
        for (unsigned i = 0; s && i < s->count; i++) {
            struct span bare = s->v[i];
            if (bare.len && bare.ptr[bare.len - 1] == '$')
                bare.len--;
            if (text_eq_fold(bare, host))
                return true;
        }
    }
    return false;
}

static bool own_service(const struct draft *d, const struct spn *s)
{
    const struct dir_naming *n = &d->op->naming;
    const struct span gc = SPAN_LIT("GC"), ldap = SPAN_LIT("ldap"), host = SPAN_LIT("HOST");
    if (!((uint32_t)draft_i32(d, ATTR_userAccountControl, 0) & UAC_SERVER_TRUST_ACCOUNT))
        return false;
    if (ascii_eq_fold(s->cls, gc))
        return ascii_eq_fold(s->service, n->forest_name);
    if (ascii_eq_fold(s->cls, ldap) || ascii_eq_fold(s->cls, host))
        return ascii_eq_fold(s->service, n->flat_name) || dns_name_under(s->service, n->dns_name);
    return false;
}

enum err spn_validated(struct draft *d, struct span value)
{
    struct spn s;
    bool machine = draft_is(d, CLASS_computer) || draft_is(d, CLASS_msDS_ManagedServiceAccount);
    if (spn_parse(value, &s) && machine && !s.instance.len && own_host(d, s.host) &&
        (!s.service.len || own_service(d, &s)))
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SPN_NOT_OWN,
                     "servicePrincipalName \"%.*s\" is not of one of the account's own host names",
                     SPAN_ARG(value));
}

bool host_validated(struct draft *d, struct span value)
{
    struct span name;
    if (!draft_is(d, CLASS_computer) || !draft_first(d, ATTR_sAMAccountName, &name))
        return false;
    if (name.len && name.ptr[name.len - 1] == '$')
        name.len--;
    if (value.len != name.len + 1 + d->op->naming.dns_name.len || value.ptr[name.len] != '.')
        return false;
    return text_eq_fold(span_sub(value, 0, name.len), name) &&
           ascii_eq_fold(span_sub(value, name.len + 1, value.len), d->op->naming.dns_name);
}

static enum err taken(struct draft *d, struct span value, dir_id by)
{
    return op_refuse(d->op, ERR_EXISTS, REASON_DIR_SPN_TAKEN,
                     "servicePrincipalName \"%.*s\" belongs to %.*s", SPAN_ARG(value),
                     SPAN_ARG(op_name(d->op, by)));
}

/* "host=alerter,appmgmt,..." rows: the classes that a new HOST name would stand for must not be
 * somebody else's by that very name. */
static enum err aliases_free(struct draft *d, struct span value, const struct spn *s)
{
    struct op *op = d->op;
    struct dir_obj settings;
    struct dir_values rows;
    struct span row;
    struct span rest = span_sub(value, s->cls.len, value.len);
    const char *dn = arena_printf(op->a, "CN=Directory Service,CN=Windows NT,CN=Services,%.*s",
                                  SPAN_ARG(op_name(op, op->naming.config_nc)));
    if (dir_by_dn(op->s, span_str(dn), &settings, NULL) != ERR_OK ||
        !dir_attr(&settings, ATTR_sPNMappings, &rows))
        return ERR_OK;
    while (dir_values_next(&rows, &row)) {
        const uint8_t *equals = memchr(row.ptr, '=', row.len);
        size_t at = equals ? (size_t)(equals - row.ptr) : row.len;
        if (!ascii_eq_fold(span_sub(row, 0, at), s->cls))
            continue;
        for (row = span_sub(row, at + 1, row.len); row.len;) {
            const uint8_t *comma = memchr(row.ptr, ',', row.len);
            size_t len = comma ? (size_t)(comma - row.ptr) : row.len;
            struct dir_obj other;
            struct span alias = span_str(
                arena_printf(op->a, "%.*s%.*s", (int)len, (const char *)row.ptr, SPAN_ARG(rest)));
            if (dir_by_value(op->s, ATTR_servicePrincipalName, alias, &other) == ERR_OK &&
                other.id != d->id)
                return taken(d, value, other.id);
            row = span_sub(row, len + 1, row.len);
        }
    }
    return ERR_OK;
}

static bool had(const struct draft *d, struct span value)
{
    struct dir_values v;
    struct span one;
    if (d->is_new || !dir_attr(&d->obj, ATTR_servicePrincipalName, &v))
        return false;
    while (dir_values_next(&v, &one))
        if (text_eq_fold(one, value))
            return true;
    return false;
}

/* The name itself is nobody else's, ever. Names that stand for others are looked at when the
 * requester is no administrator: an administrator may give HTTP/web1 to a service on the computer
 * web1, whose HOST/web1 covers it otherwise; a KDC prefers the exact name. */
static enum err unique(struct draft *d, struct span value, const struct spn *spn)
{
    struct dir_obj exact;
    struct dir_account other;
    enum err e = dir_by_value(d->op->s, ATTR_servicePrincipalName, value, &exact);
    if (e == ERR_OK && exact.id != d->id)
        return taken(d, value, exact.id);
    if ((e != ERR_OK && e != ERR_NOT_FOUND) || right_admin(d->op))
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = dir_account_by_spn(d->op->s, value, &other);
    if (e == ERR_EXISTS || (e == ERR_OK && other.id != d->id))
        return taken(d, value, e == ERR_OK ? other.id : 0);
    return aliases_free(d, value, spn);
}

enum err spn_check(struct draft *d)
{
    const struct draft_attr *s = draft_find(d, ATTR_servicePrincipalName);
    if (!draft_changed(d, ATTR_servicePrincipalName))
        return ERR_OK;
    for (unsigned i = 0; s && i < s->count; i++) {
        struct spn spn;
        if (had(d, s->v[i]))
            continue;
        if (!spn_parse(s->v[i], &spn))
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SPN_SYNTAX,
                             "\"%.*s\" is not a service principal name", SPAN_ARG(s->v[i]));
        TRY(unique(d, s->v[i], &spn));
    }
    return ERR_OK;
}
