/*
 * NETLOGON, logons of accounts of our own: what the client proved is judged as every logon by NTLM
 * is (auth/ntlm_logon.h), and the answer says what a ticket would (auth/logon_info.h).
 */
#include "auth/logon_info.h"
#include "auth/ntlm_logon.h"
#include "base/text.h"
#include "directory/policy_facts.h"
#include "rpc/netlogon_logon.h"
#include "rpc/netlogon_partner.h"

#define USER_NTLM_V2 0x100 /* UserFlags: the session key is one of version 2 */

static void keep_text(struct arena *a, struct span *text)
{
    *text = text->len ? arena_dup_span(a, *text) : SPAN_LIT("");
}

/* What the answer says outlives the snapshot. */
static enum err keep(struct arena *a, const struct lsa_view *v, struct netlogon_welcome *w)
{
    struct span *texts[] = {&w->info.account_name,   &w->info.full_name,
                            &w->info.logon_script,   &w->info.profile_path,
                            &w->info.home_directory, &w->info.home_drive,
                            &w->info.logon_server,   &w->info.logon_domain,
                            &w->dns_domain,          &w->upn};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        keep_text(a, texts[i]);
    w->info.domain_sid = arena_dup(a, &v->naming.domain_sid, sizeof(v->naming.domain_sid));
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

static enum err name_of(struct arena *a, const struct dir_account *acc, const struct lsa_view *v,
                        struct span *out)
{
    if (acc->upn.len) {
        *out = acc->upn;
        return ERR_OK;
    }
    const char *text =
        arena_printf(a, "%.*s@%.*s", SPAN_ARG(acc->sam_name), SPAN_ARG(v->naming.dns_name));
    *out = span_str(text);
    return text ? ERR_OK : ERR_NOMEM;
}

/* Members are told of our domain-local groups, too; a partner has its own. */
static enum err describe(struct rpc_ctx *c, const struct netlogon_logon *l,
                         const struct lsa_view *v, const struct ntlm_verdict *verdict,
                         struct netlogon_welcome *out)
{
    struct policy_settings policy;
    struct auth_logon facts = {.snap = &v->snap,
                               .naming = &v->naming,
                               .server = netlogon_own_name(c),
                               .account = &verdict->account,
                               .groups = &verdict->groups,
                               .policy = &policy,
                               .now = utime_to_filetime(c->env->now())};

    TRY(policy_settings_for(&v->snap, verdict->account.id, c->arena, &policy, NULL));
    TRY(auth_logon_info(&facts, c->arena, &out->info));
    if (!l->tdo)
        TRY(auth_logon_add_local(&out->info, &v->snap, &v->naming.domain_sid, AUTH_LOGON_SPELT_OUT,
                                 c->arena));
    out->dns_domain = v->naming.dns_name;
    TRY(name_of(c->arena, &verdict->account, v, &out->upn));
    if (netlogon_is_network(l)) {
        out->info.user_flags |= USER_NTLM_V2;
        memcpy(out->info.session_key, verdict->base_key, sizeof(out->info.session_key));
    }
    return keep(c->arena, v, out);
}

/* The servers say which machines' accounts they let in over the network ([MS-APDS] 3.1.5.2). */
static uint32_t no_machines(uint32_t control)
{
    return (control & NETLOGON_WORKSTATION_TRUST_ACCOUNT ? 0 : UAC_WORKSTATION_TRUST_ACCOUNT) |
           (control & NETLOGON_SERVER_TRUST_ACCOUNT ? 0 : UAC_SERVER_TRUST_ACCOUNT);
}

static enum err judge(struct rpc_ctx *c, const struct netlogon_logon *l, const struct lsa_view *v,
                      struct ntlm_verdict *out)
{
    const struct netlogon_network_logon *n = l->what.network;
    struct ntlm_logon logon = {.snap = &v->snap,
                               .now = c->env->now(),
                               .kind = POLICY_LOGON_INTERACTIVE,
                               .no_machines = no_machines(l->who->parameter_control),
                               .workstation = l->who->workstation,
                               .intent = c->env->intent,
                               .ctx = c->env->intent_ctx};

    TRY(text_to_utf16(l->who->account, c->arena, &logon.user));
    TRY(text_to_utf16(l->who->domain, c->arena, &logon.domain));
    if (netlogon_is_network(l)) {
        logon.kind = POLICY_LOGON_NETWORK;
        logon.challenge = n->challenge;
        logon.response = span_of(n->nt.data, n->nt.length);
    } else {
        logon.nt_hash = l->what.password->nt_hash;
    }
    return ntlm_logon(&logon, c->arena, out);
}

uint32_t netlogon_logon_here(struct rpc_ctx *c, const struct netlogon_logon *l,
                             const struct lsa_view *v)
{
    struct netlogon_welcome *w = arena_new(c->arena, struct netlogon_welcome);
    struct ntlm_verdict verdict = {0};
    enum err e = w ? judge(c, l, v, &verdict) : ERR_NOMEM;

    if (e == ERR_OK && verdict.reason == REASON_NONE)
        e = describe(c, l, v, &verdict, w);
    mem_wipe(verdict.base_key, sizeof(verdict.base_key));
    if (e != ERR_OK)
        return netlogon_failed(c, l, e);
    return verdict.reason == REASON_NONE ? netlogon_let_in(c, l, w)
                                         : netlogon_decide(c, l, verdict.reason, verdict.ntstatus);
}
