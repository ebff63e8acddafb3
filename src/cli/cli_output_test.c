#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/cli.h"

/* What people see of a reply, of both streams, and the exit status. */
static char *printed(const char *noun, const char *verb, unsigned status, const char *body,
                     enum cli_exit *exit_out)
{
    struct cli_reply reply = {.status = status, .body = json_loads(body, 0, NULL)};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(reply.body);
    *exit_out = cli_print(operation_find(span_str(noun), span_str(verb)), &reply, false, out, out);
    fclose(out);
    json_decref(reply.body);
    return text;
}

static void assert_printed(const char *noun, const char *verb, unsigned status, const char *body,
                           enum cli_exit code, const char *expected)
{
    enum cli_exit found;
    char *text = printed(noun, verb, status, body, &found);
    assert_string_equal(text, expected);
    assert_int_equal(found, code);
    free(text);
}

/* Each reason once, however many rows have it. */
static void a_table_explains_its_reasons(void **state)
{
    (void)state;
    assert_printed("trust", "verify", 200,
                   "{\"verdict\": \"fail\", \"result\": ["
                   "{\"dc\": \"dc1\", \"status\": \"pass\", \"step\": \"resolve\"},"
                   "{\"dc\": \"dc1\", \"status\": \"fail\", \"reason\": \"VERIFY_PORT_CLOSED\"},"
                   "{\"dc\": \"dc2\", \"status\": \"fail\", \"reason\": \"VERIFY_PORT_CLOSED\"}]}",
                   EXIT_NO,
                   "dc   side  server  step     status  reason              detail\n"
                   "dc1  -     -       resolve  pass    -                   -\n"
                   "dc1  -     -       -        fail    VERIFY_PORT_CLOSED  -\n"
                   "dc2  -     -       -        fail    VERIFY_PORT_CLOSED  -\n"
                   "\n"
                   "VERIFY_PORT_CLOSED (side: network): The partner's domain controller refuses "
                   "the connection.\n"
                   "  remedy: Start its services, or correct the address that its DNS gives.\n");
}

static void an_object_explains_its_reason(void **state)
{
    (void)state;
    assert_printed("trust", "show", 200,
                   "{\"result\": {\"partner\": \"corp.example.com\", \"reason\": "
                   "\"VERIFY_PORT_CLOSED\"}}",
                   EXIT_GOOD,
                   "partner              corp.example.com\n"
                   "reason               VERIFY_PORT_CLOSED\n"
                   "\n"
                   "VERIFY_PORT_CLOSED (side: network): The partner's domain controller refuses "
                   "the connection.\n"
                   "  remedy: Start its services, or correct the address that its DNS gives.\n");
}

/* Of a list that does not show them nobody knows whose they are. */
static void a_table_without_reasons_has_none(void **state)
{
    (void)state;
    assert_printed("trust", "list", 200,
                   "{\"result\": [{\"partner\": \"x\", \"reason\": \"VERIFY_PORT_CLOSED\"}]}",
                   EXIT_GOOD, "partner  type  direction  state\nx        -     -          -\n");
}

static void what_is_no_reason_is_not_explained(void **state)
{
    (void)state;
    assert_printed("trust", "show", 200,
                   "{\"result\": {\"partner\": \"x\", \"reason\": \"NONE\", "
                   "\"state_reason\": \"somebody said so\"}}",
                   EXIT_GOOD,
                   "partner              x\n"
                   "reason               NONE\n"
                   "state_reason         somebody said so\n");
}

static void a_refusal_has_its_side_and_remedy(void **state)
{
    (void)state;
    assert_printed("trust", "show", 404,
                   "{\"error\": {\"message\": \"no\", \"reason\": \"R\", \"side\": \"local\", "
                   "\"remedy\": \"do it\"}}",
                   EXIT_NO, "entente: no\n  reason: R (side: local)\n  remedy: do it\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_explains_its_reasons),
        cmocka_unit_test(an_object_explains_its_reason),
        cmocka_unit_test(a_table_without_reasons_has_none),
        cmocka_unit_test(what_is_no_reason_is_not_explained),
        cmocka_unit_test(a_refusal_has_its_side_and_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
