#include "base/test.h"

#include <sys/wait.h>
#include <unistd.h>

static void every_error_has_its_own_name(void **state)
{
    (void)state;
    for (int e = 0; e < ERR__COUNT; e++) {
        assert_string_not_equal(err_name(e), "unknown");
        for (int other = 0; other < e; other++)
            assert_string_not_equal(err_name(e), err_name(other));
    }
    assert_string_equal(err_name(ERR__COUNT), "unknown");
    assert_string_equal(err_name(-1), "unknown");
}

static enum err steps(enum err first, int *reached)
{
    TRY(first);
    *reached = 1;
    return ERR_OK;
}

static void try_returns_at_once(void **state)
{
    (void)state;
    int reached = 0;
    assert_err(steps(ERR_BUSY, &reached), ERR_BUSY);
    assert_int_equal(reached, 0);
    assert_ok(steps(ERR_OK, &reached));
    assert_int_equal(reached, 1);
}

static int status_of(void (*f)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        fclose(stderr);
        f();
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void die(void)
{
    ent_fatal("cannot %s", "go on");
}

static void false_assertion(void)
{
    ENT_ASSERT(1 == 2);
}

static void true_assertion(void)
{
    ENT_ASSERT(1 == 1);
}

static void the_severities(void **state)
{
    (void)state;
    int status = status_of(die);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    status = status_of(false_assertion);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = status_of(true_assertion);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_own_name),
        cmocka_unit_test(try_returns_at_once),
        cmocka_unit_test(the_severities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
