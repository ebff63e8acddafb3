#include "base/test.h"
#include "plat/datagram.h"
#include "plat/net.h"

#include <errno.h>
#include <unistd.h>

static struct plat_loop *loop;
static struct plat_udp *server;
static struct plat_addr at[2];
static struct {
    unsigned count, longest;
    struct plat_addr from;
    unsigned socket;
} seen;

/* "later" gets no reply now, "big" one that does not fit, "full" one that just fits; all else comes
 * back upside down. */
static void answer(void *ctx, const struct plat_udp_request *rq, struct builder *reply)
{
    assert_ptr_equal(ctx, &seen);
    assert_ptr_equal(rq->server, server);
    seen.count++;
    seen.from = *rq->from;
    seen.socket = rq->socket;
    if (rq->bytes.len > seen.longest)
        seen.longest = (unsigned)rq->bytes.len;
    uint8_t *copy = arena_dup(rq->arena, rq->bytes.ptr, rq->bytes.len);
    assert_non_null(copy); /* an arena that was not reset would be full by now */
    if (span_eq(rq->bytes, SPAN_LIT("later")))
        return;
    if (span_eq(rq->bytes, SPAN_LIT("big")))
        builder_zeros(reply, 513);
    if (span_eq(rq->bytes, SPAN_LIT("full"))) {
        builder_zeros(reply, reply->max);
        return;
    }
    for (size_t i = rq->bytes.len; i > 0; i--)
        builder_u8(reply, copy[i - 1]);
}

static void serve(size_t max_reply)
{
    static const struct plat_udp_ops ops = {.name = "test", .answer = answer};
    const struct plat_udp_limits limits = {256, max_reply, 1024, 1024};
    static const char *const hosts[2] = {"127.0.0.1", "::1"};
    memset(&seen, 0, sizeof(seen));
    loop = plat_loop_new();
    assert_ok(plat_udp_new(loop, &ops, &limits, &seen, &server));
    for (int i = 0; i < 2; i++) {
        int fd;
        assert_ok(plat_addr_parse(span_str(hosts[i]), 0, &at[i]));
        assert_ok(plat_udp_bind(&at[i], &fd));
        assert_ok(plat_sock_addr(fd, &at[i]));
        assert_ok(plat_udp_add(server, fd));
    }
}

static int setup(void **state)
{
    (void)state;
    serve(512);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    plat_udp_free(server);
    plat_loop_free(loop);
    return 0;
}

static size_t receive(int fd, uint8_t *buf, size_t cap)
{
    size_t len;
    while (plat_recv_wait(fd, buf, cap, plat_mono(), &len) == ERR_TIMEOUT)
        plat_loop_turn(loop, 1000);
    return len;
}

static void both_families(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        int fd;
        uint8_t buf[600];
        assert_ok(plat_udp_dial(NULL, &at[i], &fd));
        assert_ok(plat_send_wait(fd, SPAN_LIT("abc"), plat_mono()));
        assert_int_equal(receive(fd, buf, sizeof(buf)), 3);
        assert_memory_equal(buf, "cba", 3);
        assert_int_equal(seen.socket, i);
        struct plat_addr self;
        assert_ok(plat_sock_addr(fd, &self));
        assert_true(plat_addr_eq(&self, &seen.from));
        close(fd);
    }
}

static void many_at_once(void **state)
{
    (void)state;
    int fd;
    uint8_t buf[600];
    unsigned sum = 0;
    assert_ok(plat_udp_dial(NULL, &at[0], &fd));
    for (unsigned i = 0; i < 100; i++) {
        uint8_t text[2] = {(uint8_t)i, 'x'};
        assert_ok(plat_send_wait(fd, span_of(text, 2), plat_mono()));
    }
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(receive(fd, buf, sizeof(buf)), 2);
        sum += buf[1];
    }
    assert_int_equal(sum, 99 * 100 / 2);
    assert_int_equal(seen.count, 100);
    close(fd);
}

/* Replies that do not all fit the server's memory leave in between, each to its client. */
static void the_longest_replies(void **state)
{
    (void)state;
    static uint8_t buf[65536];
    int fd[8];
    teardown(NULL);
    serve(60000);
    for (unsigned i = 0; i < 8; i++) {
        assert_ok(plat_udp_dial(NULL, &at[0], &fd[i]));
        assert_ok(plat_send_wait(fd[i], i % 2 ? SPAN_LIT("full") : SPAN_LIT("abc"), plat_mono()));
    }
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(receive(fd[i], buf, sizeof(buf)), i % 2 ? 60000 : 3);
        close(fd[i]);
    }
    assert_int_equal(seen.count, 8);
}

static void what_gets_no_answer(void **state)
{
    (void)state;
    int fd;
    uint8_t buf[600] = {0};
    assert_ok(plat_udp_dial(NULL, &at[0], &fd));
    assert_ok(plat_send_wait(fd, span_of(buf, 257), plat_mono())); /* too long: not even seen */
    assert_ok(plat_send_wait(fd, SPAN_LIT("big"), plat_mono()));
    assert_ok(plat_send_wait(fd, SPAN_LIT("later"), plat_mono()));
    assert_ok(plat_send_wait(fd, span_of(buf, 256), plat_mono()));
    assert_int_equal(receive(fd, buf, sizeof(buf)), 256);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.longest, 256);
    assert_ok(plat_udp_send(server, 0, &seen.from, SPAN_LIT("here it is")));
    assert_int_equal(receive(fd, buf, sizeof(buf)), 10);
    assert_err(plat_udp_send(server, 2, &seen.from, SPAN_NONE), ERR_RANGE);
    close(fd);
}

static void a_client_that_left(void **state)
{
    (void)state;
    int gone, fd;
    uint8_t buf[600];
    for (int i = 0; i < 5; i++) {
        assert_ok(plat_udp_dial(NULL, &at[0], &gone));
        assert_ok(plat_send_wait(gone, SPAN_LIT("abc"), plat_mono()));
        close(gone);
    }
    assert_ok(plat_udp_dial(NULL, &at[0], &fd));
    assert_ok(plat_send_wait(fd, SPAN_LIT("still there"), plat_mono()));
    assert_int_equal(receive(fd, buf, sizeof(buf)), 11);
    close(fd);
}

static void at_most_sixteen_sockets(void **state)
{
    (void)state;
    struct plat_addr any;
    int fd;
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &any));
    for (int i = 2; i < 16; i++) {
        assert_ok(plat_udp_bind(&any, &fd));
        assert_ok(plat_udp_add(server, fd));
    }
    assert_ok(plat_udp_bind(&any, &fd));
    assert_err(plat_udp_add(server, fd), ERR_LIMIT);
    close(fd);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(both_families),       CASE(many_at_once),       CASE(the_longest_replies),
        CASE(what_gets_no_answer), CASE(a_client_that_left), CASE(at_most_sixteen_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
