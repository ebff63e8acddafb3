/* From a request to its answer. */
#include "dns/dns_request.h"

#include "base/counters.h"
#include "dns/dns_hash.h"
#include "plat/clock.h"

static void report(const struct dns_request *rq, enum reason reason)
{
    struct dns_report what = {
        .event = "dns.query",
        .reason = reason,
        .name = dns_name_span(&rq->q.name),
        .type = rq->q.type,
        .client = &rq->origin->client,
    };
    dns_report(&rq->s->reporter, &what, plat_now(), rq->now);
}

static uint16_t ra_flag(const struct dns_request *rq)
{
    return rq->recursive && rq->s->routes->count > 0 ? DNS_FLAG_RA : 0;
}

/* Over TCP the address is proven and the answer costs a connection: no limit. Returns false when
 * the answer is settled: dropped, or cut to make the client come back over TCP. */
static bool within_limit(struct dns_service *s, const struct dns_origin *origin,
                         const struct dns_query *q, uint64_t what, utime now, struct builder *reply)
{
    if (origin->conn || s->config.answers_per_second == 0 ||
        dns_networks_hold(&s->config.unlimited, &origin->client))
        return true;
    enum dns_limit_verdict verdict = dns_limit_check(s->limit, &origin->client, what, now);
    if (verdict == DNS_LIMIT_PASS)
        return true;
    struct dns_report event = {.event = "dns.query",
                               .reason = REASON_DNS_RATE_LIMITED,
                               .name = dns_name_span(&q->name),
                               .type = q->type,
                               .client = &origin->client};
    dns_report(&s->reporter, &event, plat_now(), now);
    s->counts.limited++;
    if (verdict == DNS_LIMIT_SLIP)
        dns_query_error(q, DNS_RCODE_NOERROR, DNS_FLAG_TC, reply);
    return false;
}

static enum counter counter_of(unsigned rcode)
{
    switch (rcode) {
    case DNS_RCODE_NOERROR:
        return COUNTER_DNS_NOERROR;
    case DNS_RCODE_NXDOMAIN:
        return COUNTER_DNS_NXDOMAIN;
    case DNS_RCODE_SERVFAIL:
        return COUNTER_DNS_SERVFAIL;
    case DNS_RCODE_REFUSED:
        return COUNTER_DNS_REFUSED;
    default:
        return COUNTER_DNS_OTHER;
    }
}

void dns_request_emit(struct dns_service *s, const struct dns_origin *origin,
                      const struct dns_query *q, uint64_t what, const struct dns_body *body,
                      uint32_t age, uint16_t flags, utime now, struct builder *reply)
{
    unsigned rcode = body->flags & DNS_FLAG_RCODE_MASK;
    if (!within_limit(s, origin, q, rcode ? rcode : what, now, reply))
        return;
    counter_add(counter_of(rcode), 1);
    size_t limit = q->udp_size < s->config.udp_max ? q->udp_size : s->config.udp_max;
    dns_body_emit(body, q, flags, age, origin->conn ? DNS_MSG_MAX : limit, reply);
}

static void emit(const struct dns_request *rq, const struct dns_body *body, uint32_t age)
{
    dns_request_emit(rq->s, rq->origin, &rq->q, rq->hash, body, age, ra_flag(rq), rq->now,
                     rq->reply);
}

void dns_request_refuse(const struct dns_request *rq, enum dns_rcode rcode, enum reason reason)
{
    rq->s->counts.refused++;
    report(rq, reason);
    if (!within_limit(rq->s, rq->origin, &rq->q, rcode, rq->now, rq->reply))
        return;
    counter_add(counter_of(rcode), 1);
    dns_query_error(&rq->q, rcode, ra_flag(rq), rq->reply);
}

/* --- names of others -------------------------------------------------------------------------- */

static void wait_for(const struct dns_request *rq, const struct dns_lookup *prefix)
{
    enum err e = dns_waiting_start(rq, prefix);
    rq->s->counts.forwarded += e == ERR_OK;
    if (e == ERR_OK || e == ERR_EXISTS)
        return;
    if (e == ERR_STATE) /* the loop was reported by who saw it */
        dns_query_error(&rq->q, DNS_RCODE_SERVFAIL, ra_flag(rq), rq->reply);
    else
        dns_request_refuse(rq, DNS_RCODE_SERVFAIL, REASON_SERVER_BUSY);
}

/* What our zones know is sent, whether or not the rest can be found. */
static void answer_part(const struct dns_request *rq, const struct dns_lookup *l)
{
    struct dns_body body;
    if (dns_body_build(&l->answer, dns_name_span(&rq->q.name), rq->q.type, rq->arena, &body) ==
        ERR_OK)
        emit(rq, &body, 0);
    else
        dns_request_refuse(rq, DNS_RCODE_SERVFAIL, REASON_SERVER_FAILED);
}

static void answer_foreign(const struct dns_request *rq, const struct dns_lookup *l)
{
    struct dns_cached kept;
    bool part = l->answer.section[DNS_SECTION_ANSWER].count > 0;
    bool asked = rq->recursive && (rq->q.flags & DNS_FLAG_RD);
    const struct dns_route *route = asked ? dns_routes_find(rq->s->routes, l->rest) : NULL;
    if (part && (!route || route->count == 0)) {
        answer_part(rq, l);
    } else if (!asked) {
        dns_request_refuse(rq, DNS_RCODE_REFUSED, REASON_DNS_RECURSION_REFUSED);
    } else if (!route || route->count == 0) {
        dns_request_refuse(rq, DNS_RCODE_REFUSED, REASON_DNS_NO_FORWARDER);
    } else if (!part && dns_cache_find(rq->s->cache, dns_name_span(&rq->q.name), rq->q.type,
                                       rq->now, &kept)) {
        rq->s->counts.cached++;
        emit(rq, &kept.body, kept.age);
    } else {
        wait_for(rq, l);
    }
}

/* --- our own names ---------------------------------------------------------------------------- */

/* The types that our zones have: for others an answer is not worth keeping, and 65536 of them for
 * one name would push out everything else. */
static bool common_type(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
    case DNS_TYPE_SRV:
    case DNS_TYPE_NS:
    case DNS_TYPE_SOA:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
    case DNS_TYPE_TXT:
    case DNS_TYPE_MX:
        return true;
    default:
        return false;
    }
}

/* An answer with one order is compiled once; one with several in every turn, if it is to be kept.
 */
static enum err compile(const struct dns_request *rq, const struct dns_lookup *l,
                        struct dns_body *first_out)
{
    struct dns_body bodies[DNS_TURNS_MAX];
    struct span name = dns_name_span(&rq->q.name);
    bool worth_keeping = l->stable && common_type(rq->q.type);
    unsigned turns = worth_keeping ? dns_lookup_turns(l) : 1;
    for (unsigned i = 0; i < turns; i++) {
        struct dns_answer answer;
        TRY(dns_lookup_turn(l, i, rq->arena, &answer));
        TRY(dns_body_build(&answer, name, rq->q.type, rq->arena, &bodies[i]));
    }
    if (worth_keeping)
        dns_answers_put(rq->s->answers, rq->hash, name, rq->q.type, bodies, turns);
    *first_out = bodies[0];
    return ERR_OK;
}

static enum err answer_in_snapshot(const struct dns_request *rq)
{
    struct dns_lookup l;
    struct dns_body body;
    TRY(dns_lookup(&rq->s->zones, dns_name_span(&rq->q.name), rq->q.type, rq->arena, &l));
    if (l.rest.len > 0) {
        answer_foreign(rq, &l);
        return ERR_OK;
    }
    TRY(compile(rq, &l, &body));
    rq->s->counts.looked_up++;
    emit(rq, &body, 0);
    return ERR_OK;
}

static void answer_from_zones(const struct dns_request *rq)
{
    enum err e = dns_zones_begin(&rq->s->zones);
    if (e == ERR_OK) {
        e = answer_in_snapshot(rq);
        dns_zones_end(&rq->s->zones);
    }
    if (e != ERR_OK)
        dns_request_refuse(rq, DNS_RCODE_SERVFAIL, REASON_SERVER_FAILED);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static void self_named(void *ctx, struct span suffix, const struct plat_addr *addr)
{
    struct dns_service *s = ctx;
    struct dns_report what = {.event = "dns.forward",
                              .reason = REASON_DNS_FORWARDER_SELF,
                              .server = addr,
                              .suffix = suffix};
    dns_report(&s->reporter, &what, plat_now(), plat_mono());
}

/* A failed read keeps the old routes and is tried again with the next request. */
static void follow_epochs(struct dns_service *s)
{
    struct dns_epochs now = s->zones.ops->epochs(s->zones.ctx);
    dns_answers_at(s->answers, now.data);
    if (s->routes_read && now.routes == s->epochs.routes)
        return;
    arena_reset(&s->routes_arena);
    s->routes_read =
        dns_routes_load(s->routes, &s->zones, s->servers, s->config.self, s->config.self_count,
                        &s->routes_arena, self_named, s) == ERR_OK;
    s->epochs = now;
    dns_answers_clear(s->answers);
    dns_cache_clear(s->cache);
    dns_forward_rerouted(s->forward);
}

struct refusal {
    enum dns_rcode rcode;
    enum reason reason;
};

/* What is refused whatever the name is; a key or an update may yet be taken. */
static struct refusal judge(const struct dns_query *q)
{
    if (q->opcode != DNS_OPCODE_QUERY)
        return (struct refusal){DNS_RCODE_NOTIMP, REASON_DNS_OPERATION_REFUSED};
    if (q->type == DNS_TYPE_AXFR || q->type == DNS_TYPE_IXFR)
        return (struct refusal){DNS_RCODE_REFUSED, REASON_DNS_TRANSFER_REFUSED};
    bool data = q->type > 0 && q->type != DNS_TYPE_OPT && (q->type < 128 || q->type > 254);
    if (q->klass != DNS_CLASS_IN || !data)
        return (struct refusal){DNS_RCODE_REFUSED, REASON_DNS_CLASS_REFUSED};
    return (struct refusal){DNS_RCODE_NOERROR, REASON_NONE};
}

static void answer_refusal(const struct dns_request *rq, struct refusal no, struct span bytes)
{
    if (rq->s->contexts && rq->q.opcode == DNS_OPCODE_UPDATE)
        dns_update_answer(rq, bytes);
    else if (rq->s->contexts && rq->q.opcode == DNS_OPCODE_QUERY && rq->q.type == DNS_TYPE_TKEY)
        dns_tkey_answer(rq, bytes);
    else
        dns_request_refuse(rq, no.rcode, no.reason);
}

static void answer_question(struct dns_request *rq, struct span bytes)
{
    struct refusal no = judge(&rq->q);
    if (no.reason != REASON_NONE) {
        answer_refusal(rq, no, bytes);
        return;
    }
    struct span name = dns_name_span(&rq->q.name);
    rq->hash = dns_answers_hash(rq->s->answers, name, rq->q.type);
    const struct dns_body *body = dns_answers_find(rq->s->answers, rq->hash, name, rq->q.type);
    if (!body) {
        answer_from_zones(rq);
        return;
    }
    rq->s->counts.compiled++;
    emit(rq, body, 0);
}

void dns_request_answer(struct dns_service *s, const struct dns_origin *origin, struct span bytes,
                        struct arena *a, struct builder *reply)
{
    struct dns_request rq;
    enum dns_take take = dns_query_parse(bytes, &rq.q);
    rq.s = s;
    rq.origin = origin;
    rq.hash = 0;
    rq.now = plat_mono();
    rq.arena = a;
    rq.reply = reply;
    s->counts.requests++;
    if (take == DNS_TAKE_DROP) {
        s->counts.dropped++;
        report(&rq, REASON_DNS_MALFORMED);
        return;
    }
    follow_epochs(s);
    rq.recursive = dns_networks_hold(&s->config.recursion, &origin->client);
    if (take == DNS_TAKE_ERROR)
        dns_request_refuse(&rq, rq.q.rcode, REASON_DNS_MALFORMED);
    else
        answer_question(&rq, bytes);
}
