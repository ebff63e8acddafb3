/*
 * Clients that wait for another server's answer. A waiting owns a copy of what the answer needs
 * from the request; a connection that ends takes its own with it.
 */
#include "dns/dns_hash.h"
#include "dns/dns_request.h"
#include "plat/clock.h"

struct dns_waiting {
    struct dns_held held; /* first: drop gets it */
    struct dns_waiter w;
    struct dns_service *s;
    struct dns_query q;
    uint64_t hash;
    uint8_t question[DNS_NAME_MAX + 4];
};

void dns_held_leave(struct dns_held *h)
{
    if (!h->link)
        return;
    *h->link = h->next;
    if (h->next)
        h->next->link = h->link;
    h->origin.session->waiting_count--;
}

void dns_held_join(struct dns_held *h, struct dns_session *session)
{
    if (!session)
        return;
    h->origin.session = session;
    h->next = session->waiting;
    h->link = &session->waiting;
    if (h->next)
        h->next->link = &h->next;
    session->waiting = h;
    session->waiting_count++;
}

static void done(struct dns_waiter *w, const struct dns_body *body)
{
    struct dns_waiting *x = (struct dns_waiting *)((char *)w - offsetof(struct dns_waiting, w));
    struct dns_service *s = x->s;
    struct dns_body failure = {.flags = DNS_RCODE_SERVFAIL};
    struct builder reply;
    dns_held_leave(&x->held);
    dns_service_begin(s, &x->held.origin, &reply);
    dns_request_emit(s, &x->held.origin, &x->q, x->hash, body ? body : &failure, 0, DNS_FLAG_RA,
                     plat_mono(), &reply);
    dns_service_send(s, &x->held.origin, &reply);
    free(x);
}

static void drop(struct dns_held *h)
{
    struct dns_waiting *x = (struct dns_waiting *)h;
    dns_forward_cancel(&x->w);
    free(x);
}

enum err dns_waiting_start(const struct dns_request *rq, const struct dns_lookup *prefix)
{
    struct dns_session *session = rq->origin->session;
    struct dns_waiting *x = malloc(sizeof(*x));
    if (!x)
        return ERR_NOMEM;
    *x = (struct dns_waiting){
        .held = {.origin = *rq->origin, .drop = drop}, .s = rq->s, .q = rq->q, .hash = rq->hash};
    memcpy(x->question, rq->q.question.ptr, rq->q.question.len);
    x->q.question = span_of(x->question, rq->q.question.len);
    x->w.done = done;
    x->w.client = rq->origin->client;
    x->w.id = rq->q.id;
    struct span asked = span_sub(x->q.question, 0, rq->q.name.len);
    enum err e = dns_forward_ask(rq->s->forward, dns_name_span(&rq->q.name), asked, rq->q.type,
                                 prefix, &x->w);
    if (e == ERR_OK)
        dns_held_join(&x->held, session);
    else
        free(x);
    return e;
}

void dns_held_drop(struct dns_session *session)
{
    while (session->waiting) {
        struct dns_held *h = session->waiting;
        dns_held_leave(h);
        h->drop(h);
    }
}
