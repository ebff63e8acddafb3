#include "writer/password.h"

#include "base/text.h"
#include "crypt/krb_crypto.h"
#include "directory/policy_facts.h"
#include "trust/trust_keys.h"
#include "writer/rights.h"
#include "writer/values.h"

#define UAC_MACHINES (UAC_WORKSTATION_TRUST_ACCOUNT | UAC_SERVER_TRUST_ACCOUNT)

static enum dir_salt_kind salt_kind(const struct draft *d)
{
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0);
    if (uac & UAC_INTERDOMAIN_TRUST_ACCOUNT)
        return DIR_SALT_TRUST;
    return uac & UAC_MACHINES ? DIR_SALT_COMPUTER : DIR_SALT_USER;
}

struct span password_salt(const struct draft *d)
{
    struct span sam = SPAN_NONE;
    draft_first(d, ATTR_sAMAccountName, &sam);
    return dir_keys_salt(salt_kind(d), d->op->naming.realm, d->op->naming.dns_name, sam, d->op->a);
}

/* The keys as they were; none for a new account. */
static enum err old_keys(struct draft *d, struct dir_account_keys *out, bool *have_out)
{
    *have_out = false;
    if (d->is_new)
        return ERR_OK;
    enum err e = dir_account_keys(d->op->s, DIR_SECRET_ACCOUNT, d->id, d->op->a, out);
    *have_out = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err settings_of(struct draft *d, struct policy_settings *out)
{
    struct op *op = d->op;
    if (d->is_new)
        return policy_domain_settings(op->s, out);
    return policy_settings_for(op->s, d->id, op->a, out, NULL);
}

static enum err check(struct draft *d, struct span password, bool change,
                      const struct policy_settings *settings, const struct dir_account_keys *old)
{
    struct op *op = d->op;
    uint8_t nt[16], (*history)[16];
    unsigned count = old ? 1 + (unsigned)(old->history.len / 16) : 0;
    uint32_t rid = 0;
    struct policy_password in = {.settings = settings,
                                 .password = password,
                                 .uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0),
                                 .change = change,
                                 .now = utime_to_filetime(op->now),
                                 .pwd_last_set = draft_i64(d, ATTR_pwdLastSet, 0)};
    history = arena_array(op->a, count + 1, sizeof *history);
    if (!history)
        return ERR_NOMEM;
    if (old) {
        memcpy(history[0], old->nt_hash, 16);
        if (count > 1)
            memcpy(history[1], old->history.ptr, (size_t)(count - 1) * 16);
    }
    if (d->has_sid && sid_in_domain(&d->sid, &op->naming.domain_sid, &rid))
        in.rid = rid;
    draft_first(d, ATTR_sAMAccountName, &in.sam_name);
    draft_first(d, ATTR_displayName, &in.display_name);
    if (nt_hash(password, nt) == ERR_OK)
        in.nt_hash = nt;
    in.nt_history = (const uint8_t(*)[16])history;
    in.nt_history_count = count;
    struct policy_verdict v = policy_password_check(&in);
    mem_wipe(nt, sizeof nt);
    if (v.reason == REASON_NONE)
        return ERR_OK;
    return op_refuse(op, ERR_CONSTRAINT, v.reason, "the password is refused: %s",
                     reason_row(v.reason)->cause);
}

static enum err write_keys(struct draft *d, const struct dir_account_keys *keys)
{
    struct op *op = d->op;
    struct span plain;
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0);
    TRY(dir_keys_encode(keys, op->a, &plain));
    d->secret[DIR_SECRET_ACCOUNT] = plain;
    if (uac & UAC_SERVER_TRUST_ACCOUNT)
        d->secret[DIR_SECRET_SERVICE] = plain;
    d->has_secret = true;
    return ERR_OK;
}

enum err password_set_keys(struct draft *d, const struct dir_account_keys *keys)
{
    TRY(write_keys(d, keys));
    return draft_set_i64(d, ATTR_pwdLastSet, utime_to_filetime(d->op->now));
}

enum err password_verifier(struct draft *d, struct span password)
{
    uint8_t mac[DIR_BIND_VERIFIER_SIZE];
    TRY(dir_bind_verifier(d->op->w->dir, d->id, password, mac));
    d->secret[DIR_SECRET_BIND] = arena_dup_span(d->op->a, span_of(mac, sizeof mac));
    mem_wipe(mac, sizeof mac);
    return ERR_OK;
}

static enum err make(struct draft *d, struct span password, const uint8_t *nt, unsigned flags,
                     const struct policy_settings *settings, const struct dir_account_keys *old)
{
    struct op *op = d->op;
    struct dir_account_keys keys;
    struct dir_key_recipe recipe = {.password = password,
                                    .now = op->now,
                                    .want_nt = true,
                                    .nt_hash = nt,
                                    .common_only = flags & PASSWORD_COMMON,
                                    .history = settings->history};
    recipe.salt = password_salt(d);
    TRY(dir_keys_make(&recipe, old, op->a, &keys));
    enum err e = write_keys(d, &keys);
    dir_keys_wipe(&keys);
    TRY(e);
    TRY(password_verifier(d, password));
    /* A request may say in the same breath that the password must be changed at the next logon. */
    if (draft_changed(d, ATTR_pwdLastSet) && (!d->is_new || d->has_new_password) &&
        draft_i64(d, ATTR_pwdLastSet, 1) == 0)
        return ERR_OK;
    return draft_set_i64(d, ATTR_pwdLastSet, utime_to_filetime(op->now));
}

static enum err set(struct draft *d, struct span password, const uint8_t *nt, unsigned flags)
{
    struct dir_account_keys old;
    struct policy_settings settings;
    bool have;
    if (!account_is_user(d->cls))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_PASSWORD_CANNOT_CHANGE,
                         "objects of class %s have no password", d->cls->name);
    TRY(settings_of(d, &settings));
    TRY(old_keys(d, &old, &have));
    enum err e = ERR_OK;
    if (!(flags & PASSWORD_FREE))
        e = check(d, password, flags & PASSWORD_CHANGE, &settings, have ? &old : NULL);
    if (e == ERR_OK)
        e = make(d, password, nt, flags, &settings, have ? &old : NULL);
    if (have)
        dir_keys_wipe(&old);
    return e;
}

enum err password_set(struct draft *d, struct span password, unsigned flags)
{
    return set(d, password, NULL, flags);
}

enum err password_set_machine(struct draft *d, struct span utf16)
{
    struct span text;
    uint8_t nt[16];
    if (trust_password_utf8(utf16, d->op->a, &text) != ERR_OK)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_PASSWORD_NOT_TEXT,
                         "the machine's password is not whole UTF-16 units");
    nt_hash_utf16(utf16, nt);
    enum err e = set(d, text, nt, 0);
    mem_wipe(nt, sizeof nt);
    return e;
}

/* Passwords that only the operation for their kind sets. */
static enum err settable(struct draft *d)
{
    uint32_t rid, uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0);
    if (op_system(d->op))
        return ERR_OK;
    if (uac & UAC_INTERDOMAIN_TRUST_ACCOUNT)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_PASSWORD_CANNOT_CHANGE,
                         "the secret of a trust is set with the trust");
    if (d->has_sid && sid_in_domain(&d->sid, &d->op->naming.domain_sid, &rid) && rid == 502)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_PASSWORD_CANNOT_CHANGE,
                         "the keys of krbtgt are not set by a password");
    return ERR_OK;
}

/* Who asks counts the wrong ones (ldap_change.c): a change proves a password as a logon does. */
static enum err old_password_right(struct draft *d, struct span password)
{
    struct dir_account_keys old;
    struct policy_settings settings;
    bool have;
    TRY(settings_of(d, &settings));
    if (policy_locked_out((uint32_t)draft_i32(d, ATTR_userAccountControl, 0),
                          draft_i64(d, ATTR_lockoutTime, 0), utime_to_filetime(d->op->now),
                          &settings))
        return op_refuse(d->op, ERR_DENIED, REASON_LOGON_LOCKED_OUT, "the account is locked out");
    TRY(old_keys(d, &old, &have));
    bool same = have && dir_keys_match(&old, password);
    if (have)
        dir_keys_wipe(&old);
    if (same)
        return ERR_OK;
    return op_refuse(d->op, ERR_DENIED, REASON_DIR_PASSWORD_WRONG, "the old password is wrong");
}

enum err password_request(struct draft *d)
{
    if (d->has_old_password && !d->has_new_password)
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_PASSWORD_FORM,
                         "an old password without a new one");
    if (!d->has_new_password)
        return ERR_OK;
    TRY(settable(d));
    if (d->has_old_password) {
        TRY(right_control(d, &right_change_password, "User-Change-Password"));
        TRY(old_password_right(d, d->old_password));
    } else if (!d->is_new) {
        TRY(right_control(d, &right_force_change_password, "User-Force-Change-Password"));
    }
    return password_set(d, d->new_password, d->has_old_password ? PASSWORD_CHANGE : 0u);
}

enum err password_required(struct draft *d)
{
    struct policy_settings settings;
    struct dir_account_keys old;
    bool have;
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0);
    uint32_t was = (uint32_t)draft_was_i32(d, ATTR_userAccountControl, UAC_ACCOUNTDISABLE);
    const uint32_t exempt = UAC_ACCOUNTDISABLE | UAC_PASSWD_NOTREQD;
    if (!(uac & UAC_NORMAL_ACCOUNT) || (uac & exempt) || !(was & exempt) || d->has_secret)
        return ERR_OK;
    TRY(settings_of(d, &settings));
    TRY(old_keys(d, &old, &have));
    if (have)
        dir_keys_wipe(&old);
    if (have || !settings.min_length)
        return ERR_OK;
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_PASSWORD_TOO_SHORT,
                     "an enabled account must have a password");
}

/* --- the intent ------------------------------------------------------------------------------ */

enum err op_set_password(struct op *op)
{
    struct dir_obj o;
    struct draft d;
    const struct intent *in = op->in;
    bool change = !(in->flags & INTENT_RESET);
    TRY(op_find(op, in->target, &o));
    TRY(draft_load(op, &o, &d));
    if (!(in->flags & INTENT_PROTECTED) && !op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_PASSWORD_UNPROTECTED,
                         "passwords are accepted over an encrypted connection only");
    TRY(settable(&d));
    if (!change) {
        TRY(right_control(&d, &right_force_change_password, "User-Force-Change-Password"));
    } else {
        TRY(right_control(&d, &right_change_password, "User-Change-Password"));
        /* The right to change is everybody's who knows the old password: a proof is worth as much
         * only when the owner gave it. */
        if (in->flags & INTENT_PROVED)
            TRY(in->token.account == o.id
                    ? ERR_OK
                    : op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                                "only its owner can have proved the password"));
        else
            TRY(old_password_right(&d, in->old_password));
    }
    if (in->trust.secret.len && op_system(op))
        TRY(password_set_machine(&d, in->trust.secret));
    else
        TRY(password_set(&d, in->new_password, change ? PASSWORD_CHANGE : 0u));
    op->reply->id = o.id;
    draft_write(&d);
    return draft_secrets(&d);
}
