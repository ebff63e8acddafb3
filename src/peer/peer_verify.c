#include <stdarg.h>

#include "base/text.h"
#include "peer/peer_run.h"

void peer_tell(struct peer_run *r, uint32_t half, enum trust_step step, enum trust_status status,
               enum reason reason, struct span server, const char *format, ...)
{
    char text[512];
    va_list args;
    struct trust_report *report = r->report;
    if (report->count == TRUST_CHECKS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    report->checks[report->count++] =
        (struct trust_check){.half = half,
                             .step = step,
                             .status = status,
                             .reason = reason,
                             .server = server,
                             .detail = arena_dup_span(r->a, span_str(text))};
}

utime peer_deadline(const struct peer_run *r)
{
    utime one = plat_mono() + PEER_ANSWER_TIMEOUT;
    return one < r->deadline ? one : r->deadline;
}

static enum err begin(struct peer_run *r, const struct peer_env *env, struct arena *a,
                      struct trust_report *report)
{
    *r = (struct peer_run){
        .env = env, .a = a, .deadline = plat_mono() + PEER_TOTAL_TIMEOUT, .report = report};
    *report =
        (struct trust_report){.checks = arena_new_array(a, TRUST_CHECKS_MAX, struct trust_check)};
    return report->checks ? ERR_OK : ERR_NOMEM;
}

/* What is needed of the directory. The snapshot stays while the partner is asked: a minute at most,
 * of a rare operation. */
static enum err read_trust(struct peer_run *r, struct span partner)
{
    struct trust *list;
    unsigned count;
    TRY(dir_naming(&r->snap, &r->naming));
    TRY(auth_trust_local(&r->snap, &r->naming, r->a, &r->local));
    TRY(auth_trusts(&r->snap, r->a, &list, &count));
    const struct trust *t = auth_trust_named(list, count, partner);
    if (!t)
        return ERR_NOT_FOUND;
    r->trust = *t;
    r->partner_realm = ascii_upper(r->a, t->dns_name);
    return r->partner_realm.ptr ? ERR_OK : ERR_NOMEM;
}

static void prove_all(struct peer_run *r)
{
    for (unsigned i = 0; i < r->kdc_count; i++) {
        if (r->trust.direction & TRUST_OUTBOUND)
            peer_prove_outgoing(r, &r->kdc[i]);
        if (r->trust.direction & TRUST_INBOUND)
            peer_prove_incoming(r, &r->kdc[i]);
    }
}

enum err peer_verify(const struct peer_env *env, struct span partner, struct arena *a,
                     struct trust_report *out)
{
    struct peer_run *r = arena_new(a, struct peer_run);
    if (!r)
        return ERR_NOMEM;
    TRY(begin(r, env, a, out));
    TRY(dir_snap_begin(env->dir, &r->snap));
    enum err e = read_trust(r, partner);
    if (e == ERR_OK && peer_locate_kdcs(r, r->trust.dns_name))
        prove_all(r);
    dir_snap_end(&r->snap);
    return e;
}

enum err peer_discover(const struct peer_env *env, struct span partner, struct arena *a,
                       struct trust_report *out)
{
    struct peer_run *r = arena_new(a, struct peer_run);
    if (!r)
        return ERR_NOMEM;
    TRY(begin(r, env, a, out));
    return peer_ask_names(r, partner);
}
