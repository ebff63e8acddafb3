/*
 * NETLOGON, secrets of a channel's own account and names of a partner's forest ([MS-NRPC]
 * 3.5.4.7.5, 3.5.4.7.6, 3.5.4.4.9). Nobody is told the secret of another account.
 */
#include "wire/rpc/netlogon_trust.h"
#include "base/text.h"
#include "rpc/netlogon_partner.h"

/* --- secrets --------------------------------------------------------------------------------- */

/* The account that the call names, if it is the channel's. */
static uint32_t own_account(struct rpc_ctx *c, const struct netlogon_session *s,
                            uint16_t channel_type, struct span name, struct netlogon_account *out)
{
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = netlogon_account_find(&v.snap, channel_type, name, c->arena, out);
    lsa_view_end(&v);
    if (e == ERR_OK && channel_type == s->channel_type && out->account == s->account)
        return NT_OK;
    if (e == ERR_OK)
        mem_wipe(out->nt_hash, sizeof(out->nt_hash));
    if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_EXISTS)
        return lsa_status(e);
    netlogon_event(c, "netlogon.call", REASON_NETLOGON_NOT_OWN, c->who->user, name);
    return NT_ACCESS_DENIED;
}

/* Current and previous; of a computer the latter is that of no password. */
static uint32_t secrets(struct rpc_ctx *c, const struct netlogon_session *s, uint16_t channel_type,
                        struct span name, struct netlogon_owf out[2], uint32_t *attributes_out)
{
    struct netlogon_account acc;
    uint32_t status = own_account(c, s, channel_type, name, &acc);

    if (status != NT_OK)
        return status;
    if (acc.count < 2)
        nt_hash_utf16(SPAN_NONE, acc.nt_hash[1]);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(out[i].bytes, acc.nt_hash[i], 16);
        netlogon_hash_encrypt(s->chain.key, out[i].bytes);
    }
    mem_wipe(acc.nt_hash, sizeof(acc.nt_hash));
    *attributes_out = acc.trust ? acc.trust->attributes : 0;
    return NT_OK;
}

uint32_t netlogon_trust_passwords_get(struct rpc_ctx *c, void *args)
{
    struct netlogon_trust_passwords_get *x = args;
    struct netlogon_owf both[2];
    struct netlogon_session *s;
    uint32_t attributes;
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);

    if (status == NT_OK)
        status = secrets(c, s, x->channel_type, x->account, both, &attributes);
    if (status == NT_OK) {
        x->current = both[0];
        x->previous = both[1];
    }
    return status;
}

uint32_t netlogon_get_trust_info(struct rpc_ctx *c, void *args)
{
    struct netlogon_get_trust_info *x = args;
    struct netlogon_generic_data *info = arena_new(c->arena, struct netlogon_generic_data);
    uint32_t *attributes = arena_new(c->arena, uint32_t);
    struct netlogon_owf both[2];
    struct netlogon_session *s;
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);

    if (status == NT_OK && (!info || !attributes))
        status = NT_INSUFFICIENT_RESOURCES;
    if (status == NT_OK)
        status = secrets(c, s, x->channel_type, x->account, both, attributes);
    if (status != NT_OK)
        return status;
    x->current = both[0];
    x->previous = both[1];
    *info = (struct netlogon_generic_data){.number_count = 1, .numbers = attributes};
    x->info = info;
    return NT_OK;
}

/* --- names of the partner's forest -------------------------------------------------------------
 */

static bool is_forest_trust(const struct trust *t)
{
    return t->type == TRUST_UPLEVEL && t->attributes & TRUST_FOREST_TRANSITIVE &&
           !(t->attributes & TRUST_UPLEVEL_ONLY) && t->sid.count;
}

static uint32_t told(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    struct netlogon_dsr_forest_info *x = args;
    struct netlogon_forest_info answer = {.status = NT_OK};
    const struct trust *t;
    uint32_t status =
        netlogon_partner_answer(c, e, reply, &netlogon_ndr_forest_info, &answer, NULL);

    if (status == NT_OK)
        status = answer.status;
    if (status == NT_OK && !answer.info)
        status = NT_INVALID_PARAMETER;
    if (status == NT_OK && x->flags & NETLOGON_UPDATE_TDO) {
        status = lsa_trust_named(c, x->domain, &t);
        if (status == NT_OK)
            status = lsa_forest_refresh(c, t, answer.info);
    }
    if (status == NT_OK)
        x->info = answer.info;
    return netlogon_werror(status);
}

static bool may_update(struct rpc_ctx *c, struct span domain)
{
    if (lsa_administrator(c))
        return true;
    netlogon_event(c, "netlogon.call", REASON_NETLOGON_ACCESS, c->who->user, domain);
    return false;
}

uint32_t netlogon_dsr_forest_info(struct rpc_ctx *c, void *args)
{
    struct netlogon_dsr_forest_info *x = args;
    struct netlogon_forest_info ask = {.computer = netlogon_own_name(c)};
    const struct trust *t;

    if (x->flags & ~(uint32_t)NETLOGON_UPDATE_TDO || (x->flags && !x->domain.len))
        return WERR_INVALID_FLAGS;
    if (x->flags && !may_update(c, x->domain))
        return WERR_ACCESS_DENIED;
    if (!x->domain.len)
        return netlogon_werror(netlogon_own_forest(c, &x->info));
    if (lsa_trust_named(c, x->domain, &t) != NT_OK || !is_forest_trust(t) ||
        !(t->direction & TRUST_OUTBOUND))
        return WERR_NO_SUCH_DOMAIN;
    return netlogon_ask_partner(c, t->dns_name, NETLOGON_FOREST_INFO, &netlogon_ndr_forest_info,
                                &ask, told);
}
