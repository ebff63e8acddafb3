/*
 * NETLOGON, lists of trusts ([MS-NRPC] 3.5.4.7.1 to 3.5.4.7.3): our own domain, and those with
 * which it has a trust.
 */
#include "base/text.h"
#include "rpc/netlogon_service.h"
#include "wire/rpc/netlogon_trust.h"

#define FLAGS_ALL                                                                                  \
    (NETLOGON_TRUST_IN_FOREST | NETLOGON_TRUST_OUTBOUND | NETLOGON_TRUST_TREE_ROOT |               \
     NETLOGON_TRUST_PRIMARY | NETLOGON_TRUST_NATIVE | NETLOGON_TRUST_INBOUND)

static void own_domain(struct rpc_ctx *c, const struct dir_naming *n,
                       struct netlogon_domain_trust *out)
{
    *out = (struct netlogon_domain_trust){
        .flat_name = arena_dup_span(c->arena, n->flat_name),
        .dns_name = arena_dup_span(c->arena, n->dns_name),
        .flags = NETLOGON_TRUST_IN_FOREST | NETLOGON_TRUST_TREE_ROOT | NETLOGON_TRUST_PRIMARY |
                 NETLOGON_TRUST_NATIVE,
        .type = TRUST_UPLEVEL,
        .sid = arena_dup(c->arena, &n->domain_sid, sizeof(n->domain_sid)),
        .guid = n->domain_guid};
}

static struct netlogon_domain_trust of_trust(const struct trust *t)
{
    return (struct netlogon_domain_trust){
        .flat_name = t->flat_name,
        .dns_name = t->dns_name,
        .flags = (t->direction & TRUST_OUTBOUND ? NETLOGON_TRUST_OUTBOUND : 0) |
                 (t->direction & TRUST_INBOUND ? NETLOGON_TRUST_INBOUND : 0) |
                 (t->attributes & TRUST_WITHIN_FOREST ? NETLOGON_TRUST_IN_FOREST : 0),
        .type = t->type,
        .attributes = t->attributes,
        .sid = t->sid.count ? &t->sid : NULL};
}

enum err netlogon_list_domains(struct rpc_ctx *c, uint32_t flags,
                               struct netlogon_domain_trusts *out)
{
    struct netlogon_domain_trusts d = {0};
    struct trust *trusts;
    struct lsa_view v;
    unsigned count;

    if (lsa_view_begin(c, &v) != NT_OK)
        return ERR_IO;
    enum err e = auth_trusts(&v.snap, c->arena, &trusts, &count);
    if (e == ERR_OK)
        d.trusts = arena_new_array(c->arena, count + 1, struct netlogon_domain_trust);
    if (d.trusts)
        own_domain(c, &v.naming, &d.trusts[0]);
    lsa_view_end(&v);
    if (e != ERR_OK || arena_failed(c->arena))
        return e == ERR_OK ? ERR_NOMEM : e;
    d.count = d.trusts[0].flags & flags ? 1 : 0;
    for (unsigned i = 0; i < count; i++) {
        struct netlogon_domain_trust t = of_trust(&trusts[i]);
        if (t.flags & flags)
            d.trusts[d.count++] = t;
    }
    *out = d;
    return ERR_OK;
}

uint32_t netlogon_dsr_enum_trusts(struct rpc_ctx *c, void *args)
{
    struct netlogon_enum_trusts *x = args;

    if (!x->flags || x->flags & ~(uint32_t)FLAGS_ALL)
        return WERR_INVALID_FLAGS;
    return netlogon_list_domains(c, x->flags, &x->trusts) == ERR_OK ? WERR_OK
                                                                    : WERR_NOT_ENOUGH_MEMORY;
}

uint32_t netlogon_enum_trusted_ex(struct rpc_ctx *c, void *args)
{
    struct netlogon_enum_trusts *x = args;

    return lsa_status(netlogon_list_domains(c, FLAGS_ALL, &x->trusts));
}

/* NetBIOS names of the trusts, in one buffer. */
uint32_t netlogon_enum_trusted(struct rpc_ctx *c, void *args)
{
    struct netlogon_enum_trusted *x = args;
    struct netlogon_domain_trusts d;
    struct span name, all;
    struct builder b;
    enum err e = netlogon_list_domains(c, NETLOGON_TRUST_OUTBOUND, &d);

    builder_in(&b, c->arena, 2 * NETLOGON_LIST_MAX * 17);
    for (unsigned i = 0; e == ERR_OK && i < d.count; i++) {
        e = text_to_utf16(d.trusts[i].flat_name, c->arena, &name);
        if (e == ERR_OK)
            builder_span(&b, name);
        builder_le16(&b, 0);
    }
    builder_le16(&b, 0);
    if (e == ERR_OK)
        e = builder_done(&b, &all);
    if (e == ERR_OK)
        x->names = (struct rpc_bytes){(uint32_t)all.len, b.base};
    return lsa_status(e);
}
