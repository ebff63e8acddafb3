#include "directory/volatile.h"
#include "plat/random.h"
#include "writer/rights.h"
#include "writer/values.h"

#define UAC_TEMP_DUPLICATE 0x100
#define UAC_ENCRYPTED_TEXT 0x80
#define UAC_KINDS                                                                                  \
    (UAC_NORMAL_ACCOUNT | UAC_INTERDOMAIN_TRUST_ACCOUNT | UAC_WORKSTATION_TRUST_ACCOUNT |          \
     UAC_SERVER_TRUST_ACCOUNT)
#define UAC_MACHINES (UAC_WORKSTATION_TRUST_ACCOUNT | UAC_SERVER_TRUST_ACCOUNT)

#define SAM_USER    0x30000000
#define SAM_MACHINE 0x30000001
#define SAM_TRUST   0x30000002

#define RID_USERS       513
#define RID_COMPUTERS   515
#define RID_CONTROLLERS 516
#define RID_READ_ONLY   521

bool account_is_user(const struct schema_class *c)
{
    return schema_class_is(c, CLASS_user);
}

bool account_is_group(const struct schema_class *c)
{
    return schema_class_is(c, CLASS_group);
}

/* "$ABCDEF-123456789ABC", as AD makes one up when no name is given. */
static enum err made_up_name(struct draft *d)
{
    uint8_t r[9];
    char name[32];
    plat_random(r, sizeof r);
    snprintf(name, sizeof name, "$%02X%02X%02X-%02X%02X%02X%02X%02X%02X", r[0], r[1], r[2], r[3],
             r[4], r[5], r[6], r[7], r[8]);
    return draft_set_text(d, ATTR_sAMAccountName, name);
}

static enum err draw_sid(struct draft *d)
{
    uint32_t rid;
    uint8_t bytes[SID_BYTES_MAX];
    if (draft_has(d, ATTR_objectSid)) /* the service's own intents may bring one */
        return ERR_OK;
    TRY(dir_write_next_rid(d->op->txn, &rid));
    TRY(sid_append(&d->op->naming.domain_sid, rid, &d->sid));
    d->has_sid = true;
    return draft_set(d, ATTR_objectSid, span_of(bytes, sid_to_bytes(&d->sid, bytes)));
}

enum err account_defaults(struct draft *d)
{
    static const uint32_t zeros64[] = {ATTR_badPasswordTime, ATTR_lastLogoff, ATTR_lastLogon};
    static const uint32_t zeros[] = {ATTR_badPwdCount, ATTR_codePage, ATTR_countryCode,
                                     ATTR_logonCount};
    bool user = account_is_user(d->cls);
    if (!user && !account_is_group(d->cls))
        return ERR_OK;
    TRY(draw_sid(d));
    if (!draft_has(d, ATTR_sAMAccountName))
        TRY(made_up_name(d));
    if (!user)
        return draft_default_i32(d, ATTR_groupType, (int32_t)0x80000002);
    for (size_t i = 0; i < sizeof zeros64 / sizeof *zeros64; i++)
        TRY(draft_default_i64(d, zeros64[i], 0));
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
        TRY(draft_default_i32(d, zeros[i], 0));
    /* With a password, 0 is what the request says: change it at the first logon. */
    if (!d->has_new_password)
        TRY(draft_default_i64(d, ATTR_pwdLastSet, 0));
    TRY(draft_default_i64(d, ATTR_accountExpires, FILETIME_NEVER));
    if (draft_has(d, ATTR_userAccountControl))
        return ERR_OK;
    uint32_t kind =
        draft_is(d, CLASS_computer) ? UAC_WORKSTATION_TRUST_ACCOUNT : UAC_NORMAL_ACCOUNT;
    return draft_set_i32(d, ATTR_userAccountControl,
                         (int32_t)(kind | UAC_ACCOUNTDISABLE | UAC_PASSWD_NOTREQD));
}

/* --- userAccountControl ([MS-SAMR] 3.1.1.8.10) ----------------------------------------------- */

static enum err bad_uac(struct draft *d, uint32_t uac, const char *why)
{
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_ACCOUNT_CONTROL,
                     "userAccountControl 0x%x: %s", uac, why);
}

static enum err kind_fits(struct draft *d, uint32_t uac, uint32_t was)
{
    uint32_t kind = uac & UAC_KINDS;
    bool computer = draft_is(d, CLASS_computer);
    if (kind & (kind - 1))
        return bad_uac(d, uac, "an account is of one kind");
    if (uac & UAC_TEMP_DUPLICATE)
        return bad_uac(d, uac, "local accounts do not exist here");
    if (((uac ^ was) & UAC_INTERDOMAIN_TRUST_ACCOUNT) && !op_system(d->op))
        return bad_uac(d, uac,
                       "accounts of trusts are made with their trust, and stay what they are");
    if ((uac & UAC_MACHINES) && !computer)
        return bad_uac(d, uac, "a machine's account must be an object of class computer");
    if ((uac & UAC_NORMAL_ACCOUNT) && computer && !(was & UAC_NORMAL_ACCOUNT) &&
        !right_admin(d->op))
        return bad_uac(d, uac, "a computer's account must be a machine's");
    if ((uac & UAC_PARTIAL_SECRETS_ACCOUNT) && !(uac & UAC_WORKSTATION_TRUST_ACCOUNT))
        return bad_uac(d, uac, "a read-only domain controller's account is a workstation's");
    if ((uac & UAC_PARTIAL_SECRETS_ACCOUNT) && (uac & UAC_TRUSTED_FOR_DELEGATION))
        return bad_uac(d, uac, "a read-only domain controller is not trusted for delegation");
    return ERR_OK;
}

/* Who may set which bits: only those that this intent sets anew are looked at. */
static enum err bits_allowed(struct draft *d, uint32_t fresh)
{
    static const struct {
        uint32_t bit;
        const struct guid *right;
        const char *name;
    } rows[] = {
        {UAC_PASSWD_NOTREQD, &right_password_not_required, "Update-Password-Not-Required-Bit"},
        {UAC_DONT_EXPIRE_PASSWORD, &right_unexpire_password, "Unexpire-Password"},
        {UAC_ENCRYPTED_TEXT, &right_reversible_password,
         "Enable-Per-User-Reversibly-Encrypted-Password"},
        {UAC_SERVER_TRUST_ACCOUNT, &right_install_replica, "DS-Install-Replica"},
        {UAC_PARTIAL_SECRETS_ACCOUNT, &right_install_replica, "DS-Install-Replica"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fresh & rows[i].bit)
            TRY(right_domain(d->op, rows[i].right, rows[i].name));
    if ((fresh & (UAC_TRUSTED_FOR_DELEGATION | UAC_TRUSTED_TO_AUTH_FOR_DELEGATION)) &&
        !right_admin(d->op))
        return op_refuse(d->op, ERR_DENIED, REASON_DIR_PRIVILEGE,
                         "only administrators may enable delegation (SeEnableDelegationPrivilege)");
    return ERR_OK;
}

static uint32_t primary_group_of(uint32_t uac)
{
    if (uac & UAC_SERVER_TRUST_ACCOUNT)
        return RID_CONTROLLERS;
    if (uac & UAC_WORKSTATION_TRUST_ACCOUNT)
        return uac & UAC_PARTIAL_SECRETS_ACCOUNT ? RID_READ_ONLY : RID_COMPUTERS;
    return RID_USERS;
}

static uint32_t sam_type_of(uint32_t uac)
{
    if (uac & UAC_MACHINES)
        return SAM_MACHINE;
    return uac & UAC_INTERDOMAIN_TRUST_ACCOUNT ? SAM_TRUST : SAM_USER;
}

static enum err control_check(struct draft *d)
{
    const uint32_t computed = UAC_LOCKOUT | UAC_PASSWORD_EXPIRED;
    uint32_t was = (uint32_t)draft_was_i32(d, ATTR_userAccountControl, 0);
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0) & ~computed;
    if (!(uac & UAC_KINDS))
        uac |= d->is_new && draft_is(d, CLASS_computer) ? UAC_WORKSTATION_TRUST_ACCOUNT
                                                        : UAC_NORMAL_ACCOUNT;
    TRY(kind_fits(d, uac, was));
    TRY(bits_allowed(d, uac & ~was));
    TRY(draft_set_i32(d, ATTR_userAccountControl, (int32_t)uac));
    if (d->is_new || !draft_has(d, ATTR_sAMAccountType) ||
        ((uac ^ was) & (UAC_KINDS | UAC_PARTIAL_SECRETS_ACCOUNT))) {
        TRY(draft_set_i32(d, ATTR_sAMAccountType, (int32_t)sam_type_of(uac)));
        if (!d->is_new || !draft_has(d, ATTR_primaryGroupID))
            TRY(draft_set_i32(d, ATTR_primaryGroupID, (int32_t)primary_group_of(uac)));
    }
    if ((uac & UAC_SERVER_TRUST_ACCOUNT) && !draft_has(d, ATTR_isCriticalSystemObject))
        TRY(draft_set_bool(d, ATTR_isCriticalSystemObject, true));
    return ERR_OK;
}

/* --- primaryGroupID ([MS-SAMR] 3.1.1.8.2) ---------------------------------------------------- */

static enum err group_of_rid(struct draft *d, uint32_t rid, struct dir_obj *out)
{
    struct sid sid;
    TRY(sid_append(&d->op->naming.domain_sid, rid, &sid));
    return dir_by_sid(d->op->s, &sid, out);
}

static enum err bad_group(struct draft *d, uint32_t rid, const char *why)
{
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_PRIMARY_GROUP, "primaryGroupID %u: %s", rid,
                     why);
}

static enum err primary_group_check(struct draft *d)
{
    uint32_t rid = (uint32_t)draft_i32(d, ATTR_primaryGroupID, RID_USERS);
    uint32_t was = (uint32_t)draft_was_i32(d, ATTR_primaryGroupID, 0);
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0);
    struct dir_obj group, old;
    if (rid == was)
        return ERR_OK;
    if ((uac & UAC_SERVER_TRUST_ACCOUNT) && rid != RID_CONTROLLERS)
        return bad_group(d, rid, "that of a domain controller is 516");
    if (group_of_rid(d, rid, &group) != ERR_OK || !account_is_group(schema_class(group.class_id)))
        return bad_group(d, rid, "there is no such group in the domain");
    int32_t type = dir_attr_i32(&group, ATTR_groupType, 0);
    if (type >= 0 || !(type & 2))
        return bad_group(d, rid, "it is not a global security group");
    bool computed = rid == primary_group_of(uac) && draft_changed(d, ATTR_userAccountControl);
    if (d->is_new)
        return computed || op_system(d->op)
                   ? ERR_OK
                   : bad_group(d, rid, "a new account is not a member of it");
    bool member = dir_link_exists(d->op->s, ATTR_member, group.id, d->id);
    if (!member && !computed)
        return bad_group(d, rid, "the account is not a member of it");
    if (member)
        change_unlink(d->op->c, ATTR_member, group.id, d->id, SPAN_NONE);
    if (was && group_of_rid(d, was, &old) == ERR_OK && !computed)
        change_link(d->op->c, ATTR_member, old.id, d->id, SPAN_NONE);
    return ERR_OK;
}

/* --- times ----------------------------------------------------------------------------------- */

static enum err times_check(struct draft *d)
{
    struct op *op = d->op;
    if (draft_changed(d, ATTR_pwdLastSet) && !d->has_new_password && !d->is_new && !op_system(op)) {
        int64_t v = draft_i64(d, ATTR_pwdLastSet, 0);
        if (v != 0 && v != -1)
            return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_SYNTAX,
                             "pwdLastSet can be set to 0 (must change) or -1 (changed now) only");
        if (v == -1)
            TRY(draft_set_i64(d, ATTR_pwdLastSet, utime_to_filetime(op->now)));
    }
    if (draft_changed(d, ATTR_lockoutTime)) {
        if (draft_i64(d, ATTR_lockoutTime, 0) != 0 && !op_system(op))
            return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_SYNTAX,
                             "lockoutTime can be set to 0 (unlock) only");
        if (!d->is_new)
            vol_reset_bad(op->w->dir, d->id);
    }
    if (d->has_sid && draft_changed(d, ATTR_accountExpires)) {
        uint32_t rid;
        int64_t v = draft_i64(d, ATTR_accountExpires, 0);
        if (sid_in_domain(&d->sid, &op->naming.domain_sid, &rid) && rid == 500 && v != 0 &&
            v != FILETIME_NEVER)
            return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_SYNTAX,
                             "the built-in administrator does not expire");
    }
    return ERR_OK;
}

/* The class may change between user and inetOrgPerson only, and its checks rest on that. */
enum err account_check(struct draft *d)
{
    if (!account_is_user(d->cls))
        return ERR_OK;
    if (draft_changed(d, ATTR_userAccountControl))
        TRY(control_check(d));
    if (draft_changed(d, ATTR_primaryGroupID))
        TRY(primary_group_check(d));
    return times_check(d);
}
