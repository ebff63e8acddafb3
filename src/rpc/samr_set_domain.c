/*
 * What of a domain is set ([MS-SAMR] 3.1.5.6.1): its password policy, as LDAP sets it on the
 * domain's object and with the same rights.
 */
#include "rpc/samr_changes.h"
#include "wire/rpc/samr_domain.h"

#define MODS_MAX 5

struct change {
    struct rpc_ctx *c;
    struct intent_mod mods[MODS_MAX];
    struct span values[MODS_MAX];
    unsigned count;
};

/* Intervals are the same negative numbers here and there. */
static void replace(struct change *x, const char *attr, int64_t value)
{
    unsigned i = x->count++;

    ENT_ASSERT(i < MODS_MAX);
    x->values[i] = span_str(arena_printf(x->c->arena, "%lld", (long long)value));
    x->mods[i] = (struct intent_mod){MOD_REPLACE, span_str(attr), &x->values[i], 1};
}

static uint32_t set_level(struct change *x, uint16_t level, const union samr_domain_info *in)
{
    switch (level) {
    case SAMR_DOMAIN_PASSWORD:
        replace(x, "minPwdLength", in->password.min_length);
        replace(x, "pwdHistoryLength", in->password.history);
        replace(x, "pwdProperties", (int32_t)in->password.properties);
        replace(x, "maxPwdAge", in->password.max_age);
        replace(x, "minPwdAge", in->password.min_age);
        return NT_OK;
    case SAMR_DOMAIN_LOGOFF:
        replace(x, "forceLogoff", in->logoff);
        return NT_OK;
    case SAMR_DOMAIN_LOCKOUT:
        replace(x, "lockoutDuration", (int64_t)in->lockout.duration);
        replace(x, "lockOutObservationWindow", (int64_t)in->lockout.window);
        replace(x, "lockoutThreshold", in->lockout.threshold);
        return NT_OK;
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

uint32_t samr_set_domain(struct rpc_ctx *c, void *args)
{
    struct samr_query_domain *q = args;
    struct change x = {.c = c};
    struct intent in = {.kind = INTENT_MODIFY, .mods = x.mods};
    struct samr_domain d;
    uint32_t status = samr_domain_begin(c, &q->handle, &d);

    if (status != NT_OK)
        return status;
    status = d.builtin
                 ? NT_ACCESS_DENIED
                 : lsa_status(dir_dn(&d.view.snap, d.view.naming.domain_nc, c->arena, &in.target));
    samr_domain_end(&d);
    if (status == NT_OK)
        status = set_level(&x, q->level, q->info);
    if (status != NT_OK)
        return status;
    in.mod_count = x.count;
    return samr_ask_user(c, &in, NULL);
}
