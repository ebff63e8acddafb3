/*
 * The PAC of a fresh TGT ([MS-KILE] 3.3.5.6.4, [MS-PAC] 2.5 to 2.9).
 */
#include "kdc/kdc_request.h"

const struct sid kdc_asserted_identity = {
    .revision = 1, .count = 1, .authority = {0, 0, 0, 0, 0, 18}, .sub = {1}};

/* userAccountControl to the USER_* bits of [MS-SAMR] 2.2.1.12. */
uint32_t kdc_pac_account_control(uint32_t uac)
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

uint16_t kdc_pac_logon_count(const struct vol_state *state)
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

static enum err fill_groups(struct kdc_request *r, const struct dir_memberships *m,
                            struct pac_logon_info *info)
{
    if (m->global_count > PAC_GROUPS_MAX || m->universal_count >= PAC_GROUPS_MAX)
        return kdc_refuse(r, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS);
    info->groups = arena_new_array(r->a, m->global_count, struct pac_group);
    info->extra = arena_new_array(r->a, m->universal_count + 1, struct pac_sid);
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
    info->extra[info->extra_count++] = (struct pac_sid){&kdc_asserted_identity, PAC_GROUP_DEFAULT};
    info->user_flags |= PAC_FLAG_EXTRA_SIDS;
    return ERR_OK;
}

static enum err fill_logon(struct kdc_request *r, const struct kdc_account *c,
                           const struct kdc_pac_spec *spec, struct pac_logon_info *info)
{
    const struct dir_account *f = &c->facts;
    const struct policy_settings *policy = spec->policy;
    struct vol_state state;
    struct dir_obj o;
    TRY(dir_by_id(&r->snap, f->id, &o));
    vol_get(r->kdc->env.dir, f->id, &state);
    int64_t expiry = policy_password_expiry(f->uac, f->pwd_last_set, policy);
    *info = (struct pac_logon_info){
        .logon_time = utime_to_filetime(spec->authtime),
        .logoff_time = FILETIME_NEVER,
        .kickoff_time = FILETIME_NEVER,
        .password_last_set = f->pwd_last_set,
        .password_can_change = f->pwd_last_set ? f->pwd_last_set + policy->min_age : 0,
        .password_must_change = expiry,
        .account_name = f->sam_name,
        .full_name = text_attr(&o, ATTR_displayName),
        .logon_script = text_attr(&o, ATTR_scriptPath),
        .profile_path = text_attr(&o, ATTR_profilePath),
        .home_directory = text_attr(&o, ATTR_homeDirectory),
        .home_drive = text_attr(&o, ATTR_homeDrive),
        .logon_count = kdc_pac_logon_count(&state),
        .bad_password_count = (uint16_t)state.bad_count,
        .rid = f->sid.sub[f->sid.count - 1],
        .primary_gid = f->primary_group,
        .logon_server = r->kdc->env.dc_name,
        .logon_domain = r->domain->naming.flat_name,
        .domain_sid = &r->domain->naming.domain_sid,
        .user_account_control = kdc_pac_account_control(f->uac),
    };
    return fill_groups(r, spec->groups, info);
}

static enum err fill_upn(struct kdc_request *r, const struct kdc_account *c,
                         struct pac_upn_dns *out)
{
    *out = (struct pac_upn_dns){.upn = c->facts.upn,
                                .dns_domain = r->domain->naming.realm,
                                .sam_name = c->facts.sam_name,
                                .sid = &c->facts.sid};
    if (out->upn.len)
        return ERR_OK;
    char *upn = arena_printf(r->a, "%.*s@%.*s", SPAN_ARG(c->facts.sam_name),
                             SPAN_ARG(r->domain->naming.dns_name));
    out->flags = PAC_UPN_CONSTRUCTED;
    out->upn = span_str(upn);
    return upn ? ERR_OK : ERR_NOMEM;
}

enum err kdc_pac_build(struct kdc_request *r, const struct pac_content *content, uint8_t **pac_out,
                       struct pac_layout *layout_out)
{
    struct builder b;
    struct span built;
    struct pac_layout layout;
    builder_in(&b, r->a, PAC_MAX);
    pac_build(&b, content, &layout);
    enum err e = builder_done(&b, &built);
    if (e == ERR_LIMIT)
        return kdc_refuse(r, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS);
    TRY(e);
    *pac_out = (uint8_t *)(uintptr_t)built.ptr; /* memory of our own arena */
    *layout_out = layout;
    return ERR_OK;
}

enum err kdc_pac_initial(struct kdc_request *r, const struct kdc_account *client,
                         const struct kdc_pac_spec *spec, uint8_t **pac_out,
                         struct pac_layout *layout_out)
{
    struct pac_logon_info logon;
    struct pac_upn_dns upn;
    struct pac_client_info info = {.authtime = utime_to_filetime(spec->authtime),
                                   .name = spec->client_name};
    TRY(fill_logon(r, client, spec, &logon));
    TRY(fill_upn(r, client, &upn));
    if (spec->service)
        TRY(kdc_pac_local_groups(r, spec->service, &logon));
    struct pac_content content = {
        .logon = &logon,
        .client = &info,
        .upn_dns = &upn,
        .has_attributes = spec->is_tgt,
        .attributes = spec->attributes,
        .requestor = spec->is_tgt ? &client->facts.sid : NULL,
        .server_cksumtype = spec->server_cksumtype,
        .kdc_cksumtype = spec->kdc_cksumtype,
        .ticket_signature = spec->is_service,
        .full_signature = spec->is_service,
    };
    return kdc_pac_build(r, &content, pac_out, layout_out);
}
