#include "trust/routing.h"

#include "base/text.h"
#include "trust/sid_filter.h"

/* Which names of a trust take part. With records only they count: a forest whose own name is
 * switched off is not reached by it. */
struct matching {
    bool by_flat, by_exact, by_under, by_records;
    enum reason unusable;
};

/* clang-format off */
static const struct matching matchings[TRUST_KIND__COUNT] = {
    /* table: route_matching -- NetBIOS name, own DNS name, names under it, forest records, refusal */
    [TRUST_KIND_WITHIN] = {true, true, true, false, REASON_NONE},
    [TRUST_KIND_FOREST] = {true, true, true, true, REASON_NONE},
    [TRUST_KIND_EXTERNAL] = {true, true, true, false, REASON_NONE},
    [TRUST_KIND_REALM] = {false, true, false, false, REASON_NONE},
    [TRUST_KIND_REALM_NT] = {false, true, false, false, REASON_NONE},
    [TRUST_KIND_NONE] = {true, true, true, false, REASON_ROUTE_TRUST_NOT_KERBEROS},
    /* end table */
};

static const struct {
    enum reason service, client;
} directions[TRUST_BOTH + 1] = {
    /* table: route_direction -- what a matching trust of this direction means for our client's service, and
     * for a client's own name */
    [TRUST_DISABLED] = {REASON_ROUTE_TRUST_OFF, REASON_ROUTE_TRUST_OFF},
    [TRUST_INBOUND] = {REASON_NONE, REASON_NONE},
    [TRUST_OUTBOUND] = {REASON_ROUTE_TRUST_OUTGOING_ONLY, REASON_NONE},
    [TRUST_BOTH] = {REASON_NONE, REASON_NONE},
    /* end table */
};
/* clang-format on */

/* The best match so far. A later one must be strictly better, so the order of trial decides ties:
 * the local domain, the forest, the trusts. */
struct search {
    const struct route_facts *f;
    struct span name;
    enum route_use use;
    struct route best;
    enum reason near; /* why something that matches does not count */
};

static bool better(const struct route *a, enum route_match match, struct span matched)
{
    if (a->match == ROUTE_MATCH_NOTHING)
        return true;
    if (a->match != match)
        return match < a->match;
    return match == ROUTE_MATCH_DNS_UNDER && matched.len > a->matched.len;
}

static enum route_match match_dns(struct span name, struct span dns)
{
    if (!dns_name_under(name, dns))
        return ROUTE_MATCH_NOTHING;
    return name.len == dns.len ? ROUTE_MATCH_DNS_EXACT : ROUTE_MATCH_DNS_UNDER;
}

static enum route_match match_flat(struct span name, struct span flat)
{
    return flat.len && text_eq_fold(name, flat) ? ROUTE_MATCH_FLAT : ROUTE_MATCH_NOTHING;
}

static void offer(struct search *s, enum route_match match, struct span matched,
                  const struct route *r)
{
    if (match == ROUTE_MATCH_NOTHING || !better(&s->best, match, matched))
        return;
    s->best = *r;
    s->best.match = match;
    s->best.matched = matched;
}

static void offer_local(struct search *s)
{
    const struct trust_local *l = s->f->local;
    const struct route local = {.kind = ROUTE_LOCAL};

    offer(s, match_dns(s->name, l->realm), l->realm, &local);
    offer(s, match_dns(s->name, l->dns_name), l->dns_name, &local);
    offer(s, match_flat(s->name, l->flat_name), l->flat_name, &local);
    for (unsigned i = 0; i < l->suffix_count; i++)
        offer(s, match_dns(s->name, l->suffixes[i]), l->suffixes[i], &local);
}

/* --- within the forest -------------------------------------------------------------------------
 */

/* Steps from a domain up to the root; more than there are domains means that the parents form a
 * ring. */
static unsigned depth_of(const struct trust_local *l, int domain)
{
    unsigned depth = 0;

    while (depth <= l->domain_count && domain >= 0 && (unsigned)domain < l->domain_count &&
           l->domains[domain].parent >= 0) {
        domain = l->domains[domain].parent;
        depth++;
    }
    return depth;
}

static unsigned distance(const struct trust_local *l, int a, int b)
{
    unsigned da = depth_of(l, a), db = depth_of(l, b), steps = 0;

    while (a != b && steps <= 2 * l->domain_count) {
        if (da >= db) {
            a = l->domains[a].parent;
            da--;
        } else {
            b = l->domains[b].parent;
            db--;
        }
        if (a < 0 || b < 0)
            return UINT32_MAX;
        steps++;
    }
    return a == b ? steps : UINT32_MAX;
}

static int domain_of_trust(const struct trust_local *l, const struct trust *t)
{
    for (unsigned i = 0; i < l->domain_count; i++)
        if (sid_eq(&l->domains[i].sid, &t->sid) &&
            ascii_eq_fold(l->domains[i].dns_name, t->dns_name))
            return (int)i;
    return -1;
}

const struct trust *trust_next_hop(const struct route_facts *f, unsigned domain)
{
    const struct trust_local *l = f->local;
    const struct trust *best = NULL;

    if (domain >= l->domain_count || l->self >= l->domain_count)
        return NULL;
    unsigned best_steps = distance(l, (int)l->self, (int)domain); /* a hop must bring us nearer */
    for (unsigned i = 0; i < f->trust_count; i++) {
        if (trust_kind_of(&f->trusts[i]) != TRUST_KIND_WITHIN ||
            !(f->trusts[i].direction & TRUST_INBOUND))
            continue;
        int neighbour = domain_of_trust(l, &f->trusts[i]);
        unsigned steps = neighbour < 0 ? UINT32_MAX : distance(l, neighbour, (int)domain);

        if (steps < best_steps) {
            best = &f->trusts[i];
            best_steps = steps;
        }
    }
    return best;
}

static struct route hop_toward(const struct search *s, unsigned domain)
{
    const struct trust *t = trust_next_hop(s->f, domain);

    if (t)
        return (struct route){.kind = ROUTE_TRUST, .trust = t};
    return (struct route){.kind = ROUTE_NONE, .reason = REASON_ROUTE_NO_HOP};
}

static void offer_forest(struct search *s)
{
    const struct trust_local *l = s->f->local;

    for (unsigned i = 0; i < l->domain_count; i++) {
        if (i == l->self)
            continue;
        const struct trust_domain *d = &l->domains[i];
        enum route_match dns = match_dns(s->name, d->dns_name),
                         flat = match_flat(s->name, d->flat_name);

        if (dns == ROUTE_MATCH_NOTHING && flat == ROUTE_MATCH_NOTHING)
            continue;
        struct route r = hop_toward(s, i);
        offer(s, dns, d->dns_name, &r);
        offer(s, flat, d->flat_name, &r);
    }
}

static int root_of(const struct trust_local *l)
{
    for (unsigned i = 0; i < l->domain_count; i++)
        if (l->domains[i].parent < 0)
            return (int)i;
    return -1;
}

/* --- over trusts -------------------------------------------------------------------------------
 */

static enum reason usable(const struct search *s, const struct trust *t)
{
    enum reason r = matchings[trust_kind_of(t)].unusable;

    if (r != REASON_NONE)
        return r;
    uint32_t direction = t->direction & TRUST_BOTH;
    return s->use == ROUTE_SERVICE ? directions[direction].service : directions[direction].client;
}

/* Why a forest does not claim a name that one of its records has, for the refusal; or REASON_NONE.
 */
static enum reason why_not_claimed(const struct trust *t, struct span name)
{
    enum reason why = REASON_NONE;

    for (unsigned i = 0; i < t->record_count; i++) {
        const struct forest_record *r = &t->records[i];

        if (r->type == FOREST_TLN_EXCLUSION && trust_record_name_enabled(r) &&
            dns_name_under(name, r->name))
            return REASON_ROUTE_EXCLUDED;
        if (r->type == FOREST_TLN && dns_name_under(name, r->name))
            why = REASON_ROUTE_DISABLED;
    }
    return why;
}

static void offer_records(struct search *s, const struct trust *t, const struct route *r)
{
    size_t claimed = trust_claims_name(t, s->name);

    for (unsigned i = 0; i < t->record_count; i++) {
        const struct forest_record *rec = &t->records[i];

        if (trust_record_flat_enabled(rec))
            offer(s, match_flat(s->name, rec->flat_name), rec->flat_name, r);
        if (claimed && rec->type == FOREST_TLN && trust_record_name_enabled(rec))
            offer(s, match_dns(s->name, rec->name), rec->name, r);
    }
    if (!claimed && s->near == REASON_NONE)
        s->near = why_not_claimed(t, s->name);
}

static void offer_trust(struct search *s, const struct trust *t, const struct route *r)
{
    const struct matching *m = &matchings[trust_kind_of(t)];

    if (m->by_records && t->record_count > 0) {
        offer_records(s, t, r);
        return;
    }
    if (m->by_flat)
        offer(s, match_flat(s->name, t->flat_name), t->flat_name, r);
    enum route_match dns = match_dns(s->name, t->dns_name);
    if (dns == ROUTE_MATCH_DNS_EXACT ? m->by_exact : m->by_under)
        offer(s, dns, t->dns_name, r);
}

/* Trusts of the forest that domains already describe are left to the shortest path. */
static bool is_listed_domain(const struct trust_local *l, const struct trust *t)
{
    return trust_kind_of(t) == TRUST_KIND_WITHIN && domain_of_trust(l, t) >= 0;
}

static void offer_trusts(struct search *s)
{
    for (unsigned i = 0; i < s->f->trust_count; i++) {
        const struct trust *t = &s->f->trusts[i];
        enum reason why = usable(s, t);
        struct route r = {
            .kind = why == REASON_NONE ? ROUTE_TRUST : ROUTE_NONE, .trust = t, .reason = why};

        if (!is_listed_domain(s->f->local, t))
            offer_trust(s, t, &r);
    }
}

static void offer_root_trusts(struct search *s)
{
    int root = root_of(s->f->local);

    if (root < 0 || (unsigned)root == s->f->local->self)
        return;
    struct route hop = hop_toward(s, (unsigned)root);
    for (unsigned i = 0; i < s->f->root_trust_count; i++) {
        const struct trust *t = &s->f->root_trusts[i];
        enum reason why = usable(s, t);
        struct route refused = {.kind = ROUTE_NONE, .trust = t, .reason = why};

        if (trust_kind_of(t) == TRUST_KIND_FOREST)
            offer_trust(s, t, why == REASON_NONE ? &hop : &refused);
    }
}

void trust_route_name(const struct route_facts *f, struct span name, enum route_use use,
                      struct route *out)
{
    struct search s = {.f = f, .name = name, .use = use};

    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        s.name.len--;
    offer_local(&s);
    offer_forest(&s);
    offer_trusts(&s);
    offer_root_trusts(&s);
    *out = s.best;
    if (out->kind == ROUTE_NONE && out->reason == REASON_NONE)
        out->reason = s.near != REASON_NONE ? s.near : REASON_ROUTE_UNKNOWN;
}

enum reason trust_of_client(const struct route_facts *f, struct span crealm,
                            const struct trust **out)
{
    struct route found;

    if (ascii_eq_fold(crealm, f->local->realm) || ascii_eq_fold(crealm, f->local->dns_name)) {
        *out = NULL;
        return REASON_NONE;
    }
    trust_route_name(f, crealm, ROUTE_CLIENT, &found);
    if (found.kind != ROUTE_TRUST)
        return found.kind == ROUTE_LOCAL ? REASON_CREALM_LOCAL : found.reason;
    enum reason r = trust_crealm_check(found.trust, f->local, crealm);
    if (r == REASON_NONE)
        *out = found.trust;
    return r;
}

/* --- which part of a principal ------------------------------------------------------------------
 */

static struct span before(struct span s, char stop)
{
    const uint8_t *at = s.len ? memchr(s.ptr, stop, s.len) : NULL;
    return at ? span_sub(s, 0, (size_t)(at - s.ptr)) : s;
}

bool trust_route_part_of_service(const struct span *components, unsigned count,
                                 struct span *name_out)
{
    if (count < 2 || count > 3 || ascii_eq_fold(components[0], SPAN_LIT("krbtgt")))
        return false;
    struct span last = before(components[count - 1], ':'); /* a port or an instance */
    if (last.len == 0)
        return false;
    *name_out = last;
    return true;
}

bool trust_route_part_of_enterprise(struct span name, struct span *name_out)
{
    for (size_t i = name.len; i > 0; i--) {
        if (name.ptr[i - 1] != '@')
            continue;
        if (i == name.len)
            return false;
        *name_out = span_sub(name, i, SIZE_MAX);
        return true;
    }
    return false;
}
