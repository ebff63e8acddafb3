#include "dns/dns_signature.h"

#include "plat/clock.h"

static void report(const struct dns_request *rq, const struct dns_signature *signature,
                   enum reason reason)
{
    struct dns_service *s = rq->s;
    const struct dns_updates *u = &s->config.updates;
    struct dns_report what = {.event = "dns.update",
                              .reason = reason,
                              .name = dns_name_span(&rq->q.name),
                              .client = &rq->origin->client};
    if (signature->context)
        what.who = u->ops->who(u->ctx, signature->context->gss);
    dns_report(&s->reporter, &what, plat_now(), plat_mono());
}

static struct span time_of(uint64_t seconds, struct arena *a)
{
    struct builder b;
    struct span out;
    builder_in(&b, a, 6);
    builder_be16(&b, (uint16_t)(seconds >> 32));
    builder_be32(&b, (uint32_t)seconds);
    return builder_done(&b, &out) == ERR_OK ? out : SPAN_NONE;
}

enum err dns_signature_add(struct dns_service *s, const struct dns_signature *signature,
                           uint16_t error, struct span msg, struct arena *a, struct builder *reply)
{
    const struct dns_updates *u = &s->config.updates;
    const struct dns_tsig *request = &signature->tsig;
    uint64_t now = (uint64_t)(plat_now() / UTIME_SECOND);
    struct dns_tsig tsig = {.key = request->key,
                            .algorithm = request->algorithm,
                            .time = error == DNS_TSIG_BADTIME ? request->time : now,
                            .fudge = DNS_TSIG_FUDGE,
                            .original_id = request->original_id,
                            .error = error};
    struct builder b;
    struct span covered;
    if (error == DNS_TSIG_BADTIME)
        tsig.other = time_of(now, a);
    if (signature->context) {
        builder_in(&b, a, 2 * DNS_MSG_MAX);
        dns_tsig_covers_response(&b, msg, &tsig, request->mac);
        TRY(builder_done(&b, &covered));
        TRY(u->ops->sign(u->ctx, signature->context->gss, covered, a, &tsig.mac));
    }
    dns_tsig_put(reply, msg, &tsig);
    return builder_ok(reply) ? ERR_OK : ERR_LIMIT;
}

static void answer(const struct dns_request *rq, const struct dns_signature *signature,
                   enum dns_rcode rcode, uint16_t error, enum reason reason)
{
    struct builder b;
    struct span msg;
    rq->s->counts.refused += reason != REASON_NONE;
    report(rq, signature, reason);
    builder_in(&b, rq->arena, DNS_UDP_SAFE);
    dns_query_error(&rq->q, rcode, 0, &b);
    size_t before = rq->reply->len;
    if (builder_done(&b, &msg) != ERR_OK ||
        dns_signature_add(rq->s, signature, error, msg, rq->arena, rq->reply) != ERR_OK)
        rq->reply->len = before; /* no answer: the client asks again */
}

static enum err wrong(const struct dns_request *rq, const struct dns_signature *signature,
                      uint16_t error, enum reason reason)
{
    answer(rq, signature, DNS_RCODE_NOTAUTH, error, reason);
    return ERR_REFUSED;
}

enum err dns_signature_check(const struct dns_request *rq, struct span bytes,
                             const struct dns_signed *m, struct dns_signature *out)
{
    struct dns_service *s = rq->s;
    const struct dns_updates *u = &s->config.updates;
    struct dns_signature signature = {.tsig = m->tsig}, unsigned_one = signature;
    struct builder b;
    struct span covered;
    utime wall = plat_now();
    struct dns_context *x =
        dns_contexts_find(s->contexts, m->tsig.key, &rq->origin->client, wall, rq->now);
    if (!x || !x->ready)
        return wrong(rq, &unsigned_one, DNS_TSIG_BADKEY, REASON_DNS_KEY_UNKNOWN);
    builder_in(&b, rq->arena, 2 * DNS_MSG_MAX);
    dns_tsig_covers_request(&b, bytes, m);
    if (builder_done(&b, &covered) != ERR_OK || m->tsig.mac.len > DNS_SIGNATURE_MAC_MAX)
        return wrong(rq, &unsigned_one, DNS_TSIG_BADSIG, REASON_DNS_MALFORMED);
    if (u->ops->verify(u->ctx, x->gss, covered, m->tsig.mac) != ERR_OK)
        return wrong(rq, &unsigned_one, DNS_TSIG_BADSIG, u->ops->reason(u->ctx, x->gss));
    signature.context = x;
    uint64_t now = (uint64_t)(wall / UTIME_SECOND), then = m->tsig.time;
    if ((now > then ? now - then : then - now) > DNS_TSIG_FUDGE)
        return wrong(rq, &signature, DNS_TSIG_BADTIME, REASON_DNS_SIGNATURE_TIME);
    *out = signature;
    return ERR_OK;
}

void dns_signature_answer(const struct dns_request *rq, const struct dns_signature *signature,
                          enum dns_rcode rcode, enum reason reason)
{
    if (signature->context) {
        answer(rq, signature, rcode, 0, reason);
        return;
    }
    if (reason != REASON_NONE)
        dns_request_refuse(rq, rcode, reason);
    else
        dns_query_error(&rq->q, rcode, 0, rq->reply);
}
