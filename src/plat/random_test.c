#include "base/test.h"
#include "plat/random.h"

#include <sys/wait.h>
#include <unistd.h>

static void every_length_is_filled(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 2, 8, 16, 32, 1000, 1022, 1023, 4096, 10000};
    for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
        /* Each byte differs from zero within a few draws, and nothing is written beyond. */
        uint8_t seen[10001] = {0}, out[10001];
        for (int draw = 0; draw < 20; draw++) {
            memset(out, 0, sizeof(out));
            plat_random(out, lengths[n]);
            for (size_t i = 0; i < sizeof(out); i++)
                seen[i] |= out[i];
        }
        for (size_t i = 0; i < lengths[n]; i++)
            assert_int_not_equal(seen[i], 0);
        assert_int_equal(seen[lengths[n]], 0);
    }
    plat_random(NULL, 0);
}

static void draws_do_not_repeat(void **state)
{
    (void)state;
    uint64_t draws[2000];
    for (size_t i = 0; i < 2000; i++) {
        draws[i] = plat_random_u64();
        for (size_t j = 0; j < i; j++)
            assert_true(draws[i] != draws[j]);
    }
    assert_true(plat_random_u32() != plat_random_u32() || plat_random_u32() != plat_random_u32());
}

static void below_is_uniform(void **state)
{
    (void)state;
    unsigned count[6] = {0};
    for (int i = 0; i < 60000; i++) {
        uint32_t v = plat_random_below(6);
        assert_true(v < 6);
        count[v]++;
    }
    for (int i = 0; i < 6; i++)
        assert_in_range(count[i], 9400, 10600); /* more than six standard deviations */
    assert_int_equal(plat_random_below(1), 0);
}

static void a_fork_does_not_share_what_comes_next(void **state)
{
    (void)state;
    (void)plat_random_u32(); /* the pool is full of bytes that both would hand out */
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        uint64_t v = plat_random_u64();
        _exit(write(fds[1], &v, sizeof(v)) == sizeof(v) ? 0 : 1);
    }
    uint64_t ours = plat_random_u64(), theirs;
    assert_int_equal(read(fds[0], &theirs, sizeof(theirs)), sizeof(theirs));
    assert_true(ours != theirs);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_is_filled),
        cmocka_unit_test(draws_do_not_repeat),
        cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(a_fork_does_not_share_what_comes_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
