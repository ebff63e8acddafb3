#include "peer/peer_lookup.h"

#include "wire/rpc/lsa_lookup.h"

#define REVISION 2 /* of the client ([MS-LSAT] 2.2.16) */

/* How a call says that there is nobody: as specified, and as Samba does of what has an @. */
enum { NT_NO_SUCH_USER = 0xc0000064, NT_NONE_MAPPED = 0xc0000073 };

/* In the arena. */
static enum err read_trust(const struct peer_env *env, struct span partner, struct arena *a,
                           struct trust *out)
{
    struct dir_snap snap;
    struct trust *list;
    unsigned count;
    TRY(dir_snap_begin(env->dir, &snap));
    enum err e = auth_trusts(&snap, a, &list, &count);
    dir_snap_end(&snap);
    TRY(e);
    const struct trust *found = auth_trust_named(list, count, partner);
    if (!found)
        return ERR_NOT_FOUND;
    *out = *found;
    return ERR_OK;
}

/* An account or a group; not a group that is of use in its own domain only, nor a whole domain. */
static bool is_somebody(const struct trust *t, const struct lsa_lookup_names3 *q)
{
    if (q->sids.count != 1 || !q->sids.sids[0].sid || !trust_speaks_for(t, q->sids.sids[0].sid))
        return false;
    uint16_t use = q->sids.sids[0].use;
    return use == LSA_SID_USER || use == LSA_SID_GROUP || use == LSA_SID_COMPUTER;
}

static enum err take(const struct trust *t, const struct lsa_lookup_names3 *q, struct arena *a,
                     struct trust_answer *answer)
{
    uint8_t bytes[SID_BYTES_MAX];
    answer->stub = SPAN_NONE;
    bool nobody = q->status == NT_NONE_MAPPED || q->status == NT_NO_SUCH_USER;
    if (q->status != PEER_OK && !nobody) {
        answer->status = q->status;
        answer->reason = REASON_CHANNEL_REFUSED;
    } else if (!nobody && is_somebody(t, q)) {
        answer->stub = arena_dup_span(a, span_of(bytes, sid_to_bytes(q->sids.sids[0].sid, bytes)));
    }
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

enum err peer_lookup(struct peer_channels *all, const struct peer_env *env,
                     const struct trust_lookup *what, struct arena *a, struct trust_answer *out)
{
    struct span name = what->name;
    struct lsa_lookup_names3 q = {
        .count = 1, .names = &name, .level = LSA_LOOKUP_ALL, .revision = REVISION};
    struct trust_call call = {
        .partner = what->partner, .interface = TRUST_LSARPC, .opnum = LSA_LOOKUP_NAMES4};
    struct trust_answer answer;
    struct trust t;
    struct builder b;
    TRY(read_trust(env, what->partner, a, &t));
    builder_in(&b, a, TRUST_STUB_MAX);
    ndr_put_call(&b, &lsa_ndr_lookup_names4, NDR_IN, &q);
    TRY(builder_done(&b, &call.stub));
    TRY(peer_channel_call(all, &call, a, &answer));
    if (answer.status == PEER_OK &&
        ndr_decode_call(&lsa_ndr_lookup_names4, NDR_OUT, answer.stub, a, &q, NULL) != ERR_OK) {
        answer.status = PEER_TRUST_FAILURE;
        answer.reason = REASON_CHANNEL_BROKEN;
    }
    if (answer.status == PEER_OK)
        TRY(take(&t, &q, a, &answer));
    else
        answer.stub = SPAN_NONE;
    *out = answer;
    return ERR_OK;
}
