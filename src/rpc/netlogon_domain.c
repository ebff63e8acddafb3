/*
 * NETLOGON, what a member asks for when it begins ([MS-NRPC] 3.5.4.4.10): its domain, and those
 * with which its domain has a trust. What it says of itself is netlogon_member.c's.
 */
#include "directory/account.h"
#include "rpc/netlogon_member.h"
#include "trust/trust.h"
#include "wire/rpc/netlogon_trust.h"

#define ENCTYPES_NOT_SET 0xffffffffu
#define WANTED           (NETLOGON_TRUST_PRIMARY | NETLOGON_TRUST_OUTBOUND)

static enum err extension(struct rpc_ctx *c, const struct netlogon_domain_trust *t,
                          struct span *out)
{
    struct builder b;

    builder_in(&b, c->arena, NETLOGON_TRUST_EXTENSION_SIZE);
    builder_le32(&b, t->flags);
    builder_le32(&b, 0); /* the parent; there are no children */
    builder_le32(&b, t->type);
    builder_le32(&b, t->attributes);
    return builder_done(&b, out);
}

static struct netlogon_one_domain named(const struct netlogon_domain_trust *t)
{
    return (struct netlogon_one_domain){
        .name = t->flat_name, .dns_name = t->dns_name, .guid = t->guid, .sid = t->sid};
}

static enum err add_trusted(struct rpc_ctx *c, uint32_t workstation, struct netlogon_domain *d)
{
    uint32_t inbound = workstation & NETLOGON_WORKSTATION_INBOUND_TRUSTS;
    struct netlogon_domain_trusts list;

    TRY(netlogon_list_domains(c, WANTED | (inbound ? NETLOGON_TRUST_INBOUND : 0), &list));
    if (!(d->trusted = arena_new_array(c->arena, list.count, struct netlogon_one_domain)))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < list.count; i++) {
        struct netlogon_one_domain *one = &d->trusted[d->trusted_count++];
        *one = named(&list.trusts[i]);
        TRY(extension(c, &list.trusts[i], &one->trust_extension));
        if (list.trusts[i].flags & NETLOGON_TRUST_PRIMARY)
            d->primary = named(&list.trusts[i]);
    }
    return ERR_OK;
}

/* What the directory has of the member. */
static enum err add_member(struct rpc_ctx *c, const struct lsa_view *v, dir_id account,
                           struct netlogon_domain *d)
{
    struct dir_account acc;
    struct dir_obj o;
    struct span host = SPAN_NONE;

    TRY(dir_by_id(&v->snap, account, &o));
    TRY(dir_account_of(&v->snap, &o, &acc));
    d->encryption_types = acc.enctypes ? acc.enctypes : ENCTYPES_NOT_SET;
    if (d->flags & NETLOGON_WORKSTATION_UPDATES_SPNS)
        (void)dir_attr_first(&o, ATTR_dNSHostName, &host);
    d->dns_host = arena_dup_span(c->arena, host);
    d->primary.dns_forest = arena_dup_span(c->arena, v->naming.forest_name);
    return arena_failed(c->arena) ? ERR_NOMEM : ERR_OK;
}

static uint32_t describe(struct rpc_ctx *c, const struct netlogon_session *s, uint32_t workstation,
                         struct netlogon_domain **out)
{
    struct netlogon_domain *d = arena_new(c->arena, struct netlogon_domain);
    struct lsa_view v;

    if (!d)
        return NT_INSUFFICIENT_RESOURCES;
    d->flags =
        workstation & (NETLOGON_WORKSTATION_INBOUND_TRUSTS | NETLOGON_WORKSTATION_UPDATES_SPNS);
    enum err e = add_trusted(c, workstation, d);
    uint32_t status = e == ERR_OK ? lsa_view_begin(c, &v) : lsa_status(e);
    if (status != NT_OK)
        return status;
    e = add_member(c, &v, s->account, d);
    lsa_view_end(&v);
    if (e == ERR_OK)
        *out = d;
    return lsa_status(e);
}

uint32_t netlogon_get_domain_info(struct rpc_ctx *c, void *args)
{
    struct netlogon_get_domain_info *x = args;
    const struct netlogon_workstation *w = x->workstation.workstation;
    struct netlogon_session *s;
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);

    if (status != NT_OK)
        return status;
    if (!w)
        return NT_INVALID_PARAMETER;
    if (x->level == 1) {
        status = describe(c, s, w->flags, &x->domain.domain);
        return status == NT_OK ? netlogon_member_says(c, s, w) : status;
    }
    x->domain.policy = arena_new(c->arena, struct rpc_bytes);
    return x->domain.policy ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}
