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

enum err kdc_encrypt(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                     uint32_t kvno, struct span plain, struct krb_encrypted *out)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_ENCRYPT));
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *cipher = arena_alloc(r->a, size);
    if (cipher) {
        r->kdc->env.random(confounder, krb_confounder_size(key->etype));
        krb_encrypt(&u, confounder, plain, cipher);
        *out = (struct krb_encrypted){.etype = key->etype,
                                      .has_kvno = kvno != 0,
                                      .kvno = kvno,
                                      .cipher = span_of(cipher, size)};
    }
    krb_usage_wipe(&u);
    return cipher ? ERR_OK : ERR_NOMEM;
}

enum err kdc_decrypt(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                     const struct krb_encrypted *in, struct span *plain_out)
{
    struct krb_usage u;
    if (in->etype != key->etype)
        return ERR_UNSUPPORTED;
    uint8_t *plain = arena_alloc(r->a, in->cipher.len);
    if (!plain)
        return ERR_NOMEM;
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_DECRYPT));
    enum err e = krb_decrypt(&u, in->cipher, plain, plain_out);
    krb_usage_wipe(&u);
    return e;
}

/* The PAC first, as in AD's tickets, and what else the ticket says behind it. */
static enum err put_authdata(struct kdc_request *r, const struct kdc_ticket_spec *spec)
{
    struct krb_authdata_list list = {0}, *out = &spec->part->authorization_data;
    if (spec->pac)
        TRY(krb_authdata_of_pac(span_of(spec->pac, spec->pac_layout->size), r->a, &list));
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

/* All signatures of the PAC, then the PAC into the ticket. */
static enum err sign_pac(struct kdc_request *r, const struct kdc_ticket_spec *spec)
{
    struct krb_usage server, kdc;
    struct span signed_part = SPAN_NONE;
    TRY(put_authdata(r, spec));
    if (spec->pac_layout->sigs[PAC_SIG_TICKET].size)
        TRY(krb_ticket_signed_bytes(spec->part, r->a, &signed_part));
    TRY(krb_usage_init_for(&server, spec->server_key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM));
    enum err e = krb_usage_init_for(&kdc, spec->krbtgt_key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM);
    if (e == ERR_OK) {
        e = pac_sign(spec->pac, spec->pac_layout, &server, &kdc, &signed_part, 1);
        krb_usage_wipe(&kdc);
    }
    krb_usage_wipe(&server);
    /* The authorization data was encoded before the signatures were there. */
    return e == ERR_OK ? put_authdata(r, spec) : e;
}

enum err kdc_seal_ticket(struct kdc_request *r, const struct kdc_ticket_spec *spec,
                         struct krb_ticket *out)
{
    struct krb_ticket ticket = {.realm = spec->realm, .sname = *spec->sname};
    struct span plain;
    TRY(spec->pac ? sign_pac(r, spec) : put_authdata(r, spec));
    spec->part->raw = SPAN_NONE;
    TRY(krb_encode_enc_ticket_part(spec->part, r->a, &plain));
    TRY(kdc_encrypt(r, spec->server_key, KRB_USAGE_TICKET, spec->server_kvno, plain,
                    &ticket.enc_part));
    *out = ticket;
    return ERR_OK;
}

enum err kdc_finish_reply(struct kdc_request *r, struct krb_kdc_rep *rep,
                          const struct krb_enc_kdc_rep_part *part, const struct krb_key *key,
                          uint32_t usage, uint32_t kvno, struct span *reply_out)
{
    struct span plain, reply;
    if (rep->msg_type == KRB_AS_REP)
        TRY(krb_encode_enc_as_rep_part(part, r->a, &plain));
    else
        TRY(krb_encode_enc_tgs_rep_part(part, r->a, &plain));
    TRY(kdc_encrypt(r, key, usage, kvno, plain, &rep->enc_part));
    if (rep->msg_type == KRB_AS_REP)
        TRY(krb_encode_as_rep(rep, r->a, &reply));
    else
        TRY(krb_encode_tgs_rep(rep, r->a, &reply));
    if (r->transport == KDC_UDP && reply.len > r->domain->settings.udp_reply_limit)
        return kdc_refuse(r, KRB_ERR_RESPONSE_TOO_BIG, REASON_KDC_USE_TCP);
    *reply_out = reply;
    return ERR_OK;
}
