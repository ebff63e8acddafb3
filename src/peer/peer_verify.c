/*
 * The life of a run.
 */
#include <stdarg.h>

#include "base/text.h"
#include "peer/peer_run.h"
#include "trust/trust_attributes.h"

#define RUN_MEMORY (16u << 20)

void peer_tell(struct peer_run *r, enum trust_step step, enum trust_status status,
               enum reason reason, struct span server, const char *format, ...)
{
    char text[512];
    va_list args;
    struct trust_report *report = &r->report;
    if (report->count == TRUST_CHECKS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    report->checks[report->count++] =
        (struct trust_check){.half = TRUST_DISABLED,
                             .step = step,
                             .status = status,
                             .reason = reason,
                             .server = server,
                             .detail = arena_dup_span(r->a, span_str(text))};
}

utime peer_patience(const struct peer_run *r, utime most)
{
    utime left = r->deadline - plat_mono();
    return left < 0 ? 0 : left < most ? left : most;
}

void peer_free_run(struct peer_run *r)
{
    if (!r->cancelled || r->tasks)
        return;
    arena_fini(&r->arena);
    mem_wipe(r, sizeof(*r));
    free(r);
}

void peer_cancel(struct peer_run *r)
{
    if (r->end)
        plat_timer_free(r->end);
    peer_cancel_channels(r);
    peer_ask_cancel(&r->locator.question.ask);
    for (unsigned i = 0; i < r->proofs; i++)
        peer_ask_cancel(&r->proof[i].ask);
    r->cancelled = true;
    peer_free_run(r);
}

/* In the order of the servers, whichever ended first. */
static void add_rows(struct peer_run *r)
{
    for (unsigned i = 0; i < r->proofs && r->report.count < TRUST_CHECKS_MAX; i++)
        r->report.checks[r->report.count++] = r->proof[i].row;
    for (unsigned i = 0; i < r->channel_rows && r->report.count < TRUST_CHECKS_MAX; i++)
        r->report.checks[r->report.count++] = r->channel_row[i];
    for (unsigned i = 0; i < r->back_rows && r->report.count < TRUST_CHECKS_MAX; i++)
        r->report.checks[r->report.count++] = r->back_row[i];
}

static void ended(void *ctx)
{
    struct peer_run *r = ctx;
    add_rows(r);
    r->done(r->ctx, r->err, &r->report);
    peer_cancel(r);
}

static enum err new_run(const struct peer_env *env, struct span partner, peer_done *done, void *ctx,
                        struct peer_run **out)
{
    struct peer_run *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NOMEM;
    arena_init(&r->arena, 1 << 16, RUN_MEMORY, ARENA_WIPE);
    r->a = &r->arena;
    r->env = env;
    r->done = done;
    r->ctx = ctx;
    r->deadline = plat_mono() + PEER_TOTAL_TIMEOUT;
    r->end = plat_timer_new(env->loop, ended, r);
    r->partner = ascii_lower(r->a, partner);
    r->report.checks = arena_new_array(r->a, TRUST_CHECKS_MAX, struct trust_check);
    if (!r->end || arena_failed(r->a)) {
        peer_cancel(r);
        return ERR_NOMEM;
    }
    *out = r;
    return ERR_OK;
}

static enum err read_trust(struct peer_run *r, struct dir_snap *s, struct dir_naming *naming)
{
    struct trust *list;
    unsigned count;
    TRY(dir_naming(s, naming));
    TRY(auth_trust_local(s, naming, r->a, &r->local));
    r->local.realm = arena_dup_span(r->a, r->local.realm); /* outlive the snapshot */
    r->local.flat_name = arena_dup_span(r->a, r->local.flat_name);
    r->local.dns_name = arena_dup_span(r->a, r->local.dns_name);
    TRY(auth_trusts(s, r->a, &list, &count));
    const struct trust *t = auth_trust_named(list, count, r->partner);
    if (!t)
        return ERR_NOT_FOUND;
    r->trust = *t;
    r->partner = ascii_lower(r->a, t->dns_name);
    r->partner_realm = ascii_upper(r->a, t->dns_name);
    return arena_failed(r->a) ? ERR_NOMEM : ERR_OK;
}

/* All that is needed of the directory; nobody has been asked anything yet. */
static enum err read_directory(struct peer_run *r)
{
    struct dir_snap snap;
    struct dir_naming *naming = arena_new(r->a, struct dir_naming);
    if (!naming)
        return ERR_NOMEM;
    TRY(dir_snap_begin(r->env->dir, &snap));
    enum err e = read_trust(r, &snap, naming);
    if (e == ERR_OK) {
        r->outgoing.ready =
            (r->trust.direction & TRUST_OUTBOUND) && peer_prepare_outgoing(r, &snap) == ERR_OK;
        r->incoming.ready = (r->trust.direction & TRUST_INBOUND) &&
                            peer_prepare_incoming(r, &snap, naming) == ERR_OK;
    }
    dir_snap_end(&snap);
    /* The rest were views. */
    r->trust = (struct trust){.direction = r->trust.direction, .attributes = r->trust.attributes};
    return e;
}

enum err peer_verify(const struct peer_env *env, struct span partner, peer_done *done, void *ctx,
                     struct peer_run **out)
{
    struct peer_run *r;
    TRY(new_run(env, partner, done, ctx, &r));
    r->err = read_directory(r);
    if (r->err == ERR_OK)
        peer_locate_kdcs(r, peer_begin_proofs);
    else
        plat_timer_start(r->end, 0, 0);
    *out = r;
    return ERR_OK;
}

enum err peer_discover(const struct peer_env *env, struct span partner, peer_done *done, void *ctx,
                       struct peer_run **out)
{
    struct peer_run *r;
    TRY(new_run(env, partner, done, ctx, &r));
    peer_locate_kdcs(r, peer_ask_names);
    *out = r;
    return ERR_OK;
}
