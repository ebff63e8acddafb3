#include "base/text.h"
#include "writer/rights.h"
#include "writer/values.h"

#define USER_NAME_MAX  20
#define GROUP_NAME_MAX 256
#define UAC_MACHINES   (UAC_WORKSTATION_TRUST_ACCOUNT | UAC_SERVER_TRUST_ACCOUNT)

static enum err bad_name(struct draft *d, struct span name, const char *why)
{
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_ACCOUNT_NAME, "sAMAccountName \"%.*s\": %s",
                     SPAN_ARG(name), why);
}

static size_t utf16_length(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += (s.ptr[i] & 0xc0) != 0x80 ? (s.ptr[i] >= 0xf0 ? 2 : 1) : 0;
    return n;
}

/* [MS-SAMR] 3.1.1.6 */
static enum err name_form(struct draft *d, struct span name)
{
    bool blank = true;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < 0x20 || strchr("\"/\\[]:|<>+=;?,*", name.ptr[i]))
            return bad_name(d, name, "account names do not have such characters");
        blank &= name.ptr[i] == ' ';
    }
    if (blank)
        return bad_name(d, name, "it is empty");
    if (name.ptr[name.len - 1] == '.')
        return bad_name(d, name, "it ends in a full stop");
    if (utf16_length(name) > (account_is_user(d->cls) ? USER_NAME_MAX : GROUP_NAME_MAX))
        return bad_name(d, name, "it is too long");
    return ERR_OK;
}

static bool other_account(struct draft *d, struct span name)
{
    struct dir_obj o;
    return dir_by_value(d->op->s, ATTR_sAMAccountName, name, &o) == ERR_OK && o.id != d->id;
}

/* CVE-2021-42278: a KDC that does not find "x" must never come upon "x$", so no two accounts differ
 * by a final dollar sign alone, and a machine's name has one. */
static enum err machine_name(struct draft *d, struct span name)
{
    struct op *op = d->op;
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0);
    bool dollar = name.ptr[name.len - 1] == '$';
    if ((uac & UAC_MACHINES) && (!dollar || (name.len > 1 && name.ptr[name.len - 2] == '$')))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_MACHINE_NAME,
                         "sAMAccountName \"%.*s\" of a machine must end in one dollar sign",
                         SPAN_ARG(name));
    struct span twin = dollar ? span_sub(name, 0, name.len - 1)
                              : span_str(arena_printf(op->a, "%.*s$", SPAN_ARG(name)));
    if (twin.len && other_account(d, twin))
        return op_refuse(op, ERR_EXISTS, REASON_DIR_MACHINE_NAME,
                         "sAMAccountName \"%.*s\": there is an account \"%.*s\"", SPAN_ARG(name),
                         SPAN_ARG(twin));
    return ERR_OK;
}

/* "x@realm" stands for the account x: nobody else may have that as a user principal name. */
static enum err implicit_upn_free(struct draft *d, struct span name)
{
    struct op *op = d->op;
    struct dir_obj o;
    struct span upn =
        span_str(arena_printf(op->a, "%.*s@%.*s", SPAN_ARG(name), SPAN_ARG(op->naming.dns_name)));
    if (dir_by_value(op->s, ATTR_userPrincipalName, upn, &o) == ERR_OK && o.id != d->id)
        return op_refuse(op, ERR_EXISTS, REASON_DIR_UPN_TAKEN,
                         "another account has the user principal name %.*s", SPAN_ARG(upn));
    return ERR_OK;
}

static enum err account_name_check(struct draft *d)
{
    struct op *op = d->op;
    struct span name;
    uint32_t rid;
    if (!draft_first(d, ATTR_sAMAccountName, &name))
        return op_refuse(op, ERR_CONSTRAINT, REASON_DIR_MISSING, "an account has a sAMAccountName");
    TRY(name_form(d, name));
    if (!d->is_new && d->has_sid && sid_in_domain(&d->sid, &op->naming.domain_sid, &rid) &&
        rid == 502)
        return bad_name(d, name, "krbtgt keeps its name");
    if (other_account(d, name))
        return op_refuse(op, ERR_EXISTS, REASON_DIR_ACCOUNT_NAME_TAKEN,
                         "another account is called \"%.*s\"", SPAN_ARG(name));
    if (!account_is_user(d->cls))
        return ERR_OK;
    TRY(machine_name(d, name));
    return implicit_upn_free(d, name);
}

static enum err upn_check(struct draft *d)
{
    struct op *op = d->op;
    struct span upn;
    struct dir_obj o;
    if (!draft_first(d, ATTR_userPrincipalName, &upn))
        return ERR_OK;
    if (dir_by_value(op->s, ATTR_userPrincipalName, upn, &o) == ERR_OK && o.id != d->id)
        return op_refuse(op, ERR_EXISTS, REASON_DIR_UPN_TAKEN,
                         "another account has the user principal name %.*s", SPAN_ARG(upn));
    const uint8_t *at = memrchr(upn.ptr, '@', upn.len);
    if (!at)
        return ERR_OK;
    size_t len = (size_t)(at - upn.ptr);
    if (ascii_eq_fold(span_sub(upn, len + 1, upn.len), op->naming.dns_name) &&
        other_account(d, span_sub(upn, 0, len)))
        return op_refuse(op, ERR_EXISTS, REASON_DIR_UPN_TAKEN,
                         "%.*s stands for another account, whose name it is", SPAN_ARG(upn));
    return ERR_OK;
}

enum err names_check(struct draft *d)
{
    bool principal = account_is_user(d->cls) || account_is_group(d->cls);
    if (principal && draft_changed(d, ATTR_sAMAccountName))
        TRY(account_name_check(d));
    else if (principal && !d->is_new && draft_changed(d, ATTR_userAccountControl)) {
        struct span name;
        if (draft_first(d, ATTR_sAMAccountName, &name) && account_is_user(d->cls))
            TRY(machine_name(d, name));
    }
    if (draft_changed(d, ATTR_userPrincipalName))
        TRY(upn_check(d));
    return ERR_OK;
}
