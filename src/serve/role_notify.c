/*
 * The notifier: the one process that calls addresses outside of the directories' own protocols, and
 * therefore the one that knows nothing: no key, no file, no directory, only the topics' addresses
 * and what control has it send there, and the lines that go to syslog (serve_relay.h). A notice is
 * one HTTP POST; any status of 2xx is success, and the answer's body is not looked at. Control
 * tries again.
 */
#include <unistd.h>

#include "base/text.h"
#include "plat/stream.h"
#include "serve/serve.h"
#include "serve/serve_relay.h"

#define NOTICES_MAX 8 /* at once: control has fewer under way */
#define ANSWER_MAX  4096
#define TIMEOUT     (5 * UTIME_SECOND)

struct notifier;

struct posting {
    struct notifier *notifier;
    bool taken, good;
    uint32_t seq;
    char why[64];
    struct arena arena; /* of request */
    struct span request;
};

struct notifier {
    struct serve_child *child;
    struct plat_stream *stream;
    struct plat_channel *control; /* NULL: no link */
    struct serve_relay *relay;
    struct posting posting[NOTICES_MAX];
};

static void answer(struct notifier *n, uint32_t seq, enum err e, const char *why)
{
    struct control_outcome outcome = {e, span_str(why)};
    struct arena a;
    struct span bytes;
    arena_init(&a, 0, CONTROL_SPEC_MAX, 0);
    if (n->control && control_outcome_encode(&outcome, &a, &bytes) == ERR_OK)
        (void)plat_channel_reply(n->control, seq, CONTROL_NOTIFY, bytes, -1);
    arena_fini(&a);
}

/* --- one connection ----------------------------------------------------------------------------
 */

static enum err begin(struct plat_conn *c, void *session)
{
    const struct posting *p = plat_conn_tag(c);
    (void)session;
    return plat_conn_send(c, p->request);
}

/* The status line is all that is wanted. */
static enum err frame(void *session, struct span head, size_t *len_out)
{
    const uint8_t *end = memchr(head.ptr, '\n', head.len);
    (void)session;
    if (!end)
        return head.len > 512 ? ERR_MALFORMED : ERR_TRUNCATED;
    *len_out = (size_t)(end - head.ptr) + 1;
    return ERR_OK;
}

static enum err consume(struct plat_conn *c, void *session, struct span line)
{
    struct posting *p = plat_conn_tag(c);
    (void)session;
    p->good = span_eq(span_sub(line, 0, 7), SPAN_LIT("HTTP/1.")) &&
              span_eq(span_sub(line, 8, 2), SPAN_LIT(" 2"));
    snprintf(p->why, sizeof(p->why), "it answered %.*s", SPAN_ARG(span_sub(line, 0, 40)));
    p->why[strcspn(p->why, "\r\n")] = '\0';
    return ERR_CLOSED;
}

static void finish(struct plat_conn *c, void *session, enum reason why)
{
    struct posting *p = plat_conn_tag(c);
    (void)session, (void)why;
    if (!p->good && !*p->why)
        snprintf(p->why, sizeof(p->why), "%s",
                 plat_conn_error(c) == ERR_CLOSED ? "its connection was refused or cut"
                                                  : "it does not answer");
    answer(p->notifier, p->seq, p->good ? ERR_OK : ERR_IO, p->good ? "" : p->why);
    arena_fini(&p->arena);
    p->taken = false;
}

/* --- what control asks -------------------------------------------------------------------------
 */

static enum err post(struct posting *p, struct span payload)
{
    struct control_notice notice;
    struct plat_addr at;
    struct span host, path;
    struct builder b;
    TRY(control_notice_decode(payload, &notice));
    const struct control_topic *topic =
        control_topic_named(&p->notifier->child->setup.topics, notice.topic);
    if (!topic)
        return ERR_NOT_FOUND;
    TRY(control_topic_parse(span_str(topic->url), &at, &host, &path));
    builder_in(&b, &p->arena, CONTROL_SPEC_MAX);
    builder_printf(&b,
                   "POST %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: entente\r\n"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                   "Connection: close\r\n\r\n",
                   SPAN_ARG(path), SPAN_ARG(host), notice.body.len);
    builder_span(&b, notice.body);
    TRY(builder_done(&b, &p->request));
    return plat_stream_dial(p->notifier->stream, &at, TIMEOUT, p, NULL);
}

static void spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    struct notifier *n = ctx;
    struct posting *p = n->posting;
    (void)ch;
    while (p < n->posting + NOTICES_MAX && p->taken)
        p++;
    if (msg->type != CONTROL_NOTIFY || !msg->seq || p == n->posting + NOTICES_MAX) {
        answer(n, msg->seq, ERR_BUSY, "too many at once");
        return;
    }
    *p = (struct posting){.notifier = n, .taken = true, .seq = msg->seq};
    arena_init(&p->arena, 0, 2 * CONTROL_SPEC_MAX, 0);
    enum err e = post(p, msg->payload);
    if (e == ERR_OK)
        return;
    answer(n, msg->seq, e, e == ERR_NOT_FOUND ? "there is no such topic" : err_name(e));
    arena_fini(&p->arena);
    p->taken = false;
}

static void gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct notifier *n = ctx;
    (void)why;
    if (n->control == ch)
        n->control = NULL;
    plat_channel_free(ch);
}

void serve_linked_notify(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    static const struct plat_channel_ops ops = {.message = spoke, .closed = gone};
    struct notifier *n = child->state;
    if (type == SERVE_RELAY) {
        if (serve_relay_add(n->relay, payload, fd) != ERR_OK)
            close(fd);
        return;
    }
    if (n->control)
        gone(n, n->control, ERR_CLOSED);
    if (type != SERVE_LINK_NOTIFY ||
        plat_channel_new(child->loop, fd, &ops, n, &n->control) != ERR_OK)
        close(fd);
}

enum err serve_begin_notify(struct serve_child *child, const char **why_out)
{
    static const struct plat_stream_ops ops = {
        .name = "notify", .begin = begin, .frame = frame, .consume = consume, .finish = finish};
    static const struct plat_stream_limits limits = {.max_conns = NOTICES_MAX,
                                                     .max_request = ANSWER_MAX,
                                                     .max_buffered =
                                                         NOTICES_MAX * 2 * CONTROL_SPEC_MAX,
                                                     .output_high = CONTROL_SPEC_MAX,
                                                     .output_max = CONTROL_SPEC_MAX,
                                                     .idle = TIMEOUT,
                                                     .request = TIMEOUT,
                                                     .stall = TIMEOUT};
    struct notifier *n = arena_new(&child->memory, struct notifier);
    *why_out = "the notifier cannot begin";
    if (!n)
        return ERR_NOMEM;
    *n = (struct notifier){.child = child};
    child->state = n;
    TRY(serve_relay_new(child->loop, child->events, &n->relay));
    return plat_stream_new(child->loop, &ops, &limits, NULL, n, &n->stream);
}
