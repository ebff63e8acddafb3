/*
 * Pipes without SMB around them: who waits for an answer is told, handles belong to a group of
 * associations and go with it, and answers are read in pieces.
 */
#include "base/test.h"
#include "base/test_arena.h"
#include "plat/random.h"
#include "rpc/rpc_internal.h"
#include "wire/rpc/epm.h"

static struct rpc_server *server;
static struct plat_loop *loop;
static unsigned told;

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
    struct rpc_env env = {
        .loop = loop, .host = SPAN_LIT("DC1"), .now = no_time, .random = plat_random};
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
static uint32_t lookup(struct rpc_pipe *p, struct epm_lookup *l)
{
    struct rpc_request rq = {.opnum = EPM_LOOKUP};
    struct rpc_response rs;
    struct rpc_fault fault;
    struct span bytes;
    struct builder b;

    builder_in(&b, &arena, 4096);
    ndr_put_call(&b, &epm_ndr_lookup, NDR_IN, l);
    assert_err(builder_done(&b, &rq.stub), ERR_OK);
    builder_in(&b, &arena, 4096);
    rpc_request_put(&b, RPC_FIRST | RPC_LAST, 2, &rq, NULL, NULL);
    assert_err(builder_done(&b, &bytes), ERR_OK);
    assert_err(rpc_pipe_write(p, bytes), ERR_OK);
    struct rpc_pdu pdu = answer(p);
    if (rpc_fault_decode(&pdu, &fault) == ERR_OK && pdu.type == RPC_FAULT)
        return fault.status;
    assert_err(rpc_response_decode(&pdu, &rs), ERR_OK);
    assert_err(ndr_decode_call(&epm_ndr_lookup, NDR_OUT, rs.stub, &arena, l, NULL), ERR_OK);
    return 0;
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_waits_is_told),
                                       cmocka_unit_test(handles_belong_to_a_group)};

    return cmocka_run_group_tests(tests, begin, end);
}
