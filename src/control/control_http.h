/*
 * Inside control: HTTP requests of one listening socket, each gathered whole and served in a task
 * of its own (plat/task.h). Who listens says who may connect and what a request means.
 */
#ifndef CONTROL_CONTROL_HTTP_H
#define CONTROL_CONTROL_HTTP_H

#include <microhttpd.h>

#include "base/builder.h"
#include "operation/operation.h"
#include "plat/loop.h"

struct control;
struct control_http;

struct control_request {
    struct control *control;
    struct arena a; /* wipes */
    const char *method, *target;
    struct span content;
    size_t shared;  /* of what all bodies share (control_http.c) */
    bool too_large; /* the body was larger than OPERATION_BODY_MAX */
    /* The answer: text is from malloc; names and values of headers live in the arena. */
    unsigned status;
    char *text;
    const char *content_type;
    const char *header_name[2], *header_value[2];
    /* control_http.c's own */
    struct control_http *http;
    struct MHD_Connection *connection;
    struct builder body;
    bool begun, started, suspended, ended;
};

struct control_http_ops {
    unsigned connections; /* at the same time */
    unsigned per_address; /* of one client's address; 0: no limit of its own */
    /* Optional: a connection that is refused is closed. */
    bool (*admit)(struct MHD_Connection *connection);
    /* In a task: sets the answer. */
    void (*serve)(struct control_request *rq);
};

/* Begins to listen on a copy of fd; with TLS 1.2 and 1.3 when identity holds certificates and a key
 * (PEM). ERR_IO, ERR_NOMEM, ERR_UNSUPPORTED. */
enum err control_http_start(struct control *c, struct plat_loop *loop, int fd,
                            const struct control_http_ops *ops, struct span identity,
                            struct control_http **out);
/* Accepts no more, ends each connection with its next answer, and itself with the last of them. */
void control_http_retire(struct control_http *http);
/* At once. NULL is fine. */
void control_http_stop(struct control_http *http);

extern const struct control_http_ops control_local_ops, control_metrics_ops; /* control_local.c */
extern const struct control_http_ops aws_http_ops;                           /* aws_http.c */

#endif
