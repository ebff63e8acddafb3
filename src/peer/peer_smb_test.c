/* A pipe of a domain controller in a process of its own, which does one thing wrong. */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "base/text.h"
#include "peer/peer_smb.h"
#include "plat/net.h"
#include "wire/ntlm/ntlm.h"
#include "wire/spnego/spnego.h"

enum mode {
    GOOD,
    REFUSING, /* the logon */
    OLDER,    /* chooses a dialect that was not offered */
    IMPOSTOR, /* does not have the key, and signs with another */
    UNSIGNED, /* signs nothing */
    GUEST,    /* lets everybody in */
    TAMPERED, /* a later answer was changed on the way */
    WITHOUT,  /* has no such pipe */
    STRANGE,  /* answers another message */
    LIAR,     /* says yes to NTLM without having asked anybody */
    HONEST,   /* says no to NTLM */
};

static const struct krb_key right_key = {.etype = ETYPE_AES256_SHA1, .len = 32, .bytes = {1, 2, 3}};

/* --- the domain controller ----------------------------------------------------------------------
 */

struct server {
    enum mode mode;
    int fd;
    struct arena a;
    struct smb_sign_key sign;
    bool logged_on, challenged;
};

static bool receive(struct server *s, struct smb2_header *h, struct span *out)
{
    utime deadline = plat_mono() + 10 * UTIME_SECOND;
    uint8_t frame[4];
    if (plat_recv_all_wait(s->fd, frame, sizeof(frame), deadline) != ERR_OK)
        return false;
    size_t len = (size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3];
    uint8_t *bytes = arena_alloc(&s->a, len);
    ENT_ASSERT(plat_recv_all_wait(s->fd, bytes, len, deadline) == ERR_OK);
    *out = span_of(bytes, len);
    ENT_ASSERT(smb2_header_decode(*out, h) == ERR_OK);
    return true;
}

static void answer(struct server *s, const struct smb2_header *q, uint32_t status, const void *body)
{
    static const struct smb2_error none = {0};
    struct smb2_header h = {.status = status,
                            .command = q->command,
                            .credits = 1,
                            .flags = SMB2_FLAG_RESPONSE | (s->logged_on ? SMB2_FLAG_SIGNED : 0),
                            .message_id = q->message_id + (s->mode == STRANGE),
                            .tree_id = 7,
                            .session_id = 9};
    uint8_t frame[4];
    struct builder b;
    struct span message;
    builder_in(&b, &s->a, 65536);
    smb2_header_put(&b, &h);
    if (status && status != 0xc0000016)
        smb2_put(&b, 0, &smb2_error_shape, &none);
    else
        smb2_put(&b, 0, smb2_response_shape(q->command), body);
    ENT_ASSERT(builder_done(&b, &message) == ERR_OK);
    if (s->logged_on && s->mode != UNSIGNED)
        smb_sign(&s->sign, message, b.base + 48);
    if (s->mode == TAMPERED && q->command == SMB2_CREATE)
        b.base[100] ^= 1;
    smb2_frame_put(frame, message.len);
    (void)plat_send_wait(s->fd, span_of(frame, 4), plat_mono() + 10 * UTIME_SECOND);
    (void)plat_send_wait(s->fd, message, plat_mono() + 10 * UTIME_SECOND);
}

static void negotiate(struct server *s, const struct smb2_header *h)
{
    struct smb2_negotiate_response r = {.security_mode = SMB2_SIGNING_REQUIRED,
                                        .dialect =
                                            s->mode == OLDER ? SMB2_DIALECT_210 : SMB2_DIALECT_302,
                                        .max_transact = 65536,
                                        .max_read = 65536,
                                        .max_write = 65536};
    answer(s, h, 0, &r);
}

static void challenge(struct server *s, const struct smb2_header *h)
{
    struct ntlm_target_info info = {0};
    struct ntlm_challenge m = {.flags = UINT32_MAX};
    struct spnego_resp resp = {.has_state = true, .state = SPNEGO_ACCEPT_INCOMPLETE};
    struct smb2_session_setup_response r = {0};
    struct builder b;
    ENT_ASSERT(text_to_utf16(SPAN_LIT("corp.ex"), &s->a, &info.dns_domain) == ERR_OK);
    builder_in(&b, &s->a, NTLM_MESSAGE_MAX);
    ntlm_put_target_info(&b, &info);
    ENT_ASSERT(builder_done(&b, &m.target_info) == ERR_OK);
    builder_in(&b, &s->a, NTLM_MESSAGE_MAX);
    ntlm_put_challenge(&b, &m);
    ENT_ASSERT(builder_done(&b, &resp.response_token) == ERR_OK);
    builder_in(&b, &s->a, SPNEGO_TOKEN_MAX);
    spnego_put_resp(&b, &resp);
    ENT_ASSERT(builder_done(&b, &r.security) == ERR_OK);
    s->challenged = true;
    answer(s, h, 0xc0000016, &r);
}

static void log_on(struct server *s, const struct smb2_header *h, struct span message)
{
    struct smb2_session_setup_request q;
    struct smb2_session_setup_response r = {.flags = s->mode == GUEST ? SMB2_SESSION_IS_GUEST : 0};
    struct smb_keys keys;
    struct krb_key key = right_key;
    ENT_ASSERT(smb2_decode(smb2_request_shape(SMB2_SESSION_SETUP), message, &q) == ERR_OK);
    if (s->mode >= LIAR && !s->challenged) {
        challenge(s, h);
        return;
    }
    if (s->mode == HONEST) {
        answer(s, h, 0xc000006d, NULL);
        return;
    }
    assert_true(s->mode == LIAR || span_eq(q.security, SPAN_LIT("token")));
    if (s->mode == REFUSING) {
        answer(s, h, 0xc000006d, NULL);
        return;
    }
    key.bytes[0] ^= s->mode == IMPOSTOR;
    smb_keys_derive(SMB_GENERATION_30, SMB_CIPHER_NONE, span_of(key.bytes, key.len), NULL, &keys);
    smb_sign_key_init(&s->sign, SMB_SIGNING_AES_CMAC, keys.sign);
    s->logged_on = true;
    answer(s, h, 0, &r);
}

/* What is written comes back. */
static void echo(struct server *s, const struct smb2_header *h, struct span message)
{
    struct smb2_ioctl_request q;
    ENT_ASSERT(smb2_decode(smb2_request_shape(SMB2_IOCTL), message, &q) == ERR_OK);
    assert_int_equal(q.code, SMB2_FSCTL_PIPE_TRANSCEIVE);
    struct smb2_ioctl_response r = {.code = q.code, .id = q.id, .output = q.input};
    answer(s, h, 0, &r);
}

static void handle(struct server *s, const struct smb2_header *h, struct span message)
{
    struct smb2_tree_connect_response tree = {.share_type = SMB2_SHARE_PIPE};
    struct smb2_create_response file = {.action = SMB2_CREATE_ACTION_OPENED, .id = {3, 4}};
    if (s->logged_on)
        assert_true(smb_signature_good(&s->sign, message));
    switch (h->command) {
    case SMB2_NEGOTIATE:
        negotiate(s, h);
        break;
    case SMB2_SESSION_SETUP:
        log_on(s, h, message);
        break;
    case SMB2_TREE_CONNECT:
        answer(s, h, 0, &tree);
        break;
    case SMB2_CREATE:
        assert_int_equal(h->tree_id, 7);
        answer(s, h, s->mode == WITHOUT ? 0xc0000034 : 0, &file);
        break;
    default:
        echo(s, h, message);
    }
}

static void serve(int listener, enum mode mode)
{
    struct server s = {.mode = mode};
    struct pollfd p = {.fd = listener, .events = POLLIN};
    struct smb2_header h;
    struct span message;
    arena_init(&s.a, 0, 1 << 24, 0);
    if (poll(&p, 1, 20000) != 1 || (s.fd = accept(listener, NULL, NULL)) < 0)
        return;
    while (receive(&s, &h, &message))
        handle(&s, &h, message);
}

/* --- the client ---------------------------------------------------------------------------------
 */

struct fixture {
    struct plat_loop *loop;
    uint32_t status; /* of NTLM */
    struct plat_addr addr;
    struct peer_failure why;
    enum err err;
    bool over, echoed;
};

static void open_it(void *ctx)
{
    struct fixture *f = ctx;
    struct peer_smb c;
    struct arena a;
    uint8_t back[5];
    struct peer_smb_target to = {.addr = f->addr,
                                 .host = "dc1.corp.ex",
                                 .pipe = "lsarpc",
                                 .token = SPAN_LIT("token"),
                                 .key = &right_key};
    arena_init(&a, 0, 1 << 24, ARENA_WIPE);
    f->err = peer_smb_connect(&c, f->loop, &to, plat_mono() + 10 * UTIME_SECOND, &a, &f->why);
    if (f->err == ERR_OK)
        f->echoed = peer_rpc_over_smb.send(&c, SPAN_LIT("hello"), true) == ERR_OK &&
                    peer_rpc_over_smb.receive(&c, back, 2) == ERR_OK &&
                    peer_rpc_over_smb.receive(&c, back + 2, 3) == ERR_OK &&
                    memcmp(back, "hello", 5) == 0;
    peer_smb_close(&c);
    arena_fini(&a);
    f->over = true;
}

static void by_ntlm(void *ctx)
{
    static const uint8_t hash[16] = {1};
    struct fixture *f = ctx;
    struct arena a;
    struct peer_ntlm who = {.account = SPAN_LIT("DC1$"),
                            .domain = SPAN_LIT("AWS"),
                            .nt_hash = hash,
                            .partner = SPAN_LIT("corp.ex"),
                            .host = "dc1.corp.ex"};
    arena_init(&a, 0, 1 << 24, ARENA_WIPE);
    f->err = peer_smb_try_ntlm(f->loop, &f->addr, &who, plat_mono() + 10 * UTIME_SECOND, &a,
                               &f->status, &f->why);
    arena_fini(&a);
    f->over = true;
}

static void attempt(struct fixture *f, enum mode mode)
{
    int listener;
    *f = (struct fixture){.loop = plat_loop_new()};
    assert_int_equal(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &f->addr), ERR_OK);
    assert_int_equal(plat_tcp_listen(&f->addr, &listener), ERR_OK);
    assert_int_equal(plat_sock_addr(listener, &f->addr), ERR_OK);
    pid_t pid = fork();
    if (pid == 0) {
        serve(listener, mode);
        _exit(0);
    }
    close(listener);
    assert_int_equal(plat_task_start(f->loop, mode >= LIAR ? by_ntlm : open_it, f), ERR_OK);
    while (!f->over)
        plat_loop_turn(f->loop, UTIME_SECOND);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    plat_loop_free(f->loop);
}

static void test_a_pipe(void **state)
{
    struct fixture f;
    (void)state;
    attempt(&f, GOOD);
    assert_int_equal(f.err, ERR_OK);
    assert_true(f.echoed);
}

static void test_who_does_not_have_the_key_is_not_believed(void **state)
{
    static const enum mode modes[] = {REFUSING, OLDER,    IMPOSTOR, UNSIGNED,
                                      GUEST,    TAMPERED, WITHOUT,  STRANGE};
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct fixture f;
        attempt(&f, modes[i]);
        if (f.err != ERR_REFUSED)
            print_error("mode %d: %s\n", modes[i], f.why.detail);
        assert_int_equal(f.err, ERR_REFUSED);
        assert_int_equal(f.why.reason, REASON_REMOTE_REFUSED);
        assert_true(f.why.status != 0);
    }
}

/* Only who asked our own domain controllers has the key that a yes is signed with. */
static void test_a_yes_that_nobody_could_say(void **state)
{
    struct fixture f;
    (void)state;
    attempt(&f, LIAR);
    assert_int_equal(f.err, ERR_REFUSED);
    assert_non_null(strstr(f.why.detail, err_name(ERR_INTEGRITY)));
    attempt(&f, HONEST);
    assert_int_equal(f.err, ERR_OK);
    assert_int_equal(f.status, 0xc000006d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pipe),
        cmocka_unit_test(test_who_does_not_have_the_key_is_not_believed),
        cmocka_unit_test(test_a_yes_that_nobody_could_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
