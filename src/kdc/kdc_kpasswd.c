/*
 * Changing and setting passwords over port 464 (RFC 3244, both versions): an AP-REQ for
 * kadmin/changepw, the new password in a KRB-PRIV under its subkey, the outcome back the same way.
 */
#include "base/counters.h"
#include "base/text.h"
#include "kdc/kdc_request.h"
#include "wire/krb/krb_frame.h"

struct kpasswd {
    struct kpasswd_request frame;
    struct kdc_header header;
    struct span new_password;
    struct krb_name *target; /* NULL: the client itself */
    struct span target_realm;
    struct kpasswd_outcome outcome;
};

static enum err outcome(struct kdc_request *r, struct kpasswd *k, enum kpasswd_result code,
                        const char *text, enum reason reason)
{
    k->outcome = (struct kpasswd_outcome){.code = code, .text = span_str(text)};
    r->refusal.reason = reason;
    return code == KPASSWD_SUCCESS ? ERR_OK : ERR_REFUSED;
}

/* The ticket is for kadmin/changepw in krbtgt's key, and fresh from a password: INITIAL, for a
 * change. */
static enum err open_request(struct kdc_request *r, struct kpasswd *k)
{
    struct krb_ap_req *ap;
    if (krb_decode_ap_req(k->frame.ap_req, r->a, &ap) != ERR_OK)
        return outcome(r, k, KPASSWD_MALFORMED, "the AP-REQ is malformed", REASON_WIRE_MALFORMED);
    if (kdc_header_open_changepw(r, ap, &k->header) != ERR_OK)
        return outcome(r, k, KPASSWD_AUTHERROR, "the ticket was refused", r->refusal.reason);
    if (!k->header.has_subkey)
        return outcome(r, k, KPASSWD_AUTHERROR, "the authenticator has no subkey",
                       REASON_KDC_AUTHENTICATOR_BAD);
    return ERR_OK;
}

static enum err open_password(struct kdc_request *r, struct kpasswd *k)
{
    struct krb_priv *priv;
    struct krb_safe_body *body;
    struct krb_change_passwd *data;
    struct span plain;
    if (krb_decode_priv(k->frame.priv, r->a, &priv) != ERR_OK ||
        kdc_decrypt(r, &k->header.subkey, KRB_USAGE_KRB_PRIV, &priv->enc_part, &plain) != ERR_OK ||
        krb_decode_enc_priv_part(plain, r->a, &body) != ERR_OK)
        return outcome(r, k, KPASSWD_AUTHERROR, "the new password cannot be decrypted",
                       REASON_KDC_AUTHENTICATOR_BAD);
    if (k->frame.version == KPASSWD_VERSION_CHANGE) {
        k->new_password = body->user_data;
        return ERR_OK;
    }
    if (krb_decode_change_passwd(body->user_data, r->a, &data) != ERR_OK)
        return outcome(r, k, KPASSWD_MALFORMED, "ChangePasswdData is malformed",
                       REASON_WIRE_MALFORMED);
    k->new_password = data->newpasswd;
    k->target = data->targname;
    k->target_realm = data->targrealm;
    return ERR_OK;
}

/* The account whose password it is; a change of one's own, or a reset of another's. */
static enum err find_target(struct kdc_request *r, struct kpasswd *k, dir_id *self_out,
                            dir_id *target_out)
{
    struct kdc_account *self, *target;
    if (kdc_client_account(r, &k->header.part->cname, &self) != ERR_OK)
        return outcome(r, k, KPASSWD_AUTHERROR, "the client is unknown", REASON_KDC_CLIENT_UNKNOWN);
    target = self;
    if (k->target && kdc_client_account(r, k->target, &target) != ERR_OK)
        return outcome(r, k, KPASSWD_HARDERROR, "the target account is unknown",
                       REASON_KDC_CLIENT_UNKNOWN);
    *self_out = self->facts.id;
    *target_out = target->facts.id;
    return ERR_OK;
}

static enum err set_password(struct kdc_request *r, struct kpasswd *k)
{
    dir_id self, target;
    struct intent in = {.kind = INTENT_SET_PASSWORD, .new_password = k->new_password};
    struct intent_reply reply;
    TRY(find_target(r, k, &self, &target));
    TRY(dir_dn(&r->snap, target, r->a, &in.target));
    bool change = self == target;
    if (change && !(k->header.part->flags & KRB_TKT_INITIAL))
        return outcome(r, k, KPASSWD_INITIAL_FLAG_NEEDED, "log on anew with the old password",
                       REASON_KDC_NOT_INITIAL);
    TRY(dir_token_for_account(&r->snap, self, r->a, &in.token));
    /* The ticket's INITIAL flag is the proof of the old password: the owner's change needs no
     * second one. */
    in.flags = INTENT_PROTECTED | (unsigned)(change ? INTENT_PROVED : INTENT_RESET);
    enum err e = r->kdc->env.intent(r->kdc->env.ctx, &in, r->a, &reply);
    if (e != ERR_OK)
        return outcome(r, k, KPASSWD_HARDERROR, "the directory does not answer",
                       REASON_SERVER_BUSY);
    if (reply.err == ERR_OK)
        return outcome(r, k, KPASSWD_SUCCESS, "", REASON_NONE);
    const char *text = arena_dup_str(r->a, reply.text);
    bool denied = reply.err == ERR_DENIED;
    return outcome(r, k, denied ? KPASSWD_ACCESSDENIED : KPASSWD_SOFTERROR, text ? text : "",
                   reply.reason);
}

/* KRB-PRIV over code and text, with the sender's address as RFC 4120 wants one. */
static enum err seal_outcome(struct kdc_request *r, const struct kpasswd *k, struct span *priv_out)
{
    struct builder b;
    struct span plain;
    struct krb_address self = {.addr_type = KRB_ADDR_IPV4, .address = SPAN_LIT("\0\0\0\0")};
    struct krb_safe_body body = {.has_seq_number = k->header.authenticator->has_seq_number,
                                 .seq_number = k->header.authenticator->seq_number,
                                 .s_address = &self};
    struct krb_priv priv;
    builder_in(&b, r->a, 1024);
    kpasswd_put_outcome(&b, &k->outcome);
    TRY(builder_done(&b, &body.user_data));
    TRY(krb_encode_enc_priv_part(&body, r->a, &plain));
    TRY(kdc_encrypt(r, &k->header.subkey, KRB_USAGE_KRB_PRIV, 0, plain, &priv.enc_part));
    return krb_encode_priv(&priv, r->a, priv_out);
}

static enum err reply_sealed(struct kdc_request *r, const struct kpasswd *k, struct span *reply_out)
{
    const struct krb_authenticator *auth = k->header.authenticator;
    struct krb_enc_ap_rep_part part = {.ctime = auth->ctime,
                                       .cusec = auth->cusec,
                                       .has_seq_number = auth->has_seq_number,
                                       .seq_number = auth->seq_number};
    struct krb_ap_rep ap;
    struct kpasswd_reply reply;
    struct span plain;
    struct builder b;
    TRY(krb_encode_enc_ap_rep_part(&part, r->a, &plain));
    TRY(kdc_encrypt(r, &k->header.session, KRB_USAGE_AP_REP, 0, plain, &ap.enc_part));
    TRY(krb_encode_ap_rep(&ap, r->a, &reply.ap_rep));
    TRY(seal_outcome(r, k, &reply.body));
    builder_in(&b, r->a, 8192);
    kpasswd_put_reply(&b, &reply);
    return builder_done(&b, reply_out);
}

/* Without a session there is only a KRB-ERROR, with code and text as its e-data. */
static enum err reply_plain(struct kdc_request *r, const struct kpasswd *k, struct span *reply_out)
{
    struct builder b;
    struct kpasswd_reply reply = {.ap_rep = SPAN_NONE};
    struct span data;
    builder_in(&b, r->a, 1024);
    kpasswd_put_outcome(&b, &k->outcome);
    TRY(builder_done(&b, &data));
    if (!r->refusal.code)
        r->refusal.code = KRB_ERR_GENERIC;
    r->refusal.e_data = data;
    kdc_error_reply(r, &reply.body);
    builder_in(&b, r->a, 8192);
    kpasswd_put_reply(&b, &reply);
    return builder_done(&b, reply_out);
}

static enum err handle(struct kdc_request *r, struct kpasswd *k, struct span request)
{
    enum err e = kpasswd_request_decode(request, &k->frame);
    if (e == ERR_UNSUPPORTED)
        return outcome(r, k, KPASSWD_BAD_VERSION, "unknown protocol version",
                       REASON_WIRE_MALFORMED);
    if (e != ERR_OK)
        return outcome(r, k, KPASSWD_MALFORMED, "the request is malformed", REASON_WIRE_MALFORMED);
    TRY(open_request(r, k));
    TRY(open_password(r, k));
    return set_password(r, k);
}

void kdc_answer_kpasswd(struct kdc *kdc, enum kdc_transport transport, struct span request,
                        struct arena *a, struct span *reply_out)
{
    struct kdc_request *r = arena_new(a, struct kdc_request);
    struct kpasswd *k = arena_new(a, struct kpasswd);
    *reply_out = SPAN_NONE;
    counter_add(COUNTER_KERBEROS_KPASSWD, 1);
    if (!r || !k || kdc_request_begin(kdc, transport, "kdc.kpasswd", a, r) != ERR_OK)
        return;
    enum err e = handle(r, k, request);
    if (e != ERR_OK && e != ERR_REFUSED)
        (void)outcome(r, k, KPASSWD_HARDERROR, "the server failed", REASON_SERVER_FAILED);
    enum err sent =
        k->header.has_subkey ? reply_sealed(r, k, reply_out) : reply_plain(r, k, reply_out);
    if (sent != ERR_OK)
        *reply_out = SPAN_NONE;
    kdc_request_end(r, e);
}
