/*
 * FAST (RFC 6113 section 5.4): the request inside an armour made of another ticket's keys. An
 * AS-REQ brings that ticket as an AP-REQ; a TGS-REQ is armoured by its own header.
 */
#include "base/text.h"
#include "kdc/kdc_request.h"

/* The ticket of an AS armour is a TGT of this domain; its session key and the authenticator's
 * subkey make the armour key. */
static enum err armor_from_ap_req(struct kdc_request *r, const struct krb_fast_armor *armor)
{
    struct krb_ap_req *ap;
    struct kdc_header header;
    if (armor->armor_type != KRB_FAST_ARMOR_AP_REQUEST)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    if (krb_decode_ap_req(armor->armor_value, r->a, &ap) != ERR_OK)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_WIRE_MALFORMED);
    TRY(kdc_header_open(r, ap, KRB_USAGE_AP_REQ_AUTHENTICATOR, &header));
    if (header.trust)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    if (!header.has_subkey)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    return krb_cf2(&header.subkey, &header.session, SPAN_LIT("subkeyarmor"),
                   SPAN_LIT("ticketarmor"), &r->fast.armor);
}

static enum err find_armor(struct kdc_request *r, const struct krb_fast_armored_req *armored,
                           const struct krb_key *tgs_session, const struct krb_key *tgs_subkey)
{
    if (!tgs_session) {
        if (!armored->armor)
            return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
        return armor_from_ap_req(r, armored->armor);
    }
    if (armored->armor || !tgs_subkey)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    r->fast.tgs = true;
    return krb_cf2(tgs_subkey, tgs_session, SPAN_LIT("subkeyarmor"), SPAN_LIT("ticketarmor"),
                   &r->fast.armor);
}

/* The checksum ties the armoured part to the outer request: over its body in an AS, over the AP-REQ
 * in a TGS. */
static enum err check_outer(struct kdc_request *r, const struct krb_cksum *sum, struct span covered)
{
    struct krb_usage u;
    TRY(krb_usage_init_for(&u, &r->fast.armor, KRB_USAGE_FAST_REQ_CKSUM, KRB_FOR_CHECKSUM));
    enum err e = krb_checksum_verify(&u, sum->cksumtype, &covered, 1, sum->checksum);
    krb_usage_wipe(&u);
    return e == ERR_OK ? ERR_OK : kdc_refuse(r, KRB_AP_ERR_MODIFIED, REASON_KDC_FAST_BAD);
}

enum err kdc_fast_unwrap(struct kdc_request *r, const struct krb_key *tgs_session,
                         const struct krb_key *tgs_subkey, struct span ap_req)
{
    const struct krb_padata *pa = krb_padata_find(r->padata, KRB_PA_FX_FAST);
    struct krb_fast_armored_req *armored;
    struct krb_fast_req *inner;
    struct span plain;
    if (!pa || pa->padata_value.len == 0)
        return ERR_OK;
    if (krb_decode_fast_request(pa->padata_value, r->a, &armored) != ERR_OK)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_WIRE_MALFORMED);
    TRY(find_armor(r, armored, tgs_session, tgs_subkey));
    TRY(check_outer(r, &armored->req_checksum, tgs_session ? ap_req : r->body->raw));
    if (kdc_decrypt(r, &r->fast.armor, KRB_USAGE_FAST_ENC, &armored->enc_fast_req, &plain) !=
            ERR_OK ||
        krb_decode_fast_req(plain, r->a, &inner) != ERR_OK)
        return kdc_refuse(r, KDC_ERR_PREAUTH_FAILED, REASON_KDC_FAST_BAD);
    r->fast.used = true;
    r->fast.options = inner->fast_options;
    r->fast.nonce = inner->req_body.nonce;
    r->body = &inner->req_body;
    r->padata = &inner->padata;
    if (inner->fast_options & KRB_FAST_CRITICAL & ~KRB_FAST_HIDE_CLIENT_NAMES)
        return kdc_refuse(r, KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS, REASON_KDC_FAST_BAD);
    return ERR_OK;
}

/* Seals a response and gives it as one PA-FX-FAST element. */
static enum err seal_response(struct kdc_request *r, const struct krb_fast_response *response,
                              struct krb_padata *out)
{
    struct krb_fast_armored_rep reply;
    struct span plain, value;
    TRY(krb_encode_fast_response(response, r->a, &plain));
    TRY(kdc_encrypt(r, &r->fast.armor, KRB_USAGE_FAST_REP, 0, plain, &reply.enc_fast_rep));
    TRY(krb_encode_fast_reply(&reply, r->a, &value));
    *out = (struct krb_padata){KRB_PA_FX_FAST, value};
    return ERR_OK;
}

static enum err ticket_checksum(struct kdc_request *r, const struct krb_ticket *ticket,
                                struct krb_cksum *out)
{
    struct krb_usage u;
    struct span encoded;
    uint8_t *sum = arena_alloc(r->a, KRB_CKSUM_MAX);
    if (!sum)
        return ERR_NOMEM;
    TRY(krb_encode_ticket(ticket, r->a, &encoded));
    TRY(krb_usage_init_for(&u, &r->fast.armor, KRB_USAGE_FAST_FINISHED, KRB_FOR_CHECKSUM));
    size_t size = krb_checksum(&u, &encoded, 1, sum);
    krb_usage_wipe(&u);
    *out = (struct krb_cksum){krb_etype_cksum(r->fast.armor.etype), span_of(sum, size)};
    return ERR_OK;
}

enum err kdc_fast_wrap_reply(struct kdc_request *r, const struct krb_padata_list *inner,
                             const struct krb_ticket *ticket, struct span crealm,
                             const struct krb_name *cname, struct krb_key *reply_key,
                             struct krb_padata_list *out)
{
    struct krb_key strengthen, stronger;
    struct krb_fast_finished finished = {.timestamp = r->now - r->now % UTIME_SECOND,
                                         .usec = (int32_t)(r->now % UTIME_SECOND),
                                         .crealm = crealm,
                                         .cname = *cname};
    struct krb_enc_key wire;
    struct krb_fast_response response = {
        .padata = *inner, .strengthen_key = &wire, .finished = &finished, .nonce = r->fast.nonce};
    struct krb_padata *item = arena_new(r->a, struct krb_padata);
    if (!item)
        return ERR_NOMEM;
    TRY(kdc_new_session_key(r, reply_key->etype, &strengthen));
    wire = kdc_wire_key(&strengthen);
    TRY(ticket_checksum(r, ticket, &finished.ticket_checksum));
    TRY(seal_response(r, &response, item));
    TRY(krb_cf2(&strengthen, reply_key, SPAN_LIT("strengthenkey"), SPAN_LIT("replykey"),
                &stronger));
    *reply_key = stronger;
    krb_key_wipe(&strengthen);
    krb_key_wipe(&stronger);
    *out = (struct krb_padata_list){.items = item, .count = 1};
    return ERR_OK;
}

enum err kdc_fast_wrap_error(struct kdc_request *r, struct span error,
                             const struct krb_padata_list *inner, struct span *e_data_out)
{
    struct krb_padata_list padata = {0};
    struct krb_fast_response response = {.nonce = r->fast.nonce};
    struct krb_padata sealed;
    struct krb_padata_list outer = {.items = &sealed, .count = 1};
    padata.items = arena_new_array(r->a, inner->count + 1, struct krb_padata);
    if (!padata.items)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < inner->count; i++)
        padata.items[padata.count++] = inner->items[i];
    padata.items[padata.count++] = (struct krb_padata){KRB_PA_FX_ERROR, error};
    response.padata = padata;
    TRY(seal_response(r, &response, &sealed));
    return krb_encode_method_data(&outer, r->a, e_data_out);
}
