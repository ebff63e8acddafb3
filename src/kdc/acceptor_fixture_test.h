/*
 * The acceptor of src/auth against MIT's initiator: libgssapi_krb5 in this process, with tickets of
 * our own KDC. It stands here because auth may not use the KDC.
 */
#ifndef KDC_ACCEPTOR_FIXTURE_TEST_H
#define KDC_ACCEPTOR_FIXTURE_TEST_H

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

static inline utime acceptor_now(void)
{
    return test_now + acceptor_clock_off;
}

static inline struct acceptor_env env_of(struct realm *r)
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

static inline struct span span_of_buffer(gss_buffer_desc b)
{
    return span_of(b.value, b.length);
}

static inline gss_buffer_desc buffer_of(struct span s)
{
    return (gss_buffer_desc){s.len, (void *)(uintptr_t)s.ptr};
}

static inline void pair_begin(struct pair *p, gss_OID mech, OM_uint32 wanted, krb5_creds *creds)
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

static inline void pair_end(struct pair *p)
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
static inline struct span client_step(struct pair *p, struct span in)
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

static inline enum err server_step(struct pair *p, struct span in, struct span *out, bool *done)
{
    return acceptor_step(p->server, in, p->server_bindings, &arena, out, done);
}

static inline void must_be_ok(struct pair *p)
{
    if (GSS_ERROR(p->major)) {
        OM_uint32 minor, more = 0;
        gss_buffer_desc text;
        gss_display_status(&minor, p->minor, GSS_C_MECH_CODE, p->mech, &more, &text);
        fail_msg("client: %.*s", (int)text.length, (char *)text.value);
    }
}

/* Goes on until both sides have a context. */
static inline void establish(struct pair *p)
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

static inline void must_be_refused(struct pair *p, struct span token, enum reason reason,
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

static inline void to_server(struct pair *p, int seal, struct span plain)
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

static inline void to_client(struct pair *p, bool seal, struct span plain)
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

static inline void mic_both_ways(struct pair *p)
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

static inline void talk(struct pair *p)
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

/* --- the fixture --------------------------------------------------------------------------------
 */

/* MIT's GSS library reads the machine's clock, so everything here goes by it. */
static inline int acceptor_setup(void **state)
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

static inline int acceptor_teardown(void **state)
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

#endif
