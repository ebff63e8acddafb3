/*
 * NETLOGON, the logons of people at members of this domain and of those that trust it
 * ([MS-NRPC] 3.5.4.5, [MS-APDS] 3.1.5): whose account it is, and whether the client wanted to reach
 * who asks for it.
 */
#include "rpc/netlogon_logon.h"

#include "auth/ntlm_logon.h"
#include "auth/trust_facts.h"
#include "base/text.h"
#include "trust/pass_through.h"
#include "wire/ntlm/ntlm.h"

/* --- outcomes --------------------------------------------------------------------------------- */

uint32_t netlogon_decide(struct rpc_ctx *c, const struct netlogon_logon *l, enum reason why,
                         uint32_t status)
{
    const char *account =
        arena_printf(c->arena, "%.*s\\%.*s", SPAN_ARG(l->who->domain), SPAN_ARG(l->who->account));

    netlogon_event(c, "netlogon.logon", why, span_str(account), c->who->user);
    return status;
}

uint32_t netlogon_failed(struct rpc_ctx *c, const struct netlogon_logon *l, enum err e)
{
    if (e == ERR_LIMIT)
        return netlogon_decide(c, l, REASON_KDC_TOO_MANY_GROUPS, NT_TOO_MANY_CONTEXT_IDS);
    return netlogon_decide(c, l, REASON_SERVER_FAILED, lsa_status(e));
}

uint32_t netlogon_not_here(struct rpc_ctx *c, const struct netlogon_logon *l, enum reason why)
{
    *l->authoritative = 0;
    return netlogon_decide(c, l, why, NT_NO_SUCH_USER);
}

/* A session key is encrypted, but in the latest form; the key of none stays none. */
static void hide_key(const struct netlogon_logon *l, struct pac_logon_info *info)
{
    static const uint8_t none[sizeof(info->session_key)];

    if (!mem_eq_ct(info->session_key, none, sizeof(none)))
        netlogon_encrypt(l->key, info->session_key, sizeof(info->session_key));
}

uint32_t netlogon_let_in(struct rpc_ctx *c, const struct netlogon_logon *l,
                         struct netlogon_welcome *w)
{
    if (l->validation_level == NETLOGON_VALIDATION_SAM4) {
        struct netlogon_sam_info4 *out = arena_new(c->arena, struct netlogon_sam_info4);
        if (!out)
            return NT_INSUFFICIENT_RESOURCES;
        *out = (struct netlogon_sam_info4){
            .base = w->info, .dns_domain = w->dns_domain, .upn = w->upn};
        l->validation->sam4 = out;
        return netlogon_decide(c, l, REASON_NONE, NT_OK);
    }
    if (l->validation_level == NETLOGON_VALIDATION_SAM) { /* has no room for them */
        w->info.extra_count = 0;
        w->info.user_flags &= ~(uint32_t)PAC_FLAG_EXTRA_SIDS;
    }
    hide_key(l, &w->info);
    l->validation->sam = &w->info;
    return netlogon_decide(c, l, REASON_NONE, NT_OK);
}

/* --- the server that the client wanted -------------------------------------------------------- */

static struct span from_utf16(struct arena *a, struct span wide)
{
    struct span text;

    return text_from_utf16(wide, a, &text) == ERR_OK ? text : SPAN_LIT("?");
}

/* A member asks for those who came to it; c->who->user is its account's name, which nobody chooses
 * twice, while the computer's name is the client's to choose. */
static bool came_to_member(const struct rpc_ctx *c, const struct netlogon_logon *l,
                           const struct dir_naming *n, struct span computer, struct span domain)
{
    struct span account = c->who->user;

    if (domain.len && !text_eq_fold(domain, n->flat_name))
        return false;
    return !computer.len || l->channel_type != NETLOGON_CHANNEL_WORKSTATION ||
           text_eq_fold(computer, span_sub(account, 0, account.len - 1));
}

static const struct trust *trust_of(const struct route_facts *f, dir_id tdo)
{
    for (unsigned i = 0; i < f->trust_count; i++) {
        if (f->trusts[i].object == tdo)
            return &f->trusts[i];
    }
    return NULL;
}

/* What a response of version 2 says of where it was meant for ([MS-APDS] 3.1.5.2, [MS-NRPC]
 * 3.5.4.5.1.1). What else is wrong with it shows when it is judged. */
static enum reason check_response(struct rpc_ctx *c, const struct netlogon_logon *l,
                                  const struct lsa_view *v, const struct route_facts *f)
{
    struct span nt = span_of(l->what.network->nt.data, l->what.network->nt.length);
    const struct trust *partner = trust_of(f, l->tdo);
    struct ntlm_v2_response r;

    if (nt.len <= NTLM_V1_RESPONSE)
        return REASON_NTLM_VERSION;
    if (ntlm_v2_response_decode(nt, &r) != ERR_OK)
        return REASON_AUTH_TOKEN_MALFORMED;
    struct span domain = from_utf16(c->arena, r.info.domain);
    bool passes =
        l->tdo ? partner && trust_target_domain(f, partner, domain,
                                                from_utf16(c->arena, r.info.dns_domain))
               : came_to_member(c, l, &v->naming, from_utf16(c->arena, r.info.computer), domain);
    return passes ? REASON_NONE : REASON_NTLM_TARGET;
}

/* --- the calls -------------------------------------------------------------------------------- */

static uint32_t elsewhere(struct rpc_ctx *c, struct netlogon_logon *l, const struct route *route)
{
    if (route->kind != ROUTE_TRUST)
        return netlogon_not_here(c, l, REASON_NETLOGON_DOMAIN);
    if (l->tdo)
        return netlogon_not_here(c, l, REASON_NETLOGON_TRANSITIVE);
    enum reason why = trust_may_pass(route->trust);
    return why == REASON_NONE ? netlogon_pass(c, l, route->trust) : netlogon_not_here(c, l, why);
}

static uint32_t logon_somewhere(struct rpc_ctx *c, struct netlogon_logon *l, struct lsa_view *v,
                                bool *here_out, struct route *route_out)
{
    struct route_facts f = {0};
    struct route route = {.kind = ROUTE_LOCAL};
    enum reason why = REASON_NONE;
    /* Routes outlive the snapshot. */
    const struct dir_naming *naming = arena_dup(c->arena, &v->naming, sizeof(v->naming));
    enum err e = naming ? auth_route_facts(&v->snap, naming, c->arena, &f) : ERR_NOMEM;

    if (e != ERR_OK)
        return netlogon_failed(c, l, e);
    if (netlogon_is_network(l))
        why = check_response(c, l, v, &f);
    if (why != REASON_NONE)
        return netlogon_decide(c, l, why, NT_LOGON_FAILURE);
    struct span name = ntlm_logon_domain(&v->snap, l->who->account, l->who->domain);
    if (name.len)
        trust_route_name(&f, name, ROUTE_CLIENT, &route);
    /* A principal name may end in anything but a partner's name; then it is for our own accounts to
     * say. */
    bool partner = route.trust || auth_trust_named(f.trusts, f.trust_count, name);
    *here_out =
        route.kind == ROUTE_LOCAL || (route.kind == ROUTE_NONE && !l->who->domain.len && !partner);
    *route_out = route;
    return NT_OK;
}

static uint32_t logon(struct rpc_ctx *c, struct netlogon_logon *l)
{
    struct route route = {.kind = ROUTE_NONE};
    struct lsa_view v;
    bool here = false;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    status = logon_somewhere(c, l, &v, &here, &route);
    if (status == NT_OK && here)
        status = netlogon_logon_here(c, l, &v);
    lsa_view_end(&v);
    return status == NT_OK && !here ? elsewhere(c, l, &route) : status;
}

/* Hashes of zeros are none, and not encrypted. */
static uint32_t open_password(struct netlogon_logon *l)
{
    static const uint8_t none[16];
    uint8_t *hash = l->what.password->nt_hash;

    l->who = &l->what.password->identity;
    if (!mem_eq_ct(hash, none, sizeof(none)))
        netlogon_decrypt(l->key, hash, sizeof(none));
    if (!mem_eq_ct(l->what.password->lm_hash, none, sizeof(none)))
        netlogon_decrypt(l->key, l->what.password->lm_hash, sizeof(none));
    return NT_OK;
}

static uint32_t open_logon(struct netlogon_logon *l)
{
    switch (l->level) {
    case NETLOGON_INTERACTIVE:
    case NETLOGON_INTERACTIVE_TRANSITIVE:
    case NETLOGON_SERVICE:
    case NETLOGON_SERVICE_TRANSITIVE:
        return l->what.password ? open_password(l) : NT_INVALID_PARAMETER;
    case NETLOGON_NETWORK:
    case NETLOGON_NETWORK_TRANSITIVE:
        if (!l->what.network)
            return NT_INVALID_PARAMETER;
        l->who = &l->what.network->identity;
        return NT_OK;
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

static bool is_level(uint16_t validation)
{
    return validation == NETLOGON_VALIDATION_SAM || validation == NETLOGON_VALIDATION_SAM2 ||
           validation == NETLOGON_VALIDATION_SAM4;
}

/* asked: what is the call's; the rest is set here. */
static uint32_t begin(struct rpc_ctx *c, const struct netlogon_session *s,
                      const struct netlogon_logon *asked)
{
    struct netlogon_logon *l = arena_dup(c->arena, asked, sizeof(*asked));

    if (!l)
        return NT_INSUFFICIENT_RESOURCES;
    memcpy(l->key, s->chain.key, sizeof(l->key));
    l->server = s->account;
    l->server_sid = s->sid;
    l->tdo = s->tdo;
    l->channel_type = s->channel_type;
    *l->authoritative = 1;
    if (l->level == NETLOGON_GENERIC)
        return netlogon_generic(c, l);
    if (!is_level(l->validation_level))
        return NT_INVALID_INFO_CLASS;
    uint32_t status = open_logon(l);
    return status == NT_OK ? logon(c, l) : status;
}

uint32_t netlogon_sam_logon_ex(struct rpc_ctx *c, void *args)
{
    struct netlogon_sam_logon_ex *x = args;
    struct netlogon_logon l = {.level = x->logon_level,
                               .what = x->logon,
                               .validation_level = x->validation_level,
                               .validation = &x->validation,
                               .authoritative = &x->authoritative};
    struct netlogon_session *s;
    uint32_t status = netlogon_enter(c, x->computer, NULL, NULL, &s);

    return status == NT_OK ? begin(c, s, &l) : status;
}

uint32_t netlogon_sam_logon(struct rpc_ctx *c, void *args)
{
    struct netlogon_sam_logon *x = args;
    struct netlogon_logon l = {.level = x->logon_level,
                               .what = x->logon,
                               .validation_level = x->validation_level,
                               .validation = &x->validation,
                               .authoritative = &x->authoritative};
    struct netlogon_session *s;

    if (!x->authenticator || !x->return_authenticator)
        return NT_INVALID_PARAMETER;
    if (x->logon_level != NETLOGON_GENERIC && !is_level(x->validation_level))
        return NT_INVALID_INFO_CLASS; /* as Windows: the authenticator is not looked at */
    uint32_t status = netlogon_enter(c, x->computer, x->authenticator, x->return_authenticator, &s);
    return status == NT_OK ? begin(c, s, &l) : status;
}

/* Nothing is kept of a logon that could be ended, but a member that says so is answered. */
uint32_t netlogon_sam_logoff(struct rpc_ctx *c, void *args)
{
    struct netlogon_sam_logoff *x = args;
    struct netlogon_session *s;

    if (!x->authenticator || !x->return_authenticator)
        return NT_INVALID_PARAMETER;
    uint32_t status = netlogon_enter(c, x->computer, x->authenticator, x->return_authenticator, &s);
    if (status != NT_OK)
        return status;
    if (x->logon_level != NETLOGON_INTERACTIVE)
        return NT_INVALID_INFO_CLASS;
    return x->logon.password ? NT_OK : NT_INVALID_PARAMETER;
}
