#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/cli.h"

static void test_parse(void **state)
{
    static const struct {
        const char *response;
        enum err err;
        unsigned status;
        const char *body;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", ERR_OK, 200, "{}"},
        {"HTTP/1.1 404 Not Found\r\nA: b\r\ncontent-length:3\r\n\r\n{ }more", ERR_OK, 404, "{ }"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", ERR_TRUNCATED, 0, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", ERR_TRUNCATED, 0, NULL},
        {"HTTP/1.1 200 OK\r\n\r\n{}", ERR_MALFORMED, 0, NULL},
        {"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", ERR_MALFORMED, 0, NULL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", ERR_MALFORMED, 0, NULL},
        {"SPDY/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ERR_MALFORMED, 0, NULL},
        {"", ERR_TRUNCATED, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned status = 0;
        struct span body = SPAN_NONE;
        assert_int_equal(cli_http_parse(span_str(rows[i].response), &status, &body), rows[i].err);
        assert_int_equal(status, rows[i].status);
        assert_true(span_eq(body, span_str(rows[i].body)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
