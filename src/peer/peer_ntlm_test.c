#include "base/test.h"

#include "base/text.h"
#include "peer/peer_ntlm.h"
#include "wire/ntlm/ntlm.h"
#include "wire/spnego/spnego.h"

static struct arena arena;
static const uint8_t hash[16] = {1, 2, 3};
static const uint8_t server_challenge[8] = {8, 7, 6};

static struct span wide(const char *text)
{
    struct span out;
    assert_ok(text_to_utf16(span_str(text), &arena, &out));
    return out;
}

static struct span built(struct builder *b)
{
    struct span out;
    assert_ok(builder_done(b, &out));
    return out;
}

static struct peer_ntlm machine(void)
{
    return (struct peer_ntlm){.account = SPAN_LIT("dc1$"),
                              .domain = SPAN_LIT("AWS"),
                              .nt_hash = hash,
                              .partner = SPAN_LIT("corp.example.com"),
                              .host = "dc9.corp.example.com"};
}

/* What a server says that is of this domain; its bare message too. */
static struct span challenge(const char *domain, uint32_t flags, bool timed, struct span *bare_out)
{
    struct ntlm_target_info info = {.domain = wide("CORP"),
                                    .dns_domain = wide(domain),
                                    .computer = wide("DC9"),
                                    .has_timestamp = timed,
                                    .timestamp = 131000000000000000};
    struct ntlm_challenge m = {.flags = flags, .target = wide("CORP")};
    struct spnego_resp resp = {.has_state = true, .state = SPNEGO_ACCEPT_INCOMPLETE};
    struct builder b;
    memcpy(m.challenge, server_challenge, sizeof(m.challenge));
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_target_info(&b, &info);
    m.target_info = built(&b);
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_challenge(&b, &m);
    *bare_out = resp.response_token = built(&b);
    builder_in(&b, &arena, SPNEGO_TOKEN_MAX);
    spnego_put_resp(&b, &resp);
    return built(&b);
}

static struct span begin(struct peer_ntlm *n)
{
    struct spnego_token token;
    struct span out;
    assert_ok(peer_ntlm_begin(n, &arena, &out));
    assert_ok(spnego_decode(out, &arena, &token));
    assert_int_equal(token.kind, SPNEGO_INIT);
    assert_int_equal(token.init.mech_types.count, 1);
    assert_int_equal(spnego_mech_of(token.init.mech_types.items[0]), SPNEGO_MECH_NTLMSSP);
    return token.init.mech_token;
}

static uint32_t flags_of(struct span negotiate)
{
    struct ntlm_negotiate m;
    assert_ok(ntlm_negotiate_decode(negotiate, &m));
    return m.flags;
}

/* As who knows the account judges it. */
static void judge(struct span negotiate, struct span bare, struct span message,
                  const uint8_t key[NTLM_KEY_SIZE])
{
    static const uint8_t zeros[NTLM_MIC_SIZE];
    uint8_t owf[16], proof[16], base[16], mic[16];
    struct ntlm_authenticate m;
    struct ntlm_v2_response r;
    assert_ok(ntlm_authenticate_decode(message, &m));
    assert_true(span_eq(m.user, wide("dc1$")) && span_eq(m.domain, wide("AWS")));
    assert_int_equal(m.lm.len, 0);
    assert_ok(ntlm_v2_response_decode(m.nt, &r));
    ntlm_owf_v2(hash, wide("DC1$"), m.domain, owf);
    ntlm_proof(owf, server_challenge, r.temp, proof);
    ntlm_base_key(owf, proof, base);
    assert_memory_equal(proof, r.proof, sizeof(proof));
    assert_memory_equal(base, key, sizeof(base));
    struct span parts[] = {negotiate, bare, span_sub(message, 0, NTLM_MIC_AT),
                           span_of(zeros, sizeof(zeros)),
                           span_sub(message, NTLM_MIC_AT + NTLM_MIC_SIZE, message.len)};
    ntlm_mic(base, parts, 5, mic);
    assert_memory_equal(mic, m.mic.ptr, sizeof(mic));
    assert_true(r.info.has_flags && (r.info.flags & NTLM_AV_MIC));
    assert_true(span_eq(r.info.target, wide("cifs/dc9.corp.example.com")));
    assert_true(span_eq(r.info.dns_domain, wide("Corp.example.com")));
}

static void test_it_proves_itself_to_whom_it_names(void **state)
{
    (void)state;
    for (unsigned timed = 0; timed < 2; timed++) {
        struct peer_ntlm n = machine();
        struct spnego_token token;
        struct span bare, out, negotiate = begin(&n);
        uint8_t key[NTLM_KEY_SIZE];
        struct span in = challenge("Corp.example.com", flags_of(negotiate), timed, &bare);
        assert_ok(peer_ntlm_answer(&n, in, &arena, &out, key));
        assert_ok(spnego_decode(out, &arena, &token));
        assert_int_equal(token.kind, SPNEGO_RESP);
        assert_int_equal(token.resp.mech_list_mic.len, NTLM_SIGNATURE_SIZE);
        judge(negotiate, bare, token.resp.response_token, key);
    }
}

static enum err answer(struct span in)
{
    struct peer_ntlm n = machine();
    uint8_t key[NTLM_KEY_SIZE];
    struct span out;
    begin(&n);
    return peer_ntlm_answer(&n, in, &arena, &out, key);
}

/* A challenge of our own domain controllers, passed on by whoever stands there, above all. */
static void test_who_else_gets_no_answer(void **state)
{
    struct peer_ntlm n = machine();
    uint32_t flags = flags_of(begin(&n));
    struct span bare;
    (void)state;
    assert_int_equal(answer(challenge("aws.example.com", flags, true, &bare)), ERR_DENIED);
    assert_int_equal(answer(challenge("", flags, true, &bare)), ERR_DENIED);
    assert_int_equal(
        answer(challenge("corp.example.com", flags & ~(uint32_t)NTLM_128, true, &bare)),
        ERR_UNSUPPORTED);
    assert_int_equal(answer(challenge("corp.example.com", flags & ~(uint32_t)NTLM_EXTENDED_SECURITY,
                                      true, &bare)),
                     ERR_UNSUPPORTED);
    struct span in = challenge("corp.example.com", flags, true, &bare);
    for (size_t i = 0; i < in.len; i++)
        assert_int_not_equal(answer(span_sub(in, 0, i)), ERR_OK);
    assert_int_not_equal(answer(bare), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_proves_itself_to_whom_it_names),
        cmocka_unit_test(test_who_else_gets_no_answer),
    };
    arena_init(&arena, 0, 64 << 20, ARENA_WIPE);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
