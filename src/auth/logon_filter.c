/*
 * What is left of a logon that came over a trust ([MS-PAC] 4.1.2.2, [MS-KILE] 3.3.5.7, [MS-APDS]
 * 3.1.5).
 */
#include "auth/logon_info.h"
#include "directory/access.h"
#include "trust/selective.h"

static void drop(const struct auth_logon_filter *f, const struct sid *sid, uint8_t rule)
{
    f->dropped(f->ctx, sid, (enum sid_rule)rule);
}

static void keep_what_passes(const struct auth_logon_filter *f, const struct trust_sid_result *r,
                             struct pac_logon_info *l)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->group_count; i++) {
        struct sid sid;
        if (trust_sid_rule_keeps((enum sid_rule)r->groups[i], r->boundary))
            l->groups[kept++] = l->groups[i];
        else if (sid_append(l->domain_sid, l->groups[i].rid, &sid) == ERR_OK)
            drop(f, &sid, r->groups[i]);
    }
    l->group_count = kept;
    kept = 0;
    for (uint32_t i = 0; i < l->extra_count; i++) {
        if (trust_sid_rule_keeps((enum sid_rule)r->extra[i], r->boundary))
            l->extra[kept++] = l->extra[i];
        else if (l->extra[i].sid)
            drop(f, l->extra[i].sid, r->extra[i]);
    }
    l->extra_count = kept;
    l->resource_count = 0;
    l->resource_domain = NULL;
}

enum err auth_logon_filter(const struct auth_logon_filter *f, struct pac_logon_info *l,
                           struct arena *a, enum reason *why_out)
{
    struct trust_sid_result result;
    TRY(trust_sid_filter(f->trust, f->local, l, a, &result));
    if (result.reason == REASON_NONE)
        keep_what_passes(f, &result, l);
    *why_out = result.reason;
    return ERR_OK;
}

enum err auth_logon_organization(const struct trust *crossed, struct pac_logon_info *l,
                                 struct arena *a, bool *other_out)
{
    bool had_other = false, had_this = false;
    struct pac_sid *extra = arena_new_array(a, l->extra_count + 1, struct pac_sid);
    uint32_t kept = 0;
    if (!extra)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < l->extra_count; i++) {
        bool other = sid_eq(l->extra[i].sid, &trust_sid_other_organization);
        bool this_one = sid_eq(l->extra[i].sid, &trust_sid_this_organization);
        had_other |= other;
        had_this |= this_one;
        if (!other && !this_one)
            extra[kept++] = l->extra[i];
    }
    enum trust_organization o = trust_organization_of(crossed, had_other);
    if (crossed || had_other || had_this)
        extra[kept++] = (struct pac_sid){trust_organization_sid(o), PAC_GROUP_DEFAULT};
    l->extra = extra;
    l->extra_count = kept;
    l->user_flags =
        kept ? l->user_flags | PAC_FLAG_EXTRA_SIDS : l->user_flags & ~PAC_FLAG_EXTRA_SIDS;
    *other_out = o == ORGANIZATION_OTHER;
    return ERR_OK;
}

enum err auth_logon_allowed(const struct dir_snap *s, const struct sid *sids, unsigned count,
                            uint32_t sd_id, const struct sid *service, struct arena *a,
                            bool *allowed_out)
{
    struct dir_token token;
    struct span sd;
    struct guid right;
    struct access_target target = {.property = &right};
    memcpy(right.b, trust_right_allowed_to_authenticate, sizeof(right.b));
    TRY(dir_token_for_sids(s, sids, count, a, &token));
    TRY(dir_sd(s, sd_id, &sd));
    *allowed_out = access_check(sd, &token, ACCESS_CONTROL, &target, service);
    return ERR_OK;
}
