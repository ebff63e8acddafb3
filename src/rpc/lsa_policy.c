/*
 * The policy object: opening it and asking it ([MS-LSAD] 3.1.4.4). Nobody may learn the domain's
 * names and SID, which is what a partner's domain controller asks for before it makes a trust.
 */
#include "wire/rpc/lsa_policy.h"
#include "rpc/lsa_service.h"
#include "wire/rpc/lsa_lookup.h"

#define MAXIMUM_ALLOWED 0x02000000
#define GENERIC_READ    0x80000000
#define GENERIC_EXECUTE 0x20000000

/* Administrators may ask for everything; a change is refused by the call that would make it. */
#define ACCESS_OF_ALL                                                                              \
    (LSA_POLICY_VIEW_LOCAL | LSA_POLICY_LOOKUP_NAMES | 0x00020000 /* READ_CONTROL */)
#define ACCESS_OF_ADMINS 0x000f1fff

bool lsa_administrator(const struct rpc_ctx *c)
{
    struct sid admins = SID_NT(32, 544);

    return c->who->token->system || dir_token_has(c->who->token, &admins);
}

static uint32_t open_policy(struct rpc_ctx *c, uint32_t wanted, struct rpc_handle *out)
{
    uint32_t may = lsa_administrator(c) ? ACCESS_OF_ADMINS
                   : c->who->anonymous  ? LSA_POLICY_VIEW_LOCAL | LSA_POLICY_LOOKUP_NAMES
                                        : ACCESS_OF_ALL;
    uint32_t access = wanted & ~(MAXIMUM_ALLOWED | GENERIC_READ | GENERIC_EXECUTE);

    if (access & ~may) {
        rpc_refused(c->server, c->who, "lsa.policy", REASON_LSA_ACCESS, span_str(c->call));
        return NT_ACCESS_DENIED;
    }
    if (wanted & (MAXIMUM_ALLOWED | GENERIC_READ | GENERIC_EXECUTE))
        access |= may;
    return lsa_status(rpc_handle_new(c, RPC_HANDLE_POLICY, access, 0, out));
}

uint32_t lsa_open_policy(struct rpc_ctx *c, void *args)
{
    struct lsa_open_policy *o = args;

    return open_policy(c, o->access, &o->handle);
}

uint32_t lsa_open_policy2(struct rpc_ctx *c, void *args)
{
    struct lsa_open_policy2 *o = args;

    return open_policy(c, o->access, &o->handle);
}

/* Which ciphers of secrets are understood, beyond those that always were (2.2.2.6). */
uint32_t lsa_open_policy3(struct rpc_ctx *c, void *args)
{
    struct lsa_open_policy3 *o = args;

    o->out_version = 1;
    o->out_revision.v1 = (struct lsa_revision1){1, LSA_FEATURE_TRUST_AES};
    return open_policy(c, o->access, &o->handle);
}

uint32_t lsa_close(struct rpc_ctx *c, void *args)
{
    struct lsa_close *x = args;

    rpc_handle_close(c, &x->handle);
    return NT_OK;
}

uint32_t lsa_policy_check(struct rpc_ctx *c, const struct rpc_handle *h, uint32_t access)
{
    const struct rpc_handle_state *s = rpc_handle_get(c, h, RPC_HANDLE_POLICY);

    if (!s)
        return NT_ACCESS_DENIED;
    if ((s->access & access) == access)
        return NT_OK;
    rpc_refused(c->server, c->who, "lsa.policy", REASON_LSA_ACCESS, span_str(c->call));
    return NT_ACCESS_DENIED;
}

/* --- what it tells --------------------------------------------------------------------------- */

/* Every domain controller is a primary one: there is no other kind in this directory. */
static uint32_t fill(const struct lsa_view *v, uint16_t level, struct arena *a,
                     union lsa_policy_info *out)
{
    const struct dir_naming *n = &v->naming;
    const struct sid *sid = arena_dup(a, &n->domain_sid, sizeof(n->domain_sid));
    struct span flat = arena_dup_span(a, n->flat_name), dns = arena_dup_span(a, n->dns_name),
                forest = arena_dup_span(a, n->forest_name);

    if (!sid || arena_failed(a))
        return NT_INSUFFICIENT_RESOURCES;
    switch (level) {
    case LSA_POLICY_AUDIT_LOG: /* no auditing of Windows' kind, no replica of NT's, no quotas */
    case LSA_POLICY_AUDIT_EVENTS:
    case LSA_POLICY_REPLICA_SOURCE:
    case LSA_POLICY_QUOTA:
        return NT_OK;
    case LSA_POLICY_MODIFICATION: /* 3.1.4.4.4: these are not told */
    case LSA_POLICY_AUDIT_FULL_SET:
    case LSA_POLICY_AUDIT_FULL_QUERY:
        return NT_INVALID_PARAMETER;
    case LSA_POLICY_PRIMARY_DOMAIN:
    case LSA_POLICY_ACCOUNT_DOMAIN:
    case LSA_POLICY_LOCAL_ACCOUNT_DOMAIN:
        out->domain = (struct lsa_domain){flat, sid};
        return NT_OK;
    case LSA_POLICY_PD_ACCOUNT:
        return NT_OK;
    case LSA_POLICY_SERVER_ROLE:
        out->role.role = LSA_ROLE_PRIMARY;
        return NT_OK;
    case LSA_POLICY_DNS_DOMAIN:
    case LSA_POLICY_DNS_DOMAIN_INT:
        out->dns = (struct lsa_dns_domain){flat, dns, forest, n->domain_guid, sid};
        return NT_OK;
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

uint32_t lsa_query_policy(struct rpc_ctx *c, void *args)
{
    struct lsa_query_policy *q = args;
    uint32_t needs =
        q->level == LSA_POLICY_AUDIT_EVENTS ? LSA_POLICY_VIEW_AUDIT : LSA_POLICY_VIEW_LOCAL;
    uint32_t status = lsa_policy_check(c, &q->handle, needs);
    struct lsa_view v;

    if (status == NT_OK && c->who->anonymous && q->level != LSA_POLICY_DNS_DOMAIN) {
        rpc_refused(c->server, c->who, "lsa.policy", REASON_RPC_ANONYMOUS, span_str(c->call));
        status = NT_ACCESS_DENIED;
    }
    if (status != NT_OK || (status = lsa_view_begin(c, &v)) != NT_OK)
        return status;
    union lsa_policy_info *info = arena_new(c->arena, union lsa_policy_info);
    status = info ? fill(&v, q->level, c->arena, info) : NT_INSUFFICIENT_RESOURCES;
    lsa_view_end(&v);
    if (status == NT_OK)
        q->info = info;
    return status;
}

/* The KDC's rules: the limits of tickets are not the policy's to change. */
#define HOUR (INT64_C(3600) * 10000000)

uint32_t lsa_query_domain_policy(struct rpc_ctx *c, void *args)
{
    struct lsa_query_domain_policy *q = args;
    union lsa_domain_policy *info = arena_new(c->arena, union lsa_domain_policy);
    uint32_t status = lsa_policy_check(c, &q->handle, LSA_POLICY_VIEW_LOCAL);

    if (status != NT_OK)
        return status;
    if (q->level == LSA_DOMAIN_EFS)
        return NT_OBJECT_NAME_NOT_FOUND; /* no recovery agent */
    if (q->level != LSA_DOMAIN_KERBEROS)
        return NT_INVALID_PARAMETER;
    if (!info)
        return NT_INSUFFICIENT_RESOURCES;
    info->kerberos = (struct lsa_kerberos_policy){.options = LSA_KERBEROS_VALIDATE_CLIENT,
                                                  .service_ticket = 10 * HOUR,
                                                  .user_ticket = 10 * HOUR,
                                                  .renewal = 7 * 24 * HOUR,
                                                  .clock_skew = HOUR / 12};
    q->info = info;
    return NT_OK;
}

/* Of one of our own the account's name, whatever the client called itself. */
static struct span account_name(const struct rpc_ctx *c, const struct lsa_view *v)
{
    struct dir_obj o;
    struct span name;

    if (c->who->token->account && dir_by_id(&v->snap, c->who->token->account, &o) == ERR_OK &&
        dir_attr_first(&o, ATTR_sAMAccountName, &name))
        return name;
    return c->who->user;
}

uint32_t lsa_get_user_name(struct rpc_ctx *c, void *args)
{
    struct lsa_get_user_name *g = args;
    struct span *user = arena_new(c->arena, struct span),
                *domain = arena_new(c->arena, struct span);
    struct lsa_view v;

    uint32_t status = lsa_view_begin(c, &v);
    if (status != NT_OK)
        return status;
    if (user && domain) {
        *user = arena_dup_span(c->arena, account_name(c, &v));
        *domain =
            arena_dup_span(c->arena, c->who->token->account ? v.naming.flat_name : c->who->domain);
    }
    lsa_view_end(&v);
    if (arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    g->user = user;
    if (g->domain)
        g->domain->name = domain;
    return NT_OK;
}
