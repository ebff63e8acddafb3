#include "trust/forest_merge.h"

#include "base/text.h"
#include "trust/routing.h"

/* --- what the partner tells ----------------------------------------------------------------------
 */

struct merge {
    const struct trust *t;
    const struct forest_told *told;
    struct forest_record *records;
    unsigned count, waiting;
};

static void keep(struct merge *m, const struct forest_record *r)
{
    m->records[m->count++] = *r;
}

static bool same_name(struct span a, struct span b)
{
    return ascii_eq_fold(a, b);
}

static bool covered(const struct merge *m, struct span name)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->records[i].type == FOREST_TLN && dns_name_under(name, m->records[i].name))
            return true;
    return false;
}

static const struct forest_record *old_name(const struct merge *m, struct span name)
{
    for (unsigned i = 0; i < m->t->record_count; i++)
        if (m->t->records[i].type == FOREST_TLN && same_name(m->t->records[i].name, name))
            return &m->t->records[i];
    return NULL;
}

/* A name under one that the partner claims as well says nothing more, so the superior ones come
 * first. */
static void merge_name(struct merge *m, const struct forest_record *told)
{
    const struct forest_record *old = old_name(m, told->name);
    if (covered(m, told->name))
        return;
    struct forest_record r = {.type = FOREST_TLN,
                              .time = old ? old->time : m->told->now,
                              .flags = old ? old->flags : trust_new_record_flags(m->t, told),
                              .name = told->name};
    m->waiting += !old && (r.flags & FOREST_TLN_NEW);
    keep(m, &r);
}

static bool is_superior(const struct merge *m, unsigned which)
{
    const struct forest_told *told = m->told;
    struct span name = told->records[which].name;
    for (unsigned i = 0; i < told->count; i++)
        if (i != which && told->records[i].type == FOREST_TLN &&
            dns_name_under(name, told->records[i].name) && told->records[i].name.len < name.len)
            return false;
    return true;
}

static void merge_names(struct merge *m)
{
    for (unsigned i = 0; i < m->told->count; i++)
        if (m->told->records[i].type == FOREST_TLN && m->told->records[i].name.len &&
            is_superior(m, i))
            merge_name(m, &m->told->records[i]);
}

/* The specification finds the old record by the NetBIOS name, which an impostor can choose; a
 * decision was made about a domain, which is its SID. */
static const struct forest_record *domain_in(const struct forest_record *list, unsigned count,
                                             const struct sid *sid)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i].type == FOREST_DOMAIN && sid_eq(&list[i].sid, sid))
            return &list[i];
    return NULL;
}

static void merge_domains(struct merge *m)
{
    for (unsigned i = 0; i < m->told->count; i++) {
        struct forest_record r = m->told->records[i];
        if (r.type != FOREST_DOMAIN || domain_in(m->records, m->count, &r.sid) ||
            !covered(m, r.name))
            continue;
        const struct forest_record *old = domain_in(m->t->records, m->t->record_count, &r.sid);
        r.flags = old ? old->flags : 0;
        r.time = old ? old->time : m->told->now;
        keep(m, &r);
    }
}

/* What the administrator decided, and data that only later versions understand. */
static void keep_decisions(struct merge *m)
{
    const uint32_t off = FOREST_SID_ADMIN_DISABLED | FOREST_NB_ADMIN_DISABLED;
    for (unsigned i = 0; i < m->t->record_count; i++) {
        const struct forest_record *r = &m->t->records[i];
        bool stays = r->type == FOREST_TLN             ? false
                     : r->type == FOREST_TLN_EXCLUSION ? covered(m, r->name)
                     : r->type == FOREST_DOMAIN        ? (r->flags & off) && covered(m, r->name) &&
                                                      !domain_in(m->records, m->count, &r->sid)
                                                : true;
        if (stays)
            keep(m, r);
    }
}

enum err trust_merge_forest_info(const struct trust *t, const struct forest_told *told,
                                 struct arena *a, struct forest_record **out, unsigned *count_out,
                                 unsigned *new_out)
{
    struct merge m = {.t = t, .told = told};
    m.records = arena_new_array(a, told->count + t->record_count, struct forest_record);
    if (!m.records)
        return ERR_NOMEM;
    merge_names(&m);
    merge_domains(&m);
    keep_decisions(&m);
    if (m.count > FOREST_RECORDS_MAX)
        return ERR_LIMIT;
    *out = m.records;
    *count_out = m.count;
    *new_out = m.waiting;
    return ERR_OK;
}

/* --- what the administrator decides --------------------------------------------------------------
 */

/* clang-format off */
static const struct decision {
    enum forest_record_type type;
    bool by_flat, set;
    uint32_t admin, fresh, conflict; /* flags: his own; what enabling clears too; what he cannot overrule */
    enum reason reason;              /* of a conflict */
} decisions[FOREST_DECISION__COUNT] = {
    /* type of record, found by the NetBIOS name, sets; flags; refusal */
    [FOREST_ENABLE] = {FOREST_TLN, false, false, FOREST_TLN_ADMIN_DISABLED, FOREST_TLN_NEW, FOREST_TLN_CONFLICT,
                       REASON_FOREST_INFO_TLN_CONFLICT},
    [FOREST_DISABLE] = {FOREST_TLN, false, true, FOREST_TLN_ADMIN_DISABLED, FOREST_TLN_NEW, 0, REASON_NONE},
    [FOREST_EXCLUDE] = {FOREST_TLN_EXCLUSION, false, true, 0, 0, 0, REASON_NONE},
    [FOREST_INCLUDE] = {FOREST_TLN_EXCLUSION, false, false, 0, 0, 0, REASON_NONE},
    [FOREST_DOMAIN_ENABLE] = {FOREST_DOMAIN, false, false, FOREST_SID_ADMIN_DISABLED, 0, FOREST_SID_CONFLICT,
                              REASON_FOREST_INFO_SID_CONFLICT},
    [FOREST_DOMAIN_DISABLE] = {FOREST_DOMAIN, false, true, FOREST_SID_ADMIN_DISABLED, 0, 0, REASON_NONE},
    [FOREST_FLAT_ENABLE] = {FOREST_DOMAIN, true, false, FOREST_NB_ADMIN_DISABLED, 0, FOREST_NB_CONFLICT,
                            REASON_FOREST_INFO_FLAT_CONFLICT},
    [FOREST_FLAT_DISABLE] = {FOREST_DOMAIN, true, true, FOREST_NB_ADMIN_DISABLED, 0, 0, REASON_NONE},
};
/* clang-format on */

static struct forest_record *find(struct forest_record *records, unsigned count,
                                  const struct decision *d, struct span name)
{
    for (unsigned i = 0; i < count; i++) {
        struct span has = d->by_flat ? records[i].flat_name : records[i].name;
        if (records[i].type == d->type && has.len && text_eq_fold(has, name))
            return &records[i];
    }
    return NULL;
}

static enum reason exclude(struct forest_record *records, unsigned *count,
                           const struct forest_record *there, struct span name, int64_t now)
{
    if (there)
        return REASON_NONE;
    for (unsigned i = 0; i < *count; i++) {
        if (records[i].type != FOREST_TLN || !dns_name_under(name, records[i].name))
            continue;
        records[(*count)++] =
            (struct forest_record){.type = FOREST_TLN_EXCLUSION, .time = now, .name = name};
        return REASON_NONE;
    }
    return REASON_FOREST_NAME_UNKNOWN;
}

static void take_out(struct forest_record *records, unsigned *count, struct forest_record *which)
{
    size_t after = *count - (size_t)(which - records) - 1;
    memmove(which, which + 1, after * sizeof(*which));
    --*count;
}

enum reason trust_decide_forest_name(struct forest_record *records, unsigned *count,
                                     enum forest_decision what, struct span name, int64_t now)
{
    const struct decision *d = &decisions[what];
    struct forest_record *r = find(records, *count, d, name);
    if (what == FOREST_EXCLUDE)
        return exclude(records, count, r, name, now);
    if (!r)
        return REASON_FOREST_NAME_UNKNOWN;
    if (r->flags & d->conflict)
        return d->reason;
    if (what == FOREST_INCLUDE) {
        take_out(records, count, r);
        return REASON_NONE;
    }
    r->flags = (r->flags & ~d->fresh & ~d->admin) | (d->set ? d->admin : 0);
    return REASON_NONE;
}
