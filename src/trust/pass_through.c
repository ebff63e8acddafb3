#include "trust/pass_through.h"

#include "base/text.h"
#include "trust/sid_filter.h"

enum reason trust_may_pass(const struct trust *t)
{
    if (!(t->direction & TRUST_OUTBOUND))
        return REASON_TRANSIT_NOT_OUTGOING;
    if ((t->type != TRUST_UPLEVEL && t->type != TRUST_DOWNLEVEL) ||
        t->attributes & TRUST_UPLEVEL_ONLY)
        return REASON_NTLM_DOMAIN_NOT_ASKED;
    return t->sid.count ? REASON_NONE : REASON_TRUST_SID_UNKNOWN;
}

static bool claims_flat(const struct trust *t, struct span flat_name)
{
    if (ascii_eq_fold(flat_name, t->flat_name))
        return true;
    if (trust_kind_of(t) != TRUST_KIND_FOREST)
        return false;
    for (unsigned i = 0; i < t->record_count; i++) {
        const struct forest_record *r = &t->records[i];
        if (r->type == FOREST_DOMAIN && trust_record_flat_enabled(r) &&
            ascii_eq_fold(flat_name, r->flat_name))
            return true;
    }
    return false;
}

enum reason trust_answer_domain(const struct trust *t, const struct trust_local *l,
                                struct span flat_name, struct span dns_name)
{
    if (!claims_flat(t, flat_name) ||
        (dns_name.len && trust_crealm_check(t, l, dns_name) != REASON_NONE))
        return REASON_NETLOGON_ANSWER_DOMAIN;
    return REASON_NONE;
}

/* --- the target of a response -------------------------------------------------------------------
 */

static bool is_ours(const struct trust_local *l, struct span flat_name, struct span dns_name)
{
    if (ascii_eq_fold(flat_name, l->flat_name) || ascii_eq_fold(dns_name, l->dns_name))
        return true;
    for (unsigned i = 0; i < l->domain_count; i++) {
        if (ascii_eq_fold(flat_name, l->domains[i].flat_name) ||
            ascii_eq_fold(dns_name, l->domains[i].dns_name))
            return true;
    }
    return false;
}

/* How many of a trust's domains have the name; those whose DNS name fits, too, in *both_out. */
static unsigned domains_named(const struct trust *t, struct span flat_name, struct span dns_name,
                              unsigned *both_out)
{
    unsigned found = 0;
    *both_out = 0;
    for (unsigned i = 0; i < t->record_count; i++) {
        const struct forest_record *r = &t->records[i];
        if (r->type != FOREST_DOMAIN || !ascii_eq_fold(flat_name, r->flat_name))
            continue;
        found++;
        *both_out += dns_name.len && ascii_eq_fold(dns_name, r->name);
    }
    return found;
}

/* A name that nobody claims may be one of a domain that is newer than what we know of the forest;
 * one that several claim is the partner's when the DNS name says so alone. */
static bool in_partner_forest(const struct route_facts *f, const struct trust *partner,
                              struct span flat_name, struct span dns_name)
{
    unsigned theirs = 0, theirs_both = 0, others = 0, others_both = 0;
    for (unsigned i = 0; i < f->trust_count; i++) {
        const struct trust *t = &f->trusts[i];
        unsigned both, found = domains_named(t, flat_name, dns_name, &both);
        *(t->object == partner->object ? &theirs : &others) += found;
        *(t->object == partner->object ? &theirs_both : &others_both) += both;
    }
    if (!others)
        return true;
    return theirs && theirs_both && !others_both;
}

bool trust_target_domain(const struct route_facts *f, const struct trust *partner,
                         struct span flat_name, struct span dns_name)
{
    if (!flat_name.len)
        return true;
    if (!(partner->attributes & TRUST_FOREST_TRANSITIVE))
        return ascii_eq_fold(flat_name, partner->flat_name) &&
               (!dns_name.len || ascii_eq_fold(dns_name, partner->dns_name));
    return !is_ours(f->local, flat_name, dns_name) &&
           in_partner_forest(f, partner, flat_name, dns_name);
}
