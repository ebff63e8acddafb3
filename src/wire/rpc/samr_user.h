/*
 * SAMR: users ([MS-SAMR] 2.2.6). Of the levels that set a password, those with its clear text under
 * the session key are here, those with hashes are not.
 */
#ifndef WIRE_RPC_SAMR_USER_H
#define WIRE_RPC_SAMR_USER_H

#include "wire/rpc/samr_types.h"

#define SAMR_PASSWORD_SIZE    516 /* an encrypted password (2.2.6.21) */
#define SAMR_PASSWORD_EX_SIZE 532 /* the same with a salt (2.2.6.22) */
#define SAMR_PASSWORD_AES_MIN 514 /* its plain text: a length, and a password at the beginning */
#define SAMR_HOURS_SIZE       1260

enum samr_user_level {
    SAMR_USER_GENERAL = 1,
    SAMR_USER_LOGON = 3,
    SAMR_USER_HOURS = 4,
    SAMR_USER_ACCOUNT = 5,
    SAMR_USER_NAMES = 6,
    SAMR_USER_ACCOUNT_NAME = 7,
    SAMR_USER_FULL_NAME = 8,
    SAMR_USER_PRIMARY_GROUP = 9,
    SAMR_USER_HOME = 10,
    SAMR_USER_SCRIPT = 11,
    SAMR_USER_PROFILE = 12,
    SAMR_USER_COMMENT = 13,
    SAMR_USER_WORKSTATIONS = 14,
    SAMR_USER_CONTROL = 16,
    SAMR_USER_EXPIRES = 17,
    SAMR_USER_ALL = 21,
    SAMR_USER_ALL_PASSWORD = 23,
    SAMR_USER_PASSWORD = 24,
    SAMR_USER_ALL_PASSWORD_EX = 25,
    SAMR_USER_PASSWORD_EX = 26,
    SAMR_USER_PASSWORD_AES = 31,
    SAMR_USER_ALL_PASSWORD_AES = 32,
};

/* WhichFields of level 21 (2.2.1.8). */
enum samr_user_fields {
    SAMR_FIELD_USERNAME = 0x1,
    SAMR_FIELD_FULLNAME = 0x2,
    SAMR_FIELD_COMMENT = 0x10, /* the administrator's */
    SAMR_FIELD_USER_COMMENT = 0x20,
    SAMR_FIELD_HOME = 0x40,
    SAMR_FIELD_DRIVE = 0x80,
    SAMR_FIELD_SCRIPT = 0x100,
    SAMR_FIELD_PROFILE = 0x200,
    SAMR_FIELD_WORKSTATIONS = 0x400,
    SAMR_FIELD_EXPIRES = 0x4000,
    SAMR_FIELD_CONTROL = 0x100000,
    SAMR_FIELD_PASSWORD = 0x1000000, /* NTPASSWORDPRESENT, with the clear text of 23 and 25 */
    SAMR_FIELD_LM_PASSWORD = 0x2000000,
    SAMR_FIELD_EXPIRED = 0x8000000,
    SAMR_FIELDS_READ = 0x00ffffff, /* what a query fills in */
};

/* Account control as SAMR has it (2.2.1.12), which is not userAccountControl. */
enum samr_control {
    SAMR_DISABLED = 0x1,
    SAMR_PASSWORD_NOT_REQUIRED = 0x4,
    SAMR_NORMAL = 0x10,
    SAMR_INTERDOMAIN = 0x40,
    SAMR_WORKSTATION = 0x80,
    SAMR_SERVER = 0x100,
    SAMR_NEVER_EXPIRES = 0x200,
    SAMR_LOCKED = 0x400,
    SAMR_EXPIRED = 0x20000,
};

struct samr_hours {
    uint16_t units;  /* hours of a week */
    uint32_t length; /* bytes: an eighth of them */
    uint8_t *bits;
};

struct samr_user_all { /* times are FILETIMEs */
    int64_t last_logon, last_logoff, password_set, expires, can_change, must_change;
    struct span name, full_name, home, drive, script, profile, comment, workstations, user_comment;
    struct span parameters, lm_password, nt_password; /* bytes */
    struct span private_data;
    struct rpc_bytes descriptor;
    uint32_t rid, primary_group, control, fields;
    struct samr_hours hours;
    uint16_t bad_passwords, logons, country, code_page;
    uint8_t lm_present, nt_present, expired, private_sensitive;
};
struct samr_user_password {
    uint8_t password[SAMR_PASSWORD_SIZE];
    uint8_t expired;
};
struct samr_user_password_ex {
    uint8_t password[SAMR_PASSWORD_EX_SIZE];
    uint8_t expired;
};
struct samr_password_aes { /* SAMPR_ENCRYPTED_PASSWORD_AES (2.2.6.32) */
    uint8_t tag[64], salt[16];
    struct rpc_bytes cipher;
    uint64_t rounds; /* of PBKDF2; where the key is a session's: nothing */
};
struct samr_user_password_aes {
    struct samr_password_aes password;
    uint8_t expired;
};
struct samr_user_all_password_aes {
    struct samr_user_all all;
    struct samr_password_aes password;
};
struct samr_user_all_password {
    struct samr_user_all all;
    uint8_t password[SAMR_PASSWORD_SIZE];
};
struct samr_user_all_password_ex {
    struct samr_user_all all;
    uint8_t password[SAMR_PASSWORD_EX_SIZE];
};
/* The levels from 1 to 17 are parts of all, in an order of their own. */
union samr_user_info {
    struct samr_user_all all;
    struct samr_user_all_password all_password;
    struct samr_user_all_password_ex all_password_ex;
    struct samr_user_password password;
    struct samr_user_password_ex password_ex;
    struct samr_user_all_password_aes all_password_aes;
    struct samr_user_password_aes password_aes;
};
struct samr_query_user {
    struct rpc_handle handle;
    uint16_t level;
    union samr_user_info *info; /* a query's: NULL with an error */
    uint32_t status;
};

struct samr_membership {
    uint32_t rid, attributes;
};
struct samr_memberships {
    uint32_t count;
    struct samr_membership *groups;
};
struct samr_groups_for_user {
    struct rpc_handle handle;
    struct samr_memberships *list;
    uint32_t status;
};

/* SamrCreateUser2InDomain; SamrCreateUserInDomain has no type and does not tell what was granted.
 */
struct samr_create_user {
    struct rpc_handle domain;
    struct span name;
    uint32_t type; /* SAMR_NORMAL, SAMR_WORKSTATION, SAMR_SERVER */
    uint32_t access;
    struct rpc_handle handle;
    uint32_t granted, rid;
    uint32_t status;
};

extern const struct ndr_type samr_ndr_password_aes, samr_ndr_query_user, samr_ndr_query_user2,
    samr_ndr_set_user, samr_ndr_set_user2, samr_ndr_groups_for_user, samr_ndr_create_user,
    samr_ndr_create_user2;

#endif
