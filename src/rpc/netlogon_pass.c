/*
 * NETLOGON, logons of accounts of a trusted domain ([MS-NRPC] 3.5.4.5.1, [MS-APDS] 3.1.5): asked of
 * its domain controllers over our secure channel. What they answer is believed as far as the trust
 * goes, as a ticket from there would be; then our own groups are added.
 */
#include "auth/logon_info.h"
#include "auth/trust_facts.h"
#include "rpc/netlogon_logon.h"
#include "rpc/netlogon_partner.h"
#include "trust/pass_through.h"
#include "trust/selective.h"

/* What goes on when the answer comes. */
struct passing {
    struct netlogon_logon *logon;
    dir_id trust;
    struct netlogon_sam_logon_ex ask;
};

static uint32_t transitive(uint16_t level)
{
    return level < NETLOGON_GENERIC ? level + NETLOGON_GENERIC : level;
}

/* --- what is believed ------------------------------------------------------------------------- */

struct believing {
    struct rpc_ctx *c;
    const struct netlogon_logon *logon;
    const struct trust *trust;
    struct trust_local local;
    struct lsa_view view;
    struct netlogon_welcome *out;
    enum reason why; /* REASON_NONE: it is */
};

static void dropped(void *ctx, const struct sid *sid, enum sid_rule rule)
{
    const struct believing *b = ctx;
    char text[SID_TEXT_SIZE];
    struct event ev;

    sid_to_text(sid, text);
    event_init(&ev, b->c->env->now(), "netlogon.sid_filtered", REASON_SID_FILTERED);
    event_text(&ev, "sid", span_str(text));
    event_text(&ev, "rule", span_str(trust_sid_rule_name(rule)));
    event_text(&ev, "trust", b->trust->dns_name);
    event_emit(b->c->env->events, &ev);
}

/* Who came over a trust with selective authentication needs a right on the very server. */
static enum err check_selective(struct believing *b)
{
    const struct dir_snap *s = &b->view.snap;
    struct dir_obj server;
    struct sid *sids;
    unsigned count;
    bool allowed;

    TRY(dir_by_id(s, b->logon->server, &server));
    TRY(auth_logon_sids(&b->out->info, b->c->arena, &sids, &count));
    TRY(auth_logon_allowed(s, sids, count, server.sd_id, &b->logon->server_sid, b->c->arena,
                           &allowed));
    b->why = trust_selective_check(ORGANIZATION_OTHER, allowed);
    return ERR_OK;
}

static enum err check_sids(struct believing *b)
{
    struct auth_logon_filter filter = {b->trust, &b->local, dropped, b};
    struct pac_logon_info *info = &b->out->info;
    bool other;

    TRY(auth_logon_filter(&filter, info, b->c->arena, &b->why));
    if (b->why != REASON_NONE)
        return ERR_OK;
    TRY(auth_logon_organization(b->trust, info, b->c->arena, &other));
    if (other)
        TRY(check_selective(b));
    if (b->why != REASON_NONE)
        return ERR_OK;
    return auth_logon_add_local(info, &b->view.snap, &b->view.naming.domain_sid,
                                AUTH_LOGON_SPELT_OUT, b->c->arena);
}

static enum err believe_in(struct believing *b)
{
    TRY(auth_trust_local(&b->view.snap, &b->view.naming, b->c->arena, &b->local));
    b->why = trust_may_pass(b->trust);
    if (b->why == REASON_NONE)
        b->why =
            trust_answer_domain(b->trust, &b->local, b->out->info.logon_domain, b->out->dns_domain);
    return b->why == REASON_NONE ? check_sids(b) : ERR_OK;
}

static enum err believe(struct believing *b)
{
    if (lsa_view_begin(b->c, &b->view) != NT_OK)
        return ERR_IO;
    enum err e = believe_in(b);
    /* Our own SID is in the view, and the groups that were added are of the arena. */
    lsa_view_end(&b->view);
    return e;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* Statuses about the way to the partner would tell the member that its own channel is broken. */
static uint32_t about_logon(uint32_t status)
{
    return status == NT_ACCESS_DENIED ? (uint32_t)NT_NO_LOGON_SERVERS : status;
}

static uint32_t disbelieved(struct rpc_ctx *c, const struct netlogon_logon *l, enum reason why)
{
    return netlogon_decide(c, l, why,
                           why == REASON_SELECTIVE_AUTH_DENIED ? NT_AUTHENTICATION_FIREWALL_FAILED
                                                               : NT_LOGON_FAILURE);
}

static uint32_t take(struct rpc_ctx *c, const struct passing *p,
                     const struct netlogon_sam_info4 *said)
{
    struct netlogon_welcome *w = arena_new(c->arena, struct netlogon_welcome);
    struct believing b = {.c = c, .logon = p->logon, .out = w};
    uint32_t status = lsa_trust_of_object(c, p->trust, &b.trust);

    if (status != NT_OK) /* it was deleted meanwhile */
        return netlogon_not_here(c, p->logon, REASON_NETLOGON_DOMAIN);
    if (!w)
        return netlogon_failed(c, p->logon, ERR_NOMEM);
    *w = (struct netlogon_welcome){
        .info = said->base, .dns_domain = said->dns_domain, .upn = said->upn};
    enum err e = believe(&b);
    if (e != ERR_OK)
        return netlogon_failed(c, p->logon, e);
    return b.why == REASON_NONE ? netlogon_let_in(c, p->logon, w) : disbelieved(c, p->logon, b.why);
}

static enum reason why_not(enum err e, struct span reply)
{
    struct trust_answer answer;

    if (e != ERR_OK || trust_answer_decode(reply, &answer) != ERR_OK ||
        answer.reason == REASON_NONE)
        return REASON_SERVER_FAILED;
    return answer.reason;
}

static uint32_t answered(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    struct passing *p = c->state;
    struct netlogon_sam_logon_ex *said = &p->ask;

    (void)args;
    said->status = NT_OK;
    uint32_t status = netlogon_partner_answer(c, e, reply, &netlogon_ndr_sam_logon_ex, said, NULL);
    if (status != NT_OK)
        return netlogon_decide(c, p->logon, why_not(e, reply), NT_NO_LOGON_SERVERS);
    *p->logon->authoritative = said->authoritative;
    if (said->status != NT_OK)
        return netlogon_decide(c, p->logon, REASON_NETLOGON_PARTNER_REFUSED,
                               about_logon(said->status));
    if (!said->validation.sam4)
        return netlogon_decide(c, p->logon, REASON_CHANNEL_BROKEN, NT_NO_LOGON_SERVERS);
    return take(c, p, said->validation.sam4);
}

uint32_t netlogon_pass(struct rpc_ctx *c, struct netlogon_logon *l, const struct trust *t)
{
    struct passing *p = arena_new(c->arena, struct passing);

    if (!p)
        return netlogon_failed(c, l, ERR_NOMEM);
    *p = (struct passing){.logon = l,
                          .trust = t->object,
                          .ask = {.computer = netlogon_own_name(c),
                                  .logon_level = (uint16_t)transitive(l->level),
                                  .logon = l->what,
                                  .validation_level = NETLOGON_VALIDATION_SAM4}};
    c->state = p;
    return netlogon_ask_partner(c, t->dns_name, NETLOGON_SAM_LOGON_EX, &netlogon_ndr_sam_logon_ex,
                                &p->ask, answered);
}
