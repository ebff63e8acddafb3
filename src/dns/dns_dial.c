/*
 * The TCP side of an attempt. A connection knows its attempt by a serial number only: the attempt
 * may end, and its memory serve another question, while the connection is still on its way.
 */
#include "base/builder.h"
#include "base/reader.h"
#include "dns/dns_job.h"

static struct dns_attempt *attempt_of(struct plat_conn *c)
{
    struct dns_forward *f = plat_conn_ctx(c);
    uint64_t serial = (uintptr_t)plat_conn_tag(c);
    struct dns_attempt *a = f->tcp_attempts[serial % f->setup.limits.tcp_max];
    return a && a->tcp == serial ? a : NULL;
}

static enum err begin(struct plat_conn *c, void *session)
{
    struct dns_attempt *a = attempt_of(c);
    uint8_t framed[2 + DNS_QUERY_MAX];
    struct builder b;
    struct span out;
    (void)session;
    if (!a)
        return ERR_CLOSED;
    size_t len = dns_exchange_query(&a->x, framed + 2, DNS_QUERY_MAX);
    builder_over(&b, framed, sizeof(framed));
    builder_be16(&b, (uint16_t)len);
    TRY(builder_done(&b, &out));
    return plat_conn_send(c, span_of(framed, out.len + len));
}

static enum err frame(void *session, struct span head, size_t *len_out)
{
    (void)session;
    return dns_frame_size(head, len_out);
}

static enum err consume(struct plat_conn *c, void *session, struct span message)
{
    struct dns_attempt *a = attempt_of(c);
    (void)session;
    if (a)
        dns_attempt_message(a, span_sub(message, 2, message.len), true);
    return ERR_CLOSED;
}

static void finish(struct plat_conn *c, void *session, enum reason why)
{
    struct dns_attempt *a = attempt_of(c);
    (void)session;
    (void)why;
    if (a)
        dns_job_failed(a, 1);
}

enum err dns_dial_new(struct dns_forward *f)
{
    static const struct plat_stream_ops ops = {
        .name = "dns.forward",
        .session_size = sizeof(uint64_t),
        .begin = begin,
        .frame = frame,
        .consume = consume,
        .finish = finish,
    };
    const struct plat_stream_limits limits = {
        .max_conns = f->setup.limits.tcp_max,
        .max_request = 2 + DNS_MSG_MAX,
        .max_buffered = (size_t)f->setup.limits.tcp_max * (DNS_MSG_MAX + 4096),
        .output_high = 4096,
        .output_max = 4096,
        .idle = f->setup.limits.deadline,
        .request = f->setup.limits.deadline,
        .stall = f->setup.limits.deadline,
    };
    f->tcp_attempts = calloc(limits.max_conns, sizeof(struct dns_attempt *));
    if (!f->tcp_attempts)
        return ERR_NOMEM;
    return plat_stream_new(f->setup.loop, &ops, &limits, NULL, f, &f->tcp);
}

void dns_dial_free(struct dns_forward *f)
{
    if (f->tcp)
        plat_stream_free(f->tcp);
    free(f->tcp_attempts);
}

enum err dns_dial_start(struct dns_attempt *a)
{
    struct dns_forward *f = a->job->f;
    unsigned slots = f->setup.limits.tcp_max;
    for (unsigned i = 0; i < slots; i++) {
        uint64_t serial = ++f->tcp_serial;
        if (f->tcp_attempts[serial % slots])
            continue;
        a->tcp = serial;
        f->tcp_attempts[serial % slots] = a;
        enum err e = plat_stream_dial(f->tcp, &a->server->addr, f->setup.limits.deadline,
                                      (void *)(uintptr_t)serial, NULL);
        if (e != ERR_OK)
            dns_dial_end(a);
        return e;
    }
    return ERR_BUSY;
}

void dns_dial_end(struct dns_attempt *a)
{
    struct dns_forward *f = a->job->f;
    if (a->tcp == 0)
        return;
    f->tcp_attempts[a->tcp % f->setup.limits.tcp_max] = NULL;
    a->tcp = 0;
}
