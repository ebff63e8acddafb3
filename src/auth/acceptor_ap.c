/*
 * AP-REQ and AP-REP inside the GSS mechanism: RFC 4120 section 3.2, RFC 4121 section 4.1, [MS-KILE]
 * 3.4.5.
 */
#include "auth/acceptor_state.h"
#include "base/text.h"
#include "crypt/hash.h"
#include "directory/account.h"

/* Where one AP-REQ stands. Keys are in the call's arena, which wipes. */
struct exchange {
    struct acceptor_context *c;
    struct arena *a;
    struct dir_snap snap;
    utime now;
    enum spnego_mech mech;
    const struct krb_ap_req *ap;
    const struct krb_key *ticket_key;
    struct krb_enc_ticket_part *part;
    struct krb_authenticator *auth;
    struct krb_key session, subkey; /* subkey: the client's, or the session key */
    struct gss_krb_cksum cksum;
    bool bound;
    bool bare; /* without the mechanism's frame, as DCE style has it */
};

static enum err refuse(struct exchange *x, int32_t code, enum reason reason)
{
    return acceptor_refuse(x->c, code, reason);
}

/* --- the ticket -------------------------------------------------------------------------------
 */

static enum err decrypt(struct exchange *x, const struct krb_key *key, uint32_t usage,
                        const struct krb_encrypted *in, struct span *plain_out)
{
    struct krb_usage u;
    uint8_t *plain = arena_alloc(x->a, in->cipher.len);
    if (!plain)
        return ERR_NOMEM;
    TRY(krb_usage_init_for(&u, key, usage, KRB_FOR_DECRYPT));
    enum err e = krb_decrypt(&u, in->cipher, plain, plain_out);
    krb_usage_wipe(&u);
    return e;
}

static enum err own_keys(struct exchange *x, struct dir_account_keys **out)
{
    struct dir_account account;
    struct dir_account_keys *keys = arena_new(x->a, struct dir_account_keys);
    if (!keys)
        return ERR_NOMEM;
    enum err e = dir_account_by_sam(&x->snap, span_str(x->c->acc->account), &account);
    if (e == ERR_OK)
        e = dir_account_keys(&x->snap, DIR_SECRET_SERVICE, account.id, x->a, keys);
    if (e == ERR_NOMEM || e == ERR_IO)
        return e;
    if (e != ERR_OK)
        return refuse(x, KRB_AP_ERR_NOKEY, REASON_AUTH_NO_OWN_KEYS);
    *out = keys;
    return ERR_OK;
}

/* There are three versions at most, and a KDC that lags behind may name none or the wrong one: all
 * are tried. */
static enum err open_ticket(struct exchange *x, const struct dir_account_keys *keys,
                            struct span *plain_out)
{
    const struct krb_encrypted *enc = &x->ap->ticket.enc_part;
    for (unsigned v = 0; v < keys->versions; v++) {
        const struct krb_key *key = dir_keys_find(keys, keys->version[v].kvno, enc->etype);
        enum err e = key ? decrypt(x, key, KRB_USAGE_TICKET, enc, plain_out) : ERR_NOT_FOUND;
        if (e == ERR_NOMEM)
            return e;
        if (e == ERR_OK) {
            x->ticket_key = key;
            return ERR_OK;
        }
    }
    return refuse(x, KRB_AP_ERR_MODIFIED, REASON_AUTH_TICKET_KEY);
}

/* RFC 4121's messages are for these; RC4 would need those of RFC 4757. */
static enum err take_key(struct exchange *x, const struct krb_enc_key *wire, struct krb_key *out)
{
    if (wire->keytype == ETYPE_RC4_HMAC ||
        krb_key_make(wire->keytype, wire->keyvalue, out) != ERR_OK)
        return refuse(x, KDC_ERR_ETYPE_NOSUPP, REASON_AUTH_ENCTYPE);
    return ERR_OK;
}

static enum err take_ticket(struct exchange *x)
{
    struct span plain;
    struct dir_account_keys *keys = NULL;
    if (x->ap->ap_options & KRB_AP_USE_SESSION_KEY)
        return refuse(x, KRB_AP_ERR_NO_TGT, REASON_AUTH_OPTION_REFUSED);
    TRY(own_keys(x, &keys));
    TRY(open_ticket(x, keys, &plain));
    if (krb_decode_enc_ticket_part(plain, x->a, &x->part) != ERR_OK)
        return refuse(x, KRB_AP_ERR_BAD_INTEGRITY, REASON_AUTH_TOKEN_MALFORMED);
    x->c->session.principal = krb_unparse(&x->part->cname, x->part->crealm, &x->c->memory);
    /* One part comes as a view into the ticket, which is wiped with this call. */
    x->c->session.user = arena_dup_span(&x->c->memory, krb_name_plain(&x->part->cname, x->a));
    x->c->session.domain = arena_dup_span(&x->c->memory, x->part->crealm);
    return take_key(x, &x->part->key, &x->session);
}

static enum err check_times(struct exchange *x)
{
    const struct krb_enc_ticket_part *part = x->part;
    utime start = part->has_starttime ? part->starttime : part->authtime;
    if ((part->flags & KRB_TKT_INVALID) || start > x->now + ACCEPTOR_SKEW)
        return refuse(x, KRB_AP_ERR_TKT_NYV, REASON_AUTH_TICKET_NOT_YET);
    if (part->endtime + ACCEPTOR_SKEW < x->now)
        return refuse(x, KRB_AP_ERR_TKT_EXPIRED, REASON_AUTH_TICKET_EXPIRED);
    return ERR_OK;
}

/* --- the authenticator ------------------------------------------------------------------------
 */

static enum err check_replay(struct exchange *x, utime ctime)
{
    enum err e = acceptor_replays_add(x->c->acc->replays, x->ap->authenticator.cipher, x->now,
                                      ctime + ACCEPTOR_SKEW);
    if (e == ERR_EXISTS)
        return refuse(x, KRB_AP_ERR_REPEAT, REASON_AUTH_REPLAY);
    return e == ERR_OK ? ERR_OK : refuse(x, KRB_ERR_GENERIC, REASON_AUTH_REPLAY_CACHE_FULL);
}

static enum err take_authenticator(struct exchange *x)
{
    struct span plain;
    const struct krb_encrypted *enc = &x->ap->authenticator;
    enum err e = enc->etype == x->session.etype
                     ? decrypt(x, &x->session, KRB_USAGE_AP_REQ_AUTHENTICATOR, enc, &plain)
                     : ERR_INTEGRITY;
    if (e == ERR_OK)
        e = krb_decode_authenticator(plain, x->a, &x->auth);
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK)
        return refuse(x, KRB_AP_ERR_MODIFIED, REASON_AUTH_AUTHENTICATOR_BAD);
    const struct krb_authenticator *auth = x->auth;
    if (!krb_realm_eq(auth->crealm, x->part->crealm) || !krb_name_eq(&auth->cname, &x->part->cname))
        return refuse(x, KRB_AP_ERR_BADMATCH, REASON_AUTH_AUTHENTICATOR_BAD);
    utime ctime = auth->ctime + auth->cusec;
    if (ctime - x->now > ACCEPTOR_SKEW || x->now - ctime > ACCEPTOR_SKEW)
        return refuse(x, KRB_AP_ERR_SKEW, REASON_AUTH_CLOCK_SKEW);
    TRY(check_replay(x, ctime));
    x->subkey = x->session;
    return auth->subkey ? take_key(x, auth->subkey, &x->subkey) : ERR_OK;
}

/* --- the checksum: flags and channel bindings ---------------------------------------------------
 */

/* AD-AP-OPTIONS stands in an AD-IF-RELEVANT of the authenticator ([MS-KILE] 3.2.5.8). */
static bool client_knows_bindings(struct exchange *x)
{
    const struct krb_authdata *outer =
        krb_authdata_find(&x->auth->authorization_data, KRB_AD_IF_RELEVANT);
    struct krb_authdata_list *inner;
    if (!outer || krb_decode_authdata(outer->ad_data, x->a, &inner) != ERR_OK)
        return false;
    const struct krb_authdata *options = krb_authdata_find(inner, KRB_AD_AP_OPTIONS);
    struct reader r = reader_of(options ? options->ad_data : SPAN_NONE);
    return reader_le32(&r) & KRB_AP_OPTIONS_CBT;
}

void acceptor_hash_bindings(struct span data, uint8_t out[16])
{
    uint8_t head[20] = {0};
    struct builder b;
    builder_over(&b, head, sizeof(head));
    builder_zeros(&b, 16);
    builder_le32(&b, (uint32_t)data.len);
    struct span parts[] = {span_of(head, sizeof(head)), data};
    hash_parts(HASH_MD5, parts, 2, out);
}

static enum err check_bindings(struct exchange *x, struct span bindings)
{
    static const uint8_t none[16];
    uint8_t ours[HASH_SIZE_MAX];
    if (bindings.len == 0)
        return ERR_OK;
    if (mem_eq_ct(x->cksum.bindings, none, sizeof(none)))
        return client_knows_bindings(x)
                   ? refuse(x, KRB_AP_ERR_MODIFIED, REASON_AUTH_CHANNEL_BINDINGS)
                   : ERR_OK;
    acceptor_hash_bindings(bindings, ours);
    if (!mem_eq_ct(x->cksum.bindings, ours, sizeof(x->cksum.bindings)))
        return refuse(x, KRB_AP_ERR_MODIFIED, REASON_AUTH_CHANNEL_BINDINGS);
    x->bound = true;
    return ERR_OK;
}

/* Without one the client wants nothing and binds to nothing: RFC 4121 section 4.1.1 demands it, but
 * Windows has always done without, and clients were written that never send it (impacket). */
static enum err take_checksum(struct exchange *x, struct span bindings)
{
    const struct krb_cksum *sum = x->auth->cksum;
    if (sum && (sum->cksumtype != GSS_KRB_CKSUM_TYPE ||
                gss_krb_cksum_decode(sum->checksum, &x->cksum) != ERR_OK))
        return refuse(x, KRB_AP_ERR_INAPP_CKSUM, REASON_AUTH_CHECKSUM);
    bool dce = x->cksum.flags & GSS_FLAG_DCE_STYLE;
    if ((dce && !(x->cksum.flags & GSS_FLAG_MUTUAL)) || (x->bare && !dce))
        return refuse(x, KRB_AP_ERR_METHOD, REASON_AUTH_OPTION_REFUSED);
    return check_bindings(x, bindings);
}

/* --- the answer -------------------------------------------------------------------------------
 */

static enum err encrypt(struct exchange *x, struct span plain, struct krb_encrypted *out)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    TRY(krb_usage_init_for(&u, &x->session, KRB_USAGE_AP_REP, KRB_FOR_ENCRYPT));
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *cipher = arena_alloc(x->a, size);
    if (cipher) {
        x->c->acc->env.random(confounder, krb_confounder_size(x->session.etype));
        krb_encrypt(&u, confounder, plain, cipher);
        *out = (struct krb_encrypted){.etype = x->session.etype, .cipher = span_of(cipher, size)};
    }
    krb_usage_wipe(&u);
    return cipher ? ERR_OK : ERR_NOMEM;
}

static enum err frame(enum spnego_mech mech, enum gss_krb_tok tok, struct span message,
                      struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, SPNEGO_TOKEN_MAX);
    gss_krb_put_token(&b, mech, tok, message);
    return builder_done(&b, out);
}

static enum err put_ap_rep(struct exchange *x, const struct krb_key *key, uint32_t seq,
                           struct span *out)
{
    struct krb_ap_rep rep;
    struct span plain, message;
    struct krb_enc_key wire = {.keytype = key->etype, .keyvalue = span_of(key->bytes, key->len)};
    struct krb_enc_ap_rep_part part = {.ctime = x->auth->ctime,
                                       .cusec = x->auth->cusec,
                                       .subkey = &wire,
                                       .has_seq_number = true,
                                       .seq_number = seq};
    TRY(krb_encode_enc_ap_rep_part(&part, x->a, &plain));
    TRY(encrypt(x, plain, &rep.enc_part));
    TRY(krb_encode_ap_rep(&rep, x->a, &message));
    if (x->cksum.flags & GSS_FLAG_DCE_STYLE) {
        *out = message;
        return ERR_OK;
    }
    return frame(x->mech, GSS_KRB_AP_REP, message, x->a, out);
}

/* With mutual authentication the messages have a key and a sequence of our own making; without it
 * the client cannot learn of them, and both directions begin with its number. */
static enum err answer(struct exchange *x, struct span *out)
{
    struct acceptor_context *c = x->c;
    uint8_t random[KRB_KEY_MAX];
    struct krb_key key = x->subkey;
    uint32_t receive = x->auth->has_seq_number ? x->auth->seq_number : 0;
    uint32_t send = receive;
    bool mutual = x->cksum.flags & GSS_FLAG_MUTUAL;
    *out = SPAN_NONE;
    if (mutual) {
        size_t size = krb_key_size(x->subkey.etype);
        c->acc->env.random(random, size);
        enum err e = krb_random_to_key(x->subkey.etype, span_of(random, size), &key);
        mem_wipe(random, sizeof(random));
        TRY(e);
        c->acc->env.random(&send, sizeof(send));
        send &= 0x3fffffff; /* some clients read it as signed */
        TRY(put_ap_rep(x, &key, send, out));
    }
    gss_messages_init(&c->messages, &key, mutual, x->cksum.flags, send, receive);
    c->session.session_key = key;
    krb_key_wipe(&key);
    c->dce = (struct dce_exchange){
        .wanted = x->cksum.flags & GSS_FLAG_DCE_STYLE, .key = x->session, .seq = send};
    return ERR_OK;
}

#define FLAGS_GIVEN                                                                                \
    (GSS_FLAG_MUTUAL | GSS_FLAG_REPLAY | GSS_FLAG_SEQUENCE | GSS_FLAG_CONF | GSS_FLAG_INTEG |      \
     GSS_FLAG_DCE_STYLE | GSS_FLAG_IDENTIFY | GSS_FLAG_EXTENDED_ERROR)

static enum err take(struct exchange *x, struct span bindings, struct span *out)
{
    struct acceptor_context *c = x->c;
    TRY(take_ticket(x));
    TRY(take_authenticator(x));
    TRY(check_times(x));
    TRY(take_checksum(x, bindings));
    TRY(acceptor_identify(c, &x->snap, x->part, x->ticket_key, x->a));
    TRY(answer(x, out));
    if (arena_failed(&c->memory))
        return ERR_NOMEM;
    c->session.token = &c->token;
    c->session.endtime = x->part->endtime;
    c->session.flags = x->cksum.flags & FLAGS_GIVEN;
    c->session.bound = x->bound;
    c->session.mech = x->mech;
    return ERR_OK;
}

static void wipe(struct exchange *x)
{
    krb_key_wipe(&x->session);
    krb_key_wipe(&x->subkey);
}

enum err acceptor_ap(struct acceptor_context *c, struct span token, struct span bindings,
                     struct arena *a, struct span *out)
{
    struct gss_krb_token t;
    struct krb_ap_req *ap;
    struct exchange x = {.c = c, .a = a, .now = c->acc->env.now()};
    enum err e = gss_krb_token_decode(token, &t);
    if (e == ERR_OK && t.mech == SPNEGO_MECH_KRB5_U2U)
        return acceptor_refuse(c, 0, REASON_AUTH_OPTION_REFUSED);
    if (e != ERR_OK || t.tok != GSS_KRB_AP_REQ)
        return acceptor_refuse(c, 0, REASON_AUTH_TOKEN_MALFORMED);
    e = krb_decode_ap_req(t.message, a, &ap);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : acceptor_refuse(c, 0, REASON_AUTH_TOKEN_MALFORMED);
    x.bare = t.mech == SPNEGO_MECH_OTHER;
    x.mech = t.mech == SPNEGO_MECH_MS_KRB5 ? SPNEGO_MECH_MS_KRB5 : SPNEGO_MECH_KRB5;
    x.ap = ap;
    c->ticket = &ap->ticket;
    TRY(dir_snap_begin(c->acc->env.dir, &x.snap));
    e = take(&x, bindings, out);
    dir_snap_end(&x.snap);
    wipe(&x);
    return e;
}

/* --- DCE style's third message ------------------------------------------------------------------
 */

/* The client's AP-REP: that it has read ours, whose sequence number it gives back, in the ticket's
 * session key ([MS-KILE] 3.4.5.1). Of its times nothing can be asked: MIT and Heimdal write those
 * of the moment. */
static enum err open_ap_rep(struct acceptor_context *c, struct span token, struct arena *a,
                            struct krb_enc_ap_rep_part **out)
{
    struct gss_krb_token t;
    struct krb_ap_rep *rep;
    struct krb_usage u;
    struct span plain;
    if (gss_krb_token_decode(token, &t) != ERR_OK || t.tok != GSS_KRB_AP_REP)
        return ERR_MALFORMED;
    TRY(krb_decode_ap_rep(t.message, a, &rep));
    uint8_t *bytes = arena_alloc(a, rep->enc_part.cipher.len);
    if (!bytes)
        return ERR_NOMEM;
    if (rep->enc_part.etype != c->dce.key.etype)
        return ERR_INTEGRITY;
    TRY(krb_usage_init_for(&u, &c->dce.key, KRB_USAGE_AP_REP, KRB_FOR_DECRYPT));
    enum err e = krb_decrypt(&u, rep->enc_part.cipher, bytes, &plain);
    krb_usage_wipe(&u);
    return e == ERR_OK ? krb_decode_enc_ap_rep_part(plain, a, out) : e;
}

/* Ours, sent back: it has our subkey. */
static bool is_reflected(const struct acceptor_context *c, const struct krb_enc_ap_rep_part *part)
{
    return part->subkey && part->subkey->keyvalue.len == c->session.session_key.len &&
           mem_eq_ct(part->subkey->keyvalue.ptr, c->session.session_key.bytes,
                     c->session.session_key.len);
}

enum err acceptor_ap_third(struct acceptor_context *c, struct span token, struct arena *a)
{
    struct krb_enc_ap_rep_part *part;
    enum err e = open_ap_rep(c, token, a, &part);
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK || !part->has_seq_number || part->seq_number != c->dce.seq ||
        is_reflected(c, part))
        return acceptor_refuse(c, 0, REASON_AUTH_THIRD_MESSAGE);
    krb_key_wipe(&c->dce.key);
    return ERR_OK;
}

enum err acceptor_ap_error(struct acceptor_context *c, struct arena *a, struct span *out)
{
    struct span message;
    utime now = c->acc->env.now();
    struct krb_error_data skew = {.data_type = KRB_ERR_TYPE_SKEW_RECOVERY};
    struct krb_error err = {.error_code = c->krb_error,
                            .stime = now - now % UTIME_SECOND,
                            .susec = (int32_t)(now % UTIME_SECOND),
                            .realm = c->ticket->realm,
                            .sname = c->ticket->sname};
    if (c->krb_error == KRB_AP_ERR_SKEW)
        TRY(krb_encode_error_data(&skew, a, &err.e_data));
    TRY(krb_encode_error(&err, a, &message));
    return frame(SPNEGO_MECH_KRB5, GSS_KRB_ERROR, message, a, out);
}
