#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "operation/operation.h"

static struct arena arena;

static enum err check(enum operation_id id, const char *json, const char **why)
{
    json_t *args = json_loads(json, 0, NULL);
    assert_non_null(args);
    enum err e = operation_check(operation_of(id), args, &arena, why);
    json_decref(args);
    return e;
}

/* What describes a state only looks; where it lists, all are in one directory, the caller's. */
static void check_wait(const struct operation *op, const struct operation_arg *arg)
{
    const struct operation_wait *wait = arg->wait;
    assert_true((arg->type == ARG_WAIT) == (wait != NULL));
    if (!wait)
        return;
    const struct operation *by = operation_of(wait->by);
    assert_true(op->changes && !by->changes);
    assert_true(wait->key && wait->given && wait->state);
    assert_true(!operation_arg_find(by, SPAN_LIT("directory")) ==
                (!operation_arg_find(op, SPAN_LIT("directory")) || wait->by == OP_DIRECTORY_LIST));
}

static void test_every_record_is_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < OP__COUNT; i++) {
        const struct operation *op = operation_of(i);
        assert_ptr_equal(operation_find(span_str(op->noun), span_str(op->verb)), op);
        assert_true(strlen(op->summary) > 0 && op->summary[strlen(op->summary) - 1] != '.');
        assert_null(op->args[OPERATION_ARGS_MAX - 1].name);
        bool list_seen = false;
        for (const struct operation_arg *arg = op->args; arg->name; arg++) {
            assert_non_null(arg->help);
            assert_true((arg->type == ARG_CHOICE) == (arg->choices != NULL));
            assert_ptr_equal(operation_arg_find(op, span_str(arg->name)), arg);
            check_wait(op, arg);
            list_seen |= (arg->flags & (ARG_LIST | ARG_POSITIONAL)) == (ARG_LIST | ARG_POSITIONAL);
        }
        assert_false(list_seen);
    }
    assert_null(operation_find(SPAN_LIT("user"), SPAN_LIT("fly")));
    assert_true(operation_noun(SPAN_LIT("trust")));
    assert_false(operation_noun(SPAN_LIT("trus")));
}

static void test_check_names_what_is_wrong(void **state)
{
    static const struct {
        enum operation_id id;
        const char *json, *word; /* NULL: good */
    } rows[] = {
        {OP_USER_LIST, "{}", NULL},
        {OP_USER_LIST, "{\"directory\":\"aws.example.com.\"}", NULL},
        {OP_USER_LIST, "[]", "object"},
        {OP_USER_LIST, "{\"colour\":1}", "colour"},
        {OP_USER_LIST, "{\"directory\":\"single\"}", "directory"},
        {OP_USER_LIST, "{\"directory\":\"-a.example\"}", "directory"},
        {OP_USER_LIST, "{\"directory\":\"a..example\"}", "directory"},
        {OP_USER_LIST, "{\"directory\":7}", "string"},
        {OP_USER_SHOW, "{}", "name"},
        {OP_USER_CREATE, "{\"name\":\"a\",\"password\":\"\"}", "password"},
        {OP_USER_CREATE, "{\"name\":\"a\\u0001\",\"password\":\"x\"}", "name"},
        {OP_USER_CREATE, "{\"name\":\"a\",\"password\":\"x\",\"must_change\":1}", "must-change"},
        {OP_DIRECTORY_CREATE,
         "{\"name\":\"a.b\",\"short_name\":\"A\",\"admin_password\":\"x\",\"address\":[\"1.2.3.4,"
         "\"]}",
         "address"},
        {OP_DIRECTORY_CREATE,
         "{\"name\":\"a.b\",\"short_name\":\"A\",\"admin_password\":\"x\",\"address\":[\"1.2.3.4,::"
         "1\"]}",
         NULL},
        {OP_FORWARDER_CREATE, "{\"domain\":\"a.b\",\"address\":[]}", "address"},
        {OP_FORWARDER_CREATE, "{\"domain\":\"a.b\",\"address\":[\"1.2.3\"]}", "address"},
        {OP_FORWARDER_CREATE, "{\"domain\":\"a.b\",\"address\":\"1.2.3.4\"}", "list"},
        {OP_FORWARDER_CREATE, "{\"domain\":\"a.b\",\"address\":[\"::1\",\"1.2.3.4\"]}", NULL},
        {OP_DIRECTORY_SET, "{\"network\":[\"10.0.0.0/33\"]}", "network"},
        {OP_DIRECTORY_SET, "{\"network\":[\"10.0.0.0/8\",\"fd00::/8\"]}", NULL},
        {OP_DIRECTORY_SET, "{\"udp_reply_limit\":65001}", "65000"},
        {OP_TRUST_CREATE, "{\"partner\":\"a.b\",\"direction\":\"both\",\"password\":\"x\"}",
         "two-way"},
        {OP_SERVICE_CREATE, "{\"name\":\"s\",\"spn\":[\"HTTP\"]}", "spn"},
        {OP_SERVICE_CREATE, "{\"name\":\"s\",\"spn\":[\"HTTP/a/b/c\"]}", "spn"},
        {OP_SERVICE_KEYTAB, "{\"name\":\"s\"}", NULL},
        {OP_SERVICE_KEYTAB, "{\"name\":\"s\",\"output\":\"/x\"}", "output"},
        {OP_DC_REMOVE, "{\"host\":\"dc2\",\"wait\":5}", "wait"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = "";
        enum err e = check(rows[i].id, rows[i].json, &why);
        assert_int_equal(e, rows[i].word ? ERR_RANGE : ERR_OK);
        if (rows[i].word && !strstr(why, rows[i].word))
            fail_msg("%s: \"%s\" does not name %s", rows[i].json, why, rows[i].word);
        arena_reset(&arena);
    }
}

static void test_secrets_are_not_repeated(void **state)
{
    const char *why = "";
    (void)state;
    struct operation_arg arg = {"password", ARG_SECRET, 0, 8, NULL, "x"};
    json_t *out = NULL;
    assert_int_equal(operation_value(&arg, SPAN_LIT("hunter2-hunter2"), &arena, &out, &why),
                     ERR_RANGE);
    assert_null(out);
    assert_null(strstr(why, "hunter2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_record_is_whole),
        cmocka_unit_test(test_check_names_what_is_wrong),
        cmocka_unit_test(test_secrets_are_not_repeated),
    };
    arena_init(&arena, 4096, 1 << 20, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
