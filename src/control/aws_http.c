/*
 * The AWS API over HTTP: who signed a request, which service and operation it is for, and the form
 * of the answer. ds speaks AWS's JSON protocol 1.1, ds-data REST with JSON, sts queries with XML.
 */
#include "awsapi/sigv4.h"
#include "base/text.h"
#include "control/aws_call.h"
#include "control/control_http.h"
#include "plat/clock.h"
#include "plat/random.h"

struct aws_request {
    struct control_request *http;
    struct arena *a;
    struct sigv4_header header[SIGV4_HEADERS_MAX];
    struct sigv4_request signed_one;
    struct sigv4_claim claim;
    bool too_many;
    bool data, sts; /* which service; neither: ds */
    const char *request_id;
    struct span account;
};

/* --- answers -----------------------------------------------------------------------------------
 */

static const char *new_request_id(struct arena *a)
{
    uint8_t b[16];
    plat_random(b, sizeof(b));
    return arena_printf(a, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x",
                        b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10],
                        b[11], b[12], b[13], b[14], b[15]);
}

static void send_json(struct aws_request *rq, unsigned status, json_t *body)
{
    rq->http->status = status;
    rq->http->content_type = rq->data ? "application/json" : "application/x-amz-json-1.1";
    rq->http->text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
}

static void tell(struct aws_request *rq, const char *operation, const char *error,
                 const char *message, enum reason reason)
{
    struct event ev;
    event_init(&ev, plat_now(), "api.refused", reason);
    event_text(&ev, "operation", span_str(operation));
    event_text(&ev, "error", span_str(error));
    event_text(&ev, "message", span_str(message));
    event_text(&ev, "key", rq->claim.key_id);
    event_emit(rq->http->control->env.events, &ev);
}

static void send_error(struct aws_request *rq, const char *operation, unsigned status,
                       const char *error, const char *message, enum reason reason)
{
    tell(rq, operation, error, message, reason);
    if (rq->sts) {
        rq->http->status = status;
        rq->http->content_type = "text/xml";
        rq->http->text = aws_sts_error(error, message, rq->request_id);
        return;
    }
    rq->http->header_name[1] = "x-amzn-ErrorType";
    rq->http->header_value[1] = error;
    send_json(rq, status,
              json_pack("{s:s, s:s, s:s, s:s}", "__type", error, "Message", message, "message",
                        message, "RequestId", rq->request_id));
}

/* --- who signed it -----------------------------------------------------------------------------
 */

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct aws_request *rq = cls;
    (void)kind;
    if (rq->signed_one.header_count == SIGV4_HEADERS_MAX) {
        rq->too_many = true;
        return MHD_NO;
    }
    rq->header[rq->signed_one.header_count++] =
        (struct sigv4_header){span_str(name), span_str(value ? value : "")};
    return MHD_YES;
}

/* AWS's names of what is wrong with a signature, in its two kinds of protocol. */
static const char *error_of(const struct aws_request *rq, enum reason reason)
{
    switch (reason) {
    case REASON_API_UNSIGNED:
        return rq->sts ? "MissingAuthenticationToken" : "MissingAuthenticationTokenException";
    case REASON_API_SIGNATURE_FORM:
        return rq->sts ? "IncompleteSignature" : "IncompleteSignatureException";
    case REASON_API_KEY_UNKNOWN:
        return rq->sts ? "InvalidClientTokenId" : "UnrecognizedClientException";
    default:
        return rq->sts ? "SignatureDoesNotMatch" : "InvalidSignatureException";
    }
}

static enum err find_key(struct aws_request *rq, struct span *secret, enum reason *reason,
                         const char **why)
{
    enum err e = control_key_find(rq->http->control, rq->claim.key_id, rq->a, &rq->account, secret);
    bool session = sigv4_header(&rq->signed_one, SPAN_LIT("x-amz-security-token")).len;
    if (e == ERR_OK && !session)
        return ERR_OK;
    if (e == ERR_NOMEM)
        return e;
    *reason = REASON_API_KEY_UNKNOWN;
    *why = session ? "The security token included in the request is invalid: this service gives "
                     "no temporary credentials."
                   : "The security token included in the request is invalid.";
    return ERR_REFUSED;
}

static enum err authenticate(struct aws_request *rq, enum reason *reason, const char **why)
{
    struct span secret;
    TRY(sigv4_read(&rq->signed_one, rq->a, &rq->claim, reason, why));
    TRY(find_key(rq, &secret, reason, why));
    return sigv4_verify(&rq->signed_one, &rq->claim, secret, plat_now(), rq->a, reason, why);
}

/* --- ds, ds-data -------------------------------------------------------------------------------
 */

static struct span path_of(struct span target)
{
    const uint8_t *mark = memchr(target.ptr, '?', target.len);
    return mark ? span_sub(target, 0, (size_t)(mark - target.ptr)) : target;
}

static const struct aws_operation *find_operation(struct aws_request *rq)
{
    if (rq->data)
        return aws_operation_by_path(path_of(rq->signed_one.target));
    return aws_operation_by_target(sigv4_header(&rq->signed_one, SPAN_LIT("x-amz-target")));
}

/* The only member that ds-data has in its query; its value has nothing to be escaped. */
static void take_query(struct aws_request *rq, json_t *body)
{
    struct span target = rq->signed_one.target, name = SPAN_LIT("DirectoryId=");
    size_t path = path_of(target).len;
    struct span query = span_sub(target, path + 1, target.len);
    if (query.len < name.len || memcmp(query.ptr, name.ptr, name.len) != 0)
        return;
    struct span id = span_sub(query, name.len, query.len);
    if (text_valid(id))
        control_set_span(body, "DirectoryId", id);
}

static void perform(struct aws_request *rq, const struct aws_operation *op, json_t *body)
{
    struct arena a;
    arena_init(&a, 1 << 14, CONTROL_MEMORY, ARENA_WIPE);
    struct aws_call call = {.op = op,
                            .in = body,
                            .a = &a,
                            .request_id = rq->request_id,
                            .region = rq->claim.region,
                            .account = rq->account,
                            .key_id = rq->claim.key_id,
                            .c = {.control = rq->http->control, .a = &a}};
    if (aws_perform(&call) == ERR_OK)
        send_json(rq, 200, call.out ? json_incref(call.out) : json_object());
    else
        send_error(rq, op->name, aws_status(op, call.error), call.error, call.message, call.reason);
    aws_done(&call);
    arena_fini(&a);
}

static void serve_json(struct aws_request *rq)
{
    const struct aws_operation *op = find_operation(rq);
    if (!op) {
        send_error(rq, "", 404 - 4 * !rq->data, "UnknownOperationException",
                   "There is no such operation; docs/API.md lists them all.",
                   REASON_API_UNKNOWN_OPERATION);
        return;
    }
    json_t *body = aws_parse(rq->http->content);
    if (!body) {
        send_error(rq, op->name, 400, "SerializationException", "The body is not a JSON object.",
                   REASON_API_SHAPE);
        return;
    }
    if (rq->data)
        take_query(rq, body);
    perform(rq, op, body);
    json_decref(body);
}

static void serve_sts(struct aws_request *rq)
{
    rq->http->content_type = "text/xml";
    rq->http->text = aws_sts(rq->http->content, rq->account, rq->claim.key_id, rq->request_id,
                             &rq->http->status);
}

/* --- one request -------------------------------------------------------------------------------
 */

static void serve_signed(struct aws_request *rq)
{
    struct span service = rq->claim.service;
    if (rq->sts)
        serve_sts(rq);
    else if (rq->data || span_eq(service, SPAN_LIT("ds")))
        serve_json(rq);
    else
        send_error(rq, "", 400, "InvalidSignatureException",
                   "Credential should be scoped to one of the services ds, ds-data, sts.",
                   REASON_API_SIGNATURE_WRONG);
}

static void answer(struct aws_request *rq)
{
    enum reason reason = REASON_SERVER_FAILED;
    const char *why = "the service failed";
    if (rq->http->too_large || rq->too_many) {
        send_error(rq, "", 413, "RequestEntityTooLargeException",
                   "A request has at most 1 MiB and 64 headers.", REASON_WIRE_TOO_LARGE);
        return;
    }
    enum err e = authenticate(rq, &reason, &why);
    rq->data = span_eq(rq->claim.service, SPAN_LIT("ds-data"));
    rq->sts = span_eq(rq->claim.service, SPAN_LIT("sts"));
    if (e == ERR_OK && strcmp(rq->http->method, "POST") == 0)
        serve_signed(rq);
    else if (e == ERR_OK)
        send_error(rq, "", 405, "UnknownOperationException", "Operations are called with POST.",
                   REASON_API_UNKNOWN_OPERATION);
    else if (e == ERR_REFUSED)
        send_error(rq, "", rq->data || rq->sts ? 403 : 400, error_of(rq, reason), why, reason);
    else
        send_error(rq, "", 500, "InternalFailure", why, reason);
}

static void serve(struct control_request *http)
{
    struct aws_request *rq = arena_new(&http->a, struct aws_request);
    if (!rq)
        return;
    rq->http = http;
    rq->a = &http->a;
    rq->signed_one = (struct sigv4_request){.method = span_str(http->method),
                                            .target = span_str(http->target),
                                            .headers = rq->header,
                                            .body = http->content};
    MHD_get_connection_values(http->connection, MHD_HEADER_KIND, take_header, rq);
    rq->request_id = new_request_id(rq->a);
    http->header_name[0] = "x-amzn-RequestId";
    http->header_value[0] = rq->request_id;
    if (rq->request_id)
        answer(rq);
}

const struct control_http_ops aws_http_ops = {
    .connections = 1024, .per_address = 512, .serve = serve};
