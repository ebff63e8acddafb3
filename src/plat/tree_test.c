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

static void test_list(void **state)
{
    struct plat_tree_entry *list;
    unsigned count;
    (void)state;

    assert_ok(plat_tree_list(root, 100, &arena, &list, &count));
    assert_int_equal(count, 1); /* neither links nor pipes */
    assert_span(list[0].name, "Policies");
    assert_true(list[0].facts.folder);
    assert_err(plat_tree_list(root, 0, &arena, &list, &count), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_in_any_case),
        cmocka_unit_test(test_nothing_outside),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
