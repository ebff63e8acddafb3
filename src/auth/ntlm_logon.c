#include "auth/ntlm_logon.h"

#include "base/counters.h"
#include "base/text.h"
#include "directory/policy_facts.h"
#include "directory/volatile.h"
#include "wire/ntlm/ntlm.h"

#define STATUS_NO_SUCH_USER       0xC0000064u
#define STATUS_WRONG_PASSWORD     0xC000006Au
#define STATUS_LOGON_FAILURE      0xC000006Du
#define STATUS_ACCOUNT_LOCKED_OUT 0xC0000234u
#define STATUS_INVALID_PARAMETER  0xC000000Du

/* Former passwords that are wrong but not counted ([MS-SAMR] 3.1.1.7.1). */
#define OLD_PASSWORDS 2

#define RID_ADMINISTRATOR 500

struct attempt {
    const struct ntlm_logon *l;
    struct arena *a;
    struct ntlm_v2_response response;
    struct dir_account account;
    struct dir_obj object;
    struct policy_settings policy;
    int64_t now;
    struct ntlm_verdict *out;
};

static enum err verdict(struct attempt *t, enum reason reason, uint32_t ntstatus)
{
    t->out->reason = reason;
    t->out->ntstatus = ntstatus;
    return ERR_OK;
}

/* --- names --------------------------------------------------------------------------------------
 */

struct span ntlm_logon_domain(const struct dir_snap *s, struct span user, struct span domain)
{
    struct dir_account acc;
    const uint8_t *at = user.len ? memrchr(user.ptr, '@', user.len) : NULL;
    if (domain.len || !at)
        return domain;
    if (dir_account_by_upn(s, user, &acc) == ERR_OK)
        return SPAN_NONE;
    return span_sub(user, (size_t)(at - user.ptr) + 1, user.len);
}

/* name, or name@suffix without a domain: an explicit principal name, or a name of our own. */
static enum err by_name(const struct dir_snap *s, struct span user, struct span domain,
                        struct dir_account *out)
{
    const uint8_t *at = domain.len || user.len == 0 ? NULL : memrchr(user.ptr, '@', user.len);
    if (!at)
        return dir_account_by_sam(s, user, out);
    enum err e = dir_account_by_upn(s, user, out);
    return e == ERR_NOT_FOUND
               ? dir_account_by_sam(s, span_sub(user, 0, (size_t)(at - user.ptr)), out)
               : e;
}

/* Whose account it is. *known: there is one. */
static enum err find(struct attempt *t, bool *known)
{
    struct span user, domain;
    const struct ntlm_logon *l = t->l;
    *known = false;
    enum err e = text_from_utf16(l->user, t->a, &user);
    if (e == ERR_OK)
        e = text_from_utf16(l->domain, t->a, &domain);
    if (e != ERR_OK)
        return e == ERR_MALFORMED ? ERR_OK : e;
    e = by_name(l->snap, user, domain, &t->account);
    if (e == ERR_OK)
        e = dir_by_id(l->snap, t->account.id, &t->object);
    *known = e == ERR_OK;
    return e == ERR_NOMEM || e == ERR_IO ? e : ERR_OK;
}

/* --- the proof ----------------------------------------------------------------------------------
 */

/* Clients that are asked for a user alone may leave the domain out of the key (3.2.5.1.2). */
static bool proves(struct attempt *t, const uint8_t nt[16], struct span user_upper)
{
    const struct span domains[] = {t->l->domain, SPAN_NONE};
    bool found = false;
    if (t->l->nt_hash)
        return mem_eq_ct(nt, t->l->nt_hash, 16);
    for (unsigned i = 0; i < 2 && !found; i++) {
        uint8_t owf[NTLM_KEY_SIZE], proof[16];
        ntlm_owf_v2(nt, user_upper, domains[i], owf);
        ntlm_proof(owf, t->l->challenge, t->response.temp, proof);
        found = mem_eq_ct(proof, t->response.proof, sizeof(proof));
        if (found)
            ntlm_base_key(owf, proof, t->out->base_key);
        mem_wipe(owf, sizeof(owf));
    }
    return found;
}

/* ERR_INTEGRITY: not its password. ERR_STATE: a former one. */
static enum err prove(struct attempt *t, dir_id id)
{
    struct span user, upper;
    struct dir_account_keys *keys = arena_new(t->a, struct dir_account_keys);
    if (!keys)
        return ERR_NOMEM;
    TRY(text_from_utf16(t->l->user, t->a, &user));
    TRY(text_upper(user, t->a, &upper));
    TRY(text_to_utf16(upper, t->a, &upper));
    enum err e = dir_account_keys(t->l->snap, DIR_SECRET_ACCOUNT, id, t->a, keys);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !keys->have_nt))
        return ERR_INTEGRITY;
    TRY(e);
    if (proves(t, keys->nt_hash, upper))
        return ERR_OK;
    for (unsigned i = 0; i < OLD_PASSWORDS; i++) {
        struct span old = span_sub(keys->history, (size_t)i * DIR_HISTORY_ENTRY, DIR_HISTORY_ENTRY);
        if (old.len == DIR_HISTORY_ENTRY && proves(t, old.ptr, upper))
            e = ERR_STATE;
    }
    mem_wipe(t->out->base_key, sizeof(t->out->base_key));
    return e == ERR_STATE ? e : ERR_INTEGRITY;
}

/* As much work as for a name that exists, so that time does not tell names. */
static enum err unknown_user(struct attempt *t)
{
    struct dir_naming n;
    struct dir_obj o;
    struct sid sid;
    TRY(dir_naming(t->l->snap, &n));
    if (sid_append(&n.domain_sid, RID_ADMINISTRATOR, &sid) == ERR_OK &&
        dir_by_sid(t->l->snap, &sid, &o) == ERR_OK)
        (void)prove(t, o.id);
    mem_wipe(t->out->base_key, sizeof(t->out->base_key));
    return verdict(t, REASON_NTLM_USER_UNKNOWN, STATUS_NO_SUCH_USER);
}

/* --- the password's count -----------------------------------------------------------------------
 */

static bool lockout_due(const struct attempt *t, uint32_t bad)
{
    return policy_lockout_due(t->account.uac, t->account.sid.sub[t->account.sid.count - 1], bad,
                              &t->policy);
}

/* Durable before it is acted on: who cannot be locked durably is not let on either. */
static enum err lock_out(struct attempt *t)
{
    struct intent in = {
        .kind = INTENT_LOCKOUT, .flags = INTENT_SYSTEM, .account = t->account.id, .when = t->now};
    struct intent_reply reply;
    enum err e = t->l->intent(t->l->ctx, &in, t->a, &reply);
    if (e != ERR_OK || reply.err != ERR_OK)
        return verdict(t, REASON_KDC_LOCKOUT_NOT_STORED, STATUS_LOGON_FAILURE);
    return verdict(t, REASON_KDC_LOCKED_NOW, STATUS_ACCOUNT_LOCKED_OUT);
}

static enum err wrong_password(struct attempt *t)
{
    uint32_t bad =
        vol_bad_password(t->l->snap->dir, t->account.id, t->now, t->policy.lockout_window);
    if (lockout_due(t, bad))
        return lock_out(t);
    return verdict(t, REASON_NTLM_PASSWORD_WRONG, STATUS_WRONG_PASSWORD);
}

/* --- the account --------------------------------------------------------------------------------
 */

/* All of it is told only to who has proved the password. */
static enum err check_policy(struct attempt *t)
{
    struct policy_logon facts = {.kind = t->l->kind,
                                 .now = t->now,
                                 .settings = &t->policy,
                                 .workstation = t->l->workstation,
                                 .ntlm = true,
                                 .no_machines = t->l->no_machines,
                                 .password_change = t->l->password_change};
    TRY(dir_memberships(t->l->snap, t->account.id, t->a, &t->out->groups));
    facts.protected_user = t->out->groups.protected_user;
    policy_logon_facts(&t->account, &t->object, &facts);
    struct policy_verdict v = policy_logon_check(&facts);
    return v.reason == REASON_NONE ? ERR_OK : verdict(t, v.reason, v.ntstatus);
}

static bool refused(const struct attempt *t)
{
    return t->out->reason != REASON_NONE;
}

static enum err welcome(struct attempt *t)
{
    t->out->account = t->account;
    t->out->account.sam_name = arena_dup_span(t->a, t->account.sam_name);
    t->out->account.upn = arena_dup_span(t->a, t->account.upn);
    t->out->account.logon_hours = arena_dup_span(t->a, t->account.logon_hours);
    vol_good_logon(t->l->snap->dir, t->account.id, t->now);
    if (!t->l->password_change)
        counter_add(COUNTER_LOGONS_NTLM, 1);
    return arena_failed(t->a) ? ERR_NOMEM : ERR_OK;
}

static enum err decide(struct attempt *t)
{
    TRY(policy_settings_for(t->l->snap, t->account.id, t->a, &t->policy, NULL));
    if (policy_locked_out(t->account.uac, t->account.lockout_time, t->now, &t->policy))
        return verdict(t, REASON_LOGON_LOCKED_OUT, STATUS_ACCOUNT_LOCKED_OUT);
    if (policy_lockout_missed(t->l->snap->dir, &t->account, t->now, &t->policy))
        return lock_out(t);
    enum err e = prove(t, t->account.id);
    if (e == ERR_INTEGRITY)
        return wrong_password(t);
    if (e == ERR_STATE)
        return verdict(t, REASON_NTLM_PASSWORD_OLD, STATUS_WRONG_PASSWORD);
    TRY(e);
    TRY(check_policy(t));
    return refused(t) ? ERR_OK : welcome(t);
}

/* Version 1, and the answer of LM alone, are 24 bytes long or none. */
static enum err take_response(struct attempt *t)
{
    utime skew;
    if (t->l->nt_hash)
        return ERR_OK;
    if (t->l->response.len <= NTLM_V1_RESPONSE)
        return verdict(t, REASON_NTLM_VERSION, STATUS_LOGON_FAILURE);
    if (ntlm_v2_response_decode(t->l->response, &t->response) != ERR_OK)
        return verdict(t, REASON_AUTH_TOKEN_MALFORMED, STATUS_INVALID_PARAMETER);
    skew = utime_from_filetime(t->response.timestamp) - t->l->now;
    if (skew > NTLM_LIFETIME || skew < -NTLM_LIFETIME)
        return verdict(t, REASON_AUTH_CLOCK_SKEW, STATUS_LOGON_FAILURE);
    return ERR_OK;
}

enum err ntlm_logon(const struct ntlm_logon *l, struct arena *a, struct ntlm_verdict *out)
{
    bool known;
    struct ntlm_verdict v = {0};
    struct attempt t = {.l = l, .a = a, .now = utime_to_filetime(l->now), .out = &v};
    enum err e = take_response(&t);
    if (e == ERR_OK && !refused(&t))
        e = find(&t, &known);
    if (e == ERR_OK && !refused(&t))
        e = known ? decide(&t) : unknown_user(&t);
    if (e == ERR_OK && refused(&t))
        mem_wipe(v.base_key, sizeof(v.base_key));
    if (e == ERR_OK)
        *out = v;
    mem_wipe(&v, sizeof(v));
    return e;
}
