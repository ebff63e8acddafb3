/*
 * The service of a request: ourselves, a local account by its principal name, or, in a TGS, the
 * realm to go to next (RFC 6806 section 8, [MS-KILE] 3.3.5.7.5).
 */
#include "base/text.h"
#include "kdc/kdc_request.h"

/* krbtgt itself, as a TGS or behind kadmin/changepw. */
static enum err own_service(struct kdc_request *r, const struct krb_name *sname, bool changepw,
                            struct kdc_service *out)
{
    TRY(kdc_krbtgt(r, &out->account));
    out->kind = changepw ? KDC_SERVICE_CHANGEPW : KDC_SERVICE_TGS;
    out->is_changepw = changepw;
    out->name = *sname;
    if (!changepw && (r->body->kdc_options & KRB_OPT_CANONICALIZE))
        out->name = krb_name_tgs(r->domain->naming.realm, r->a);
    out->key = out->krbtgt_key;
    out->kvno = out->account->keys.version[0].kvno;
    out->enctypes = out->account->enctypes | ENCTYPE_BIT_FAST;
    return out->name.parts.count ? ERR_OK : ERR_NOMEM;
}

static enum err local_service(struct kdc_request *r, const struct krb_name *sname,
                              const struct kdc_account *account, struct kdc_service *out)
{
    if (account->facts.uac & (UAC_ACCOUNTDISABLE | UAC_INTERDOMAIN_TRUST_ACCOUNT))
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_SERVICE_DISABLED);
    out->account = account;
    out->kind = KDC_SERVICE_LOCAL;
    out->name = *sname;
    out->key = kdc_pick_key(r, out->account, NULL);
    if (!out->key)
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_SERVICE_WITHOUT_KEY);
    out->kvno = out->account->keys.version[0].kvno;
    out->enctypes = out->account->enctypes;
    out->ok_as_delegate = account->facts.uac & UAC_TRUSTED_FOR_DELEGATION;
    return ERR_OK;
}

static enum err find_account(struct kdc_request *r, const struct krb_name *sname,
                             struct kdc_account **out)
{
    struct span plain = krb_name_plain(sname, r->a);
    if (sname->type == KRB_NT_ENTERPRISE || sname->type == KRB_NT_MS_PRINCIPAL) {
        enum err e = kdc_account_named(r, KDC_NAME_UPN, plain, out);
        if (e != ERR_NOT_FOUND)
            return e;
    }
    if (sname->parts.count == 1)
        return kdc_account_named(r, KDC_NAME_SAM, plain, out);
    return kdc_account_named(r, KDC_NAME_SPN, plain, out);
}

static enum err referral_to(struct kdc_request *r, const struct trust *trust,
                            struct kdc_service *out)
{
    const struct trust_keys *keys;
    struct span realm = ascii_upper(r->a, trust->dns_name);
    if (!realm.ptr)
        return ERR_NOMEM;
    if (!(trust->direction & TRUST_INBOUND))
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_TRANSIT_NOT_INCOMING);
    TRY(auth_trust_keys(&r->snap, r->kdc->trust_keys, trust, TRUST_INBOUND, &r->domain->local,
                        r->domain->settings.allow_rc4, &keys));
    const struct trust_keyset *set = trust_encryption_keys(keys, r->now);
    if (set->count == 0)
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_TRUST_NO_COMMON_ENCTYPE);
    out->kind = KDC_SERVICE_REFERRAL;
    out->trust = trust;
    out->name = krb_name_tgs(realm, r->a);
    out->key = &set->key[0];
    out->enctypes = trust->enctypes ? trust->enctypes : ENCTYPE_BIT_AES128 | ENCTYPE_BIT_AES256;
    return out->name.parts.count ? ERR_OK : ERR_NOMEM;
}

/* krbtgt/REALM: us, or exactly a partner. */
static enum err ticket_granting(struct kdc_request *r, const struct krb_name *sname,
                                struct span realm, enum kdc_exchange exchange,
                                struct kdc_service *out)
{
    if (kdc_is_local_realm(r, realm))
        return own_service(r, sname, false, out);
    if (exchange == KDC_FOR_AS)
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_SERVICE_UNKNOWN);
    TRY(kdc_trusts(r));
    const struct trust *trust = auth_trust_named(r->domain->trusts, r->domain->trust_count, realm);
    if (!trust)
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_REALM_UNKNOWN);
    return referral_to(r, trust, out);
}

/* A name that is not ours: by its host's suffix to the next realm, when the client follows
 * referrals. */
static enum err route(struct kdc_request *r, const struct krb_name *sname,
                      enum kdc_exchange exchange, struct kdc_service *out)
{
    struct route found;
    struct span host;
    if (exchange == KDC_FOR_AS || !(r->body->kdc_options & KRB_OPT_CANONICALIZE) ||
        !trust_route_part_of_service(sname->parts.items, sname->parts.count, &host))
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_SERVICE_UNKNOWN);
    TRY(kdc_route(r, host, ROUTE_SERVICE, &found));
    if (found.kind == ROUTE_LOCAL)
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_SERVICE_UNKNOWN);
    if (found.kind == ROUTE_NONE)
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, found.reason);
    return referral_to(r, found.trust, out);
}

enum err kdc_find_service(struct kdc_request *r, const struct krb_name *sname, struct span realm,
                          enum kdc_exchange exchange, struct kdc_service *service)
{
    struct kdc_account *account;
    const struct kdc_account *krbtgt;
    struct span tgs_realm;
    TRY(kdc_krbtgt(r, &krbtgt));
    service->krbtgt_key = kdc_pick_key(r, krbtgt, NULL);
    if (!service->krbtgt_key)
        return ERR_STATE;
    if (krb_name_is_tgs(sname, &tgs_realm))
        return ticket_granting(r, sname, tgs_realm, exchange, service);
    if (krb_name_is(sname, "kadmin", "changepw"))
        return own_service(r, sname, true, service);
    enum err e = kdc_is_local_realm(r, realm) ? find_account(r, sname, &account) : ERR_NOT_FOUND;
    if (e == ERR_EXISTS)
        return kdc_refuse(r, KDC_ERR_PRINCIPAL_NOT_UNIQUE, REASON_KDC_NAME_NOT_UNIQUE);
    if (e == ERR_NOT_FOUND)
        return route(r, sname, exchange, service);
    return e == ERR_OK ? local_service(r, sname, account, service) : e;
}
