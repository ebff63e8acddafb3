#include "base/test.h"
#include "plat/clock.h"
#include "plat/loop.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

struct seen {
    struct plat_loop *loop;
    struct plat_timer *timer;
    struct plat_poll *poll;
    struct plat_hook *hook;
    int fd;
    unsigned count, events;
};

static void tick(void *ctx)
{
    struct seen *s = ctx;
    if (++s->count == 3) {
        plat_timer_free(s->timer);
        s->timer = NULL;
    }
}

static void a_timer_repeats_and_frees_itself(void **state)
{
    (void)state;
    struct seen s = {.loop = plat_loop_new()};
    s.timer = plat_timer_new(s.loop, tick, &s);
    utime before = plat_mono();
    plat_timer_start(s.timer, 2000, 1000);
    plat_loop_run(s.loop); /* ends by itself: nothing is left */
    assert_int_equal(s.count, 3);
    assert_true(plat_mono() - before >= 4000);
    plat_loop_free(s.loop);
}

static void never(void *ctx)
{
    (void)ctx;
    fail_msg("a callback that must not come");
}

static void stopped_and_background_timers(void **state)
{
    (void)state;
    struct plat_loop *loop = plat_loop_new();
    struct plat_timer *stopped = plat_timer_new(loop, never, NULL);
    struct plat_timer *background = plat_timer_new(loop, never, NULL);
    plat_timer_start(stopped, 0, 0);
    plat_timer_stop(stopped);
    plat_timer_start(background, UTIME_HOUR, 0);
    plat_timer_background(background);
    plat_loop_run(loop);
    plat_timer_free(stopped);
    plat_timer_free(background);
    plat_timer_free(NULL);
    plat_loop_free(loop);
}

static void on_fd(void *ctx, unsigned events)
{
    struct seen *s = ctx;
    char byte;
    s->count++;
    s->events |= events;
    if (events & PLAT_READABLE && read(s->fd, &byte, 1) == 1)
        plat_loop_stop(s->loop);
    if (events & PLAT_HANGUP) {
        plat_poll_free(s->poll);
        s->poll = NULL;
    }
}

static void descriptors(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct seen s = {.loop = plat_loop_new(), .fd = fds[0]};
    s.poll = plat_poll_new(s.loop, fds[0], on_fd, &s);
    assert_non_null(s.poll);
    plat_poll_watch(s.poll, PLAT_READABLE);
    assert_int_equal(write(fds[1], "x", 1), 1);
    plat_loop_run(s.loop);
    assert_int_equal(s.events, PLAT_READABLE);
    plat_poll_watch(s.poll, 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    plat_loop_run(s.loop);
    assert_int_equal(s.count, 1);
    plat_poll_watch(s.poll, PLAT_READABLE | PLAT_WRITABLE);
    plat_loop_run(s.loop);
    assert_int_equal(s.events, PLAT_READABLE | PLAT_WRITABLE);
    close(fds[1]);
    plat_loop_run(s.loop);
    assert_true(s.events & PLAT_HANGUP);
    assert_null(s.poll);
    close(fds[0]);
    assert_null(plat_poll_new(s.loop, 9999, on_fd, &s));
    plat_loop_free(s.loop);
}

static void on_usr1(void *ctx, int signum)
{
    struct seen *s = ctx;
    assert_int_equal(signum, SIGUSR1);
    s->count++;
    plat_timer_stop(s->timer);
}

static void signals(void **state)
{
    (void)state;
    struct seen s = {.loop = plat_loop_new()};
    struct plat_signal *sig = plat_signal_new(s.loop, SIGUSR1, on_usr1, &s);
    s.timer = plat_timer_new(s.loop, never, NULL);
    plat_timer_start(s.timer, UTIME_MINUTE, 0);
    raise(SIGUSR1);
    plat_loop_run(s.loop);
    assert_int_equal(s.count, 1);
    plat_signal_free(sig);
    plat_timer_free(s.timer);
    assert_null(plat_signal_new(s.loop, SIGKILL, on_usr1, &s));
    plat_loop_free(s.loop);
}

static void flush(void *ctx)
{
    struct seen *s = ctx;
    s->count++;
}

static void hooks(void **state)
{
    (void)state;
    struct seen s = {.loop = plat_loop_new()};
    s.hook = plat_hook_new(s.loop, flush, &s);
    s.timer = plat_timer_new(s.loop, never, NULL); /* a loop without work does not turn */
    plat_timer_start(s.timer, UTIME_HOUR, 0);
    plat_loop_turn(s.loop, 0);
    plat_loop_turn(s.loop, 0);
    assert_int_equal(s.count, 2);
    plat_hook_free(s.hook);
    plat_loop_turn(s.loop, 0);
    assert_int_equal(s.count, 2);
    plat_timer_free(s.timer);
    plat_loop_free(s.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_repeats_and_frees_itself),
        cmocka_unit_test(stopped_and_background_timers),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(signals),
        cmocka_unit_test(hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
