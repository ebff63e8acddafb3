#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

#define REPLIES_MAX 4

/* A service that answers with one result after the other, and the last again and again. */
struct service {
    int fd;
    char path[64];
    pthread_t thread;
    const char *const *results; /* NULL at the end */
    char asked[512];            /* the last request */
};

static void answer(int fd, const char *result, char asked[512])
{
    ssize_t n = recv(fd, asked, 511, 0);
    asked[n > 0 ? n : 0] = '\0';
    /* The head and the body are sent one after the other. */
    while (n > 0 && !strstr(asked, "}")) {
        ssize_t more = recv(fd, asked + n, 511 - (size_t)n, 0);
        if (more <= 0)
            break;
        n += more;
        asked[n] = '\0';
    }
    char body[512];
    int status = result ? 200 : 404;
    snprintf(body, sizeof body, "{\"schema_version\":1%s%s}", result ? ",\"result\":" : "",
             result ? result : "");
    dprintf(fd, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

static void *run(void *ctx)
{
    struct service *s = ctx;
    for (unsigned i = 0;;) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        answer(fd, s->results[i], s->asked);
        close(fd);
        if (s->results[i] && i + 1 < REPLIES_MAX && s->results[i + 1])
            i++;
    }
}

static void start(struct service *s, const char *const *results)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *s = (struct service){.fd = socket(AF_UNIX, SOCK_STREAM, 0), .results = results};
    snprintf(s->path, sizeof s->path, "/tmp/cli-wait-%d", getpid());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", s->path);
    unlink(s->path);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->fd, 4), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

static void stop(struct service *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    unlink(s->path);
}

static const struct operation_wait *wait_of(enum operation_id id)
{
    const struct operation_arg *arg = operation_arg_find(operation_of(id), SPAN_LIT("wait"));
    assert_non_null(arg);
    return arg->wait;
}

struct row {
    enum operation_id id;
    const char *args, *result; /* of the request */
    const char *const results[REPLIES_MAX];
    enum cli_exit code;
    const char *told;   /* on standard error */
    const char *at_end; /* the result; NULL: as it was */
    const char *asked;  /* what the service was asked */
    unsigned seconds;
};

static const struct row rows[] = {
    {OP_TRUST_CREATE,
     "{\"partner\":\"corp.example\",\"directory\":\"aws.example\",\"direction\":\"outgoing\"}",
     "{\"partner\":\"corp.example\",\"state\":\"VerifyFailed\",\"reason\":\"R\",\"other_side\":[]}",
     {"{\"state\":\"Created\"}", "{\"state\":\"VerifyFailed\",\"reason\":\"R\",\"detail\":\"d\"}",
      "{\"state\":\"VerifyFailed\",\"reason\":\"R\",\"detail\":\"e\"}", "{\"state\":\"Verified\"}"},
     EXIT_GOOD,
     "corp.example: Created\ncorp.example: VerifyFailed: R: d\ncorp.example: Verified\n",
     "{\"state\":\"Verified\"}",
     "POST /v1/trust/show ",
     60},
    {OP_TRUST_VERIFY,
     "{\"partner\":\"corp.example\"}",
     "[]",
     {"{\"state\":\"VerifyFailed\"}"},
     EXIT_UNKNOWN,
     "corp.example: VerifyFailed\nentente: corp.example is not Verified after 0 s, but "
     "VerifyFailed; it goes on all the same, and entente trust show tells how far it is\n",
     NULL,
     "{\"partner\":\"corp.example\"}",
     0},
    {OP_DC_ADD,
     "{}",
     "{\"host\":\"dc3\",\"state\":\"Creating\"}",
     {"[{\"host\":\"dc1\",\"state\":\"Active\"},{\"host\":\"DC3\",\"state\":\"Failed\","
      "\"state_reason\":\"no address\"}]"},
     EXIT_NO,
     "dc3: Failed: no address\n",
     "{\"host\":\"DC3\",\"state\":\"Failed\",\"state_reason\":\"no address\"}",
     "POST /v1/dc/list ",
     60},
    {OP_DC_REMOVE,
     "{\"host\":\"dc3\"}",
     "null",
     {"[{\"host\":\"dc3\",\"state\":\"Deleting\"}]", "[]"},
     EXIT_GOOD,
     "dc3: Deleting\ndc3: gone\n",
     NULL,
     "POST /v1/dc/list ",
     60},
    {OP_TRUST_CREATE,
     "{\"partner\":\"corp.example\"}",
     "{\"state\":\"Created\"}",
     {NULL},
     EXIT_NO,
     "corp.example: gone\n",
     NULL,
     "POST /v1/trust/show ",
     60},
    {OP_SNAPSHOT_RESTORE,
     "{\"id\":\"s-1\"}",
     "null",
     {"[{\"name\":\"aws.example\",\"state\":\"Restoring\"}]",
      "[{\"name\":\"aws.example\",\"state\":\"Active\"}]"},
     EXIT_GOOD,
     "aws.example: Restoring\naws.example: Active\n",
     NULL,
     "POST /v1/directory/list ",
     60},
};

static void check(const struct row *row)
{
    struct service s;
    char *told = NULL;
    size_t size;
    FILE *err = open_memstream(&told, &size);
    struct cli_request request = {.op = operation_of(row->id),
                                  .args = json_loads(row->args, 0, NULL),
                                  .wait = wait_of(row->id),
                                  .wait_seconds = row->seconds};
    struct cli_reply reply = {.status = 200, .body = json_object()};
    json_object_set_new(reply.body, "result", json_loads(row->result, JSON_DECODE_ANY, NULL));
    start(&s, row->results);
    assert_int_equal(cli_wait(s.path, &request, &reply, err), row->code);
    stop(&s);
    fclose(err);
    assert_non_null(strstr(s.asked, row->asked));
    assert_null(strstr(s.asked, "direction"));
    assert_string_equal(told, row->told);
    json_t *want = json_loads(row->at_end ? row->at_end : row->result, JSON_DECODE_ANY, NULL);
    assert_true(json_equal(json_object_get(reply.body, "result"), want));
    json_decref(want);
    json_decref(reply.body);
    json_decref(request.args);
    free(told);
}

static void each_way_a_state_comes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}

static void who_is_not_there_is_waited_for(void **state)
{
    (void)state;
    struct cli_request request = {.op = operation_of(OP_DC_REMOVE),
                                  .args = json_pack("{s:s}", "host", "dc3"),
                                  .wait = wait_of(OP_DC_REMOVE)};
    struct cli_reply reply = {.status = 200, .body = json_object()};
    char *told = NULL;
    size_t size;
    FILE *err = open_memstream(&told, &size);
    assert_int_equal(cli_wait("/nonexistent/socket", &request, &reply, err), EXIT_UNKNOWN);
    fclose(err);
    assert_non_null(strstr(told, "dc3 is not gone after 0 s, but nobody tells its state"));
    free(told);
    json_decref(reply.body);
    json_decref(request.args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_a_state_comes),
        cmocka_unit_test(who_is_not_there_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
