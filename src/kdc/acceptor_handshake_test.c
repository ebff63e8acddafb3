/*
 * Handshakes: the mechanisms that a client may name, tickets and authenticators that are refused.
 */
#include "auth/acceptor_state.h"
#include "kdc/acceptor_fixture_test.h"
#include "kdc/kdc_groups_test.h"

static struct span spnego_init_of(const struct spnego_mechs *mechs, struct span token)
{
    struct builder b;
    struct span out;
    struct spnego_init init = {.mech_types = *mechs, .mech_token = token};
    builder_in(&b, &arena, SPNEGO_TOKEN_MAX);
    spnego_put_init(&b, &init);
    assert_int_equal(builder_done(&b, &out), ERR_OK);
    return out;
}

static struct span spnego_resp_of(struct span token, struct span mic)
{
    struct builder b;
    struct span out;
    struct spnego_resp resp = {.response_token = token, .mech_list_mic = mic};
    builder_in(&b, &arena, SPNEGO_TOKEN_MAX);
    spnego_put_resp(&b, &resp);
    assert_int_equal(builder_done(&b, &out), ERR_OK);
    return out;
}

static struct spnego_resp spnego_answer(struct span in)
{
    struct spnego_token t;
    assert_int_equal(spnego_decode(in, &arena, &t), ERR_OK);
    assert_int_equal(t.kind, SPNEGO_RESP);
    return t.resp;
}

/* A client that would rather have NTLM: up to its own MIC, which *list is what it covers. */
static void second_choice(struct pair *p, struct span *list)
{
    struct span items[] = {spnego_mech_oid(SPNEGO_MECH_NTLMSSP), spnego_mech_oid(SPNEGO_MECH_KRB5)};
    struct spnego_mechs mechs = {.items = items, .count = 2};
    struct builder b;
    struct span out;
    bool done;
    builder_in(&b, &arena, 256);
    spnego_put_mech_list(&b, &mechs);
    assert_int_equal(builder_done(&b, list), ERR_OK);
    assert_int_equal(server_step(p, spnego_init_of(&mechs, SPAN_LIT("NTLMSSP")), &out, &done),
                     ERR_OK);
    struct spnego_resp r = spnego_answer(out);
    assert_int_equal(r.state, SPNEGO_REQUEST_MIC);
    assert_true(span_eq(r.supported_mech, items[1]));
    assert_int_equal(
        server_step(p, spnego_resp_of(client_step(p, SPAN_NONE), SPAN_NONE), &out, &done), ERR_OK);
    assert_false(done);
    r = spnego_answer(out);
    assert_int_equal(r.state, SPNEGO_ACCEPT_INCOMPLETE);
    client_step(p, r.response_token);
    assert_int_equal(p->major, GSS_S_COMPLETE);
    gss_buffer_desc message = buffer_of(*list), mic = buffer_of(r.mech_list_mic);
    OM_uint32 minor;
    assert_int_equal(gss_verify_mic(&minor, p->gss, &message, &mic, NULL), 0);
}

static void test_spnego_second_choice_is_signed(void **state)
{
    struct pair p;
    struct span list, out;
    gss_buffer_desc message, mic;
    OM_uint32 minor;
    bool done;
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    second_choice(&p, &list);
    assert_null(acceptor_session(p.server));
    message = buffer_of(list);
    assert_int_equal(gss_get_mic(&minor, p.gss, 0, &message, &mic), 0);
    assert_int_equal(server_step(&p, spnego_resp_of(SPAN_NONE, span_of_buffer(mic)), &out, &done),
                     ERR_OK);
    assert_true(done);
    assert_int_equal(spnego_answer(out).state, SPNEGO_ACCEPT_COMPLETED);
    gss_release_buffer(&minor, &mic);
    talk(&p);
    pair_end(&p);
}

static void test_spnego_list_changed(void **state)
{
    struct pair p;
    struct span list, out;
    gss_buffer_desc message, mic;
    OM_uint32 minor;
    bool done;
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    second_choice(&p, &list);
    message = buffer_of(SPAN_LIT("another list"));
    assert_int_equal(gss_get_mic(&minor, p.gss, 0, &message, &mic), 0);
    assert_int_equal(server_step(&p, spnego_resp_of(SPAN_NONE, span_of_buffer(mic)), &out, &done),
                     ERR_REFUSED);
    assert_int_equal(acceptor_reason(p.server), REASON_AUTH_MECH_LIST_MIC);
    assert_int_equal(spnego_answer(out).state, SPNEGO_REJECT);
    gss_release_buffer(&minor, &mic);
    pair_end(&p);

    pair_begin(&p, &krb5_oid, WANTED, ticket);
    second_choice(&p, &list);
    must_be_refused(&p, spnego_resp_of(SPAN_NONE, SPAN_NONE), REASON_AUTH_MECH_LIST_MIC, 0);
    pair_end(&p);
}

/* --- what is refused ----------------------------------------------------------------------------
 */

static void test_replay(void **state)
{
    struct pair p, again;
    struct span token, out;
    bool done;
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    pair_begin(&again, &krb5_oid, WANTED, ticket);
    token = client_step(&p, SPAN_NONE);
    assert_int_equal(server_step(&p, token, &out, &done), ERR_OK);
    must_be_refused(&again, token, REASON_AUTH_REPLAY, KRB_AP_ERR_REPEAT);
    pair_end(&p);
    pair_end(&again);
}

static void test_clocks(void **state)
{
    static const struct {
        utime off;
        enum reason reason;
        int32_t code;
    } rows[] = {
        {6 * UTIME_MINUTE, REASON_AUTH_CLOCK_SKEW, KRB_AP_ERR_SKEW},
        {-6 * UTIME_MINUTE, REASON_AUTH_CLOCK_SKEW, KRB_AP_ERR_SKEW},
    };
    struct pair p;
    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pair_begin(&p, &krb5_oid, WANTED, ticket);
        acceptor_clock_off = rows[i].off;
        must_be_refused(&p, client_step(&p, SPAN_NONE), rows[i].reason, rows[i].code);
        acceptor_clock_off = 0;
        pair_end(&p);
    }
}

static void test_channel_bindings(void **state)
{
    struct pair p;
    struct span channel = SPAN_LIT("tls-server-end-point:0123456789abcdef");
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    p.bindings = p.server_bindings = channel;
    establish(&p);
    assert_true(acceptor_session(p.server)->bound);
    pair_end(&p);

    pair_begin(&p, &krb5_oid, WANTED, ticket);
    p.server_bindings = channel;
    establish(&p);
    assert_false(acceptor_session(p.server)->bound);
    pair_end(&p);

    pair_begin(&p, &krb5_oid, WANTED, ticket);
    p.bindings = SPAN_LIT("tls-server-end-point:fedcba9876543210");
    p.server_bindings = channel;
    must_be_refused(&p, client_step(&p, SPAN_NONE), REASON_AUTH_CHANNEL_BINDINGS,
                    KRB_AP_ERR_MODIFIED);
    pair_end(&p);
}

/* --- tickets that no KDC made -------------------------------------------------------------------
 */

static void reseal(const struct krb_key *key, struct span plain, struct krb_encrypted *enc)
{
    struct krb_usage u;
    uint8_t confounder[KRB_CONFOUNDER_MAX] = {1, 2, 3};
    assert_int_equal(krb_usage_init(&u, key, KRB_USAGE_TICKET), ERR_OK);
    size_t size = krb_encrypted_size(&u, plain.len);
    uint8_t *cipher = arena_alloc(&arena, size);
    krb_encrypt(&u, confounder, plain, cipher);
    enc->cipher = span_of(cipher, size);
}

static const struct krb_key *dc_key(int32_t etype)
{
    struct dir_snap snap;
    struct dir_account account;
    static struct dir_account_keys keys;
    assert_int_equal(dir_snap_begin(cloud.dir, &snap), ERR_OK);
    assert_int_equal(dir_account_by_sam(&snap, SPAN_LIT("DC1$"), &account), ERR_OK);
    assert_int_equal(dir_account_keys(&snap, DIR_SECRET_SERVICE, account.id, &arena, &keys),
                     ERR_OK);
    dir_snap_end(&snap);
    return dir_keys_find(&keys, 0, etype);
}

/* The ticket with one thing changed inside, and its decryption's key or another. */
static void forged(void (*change)(struct krb_enc_ticket_part *part), bool other_key,
                   enum reason reason, int32_t code)
{
    struct pair p;
    struct krb_ticket *t;
    struct krb_enc_ticket_part *part;
    struct krb_usage u;
    struct span plain, encoded;
    assert_int_equal(
        krb_decode_ticket(span_of(ticket->ticket.data, ticket->ticket.length), &arena, &t), ERR_OK);
    struct krb_key key = *dc_key(t->enc_part.etype);
    uint8_t *clear = arena_alloc(&arena, t->enc_part.cipher.len);
    assert_int_equal(krb_usage_init(&u, &key, KRB_USAGE_TICKET), ERR_OK);
    assert_int_equal(krb_decrypt(&u, t->enc_part.cipher, clear, &plain), ERR_OK);
    assert_int_equal(krb_decode_enc_ticket_part(plain, &arena, &part), ERR_OK);
    if (change)
        change(part);
    assert_int_equal(krb_encode_enc_ticket_part(part, &arena, &encoded), ERR_OK);
    key.bytes[0] ^= other_key;
    reseal(&key, encoded, &t->enc_part);
    t->raw = SPAN_NONE;
    assert_int_equal(krb_encode_ticket(t, &arena, &encoded), ERR_OK);
    krb5_creds copy = *ticket;
    copy.ticket =
        (krb5_data){.data = (char *)(uintptr_t)encoded.ptr, .length = (unsigned)encoded.len};
    pair_begin(&p, &krb5_oid, WANTED, &copy);
    struct span token = client_step(&p, SPAN_NONE);
    must_be_ok(&p);
    must_be_refused(&p, token, reason, code);
    pair_end(&p);
}

static void change_pac(struct krb_enc_ticket_part *part)
{
    struct span pac;
    assert_int_equal(krb_ticket_pac(&part->authorization_data, &arena, &pac), ERR_OK);
    uint8_t *bytes = arena_dup(&arena, pac.ptr, pac.len);
    bytes[pac.len / 4] ^= 1;
    assert_int_equal(
        krb_authdata_of_pac(span_of(bytes, pac.len), &arena, &part->authorization_data), ERR_OK);
}

static void drop_pac(struct krb_enc_ticket_part *part)
{
    part->authorization_data = (struct krb_authdata_list){0};
}

static void change_authtime(struct krb_enc_ticket_part *part)
{
    part->authtime -= UTIME_SECOND;
}

static void expire(struct krb_enc_ticket_part *part)
{
    part->endtime = test_now - 6 * UTIME_MINUTE;
}

static void begin_later(struct krb_enc_ticket_part *part)
{
    part->has_starttime = true;
    part->starttime = test_now + 6 * UTIME_MINUTE;
}

static void change_client(struct krb_enc_ticket_part *part)
{
    part->cname.parts.items[0] = SPAN_LIT("krbtgt");
}

static void change_session_key(struct krb_enc_ticket_part *part)
{
    part->key = (struct krb_enc_key){ETYPE_RC4_HMAC, span_sub(part->key.keyvalue, 0, 16)};
}

static void test_forged_tickets(void **state)
{
    (void)state;
    forged(NULL, true, REASON_AUTH_TICKET_KEY, KRB_AP_ERR_MODIFIED);
    forged(change_pac, false, REASON_PAC_SIGNATURE, KRB_AP_ERR_MODIFIED);
    forged(drop_pac, false, REASON_AUTH_PAC_MISSING, KRB_AP_ERR_MODIFIED);
    forged(change_authtime, false, REASON_PAC_NOT_THIS_TICKET, KRB_AP_ERR_MODIFIED);
    forged(expire, false, REASON_AUTH_TICKET_EXPIRED, KRB_AP_ERR_TKT_EXPIRED);
    forged(begin_later, false, REASON_AUTH_TICKET_NOT_YET, KRB_AP_ERR_TKT_NYV);
    forged(change_session_key, false, REASON_AUTH_ENCTYPE, KDC_ERR_ETYPE_NOSUPP);
    forged(change_client, false, REASON_AUTH_AUTHENTICATOR_BAD, KRB_AP_ERR_BADMATCH);
}

static void test_other_mechanisms_and_noise(void **state)
{
    struct span ntlm = spnego_mech_oid(SPNEGO_MECH_NTLMSSP);
    struct spnego_mechs mechs = {.items = &ntlm, .count = 1};
    struct pair p;
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    must_be_refused(&p, SPAN_LIT("NTLMSSP\0\1\0\0\0"), REASON_AUTH_NO_MECHANISM, 0);
    must_be_refused(&p, client_step(&p, SPAN_NONE), REASON_AUTH_NEGOTIATION, 0);
    pair_end(&p);
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    must_be_refused(&p, spnego_init_of(&mechs, SPAN_NONE), REASON_AUTH_NO_MECHANISM, 0);
    pair_end(&p);
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    must_be_refused(&p, SPAN_LIT("\x60\x05noise"), REASON_AUTH_TOKEN_MALFORMED, 0);
    pair_end(&p);
}

/* An AP-REQ that is not GSS', in a GSS frame: with a checksum over data, or with none. */
static struct span plain_token(const char *data, krb5_auth_context *auth)
{
    krb5_data message, in = {.data = (char *)(uintptr_t)data, .length = data ? 4 : 0};
    struct builder b;
    struct span token;
    assert_int_equal(krb5_mk_req_extended(client, auth, 0, data ? &in : NULL, ticket, &message), 0);
    builder_in(&b, &arena, SPNEGO_TOKEN_MAX);
    gss_krb_put_token(&b, SPNEGO_MECH_KRB5, GSS_KRB_AP_REQ, span_of(message.data, message.length));
    assert_int_equal(builder_done(&b, &token), ERR_OK);
    krb5_free_data_contents(client, &message);
    return token;
}

static void test_plain_kerberos(void **state)
{
    struct pair p;
    krb5_auth_context auth = NULL;
    struct span out;
    bool done;
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    must_be_refused(&p, plain_token("data", &auth), REASON_AUTH_CHECKSUM, KRB_AP_ERR_INAPP_CKSUM);
    krb5_auth_con_free(client, auth);
    pair_end(&p);
    auth = NULL;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    assert_int_equal(
        acceptor_step(p.server, plain_token(NULL, &auth), SPAN_NONE, &arena, &out, &done), ERR_OK);
    assert_true(done);
    assert_int_equal(acceptor_session(p.server)->flags, 0);
    assert_false(acceptor_session(p.server)->bound);
    krb5_auth_con_free(client, auth);
    pair_end(&p);
}

static void test_dce_style(void **state)
{
    struct pair p;
    (void)state;
    /* A message without the mechanism's frame that does not ask for it; one that does is
     * acceptor_rpc_test.c's. */
    struct gss_krb_token t;
    struct spnego_token s;
    pair_begin(&p, &spnego_oid, WANTED, ticket);
    assert_int_equal(spnego_decode(client_step(&p, SPAN_NONE), &arena, &s), ERR_OK);
    assert_int_equal(gss_krb_token_decode(s.init.mech_token, &t), ERR_OK);
    must_be_refused(&p, t.message, REASON_AUTH_OPTION_REFUSED, KRB_AP_ERR_METHOD);
    pair_end(&p);
}

/* The client's token meets another acceptor. */
static void refused_by(struct acceptor *other, enum reason reason, int32_t krb_error)
{
    struct pair p;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    acceptor_context_free(p.server);
    assert_int_equal(acceptor_context_new(other, &p.server), ERR_OK);
    must_be_refused(&p, client_step(&p, SPAN_NONE), reason, krb_error);
    pair_end(&p);
    acceptor_free(other);
}

static void test_controller_without_keys(void **state)
{
    struct acceptor *other;
    struct acceptor_env env = env_of(&cloud);
    (void)state;
    env.dc_name = SPAN_LIT("DC9");
    assert_int_equal(acceptor_new(&env, &other), ERR_OK);
    refused_by(other, REASON_AUTH_NO_OWN_KEYS, KRB_AP_ERR_NOKEY);
}

/* What may have been seen before is not accepted: who comes too many waits. */
static void test_too_many_authenticators(void **state)
{
    struct acceptor *other;
    struct acceptor_env env = env_of(&cloud);
    (void)state;
    assert_int_equal(acceptor_new(&env, &other), ERR_OK);
    for (uint32_t i = 0; i < ACCEPTOR_REPLAYS_MAX; i++)
        assert_int_equal(acceptor_replays_add(other->replays, span_of(&i, sizeof(i)), test_now,
                                              test_now + UTIME_MINUTE),
                         ERR_OK);
    refused_by(other, REASON_AUTH_REPLAY_CACHE_FULL, KRB_ERR_GENERIC);
}

/* A client that says it knows of bindings and gives none had another channel. The last test: the
 * client's configuration stays changed. */
static void test_channel_bindings_withheld(void **state)
{
    struct pair p;
    FILE *config = fopen(getenv("KRB5_CONFIG"), "a");
    (void)state;
    assert_non_null(config);
    fputs("[libdefaults]\n client_aware_channel_bindings = true\n", config);
    fclose(config);
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    p.server_bindings = SPAN_LIT("tls-server-end-point:0123456789abcdef");
    must_be_refused(&p, client_step(&p, SPAN_NONE), REASON_AUTH_CHANNEL_BINDINGS,
                    KRB_AP_ERR_MODIFIED);
    pair_end(&p);
}

/* The last test but one: the groups stay. */
static void test_too_many_groups(void **state)
{
    struct pair p;
    (void)state;
    groups_many(&cloud, "Administrator", GROUPS_LOCAL, DIR_GROUPS_MAX + 1, &arena);
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    must_be_refused(&p, client_step(&p, SPAN_NONE), REASON_AUTH_TOO_MANY_GROUPS, KRB_ERR_GENERIC);
    pair_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spnego_second_choice_is_signed),
        cmocka_unit_test(test_spnego_list_changed),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_channel_bindings),
        cmocka_unit_test(test_forged_tickets),
        cmocka_unit_test(test_other_mechanisms_and_noise),
        cmocka_unit_test(test_plain_kerberos),
        cmocka_unit_test(test_dce_style),
        cmocka_unit_test(test_controller_without_keys),
        cmocka_unit_test(test_too_many_authenticators),
        cmocka_unit_test(test_too_many_groups),
        cmocka_unit_test(test_channel_bindings_withheld),
    };
    return cmocka_run_group_tests(tests, acceptor_setup, acceptor_teardown);
}
