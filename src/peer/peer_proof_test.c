/* When a run ends, and what proves the incoming half, against a TGS in a process of its own. */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "peer/peer_run.h"
#include "plat/net.h"
#include "trust/trust_attributes.h"

enum mode {
    OPENED,   /* the reply is for the session key and the request */
    REPLAYED, /* for another request */
    FORGED,   /* for another key */
};

struct fixture {
    struct plat_loop *loop;
    struct peer_env env;
    struct peer_run *run;
    struct plat_addr addr;
    int listener;
    pid_t pid;
    bool over;
};

/* --- the TGS ------------------------------------------------------------------------------------
 */

static struct span reply_to(struct peer_run *r, struct span request, enum mode mode)
{
    struct krb_name name = krb_name_tgs(SPAN_LIT("CORP.EX"), r->a);
    struct krb_key key = r->incoming.session;
    struct krb_enc_kdc_rep_part part = {
        .key = {.keytype = key.etype, .keyvalue = span_of(key.bytes, key.len)},
        .srealm = SPAN_LIT("CORP.EX"),
        .sname = name};
    struct krb_kdc_rep rep = {.msg_type = KRB_TGS_REP,
                              .crealm = SPAN_LIT("AWS.EX"),
                              .cname = r->incoming.cname,
                              .ticket = r->incoming.referral};
    struct krb_kdc_req *req;
    struct span plain, out;
    ENT_ASSERT(krb_decode_kdc_req(request, r->a, &req) == ERR_OK);
    part.nonce = req->req_body.nonce ^ (mode == REPLAYED);
    key.bytes[0] ^= mode == FORGED;
    ENT_ASSERT(krb_encode_enc_tgs_rep_part(&part, r->a, &plain) == ERR_OK);
    ENT_ASSERT(peer_encrypt(r, &key, KRB_USAGE_TGS_REP_SESSION, plain, &rep.enc_part) == ERR_OK);
    ENT_ASSERT(krb_encode_tgs_rep(&rep, r->a, &out) == ERR_OK);
    return out;
}

static void serve(struct fixture *f, enum mode mode)
{
    static uint8_t in[65536];
    uint8_t head[4];
    utime deadline = plat_mono() + 5 * UTIME_SECOND;
    struct pollfd p = {.fd = f->listener, .events = POLLIN};
    int c = poll(&p, 1, 5000) == 1 ? accept(f->listener, NULL, NULL) : -1;
    if (c < 0 || plat_recv_all_wait(c, head, 4, deadline) != ERR_OK)
        return;
    size_t len = (size_t)head[2] << 8 | head[3];
    if (plat_recv_all_wait(c, in, len, deadline) != ERR_OK)
        return;
    struct span reply = reply_to(f->run, span_of(in, len), mode);
    uint8_t size[4] = {0, 0, (uint8_t)(reply.len >> 8), (uint8_t)reply.len};
    (void)plat_send_wait(c, span_of(size, 4), deadline);
    (void)plat_send_wait(c, reply, deadline);
    close(c);
}

/* --- the run ------------------------------------------------------------------------------------
 */

static void over(void *ctx)
{
    ((struct fixture *)ctx)->over = true;
}

static void begin(struct fixture *f, uint32_t direction, bool incoming)
{
    struct peer_run *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    *f = (struct fixture){.loop = plat_loop_new(), .run = r};
    f->env.loop = f->loop;
    r->env = &f->env;
    arena_init(&r->arena, 0, 1 << 20, ARENA_WIPE);
    r->a = &r->arena;
    r->deadline = plat_mono() + PEER_TOTAL_TIMEOUT;
    r->end = plat_timer_new(f->loop, over, f);
    r->report.checks = arena_new_array(r->a, TRUST_CHECKS_MAX, struct trust_check);
    r->local.realm = SPAN_LIT("AWS.EX");
    r->partner_realm = SPAN_LIT("CORP.EX");
    r->trust.direction = direction;
    r->incoming.ready = incoming;
    r->incoming.cname = krb_name_1(KRB_NT_PRINCIPAL, SPAN_LIT("dc1$"), r->a);
    assert_ok(krb_random_to_key(ETYPE_AES256_SHA1, SPAN_LIT("0123456789abcdef0123456789abcdef"),
                                &r->incoming.session));
    r->incoming.referral =
        (struct krb_ticket){.realm = SPAN_LIT("AWS.EX"),
                            .sname = krb_name_tgs(SPAN_LIT("CORP.EX"), r->a),
                            .enc_part = {.etype = ETYPE_AES256_SHA1, .cipher = SPAN_LIT("sealed")}};
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &f->addr));
    assert_ok(plat_tcp_listen(&f->addr, &f->listener));
    assert_ok(plat_sock_addr(f->listener, &f->addr));
    r->kdc[0] = (struct peer_kdc){.addr = f->addr, .label = SPAN_LIT("dc1.corp.ex")};
    r->kdc_count = 1;
}

static void start(struct fixture *f, enum mode mode)
{
    f->pid = fork();
    assert_true(f->pid >= 0);
    if (f->pid == 0) {
        serve(f, mode);
        _exit(0);
    }
}

static void turn(struct fixture *f)
{
    peer_begin_proofs(f->run);
    while (!f->over)
        assert_true(plat_loop_turn(f->loop, UTIME_SECOND) || f->over);
}

static void end(struct fixture *f)
{
    if (f->pid) {
        kill(f->pid, SIGKILL);
        waitpid(f->pid, NULL, 0);
    }
    peer_cancel(f->run);
    close(f->listener);
    plat_loop_free(f->loop);
}

/* A half that cannot even begin is over at once; the other one is waited for. */
static void a_run_ends_with_its_last_proof(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, TRUST_BOTH, true);
    start(&f, OPENED);
    turn(&f);
    assert_int_equal(f.run->proofs, 2);
    assert_int_equal(f.run->proof[0].row.status, TRUST_STATUS_UNKNOWN);
    assert_int_equal(f.run->proof[1].row.status, TRUST_STATUS_PASS);
    assert_int_equal(f.run->proof[1].row.half, TRUST_INBOUND);
    end(&f);
}

static void a_run_without_proofs_ends(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, TRUST_DISABLED, false);
    turn(&f);
    assert_int_equal(f.run->proofs, 0);
    end(&f);
}

static void only_the_session_key_proves(void **state)
{
    static const enum mode modes[] = {OPENED, REPLAYED, FORGED};
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        struct fixture f;
        begin(&f, TRUST_INBOUND, true);
        start(&f, modes[i]);
        turn(&f);
        const struct trust_check *row = &f.run->proof[0].row;
        assert_int_equal(row->status, i == 0 ? TRUST_STATUS_PASS : TRUST_STATUS_FAIL);
        assert_int_equal(row->reason, i == 0 ? REASON_NONE : REASON_VERIFY_NOT_A_KDC);
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_ends_with_its_last_proof),
        cmocka_unit_test(a_run_without_proofs_ends),
        cmocka_unit_test(only_the_session_key_proves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
