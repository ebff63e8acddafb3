/*
 * Messages after the handshake (RFC 4121): wrapped, signed, rotated, changed and out of order, and
 * SASL's layers over them.
 */
#include "kdc/acceptor_fixture_test.h"

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
    assert_true(span_eq(s->user, SPAN_LIT("Administrator")));
    assert_true(span_eq(s->domain, SPAN_LIT("CLOUD.EXAMPLE.COM")));
    assert_false(s->anonymous);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_krb5),
        cmocka_unit_test(test_spnego),
        cmocka_unit_test(test_sasl_layers),
        cmocka_unit_test(test_rotation_and_changes),
        cmocka_unit_test(test_order_of_messages),
    };
    return cmocka_run_group_tests(tests, acceptor_setup, acceptor_teardown);
}
