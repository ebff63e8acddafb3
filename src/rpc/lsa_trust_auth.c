/*
 * The secrets of trusts as calls bring them ([MS-LSAD] 2.2.7.7, 2.2.7.11, 2.2.7.29): in clear,
 * under RC4, under AES; and as the writer takes them. Session keys of other sizes than 16 bytes
 * belong to connections on which no client sends secrets so.
 */
#include "rpc/lsa_trust_auth.h"
#include "crypt/lsa_crypto.h"
#include "wire/ms/trust_auth.h"

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

static uint32_t both(struct rpc_ctx *c, struct trust_auth_pair *pair, struct intent_trust *out)
{
    struct span incoming, outgoing;

    if (stored(&pair->incoming, c->arena, &incoming) != ERR_OK ||
        stored(&pair->outgoing, c->arena, &outgoing) != ERR_OK)
        return NT_INVALID_PARAMETER;
    out->incoming = incoming;
    out->outgoing = outgoing;
    return NT_OK;
}

/* --- encrypted -------------------------------------------------------------------------------- */

static uint32_t refuse(struct rpc_ctx *c)
{
    rpc_refused(c->server, c->who, "lsa.trust", REASON_LSA_SECRET, span_str(c->call));
    return NT_INVALID_PARAMETER;
}

static uint32_t opened(struct rpc_ctx *c, struct span plain, struct intent_trust *out)
{
    struct trust_auth_pair *pair = arena_new(c->arena, struct trust_auth_pair);

    if (!pair)
        return NT_INSUFFICIENT_RESOURCES;
    return trust_auth_pair_decode(plain, pair) == ERR_OK ? both(c, pair, out) : refuse(c);
}

uint32_t lsa_auth_rc4(struct rpc_ctx *c, const struct lsa_trusted_auth_internal *in,
                      struct intent_trust *out)
{
    if (c->who->session_key.len != LSA_KEY_SIZE)
        return refuse(c);
    lsa_rc4(c->who->session_key.ptr, in->blob.data, in->blob.length);
    return opened(c, span_of(in->blob.data, in->blob.length), out);
}

uint32_t lsa_auth_aes(struct rpc_ctx *c, const struct lsa_trusted_auth_aes *in,
                      struct intent_trust *out)
{
    size_t len;

    if (c->who->session_key.len != LSA_KEY_SIZE ||
        lsa_aes_open(c->who->session_key.ptr, in->auth, in->salt, in->cipher.data,
                     in->cipher.length, &len) != ERR_OK)
        return refuse(c);
    return opened(c, span_of(in->cipher.data, len), out);
}

/* --- in clear --------------------------------------------------------------------------------- */

static void add(struct trust_auth_info *infos, unsigned *count, const struct lsa_auth_info *in)
{
    if (in)
        infos[(*count)++] =
            (struct trust_auth_info){in->time, in->type, span_of(in->data.data, in->data.length)};
}

uint32_t lsa_auth_clear(struct rpc_ctx *c, const struct lsa_trusted_auth *in,
                        struct intent_trust *out)
{
    struct trust_auth_pair *pair = arena_new(c->arena, struct trust_auth_pair);

    if (!pair)
        return NT_INSUFFICIENT_RESOURCES;
    if (in->incoming_count > 1 || in->outgoing_count > 1)
        return NT_INVALID_PARAMETER;
    if (in->incoming_count) {
        add(pair->incoming.current, &pair->incoming.count, in->incoming);
        add(pair->incoming.previous, &pair->incoming.previous_count, in->incoming_previous);
    }
    if (in->outgoing_count) {
        add(pair->outgoing.current, &pair->outgoing.count, in->outgoing);
        add(pair->outgoing.previous, &pair->outgoing.previous_count, in->outgoing_previous);
    }
    return both(c, pair, out);
}
