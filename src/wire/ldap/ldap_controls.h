/*
 * Object identifiers of controls, extended operations and capabilities that AD has, and the values
 * of those controls that have one ([MS-ADTS] 3.1.1.3.4.1, RFC 2696, RFC 2891). Values come from
 * struct ldap_control, ptr NULL when absent; a missing value where one must be is ERR_MALFORMED.
 *
 * Encoders write the control's value alone. Pure, thread-safe.
 */
#ifndef WIRE_LDAP_LDAP_CONTROLS_H
#define WIRE_LDAP_LDAP_CONTROLS_H

#include "base/arena.h"
#include "base/builder.h"

#define LDAP_CONTROL_PAGED             "1.2.840.113556.1.4.319"
#define LDAP_CONTROL_SORT              "1.2.840.113556.1.4.473"
#define LDAP_CONTROL_SORT_RESPONSE     "1.2.840.113556.1.4.474"
#define LDAP_CONTROL_NOTIFICATION      "1.2.840.113556.1.4.528"
#define LDAP_CONTROL_EXTENDED_DN       "1.2.840.113556.1.4.529"
#define LDAP_CONTROL_SHOW_DELETED      "1.2.840.113556.1.4.417"
#define LDAP_CONTROL_SHOW_RECYCLED     "1.2.840.113556.1.4.2064"
#define LDAP_CONTROL_SHOW_DEACTIVATED  "1.2.840.113556.1.4.2065"
#define LDAP_CONTROL_CROSSDOM_MOVE     "1.2.840.113556.1.4.521"
#define LDAP_CONTROL_LAZY_COMMIT       "1.2.840.113556.1.4.619"
#define LDAP_CONTROL_SD_FLAGS          "1.2.840.113556.1.4.801"
#define LDAP_CONTROL_TREE_DELETE       "1.2.840.113556.1.4.805"
#define LDAP_CONTROL_DIRSYNC           "1.2.840.113556.1.4.841"
#define LDAP_CONTROL_VERIFY_NAME       "1.2.840.113556.1.4.1338"
#define LDAP_CONTROL_DOMAIN_SCOPE      "1.2.840.113556.1.4.1339"
#define LDAP_CONTROL_SEARCH_OPTIONS    "1.2.840.113556.1.4.1340"
#define LDAP_CONTROL_RODC_DCPROMO      "1.2.840.113556.1.4.1341"
#define LDAP_CONTROL_PERMISSIVE_MODIFY "1.2.840.113556.1.4.1413"
#define LDAP_CONTROL_ASQ               "1.2.840.113556.1.4.1504"
#define LDAP_CONTROL_FORCE_UPDATE      "1.2.840.113556.1.4.1974"
#define LDAP_CONTROL_RANGE_NOERR       "1.2.840.113556.1.4.1948"
#define LDAP_CONTROL_RANGE_OPTION      "1.2.840.113556.1.4.802" /* says that there are ranges */
#define LDAP_CONTROL_POLICY_HINTS      "1.2.840.113556.1.4.2239"
#define LDAP_CONTROL_VLV               "2.16.840.1.113730.3.4.9"
#define LDAP_CONTROL_VLV_RESPONSE      "2.16.840.1.113730.3.4.10"
#define LDAP_CONTROL_MANAGE_DSA_IT     "2.16.840.1.113730.3.4.2"

#define LDAP_EXOP_START_TLS         "1.3.6.1.4.1.1466.20037"
#define LDAP_EXOP_DISCONNECT_NOTICE "1.3.6.1.4.1.1466.20036"
#define LDAP_EXOP_WHOAMI            "1.3.6.1.4.1.4203.1.11.3"
#define LDAP_EXOP_PASSWORD_MODIFY   "1.3.6.1.4.1.4203.1.11.1"
#define LDAP_EXOP_FAST_BIND         "1.2.840.113556.1.4.1781"
#define LDAP_EXOP_TTL_REFRESH       "1.3.6.1.4.1.1466.101.119.1"

#define LDAP_CAP_ACTIVE_DIRECTORY "1.2.840.113556.1.4.800"
#define LDAP_CAP_V51              "1.2.840.113556.1.4.1670"
#define LDAP_CAP_LDAP_INTEG       "1.2.840.113556.1.4.1791"
#define LDAP_CAP_V60              "1.2.840.113556.1.4.1935"
#define LDAP_CAP_V61_R2           "1.2.840.113556.1.4.2080"
#define LDAP_CAP_W8               "1.2.840.113556.1.4.2237"

#define LDAP_RULE_BIT_AND      "1.2.840.113556.1.4.803"
#define LDAP_RULE_BIT_OR       "1.2.840.113556.1.4.804"
#define LDAP_RULE_IN_CHAIN     "1.2.840.113556.1.4.1941"
#define LDAP_RULE_DN_WITH_DATA "1.2.840.113556.1.4.2253"

#define LDAP_PAGE_COOKIE_MAX 4096
#define LDAP_SORT_KEYS_MAX   8

/* Paged results, request and response (RFC 2696): size is the estimate in a response. */
struct ldap_paged {
    uint32_t size;
    struct span cookie;
};
enum err ldap_paged_decode(struct span value, struct ldap_paged *out);
void ldap_put_paged(struct builder *b, const struct ldap_paged *p);

/* Server-side sort (RFC 2891). */
struct ldap_sort_key {
    struct span attr;
    struct span rule; /* empty: the attribute's own */
    bool reverse;
};
struct ldap_sort {
    struct ldap_sort_key *keys;
    uint32_t count;
};
enum err ldap_sort_decode(struct span value, struct arena *a, struct ldap_sort *out);
void ldap_put_sort(struct builder *b, const struct ldap_sort *s);
/* attr empty: none named. */
void ldap_put_sort_response(struct builder *b, uint32_t code, struct span attr);

/* SD flags: owner 1, group 2, DACL 4, SACL 8. An absent control means 15: the caller's business. */
enum err ldap_sd_flags_decode(struct span value, uint32_t *out);
/* Extended DN: 0 hexadecimal, 1 with dashes; an absent value is 0. */
enum err ldap_extended_dn_decode(struct span value, uint32_t *out);
/* Search options: 1 domain scope, 2 phantom root. */
enum err ldap_search_options_decode(struct span value, uint32_t *out);
/* The same three have one shape on the wire: SEQUENCE { INTEGER }. */
void ldap_put_flags_value(struct builder *b, uint32_t flags);

/* Verify name: the GC to ask (UTF-16LE, may be empty). */
struct ldap_verify_name {
    uint32_t flags;
    struct span server;
};
enum err ldap_verify_name_decode(struct span value, struct ldap_verify_name *out);

/* Attribute-scoped query: the source attribute; the response has a code. */
enum err ldap_asq_decode(struct span value, struct span *attr_out);
void ldap_put_asq_response(struct builder *b, uint32_t code);

/* Virtual list view (draft-ietf-ldapext-ldapv3-vlv-09, [MS-ADTS] 3.1.1.3.4.1.17). */
enum ldap_vlv_code {
    LDAP_VLV_OK = 0,
    LDAP_VLV_ADMIN_LIMIT = 11,
    LDAP_VLV_UNWILLING = 53,
    LDAP_VLV_SORT_MISSING = 60,
    LDAP_VLV_OFFSET_RANGE = 61,
    LDAP_VLV_OTHER = 80,
};
struct ldap_vlv {
    uint32_t before, after;
    bool by_offset;
    uint32_t offset, content_count; /* by_offset */
    struct span assertion;          /* otherwise: greaterThanOrEqual */
    struct span context_id;
};
enum err ldap_vlv_decode(struct span value, struct ldap_vlv *out);
void ldap_put_vlv_response(struct builder *b, uint32_t position, uint32_t count, uint32_t code,
                           struct span context_id);

/* Directory synchronization, [MS-ADTS] 3.1.1.3.4.1.3. */
struct ldap_dirsync {
    uint32_t flags;
    uint32_t max_bytes; /* in a response: more results */
    struct span cookie;
};
enum err ldap_dirsync_decode(struct span value, struct ldap_dirsync *out);
void ldap_put_dirsync(struct builder *b, const struct ldap_dirsync *d);

/* Password modify (RFC 3062), request value and response value; absent fields have ptr NULL. */
struct ldap_passwd_modify {
    struct span user, old_password, new_password;
};
enum err ldap_passwd_modify_decode(struct span value, struct ldap_passwd_modify *out);
void ldap_put_passwd_modify(struct builder *b, const struct ldap_passwd_modify *p);
void ldap_put_passwd_generated(struct builder *b, struct span password);

#endif
