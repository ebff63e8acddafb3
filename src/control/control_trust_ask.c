/*
 * Questions about partners go to the peer processes of our domain controllers: what any of them can
 * answer to the first that is there, a verification to all of them at once.
 */
#include "base/text.h"
#include "control/control_trusts.h"
#include "plat/clock.h"
#include "plat/task.h"
#include "trust/trust_attributes.h"

#define VERIFY_TIMEOUT (20 * UTIME_SECOND) /* the peer gives up before */

static struct plat_channel *link_of(const struct control_directory *d, const char *host)
{
    for (unsigned i = 0; i < CONTROL_DCS_MAX; i++) {
        const struct control_peer *p = &d->peer[i];
        if (p->channel && ascii_eq_fold(span_str(p->host), span_str(host)))
            return p->channel;
    }
    return NULL;
}

struct plat_channel *control_peer(const struct control_directory *d, const char *host)
{
    size_t i;
    json_t *dc;
    struct plat_channel *found = NULL;
    if (host)
        return link_of(d, host);
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        const char *name = json_string_value(json_object_get(dc, "host"));
        if (!found && name)
            found = link_of(d, name);
    }
    return found;
}

static enum err away(struct control_call *call)
{
    return control_refuse(call, 503, "PeerUnavailable", REASON_CONTROL_PEER_AWAY,
                          "the process that asks other forests does not answer");
}

enum err control_trust_ask_peer(struct control_call *call, uint32_t type, struct span partner,
                                utime timeout, struct trust_report *out)
{
    struct plat_msg reply;
    struct plat_channel *peer = control_peer(call->directory, NULL);
    control_read_end(call);
    if (!peer)
        return away(call);
    enum err e = plat_channel_call(peer, type, partner, timeout, call->a, &reply);
    if (e == ERR_TIMEOUT || e == ERR_CLOSED)
        return away(call);
    TRY(e);
    return trust_report_decode(reply.payload, call->a, out);
}

enum err control_trust_ask_stub(struct control_call *call, uint32_t type, const struct trust *t,
                                struct span payload, utime timeout, struct span *stub_out)
{
    struct plat_msg reply;
    struct trust_answer answer;
    struct plat_channel *peer = control_peer(call->directory, NULL);
    if (!peer)
        return away(call);
    control_read_end(call);
    enum err e = plat_channel_call(peer, type, payload, timeout, call->a, &reply);
    if (e == ERR_TIMEOUT || e == ERR_CLOSED || (e == ERR_OK && reply.payload.len == 0))
        return away(call);
    TRY(e);
    TRY(trust_answer_decode(reply.payload, &answer));
    if (answer.status)
        return control_refuse(
            call, 502, "PartnerRefused", answer.reason ? answer.reason : REASON_CHANNEL_REFUSED,
            "%.*s of %.*s: 0x%08x: %s", SPAN_ARG(answer.server), SPAN_ARG(t->dns_name),
            answer.status,
            reason_row(answer.reason ? answer.reason : REASON_CHANNEL_REFUSED)->cause);
    *stub_out = answer.stub;
    return ERR_OK;
}

/* --- all at once ---------------------------------------------------------------------------- */

struct verification;
struct part {
    struct plat_call call;
    struct verification *of;
    struct span dc;
    const char *why; /* it gave no report; NULL: it did */
    struct trust_report report;
};
struct verification {
    struct arena *a;
    struct plat_task *waits;
    unsigned count, pending;
    struct part part[CONTROL_DCS_MAX];
};

static void one_less(struct verification *v)
{
    if (--v->pending == 0)
        plat_task_wake(v->waits);
}

static void reported(struct plat_call *call, enum err e, struct plat_msg *reply)
{
    struct part *p = (struct part *)call;
    struct arena *a = p->of->a;
    p->why = "its process that asks other forests does not answer";
    if (e == ERR_OK && reply->payload.len == 0)
        p->why = "its process that asks other forests has too much to do";
    else if (e == ERR_OK &&
             trust_report_decode(arena_dup_span(a, reply->payload), a, &p->report) == ERR_OK)
        p->why = NULL;
    one_less(p->of);
}

static void ask(struct control_call *call, struct verification *v, struct span partner,
                const char *host)
{
    struct part *p = &v->part[v->count++];
    struct plat_channel *peer = control_peer(call->directory, host);
    *p = (struct part){.call.done = reported,
                       .of = v,
                       .dc = arena_dup_span(call->a, span_str(host)),
                       .why = "its process that asks other forests is not running"};
    if (peer &&
        plat_channel_start(peer, TRUST_MESSAGE_VERIFY, partner, VERIFY_TIMEOUT, &p->call) == ERR_OK)
        v->pending++;
}

static bool serves(const json_t *dc)
{
    const char *state = json_string_value(json_object_get(dc, "state"));
    return state && (strcmp(state, "Active") == 0 || strcmp(state, "Impaired") == 0);
}

static void ask_all(struct control_call *call, struct verification *v, struct span partner)
{
    size_t i;
    json_t *dc;
    v->pending = 1; /* one that ends at once is not the last */
    json_array_foreach(json_object_get(call->directory->record, "dcs"), i, dc)
    {
        if (serves(dc) && v->count < CONTROL_DCS_MAX)
            ask(call, v, partner, json_string_value(json_object_get(dc, "host")));
    }
    one_less(v);
    plat_task_wait();
}

/* --- one report of all ---------------------------------------------------------------------- */

static void add_one(const struct part *p, struct trust_report *into)
{
    if (p->why)
        into->checks[into->count++] = (struct trust_check){.dc = p->dc,
                                                           .half = TRUST_DISABLED,
                                                           .step = TRUST_STEP_ASK,
                                                           .status = TRUST_STATUS_UNKNOWN,
                                                           .reason = REASON_CONTROL_PEER_AWAY,
                                                           .detail = span_str(p->why)};
    for (unsigned i = 0; i < p->report.count; i++) {
        into->checks[into->count] = p->report.checks[i];
        into->checks[into->count++].dc = p->dc;
    }
    if (into->flat_name.len == 0)
        into->flat_name = p->report.flat_name;
    if (into->dns_name.len == 0)
        into->dns_name = p->report.dns_name;
    if (into->sid.count == 0)
        into->sid = p->report.sid;
}

static enum err add_up(const struct verification *v, struct trust_report *out)
{
    unsigned rows = 0;
    struct trust_report all = {0};
    for (unsigned i = 0; i < v->count; i++)
        rows += v->part[i].report.count + 1;
    all.checks = arena_new_array(v->a, rows, struct trust_check);
    if (!all.checks)
        return ERR_NOMEM;
    for (unsigned i = 0; i < v->count; i++)
        add_one(&v->part[i], &all);
    trust_report_settle(&all);
    *out = all;
    return ERR_OK;
}

enum err control_trust_ask_peers(struct control_call *call, struct span partner,
                                 struct trust_report *out)
{
    struct verification *v = arena_new(call->a, struct verification);
    bool heard = false;
    if (!v)
        return ERR_NOMEM;
    *v = (struct verification){.a = call->a, .waits = plat_task_self()};
    control_read_end(call);
    ask_all(call, v, partner);
    for (unsigned i = 0; i < v->count; i++)
        heard = heard || !v->part[i].why;
    return heard ? add_up(v, out) : away(call);
}

struct span control_trust_first(struct control_call *call, const struct trust_report *report,
                                enum trust_status status)
{
    for (unsigned i = 0; i < report->count; i++) {
        const struct trust_check *c = &report->checks[i];
        if (c->status != status)
            continue;
        if (c->dc.len == 0 || c->server.len == 0)
            return c->detail;
        return span_str(arena_printf(call->a, "%.*s to %.*s: %.*s", SPAN_ARG(c->dc),
                                     SPAN_ARG(c->server), SPAN_ARG(c->detail)));
    }
    return SPAN_NONE;
}
