#include "base/test.h"
#include "plat/clock.h"
#include "plat/eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct plat_loop *loop;
static char path[] = "/tmp/entente-eventlog-XXXXXX";

static int setup(void **state)
{
    (void)state;
    loop = plat_loop_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    plat_loop_free(loop);
    return 0;
}

static void emit(struct plat_eventlog *log, const char *text, enum reason reason)
{
    struct event ev;
    event_init(&ev, 0, "test", reason);
    event_text(&ev, "text", span_str(text));
    event_emit(plat_eventlog_sink(log), &ev);
}

#define LINE(text)                                                                                 \
    "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"event\":\"test\",\"reason\":\"NONE\","            \
    "\"component\":\"kdc\",\"text\":\"" text "\"}\n"

static void lines_reach_a_file_together(void **state)
{
    (void)state;
    struct plat_eventlog *log;
    char buf[1024];
    int fd, in = mkstemp(path);
    assert_ok(plat_eventlog_open(path, &fd));
    assert_ok(plat_eventlog_new(loop, fd, "kdc", &log));
    emit(log, "one", REASON_NONE);
    emit(log, "two", REASON_NONE);
    assert_int_equal(read(in, buf, sizeof(buf)), 0); /* gathered */
    struct plat_timer *t = plat_timer_new(loop, NULL, NULL);
    plat_timer_start(t, UTIME_HOUR, 0);
    plat_loop_turn(loop, 0);
    plat_timer_free(t);
    ssize_t n = read(in, buf, sizeof(buf));
    assert_true(n > 0);
    assert_span(span_of(buf, (size_t)n), LINE("one") LINE("two"));
    emit(log, "three", REASON_NONE);
    plat_eventlog_free(log);
    n = read(in, buf, sizeof(buf));
    assert_span(span_of(buf, (size_t)n), LINE("three"));
    close(in);
    unlink(path);
    assert_err(plat_eventlog_open("/nonexistent/log", &fd), ERR_NOT_FOUND);
}

static void without_a_loop_at_once(void **state)
{
    (void)state;
    struct plat_eventlog *log;
    int fds[2];
    char buf[1024];
    assert_int_equal(pipe(fds), 0);
    assert_ok(plat_eventlog_new(NULL, fds[1], NULL, &log));
    emit(log, "x", REASON_WIRE_MALFORMED);
    ssize_t n = read(fds[0], buf, sizeof(buf));
    assert_span(span_of(buf, (size_t)n),
                "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"event\":\"test\",\"reason\":\"WIRE_"
                "MALFORMED\",\"severity\":\"error\",\"side\":\"client\",\"text\":\"x\"}\n");
    plat_eventlog_free(log);
    close(fds[0]);
}

static void the_journal_gets_priorities(void **state)
{
    (void)state;
    struct plat_eventlog *log;
    struct stat st;
    int fds[2];
    char named[64], buf[1024];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(fstat(fds[1], &st), 0);
    snprintf(named, sizeof(named), "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", named, 1);
    assert_ok(plat_eventlog_new(NULL, fds[1], "kdc", &log));
    unsetenv("JOURNAL_STREAM");
    emit(log, "a", REASON_NONE);
    emit(log, "b", REASON_WIRE_MALFORMED);
    emit(log, "c", REASON_SERVER_BUSY);
    ssize_t n = read(fds[0], buf, sizeof(buf) - 1);
    buf[n > 0 ? n : 0] = 0;
    assert_int_equal(strncmp(buf, "<6>{\"time\"", 10), 0);
    assert_non_null(strstr(buf, "}\n<3>{\"time\""));
    assert_non_null(strstr(buf, "}\n<4>{\"time\""));
    plat_eventlog_free(log);
    close(fds[0]);
}

/* RFC 5424 6: the priority is that of authpriv (10) and the event's. */
static void syslog_gets_messages(void **state)
{
    (void)state;
    struct plat_eventlog *log;
    int fds[2];
    char wanted[128], buf[1024];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    assert_ok(plat_eventlog_new(NULL, fds[1], "kdc dc1", &log));
    assert_ok(plat_eventlog_syslog(log, "dc1.example.com", false));
    emit(log, "a", REASON_NONE);
    emit(log, "b", REASON_WIRE_MALFORMED);
    ssize_t n = read(fds[0], buf, sizeof(buf) - 1);
    buf[n > 0 ? n : 0] = 0;
    snprintf(wanted, sizeof(wanted),
             "<86>1 1970-01-01T00:00:00.000000Z dc1.example.com entente %d test - {\"time\"",
             (int)getpid());
    assert_int_equal(strncmp(buf, wanted, strlen(wanted)), 0);
    assert_string_equal(buf + n - 3, "\"}\n");
    n = read(fds[0], buf, sizeof(buf) - 1);
    buf[n > 0 ? n : 0] = 0;
    assert_int_equal(strncmp(buf, "<83>1 ", 6), 0);
    plat_eventlog_free(log);
    close(fds[0]);
}

static void syslog_of_the_same_machine_gets_a_tag(void **state)
{
    (void)state;
    struct plat_eventlog *log;
    int fds[2];
    char wanted[256], buf[1024];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    assert_ok(plat_eventlog_new(NULL, fds[1], "kdc dc1", &log));
    assert_ok(plat_eventlog_syslog(log, "dc1.example.com", true));
    emit(log, "a", REASON_NONE);
    ssize_t n = read(fds[0], buf, sizeof(buf) - 1);
    buf[n > 0 ? n : 0] = 0;
    snprintf(
        wanted, sizeof(wanted),
        "<86>entente[%d]: {\"time\":\"1970-01-01T00:00:00.000000Z\",\"event\":\"test\",\"reason\":"
        "\"NONE\",\"component\":\"kdc dc1\",\"host\":\"dc1.example.com\",\"text\":\"a\"}\n",
        (int)getpid());
    assert_string_equal(buf, wanted);
    plat_eventlog_free(log);
    close(fds[0]);
}

/* Reads until the log has nothing more to say; every line must be whole. Returns how many events
 * were dropped by its own account, and counts the others. */
static int64_t drain(int fd, struct plat_eventlog *log, unsigned *lines_out)
{
    static char all[4 << 20];
    size_t len = 0;
    int64_t dropped = 0;
    for (;;) {
        ssize_t n = read(fd, all + len, sizeof(all) - len);
        if (n > 0)
            len += (size_t)n;
        size_t before = len;
        plat_eventlog_flush(log);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (n < 0 && before == len && poll(&p, 1, 0) == 0)
            break;
    }
    *lines_out = 0;
    for (char *line = all, *end; line < all + len; line = end + 1) {
        end = memchr(line, '\n', (size_t)(all + len - line));
        assert_non_null(end);
        assert_int_equal(line[0], '{');
        assert_int_equal(end[-1], '}');
        *end = 0;
        const char *count = strstr(line, "\"events\":");
        if (strstr(line, "eventlog.dropped") && count)
            dropped += strtoll(count + 9, NULL, 10);
        else
            ++*lines_out;
    }
    return dropped;
}

static void a_reader_that_does_not_read(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct plat_eventlog *log;
        int fds[2];
        unsigned lines;
        if (kind == 0)
            assert_int_equal(pipe(fds), 0);
        else
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
        assert_ok(plat_eventlog_new(loop, fds[1], "kdc", &log));
        utime before = plat_mono();
        for (int i = 0; i < 10000; i++)
            emit(log, "a text of some length, so that the pipe is full soon", REASON_NONE);
        assert_true(plat_mono() - before < 5 * UTIME_SECOND); /* it never waited */
        int64_t dropped = drain(fds[0], log, &lines);
        assert_true(lines < 10000);
        emit(log, "after", REASON_NONE);
        unsigned more;
        dropped += drain(fds[0], log, &more);
        assert_int_equal(more, 1);
        assert_int_equal(lines + dropped, 10000);
        plat_eventlog_free(log);
        close(fds[0]);
    }
}

static void a_line_has_its_longest(void **state)
{
    (void)state;
    struct plat_eventlog *log;
    int fds[2];
    char big[8000], buf[8192];
    memset(big, 'x', sizeof(big));
    big[sizeof(big) - 1] = 0;
    assert_int_equal(pipe(fds), 0);
    assert_ok(plat_eventlog_new(NULL, fds[1], "kdc", &log));
    emit(log, big, REASON_NONE);
    ssize_t n = read(fds[0], buf, sizeof(buf));
    assert_in_range(n, 50, PIPE_BUF);
    assert_int_equal(buf[n - 1], '\n');
    assert_int_equal(buf[n - 2], '}');
    struct event ev;
    event_init(&ev, 0, "full", REASON_NONE);
    for (int i = 0; i < EVENT_FIELDS_MAX; i++)
        event_num(&ev, "n", i);
    event_emit(plat_eventlog_sink(log), &ev);
    n = read(fds[0], buf, sizeof(buf) - 1);
    buf[n] = 0;
    assert_non_null(strstr(buf, "\"n\":14}"));
    plat_eventlog_free(log);
    close(fds[0]);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(lines_reach_a_file_together),
        CASE(without_a_loop_at_once),
        CASE(the_journal_gets_priorities),
        CASE(syslog_gets_messages),
        CASE(syslog_of_the_same_machine_gets_a_tag),
        CASE(a_reader_that_does_not_read),
        CASE(a_line_has_its_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
