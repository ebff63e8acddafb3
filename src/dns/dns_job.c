/* The steps of a question in flight. Every function may end the job: callers return after it. */
#include "dns/dns_job.h"

#include "base/builder.h"
#include "plat/clock.h"

#define ROUNDS_MAX   3 /* how often one server is asked the same */
#define FAILURE_KEPT 2 /* seconds in which a failure is not tried again (RFC 9520) */

static void begin_hop(struct dns_job *job);

void dns_job_report(const struct dns_job *job, enum reason reason, const struct dns_server *server)
{
    bool of_server = reason == REASON_NONE || reason == REASON_DNS_FORWARDER_UNREACHABLE;
    struct dns_report what = {
        .event = of_server ? "dns.server" : "dns.forward", /* it is back, it is gone */
        .reason = reason,
        .name = job->hop_name,
        .type = job->type,
        .server = server ? &server->addr : NULL,
        .suffix = dns_name_span(&job->suffix),
    };
    dns_report(job->f->setup.reporter, &what, plat_now(), plat_mono());
}

static void strike(struct dns_job *job, struct dns_server *server, unsigned strikes)
{
    if (strikes > 0 && dns_server_failed(server, strikes, plat_mono()))
        dns_job_report(job, REASON_DNS_FORWARDER_UNREACHABLE, server);
}

static void end_attempts(struct dns_job *job)
{
    for (size_t i = 0; i < job->attempt_count; i++)
        dns_attempt_end(&job->attempts[i]);
    job->attempt_count = 0;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void keep(struct dns_job *job, const struct dns_answer *answer, struct span name,
                 size_t tail)
{
    struct dns_body body;
    uint32_t seconds = dns_answer_ttl(answer, tail);
    if (seconds > 0 && job->generation == job->f->generation &&
        dns_body_build(answer, name, job->type, &job->arena, &body) == ERR_OK)
        dns_cache_put(job->f->setup.cache, name, job->type, &body, seconds, plat_mono());
}

static void succeed(struct dns_job *job)
{
    struct dns_resolution *r = &job->res;
    struct span name = dns_name_span(&job->name);
    struct dns_body body;
    if (r->hops > 0 && job->fetched) {
        struct dns_answer hop = dns_resolution_hop(r);
        keep(job, &hop, job->hop_name, r->tail - r->hop_at);
    }
    if (!r->local)
        keep(job, &r->answer, name, r->tail);
    enum err e = dns_body_build(&r->answer, name, job->type, &job->arena, &body);
    dns_forward_done(job, e == ERR_OK ? &body : NULL);
}

static void fail(struct dns_job *job)
{
    struct dns_body body = {.flags = DNS_RCODE_SERVFAIL};
    dns_job_report(job, REASON_DNS_FORWARD_FAILED, NULL);
    if (!job->res.local)
        dns_cache_put(job->f->setup.cache, dns_name_span(&job->name), job->type, &body,
                      FAILURE_KEPT, plat_mono());
    dns_forward_done(job, NULL);
}

/* --- one hop: the servers in turn ------------------------------------------------------------- */

static bool any_pending(const struct dns_job *job)
{
    for (size_t i = 0; i < job->attempt_count; i++) {
        if (job->attempts[i].pending)
            return true;
    }
    return false;
}

static void arm(struct dns_job *job, utime wait)
{
    utime left = job->deadline - plat_mono();
    plat_timer_start(job->timer, wait < left ? wait : left > 0 ? left : 0, 0);
}

static bool start_attempt(struct dns_job *job, struct dns_server *server)
{
    if (job->attempt_count >= DNS_ATTEMPTS_MAX)
        return false;
    struct dns_attempt *a = &job->attempts[job->attempt_count];
    *a = (struct dns_attempt){.job = job, .server = server, .fd = -1};
    enum err e = dns_attempt_start(a);
    if (e == ERR_OK)
        job->attempt_count++;
    else if (e != ERR_BUSY && e != ERR_NOMEM)
        strike(job, server, DNS_SERVER_STRIKES);
    return e == ERR_OK;
}

static void ask_next(struct dns_job *job)
{
    while (job->next_server < ROUNDS_MAX * job->server_count) {
        size_t at = job->next_server % job->server_count;
        size_t round = job->next_server++ / job->server_count;
        if (job->useless >> at & 1)
            continue;
        if (start_attempt(job, job->servers[at])) {
            utime wait = dns_server_patience(job->servers[at], job->f->setup.limits.first_wait);
            arm(job, wait << round);
            return;
        }
        job->useless |= 1u << at;
    }
    if (any_pending(job))
        arm(job, job->f->setup.limits.deadline);
    else
        fail(job);
}

/* The other way to see that a server is back: one question more, whose loss delays nobody. */
static void probe_due(struct dns_job *job)
{
    struct dns_server *due = dns_servers_due(job->servers, job->server_count, plat_mono());
    if (due && due != job->servers[0])
        (void)start_attempt(job, due);
}

static void begin_route(struct dns_job *job, const struct dns_route *route)
{
    job->suffix = route->suffix;
    job->server_count = route->count;
    memcpy(job->servers, route->servers, sizeof(job->servers));
    dns_servers_order(job->servers, job->server_count);
    job->next_server = 0;
    job->useless = 0;
    probe_due(job);
    ask_next(job);
}

/* --- from hop to hop -------------------------------------------------------------------------- */

static enum dns_step look_at_home(struct dns_job *job)
{
    const struct dns_zones *zones = job->f->setup.zones;
    struct dns_lookup l;
    if (dns_zones_begin(zones) != ERR_OK)
        return DNS_STEP_LAME;
    enum err e = dns_lookup(zones, job->hop_name, job->type, &job->arena, &l);
    enum dns_step step = DNS_STEP_LAME;
    bool ours = e == ERR_OK && (l.rest.len == 0 || l.answer.section[DNS_SECTION_ANSWER].count > 0);
    if (ours)
        step = dns_resolution_take_local(&job->res, &l, &job->arena);
    dns_zones_end(zones);
    return step;
}

/* A kept answer is sent to ourselves and read like one that came from a server: rare, and it needs
 * no second form of records. */
static enum dns_step look_in_cache(struct dns_job *job)
{
    static const uint8_t no_secret[DNS_EXCHANGE_RANDOM];
    struct dns_cached kept;
    struct dns_exchange x;
    struct dns_query q;
    struct dns_response resp;
    struct builder b;
    struct span msg;
    uint8_t query[DNS_QUERY_MAX];
    if (!dns_cache_find(job->f->setup.cache, job->hop_name, job->type, plat_mono(), &kept))
        return DNS_STEP_LAME;
    dns_exchange_begin(&x, job->hop_name, job->type, true, false, no_secret);
    size_t len = dns_exchange_query(&x, query, sizeof(query));
    if (dns_query_parse(span_of(query, len), &q) != DNS_TAKE_ANSWER)
        return DNS_STEP_LAME;
    builder_in(&b, &job->arena, DNS_MSG_MAX);
    dns_body_emit(&kept.body, &q, 0, kept.age, DNS_MSG_MAX, &b);
    if (builder_done(&b, &msg) != ERR_OK || dns_response_parse(msg, &job->arena, &resp) != ERR_OK)
        return DNS_STEP_LAME;
    return dns_resolution_take(&job->res, &resp, SPAN_LIT("\0"), &job->arena);
}

static bool set_hop_name(struct dns_job *job)
{
    struct dns_name lower;
    dns_name_lower(job->res.name, &lower);
    job->hop_name = arena_dup_span(&job->arena, dns_name_span(&lower));
    job->fetched = false;
    return job->hop_name.len > 0;
}

static void begin_hop(struct dns_job *job)
{
    enum dns_step step = DNS_STEP_NEXT;
    while (step == DNS_STEP_NEXT) {
        if (!set_hop_name(job)) {
            fail(job);
            return;
        }
        step = job->res.hops > 0 ? look_at_home(job) : DNS_STEP_LAME;
        if (step == DNS_STEP_LAME && job->res.hops > 0)
            step = look_in_cache(job);
    }
    const struct dns_route *route = dns_routes_find(job->f->setup.routes, job->hop_name);
    bool partial = job->res.answer.section[DNS_SECTION_ANSWER].count > 0;
    if (step == DNS_STEP_DONE || ((!route || route->count == 0) && partial))
        succeed(job);
    else if (!route || route->count == 0)
        fail(job);
    else
        begin_route(job, route);
}

void dns_job_tick(void *ctx)
{
    struct dns_job *job = ctx;
    if (job->attempt_count == 0) {
        begin_hop(job);
        return;
    }
    struct dns_attempt *last = &job->attempts[job->attempt_count - 1];
    if (last->pending && !last->struck) {
        last->struck = true;
        strike(job, last->server, 1);
    }
    if (plat_mono() >= job->deadline)
        fail(job);
    else
        ask_next(job);
}

void dns_job_failed(struct dns_attempt *a, unsigned strikes)
{
    struct dns_job *job = a->job;
    dns_attempt_end(a);
    strike(job, a->server, strikes);
    for (size_t i = 0; i < job->server_count; i++) {
        if (job->servers[i] == a->server)
            job->useless |= 1u << i;
    }
    if (!any_pending(job))
        ask_next(job);
}

void dns_job_answered(struct dns_attempt *a, struct span msg)
{
    struct dns_job *job = a->job;
    struct dns_server *server = a->server;
    struct dns_response resp;
    enum dns_step step = DNS_STEP_LAME;
    if (dns_server_answered(server, plat_mono() - a->sent))
        dns_job_report(job, REASON_NONE, server);
    msg = dns_exchange_unmix(&a->x, msg, &job->arena);
    if (dns_response_parse(msg, &job->arena, &resp) == ERR_OK)
        step = dns_resolution_take(&job->res, &resp, dns_name_span(&job->suffix), &job->arena);
    if (step == DNS_STEP_LAME) {
        dns_job_report(job, REASON_DNS_FORWARDER_REFUSED, server);
        dns_job_failed(a, 0);
        return;
    }
    job->fetched = true;
    end_attempts(job);
    if (step == DNS_STEP_DONE)
        succeed(job);
    else
        begin_hop(job);
}
