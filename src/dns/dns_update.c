/* An update (RFC 2136 section 3): whose it is, whether it may be, what it changes. */
#include "base/counters.h"
#include "dns/dns_prerequisites.h"
#include "dns/dns_signature.h"
#include "plat/clock.h"
#include "wire/dns/dns_rdata.h"

/* An update that the writer has. It keeps what its answer needs of the request. */
struct pending {
    struct dns_held held; /* first: drop gets it */
    struct dns_apply apply;
    struct dns_service *s;
    struct dns_signature signature;
    struct dns_query q;
    struct dns_name key, algorithm;
    uint8_t question[DNS_NAME_MAX + 4];
    uint8_t mac[DNS_SIGNATURE_MAC_MAX];
};

struct update {
    const struct dns_request *rq;
    struct dns_signed m;
    struct dns_signature signature;
    struct dns_zone zone;
    struct dns_changes changes;
};

static void answer(const struct update *u, enum dns_rcode rcode, enum reason reason)
{
    dns_signature_answer(u->rq, &u->signature, rcode, reason);
}

/* --- what is to be changed ---------------------------------------------------------------------
 */

/* Types of questions and of messages, which no zone holds. */
static bool meta(uint16_t type)
{
    return type == 0 || type == DNS_TYPE_OPT || (type >= 128 && type <= 255);
}

static bool read_change(const struct dns_rr *rr, struct dns_change *out)
{
    *out = (struct dns_change){
        .name = rr->owner, .type = rr->type, .ttl = rr->ttl, .rdata = rr->rdata};
    switch (rr->klass) {
    case DNS_CLASS_IN:
        out->kind = DNS_CHANGE_ADD;
        return !meta(rr->type);
    case DNS_CLASS_NONE:
        out->kind = DNS_CHANGE_DELETE;
        return rr->ttl == 0 && !meta(rr->type) && dns_rdata_valid(rr->type, rr->rdata);
    case DNS_CLASS_ANY:
        out->kind = rr->type == DNS_TYPE_ANY ? DNS_CHANGE_DELETE_NAME : DNS_CHANGE_DELETE_TYPE;
        return rr->ttl == 0 && rr->rdata.len == 0 && (rr->type == DNS_TYPE_ANY || !meta(rr->type));
    default:
        return false;
    }
}

/* RFC 2136 section 3.4.1: all of them are looked at before the first is made. */
static enum dns_rcode read_changes(struct update *u)
{
    const struct dns_rr_list *list = &u->m.section[DNS_SECTION_UPDATE];
    struct dns_change *changes = arena_new_array(u->rq->arena, list->count, struct dns_change);
    if (!changes)
        return DNS_RCODE_SERVFAIL;
    for (size_t i = 0; i < list->count; i++) {
        if (!dns_name_in(list->rrs[i].owner, u->zone.apex))
            return DNS_RCODE_NOTZONE;
        if (!read_change(&list->rrs[i], &changes[i]))
            return DNS_RCODE_FORMERR;
    }
    u->changes.apex = u->zone.apex;
    u->changes.list = changes;
    u->changes.count = (unsigned)list->count;
    return DNS_RCODE_NOERROR;
}

/* --- while the writer has it -------------------------------------------------------------------
 */

static void finish(struct pending *p)
{
    p->signature.context->busy--;
    dns_held_leave(&p->held);
}

static void drop(struct dns_held *h)
{
    struct pending *p = (struct pending *)h;
    const struct dns_updates *u = &p->s->config.updates;
    u->ops->cancel(u->ctx, &p->apply);
    p->signature.context->busy--;
    free(p);
}

static void applied(struct dns_apply *x, enum dns_rcode rcode, enum reason reason)
{
    struct pending *p = (struct pending *)((char *)x - offsetof(struct pending, apply));
    struct dns_service *s = p->s;
    struct builder reply;
    finish(p);
    dns_service_begin(s, &p->held.origin, &reply);
    struct dns_request rq = {.s = s,
                             .origin = &p->held.origin,
                             .q = p->q,
                             .now = plat_mono(),
                             .arena = &s->arena,
                             .reply = &reply};
    dns_signature_answer(&rq, &p->signature, rcode, reason);
    arena_reset(&s->arena);
    dns_service_send(s, &p->held.origin, &reply);
    free(p);
}

/* Copies what is views into the request. */
static struct pending *keep(const struct update *u)
{
    const struct dns_request *rq = u->rq;
    struct pending *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->held = (struct dns_held){.origin = *rq->origin, .drop = drop};
    p->apply.done = applied;
    p->s = rq->s;
    p->signature = u->signature;
    p->q = rq->q;
    memcpy(p->question, rq->q.question.ptr, rq->q.question.len);
    p->q.question = span_of(p->question, rq->q.question.len);
    struct dns_tsig *tsig = &p->signature.tsig;
    dns_name_copy(tsig->key, &p->key);
    tsig->key = dns_name_span(&p->key);
    dns_name_copy(tsig->algorithm, &p->algorithm);
    tsig->algorithm = dns_name_span(&p->algorithm);
    memcpy(p->mac, tsig->mac.ptr, tsig->mac.len);
    tsig->mac = span_of(p->mac, tsig->mac.len);
    tsig->other = SPAN_NONE;
    return p;
}

static void start(const struct update *u)
{
    struct dns_service *s = u->rq->s;
    const struct dns_updates *ops = &s->config.updates;
    struct dns_session *session = u->rq->origin->session ? u->rq->origin->session : &s->datagrams;
    struct pending *p = session->waiting_count < DNS_UPDATING_MAX ? keep(u) : NULL;
    enum err e = p ? ops->ops->apply(ops->ctx, u->signature.context->gss, &u->changes, u->rq->arena,
                                     &p->apply)
                   : ERR_BUSY;
    if (e != ERR_OK) {
        bool type = e == ERR_UNSUPPORTED;
        free(p);
        answer(u, type ? DNS_RCODE_REFUSED : DNS_RCODE_SERVFAIL,
               type ? REASON_DNS_UPDATE_RECORD : REASON_SERVER_BUSY);
        return;
    }
    u->signature.context->busy++;
    dns_held_join(&p->held, session);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

/* The zone that is named, itself and not what is above it. */
static bool find_zone(struct update *u)
{
    const struct dns_zones *zones = &u->rq->s->zones;
    struct span name = dns_name_span(&u->rq->q.name);
    return zones->ops->zone(zones->ctx, name, u->rq->arena, &u->zone) == ERR_OK &&
           dns_name_eq(u->zone.apex, name);
}

static void in_snapshot(struct update *u)
{
    const struct dns_rr_list *needs = &u->m.section[DNS_SECTION_PREREQUISITE];
    const struct dns_rr_list *updates = &u->m.section[DNS_SECTION_UPDATE];
    const struct dns_zones *zones = &u->rq->s->zones;
    if (!find_zone(u)) {
        answer(u, DNS_RCODE_NOTAUTH, REASON_DNS_UPDATE_ZONE);
        return;
    }
    if (needs->count > DNS_PREREQUISITES_MAX || updates->count > DNS_CHANGES_MAX) {
        answer(u, DNS_RCODE_REFUSED, REASON_DNS_UPDATE_TOO_LARGE);
        return;
    }
    if (needs->count == 0)
        u->changes.epoch = 0;
    enum dns_rcode rcode = dns_prerequisites(zones, &u->zone, needs, u->rq->arena);
    if (rcode != DNS_RCODE_NOERROR) {
        answer(u, rcode, REASON_DNS_UPDATE_PREREQUISITE);
        return;
    }
    rcode = read_changes(u);
    if (rcode != DNS_RCODE_NOERROR)
        answer(u, rcode, REASON_DNS_UPDATE_RECORD);
    else if (u->changes.count == 0)
        answer(u, DNS_RCODE_NOERROR, REASON_NONE);
    else if (!u->signature.context)
        answer(u, DNS_RCODE_REFUSED, REASON_DNS_UPDATE_UNSIGNED);
    else
        start(u);
}

void dns_update_answer(const struct dns_request *rq, struct span bytes)
{
    struct update u = {.rq = rq};
    counter_add(COUNTER_DNS_UPDATES, 1);
    enum err e = dns_signed_parse(bytes, rq->arena, &u.m);
    if (e != ERR_OK || rq->q.klass != DNS_CLASS_IN || rq->q.type != DNS_TYPE_SOA) {
        dns_request_refuse(rq, e == ERR_NOMEM ? DNS_RCODE_SERVFAIL : DNS_RCODE_FORMERR,
                           e == ERR_NOMEM ? REASON_SERVER_BUSY : REASON_DNS_MALFORMED);
        return;
    }
    if (u.m.has_tsig && dns_signature_check(rq, bytes, &u.m, &u.signature) != ERR_OK)
        return;
    /* Before the snapshot: what is checked in it is at least as new. */
    u.changes.epoch = rq->s->zones.ops->epochs(rq->s->zones.ctx).data;
    if (dns_zones_begin(&rq->s->zones) != ERR_OK) {
        answer(&u, DNS_RCODE_SERVFAIL, REASON_SERVER_FAILED);
        return;
    }
    in_snapshot(&u);
    dns_zones_end(&rq->s->zones);
}
