/*
 * What administrators change about trusts ([MS-LSAD] 3.1.4.7). Rights are checked here, because the
 * writer makes trusts for the service alone; the rules of trusts, and which names and secrets are
 * possible, are the writer's.
 */
#include "auth/trust_facts.h"
#include "base/text.h"
#include "rpc/lsa_trust_auth.h"
#include "trust/trust_attributes.h"
#include "wire/rpc/lsa_policy.h"

#define DELETE          0x00010000
#define MAXIMUM_ALLOWED 0x02000000

/* A trusted domain's handle, and its name. */
static uint32_t check_trusted(struct rpc_ctx *c, const struct rpc_handle *handle, uint32_t access,
                              const struct trust **out)
{
    const struct rpc_handle_state *h = rpc_handle_get(c, handle, RPC_HANDLE_TRUSTED);

    if (!h)
        return NT_ACCESS_DENIED;
    if ((h->access & access) != access || !lsa_administrator(c))
        return lsa_deny(c, "lsa.trust");
    return lsa_trust_of_object(c, h->object, out);
}

/* --- creating -------------------------------------------------------------------------------- */

/* Of every call that creates, once the secrets are known. */
static uint32_t create(struct rpc_ctx *c, const struct lsa_trusted_ex *info,
                       struct intent_trust *trust, uint32_t access, struct rpc_handle *out)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = info->dns_name, .trust = *trust};
    const struct trust *there;
    dir_id id;

    if (lsa_trust_named(c, info->dns_name, &there) == NT_OK ||
        lsa_trust_named(c, info->flat_name, &there) == NT_OK)
        return NT_OBJECT_NAME_COLLISION;
    in.trust.dns_name = info->dns_name;
    in.trust.flat_name = info->flat_name;
    in.trust.direction = info->direction;
    in.trust.type = info->type;
    in.trust.attributes = info->attributes;
    in.trust.enctypes = TRUST_ENC_AES;
    if (info->sid)
        in.trust.sid = *info->sid;
    uint32_t status = lsa_ask(c, "lsa.trust", &in, &id);
    if (access & MAXIMUM_ALLOWED)
        access |= LSA_TRUSTED_ALL;
    return status == NT_OK ? lsa_status(rpc_handle_new(c, RPC_HANDLE_TRUSTED, access, id, out))
                           : status;
}

/* Nobody is told the secret of a trust that is made without one: it works when it gets another. */
static uint32_t no_secret(struct rpc_ctx *c, struct intent_trust *out)
{
    uint8_t random[32];

    c->env->random(random, sizeof(random));
    out->password = text_hex(c->arena, span_of(random, sizeof(random)));
    mem_wipe(random, sizeof(random));
    return out->password.len ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}

/* 3.1.4.7.12: as of Windows NT, by one name, outgoing. */
uint32_t lsa_create_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_create_trusted *x = args;
    struct lsa_trusted_ex info = {.dns_name = x->info.name,
                                  .flat_name = x->info.name,
                                  .sid = x->info.sid,
                                  .direction = TRUST_OUTBOUND,
                                  .type = TRUST_DOWNLEVEL};
    struct intent_trust trust = {.dns_name = SPAN_NONE};
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = no_secret(c, &trust);
    return status == NT_OK ? create(c, &info, &trust, x->access, &x->handle) : status;
}

uint32_t lsa_create_trusted_ex(struct rpc_ctx *c, void *args)
{
    struct lsa_create_trusted_ex *x = args;
    struct intent_trust trust = {.dns_name = SPAN_NONE};
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = lsa_auth_clear(c, &x->auth, &trust);
    return status == NT_OK ? create(c, &x->info, &trust, x->access, &x->handle) : status;
}

uint32_t lsa_create_trusted_ex2(struct rpc_ctx *c, void *args)
{
    struct lsa_create_trusted_ex2 *x = args;
    struct intent_trust trust = {.dns_name = SPAN_NONE};
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = lsa_auth_rc4(c, &x->auth, &trust);
    return status == NT_OK ? create(c, &x->info, &trust, x->access, &x->handle) : status;
}

uint32_t lsa_create_trusted_ex3(struct rpc_ctx *c, void *args)
{
    struct lsa_create_trusted_ex3 *x = args;
    struct intent_trust trust = {.dns_name = SPAN_NONE};
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = lsa_auth_aes(c, &x->auth, &trust);
    return status == NT_OK ? create(c, &x->info, &trust, x->access, &x->handle) : status;
}

/* --- changing -------------------------------------------------------------------------------- */

static void shape(const struct lsa_trusted_ex *ex, struct intent_trust *out)
{
    out->direction = ex->direction;
    out->type = ex->type;
    out->attributes = ex->attributes;
}

/* What a level says, as far as it is kept: posix offsets are not. */
static uint32_t wanted(struct rpc_ctx *c, uint16_t level, const union lsa_trusted_info *info,
                       struct intent_trust *out)
{
    switch (level) {
    case LSA_TRUSTED_ENCRYPTION_TYPES:
        out->enctypes = info->encryption.types;
        return NT_OK;
    case LSA_TRUSTED_EX:
        shape(&info->ex, out);
        return NT_OK;
    case LSA_TRUSTED_AUTH:
        return lsa_auth_clear(c, &info->auth, out);
    case LSA_TRUSTED_AUTH_INTERNAL:
        return lsa_auth_rc4(c, &info->auth_internal, out);
    case LSA_TRUSTED_AUTH_INTERNAL_AES:
        return lsa_auth_aes(c, &info->auth_aes, out);
    case LSA_TRUSTED_FULL:
        shape(&info->full.ex, out);
        return lsa_auth_clear(c, &info->full.auth, out);
    case LSA_TRUSTED_FULL_INTERNAL:
        shape(&info->full_internal.ex, out);
        return lsa_auth_rc4(c, &info->full_internal.auth, out);
    case LSA_TRUSTED_FULL_INTERNAL_AES:
        shape(&info->full_aes.ex, out);
        return lsa_auth_aes(c, &info->full_aes.auth, out);
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

static uint32_t set(struct rpc_ctx *c, const struct trust *t, uint16_t level,
                    const union lsa_trusted_info *info)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = t->dns_name};

    in.trust = (struct intent_trust){.dns_name = t->dns_name,
                                     .direction = t->direction,
                                     .type = t->type,
                                     .attributes = t->attributes,
                                     .enctypes = t->enctypes};
    uint32_t status = wanted(c, level, info, &in.trust);
    return status == NT_OK ? lsa_ask(c, "lsa.trust", &in, NULL) : status;
}

/* 3.1.4.7.6 */
static uint32_t set_access(uint16_t level)
{
    switch (level) {
    case LSA_TRUSTED_AUTH:
    case LSA_TRUSTED_AUTH_INTERNAL:
    case LSA_TRUSTED_AUTH_INTERNAL_AES:
        return LSA_TRUSTED_SET_AUTH;
    case LSA_TRUSTED_FULL:
    case LSA_TRUSTED_FULL_INTERNAL:
    case LSA_TRUSTED_FULL_INTERNAL_AES:
        return LSA_TRUSTED_SET_AUTH | LSA_TRUSTED_SET_POSIX;
    default:
        return LSA_TRUSTED_SET_POSIX;
    }
}

uint32_t lsa_set_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_set_trusted *x = args;
    const struct trust *t;
    uint32_t status = check_trusted(c, &x->handle, set_access(x->level), &t);

    return status == NT_OK ? set(c, t, x->level, &x->info) : status;
}

uint32_t lsa_set_trusted_by_sid(struct rpc_ctx *c, void *args)
{
    struct lsa_set_trusted_by_sid *x = args;
    const struct trust *t;
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = lsa_trust_of_sid(c, x->sid, &t);
    return status == NT_OK ? set(c, t, x->level, &x->info) : status;
}

uint32_t lsa_set_trusted_by_name(struct rpc_ctx *c, void *args)
{
    struct lsa_set_trusted_by_name *x = args;
    const struct trust *t;
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = lsa_trust_named(c, x->name, &t);
    return status == NT_OK ? set(c, t, x->level, &x->info) : status;
}

uint32_t lsa_trust_delete(struct rpc_ctx *c, const struct rpc_handle_state *h)
{
    struct intent in = {.kind = INTENT_TRUST_DELETE};
    const struct trust *t;

    if (!(h->access & DELETE) || !lsa_administrator(c))
        return lsa_deny(c, "lsa.trust");
    uint32_t status = lsa_trust_of_object(c, h->object, &t);
    if (status != NT_OK)
        return status;
    in.target = t->dns_name;
    return lsa_ask(c, "lsa.trust", &in, NULL);
}

uint32_t lsa_delete_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_delete_trusted *x = args;
    struct intent in = {.kind = INTENT_TRUST_DELETE};
    const struct trust *t;
    uint32_t status = lsa_trust_admin(c, &x->policy);

    if (status == NT_OK)
        status = lsa_trust_of_sid(c, x->sid, &t);
    if (status != NT_OK)
        return status;
    in.target = t->dns_name;
    return lsa_ask(c, "lsa.trust", &in, NULL);
}
