/*
 * The Unix socket: POST /v1/NOUN/VERB with a JSON object. Only root and the service's own user may
 * connect; the kernel says who it is. What else comes there is a request to the AWS API.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "control/control_call.h"
#include "control/control_http.h"
#include "control/control_metrics.h"

#define PREFIX "/v1/"

static void answer(struct control_request *rq, unsigned status, json_t *body)
{
    rq->status = status;
    rq->content_type = "application/json";
    rq->text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
}

static void refuse(struct control_request *rq, unsigned status, const char *code,
                   const char *message)
{
    answer(rq, status,
           json_pack("{s:i, s:{s:s, s:s}}", "schema_version", OPERATION_SCHEMA_VERSION, "error",
                     "code", code, "message", message));
}

/* "/v1/noun/verb" */
static const struct operation *route(struct span target)
{
    struct span rest = span_sub(target, sizeof(PREFIX) - 1, target.len);
    const uint8_t *slash = rest.len ? memchr(rest.ptr, '/', rest.len) : NULL;
    if (!slash)
        return NULL;
    size_t at = (size_t)(slash - rest.ptr);
    return operation_find(span_sub(rest, 0, at), span_sub(rest, at + 1, rest.len));
}

static bool admit(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred who;
    socklen_t len = sizeof(who);
    if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
        return false;
    return who.uid == 0 || who.uid == geteuid();
}

static void perform(struct control_request *rq, const struct operation *op, const json_t *args)
{
    struct arena a;
    unsigned status;
    arena_init(&a, 1 << 16, CONTROL_MEMORY, ARENA_WIPE);
    json_t *body = control_run(rq->control, op, args, &a, &status);
    answer(rq, status, body);
    arena_fini(&a);
}

static void serve_metrics(struct control_request *rq)
{
    rq->text = control_metrics_text(rq->control);
    rq->status = 200;
    rq->content_type = "text/plain; version=0.0.4; charset=utf-8";
    if (!rq->text)
        refuse(rq, 500, "InternalError", "no memory");
}

static bool asks_for_metrics(const struct control_request *rq)
{
    return strcmp(rq->target, "/metrics") == 0 && strcmp(rq->method, "GET") == 0;
}

static void serve(struct control_request *rq)
{
    if (asks_for_metrics(rq)) {
        serve_metrics(rq);
        return;
    }
    if (strncmp(rq->target, PREFIX, sizeof(PREFIX) - 1) != 0) {
        aws_http_ops.serve(rq);
        return;
    }
    if (strcmp(rq->method, "POST") != 0) {
        refuse(rq, 405, "MethodNotAllowed", "operations are called with POST");
        return;
    }
    const struct operation *op = route(span_str(rq->target));
    if (!op) {
        refuse(rq, 404, "UnknownOperation", "there is no such operation");
        return;
    }
    if (rq->too_large) {
        refuse(rq, 413, "RequestTooLarge", "the request is larger than 1 MiB");
        return;
    }
    json_t *args = rq->content.len ? json_loadb((const char *)rq->content.ptr, rq->content.len,
                                                JSON_REJECT_DUPLICATES, NULL)
                                   : json_object();
    if (args)
        perform(rq, op, args);
    else
        refuse(rq, 400, "InvalidJson", "the body is not a JSON object");
    json_decref(args);
}

static void serve_metrics_only(struct control_request *rq)
{
    if (asks_for_metrics(rq))
        serve_metrics(rq);
    else
        refuse(rq, 404, "NotFound", "GET /metrics is all there is");
}

const struct control_http_ops control_metrics_ops = {.connections = 16,
                                                     .serve = serve_metrics_only};
const struct control_http_ops control_local_ops = {
    .connections = 64, .admit = admit, .serve = serve};
