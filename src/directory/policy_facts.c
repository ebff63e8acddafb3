#include "directory/policy_facts.h"

#include "directory/index.h"
#include "directory/links.h"
#include "directory/volatile.h"

#define PASSWORD_COMPLEX         0x1
#define PASSWORD_LOCKOUT_ADMINS  0x8
#define PASSWORD_STORE_CLEARTEXT 0x10

#define GROUP_GLOBAL_SECURITY 0x80000002u
#define PSOS_MAX              256 /* considered for one account */

enum err policy_domain_settings(const struct dir_snap *s, struct policy_settings *out)
{
    struct dir_naming naming;
    struct dir_obj o;
    uint32_t properties;

    TRY(dir_naming(s, &naming));
    TRY(dir_by_id(s, naming.domain_nc, &o));
    properties = (uint32_t)dir_attr_i32(&o, ATTR_pwdProperties, 0);
    *out = (struct policy_settings){
        .min_length = (unsigned)dir_attr_i32(&o, ATTR_minPwdLength, 0),
        .history = (unsigned)dir_attr_i32(&o, ATTR_pwdHistoryLength, 0),
        .complexity = properties & PASSWORD_COMPLEX,
        .reversible = properties & PASSWORD_STORE_CLEARTEXT,
        .min_age = policy_duration(dir_attr_i64(&o, ATTR_minPwdAge, 0), 0),
        .max_age = policy_duration(dir_attr_i64(&o, ATTR_maxPwdAge, 0), POLICY_FOREVER),
        .threshold = (unsigned)dir_attr_i32(&o, ATTR_lockoutThreshold, 0),
        .lockout_duration =
            policy_duration(dir_attr_i64(&o, ATTR_lockoutDuration, 0), POLICY_FOREVER),
        .lockout_window = policy_duration(dir_attr_i64(&o, ATTR_lockOutObservationWindow, 0), 0),
        .lockout_admins = properties & PASSWORD_LOCKOUT_ADMINS,
    };
    return ERR_OK;
}

static bool flag(const struct dir_obj *o, uint32_t attr)
{
    struct span v;

    return dir_attr_first(o, attr, &v) && v.len == 1 && v.ptr[0];
}

/* What a password settings object does not say, the domain does. */
static void apply_pso(const struct dir_obj *o, struct policy_settings *p)
{
    p->min_length = (unsigned)dir_attr_i32(o, ATTR_msDS_MinimumPasswordLength, 0);
    p->history = (unsigned)dir_attr_i32(o, ATTR_msDS_PasswordHistoryLength, 0);
    p->complexity = flag(o, ATTR_msDS_PasswordComplexityEnabled);
    p->reversible = p->reversible || flag(o, ATTR_msDS_PasswordReversibleEncryptionEnabled);
    p->min_age = policy_duration(dir_attr_i64(o, ATTR_msDS_MinimumPasswordAge, 0), 0);
    p->max_age = policy_duration(dir_attr_i64(o, ATTR_msDS_MaximumPasswordAge, 0), POLICY_FOREVER);
    p->threshold = (unsigned)dir_attr_i32(o, ATTR_msDS_LockoutThreshold, 0);
    p->lockout_duration =
        policy_duration(dir_attr_i64(o, ATTR_msDS_LockoutDuration, 0), POLICY_FOREVER);
    p->lockout_window = policy_duration(dir_attr_i64(o, ATTR_msDS_LockoutObservationWindow, 0), 0);
}

/* --- which password settings object -------------------------------------------------------------
 */

struct pso_list {
    struct policy_pso pso[PSOS_MAX];
    unsigned count;
};

static enum err is_pso(const struct dir_snap *s, const struct dir_obj *o, bool *out)
{
    const struct schema_class *c = schema_class(o->class_id);
    struct dir_obj parent;

    *out = false;
    if (!c || !schema_class_is(c, CLASS_msDS_PasswordSettings) || (o->flags & DIR_OBJ_DELETED))
        return ERR_OK;
    TRY(dir_by_id(s, o->parent, &parent));
    c = schema_class(parent.class_id);
    *out = c && schema_class_is(c, CLASS_msDS_PasswordSettingsContainer);
    return ERR_OK;
}

static enum err add_applied(const struct dir_snap *s, dir_id to, struct pso_list *l)
{
    struct dir_link_cursor c = {0};
    dir_id id;

    while (dir_backlink_next(s, ATTR_msDS_PSOAppliesTo, to, &c, &id)) {
        struct dir_obj o;
        bool yes;

        TRY(dir_by_id(s, id, &o));
        TRY(is_pso(s, &o, &yes));
        if (!yes)
            continue;
        if (l->count == PSOS_MAX)
            return ERR_LIMIT;
        l->pso[l->count++] = (struct policy_pso){
            id, dir_attr_i32(&o, ATTR_msDS_PasswordSettingsPrecedence, INT32_MAX), o.guid};
    }
    return ERR_OK;
}

static enum err add_groups_applied(const struct dir_snap *s, dir_id account, struct arena *scratch,
                                   struct pso_list *l)
{
    struct dir_memberships m;

    TRY(dir_memberships(s, account, scratch, &m));
    for (unsigned i = 1; i < m.visited_count; i++) {
        struct dir_obj group;
        uint32_t type;

        TRY(dir_by_id(s, m.visited[i], &group));
        type = (uint32_t)dir_attr_i32(&group, ATTR_groupType, 0);
        if ((type & GROUP_GLOBAL_SECURITY) == GROUP_GLOBAL_SECURITY)
            TRY(add_applied(s, m.visited[i], l));
    }
    return ERR_OK;
}

static bool governed(const struct dir_obj *o)
{
    const struct schema_class *c = schema_class(o->class_id);
    struct span v;

    return c && schema_class_is(c, CLASS_user) &&
           (dir_attr_i32(o, ATTR_userAccountControl, 0) & UAC_NORMAL_ACCOUNT) &&
           !dir_attr_first(o, ATTR_msDS_SecondaryKrbTgtNumber, &v);
}

bool policy_has_psos(const struct dir_snap *s)
{
    static const uint8_t class_id[4] = {
        CLASS_msDS_PasswordSettings & 0xFF, CLASS_msDS_PasswordSettings >> 8 & 0xFF,
        CLASS_msDS_PasswordSettings >> 16 & 0xFF, CLASS_msDS_PasswordSettings >> 24 & 0xFF};
    struct dir_index_cursor c;

    if (dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(class_id, 4), false, &c) != ERR_OK)
        return true;
    return dir_index_count(s, &c, 1) > 0;
}

static enum err find_pso(const struct dir_snap *s, dir_id account, struct arena *scratch,
                         dir_id *out)
{
    struct pso_list l = {.count = 0};
    const struct policy_pso *best;
    struct dir_obj o;

    *out = 0;
    if (!policy_has_psos(s))
        return ERR_OK;
    TRY(dir_by_id(s, account, &o));
    if (!governed(&o))
        return ERR_OK;
    TRY(add_applied(s, account, &l));
    if (l.count == 0)
        TRY(add_groups_applied(s, account, scratch, &l));
    best = policy_pso_pick(l.pso, l.count);
    *out = best ? best->object : 0;
    return ERR_OK;
}

enum err policy_settings_for(const struct dir_snap *s, dir_id account, struct arena *scratch,
                             struct policy_settings *out, dir_id *pso_out)
{
    struct policy_settings p;
    struct dir_obj o;
    dir_id pso;

    TRY(policy_domain_settings(s, &p));
    TRY(find_pso(s, account, scratch, &pso));
    if (pso) {
        TRY(dir_by_id(s, pso, &o));
        apply_pso(&o, &p);
    }
    *out = p;
    if (pso_out)
        *pso_out = pso;
    return ERR_OK;
}

void policy_account_facts(const struct dir_account *acc, struct policy_logon *l)
{
    l->uac = acc->uac;
    l->account_expires = acc->account_expires;
    l->pwd_last_set = acc->pwd_last_set;
    l->lockout_time = acc->lockout_time;
    l->logon_hours = acc->logon_hours;
}

void policy_logon_facts(const struct dir_account *acc, const struct dir_obj *o,
                        struct policy_logon *l)
{
    policy_account_facts(acc, l);
    l->workstations = SPAN_NONE;
    dir_attr_first(o, ATTR_userWorkstations, &l->workstations);
}

bool policy_lockout_missed(const struct dir *d, const struct dir_account *acc, int64_t now,
                           const struct policy_settings *settings)
{
    uint32_t rid = acc->sid.sub[acc->sid.count - 1];
    struct vol_state state;

    vol_get(d, acc->id, &state);
    return (settings->lockout_window == POLICY_FOREVER ||
            now - state.bad_time < settings->lockout_window) &&
           policy_lockout_due(acc->uac, rid, state.bad_count, settings);
}
