/*
 * Keys and what is encrypted in them: session keys, EncryptedData, tickets with their signed PAC.
 */
#include "base/text.h"
#include "kdc/kdc_request.h"
#include "wire/ms/pac_sign.h"

enum err kdc_new_session_key(struct kdc_request *r, int32_t etype, struct krb_key *out)
{
    uint8_t seed[KRB_KEY_MAX];
    size_t size = krb_key_size(etype);
    r->kdc->env.random(seed, size);
    enum err e = krb_random_to_key(etype, span_of(seed, size), out);
    mem_wipe(seed, sizeof(seed));
    return e;
}

struct krb_enc_key kdc_wire_key(const struct krb_key *key)
{
    return (struct krb_enc_key){.keytype = key->etype, .keyvalue = span_of(key->bytes, key->len)};
}

static enum err encrypt_with(struct kdc_request *r, const struct krb_usage *u, uint32_t kvno,
                             struct span plain, struct krb_encrypted *out)
{
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    size_t size = krb_encrypted_size(u, plain.len);
    uint8_t *cipher = arena_alloc(r->a, size);
    if (!cipher)
        return ERR_NOMEM;
    r->kdc->env.random(confounder, krb_confounder_size(u->etype));
    krb_encrypt(u, confounder, plain, cipher);
    *out = (struct krb_encrypted){
        .etype = u->etype, .has_kvno = kvno != 0, .kvno = kvno, .cipher = span_of(cipher, size)};
    return ERR_OK;
}

enum err kdc_encrypt(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                     uint32_t kvno, struct span plain, struct krb_encrypted *out)
{
    struct krb_usage u;
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_ENCRYPT));
    enum err e = encrypt_with(r, &u, kvno, plain, out);
    krb_usage_wipe(&u);
    return e;
}

enum err kdc_encrypt_kept(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                          uint32_t kvno, struct span plain, struct krb_encrypted *out)
{
    const struct krb_usage *u;
    TRY(kdc_usages_get(&r->kdc->usages, key, usage, KRB_FOR_ENCRYPT, &u));
    return encrypt_with(r, u, kvno, plain, out);
}

static enum err decrypt_with(struct kdc_request *r, const struct krb_usage *u,
                             const struct krb_encrypted *in, struct span *plain_out)
{
    uint8_t *plain = arena_alloc(r->a, in->cipher.len);
    return plain ? krb_decrypt(u, in->cipher, plain, plain_out) : ERR_NOMEM;
}

enum err kdc_decrypt(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                     const struct krb_encrypted *in, struct span *plain_out)
{
    struct krb_usage u;
    if (in->etype != key->etype)
        return ERR_UNSUPPORTED;
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_DECRYPT));
    enum err e = decrypt_with(r, &u, in, plain_out);
    krb_usage_wipe(&u);
    return e;
}

enum err kdc_decrypt_kept(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                          const struct krb_encrypted *in, struct span *plain_out)
{
    const struct krb_usage *u;
    if (in->etype != key->etype)
        return ERR_UNSUPPORTED;
    TRY(kdc_usages_get(&r->kdc->usages, key, usage, KRB_FOR_DECRYPT, &u));
    return decrypt_with(r, u, in, plain_out);
}

/* The PAC first, as in AD's tickets, and what else the ticket says behind it. */
static enum err put_authdata(struct kdc_request *r, const struct kdc_ticket_spec *spec,
                             struct span pac)
{
    struct krb_authdata_list list = {0}, *out = &spec->part->authorization_data;
    if (pac.len)
        TRY(krb_authdata_of_pac(pac, r->a, &list));
    if (spec->more.count == 0) {
        *out = list;
        return ERR_OK;
    }
    uint32_t count = list.count + spec->more.count;
    struct krb_authdata *items = arena_new_array(r->a, count, struct krb_authdata);
    if (!items)
        return ERR_NOMEM;
    if (list.count)
        items[0] = list.items[0];
    memcpy(items + list.count, spec->more.items, spec->more.count * sizeof(*items));
    *out = (struct krb_authdata_list){items, count};
    return ERR_OK;
}

/* All signatures of the PAC; that of the ticket is over the ticket with one zero byte in the PAC's
 * place ([MS-PAC] 2.8.3). */
static enum err sign_pac(struct kdc_request *r, const struct kdc_ticket_spec *spec)
{
    const struct krb_usage *server, *kdc;
    struct span signed_part = SPAN_NONE;
    struct kdc *k = r->kdc;
    if (spec->pac_layout->sigs[PAC_SIG_TICKET].size) {
        TRY(put_authdata(r, spec, span_of("", 1)));
        TRY(krb_encode_enc_ticket_part(spec->part, r->a, &signed_part));
    }
    TRY(kdc_usages_get(&k->usages, spec->server_key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM, &server));
    TRY(kdc_usages_get(&k->usages, spec->krbtgt_key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM, &kdc));
    return pac_sign(spec->pac, spec->pac_layout, server, kdc, &signed_part, 1);
}

enum err kdc_seal_ticket(struct kdc_request *r, const struct kdc_ticket_spec *spec,
                         struct krb_ticket *out)
{
    struct krb_ticket ticket = {.realm = spec->realm, .sname = *spec->sname};
    struct span plain;
    struct span pac = SPAN_NONE;
    spec->part->raw = SPAN_NONE;
    if (spec->pac) {
        TRY(sign_pac(r, spec));
        pac = span_of(spec->pac, spec->pac_layout->size);
    }
    TRY(put_authdata(r, spec, pac));
    TRY(krb_encode_enc_ticket_part(spec->part, r->a, &plain));
    TRY(kdc_encrypt_kept(r, spec->server_key, KRB_USAGE_TICKET, spec->server_kvno, plain,
                         &ticket.enc_part));
    *out = ticket;
    return ERR_OK;
}

enum err kdc_finish_reply(struct kdc_request *r, struct krb_kdc_rep *rep,
                          const struct krb_enc_kdc_rep_part *part, const struct kdc_reply_key *key,
                          struct span *reply_out)
{
    struct span plain, reply;
    if (rep->msg_type == KRB_AS_REP)
        TRY(krb_encode_enc_as_rep_part(part, r->a, &plain));
    else
        TRY(krb_encode_enc_tgs_rep_part(part, r->a, &plain));
    TRY((key->kept ? kdc_encrypt_kept : kdc_encrypt)(r, key->key, key->usage, key->kvno, plain,
                                                     &rep->enc_part));
    if (rep->msg_type == KRB_AS_REP)
        TRY(krb_encode_as_rep(rep, r->a, &reply));
    else
        TRY(krb_encode_tgs_rep(rep, r->a, &reply));
    if (r->transport == KDC_UDP && reply.len > r->domain->settings.udp_reply_limit)
        return kdc_refuse(r, KRB_ERR_RESPONSE_TOO_BIG, REASON_KDC_USE_TCP);
    *reply_out = reply;
    return ERR_OK;
}
