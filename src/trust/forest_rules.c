/* What forest trust information may say, and who has the better right to a name or SID. */
#include "trust/routing.h"

#include "base/text.h"

/* The record at hand, and everything that may have a better right. */
struct claim {
    const struct route_facts *f;
    unsigned which; /* the trust */
    const struct forest_record *records;
    unsigned index; /* the record */
};

/* NULL ptr: nobody. */
typedef struct span (*holder_fn)(const struct claim *c);

static bool same_name(struct span a, struct span b)
{
    return a.len > 0 && ascii_eq_fold(a, b);
}

static bool same_flat(struct span a, struct span b)
{
    return a.len > 0 && text_eq_fold(a, b);
}

static bool same_sid(const struct sid *a, const struct sid *b)
{
    return a->count > 0 && sid_eq(a, b);
}

/* Two records that cannot both have the DNS name: top-level names and domains, but a forest may
 * call its own top-level name and its own domain the same. */
static bool names_clash(const struct forest_record *a, const struct forest_record *b,
                        bool same_forest)
{
    bool names = (a->type == FOREST_TLN || a->type == FOREST_DOMAIN) &&
                 (b->type == FOREST_TLN || b->type == FOREST_DOMAIN);

    return names && (!same_forest || a->type == b->type) && same_name(a->name, b->name);
}

static struct span dns_holder(const struct claim *c)
{
    const struct trust_local *l = c->f->local;
    const struct forest_record *r = &c->records[c->index];

    if (same_name(l->dns_name, r->name))
        return l->dns_name;
    for (unsigned i = 0; i < l->domain_count; i++)
        if (same_name(l->domains[i].dns_name, r->name))
            return l->domains[i].dns_name;
    for (unsigned i = 0; i < l->suffix_count; i++)
        if (same_name(l->suffixes[i], r->name))
            return l->suffixes[i];
    for (unsigned t = 0; t < c->f->trust_count; t++) {
        const struct trust *other = &c->f->trusts[t];

        if (t != c->which && same_name(other->dns_name, r->name))
            return other->dns_name;
        for (unsigned i = 0; t < c->which && i < other->record_count; i++)
            if (trust_record_name_enabled(&other->records[i]) &&
                names_clash(&other->records[i], r, false))
                return other->dns_name;
    }
    for (unsigned i = 0; i < c->index; i++)
        if (names_clash(&c->records[i], r, true))
            return c->records[i].name;
    return SPAN_NONE;
}

static struct span sid_holder(const struct claim *c)
{
    const struct trust_local *l = c->f->local;
    const struct sid *s = &c->records[c->index].sid;

    if (same_sid(&l->domain_sid, s))
        return l->dns_name;
    for (unsigned i = 0; i < l->forest_sid_count; i++)
        if (same_sid(&l->forest_sids[i], s))
            return l->forest_name;
    for (unsigned t = 0; t < c->f->trust_count; t++) {
        const struct trust *other = &c->f->trusts[t];

        if (t != c->which && same_sid(&other->sid, s))
            return other->dns_name;
        for (unsigned i = 0; t < c->which && i < other->record_count; i++)
            if (trust_record_sid_enabled(&other->records[i]) && same_sid(&other->records[i].sid, s))
                return other->dns_name;
    }
    for (unsigned i = 0; i < c->index; i++)
        if (c->records[i].type == FOREST_DOMAIN && same_sid(&c->records[i].sid, s))
            return c->records[i].name;
    return SPAN_NONE;
}

/* For NetBIOS names the longer DNS name loses, and of two of one length the later in the alphabet.
 */
static bool loses_flat(const struct trust *a, const struct trust *b)
{
    if (a->dns_name.len != b->dns_name.len)
        return a->dns_name.len > b->dns_name.len;
    return span_cmp(a->dns_name, b->dns_name) > 0;
}

static struct span flat_holder(const struct claim *c)
{
    const struct trust_local *l = c->f->local;
    const struct trust *own = &c->f->trusts[c->which];
    struct span flat = c->records[c->index].flat_name;

    if (same_flat(l->flat_name, flat))
        return l->dns_name;
    for (unsigned i = 0; i < l->domain_count; i++)
        if (same_flat(l->domains[i].flat_name, flat))
            return l->domains[i].dns_name;
    for (unsigned t = 0; t < c->f->trust_count; t++) {
        const struct trust *other = &c->f->trusts[t];

        if (t == c->which)
            continue;
        if (same_flat(other->flat_name, flat))
            return other->dns_name;
        for (unsigned i = 0; loses_flat(own, other) && i < other->record_count; i++)
            if (trust_record_flat_enabled(&other->records[i]) &&
                same_flat(other->records[i].flat_name, flat))
                return other->dns_name;
    }
    for (unsigned i = 0; i < c->index; i++)
        if (c->records[i].type == FOREST_DOMAIN && same_flat(c->records[i].flat_name, flat))
            return c->records[i].name;
    return SPAN_NONE;
}

/* clang-format off */
/* table: forest_collisions -- type of record, who may hold it better, flag, reason */
static const struct {
    enum forest_record_type type;
    holder_fn holder;
    uint32_t flag;
    enum reason reason;
} collisions[] = {
    {FOREST_TLN, dns_holder, FOREST_TLN_CONFLICT, REASON_FOREST_INFO_TLN_CONFLICT},
    {FOREST_DOMAIN, dns_holder, FOREST_SID_CONFLICT, REASON_FOREST_INFO_SID_CONFLICT},
    {FOREST_DOMAIN, sid_holder, FOREST_SID_CONFLICT, REASON_FOREST_INFO_SID_CONFLICT},
    {FOREST_DOMAIN, flat_holder, FOREST_NB_CONFLICT, REASON_FOREST_INFO_FLAT_CONFLICT},
};
/* end table */
/* clang-format on */
#define COLLISIONS (sizeof(collisions) / sizeof(collisions[0]))

static uint32_t conflict_bits(enum forest_record_type type)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < COLLISIONS; i++)
        if (collisions[i].type == type)
            bits |= collisions[i].flag;
    return bits;
}

unsigned trust_flag_collisions(const struct route_facts *f, unsigned which,
                               struct forest_record *records, struct forest_collision *found,
                               unsigned found_max, unsigned *found_count_out)
{
    unsigned changed = 0, count = 0;

    for (unsigned i = 0; i < f->trusts[which].record_count; i++) {
        struct claim c = {f, which, records, i};
        uint32_t flags = records[i].flags & ~conflict_bits(records[i].type);

        for (size_t k = 0; k < COLLISIONS; k++) {
            if (collisions[k].type != records[i].type)
                continue;
            struct span with = collisions[k].holder(&c);
            if (!with.ptr)
                continue;
            flags |= collisions[k].flag;
            if (count < found_max)
                found[count++] = (struct forest_collision){i, collisions[k].reason, with};
        }
        changed += flags != records[i].flags;
        records[i].flags = flags;
    }
    *found_count_out = count;
    return changed;
}

static bool under_any_tln(const struct forest_record *records, unsigned count, struct span name)
{
    for (unsigned i = 0; i < count; i++)
        if (records[i].type == FOREST_TLN && dns_name_under(name, records[i].name))
            return true;
    return false;
}

enum reason trust_check_forest_info(const struct forest_record *records, unsigned count,
                                    unsigned *record_out)
{
    bool any = false;

    for (unsigned i = 0; i < count && !any; i++)
        any = records[i].type == FOREST_TLN && records[i].name.len > 0;
    if (!any)
        return REASON_FOREST_INFO_EMPTY;
    for (unsigned i = 0; i < count; i++) {
        if (records[i].type != FOREST_DOMAIN || under_any_tln(records, count, records[i].name))
            continue;
        if (record_out)
            *record_out = i;
        return REASON_FOREST_INFO_NOT_UNDER_TLN;
    }
    return REASON_NONE;
}

uint32_t trust_new_record_flags(const struct trust *t, const struct forest_record *r)
{
    return r->type == FOREST_TLN && !dns_name_under(r->name, t->dns_name) ? FOREST_TLN_NEW : 0;
}
