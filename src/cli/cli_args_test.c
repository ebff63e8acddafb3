#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "cli/cli.h"

static struct arena arena;

static enum err parse(enum operation_id id, char **words, int count, json_t **args,
                      const char **why)
{
    struct cli_request request = {0};
    enum err e = cli_parse(operation_of(id), words, count, &arena, &request, why);
    *args = request.args;
    return e;
}

#define PARSE(id, args, why, ...)                                                                  \
    parse(id, (char *[]){__VA_ARGS__}, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), args, why)

static void expect(const json_t *args, const char *json)
{
    json_t *want = json_loads(json, 0, NULL);
    assert_true(json_equal(want, args));
    json_decref(want);
    json_decref((json_t *)args);
}

static void test_words_become_members(void **state)
{
    (void)state;
    json_t *args;
    const char *why;
    assert_int_equal(PARSE(OP_FORWARDER_CREATE, &args, &why, "corp.example.com.", "--address",
                           "10.0.0.1", "--address=::1"),
                     ERR_OK);
    expect(args, "{\"domain\":\"corp.example.com\",\"address\":[\"10.0.0.1\",\"::1\"]}");
    assert_int_equal(PARSE(OP_DIRECTORY_SET, &args, &why, "--no-allow-rc4", "a.example",
                           "--udp-reply-limit", "1400"),
                     ERR_OK);
    expect(args, "{\"allow_rc4\":false,\"name\":\"a.example\",\"udp_reply_limit\":1400}");
    assert_int_equal(PARSE(OP_USER_SHOW, &args, &why, "--", "--odd"), ERR_OK);
    expect(args, "{\"name\":\"--odd\"}");
}

static void test_secrets_come_from_files_only(void **state)
{
    (void)state;
    json_t *args = NULL;
    const char *why = NULL;
    char path[] = "/tmp/entente-cli-XXXXXX";
    int fd = mkstemp(path);
    assert_true(write(fd, "s3cret\xc3\xa9\nrest", 14) == 14);
    close(fd);
    assert_int_equal(PARSE(OP_USER_SET_PASSWORD, &args, &why, "bob", "--password-file", path),
                     ERR_OK);
    expect(args, "{\"name\":\"bob\",\"password\":\"s3cret\\u00e9\"}");
    unlink(path);
    assert_int_equal(PARSE(OP_USER_SET_PASSWORD, &args, &why, "bob", "--password", "x"), ERR_RANGE);
    assert_non_null(strstr(why, "-file"));
    assert_int_equal(PARSE(OP_USER_SET_PASSWORD, &args, &why, "bob", "--password-file", path),
                     ERR_RANGE);
    assert_non_null(strstr(why, path));
}

static void test_content_is_sent(void **state)
{
    (void)state;
    char path[] = "/tmp/cli_content_XXXXXX";
    char large[8193];
    json_t *args;
    const char *why;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "one\ntwo\n", 8) == 8);
    assert_int_equal(PARSE(OP_CERTIFICATE_REGISTER, &args, &why, path), ERR_OK);
    expect(args, "{\"certificate\":\"one\\ntwo\\n\"}");
    memset(large, 'x', sizeof(large));
    assert_true(write(fd, large, sizeof(large)) == sizeof(large));
    close(fd);
    assert_int_equal(PARSE(OP_CERTIFICATE_REGISTER, &args, &why, path), ERR_RANGE);
    assert_non_null(strstr(why, "8192"));
    unlink(path);
    assert_int_equal(PARSE(OP_CERTIFICATE_REGISTER, &args, &why, path), ERR_RANGE);
    assert_non_null(strstr(why, path));
}

static void test_the_time_to_wait(void **state)
{
    static const struct {
        char *word;
        unsigned seconds;
        const char *why; /* NULL: good */
    } rows[] = {
        {"--wait", CLI_WAIT_DEFAULT, NULL}, {"--wait=7", 7, NULL},        {"--wait=0", 0, NULL},
        {"--wait=86401", 0, "86400"},       {"--wait=soon", 0, "number"}, {"--wait=", 0, "number"}};
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *words[] = {rows[i].word, "dc2"};
        struct cli_request request = {0};
        enum err e = cli_parse(operation_of(OP_DC_REMOVE), words, 2, &arena, &request, &why);
        assert_int_equal(e, rows[i].why ? ERR_RANGE : ERR_OK);
        if (rows[i].why) {
            assert_non_null(strstr(why, rows[i].why));
            continue;
        }
        assert_int_equal(request.wait->by, OP_DC_LIST);
        assert_int_equal(request.wait_seconds, rows[i].seconds);
        expect(request.args, "{\"host\":\"dc2\"}");
    }
    json_t *args;
    assert_int_equal(PARSE(OP_DC_REMOVE, &args, &why, "dc2", "--wait", "--wait"), ERR_RANGE);
    assert_non_null(strstr(why, "twice"));
    assert_int_equal(PARSE(OP_DC_LIST, &args, &why, "--wait"), ERR_RANGE);
}

static void test_errors_name_the_word(void **state)
{
    (void)state;
    json_t *args;
    const char *why;
    assert_int_equal(PARSE(OP_USER_SHOW, &args, &why, "a", "b"), ERR_RANGE);
    assert_non_null(strstr(why, "b: "));
    assert_int_equal(PARSE(OP_USER_SHOW, &args, &why, "--colour", "b"), ERR_RANGE);
    assert_non_null(strstr(why, "colour"));
    assert_int_equal(PARSE(OP_FORWARDER_CREATE, &args, &why, "a.b", "--address"), ERR_RANGE);
    assert_non_null(strstr(why, "address"));
    assert_int_equal(PARSE(OP_FORWARDER_CREATE, &args, &why, "a.b"), ERR_RANGE);
    assert_non_null(strstr(why, "--address"));
    assert_int_equal(
        PARSE(OP_USER_SHOW, &args, &why, "x", "--directory", "a.b", "--directory", "c.d"),
        ERR_RANGE);
    assert_non_null(strstr(why, "twice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_become_members),
        cmocka_unit_test(test_secrets_come_from_files_only),
        cmocka_unit_test(test_content_is_sent),
        cmocka_unit_test(test_the_time_to_wait),
        cmocka_unit_test(test_errors_name_the_word),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
