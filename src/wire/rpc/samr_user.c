#include "wire/rpc/samr_user.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

#define HANDLE(T, m, d) ROW(STRUCT, T, m, d, OF(rpc_ndr_handle))
#define USTR(m)         ROW(USTR, samr_user_all, m)
#define TIME(m)         ROW(TIME, samr_user_all, m)
#define U32(m)          ROW(U32, samr_user_all, m)
#define U16(m)          ROW(U16, samr_user_all, m)
#define U8(m)           ROW(U8, samr_user_all, m)
#define BYTES(m)        ROW(USTR, samr_user_all, m, RAW)

static const struct ndr_type hours =
    NDR_TABLE(STRUCT, struct samr_hours, "SAMPR_LOGON_HOURS", 4, ROW(U16, samr_hours, units),
              ROW(U8, samr_hours, bits, STORED, UNIQUE, .shape = NDR_CONF_VARY,
                  .length_is = NDR_MEMBER(struct samr_hours, length), LIMIT(SAMR_HOURS_SIZE)));
#define HOURS ROW(STRUCT, samr_user_all, hours, OF(hours))

static const struct ndr_type all = NDR_TABLE(
    STRUCT, struct samr_user_all, "SAMPR_USER_ALL_INFORMATION", 4, TIME(last_logon),
    TIME(last_logoff), TIME(password_set), TIME(expires), TIME(can_change), TIME(must_change),
    USTR(name), USTR(full_name), USTR(home), USTR(drive), USTR(script), USTR(profile),
    USTR(comment), USTR(workstations), USTR(user_comment), BYTES(parameters), BYTES(lm_password),
    BYTES(nt_password), USTR(private_data),
    ROW(STRUCT, samr_user_all, descriptor, OF(rpc_ndr_bytes)), U32(rid), U32(primary_group),
    U32(control), U32(fields), HOURS, U16(bad_passwords), U16(logons), U16(country), U16(code_page),
    U8(lm_present), U8(nt_present), U8(expired), U8(private_sensitive));

#define PART(name, ...) NDR_TABLE(STRUCT, struct samr_user_all, name, 4, __VA_ARGS__)
static const struct ndr_type general =
    PART("SAMPR_USER_GENERAL_INFORMATION", USTR(name), USTR(full_name), U32(primary_group),
         USTR(comment), USTR(user_comment));
static const struct ndr_type logon =
    PART("SAMPR_USER_LOGON_INFORMATION", USTR(name), USTR(full_name), U32(rid), U32(primary_group),
         USTR(home), USTR(drive), USTR(script), USTR(profile), USTR(workstations), TIME(last_logon),
         TIME(last_logoff), TIME(password_set), TIME(can_change), TIME(must_change), HOURS,
         U16(bad_passwords), U16(logons), U32(control));
static const struct ndr_type account =
    PART("SAMPR_USER_ACCOUNT_INFORMATION", USTR(name), USTR(full_name), U32(rid),
         U32(primary_group), USTR(home), USTR(drive), USTR(script), USTR(profile), USTR(comment),
         USTR(workstations), TIME(last_logon), TIME(last_logoff), HOURS, U16(bad_passwords),
         U16(logons), TIME(password_set), TIME(expires), U32(control));
static const struct ndr_type only_hours = PART("SAMPR_USER_LOGON_HOURS_INFORMATION", HOURS);
static const struct ndr_type both_names =
    PART("SAMPR_USER_NAME_INFORMATION", USTR(name), USTR(full_name));
static const struct ndr_type account_name = PART("SAMPR_USER_A_NAME_INFORMATION", USTR(name));
static const struct ndr_type full_name = PART("SAMPR_USER_F_NAME_INFORMATION", USTR(full_name));
static const struct ndr_type primary_group =
    PART("USER_PRIMARY_GROUP_INFORMATION", U32(primary_group));
static const struct ndr_type home = PART("SAMPR_USER_HOME_INFORMATION", USTR(home), USTR(drive));
static const struct ndr_type script = PART("SAMPR_USER_SCRIPT_INFORMATION", USTR(script));
static const struct ndr_type profile = PART("SAMPR_USER_PROFILE_INFORMATION", USTR(profile));
static const struct ndr_type comment = PART("SAMPR_USER_ADMIN_COMMENT_INFORMATION", USTR(comment));
static const struct ndr_type workstations =
    PART("SAMPR_USER_WORKSTATIONS_INFORMATION", USTR(workstations));
static const struct ndr_type control = PART("USER_CONTROL_INFORMATION", U32(control));
static const struct ndr_type expires = PART("USER_EXPIRES_INFORMATION", TIME(expires));

static const struct ndr_type password =
    NDR_TABLE(STRUCT, struct samr_user_password, "SAMPR_USER_INTERNAL5_INFORMATION", 1,
              ROW(U8, samr_user_password, password, FIXED(SAMR_PASSWORD_SIZE)),
              ROW(U8, samr_user_password, expired));
static const struct ndr_type password_ex =
    NDR_TABLE(STRUCT, struct samr_user_password_ex, "SAMPR_USER_INTERNAL5_INFORMATION_NEW", 1,
              ROW(U8, samr_user_password_ex, password, FIXED(SAMR_PASSWORD_EX_SIZE)),
              ROW(U8, samr_user_password_ex, expired));
static const struct ndr_type all_password =
    NDR_TABLE(STRUCT, struct samr_user_all_password, "SAMPR_USER_INTERNAL4_INFORMATION", 4,
              ROW(STRUCT, samr_user_all_password, all, OF(all)),
              ROW(U8, samr_user_all_password, password, FIXED(SAMR_PASSWORD_SIZE)));
static const struct ndr_type all_password_ex =
    NDR_TABLE(STRUCT, struct samr_user_all_password_ex, "SAMPR_USER_INTERNAL4_INFORMATION_NEW", 4,
              ROW(STRUCT, samr_user_all_password_ex, all, OF(all)),
              ROW(U8, samr_user_all_password_ex, password, FIXED(SAMR_PASSWORD_EX_SIZE)));

const struct ndr_type samr_ndr_password_aes = NDR_TABLE(
    STRUCT, struct samr_password_aes, "SAMPR_ENCRYPTED_PASSWORD_AES", 8,
    ROW(U8, samr_password_aes, tag, FIXED(64)), ROW(U8, samr_password_aes, salt, FIXED(16)),
    ROW(STRUCT, samr_password_aes, cipher, OF(rpc_ndr_bytes)), ROW(U64, samr_password_aes, rounds));
static const struct ndr_type password_aes =
    NDR_TABLE(STRUCT, struct samr_user_password_aes, "SAMPR_USER_INTERNAL7_INFORMATION", 8,
              ROW(STRUCT, samr_user_password_aes, password, OF(samr_ndr_password_aes)),
              ROW(U8, samr_user_password_aes, expired));
static const struct ndr_type all_password_aes =
    NDR_TABLE(STRUCT, struct samr_user_all_password_aes, "SAMPR_USER_INTERNAL8_INFORMATION", 8,
              ROW(STRUCT, samr_user_all_password_aes, all, OF(all)),
              ROW(STRUCT, samr_user_all_password_aes, password, OF(samr_ndr_password_aes)));

static const struct ndr_type info = NDR_TABLE(
    UNION, union samr_user_info, "SAMPR_USER_INFO_BUFFER", 2,
    ARM(SAMR_USER_GENERAL, STRUCT, OF(general)), ARM(SAMR_USER_LOGON, STRUCT, OF(logon)),
    ARM(SAMR_USER_HOURS, STRUCT, OF(only_hours)), ARM(SAMR_USER_ACCOUNT, STRUCT, OF(account)),
    ARM(SAMR_USER_NAMES, STRUCT, OF(both_names)),
    ARM(SAMR_USER_ACCOUNT_NAME, STRUCT, OF(account_name)),
    ARM(SAMR_USER_FULL_NAME, STRUCT, OF(full_name)),
    ARM(SAMR_USER_PRIMARY_GROUP, STRUCT, OF(primary_group)), ARM(SAMR_USER_HOME, STRUCT, OF(home)),
    ARM(SAMR_USER_SCRIPT, STRUCT, OF(script)), ARM(SAMR_USER_PROFILE, STRUCT, OF(profile)),
    ARM(SAMR_USER_COMMENT, STRUCT, OF(comment)),
    ARM(SAMR_USER_WORKSTATIONS, STRUCT, OF(workstations)),
    ARM(SAMR_USER_CONTROL, STRUCT, OF(control)), ARM(SAMR_USER_EXPIRES, STRUCT, OF(expires)),
    ARM(SAMR_USER_ALL, STRUCT, OF(all)), ARM(SAMR_USER_ALL_PASSWORD, STRUCT, OF(all_password)),
    ARM(SAMR_USER_PASSWORD, STRUCT, OF(password)),
    ARM(SAMR_USER_ALL_PASSWORD_EX, STRUCT, OF(all_password_ex)),
    ARM(SAMR_USER_PASSWORD_EX, STRUCT, OF(password_ex)),
    ARM(SAMR_USER_PASSWORD_AES, STRUCT, OF(password_aes)),
    ARM(SAMR_USER_ALL_PASSWORD_AES, STRUCT, OF(all_password_aes)));

#define USER_TABLE(name, direction, pointer_kind)                                                  \
    NDR_TABLE(CALL, struct samr_query_user, name, 1, HANDLE(samr_query_user, handle, IN),          \
              ROW(U16, samr_query_user, level, IN),                                                \
              ROW(UNION, samr_query_user, info, direction, pointer_kind, OF(info),                 \
                  SWITCH(samr_query_user, level)),                                                 \
              ROW(U32, samr_query_user, status, OUT))
const struct ndr_type samr_ndr_query_user = USER_TABLE("SamrQueryInformationUser", OUT, UNIQUE);
const struct ndr_type samr_ndr_query_user2 = USER_TABLE("SamrQueryInformationUser2", OUT, UNIQUE);
const struct ndr_type samr_ndr_set_user = USER_TABLE("SamrSetInformationUser", IN, REF);
const struct ndr_type samr_ndr_set_user2 = USER_TABLE("SamrSetInformationUser2", IN, REF);

static const struct ndr_type membership =
    NDR_TABLE(STRUCT, struct samr_membership, "GROUP_MEMBERSHIP", 4, ROW(U32, samr_membership, rid),
              ROW(U32, samr_membership, attributes));
static const struct ndr_type memberships =
    NDR_TABLE(STRUCT, struct samr_memberships, "SAMPR_GET_GROUPS_BUFFER", 4,
              ROW(U32, samr_memberships, count),
              ROW(STRUCT, samr_memberships, groups, UNIQUE, SIZE(samr_memberships, count),
                  LIMIT(SAMR_LIST_MAX), OF(membership)));
const struct ndr_type samr_ndr_groups_for_user =
    NDR_TABLE(CALL, struct samr_groups_for_user, "SamrGetGroupsForUser", 1,
              HANDLE(samr_groups_for_user, handle, IN),
              ROW(STRUCT, samr_groups_for_user, list, OUT, UNIQUE, OF(memberships)),
              ROW(U32, samr_groups_for_user, status, OUT));

const struct ndr_type samr_ndr_create_user =
    NDR_TABLE(CALL, struct samr_create_user, "SamrCreateUserInDomain", 1,
              HANDLE(samr_create_user, domain, IN), ROW(USTR, samr_create_user, name, IN),
              ROW(U32, samr_create_user, access, IN), HANDLE(samr_create_user, handle, OUT),
              ROW(U32, samr_create_user, rid, OUT), ROW(U32, samr_create_user, status, OUT));
const struct ndr_type samr_ndr_create_user2 =
    NDR_TABLE(CALL, struct samr_create_user, "SamrCreateUser2InDomain", 1,
              HANDLE(samr_create_user, domain, IN), ROW(USTR, samr_create_user, name, IN),
              ROW(U32, samr_create_user, type, IN), ROW(U32, samr_create_user, access, IN),
              HANDLE(samr_create_user, handle, OUT), ROW(U32, samr_create_user, granted, OUT),
              ROW(U32, samr_create_user, rid, OUT), ROW(U32, samr_create_user, status, OUT));
