/*
 * NTLM sessions and every way in which one is refused.
 */
#include "auth/ntlm_fixture_test.h"

#define must_refuse(c, bindings, why, status)                                                      \
    must_refuse_at((c), (bindings), (why), (status), __LINE__)

static void must_refuse_at(struct client *c, struct span bindings, enum reason why, uint32_t status,
                           int line)
{
    enum err e = converse(c, bindings);
    if (e != ERR_REFUSED || acceptor_reason(c->server) != why)
        print_error("line %d: %s, %s\n", line, err_name(e),
                    reason_row(acceptor_reason(c->server))->code);
    assert_err(e, ERR_REFUSED);
    assert_string_equal(reason_row(acceptor_reason(c->server))->code, reason_row(why)->code);
    assert_int_equal(acceptor_ntstatus(c->server), status);
    assert_null(acceptor_session(c->server));
    assert_err(server_step(c, c->negotiate, SPAN_NONE), ERR_REFUSED); /* the context is dead */
    client_end(c);
}

static void must_let_in(struct client *c, struct span bindings)
{
    enum err e = converse(c, bindings);
    if (e != ERR_OK)
        fail_msg("%s", reason_row(acceptor_reason(c->server))->code);
    assert_true(c->done);
    assert_non_null(acceptor_session(c->server));
}

/* --- sessions --------------------------------------------------------------------------------- */

static void a_session(void **state)
{
    struct client c = client_of("aDA", PASSWORD);
    (void)state;

    must_let_in(&c, SPAN_NONE);
    const struct acceptor_session *s = acceptor_session(c.server);
    assert_span(s->user, "Ada");
    assert_span(s->domain, "AWS");
    assert_span(s->principal, "AWS\\Ada");
    assert_int_equal(s->mech, SPNEGO_MECH_NTLMSSP);
    assert_false(s->anonymous);
    assert_int_equal(s->token->account, ada);
    assert_true(s->token->count > 3);
    assert_span_equal(acceptor_session_key(s), span_of(c.exported, NTLM_KEY_SIZE));
    assert_int_equal(s->flags,
                     GSS_FLAG_INTEG | GSS_FLAG_CONF | GSS_FLAG_REPLAY | GSS_FLAG_SEQUENCE);
    assert_int_equal(acceptor_ntstatus(c.server), 0);
    struct vol_state v;
    vol_get(forest.base.dir, ada, &v);
    assert_int_equal(v.last_logon, utime_to_filetime(now_is));
    client_end(&c);
}

static void signatures_both_ways(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    struct span message = SPAN_LIT("message"), mic, plain;
    uint8_t signature[NTLM_SIGNATURE_SIZE];
    bool sealed;
    (void)state;

    must_let_in(&c, SPAN_NONE);
    ntlm_sign(&c.send, &message, 1, signature);
    assert_ok(acceptor_verify_mic(c.server, message, span_of(signature, sizeof(signature))));
    assert_ok(acceptor_get_mic(c.server, message, &arena, &mic));
    assert_ok(ntlm_verify(&c.receive, &message, 1, mic.ptr));
    assert_err(acceptor_verify_mic(c.server, message, span_of(signature, sizeof(signature))),
               ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_AUTH_MESSAGE_INTEGRITY);
    assert_err(acceptor_verify_mic(c.server, message, span_of(signature, 15)), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_AUTH_MESSAGE_MALFORMED);
    assert_err(acceptor_wrap(c.server, true, message, &arena, &plain), ERR_UNSUPPORTED);
    assert_err(acceptor_unwrap(c.server, mic, &arena, &sealed, &plain), ERR_UNSUPPORTED);
    client_end(&c);
}

/* Fragments of DCE/RPC: header, body and trailer, both ways. */
static void fragments(void **state)
{
    (void)state;

    for (unsigned i = 0; i < 16; i++) { /* the last bits: what is changed on the way */
        struct client c = client_of("ada", PASSWORD);
        bool seal = i & 1, sign_header = i & 2;
        uint8_t header[] = "the header", body[] = "the body with padding", trailer[] = "trailer";
        uint8_t token[NTLM_SIGNATURE_SIZE];
        struct span parts[] = {span_of(header, sizeof(header)), span_of(body, sizeof(body)),
                               span_of(trailer, sizeof(trailer))};
        struct acceptor_rpc m = {seal, sign_header, parts[0], parts[2], body, sizeof(body)};
        must_let_in(&c, SPAN_NONE);
        assert_int_equal(acceptor_rpc_token_size(c.server, seal), sizeof(token));
        assert_ok(acceptor_rpc_protect(c.server, &m, &arena, token));
        assert_true(seal == (memcmp(body, "the body", 8) != 0));
        assert_ok(ntlm_unseal(&c.receive, parts, 3, body, seal ? sizeof(body) : 0, token));
        assert_memory_equal(body, "the body", 8);
        ntlm_seal(&c.send, parts, 3, body, seal ? sizeof(body) : 0, token);
        uint8_t *const changed[] = {NULL, header, body, trailer};
        if (changed[i / 4])
            *changed[i / 4] ^= 1;
        bool seen_it = i / 4;
        assert_err(acceptor_rpc_open(c.server, &m, span_of(token, sizeof(token)), &arena),
                   seen_it ? ERR_REFUSED : ERR_OK);
        if (seen_it)
            assert_int_equal(acceptor_reason(c.server), REASON_AUTH_MESSAGE_INTEGRITY);
        else
            assert_memory_equal(body, "the body", 8);
        assert_err(acceptor_rpc_open(c.server, &m, span_of(token, 3), &arena), ERR_REFUSED);
        assert_int_equal(acceptor_reason(c.server), REASON_AUTH_MESSAGE_MALFORMED);
        client_end(&c);
    }
}

static void fragments_of_nobody(void **state)
{
    struct client c = client_of("", "");
    struct acceptor_rpc m = {.body = (uint8_t[]){1}, .body_len = 1};
    uint8_t token[NTLM_SIGNATURE_SIZE];
    (void)state;

    client_begin(&c);
    assert_err(acceptor_rpc_protect(c.server, &m, &arena, token), ERR_STATE);
    assert_err(acceptor_rpc_open(c.server, &m, span_of(token, 16), &arena), ERR_STATE);
    acceptor_context_free(c.server);
    c.anonymous = true;
    c.final_flags = CLIENT_FLAGS & ~(uint32_t)NTLM_EXTENDED_SECURITY; /* as Samba's */
    must_let_in(&c, SPAN_NONE);
    assert_err(acceptor_rpc_protect(c.server, &m, &arena, token), ERR_UNSUPPORTED);
    assert_err(acceptor_rpc_open(c.server, &m, span_of(token, 16), &arena), ERR_UNSUPPORTED);
    client_end(&c);
}

/* Names: of the domain in three ways, of none, of a workgroup that nobody knows; by UPN. */
static void names_that_are_ours(void **state)
{
    static const char *const names[][2] = {
        {"ada", "AWS"},       {"ada", "aws.example.com"},  {"ada", ""},
        {"ada", "WORKGROUP"}, {"ada@aws.example.com", ""}, {"ada.l@mail.example.com", ""},
    };
    (void)state;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct client c = client_of(names[i][0], PASSWORD);
        c.domain = names[i][1];
        must_let_in(&c, SPAN_NONE);
        assert_span(acceptor_session(c.server)->principal, "AWS\\Ada");
        client_end(&c);
    }
    struct client c = client_of("ada", PASSWORD);
    c.no_domain_in_key = true;
    must_let_in(&c, SPAN_NONE);
    client_end(&c);
}

static void what_clients_leave_out(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    (void)state;

    c.no_mic = true; /* it does not say that there is one */
    must_let_in(&c, SPAN_NONE);
    client_end(&c);
    c = client_of("ada", PASSWORD);
    c.flags &= ~(uint32_t)NTLM_KEY_EXCHANGE;
    must_let_in(&c, SPAN_NONE);
    client_end(&c);
    c = client_of("ada", PASSWORD);
    c.flags &= ~(uint32_t)(NTLM_SEAL | NTLM_SIGN);
    must_let_in(&c, SPAN_NONE);
    assert_int_equal(acceptor_session(c.server)->flags, 0);
    client_end(&c);
}

static void nobody_in_particular(void **state)
{
    struct client c = client_of("", "");
    (void)state;

    c.anonymous = true;
    must_let_in(&c, SPAN_NONE);
    const struct acceptor_session *s = acceptor_session(c.server);
    assert_true(s->anonymous);
    assert_int_equal(s->token->account, 0);
    assert_int_equal(s->token->count, dir_token_anonymous.count);
    assert_span(s->user, "ANONYMOUS LOGON");
    client_end(&c);

    c = client_of("", "");
    c.anonymous = true;
    c.lm = SPAN_LIT("\0"); /* as Windows writes it */
    must_let_in(&c, SPAN_NONE);
    client_end(&c);

    ops.anonymous = false;
    c = client_of("", "");
    c.anonymous = true;
    must_refuse(&c, SPAN_NONE, REASON_NTLM_ANONYMOUS, NTSTATUS_ACCESS_DENIED);
}

/* --- refusals: what the client is --------------------------------------------------------------
 */

static void weak_clients(void **state)
{
    static const uint32_t needed[] = {NTLM_UNICODE, NTLM_EXTENDED_SECURITY, NTLM_128};
    (void)state;

    for (unsigned i = 0; i < 3; i++) {
        struct client c = client_of("ada", PASSWORD);
        c.flags &= ~needed[i];
        client_begin(&c);
        assert_err(server_step(&c, client_negotiate(&c), SPAN_NONE), ERR_REFUSED);
        assert_int_equal(acceptor_reason(c.server), REASON_NTLM_WEAK);
        assert_int_equal(acceptor_ntstatus(c.server), NTSTATUS_NOT_SUPPORTED);
        client_end(&c);
        /* CVE-2019-1040 and its kin: flags that vanish between the messages */
        c = client_of("ada", PASSWORD);
        c.final_flags = CLIENT_FLAGS & ~needed[i];
        must_refuse(&c, SPAN_NONE, REASON_NTLM_WEAK, NTSTATUS_NOT_SUPPORTED);
    }
    struct client c = client_of("ada", PASSWORD);
    c.flags |= NTLM_DATAGRAM;
    client_begin(&c);
    assert_err(server_step(&c, client_negotiate(&c), SPAN_NONE), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_NTLM_WEAK);
    client_end(&c);
}

static void version_1(void **state)
{
    static const uint8_t response[24] = {1, 2, 3};
    struct client c = client_of("ada", PASSWORD);
    (void)state;

    c.nt = c.lm = span_of(response, sizeof(response));
    must_refuse(&c, SPAN_NONE, REASON_NTLM_VERSION, NTSTATUS_LOGON_FAILURE);
    c = client_of("ada", PASSWORD);
    c.nt = SPAN_LIT("");
    c.lm = span_of(response, sizeof(response));
    must_refuse(&c, SPAN_NONE, REASON_NTLM_VERSION, NTSTATUS_LOGON_FAILURE);
}

static void tokens_that_are_none(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    (void)state;

    c.nt = SPAN_LIT("longer than twenty-four bytes, but no response");
    must_refuse(&c, SPAN_NONE, REASON_AUTH_TOKEN_MALFORMED, NTSTATUS_INVALID_PARAMETER);
    c = client_of("ada", PASSWORD);
    client_begin(&c);
    assert_err(server_step(&c, SPAN_LIT("NTLMSSP\0\3\0\0\0"), SPAN_NONE), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_AUTH_TOKEN_MALFORMED);
    client_end(&c);
}

static struct spnego_mechs hinted(void)
{
    struct spnego_token t;
    struct span hint;
    assert_ok(acceptor_hint(acceptor, &arena, &hint));
    assert_ok(spnego_decode(hint, &arena, &t));
    assert_int_equal(t.kind, SPNEGO_INIT);
    assert_span(t.init.hint_name, "not_defined_in_RFC4178@please_ignore");
    return t.init.mech_types;
}

/* Where the process lacks the secrets, the mechanism is not there. */
static void without_ops(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    struct spnego_mechs with, without;
    (void)state;

    with = hinted();
    assert_int_equal(with.count, 3);
    assert_int_equal(spnego_mech_of(with.items[0]), SPNEGO_MECH_MS_KRB5);
    assert_int_equal(spnego_mech_of(with.items[2]), SPNEGO_MECH_NTLMSSP);
    fixture_acceptor(NULL);
    without = hinted();
    assert_int_equal(without.count, 2);
    client_begin(&c);
    assert_err(server_step(&c, client_negotiate(&c), SPAN_NONE), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_AUTH_NO_MECHANISM);
    client_end(&c);
}

/* --- refusals: somebody stands between ----------------------------------------------------------
 */

static void a_changed_message(void **state)
{
    (void)state;

    for (unsigned i = 0; i < 2; i++) { /* its own flags; the client's first message */
        struct client c = client_of("ada", PASSWORD);
        client_begin(&c);
        assert_ok(server_step(&c, client_negotiate(&c), SPAN_NONE));
        uint8_t *negotiate = (uint8_t *)(uintptr_t)c.negotiate.ptr;
        negotiate[33] ^= (uint8_t)i;
        struct span token = client_authenticate(&c, c.out);
        uint8_t *bytes = (uint8_t *)(uintptr_t)token.ptr;
        bytes[65] ^= (uint8_t)!i;
        assert_err(server_step(&c, token, SPAN_NONE), ERR_REFUSED);
        assert_int_equal(acceptor_reason(c.server), REASON_NTLM_MIC);
        client_end(&c);
    }
}

/* CVE-2019-1040: the MIC taken away. What says that there was one is under the proof. */
static void cve_2019_1040_no_mic(void **state)
{
    struct client c = client_of("ada", PASSWORD);
    (void)state;

    client_begin(&c);
    assert_ok(server_step(&c, client_negotiate(&c), SPAN_NONE));
    struct span token = client_authenticate(&c, c.out);
    struct ntlm_authenticate m;
    struct builder b;
    assert_ok(ntlm_authenticate_decode(token, &m));
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_authenticate(&b, &m, false);
    assert_err(server_step(&c, built(&b), SPAN_NONE), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_AUTH_TOKEN_MALFORMED);
    client_end(&c);
}

static void targets(void **state)
{
    static const char *const ours[] = {
        "cifs/dc-a.aws.example.com",
        "CIFS/DC-A",
        "host/aws.example.com",
        "cifs/AWS",
        "HTTP/dc-a:8080",
        "ldap/dc-a/aws",
        "cifs/localhost",
        "cifs/127.0.1.10",
        "cifs/fd00::10",
        "cifs/FILES.example.com",
        "dc-a",
        "",
    };
    static const char *const others[] = {"cifs/dc-b.aws.example.com", "cifs/dc-a.evil.example",
                                         "cifs/127.0.1.11", "evil", "cifs/"};
    (void)state;

    for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        struct client c = client_of("ada", PASSWORD);
        c.target = ours[i];
        must_let_in(&c, SPAN_NONE);
        client_end(&c);
    }
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct client c = client_of("ada", PASSWORD);
        c.target = others[i];
        must_refuse(&c, SPAN_NONE, REASON_NTLM_TARGET, NTSTATUS_ACCESS_DENIED);
        c = client_of("ada", PASSWORD); /* a guess of the client's says nothing */
        c.target = others[i];
        c.av_flags = NTLM_AV_UNTRUSTED_TARGET;
        must_let_in(&c, SPAN_NONE);
        client_end(&c);
    }
    struct client c = client_of("ada", PASSWORD);
    c.computer = "DC-B"; /* another server's challenge */
    must_refuse(&c, SPAN_NONE, REASON_NTLM_TARGET, NTSTATUS_ACCESS_DENIED);
}

static void channel_bindings(void **state)
{
    static const uint8_t zeros[16];
    uint8_t good[16], bad[16];
    struct client c = client_of("ada", PASSWORD);
    (void)state;

    acceptor_hash_bindings(BINDINGS, good);
    memcpy(bad, good, sizeof(bad));
    bad[15] ^= 1;
    c.binding = span_of(good, 16);
    must_let_in(&c, BINDINGS);
    assert_true(acceptor_session(c.server)->bound);
    client_end(&c);
    c = client_of("ada", PASSWORD); /* a client that does not know of bindings */
    must_let_in(&c, BINDINGS);
    assert_false(acceptor_session(c.server)->bound);
    client_end(&c);
    c = client_of("ada", PASSWORD);
    c.binding = span_of(bad, 16);
    must_refuse(&c, BINDINGS, REASON_AUTH_CHANNEL_BINDINGS, NTSTATUS_BAD_BINDINGS);
    c = client_of("ada", PASSWORD); /* it thinks that it is on no channel */
    c.binding = span_of(zeros, 16);
    must_refuse(&c, BINDINGS, REASON_AUTH_CHANNEL_BINDINGS, NTSTATUS_BAD_BINDINGS);
    c = client_of("ada", PASSWORD);
    c.binding = span_of(zeros, 16);
    must_let_in(&c, SPAN_NONE);
    client_end(&c);
}

/* A response to another challenge proves nothing. */
static void a_replayed_response(void **state)
{
    struct client c = client_of("ada", PASSWORD), again = client_of("ada", PASSWORD);
    (void)state;

    client_begin(&c);
    assert_ok(server_step(&c, client_negotiate(&c), SPAN_NONE));
    struct span token = client_authenticate(&c, c.out);
    assert_ok(server_step(&c, token, SPAN_NONE));
    client_begin(&again);
    assert_ok(server_step(&again, client_negotiate(&again), SPAN_NONE));
    assert_err(server_step(&again, token, SPAN_NONE), ERR_REFUSED);
    assert_int_equal(acceptor_reason(again.server), REASON_NTLM_PASSWORD_WRONG);
    acceptor_context_free(again.server);
    client_end(&c);
}

/* --- refusals: the account ----------------------------------------------------------------------
 */

static void wrong_names_and_passwords(void **state)
{
    struct client c = client_of("ada", "wrong");
    struct vol_state v;
    (void)state;

    must_refuse(&c, SPAN_NONE, REASON_NTLM_PASSWORD_WRONG, NTSTATUS_LOGON_FAILURE);
    vol_get(forest.base.dir, ada, &v);
    assert_int_equal(v.bad_count, 1);
    c = client_of("ada", OLD_PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_NTLM_PASSWORD_OLD, NTSTATUS_LOGON_FAILURE);
    vol_get(forest.base.dir, ada, &v);
    assert_int_equal(v.bad_count, 1); /* not counted */
    c = client_of("nobody", PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_NTLM_USER_UNKNOWN, NTSTATUS_LOGON_FAILURE);
    c = client_of("ada", PASSWORD);
    must_let_in(&c, SPAN_NONE);
    client_end(&c);
    vol_get(forest.base.dir, ada, &v);
    assert_int_equal(v.bad_count, 0);
}

static void clocks(void **state)
{
    (void)state;

    for (int sign = -1; sign <= 1; sign += 2) {
        struct client c = client_of("ada", PASSWORD);
        c.clock_off = sign * (NTLM_LIFETIME + UTIME_MINUTE);
        must_refuse(&c, SPAN_NONE, REASON_AUTH_CLOCK_SKEW, NTSTATUS_TIME_DIFFERENCE);
        c = client_of("ada", PASSWORD);
        c.clock_off = sign * (NTLM_LIFETIME - UTIME_MINUTE);
        must_let_in(&c, SPAN_NONE);
        client_end(&c);
    }
}

static void lockout(void **state)
{
    struct client c;
    (void)state;

    set_number(forest.naming.domain_nc, ATTR_lockoutThreshold, 3);
    for (unsigned i = 0; i < 2; i++) {
        c = client_of("ada", "wrong");
        must_refuse(&c, SPAN_NONE, REASON_NTLM_PASSWORD_WRONG, NTSTATUS_LOGON_FAILURE);
    }
    assert_int_equal(seen.lockouts, 0);
    seen.writer = ERR_IO; /* not stored: the next one asks again, even with the right password */
    c = client_of("ada", "wrong");
    must_refuse(&c, SPAN_NONE, REASON_KDC_LOCKOUT_NOT_STORED, NTSTATUS_LOGON_FAILURE);
    assert_int_equal(seen.lockouts, 1);
    seen.writer = ERR_OK;
    c = client_of("ada", PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_KDC_LOCKED_NOW, 0xC0000234);
    assert_int_equal(seen.lockouts, 2);
    vol_reset_bad(forest.base.dir, ada); /* as the writer does */
    set_number(ada, ATTR_lockoutTime, utime_to_filetime(now_is));
    c = client_of("ada", PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_LOGON_LOCKED_OUT, 0xC0000234);
}

static void policy(void **state)
{
    struct client c;
    (void)state;

    set_number(ada, ATTR_userAccountControl, 0x202);
    c = client_of("ada", PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_LOGON_DISABLED, 0xC0000072);
    c = client_of("ada", "wrong"); /* only who knows the password is told */
    must_refuse(&c, SPAN_NONE, REASON_NTLM_PASSWORD_WRONG, NTSTATUS_LOGON_FAILURE);
    set_number(ada, ATTR_userAccountControl, 0x200);

    set_number(ada, ATTR_accountExpires, utime_to_filetime(now_is - UTIME_HOUR));
    c = client_of("ada", PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_LOGON_ACCOUNT_EXPIRED, 0xC0000193);
    set_number(ada, ATTR_accountExpires, 0);

    set_number(ada, ATTR_pwdLastSet, 0);
    c = client_of("ada", PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_LOGON_MUST_CHANGE, 0xC0000224);
    set_number(ada, ATTR_pwdLastSet, utime_to_filetime(FOREST_NOW));

    forest_text(&forest, ada, ATTR_userWorkstations, "WS7,WS8");
    c = client_of("ada", PASSWORD);
    must_refuse(&c, SPAN_NONE, REASON_LOGON_WORKSTATION, 0xC0000070);
    c = client_of("ada", PASSWORD);
    c.workstation = "ws8";
    must_let_in(&c, SPAN_NONE);
    client_end(&c);

    forest_member(&forest, forest_find(&forest, "CN=Protected Users,CN=Users," FOREST_DN), ada);
    c = client_of("ada", PASSWORD);
    c.workstation = "ws8";
    must_refuse(&c, SPAN_NONE, REASON_LOGON_PROTECTED_USER, 0xC000006E);
}

/* --- what Netlogon asks: the NT hash of who sits before a member ---------------------------------
 */

static struct ntlm_verdict interactive(const char *user, const char *password)
{
    uint8_t nt[16];
    struct dir_snap s;
    struct ntlm_verdict v;
    assert_ok(nt_hash(span_str(password), nt));
    assert_ok(dir_snap_begin(forest.base.dir, &s));
    struct ntlm_logon l = {.snap = &s,
                           .now = now_is,
                           .kind = POLICY_LOGON_INTERACTIVE,
                           .user = wide(user),
                           .domain = wide("AWS"),
                           .nt_hash = nt,
                           .intent = fixture_intent};
    assert_ok(ntlm_logon(&l, &arena, &v));
    dir_snap_end(&s);
    return v;
}

static void by_hash(void **state)
{
    struct vol_state v;
    (void)state;

    struct ntlm_verdict let_in = interactive("ada", PASSWORD);
    assert_int_equal(let_in.reason, REASON_NONE);
    assert_int_equal(let_in.account.id, ada);
    assert_span(let_in.account.sam_name, "Ada");
    assert_true(let_in.groups.global_count > 0);
    assert_int_equal(interactive("ada", "wrong").reason, REASON_NTLM_PASSWORD_WRONG);
    assert_int_equal(interactive("ada", "wrong").ntstatus, NTSTATUS_WRONG_PASSWORD);
    assert_int_equal(interactive("ada", OLD_PASSWORD).reason, REASON_NTLM_PASSWORD_OLD);
    assert_int_equal(interactive("bob", PASSWORD).ntstatus, NTSTATUS_NO_SUCH_USER);
    vol_get(forest.base.dir, ada, &v);
    assert_int_equal(v.bad_count, 2);
    set_number(ada, ATTR_userAccountControl, 0x1000);
    assert_int_equal(interactive("ada", PASSWORD).reason, REASON_LOGON_MACHINE_ACCOUNT);
}

/* --- accounts of a trusted domain ----------------------------------------------------------------
 */

static void a_trusted_domain_not_asked(void **state)
{
    struct client c = client_of("alice", PASSWORD);
    (void)state;

    c.domain = "CORP";
    must_refuse(&c, SPAN_NONE, REASON_NTLM_DOMAIN_NOT_ASKED, NTSTATUS_NO_LOGON_SERVERS);
}

static void a_trusted_domain(void **state)
{
    struct client c = client_of("alice", PASSWORD);
    struct sid user;
    (void)state;

    ops.pass_through = fixture_pass;
    ops.cancel = fixture_cancel;
    fixture_acceptor(&ops);
    c.domain = "Corp.Example.com";
    assert_err(converse(&c, SPAN_NONE), ERR_BUSY);
    assert_false(c.done);
    assert_null(acceptor_session(c.server));
    assert_string_equal(seen.domain, "Corp.Example.com");
    assert_string_equal(seen.user, "alice");
    assert_string_equal(seen.workstation, "WS1");
    struct acceptor_ntlm_answer answer = corp_says(&c, &user);
    assert_ok(acceptor_resume(c.server, &answer, &arena, &c.out, &c.done));
    assert_true(c.done);
    const struct acceptor_session *s = acceptor_session(c.server);
    assert_span(s->principal, "CORP\\Alice");
    assert_true(sid_eq(&s->token->sids[0], &user));
    assert_span_equal(acceptor_session_key(s), span_of(c.exported, NTLM_KEY_SIZE));
    assert_err(acceptor_resume(c.server, &answer, &arena, &c.out, &c.done), ERR_STATE);
    client_end(&c);
    assert_int_equal(seen.cancelled, 0);
}

static void a_trusted_domain_refuses(void **state)
{
    struct client c = client_of("alice", "wrong");
    struct acceptor_ntlm_answer no = {.reason = REASON_NTLM_PASSWORD_WRONG,
                                      .ntstatus = NTSTATUS_WRONG_PASSWORD};
    struct sid user;
    (void)state;

    ops.pass_through = fixture_pass;
    ops.cancel = fixture_cancel;
    fixture_acceptor(&ops);
    c.domain = "CORP";
    assert_err(converse(&c, SPAN_NONE), ERR_BUSY);
    assert_err(acceptor_resume(c.server, &no, &arena, &c.out, &c.done), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_NTLM_PASSWORD_WRONG);
    client_end(&c);

    c = client_of("alice", PASSWORD); /* what it lets in may have been relayed */
    c.domain = "CORP";
    c.target = "cifs/evil";
    assert_err(converse(&c, SPAN_NONE), ERR_BUSY);
    struct acceptor_ntlm_answer yes = corp_says(&c, &user);
    assert_err(acceptor_resume(c.server, &yes, &arena, &c.out, &c.done), ERR_REFUSED);
    assert_int_equal(acceptor_reason(c.server), REASON_NTLM_TARGET);
    client_end(&c);

    c = client_of("alice", PASSWORD); /* and a client may go before the answer comes */
    c.domain = "CORP";
    assert_err(converse(&c, SPAN_NONE), ERR_BUSY);
    assert_err(server_step(&c, c.negotiate, SPAN_NONE), ERR_REFUSED);
    client_end(&c);
    assert_int_equal(seen.cancelled, 1);

    c = client_of("alice", PASSWORD); /* or send what it should not: the answer comes too late */
    c.domain = "CORP";
    assert_err(converse(&c, SPAN_NONE), ERR_BUSY);
    assert_err(server_step(&c, c.negotiate, SPAN_NONE), ERR_REFUSED);
    assert_err(acceptor_resume(c.server, &yes, &arena, &c.out, &c.done), ERR_STATE);
    assert_null(acceptor_session(c.server));
    client_end(&c);
    assert_int_equal(seen.cancelled, 1);
}

static enum err pass_nothing(void *ctx, struct acceptor_context *c,
                             const struct acceptor_ntlm_ask *ask)
{
    (void)ask;
    seen.context = c;
    return *(enum err *)ctx;
}

/* What could not be asked is not cancelled either. */
static void a_trusted_domain_out_of_reach(void **state)
{
    struct client c = client_of("alice", PASSWORD);
    enum err why = ERR_CLOSED;
    (void)state;

    ops.pass_through = pass_nothing;
    ops.cancel = fixture_cancel;
    ops.pass_ctx = &why;
    fixture_acceptor(&ops);
    c.domain = "CORP";
    assert_err(converse(&c, SPAN_NONE), ERR_CLOSED);
    assert_null(acceptor_session(c.server));
    client_end(&c);
    why = ERR_LIMIT;
    c = client_of("alice", PASSWORD);
    c.domain = "CORP";
    must_refuse(&c, SPAN_NONE, REASON_NTLM_PARTNER_BUSY, NTSTATUS_NO_LOGON_SERVERS);
    assert_int_equal(seen.cancelled, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_start_afresh, fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_session),
        CASE(signatures_both_ways),
        CASE(fragments),
        CASE(fragments_of_nobody),
        CASE(names_that_are_ours),
        CASE(what_clients_leave_out),
        CASE(nobody_in_particular),
        CASE(weak_clients),
        CASE(version_1),
        CASE(tokens_that_are_none),
        CASE(without_ops),
        CASE(a_changed_message),
        CASE(cve_2019_1040_no_mic),
        CASE(targets),
        CASE(channel_bindings),
        CASE(a_replayed_response),
        CASE(wrong_names_and_passwords),
        CASE(clocks),
        CASE(lockout),
        CASE(policy),
        CASE(by_hash),
        CASE(a_trusted_domain_not_asked),
        CASE(a_trusted_domain),
        CASE(a_trusted_domain_refuses),
        CASE(a_trusted_domain_out_of_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
