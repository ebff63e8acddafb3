/*
 * A forest with an acceptor that takes NTLM, and a client of our own making that can do wrong in
 * every way that a test wants. What real clients do is ntlm_clients_test.c's.
 */
#ifndef AUTH_NTLM_FIXTURE_TEST_H
#define AUTH_NTLM_FIXTURE_TEST_H

#include "base/test.h"

#include "auth/acceptor_state.h"
#include "base/text.h"
#include "directory/forest_fixture_test.h"
#include "directory/volatile.h"

#define PASSWORD     "Pa55word-\xc3\xa9"
#define OLD_PASSWORD "Pa55word-before"
#define BINDINGS     SPAN_LIT("tls-server-end-point:0123456789abcdef0123456789abcdef")

static struct forest forest;
static struct arena arena;
static struct acceptor *acceptor;
static dir_id ada;
static char volatile_path[80];
static utime now_is;

/* What the acceptor asked of others. */
static struct {
    unsigned lockouts, asked, cancelled;
    enum err writer;
    struct acceptor_context *context;
    char domain[64], user[64], workstation[64];
} seen;

static inline utime fixture_now(void)
{
    return now_is;
}

/* Carries a lockout out, as the writer does. */
static inline enum err fixture_intent(void *ctx, const struct intent *in, struct arena *a,
                                      struct intent_reply *out)
{
    (void)ctx, (void)a;
    assert_int_equal(in->kind, INTENT_LOCKOUT);
    seen.lockouts++;
    *out = (struct intent_reply){.err = seen.writer};
    return ERR_OK;
}

static inline enum err fixture_pass(void *ctx, struct acceptor_context *c,
                                    const struct acceptor_ntlm_ask *ask)
{
    (void)ctx;
    seen.asked++;
    seen.context = c;
    snprintf(seen.domain, sizeof(seen.domain), "%.*s", SPAN_ARG(ask->domain));
    snprintf(seen.user, sizeof(seen.user), "%.*s", SPAN_ARG(ask->user));
    snprintf(seen.workstation, sizeof(seen.workstation), "%.*s", SPAN_ARG(ask->workstation));
    return ERR_OK;
}

static inline void fixture_cancel(void *ctx, struct acceptor_context *c)
{
    (void)ctx;
    seen.cancelled += c == seen.context;
}

static struct span fixture_names[] = {SPAN_LIT("files.example.com"), SPAN_LIT("127.0.1.10"),
                                      SPAN_LIT("fd00::10")};
static struct acceptor_ntlm_ops ops = {
    .intent = fixture_intent, .names = fixture_names, .name_count = 3, .anonymous = true};

/* --- the directory ------------------------------------------------------------------------------
 */

static inline void give_password(dir_id id, const char *password,
                                 const struct dir_account_keys *old, struct dir_account_keys *out)
{
    static const uint8_t nonce[12] = {5};
    struct dir_key_recipe recipe = {.password = span_str(password),
                                    .salt = SPAN_LIT("salt"),
                                    .now = FOREST_NOW,
                                    .want_nt = true,
                                    .common_only = true,
                                    .history = 3};
    struct span plain, sealed;
    bool own = forest_step(&forest);
    assert_ok(dir_keys_make(&recipe, old, &arena, out));
    assert_ok(dir_keys_encode(out, &arena, &plain));
    assert_ok(dir_secret_seal(forest.base.dir, DIR_SECRET_ACCOUNT, id, nonce, plain,
                              &forest.base.arena, &sealed));
    change_secret(forest.change, DIR_SECRET_ACCOUNT, id, sealed);
    forest_apply(&forest, own);
}

static inline void set_number(dir_id id, uint32_t attr, int64_t value)
{
    bool own = forest_step(&forest);
    if (attr == ATTR_userAccountControl || attr == ATTR_lockoutThreshold)
        set_u32(forest.change, id, attr, (uint32_t)value);
    else
        set_u64(forest.change, id, attr, (uint64_t)value);
    forest_apply(&forest, own);
}

/* The volatile table needs a name of its own in the folder. */
static inline void reopen(void)
{
    static const uint8_t master[32] = {1, 2, 3};
    struct dir_open_args args = {
        .path = forest.base.path, .writable = true, .volatile_path = volatile_path};
    snprintf(volatile_path, sizeof(volatile_path), "%s/volatile", forest.base.path);
    dir_keyring_derive(master, 7, &args.keyring);
    dir_close(forest.base.dir);
    assert_ok(dir_open(&args, &forest.base.dir));
}

static inline void fixture_acceptor(const struct acceptor_ntlm_ops *with)
{
    struct acceptor_env env = {.dir = forest.base.dir,
                               .dc_name = SPAN_LIT("DC-A"),
                               .now = fixture_now,
                               .random = forest_random,
                               .ntlm = with};
    acceptor_free(acceptor);
    assert_ok(acceptor_new(&env, &acceptor));
}

static inline int fixture_start(void **state)
{
    struct dir_account_keys before, keys;
    (void)state;
    now_is = FOREST_NOW + UTIME_DAY;
    arena_init(&arena, 0, 64 << 20, 0);
    forest_init(&forest);
    reopen();
    dir_id users = forest_find(&forest, "CN=Users," FOREST_DN);
    ada = forest_account(&forest, users, CLASS_user, "Ada");
    forest_text(&forest, ada, ATTR_userPrincipalName, "ada.l@mail.example.com");
    give_password(ada, OLD_PASSWORD, NULL, &before);
    give_password(ada, PASSWORD, &before, &keys);
    forest_trust(&forest, "corp.example.com", "CORP", SID_NT(21, 7, 8, 9), 8);
    fixture_acceptor(&ops);
    return 0;
}

/* With no other domain to ask yet; sessions of nobody in particular are allowed. */
static inline int fixture_start_afresh(void **state)
{
    memset(&seen, 0, sizeof(seen));
    ops.pass_through = NULL;
    ops.cancel = NULL;
    ops.anonymous = true;
    return fixture_start(state);
}

static inline int fixture_stop(void **state)
{
    (void)state;
    acceptor_free(acceptor);
    acceptor = NULL;
    unlink(volatile_path);
    forest_fini(&forest);
    arena_fini(&arena);
    return 0;
}

/* --- the client ---------------------------------------------------------------------------------
 */

#define CLIENT_FLAGS                                                                               \
    (NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_SIGN | NTLM_SEAL | NTLM_NTLM | NTLM_ALWAYS_SIGN |   \
     NTLM_EXTENDED_SECURITY | NTLM_TARGET_INFO | NTLM_VERSION | NTLM_128 | NTLM_KEY_EXCHANGE)

struct client {
    const char *user, *domain, *password, *workstation;
    const char *target;  /* NULL: none is named */
    struct span binding; /* 16 bytes */
    uint32_t flags, av_flags;
    uint32_t final_flags; /* of AUTHENTICATE; 0: those of CHALLENGE */
    utime clock_off;
    const char *computer; /* NULL: as the server says */
    bool no_mic, spnego, anonymous, no_domain_in_key;
    struct span lm, nt; /* instead of what is right */
    struct acceptor_context *server;
    struct span negotiate, challenge;
    uint8_t exported[NTLM_KEY_SIZE];
    struct ntlm_stream send, receive;
    struct span out; /* of the server */
    bool done;
};

static inline struct client client_of(const char *user, const char *password)
{
    return (struct client){.user = user,
                           .domain = "AWS",
                           .password = password,
                           .workstation = "WS1",
                           .target = "cifs/dc-a.aws.example.com",
                           .flags = CLIENT_FLAGS};
}

static inline struct span wide(const char *text)
{
    struct span out;
    assert_ok(text_to_utf16(span_str(text), &arena, &out));
    return out;
}

static inline struct span built(struct builder *b)
{
    struct span out;
    assert_ok(builder_done(b, &out));
    return out;
}

static inline struct span client_negotiate(struct client *c)
{
    struct ntlm_negotiate m = {.flags = c->flags};
    struct builder b;
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_negotiate(&b, &m);
    c->negotiate = built(&b);
    return c->negotiate;
}

/* NtChallengeResponse, and the session base key. */
static inline struct span client_response(struct client *c, const struct ntlm_challenge *m,
                                          uint8_t base[NTLM_KEY_SIZE])
{
    static const uint8_t challenge[8] = {0xaa, 1};
    uint8_t nt[16], owf[16], proof[16];
    struct ntlm_target_info i;
    struct builder temp, b;
    struct span upper;
    assert_ok(ntlm_target_info_decode(m->target_info, &i));
    i.timestamp += (c->clock_off / UTIME_SECOND) * 10000000;
    i.has_flags = true;
    i.flags = (c->no_mic ? 0 : NTLM_AV_MIC) | c->av_flags;
    if (c->computer)
        i.computer = wide(c->computer);
    if (c->target)
        i.target = wide(c->target);
    i.binding = c->binding;
    builder_in(&temp, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_client_challenge(&temp, i.timestamp, challenge, &i);
    assert_ok(nt_hash(span_str(c->password), nt));
    assert_ok(text_upper(span_str(c->user), &arena, &upper));
    assert_ok(text_to_utf16(upper, &arena, &upper));
    ntlm_owf_v2(nt, upper, c->no_domain_in_key ? SPAN_NONE : wide(c->domain), owf);
    ntlm_proof(owf, m->challenge, built(&temp), proof);
    ntlm_base_key(owf, proof, base);
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    builder_bytes(&b, proof, sizeof(proof));
    builder_span(&b, built(&temp));
    return built(&b);
}

static inline void client_keys(struct client *c, const uint8_t base[NTLM_KEY_SIZE],
                               struct ntlm_authenticate *m)
{
    static uint8_t encrypted[NTLM_KEY_SIZE];
    bool exchange = m->flags & NTLM_KEY_EXCHANGE;
    memcpy(c->exported, base, NTLM_KEY_SIZE);
    if (exchange) {
        memset(c->exported, 0x5a, NTLM_KEY_SIZE);
        ntlm_exchange(base, c->exported, encrypted);
        m->session_key = span_of(encrypted, NTLM_KEY_SIZE);
    }
    ntlm_stream_init(&c->send, c->exported, NTLM_CLIENT, exchange);
    ntlm_stream_init(&c->receive, c->exported, NTLM_SERVER, exchange);
}

static inline struct span client_authenticate(struct client *c, struct span challenge)
{
    uint8_t base[NTLM_KEY_SIZE] = {0}, mic[16];
    struct ntlm_challenge in;
    struct ntlm_authenticate m = {0};
    struct builder b;
    c->challenge = challenge;
    assert_ok(ntlm_challenge_decode(challenge, &in));
    m.flags = c->final_flags ? c->final_flags : in.flags;
    m.workstation = wide(c->workstation);
    if (!c->anonymous) {
        m.nt = client_response(c, &in, base);
        m.user = wide(c->user);
        m.domain = wide(c->domain);
    }
    client_keys(c, base, &m);
    if (c->nt.ptr)
        m.nt = c->nt;
    m.lm = c->lm;
    builder_in(&b, &arena, NTLM_MESSAGE_MAX);
    ntlm_put_authenticate(&b, &m, !c->anonymous);
    struct span out = built(&b);
    struct span parts[] = {c->negotiate, c->challenge, out};
    ntlm_mic(c->exported, parts, 3, mic);
    if (!c->anonymous && !c->no_mic)
        memcpy((uint8_t *)(uintptr_t)out.ptr + NTLM_MIC_AT, mic, sizeof(mic));
    return out;
}

/* --- their conversation -------------------------------------------------------------------------
 */

static inline enum err server_step(struct client *c, struct span in, struct span bindings)
{
    return acceptor_step(c->server, in, bindings, &arena, &c->out, &c->done);
}

static inline void client_begin(struct client *c)
{
    assert_ok(acceptor_context_new(acceptor, &c->server));
}

/* As bare NTLM, up to what the server says to AUTHENTICATE. */
static inline enum err converse(struct client *c, struct span bindings)
{
    client_begin(c);
    assert_ok(server_step(c, client_negotiate(c), bindings));
    assert_false(c->done);
    return server_step(c, client_authenticate(c, c->out), bindings);
}

static inline void client_end(struct client *c)
{
    acceptor_context_free(c->server);
    arena_reset(&arena);
}

/* What Netlogon's answer gives: the base key, SIDs. */
static inline struct acceptor_ntlm_answer corp_says(struct client *c, struct sid *user)
{
    struct acceptor_ntlm_answer answer = {
        .sids = user, .sid_count = 1, .user = SPAN_LIT("Alice"), .domain = SPAN_LIT("CORP")};
    struct ntlm_challenge m;
    assert_ok(ntlm_challenge_decode(c->challenge, &m));
    (void)client_response(c, &m, answer.session_key);
    *user = SID_NT(21, 7, 8, 9, 1105);
    return answer;
}

#endif
