#include "base/test.h"
#include "plat/counters_share.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_what_is_counted_is_read(void **state)
{
    char dir[] = "/tmp/entente-counters-XXXXXX", folder[128], path[256], little[20];
    struct counters before = {0}, read_ = {.value = {7}};
    int fd;
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(folder, sizeof(folder), "%s/" PLAT_COUNTERS_FOLDER, dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(plat_counters_path(dir, SPAN_LIT("kdc d-1/a-1"), path, sizeof(path)), ERR_OK);
    assert_string_equal(path + strlen(folder), "/kdc d-1+a-1");
    assert_int_equal(plat_counters_path(dir, SPAN_LIT("kdc"), little, sizeof(little)), ERR_LIMIT);
    assert_int_equal(plat_counters_read(path, &read_), ERR_NOT_FOUND);
    assert_int_equal(read_.value[0], 7); /* untouched */
    assert_int_equal(plat_counters_make(path, getuid(), getgid(), &fd), ERR_OK);
    assert_int_equal(plat_counters_share(fd), ERR_OK);
    counter_add(COUNTER_CONNECTIONS, 2);
    counter_add(COUNTER_CONNECTIONS_OPEN, 2);
    counter_take(COUNTER_CONNECTIONS_OPEN);
    counter_reason(REASON_SERVER_BUSY);
    assert_int_equal(plat_counters_read(path, &read_), ERR_OK);
    assert_true(read_.value[COUNTER_RESIDENT_MEMORY] > 1 << 16);
    before.value[COUNTER_RESIDENT_MEMORY] = read_.value[COUNTER_RESIDENT_MEMORY];
    before.value[COUNTER_CONNECTIONS] = 2;
    before.value[COUNTER_CONNECTIONS_OPEN] = 1;
    before.reason[REASON_SERVER_BUSY] = 1;
    assert_memory_equal(&read_, &before, sizeof(before));
    /* The next process goes on with what was counted; nothing of it is open. */
    assert_int_equal(plat_counters_share(fd), ERR_OK);
    assert_int_equal(plat_counters_read(path, &read_), ERR_OK);
    before.value[COUNTER_CONNECTIONS_OPEN] = 0;
    before.value[COUNTER_RESIDENT_MEMORY] = read_.value[COUNTER_RESIDENT_MEMORY];
    assert_memory_equal(&read_, &before, sizeof(before));
    /* A file of another version of the program. */
    assert_int_equal(ftruncate(fd, 8), 0);
    assert_int_equal(plat_counters_read(path, &read_), ERR_IO);
    assert_int_equal(plat_counters_share(fd), ERR_IO);
    close(fd);
    assert_int_equal(unlink(path) | rmdir(folder) | rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_counted_is_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
