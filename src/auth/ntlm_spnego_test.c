/*
 * NTLM as SPNEGO's mechanism: the list of mechanisms is signed by both sides, and one exchange is
 * not mixed with another.
 */
#include "auth/ntlm_fixture_test.h"

static struct span mech_list(struct spnego_mechs *mechs)
{
    static struct span oid;
    struct builder b;
    oid = spnego_mech_oid(SPNEGO_MECH_NTLMSSP);
    *mechs = (struct spnego_mechs){.items = &oid, .count = 1};
    builder_in(&b, &arena, 256);
    spnego_put_mech_list(&b, mechs);
    return built(&b);
}

static struct span resp_of(struct span token, struct span mic)
{
    struct spnego_resp r = {.response_token = token, .mech_list_mic = mic};
    struct builder b;
    builder_in(&b, &arena, SPNEGO_TOKEN_MAX);
    spnego_put_resp(&b, &r);
    return built(&b);
}

static struct spnego_resp answer_of(const struct client *c)
{
    struct spnego_token t;
    assert_ok(spnego_decode(c->out, &arena, &t));
    assert_int_equal(t.kind, SPNEGO_RESP);
    return t.resp;
}

/* Up to the client's AUTHENTICATE and its signature of the list. */
static struct span spnego_begin(struct client *c, struct span *list, struct span *mic)
{
    static uint8_t signature[NTLM_SIGNATURE_SIZE];
    struct spnego_init init = {.mech_token = client_negotiate(c)};
    struct builder b;
    *list = mech_list(&init.mech_types);
    builder_in(&b, &arena, SPNEGO_TOKEN_MAX);
    spnego_put_init(&b, &init);
    client_begin(c);
    assert_ok(server_step(c, built(&b), SPAN_NONE));
    struct spnego_resp r = answer_of(c);
    assert_int_equal(r.state, SPNEGO_ACCEPT_INCOMPLETE);
    assert_span_equal(r.supported_mech, spnego_mech_oid(SPNEGO_MECH_NTLMSSP));
    struct span token = client_authenticate(c, r.response_token);
    ntlm_sign(&c->send, list, 1, signature);
    ntlm_stream_restart(&c->send);
    *mic = span_of(signature, sizeof(signature));
    return token;
}

static void must_be_signed(struct client *c, struct span list)
{
    struct spnego_resp r = answer_of(c);
    assert_int_equal(r.mech_list_mic.len, NTLM_SIGNATURE_SIZE);
    assert_ok(ntlm_verify(&c->receive, &list, 1, r.mech_list_mic.ptr));
    ntlm_stream_restart(&c->receive);
}

static void the_list_is_signed(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    struct span list, mic, ours, message = SPAN_LIT("the first message");
    (void)state;

    struct span token = spnego_begin(&c, &list, &mic);
    assert_ok(server_step(&c, resp_of(token, mic), SPAN_NONE));
    assert_true(c.done);
    assert_int_equal(answer_of(&c).state, SPNEGO_ACCEPT_COMPLETED);
    must_be_signed(&c, list);
    assert_ok(acceptor_get_mic(c.server, message, &arena, &ours));
    assert_ok(ntlm_verify(&c.receive, &message, 1, ours.ptr));
    client_end(&c);
}

/* It knows how to sign, for it sent a MIC: so it must, if later. */
static void a_signature_that_comes_later(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    struct span list, mic;
    (void)state;

    struct span token = spnego_begin(&c, &list, &mic);
    assert_ok(server_step(&c, resp_of(token, SPAN_NONE), SPAN_NONE));
    assert_false(c.done);
    assert_int_equal(answer_of(&c).state, SPNEGO_ACCEPT_INCOMPLETE);
    must_be_signed(&c, list);
    assert_ok(server_step(&c, resp_of(SPAN_NONE, mic), SPAN_NONE));
    assert_true(c.done);
    client_end(&c);

    c = client_of("ada", PASSWORD);
    c.no_mic = true; /* impacket: it does not */
    token = spnego_begin(&c, &list, &mic);
    assert_ok(server_step(&c, resp_of(token, SPAN_NONE), SPAN_NONE));
    assert_true(c.done);
    client_end(&c);
}

static void a_list_that_was_changed(void **state)
{
    (void)state;

    for (unsigned late = 0; late < 2; late++) {
        struct client c = client_of("ada", PASSWORD);
        struct span list, mic;
        struct span token = spnego_begin(&c, &list, &mic);
        ((uint8_t *)(uintptr_t)mic.ptr)[5] ^= 1;
        if (late)
            assert_ok(server_step(&c, resp_of(token, SPAN_NONE), SPAN_NONE));
        assert_err(server_step(&c, resp_of(late ? SPAN_NONE : token, mic), SPAN_NONE), ERR_REFUSED);
        assert_int_equal(acceptor_reason(c.server), REASON_AUTH_MECH_LIST_MIC);
        assert_int_equal(answer_of(&c).state, SPNEGO_REJECT);
        client_end(&c);
    }
}

static void a_trusted_domain_inside(void **state)
{
    struct client c = client_of("alice", PASSWORD);
    struct span list, mic;
    struct sid user;
    (void)state;

    ops.pass_through = fixture_pass;
    ops.cancel = fixture_cancel;
    fixture_acceptor(&ops);
    c.domain = "CORP";
    struct span token = spnego_begin(&c, &list, &mic);
    assert_err(server_step(&c, resp_of(token, mic), SPAN_NONE), ERR_BUSY);
    struct acceptor_ntlm_answer answer = corp_says(&c, &user);
    assert_ok(acceptor_resume(c.server, &answer, &arena, &c.out, &c.done));
    assert_true(c.done);
    must_be_signed(&c, list);
    client_end(&c);
}

/* Two ways at once are none. */
static void bare_after_spnego(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    struct span list, mic;
    (void)state;

    struct span token = spnego_begin(&c, &list, &mic);
    assert_err(server_step(&c, token, SPAN_NONE), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_AUTH_NEGOTIATION);
    client_end(&c);
}

static void spnego_after_bare(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    (void)state;

    client_begin(&c);
    assert_ok(server_step(&c, client_negotiate(&c), SPAN_NONE));
    assert_err(server_step(&c, resp_of(SPAN_LIT("a token"), SPAN_NONE), SPAN_NONE), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_AUTH_NEGOTIATION);
    client_end(&c);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_start_afresh, fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_list_is_signed),      CASE(a_signature_that_comes_later),
        CASE(a_list_that_was_changed), CASE(a_trusted_domain_inside),
        CASE(bare_after_spnego),       CASE(spnego_after_bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
