#include "peer/peer_dc.h"

#include "base/text.h"
#include "peer/peer_dns.h"
#include "peer/peer_ping.h"
#include "plat/task.h"

/* --- what failed -------------------------------------------------------------------------------
 */

void peer_dc_is_bad(struct peer_bad_dcs *bad, const struct plat_addr *addr)
{
    unsigned at = 0;
    for (unsigned i = 0; i < PEER_DC_BAD_MAX; i++) {
        if (plat_addr_same_host(&bad->list[i].addr, addr)) {
            at = i;
            break;
        }
        if (bad->list[i].until < bad->list[at].until)
            at = i;
    }
    bad->list[at].addr = *addr;
    bad->list[at].until = plat_mono() + PEER_DC_BAD;
}

static bool is_bad(const struct peer_bad_dcs *bad, const struct plat_addr *addr)
{
    for (unsigned i = 0; i < PEER_DC_BAD_MAX; i++) {
        if (bad->list[i].until > plat_mono() && plat_addr_same_host(&bad->list[i].addr, addr))
            return true;
    }
    return false;
}

void peer_dc_forgive(struct peer_bad_dcs *bad, const struct plat_addr *addr)
{
    for (unsigned i = 0; i < PEER_DC_BAD_MAX; i++) {
        if (plat_addr_same_host(&bad->list[i].addr, addr))
            bad->list[i].until = 0;
    }
}

/* --- DNS ---------------------------------------------------------------------------------------
 */

struct lookup {
    struct peer_dns_locator locator;
    struct dns_name name;
    struct plat_task *waits;
    enum err err;
};

static void looked_up(struct peer_dns_locator *l, enum err e)
{
    struct lookup *q = l->ctx;
    q->err = e;
    plat_task_wake(q->waits);
}

static enum err lookup(const struct peer_env *env, const char *name, utime deadline,
                       struct arena *a, const struct peer_dns_services **out)
{
    struct lookup *q = arena_new(a, struct lookup);
    if (!q || !name)
        return ERR_NOMEM;
    TRY(dns_name_from_text(span_str(name), &q->name));
    q->waits = plat_task_self();
    q->locator.ctx = q;
    q->locator.done = looked_up;
    q->locator.question.ask.loop = env->loop;
    q->locator.question.ask.a = a;
    peer_dns_locate(&q->locator, &env->dns, dns_name_span(&q->name), deadline);
    plat_task_wait();
    *out = &q->locator.found;
    return q->err;
}

static void add(struct peer_dcs *dcs, const struct peer_dns_service *s,
                const struct peer_bad_dcs *bad)
{
    char host[DNS_TEXT_MAX];
    dns_name_to_text(s->host, host);
    for (size_t i = 0; i < s->addr_count && dcs->count < PEER_DCS_MAX; i++) {
        struct peer_dc *dc = &dcs->list[dcs->count++];
        *dc = (struct peer_dc){.addr = s->addrs[i], .bad = is_bad(bad, &s->addrs[i])};
        plat_addr_set_port(&dc->addr, PEER_MAPPER_PORT);
        snprintf(dc->host, sizeof(dc->host), "%.*s", PEER_NAME_MAX, host);
    }
}

/* The good before the bad; the order of DNS among them. */
static void good_first(struct peer_dcs *dcs)
{
    struct peer_dcs sorted = {.count = 0};
    for (unsigned bad = 0; bad < 2; bad++) {
        for (unsigned i = 0; i < dcs->count; i++) {
            if (dcs->list[i].bad == bad)
                sorted.list[sorted.count++] = dcs->list[i];
        }
    }
    *dcs = sorted;
}

static enum reason why_none(enum err e, const struct peer_dns_services *found)
{
    if (e != ERR_OK)
        return REASON_VERIFY_RESOLVER_SILENT;
    return found->rcode == 2 ? REASON_VERIFY_FORWARDER_SILENT : REASON_VERIFY_NAME_UNKNOWN;
}

static enum err list_of(const struct peer_env *env, const struct peer_bad_dcs *bad,
                        const char *name, utime deadline, struct arena *a, struct peer_dcs *out,
                        enum reason *reason_out)
{
    const struct peer_dns_services *found = NULL;
    utime latest = plat_mono() + PEER_RESOLVE_TIMEOUT;
    enum err e = lookup(env, name, deadline < latest ? deadline : latest, a, &found);
    struct peer_dcs *dcs = arena_new(a, struct peer_dcs);
    if (!dcs)
        return ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < found->count; i++)
        add(dcs, &found->list[i], bad);
    if (dcs->count == 0) {
        *reason_out = why_none(e, found);
        return ERR_NOT_FOUND;
    }
    good_first(dcs);
    *out = *dcs;
    return ERR_OK;
}

enum err peer_dc_list(const struct peer_env *env, const struct peer_bad_dcs *bad,
                      struct span partner, utime deadline, struct arena *a, struct peer_dcs *out,
                      enum reason *reason_out)
{
    return list_of(env, bad, arena_printf(a, "_ldap._tcp.dc._msdcs.%.*s", SPAN_ARG(partner)),
                   deadline, a, out, reason_out);
}

/* --- the ping ----------------------------------------------------------------------------------
 */

struct pings;
struct ping {
    struct peer_ask ask;
    struct pings *all;
    const struct peer_dc *dc;
};
struct pings {
    struct ping ping[PEER_DCS_MAX];
    struct plat_task *waits; /* NULL: it was woken */
    struct span partner;
    unsigned count, pending;
    const struct peer_dc *first; /* to answer */
    struct netlogon_answer answer;
};

static void ponged(struct peer_ask *ask, enum err e, struct span reply)
{
    struct ping *p = (struct ping *)ask;
    struct pings *all = p->all;
    all->pending--;
    if (e == ERR_OK && !all->first && peer_ping_read(reply, ask->a, &all->answer) == ERR_OK &&
        ascii_eq_fold(all->answer.dns_domain, all->partner))
        all->first = p->dc;
    if (all->waits && (all->first || all->pending == 0)) {
        struct plat_task *t = all->waits;
        all->waits = NULL;
        plat_task_wake(t);
    }
}

/* The first of dcs to answer, of those that are bad or of the others, and what it says. */
static enum err ping(const struct peer_env *env, const struct peer_dcs *dcs, bool bad,
                     struct span partner, utime deadline, struct arena *a, struct pings **out)
{
    struct pings *all = arena_new(a, struct pings);
    struct span request;
    utime patience = deadline - plat_mono();
    if (!all)
        return ERR_NOMEM;
    TRY(peer_ping_request(partner, a, &request));
    all->partner = partner;
    all->waits = plat_task_self();
    for (unsigned i = 0; i < dcs->count; i++) {
        if (dcs->list[i].bad != bad)
            continue;
        struct ping *p = &all->ping[all->count++];
        struct plat_addr at = dcs->list[i].addr;
        plat_addr_set_port(&at, PEER_PING_PORT);
        *p = (struct ping){.all = all, .dc = &dcs->list[i]};
        p->ask = (struct peer_ask){.loop = env->loop, .a = a, .done = ponged};
        all->pending++;
        peer_ask_datagram(&p->ask, &at, request, patience < PEER_DC_PING ? patience : PEER_DC_PING);
    }
    if (all->count)
        plat_task_wait();
    for (unsigned i = 0; i < all->count; i++)
        peer_ask_cancel(&all->ping[i].ask);
    *out = all;
    return all->first ? ERR_OK : ERR_TIMEOUT;
}

/* --- the choice --------------------------------------------------------------------------------
 */

static bool choose_wanted(const struct peer_dcs *dcs, struct span wanted, struct peer_dc *out)
{
    for (unsigned i = 0; i < dcs->count && wanted.len; i++) {
        if (!dcs->list[i].bad && ascii_eq_fold(span_str(dcs->list[i].host), wanted)) {
            *out = dcs->list[i];
            return true;
        }
    }
    return false;
}

/* Those of the site that we are counted to, when who answered is not of it. */
static void prefer_near(const struct peer_env *env, const struct peer_bad_dcs *bad,
                        const struct pings *said, utime deadline, struct arena *a,
                        struct peer_dc *dc)
{
    struct span site = said->answer.client_site;
    struct peer_dcs *near = arena_new(a, struct peer_dcs);
    struct pings *answered;
    enum reason reason;
    if (!near || site.len == 0 || (said->answer.flags & DS_CLOSEST_FLAG))
        return;
    const char *name = arena_printf(a, "_ldap._tcp.%.*s._sites.dc._msdcs.%.*s", SPAN_ARG(site),
                                    SPAN_ARG(said->partner));
    if (list_of(env, bad, name, deadline, a, near, &reason) == ERR_OK && !near->list[0].bad &&
        ping(env, near, false, said->partner, deadline, a, &answered) == ERR_OK)
        *dc = *answered->first;
}

enum err peer_dc_find(const struct peer_env *env, const struct peer_bad_dcs *bad,
                      struct span partner, struct span wanted, utime deadline, struct arena *a,
                      struct peer_dc *out, enum reason *reason_out)
{
    struct peer_dcs *dcs = arena_new(a, struct peer_dcs);
    struct pings *said;
    struct peer_dc dc;
    if (!dcs)
        return ERR_NOMEM;
    TRY(peer_dc_list(env, bad, partner, deadline, a, dcs, reason_out));
    if (choose_wanted(dcs, wanted, out))
        return ERR_OK;
    *reason_out = REASON_VERIFY_PORT_SILENT;
    /* Those that failed may be well again when the others are not. */
    enum err e = ping(env, dcs, false, partner, deadline, a, &said);
    if (e == ERR_TIMEOUT)
        e = ping(env, dcs, true, partner, deadline, a, &said);
    TRY(e);
    dc = *said->first;
    prefer_near(env, bad, said, deadline, a, &dc);
    *out = dc;
    return ERR_OK;
}
