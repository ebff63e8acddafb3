/* Collectors are sockets of this process: one that reads, one that does not, one that comes late.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/test.h"
#include "plat/clock.h"
#include "plat/net.h"
#include "serve/serve_relay.h"

#define PATIENCE (20 * UTIME_SECOND) /* it only bounds a failure */

static struct plat_loop *loop;
static struct serve_relay *relay;
static unsigned aways;

static void on_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    aways += ev->reason == REASON_CONTROL_SYSLOG_AWAY;
}

static const struct event_sink events = {on_event, NULL};

static int setup(void **state)
{
    (void)state;
    aways = 0;
    loop = plat_loop_new();
    return !loop || serve_relay_new(loop, &events, &relay) != ERR_OK;
}

static int teardown(void **state)
{
    (void)state;
    serve_relay_free(relay);
    plat_loop_free(loop);
    return 0;
}

/* The end that a directory's processes write to. */
static int source(const char *url)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    assert_ok(serve_relay_add(relay, span_str(url), fds[1]));
    return fds[0];
}

static void put(int fd, const char *lines)
{
    assert_int_equal(send(fd, lines, strlen(lines), MSG_DONTWAIT), strlen(lines));
}

static void turn_until(bool (*done)(void *ctx), void *ctx)
{
    utime end = plat_mono() + PATIENCE;
    while (!done(ctx)) {
        assert_true(plat_mono() < end);
        plat_loop_turn(loop, UTIME_SECOND / 20);
    }
}

struct reading {
    int fd;
    bool exact; /* what comes behind it is not looked at */
    size_t len, wanted;
    char text[256];
};

static bool has_read(void *ctx)
{
    struct reading *r = ctx;
    size_t room = r->exact ? r->wanted - r->len : sizeof(r->text) - r->len;
    ssize_t n = recv(r->fd, r->text + r->len, room, MSG_DONTWAIT);
    if (n > 0)
        r->len += (size_t)n;
    return r->len >= r->wanted;
}

/* What comes next, until as many bytes are there. */
static void assert_reads(int fd, bool exact, const char *text)
{
    struct reading r = {.fd = fd, .exact = exact, .wanted = strlen(text)};
    turn_until(has_read, &r);
    assert_span_is(span_of(r.text, r.len), span_str(text), __FILE__, __LINE__);
}

static const char *url_of(int fd, const char *scheme, char out[128])
{
    struct plat_addr at;
    char text[PLAT_ADDR_TEXT];
    assert_ok(plat_sock_addr(fd, &at));
    snprintf(out, 128, "%s://%.*s", scheme, SPAN_ARG(plat_addr_text(&at, text)));
    return out;
}

static int bound(int type, char url[128])
{
    struct plat_addr at;
    int fd;
    assert_ok(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &at));
    assert_ok(type == SOCK_DGRAM ? plat_udp_bind(&at, &fd) : plat_tcp_listen(&at, &fd));
    url_of(fd, type == SOCK_DGRAM ? "udp" : "tcp", url);
    return fd;
}

static int bound_file(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    (void)unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static bool was_away(void *ctx)
{
    (void)ctx;
    return aways > 0;
}

static void each_line_is_a_datagram(void **state)
{
    char url[128];
    int to = bound(SOCK_DGRAM, url), a = source(url), b = source(url);
    (void)state;
    put(a, "one\ntwo\n");
    assert_reads(to, false, "one");
    assert_reads(to, false, "two");
    put(b, "three\n");
    assert_reads(to, false, "three");
    close(a);
    put(b, "four\nwithout an end");
    assert_reads(to, false, "four");
    assert_reads(to, false, "without an en"); /* its last byte became the line's end */
    assert_int_equal(aways, 0);
    close(b);
    close(to);
}

static bool has_accepted(void *ctx)
{
    int *fds = ctx;
    fds[1] = accept(fds[0], NULL, NULL);
    return fds[1] >= 0;
}

static int accepted(int listens)
{
    int fds[2] = {listens, -1};
    turn_until(has_accepted, fds);
    return fds[1];
}

/* Its messages come again as a whole on the next connection. */
static void a_stream_that_breaks_is_made_again(void **state)
{
    char url[128];
    int listens = bound(SOCK_STREAM, url), from = source(url);
    (void)state;
    put(from, "one\nand two\n");
    int to = accepted(listens);
    assert_reads(to, false, "3 one7 and two");
    close(to);
    turn_until(was_away, NULL);
    put(from, "three\n");
    to = accepted(listens);
    assert_reads(to, false, "5 three");
    close(to);
    close(from);
    close(listens);
}

static void a_socket_file_may_come_later_and_anew(void **state)
{
    char path[64], url[128];
    (void)state;
    snprintf(path, sizeof(path), "/tmp/entente-syslog-%d", (int)getpid());
    snprintf(url, sizeof(url), "unix://%s", path);
    (void)unlink(path);
    int from = source(url);
    put(from, "before\n");
    turn_until(was_away, NULL);
    int to = bound_file(path);
    assert_reads(to, false, "before");
    close(to);
    to = bound_file(path);
    put(from, "after\n");
    assert_reads(to, false, "after");
    close(to);
    close(from);
    (void)unlink(path);
}

static bool is_full(void *ctx)
{
    static char batch[32 << 10];
    memset(batch, 'x', sizeof(batch));
    batch[sizeof(batch) - 1] = '\n';
    return send(*(int *)ctx, batch, sizeof(batch), MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* One that takes nothing fills its own pair, and nobody else waits for it. */
static void a_collector_that_is_slow_is_its_own_affair(void **state)
{
    char slow_url[128], url[128];
    int slow = bound(SOCK_STREAM, slow_url), to = bound(SOCK_DGRAM, url);
    int from_slow = source(slow_url), from = source(url), connection = -1;
    (void)state;
    put(from_slow, "first\n");
    connection = accepted(slow);
    turn_until(is_full, &from_slow);
    put(from, "one\n");
    assert_reads(to, false, "one");
    assert_reads(connection, true, "5 first32767 xxxx");
    close(connection);
    close(from_slow);
    close(from);
    close(slow);
    close(to);
}

static void there_are_so_many_collectors(void **state)
{
    char url[64];
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    assert_err(serve_relay_add(relay, SPAN_LIT("udp://collector"), fds[1]), ERR_MALFORMED);
    for (unsigned i = 0; i < 16; i++) {
        snprintf(url, sizeof(url), "udp://127.0.0.1:%u", 1000 + i);
        close(source(url));
    }
    assert_err(serve_relay_add(relay, SPAN_LIT("udp://127.0.0.1:2000"), fds[1]), ERR_LIMIT);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_line_is_a_datagram, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stream_that_breaks_is_made_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_socket_file_may_come_later_and_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_collector_that_is_slow_is_its_own_affair, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(there_are_so_many_collectors, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
