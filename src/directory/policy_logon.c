#include "directory/policy.h"

#include "base/text.h"
#include "directory/account.h"

#define UNITS_SECOND INT64_C(10000000)
#define UNITS_HOUR   (3600 * UNITS_SECOND)
#define WEEK_HOURS   168
/* 1601-01-01 was a Monday: an offset that makes hour 0 a Sunday's. */
#define SUNDAY_HOURS 24

#define UAC_MACHINES                                                                               \
    (UAC_WORKSTATION_TRUST_ACCOUNT | UAC_SERVER_TRUST_ACCOUNT | UAC_INTERDOMAIN_TRUST_ACCOUNT)
#define UAC_NO_EXPIRY (UAC_SMARTCARD_REQUIRED | UAC_DONT_EXPIRE_PASSWORD | UAC_MACHINES)

#define RID_ADMINISTRATOR 500
#define PROTECTED_LIFE    (4 * 3600)

enum {
    KRB_POLICY = 12,
    KRB_CLIENT_REVOKED = 18,
    KRB_KEY_EXPIRED = 23,
};

int64_t policy_duration(int64_t stored, int64_t special)
{
    if (stored == 0 || stored == INT64_MIN)
        return special;
    return stored < 0 ? -stored : stored;
}

const struct policy_pso *policy_pso_pick(const struct policy_pso *list, unsigned count)
{
    const struct policy_pso *best = NULL;

    for (unsigned i = 0; i < count; i++) {
        const struct policy_pso *p = &list[i];

        if (!best || p->precedence < best->precedence ||
            (p->precedence == best->precedence &&
             memcmp(p->guid.b, best->guid.b, sizeof(p->guid.b)) < 0))
            best = p;
    }
    return best;
}

bool policy_locked_out(uint32_t uac, int64_t lockout_time, int64_t now,
                       const struct policy_settings *p)
{
    if (lockout_time == 0 || (uac & UAC_MACHINES))
        return false;
    return p->lockout_duration == POLICY_FOREVER || now - lockout_time <= p->lockout_duration;
}

int64_t policy_password_expiry(uint32_t uac, int64_t pwd_last_set, const struct policy_settings *p)
{
    if (uac & UAC_NO_EXPIRY)
        return FILETIME_NEVER;
    if (pwd_last_set == 0)
        return 0;
    if (p->max_age == POLICY_FOREVER || pwd_last_set > FILETIME_NEVER - p->max_age)
        return FILETIME_NEVER;
    return pwd_last_set + p->max_age;
}

static unsigned hour_of_week(int64_t filetime)
{
    return (unsigned)((filetime / UNITS_HOUR + SUNDAY_HOURS) % WEEK_HOURS);
}

static bool hour_allowed(struct span hours, unsigned hour)
{
    return hours.ptr[hour / 8] >> (hour % 8) & 1;
}

bool policy_logon_hour(struct span logon_hours, int64_t now)
{
    if (logon_hours.len != WEEK_HOURS / 8 || now < 0)
        return true;
    return hour_allowed(logon_hours, hour_of_week(now));
}

int64_t policy_logoff_time(struct span logon_hours, int64_t now)
{
    unsigned start = hour_of_week(now);

    if (logon_hours.len != WEEK_HOURS / 8 || now < 0)
        return FILETIME_NEVER;
    for (unsigned i = 0; i < WEEK_HOURS; i++)
        if (!hour_allowed(logon_hours, (start + i) % WEEK_HOURS))
            return i ? (now / UNITS_HOUR + i) * UNITS_HOUR : now;
    return FILETIME_NEVER;
}

bool policy_lockout_due(uint32_t uac, uint32_t rid, uint32_t bad_count,
                        const struct policy_settings *p)
{
    if (p->threshold == 0 || (uac & UAC_MACHINES))
        return false;
    if (rid == RID_ADMINISTRATOR && !p->lockout_admins)
        return false;
    return bad_count >= p->threshold;
}

static bool disabled(const struct policy_logon *l)
{
    return l->uac & UAC_ACCOUNTDISABLE;
}

static bool locked(const struct policy_logon *l)
{
    return policy_locked_out(l->uac, l->lockout_time, l->now, l->settings);
}

static bool expired(const struct policy_logon *l)
{
    return l->account_expires != 0 && l->account_expires != FILETIME_NEVER &&
           l->now > l->account_expires;
}

static bool outside_hours(const struct policy_logon *l)
{
    return !policy_logon_hour(l->logon_hours, l->now);
}

static struct span trim(struct span s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\\'))
        s = span_sub(s, 1, s.len);
    while (s.len && s.ptr[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* A protocol that does not name the workstation is not restricted by it, as in Windows. */
static bool wrong_workstation(const struct policy_logon *l)
{
    struct span rest = l->workstations, here = trim(l->workstation);

    if (!trim(rest).len || !here.len)
        return false;
    while (rest.len) {
        const uint8_t *comma = memchr(rest.ptr, ',', rest.len);
        size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len;

        if (text_eq_fold(trim(span_sub(rest, 0, len)), here))
            return false;
        rest = span_sub(rest, len + 1, rest.len);
    }
    return true;
}

static bool must_change(const struct policy_logon *l)
{
    return !l->password_change && !l->smartcard && !(l->uac & UAC_NO_EXPIRY) &&
           l->pwd_last_set == 0;
}

static bool password_old(const struct policy_logon *l)
{
    return !l->password_change && !l->smartcard &&
           l->now > policy_password_expiry(l->uac, l->pwd_last_set, l->settings);
}

static bool wants_smartcard(const struct policy_logon *l)
{
    return (l->uac & UAC_SMARTCARD_REQUIRED) && !l->smartcard;
}

static bool ntlm_protected(const struct policy_logon *l)
{
    return l->protected_user && l->ntlm;
}

static bool interdomain(const struct policy_logon *l)
{
    return l->uac & UAC_INTERDOMAIN_TRUST_ACCOUNT;
}

static bool machine(const struct policy_logon *l, uint32_t kind)
{
    return l->uac & kind && (l->kind == POLICY_LOGON_INTERACTIVE || l->no_machines & kind);
}

static bool workstation_account(const struct policy_logon *l)
{
    return machine(l, UAC_WORKSTATION_TRUST_ACCOUNT);
}

static bool server_account(const struct policy_logon *l)
{
    return machine(l, UAC_SERVER_TRUST_ACCOUNT);
}

#define ANY      15
#define NOT_TGS  (ANY & ~POLICY_LOGON_TGS)
#define NTLM_WAY (POLICY_LOGON_NETWORK | POLICY_LOGON_INTERACTIVE)

/* An interdomain trust account gets tickets (its partner proves the shared secret with one) but no
 * session; machine accounts get network logons, where the server wants them, but nobody sits down
 * at one. */
static const struct {
    bool (*refuses)(const struct policy_logon *l);
    unsigned kinds;
    struct policy_verdict verdict;
} rules[] = {
    {disabled, ANY, {REASON_LOGON_DISABLED, 0xC0000072, KRB_CLIENT_REVOKED, 0x533}},
    {locked, ANY, {REASON_LOGON_LOCKED_OUT, 0xC0000234, KRB_CLIENT_REVOKED, 0x775}},
    {expired, ANY, {REASON_LOGON_ACCOUNT_EXPIRED, 0xC0000193, KRB_CLIENT_REVOKED, 0x701}},
    {interdomain, NTLM_WAY, {REASON_LOGON_TRUST_ACCOUNT, 0xC0000198, KRB_POLICY, 0x70F}},
    {workstation_account, NTLM_WAY, {REASON_LOGON_MACHINE_ACCOUNT, 0xC0000199, KRB_POLICY, 0x710}},
    {server_account, NTLM_WAY, {REASON_LOGON_MACHINE_ACCOUNT, 0xC000019A, KRB_POLICY, 0x711}},
    {outside_hours, ANY, {REASON_LOGON_HOURS, 0xC000006F, KRB_CLIENT_REVOKED, 0x530}},
    {wrong_workstation, ANY, {REASON_LOGON_WORKSTATION, 0xC0000070, KRB_POLICY, 0x531}},
    {wants_smartcard, NOT_TGS, {REASON_LOGON_SMARTCARD_REQUIRED, 0xC00002FA, KRB_POLICY, 0x52F}},
    {ntlm_protected, NTLM_WAY, {REASON_LOGON_PROTECTED_USER, 0xC000006E, KRB_POLICY, 0x52F}},
    {must_change, NOT_TGS, {REASON_LOGON_MUST_CHANGE, 0xC0000224, KRB_KEY_EXPIRED, 0x773}},
    {password_old, NOT_TGS, {REASON_LOGON_PASSWORD_EXPIRED, 0xC0000071, KRB_KEY_EXPIRED, 0x532}},
};

struct policy_verdict policy_logon_check(const struct policy_logon *l)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if ((rules[i].kinds & l->kind) && rules[i].refuses(l))
            return rules[i].verdict;
    return (struct policy_verdict){REASON_NONE};
}

struct policy_ticket policy_ticket_limits(uint32_t uac, bool protected_user, uint32_t life,
                                          uint32_t renew)
{
    bool sensitive = uac & UAC_NOT_DELEGATED;
    struct policy_ticket t = {life, renew, !sensitive, true, !sensitive};

    if (!protected_user)
        return t;
    t.max_life = life < PROTECTED_LIFE ? life : PROTECTED_LIFE;
    t.max_renew = renew < PROTECTED_LIFE ? renew : PROTECTED_LIFE;
    t.forwardable = t.weak_keys = t.delegate = false;
    return t;
}
