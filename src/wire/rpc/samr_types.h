/*
 * SAMR ([MS-SAMR]): opening the server, its two domains and what is in them; lists and names. What
 * a domain tells of itself is in samr_domain.h, users in samr_user.h.
 */
#ifndef WIRE_RPC_SAMR_TYPES_H
#define WIRE_RPC_SAMR_TYPES_H

#include "wire/rpc/lsa_types.h"

enum samr_opnum {
    SAMR_CONNECT = 0,
    SAMR_CLOSE = 1,
    SAMR_QUERY_SECURITY = 3,
    SAMR_LOOKUP_DOMAIN = 5,
    SAMR_ENUM_DOMAINS = 6,
    SAMR_OPEN_DOMAIN = 7,
    SAMR_QUERY_DOMAIN = 8,
    SAMR_SET_DOMAIN = 9,
    SAMR_CREATE_GROUP = 10,
    SAMR_ENUM_GROUPS = 11,
    SAMR_CREATE_USER = 12,
    SAMR_ENUM_USERS = 13,
    SAMR_CREATE_ALIAS = 14,
    SAMR_ENUM_ALIASES = 15,
    SAMR_ALIAS_MEMBERSHIP = 16,
    SAMR_LOOKUP_NAMES = 17,
    SAMR_LOOKUP_RIDS = 18,
    SAMR_OPEN_GROUP = 19,
    SAMR_QUERY_GROUP = 20,
    SAMR_SET_GROUP = 21,
    SAMR_ADD_GROUP_MEMBER = 22,
    SAMR_DELETE_GROUP = 23,
    SAMR_REMOVE_GROUP_MEMBER = 24,
    SAMR_GROUP_MEMBERS = 25,
    SAMR_SET_MEMBER_ATTRIBUTES = 26,
    SAMR_OPEN_ALIAS = 27,
    SAMR_QUERY_ALIAS = 28,
    SAMR_SET_ALIAS = 29,
    SAMR_DELETE_ALIAS = 30,
    SAMR_ADD_ALIAS_MEMBER = 31,
    SAMR_REMOVE_ALIAS_MEMBER = 32,
    SAMR_ALIAS_MEMBERS = 33,
    SAMR_OPEN_USER = 34,
    SAMR_DELETE_USER = 35,
    SAMR_QUERY_USER = 36,
    SAMR_SET_USER = 37,
    SAMR_GROUPS_FOR_USER = 39,
    SAMR_DISPLAY = 40,
    SAMR_USER_PASSWORD_INFO = 44,
    SAMR_REMOVE_FOREIGN = 45,
    SAMR_QUERY_DOMAIN2 = 46,
    SAMR_QUERY_USER2 = 47,
    SAMR_DISPLAY2 = 48,
    SAMR_CREATE_USER2 = 50,
    SAMR_DISPLAY3 = 51,
    SAMR_CHANGE_PASSWORD2 = 55,
    SAMR_DOMAIN_PASSWORD_INFO = 56,
    SAMR_CONNECT2 = 57,
    SAMR_SET_USER2 = 58,
    SAMR_CONNECT3 = 61,
    SAMR_CONNECT4 = 62,
    SAMR_CHANGE_PASSWORD3 = 63,
    SAMR_CONNECT5 = 64,
    SAMR_RID_TO_SID = 65,
    SAMR_CHANGE_PASSWORD4 = 73,
};

#define SAMR_LOOKUP_MAX 1000 /* names or RIDs of one lookup (3.1.5.11) */
#define SAMR_LIST_MAX   65536

/* --- the server ------------------------------------------------------------------------------ */

struct samr_connect {
    uint16_t *server; /* its first letter */
    struct rpc_handle handle;
    uint32_t access;
    uint32_t status;
};
struct samr_connect2 { /* and 4 */
    struct span server;
    struct rpc_handle handle;
    uint32_t revision; /* 4 */
    uint32_t access;
    uint32_t status;
};
struct samr_revision1 {
    uint32_t revision, features;
};
union samr_revision {
    struct samr_revision1 v1;
};
struct samr_connect5 {
    struct span server;
    uint32_t access;
    uint32_t in_version;
    union samr_revision in_revision;
    uint32_t out_version;
    union samr_revision out_revision;
    struct rpc_handle handle;
    uint32_t status;
};

struct samr_close { /* CloseHandle, DeleteUser, DeleteGroup, DeleteAlias */
    struct rpc_handle handle;
    uint32_t status;
};

struct samr_lookup_domain {
    struct rpc_handle handle;
    struct span name;
    const struct sid *sid; /* NULL with an error */
    uint32_t status;
};

/* --- lists ----------------------------------------------------------------------------------- */

struct samr_entry {
    uint32_t rid;
    struct span name;
};
struct samr_entries {
    uint32_t count;
    struct samr_entry *entries;
};
struct samr_enum { /* domains, groups, aliases, users */
    struct rpc_handle handle;
    uint32_t resume;
    uint32_t control; /* users only: SAMR's account control bits; 0: all */
    struct samr_entries *list;
    uint32_t max_size;
    uint32_t count;
    uint32_t status;
};

struct samr_open { /* a domain's object by its RID */
    struct rpc_handle domain;
    uint32_t access;
    uint32_t rid;
    struct rpc_handle handle;
    uint32_t status;
};
struct samr_open_domain {
    struct rpc_handle server;
    uint32_t access;
    const struct sid *sid;
    struct rpc_handle handle;
    uint32_t status;
};

struct samr_numbers {
    uint32_t count;
    uint32_t *numbers;
};
struct samr_names {
    uint32_t count;
    struct span *names;
};
struct samr_lookup_names {
    struct rpc_handle handle;
    uint32_t count;
    struct span *names;
    struct samr_numbers rids, uses;
    uint32_t status;
};
struct samr_lookup_rids {
    struct rpc_handle handle;
    uint32_t count;
    uint32_t *rids;
    struct samr_names names;
    struct samr_numbers uses;
    uint32_t status;
};
struct samr_rid_to_sid {
    struct rpc_handle handle;
    uint32_t rid;
    const struct sid *sid; /* NULL with an error */
    uint32_t status;
};

/* --- groups and aliases ---------------------------------------------------------------------- */

enum samr_group_level {
    SAMR_GROUP_GENERAL = 1,
    SAMR_GROUP_NAME = 2,
    SAMR_GROUP_ATTRIBUTES = 3,
    SAMR_GROUP_COMMENT = 4,
    SAMR_GROUP_REPLICATION = 5,
};
struct samr_group_general {
    struct span name;
    uint32_t attributes, members;
    struct span comment;
};
union samr_group_info {
    struct samr_group_general general;
    struct span text;
    uint32_t attributes;
};
struct samr_query_group { /* and Set */
    struct rpc_handle handle;
    uint16_t level;
    union samr_group_info *info;
    uint32_t status;
};

enum samr_alias_level {
    SAMR_ALIAS_GENERAL = 1,
    SAMR_ALIAS_NAME = 2,
    SAMR_ALIAS_COMMENT = 3,
};
struct samr_alias_general {
    struct span name;
    uint32_t members;
    struct span comment;
};
union samr_alias_info {
    struct samr_alias_general general;
    struct span text;
};
struct samr_query_alias { /* and Set */
    struct rpc_handle handle;
    uint16_t level;
    union samr_alias_info *info;
    uint32_t status;
};

struct samr_members {
    uint32_t count;
    uint32_t *rids, *attributes;
};
struct samr_group_members {
    struct rpc_handle handle;
    struct samr_members *members;
    uint32_t status;
};
struct samr_alias_members {
    struct rpc_handle handle;
    struct lsa_sids members;
    uint32_t status;
};
struct samr_group_member { /* AddMemberToGroup, SetMemberAttributesOfGroup; Remove has no attributes
                            */
    struct rpc_handle handle;
    uint32_t rid, attributes;
    uint32_t status;
};
struct samr_sid_member { /* {Add,Remove}MemberToAlias, RemoveMemberFromForeignDomain */
    struct rpc_handle handle;
    const struct sid *sid;
    uint32_t status;
};
struct samr_create_group { /* and alias */
    struct rpc_handle domain;
    struct span name;
    uint32_t access;
    struct rpc_handle handle;
    uint32_t rid;
    uint32_t status;
};
struct samr_alias_membership {
    struct rpc_handle handle;
    struct lsa_sids sids;
    struct samr_numbers rids;
    uint32_t status;
};

extern const struct ndr_type samr_ndr_connect, samr_ndr_connect2, samr_ndr_connect3,
    samr_ndr_connect4, samr_ndr_query_security, samr_ndr_connect5, samr_ndr_close,
    samr_ndr_delete_user, samr_ndr_lookup_domain, samr_ndr_enum_domains, samr_ndr_enum_groups,
    samr_ndr_enum_aliases, samr_ndr_enum_users, samr_ndr_open_domain, samr_ndr_open_group,
    samr_ndr_open_alias, samr_ndr_open_user, samr_ndr_lookup_names, samr_ndr_lookup_rids,
    samr_ndr_rid_to_sid, samr_ndr_query_group, samr_ndr_query_alias, samr_ndr_group_members,
    samr_ndr_alias_members, samr_ndr_alias_membership, samr_ndr_remove_foreign,
    samr_ndr_create_group, samr_ndr_create_alias, samr_ndr_set_group, samr_ndr_set_alias,
    samr_ndr_delete_group, samr_ndr_delete_alias, samr_ndr_add_group_member,
    samr_ndr_remove_group_member, samr_ndr_set_member_attributes, samr_ndr_add_alias_member,
    samr_ndr_remove_alias_member;

#endif
