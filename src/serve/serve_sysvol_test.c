#include "serve/serve_sysvol.h"

#include "base/test.h"
#include "directory/provision.h"
#include "plat/files.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN SPAN_LIT("aws.example.com")
#define POLICY "aws.example.com/Policies/" PROVISION_POLICY_DOMAIN

static char dir[64];
static struct arena a;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/entente-sysvol-XXXXXX");
    arena_init(&a, 0, 1 << 20, 0);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&a);
    return plat_dir_remove(dir) == ERR_OK ? 0 : -1;
}

static const char *at(const char *name)
{
    return arena_printf(&a, "%s/%s", serve_sysvol_path(span_str(dir), &a), name);
}

static void make(void)
{
    assert_int_equal(serve_sysvol_make(serve_sysvol_path(span_str(dir), &a), DOMAIN, &a), ERR_OK);
}

static bool is_folder(const char *name)
{
    struct stat st;
    return stat(at(name), &st) == 0 && S_ISDIR(st.st_mode);
}

static void assert_content(const char *name, const char *text)
{
    struct span found;
    assert_int_equal(plat_file_read(at(name), 4096, &a, &found), ERR_OK);
    assert_int_equal(found.len, strlen(text));
    assert_memory_equal(found.ptr, text, found.len);
}

static void both_policies_have_their_files(void **state)
{
    (void)state;
    make();
    assert_true(is_folder("aws.example.com/scripts"));
    assert_true(is_folder(POLICY "/MACHINE") && is_folder(POLICY "/USER"));
    assert_content(POLICY "/GPT.INI", "[General]\r\nVersion=0\r\n");
    assert_content("aws.example.com/Policies/" PROVISION_POLICY_DC "/GPT.INI",
                   "[General]\r\nVersion=0\r\n");
}

/* Also where it was written under a name of another case. */
static void an_edited_policy_stays(void **state)
{
    (void)state;
    make();
    assert_int_equal(unlink(at(POLICY "/GPT.INI")), 0);
    assert_int_equal(
        plat_file_write(at(POLICY "/gpt.ini"), SPAN_LIT("[General]\r\nVersion=7\r\n"), 0644),
        ERR_OK);
    make();
    assert_content(POLICY "/gpt.ini", "[General]\r\nVersion=7\r\n");
    assert_int_not_equal(access(at(POLICY "/GPT.INI"), F_OK), 0);
}

/* A start that was cut short left the folders. */
static void what_is_missing_is_made(void **state)
{
    (void)state;
    make();
    assert_int_equal(unlink(at(POLICY "/GPT.INI")), 0);
    make();
    assert_content(POLICY "/GPT.INI", "[General]\r\nVersion=0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_policies_have_their_files, setup, teardown),
        cmocka_unit_test_setup_teardown(an_edited_policy_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_missing_is_made, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
