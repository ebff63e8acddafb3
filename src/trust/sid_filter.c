#include "trust/sid_filter.h"

#include "base/text.h"
#include "trust/sid_filter_tables.h"

static int64_t authority_of(const struct sid *s)
{
    int64_t v = 0; /* 48 bits */

    for (int i = 0; i < 6; i++)
        v = v << 8 | s->authority[i];
    return v;
}

static bool pattern_matches(const struct sid_pattern_row *row, const struct sid *s,
                            int64_t authority)
{
    if (row->authority >= 0 && row->authority != authority)
        return false;
    if (s->count < row->count_min || s->count > row->count_max)
        return false;
    if (s->count == 0)
        return true;
    uint32_t first = s->sub[0], last = s->sub[s->count - 1];
    if (first < row->first_min || first > row->first_max)
        return false;
    if (row->zero_domain && (s->sub[1] || s->sub[2] || s->sub[3]))
        return false;
    return last >= row->last_min && last <= row->last_max;
}

const struct sid_pattern *trust_sid_classify(const struct sid *s)
{
    static const struct sid_pattern invalid = {"not a SID", SID_ALWAYS_FILTER};
    int64_t authority = authority_of(s);

    if (s->revision != 1 || s->count > SID_SUBS_MAX)
        return &invalid;
    size_t i = 0;
    while (!pattern_matches(&trust_sid_patterns[i], s, authority))
        i++; /* the last pattern takes everything */
    return &trust_sid_patterns[i].pattern;
}

enum sid_boundary trust_sid_boundary(const struct trust *t)
{
    size_t i = 0;

    while ((t->attributes & trust_sid_boundaries[i].set) != trust_sid_boundaries[i].set)
        i++; /* the last row wants nothing */
    return trust_sid_boundaries[i].boundary;
}

const char *trust_sid_boundary_name(enum sid_boundary b)
{
    static const char *const names[BOUNDARY__COUNT] = {
        [BOUNDARY_WITHIN_FOREST] = "within the forest",
        [BOUNDARY_QUARANTINED_WITHIN] = "quarantined, within the forest",
        [BOUNDARY_FOREST] = "forest",
        [BOUNDARY_EXTERNAL] = "external",
        [BOUNDARY_QUARANTINED_EXTERNAL] = "quarantined, external",
        [BOUNDARY_PIM] = "privileged identity management",
    };
    return names[b];
}

const char *trust_sid_rule_name(enum sid_rule rule)
{
    static const char *const names[SID_RULE__COUNT] = {
        [SID_RULE_ALWAYS] = "never crosses a trust",
        [SID_RULE_EDC] = "enterprise domain controllers",
        [SID_RULE_WELL_KNOWN_ORIGIN] = "well-known RID of the client's domain",
        [SID_RULE_WELL_KNOWN_OTHER] = "well-known RID of another domain",
        [SID_RULE_LOCAL_FOREST] = "domain of this forest",
        [SID_RULE_PARTNER] = "trusted domain",
        [SID_RULE_PARTNER_FOREST] = "domain of the trusted forest",
        [SID_RULE_FOREIGN] = "domain of neither",
        [SID_RULE_NEVER] = "crosses every trust",
        [SID_RULE_DUPLICATE] = "duplicate",
    };
    return names[rule];
}

bool trust_sid_rule_keeps(enum sid_rule rule, enum sid_boundary boundary)
{
    return rule < SID_RULE__TABLE_COUNT && trust_sid_verdicts[rule][boundary];
}

static bool in_local_forest(const struct trust_local *l, const struct sid *domain)
{
    if (sid_eq(&l->domain_sid, domain))
        return true;
    for (unsigned i = 0; i < l->forest_sid_count; i++)
        if (sid_eq(&l->forest_sids[i], domain))
            return true;
    return false;
}

static bool in_partner_forest(const struct trust *t, const struct sid *domain)
{
    for (unsigned i = 0; i < t->record_count; i++)
        if (trust_record_sid_enabled(&t->records[i]) && sid_eq(&t->records[i].sid, domain))
            return true;
    return false;
}

/* Where a domain lies. Within the forest the partner is one of our own domains, so it is looked at
 * first; from outside, a partner that claims a SID of ours is not believed. */
static enum sid_rule domain_rule(const struct trust *t, const struct trust_local *l,
                                 const struct sid *domain)
{
    bool partner = t->sid.count > 0 && sid_eq(&t->sid, domain);

    if (partner && (t->attributes & TRUST_WITHIN_FOREST))
        return SID_RULE_PARTNER;
    if (in_local_forest(l, domain))
        return SID_RULE_LOCAL_FOREST;
    if (partner)
        return SID_RULE_PARTNER;
    if ((t->attributes & TRUST_FOREST_TRANSITIVE) && in_partner_forest(t, domain))
        return SID_RULE_PARTNER_FOREST;
    return SID_RULE_FOREIGN;
}

/* The domain that the PAC says it comes from counts as such only if it is the partner's to begin
 * with, and the boundary lets its accounts pass. */
static bool is_origin(const struct trust *t, const struct trust_local *l, const struct sid *origin,
                      const struct sid *domain)
{
    if (!origin || !sid_eq(origin, domain))
        return false;
    enum sid_rule rule = domain_rule(t, l, domain);
    return (rule == SID_RULE_PARTNER || rule == SID_RULE_PARTNER_FOREST) &&
           trust_sid_rule_keeps(rule, trust_sid_boundary(t));
}

enum sid_rule trust_sid_rule(const struct trust *t, const struct trust_local *l,
                             const struct sid *origin, const struct sid *s)
{
    struct sid domain;
    uint32_t rid;

    switch (trust_sid_classify(s)->class) {
    case SID_NEVER_FILTER:
        return SID_RULE_NEVER;
    case SID_EDC:
        return SID_RULE_EDC;
    case SID_FOREST_SPECIFIC:
        if (sid_split(s, &domain, &rid) == ERR_OK && is_origin(t, l, origin, &domain))
            return SID_RULE_WELL_KNOWN_ORIGIN;
        return SID_RULE_WELL_KNOWN_OTHER;
    case SID_DOMAIN_SPECIFIC:
        if (sid_split(s, &domain, &rid) == ERR_OK)
            return domain_rule(t, l, &domain);
        break;
    case SID_ALWAYS_FILTER:
    case SID_CLASS__COUNT:
        break;
    }
    return SID_RULE_ALWAYS;
}

/* --- a whole PAC -------------------------------------------------------------------------------
 */

/* The SIDs already met, by open addressing in a table that stays at most half full. */
struct seen {
    struct sid *slots;
    uint32_t mask;
};

static uint32_t sid_hash(const struct sid *s)
{
    uint32_t h = 2166136261u;

    for (unsigned i = 0; i < s->count; i++)
        h = (h ^ s->sub[i]) * 16777619u ^ h >> 15;
    return h;
}

static enum err seen_init(struct seen *set, struct arena *a, size_t count)
{
    uint32_t slots = 8;

    while (slots < 2 * count)
        slots *= 2;
    set->slots = arena_new_array(a, slots, struct sid);
    set->mask = slots - 1;
    return set->slots ? ERR_OK : ERR_NOMEM;
}

/* False: it was there. */
static bool seen_add(struct seen *set, const struct sid *s)
{
    uint32_t at = sid_hash(s) & set->mask;

    while (set->slots[at].revision != 0) {
        if (sid_eq(&set->slots[at], s))
            return false;
        at = (at + 1) & set->mask;
    }
    set->slots[at] = *s;
    return true;
}

struct filter {
    const struct trust *t;
    const struct trust_local *l;
    const struct sid *origin;
    struct seen seen;
    struct trust_sid_result *out;
};

static uint8_t judge(struct filter *f, const struct sid *s)
{
    enum sid_rule rule = trust_sid_rule(f->t, f->l, f->origin, s);

    if (trust_sid_rule_keeps(rule, f->out->boundary) && !seen_add(&f->seen, s))
        rule = SID_RULE_DUPLICATE;
    if (!trust_sid_rule_keeps(rule, f->out->boundary))
        f->out->dropped++;
    return (uint8_t)rule;
}

/* Groups are RIDs of one domain. A domain with no room for a RID makes no SID at all. */
static void judge_groups(struct filter *f, const struct sid *domain, const struct pac_group *groups,
                         uint32_t count, uint8_t *rules)
{
    struct sid s;

    for (uint32_t i = 0; i < count; i++) {
        rules[i] = SID_RULE_ALWAYS;
        if (domain && sid_append(domain, groups[i].rid, &s) == ERR_OK)
            rules[i] = judge(f, &s);
        else
            f->out->dropped++;
    }
}

static void judge_extra(struct filter *f, const struct pac_logon_info *pac, uint8_t *rules)
{
    for (uint32_t i = 0; i < pac->extra_count; i++) {
        rules[i] = SID_RULE_ALWAYS;
        if (pac->extra[i].sid)
            rules[i] = judge(f, pac->extra[i].sid);
        else
            f->out->dropped++;
    }
}

static enum err allocate(struct filter *f, const struct pac_logon_info *pac, size_t count,
                         struct arena *a)
{
    f->out->groups = arena_alloc(a, pac->group_count);
    f->out->extra = arena_alloc(a, pac->extra_count);
    f->out->resource = arena_alloc(a, pac->resource_count);
    if (!f->out->groups || !f->out->extra || !f->out->resource)
        return ERR_NOMEM;
    return seen_init(&f->seen, a, count + 1);
}

/* The user and the primary group: the request stands or falls with them. */
static enum reason judge_identity(struct filter *f, const struct pac_logon_info *pac)
{
    struct trust_sid_result *out = f->out;
    struct sid user, primary;

    if (pac->rid == 0 && pac->extra_count > 0 && pac->extra[0].sid)
        user = *pac->extra[0].sid;
    else if (sid_append(f->origin, pac->rid, &user) != ERR_OK)
        return REASON_SID_USER_FILTERED;
    out->user = trust_sid_rule(f->t, f->l, f->origin, &user);
    if (!trust_sid_rule_keeps(out->user, out->boundary))
        return REASON_SID_USER_FILTERED;
    if (sid_append(f->origin, pac->primary_gid, &primary) != ERR_OK)
        return REASON_SID_PRIMARY_GROUP_FILTERED;
    out->primary = trust_sid_rule(f->t, f->l, f->origin, &primary);
    return trust_sid_rule_keeps(out->primary, out->boundary) ? REASON_NONE
                                                             : REASON_SID_PRIMARY_GROUP_FILTERED;
}

static enum reason check_origin(const struct filter *f, const struct pac_logon_info *pac)
{
    if (!pac->domain_sid || !sid_is_domain(pac->domain_sid))
        return REASON_SID_LOGON_DOMAIN_MISSING;
    if (!(f->t->attributes & TRUST_WITHIN_FOREST) && in_local_forest(f->l, pac->domain_sid))
        return REASON_SID_LOGON_DOMAIN_LOCAL;
    return REASON_NONE;
}

enum err trust_sid_filter(const struct trust *t, const struct trust_local *l,
                          const struct pac_logon_info *pac, struct arena *a,
                          struct trust_sid_result *out)
{
    struct trust_sid_result result = {.boundary = trust_sid_boundary(t)};
    struct filter f = {.t = t, .l = l, .origin = pac->domain_sid, .out = &result};
    size_t count = (size_t)pac->group_count + pac->extra_count + pac->resource_count;

    if (count > TRUST_SIDS_MAX)
        result.reason = REASON_SID_TOO_MANY;
    if (result.reason == REASON_NONE)
        result.reason = check_origin(&f, pac);
    if (result.reason == REASON_NONE)
        result.reason = judge_identity(&f, pac);
    if (result.reason == REASON_NONE) {
        TRY(allocate(&f, pac, count, a));
        judge_groups(&f, pac->domain_sid, pac->groups, pac->group_count, result.groups);
        judge_extra(&f, pac, result.extra);
        judge_groups(&f, pac->resource_domain, pac->resource, pac->resource_count, result.resource);
    }
    *out = result;
    return ERR_OK;
}

/* --- the client's realm ------------------------------------------------------------------------
 */

static bool is_local_realm(const struct trust_local *l, struct span crealm)
{
    if (ascii_eq_fold(crealm, l->realm) || ascii_eq_fold(crealm, l->dns_name) ||
        ascii_eq_fold(crealm, l->forest_name))
        return true;
    for (unsigned i = 0; i < l->domain_count; i++)
        if (ascii_eq_fold(crealm, l->domains[i].dns_name))
            return true;
    return false;
}

enum reason trust_crealm_check(const struct trust *t, const struct trust_local *l,
                               struct span crealm)
{
    enum trust_kind kind = trust_kind_of(t);

    if (kind == TRUST_KIND_WITHIN)
        return REASON_NONE;
    if (!(t->attributes & TRUST_WITHIN_FOREST) && is_local_realm(l, crealm))
        return REASON_CREALM_LOCAL;
    if (ascii_eq_fold(crealm, t->dns_name))
        return REASON_NONE;
    if (kind != TRUST_KIND_FOREST)
        return REASON_CREALM_NOT_PARTNER;
    return trust_claims_name(t, crealm) ? REASON_NONE : REASON_CREALM_NOT_CLAIMED;
}
