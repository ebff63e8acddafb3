#include "peer/peer_remote.h"

#include "base/text.h"
#include "crypt/lsa_crypto.h"
#include "peer/peer_smb.h"
#include "plat/random.h"
#include "trust/trust_attributes.h"
#include "wire/ms/trust_auth.h"
#include "wire/rpc/lsa_policy.h"
#include "wire/rpc/lsa_trust.h"

#define POLICY_ACCESS         (LSA_POLICY_VIEW_LOCAL | LSA_POLICY_TRUST_ADMIN | LSA_POLICY_CREATE_SECRET)
#define DELETE_ACCESS         0x00010000u /* the standard right */
#define OBJECT_NAME_NOT_FOUND 0xc0000034u
#define OBJECT_NAME_COLLISION 0xc0000035u
#define REMOTE_TIMEOUT        (TRUST_CALL_TIMEOUT - UTIME_SECOND)
#define LOOK_FOR              (5 * UTIME_SECOND)
#define LOOK_EVERY            (UTIME_SECOND / 2)

struct remote {
    const struct peer_env *env;
    const struct trust_remote *wish;
    struct arena *a;
    struct peer_failure *why;
    struct peer_dc dc;
    struct peer_smb smb;
    struct peer_rpc rpc;
    struct rpc_handle policy;
    bool unanswered; /* the last call: what it asked for may have been done */
    struct lsa_domain_names {
        struct span dns, flat;
        struct sid sid;
    } us, them;
};

/* --- calls ---------------------------------------------------------------------------------------
 */

/* Status 0 is an answer without what was asked for, or a fault that says nothing. */
static enum err refused(struct remote *x, const char *call, uint32_t status)
{
    return peer_fail(x->why, status ? status : PEER_TRUST_FAILURE, REASON_REMOTE_REFUSED,
                     "%s: 0x%08x", call, status);
}

static enum err call(struct remote *x, const char *name, uint16_t opnum, void *args)
{
    enum err e = peer_rpc_invoke(&x->rpc, opnum, args, x->a);
    x->unanswered = e != ERR_OK && e != ERR_REFUSED;
    if (e == ERR_REFUSED)
        return refused(x, name, x->rpc.fault);
    if (e == ERR_TIMEOUT || e == ERR_CLOSED || e == ERR_IO)
        return peer_fail(x->why, PEER_IO_TIMEOUT, REASON_VERIFY_PORT_SILENT, "%s: no answer", name);
    return e == ERR_OK ? ERR_OK
                       : peer_fail(x->why, PEER_TRUST_FAILURE, REASON_REMOTE_REFUSED,
                                   "%s: the answer cannot be read", name);
}

static enum err open_policy(struct remote *x)
{
    struct lsa_open_policy2 q = {.system = span_str(x->dc.host), .access = POLICY_ACCESS};
    q.attributes.length = 24;
    TRY(call(x, "OpenPolicy2", LSA_OPEN_POLICY2, &q));
    x->policy = q.handle;
    return q.status ? refused(x, "OpenPolicy2", q.status) : ERR_OK;
}

static enum err who_are_they(struct remote *x)
{
    struct lsa_query_policy q = {.handle = x->policy, .level = LSA_POLICY_DNS_DOMAIN};
    TRY(call(x, "QueryInformationPolicy2", LSA_QUERY_POLICY2, &q));
    if (q.status || !q.info || !q.info->dns.sid)
        return refused(x, "QueryInformationPolicy2", q.status);
    x->them = (struct lsa_domain_names){
        .dns = q.info->dns.dns_domain, .flat = q.info->dns.name, .sid = *q.info->dns.sid};
    if (ascii_eq_fold(x->them.dns, x->wish->partner))
        return ERR_OK;
    return peer_fail(x->why, PEER_DOMAIN_NOT_FOUND, REASON_VERIFY_WRONG_REALM,
                     "the domain controller is of %.*s", SPAN_ARG(x->them.dns));
}

/* --- make ----------------------------------------------------------------------------------------
 */

/* Both halves the same password, of which the LSA takes what the direction needs. */
static enum err auth_blob(struct remote *x, struct rpc_bytes *out)
{
    struct trust_auth_pair *pair = arena_new(x->a, struct trust_auth_pair);
    uint8_t random[TRUST_AUTH_CONFOUNDER_SIZE];
    struct trust_auth half = {.count = 1};
    struct builder b;
    struct span utf16, blob;
    if (!pair)
        return ERR_NOMEM;
    TRY(text_to_utf16(x->wish->password, x->a, &utf16));
    half.current[0] =
        (struct trust_auth_info){utime_to_filetime(plat_now()), TRUST_AUTH_CLEAR, utf16};
    pair->incoming = pair->outgoing = half;
    plat_random(random, sizeof(random));
    builder_in(&b, x->a, 2 * TRUST_AUTH_MAX);
    trust_auth_pair_put(&b, random, pair);
    TRY(builder_done(&b, &blob));
    uint8_t *bytes = arena_dup(x->a, blob.ptr, blob.len);
    if (!bytes)
        return ERR_NOMEM;
    lsa_rc4(x->smb.keys.application, bytes, blob.len);
    *out = (struct rpc_bytes){(uint32_t)blob.len, bytes};
    return ERR_OK;
}

/* One that was there before is not ours to make, nor to take away when its making fails. */
static enum err not_there(struct remote *x)
{
    struct lsa_open_trusted_by_name q = {
        .policy = x->policy, .name = x->us.dns, .access = LSA_TRUSTED_ALL};
    TRY(call(x, "OpenTrustedDomainByName", LSA_OPEN_TRUSTED_BY_NAME, &q));
    if (q.status == OBJECT_NAME_NOT_FOUND)
        return ERR_OK;
    return refused(x, q.status ? "OpenTrustedDomainByName" : "there is a trust with us already",
                   q.status ? q.status : OBJECT_NAME_COLLISION);
}

/* Nobody knows whether it is there now: control asks to delete it. */
static enum err uncertain(struct remote *x)
{
    char what[sizeof(x->why->detail)];
    snprintf(what, sizeof(what), "%s", x->why->detail);
    return peer_fail(x->why, PEER_IO_TIMEOUT, REASON_REMOTE_UNCERTAIN, "%s", what);
}

static enum err make(struct remote *x, struct rpc_handle *out)
{
    struct lsa_create_trusted_ex2 q = {
        .policy = x->policy,
        .info = {.dns_name = x->us.dns,
                 .flat_name = x->us.flat,
                 .sid = &x->us.sid,
                 .direction = trust_direction_complement(x->wish->direction),
                 .type = TRUST_UPLEVEL,
                 .attributes = x->wish->attributes & ~(uint32_t)TRUST_CROSS_ORGANIZATION},
        .access = LSA_TRUSTED_ALL};
    if (auth_blob(x, &q.auth.blob) != ERR_OK)
        return peer_fail(x->why, PEER_INVALID_PARAMETER, REASON_PASSWORD_NOT_TEXT,
                         "the trust password is not text");
    enum err e = call(x, "CreateTrustedDomainEx2", LSA_CREATE_TRUSTED_EX2, &q);
    if (e != ERR_OK)
        return x->unanswered ? uncertain(x) : e;
    *out = q.handle;
    return q.status ? refused(x, "CreateTrustedDomainEx2", q.status) : ERR_OK;
}

/* Without it the partner's KDC would take the trust for one that knows RC4 alone. */
static enum err allow_aes(struct remote *x, const struct rpc_handle *trust)
{
    struct lsa_set_trusted q = {.handle = *trust, .level = LSA_TRUSTED_ENCRYPTION_TYPES};
    q.info.encryption.types = TRUST_ENC_AES;
    TRY(call(x, "SetInformationTrustedDomain", LSA_SET_TRUSTED, &q));
    return q.status ? refused(x, "SetInformationTrustedDomain", q.status) : ERR_OK;
}

/* What our forest claims at least; the rest is asked over the secure channel. */
static enum err name_forest(struct remote *x)
{
    struct lsa_forest_record records[2] = {
        {.type = FOREST_TLN, .data.name = x->us.dns},
        {.type = FOREST_DOMAIN, .data.domain = {&x->us.sid, x->us.dns, x->us.flat}}};
    struct lsa_forest_entry entries[2] = {{&records[0]}, {&records[1]}};
    struct lsa_set_forest_info q = {.policy = x->policy,
                                    .name = x->us.dns,
                                    .highest_type = FOREST_DOMAIN,
                                    .info = {2, entries}};
    if (!(x->wish->attributes & TRUST_FOREST_TRANSITIVE))
        return ERR_OK;
    TRY(call(x, "SetForestTrustInformation", LSA_SET_FOREST_INFO, &q));
    return q.status ? refused(x, "SetForestTrustInformation", q.status) : ERR_OK;
}

/* --- delete --------------------------------------------------------------------------------------
 */

static enum err delete_object(struct remote *x, const struct rpc_handle *trust)
{
    struct lsa_close q = {.handle = *trust};
    TRY(call(x, "DeleteObject", LSA_DELETE_OBJECT, &q));
    return q.status ? refused(x, "DeleteObject", q.status) : ERR_OK;
}

static enum err take_away(struct remote *x, bool *found_out)
{
    struct lsa_open_trusted_by_name q = {
        .policy = x->policy, .name = x->us.dns, .access = DELETE_ACCESS};
    TRY(call(x, "OpenTrustedDomainByName", LSA_OPEN_TRUSTED_BY_NAME, &q));
    *found_out = q.status != OBJECT_NAME_NOT_FOUND;
    if (!*found_out)
        return ERR_OK;
    return q.status ? refused(x, "OpenTrustedDomainByName", q.status) : delete_object(x, &q.handle);
}

static void wake(void *ctx)
{
    plat_task_wake(ctx);
}

static enum err rest(struct remote *x)
{
    struct plat_timer *timer = plat_timer_new(x->env->loop, wake, plat_task_self());
    if (!timer)
        return ERR_NOMEM;
    plat_timer_start(timer, LOOK_EVERY, 0);
    plat_task_wait();
    plat_timer_free(timer);
    return ERR_OK;
}

/* What was asked for and never answered comes once or not at all; how late, nobody can tell. */
static enum err undo(struct remote *x)
{
    utime until = plat_mono() + LOOK_FOR;
    bool found = false;
    TRY(take_away(x, &found));
    while (!found && plat_mono() < until) {
        TRY(rest(x));
        TRY(take_away(x, &found));
    }
    return found ? ERR_OK
                 : peer_fail(x->why, PEER_IO_TIMEOUT, REASON_REMOTE_UNCERTAIN,
                             "no trust with us has appeared so far");
}

/* --- both ----------------------------------------------------------------------------------------
 */

/* A half that was made in part would only be in the way. */
static enum err make_whole(struct remote *x)
{
    struct rpc_handle trust;
    struct peer_failure why;
    TRY(not_there(x));
    TRY(make(x, &trust));
    enum err e = allow_aes(x, &trust);
    if (e == ERR_OK)
        e = name_forest(x);
    if (e == ERR_OK)
        return ERR_OK;
    why = *x->why;
    bool deleted = delete_object(x, &trust) == ERR_OK;
    *x->why = why;
    return deleted ? e : uncertain(x);
}

static enum err act(struct remote *x)
{
    bool found;
    switch (x->wish->act) {
    case TRUST_REMOTE_DELETE:
        return take_away(x, &found); /* one that is not there is deleted */
    case TRUST_REMOTE_UNDO:
        return undo(x);
    default:
        return make_whole(x);
    }
}

static enum err read_us(struct remote *x)
{
    struct dir_snap snap;
    struct dir_naming *naming = arena_new(x->a, struct dir_naming);
    if (!naming)
        return ERR_NOMEM;
    TRY(dir_snap_begin(x->env->dir, &snap));
    enum err e = dir_naming(&snap, naming);
    if (e == ERR_OK)
        x->us = (struct lsa_domain_names){.dns = arena_dup_span(x->a, naming->dns_name),
                                          .flat = arena_dup_span(x->a, naming->flat_name),
                                          .sid = naming->domain_sid};
    dir_snap_end(&snap);
    return e == ERR_OK && arena_failed(x->a) ? ERR_NOMEM : e;
}

static enum err over_pipe(struct remote *x)
{
    static const uint8_t no_key[NETLOGON_KEY_SIZE];
    x->rpc = (struct peer_rpc){.transport = &peer_rpc_over_smb, .ctx = &x->smb};
    enum err e = peer_rpc_bind(&x->rpc, &lsa_iface, SPAN_NONE, no_key, x->a);
    if (e != ERR_OK)
        return peer_fail(x->why, PEER_TRUST_FAILURE, REASON_REMOTE_REFUSED,
                         "the LSA's pipe cannot be used: %s", err_name(e));
    TRY(open_policy(x));
    TRY(who_are_they(x));
    return act(x);
}

static enum err work(struct remote *x)
{
    struct peer_bad_dcs *none = arena_new(x->a, struct peer_bad_dcs);
    struct peer_admin who = {.name = x->wish->admin,
                             .realm = ascii_upper(x->a, x->wish->partner),
                             .password = x->wish->admin_password};
    utime deadline = plat_mono() + REMOTE_TIMEOUT;
    enum reason reason = REASON_VERIFY_NAME_UNKNOWN;
    if (!none || arena_failed(x->a))
        return ERR_NOMEM;
    TRY(read_us(x));
    enum err e =
        peer_dc_find(x->env, none, x->wish->partner, SPAN_NONE, deadline, x->a, &x->dc, &reason);
    if (e != ERR_OK)
        return peer_fail(x->why, PEER_NO_LOGON_SERVERS, reason,
                         "no domain controller of %.*s answers", SPAN_ARG(x->wish->partner));
    TRY(peer_smb_open(&x->smb, x->env, &x->dc, &who, "lsarpc", deadline, x->a, x->why));
    e = over_pipe(x);
    peer_smb_close(&x->smb);
    return e;
}

enum err peer_remote(const struct peer_env *env, const struct trust_remote *wish, struct arena *a,
                     struct trust_answer *out)
{
    struct remote *x = arena_new(a, struct remote);
    struct peer_failure why = {0};
    if (!x)
        return ERR_NOMEM;
    *x = (struct remote){.env = env, .wish = wish, .a = a, .why = &why};
    enum err e = work(x);
    if (e != ERR_OK && e != ERR_REFUSED)
        return e;
    *out = (struct trust_answer){
        .status = why.status, .reason = why.reason, .server = span_str(x->dc.host)};
    if (e == ERR_REFUSED) {
        out->stub = arena_dup_span(a, span_str(why.detail));
        return arena_failed(a) ? ERR_NOMEM : ERR_OK;
    }
    const struct trust_identity them = {.flat_name = x->them.flat, .sid = x->them.sid};
    return trust_identity_encode(&them, a, &out->stub);
}
