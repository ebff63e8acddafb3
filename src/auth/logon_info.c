#include "auth/logon_info.h"

/* userAccountControl to the USER_* bits of [MS-SAMR] 2.2.1.12. */
static uint32_t account_control(uint32_t uac)
{
    static const struct {
        uint32_t uac, sam;
    } bits[] = {
        {UAC_ACCOUNTDISABLE, 0x1},
        {UAC_PASSWD_NOTREQD, 0x4},
        {UAC_NORMAL_ACCOUNT, 0x10},
        {UAC_INTERDOMAIN_TRUST_ACCOUNT, 0x40},
        {UAC_WORKSTATION_TRUST_ACCOUNT, 0x80},
        {UAC_SERVER_TRUST_ACCOUNT, 0x100},
        {UAC_DONT_EXPIRE_PASSWORD, 0x200},
        {UAC_LOCKOUT, 0x400},
        {UAC_SMARTCARD_REQUIRED, 0x1000},
        {UAC_TRUSTED_FOR_DELEGATION, 0x2000},
        {UAC_NOT_DELEGATED, 0x4000},
        {UAC_USE_DES_KEY_ONLY, 0x8000},
        {UAC_DONT_REQ_PREAUTH, 0x10000},
        {UAC_PASSWORD_EXPIRED, 0x20000},
        {UAC_TRUSTED_TO_AUTH_FOR_DELEGATION, 0x40000},
        {UAC_NO_AUTH_DATA_REQUIRED, 0x80000},
        {UAC_PARTIAL_SECRETS_ACCOUNT, 0x100000},
    };
    uint32_t sam = 0;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        sam |= uac & bits[i].uac ? bits[i].sam : 0;
    return sam;
}

uint16_t auth_logon_count(const struct vol_state *state)
{
    return (uint16_t)(state->logon_count < UINT16_MAX ? state->logon_count : UINT16_MAX);
}

/* A text that is not set is an empty one with a pointer, as Windows writes it. */
static struct span text_attr(const struct dir_obj *o, uint32_t attr)
{
    struct span value = SPAN_LIT("");
    (void)dir_attr_first(o, attr, &value);
    return value;
}

static enum err fill_groups(const struct auth_logon *f, struct arena *a,
                            struct pac_logon_info *info)
{
    const struct dir_memberships *m = f->groups;
    if (m->global_count > PAC_GROUPS_MAX || m->universal_count >= PAC_GROUPS_MAX)
        return ERR_LIMIT;
    info->groups = arena_new_array(a, m->global_count, struct pac_group);
    info->extra = arena_new_array(a, m->universal_count + 1, struct pac_sid);
    if (!info->groups || !info->extra)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->global_count; i++) {
        const struct sid *sid = &m->global[i].sid;
        info->groups[info->group_count++] =
            (struct pac_group){sid->sub[sid->count - 1], m->global[i].attributes};
    }
    for (unsigned i = 0; i < m->universal_count; i++)
        info->extra[info->extra_count++] =
            (struct pac_sid){&m->universal[i].sid, m->universal[i].attributes};
    if (f->asserted)
        info->extra[info->extra_count++] = (struct pac_sid){f->asserted, PAC_GROUP_DEFAULT};
    info->user_flags |= info->extra_count ? PAC_FLAG_EXTRA_SIDS : 0;
    return ERR_OK;
}

enum err auth_logon_info(const struct auth_logon *l, struct arena *a, struct pac_logon_info *out)
{
    const struct dir_account *f = l->account;
    struct vol_state state;
    struct dir_obj o;
    TRY(dir_by_id(l->snap, f->id, &o));
    vol_get(l->snap->dir, f->id, &state);
    struct pac_logon_info info = {
        .logon_time = l->now,
        .logoff_time = FILETIME_NEVER,
        .kickoff_time = FILETIME_NEVER,
        .password_last_set = f->pwd_last_set,
        .password_can_change = f->pwd_last_set ? f->pwd_last_set + l->policy->min_age : 0,
        .password_must_change = policy_password_expiry(f->uac, f->pwd_last_set, l->policy),
        .account_name = f->sam_name,
        .full_name = text_attr(&o, ATTR_displayName),
        .logon_script = text_attr(&o, ATTR_scriptPath),
        .profile_path = text_attr(&o, ATTR_profilePath),
        .home_directory = text_attr(&o, ATTR_homeDirectory),
        .home_drive = text_attr(&o, ATTR_homeDrive),
        .logon_count = auth_logon_count(&state),
        .bad_password_count = (uint16_t)state.bad_count,
        .rid = f->sid.sub[f->sid.count - 1],
        .primary_gid = f->primary_group,
        .logon_server = l->server,
        .logon_domain = l->naming->flat_name,
        .domain_sid = &l->naming->domain_sid,
        .user_account_control = account_control(f->uac),
    };
    TRY(fill_groups(l, a, &info));
    *out = info;
    return ERR_OK;
}

/* --- who it is ----------------------------------------------------------------------------------
 */

enum err auth_logon_user(const struct pac_logon_info *l, struct sid *out)
{
    if (l->rid == 0) {
        if (l->extra_count == 0 || !l->extra[0].sid)
            return ERR_MALFORMED;
        *out = *l->extra[0].sid;
        return ERR_OK;
    }
    return l->domain_sid && sid_append(l->domain_sid, l->rid, out) == ERR_OK ? ERR_OK
                                                                             : ERR_MALFORMED;
}

enum err auth_logon_sids(const struct pac_logon_info *l, struct arena *a, struct sid **out,
                         unsigned *count_out)
{
    struct sid *sids = arena_new_array(a, 2 + l->group_count + l->extra_count, struct sid);
    unsigned count = 0;
    if (!sids)
        return ERR_NOMEM;
    TRY(auth_logon_user(l, &sids[count++]));
    TRY(sid_append(l->domain_sid, l->primary_gid, &sids[count++]));
    for (uint32_t i = 0; i < l->group_count; i++)
        TRY(sid_append(l->domain_sid, l->groups[i].rid, &sids[count++]));
    for (uint32_t i = 0; i < l->extra_count; i++)
        sids[count++] = *l->extra[i].sid;
    *out = sids;
    *count_out = count;
    return ERR_OK;
}

/* --- domain-local groups ------------------------------------------------------------------------
 */

/* Where the service can take them: compressed as resource groups, or, when its account says that it
 * cannot, as extra SIDs. Built-in groups are each machine's own business. */
enum err auth_logon_add_groups(struct pac_logon_info *l, const struct dir_group_sid *groups,
                               unsigned count, const struct sid *domain, enum auth_logon_form form,
                               struct arena *a)
{
    struct pac_group *resource = arena_new_array(a, count, struct pac_group);
    struct pac_sid *extra = arena_new_array(a, l->extra_count + count, struct pac_sid);
    if (!resource || !extra)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < l->extra_count; i++)
        extra[i] = l->extra[i];
    for (unsigned i = 0; i < count; i++) {
        uint32_t rid;
        if (!sid_in_domain(&groups[i].sid, domain, &rid))
            continue;
        if (form == AUTH_LOGON_COMPRESSED)
            resource[l->resource_count++] = (struct pac_group){rid, PAC_GROUP_RESOURCE};
        else
            extra[l->extra_count++] = (struct pac_sid){&groups[i].sid, PAC_GROUP_RESOURCE};
    }
    l->extra = extra;
    l->resource = resource;
    if (l->resource_count) {
        l->resource_domain = domain;
        l->user_flags |= PAC_FLAG_RESOURCE_GROUPS;
    }
    if (l->extra_count)
        l->user_flags |= PAC_FLAG_EXTRA_SIDS;
    return ERR_OK;
}

enum err auth_logon_add_local(struct pac_logon_info *l, const struct dir_snap *s,
                              const struct sid *domain, enum auth_logon_form form, struct arena *a)
{
    struct dir_group_sid *groups;
    struct sid *sids;
    unsigned count, found;
    TRY(auth_logon_sids(l, a, &sids, &count));
    TRY(dir_local_groups(s, sids, count, a, &groups, &found));
    return auth_logon_add_groups(l, groups, found, domain, form, a);
}
