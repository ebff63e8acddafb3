/*
 * From the wire's filter to the directory's: names become schema ids, matching rules operations.
 * What the schema does not know is undefined (RFC 4511 4.5.1.7), not an error.
 */
#include "base/text.h"
#include "ldap/ldap_internal.h"

/* A condition on whatever attribute a rule fits is undefined, and dnAttributes counts for nothing
 * ([MS-ADTS] 3.1.1.3.1.3.1). */
static enum dir_filter_op extensible(const struct ldap_filter *in)
{
    if (in->attr.len == 0)
        return FILTER_UNDEFINED;
    return in->rule.len ? dir_filter_rule(in->rule) : FILTER_EQUAL;
}

static void leaf(const struct ldap_filter *in, struct dir_filter *out)
{
    static const enum dir_filter_op ops[] = {
        [LDAP_FILTER_EQUAL] = FILTER_EQUAL,     [LDAP_FILTER_SUBSTRING] = FILTER_SUBSTRING,
        [LDAP_FILTER_GE] = FILTER_GE,           [LDAP_FILTER_LE] = FILTER_LE,
        [LDAP_FILTER_PRESENT] = FILTER_PRESENT, [LDAP_FILTER_APPROX] = FILTER_APPROX,
    };
    const struct schema_attr *attr = schema_attr_by_name(in->attr);
    out->value = in->value;
    out->initial = in->initial;
    out->final = in->final;
    out->any = in->any;
    out->any_count = in->any_count;
    out->op = in->kind == LDAP_FILTER_EXTENSIBLE ? extensible(in) : ops[in->kind];
    if (!attr)
        out->op = FILTER_UNDEFINED;
    else
        out->attr = attr->id;
}

static enum err translate(const struct ldap_filter *in, struct arena *a, unsigned depth,
                          struct dir_filter **out)
{
    struct dir_filter *f = arena_new(a, struct dir_filter);
    if (!f)
        return ERR_NOMEM;
    if (depth == DIR_FILTER_DEPTH_MAX)
        return ERR_LIMIT;
    if (in->kind > LDAP_FILTER_NOT) {
        leaf(in, f);
        *out = f;
        return ERR_OK;
    }
    f->op = in->kind == LDAP_FILTER_AND  ? FILTER_AND
            : in->kind == LDAP_FILTER_OR ? FILTER_OR
                                         : FILTER_NOT;
    struct dir_filter **at = &f->child;
    for (const struct ldap_filter *c = in->child; c; c = c->next) {
        TRY(translate(c, a, depth + 1, at));
        at = &(*at)->next;
    }
    *out = f;
    return ERR_OK;
}

enum err ldap_translate(const struct ldap_filter *in, struct arena *a, struct dir_filter **out)
{
    return translate(in, a, 0, out);
}
