/*
 * Tokens of a client, of any bytes: as they come, as the inside of what only the KDC or the holder
 * of a session key could have encrypted, and as the last of an NTLM exchange. The first byte says
 * which.
 */
#include "auth/acceptor_state.h"
#include "directory/fuzz_forest.h"

#define MEMORY (16u << 20)

static struct acceptor *acceptor;
static struct krb_key dc_key;
static const struct krb_key session = {ETYPE_AES256_SHA1, 32, {7}};

static void random_bytes(void *out, size_t len)
{
    memset(out, 0x5a, len);
}

static enum err intent(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out)
{
    (void)ctx, (void)in, (void)a;
    *out = (struct intent_reply){0};
    return ERR_OK;
}

static enum err pass_through(void *ctx, struct acceptor_context *c,
                             const struct acceptor_ntlm_ask *ask)
{
    (void)ctx, (void)c, (void)ask;
    return ERR_OK;
}

static void cancel(void *ctx, struct acceptor_context *c)
{
    (void)ctx, (void)c;
}

static const struct acceptor_ntlm_ops ntlm = {
    .intent = intent, .pass_through = pass_through, .cancel = cancel, .anonymous = true};

static void take_dc_key(struct dir *dir, struct arena *a)
{
    struct dir_snap s;
    struct dir_account account;
    struct dir_account_keys keys;
    ENT_ASSERT(dir_snap_begin(dir, &s) == ERR_OK);
    ENT_ASSERT(dir_account_by_sam(&s, SPAN_LIT("DC1$"), &account) == ERR_OK);
    ENT_ASSERT(dir_account_keys(&s, DIR_SECRET_SERVICE, account.id, a, &keys) == ERR_OK);
    dc_key = *dir_keys_find(&keys, 0, ETYPE_AES256_SHA1);
    dir_snap_end(&s);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct acceptor_env env = {.dir = fuzz_forest(),
                               .dc_name = SPAN_LIT("DC1"),
                               .now = fuzz_now,
                               .random = random_bytes,
                               .ntlm = &ntlm};
    struct arena a;
    (void)argc, (void)argv;
    arena_init(&a, 0, MEMORY, ARENA_WIPE);
    take_dc_key(env.dir, &a);
    arena_fini(&a);
    ENT_ASSERT(acceptor_new(&env, &acceptor) == ERR_OK);
    return 0;
}

static struct krb_encrypted sealed(const struct krb_key *key, uint32_t number, struct span plain,
                                   struct arena *a)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX] = {1};
    ENT_ASSERT(krb_usage_init(&u, key, number) == ERR_OK);
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *cipher = arena_alloc(a, size);
    ENT_ASSERT(cipher != NULL);
    krb_encrypt(&u, confounder, plain, cipher);
    krb_usage_wipe(&u);
    return (struct krb_encrypted){.etype = key->etype, .cipher = span_of(cipher, size)};
}

static struct span good_ticket(struct arena *a)
{
    struct span out;
    struct krb_enc_ticket_part part = {
        .key = {session.etype, span_of(session.bytes, session.len)},
        .crealm = SPAN_LIT("CLOUD.EXAMPLE.COM"),
        .cname = krb_name_1(KRB_NT_PRINCIPAL, SPAN_LIT("Administrator"), a),
        .transited = {KRB_TR_DOMAIN_X500_COMPRESS, SPAN_LIT("")},
        .authtime = FUZZ_NOW,
        .endtime = FUZZ_NOW + UTIME_HOUR};
    ENT_ASSERT(krb_encode_enc_ticket_part(&part, a, &out) == ERR_OK);
    return out;
}

static struct span ap_req(struct span ticket_part, struct span authenticator, struct arena *a)
{
    struct span message, token;
    struct builder b;
    struct krb_ap_req ap = {
        .ticket = {.realm = SPAN_LIT("CLOUD.EXAMPLE.COM"),
                   .sname = krb_name_2(KRB_NT_SRV_INST, SPAN_LIT("ldap"), SPAN_LIT("dc1"), a),
                   .enc_part = sealed(&dc_key, KRB_USAGE_TICKET, ticket_part, a)},
        .authenticator = sealed(&session, KRB_USAGE_AP_REQ_AUTHENTICATOR, authenticator, a)};
    ENT_ASSERT(krb_encode_ap_req(&ap, a, &message) == ERR_OK);
    builder_in(&b, a, MEMORY);
    gss_krb_put_token(&b, SPNEGO_MECH_KRB5, GSS_KRB_AP_REQ, message);
    ENT_ASSERT(builder_done(&b, &token) == ERR_OK);
    return token;
}

/* A session is there when it is said to be, and a reason when it is refused. */
static void step(struct acceptor_context *c, struct span in, struct arena *a)
{
    struct span out;
    bool done;
    enum err e = acceptor_step(c, in, SPAN_LIT("tls-server-end-point:x"), a, &out, &done);
    ENT_ASSERT(done == (acceptor_session(c) != NULL) && (!done || e == ERR_OK));
    ENT_ASSERT(e == ERR_OK || e == ERR_BUSY ||
               (e != ERR_REFUSED) == (acceptor_reason(c) == REASON_SERVER_FAILED));
}

/* The challenge is the same each time, so a response may be the right one. */
static void ntlm_exchange_of(struct acceptor_context *c, struct span in, struct arena *a)
{
    struct ntlm_negotiate m = {.flags = NTLM_UNICODE | NTLM_EXTENDED_SECURITY | NTLM_128 |
                                        NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE};
    struct span token;
    struct builder b;
    builder_in(&b, a, NTLM_MESSAGE_MAX);
    ntlm_put_negotiate(&b, &m);
    ENT_ASSERT(builder_done(&b, &token) == ERR_OK);
    step(c, token, a);
    step(c, in, a);
}

/* Sealed and signed fragments of DCE/RPC: the first bytes are the token. */
static void fragment(struct acceptor_context *c, struct span in, struct arena *a)
{
    uint8_t *body = arena_dup(a, in.ptr, in.len);
    for (unsigned seal = 0; seal < 2; seal++) {
        size_t token = in.len < 64 + 12 * seal ? in.len : 28 + 48 * (size_t)seal;
        struct acceptor_rpc m = {.seal = seal,
                                 .sign_header = true,
                                 .header = in,
                                 .trailer = span_sub(in, 0, 8),
                                 .body = body + token,
                                 .body_len = in.len - token};
        ENT_ASSERT(acceptor_rpc_open(c, &m, span_sub(in, 0, token), a) != ERR_STATE);
    }
}

static void messages(struct acceptor_context *c, struct span in, bool inner, struct arena *a)
{
    struct span plain;
    struct acceptor_sasl_choice choice;
    bool sealed_out;
    gss_messages_init(&c->messages, &session, false, GSS_FLAG_REPLAY, 0, 0);
    c->stage = ACCEPTOR_DONE;
    c->sasl_layers = GSS_SASL_NONE;
    if (inner && in.len >= GSS_KRB_HEADER) {
        struct span cipher = sealed(&session, KRB_USAGE_GSS_INITIATOR_SEAL, in, a).cipher;
        uint8_t *token = arena_alloc(a, GSS_KRB_HEADER + cipher.len);
        memcpy(token, in.ptr + in.len - GSS_KRB_HEADER, GSS_KRB_HEADER);
        memcpy(token + GSS_KRB_HEADER, cipher.ptr, cipher.len);
        in = span_of(token, GSS_KRB_HEADER + cipher.len);
    }
    if (acceptor_unwrap(c, in, a, &sealed_out, &plain) == ERR_OK) {
        ENT_ASSERT(plain.len < in.len);
        ENT_ASSERT(acceptor_unwrap(c, in, a, &sealed_out, &plain) == ERR_REFUSED);
    }
    (void)acceptor_sasl_chosen(c, in, a, &choice);
    fragment(c, in, a);
    (void)acceptor_verify_mic(c, SPAN_LIT("message"), in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acceptor_context *c;
    struct arena a;
    struct span in = span_sub(span_of(data, size), 1, size);
    if (size == 0)
        return 0;
    ENT_ASSERT(acceptor_context_new(acceptor, &c) == ERR_OK);
    arena_init(&a, 0, MEMORY, ARENA_WIPE);
    switch (data[0] % 6) {
    case 0:
        step(c, in, &a);
        step(c, in, &a);
        break;
    case 1:
        step(c, ap_req(in, SPAN_LIT("none"), &a), &a);
        break;
    case 2:
        step(c, ap_req(good_ticket(&a), in, &a), &a);
        break;
    case 5:
        ntlm_exchange_of(c, in, &a);
        break;
    default:
        messages(c, in, data[0] % 6 == 3, &a);
    }
    /* Authenticators of former runs are forgotten. */
    (void)acceptor_replays_add(acceptor->replays, in, FUZZ_NOW + UTIME_DAY, 0);
    arena_fini(&a);
    acceptor_context_free(c);
    return 0;
}
