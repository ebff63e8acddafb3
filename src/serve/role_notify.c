/*
 * The notifier: the one process that calls addresses outside of the directories' own protocols, and
 * therefore the one that knows nothing: no key, no directory, only the topics' URLs and what
 * control has it send there, and the lines that go to syslog (serve_relay.h). The files that it may
 * open are the system's, and the authorities that it believes. A notice is one HTTP POST; any
 * status of 2xx is success, and the answer's body is not looked at. Control tries again.
 */
#include <unistd.h>

#include "base/text.h"
#include "crypt/tls.h"
#include "plat/files.h"
#include "plat/stream.h"
#include "serve/serve.h"
#include "serve/serve_names.h"
#include "serve/serve_relay.h"

#define NOTICES_MAX     8 /* at once: control has fewer under way */
#define ANSWER_MAX      4096
#define TIMEOUT         (5 * UTIME_SECOND) /* of a connection, and of an answer */
#define AUTHORITIES_MAX (4u << 20)
#define MEMORY_MAX      (AUTHORITIES_MAX + 8 * CONTROL_SPEC_MAX)

struct notifier;

struct posting {
    struct notifier *notifier;
    bool taken, good;
    uint32_t seq;
    char why[160];
    struct arena arena; /* of all that follows */
    struct span request;
    struct control_topic_url url;
    struct tls_trust *trust; /* NULL: without TLS */
    struct serve_lookup lookup;
    unsigned at; /* of the addresses that were found */
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

static void end(struct posting *p)
{
    answer(p->notifier, p->seq, p->good ? ERR_OK : ERR_IO, p->good ? "" : p->why);
    tls_trust_free(p->trust);
    arena_fini(&p->arena);
    p->taken = false;
}

/* --- one connection ----------------------------------------------------------------------------
 */

/* The request waits for the end of the handshake. */
static enum err begin(struct plat_conn *c, void *session)
{
    static const struct plat_filter_ops filter = {
        .input = tls_input, .output = tls_output, .end = tls_end, .free = tls_free};
    struct posting *p = plat_conn_tag(c);
    struct tls *tls;
    (void)session;
    if (p->trust) {
        TRY(tls_client_new(p->trust, p->url.host, &tls));
        if (plat_conn_filter(c, &filter, tls) != ERR_OK) {
            tls_free(tls);
            return ERR_STATE;
        }
    }
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

static bool dial_next(struct posting *p)
{
    while (p->at < p->lookup.found.count) {
        const struct plat_addr *to = &p->lookup.found.of[p->at++];
        if (plat_stream_dial(p->notifier->stream, to, TIMEOUT, p, NULL) == ERR_OK)
            return true;
    }
    return false;
}

/* An address that takes no connection has others behind it; what was said is not said again. */
static void finish(struct plat_conn *c, void *session, enum reason why)
{
    struct posting *p = plat_conn_tag(c);
    const void *tls = plat_conn_filter_state(c);
    bool connected = plat_conn_error(c) == ERR_OK, answered = p->good || *p->why;
    (void)session, (void)why;
    if (!connected && dial_next(p))
        return;
    if (!answered && !(tls && tls_distrusts(tls, p->why, sizeof(p->why))))
        snprintf(p->why, sizeof(p->why), "%s",
                 tls && !tls_established(tls)       ? "no TLS could be agreed on with it"
                 : plat_conn_error(c) == ERR_CLOSED ? "its connection was refused or cut"
                                                    : "it does not answer");
    end(p);
}

/* --- what control asks -------------------------------------------------------------------------
 */

static enum err read_trust(struct posting *p)
{
    const char *path = arena_dup_str(&p->arena, p->notifier->child->setup.authorities);
    struct span pem = SPAN_NONE;
    if (!path)
        return ERR_NOMEM;
    snprintf(p->why, sizeof(p->why), "no authority could be read from %s",
             *path ? path : "the system's certificates");
    if (*path)
        TRY(plat_file_read(path, AUTHORITIES_MAX, &p->arena, &pem));
    TRY(tls_trust_new(pem, &p->trust));
    *p->why = '\0';
    return ERR_OK;
}

static enum err write_request(struct posting *p, const struct control_notice *notice)
{
    struct builder b;
    builder_in(&b, &p->arena, CONTROL_SPEC_MAX);
    builder_printf(&b,
                   "POST %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: entente\r\n"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                   "Connection: close\r\n\r\n",
                   SPAN_ARG(p->url.path), SPAN_ARG(p->url.authority), notice->body.len);
    builder_span(&b, notice->body);
    return builder_done(&b, &p->request);
}

static void connect_first(struct posting *p)
{
    if (dial_next(p))
        return;
    snprintf(p->why, sizeof(p->why), "no connection could be begun");
    end(p);
}

static void looked_up(struct serve_lookup *l, enum err e)
{
    struct posting *p = (struct posting *)((char *)l - offsetof(struct posting, lookup));
    if (e == ERR_OK) {
        connect_first(p);
        return;
    }
    snprintf(p->why, sizeof(p->why), "%s",
             e == ERR_NOT_FOUND ? "its name has no address" : "no name server answers");
    end(p);
}

static enum err find_address(struct posting *p)
{
    if (p->url.numeric) {
        p->lookup.found = (struct serve_addresses){1, {p->url.at}};
        return ERR_OK;
    }
    p->lookup.loop = p->notifier->child->loop;
    p->lookup.a = &p->arena;
    p->lookup.done = looked_up;
    return serve_lookup_begin(&p->lookup, p->url.host, p->url.port);
}

/* ERR_BUSY: a name is being looked up. */
static enum err post(struct posting *p, struct span payload)
{
    struct control_notice notice;
    TRY(control_notice_decode(payload, &notice));
    const struct control_topic *topic =
        control_topic_named(&p->notifier->child->setup.topics, notice.topic);
    snprintf(p->why, sizeof(p->why), "there is no such topic");
    if (!topic)
        return ERR_NOT_FOUND;
    *p->why = '\0';
    TRY(control_topic_parse(span_str(topic->url), &p->url));
    TRY(write_request(p, &notice));
    if (p->url.tls)
        TRY(read_trust(p));
    return find_address(p);
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
    arena_init(&p->arena, 0, MEMORY_MAX, 0);
    enum err e = post(p, msg->payload);
    if (e == ERR_OK) {
        connect_first(p);
    } else if (e != ERR_BUSY) {
        if (!*p->why)
            snprintf(p->why, sizeof(p->why), "%s", err_name(e));
        end(p);
    }
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
