/*
 * Pipes without SMB around them: who waits for an answer is told, handles belong to a group of
 * associations and go with it, answers are read in pieces, and calls may be answered later.
 */
#include "base/test.h"
#include "base/test_arena.h"
#include "plat/random.h"
#include "rpc/rpc_later.h"
#include "wire/rpc/epm.h"

static struct rpc_server *server;
static struct plat_loop *loop;
static unsigned told;

/* --- what stands for the peer process: one question at a time, answered by the test ------------
 */

static struct plat_call *asked;
static unsigned cancelled;

static enum err ask(void *ctx, uint32_t type, struct span payload, utime timeout,
                    struct plat_call *call)
{
    (void)ctx, (void)timeout;
    assert_int_equal(type, 7);
    assert_span(payload, "question");
    if (asked)
        return ERR_BUSY;
    asked = call;
    return ERR_OK;
}

static void ask_cancel(void *ctx, struct plat_call *call)
{
    (void)ctx;
    assert_ptr_equal(call, asked);
    asked = NULL;
    cancelled++;
}

static void peer_answers(const char *text)
{
    struct plat_msg reply = {.payload = span_str(text)};
    struct plat_call *call = asked;

    asked = NULL;
    call->done(call, ERR_OK, &reply);
}

static utime no_time(void)
{
    return 0;
}

static void ready(void *ctx)
{
    (void)ctx;
    told++;
}

static int begin(void **state)
{
    setup(state);
    loop = plat_loop_new();
    struct rpc_env env = {.loop = loop,
                          .host = SPAN_LIT("DC1"),
                          .now = no_time,
                          .random = plat_random,
                          .ask = ask,
                          .ask_cancel = ask_cancel};
    return loop && rpc_server_new(&env, &server) == ERR_OK ? 0 : -1;
}

static int end(void **state)
{
    rpc_server_free(server);
    plat_loop_free(loop);
    return teardown(state);
}

static struct rpc_pipe *open_pipe(uint32_t rid)
{
    static struct sid me;
    static struct dir_token token;
    struct rpc_caller who = {.token = &token, .user = SPAN_LIT("me")};
    struct rpc_pipe *p;

    me = SID_NT(21, 1, 2, 3, rid);
    token = (struct dir_token){.sids = &me, .count = 1};
    assert_err(rpc_pipe_open(server, SPAN_LIT("epmapper"), &who, ready, NULL, &p), ERR_OK);
    return p;
}

static void bind_to(struct rpc_pipe *p, uint32_t group)
{
    struct rpc_syntax transfer = rpc_ndr32;
    struct rpc_context context = {.interface = epm_iface.id, .count = 1, .transfers = &transfer};
    struct rpc_bind body = {4280, 4280, group, 1, &context};
    struct span bytes;
    struct builder b;

    builder_in(&b, &arena, 4096);
    rpc_bind_put(&b, RPC_BIND, RPC_FIRST | RPC_LAST, 1, &body, NULL);
    assert_err(builder_done(&b, &bytes), ERR_OK);
    assert_err(rpc_pipe_write(p, bytes), ERR_OK);
}

/* The whole next fragment, read in two. */
static struct rpc_pdu answer(struct rpc_pipe *p)
{
    struct span head, rest;
    struct rpc_pdu pdu;
    struct builder b;
    bool more;

    assert_err(rpc_pipe_read(p, 10, &arena, &head, &more), ERR_OK);
    assert_true(more && head.len == 10);
    assert_err(rpc_pipe_read(p, 65536, &arena, &rest, &more), ERR_OK);
    assert_false(more);
    builder_in(&b, &arena, 65536);
    builder_span(&b, head);
    builder_span(&b, rest);
    assert_err(builder_done(&b, &head), ERR_OK);
    assert_err(rpc_pdu_open(head, &pdu), ERR_OK);
    return pdu;
}

static uint32_t group_of(struct rpc_pipe *p)
{
    struct rpc_bind_ack ack;
    struct rpc_pdu pdu = answer(p);

    assert_err(rpc_bind_ack_decode(&pdu, &arena, &ack), ERR_OK);
    assert_int_equal(ack.results[0].code, RPC_ACCEPTED);
    return ack.group;
}

/* The fault's status, or 0 and the decoded answer. */
static void request(struct rpc_pipe *p, struct epm_lookup *l)
{
    struct rpc_request rq = {.opnum = EPM_LOOKUP};
    struct span bytes;
    struct builder b;

    builder_in(&b, &arena, 4096);
    ndr_put_call(&b, &epm_ndr_lookup, NDR_IN, l);
    assert_err(builder_done(&b, &rq.stub), ERR_OK);
    builder_in(&b, &arena, 4096);
    rpc_request_put(&b, RPC_FIRST | RPC_LAST, 2, &rq, NULL, NULL);
    assert_err(builder_done(&b, &bytes), ERR_OK);
    assert_err(rpc_pipe_write(p, bytes), ERR_OK);
}

static uint32_t answered(struct rpc_pipe *p, struct epm_lookup *l)
{
    struct rpc_response rs;
    struct rpc_fault fault;
    struct rpc_pdu pdu = answer(p);

    if (rpc_fault_decode(&pdu, &fault) == ERR_OK && pdu.type == RPC_FAULT)
        return fault.status;
    assert_err(rpc_response_decode(&pdu, &rs), ERR_OK);
    assert_err(ndr_decode_call(&epm_ndr_lookup, NDR_OUT, rs.stub, &arena, l, NULL), ERR_OK);
    return 0;
}

static uint32_t lookup(struct rpc_pipe *p, struct epm_lookup *l)
{
    request(p, l);
    return answered(p, l);
}

static void who_waits_is_told(void **state)
{
    struct rpc_pipe *p = open_pipe(1000);
    struct span out;
    bool more;
    (void)state;

    told = 0;
    assert_err(rpc_pipe_read(p, 100, &arena, &out, &more), ERR_BUSY);
    bind_to(p, 0);
    assert_int_equal(told, 0); /* never from inside */
    while (!told)
        assert_true(plat_loop_turn(loop, UTIME_SECOND));
    group_of(p);
    assert_err(rpc_pipe_write(p, SPAN_LIT("sixteen and more bytes of nothing")), ERR_CLOSED);
    assert_err(rpc_pipe_read(p, 100, &arena, &out, &more), ERR_CLOSED);
    rpc_pipe_close(p);
}

static void handles_belong_to_a_group(void **state)
{
    struct rpc_pipe *one = open_pipe(1000), *two = open_pipe(1000), *other = open_pipe(1000);
    struct epm_lookup l = {.max = 1};
    (void)state;

    bind_to(one, 0);
    uint32_t group = group_of(one);
    bind_to(two, group);
    assert_int_equal(group_of(two), group);
    bind_to(other, 0);
    group_of(other);
    assert_int_equal(lookup(one, &l), 0);
    struct rpc_handle at = l.handle;
    rpc_pipe_close(one);
    l.max = 1;
    assert_int_equal(lookup(other, &l), RPC_FAULT_CONTEXT_MISMATCH);
    l = (struct epm_lookup){.max = 64, .handle = at};
    assert_int_equal(lookup(two, &l), 0);
    assert_true(l.count > 1);
    l = (struct epm_lookup){.max = 1, .handle = at};
    assert_int_equal(lookup(two, &l), RPC_FAULT_CONTEXT_MISMATCH); /* it was used */
    rpc_pipe_close(two);
    rpc_pipe_close(other);
    assert_int_equal(server->group_count, 0);
    assert_int_equal(server->queued, 0);
}

/* --- calls that are answered later ------------------------------------------------------------ */

static uint32_t second_step(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    struct epm_lookup *l = args;
    (void)c;

    if (e != ERR_OK)
        return 0xbad;
    assert_int_equal(l->max, 55); /* the arguments are still there */
    return reply.len;
}

static uint32_t first_step(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    (void)args, (void)reply;
    return e == ERR_OK ? rpc_ask(c, 7, SPAN_LIT("question"), second_step) : 0xbad;
}

#define NOT_ASKED    2  /* that many: known without the peer */
#define LARGE        60 /* that many: the call holds LARGE_MEMORY */
#define LARGE_MEMORY (7u << 20)

static uint32_t waits(struct rpc_ctx *c, void *args)
{
    struct epm_lookup *l = args;

    l->entries = arena_new_array(c->arena, l->max, struct epm_entry);
    if (l->max == NOT_ASKED)
        return 0x10ca1;
    if (l->max == LARGE && !arena_alloc(c->arena, LARGE_MEMORY))
        return 0xbad;
    return rpc_ask(c, 7, SPAN_LIT("question"), first_step);
}

static const struct rpc_handler waiting_handlers[] = {
    {EPM_LOOKUP, RPC_FOR_NOBODY | RPC_WAITS, waits}};
static const struct rpc_service waiting_service = {
    .iface = &epm_iface, .transports = RPC_ON_PIPE, .handlers = waiting_handlers, .count = 1};

static struct rpc_pipe *open_waiting(void)
{
    struct rpc_pipe *p = open_pipe(1000);

    bind_to(p, 0);
    group_of(p);
    ((struct rpc_assoc *)p)->bound[0].service = &waiting_service;
    return p;
}

static void answers_come_later(void **state)
{
    struct rpc_pipe *p = open_waiting(), *busy = open_waiting();
    struct epm_lookup l = {.max = 55};
    struct span out;
    bool more;
    (void)state;

    request(p, &l);
    assert_int_equal(server->waiting, 1);
    assert_int_equal(lookup(busy, &l), 0); /* one that cannot be asked is answered at once */
    assert_int_equal(l.status, 0xbad);
    assert_err(rpc_pipe_read(p, 100, &arena, &out, &more), ERR_BUSY);
    peer_answers("go on");
    assert_err(rpc_pipe_read(p, 100, &arena, &out, &more), ERR_BUSY);
    told = 0;
    peer_answers("eleven more");
    while (!told)
        assert_true(plat_loop_turn(loop, UTIME_SECOND));
    assert_int_equal(answered(p, &l), 0);
    assert_int_equal(l.status, 11);
    assert_int_equal(server->waiting, 0);
    request(p, &l);
    peer_answers(""); /* a failure of the peer's */
    assert_int_equal(answered(p, &l), 0);
    assert_int_equal(l.status, 0xbad);
    rpc_pipe_close(p);
    rpc_pipe_close(busy);
}

static void who_goes_takes_its_calls_along(void **state)
{
    struct rpc_pipe *p = open_waiting();
    struct epm_lookup l = {.max = 1};
    (void)state;

    cancelled = 0;
    request(p, &l);
    rpc_pipe_close(p);
    assert_int_equal(cancelled, 1);
    assert_int_equal(server->waiting, 0);
}

static void all_fail(struct rpc_pipe *p)
{
    struct rpc_later *w;

    while ((w = ((struct rpc_assoc *)p)->waiting)) {
        asked = &w->ask;
        peer_answers("");
    }
}

static void only_so_many_wait(void **state)
{
    struct rpc_pipe *p = open_waiting();
    struct epm_lookup l = {.max = 1}, known = {.max = NOT_ASKED};
    (void)state;

    for (unsigned i = 0; i < RPC_WAITING_EACH; i++) {
        request(p, &l);
        asked = NULL; /* this peer does not answer */
    }
    assert_int_equal(lookup(p, &l), RPC_FAULT_TOO_BUSY);
    assert_int_equal(lookup(p, &known), 0); /* who does not ask need not wait */
    assert_int_equal(known.status, 0x10ca1);
    all_fail(p);
    rpc_pipe_close(p);
    assert_int_equal(server->waiting + server->queued, 0);
}

static void they_hold_so_much(void **state)
{
    struct rpc_pipe *p = open_waiting();
    struct epm_lookup large = {.max = LARGE}, small = {.max = 1};
    unsigned fit = RPC_WAITING_TOTAL / LARGE_MEMORY;
    (void)state;

    assert_true(fit < RPC_WAITING_EACH);
    for (unsigned i = 0; i < fit; i++) {
        request(p, &large);
        asked = NULL;
    }
    assert_int_equal(lookup(p, &large), RPC_FAULT_TOO_BUSY);
    request(p, &small);
    asked = NULL;
    assert_int_equal(server->waiting, fit + 1);
    all_fail(p);
    rpc_pipe_close(p);
    assert_int_equal(server->waiting + server->waiting_memory, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_is_told),  cmocka_unit_test(handles_belong_to_a_group),
        cmocka_unit_test(answers_come_later), cmocka_unit_test(who_goes_takes_its_calls_along),
        cmocka_unit_test(only_so_many_wait),  cmocka_unit_test(they_hold_so_much)};

    return cmocka_run_group_tests(tests, begin, end);
}
