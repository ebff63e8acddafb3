/* The requests and what must be in their replies. */
#include <sys/random.h>

#include "krb_load.h"

static int32_t etype_list[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1};

static void random_bytes(void *out, size_t len)
{
    if (getrandom(out, len, 0) != (ssize_t)len)
        ent_fatal("no random bytes");
}

static utime clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * UTIME_SECOND + t.tv_nsec / 1000;
}

static void must(enum err e, const char *what)
{
    if (e != ERR_OK)
        ent_fatal("%s: %s", what, err_name(e));
}

static struct krb_encrypted seal(struct load *l, const struct krb_key *key, uint32_t usage,
                                 struct span plain)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    random_bytes(confounder, sizeof(confounder));
    must(krb_usage_init_for(&u, key, usage, KRB_FOR_ENCRYPT), "key");
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *cipher = arena_alloc(&l->arena, size);
    if (!cipher)
        ent_fatal("out of memory");
    krb_encrypt(&u, confounder, plain, cipher);
    return (struct krb_encrypted){.etype = key->etype, .cipher = span_of(cipher, size)};
}

static enum err open_sealed(struct load *l, const struct krb_key *key, uint32_t usage,
                            const struct krb_encrypted *in, struct span *out)
{
    struct krb_usage u;
    uint8_t *plain = arena_alloc(&l->arena, in->cipher.len);
    if (!plain)
        return ERR_NOMEM;
    if (in->etype != key->etype)
        return ERR_UNSUPPORTED;
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_DECRYPT));
    return krb_decrypt(&u, in->cipher, plain, out);
}

static struct krb_kdc_req_body body_for(const struct load *l, struct krb_name *cname,
                                        struct krb_name *sname, int64_t nonce)
{
    utime now = clock_now();
    return (struct krb_kdc_req_body){.kdc_options = KRB_OPT_CANONICALIZE | KRB_OPT_FORWARDABLE,
                                     .cname = cname,
                                     .realm = l->realm,
                                     .sname = sname,
                                     .has_till = true,
                                     .till = now - now % UTIME_SECOND + 8 * UTIME_HOUR,
                                     .nonce = nonce,
                                     .etype = {.items = etype_list, .count = 2}};
}

/* Each timestamp differs: it is i microseconds ahead. */
static struct span timestamp(struct load *l, const struct load_user *u, unsigned i)
{
    utime now = clock_now() + i;
    struct krb_pa_enc_ts ts = {.patimestamp = now - now % UTIME_SECOND,
                               .has_pausec = true,
                               .pausec = (int32_t)(now % UTIME_SECOND)};
    struct span plain, out;
    must(krb_encode_pa_enc_ts(&ts, &l->arena, &plain), "timestamp");
    struct krb_encrypted sealed = seal(l, &u->key, KRB_USAGE_PA_ENC_TIMESTAMP, plain);
    must(krb_encode_encrypted(&sealed, &l->arena, &out), "timestamp");
    return out;
}

static struct span as_request(struct load *l, const struct load_user *u, struct span realm,
                              unsigned i, bool with_timestamp)
{
    struct krb_name cname = krb_name_1(KRB_NT_PRINCIPAL, u->name, &l->arena);
    struct krb_name sname = krb_name_tgs(realm, &l->arena);
    struct krb_padata pa = {.padata_type = KRB_PA_ENC_TIMESTAMP};
    struct krb_kdc_req req = {.msg_type = KRB_AS_REQ,
                              .req_body = body_for(l, &cname, &sname, l->nonce + i)};
    struct span out;
    req.req_body.realm = realm;
    if (with_timestamp) {
        pa.padata_value = timestamp(l, u, i);
        req.padata = (struct krb_padata_list){.items = &pa, .count = 1};
    }
    must(krb_encode_as_req(&req, &l->arena, &out), "AS-REQ");
    return out;
}

/* The AP-REQ in front: a subkey of its own, the checksum over the body, one moment per request. */
static struct span header(struct load *l, const struct load_user *u, struct span crealm,
                          struct span body, unsigned i, const struct krb_key *subkey)
{
    uint8_t sum[KRB_CKSUM_MAX];
    struct krb_usage usage;
    const struct load_ticket *t = &u->tgt;
    must(krb_usage_init_for(&usage, &t->session, KRB_USAGE_PA_TGS_REQ_CKSUM, KRB_FOR_CHECKSUM),
         "session key");
    size_t size = krb_checksum(&usage, &body, 1, sum);
    struct krb_cksum cksum = {krb_etype_cksum(t->session.etype), span_of(sum, size)};
    struct krb_enc_key sub = {subkey->etype, span_of(subkey->bytes, subkey->len)};
    utime now = clock_now() + i;
    struct krb_authenticator auth = {.crealm = crealm,
                                     .cname = krb_name_1(KRB_NT_PRINCIPAL, u->name, &l->arena),
                                     .cksum = &cksum,
                                     .subkey = &sub,
                                     .ctime = now - now % UTIME_SECOND,
                                     .cusec = (int32_t)(now % UTIME_SECOND)};
    struct krb_ap_req ap = {.ticket = t->ticket};
    struct span plain, out;
    must(krb_encode_authenticator(&auth, &l->arena, &plain), "authenticator");
    ap.authenticator = seal(l, &t->session, KRB_USAGE_PA_TGS_REQ_AUTHENTICATOR, plain);
    must(krb_encode_ap_req(&ap, &l->arena, &out), "AP-REQ");
    return out;
}

/* home: asked of the user's own realm. */
static struct span tgs_request(struct load *l, const struct load_user *u, struct span home,
                               struct krb_name *sname, unsigned i, struct krb_key *subkey_out)
{
    struct krb_padata pa = {.padata_type = KRB_PA_TGS_REQ};
    struct krb_kdc_req req = {.msg_type = KRB_TGS_REQ,
                              .padata = {.items = &pa, .count = 1},
                              .req_body = body_for(l, NULL, sname, l->nonce + i)};
    struct span body, out;
    uint8_t seed[KRB_KEY_MAX];
    random_bytes(seed, sizeof(seed));
    must(krb_random_to_key(ETYPE_AES256_SHA1, span_of(seed, 32), subkey_out), "subkey");
    must(krb_encode_req_body(&req.req_body, &l->arena, &body), "TGS-REQ");
    pa.padata_value = header(l, u, home, body, i, subkey_out);
    must(krb_encode_tgs_req(&req, &l->arena, &out), "TGS-REQ");
    return out;
}

static struct krb_name service_name(struct load *l)
{
    const uint8_t *slash = memchr(l->service.ptr, '/', l->service.len);
    if (strcmp(l->kind, "other") == 0)
        return krb_name_tgs(l->other, &l->arena);
    if (!slash)
        ent_fatal("the service has no '/'");
    size_t at = (size_t)(slash - l->service.ptr);
    return krb_name_2(KRB_NT_SRV_INST, span_sub(l->service, 0, at),
                      span_sub(l->service, at + 1, l->service.len), &l->arena);
}

static bool is_as(const struct load *l)
{
    return strcmp(l->kind, "as") == 0;
}

void load_make_request(struct load *l, unsigned i)
{
    const struct load_user *u = &l->user[i % l->users];
    struct load_request *r = &l->request[i];
    bool referred = strcmp(l->kind, "referred") == 0;
    r->reply_key = u->key;
    if (strcmp(l->kind, "refused") == 0 || is_as(l)) {
        r->bytes = as_request(l, u, l->realm, i, is_as(l));
        return;
    }
    struct krb_name sname = service_name(l);
    r->bytes = tgs_request(l, u, referred ? l->other : l->realm, &sname, i, &r->reply_key);
}

static enum err open_reply(struct load *l, struct span reply, const struct krb_key *key,
                           uint32_t usage, struct krb_kdc_rep **rep_out,
                           struct krb_enc_kdc_rep_part **part_out)
{
    struct span plain;
    TRY(krb_decode_kdc_rep(reply, &l->arena, rep_out));
    TRY(open_sealed(l, key, usage, &(*rep_out)->enc_part, &plain));
    return krb_decode_enc_kdc_rep_part(plain, &l->arena, part_out);
}

static void take(struct load *l, struct load_user *u, struct span reply, const struct krb_key *key,
                 uint32_t usage)
{
    struct krb_kdc_rep *rep;
    struct krb_enc_kdc_rep_part *part;
    struct krb_error *error;
    if (krb_message_type(reply) == KRB_ERROR &&
        krb_decode_error(reply, &l->arena, &error) == ERR_OK)
        ent_fatal("%.*s: %s", SPAN_ARG(u->name), krb_error_name(error->error_code));
    must(open_reply(l, reply, key, usage, &rep, &part), "a ticket's reply");
    must(krb_key_make(part->key.keytype, part->key.keyvalue, &u->tgt.session), "session key");
    u->tgt.ticket = rep->ticket;
}

void load_take_tickets(struct load *l)
{
    bool referred = strcmp(l->kind, "referred") == 0;
    struct span home = referred ? l->other : l->realm, realm = l->realm;
    for (unsigned i = 0; i < l->users; i++) {
        struct load_user *u = &l->user[i];
        struct krb_key subkey;
        take(l, u, load_ask(l, &l->home, as_request(l, u, home, i, true)), &u->key,
             KRB_USAGE_AS_REP);
        if (!referred)
            continue;
        struct krb_name sname = krb_name_tgs(realm, &l->arena);
        l->realm = home;
        struct span request = tgs_request(l, u, home, &sname, i, &subkey);
        l->realm = realm;
        take(l, u, load_ask(l, &l->home, request), &subkey, KRB_USAGE_TGS_REP_SUBKEY);
    }
}

static enum err check_refusal(struct load *l, struct span reply)
{
    struct krb_error *error;
    TRY(krb_decode_error(reply, &l->arena, &error));
    return error->error_code == KDC_ERR_PREAUTH_REQUIRED && error->e_data.len ? ERR_OK : ERR_RANGE;
}

/* The request is found by the client's name and then by what opens the reply. */
enum err load_check_reply(struct load *l, struct span reply)
{
    struct krb_kdc_rep *rep;
    struct krb_enc_kdc_rep_part *part;
    uint32_t usage = is_as(l) ? KRB_USAGE_AS_REP : KRB_USAGE_TGS_REP_SUBKEY;
    if (strcmp(l->kind, "refused") == 0)
        return check_refusal(l, reply);
    TRY(krb_decode_kdc_rep(reply, &l->arena, &rep));
    for (unsigned i = 0; i < l->count; i++) {
        struct span name = l->user[i % l->users].name;
        if (!span_eq(krb_part(&rep->cname, 0), name) ||
            open_reply(l, reply, &l->request[i].reply_key, usage, &rep, &part) != ERR_OK ||
            part->nonce != l->nonce + i)
            continue;
        struct krb_name asked = is_as(l) ? krb_name_tgs(l->realm, &l->arena) : service_name(l);
        return krb_name_eq_fold(&part->sname, &asked) ? ERR_OK : ERR_RANGE;
    }
    return ERR_INTEGRITY;
}
