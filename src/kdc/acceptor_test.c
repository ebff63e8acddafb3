/*
 * The acceptor of src/auth against MIT's initiator: libgssapi_krb5 in this process, with tickets of
 * our own KDC. It stands here because auth may not use the KDC.
 */
#include "kdc/kdc_fixture_test.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <time.h>

#include "auth/acceptor.h"
#include "directory/account.h"
#include "wire/krb/krb_msg.h"
#include "wire/spnego/spnego.h"

#define SERVICE "ldap/dc1.cloud.example.com@CLOUD.EXAMPLE.COM"
#define WANTED  (GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)

utime test_now;
struct realm *test_realms[4];
unsigned test_replies;

static struct realm cloud;
static krb5_context client;
static krb5_creds tgt, *ticket;
static utime acceptor_clock_off;
static struct acceptor *acceptor;
static struct arena arena;

static gss_OID_desc krb5_oid = {9, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"};
static gss_OID_desc spnego_oid = {6, "\x2b\x06\x01\x05\x05\x02"};

static utime acceptor_now(void)
{
    return test_now + acceptor_clock_off;
}

static struct acceptor_env env_of(struct realm *r)
{
    return (struct acceptor_env){
        .dir = r->dir, .dc_name = SPAN_LIT("DC1"), .now = acceptor_now, .random = fixture_random};
}

/* --- one client and its server ------------------------------------------------------------------
 */

struct pair {
    gss_ctx_id_t gss;
    gss_cred_id_t cred;
    gss_name_t name;
    gss_OID mech;
    OM_uint32 wanted;
    struct span bindings; /* the client's */
    struct span server_bindings;
    krb5_ccache cache;
    struct acceptor_context *server;
    struct span last_token; /* the client's */
    OM_uint32 major, minor;
};

static struct span span_of_buffer(gss_buffer_desc b)
{
    return span_of(b.value, b.length);
}

static gss_buffer_desc buffer_of(struct span s)
{
    return (gss_buffer_desc){s.len, (void *)(uintptr_t)s.ptr};
}

static void pair_begin(struct pair *p, gss_OID mech, OM_uint32 wanted, krb5_creds *creds)
{
    OM_uint32 minor;
    gss_buffer_desc text = buffer_of(SPAN_LIT(SERVICE));
    *p = (struct pair){.mech = mech, .wanted = wanted};
    assert_int_equal(krb5_cc_new_unique(client, "MEMORY", NULL, &p->cache), 0);
    assert_int_equal(krb5_cc_initialize(client, p->cache, tgt.client), 0);
    assert_int_equal(krb5_cc_store_cred(client, p->cache, &tgt), 0);
    assert_int_equal(krb5_cc_store_cred(client, p->cache, creds), 0);
    char *cache_name;
    assert_int_equal(krb5_cc_get_full_name(client, p->cache, &cache_name), 0);
    gss_key_value_element_desc element = {"ccache", cache_name};
    gss_key_value_set_desc store = {1, &element};
    gss_OID_set_desc mechs = {1, mech};
    assert_int_equal(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs,
                                           GSS_C_INITIATE, &store, &p->cred, NULL, NULL),
                     0);
    krb5_free_string(client, cache_name);
    assert_int_equal(gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &p->name),
                     0);
    assert_int_equal(acceptor_context_new(acceptor, &p->server), ERR_OK);
}

static void pair_end(struct pair *p)
{
    OM_uint32 minor;
    gss_delete_sec_context(&minor, &p->gss, GSS_C_NO_BUFFER);
    gss_release_cred(&minor, &p->cred);
    gss_release_name(&minor, &p->name);
    krb5_cc_destroy(client, p->cache);
    acceptor_context_free(p->server);
    arena_reset(&arena);
}

/* The client's next token for the server's; empty when it has none. */
static struct span client_step(struct pair *p, struct span in)
{
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER, token = buffer_of(in);
    struct gss_channel_bindings_struct cb = {.application_data = buffer_of(p->bindings)};
    OM_uint32 minor;
    p->major = gss_init_sec_context(&p->minor, p->cred, &p->gss, p->name, p->mech, p->wanted, 0,
                                    p->bindings.len ? &cb : GSS_C_NO_CHANNEL_BINDINGS, &token, NULL,
                                    &out, NULL, NULL);
    struct span kept = arena_dup_span(&arena, span_of_buffer(out));
    gss_release_buffer(&minor, &out);
    p->last_token = kept;
    return kept;
}

static enum err server_step(struct pair *p, struct span in, struct span *out, bool *done)
{
    return acceptor_step(p->server, in, p->server_bindings, &arena, out, done);
}

static void must_be_ok(struct pair *p)
{
    if (GSS_ERROR(p->major)) {
        OM_uint32 minor, more = 0;
        gss_buffer_desc text;
        gss_display_status(&minor, p->minor, GSS_C_MECH_CODE, p->mech, &more, &text);
        fail_msg("client: %.*s", (int)text.length, (char *)text.value);
    }
}

/* Goes on until both sides have a context. */
static void establish(struct pair *p)
{
    struct span in = SPAN_NONE, out;
    bool done = false;
    for (unsigned i = 0; i < 6; i++) {
        struct span token = client_step(p, in);
        must_be_ok(p);
        if (done && token.len == 0)
            break;
        enum err e = server_step(p, token, &out, &done);
        if (e != ERR_OK)
            fail_msg("server: %s %s", err_name(e), reason_row(acceptor_reason(p->server))->code);
        in = out;
        if (done && p->major == GSS_S_COMPLETE)
            break;
    }
    assert_true(done);
    assert_int_equal(p->major, GSS_S_COMPLETE);
    assert_non_null(acceptor_session(p->server));
}

static void must_be_refused(struct pair *p, struct span token, enum reason reason,
                            int32_t krb_error)
{
    struct span out;
    bool done = true;
    assert_int_equal(server_step(p, token, &out, &done), ERR_REFUSED);
    assert_string_equal(reason_row(acceptor_reason(p->server))->code, reason_row(reason)->code);
    assert_false(done);
    assert_null(acceptor_session(p->server));
    if (krb_error) {
        struct gss_krb_token t;
        struct krb_error *err;
        assert_int_equal(gss_krb_token_decode(out, &t), ERR_OK);
        assert_int_equal(t.tok, GSS_KRB_ERROR);
        assert_int_equal(krb_decode_error(t.message, &arena, &err), ERR_OK);
        assert_int_equal(err->error_code, krb_error);
    }
}

/* --- messages -----------------------------------------------------------------------------------
 */

static void to_server(struct pair *p, int seal, struct span plain)
{
    gss_buffer_desc in = buffer_of(plain), out;
    struct span got;
    bool sealed;
    int conf;
    OM_uint32 minor;
    assert_int_equal(gss_wrap(&minor, p->gss, seal, 0, &in, &conf, &out), 0);
    assert_int_equal(acceptor_unwrap(p->server, span_of_buffer(out), &arena, &sealed, &got),
                     ERR_OK);
    assert_true(span_eq(got, plain));
    assert_int_equal(sealed, seal);
    gss_release_buffer(&minor, &out);
}

static void to_client(struct pair *p, bool seal, struct span plain)
{
    struct span token;
    gss_buffer_desc in, out;
    int conf = -1;
    OM_uint32 minor;
    assert_int_equal(acceptor_wrap(p->server, seal, plain, &arena, &token), ERR_OK);
    assert_true(token.len <= plain.len + GSS_WRAP_OVERHEAD_MAX);
    in = buffer_of(token);
    assert_int_equal(gss_unwrap(&minor, p->gss, &in, &out, &conf, NULL), 0);
    assert_true(span_eq(span_of_buffer(out), plain));
    assert_int_equal(conf, seal);
    gss_release_buffer(&minor, &out);
}

static void mic_both_ways(struct pair *p)
{
    struct span message = SPAN_LIT("over this"), token;
    gss_buffer_desc in = buffer_of(message), mic;
    OM_uint32 minor;
    assert_int_equal(gss_get_mic(&minor, p->gss, 0, &in, &mic), 0);
    assert_int_equal(acceptor_verify_mic(p->server, message, span_of_buffer(mic)), ERR_OK);
    assert_int_equal(acceptor_verify_mic(p->server, message, span_of_buffer(mic)), ERR_REFUSED);
    assert_int_equal(acceptor_reason(p->server), REASON_AUTH_MESSAGE_SEQUENCE);
    gss_release_buffer(&minor, &mic);
    assert_int_equal(acceptor_get_mic(p->server, message, &arena, &token), ERR_OK);
    mic = buffer_of(token);
    assert_int_equal(gss_verify_mic(&minor, p->gss, &in, &mic, NULL), 0);
}

static void talk(struct pair *p)
{
    static const size_t lengths[] = {0, 1, 15, 16, 17, 1000, 70000};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t *bytes = arena_alloc(&arena, lengths[i]);
        fixture_random(bytes, lengths[i]);
        for (int seal = 0; seal < 2; seal++) {
            to_server(p, seal, span_of(bytes, lengths[i]));
            to_client(p, seal, span_of(bytes, lengths[i]));
        }
    }
    mic_both_ways(p);
}

/* --- what works ---------------------------------------------------------------------------------
 */

static void check_session(struct pair *p)
{
    const struct acceptor_session *s = acceptor_session(p->server);
    static const struct sid administrators = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 544}};
    static const struct sid authenticated = {1, 1, {0, 0, 0, 0, 0, 5}, {11}};
    struct dir_snap snap;
    struct dir_account account;
    gss_buffer_set_t key;
    OM_uint32 minor;
    assert_true(span_eq(s->principal, SPAN_LIT("Administrator@CLOUD.EXAMPLE.COM")));
    assert_int_equal(s->endtime / UTIME_SECOND, ticket->times.endtime);
    assert_int_equal(dir_snap_begin(cloud.dir, &snap), ERR_OK);
    assert_int_equal(dir_account_by_sam(&snap, SPAN_LIT("Administrator"), &account), ERR_OK);
    assert_true(sid_eq(&s->token->sids[0], &account.sid));
    assert_int_equal(s->token->account, account.id);
    dir_snap_end(&snap);
    assert_true(dir_token_has(s->token, &administrators));
    assert_true(dir_token_has(s->token, &authenticated));
    assert_int_equal(
        gss_inquire_sec_context_by_oid(&minor, p->gss, (gss_OID)GSS_C_INQ_SSPI_SESSION_KEY, &key),
        0);
    assert_true(span_eq(span_of(s->session_key.bytes, s->session_key.len),
                        span_of(key->elements[0].value, key->elements[0].length)));
    gss_release_buffer_set(&minor, &key);
}

static void one_session(gss_OID mech, OM_uint32 wanted)
{
    struct pair p;
    pair_begin(&p, mech, wanted, ticket);
    establish(&p);
    check_session(&p);
    talk(&p);
    pair_end(&p);
}

static void test_krb5(void **state)
{
    (void)state;
    one_session(&krb5_oid, WANTED);
    one_session(&krb5_oid, GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG);
    one_session(&krb5_oid, GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG);
}

static void test_spnego(void **state)
{
    (void)state;
    one_session(&spnego_oid, WANTED);
    one_session(&spnego_oid, GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG);
}

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

static void test_sasl_layers(void **state)
{
    struct pair p;
    struct span token;
    gss_buffer_desc in, out;
    struct acceptor_sasl_choice choice;
    OM_uint32 minor;
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    establish(&p);
    assert_int_equal(acceptor_sasl_offer(p.server, GSS_SASL_INTEGRITY | GSS_SASL_CONFIDENTIALITY,
                                         0xfffff, &arena, &token),
                     ERR_OK);
    in = buffer_of(token);
    assert_int_equal(gss_unwrap(&minor, p.gss, &in, &out, NULL, NULL), 0);
    assert_int_equal(out.length, 4);
    assert_memory_equal(out.value, "\x06\x0f\xff\xff", 4);
    gss_release_buffer(&minor, &out);
    in = buffer_of(SPAN_LIT("\x04\x01\x00\x00u:me"));
    assert_int_equal(gss_wrap(&minor, p.gss, 0, 0, &in, NULL, &out), 0);
    assert_int_equal(acceptor_sasl_chosen(p.server, span_of_buffer(out), &arena, &choice), ERR_OK);
    assert_int_equal(choice.layer, GSS_SASL_CONFIDENTIALITY);
    assert_int_equal(choice.max_buffer, 0x10000);
    assert_true(span_eq(choice.authzid, SPAN_LIT("u:me")));
    gss_release_buffer(&minor, &out);
    in = buffer_of(SPAN_LIT("\x01\x00\x00\x00"));
    assert_int_equal(gss_wrap(&minor, p.gss, 0, 0, &in, NULL, &out), 0);
    assert_int_equal(acceptor_sasl_chosen(p.server, span_of_buffer(out), &arena, &choice),
                     ERR_REFUSED);
    assert_int_equal(acceptor_reason(p.server), REASON_AUTH_SASL_LAYER);
    gss_release_buffer(&minor, &out);
    in = buffer_of(SPAN_LIT("\x04\x00\x00\x10"));
    assert_int_equal(gss_wrap(&minor, p.gss, 0, 0, &in, NULL, &out), 0);
    assert_int_equal(acceptor_sasl_chosen(p.server, span_of_buffer(out), &arena, &choice),
                     ERR_REFUSED);
    assert_int_equal(acceptor_reason(p.server), REASON_AUTH_SASL_MALFORMED);
    gss_release_buffer(&minor, &out);
    pair_end(&p);
}

/* Rotated by any count, as Windows sends; and what was changed is seen. */
static void test_rotation_and_changes(void **state)
{
    struct pair p;
    struct span plain = SPAN_LIT("a message of some length"), got;
    gss_buffer_desc in = buffer_of(plain), out;
    OM_uint32 minor;
    bool sealed;
    (void)state;
    pair_begin(&p, &krb5_oid, GSS_C_MUTUAL_FLAG, ticket);
    establish(&p);
    for (int seal = 0; seal < 2; seal++) {
        assert_int_equal(gss_wrap(&minor, p.gss, seal, 0, &in, NULL, &out), 0);
        uint8_t *bytes = out.value, *turned = arena_alloc(&arena, out.length);
        size_t body = out.length - GSS_KRB_HEADER;
        for (unsigned rrc = 0; rrc < 2 * body; rrc += 7) {
            memcpy(turned, bytes, GSS_KRB_HEADER);
            turned[6] = (uint8_t)(rrc >> 8);
            turned[7] = (uint8_t)rrc;
            for (size_t i = 0; i < body; i++)
                turned[GSS_KRB_HEADER + (i + rrc) % body] = bytes[GSS_KRB_HEADER + i];
            assert_int_equal(
                acceptor_unwrap(p.server, span_of(turned, out.length), &arena, &sealed, &got),
                ERR_OK);
            assert_true(span_eq(got, plain));
        }
        for (size_t i = 0; i < out.length; i++) {
            memcpy(turned, bytes, out.length);
            turned[i] ^= 0x10;
            if (i == 6 || i == 7) /* the rotation */
                continue;
            assert_int_equal(
                acceptor_unwrap(p.server, span_of(turned, out.length), &arena, &sealed, &got),
                ERR_REFUSED);
        }
        assert_int_equal(acceptor_reason(p.server), REASON_AUTH_MESSAGE_INTEGRITY);
        assert_int_equal(
            acceptor_unwrap(p.server, span_of(bytes, GSS_KRB_HEADER - 1), &arena, &sealed, &got),
            ERR_REFUSED);
        assert_int_equal(acceptor_reason(p.server), REASON_AUTH_MESSAGE_MALFORMED);
        gss_release_buffer(&minor, &out);
    }
    pair_end(&p);
}

/* Three messages that arrive as 2, 1, 3, 2: with replay detection alone the last is refused, with
 * sequencing what comes too early and what comes again. */
static void out_of_order(OM_uint32 wanted, const bool accepted[4])
{
    static const unsigned order[] = {1, 0, 2, 1};
    struct pair p;
    struct span got;
    gss_buffer_desc in = buffer_of(SPAN_LIT("text")), out[3];
    OM_uint32 minor;
    bool sealed;
    pair_begin(&p, &krb5_oid, wanted, ticket);
    establish(&p);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(gss_wrap(&minor, p.gss, 1, 0, &in, NULL, &out[i]), 0);
    for (unsigned i = 0; i < 4; i++) {
        enum err e =
            acceptor_unwrap(p.server, span_of_buffer(out[order[i]]), &arena, &sealed, &got);
        assert_int_equal(e, accepted[i] ? ERR_OK : ERR_REFUSED);
        assert_int_equal(acceptor_reason(p.server),
                         accepted[i] ? REASON_NONE : REASON_AUTH_MESSAGE_SEQUENCE);
    }
    for (unsigned i = 0; i < 3; i++)
        gss_release_buffer(&minor, &out[i]);
    pair_end(&p);
}

static void test_order_of_messages(void **state)
{
    (void)state;
    out_of_order(GSS_C_MUTUAL_FLAG, (const bool[]){true, true, true, true});
    out_of_order(GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG, (const bool[]){true, true, true, false});
    out_of_order(WANTED, (const bool[]){false, true, false, true});
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

/* An AP-REQ that is not GSS': no checksum says what the client wants. */
static void test_plain_kerberos(void **state)
{
    struct pair p;
    krb5_auth_context auth = NULL;
    krb5_data message;
    struct builder b;
    struct span token;
    (void)state;
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    assert_int_equal(krb5_mk_req_extended(client, &auth, 0, NULL, ticket, &message), 0);
    builder_in(&b, &arena, SPNEGO_TOKEN_MAX);
    gss_krb_put_token(&b, SPNEGO_MECH_KRB5, GSS_KRB_AP_REQ, span_of(message.data, message.length));
    assert_int_equal(builder_done(&b, &token), ERR_OK);
    must_be_refused(&p, token, REASON_AUTH_CHECKSUM, KRB_AP_ERR_INAPP_CKSUM);
    krb5_free_data_contents(client, &message);
    krb5_auth_con_free(client, auth);
    pair_end(&p);
}

static void test_dce_style(void **state)
{
    struct pair p;
    (void)state;
    pair_begin(&p, &spnego_oid, WANTED | GSS_C_DCE_STYLE, ticket);
    must_be_refused(&p, client_step(&p, SPAN_NONE), REASON_AUTH_OPTION_REFUSED, 0);
    pair_end(&p);
}

static void test_controller_without_keys(void **state)
{
    struct pair p;
    struct acceptor *other;
    struct acceptor_env env = env_of(&cloud);
    (void)state;
    env.dc_name = SPAN_LIT("DC9");
    assert_int_equal(acceptor_new(&env, &other), ERR_OK);
    pair_begin(&p, &krb5_oid, WANTED, ticket);
    acceptor_context_free(p.server);
    assert_int_equal(acceptor_context_new(other, &p.server), ERR_OK);
    must_be_refused(&p, client_step(&p, SPAN_NONE), REASON_AUTH_NO_OWN_KEYS, KRB_AP_ERR_NOKEY);
    pair_end(&p);
    acceptor_free(other);
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

/* --- the fixture --------------------------------------------------------------------------------
 */

/* MIT's GSS library reads the machine's clock, so everything here goes by it. */
static int setup(void **state)
{
    (void)state;
    test_now = (utime)time(NULL) * UTIME_SECOND;
    fixture_forest(&cloud, "cloud.example.com", "NIMBUS");
    test_realms[0] = &cloud;
    client = fixture_client();
    assert_int_equal(
        fixture_kinit(client, "Administrator@CLOUD.EXAMPLE.COM", 0, ADMIN_PASSWORD, NULL, &tgt), 0);
    assert_int_equal(fixture_ticket(client, &tgt, SERVICE, 0, &ticket), 0);
    struct acceptor_env env = env_of(&cloud);
    assert_int_equal(acceptor_new(&env, &acceptor), ERR_OK);
    arena_init(&arena, 0, 64u << 20, ARENA_WIPE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    acceptor_free(acceptor);
    krb5_free_creds(client, ticket);
    krb5_free_cred_contents(client, &tgt);
    fixture_client_end(client);
    fixture_forest_end(&cloud);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_krb5),
        cmocka_unit_test(test_spnego),
        cmocka_unit_test(test_spnego_second_choice_is_signed),
        cmocka_unit_test(test_spnego_list_changed),
        cmocka_unit_test(test_sasl_layers),
        cmocka_unit_test(test_rotation_and_changes),
        cmocka_unit_test(test_order_of_messages),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_channel_bindings),
        cmocka_unit_test(test_forged_tickets),
        cmocka_unit_test(test_other_mechanisms_and_noise),
        cmocka_unit_test(test_plain_kerberos),
        cmocka_unit_test(test_dce_style),
        cmocka_unit_test(test_controller_without_keys),
        cmocka_unit_test(test_channel_bindings_withheld),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
