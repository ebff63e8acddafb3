/* A secure channel with a domain controller in a process of its own, which does one thing wrong. */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "peer/peer_session.h"
#include "plat/net.h"
#include "plat/random.h"
#include "wire/rpc/epm.h"
#include "wire/rpc/netlogon_channel.h"
#include "wire/rpc/netlogon_token.h"

enum mode {
    GOOD,
    UNREGISTERED,   /* its endpoint mapper knows of nothing */
    WITHOUT_CALLS,  /* NETLOGON is there, but no call for channels */
    OTHER_PASSWORD, /* it has neither of ours */
    OLD_PASSWORD,   /* it has our previous one */
    UNKNOWN,        /* it has no account for us */
    REFUSING,
    IMPOSTOR, /* it does not know the password, and says that ours is right */
    WEAK,     /* no AES */
    LYING,    /* says later that it agreed to something else */
    GARBLED,  /* what comes back was changed on the way */
};

static const uint8_t old_hash[16] = {1}, new_hash[16] = {2};

/* --- the domain controller ---------------------------------------------------------------------
 */

struct server {
    enum mode mode;
    int fd;
    uint16_t port;
    struct arena a;
    const struct rpc_iface *iface;
    struct netlogon_chain chain;
    struct netlogon_schannel schannel;
    uint8_t client_challenge[8], server_challenge[8];
    bool sealed;
};

static bool receive(struct server *s, uint8_t **bytes_out, struct rpc_pdu *out)
{
    utime deadline = plat_mono() + 10 * UTIME_SECOND;
    uint8_t header[RPC_HEADER_SIZE];
    uint32_t call_id;
    size_t len;
    if (plat_recv_all_wait(s->fd, header, sizeof(header), deadline) != ERR_OK)
        return false;
    ENT_ASSERT(rpc_pdu_frame(span_of(header, sizeof(header)), RPC_FRAGMENT_MAX, &len, &call_id) ==
               ERR_OK);
    uint8_t *bytes = arena_alloc(&s->a, len);
    memcpy(bytes, header, sizeof(header));
    ENT_ASSERT(plat_recv_all_wait(s->fd, bytes + sizeof(header), len - sizeof(header), deadline) ==
               ERR_OK);
    ENT_ASSERT(rpc_pdu_open(span_of(bytes, len), out) == ERR_OK);
    *bytes_out = bytes;
    return true;
}

static void send_built(struct server *s, struct builder *b)
{
    struct span bytes;
    ENT_ASSERT(builder_done(b, &bytes) == ERR_OK);
    (void)plat_send_wait(s->fd, bytes, plat_mono() + 10 * UTIME_SECOND);
}

static void bind_to(struct server *s, const struct rpc_pdu *pdu)
{
    static const struct rpc_iface *const known[] = {&epm_iface, &netlogon_iface};
    struct rpc_bind q;
    struct rpc_result result = {.code = RPC_ACCEPTED, .transfer = rpc_ndr32};
    struct rpc_bind_ack ack = {
        .max_xmit = 4280, .max_recv = 4280, .group = 1, .count = 1, .results = &result};
    struct netlogon_token token = {.answer = true};
    struct rpc_auth auth = pdu->auth;
    struct builder b;
    ENT_ASSERT(rpc_bind_decode(pdu, &s->a, &q) == ERR_OK);
    for (unsigned i = 0; i < 2; i++) {
        if (rpc_syntax_eq(&known[i]->id, &q.contexts[0].interface))
            s->iface = known[i];
    }
    s->sealed = pdu->auth.level > 0;
    if (s->sealed) {
        s->schannel = (struct netlogon_schannel){0};
        memcpy(s->schannel.key, s->chain.key, sizeof(s->schannel.key));
        builder_in(&b, &s->a, NETLOGON_TOKEN_MAX);
        netlogon_token_put(&b, &token);
        ENT_ASSERT(builder_done(&b, &auth.token) == ERR_OK);
    }
    builder_in(&b, &s->a, RPC_FRAGMENT_MAX);
    rpc_bind_ack_put(&b, RPC_BIND_ACK, RPC_FIRST | RPC_LAST, pdu->call_id, &ack,
                     s->sealed ? &auth : NULL);
    send_built(s, &b);
}

static void map(struct server *s, struct epm_map *q)
{
    struct rpc_tower t = {.interface = netlogon_iface.id,
                          .transfer = rpc_ndr32,
                          .kind = RPC_TOWER_TCP,
                          .port = s->port,
                          .address = {127, 0, 0, 1}};
    struct epm_tower *tower = arena_new(&s->a, struct epm_tower);
    struct builder b;
    struct span bytes;
    builder_over(&b, tower->bytes, sizeof(tower->bytes));
    rpc_tower_put(&b, &t);
    ENT_ASSERT(builder_done(&b, &bytes) == ERR_OK);
    tower->length = (uint32_t)bytes.len;
    q->towers = arena_new(&s->a, struct epm_tower_pointer);
    q->towers->tower = tower;
    q->count = s->mode != UNREGISTERED;
    q->status = s->mode == UNREGISTERED ? EPM_NOT_REGISTERED : EPM_OK;
}

static void challenge(struct server *s, struct netlogon_req_challenge *q)
{
    plat_random(s->server_challenge, sizeof(s->server_challenge));
    memcpy(s->client_challenge, q->client_challenge.bytes, 8);
    memcpy(q->server_challenge.bytes, s->server_challenge, 8);
}

static void authenticate(struct server *s, struct netlogon_authenticate3 *q)
{
    static const uint8_t another[16] = {3};
    uint8_t expected[8];
    const uint8_t *hash = s->mode == OLD_PASSWORD                            ? old_hash
                          : s->mode == OTHER_PASSWORD || s->mode == IMPOSTOR ? another
                                                                             : new_hash;
    assert_true(span_eq(q->account, SPAN_LIT("aws.ex.")) && q->channel_type == 3);
    netlogon_session_key(hash, s->client_challenge, s->server_challenge, s->chain.key);
    netlogon_credential_make(s->chain.key, s->client_challenge, expected);
    if (s->mode != IMPOSTOR && memcmp(expected, q->client_credential.bytes, 8) != 0)
        q->status = 0xc0000022;
    else if (s->mode == UNKNOWN)
        q->status = 0xc000018b;
    else if (s->mode == REFUSING)
        q->status = 0xc0000199;
    memcpy(s->chain.stored, q->client_credential.bytes, 8);
    netlogon_credential_make(s->chain.key, s->server_challenge, q->server_credential.bytes);
    if (s->mode == WEAK)
        q->flags &= ~(uint32_t)NETLOGON_NEG_AES;
}

static void capabilities(struct server *s, struct netlogon_get_capabilities *q)
{
    assert_int_equal(netlogon_chain_answer(&s->chain, q->authenticator.timestamp,
                                           q->authenticator.credential.bytes,
                                           q->return_authenticator.credential.bytes),
                     ERR_OK);
    q->capabilities.server = s->mode == LYING ? 0x600fffff : 0x611fffff;
}

static void unseal(struct server *s, const struct rpc_pdu *pdu, uint8_t *bytes)
{
    size_t len = pdu->trailer_at - RPC_CALL_HEADER;
    struct span part = span_of(bytes + RPC_CALL_HEADER, len);
    assert_int_equal(
        netlogon_unseal(&s->schannel, &part, 1, bytes + RPC_CALL_HEADER, len, pdu->auth.token),
        ERR_OK);
}

static void send_response(struct server *s, const struct rpc_pdu *pdu, struct span stub)
{
    struct rpc_response r = {.stub = stub};
    struct rpc_auth auth = pdu->auth;
    struct rpc_layout l;
    struct builder b;
    auth.token = (struct span){NULL, NETLOGON_SEAL_TOKEN};
    builder_in(&b, &s->a, RPC_FRAGMENT_MAX);
    rpc_response_put(&b, RPC_FIRST | RPC_LAST, pdu->call_id, &r, s->sealed ? &auth : NULL, &l);
    if (s->sealed) {
        static const uint8_t confounder[8] = {5};
        uint8_t *body = b.base + l.stub;
        struct span part = span_of(body, l.trailer - l.stub);
        netlogon_seal(&s->schannel, &part, 1, body, part.len, confounder, b.base + l.token);
        body[0] ^= s->mode == GARBLED;
    }
    send_built(s, &b);
}

static void answer(struct server *s, const struct rpc_pdu *pdu, uint8_t *bytes)
{
    struct rpc_request q;
    struct builder b;
    struct span stub;
    size_t used;
    if (s->sealed)
        unseal(s, pdu, bytes);
    ENT_ASSERT(rpc_request_decode(pdu, &q) == ERR_OK);
    const struct rpc_call *call = rpc_iface_call(s->iface, q.opnum);
    void *args = arena_alloc(&s->a, RPC_ARGS_MAX);
    ENT_ASSERT(ndr_decode_call(call->type, NDR_IN, q.stub, &s->a, args, &used) == ERR_OK);
    builder_in(&b, &s->a, RPC_FRAGMENT_MAX);
    if (s->iface == &netlogon_iface && s->mode == WITHOUT_CALLS) {
        struct rpc_fault f = {.status = RPC_FAULT_OPNUM};
        rpc_fault_put(&b, RPC_FIRST | RPC_LAST, pdu->call_id, &f, NULL, NULL);
        send_built(s, &b);
        return;
    }
    if (s->iface == &epm_iface)
        map(s, args);
    else if (q.opnum == NETLOGON_REQ_CHALLENGE)
        challenge(s, args);
    else if (q.opnum == NETLOGON_AUTHENTICATE3)
        authenticate(s, args);
    else
        capabilities(s, args);
    ndr_put_call(&b, call->type, NDR_OUT, args);
    ENT_ASSERT(builder_done(&b, &stub) == ERR_OK);
    send_response(s, pdu, stub);
}

static void serve(int listener, uint16_t port, enum mode mode)
{
    struct server s = {.mode = mode, .port = port};
    struct pollfd p = {.fd = listener, .events = POLLIN};
    struct rpc_pdu pdu;
    uint8_t *bytes;
    arena_init(&s.a, 0, 1 << 24, 0);
    while (poll(&p, 1, 20000) == 1 && (s.fd = accept(listener, NULL, NULL)) >= 0) {
        while (receive(&s, &bytes, &pdu)) {
            if (pdu.type == RPC_BIND)
                bind_to(&s, &pdu);
            else
                answer(&s, &pdu, bytes);
        }
        close(s.fd);
    }
}

/* --- the client --------------------------------------------------------------------------------
 */

struct fixture {
    struct peer_env env;
    struct peer_secret secret;
    struct peer_dc dc;
    struct peer_failure why;
    enum err err;
    bool over;
};

static void open_it(void *ctx)
{
    struct fixture *f = ctx;
    struct peer_session session;
    struct arena a;
    arena_init(&a, 0, 1 << 24, ARENA_WIPE);
    utime deadline = plat_mono() + 10 * UTIME_SECOND;
    f->err = peer_session_open(&session, &f->env, &f->secret, &f->dc, deadline, &a, &f->why);
    assert_int_equal(peer_session_is_open(&session), f->err == ERR_OK);
    if (f->err == ERR_OK)
        f->err = peer_session_prove(&session, deadline, &a, &f->why);
    peer_session_close(&session);
    arena_fini(&a);
    f->over = true;
}

static void attempt(struct fixture *f, enum mode mode, unsigned hashes)
{
    int listener;
    *f = (struct fixture){.env = {.loop = plat_loop_new()},
                          .secret = {.partner = SPAN_LIT("corp.ex"),
                                     .partner_flat = SPAN_LIT("CORP"),
                                     .domain = SPAN_LIT("aws.ex"),
                                     .account = SPAN_LIT("aws.ex."),
                                     .computer = SPAN_LIT("DC1"),
                                     .basis = {.hashes = hashes}},
                          .dc = {.host = "dc1.corp.ex"}};
    memcpy(f->secret.basis.hash[0], new_hash, 16);
    memcpy(f->secret.basis.hash[1], old_hash, 16);
    assert_int_equal(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &f->dc.addr), ERR_OK);
    assert_int_equal(plat_tcp_listen(&f->dc.addr, &listener), ERR_OK);
    assert_int_equal(plat_sock_addr(listener, &f->dc.addr), ERR_OK);
    pid_t pid = fork();
    if (pid == 0) {
        serve(listener, plat_addr_port(&f->dc.addr), mode);
        _exit(0);
    }
    close(listener);
    assert_int_equal(plat_task_start(f->env.loop, open_it, f), ERR_OK);
    while (!f->over)
        plat_loop_turn(f->env.loop, UTIME_SECOND);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    plat_loop_free(f->env.loop);
}

static void test_outcomes(void **state)
{
    static const struct {
        enum mode mode;
        enum reason reason; /* NONE: the channel stands */
    } rows[] = {
        {GOOD, REASON_NONE},
        {OLD_PASSWORD, REASON_NONE},
        {UNREGISTERED, REASON_CHANNEL_NOT_OFFERED},
        {WITHOUT_CALLS, REASON_CHANNEL_NOT_OFFERED},
        {OTHER_PASSWORD, REASON_VERIFY_PASSWORD_DIFFERENT},
        {UNKNOWN, REASON_VERIFY_HALF_MISSING},
        {REFUSING, REASON_CHANNEL_REFUSED},
        {IMPOSTOR, REASON_CHANNEL_FORGED},
        {WEAK, REASON_CHANNEL_WEAK},
        {LYING, REASON_CHANNEL_WEAK},
        {GARBLED, REASON_CHANNEL_BROKEN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        attempt(&f, rows[i].mode, 2);
        if (f.why.reason != rows[i].reason)
            print_error("mode %d: %s\n", rows[i].mode, f.why.detail);
        assert_int_equal(f.why.reason, rows[i].reason);
        assert_int_equal(f.err, rows[i].reason ? ERR_REFUSED : ERR_OK);
        assert_true((f.why.status != 0) == (rows[i].reason != REASON_NONE));
    }
}

static void test_nobody_is_asked_without_a_secret(void **state)
{
    struct fixture f;
    (void)state;
    attempt(&f, GOOD, 0);
    assert_int_equal(f.err, ERR_REFUSED);
    assert_int_equal(f.why.reason, REASON_CHANNEL_NO_SECRET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_nobody_is_asked_without_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
