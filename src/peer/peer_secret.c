/*
 * What a secure channel is made of, from the directory.
 */
#include "base/text.h"
#include "directory/account.h"
#include "peer/peer_session.h"
#include "wire/ms/trust_auth.h"

/* The NT hash of one version of the password; false: there is none. */
static bool hash_of(const struct trust_auth_info *infos, unsigned count, uint8_t out[16])
{
    const struct trust_auth_info *clear = trust_auth_find(infos, count, TRUST_AUTH_CLEAR);
    const struct trust_auth_info *hash = trust_auth_find(infos, count, TRUST_AUTH_NT_HASH);
    if (clear)
        nt_hash_utf16(clear->data, out);
    else if (hash && hash->data.len == 16)
        memcpy(out, hash->data.ptr, 16);
    else
        return false;
    return true;
}

static enum err read_hashes(const struct dir_snap *s, dir_id tdo, struct arena *a,
                            struct peer_basis *out)
{
    struct trust_auth *auth = arena_new(a, struct trust_auth);
    struct span incoming, outgoing;
    if (!auth)
        return ERR_NOMEM;
    TRY(dir_trust_secrets(s, tdo, a, &incoming, &outgoing));
    TRY(trust_auth_decode(outgoing, auth));
    if (!hash_of(auth->current, auth->count, out->hash[0]))
        return ERR_OK;
    out->hashes = 1;
    if (hash_of(auth->previous, auth->previous_count, out->hash[1]) &&
        memcmp(out->hash[0], out->hash[1], 16) != 0)
        out->hashes = 2;
    return ERR_OK;
}

static enum err read_all(const struct peer_env *env, const struct dir_snap *s, struct span partner,
                         struct arena *a, struct peer_secret *out)
{
    struct dir_naming *naming = arena_new(a, struct dir_naming);
    struct trust *list;
    unsigned count;
    if (!naming)
        return ERR_NOMEM;
    TRY(dir_naming(s, naming));
    TRY(auth_trusts(s, a, &list, &count));
    const struct trust *t = auth_trust_named(list, count, partner);
    if (!t)
        return ERR_NOT_FOUND;
    struct peer_secret secret = {.partner = ascii_lower(a, t->dns_name),
                                 .direction = t->direction,
                                 .attributes = t->attributes,
                                 .partner_flat = ascii_upper(a, t->flat_name),
                                 .domain = arena_dup_span(a, naming->dns_name),
                                 .computer = ascii_upper(a, span_sub(env->dc_host, 0, 15)),
                                 .basis = {.epoch = s->epochs.trusts, .tdo = t->object}};
    secret.account = span_str(arena_printf(a, "%.*s.", SPAN_ARG(naming->dns_name)));
    if (t->direction & TRUST_OUTBOUND)
        TRY(read_hashes(s, t->object, a, &secret.basis));
    if (arena_failed(a))
        return ERR_NOMEM;
    *out = secret;
    return ERR_OK;
}

enum err peer_secret_read(const struct peer_env *env, struct span partner, struct arena *a,
                          struct peer_secret *out)
{
    struct dir_snap snap;
    TRY(dir_snap_begin(env->dir, &snap));
    enum err e = read_all(env, &snap, partner, a, out);
    dir_snap_end(&snap);
    return e;
}

enum err peer_secret_usable(const struct peer_secret *x, struct peer_failure *why_out)
{
    if (x->basis.hashes > 0)
        return ERR_OK;
    return peer_fail(why_out, PEER_NO_TRUST_ACCOUNT, REASON_CHANNEL_NO_SECRET,
                     "%.*s does not trust %.*s: there is no channel of ours to it",
                     SPAN_ARG(x->domain), SPAN_ARG(x->partner));
}

bool peer_basis_same(const struct peer_basis *a, const struct peer_basis *b)
{
    return a->tdo == b->tdo && a->hashes == b->hashes &&
           mem_eq_ct(a->hash, b->hash, a->hashes * sizeof(a->hash[0]));
}
