#include "wire/rpc/samr_types.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"
#include "wire/rpc/lsa_types.h"
#include "wire/rpc/samr_domain.h"
#include "wire/rpc/samr_password.h"
#include "wire/rpc/samr_user.h"

#define HANDLE(T, m, d) ROW(STRUCT, T, m, d, OF(rpc_ndr_handle))

/* --- the server ------------------------------------------------------------------------------ */

const struct ndr_type samr_ndr_connect =
    NDR_TABLE(CALL, struct samr_connect, "SamrConnect", 1,
              ROW(U16, samr_connect, server, IN, UNIQUE), HANDLE(samr_connect, handle, OUT),
              ROW(U32, samr_connect, access, IN), ROW(U32, samr_connect, status, OUT));
const struct ndr_type samr_ndr_connect2 =
    NDR_TABLE(CALL, struct samr_connect2, "SamrConnect2", 1,
              ROW(WSTR, samr_connect2, server, IN, UNIQUE), HANDLE(samr_connect2, handle, OUT),
              ROW(U32, samr_connect2, access, IN), ROW(U32, samr_connect2, status, OUT));
/* Windows answers it, [MS-SAMR] does not describe it. */
const struct ndr_type samr_ndr_connect3 = NDR_TABLE(
    CALL, struct samr_connect2, "SamrConnect3", 1, ROW(WSTR, samr_connect2, server, IN, UNIQUE),
    ROW(U32, samr_connect2, revision, IN), ROW(U32, samr_connect2, access, IN),
    HANDLE(samr_connect2, handle, OUT), ROW(U32, samr_connect2, status, OUT));
const struct ndr_type samr_ndr_connect4 = NDR_TABLE(
    CALL, struct samr_connect2, "SamrConnect4", 1, ROW(WSTR, samr_connect2, server, IN, UNIQUE),
    HANDLE(samr_connect2, handle, OUT), ROW(U32, samr_connect2, revision, IN),
    ROW(U32, samr_connect2, access, IN), ROW(U32, samr_connect2, status, OUT));

static const struct ndr_type revision1 =
    NDR_TABLE(STRUCT, struct samr_revision1, "SAMPR_REVISION_INFO_V1", 4,
              ROW(U32, samr_revision1, revision), ROW(U32, samr_revision1, features));
static const struct ndr_type revision =
    NDR_TABLE(UNION, union samr_revision, "SAMPR_REVISION_INFO", 4, ARM(1, STRUCT, OF(revision1)));
const struct ndr_type samr_ndr_connect5 = NDR_TABLE(
    CALL, struct samr_connect5, "SamrConnect5", 1, ROW(WSTR, samr_connect5, server, IN, UNIQUE),
    ROW(U32, samr_connect5, access, IN), ROW(U32, samr_connect5, in_version, IN),
    ROW(UNION, samr_connect5, in_revision, IN, OF(revision), SWITCH(samr_connect5, in_version)),
    ROW(U32, samr_connect5, out_version, OUT),
    ROW(UNION, samr_connect5, out_revision, OUT, OF(revision), SWITCH(samr_connect5, out_version)),
    HANDLE(samr_connect5, handle, OUT), ROW(U32, samr_connect5, status, OUT));

#define CLOSE_ROWS HANDLE(samr_close, handle, IN_OUT), ROW(U32, samr_close, status, OUT)
const struct ndr_type samr_ndr_close =
    NDR_TABLE(CALL, struct samr_close, "SamrCloseHandle", 1, CLOSE_ROWS);
const struct ndr_type samr_ndr_delete_user =
    NDR_TABLE(CALL, struct samr_close, "SamrDeleteUser", 1, CLOSE_ROWS);
const struct ndr_type samr_ndr_delete_group =
    NDR_TABLE(CALL, struct samr_close, "SamrDeleteGroup", 1, CLOSE_ROWS);
const struct ndr_type samr_ndr_delete_alias =
    NDR_TABLE(CALL, struct samr_close, "SamrDeleteAlias", 1, CLOSE_ROWS);

const struct ndr_type samr_ndr_query_security =
    NDR_TABLE(CALL, struct lsa_query_security, "SamrQuerySecurityObject", 1,
              HANDLE(lsa_query_security, handle, IN), ROW(U32, lsa_query_security, parts, IN),
              ROW(STRUCT, lsa_query_security, descriptor, OUT, UNIQUE, OF(rpc_ndr_descriptor)),
              ROW(U32, lsa_query_security, status, OUT));

const struct ndr_type samr_ndr_lookup_domain =
    NDR_TABLE(CALL, struct samr_lookup_domain, "SamrLookupDomainInSamServer", 1,
              HANDLE(samr_lookup_domain, handle, IN), ROW(USTR, samr_lookup_domain, name, IN),
              ROW(STRUCT, samr_lookup_domain, sid, OUT, UNIQUE, OF(ndr_sid)),
              ROW(U32, samr_lookup_domain, status, OUT));

const struct ndr_type samr_ndr_open_domain =
    NDR_TABLE(CALL, struct samr_open_domain, "SamrOpenDomain", 1,
              HANDLE(samr_open_domain, server, IN), ROW(U32, samr_open_domain, access, IN),
              ROW(STRUCT, samr_open_domain, sid, IN, REF, OF(ndr_sid)),
              HANDLE(samr_open_domain, handle, OUT), ROW(U32, samr_open_domain, status, OUT));

/* --- lists ----------------------------------------------------------------------------------- */

static const struct ndr_type entry =
    NDR_TABLE(STRUCT, struct samr_entry, "SAMPR_RID_ENUMERATION", 4, ROW(U32, samr_entry, rid),
              ROW(USTR, samr_entry, name));
static const struct ndr_type entries = NDR_TABLE(
    STRUCT, struct samr_entries, "SAMPR_ENUMERATION_BUFFER", 4, ROW(U32, samr_entries, count),
    ROW(STRUCT, samr_entries, entries, UNIQUE, SIZE(samr_entries, count), LIMIT(SAMR_LIST_MAX),
        OF(entry)));

#define ENUM_ROWS                                                                                  \
    ROW(STRUCT, samr_enum, list, OUT, UNIQUE, OF(entries)), ROW(U32, samr_enum, max_size, IN),     \
        ROW(U32, samr_enum, count, OUT), ROW(U32, samr_enum, status, OUT)
#define ENUM_TABLE(name)                                                                           \
    NDR_TABLE(CALL, struct samr_enum, name, 1, HANDLE(samr_enum, handle, IN),                      \
              ROW(U32, samr_enum, resume, IN_OUT), ENUM_ROWS)
const struct ndr_type samr_ndr_enum_domains = ENUM_TABLE("SamrEnumerateDomainsInSamServer");
const struct ndr_type samr_ndr_enum_groups = ENUM_TABLE("SamrEnumerateGroupsInDomain");
const struct ndr_type samr_ndr_enum_aliases = ENUM_TABLE("SamrEnumerateAliasesInDomain");
const struct ndr_type samr_ndr_enum_users = NDR_TABLE(
    CALL, struct samr_enum, "SamrEnumerateUsersInDomain", 1, HANDLE(samr_enum, handle, IN),
    ROW(U32, samr_enum, resume, IN_OUT), ROW(U32, samr_enum, control, IN), ENUM_ROWS);

#define OPEN_TABLE(name)                                                                           \
    NDR_TABLE(CALL, struct samr_open, name, 1, HANDLE(samr_open, domain, IN),                      \
              ROW(U32, samr_open, access, IN), ROW(U32, samr_open, rid, IN),                       \
              HANDLE(samr_open, handle, OUT), ROW(U32, samr_open, status, OUT))
const struct ndr_type samr_ndr_open_group = OPEN_TABLE("SamrOpenGroup");
const struct ndr_type samr_ndr_open_alias = OPEN_TABLE("SamrOpenAlias");
const struct ndr_type samr_ndr_open_user = OPEN_TABLE("SamrOpenUser");

static const struct ndr_type numbers = NDR_TABLE(
    STRUCT, struct samr_numbers, "SAMPR_ULONG_ARRAY", 4, ROW(U32, samr_numbers, count),
    ROW(U32, samr_numbers, numbers, UNIQUE, SIZE(samr_numbers, count), LIMIT(SAMR_LIST_MAX)));
static const struct ndr_type names = NDR_TABLE(
    STRUCT, struct samr_names, "SAMPR_RETURNED_USTRING_ARRAY", 4, ROW(U32, samr_names, count),
    ROW(USTR, samr_names, names, UNIQUE, SIZE(samr_names, count), LIMIT(SAMR_LOOKUP_MAX)));

/* size_is(1000), length_is(Count) */
#define UP_TO_1000(T)                                                                              \
    .shape = NDR_CONF_VARY, .length_is = NDR_MEMBER(struct T, count), LIMIT(SAMR_LOOKUP_MAX)
const struct ndr_type samr_ndr_lookup_names =
    NDR_TABLE(CALL, struct samr_lookup_names, "SamrLookupNamesInDomain", 1,
              HANDLE(samr_lookup_names, handle, IN), ROW(U32, samr_lookup_names, count, IN),
              ROW(USTR, samr_lookup_names, names, IN, REF, UP_TO_1000(samr_lookup_names)),
              ROW(STRUCT, samr_lookup_names, rids, OUT, OF(numbers)),
              ROW(STRUCT, samr_lookup_names, uses, OUT, OF(numbers)),
              ROW(U32, samr_lookup_names, status, OUT));
const struct ndr_type samr_ndr_lookup_rids = NDR_TABLE(
    CALL, struct samr_lookup_rids, "SamrLookupIdsInDomain", 1, HANDLE(samr_lookup_rids, handle, IN),
    ROW(U32, samr_lookup_rids, count, IN),
    ROW(U32, samr_lookup_rids, rids, IN, REF, UP_TO_1000(samr_lookup_rids)),
    ROW(STRUCT, samr_lookup_rids, names, OUT, OF(names)),
    ROW(STRUCT, samr_lookup_rids, uses, OUT, OF(numbers)), ROW(U32, samr_lookup_rids, status, OUT));

const struct ndr_type samr_ndr_rid_to_sid = NDR_TABLE(
    CALL, struct samr_rid_to_sid, "SamrRidToSid", 1, HANDLE(samr_rid_to_sid, handle, IN),
    ROW(U32, samr_rid_to_sid, rid, IN), ROW(STRUCT, samr_rid_to_sid, sid, OUT, UNIQUE, OF(ndr_sid)),
    ROW(U32, samr_rid_to_sid, status, OUT));

/* --- groups and aliases ---------------------------------------------------------------------- */

static const struct ndr_type group_general =
    NDR_TABLE(STRUCT, struct samr_group_general, "SAMPR_GROUP_GENERAL_INFORMATION", 4,
              ROW(USTR, samr_group_general, name), ROW(U32, samr_group_general, attributes),
              ROW(U32, samr_group_general, members), ROW(USTR, samr_group_general, comment));
static const struct ndr_type group_info =
    NDR_TABLE(UNION, union samr_group_info, "SAMPR_GROUP_INFO_BUFFER", 2,
              ARM(SAMR_GROUP_GENERAL, STRUCT, OF(group_general)), ARM(SAMR_GROUP_NAME, USTR),
              ARM(SAMR_GROUP_ATTRIBUTES, U32), ARM(SAMR_GROUP_COMMENT, USTR),
              ARM(SAMR_GROUP_REPLICATION, STRUCT, OF(group_general)));
#define GROUP_TABLE(name, direction, pointer_kind)                                                 \
    NDR_TABLE(CALL, struct samr_query_group, name, 1, HANDLE(samr_query_group, handle, IN),        \
              ROW(U16, samr_query_group, level, IN),                                               \
              ROW(UNION, samr_query_group, info, direction, pointer_kind, OF(group_info),          \
                  SWITCH(samr_query_group, level)),                                                \
              ROW(U32, samr_query_group, status, OUT))
const struct ndr_type samr_ndr_query_group = GROUP_TABLE("SamrQueryInformationGroup", OUT, UNIQUE);
const struct ndr_type samr_ndr_set_group = GROUP_TABLE("SamrSetInformationGroup", IN, REF);

static const struct ndr_type alias_general =
    NDR_TABLE(STRUCT, struct samr_alias_general, "SAMPR_ALIAS_GENERAL_INFORMATION", 4,
              ROW(USTR, samr_alias_general, name), ROW(U32, samr_alias_general, members),
              ROW(USTR, samr_alias_general, comment));
static const struct ndr_type alias_info =
    NDR_TABLE(UNION, union samr_alias_info, "SAMPR_ALIAS_INFO_BUFFER", 2,
              ARM(SAMR_ALIAS_GENERAL, STRUCT, OF(alias_general)), ARM(SAMR_ALIAS_NAME, USTR),
              ARM(SAMR_ALIAS_COMMENT, USTR));
#define ALIAS_TABLE(name, direction, pointer_kind)                                                 \
    NDR_TABLE(CALL, struct samr_query_alias, name, 1, HANDLE(samr_query_alias, handle, IN),        \
              ROW(U16, samr_query_alias, level, IN),                                               \
              ROW(UNION, samr_query_alias, info, direction, pointer_kind, OF(alias_info),          \
                  SWITCH(samr_query_alias, level)),                                                \
              ROW(U32, samr_query_alias, status, OUT))
const struct ndr_type samr_ndr_query_alias = ALIAS_TABLE("SamrQueryInformationAlias", OUT, UNIQUE);
const struct ndr_type samr_ndr_set_alias = ALIAS_TABLE("SamrSetInformationAlias", IN, REF);

static const struct ndr_type members = NDR_TABLE(
    STRUCT, struct samr_members, "SAMPR_GET_MEMBERS_BUFFER", 4, ROW(U32, samr_members, count),
    ROW(U32, samr_members, rids, UNIQUE, SIZE(samr_members, count), LIMIT(SAMR_LIST_MAX)),
    ROW(U32, samr_members, attributes, UNIQUE, SIZE(samr_members, count), LIMIT(SAMR_LIST_MAX)));
const struct ndr_type samr_ndr_group_members =
    NDR_TABLE(CALL, struct samr_group_members, "SamrGetMembersInGroup", 1,
              HANDLE(samr_group_members, handle, IN),
              ROW(STRUCT, samr_group_members, members, OUT, UNIQUE, OF(members)),
              ROW(U32, samr_group_members, status, OUT));

const struct ndr_type samr_ndr_alias_members =
    NDR_TABLE(CALL, struct samr_alias_members, "SamrGetMembersInAlias", 1,
              HANDLE(samr_alias_members, handle, IN),
              ROW(STRUCT, samr_alias_members, members, OUT, OF(lsa_ndr_sids)),
              ROW(U32, samr_alias_members, status, OUT));
const struct ndr_type samr_ndr_alias_membership =
    NDR_TABLE(CALL, struct samr_alias_membership, "SamrGetAliasMembership", 1,
              HANDLE(samr_alias_membership, handle, IN),
              ROW(STRUCT, samr_alias_membership, sids, IN, OF(lsa_ndr_sids)),
              ROW(STRUCT, samr_alias_membership, rids, OUT, OF(numbers)),
              ROW(U32, samr_alias_membership, status, OUT));

#define SID_MEMBER_TABLE(name)                                                                     \
    NDR_TABLE(CALL, struct samr_sid_member, name, 1, HANDLE(samr_sid_member, handle, IN),          \
              ROW(STRUCT, samr_sid_member, sid, IN, REF, OF(ndr_sid)),                             \
              ROW(U32, samr_sid_member, status, OUT))
const struct ndr_type samr_ndr_add_alias_member = SID_MEMBER_TABLE("SamrAddMemberToAlias");
const struct ndr_type samr_ndr_remove_alias_member = SID_MEMBER_TABLE("SamrRemoveMemberFromAlias");
const struct ndr_type samr_ndr_remove_foreign =
    SID_MEMBER_TABLE("SamrRemoveMemberFromForeignDomain");

#define MEMBER_TABLE(name, ...)                                                                    \
    NDR_TABLE(CALL, struct samr_group_member, name, 1, HANDLE(samr_group_member, handle, IN),      \
              ROW(U32, samr_group_member, rid, IN), __VA_ARGS__)
const struct ndr_type samr_ndr_add_group_member =
    MEMBER_TABLE("SamrAddMemberToGroup", ROW(U32, samr_group_member, attributes, IN),
                 ROW(U32, samr_group_member, status, OUT));
const struct ndr_type samr_ndr_set_member_attributes =
    MEMBER_TABLE("SamrSetMemberAttributesOfGroup", ROW(U32, samr_group_member, attributes, IN),
                 ROW(U32, samr_group_member, status, OUT));
const struct ndr_type samr_ndr_remove_group_member =
    MEMBER_TABLE("SamrRemoveMemberFromGroup", ROW(U32, samr_group_member, status, OUT));

#define CREATE_TABLE(title)                                                                        \
    NDR_TABLE(CALL, struct samr_create_group, title, 1, HANDLE(samr_create_group, domain, IN),     \
              ROW(USTR, samr_create_group, name, IN), ROW(U32, samr_create_group, access, IN),     \
              HANDLE(samr_create_group, handle, OUT), ROW(U32, samr_create_group, rid, OUT),       \
              ROW(U32, samr_create_group, status, OUT))
const struct ndr_type samr_ndr_create_group = CREATE_TABLE("SamrCreateGroupInDomain");
const struct ndr_type samr_ndr_create_alias = CREATE_TABLE("SamrCreateAliasInDomain");

static const struct rpc_call calls[] = {
    {SAMR_CONNECT, &samr_ndr_connect},
    {SAMR_CLOSE, &samr_ndr_close},
    {SAMR_QUERY_SECURITY, &samr_ndr_query_security},
    {SAMR_LOOKUP_DOMAIN, &samr_ndr_lookup_domain},
    {SAMR_ENUM_DOMAINS, &samr_ndr_enum_domains},
    {SAMR_OPEN_DOMAIN, &samr_ndr_open_domain},
    {SAMR_QUERY_DOMAIN, &samr_ndr_query_domain},
    {SAMR_SET_DOMAIN, &samr_ndr_set_domain},
    {SAMR_CREATE_GROUP, &samr_ndr_create_group},
    {SAMR_ENUM_GROUPS, &samr_ndr_enum_groups},
    {SAMR_CREATE_USER, &samr_ndr_create_user},
    {SAMR_ENUM_USERS, &samr_ndr_enum_users},
    {SAMR_CREATE_ALIAS, &samr_ndr_create_alias},
    {SAMR_ENUM_ALIASES, &samr_ndr_enum_aliases},
    {SAMR_ALIAS_MEMBERSHIP, &samr_ndr_alias_membership},
    {SAMR_LOOKUP_NAMES, &samr_ndr_lookup_names},
    {SAMR_LOOKUP_RIDS, &samr_ndr_lookup_rids},
    {SAMR_OPEN_GROUP, &samr_ndr_open_group},
    {SAMR_QUERY_GROUP, &samr_ndr_query_group},
    {SAMR_SET_GROUP, &samr_ndr_set_group},
    {SAMR_ADD_GROUP_MEMBER, &samr_ndr_add_group_member},
    {SAMR_DELETE_GROUP, &samr_ndr_delete_group},
    {SAMR_REMOVE_GROUP_MEMBER, &samr_ndr_remove_group_member},
    {SAMR_GROUP_MEMBERS, &samr_ndr_group_members},
    {SAMR_SET_MEMBER_ATTRIBUTES, &samr_ndr_set_member_attributes},
    {SAMR_OPEN_ALIAS, &samr_ndr_open_alias},
    {SAMR_QUERY_ALIAS, &samr_ndr_query_alias},
    {SAMR_SET_ALIAS, &samr_ndr_set_alias},
    {SAMR_DELETE_ALIAS, &samr_ndr_delete_alias},
    {SAMR_ADD_ALIAS_MEMBER, &samr_ndr_add_alias_member},
    {SAMR_REMOVE_ALIAS_MEMBER, &samr_ndr_remove_alias_member},
    {SAMR_ALIAS_MEMBERS, &samr_ndr_alias_members},
    {SAMR_OPEN_USER, &samr_ndr_open_user},
    {SAMR_DELETE_USER, &samr_ndr_delete_user},
    {SAMR_QUERY_USER, &samr_ndr_query_user},
    {SAMR_SET_USER, &samr_ndr_set_user},
    {SAMR_GROUPS_FOR_USER, &samr_ndr_groups_for_user},
    {SAMR_DISPLAY, &samr_ndr_display},
    {SAMR_USER_PASSWORD_INFO, &samr_ndr_user_password_info},
    {SAMR_REMOVE_FOREIGN, &samr_ndr_remove_foreign},
    {SAMR_QUERY_DOMAIN2, &samr_ndr_query_domain2},
    {SAMR_QUERY_USER2, &samr_ndr_query_user2},
    {SAMR_DISPLAY2, &samr_ndr_display2},
    {SAMR_CREATE_USER2, &samr_ndr_create_user2},
    {SAMR_DISPLAY3, &samr_ndr_display3},
    {SAMR_CHANGE_PASSWORD2, &samr_ndr_change_password2},
    {SAMR_DOMAIN_PASSWORD_INFO, &samr_ndr_domain_password_info},
    {SAMR_CONNECT2, &samr_ndr_connect2},
    {SAMR_SET_USER2, &samr_ndr_set_user2},
    {SAMR_CONNECT3, &samr_ndr_connect3},
    {SAMR_CONNECT4, &samr_ndr_connect4},
    {SAMR_CHANGE_PASSWORD3, &samr_ndr_change_password3},
    {SAMR_CONNECT5, &samr_ndr_connect5},
    {SAMR_RID_TO_SID, &samr_ndr_rid_to_sid},
    {SAMR_CHANGE_PASSWORD4, &samr_ndr_change_password4},
};

const struct rpc_iface samr_iface = {
    .name = "samr",
    .id = {{{0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67,
             0x89, 0xac}},
           1,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
