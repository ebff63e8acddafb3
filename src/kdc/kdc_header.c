/*
 * The header of a TGS request (and the armour of an AS): an AP-REQ with a TGT of ours or an
 * inter-realm TGT of a trusted realm, RFC 4120 sections 3.2.3 and 3.3.2.
 */
#include "directory/volatile.h"
#include "kdc/kdc_request.h"

/* A ticket that we issued: krbtgt/US@US, in any current or former key of krbtgt. */
static enum err open_own(struct kdc_request *r, const struct krb_ticket *ticket,
                         struct kdc_header *h, struct span *plain_out)
{
    const struct kdc_account *krbtgt;
    TRY(kdc_krbtgt(r, &krbtgt));
    for (unsigned v = 0; v < krbtgt->keys.versions; v++) {
        if (ticket->enc_part.has_kvno && ticket->enc_part.kvno != krbtgt->keys.version[v].kvno)
            continue;
        h->key = kdc_keys_find(&krbtgt->keys, v, ticket->enc_part.etype);
        if (h->key &&
            kdc_decrypt_kept(r, h->key, KRB_USAGE_TICKET, &ticket->enc_part, plain_out) == ERR_OK)
            return ERR_OK;
    }
    return kdc_refuse(r, KRB_AP_ERR_BAD_INTEGRITY, REASON_KDC_TICKET_NOT_OURS);
}

/* A referral of another realm: krbtgt/US@THEM, in a key of the trust's outgoing half. */
static enum err open_foreign(struct kdc_request *r, const struct krb_ticket *ticket,
                             struct kdc_header *h, struct span *plain_out)
{
    const struct trust_keys *keys;
    const struct krb_key *key;
    TRY(kdc_trusts(r));
    h->trust = auth_trust_named(r->domain->trusts, r->domain->trust_count, ticket->realm);
    if (!h->trust)
        return kdc_refuse(r, KDC_ERR_S_PRINCIPAL_UNKNOWN, REASON_KDC_REALM_UNKNOWN);
    event_text(&r->event, "trust", h->trust->dns_name);
    if (!(h->trust->direction & TRUST_OUTBOUND))
        return kdc_refuse(r, KDC_ERR_POLICY, REASON_TRANSIT_NOT_OUTGOING);
    TRY(auth_trust_keys(&r->snap, r->kdc->trust_keys, h->trust, TRUST_OUTBOUND, &r->domain->local,
                        r->domain->settings.allow_rc4, &keys));
    if (!trust_decryption_key(keys, ticket->enc_part.etype, 0, r->now, 0))
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_TRUST_NO_COMMON_ENCTYPE);
    uint32_t kvno = ticket->enc_part.has_kvno ? ticket->enc_part.kvno : 0;
    for (unsigned i = 0;
         (key = trust_decryption_key(keys, ticket->enc_part.etype, kvno, r->now, i)); i++) {
        if (kdc_decrypt_kept(r, key, KRB_USAGE_TICKET, &ticket->enc_part, plain_out) == ERR_OK) {
            h->key = key;
            vol_heard(r->kdc->env.dir, h->trust->object, utime_to_filetime(r->now));
            return ERR_OK;
        }
    }
    return kdc_refuse(r, KRB_AP_ERR_BAD_INTEGRITY, REASON_KDC_REFERRAL_KEY);
}

static enum err take_ticket(struct kdc_request *r, struct span plain, struct kdc_header *h)
{
    if (krb_decode_enc_ticket_part(plain, r->a, &h->part) != ERR_OK)
        return kdc_refuse(r, KRB_AP_ERR_BAD_INTEGRITY, REASON_WIRE_MALFORMED);
    return krb_key_make(h->part->key.keytype, h->part->key.keyvalue, &h->session) == ERR_OK
               ? ERR_OK
               : kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
}

static enum err open_tgt(struct kdc_request *r, const struct krb_ticket *ticket,
                         struct kdc_header *h)
{
    struct span plain, realm;
    if (!krb_name_is_tgs(&ticket->sname, &realm) || !kdc_is_local_realm(r, realm))
        return kdc_refuse(r, KRB_AP_ERR_NOT_US, REASON_KDC_TICKET_NOT_TGT);
    if (kdc_is_local_realm(r, ticket->realm))
        TRY(open_own(r, ticket, h, &plain));
    else
        TRY(open_foreign(r, ticket, h, &plain));
    return take_ticket(r, plain, h);
}

static enum err check_times(struct kdc_request *r, const struct krb_enc_ticket_part *part)
{
    utime start = part->has_starttime ? part->starttime : part->authtime;
    if (part->flags & KRB_TKT_INVALID)
        return kdc_refuse(r, KRB_AP_ERR_TKT_NYV, REASON_KDC_TICKET_NOT_YET);
    if (start > r->now + KDC_SKEW || part->authtime > r->now + KDC_SKEW)
        return kdc_refuse(r, KRB_AP_ERR_TKT_NYV, REASON_KDC_TICKET_NOT_YET);
    if (part->endtime + KDC_SKEW < r->now)
        return kdc_refuse(r, KRB_AP_ERR_TKT_EXPIRED, REASON_KDC_TICKET_EXPIRED);
    return ERR_OK;
}

static enum err open_authenticator(struct kdc_request *r, const struct krb_ap_req *ap,
                                   uint32_t usage, struct kdc_header *h)
{
    struct span plain;
    if (kdc_decrypt(r, &h->session, usage, &ap->authenticator, &plain) != ERR_OK)
        return kdc_refuse(r, KRB_AP_ERR_BAD_INTEGRITY, REASON_KDC_AUTHENTICATOR_BAD);
    if (krb_decode_authenticator(plain, r->a, &h->authenticator) != ERR_OK)
        return kdc_refuse(r, KRB_AP_ERR_BAD_INTEGRITY, REASON_WIRE_MALFORMED);
    const struct krb_authenticator *auth = h->authenticator;
    if (!krb_realm_eq(auth->crealm, h->part->crealm) || !krb_name_eq(&auth->cname, &h->part->cname))
        return kdc_refuse(r, KRB_AP_ERR_BADMATCH, REASON_KDC_AUTHENTICATOR_BAD);
    utime skew = auth->ctime + auth->cusec - r->now;
    if (skew > KDC_SKEW || skew < -KDC_SKEW) {
        event_num(&r->event, "skew_seconds", skew / UTIME_SECOND);
        return kdc_refuse(r, KRB_AP_ERR_SKEW, REASON_KDC_CLOCK_SKEW);
    }
    h->has_subkey = auth->subkey != NULL;
    if (auth->subkey &&
        krb_key_make(auth->subkey->keytype, auth->subkey->keyvalue, &h->subkey) != ERR_OK)
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    return ERR_OK;
}

enum err kdc_header_open(struct kdc_request *r, const struct krb_ap_req *ap, uint32_t usage,
                         struct kdc_header *out)
{
    struct kdc_header h = {0};
    TRY(open_tgt(r, &ap->ticket, &h));
    TRY(open_authenticator(r, ap, usage, &h));
    TRY(check_times(r, h.part));
    *out = h;
    return ERR_OK;
}

enum err kdc_header_open_changepw(struct kdc_request *r, const struct krb_ap_req *ap,
                                  struct kdc_header *out)
{
    struct kdc_header h = {0};
    struct span plain;
    if (!krb_name_is(&ap->ticket.sname, "kadmin", "changepw") ||
        !kdc_is_local_realm(r, ap->ticket.realm))
        return kdc_refuse(r, KRB_AP_ERR_NOT_US, REASON_KDC_TICKET_NOT_CHANGEPW);
    TRY(open_own(r, &ap->ticket, &h, &plain));
    TRY(take_ticket(r, plain, &h));
    TRY(open_authenticator(r, ap, KRB_USAGE_AP_REQ_AUTHENTICATOR, &h));
    TRY(check_times(r, h.part));
    *out = h;
    return ERR_OK;
}
