/*
 * HTTP on the Unix socket: POST /v1/NOUN/VERB with a JSON object. Only root and the service's own
 * user may connect; the kernel says who it is.
 */
#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "control/control_call.h"
#include "plat/task.h"

#define HTTP_TIMEOUT_SECONDS 30
#define HTTP_CONNECTIONS     64

struct request {
    struct arena a;
    struct builder body;
    bool refused;
    /* Once it is whole: a task performs it, and the connection is suspended while that waits. */
    struct control *control;
    struct MHD_Connection *connection;
    const struct operation *op;
    json_t *args, *answer;
    unsigned status;
    bool started, suspended, ended;
};

static enum MHD_Result send_json(struct MHD_Connection *connection, unsigned status, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text)
        return MHD_NO;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result sent = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result send_error(struct MHD_Connection *connection, unsigned status,
                                  const char *code, const char *message)
{
    return send_json(connection, status,
                     json_pack("{s:i, s:{s:s, s:s}}", "schema_version", OPERATION_SCHEMA_VERSION,
                               "error", "code", code, "message", message));
}

/* "/v1/noun/verb" */
static const struct operation *route(struct span url)
{
    struct span prefix = SPAN_LIT("/v1/");
    if (url.len <= prefix.len || !span_eq(span_sub(url, 0, prefix.len), prefix))
        return NULL;
    struct span rest = span_sub(url, prefix.len, url.len);
    const uint8_t *slash = memchr(rest.ptr, '/', rest.len);
    if (!slash)
        return NULL;
    size_t at = (size_t)(slash - rest.ptr);
    return operation_find(span_sub(rest, 0, at), span_sub(rest, at + 1, rest.len));
}

static bool peer_allowed(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred who;
    socklen_t len = sizeof(who);
    if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
        return false;
    return who.uid == 0 || who.uid == geteuid();
}

static void perform(void *ctx)
{
    struct request *rq = ctx;
    struct arena a;
    arena_init(&a, 1 << 16, CONTROL_MEMORY, ARENA_WIPE);
    rq->answer = control_run(rq->control, rq->op, rq->args, &a, &rq->status);
    arena_fini(&a);
    rq->ended = true;
    if (!rq->suspended)
        return;
    MHD_resume_connection(rq->connection);
    plat_timer_start(rq->control->timer, 0, 0);
}

static enum MHD_Result send_answer(struct request *rq)
{
    json_t *body = rq->answer;
    rq->answer = NULL;
    return send_json(rq->connection, rq->status, body);
}

static enum MHD_Result begin(struct request *rq, const char *url)
{
    struct MHD_Connection *connection = rq->connection;
    struct span text;
    rq->op = route(span_str(url));
    if (!rq->op)
        return send_error(connection, 404, "UnknownOperation", "there is no such operation");
    if (rq->refused || builder_done(&rq->body, &text) != ERR_OK)
        return send_error(connection, 413, "RequestTooLarge", "the request is larger than 1 MiB");
    rq->args = text.len ? json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL)
                        : json_object();
    if (!rq->args)
        return send_error(connection, 400, "InvalidJson", "the body is not a JSON object");
    rq->started = true;
    if (plat_task_start(rq->control->env.loop, perform, rq) != ERR_OK)
        return MHD_NO;
    if (rq->ended)
        return send_answer(rq);
    rq->suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct request *rq = *state;
    (void)version;
    if (!rq) {
        rq = calloc(1, sizeof(*rq));
        if (!rq || !peer_allowed(connection)) {
            free(rq);
            return MHD_NO;
        }
        rq->control = cls;
        rq->connection = connection;
        arena_init(&rq->a, 0, 3 * OPERATION_BODY_MAX, ARENA_WIPE);
        builder_in(&rq->body, &rq->a, OPERATION_BODY_MAX);
        *state = rq;
        return MHD_YES;
    }
    if (*size) {
        if (rq->body.len + *size > OPERATION_BODY_MAX)
            rq->refused = true;
        else
            builder_bytes(&rq->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (strcmp(method, "POST") != 0)
        return send_error(connection, 405, "MethodNotAllowed", "operations are called with POST");
    return rq->started ? send_answer(rq) : begin(rq, url);
}

/* No operation's name has an escape: undone, %00 would cut a path into another one. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

static void completed(void *cls, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode why)
{
    struct request *rq = *state;
    (void)cls, (void)connection, (void)why;
    if (rq) {
        json_decref(rq->args);
        json_decref(rq->answer);
        arena_fini(&rq->a);
    }
    free(rq);
    *state = NULL;
}

static void turn(void *ctx)
{
    struct control *c = ctx;
    MHD_UNSIGNED_LONG_LONG wait_ms;
    MHD_run(c->http);
    if (MHD_get_timeout(c->http, &wait_ms) == MHD_YES)
        plat_timer_start(c->timer, (utime)wait_ms * 1000, 0);
    else
        plat_timer_stop(c->timer);
}

static void readable(void *ctx, unsigned events)
{
    (void)events;
    turn(ctx);
}

enum err control_http_start(struct control *c, int listen_fd)
{
    c->http =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, c,
                         MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
                         completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_TIMEOUT_SECONDS,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS, MHD_OPTION_END);
    if (!c->http)
        return ERR_IO;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(c->http, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return ERR_UNSUPPORTED;
    c->poll = plat_poll_new(c->env.loop, info->epoll_fd, readable, c);
    c->timer = plat_timer_new(c->env.loop, turn, c);
    if (!c->poll || !c->timer)
        return ERR_NOMEM;
    plat_poll_watch(c->poll, PLAT_READABLE);
    return ERR_OK;
}

void control_http_stop(struct control *c)
{
    if (c->poll)
        plat_poll_free(c->poll);
    if (c->timer)
        plat_timer_free(c->timer);
    if (c->http)
        MHD_stop_daemon(c->http);
}
