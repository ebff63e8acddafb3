/*
 * What administrators change about trusts ([MS-LSAD] 3.1.4.7). Rights are checked here, because the
 * writer makes trusts for the service alone; the rules of trusts, and which names and secrets are
 * possible, are the writer's.
 */
#include "auth/trust_facts.h"
#include "crypt/lsa_crypto.h"
#include "directory/intent.h"
#include "rpc/lsa_service.h"
#include "trust/trust_attributes.h"
#include "wire/ms/trust_auth.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_trust.h"

#define DELETE 0x00010000

static uint32_t deny(struct rpc_ctx *c)
{
    rpc_refused(c->server, c->who, "lsa.trust", REASON_LSA_ACCESS, span_str(c->call));
    return NT_ACCESS_DENIED;
}

static uint32_t check_policy(struct rpc_ctx *c, const struct rpc_handle *h)
{
    uint32_t status = lsa_policy_check(c, h, LSA_POLICY_TRUST_ADMIN);

    return status == NT_OK && !lsa_administrator(c) ? deny(c) : status;
}

/* A trusted domain's handle, and its name. */
static uint32_t check_trusted(struct rpc_ctx *c, const struct rpc_handle *handle, uint32_t access,
                              const struct trust **out)
{
    const struct rpc_handle_state *h = rpc_handle_get(c, handle, RPC_HANDLE_TRUSTED);

    if (!h)
        return NT_ACCESS_DENIED;
    if ((h->access & access) != access || !lsa_administrator(c))
        return deny(c);
    return lsa_trust_of_object(c, h->object, out);
}

static uint32_t status_of(enum err e)
{
    switch (e) {
    case ERR_EXISTS:
        return NT_OBJECT_NAME_COLLISION;
    case ERR_CONSTRAINT:
    case ERR_MALFORMED:
    case ERR_RANGE:
    case ERR_REFUSED:
        return NT_INVALID_PARAMETER;
    default:
        return lsa_status(e);
    }
}

/* Asks the writer; every outcome is an event. */
static uint32_t ask(struct rpc_ctx *c, struct intent *in, dir_id *id_out)
{
    struct intent_reply reply = {.reason = REASON_NONE};

    in->flags = INTENT_SYSTEM;
    in->token = dir_token_system;
    enum err e = c->env->intent(c->env->intent_ctx, in, c->arena, &reply);
    if (e == ERR_OK)
        e = reply.err;
    enum reason why = e == ERR_OK                   ? REASON_NONE
                      : reply.reason != REASON_NONE ? reply.reason
                                                    : REASON_SERVER_FAILED;
    rpc_refused(c->server, c->who, "lsa.trust", why, in->target);
    if (e == ERR_OK && id_out)
        *id_out = reply.id;
    return status_of(e);
}

/* --- creating -------------------------------------------------------------------------------- */

/* The stored form of one direction; without history the former secret is a copy of the new one. */
static enum err stored(struct trust_auth *auth, struct arena *a, struct span *out)
{
    struct builder b;

    *out = SPAN_NONE;
    if (auth->count == 0)
        return ERR_OK;
    if (auth->previous_count == 0) {
        memcpy(auth->previous, auth->current, sizeof(auth->previous));
        auth->previous_count = auth->count;
    }
    builder_in(&b, a, TRUST_AUTH_MAX);
    trust_auth_put(&b, auth);
    return builder_done(&b, out);
}

/* Session keys of other sizes belong to connections on which no client sends secrets so. */
static enum err open_secrets(struct rpc_ctx *c, const struct rpc_bytes *blob,
                             struct intent_trust *out)
{
    struct trust_auth_pair *pair = arena_new(c->arena, struct trust_auth_pair);
    struct span incoming, outgoing;

    if (!pair)
        return ERR_NOMEM;
    if (c->who->session_key.len != LSA_KEY_SIZE)
        return ERR_MALFORMED;
    lsa_rc4(c->who->session_key.ptr, blob->data, blob->length);
    TRY(trust_auth_pair_decode(span_of(blob->data, blob->length), pair));
    TRY(stored(&pair->incoming, c->arena, &incoming));
    TRY(stored(&pair->outgoing, c->arena, &outgoing));
    out->incoming = incoming;
    out->outgoing = outgoing;
    return ERR_OK;
}

uint32_t lsa_create_trusted_ex2(struct rpc_ctx *c, void *args)
{
    struct lsa_create_trusted_ex2 *x = args;
    const struct trust *there;
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = x->info.dns_name};
    dir_id id;
    uint32_t status = check_policy(c, &x->policy);

    if (status != NT_OK)
        return status;
    if (lsa_trust_named(c, x->info.dns_name, &there) == NT_OK ||
        lsa_trust_named(c, x->info.flat_name, &there) == NT_OK)
        return NT_OBJECT_NAME_COLLISION;
    in.trust = (struct intent_trust){.dns_name = x->info.dns_name,
                                     .flat_name = x->info.flat_name,
                                     .direction = x->info.direction,
                                     .type = x->info.type,
                                     .attributes = x->info.attributes,
                                     .enctypes = TRUST_ENC_AES};
    if (x->info.sid)
        in.trust.sid = *x->info.sid;
    enum err e = open_secrets(c, &x->auth.blob, &in.trust);
    if (e == ERR_MALFORMED)
        rpc_refused(c->server, c->who, "lsa.trust", REASON_LSA_SECRET, x->info.dns_name);
    if (e != ERR_OK)
        return status_of(e);
    if ((status = ask(c, &in, &id)) != NT_OK)
        return status;
    return lsa_status(rpc_handle_new(c, RPC_HANDLE_TRUSTED, x->access, id, &x->handle));
}

/* --- changing -------------------------------------------------------------------------------- */

static uint32_t set(struct rpc_ctx *c, const struct trust *t, uint16_t level,
                    const union lsa_trusted_info *info)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = t->dns_name};

    in.trust = (struct intent_trust){.dns_name = t->dns_name,
                                     .direction = t->direction,
                                     .type = t->type,
                                     .attributes = t->attributes,
                                     .enctypes = t->enctypes};
    switch (level) {
    case LSA_TRUSTED_ENCRYPTION_TYPES:
        in.trust.enctypes = info->encryption.types;
        break;
    case LSA_TRUSTED_EX:
        in.trust.direction = info->ex.direction;
        in.trust.type = info->ex.type;
        in.trust.attributes = info->ex.attributes;
        break;
    default:
        return NT_INVALID_INFO_CLASS;
    }
    return ask(c, &in, NULL);
}

uint32_t lsa_set_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_set_trusted *x = args;
    const struct trust *t;
    uint32_t status = check_trusted(c, &x->handle, LSA_TRUSTED_SET_POSIX, &t);

    return status == NT_OK ? set(c, t, x->level, &x->info) : status;
}

uint32_t lsa_set_trusted_by_name(struct rpc_ctx *c, void *args)
{
    struct lsa_set_trusted_by_name *x = args;
    const struct trust *t;
    uint32_t status = check_policy(c, &x->policy);

    if (status == NT_OK)
        status = lsa_trust_named(c, x->name, &t);
    return status == NT_OK ? set(c, t, x->level, &x->info) : status;
}

uint32_t lsa_delete_object(struct rpc_ctx *c, void *args)
{
    struct lsa_close *x = args;
    struct intent in = {.kind = INTENT_TRUST_DELETE};
    const struct trust *t;
    uint32_t status = check_trusted(c, &x->handle, DELETE, &t);

    if (status != NT_OK)
        return status;
    in.target = t->dns_name;
    if ((status = ask(c, &in, NULL)) == NT_OK)
        rpc_handle_close(c, &x->handle);
    return status;
}

uint32_t lsa_delete_trusted(struct rpc_ctx *c, void *args)
{
    struct lsa_delete_trusted *x = args;
    struct intent in = {.kind = INTENT_TRUST_DELETE};
    const struct trust *t;
    uint32_t status = check_policy(c, &x->policy);

    if (status == NT_OK)
        status = lsa_trust_of_sid(c, x->sid, &t);
    if (status != NT_OK)
        return status;
    in.target = t->dns_name;
    return ask(c, &in, NULL);
}

/* --- a trusted forest's names ---------------------------------------------------------------- */

static bool record_of(const struct lsa_forest_record *r, struct forest_record *out)
{
    *out = (struct forest_record){
        .type = (enum forest_record_type)r->type, .flags = r->flags, .time = r->time};
    switch (r->type) {
    case FOREST_TLN:
    case FOREST_TLN_EXCLUSION:
        out->name = r->data.name;
        return true;
    case FOREST_DOMAIN:
        if (!r->data.domain.sid)
            return false;
        out->sid = *r->data.domain.sid;
        out->name = r->data.domain.dns_name;
        out->flat_name = r->data.domain.flat_name;
        return true;
    default: /* what only later versions understand is not kept */
        return false;
    }
}

static uint32_t records(struct rpc_ctx *c, const struct lsa_forest_info *info, struct span *out)
{
    struct forest_record *all = arena_new_array(c->arena, info->count, struct forest_record);
    struct builder b;

    if (!all)
        return NT_INSUFFICIENT_RESOURCES;
    for (uint32_t i = 0; i < info->count; i++) {
        if (!info->entries[i].record || !record_of(info->entries[i].record, &all[i]))
            return NT_INVALID_PARAMETER;
    }
    builder_in(&b, c->arena, FOREST_INFO_MAX);
    forest_info_put(&b, all, info->count);
    return status_of(builder_done(&b, out));
}

/* Conflicts are marked in the records by the writer; whoever wants to see them asks for the records
 * (QueryForestTrustInformation). */
uint32_t lsa_set_forest_info(struct rpc_ctx *c, void *args)
{
    struct lsa_set_forest_info *x = args;
    struct intent in = {.kind = INTENT_TRUST_PUT};
    const struct trust *t;
    uint32_t status = check_policy(c, &x->policy);

    if (status == NT_OK)
        status = lsa_trust_named(c, x->name, &t);
    if (status != NT_OK)
        return status;
    if (!(t->attributes & TRUST_FOREST_TRANSITIVE))
        return NT_INVALID_PARAMETER;
    if ((status = records(c, &x->info, &in.trust.forest_info)) != NT_OK || x->check_only)
        return status;
    in.target = in.trust.dns_name = t->dns_name;
    return ask(c, &in, NULL);
}
