/* Folders that are served: what is found without regard to case, and what is not reached. */
#include "plat/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"

static struct arena arena;
static char folder[] = "/tmp/entente-tree-XXXXXX";
static int root;

static void make_file(const char *name, const char *text)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void make_folder(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const char *name, const char *to)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(symlink(to, path), 0);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0, 1 << 20, 0);
    if (!mkdtemp(folder))
        return -1;
    make_folder("share");
    make_folder("share/Policies");
    make_file("share/Policies/GPT.INI", "Version=1\n");
    make_file("secret", "secret");
    make_link("share/out", "../secret");
    make_link("share/up", "..");
    char fifo[512];
    snprintf(fifo, sizeof(fifo), "%s/share/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    char path[512];
    snprintf(path, sizeof(path), "%s/share", folder);
    assert_ok(plat_tree_root(path, &root));
    return 0;
}

static int teardown(void **state)
{
    char command[512];
    (void)state;

    close(root);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    arena_fini(&arena);
    return system(command);
}

static enum err look(const char *one, const char *two, struct plat_tree_facts *facts, int *fd)
{
    struct span names[] = {span_str(one), span_str(two)};

    return plat_tree_open(root, names, !one ? 0 : two ? 2 : 1, fd, facts);
}

static void test_found_in_any_case(void **state)
{
    struct plat_tree_facts facts;
    uint8_t text[64];
    size_t got;
    int fd;
    (void)state;

    assert_ok(look("pOLICIES", "gpt.ini", &facts, &fd));
    assert_false(facts.folder);
    assert_int_equal(facts.size, 10);
    assert_ok(plat_tree_read(fd, 8, text, sizeof(text), &got));
    assert_int_equal(got, 2);
    assert_memory_equal(text, "1\n", 2);
    assert_ok(plat_tree_read(fd, 100, text, sizeof(text), &got));
    assert_int_equal(got, 0);
    close(fd);
    assert_ok(look("Policies", NULL, &facts, &fd));
    assert_true(facts.folder);
    close(fd);
    assert_ok(look(NULL, NULL, &facts, &fd));
    assert_true(facts.folder);
    close(fd);
}

static void test_nothing_outside(void **state)
{
    struct plat_tree_facts facts;
    int fd;
    (void)state;

    assert_err(look("..", "secret", &facts, &fd), ERR_DENIED);
    assert_err(look(".", NULL, &facts, &fd), ERR_DENIED);
    assert_err(look("../secret", NULL, &facts, &fd), ERR_DENIED);
    assert_err(look("", NULL, &facts, &fd), ERR_DENIED);
    assert_err(look("out", NULL, &facts, &fd), ERR_DENIED);
    assert_err(look("OUT", NULL, &facts, &fd), ERR_DENIED);
    assert_err(look("up", "secret", &facts, &fd), ERR_DENIED);
    assert_err(look("fifo", NULL, &facts, &fd), ERR_DENIED);
    assert_err(look("nothing", NULL, &facts, &fd), ERR_NOT_FOUND);
    assert_err(look("Policies", "nothing", &facts, &fd), ERR_NOT_FOUND);
    assert_err(look("nothing", "GPT.INI", &facts, &fd), ERR_NOT_FOUND);
    struct span deep[] = {SPAN_LIT("Policies"), SPAN_LIT("GPT.INI"), SPAN_LIT("x")};
    assert_err(plat_tree_open(root, deep, 3, &fd, &facts), ERR_STATE);
    struct span zero = span_of("a\0b", 3);
    assert_err(plat_tree_open(root, &zero, 1, &fd, &facts), ERR_DENIED);
}

static void test_scan(void **state)
{
    struct plat_tree_facts facts;
    struct plat_tree_scan *scan;
    struct span name;
    unsigned served = 0, others = 0;
    (void)state;

    assert_ok(plat_tree_scan_new(root, &scan));
    while (plat_tree_scan_next(scan, &name) == ERR_OK) {
        enum err e = plat_tree_entry_facts(root, name, &facts);
        assert_true(e == ERR_OK || e == ERR_DENIED); /* links and pipes */
        others += e == ERR_DENIED;
        served += e == ERR_OK && facts.folder && span_eq(name, SPAN_LIT("Policies"));
    }
    plat_tree_scan_free(scan);
    assert_int_equal(served, 1);
    assert_true(others);
    assert_err(plat_tree_entry_facts(root, SPAN_LIT("none"), &facts), ERR_NOT_FOUND);
    assert_err(plat_tree_entry_facts(root, SPAN_LIT(".."), &facts), ERR_DENIED);
}

static void test_changes(void **state)
{
    struct plat_tree_facts facts, other, made;
    char found[PLAT_TREE_NAME_MAX + 1];
    uint8_t text[64];
    size_t got;
    int in, fd, again;
    (void)state;

    assert_ok(plat_tree_make(root, SPAN_LIT("New"), true, &in, &made));
    assert_true(made.folder);
    assert_err(plat_tree_make(root, SPAN_LIT("New"), true, &fd, &other), ERR_EXISTS);
    assert_ok(plat_tree_make(in, SPAN_LIT("a.txt"), false, &fd, &other));
    assert_ok(plat_tree_write(fd, 3, SPAN_LIT("abc")));
    assert_ok(plat_tree_sync(fd));
    assert_ok(plat_tree_set_times(fd, UTIME_NEVER, 5 * UTIME_SECOND));
    assert_ok(plat_tree_facts(fd, &other));
    assert_int_equal(other.size, 6);
    assert_int_equal(other.written, 5 * UTIME_SECOND);
    assert_err(plat_tree_remove(root, "New", &made), ERR_BUSY);
    assert_err(plat_tree_remove(in, "a.txt", &facts), ERR_NOT_FOUND); /* another one */
    assert_ok(plat_tree_move(in, "a.txt", root, SPAN_LIT("b.txt"), false));
    assert_ok(plat_tree_step(root, SPAN_LIT("B.TXT"), found, &again, &facts));
    assert_string_equal(found, "b.txt");
    close(again);
    assert_ok(plat_tree_writable(root, found, &again));
    assert_ok(plat_tree_resize(again, 4));
    assert_ok(plat_tree_read(fd, 0, text, sizeof(text), &got));
    assert_int_equal(got, 4);
    close(again);
    assert_err(plat_tree_move(root, "b.txt", root, SPAN_LIT("New"), false), ERR_EXISTS);
    assert_err(plat_tree_move(root, "New", in, SPAN_LIT("below"), false), ERR_STATE);
    assert_ok(plat_tree_remove(root, "b.txt", &facts));
    assert_err(plat_tree_remove(root, "b.txt", &facts), ERR_NOT_FOUND);
    assert_ok(plat_tree_remove(root, "New", &made));
    close(fd);
    close(in);
}

static void test_names_that_are_not_made(void **state)
{
    static const char *const names[] = {"",    ".",   "..", "a/b", "a\\b",    "a:b",    "a*",
                                        "a\n", "a. ", "a.", "con", "NUL.txt", "com1.x", "Lpt9"};
    struct plat_tree_facts facts;
    int fd;
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_err(plat_tree_make(root, span_str(names[i]), false, &fd, &facts), ERR_DENIED);
    assert_err(plat_tree_move(root, "Policies", root, SPAN_LIT("a?"), false), ERR_DENIED);
    /* A link that is there is neither followed nor written. */
    assert_err(plat_tree_writable(root, "out", &fd), ERR_DENIED);
    assert_err(plat_tree_make(root, SPAN_LIT("out"), false, &fd, &facts), ERR_EXISTS);
}

static void test_note_and_sum(void **state)
{
    struct plat_tree_facts facts;
    struct plat_tree_sum sum;
    uint8_t note[64];
    uint64_t total, free_bytes;
    size_t len;
    int fd;
    (void)state;

    assert_ok(look("Policies", "GPT.INI", &facts, &fd));
    enum err e = plat_tree_note(fd, note, sizeof(note), &len);
    assert_true(e == ERR_NOT_FOUND || e == ERR_UNSUPPORTED);
    if (e == ERR_NOT_FOUND) {
        assert_ok(plat_tree_set_note(fd, SPAN_LIT("kept")));
        assert_ok(plat_tree_note(fd, note, sizeof(note), &len));
        assert_span(span_of(note, len), "kept");
        assert_err(plat_tree_note(fd, note, 3, &len), ERR_LIMIT);
    }
    close(fd);
    assert_ok(plat_tree_space(root, &total, &free_bytes));
    assert_true(total && free_bytes <= total);
    assert_ok(plat_tree_sum(root, 8, 5, &sum));
    assert_int_equal(sum.depth, 2);
    assert_true(sum.files == 5 && sum.bytes >= 10); /* links and pipes, too */
    assert_err(plat_tree_sum(root, 1, 5, &sum), ERR_LIMIT);
    assert_err(plat_tree_sum(root, 8, 4, &sum), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_in_any_case),
        cmocka_unit_test(test_nothing_outside),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_names_that_are_not_made),
        cmocka_unit_test(test_note_and_sum),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
