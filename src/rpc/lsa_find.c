#include "rpc/lsa_find.h"
#include "auth/trust_facts.h"
#include "base/text.h"
#include "directory/account.h"

/* [MS-DTYP] 2.4.2.4 */
static const struct well_known {
    const char *name, *domain, *sid;
} well_known[] = {
    {"Everyone", "", "S-1-1-0"},
    {"CREATOR OWNER", "", "S-1-3-0"},
    {"CREATOR GROUP", "", "S-1-3-1"},
    {"OWNER RIGHTS", "", "S-1-3-4"},
    {"DIALUP", "NT AUTHORITY", "S-1-5-1"},
    {"NETWORK", "NT AUTHORITY", "S-1-5-2"},
    {"BATCH", "NT AUTHORITY", "S-1-5-3"},
    {"INTERACTIVE", "NT AUTHORITY", "S-1-5-4"},
    {"SERVICE", "NT AUTHORITY", "S-1-5-6"},
    {"ANONYMOUS LOGON", "NT AUTHORITY", "S-1-5-7"},
    {"PROXY", "NT AUTHORITY", "S-1-5-8"},
    {"ENTERPRISE DOMAIN CONTROLLERS", "NT AUTHORITY", "S-1-5-9"},
    {"SELF", "NT AUTHORITY", "S-1-5-10"},
    {"Authenticated Users", "NT AUTHORITY", "S-1-5-11"},
    {"RESTRICTED", "NT AUTHORITY", "S-1-5-12"},
    {"TERMINAL SERVER USER", "NT AUTHORITY", "S-1-5-13"},
    {"REMOTE INTERACTIVE LOGON", "NT AUTHORITY", "S-1-5-14"},
    {"This Organization", "NT AUTHORITY", "S-1-5-15"},
    {"SYSTEM", "NT AUTHORITY", "S-1-5-18"},
    {"LOCAL SERVICE", "NT AUTHORITY", "S-1-5-19"},
    {"NETWORK SERVICE", "NT AUTHORITY", "S-1-5-20"},
    {"Other Organization", "NT AUTHORITY", "S-1-5-1000"},
};
#define WELL_KNOWN (sizeof(well_known) / sizeof(well_known[0]))

static struct sid builtin(void)
{
    return SID_NT(32);
}

uint32_t lsa_finder_begin(struct rpc_ctx *c, struct lsa_finder *out)
{
    *out =
        (struct lsa_finder){.arena = c->arena, .domains = arena_new(c->arena, struct lsa_domains)};
    if (!out->domains)
        return NT_INSUFFICIENT_RESOURCES;
    return lsa_view_begin(c, &out->view);
}

void lsa_finder_end(struct lsa_finder *f)
{
    lsa_view_end(&f->view);
}

/* Room for one more: the array doubles whenever it is full. */
static enum err room(struct lsa_domains *d, struct arena *a)
{
    size_t size = d->count * sizeof(d->domains[0]);
    if (d->count == LSA_DOMAINS_MAX)
        return ERR_LIMIT;
    if (d->count & (d->count - 1))
        return ERR_OK;
    void *more = arena_grow(a, d->domains, size, d->count ? 2 * size : sizeof(d->domains[0]));
    if (!more)
        return ERR_NOMEM;
    d->domains = more;
    return ERR_OK;
}

enum err lsa_refer(struct lsa_domains *d, struct arena *a, struct span name, const struct sid *sid,
                   uint32_t *index_out)
{
    for (uint32_t i = 0; i < d->count; i++) {
        if (sid_eq(d->domains[i].sid, sid)) {
            *index_out = i;
            return ERR_OK;
        }
    }
    TRY(room(d, a));
    struct lsa_domain new = {arena_dup_span(a, name), arena_dup(a, sid, sizeof(*sid))};
    if (!new.sid || arena_failed(a))
        return ERR_NOMEM;
    d->domains[d->count] = new;
    d->max_entries = d->count + 1;
    *index_out = d->count++;
    return ERR_OK;
}

static enum err refer(struct lsa_finder *f, struct span name, const struct sid *sid,
                      uint32_t *index_out)
{
    return lsa_refer(f->domains, f->arena, name, sid, index_out);
}

/* A partner is asked where we trust it: only then there is a channel to it. */
static enum err refer_trust(struct lsa_finder *f, const struct trust *t, struct lsa_found *out)
{
    if (t->direction & TRUST_OUTBOUND && t->type == TRUST_UPLEVEL)
        out->trust = t;
    return refer(f, t->flat_name, &t->sid, &out->domain);
}

/* A domain itself. */
static enum err found_domain(struct lsa_finder *f, struct span name, const struct sid *sid,
                             struct lsa_found *out)
{
    out->use = LSA_SID_DOMAIN;
    out->sid = *sid;
    TRY(refer(f, name, sid, &out->domain));
    out->name = f->domains->domains[out->domain].name;
    return ERR_OK;
}

static enum err found_well_known(struct lsa_finder *f, const struct well_known *w,
                                 struct lsa_found *out)
{
    struct sid domain;
    uint32_t rid;

    TRY(sid_from_text(span_str(w->sid), &out->sid));
    TRY(sid_split(&out->sid, &domain, &rid));
    out->use = LSA_SID_WELL_KNOWN_GROUP;
    out->name = span_str(w->name);
    return refer(f, span_str(w->domain), &domain, &out->domain);
}

/* --- objects --------------------------------------------------------------------------------- */

static uint16_t use_of(const struct dir_obj *o)
{
    switch ((uint32_t)dir_attr_i32(o, ATTR_sAMAccountType, 0) & 0xf0000000) {
    case 0x30000000:
        return LSA_SID_USER;
    case 0x20000000:
        return LSA_SID_ALIAS;
    case 0x10000000:
        return LSA_SID_GROUP;
    default:
        return LSA_SID_UNKNOWN;
    }
}

static enum err found_object(struct lsa_finder *f, const struct dir_obj *o, struct lsa_found *out)
{
    const struct dir_naming *n = &f->view.naming;
    struct sid base = builtin(), sid;
    struct span bytes, name;

    if (o->flags & DIR_OBJ_DELETED || !dir_attr_first(o, ATTR_objectSid, &bytes) ||
        sid_from_bytes(bytes, &sid) != ERR_OK || !dir_attr_first(o, ATTR_sAMAccountName, &name) ||
        use_of(o) == LSA_SID_UNKNOWN)
        return ERR_OK;
    bool local = sid_in_domain(&sid, &n->domain_sid, NULL);
    if (!local && !sid_in_domain(&sid, &base, NULL))
        return ERR_OK;
    out->use = use_of(o);
    out->sid = sid;
    out->name = arena_dup_span(f->arena, name);
    return refer(f, local ? n->flat_name : SPAN_LIT("BUILTIN"), local ? &n->domain_sid : &base,
                 &out->domain);
}

static enum err learn_trusts(struct lsa_finder *f)
{
    if (!f->trusts_known)
        TRY(auth_trusts(&f->view.snap, f->arena, &f->trusts, &f->trust_count));
    f->trusts_known = true;
    return ERR_OK;
}

/* --- by SID ---------------------------------------------------------------------------------- */

static enum err of_trust(struct lsa_finder *f, const struct sid *sid, struct lsa_found *out)
{
    TRY(learn_trusts(f));
    for (unsigned i = 0; i < f->trust_count; i++) {
        const struct trust *t = &f->trusts[i];
        if (!t->sid.count)
            continue;
        if (sid_eq(&t->sid, sid))
            return found_domain(f, t->flat_name, sid, out);
        if (sid_in_domain(sid, &t->sid, NULL))
            return refer_trust(f, t, out);
    }
    return ERR_OK;
}

enum err lsa_find_sid(struct lsa_finder *f, const struct sid *sid, struct lsa_found *out)
{
    const struct dir_naming *n = &f->view.naming;
    struct sid base = builtin();
    char text[SID_TEXT_SIZE];
    struct dir_obj o;

    *out = (struct lsa_found){.use = LSA_SID_UNKNOWN, .domain = LSA_NO_DOMAIN, .sid = *sid};
    sid_to_text(sid, text);
    for (unsigned i = 0; i < WELL_KNOWN; i++) {
        if (strcmp(well_known[i].sid, text) == 0)
            return found_well_known(f, &well_known[i], out);
    }
    /* What cannot be named is shown as its SID (3.1.4.11). */
    out->name = arena_dup_span(f->arena, span_str(text));
    if (sid_eq(sid, &n->domain_sid))
        return found_domain(f, n->flat_name, sid, out);
    if (sid_eq(sid, &base))
        return found_domain(f, SPAN_LIT("BUILTIN"), sid, out);
    if (!sid_in_domain(sid, &n->domain_sid, NULL) && !sid_in_domain(sid, &base, NULL))
        return of_trust(f, sid, out);
    enum err e = dir_by_sid(&f->view.snap, sid, &o);
    if (e == ERR_OK)
        e = found_object(f, &o, out);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (out->use == LSA_SID_UNKNOWN && sid_in_domain(sid, &n->domain_sid, NULL))
        return refer(f, n->flat_name, &n->domain_sid, &out->domain);
    return ERR_OK;
}

/* --- by name --------------------------------------------------------------------------------- */

static bool local_domain(const struct lsa_finder *f, struct span name)
{
    return text_eq_fold(name, f->view.naming.flat_name) ||
           ascii_eq_fold(name, f->view.naming.dns_name);
}

/* domain empty: wherever it is. */
static enum err by_sam(struct lsa_finder *f, struct span domain, struct span name,
                       struct lsa_found *out)
{
    struct lsa_found found = *out;
    struct dir_obj o;

    enum err e = dir_by_value(&f->view.snap, ATTR_sAMAccountName, name, &o);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(found_object(f, &o, &found));
    if (found.use == LSA_SID_UNKNOWN)
        return ERR_OK;
    bool in_builtin = !sid_in_domain(&found.sid, &f->view.naming.domain_sid, NULL);
    if (!domain.len || in_builtin == text_eq_fold(domain, SPAN_LIT("BUILTIN")))
        *out = found;
    return ERR_OK;
}

static const struct well_known *well_known_named(struct span domain, struct span name)
{
    for (unsigned i = 0; i < WELL_KNOWN; i++) {
        if (text_eq_fold(span_str(well_known[i].name), name) &&
            (!domain.len || text_eq_fold(span_str(well_known[i].domain), domain)))
            return &well_known[i];
    }
    return NULL;
}

/* A domain's own name; of a trusted one what is asked there (name) stays unknown. */
static enum err by_domain(struct lsa_finder *f, struct span domain, struct span name,
                          struct lsa_found *out)
{
    struct sid base = builtin();

    if (!name.len && local_domain(f, domain))
        return found_domain(f, f->view.naming.flat_name, &f->view.naming.domain_sid, out);
    if (!name.len && text_eq_fold(domain, SPAN_LIT("BUILTIN")))
        return found_domain(f, SPAN_LIT("BUILTIN"), &base, out);
    TRY(learn_trusts(f));
    const struct trust *t = auth_trust_named(f->trusts, f->trust_count, domain);
    if (!t || !t->sid.count)
        return ERR_OK;
    return name.len ? refer_trust(f, t, out) : found_domain(f, t->flat_name, &t->sid, out);
}

static enum err by_upn(struct lsa_finder *f, struct span upn, size_t at, struct lsa_found *out)
{
    struct span name = span_sub(upn, 0, at), domain = span_sub(upn, at + 1, upn.len);
    struct dir_obj o;

    enum err e = dir_by_value(&f->view.snap, ATTR_userPrincipalName, upn, &o);
    if (e == ERR_OK)
        return found_object(f, &o, out);
    if (e != ERR_NOT_FOUND)
        return e;
    return local_domain(f, domain) ? by_sam(f, domain, name, out) : by_domain(f, domain, name, out);
}

static size_t find_byte(struct span s, uint8_t b)
{
    const uint8_t *p = s.len ? memchr(s.ptr, b, s.len) : NULL;

    return p ? (size_t)(p - s.ptr) : s.len;
}

enum err lsa_find_name(struct lsa_finder *f, struct span name, struct lsa_found *out)
{
    size_t slash = find_byte(name, '\\'), at = find_byte(name, '@');
    struct span domain = slash < name.len ? span_sub(name, 0, slash) : SPAN_NONE;
    struct span account = slash < name.len ? span_sub(name, slash + 1, name.len) : name;
    const struct well_known *w = well_known_named(domain, account);

    *out = (struct lsa_found){.use = LSA_SID_UNKNOWN, .domain = LSA_NO_DOMAIN};
    if (!name.len) /* no name is BUILTIN's, as with Windows since 2003 */
        return by_domain(f, SPAN_LIT("BUILTIN"), SPAN_NONE, out);
    if (w)
        return found_well_known(f, w, out);
    if (slash < name.len) {
        if (account.len && (local_domain(f, domain) || text_eq_fold(domain, SPAN_LIT("BUILTIN"))))
            return by_sam(f, domain, account, out);
        return by_domain(f, domain, account, out);
    }
    if (at < name.len)
        return by_upn(f, name, at, out);
    TRY(by_domain(f, name, SPAN_NONE, out));
    return out->use == LSA_SID_UNKNOWN ? by_sam(f, SPAN_NONE, name, out) : ERR_OK;
}
