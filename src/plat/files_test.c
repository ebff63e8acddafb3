#include "base/test.h"
#include "plat/files.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena a;
static char dir[] = "/tmp/entente-files-XXXXXX";

static char *at(const char *name)
{
    return arena_printf(&a, "%s/%s", dir, name);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&a, 0, 1 << 22, 0);
    return mkdtemp(dir) ? 0 : -1;
}

static void remove_tree(const char *path)
{
    DIR *d = opendir(path);
    if (!d) {
        unlink(path);
        return;
    }
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            remove_tree(arena_printf(&a, "%s/%s", path, e->d_name));
    closedir(d);
    rmdir(path);
}

static int teardown(void **state)
{
    (void)state;
    remove_tree(dir);
    arena_fini(&a);
    return 0;
}

static unsigned entries(const char *path)
{
    unsigned n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void write_then_read(void **state)
{
    (void)state;
    struct span out;
    struct stat st;
    assert_ok(plat_file_write(at("f"), SPAN_LIT("old"), 0640));
    assert_ok(plat_file_write(at("f"), SPAN_LIT("new content"), 0600));
    assert_ok(plat_file_read(at("f"), 100, &a, &out));
    assert_span(out, "new content");
    assert_int_equal(stat(at("f"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(entries(dir), 1); /* nothing temporary is left */
    assert_ok(plat_file_write(at("f.new"), SPAN_LIT("half of it, and a crash"), 0600));
    assert_ok(plat_file_write(at("f"), SPAN_LIT("newer content"), 0600));
    assert_int_equal(entries(dir), 1);
    assert_ok(plat_file_write(at("empty"), SPAN_NONE, 0600));
    assert_ok(plat_file_read(at("empty"), 0, &a, &out));
    assert_int_equal(out.len, 0);
}

static void the_maximum_is_exact(void **state)
{
    (void)state;
    struct span out = SPAN_LIT("untouched");
    uint8_t *big = arena_alloc(&a, 100000);
    memset(big, 'x', 100000);
    assert_ok(plat_file_write(at("big"), span_of(big, 100000), 0600));
    assert_err(plat_file_read(at("big"), 99999, &a, &out), ERR_LIMIT);
    assert_span(out, "untouched");
    assert_ok(plat_file_read(at("big"), 100000, &a, &out));
    assert_span_equal(out, span_of(big, 100000));
    assert_ok(plat_file_read("/proc/self/status", 100000, &a, &out)); /* its size is said to be 0 */
    assert_true(out.len > 100);
    assert_err(plat_file_read("/proc/self/status", 100, &a, &out), ERR_LIMIT);
    assert_err(plat_file_read("/dev/zero", 5000, &a, &out), ERR_LIMIT);
}

static void what_is_added_follows(void **state)
{
    struct span got;
    struct stat st;
    (void)state;
    assert_int_equal(plat_file_append(at("log"), SPAN_LIT("one\n"), 0600), ERR_OK);
    assert_int_equal(plat_file_append(at("log"), SPAN_LIT("two\n"), 0600), ERR_OK);
    assert_int_equal(plat_file_read(at("log"), 100, &a, &got), ERR_OK);
    assert_true(span_eq(got, SPAN_LIT("one\ntwo\n")));
    assert_int_equal(stat(at("log"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(plat_file_append(at("none/log"), SPAN_LIT("x"), 0600), ERR_NOT_FOUND);
    /* No room, by the limit of this process: what was there stays, and nothing else. */
    pid_t child = fork();
    if (child == 0) {
        struct rlimit six = {6, 6};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &six);
        _exit(plat_file_append(at("log"), SPAN_LIT("three\n"), 0600) == ERR_IO ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(plat_file_read(at("log"), 100, &a, &got), ERR_OK);
    assert_true(span_eq(got, SPAN_LIT("one\ntwo\n")));
}

static void what_cannot_be_read(void **state)
{
    (void)state;
    struct span out;
    assert_err(plat_file_read(at("none"), 10, &a, &out), ERR_NOT_FOUND);
    assert_err(plat_file_read(dir, 10, &a, &out), ERR_IO);
    assert_err(plat_file_write(at("none/f"), SPAN_LIT("x"), 0600), ERR_NOT_FOUND);
    assert_ok(plat_dir_make(at("d"), 0700));
    assert_err(plat_file_write(at("d"), SPAN_LIT("x"), 0600), ERR_IO);
    struct arena small;
    arena_init(&small, 0, 4, 0);
    assert_ok(plat_file_write(at("f2"), SPAN_LIT("more than four"), 0600));
    assert_err(plat_file_read(at("f2"), 100, &small, &out), ERR_NOMEM);
    arena_fini(&small);
}

static void secrets_are_for_us_alone(void **state)
{
    (void)state;
    struct span out;
    assert_ok(plat_file_write(at("key"), SPAN_LIT("secret"), 0600));
    assert_ok(plat_file_read_secret(at("key"), 100, &a, &out));
    assert_span(out, "secret");
    static const mode_t open_modes[] = {0601, 0602, 0604, 0610, 0620, 0640, 0644, 0666};
    for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
        assert_int_equal(chmod(at("key"), open_modes[i]), 0);
        assert_err(plat_file_read_secret(at("key"), 100, &a, &out), ERR_DENIED);
    }
    assert_int_equal(chmod(at("key"), 0400), 0);
    assert_ok(plat_file_read_secret(at("key"), 100, &a, &out));
    assert_int_equal(symlink(at("key"), at("link")), 0);
    assert_err(plat_file_read_secret(at("link"), 100, &a, &out), ERR_DENIED);
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    assert_err(plat_file_read_secret(at("fifo"), 100, &a, &out), ERR_DENIED);
    assert_err(plat_file_read_secret(at("absent"), 100, &a, &out), ERR_NOT_FOUND);
    if (geteuid() == 0) {
        assert_int_equal(chown(at("key"), 12345, 0), 0);
        assert_err(plat_file_read_secret(at("key"), 100, &a, &out), ERR_DENIED);
    }
}

static void one_holder_of_a_lock(void **state)
{
    (void)state;
    int fd, again;
    assert_ok(plat_file_lock(at("lock"), &fd));
    assert_err(plat_file_lock(at("lock"), &again), ERR_BUSY);
    close(fd);
    assert_ok(plat_file_lock(at("lock"), &again));
    pid_t pid = fork();
    if (pid == 0)
        _exit(plat_file_lock(at("lock"), &fd) == ERR_BUSY ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(again);
}

static void directories(void **state)
{
    (void)state;
    struct stat st;
    assert_ok(plat_dir_make(at("x/y//z/"), 0700));
    assert_int_equal(stat(at("x/y/z"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_ok(plat_dir_make(at("x/y/z"), 0755));
    assert_ok(plat_dir_make("/", 0755));
    assert_ok(plat_file_write(at("file"), SPAN_LIT("x"), 0600));
    assert_err(plat_dir_make(at("file"), 0700), ERR_IO);
    assert_err(plat_dir_make(at("file/below"), 0700), ERR_IO);
    assert_err(plat_dir_make("", 0700), ERR_IO);
}

static void a_tree_goes_without_what_it_links_to(void **state)
{
    (void)state;
    assert_ok(plat_dir_make(at("kept"), 0755));
    assert_ok(plat_file_write(at("kept/file"), SPAN_LIT("x"), 0600));
    assert_ok(plat_dir_make(at("tree/one/two"), 0755));
    assert_ok(plat_file_write(at("tree/one/two/file"), SPAN_LIT("x"), 0600));
    assert_int_equal(symlink("../../kept", at("tree/one/link")), 0);
    assert_ok(plat_dir_remove(at("tree")));
    assert_int_equal(access(at("tree"), F_OK), -1);
    assert_int_equal(access(at("kept/file"), F_OK), 0);
    assert_ok(plat_dir_remove(at("tree")));
    const char *deep = at("deep");
    for (unsigned i = 0; i <= PLAT_DIR_DEPTH; i++)
        deep = arena_printf(&a, "%s/d", deep);
    assert_ok(plat_dir_make(deep, 0755));
    assert_err(plat_dir_remove(at("deep")), ERR_IO);
    assert_int_equal(rmdir(deep), 0);
    assert_ok(plat_dir_remove(at("deep")));
}

static bool not_named_secret(const char *name, unsigned depth)
{
    return depth > 0 || strcmp(name, "secret") != 0;
}

static void a_folder_is_copied(void **state)
{
    struct span got;
    struct stat st;
    char *from = at("from"), *to = at("to");
    (void)state;
    assert_int_equal(plat_dir_make(arena_printf(&a, "%s/sub/below", from), 0755), ERR_OK);
    assert_int_equal(plat_dir_make(to, 0755), ERR_OK);
    assert_int_equal(plat_file_write(arena_printf(&a, "%s/one", from), SPAN_LIT("1"), 0600),
                     ERR_OK);
    assert_int_equal(plat_file_write(arena_printf(&a, "%s/secret", from), SPAN_LIT("no"), 0600),
                     ERR_OK);
    assert_int_equal(
        plat_file_write(arena_printf(&a, "%s/sub/below/secret", from), SPAN_LIT("deep"), 0640),
        ERR_OK);
    assert_int_equal(symlink("/etc/passwd", arena_printf(&a, "%s/sub/link", from)), 0);
    assert_int_equal(plat_dir_copy(from, to, not_named_secret), ERR_OK);
    assert_int_equal(plat_file_read(arena_printf(&a, "%s/one", to), 16, &a, &got), ERR_OK);
    assert_true(span_eq(got, SPAN_LIT("1")));
    assert_int_equal(plat_file_read(arena_printf(&a, "%s/sub/below/secret", to), 16, &a, &got),
                     ERR_OK);
    assert_true(span_eq(got, SPAN_LIT("deep")));
    assert_int_equal(stat(arena_printf(&a, "%s/one", to), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(arena_printf(&a, "%s/secret", to), F_OK), -1);
    assert_int_equal(lstat(arena_printf(&a, "%s/sub/link", to), &st), -1);
    assert_int_equal(plat_dir_copy(from, to, not_named_secret), ERR_IO); /* nothing is replaced */
    assert_int_equal(plat_dir_copy(from, at("nowhere"), not_named_secret), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_then_read),
        cmocka_unit_test(the_maximum_is_exact),
        cmocka_unit_test(what_is_added_follows),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(secrets_are_for_us_alone),
        cmocka_unit_test(one_holder_of_a_lock),
        cmocka_unit_test(directories),
        cmocka_unit_test(a_tree_goes_without_what_it_links_to),
        cmocka_unit_test(a_folder_is_copied),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
