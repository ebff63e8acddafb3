#include "peer/peer_rotate.h"

#include "base/text.h"
#include "directory/account.h"
#include "plat/random.h"
#include "wire/ms/forest_info.h"
#include "wire/ms/trust_auth.h"
#include "wire/rpc/netlogon_channel.h"
#include "wire/rpc/netlogon_trust.h"

/* A call whose arguments are a struct; the answer is without a stub, which is in args. */
static enum err call(struct peer_channels *all, struct span partner, uint16_t opnum, void *args,
                     struct arena *a, struct trust_answer *out)
{
    const struct rpc_call *row = rpc_iface_call(&netlogon_iface, opnum);
    struct trust_call c = {.partner = partner, .interface = TRUST_NETLOGON, .opnum = opnum};
    struct builder b;
    builder_in(&b, a, TRUST_STUB_MAX);
    ndr_put_call(&b, row->type, NDR_IN, args);
    TRY(builder_done(&b, &c.stub));
    TRY(peer_channel_call(all, &c, a, out));
    if (out->status == PEER_OK && ndr_decode_call(row->type, NDR_OUT, out->stub, a, args, NULL)) {
        out->status = PEER_TRUST_FAILURE;
        out->reason = REASON_CHANNEL_BROKEN;
    }
    out->stub = SPAN_NONE;
    return ERR_OK;
}

/* What the call itself returned. */
static bool refused(struct trust_answer *answer, uint32_t status)
{
    if (answer->status == PEER_OK && status != PEER_OK) {
        answer->status = status;
        answer->reason = REASON_CHANNEL_REFUSED;
    }
    return answer->status != PEER_OK;
}

static struct span server_name(const struct trust_answer *answer, struct arena *a)
{
    return span_str(arena_printf(a, "\\\\%.*s", SPAN_ARG(answer->server)));
}

/* --- the password --------------------------------------------------------------------------------
 */

struct password {
    struct span utf16;
    uint32_t version;
    int64_t changed;
};

static enum err read_current(const struct dir_snap *s, struct span partner, struct arena *a,
                             struct password *out)
{
    struct trust_auth *auth = arena_new(a, struct trust_auth);
    struct span incoming, outgoing;
    struct trust *list;
    unsigned count;
    if (!auth)
        return ERR_NOMEM;
    TRY(auth_trusts(s, a, &list, &count));
    const struct trust *t = auth_trust_named(list, count, partner);
    if (!t)
        return ERR_NOT_FOUND;
    TRY(dir_trust_secrets(s, t->object, a, &incoming, &outgoing));
    TRY(trust_auth_decode(outgoing, auth));
    const struct trust_auth_info *clear =
        trust_auth_find(auth->current, auth->count, TRUST_AUTH_CLEAR);
    if (!clear)
        return ERR_NOT_FOUND;
    *out =
        (struct password){clear->data, trust_auth_version(auth->current, auth->count), clear->time};
    return ERR_OK;
}

static enum err current_password(const struct peer_env *env, struct span partner, struct arena *a,
                                 struct password *out)
{
    struct dir_snap snap;
    TRY(dir_snap_begin(env->dir, &snap));
    enum err e = read_current(&snap, partner, a, out);
    dir_snap_end(&snap);
    return e;
}

/* Right-aligned, the version before it, random bytes before that (2.2.1.3.7). */
static enum err password_buffer(const struct password *p, struct netlogon_trust_password *out)
{
    uint8_t bytes[2 * NETLOGON_PASSWORD_UNITS];
    size_t at = sizeof(bytes) - p->utf16.len;
    struct builder b;
    if (p->utf16.len > sizeof(bytes) - 12)
        return ERR_LIMIT;
    plat_random(bytes, sizeof(bytes));
    memcpy(bytes + at, p->utf16.ptr, p->utf16.len);
    builder_over(&b, bytes + at - 12, 12);
    builder_le32(&b, 0);
    builder_le32(&b, p->version);
    builder_le32(&b, NETLOGON_PASSWORD_VERSION_PRESENT);
    for (unsigned i = 0; i < NETLOGON_PASSWORD_UNITS; i++)
        out->buffer[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    out->length = (uint32_t)p->utf16.len;
    mem_wipe(bytes, sizeof(bytes));
    return ERR_OK;
}

static enum err tell(struct peer_channels *all, const struct peer_secret *secret,
                     const struct password *p, struct arena *a, struct trust_answer *answer)
{
    struct netlogon_password_set2 *q = arena_new(a, struct netlogon_password_set2);
    if (!q)
        return ERR_NOMEM;
    *q = (struct netlogon_password_set2){.server = server_name(answer, a),
                                         .account = secret->account,
                                         .channel_type = NETLOGON_CHANNEL_DNS_DOMAIN,
                                         .computer = secret->computer};
    TRY(password_buffer(p, &q->password));
    TRY(call(all, secret->partner, NETLOGON_PASSWORD_SET2, q, a, answer));
    (void)refused(answer, q->status);
    return ERR_OK;
}

/* A new channel shows which of the two passwords the partner has. */
enum err peer_tell_password(struct peer_channels *all, const struct peer_env *env,
                            struct span partner, struct arena *a, struct trust_answer *out)
{
    const struct trust_reset reset = {.partner = partner};
    struct peer_secret secret;
    struct trust_channel state;
    struct password current;
    TRY(peer_secret_read(env, partner, a, &secret));
    TRY(peer_channel_reset(all, &reset, a, &state));
    struct trust_answer answer = {
        .status = state.status, .reason = state.reason, .server = state.server};
    if (state.up) {
        TRY(current_password(env, partner, a, &current));
        if (state.former)
            TRY(tell(all, &secret, &current, a, &answer));
    }
    if (state.up && answer.status == PEER_OK) {
        const struct trust_told told = {state.former, current.version, current.changed};
        TRY(trust_told_encode(&told, a, &answer.stub));
    }
    *out = answer;
    return ERR_OK;
}

/* --- names ---------------------------------------------------------------------------------------
 */

static bool record_of(const struct lsa_forest_record *r, struct forest_record *out)
{
    *out = (struct forest_record){.type = r->type, .flags = r->flags, .time = r->time};
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
    default: /* what only later versions understand */
        return false;
    }
}

static enum err records_of(const struct lsa_forest_info *info, struct arena *a, struct span *out)
{
    struct forest_record *list = arena_new_array(a, info->count, struct forest_record);
    struct builder b;
    unsigned count = 0;
    if (!list)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < info->count; i++)
        count += info->entries[i].record && record_of(info->entries[i].record, &list[count]);
    builder_in(&b, a, FOREST_INFO_MAX);
    forest_info_put(&b, list, count);
    return builder_done(&b, out);
}

enum err peer_forest_info(struct peer_channels *all, const struct peer_env *env,
                          struct span partner, struct arena *a, struct trust_answer *out)
{
    struct peer_secret secret;
    struct netlogon_forest_info *q = arena_new(a, struct netlogon_forest_info);
    if (!q)
        return ERR_NOMEM;
    TRY(peer_secret_read(env, partner, a, &secret));
    *q = (struct netlogon_forest_info){.computer = secret.computer};
    TRY(call(all, secret.partner, NETLOGON_FOREST_INFO, q, a, out));
    if (refused(out, q->status))
        return ERR_OK;
    return q->info ? records_of(q->info, a, &out->stub) : ERR_OK;
}
