/*
 * Clients that wait for another server's answer. A waiting owns a copy of what the answer needs
 * from the request; a connection that ends takes its own with it.
 */
#include "dns/dns_hash.h"
#include "dns/dns_request.h"
#include "plat/clock.h"

struct dns_waiting {
    struct dns_waiter w; /* first: done gets it */
    struct dns_service *s;
    struct dns_origin origin;
    struct dns_query q;
    uint64_t hash;
    struct dns_waiting *next, **link; /* of the session */
    uint8_t question[DNS_NAME_MAX + 4];
};

static void leave_session(struct dns_waiting *x)
{
    if (!x->link)
        return;
    *x->link = x->next;
    if (x->next)
        x->next->link = x->link;
    x->origin.session->waiting_count--;
}

static void join_session(struct dns_waiting *x, struct dns_session *session)
{
    if (!session)
        return;
    x->next = session->waiting;
    x->link = &session->waiting;
    if (x->next)
        x->next->link = &x->next;
    session->waiting = x;
    session->waiting_count++;
}

static void done(struct dns_waiter *w, const struct dns_body *body)
{
    struct dns_waiting *x = (struct dns_waiting *)w;
    struct dns_service *s = x->s;
    struct dns_body failure = {.flags = DNS_RCODE_SERVFAIL};
    struct builder reply;
    leave_session(x);
    builder_over(&reply, s->out, x->origin.conn ? sizeof(s->out) : s->config.udp_max);
    if (x->origin.conn)
        builder_be16(&reply, 0);
    size_t before = reply.len;
    dns_request_emit(s, &x->origin, &x->q, x->hash, body ? body : &failure, 0, DNS_FLAG_RA,
                     plat_mono(), &reply);
    if (reply.len > before)
        dns_service_send(s, &x->origin, &reply);
    free(x);
}

enum err dns_waiting_start(const struct dns_request *rq, const struct dns_lookup *prefix)
{
    struct dns_session *session = rq->origin->session;
    struct dns_waiting *x = malloc(sizeof(*x));
    if (!x)
        return ERR_NOMEM;
    *x = (struct dns_waiting){.s = rq->s, .origin = *rq->origin, .q = rq->q, .hash = rq->hash};
    memcpy(x->question, rq->q.question.ptr, rq->q.question.len);
    x->q.question = span_of(x->question, rq->q.question.len);
    x->w.done = done;
    x->w.client = rq->origin->client;
    x->w.id = rq->q.id;
    struct span asked = span_sub(x->q.question, 0, rq->q.name.len);
    enum err e = dns_forward_ask(rq->s->forward, dns_name_span(&rq->q.name), asked, rq->q.type,
                                 prefix, &x->w);
    if (e == ERR_OK)
        join_session(x, session);
    else
        free(x);
    return e;
}

void dns_waiting_drop(struct dns_session *session)
{
    while (session->waiting) {
        struct dns_waiting *x = session->waiting;
        leave_session(x);
        dns_forward_cancel(&x->w);
        free(x);
    }
}
