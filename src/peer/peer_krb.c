/*
 * The messages that the peer sends to KDCs.
 */
#include "peer/peer_run.h"
#include "plat/random.h"

static int32_t etype_list[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1};
static const struct krb_ints etypes = {.items = etype_list, .count = 2};

enum err peer_encrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      struct span plain, struct krb_encrypted *out)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_ENCRYPT));
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *cipher = arena_alloc(r->a, size);
    if (cipher) {
        plat_random(confounder, krb_confounder_size(key->etype));
        krb_encrypt(&u, confounder, plain, cipher);
        *out = (struct krb_encrypted){.etype = key->etype, .cipher = span_of(cipher, size)};
    }
    krb_usage_wipe(&u);
    return cipher ? ERR_OK : ERR_NOMEM;
}

enum err peer_decrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      const struct krb_encrypted *in, struct span *plain_out)
{
    struct krb_usage u;
    uint8_t *plain = arena_alloc(r->a, in->cipher.len);
    if (!plain)
        return ERR_NOMEM;
    if (in->etype != key->etype)
        return ERR_UNSUPPORTED;
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_DECRYPT));
    enum err e = krb_decrypt(&u, in->cipher, plain, plain_out);
    krb_usage_wipe(&u);
    return e;
}

static int64_t new_nonce(struct peer_proof *p)
{
    p->nonce = plat_random_u32() & 0x7fffffff;
    return p->nonce;
}

static enum err timestamp(struct peer_run *r, const struct krb_key *key, utime now,
                          struct krb_padata *out)
{
    struct krb_pa_enc_ts ts = {.patimestamp = now - now % UTIME_SECOND,
                               .has_pausec = true,
                               .pausec = (int32_t)(now % UTIME_SECOND)};
    struct krb_encrypted sealed;
    struct span plain;
    out->padata_type = KRB_PA_ENC_TIMESTAMP;
    TRY(krb_encode_pa_enc_ts(&ts, r->a, &plain));
    TRY(peer_encrypt(r, key, KRB_USAGE_PA_ENC_TIMESTAMP, plain, &sealed));
    return krb_encode_encrypted(&sealed, r->a, &out->padata_value);
}

enum err peer_as_request(struct peer_proof *p, const struct krb_name *cname,
                         const struct krb_key *key, struct span *out)
{
    struct peer_run *r = p->run;
    struct krb_padata item;
    struct krb_name sname = krb_name_tgs(r->partner_realm, r->a), client = *cname;
    struct krb_kdc_req req = {.msg_type = KRB_AS_REQ};
    utime now = plat_now();
    req.req_body = (struct krb_kdc_req_body){.cname = &client,
                                             .realm = r->partner_realm,
                                             .sname = &sname,
                                             .has_till = true,
                                             .till = now - now % UTIME_SECOND + UTIME_HOUR,
                                             .nonce = new_nonce(p),
                                             .etype = etypes};
    if (key) {
        TRY(timestamp(r, key, now, &item));
        req.padata = (struct krb_padata_list){.items = &item, .count = 1};
    }
    return krb_encode_as_req(&req, r->a, out);
}

/* The AP-REQ with the checksum that binds it to the body. */
static enum err header(struct peer_run *r, const struct peer_tgs *t, struct span body,
                       struct span *out)
{
    struct krb_usage u;
    uint8_t sum[KRB_CKSUM_MAX];
    struct krb_cksum cksum;
    utime now = plat_now();
    struct krb_authenticator auth = {.crealm = t->crealm,
                                     .cname = *t->cname,
                                     .cksum = &cksum,
                                     .ctime = now - now % UTIME_SECOND,
                                     .cusec = (int32_t)(now % UTIME_SECOND)};
    struct krb_ap_req ap = {.ticket = *t->ticket};
    struct span plain;
    TRY(krb_usage_init_for(&u, t->session, KRB_USAGE_PA_TGS_REQ_CKSUM, KRB_FOR_CHECKSUM));
    size_t size = krb_checksum(&u, &body, 1, sum);
    krb_usage_wipe(&u);
    cksum = (struct krb_cksum){krb_etype_cksum(t->session->etype), span_of(sum, size)};
    TRY(krb_encode_authenticator(&auth, r->a, &plain));
    TRY(peer_encrypt(r, t->session, KRB_USAGE_PA_TGS_REQ_AUTHENTICATOR, plain, &ap.authenticator));
    return krb_encode_ap_req(&ap, r->a, out);
}

enum err peer_tgs_request(struct peer_proof *p, const struct peer_tgs *t, struct span *out)
{
    struct peer_run *r = p->run;
    struct krb_padata pa = {.padata_type = KRB_PA_TGS_REQ};
    struct krb_kdc_req req = {.msg_type = KRB_TGS_REQ, .padata = {.items = &pa, .count = 1}};
    struct krb_name sname = *t->sname;
    struct span body;
    req.req_body = (struct krb_kdc_req_body){.kdc_options = KRB_OPT_CANONICALIZE,
                                             .realm = r->partner_realm,
                                             .sname = &sname,
                                             .has_till = true,
                                             .till = 0,
                                             .nonce = new_nonce(p),
                                             .etype = etypes};
    TRY(krb_encode_req_body(&req.req_body, r->a, &body));
    TRY(header(r, t, body, &pa.padata_value));
    return krb_encode_tgs_req(&req, r->a, out);
}

enum err peer_open_reply(struct peer_proof *p, struct span reply, const struct krb_key *key,
                         uint32_t usage, struct peer_reply *out)
{
    struct peer_run *r = p->run;
    struct peer_reply opened;
    struct span plain;
    TRY(krb_decode_kdc_rep(reply, r->a, &opened.rep));
    TRY(peer_decrypt(r, key, usage, &opened.rep->enc_part, &plain));
    TRY(krb_decode_enc_kdc_rep_part(plain, r->a, &opened.part));
    if (opened.part->nonce != p->nonce) /* an earlier reply, played again */
        return ERR_INTEGRITY;
    *out = opened;
    return ERR_OK;
}
