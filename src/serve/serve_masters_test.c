#include "base/test.h"
#include "plat/files.h"
#include "serve/serve_masters.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST  SPAN_LIT("d-1")
#define SECOND SPAN_LIT("d-2")

static char dir[64];
static struct arena a;
static struct serve_masters m;
static const char *why;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/entente-masters-XXXXXX");
    arena_init(&a, 0, 8 << 20, 0);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&a);
    return plat_dir_remove(dir) == ERR_OK ? 0 : -1;
}

static const char *at(const char *file)
{
    return arena_printf(&a, "%s/%s", dir, file);
}

static struct span content(const char *file)
{
    struct span found = SPAN_NONE;
    (void)plat_file_read(at(file), 1 << 16, &a, &found);
    return found;
}

static void put(const char *file, struct span data)
{
    assert_int_equal(plat_file_write(at(file), data, 0600), ERR_OK);
}

/* A directory of the state folder, with a file. */
static void make_directory(const char *id)
{
    assert_int_equal(mkdir(at(id), 0700), 0);
    put(arena_printf(&a, "%s/data.mdb", id), SPAN_LIT("x"));
}

static void load(void)
{
    why = NULL;
    enum err e = serve_masters_load(dir, &a, &m, &why);
    if (e != ERR_OK)
        fail_msg("%s", why);
}

static void refused(const char *sentence)
{
    why = "";
    assert_int_equal(serve_masters_load(dir, &a, &m, &why), ERR_STATE);
    assert_non_null(strstr(why, sentence));
}

static struct span master(struct span id, bool fresh)
{
    uint8_t *out = arena_alloc(&a, SERVE_MASTER_SIZE);
    assert_int_equal(serve_masters_get(&m, id, fresh, out), ERR_OK);
    return span_of(out, SERVE_MASTER_SIZE);
}

static void test_each_is_drawn_and_kept(void **state)
{
    uint8_t out[SERVE_MASTER_SIZE];
    (void)state;
    load();
    assert_int_equal(serve_masters_get(&m, FIRST, false, out), ERR_NOT_FOUND);
    struct span one = master(FIRST, true);
    make_directory("d-1");
    assert_false(span_eq(one, master(SECOND, true)));
    load();
    assert_true(span_eq(one, master(FIRST, false)));
    /* Neither is found without the key file, nor with another one. */
    struct span key = content("key");
    assert_int_equal(unlink(at("key")), 0);
    refused("is missing");
    put("key", SPAN_LIT("0123456789abcdef0123456789abcdef"));
    refused("is not opened by the key file");
    put("key", key);
    assert_int_equal(chmod(at("key"), 0640), 0);
    refused("chmod 600");
    put("key", SPAN_LIT("short"));
    refused("32 bytes");
    put("key", key);
    put("masters", SPAN_LIT("ENTMAST2 and more than this version knows of"));
    refused("does not know");
}

static void test_what_an_older_version_left_is_taken_over(void **state)
{
    /* HMAC-SHA256 of "entente directory d-1" under 32 bytes '0'. */
    static const uint8_t expected[4] = {0x1f, 0x26, 0xb6, 0x61};
    (void)state;
    make_directory("d-1");
    refused("is missing"); /* not a new key, which would open nothing */
    put("key", SPAN_LIT("00000000000000000000000000000000"));
    load();
    struct span one = master(FIRST, false);
    assert_memory_equal(one.ptr, expected, sizeof(expected));
    assert_int_equal(serve_masters_rotate(&m), ERR_OK);
    load();
    assert_true(span_eq(one, master(FIRST, false)));
}

static void test_the_former_key_file_is_useless(void **state)
{
    (void)state;
    load();
    struct span one = master(FIRST, true), former = content("key");
    make_directory("d-1");
    assert_int_equal(serve_masters_rotate(&m), ERR_OK);
    assert_true(span_eq(one, master(FIRST, false)));
    assert_false(span_eq(former, content("key")));
    assert_int_not_equal(access(at("key.next"), F_OK), 0);
    load();
    assert_true(span_eq(one, master(FIRST, false)));
    put("key", former);
    refused("is not opened by the key file");
}

/* What is on disk after each of the steps; the kernel keeps their order. */
static void test_it_is_killed_between_its_steps(void **state)
{
    (void)state;
    load();
    struct span one = master(FIRST, true);
    make_directory("d-1");
    struct span key = content("key"), masters = content("masters");
    assert_int_equal(serve_masters_rotate(&m), ERR_OK);
    struct span next = content("key"), masters_next = content("masters");
    const struct {
        struct span key, masters, next, then;
    } after[] = {
        {key, masters, next, key},        /* the next key was written */
        {key, masters_next, next, next},  /* and masters */
        {next, masters_next, next, next}, /* and the key; its copy is there still */
    };
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
        put("key", after[i].key);
        put("masters", after[i].masters);
        put("key.next", after[i].next);
        load();
        assert_true(span_eq(one, master(FIRST, false)));
        assert_true(span_eq(content("key"), after[i].then));
        assert_int_not_equal(access(at("key.next"), F_OK), 0);
        load();
        assert_true(span_eq(one, master(FIRST, false)));
    }
}

/* The last step of one could not be done, nor the second of the next. */
static void test_it_fails_and_fails_again(void **state)
{
    (void)state;
    load();
    struct span one = master(FIRST, true), former = content("key");
    make_directory("d-1");
    assert_int_equal(serve_masters_rotate(&m), ERR_OK);
    put("key.next", content("key"));
    put("key", former);
    assert_int_equal(mkdir(at("masters.new"), 0700), 0); /* where it is written first */
    assert_int_not_equal(serve_masters_rotate(&m), ERR_OK);
    assert_int_equal(rmdir(at("masters.new")), 0);
    load();
    assert_true(span_eq(one, master(FIRST, false)));
    assert_int_equal(serve_masters_rotate(&m), ERR_OK);
    load();
    assert_true(span_eq(one, master(FIRST, false)));
}

static void test_masters_of_deleted_directories_go(void **state)
{
    (void)state;
    load();
    (void)master(FIRST, true);
    make_directory("d-1");
    (void)master(SECOND, true);
    make_directory("d-2");
    assert_int_equal(m.count, 2);
    assert_int_equal(plat_dir_remove(at("d-1")), ERR_OK);
    (void)master(SPAN_LIT("d-3"), true);
    assert_int_equal(m.count, 2);
    (void)master(SPAN_LIT(SERVE_MASTER_OF_KEYS), true);
    (void)master(SPAN_LIT("d-4"), true);
    load();
    (void)master(SPAN_LIT(SERVE_MASTER_OF_KEYS), false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_is_drawn_and_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_an_older_version_left_is_taken_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_former_key_file_is_useless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_is_killed_between_its_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_fails_and_fails_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_masters_of_deleted_directories_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
