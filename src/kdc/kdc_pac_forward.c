/*
 * The PAC of the next ticket ([MS-KILE] 3.3.5.7.3): a copy of what was believed, and for a service
 * the domain-local groups of its domain; identity for ourselves (types 17, 18) leaves service
 * tickets out.
 */
#include "auth/logon_info.h"
#include "kdc/kdc_request.h"
#include "trust/selective.h"

static enum auth_logon_form form_for(const struct kdc_account *service)
{
    return service->facts.enctypes & ENCTYPE_BIT_NO_SID_COMPRESSION ? AUTH_LOGON_SPELT_OUT
                                                                    : AUTH_LOGON_COMPRESSED;
}

enum err kdc_pac_local_groups(struct kdc_request *r, const struct kdc_account *service,
                              struct pac_logon_info *l)
{
    enum err e =
        auth_logon_add_local(l, &r->snap, &r->domain->naming.domain_sid, form_for(service), r->a);
    return e == ERR_LIMIT ? kdc_refuse(r, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS) : e;
}

/* Who came over a trust with selective authentication needs a right on the very service. */
static enum err check_selective(struct kdc_request *r, const struct kdc_evidence *e,
                                const struct kdc_account *service)
{
    enum trust_organization o =
        e->logon->other_organization ? ORGANIZATION_OTHER : ORGANIZATION_THIS;
    bool granted = false;
    if (trust_selective_applies(o))
        TRY(auth_logon_allowed(&r->snap, e->logon->sids, e->logon->sid_count, service->sd_id,
                               &service->facts.sid, r->a, &granted));
    enum reason reason = trust_selective_check(o, granted);
    return reason == REASON_NONE ? ERR_OK : kdc_refuse(r, KDC_ERR_POLICY, reason);
}

static enum err with_local_groups(struct kdc_request *r, const struct kdc_evidence *e,
                                  const struct kdc_account *service, struct span *out)
{
    enum err err =
        kdc_logons_for_service(&r->kdc->logons, e->logon, &r->snap, &r->domain->naming.domain_sid,
                               form_for(service), r->a, out);
    return err == ERR_LIMIT ? kdc_refuse(r, KDC_ERR_POLICY, REASON_KDC_TOO_MANY_GROUPS) : err;
}

/* UPN_DNS_INFO passes when it names nobody else ([MS-PAC] 2.10). */
static struct span checked_upn(struct kdc_request *r, const struct kdc_evidence *e)
{
    struct span contents = pac_contents(&e->pac, PAC_UPN_DNS);
    struct pac_upn_dns upn;
    if (!contents.ptr || pac_upn_dns(contents, r->a, &upn) != ERR_OK)
        return SPAN_NONE;
    return upn.sid && !sid_eq(upn.sid, &e->user) ? SPAN_NONE : contents;
}

enum err kdc_pac_forward(struct kdc_request *r, const struct kdc_evidence *e,
                         const struct kdc_pac_next *next, uint8_t **pac_out,
                         struct pac_layout *layout_out)
{
    struct pac_content content = {
        .server_cksumtype = next->server_cksumtype,
        .kdc_cksumtype = next->kdc_cksumtype,
        .ticket_signature = next->service != NULL,
        .full_signature = next->service != NULL,
    };
    content.raw[PAC_LOGON_INFO] = e->logon->passed;
    content.raw[PAC_CLIENT_INFO] = pac_contents(&e->pac, PAC_CLIENT_INFO);
    content.raw[PAC_UPN_DNS] = checked_upn(r, e);
    if (!e->header->trust) {
        /* Claims and device information have no policy across a trust: there they are cleared. */
        static const enum pac_type copied[] = {PAC_DELEGATION, PAC_CLIENT_CLAIMS, PAC_DEVICE_INFO,
                                               PAC_DEVICE_CLAIMS};
        for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
            content.raw[copied[i]] = pac_contents(&e->pac, copied[i]);
    }
    if (next->keeps_identity) {
        content.raw[PAC_ATTRIBUTES] = pac_contents(&e->pac, PAC_ATTRIBUTES);
        content.requestor = &e->user;
    }
    if (next->service) {
        TRY(check_selective(r, e, next->service));
        TRY(with_local_groups(r, e, next->service, &content.raw[PAC_LOGON_INFO]));
    }
    TRY(kdc_pac_build(r, &content, pac_out, layout_out));
    pac_set_logon(*pac_out, layout_out, pac_contents(&e->pac, PAC_LOGON_INFO));
    return ERR_OK;
}
