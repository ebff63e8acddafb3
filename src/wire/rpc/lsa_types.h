/*
 * LSARPC ([MS-LSAD], [MS-LSAT]): what its calls share. Calls about the policy are in lsa_policy.h,
 * about trusted domains in lsa_trust.h, about names and SIDs in lsa_lookup.h, about accounts and
 * privileges in lsa_account.h, about secrets in lsa_secret.h.
 */
#ifndef WIRE_RPC_LSA_TYPES_H
#define WIRE_RPC_LSA_TYPES_H

#include "wire/rpc/rpc_iface.h"

enum lsa_opnum {
    LSA_CLOSE = 0,
    LSA_DELETE = 1,
    LSA_ENUM_PRIVILEGES = 2,
    LSA_QUERY_SECURITY = 3,
    LSA_OPEN_POLICY = 6,
    LSA_QUERY_POLICY = 7,
    LSA_SET_POLICY = 8,
    LSA_CREATE_ACCOUNT = 10,
    LSA_ENUM_ACCOUNTS = 11,
    LSA_CREATE_TRUSTED = 12,
    LSA_ENUM_TRUSTED = 13,
    LSA_LOOKUP_NAMES = 14,
    LSA_LOOKUP_SIDS = 15,
    LSA_CREATE_SECRET = 16,
    LSA_OPEN_ACCOUNT = 17,
    LSA_ENUM_ACCOUNT_PRIVILEGES = 18,
    LSA_ADD_PRIVILEGES = 19,
    LSA_REMOVE_PRIVILEGES = 20,
    LSA_GET_SYSTEM_ACCESS = 23,
    LSA_SET_SYSTEM_ACCESS = 24,
    LSA_OPEN_TRUSTED = 25,
    LSA_QUERY_TRUSTED = 26,
    LSA_SET_TRUSTED = 27,
    LSA_OPEN_SECRET = 28,
    LSA_SET_SECRET = 29,
    LSA_QUERY_SECRET = 30,
    LSA_LOOKUP_PRIVILEGE_VALUE = 31,
    LSA_LOOKUP_PRIVILEGE_NAME = 32,
    LSA_LOOKUP_PRIVILEGE_DISPLAY = 33,
    LSA_DELETE_OBJECT = 34,
    LSA_ENUM_ACCOUNTS_WITH_RIGHT = 35,
    LSA_ENUM_ACCOUNT_RIGHTS = 36,
    LSA_ADD_ACCOUNT_RIGHTS = 37,
    LSA_REMOVE_ACCOUNT_RIGHTS = 38,
    LSA_QUERY_TRUSTED_BY_SID = 39,
    LSA_SET_TRUSTED_BY_SID = 40,
    LSA_DELETE_TRUSTED = 41,
    LSA_OPEN_POLICY2 = 44,
    LSA_GET_USER_NAME = 45,
    LSA_QUERY_POLICY2 = 46,
    LSA_SET_POLICY2 = 47,
    LSA_QUERY_TRUSTED_BY_NAME = 48,
    LSA_SET_TRUSTED_BY_NAME = 49,
    LSA_ENUM_TRUSTED_EX = 50,
    LSA_CREATE_TRUSTED_EX = 51,
    LSA_CLOSE_TRUSTED_EX = 52,
    LSA_QUERY_DOMAIN_POLICY = 53,
    LSA_SET_DOMAIN_POLICY = 54,
    LSA_OPEN_TRUSTED_BY_NAME = 55,
    LSA_LOOKUP_SIDS2 = 57,
    LSA_LOOKUP_NAMES2 = 58,
    LSA_CREATE_TRUSTED_EX2 = 59,
    LSA_LOOKUP_NAMES3 = 68,
    LSA_QUERY_FOREST_INFO = 73,
    LSA_SET_FOREST_INFO = 74,
    LSA_LOOKUP_SIDS3 = 76,
    LSA_LOOKUP_NAMES4 = 77,
    LSA_CREATE_TRUSTED_EX3 = 129,
    LSA_OPEN_POLICY3 = 130,
};

/* Rights of a policy handle ([MS-LSAD] 2.2.1.1.2), and of one of a trusted domain (2.2.1.1.5). */
enum lsa_policy_access {
    LSA_POLICY_VIEW_LOCAL = 0x0001,
    LSA_POLICY_VIEW_AUDIT = 0x0002,
    LSA_POLICY_GET_PRIVATE = 0x0004,
    LSA_POLICY_TRUST_ADMIN = 0x0008,
    LSA_POLICY_CREATE_ACCOUNT = 0x0010,
    LSA_POLICY_CREATE_SECRET = 0x0020,
    LSA_POLICY_CREATE_PRIVILEGE = 0x0040,
    LSA_POLICY_SET_QUOTA = 0x0080,
    LSA_POLICY_SET_AUDIT = 0x0100,
    LSA_POLICY_AUDIT_LOG_ADMIN = 0x0200,
    LSA_POLICY_SERVER_ADMIN = 0x0400,
    LSA_POLICY_LOOKUP_NAMES = 0x0800,
    LSA_POLICY_NOTIFICATION = 0x1000,
};
enum lsa_trusted_access {
    LSA_TRUSTED_QUERY_NAME = 0x0001,
    LSA_TRUSTED_QUERY_CONTROLLERS = 0x0002,
    LSA_TRUSTED_SET_CONTROLLERS = 0x0004,
    LSA_TRUSTED_QUERY_POSIX = 0x0008,
    LSA_TRUSTED_SET_POSIX = 0x0010,
    LSA_TRUSTED_SET_AUTH = 0x0020,
    LSA_TRUSTED_QUERY_AUTH = 0x0040,
    LSA_TRUSTED_ALL = 0x000f007f, /* TRUSTED_ALL_ACCESS: with the standard rights */
};

#define LSA_NAMES_MAX 1000  /* of one lookup ([MS-LSAT] 3.1.4.5) */
#define LSA_SIDS_MAX  20480 /* likewise (3.1.4.9) */
#define LSA_LIST_MAX  4096  /* entries of an answer that lists things */

/* LSAPR_TRUST_INFORMATION, also an entry of a list of referenced domains. */
struct lsa_domain {
    struct span name;
    const struct sid *sid; /* NULL: none */
};
extern const struct ndr_type lsa_ndr_domain;

/* LSAPR_CR_CIPHER_VALUE: length bytes of an array of size. */
struct lsa_cipher {
    uint32_t length, size;
    uint8_t *data;
};
extern const struct ndr_type lsa_ndr_cipher;

/* LSAPR_OBJECT_ATTRIBUTES, of which nothing has a meaning ([MS-LSAD] 2.2.2.4). What it could point
 * to besides the quality of service must be absent. */
struct lsa_quality {
    uint32_t length;
    uint16_t impersonation;
    uint8_t tracking, effective_only;
};
struct lsa_attributes {
    uint32_t length;
    void *root, *name;
    uint32_t attributes;
    void *descriptor;
    struct lsa_quality *quality;
};
extern const struct ndr_type lsa_ndr_attributes;

/* A list of SIDs: LSAPR_SID_ENUM_BUFFER, LSAPR_ACCOUNT_ENUM_BUFFER. */
struct lsa_sid {
    const struct sid *sid;
};
struct lsa_sids {
    uint32_t count;
    struct lsa_sid *sids;
};
extern const struct ndr_type lsa_ndr_sids;

/* LsarClose, LsarDeleteObject; LsarDelete (Opnum1NotUsedOnWire) has no handle going out. */
struct lsa_close {
    struct rpc_handle handle;
    uint32_t status;
};
extern const struct ndr_type lsa_ndr_close, lsa_ndr_close_trusted_ex, lsa_ndr_delete_object,
    lsa_ndr_delete;

/* LsarQuerySecurityObject */
struct lsa_query_security {
    struct rpc_handle handle;
    uint32_t parts; /* SECURITY_INFORMATION */
    struct rpc_bytes *descriptor;
    uint32_t status;
};
extern const struct ndr_type lsa_ndr_query_security;

#endif
