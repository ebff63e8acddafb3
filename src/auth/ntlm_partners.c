/*
 * The logons at this domain controller that wait for a partner's answer.
 */
#include <stdlib.h>

#include "auth/logon_info.h"
#include "auth/ntlm_partner.h"
#include "base/text.h"
#include "plat/address.h"
#include "trust/trust.h"
#include "trust/trust_ask.h"

struct waiting {
    struct plat_call call;
    struct waiting *next;
    struct ntlm_partners *all;
    struct acceptor_context *context;
    dir_id trust;
    struct plat_addr client;
};

struct ntlm_partners {
    struct ntlm_partner_env env;
    struct waiting *list;
    unsigned count;
};

enum err ntlm_partners_new(const struct ntlm_partner_env *env, struct ntlm_partners **out)
{
    struct ntlm_partners *p = calloc(1, sizeof(*p));
    if (!p)
        return ERR_NOMEM;
    p->env = *env;
    *out = p;
    return ERR_OK;
}

void ntlm_partners_free(struct ntlm_partners *p)
{
    if (p)
        ENT_ASSERT(!p->list);
    free(p);
}

static void unlink_waiting(struct waiting *w)
{
    struct waiting **at = &w->all->list;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    w->all->count--;
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static enum err find_server(struct ntlm_partners *p, struct acceptor_context *c,
                            struct ntlm_crossing *x)
{
    struct dir_snap s;
    struct dir_account account;
    TRY(dir_snap_begin(p->env.dir, &s));
    enum err e = dir_account_by_sam(&s, span_str(acceptor_account(c)), &account);
    if (e == ERR_OK) {
        x->server = account.id;
        x->server_sid = account.sid;
    }
    dir_snap_end(&s);
    return e;
}

static enum err welcome(const struct netlogon_sam_info4 *said, struct arena *a,
                        struct acceptor_ntlm_answer *out)
{
    struct sid *sids;
    TRY(auth_logon_sids(&said->base, a, &sids, &out->sid_count));
    out->sids = sids;
    out->user = said->base.account_name;
    out->domain = said->base.logon_domain;
    memcpy(out->session_key, said->base.session_key, sizeof(out->session_key));
    return ERR_OK;
}

static enum err judge(const struct waiting *w, enum err e, struct span reply, struct arena *a,
                      struct acceptor_ntlm_answer *out)
{
    const struct ntlm_partner_env *env = &w->all->env;
    struct ntlm_crossing x = {
        .dir = env->dir, .events = env->events, .now = env->now(), .trust = w->trust};
    struct ntlm_partner_verdict v;
    TRY(find_server(w->all, w->context, &x));
    TRY(ntlm_partner_judge(&x, e, reply, a, &v));
    out->reason = v.reason;
    out->ntstatus = v.ntstatus;
    return v.reason == REASON_NONE ? welcome(v.info, a, out) : ERR_OK;
}

static void done(struct plat_call *call, enum err e, struct plat_msg *reply)
{
    struct waiting *w = (struct waiting *)call;
    struct acceptor_ntlm_answer answer = {.reason = REASON_NONE};
    struct arena a;
    arena_init(&a, ACCEPTOR_ARENA_FIRST, ACCEPTOR_ARENA_MAX, ARENA_WIPE);
    enum err own = judge(w, e, e == ERR_OK ? reply->payload : SPAN_NONE, &a, &answer);
    if (own != ERR_OK)
        answer = (struct acceptor_ntlm_answer){
            .reason = own == ERR_LIMIT ? REASON_AUTH_TOO_MANY_GROUPS : REASON_SERVER_FAILED};
    struct acceptor_waiter waiter = *acceptor_waiter(w->context);
    unlink_waiting(w);
    free(w);
    waiter.answered(waiter.ctx, &answer);
    mem_wipe(&answer, sizeof(answer));
    arena_fini(&a);
}

/* --- the question -------------------------------------------------------------------------------
 */

static bool too_many(const struct ntlm_partners *p, const struct plat_addr *client)
{
    unsigned same = 0;
    for (const struct waiting *w = p->list; w; w = w->next)
        same += plat_addr_same_host(&w->client, client);
    return p->count >= NTLM_ASKS_MAX || same >= NTLM_ASKS_EACH;
}

static enum err message(const struct ntlm_partners *p, const struct acceptor_ntlm_ask *ask,
                        struct arena *a, struct span *out)
{
    struct netlogon_network_logon *n = arena_new(a, struct netlogon_network_logon);
    if (!n)
        return ERR_NOMEM;
    *n = (struct netlogon_network_logon){
        .identity = {.domain = ask->domain,
                     .parameter_control =
                         NETLOGON_SERVER_TRUST_ACCOUNT | NETLOGON_WORKSTATION_TRUST_ACCOUNT,
                     .account = ask->user,
                     .workstation = ask->workstation},
        .nt = {.length = (uint16_t)ask->nt_response.len,
               .size = (uint16_t)ask->nt_response.len,
               .data = (uint8_t *)(uintptr_t)ask->nt_response.ptr},
        .lm = {.length = (uint16_t)ask->lm_response.len,
               .size = (uint16_t)ask->lm_response.len,
               .data = (uint8_t *)(uintptr_t)ask->lm_response.ptr}};
    memcpy(n->challenge, ask->challenge, sizeof(n->challenge));
    return ntlm_partner_ask(ask->trust->dns_name, p->env.server, NETLOGON_NETWORK,
                            (union netlogon_level){.network = n}, a, out);
}

static enum err start(struct waiting *w, const struct acceptor_ntlm_ask *ask)
{
    const struct ntlm_partner_env *env = &w->all->env;
    struct span bytes;
    struct arena a;
    arena_init(&a, ACCEPTOR_ARENA_FIRST, ACCEPTOR_ARENA_MAX, ARENA_WIPE);
    enum err e = message(w->all, ask, &a, &bytes);
    if (e == ERR_OK)
        e = env->ask(env->ask_ctx, TRUST_MESSAGE_CALL, bytes, TRUST_CALL_TIMEOUT + 5 * UTIME_SECOND,
                     &w->call);
    arena_fini(&a);
    return e;
}

enum err ntlm_partners_pass(void *partners, struct acceptor_context *c,
                            const struct acceptor_ntlm_ask *ask)
{
    struct ntlm_partners *p = partners;
    const struct acceptor_waiter *waiter = acceptor_waiter(c);
    if (too_many(p, waiter->client))
        return ERR_LIMIT;
    struct waiting *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NOMEM;
    *w = (struct waiting){.call = {.done = done},
                          .next = p->list,
                          .all = p,
                          .context = c,
                          .trust = ask->trust->object,
                          .client = *waiter->client};
    enum err e = start(w, ask);
    if (e != ERR_OK) {
        free(w);
        return e;
    }
    p->list = w;
    p->count++;
    return ERR_OK;
}

void ntlm_partners_cancel(void *partners, struct acceptor_context *c)
{
    struct ntlm_partners *p = partners;
    struct waiting *w = p->list;
    while (w && w->context != c)
        w = w->next;
    if (!w)
        return;
    p->env.ask_cancel(p->env.ask_ctx, &w->call);
    unlink_waiting(w);
    free(w);
}
