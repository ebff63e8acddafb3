#include "peer/peer_channel.h"

#include "base/text.h"
#include "wire/rpc/netlogon_trust.h"

struct waiter {
    struct waiter *next;
    struct plat_task *task;
};

struct channel {
    struct channel *next;
    char partner[PEER_NAME_MAX + 1]; /* lower case */
    bool busy;                       /* a task has it */
    unsigned waiting;
    struct waiter *first, **last;
    struct peer_session session;
    char wanted[PEER_NAME_MAX + 1]; /* server of the last reset; empty: any */
    utime used;                     /* plat_mono */
    /* For those that ask: of the last change. */
    utime since;
    struct peer_failure failure;
    char server[PEER_NAME_MAX + 1];
};

struct peer_channels {
    const struct peer_env *env;
    struct channel *list;
    unsigned count;
    struct peer_bad_dcs bad;
};

struct peer_channels *peer_channels_new(const struct peer_env *env)
{
    struct peer_channels *all = calloc(1, sizeof(*all));
    if (all)
        all->env = env;
    return all;
}

/* --- one for each partner ----------------------------------------------------------------------
 */

static struct channel *find(struct peer_channels *all, struct span partner)
{
    for (struct channel *c = all->list; c; c = c->next) {
        if (ascii_eq_fold(span_str(c->partner), partner))
            return c;
    }
    return NULL;
}

static void forget(struct peer_channels *all, struct channel *c)
{
    struct channel **at = &all->list;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    all->count--;
    peer_session_close(&c->session);
    free(c);
}

static void make_room(struct peer_channels *all)
{
    struct channel *oldest = NULL;
    for (struct channel *c = all->list; c; c = c->next) {
        if (!c->busy && c->waiting == 0 && (!oldest || c->used < oldest->used))
            oldest = c;
    }
    if (oldest)
        forget(all, oldest);
}

static struct channel *find_or_make(struct peer_channels *all, struct span partner)
{
    struct channel *c = find(all, partner);
    if (c || partner.len > PEER_NAME_MAX)
        return c;
    if (all->count >= PEER_CHANNELS_MAX)
        make_room(all);
    if (all->count >= PEER_CHANNELS_MAX || !(c = calloc(1, sizeof(*c))))
        return NULL;
    snprintf(c->partner, sizeof(c->partner), "%.*s", SPAN_ARG(partner));
    c->last = &c->first;
    c->next = all->list;
    all->list = c;
    all->count++;
    return c;
}

/* Waits its turn. ERR_BUSY: too many do. */
static enum err enter(struct peer_channels *all, struct span partner, struct channel **out)
{
    struct channel *c = find_or_make(all, partner);
    struct waiter w = {.task = plat_task_self()};
    if (!c)
        return ERR_BUSY;
    if (c->busy) {
        if (c->waiting >= PEER_CHANNEL_WAITERS)
            return ERR_BUSY;
        c->waiting++;
        *c->last = &w;
        c->last = &w.next;
        plat_task_wait(); /* whoever leaves hands it over */
        c->waiting--;
    }
    c->busy = true;
    *out = c;
    return ERR_OK;
}

static void leave(struct channel *c)
{
    struct waiter *w = c->first;
    c->used = plat_mono();
    if (!w) {
        c->busy = false;
        return;
    }
    c->first = w->next;
    if (!c->first)
        c->last = &c->first;
    plat_task_wake(w->task);
}

/* --- making it ---------------------------------------------------------------------------------
 */

static void note(struct channel *c, const struct peer_failure *f, const char *server)
{
    bool changed = c->since == 0 || c->failure.status != f->status || strcmp(c->server, server);
    c->failure = *f;
    if (server != c->server)
        snprintf(c->server, sizeof(c->server), "%s", server);
    if (changed)
        c->since = plat_now();
}

static void tell(struct peer_channels *all, const struct channel *c)
{
    struct event ev;
    event_init(&ev, plat_now(), c->failure.status ? "peer.channel_failed" : "peer.channel",
               c->failure.reason);
    event_text(&ev, "partner", span_str(c->partner));
    event_text(&ev, "server", span_str(c->server));
    event_text(&ev, "detail", span_str(c->failure.detail));
    event_emit(all->env->events, &ev);
}

/* Of a server, not of the trust: another one may do better. */
static bool server_failed(const struct peer_failure *f)
{
    return f->reason == REASON_VERIFY_PORT_CLOSED || f->reason == REASON_VERIFY_PORT_SILENT ||
           f->reason == REASON_CHANNEL_NOT_OFFERED || f->reason == REASON_CHANNEL_BROKEN;
}

static utime soonest(utime a, utime b)
{
    return a < b ? a : b;
}

static void remember(struct peer_channels *all, const struct peer_dc *dc,
                     const struct peer_failure *f)
{
    if (f->status == PEER_OK)
        peer_dc_forgive(&all->bad, &dc->addr);
    else if (server_failed(f))
        peer_dc_is_bad(&all->bad, &dc->addr);
}

/* With one domain controller. */
static enum err make_with(struct peer_channels *all, struct channel *c,
                          const struct peer_secret *secret, const struct peer_dc *dc,
                          utime deadline, struct arena *a)
{
    struct peer_failure f = {0};
    enum err e = peer_session_open(&c->session, all->env, secret, dc,
                                   soonest(deadline, plat_mono() + PEER_CHANNEL_STEP), a, &f);
    remember(all, dc, &f);
    note(c, &f, dc->host);
    tell(all, c);
    return e;
}

static enum err find_dc(struct peer_channels *all, struct channel *c, utime deadline,
                        struct arena *a, struct peer_dc *out)
{
    struct peer_failure f = {0};
    enum reason reason = REASON_VERIFY_NAME_UNKNOWN;
    enum err e = peer_dc_find(all->env, &all->bad, span_str(c->partner), span_str(c->wanted),
                              deadline, a, out, &reason);
    if (e == ERR_OK)
        return ERR_OK;
    (void)peer_fail(&f, PEER_NO_LOGON_SERVERS, reason,
                    e == ERR_TIMEOUT ? "no domain controller of %s answers the ping"
                                     : "no domain controller of %s is found",
                    c->partner);
    note(c, &f, "");
    tell(all, c);
    return ERR_REFUSED;
}

/* With the first of a few that will. */
static enum err make(struct peer_channels *all, struct channel *c, utime deadline, struct arena *a)
{
    struct peer_secret secret;
    struct peer_failure f;
    struct peer_dc dc;
    TRY(peer_secret_read(all->env, span_str(c->partner), a, &secret));
    enum err e = peer_secret_usable(&secret, &f);
    if (e != ERR_OK) {
        note(c, &f, "");
        return e;
    }
    for (unsigned i = 0; i < PEER_CHANNEL_DCS; i++) {
        TRY(find_dc(all, c, deadline, a, &dc));
        e = make_with(all, c, &secret, &dc, deadline, a);
        if (e == ERR_OK || !server_failed(&c->failure) || plat_mono() >= deadline)
            break;
    }
    return e;
}

/* --- calls -------------------------------------------------------------------------------------
 */

static enum err trusts_epoch(const struct peer_env *env, uint64_t *out)
{
    struct dir_snap snap;
    TRY(dir_snap_begin(env->dir, &snap));
    *out = snap.epochs.trusts;
    dir_snap_end(&snap);
    return ERR_OK;
}

/* A channel of a trust that was deleted, made again or given another password is not used. */
static void end_if_changed(struct peer_channels *all, struct channel *c, struct arena *a)
{
    struct peer_secret secret;
    uint64_t epoch;
    if (trusts_epoch(all->env, &epoch) == ERR_OK && epoch == c->session.basis.epoch)
        return;
    if (peer_secret_read(all->env, span_str(c->partner), a, &secret) == ERR_OK &&
        peer_basis_same(&secret.basis, &c->session.basis))
        c->session.basis.epoch = secret.basis.epoch;
    else
        peer_session_close(&c->session);
}

/* The other side ended the channel, or has its half anew, and with it another account: access is
 * denied, for which the channel is to be made again ([MS-NRPC] 3.4.5), or, as Samba says it, the
 * account is disabled. Of a logon that would be the user's. A call's own status is the last of its
 * answer. */
static bool forgotten(const struct trust_call *call, struct span stub)
{
    struct reader r = reader_of(span_sub(stub, stub.len < 4 ? stub.len : stub.len - 4, stub.len));
    uint32_t status = reader_le32(&r);
    return call->interface == TRUST_NETLOGON &&
           (status == PEER_ACCESS_DENIED ||
            (status == PEER_ACCOUNT_DISABLED && call->opnum == NETLOGON_GET_TRUST_INFO));
}

/* A channel that stood until now may have been ended by the other side meanwhile: that is found out
 * by calling, and then a new one is made, once. */
static enum err call_over(struct peer_channels *all, struct channel *c,
                          const struct trust_call *call, struct arena *a, struct span *out,
                          struct peer_failure *f)
{
    utime deadline = plat_mono() + TRUST_CALL_TIMEOUT - UTIME_SECOND;
    if (peer_session_is_open(&c->session))
        end_if_changed(all, c, a);
    bool fresh = !peer_session_is_open(&c->session);
    enum err e = fresh ? make(all, c, deadline, a) : ERR_OK;
    *f = c->failure;
    if (e != ERR_OK)
        return e;
    e = peer_session_call(&c->session, call->interface, call->opnum, call->stub, deadline, a, out,
                          f);
    if (e == ERR_OK && (fresh || !forgotten(call, *out)))
        return e;
    if (e == ERR_UNSUPPORTED || e == ERR_RANGE || (e == ERR_REFUSED && fresh))
        return e;
    peer_session_close(&c->session);
    note(c, f, c->server);
    return fresh ? e : call_over(all, c, call, a, out, f);
}

enum err peer_channel_call(struct peer_channels *all, const struct trust_call *call,
                           struct arena *a, struct trust_answer *out)
{
    struct channel *c;
    struct peer_failure f = {0};
    struct trust_answer answer = {0};
    enum err e = enter(all, call->partner, &c);
    if (e == ERR_BUSY) {
        *out = (struct trust_answer){.status = PEER_NO_MEMORY, .reason = REASON_SERVER_BUSY};
        return ERR_OK;
    }
    e = call_over(all, c, call, a, &answer.stub, &f);
    answer.status = e == ERR_OK ? PEER_OK : f.status;
    answer.reason = e == ERR_OK ? REASON_NONE : f.reason;
    answer.server = arena_dup_span(a, span_str(c->server));
    leave(c);
    /* Our own directory failed, too, when nothing was found out about the partner. */
    if (e == ERR_NOT_FOUND || e == ERR_NOMEM || (e != ERR_OK && f.status == PEER_OK))
        return e;
    *out = answer;
    return ERR_OK;
}

/* --- state -------------------------------------------------------------------------------------
 */

static void read_state(const struct channel *c, struct arena *a, struct trust_channel *out)
{
    *out = (struct trust_channel){.up = peer_session_is_open(&c->session),
                                  .former = c->session.former,
                                  .since = c->since,
                                  .status = c->failure.status,
                                  .reason = c->failure.reason,
                                  .server = arena_dup_span(a, span_str(c->server))};
}

enum err peer_channel_state(struct peer_channels *all, struct span partner, struct arena *a,
                            struct trust_channel *out)
{
    struct peer_secret secret;
    const struct channel *c = find(all, partner);
    TRY(peer_secret_read(all->env, partner, a, &secret));
    if (c)
        read_state(c, a, out);
    else
        *out = (struct trust_channel){0};
    if (out->up) /* the next call will not use one that rests on something else */
        out->up = peer_basis_same(&c->session.basis, &secret.basis);
    return ERR_OK;
}

enum err peer_channel_reset(struct peer_channels *all, const struct trust_reset *reset,
                            struct arena *a, struct trust_channel *out)
{
    struct channel *c;
    struct peer_secret secret;
    TRY(peer_secret_read(all->env, reset->partner, a, &secret));
    TRY(enter(all, secret.partner, &c));
    peer_session_close(&c->session);
    memset(&all->bad, 0, sizeof(all->bad));
    snprintf(c->wanted, sizeof(c->wanted), "%.*s", SPAN_ARG(reset->server));
    enum err e = make(all, c, plat_mono() + TRUST_CALL_TIMEOUT - UTIME_SECOND, a);
    read_state(c, a, out);
    leave(c);
    return e == ERR_NOMEM || e == ERR_NOT_FOUND ? e : ERR_OK;
}

/* --- all at once -------------------------------------------------------------------------------
 */

struct attempts {
    struct peer_channels *all;
    const struct peer_secret *secret;
    const struct peer_dcs *dcs;
    struct peer_failure *outcomes;
    struct plat_task *waits;
    unsigned pending;
    utime deadline;
};
struct attempt {
    struct attempts *of;
    unsigned first; /* of the host's addresses */
};

static bool same_host(const struct attempts *of, unsigned a, unsigned b)
{
    return ascii_eq_fold(span_str(of->dcs->list[a].host), span_str(of->dcs->list[b].host));
}

static void attempt_one(struct attempts *of, unsigned at)
{
    struct peer_session session = {0};
    struct arena a;
    arena_init(&a, 0, PEER_CHANNEL_MEMORY, ARENA_WIPE);
    of->outcomes[at] = (struct peer_failure){0};
    (void)peer_session_open(&session, of->all->env, of->secret, &of->dcs->list[at], of->deadline,
                            &a, &of->outcomes[at]);
    remember(of->all, &of->dcs->list[at], &of->outcomes[at]);
    peer_session_close(&session);
    arena_fini(&a);
}

/* The addresses of one host in turn: to it they are one channel. */
static void attempt(void *ctx)
{
    struct attempt *t = ctx;
    struct attempts *of = t->of;
    for (unsigned i = t->first; i < of->dcs->count; i++) {
        if (same_host(of, t->first, i))
            attempt_one(of, i);
    }
    if (--of->pending == 0)
        plat_task_wake(of->waits);
}

static bool seen_before(const struct attempts *of, unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        if (same_host(of, i, at))
            return true;
    }
    return false;
}

static void no_memory_for(struct attempts *of, unsigned first)
{
    for (unsigned i = first; i < of->dcs->count; i++) {
        if (same_host(of, first, i))
            (void)peer_fail(&of->outcomes[i], PEER_NO_MEMORY, REASON_SERVER_FAILED, "no memory");
    }
}

static void attempt_all(struct attempts *of, struct attempt *list)
{
    of->pending = 1; /* those that end at once are not the last */
    for (unsigned i = 0; i < of->dcs->count; i++) {
        if (seen_before(of, i))
            continue;
        list[i] = (struct attempt){.of = of, .first = i};
        of->pending++;
        if (plat_task_start(of->all->env->loop, attempt, &list[i]) == ERR_OK)
            continue;
        no_memory_for(of, i);
        of->pending--;
    }
    if (--of->pending > 0)
        plat_task_wait();
}

static enum err prove_all(struct peer_channels *all, struct channel *c, const struct peer_dcs *dcs,
                          struct peer_failure *outcomes, utime deadline, struct arena *a)
{
    struct peer_secret secret;
    struct attempts of = {.all = all,
                          .secret = &secret,
                          .dcs = dcs,
                          .outcomes = outcomes,
                          .waits = plat_task_self(),
                          .deadline = deadline};
    struct attempt *list = arena_new_array(a, PEER_DCS_MAX, struct attempt);
    if (!list)
        return ERR_NOMEM;
    TRY(peer_secret_read(all->env, span_str(c->partner), a, &secret));
    peer_session_close(&c->session); /* or these would end it unnoticed */
    attempt_all(&of, list);
    return ERR_OK;
}

enum err peer_channel_prove(struct peer_channels *all, struct span partner,
                            const struct peer_dcs *dcs, struct peer_failure *outcomes,
                            utime deadline)
{
    struct channel *c;
    struct arena a;
    TRY(enter(all, partner, &c));
    arena_init(&a, 0, PEER_CHANNEL_MEMORY, ARENA_WIPE);
    enum err e = prove_all(all, c, dcs, outcomes, deadline, &a);
    arena_fini(&a);
    leave(c);
    return e;
}
