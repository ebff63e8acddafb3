#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "directory/dir_internal.h"
#include "directory/volatile.h"

#define NOW    INT64_C(134000000000000000)
#define SECOND INT64_C(10000000)

static char path[64];
static struct dir dir;

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/entente-vol-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(vol_open(&dir, path), ERR_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vol_close(&dir);
    unlink(path);
    return 0;
}

static void test_counts_within_the_window(void **state)
{
    (void)state;
    struct vol_state st;
    assert_int_equal(vol_bad_password(&dir, 7, NOW, 60 * SECOND), 1);
    assert_int_equal(vol_bad_password(&dir, 7, NOW + 30 * SECOND, 60 * SECOND), 2);
    assert_int_equal(vol_bad_password(&dir, 7, NOW + 80 * SECOND, 60 * SECOND), 3);
    assert_int_equal(vol_bad_password(&dir, 7, NOW + 200 * SECOND, 60 * SECOND), 1);
    assert_int_equal(vol_bad_password(&dir, 8, NOW, 60 * SECOND), 1);
    vol_get(&dir, 7, &st);
    assert_int_equal(st.bad_count, 1);
    assert_true(st.bad_time <= NOW + 200 * SECOND && st.bad_time > NOW + 199 * SECOND);
    vol_good_logon(&dir, 7, NOW + 201 * SECOND);
    vol_get(&dir, 7, &st);
    assert_int_equal(st.bad_count, 0);
    assert_int_equal(st.last_logon, NOW + 201 * SECOND);
    assert_int_equal(st.logon_count, 1);
    assert_true(st.bad_time > 0);
}

static void test_who_was_heard(void **state)
{
    (void)state;
    assert_int_equal(vol_heard_at(&dir, 0), 0);
    vol_heard(&dir, 7, NOW);
    assert_int_equal(vol_heard_at(&dir, 7), NOW);
    assert_int_equal(vol_heard_at(&dir, 8), 0);
    assert_int_equal(vol_heard_at(&dir, 0), NOW);
    vol_heard(&dir, 7, NOW + SECOND / 20);
    assert_int_equal(vol_heard_at(&dir, 7), NOW);
    vol_heard(&dir, 8, NOW + SECOND / 20);
    assert_int_equal(vol_heard_at(&dir, 8), NOW + SECOND / 20);
    vol_heard(&dir, 7, NOW + SECOND / 10);
    assert_int_equal(vol_heard_at(&dir, 7), NOW + SECOND / 10);
    assert_int_equal(vol_heard_at(&dir, 0), NOW + SECOND / 10);
    vol_heard(&dir, 7, NOW - SECOND); /* the clock was set back */
    assert_int_equal(vol_heard_at(&dir, 7), NOW - SECOND);
}

static void test_the_file_is_sparse_and_shared(void **state)
{
    (void)state;
    struct dir other = {0};
    struct vol_state st;
    struct stat fs;
    assert_int_equal(vol_open(&other, path), ERR_OK);
    vol_bad_password(&dir, UINT32_MAX, NOW, SECOND);
    vol_get(&other, UINT32_MAX, &st);
    assert_int_equal(st.bad_count, 1);
    vol_close(&other);
    assert_int_equal(stat(path, &fs), 0);
    assert_true(fs.st_blocks * 512 < 1 << 20);
    struct dir none = {0};
    assert_int_equal(vol_bad_password(&none, 1, NOW, SECOND), 0);
}

/* Regression of the race in which two bad passwords were counted as one (CVE-2021-20251): every
 * value of the count is seen exactly once. */
enum { THREADS = 4, EACH = 2000 };
static uint8_t seen[THREADS * EACH + 1];

static void *guess(void *arg)
{
    (void)arg;
    for (int i = 0; i < EACH; i++)
        __atomic_fetch_add(&seen[vol_bad_password(&dir, 9, NOW, 60 * SECOND)], 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void test_cve_2021_20251_no_guess_is_free(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, guess, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 1; i <= THREADS * EACH; i++)
        assert_int_equal(seen[i], 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_counts_within_the_window),
        T(test_who_was_heard),
        T(test_the_file_is_sparse_and_shared),
        T(test_cve_2021_20251_no_guess_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
