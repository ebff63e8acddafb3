/*
 * Tickets that no KDC would issue, and the TGS exchange with them, byte by byte: who has the key of
 * a trust can make these, so the KDC must live with them.
 */
#ifndef KDC_KDC_FORGE_TEST_H
#define KDC_KDC_FORGE_TEST_H

#include "kdc/kdc_forests_test.h"
#include "wire/krb/krb_msg.h"
#include "wire/ms/pac_sign.h"

struct forge {
    const char *issuer, *target;      /* realms: the ticket is for krbtgt/target@issuer */
    const char *client, *crealm;      /* of the ticket and the authenticator */
    const char *authenticator_client; /* NULL: the same */
    utime auth, start, end, renew_till;
    uint32_t flags;
    struct span transited;
    struct krb_key key;    /* of the ticket */
    struct krb_key signer; /* of the PAC's server signature */
    struct krb_key kdc_signer;
    struct pac_logon_info logon;
    const char *pac_client; /* NULL: client */
    utime pac_auth;         /* 0: auth */
    const struct sid *requestor;
    struct krb_authdata_list more; /* in the ticket, behind the PAC */
    bool without_pac, without_signatures;
    int32_t claimed; /* checksum type that the server signature claims; 0: its own */
    size_t flip;     /* a byte of the finished PAC that is changed; 0: none */
};

struct answer {
    int32_t error; /* 0: a ticket came */
    struct span e_data;
    struct krb_kdc_rep *rep;
    struct krb_enc_kdc_rep_part *part;
};

static inline struct span forge_encrypt(struct arena *a, const struct krb_key *key, uint32_t usage,
                                        struct span plain)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    fixture_random(confounder, sizeof(confounder));
    assert_ok(krb_usage_init(&u, key, usage));
    uint8_t *out = arena_alloc(a, krb_encrypted_size(&u, plain.len));
    krb_encrypt(&u, confounder, plain, out);
    return span_of(out, krb_encrypted_size(&u, plain.len));
}

static inline enum err forge_decrypt(struct arena *a, const struct krb_key *key, uint32_t usage,
                                     struct span cipher, struct span *plain_out)
{
    struct krb_usage u;
    assert_ok(krb_usage_init(&u, key, usage));
    return krb_decrypt(&u, cipher, arena_alloc(a, cipher.len), plain_out);
}

static inline struct krb_enc_key forge_wire_key(const struct krb_key *k)
{
    return (struct krb_enc_key){k->etype, span_of(k->bytes, k->len)};
}

static inline struct krb_key forge_session(void)
{
    struct krb_key k = {.etype = ETYPE_AES256_SHA1, .len = 32, .bytes = {1, 2, 3, 4, 5}};
    return k;
}

static inline struct krb_name forge_name(const char *text, struct arena *a)
{
    struct krb_principal p;
    assert_ok(krb_parse(span_str(text), SPAN_LIT("X"), KRB_NT_PRINCIPAL, a, &p));
    return p.name;
}

static inline void forge_pac(const struct forge *f, struct arena *a, struct krb_authdata_list *out)
{
    struct pac_client_info info = {utime_to_filetime(f->pac_auth ? f->pac_auth : f->auth),
                                   span_str(f->pac_client ? f->pac_client : f->client)};
    struct pac_content content = {.logon = &f->logon,
                                  .client = &info,
                                  .has_attributes = true,
                                  .attributes = PAC_WAS_REQUESTED,
                                  .requestor = f->requestor};
    struct builder b;
    struct pac_layout layout;
    struct span pac;
    struct krb_usage server, kdc;
    if (!f->without_signatures) {
        content.server_cksumtype = krb_etype_cksum(f->signer.etype);
        content.kdc_cksumtype = krb_etype_cksum(f->kdc_signer.etype);
    }
    builder_in(&b, a, PAC_MAX);
    pac_build(&b, &content, &layout);
    assert_ok(builder_done(&b, &pac));
    uint8_t *bytes = arena_dup(a, pac.ptr, pac.len);
    if (!f->without_signatures) {
        assert_ok(krb_usage_init(&server, &f->signer, PAC_KEY_USAGE));
        assert_ok(krb_usage_init(&kdc, &f->kdc_signer, PAC_KEY_USAGE));
        assert_ok(pac_sign(bytes, &layout, &server, &kdc, NULL, 0));
    }
    if (f->claimed)
        memcpy(bytes + layout.sigs[PAC_SIG_SERVER].at - 4, &f->claimed, 4);
    if (f->flip)
        bytes[f->flip] ^= 1;
    assert_ok(krb_authdata_of_pac(span_of(bytes, pac.len), a, out));
}

static inline struct krb_authdata_list forge_joined(const struct krb_authdata_list *first,
                                                    const struct krb_authdata_list *second,
                                                    struct arena *a)
{
    uint32_t count = first->count + second->count;
    struct krb_authdata_list out = {arena_new_array(a, count, struct krb_authdata), 0};
    for (uint32_t i = 0; i < first->count; i++)
        out.items[out.count++] = first->items[i];
    for (uint32_t i = 0; i < second->count; i++)
        out.items[out.count++] = second->items[i];
    return out;
}

static inline struct krb_ticket forge_ticket(const struct forge *f, struct arena *a)
{
    struct krb_key session = forge_session();
    struct krb_enc_ticket_part part = {
        .flags = f->flags,
        .key = forge_wire_key(&session),
        .crealm = span_str(f->crealm),
        .cname = forge_name(f->client, a),
        .transited = {KRB_TR_DOMAIN_X500_COMPRESS, f->transited.ptr ? f->transited : SPAN_LIT("")},
        .authtime = f->auth,
        .has_starttime = true,
        .starttime = f->start,
        .endtime = f->end,
        .has_renew_till = f->renew_till != 0,
        .renew_till = f->renew_till};
    struct krb_ticket ticket = {.realm = span_str(f->issuer),
                                .sname = krb_name_tgs(span_str(f->target), a)};
    struct span plain;
    if (!f->without_pac)
        forge_pac(f, a, &part.authorization_data);
    part.authorization_data = forge_joined(&part.authorization_data, &f->more, a);
    assert_ok(krb_encode_enc_ticket_part(&part, a, &plain));
    ticket.enc_part = (struct krb_encrypted){
        .etype = f->key.etype, .cipher = forge_encrypt(a, &f->key, KRB_USAGE_TICKET, plain)};
    return ticket;
}

/* The referral of an honest partner for its user. */
static inline struct forge forge_referral(const char *from, const char *to,
                                          const struct sid *domain, const struct sid *user,
                                          struct krb_key trust_key)
{
    static struct pac_group groups[] = {{513, 7}};
    struct forge f = {.issuer = from,
                      .target = to,
                      .client = "bob",
                      .crealm = from,
                      .auth = test_now,
                      .start = test_now,
                      .end = test_now + UTIME_HOUR,
                      .flags = KRB_TKT_PRE_AUTHENT,
                      .key = trust_key,
                      .signer = trust_key,
                      .kdc_signer = forge_session(),
                      .requestor = user};
    f.logon = (struct pac_logon_info){.logon_time = utime_to_filetime(test_now),
                                      .logoff_time = FILETIME_NEVER,
                                      .kickoff_time = FILETIME_NEVER,
                                      .account_name = SPAN_LIT("bob"),
                                      .full_name = SPAN_LIT("Bob"),
                                      .logon_server = SPAN_LIT("DC"),
                                      .logon_domain = SPAN_LIT("CORP"),
                                      .rid = user->sub[user->count - 1],
                                      .primary_gid = 513,
                                      .domain_sid = domain,
                                      .groups = groups,
                                      .group_count = 1};
    return f;
}

/* A TGS-REQ with this ticket, whose session key is known. */
struct forge_request {
    const struct krb_ticket *ticket;
    struct krb_key session;
    struct krb_name client;
    struct span crealm, realm;
    const char *service; /* NULL: none */
    uint32_t options;
    struct krb_authdata_list authdata;  /* what the client asks to have added */
    struct span authdata_bytes;         /* instead: whatever they are */
    const struct krb_key *authdata_key; /* NULL: the right one */
    struct krb_authdata_list own;       /* in the authenticator */
    const struct krb_key *subkey;       /* NULL: none */
    utime skew;                         /* of the client's clock */
    utime till;                         /* 0: none */
    const struct krb_padata *more;      /* further padata; NULL: none */
    bool without_header, body_changed;
    int32_t etypes[4];
    uint32_t etype_count; /* 0: AES256, AES128 */
};

static inline struct span forge_ap_req(const struct forge_request *q, struct span body,
                                       struct arena *a)
{
    struct krb_usage u;
    uint8_t sum[KRB_CKSUM_MAX];
    struct span plain, ap_req;
    assert_ok(krb_usage_init(&u, &q->session, KRB_USAGE_PA_TGS_REQ_CKSUM));
    struct krb_cksum cksum = {krb_etype_cksum(q->session.etype),
                              span_of(sum, krb_checksum(&u, &body, 1, sum))};
    struct krb_authenticator auth = {.crealm = q->crealm,
                                     .cname = q->client,
                                     .cksum = &cksum,
                                     .ctime = test_now - test_now % UTIME_SECOND + q->skew,
                                     .authorization_data = q->own};
    struct krb_enc_key subkey;
    if (q->subkey) {
        subkey = forge_wire_key(q->subkey);
        auth.subkey = &subkey;
    }
    assert_ok(krb_encode_authenticator(&auth, a, &plain));
    struct krb_ap_req ap = {
        .ticket = *q->ticket,
        .authenticator = {
            .etype = q->session.etype,
            .cipher = forge_encrypt(a, &q->session, KRB_USAGE_PA_TGS_REQ_AUTHENTICATOR, plain)}};
    assert_ok(krb_encode_ap_req(&ap, a, &ap_req));
    return ap_req;
}

static inline struct krb_encrypted forge_sealed_authdata(const struct forge_request *q,
                                                         struct arena *a)
{
    const struct krb_key *right = q->subkey ? q->subkey : &q->session;
    const struct krb_key *key = q->authdata_key ? q->authdata_key : right;
    struct span plain = q->authdata_bytes;
    if (!plain.len)
        assert_ok(krb_encode_authdata(&q->authdata, a, &plain));
    return (struct krb_encrypted){
        .etype = key->etype,
        .cipher = forge_encrypt(
            a, key, q->subkey ? KRB_USAGE_TGS_REQ_AD_SUBKEY : KRB_USAGE_TGS_REQ_AD_SESSION, plain)};
}

static inline struct span forge_tgs_req(const struct forge_request *q, struct arena *a)
{
    static int32_t usual[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1};
    struct krb_name sname;
    struct span body, message;
    struct krb_padata pa[2] = {{.padata_type = KRB_PA_TGS_REQ}};
    struct krb_kdc_req req = {.msg_type = KRB_TGS_REQ, .padata = {pa, 1}};
    req.req_body = (struct krb_kdc_req_body){
        .kdc_options = q->options,
        .realm = q->realm,
        .has_till = true,
        .till = q->till,
        .nonce = 77,
        .etype = {q->etype_count ? (int32_t *)(uintptr_t)q->etypes : usual,
                  q->etype_count ? q->etype_count : 2}};
    if (q->service) {
        sname = forge_name(q->service, a);
        req.req_body.sname = &sname;
    }
    struct krb_encrypted sealed;
    if (q->authdata.count || q->authdata_bytes.len) {
        sealed = forge_sealed_authdata(q, a);
        req.req_body.enc_authorization_data = &sealed;
    }
    assert_ok(krb_encode_req_body(&req.req_body, a, &body));
    pa[0].padata_value = forge_ap_req(q, body, a);
    if (q->more)
        pa[req.padata.count++] = *q->more;
    if (q->without_header)
        req.padata = (struct krb_padata_list){pa + 1, req.padata.count - 1};
    if (q->body_changed)
        req.req_body.nonce++;
    assert_ok(krb_encode_tgs_req(&req, a, &message));
    return message;
}

/* The reply as the bearer of this key reads it. */
static inline struct answer forge_read(struct span reply, const struct krb_key *key, uint32_t usage,
                                       struct arena *a)
{
    struct answer out = {0};
    struct krb_error *error;
    struct span plain;
    if (krb_decode_error(reply, a, &error) == ERR_OK) {
        out.error = error->error_code;
        out.e_data = error->e_data;
        assert_true(out.error != 0);
        return out;
    }
    assert_ok(krb_decode_kdc_rep(reply, a, &out.rep));
    assert_ok(forge_decrypt(a, key, usage, out.rep->enc_part.cipher, &plain));
    assert_ok(krb_decode_enc_kdc_rep_part(plain, a, &out.part));
    return out;
}

static inline struct answer forge_ask(struct realm *r, const struct forge_request *q,
                                      struct arena *a)
{
    struct span reply;
    kdc_answer(r->kdc, KDC_TCP, forge_tgs_req(q, a), a, &reply);
    if (q->subkey)
        return forge_read(reply, q->subkey, KRB_USAGE_TGS_REP_SUBKEY, a);
    return forge_read(reply, &q->session, KRB_USAGE_TGS_REP_SESSION, a);
}

/* An AS-REQ for a TGT; key NULL: without pre-authentication. more: further padata, or NULL. */
static inline struct span forge_as_req(struct realm *r, const char *client,
                                       const struct krb_key *key, const struct krb_padata *more,
                                       struct arena *a)
{
    static int32_t etypes[] = {ETYPE_AES256_SHA1};
    struct krb_name cname = forge_name(client, a);
    struct span realm = ascii_upper(a, span_str(r->dns)), message, plain;
    struct krb_name sname = krb_name_tgs(realm, a);
    struct krb_padata items[2];
    struct krb_kdc_req req = {.msg_type = KRB_AS_REQ, .padata = {.items = items}};
    if (key) {
        struct krb_pa_enc_ts ts = {.patimestamp = test_now - test_now % UTIME_SECOND};
        assert_ok(krb_encode_pa_enc_ts(&ts, a, &plain));
        struct krb_encrypted sealed = {
            .etype = key->etype,
            .cipher = forge_encrypt(a, key, KRB_USAGE_PA_ENC_TIMESTAMP, plain)};
        assert_ok(krb_encode_encrypted(&sealed, a, &plain));
        items[req.padata.count++] = (struct krb_padata){KRB_PA_ENC_TIMESTAMP, plain};
    }
    if (more)
        items[req.padata.count++] = *more;
    req.req_body = (struct krb_kdc_req_body){.kdc_options = KRB_OPT_FORWARDABLE | KRB_OPT_RENEWABLE,
                                             .cname = &cname,
                                             .realm = realm,
                                             .sname = &sname,
                                             .has_till = true,
                                             .nonce = 78,
                                             .etype = {etypes, 1}};
    assert_ok(krb_encode_as_req(&req, a, &message));
    return message;
}

static inline struct answer forge_log_on(struct realm *r, const char *client,
                                         const struct krb_key *key, struct arena *a)
{
    struct span reply;
    kdc_answer(r->kdc, KDC_TCP, forge_as_req(r, client, key, NULL, a), a, &reply);
    return forge_read(reply, key, KRB_USAGE_AS_REP, a);
}

/* The request that a forged ticket's bearer makes. */
static inline struct forge_request forge_request(const struct forge *f, struct krb_ticket *ticket,
                                                 const char *service, struct arena *a)
{
    *ticket = forge_ticket(f, a);
    const char *who = f->authenticator_client ? f->authenticator_client : f->client;
    return (struct forge_request){.ticket = ticket,
                                  .session = forge_session(),
                                  .client = forge_name(who, a),
                                  .crealm = span_str(f->crealm),
                                  .realm = span_str(f->target),
                                  .service = service};
}

/* The request that goes on with a ticket that was issued. */
static inline struct forge_request forge_follow(const struct answer *got, const char *realm,
                                                const char *service)
{
    struct forge_request q = {.ticket = &got->rep->ticket,
                              .client = got->rep->cname,
                              .crealm = got->rep->crealm,
                              .realm = span_str(realm),
                              .service = service};
    assert_ok(krb_key_make(got->part->key.keytype, got->part->key.keyvalue, &q.session));
    return q;
}

/* --- what the directory knows -----------------------------------------------------------------
 */

static inline struct krb_key forge_account_key(struct realm *r, const char *sam, struct arena *a)
{
    struct dir_snap s;
    struct dir_account account;
    struct dir_account_keys keys;
    assert_ok(dir_snap_begin(r->dir, &s));
    assert_ok(dir_account_by_sam(&s, span_str(sam), &account));
    assert_ok(dir_account_keys(&s, DIR_SECRET_ACCOUNT, account.id, a, &keys));
    const struct krb_key *k = dir_keys_find(&keys, 0, ETYPE_AES256_SHA1);
    assert_non_null(k);
    dir_snap_end(&s);
    return *k;
}

/* The inter-realm key from the shared password alone, as the partner has it: salt of
 * krbtgt/TARGET@ISSUER. */
static inline struct krb_key forge_trust_key(const char *password, const char *issuer,
                                             const char *target)
{
    char salt[256];
    struct krb_key k;
    snprintf(salt, sizeof(salt), "%skrbtgt%s", issuer, target);
    assert_ok(krb_string_to_key(ETYPE_AES256_SHA1, span_str(password), span_str(salt), 0, &k));
    return k;
}

/* An issued ticket, opened with the key of its service. */
struct opened {
    struct krb_enc_ticket_part *part;
    struct span pac_bytes;
    struct pac pac;
    struct pac_logon_info logon;
};

static inline void forge_open(const struct krb_ticket *ticket, const struct krb_key *key,
                              struct arena *a, struct opened *out)
{
    struct span plain;
    assert_ok(forge_decrypt(a, key, KRB_USAGE_TICKET, ticket->enc_part.cipher, &plain));
    assert_ok(krb_decode_enc_ticket_part(plain, a, &out->part));
    assert_ok(krb_ticket_pac(&out->part->authorization_data, a, &out->pac_bytes));
    assert_ok(pac_open(out->pac_bytes, &out->pac));
    assert_ok(pac_logon_info(pac_contents(&out->pac, PAC_LOGON_INFO), a, &out->logon));
}

#endif
