/*
 * NETLOGON, logons of accounts of a trusted domain ([MS-NRPC] 3.5.4.5.1): asked of its domain
 * controllers, and judged as those at this domain controller are (auth/ntlm_partner.h).
 */
#include "auth/ntlm_partner.h"
#include "rpc/netlogon_logon.h"
#include "rpc/netlogon_partner.h"
#include "trust/trust.h"

/* What goes on when the answer comes. */
struct passing {
    struct netlogon_logon *logon;
    dir_id trust;
};

static uint32_t let_in(struct rpc_ctx *c, const struct netlogon_logon *l,
                       const struct netlogon_sam_info4 *said)
{
    struct netlogon_welcome *w = arena_new(c->arena, struct netlogon_welcome);

    if (!w)
        return netlogon_failed(c, l, ERR_NOMEM);
    *w = (struct netlogon_welcome){
        .info = said->base, .dns_domain = said->dns_domain, .upn = said->upn};
    return netlogon_let_in(c, l, w);
}

static uint32_t answered(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    const struct passing *p = c->state;
    const struct netlogon_logon *l = p->logon;
    struct ntlm_crossing x = {.dir = c->env->dir,
                              .events = c->env->events,
                              .now = c->env->now(),
                              .trust = p->trust,
                              .server = l->server,
                              .server_sid = l->server_sid};
    struct ntlm_partner_verdict v;

    (void)args;
    e = ntlm_partner_judge(&x, e, reply, c->arena, &v);
    if (e != ERR_OK)
        return netlogon_failed(c, l, e);
    *l->authoritative = v.authoritative;
    return v.reason == REASON_NONE ? let_in(c, l, v.info)
                                   : netlogon_decide(c, l, v.reason, v.ntstatus);
}

uint32_t netlogon_pass(struct rpc_ctx *c, struct netlogon_logon *l, const struct trust *t)
{
    struct passing *p = arena_new(c->arena, struct passing);
    struct span message;
    enum err e = p ? ntlm_partner_ask(t->dns_name, netlogon_own_name(c), l->level, l->what,
                                      c->arena, &message)
                   : ERR_NOMEM;

    if (e != ERR_OK)
        return netlogon_failed(c, l, e);
    *p = (struct passing){.logon = l, .trust = t->object};
    c->state = p;
    return rpc_ask(c, TRUST_MESSAGE_CALL, message, answered);
}
