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
static enum err trust_password(struct peer_run *r, struct dir_snap *s, struct span *out)
{
    struct span incoming, outgoing;
    struct trust_auth *auth = arena_new(r->a, struct trust_auth);
    if (!auth)
        return ERR_NOMEM;
    TRY(dir_trust_secrets(s, r->trust.object, r->a, &incoming, &outgoing));
    TRY(trust_auth_decode(outgoing, auth));
    const struct trust_auth_info *clear =
        trust_auth_find(auth->current, auth->count, TRUST_AUTH_CLEAR);
    if (!clear)
        return ERR_NOT_FOUND;
    return trust_password_utf8(clear->data, r->a, out);
}

enum err peer_prepare_outgoing(struct peer_run *r, struct dir_snap *s)
{
    struct peer_outgoing *o = &r->outgoing;
    const struct trust_keys *keys;
    struct span password, salt;
    const char *account = arena_printf(r->a, "%.*s$", SPAN_ARG(r->local.flat_name));
    if (!account)
        return ERR_NOMEM;
    TRY(trust_password(r, s, &password));
    TRY(trust_account_salt(r->partner_realm, r->local.flat_name, r->a, &salt));
    TRY(krb_string_to_key(ETYPE_AES256_SHA1, password, salt, 0, &o->key));
    TRY(auth_trust_keys(s, r->env->trust_keys, &r->trust, TRUST_OUTBOUND, &r->local, false, &keys));
    o->keys = *keys;
    o->cname = krb_name_1(KRB_NT_PRINCIPAL, span_str(account), r->a);
    return o->cname.parts.count ? ERR_OK : ERR_NOMEM;
}

/* --- second: a referral to ourselves -----------------------------------------------------------
 */

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

/* Opens it as our KDC will. ERR_UNSUPPORTED: no key of ours has its encryption type; ERR_INTEGRITY:
 * none opens it. */
static enum err open_referral(struct peer_run *r, const struct krb_encrypted *sealed,
                              struct span *plain_out)
{
    const struct krb_key *key;
    enum err e = ERR_UNSUPPORTED;
    for (unsigned i = 0;
         e != ERR_OK &&
         (key = trust_decryption_key(&r->outgoing.keys, sealed->etype, 0, plat_now(), i));
         i++) {
        e = ERR_INTEGRITY;
        if (peer_decrypt(r, key, KRB_USAGE_TICKET, sealed, plain_out) == ERR_OK)
            e = ERR_OK;
    }
    return e;
}

/* Some KDCs give trust accounts no tickets, and the logon was the proof. */
static void prove(struct peer_proof *p)
{
    struct peer_run *r = p->run;
    peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_PASS, REASON_NONE,
                   "logged on as %.*s$@%.*s with the trust password", SPAN_ARG(r->local.flat_name),
                   SPAN_ARG(r->partner_realm));
}

/* What every user of the partner will bring. */
static void judge_referral(struct peer_proof *p, const struct krb_encrypted *sealed)
{
    struct peer_run *r = p->run;
    struct span plain;
    struct sid sid;
    enum err e = open_referral(r, sealed, &plain);
    if (e == ERR_OK && referral_domain(r, plain, &sid) == ERR_OK)
        r->report.sid = sid;
    if (e == ERR_UNSUPPORTED)
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, REASON_VERIFY_NO_COMMON_ENCTYPE,
                       "its referrals to %.*s are encrypted with type %d (%s)",
                       SPAN_ARG(r->local.realm), sealed->etype, krb_etype_name(sealed->etype));
    else if (e == ERR_INTEGRITY)
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, REASON_VERIFY_PASSWORD_DIFFERENT,
                       "its referrals to %.*s do not open with our key", SPAN_ARG(r->local.realm));
    else
        prove(p);
}

static void referred(struct peer_proof *p, struct span reply, struct krb_error *error)
{
    struct krb_kdc_rep *rep;
    if (!error && krb_decode_kdc_rep(reply, p->run->a, &rep) == ERR_OK)
        judge_referral(p, &rep->ticket.enc_part);
    else if (error && error->error_code == KDC_ERR_ETYPE_NOSUPP)
        peer_proof_fail(p, REASON_VERIFY_NO_COMMON_ENCTYPE,
                        arena_printf(p->run->a, "asking for a referral to %.*s with AES",
                                     SPAN_ARG(p->run->local.realm)),
                        error->error_code);
    else
        prove(p);
}

static void ask_referral(struct peer_proof *p)
{
    struct peer_run *r = p->run;
    const struct krb_name sname = krb_name_tgs(r->local.realm, r->a);
    struct peer_tgs t = {.ticket = &p->tgt,
                         .session = &p->session,
                         .crealm = r->partner_realm,
                         .cname = &r->outgoing.cname,
                         .sname = &sname};
    struct span request;
    if (peer_tgs_request(p, &t, &request) == ERR_OK)
        peer_proof_ask(p, request, referred);
    else
        prove(p);
}

/* --- first: the logon --------------------------------------------------------------------------
 */

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

/* What the partner's KDC said to the logon. */
static void judge_refusal(struct peer_proof *p, const struct krb_error *error)
{
    struct peer_run *r = p->run;
    const char *what = arena_printf(r->a, "logging on as %.*s$@%.*s", SPAN_ARG(r->local.flat_name),
                                    SPAN_ARG(r->partner_realm));
    int32_t code = error->error_code;
    if (code == KDC_ERR_ETYPE_NOSUPP || offers_no_aes(r, error))
        peer_proof_fail(p, REASON_VERIFY_NO_COMMON_ENCTYPE, what, code);
    else if (code == KDC_ERR_C_PRINCIPAL_UNKNOWN)
        peer_proof_missing(p, what, code);
    else if (code == KDC_ERR_PREAUTH_FAILED || code == KRB_AP_ERR_BAD_INTEGRITY ||
             code == KRB_AP_ERR_MODIFIED)
        peer_proof_fail(p, REASON_VERIFY_PASSWORD_DIFFERENT, what, code);
    else
        peer_proof_fail(p, REASON_VERIFY_REFUSED, what, code);
}

static void logged_on(struct peer_proof *p, struct span reply, struct krb_error *error)
{
    struct peer_run *r = p->run;
    struct peer_reply in;
    if (error) {
        judge_refusal(p, error);
        return;
    }
    if (peer_open_reply(p, reply, &r->outgoing.key, KRB_USAGE_AS_REP, &in) != ERR_OK ||
        krb_key_make(in.part->key.keytype, in.part->key.keyvalue, &p->session) != ERR_OK) {
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, REASON_VERIFY_NOT_A_KDC,
                       "the reply to the logon cannot be read");
        return;
    }
    p->tgt = in.rep->ticket;
    ask_referral(p);
}

void peer_prove_outgoing(struct peer_proof *p)
{
    struct peer_run *r = p->run;
    struct span request;
    if (peer_as_request(p, &r->outgoing.cname, &r->outgoing.key, &request) == ERR_OK)
        peer_proof_ask(p, request, logged_on);
    else
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_UNKNOWN, REASON_SERVER_FAILED,
                       "no logon could be made");
}
