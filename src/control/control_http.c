/*
 * libmicrohttpd on our loop: it has an epoll descriptor and a time, we give it turns. Its own limit
 * of time is between two bytes; ours is for a handshake with its request, a request, an answer as a
 * whole, so nobody holds a connection by being slow.
 */
#include "control/control_http.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plat/clock.h"
#include "plat/task.h"

#define HTTP_IDLE_SECONDS 30
#define HTTP_WHOLE        (60 * UTIME_SECOND) /* from the start or the last answer to the next request */
#define HTTP_SWEEP        (5 * UTIME_SECOND)
#define HTTP_PRIORITIES   "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
/* Bodies are gathered before anybody knows who sends them: each has so much for itself, and all
 * together so much more. */
#define BODY_OWN    (16u << 10)
#define BODY_SHARED (64u << 20)

/* A connection. */
struct client {
    struct client *next, **at;
    int fd;
    utime until; /* 0: it waits for us */
};

struct control_http {
    struct control *control;
    struct plat_loop *loop;
    const struct control_http_ops *ops;
    struct MHD_Daemon *daemon;
    struct plat_poll *poll;
    struct plat_timer *timer, *sweeper;
    struct client *clients;
    bool retired;
    size_t shared; /* of BODY_SHARED, in use */
};

/* --- connections and their time ----------------------------------------------------------------
 */

static void connected(void *cls, struct MHD_Connection *connection, void **state,
                      enum MHD_ConnectionNotificationCode code)
{
    struct control_http *http = cls;
    struct client *client = *state;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (client) {
            *client->at = client->next;
            if (client->next)
                client->next->at = client->at;
        }
        free(client);
        *state = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    client = info ? calloc(1, sizeof(*client)) : NULL;
    if (!client)
        return; /* its request is refused: arrived() */
    *client =
        (struct client){http->clients, &http->clients, info->connect_fd, plat_mono() + HTTP_WHOLE};
    if (client->next)
        client->next->at = &client->next;
    http->clients = client;
    *state = client;
}

static struct client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* The library sees the end of the connection and closes it. */
static void sweep(void *ctx)
{
    struct control_http *http = ctx;
    utime now = plat_mono();
    for (struct client *client = http->clients; client; client = client->next) {
        if (client->until && client->until < now)
            (void)shutdown(client->fd, SHUT_RDWR);
    }
}

/* --- requests ----------------------------------------------------------------------------------
 */

static enum MHD_Result send_answer(struct control_request *rq)
{
    char *text = rq->text;
    struct MHD_Response *response;
    if (!text)
        return MHD_NO;
    rq->text = NULL;
    response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", rq->content_type);
    for (size_t i = 0; i < 2 && rq->header_name[i]; i++)
        MHD_add_response_header(response, rq->header_name[i], rq->header_value[i]);
    if (rq->http->retired)
        MHD_add_response_header(response, "Connection", "close");
    client_of(rq->connection)->until = plat_mono() + HTTP_WHOLE;
    enum MHD_Result sent = MHD_queue_response(rq->connection, rq->status, response);
    MHD_destroy_response(response);
    return sent;
}

static void serve(void *ctx)
{
    struct control_request *rq = ctx;
    rq->http->ops->serve(rq);
    rq->ended = true;
    if (!rq->suspended)
        return;
    MHD_resume_connection(rq->connection);
    plat_timer_start(rq->http->timer, 0, 0);
}

/* Performed by a task, while the connection is suspended when that has to wait. */
static enum MHD_Result begin(struct control_request *rq)
{
    rq->started = true;
    if (builder_done(&rq->body, &rq->content) != ERR_OK)
        return MHD_NO;
    client_of(rq->connection)->until = 0;
    if (plat_task_start(rq->http->loop, serve, rq) != ERR_OK)
        return MHD_NO;
    if (rq->ended)
        return send_answer(rq);
    rq->suspended = true;
    MHD_suspend_connection(rq->connection);
    return MHD_YES;
}

/* The path and query as they came: what is signed. */
static void *arrived(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct control_http *http = cls;
    struct control_request *rq = client_of(connection) ? calloc(1, sizeof(*rq)) : NULL;
    if (!rq)
        return NULL;
    rq->http = http;
    rq->control = http->control;
    rq->connection = connection;
    arena_init(&rq->a, 4096, 4 * OPERATION_BODY_MAX, ARENA_WIPE);
    builder_in(&rq->body, &rq->a, OPERATION_BODY_MAX);
    rq->target = arena_dup_str(&rq->a, span_str(uri));
    return rq;
}

static bool room(struct control_request *rq, size_t size)
{
    struct control_http *http = rq->http;
    if (rq->body.len + size <= BODY_OWN)
        return true;
    if (http->shared + size > BODY_SHARED)
        return false;
    http->shared += size;
    rq->shared += size;
    return true;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct control_http *http = cls;
    struct control_request *rq = *state;
    (void)url, (void)version;
    if (!rq)
        return MHD_NO;
    if (!rq->begun) {
        rq->begun = true;
        rq->method = arena_dup_str(&rq->a, span_str(method));
        if (!rq->method || !rq->target || (http->ops->admit && !http->ops->admit(connection)))
            return MHD_NO;
        return MHD_YES;
    }
    if (*size) {
        if (rq->body.len + *size > OPERATION_BODY_MAX)
            rq->too_large = true;
        else if (!room(rq, *size))
            return MHD_NO;
        else
            builder_bytes(&rq->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return rq->started ? send_answer(rq) : begin(rq);
}

static void completed(void *cls, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode why)
{
    struct control_request *rq = *state;
    (void)cls, (void)connection, (void)why;
    if (rq) {
        rq->http->shared -= rq->shared;
        free(rq->text);
        arena_fini(&rq->a);
    }
    free(rq);
    *state = NULL;
}

/* Nothing here is found by an unescaped path: undone, %00 would cut it into another one. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

/* --- the daemon --------------------------------------------------------------------------------
 */

static void turn(void *ctx)
{
    struct control_http *http = ctx;
    MHD_UNSIGNED_LONG_LONG wait_ms;
    MHD_run(http->daemon);
    if (http->retired &&
        !MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections)
        control_http_stop(http);
    else if (MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES)
        plat_timer_start(http->timer, (utime)wait_ms * 1000, 0);
    else
        plat_timer_stop(http->timer);
}

static void readable(void *ctx, unsigned events)
{
    (void)events;
    turn(ctx);
}

static enum err attach(struct control_http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return ERR_UNSUPPORTED;
    http->poll = plat_poll_new(http->loop, info->epoll_fd, readable, http);
    http->timer = plat_timer_new(http->loop, turn, http);
    http->sweeper = plat_timer_new(http->loop, sweep, http);
    if (!http->poll || !http->timer || !http->sweeper)
        return ERR_NOMEM;
    plat_poll_watch(http->poll, PLAT_READABLE);
    plat_timer_start(http->sweeper, HTTP_SWEEP, HTTP_SWEEP);
    return ERR_OK;
}

/* fd is the daemon's when it could be made. */
static enum err make_daemon(struct control_http *http, int fd, const char *pem)
{
    struct MHD_OptionItem more[] = {
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)http->ops->per_address, NULL},
        {pem ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)(uintptr_t)pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)pem},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)HTTP_PRIORITIES},
        {MHD_OPTION_END, 0, NULL}};
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (pem ? MHD_USE_TLS : 0), 0, NULL, NULL, answer,
        http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, arrived, http,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, connected, http,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT, http->ops->connections,
        MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    return http->daemon ? ERR_OK : ERR_IO;
}

enum err control_http_start(struct control *c, struct plat_loop *loop, int fd,
                            const struct control_http_ops *ops, struct span identity,
                            struct control_http **out)
{
    struct control_http *http = calloc(1, sizeof(*http));
    struct arena a;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    arena_init(&a, 0, 1 << 18, ARENA_WIPE);
    char *pem = identity.len ? arena_dup_str(&a, identity) : NULL;
    enum err e = http && own >= 0 && (pem || !identity.len) ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) {
        *http = (struct control_http){.control = c, .loop = loop, .ops = ops};
        e = make_daemon(http, own, pem);
    }
    if (e != ERR_OK && own >= 0)
        close(own);
    arena_fini(&a);
    if (e == ERR_OK)
        e = attach(http);
    if (e != ERR_OK) {
        control_http_stop(http);
        return e;
    }
    *out = http;
    return ERR_OK;
}

void control_http_retire(struct control_http *http)
{
    MHD_socket fd = MHD_quiesce_daemon(http->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    http->retired = true;
    plat_timer_start(http->timer, 0, 0);
}

void control_http_stop(struct control_http *http)
{
    if (!http)
        return;
    if (http->poll)
        plat_poll_free(http->poll);
    if (http->timer)
        plat_timer_free(http->timer);
    if (http->sweeper)
        plat_timer_free(http->sweeper);
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    free(http);
}
