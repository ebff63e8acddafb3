/*
 * SAMR: what a domain tells of itself, and its lists for people ([MS-SAMR] 2.2.3, 2.2.7).
 */
#ifndef WIRE_RPC_SAMR_DOMAIN_H
#define WIRE_RPC_SAMR_DOMAIN_H

#include "wire/rpc/samr_types.h"

enum samr_domain_level {
    SAMR_DOMAIN_PASSWORD = 1,
    SAMR_DOMAIN_GENERAL = 2,
    SAMR_DOMAIN_LOGOFF = 3,
    SAMR_DOMAIN_OEM = 4,
    SAMR_DOMAIN_NAME = 5,
    SAMR_DOMAIN_REPLICATION = 6,
    SAMR_DOMAIN_ROLE = 7,
    SAMR_DOMAIN_MODIFIED = 8,
    SAMR_DOMAIN_STATE = 9,
    SAMR_DOMAIN_GENERAL2 = 11,
    SAMR_DOMAIN_LOCKOUT = 12,
    SAMR_DOMAIN_MODIFIED2 = 13,
};
enum samr_password_properties {
    SAMR_PASSWORD_COMPLEX = 1,
    SAMR_PASSWORD_REVERSIBLE = 16,
};
enum {
    SAMR_ROLE_PRIMARY = 3,
    SAMR_STATE_ENABLED = 1,
};

struct samr_domain_password { /* ages are negative intervals of 100 ns */
    uint16_t min_length, history;
    uint32_t properties;
    int64_t max_age, min_age;
};
struct samr_domain_general {
    int64_t logoff;
    struct span oem, name, replica_source;
    int64_t modified;
    uint32_t state, role;
    uint32_t uas_compatible; /* a byte, and three that are not looked at */
    uint32_t users, groups, aliases;
};
struct samr_domain_lockout {
    int64_t duration, window;
    uint16_t threshold;
};
struct samr_domain_general2 {
    struct samr_domain_general general;
    int64_t duration, window;
    uint16_t threshold;
};
struct samr_domain_modified {
    int64_t count, created, promoted; /* promoted: level 13 only */
};
union samr_domain_info {
    struct samr_domain_password password;
    struct samr_domain_general general;
    struct samr_domain_general2 general2;
    struct samr_domain_lockout lockout;
    struct samr_domain_modified modified;
    int64_t logoff;
    struct span text;
    uint32_t number;
};
struct samr_query_domain {
    struct rpc_handle handle;
    uint16_t level;
    union samr_domain_info *info; /* NULL with an error */
    uint32_t status;
};

struct samr_password_info {
    struct rpc_handle handle; /* of a user */
    struct span *unused;      /* of the domain */
    uint16_t min_length;
    uint32_t properties;
    uint32_t status;
};

/* --- lists for people ------------------------------------------------------------------------ */

enum samr_display_level {
    SAMR_DISPLAY_USER = 1,
    SAMR_DISPLAY_MACHINE = 2,
    SAMR_DISPLAY_GROUP = 3,
    SAMR_DISPLAY_OEM_USER = 4,
    SAMR_DISPLAY_OEM_GROUP = 5,
};
struct samr_display_entry {
    uint32_t index, rid;
    uint32_t control; /* of a group its attributes */
    struct span name, comment;
    struct span full_name; /* of users only */
};
struct samr_display_entries {
    uint32_t count;
    struct samr_display_entry *entries;
};
struct samr_oem_entry {
    uint32_t index;
    uint16_t length, size;
    uint8_t *name;
};
struct samr_oem_entries {
    uint32_t count;
    struct samr_oem_entry *entries;
};
union samr_display_info {
    struct samr_display_entries list;
    struct samr_oem_entries oem;
};
struct samr_display {
    struct rpc_handle handle;
    uint16_t level;
    uint32_t index, max_entries, max_size;
    uint32_t total_size, returned_size;
    union samr_display_info info;
    uint32_t status;
};

/* struct samr_domain_password */
extern const struct ndr_type samr_ndr_domain_policy;
extern const struct ndr_type samr_ndr_query_domain, samr_ndr_query_domain2, samr_ndr_set_domain,
    samr_ndr_user_password_info, samr_ndr_domain_password_info, samr_ndr_display, samr_ndr_display2,
    samr_ndr_display3;

#endif
