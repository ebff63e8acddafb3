/* Children are this program again, in a role that its first argument names. */
#include "base/test.h"
#include "plat/channel.h"
#include "plat/clock.h"
#include "plat/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plat_loop *loop;
static struct plat_supervisor *sup;
static struct {
    unsigned starting, started, died, stopped;
    int status, signum;
    utime delay;
    pid_t pid;
} seen;
static int report[2]; /* children write what they have to say here */

static void on_starting(void *ctx, struct plat_child *child)
{
    (void)ctx;
    assert_int_equal(plat_child_pid(child), 0);
    seen.starting++;
}

static void on_started(void *ctx, struct plat_child *child, pid_t pid)
{
    (void)ctx;
    assert_int_equal(plat_child_pid(child), pid);
    seen.started++;
    seen.pid = pid;
}

static void on_died(void *ctx, struct plat_child *child, int status, int signum, utime delay)
{
    (void)ctx;
    (void)child;
    seen.died++;
    seen.status = status;
    seen.signum = signum;
    seen.delay = delay;
}

static void on_stopped(void *ctx)
{
    (void)ctx;
    seen.stopped++;
}

static const struct plat_supervisor_ops ops = {on_starting, on_started, on_died, on_stopped};

static int setup(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(pipe2(report, O_CLOEXEC), 0);
    loop = plat_loop_new();
    sup = plat_supervisor_new(loop, &ops, NULL);
    return 0;
}

static void until(const unsigned *count, unsigned want)
{
    while (*count < want)
        plat_loop_turn(loop, UTIME_SECOND / 100);
    assert_int_equal(*count, want);
}

static int teardown(void **state)
{
    (void)state;
    plat_supervisor_stop(sup, 5 * UTIME_SECOND);
    until(&seen.stopped, 1);
    plat_supervisor_free(sup);
    plat_loop_free(loop);
    close(report[0]);
    close(report[1]);
    return 0;
}

static struct plat_child *child(const char *role)
{
    const char *argv[] = {NULL, role, NULL};
    struct plat_child *c = plat_child_new(sup, role, argv);
    assert_non_null(c);
    assert_ok(plat_child_give(c, "report", report[1]));
    return c;
}

/* What a child wrote: one line. */
static void expect_line(const char *want)
{
    char line[256] = "";
    size_t len = 0;
    fcntl(report[0], F_SETFL, O_NONBLOCK);
    while (len < sizeof(line) - 1 && (len == 0 || line[len - 1] != '\n'))
        if (read(report[0], line + len, 1) == 1)
            len++;
        else
            plat_loop_turn(loop, UTIME_SECOND / 100);
    line[len - 1] = 0;
    assert_string_equal(line, want);
}

static void descriptors_by_name_and_no_others(void **state)
{
    (void)state;
    int extra[2];
    assert_int_equal(pipe2(extra, O_CLOEXEC), 0);
    struct plat_child *c = child("look");
    assert_ok(plat_child_give(c, "extra", extra[0]));
    assert_err(plat_child_give(c, "a:b", extra[0]), ERR_RANGE);
    assert_err(plat_child_give(c, "", extra[0]), ERR_RANGE);
    assert_string_equal(plat_child_name(c), "look");
    plat_child_start(c);
    expect_line("report=3 extra=4 none=-1 open=2 cloexec=1 env=0 name=looker");
    close(extra[0]);
    close(extra[1]);
}

static void a_dead_child_comes_back_at_once_then_slower(void **state)
{
    (void)state;
    struct plat_child *c = child("exit7");
    utime before = plat_mono();
    plat_child_start(c);
    until(&seen.started, 2);
    assert_true(plat_mono() - before < UTIME_SECOND / 10 || getenv("SLOW_MACHINE"));
    assert_int_equal(seen.status, 7);
    assert_int_equal(seen.signum, 0);
    assert_int_equal(seen.delay, 0);
    until(&seen.died, 2);
    assert_int_equal(seen.delay, 50000);
    until(&seen.died, 3);
    assert_int_equal(seen.delay, 100000);
    until(&seen.started, 4);
    assert_int_equal(seen.starting, 4);
    assert_true(plat_mono() - before >= 150000);
}

static void a_killed_child_is_replaced(void **state)
{
    (void)state;
    struct plat_child *c = child("sleep");
    plat_child_start(c);
    expect_line("ready");
    pid_t first = seen.pid;
    kill(first, SIGKILL);
    until(&seen.died, 1);
    assert_int_equal(seen.signum, SIGKILL);
    expect_line("ready");
    assert_int_not_equal(seen.pid, first);
    plat_child_restart(c);
    expect_line("ready");
    assert_int_equal(seen.started, 3);
}

static void stopping_is_polite_then_not(void **state)
{
    (void)state;
    plat_child_start(child("sleep"));
    expect_line("ready");
    struct plat_child *deaf = child("deaf");
    plat_child_start(deaf);
    expect_line("deaf");
    pid_t pid = plat_child_pid(deaf);
    plat_child_stop(deaf, 10000);
    while (kill(pid, 0) == 0)
        plat_loop_turn(loop, UTIME_SECOND / 100);
    assert_int_equal(seen.died, 0);
}

static void a_program_that_is_not_there(void **state)
{
    (void)state;
    const char *argv[] = {"/nonexistent/program", NULL};
    struct plat_child *c = plat_child_new(sup, "none", argv);
    plat_child_start(c);
    until(&seen.died, 2);
    assert_int_equal(seen.status, 127);
    assert_int_equal(seen.started, 0);
}

static void children_end_with_their_parent(void **state)
{
    (void)state;
    plat_child_start(child("parent"));
    char text[32] = "";
    while (read(report[0], text, sizeof(text) - 1) <= 0)
        ;
    pid_t grandchild = (pid_t)strtol(text, NULL, 10);
    assert_true(grandchild > 1);
    kill(seen.pid, SIGKILL);
    /* It is a zombie of whoever adopts it until that one looks. */
    for (;;) {
        char path[64], stat[128] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)grandchild);
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            break;
        ssize_t n = read(fd, stat, sizeof(stat) - 1);
        close(fd);
        if (n <= 0 || strstr(stat, ") Z "))
            break;
        plat_loop_turn(loop, UTIME_SECOND / 100);
    }
}

static unsigned echoes;

static void on_echo(struct plat_call *call, enum err err, struct plat_msg *reply)
{
    (void)call;
    assert_ok(err);
    assert_span_equal(reply->payload, SPAN_LIT("over there"));
    echoes++;
}

static void a_channel_to_a_child(void **state)
{
    (void)state;
    int fds[2];
    struct plat_channel *ch;
    struct plat_call call = {.done = on_echo};
    assert_ok(plat_channel_pair(fds));
    struct plat_child *c = child("echo");
    assert_ok(plat_child_give(c, "channel", fds[1]));
    plat_child_start(c);
    close(fds[1]);
    assert_ok(plat_channel_new(loop, fds[0], NULL, NULL, &ch));
    assert_ok(plat_channel_start(ch, 1, SPAN_LIT("over there"), 0, &call));
    until(&echoes, 1);
    plat_channel_free(ch);
}

/* --- the children --- */

static void say(const char *text)
{
    if (write(plat_process_fd("report"), text, strlen(text)) < 0)
        _exit(99);
}

static int look(void)
{
    char line[256], name[32] = "";
    unsigned open_fds = 0;
    for (int fd = 3; fd < 256; fd++)
        open_fds += fcntl(fd, F_GETFD) >= 0;
    int fd = open("/proc/self/comm", O_RDONLY);
    ssize_t n = read(fd, name, sizeof(name) - 1);
    name[n > 0 ? n - 1 : 0] = 0;
    snprintf(line, sizeof(line), "report=%d extra=%d none=%d open=%u cloexec=%d env=%d name=%s\n",
             plat_process_fd("report"), plat_process_fd("extra"), plat_process_fd("none"), open_fds,
             fcntl(plat_process_fd("extra"), F_GETFD) & FD_CLOEXEC, getenv("ENTENTE_FDS") != NULL,
             name);
    say(line);
    pause();
    return 0;
}

static void tell_pid(void *ctx, struct plat_child *c, pid_t pid)
{
    char text[32];
    (void)ctx;
    (void)c;
    snprintf(text, sizeof(text), "%d\n", (int)pid);
    say(text);
}

static int be_parent(void)
{
    static const struct plat_supervisor_ops own = {.started = tell_pid};
    const char *argv[] = {NULL, "pause", NULL};
    loop = plat_loop_new();
    sup = plat_supervisor_new(loop, &own, NULL);
    plat_child_start(plat_child_new(sup, "grandchild", argv));
    plat_loop_run(loop);
    return 0;
}

static void echo(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    (void)ctx;
    (void)plat_channel_reply(ch, msg->seq, msg->type, msg->payload, -1);
}

static void leave(void *ctx, struct plat_channel *ch, enum err why)
{
    (void)ctx;
    (void)ch;
    (void)why;
    _exit(0);
}

static int be_echo(void)
{
    static const struct plat_channel_ops own = {echo, leave};
    struct plat_channel *ch;
    loop = plat_loop_new();
    if (plat_channel_new(loop, plat_process_fd("channel"), &own, NULL, &ch) != ERR_OK)
        return 1;
    plat_loop_run(loop);
    return 0;
}

static int role(const char *name)
{
    plat_process_begin("looker");
    if (strcmp(name, "look") == 0)
        return look();
    if (strcmp(name, "exit7") == 0)
        return 7;
    if (strcmp(name, "parent") == 0)
        return be_parent();
    if (strcmp(name, "echo") == 0)
        return be_echo();
    if (strcmp(name, "sleep") == 0)
        say("ready\n");
    if (strcmp(name, "deaf") == 0) {
        signal(SIGTERM, SIG_IGN);
        say("deaf\n");
    }
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return role(argv[1]);
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(descriptors_by_name_and_no_others),
        CASE(a_dead_child_comes_back_at_once_then_slower),
        CASE(a_killed_child_is_replaced),
        CASE(stopping_is_polite_then_not),
        CASE(a_program_that_is_not_there),
        CASE(children_end_with_their_parent),
        CASE(a_channel_to_a_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
