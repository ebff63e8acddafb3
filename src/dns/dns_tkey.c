/* A key is agreed (RFC 2930, RFC 3645 section 4.1): tokens of GSS in TKEY records. */
#include "dns/dns_signature.h"
#include "plat/clock.h"

/* The first is RFC 3645's; the other is what Windows 2000 began with and Samba still says. */
static bool gss(struct span algorithm)
{
    return dns_name_eq(algorithm, SPAN_LIT("\x08gss-tsig\0")) ||
           dns_name_eq(algorithm, SPAN_LIT("\3gss\x09microsoft\3com\0"));
}

/* One that belongs to the question, wherever the client put it (Windows 2000: the answers). */
static enum err find_tkey(const struct dns_request *rq, struct span bytes, struct dns_tkey *out)
{
    struct dns_signed m;
    TRY(dns_signed_parse(bytes, rq->arena, &m));
    for (unsigned s = 0; s < DNS_SECTION__COUNT; s++) {
        for (size_t i = 0; i < m.section[s].count; i++) {
            const struct dns_rr *rr = &m.section[s].rrs[i];
            if (rr->type == DNS_TYPE_TKEY && dns_name_eq(rr->owner, dns_name_span(&rq->q.name)))
                return dns_tkey_decode(rr->rdata, out);
        }
    }
    return ERR_MALFORMED;
}

static void report(const struct dns_request *rq, const struct dns_context *x, enum reason reason)
{
    const struct dns_updates *u = &rq->s->config.updates;
    struct dns_report what = {.event = "dns.key",
                              .reason = reason,
                              .name = dns_name_span(&rq->q.name),
                              .client = &rq->origin->client};
    if (x)
        what.who = u->ops->who(u->ctx, x->gss);
    rq->s->counts.refused += reason != REASON_NONE;
    dns_report(&rq->s->reporter, &what, plat_now(), rq->now);
}

static enum err put_message(const struct dns_request *rq, const struct dns_tkey *tkey,
                            struct span *out)
{
    struct builder b;
    builder_in(&b, rq->arena, DNS_MSG_MAX);
    builder_be16(&b, rq->q.id);
    builder_be16(&b, DNS_FLAG_QR | (rq->q.flags & DNS_FLAG_RD));
    builder_be16(&b, 1);
    builder_be16(&b, 1);
    builder_be32(&b, 0);
    builder_span(&b, rq->q.question);
    builder_be16(&b, 0xc000 | DNS_HEADER_SIZE); /* the question's name */
    builder_be16(&b, DNS_TYPE_TKEY);
    builder_be16(&b, DNS_CLASS_ANY);
    builder_be32(&b, 0);
    size_t at = b.len;
    builder_be16(&b, 0);
    dns_tkey_put(&b, tkey);
    builder_patch_be16(&b, at, (uint16_t)(b.len - at - 2));
    return builder_done(&b, out);
}

/* context: of a key that is agreed now, whose answer is the first that is signed by it. */
static void answer(const struct dns_request *rq, const struct dns_tkey *tkey,
                   struct dns_context *context)
{
    struct dns_signature signature = {.context = context,
                                      .tsig = {.key = dns_name_span(&rq->q.name),
                                               .algorithm = tkey->algorithm,
                                               .original_id = rq->q.id}};
    size_t before = rq->reply->len;
    struct span msg;
    enum err e = put_message(rq, tkey, &msg);
    if (e == ERR_OK && context)
        e = dns_signature_add(rq->s, &signature, 0, msg, rq->arena, rq->reply);
    else if (e == ERR_OK)
        builder_span(rq->reply, msg);
    size_t limit = rq->origin->conn ? DNS_MSG_MAX : rq->q.udp_size;
    if (e == ERR_OK && builder_ok(rq->reply) && rq->reply->len - before <= limit)
        return;
    rq->reply->len = before;
    dns_query_error(&rq->q, DNS_RCODE_NOERROR, DNS_FLAG_TC, rq->reply);
}

static void refuse(const struct dns_request *rq, struct dns_tkey tkey, uint16_t error,
                   struct span token, enum reason reason)
{
    report(rq, NULL, reason);
    tkey.error = error;
    tkey.key = token;
    tkey.other = SPAN_NONE;
    answer(rq, &tkey, NULL);
}

/* The client's own negotiation, or a new one. Otherwise it has been answered. */
static struct dns_context *context_of(const struct dns_request *rq, const struct dns_tkey *tkey)
{
    struct span name = dns_name_span(&rq->q.name);
    const struct plat_addr *client = &rq->origin->client;
    utime wall = plat_now();
    struct dns_context *x = dns_contexts_find(rq->s->contexts, name, client, wall, rq->now);
    if (x && !x->ready)
        return x;
    enum err e =
        x ? ERR_EXISTS : dns_contexts_add(rq->s->contexts, name, client, wall, rq->now, &x);
    if (e == ERR_OK)
        return x;
    if (e == ERR_EXISTS)
        refuse(rq, *tkey, DNS_TSIG_BADNAME, SPAN_NONE, REASON_DNS_KEY_TAKEN);
    else
        dns_request_refuse(rq, DNS_RCODE_SERVFAIL, REASON_SERVER_BUSY);
    return NULL;
}

static void agreed(struct dns_service *s, struct dns_context *x, struct dns_tkey *tkey)
{
    const struct dns_updates *u = &s->config.updates;
    utime ends = u->ops->ends(u->ctx, x->gss);
    x->ready = true;
    x->ends = ends < x->ends ? ends : x->ends;
    tkey->inception = (uint32_t)(plat_now() / UTIME_SECOND);
    tkey->expiration = (uint32_t)(x->ends / UTIME_SECOND);
}

static void step(const struct dns_request *rq, struct dns_context *x, struct dns_tkey tkey)
{
    struct dns_service *s = rq->s;
    const struct dns_updates *u = &s->config.updates;
    struct span out = SPAN_NONE;
    bool done = false;
    enum err e = u->ops->step(u->ctx, x->gss, tkey.key, rq->arena, &out, &done);
    if (e != ERR_OK) {
        enum reason reason =
            e == ERR_REFUSED ? u->ops->reason(u->ctx, x->gss) : REASON_SERVER_FAILED;
        dns_contexts_remove(s->contexts, x);
        refuse(rq, tkey, DNS_TSIG_BADKEY, out, reason);
        return;
    }
    if (done) {
        agreed(s, x, &tkey);
        report(rq, x, REASON_NONE);
    }
    tkey.key = out;
    tkey.other = SPAN_NONE;
    answer(rq, &tkey, done ? x : NULL);
}

void dns_tkey_answer(const struct dns_request *rq, struct span bytes)
{
    struct dns_tkey tkey;
    struct dns_context *x;
    enum err e = find_tkey(rq, bytes, &tkey);
    if (e != ERR_OK)
        dns_request_refuse(rq, e == ERR_NOMEM ? DNS_RCODE_SERVFAIL : DNS_RCODE_FORMERR,
                           e == ERR_NOMEM ? REASON_SERVER_BUSY : REASON_DNS_MALFORMED);
    else if (!gss(tkey.algorithm))
        refuse(rq, tkey, DNS_TSIG_BADALG, SPAN_NONE, REASON_DNS_KEY_MODE);
    else if (tkey.mode != DNS_TKEY_MODE_GSS)
        refuse(rq, tkey, DNS_TSIG_BADMODE, SPAN_NONE, REASON_DNS_KEY_MODE);
    else if ((x = context_of(rq, &tkey)))
        step(rq, x, tkey);
}
