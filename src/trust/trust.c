#include "trust/trust.h"

#include "base/text.h"

/* table: trust_kind -- the first row whose type is the trust's and whose set bits are all set */
static const struct {
    uint32_t type, set;
    enum trust_kind kind;
} kinds[] = {
    {TRUST_UPLEVEL, TRUST_NON_TRANSITIVE, TRUST_KIND_EXTERNAL},
    {TRUST_UPLEVEL, TRUST_WITHIN_FOREST, TRUST_KIND_WITHIN},
    {TRUST_UPLEVEL, TRUST_FOREST_TRANSITIVE, TRUST_KIND_FOREST},
    {TRUST_UPLEVEL, 0, TRUST_KIND_EXTERNAL},
    {TRUST_MIT, TRUST_NON_TRANSITIVE, TRUST_KIND_REALM_NT},
    {TRUST_MIT, 0, TRUST_KIND_REALM},
};
/* end table */

enum trust_kind trust_kind_of(const struct trust *t)
{
    if (!t)
        return TRUST_KIND_LOCAL;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].type == t->type && (t->attributes & kinds[i].set) == kinds[i].set)
            return kinds[i].kind;
    return TRUST_KIND_NONE;
}

bool trust_carries_pac(const struct trust *t)
{
    return t->type == TRUST_UPLEVEL;
}

#define TLN_OFF  (FOREST_TLN_NEW | FOREST_TLN_ADMIN_DISABLED | FOREST_TLN_CONFLICT)
#define SID_OFF  (FOREST_SID_ADMIN_DISABLED | FOREST_SID_CONFLICT)
#define FLAT_OFF (FOREST_NB_ADMIN_DISABLED | FOREST_NB_CONFLICT)

bool trust_record_name_enabled(const struct forest_record *r)
{
    if (r->type == FOREST_DOMAIN)
        return !(r->flags & SID_OFF);
    return (r->type == FOREST_TLN || r->type == FOREST_TLN_EXCLUSION) && !(r->flags & TLN_OFF);
}

bool trust_record_sid_enabled(const struct forest_record *r)
{
    return r->type == FOREST_DOMAIN && !(r->flags & SID_OFF);
}

bool trust_record_flat_enabled(const struct forest_record *r)
{
    return r->type == FOREST_DOMAIN && !(r->flags & (SID_OFF | FLAT_OFF)) && r->flat_name.len > 0;
}

/* An enabled exclusion, or a domain that is switched off with all that lies under it. */
static bool takes_away(const struct forest_record *r, struct span name)
{
    if (r->type == FOREST_TLN_EXCLUSION)
        return trust_record_name_enabled(r) && dns_name_under(name, r->name);
    return r->type == FOREST_DOMAIN && !trust_record_sid_enabled(r) &&
           dns_name_under(name, r->name);
}

size_t trust_claims_name(const struct trust *t, struct span dns_name)
{
    size_t best = 0;

    for (unsigned i = 0; i < t->record_count; i++) {
        const struct forest_record *r = &t->records[i];

        if (takes_away(r, dns_name))
            return 0;
        if (r->type == FOREST_TLN && trust_record_name_enabled(r) && r->name.len > best &&
            dns_name_under(dns_name, r->name))
            best = r->name.len;
    }
    return best;
}

bool trust_speaks_for(const struct trust *t, const struct sid *sid)
{
    if (sid_eq(sid, &t->sid) || sid_in_domain(sid, &t->sid, NULL))
        return true;
    for (unsigned i = 0; i < t->record_count; i++) {
        const struct forest_record *r = &t->records[i];
        if (r->type == FOREST_DOMAIN && trust_record_sid_enabled(r) &&
            (sid_eq(sid, &r->sid) || sid_in_domain(sid, &r->sid, NULL)))
            return true;
    }
    return false;
}
