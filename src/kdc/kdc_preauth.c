/*
 * Pre-authentication: the encrypted timestamp of RFC 4120 5.2.7.2 and, under FAST, the encrypted
 * challenge of RFC 6113 5.4.6. A wrong key counts as a bad password; a key of a former password
 * does not
 * ([MS-SAMR] 3.1.1.7.1, the last two), so that a service that still has the old one locks nobody
 * out.
 */
#include "base/text.h"
#include "directory/policy_facts.h"
#include "directory/volatile.h"
#include "kdc/kdc_request.h"

#define STATUS_WRONG_PASSWORD     0xC000006Au
#define STATUS_ACCOUNT_LOCKED_OUT 0xC0000234u

enum err kdc_etype_info2(struct kdc_request *r, const struct kdc_account *client, struct span *out)
{
    static const int32_t order[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1, ETYPE_AES256_SHA384,
                                    ETYPE_AES128_SHA256, ETYPE_RC4_HMAC};
    struct krb_etype_info2_entry entries[5];
    struct krb_etype_info2 info = {.items = entries};
    for (unsigned i = 0; i < 5; i++) {
        int32_t etype = order[i];
        if (!kdc_list_has(&r->body->etype, etype) || !kdc_etype_allowed(r, etype) ||
            !kdc_keys_find(&client->keys, 0, etype))
            continue;
        struct span salt = etype == ETYPE_RC4_HMAC ? SPAN_NONE : client->keys.salt;
        entries[info.count++] = (struct krb_etype_info2_entry){.etype = etype, .salt = salt};
    }
    if (info.count == 0)
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    return krb_encode_etype_info2(&info, r->a, out);
}

/* METHOD-DATA: what the client must do, RFC 4120 section 3.1.3. */
static enum err methods(struct kdc_request *r, const struct kdc_account *client, struct span *out)
{
    struct krb_padata items[4];
    struct krb_padata_list list = {.items = items};
    struct span info;
    struct span empty = SPAN_LIT("");
    TRY(kdc_etype_info2(r, client, &info));
    items[list.count++] = (struct krb_padata){KRB_PA_ETYPE_INFO2, info};
    if (r->fast.used)
        items[list.count++] = (struct krb_padata){KRB_PA_ENCRYPTED_CHALLENGE, empty};
    else
        items[list.count++] = (struct krb_padata){KRB_PA_ENC_TIMESTAMP, empty};
    items[list.count++] = (struct krb_padata){KRB_PA_FX_FAST, empty};
    /* The cookie says that the conversation goes on: without one a client in armour gives up (MIT's
     * does). What is in it is the KDC's own business (RFC 6113 section 5.2), and there is nothing
     * to remember: each method here ends with the client's next message. */
    items[list.count++] = (struct krb_padata){KRB_PA_FX_COOKIE, SPAN_LIT("stateless")};
    return krb_encode_method_data(&list, r->a, out);
}

static enum err required(struct kdc_request *r, const struct kdc_account *client)
{
    struct span e_data;
    TRY(methods(r, client, &e_data));
    enum err e = kdc_refuse(r, KDC_ERR_PREAUTH_REQUIRED, REASON_KDC_PREAUTH_REQUIRED);
    r->refusal.e_data = e_data;
    return e;
}

/* The lockout is asked of the writer and waited for: who cannot be locked durably is not let on
 * either. */
static enum err lock_out(struct kdc_request *r, const struct kdc_account *client)
{
    struct intent in = {.kind = INTENT_LOCKOUT,
                        .flags = INTENT_SYSTEM,
                        .account = client->facts.id,
                        .when = utime_to_filetime(r->now)};
    struct intent_reply reply;
    enum err e = r->kdc->env.intent(r->kdc->env.ctx, &in, r->a, &reply);
    if (e != ERR_OK || reply.err != ERR_OK)
        return kdc_refuse(r, KDC_ERR_SVC_UNAVAILABLE, REASON_KDC_LOCKOUT_NOT_STORED);
    return kdc_refuse_status(r, KDC_ERR_CLIENT_REVOKED, STATUS_ACCOUNT_LOCKED_OUT,
                             REASON_KDC_LOCKED_NOW);
}

static enum err wrong_password(struct kdc_request *r, const struct kdc_account *client,
                               const struct policy_settings *policy)
{
    uint32_t rid = client->facts.sid.sub[client->facts.sid.count - 1];
    uint32_t bad = vol_bad_password(r->kdc->env.dir, client->facts.id, utime_to_filetime(r->now),
                                    policy->lockout_window);
    if (policy_lockout_due(client->facts.uac, rid, bad, policy))
        return lock_out(r, client);
    return kdc_refuse_status(r, KDC_ERR_PREAUTH_FAILED, STATUS_WRONG_PASSWORD,
                             REASON_KDC_PASSWORD_WRONG);
}

/* Under FAST the key is mixed with the armour's. */
static enum err open_with(struct kdc_request *r, const struct krb_key *key,
                          const struct krb_encrypted *sealed, struct span *plain_out)
{
    struct krb_key mixed;
    if (!r->fast.used)
        return kdc_decrypt_kept(r, key, KRB_USAGE_PA_ENC_TIMESTAMP, sealed, plain_out);
    TRY(krb_cf2(&r->fast.armor, key, SPAN_LIT("clientchallengearmor"),
                SPAN_LIT("challengelongterm"), &mixed));
    enum err e = kdc_decrypt(r, &mixed, KRB_USAGE_ENC_CHALLENGE_CLIENT, sealed, plain_out);
    krb_key_wipe(&mixed);
    return e;
}

/* Tries the key of each version that has this enctype; *version_out says which one fitted. */
static enum err open_timestamp(struct kdc_request *r, const struct kdc_account *client,
                               const struct krb_encrypted *sealed, int32_t etype,
                               unsigned *version_out, const struct krb_key **key_out,
                               struct span *plain_out)
{
    for (unsigned v = 0; v < client->keys.versions; v++) {
        const struct krb_key *key = kdc_keys_find(&client->keys, v, etype);
        enum err e = key ? open_with(r, key, sealed, plain_out) : ERR_INTEGRITY;
        if (e == ERR_OK) {
            *version_out = v;
            *key_out = key;
        }
        if (e == ERR_OK || e == ERR_NOMEM) /* the latter is nobody's bad password */
            return e;
    }
    return ERR_INTEGRITY;
}

static enum err check_clock(struct kdc_request *r, struct span plain)
{
    struct krb_pa_enc_ts *ts;
    if (krb_decode_pa_enc_ts(plain, r->a, &ts) != ERR_OK)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_WIRE_MALFORMED);
    utime skew = ts->patimestamp - r->now;
    if (skew > KDC_SKEW || skew < -KDC_SKEW) {
        event_num(&r->event, "skew_seconds", skew / UTIME_SECOND);
        return kdc_refuse(r, KRB_AP_ERR_SKEW, REASON_KDC_CLOCK_SKEW);
    }
    return ERR_OK;
}

/* The KDC's own half of the encrypted challenge proves to the client who answers. */
enum err kdc_challenge_reply(struct kdc_request *r, const struct krb_key *key, struct span *out)
{
    struct krb_key used;
    struct krb_encrypted sealed;
    struct span plain;
    struct krb_pa_enc_ts ts = {.patimestamp = r->now - r->now % UTIME_SECOND,
                               .has_pausec = true,
                               .pausec = (int32_t)(r->now % UTIME_SECOND)};
    TRY(krb_encode_pa_enc_ts(&ts, r->a, &plain));
    TRY(krb_cf2(&r->fast.armor, key, SPAN_LIT("kdcchallengearmor"), SPAN_LIT("challengelongterm"),
                &used));
    enum err e = kdc_encrypt(r, &used, KRB_USAGE_ENC_CHALLENGE_KDC, 0, plain, &sealed);
    krb_key_wipe(&used);
    return e == ERR_OK ? krb_encode_encrypted(&sealed, r->a, out) : e;
}

enum err kdc_preauth(struct kdc_request *r, const struct kdc_account *client,
                     const struct policy_settings *policy, const struct krb_key **reply_key_out)
{
    int32_t type = r->fast.used ? KRB_PA_ENCRYPTED_CHALLENGE : KRB_PA_ENC_TIMESTAMP;
    const struct krb_padata *pa = krb_padata_find(r->padata, type);
    struct krb_encrypted *sealed;
    struct span plain;
    unsigned version;
    const struct krb_key *preferred = kdc_pick_key(r, client, &r->body->etype);
    if (!preferred)
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    if (!pa && (client->facts.uac & UAC_DONT_REQ_PREAUTH)) {
        *reply_key_out = preferred;
        return ERR_OK;
    }
    if (!pa || pa->padata_value.len == 0)
        return required(r, client);
    if (krb_decode_encrypted(pa->padata_value, r->a, &sealed) != ERR_OK)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_WIRE_MALFORMED);
    if (policy_lockout_missed(r->kdc->env.dir, &client->facts, utime_to_filetime(r->now), policy))
        return lock_out(r, client);
    /* Under FAST the sealed part has the armour's enctype; the long-term key is the preferred one.
     */
    int32_t etype = r->fast.used ? preferred->etype : sealed->etype;
    if (!kdc_etype_allowed(r, etype) || !kdc_list_has(&r->body->etype, etype))
        return kdc_refuse(r, KDC_ERR_ETYPE_NOSUPP, REASON_KDC_NO_COMMON_ENCTYPE);
    enum err e = open_timestamp(r, client, sealed, etype, &version, reply_key_out, &plain);
    if (e == ERR_INTEGRITY)
        return wrong_password(r, client, policy);
    TRY(e);
    if (version > 0)
        return kdc_refuse_status(r, KDC_ERR_PREAUTH_FAILED, STATUS_WRONG_PASSWORD,
                                 REASON_KDC_PASSWORD_OLD);
    return check_clock(r, plain);
}
