#include <pthread.h>

#include "base/test.h"
#include "plat/channel.h"
#include "plat/task.h"

enum { TYPE_ECHO = 1, TYPE_SILENT, TYPE_LATER };

#define TASKS 40

static struct plat_loop *loop;
static struct plat_channel *near, *far;
static char trace[256];
static uint32_t later_seq;

static void note(const char *what)
{
    size_t len = strlen(trace);
    snprintf(trace + len, sizeof(trace) - len, "%s", what);
}

static void on_message(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    (void)ctx;
    if (msg->type == TYPE_ECHO)
        assert_ok(plat_channel_reply(ch, msg->seq, TYPE_ECHO, msg->payload, -1));
    if (msg->type == TYPE_LATER)
        later_seq = msg->seq;
}

static void on_closed(void *ctx, struct plat_channel *ch, enum err why)
{
    (void)why;
    plat_channel_free(ch);
    *(struct plat_channel **)ctx = NULL;
}

static int set_up(void **state)
{
    static const struct plat_channel_ops ops = {on_message, on_closed};
    int fds[2];
    (void)state;
    trace[0] = 0;
    later_seq = 0;
    loop = plat_loop_new();
    assert_ok(plat_channel_pair(fds));
    assert_ok(plat_channel_new(loop, fds[0], &ops, &near, &near));
    assert_ok(plat_channel_new(loop, fds[1], &ops, &far, &far));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (near)
        plat_channel_free(near);
    if (far)
        plat_channel_free(far);
    plat_loop_free(loop);
    return 0;
}

static struct plat_task *sleeper;

static void sleep_twice(void *ctx)
{
    char deep[100000]; /* the stack is a real one */
    memset(deep, 'x', sizeof(deep));
    sleeper = plat_task_self();
    assert_non_null(sleeper);
    note(ctx);
    plat_task_wait();
    note("b");
    plat_task_wait();
    note(deep[99999] == 'x' ? "c" : "?");
}

static void a_task_waits_and_the_loop_goes_on(void **state)
{
    (void)state;
    assert_ok(plat_task_start(loop, sleep_twice, "a"));
    assert_null(plat_task_self());
    assert_string_equal(trace, "a");
    plat_loop_turn(loop, 0);
    assert_string_equal(trace, "a"); /* nobody woke it */
    plat_task_wake(sleeper);
    assert_string_equal(trace, "a"); /* not from inside */
    plat_loop_turn(loop, UTIME_SECOND);
    assert_string_equal(trace, "ab");
    plat_loop_turn(loop, 0);
    assert_string_equal(trace, "ab");
    plat_task_wake(sleeper);
    plat_loop_turn(loop, UTIME_SECOND);
    assert_string_equal(trace, "abc");
}

static void wake_oneself(void *ctx)
{
    (void)ctx;
    plat_task_wake(plat_task_self());
    plat_task_wait();
    note("1");
    assert_ok(plat_task_start(loop, sleep_twice, "a"));
    assert_ptr_not_equal(plat_task_self(), sleeper);
    note("2");
    plat_task_wake(sleeper);
    plat_task_wake(sleeper); /* counts once */
}

static void a_wake_may_come_first_and_tasks_start_tasks(void **state)
{
    (void)state;
    assert_ok(plat_task_start(loop, wake_oneself, NULL));
    assert_string_equal(trace, "1a2");
    plat_loop_turn(loop, UTIME_SECOND);
    plat_loop_turn(loop, 0);
    assert_string_equal(trace, "1a2b");
    plat_task_wake(sleeper);
    plat_loop_turn(loop, UTIME_SECOND);
    assert_string_equal(trace, "1a2bc");
}

/* --- calls --------------------------------------------------------------------------------------
 */

struct asking {
    uint32_t type;
    utime timeout;
    size_t arena_max;
    enum err err;
    bool done;
    char said[8];
};

static void ask(void *ctx)
{
    struct asking *q = ctx;
    struct arena a;
    struct plat_msg reply;
    arena_init(&a, 0, q->arena_max ? q->arena_max : 4096, 0);
    q->err = plat_channel_call(near, q->type, SPAN_LIT("hello"), q->timeout, &a, &reply);
    if (q->err == ERR_OK)
        snprintf(q->said, sizeof(q->said), "%.*s", SPAN_ARG(reply.payload));
    q->done = true;
    arena_fini(&a);
}

static void turn_until(const bool *done)
{
    for (unsigned i = 0; i < 1000 && !*done; i++)
        plat_loop_turn(loop, UTIME_SECOND / 10);
    assert_true(*done);
}

static void calls_of_many_tasks(void **state)
{
    struct asking silent = {.type = TYPE_SILENT, .timeout = UTIME_HOUR}, many[TASKS] = {0};
    (void)state;
    assert_ok(plat_task_start(loop, ask, &silent));
    for (unsigned i = 0; i < TASKS; i++) {
        many[i].type = TYPE_ECHO;
        assert_ok(plat_task_start(loop, ask, &many[i]));
    }
    for (unsigned i = 0; i < TASKS; i++) {
        turn_until(&many[i].done);
        assert_ok(many[i].err);
        assert_string_equal(many[i].said, "hello");
    }
    assert_false(silent.done); /* it held up nobody */
    plat_channel_free(near);
    near = NULL;
    assert_false(silent.done);
    turn_until(&silent.done);
    assert_err(silent.err, ERR_CLOSED);
}

static void calls_that_fail(void **state)
{
    struct asking late = {.type = TYPE_LATER, .timeout = UTIME_SECOND / 100};
    struct asking small = {.type = TYPE_ECHO, .arena_max = 2};
    struct asking again = {.type = TYPE_ECHO};
    (void)state;
    assert_ok(plat_task_start(loop, ask, &late));
    turn_until(&late.done);
    assert_err(late.err, ERR_TIMEOUT);
    assert_true(later_seq);
    assert_ok(plat_channel_reply(far, later_seq, TYPE_LATER, SPAN_LIT("late"), -1));
    assert_ok(plat_task_start(loop, ask, &small));
    turn_until(&small.done);
    assert_err(small.err, ERR_NOMEM);
    assert_ok(plat_task_start(loop, ask, &again));
    turn_until(&again.done);
    assert_string_equal(again.said, "hello");
}

/* --- another thread -----------------------------------------------------------------------------
 */

static pthread_t here;
static bool elsewhere, over;

static void far_away(void *ctx)
{
    *(bool *)ctx = !pthread_equal(pthread_self(), here);
}

static void go_away(void *ctx)
{
    (void)ctx;
    plat_task_away(far_away, &elsewhere);
    assert_true(pthread_equal(pthread_self(), here));
    over = true;
}

static void long_work_is_done_elsewhere(void **state)
{
    (void)state;
    here = pthread_self();
    assert_ok(plat_task_start(loop, go_away, NULL));
    assert_false(over);
    turn_until(&over);
    assert_true(elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_task_waits_and_the_loop_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wake_may_come_first_and_tasks_start_tasks, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(calls_of_many_tasks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_that_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_work_is_done_elsewhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
