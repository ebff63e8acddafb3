/*
 * The PAC of a fresh TGT ([MS-KILE] 3.3.5.6.4, [MS-PAC] 2.5 to 2.9).
 */
#include "auth/logon_info.h"
#include "kdc/kdc_request.h"

/* S-1-18-1: the authentication authority asserted the identity. */
static const struct sid asserted_identity = {
    .revision = 1, .count = 1, .authority = {0, 0, 0, 0, 0, 18}, .sub = {1}};

static enum err fill_logon(struct kdc_request *r, const struct kdc_account *c,
                           const struct kdc_pac_spec *spec, struct pac_logon_info *info)
{
    struct auth_logon l = {.snap = &r->snap,
                           .naming = &r->domain->naming,
                           .server = r->kdc->env.dc_name,
                           .account = &c->facts,
                           .groups = spec->groups,
                           .policy = spec->policy,
                           .now = utime_to_filetime(spec->authtime),
                           .asserted = &asserted_identity};
    enum err e = auth_logon_info(&l, r->a, info);
    return e == ERR_LIMIT ? kdc_refuse(r, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS) : e;
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
