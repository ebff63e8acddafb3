/*
 * Inside control: HTTP requests of one listening socket, each gathered whole and served in a task
 * of its own (plat/task.h). Who listens says who may connect and what a request means.
 */
#ifndef CONTROL_CONTROL_HTTP_H
#define CONTROL_CONTROL_HTTP_H

#include <microhttpd.h>

#include "base/builder.h"
#include "crypt/x509.h"
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
    /* Optional: a connection that is refused is closed. */
    bool (*admit)(struct MHD_Connection *connection);
    /* In a task: sets the answer. */
    void (*serve)(struct control_request *rq);
};

/* Begins to listen on fd, which is taken over; with TLS when identity is not NULL. ERR_IO,
 * ERR_NOMEM, ERR_UNSUPPORTED. */
enum err control_http_start(struct control *c, struct plat_loop *loop, int fd,
                            const struct control_http_ops *ops,
                            const struct x509_identity *identity, struct control_http **out);
/* NULL is fine. */
void control_http_stop(struct control_http *http);

extern const struct control_http_ops control_local_ops, control_metrics_ops; /* control_local.c */
extern const struct control_http_ops aws_http_ops;                           /* aws_http.c */

#endif
