/*
 * The outgoing half: we hold FLATNAME$ at the partner, with the trust password. Logging on as that
 * account proves reach, clock, password and that the partner's half is there; the referral that the
 * partner's TGS then issues for our own realm is encrypted in the inter-realm key, and its PAC says
 * which domain it comes from.
 */
#include "base/text.h"
#include "directory/account.h"
#include "peer/peer_run.h"
#include "plat/random.h"
#include "wire/ms/pac.h"
#include "wire/ms/trust_auth.h"

/* The current trust password of our outgoing blob, as UTF-8. */
static enum err trust_password(struct peer_run *r, struct span *out)
{
    struct span incoming, outgoing;
    struct trust_auth *auth = arena_new(r->a, struct trust_auth);
    if (!auth)
        return ERR_NOMEM;
    TRY(dir_trust_secrets(&r->snap, r->trust.object, r->a, &incoming, &outgoing));
    TRY(trust_auth_decode(outgoing, auth));
    const struct trust_auth_info *clear =
        trust_auth_find(auth->current, auth->count, TRUST_AUTH_CLEAR);
    if (!clear)
        return ERR_NOT_FOUND;
    return trust_password_utf8(clear->data, r->a, out);
}

/* What the partner's KDC said to the logon. */
static void tell_logon_refusal(struct peer_run *r, const struct peer_kdc *kdc, int32_t code)
{
    enum reason reason = REASON_VERIFY_REFUSED;
    if (code == KDC_ERR_C_PRINCIPAL_UNKNOWN)
        reason = REASON_VERIFY_HALF_MISSING;
    else if (code == KDC_ERR_PREAUTH_FAILED || code == KRB_AP_ERR_BAD_INTEGRITY ||
             code == KRB_AP_ERR_MODIFIED)
        reason = REASON_VERIFY_PASSWORD_DIFFERENT;
    else if (code == KDC_ERR_ETYPE_NOSUPP)
        reason = REASON_VERIFY_NO_COMMON_ENCTYPE;
    if (reason == REASON_VERIFY_HALF_MISSING && !peer_is_partner(r, kdc, TRUST_OUTBOUND))
        return;
    peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, reason, kdc->label,
              "logging on as %.*s$@%.*s: %s (%d)", SPAN_ARG(r->local.flat_name),
              SPAN_ARG(r->partner_realm), krb_error_name(code), code);
}

/* The KDC may refuse AES for the trust account and offer RC4 alone in ETYPE-INFO2. */
static bool offers_no_aes(struct peer_run *r, const struct krb_error *error)
{
    struct krb_padata_list *methods;
    struct krb_etype_info2 *info;
    if (error->error_code != KDC_ERR_PREAUTH_REQUIRED &&
        error->error_code != KDC_ERR_PREAUTH_FAILED)
        return false;
    if (!error->e_data.len || krb_decode_method_data(error->e_data, r->a, &methods) != ERR_OK)
        return false;
    const struct krb_padata *pa = krb_padata_find(methods, KRB_PA_ETYPE_INFO2);
    if (!pa || krb_decode_etype_info2(pa->padata_value, r->a, &info) != ERR_OK || info->count == 0)
        return false;
    for (uint32_t i = 0; i < info->count; i++) {
        if (info->items[i].etype != ETYPE_RC4_HMAC)
            return false;
    }
    return true;
}

struct logon {
    struct krb_name cname;
    struct krb_key key;     /* long-term */
    struct krb_key session; /* of the TGT */
    struct krb_ticket tgt;
};

static enum err prepare(struct peer_run *r, struct logon *l)
{
    struct span password, salt;
    const char *account = arena_printf(r->a, "%.*s$", SPAN_ARG(r->local.flat_name));
    if (!account)
        return ERR_NOMEM;
    TRY(trust_password(r, &password));
    TRY(trust_account_salt(r->partner_realm, r->local.flat_name, r->a, &salt));
    TRY(krb_string_to_key(ETYPE_AES256_SHA1, password, salt, 0, &l->key));
    l->cname = krb_name_1(KRB_NT_PRINCIPAL, span_str(account), r->a);
    return l->cname.parts.count ? ERR_OK : ERR_NOMEM;
}

/* True with the TGT and its session key in l. */
static bool take_tgt(struct peer_run *r, const struct peer_kdc *kdc, struct logon *l,
                     struct span reply)
{
    struct krb_kdc_rep *rep;
    struct krb_enc_kdc_rep_part *part;
    struct span plain;
    if (krb_decode_kdc_rep(reply, r->a, &rep) == ERR_OK &&
        peer_decrypt(r, &l->key, KRB_USAGE_AS_REP, &rep->enc_part, &plain) == ERR_OK &&
        krb_decode_enc_kdc_rep_part(plain, r->a, &part) == ERR_OK &&
        krb_key_make(part->key.keytype, part->key.keyvalue, &l->session) == ERR_OK) {
        l->tgt = rep->ticket;
        return true;
    }
    peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, REASON_VERIFY_NOT_A_KDC,
              kdc->label, "the reply to the logon cannot be read");
    return false;
}

static bool log_on(struct peer_run *r, const struct peer_kdc *kdc, struct logon *l)
{
    struct span request, reply;
    struct krb_error *error;
    if (peer_as_request(r, &l->cname, &l->key, &request) != ERR_OK)
        return false;
    enum err asked = peer_kdc_ask(&kdc->addr, request, peer_deadline(r), r->a, &reply);
    if (!peer_judge_reply(r, kdc, TRUST_OUTBOUND, asked, reply, &error))
        return false;
    if (!error)
        return take_tgt(r, kdc, l, reply);
    if (offers_no_aes(r, error))
        peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_FAIL,
                  REASON_VERIFY_NO_COMMON_ENCTYPE, kdc->label,
                  "the partner has only RC4 keys for %.*s$", SPAN_ARG(r->local.flat_name));
    else
        tell_logon_refusal(r, kdc, error->error_code);
    return false;
}

/* The SID of the domain that issued a referral, from its PAC. */
static enum err referral_domain(struct peer_run *r, struct span plain, struct sid *out)
{
    struct krb_enc_ticket_part *part;
    struct span pac_bytes;
    struct pac pac;
    struct pac_logon_info info;
    TRY(krb_decode_enc_ticket_part(plain, r->a, &part));
    TRY(krb_ticket_pac(&part->authorization_data, r->a, &pac_bytes));
    TRY(pac_open(pac_bytes, &pac));
    TRY(pac_logon_info(pac_contents(&pac, PAC_LOGON_INFO), r->a, &info));
    if (!info.domain_sid)
        return ERR_NOT_FOUND;
    *out = *info.domain_sid;
    return ERR_OK;
}

/* Opens it as our KDC will. ERR_UNSUPPORTED: in an encryption type that we do not take; then no key
 * of ours is tried. */
static enum err open_referral(struct peer_run *r, const struct krb_encrypted *sealed,
                              struct span *plain_out)
{
    const struct trust_keys *keys;
    const struct krb_key *key;
    enum err e = ERR_UNSUPPORTED;
    TRY(auth_trust_keys(&r->snap, r->env->trust_keys, &r->trust, TRUST_OUTBOUND, &r->local, false,
                        &keys));
    for (unsigned i = 0; e != ERR_OK; i++) {
        key = trust_decryption_key(keys, sealed->etype, 0, i);
        if (!key)
            break;
        e = peer_decrypt(r, key, KRB_USAGE_TICKET, sealed, plain_out) == ERR_OK ? ERR_OK
                                                                                : ERR_INTEGRITY;
    }
    return e;
}

/* What every user of the partner will bring, judged. False: it would be refused. */
static bool judge_referral(struct peer_run *r, const struct peer_kdc *kdc,
                           const struct krb_ticket *referral)
{
    struct span plain;
    struct sid sid;
    enum err e = open_referral(r, &referral->enc_part, &plain);
    if (e == ERR_OK && referral_domain(r, plain, &sid) == ERR_OK)
        r->report->sid = sid;
    if (e == ERR_UNSUPPORTED)
        peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_FAIL,
                  REASON_VERIFY_NO_COMMON_ENCTYPE, kdc->label,
                  "its referrals to %.*s are encrypted with type %d (%s)", SPAN_ARG(r->local.realm),
                  referral->enc_part.etype, krb_etype_name(referral->enc_part.etype));
    if (e == ERR_INTEGRITY)
        peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_FAIL,
                  REASON_VERIFY_PASSWORD_DIFFERENT, kdc->label,
                  "its referrals to %.*s do not open with our key", SPAN_ARG(r->local.realm));
    return e != ERR_UNSUPPORTED && e != ERR_INTEGRITY;
}

/* A referral to ourselves. Some KDCs give trust accounts no tickets: then the logon is the proof.
 */
static bool prove_referral(struct peer_run *r, const struct peer_kdc *kdc, const struct logon *l)
{
    struct krb_name sname = krb_name_tgs(r->local.realm, r->a);
    struct peer_tgs t = {.ticket = &l->tgt,
                         .session = &l->session,
                         .crealm = r->partner_realm,
                         .realm = r->partner_realm,
                         .cname = &l->cname,
                         .sname = &sname};
    struct span request, reply;
    struct krb_kdc_rep *rep;
    struct krb_error *error;
    if (peer_tgs_request(r, &t, &request) != ERR_OK ||
        peer_kdc_ask(&kdc->addr, request, peer_deadline(r), r->a, &reply) != ERR_OK)
        return true;
    if (krb_message_type(reply) == KRB_TGS_REP && krb_decode_kdc_rep(reply, r->a, &rep) == ERR_OK)
        return judge_referral(r, kdc, &rep->ticket);
    if (krb_message_type(reply) != KRB_ERROR || krb_decode_error(reply, r->a, &error) != ERR_OK ||
        error->error_code != KDC_ERR_ETYPE_NOSUPP)
        return true;
    peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_FAIL,
              REASON_VERIFY_NO_COMMON_ENCTYPE, kdc->label,
              "it makes no referral to %.*s with AES: %s (%d)", SPAN_ARG(r->local.realm),
              krb_error_name(error->error_code), error->error_code);
    return false;
}

void peer_prove_outgoing(struct peer_run *r, const struct peer_kdc *kdc)
{
    struct logon *l = arena_new(r->a, struct logon);
    if (!l || prepare(r, l) != ERR_OK) {
        peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_UNKNOWN, REASON_SERVER_FAILED,
                  kdc->label, "our own trust secret cannot be used");
        return;
    }
    if (!log_on(r, kdc, l) || !prove_referral(r, kdc, l))
        return;
    peer_tell(r, TRUST_OUTBOUND, TRUST_STEP_PROOF, TRUST_STATUS_PASS, REASON_NONE, kdc->label,
              "logged on as %.*s$@%.*s with the trust password", SPAN_ARG(r->local.flat_name),
              SPAN_ARG(r->partner_realm));
}
