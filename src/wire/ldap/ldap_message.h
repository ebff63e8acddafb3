/*
 * LDAP requests as structs (RFC 4511), decoded in place: every string is a view into the input,
 * lists and the filter tree are in the arena. Nothing here knows a schema, a DN's syntax or a
 * right.
 *
 * The life of a request: ldap_peek on the connection's buffer until a whole message is there;
 * ldap_decode; the verb's code works on the struct; ldap_write.h encodes the answer.
 *
 * Pure, thread-safe.
 */
#ifndef WIRE_LDAP_LDAP_MESSAGE_H
#define WIRE_LDAP_LDAP_MESSAGE_H

#include "base/arena.h"
#include "base/err.h"

/* Named maxima; more is ERR_LIMIT. Depth counts the outermost filter as 1. */
#define LDAP_MESSAGE_MAX         (10 * 1024 * 1024) /* AD's MaxReceiveBuffer */
#define LDAP_MESSAGE_MAX_UNAUTH  (256 * 1024)
#define LDAP_DATAGRAM_MAX        4096
#define LDAP_FILTER_DEPTH_MAX    64
#define LDAP_FILTER_NODES_MAX    4096
#define LDAP_SUBSTRING_PARTS_MAX 32
#define LDAP_ATTRS_MAX           1024
#define LDAP_CHANGES_MAX         4096
#define LDAP_VALUES_MAX          65536 /* of one attribute in one request */
#define LDAP_CONTROLS_MAX        32
#define LDAP_REFERRALS_MAX       64

/* Octets of protocolOp. */
enum ldap_op {
    LDAP_BIND_REQUEST = 0x60,
    LDAP_BIND_RESPONSE = 0x61,
    LDAP_UNBIND_REQUEST = 0x42,
    LDAP_SEARCH_REQUEST = 0x63,
    LDAP_SEARCH_ENTRY = 0x64,
    LDAP_SEARCH_DONE = 0x65,
    LDAP_SEARCH_REFERENCE = 0x73,
    LDAP_MODIFY_REQUEST = 0x66,
    LDAP_MODIFY_RESPONSE = 0x67,
    LDAP_ADD_REQUEST = 0x68,
    LDAP_ADD_RESPONSE = 0x69,
    LDAP_DELETE_REQUEST = 0x4a,
    LDAP_DELETE_RESPONSE = 0x6b,
    LDAP_MODIFY_DN_REQUEST = 0x6c,
    LDAP_MODIFY_DN_RESPONSE = 0x6d,
    LDAP_COMPARE_REQUEST = 0x6e,
    LDAP_COMPARE_RESPONSE = 0x6f,
    LDAP_ABANDON_REQUEST = 0x50,
    LDAP_EXTENDED_REQUEST = 0x77,
    LDAP_EXTENDED_RESPONSE = 0x78,
    LDAP_INTERMEDIATE_RESPONSE = 0x79,
};

/* RFC 4511 appendix A. */
enum ldap_code {
    LDAP_SUCCESS = 0,
    LDAP_OPERATIONS_ERROR = 1,
    LDAP_PROTOCOL_ERROR = 2,
    LDAP_TIME_LIMIT_EXCEEDED = 3,
    LDAP_SIZE_LIMIT_EXCEEDED = 4,
    LDAP_COMPARE_FALSE = 5,
    LDAP_COMPARE_TRUE = 6,
    LDAP_AUTH_METHOD_NOT_SUPPORTED = 7,
    LDAP_STRONGER_AUTH_REQUIRED = 8,
    LDAP_REFERRAL = 10,
    LDAP_ADMIN_LIMIT_EXCEEDED = 11,
    LDAP_UNAVAILABLE_CRITICAL_EXTENSION = 12,
    LDAP_CONFIDENTIALITY_REQUIRED = 13,
    LDAP_SASL_BIND_IN_PROGRESS = 14,
    LDAP_NO_SUCH_ATTRIBUTE = 16,
    LDAP_UNDEFINED_ATTRIBUTE_TYPE = 17,
    LDAP_INAPPROPRIATE_MATCHING = 18,
    LDAP_CONSTRAINT_VIOLATION = 19,
    LDAP_ATTRIBUTE_OR_VALUE_EXISTS = 20,
    LDAP_INVALID_ATTRIBUTE_SYNTAX = 21,
    LDAP_NO_SUCH_OBJECT = 32,
    LDAP_ALIAS_PROBLEM = 33,
    LDAP_INVALID_DN_SYNTAX = 34,
    LDAP_INAPPROPRIATE_AUTHENTICATION = 48,
    LDAP_INVALID_CREDENTIALS = 49,
    LDAP_INSUFFICIENT_ACCESS_RIGHTS = 50,
    LDAP_BUSY = 51,
    LDAP_UNAVAILABLE = 52,
    LDAP_UNWILLING_TO_PERFORM = 53,
    LDAP_LOOP_DETECT = 54,
    LDAP_NAMING_VIOLATION = 64,
    LDAP_OBJECT_CLASS_VIOLATION = 65,
    LDAP_NOT_ALLOWED_ON_NON_LEAF = 66,
    LDAP_NOT_ALLOWED_ON_RDN = 67,
    LDAP_ENTRY_ALREADY_EXISTS = 68,
    LDAP_OBJECT_CLASS_MODS_PROHIBITED = 69,
    LDAP_AFFECTS_MULTIPLE_DSAS = 71,
    LDAP_VLV_ERROR = 76,
    LDAP_OTHER = 80,
};

struct ldap_control {
    struct span oid;
    bool critical;
    struct span value; /* ptr NULL: none */
};

struct ldap_attribute {
    struct span name; /* with options: "userCertificate;binary" */
    struct span *values;
    uint32_t count;
};

enum ldap_filter_kind { /* the context tag */
                        LDAP_FILTER_AND = 0,
                        LDAP_FILTER_OR = 1,
                        LDAP_FILTER_NOT = 2,
                        LDAP_FILTER_EQUAL = 3,
                        LDAP_FILTER_SUBSTRING = 4,
                        LDAP_FILTER_GE = 5,
                        LDAP_FILTER_LE = 6,
                        LDAP_FILTER_PRESENT = 7,
                        LDAP_FILTER_APPROX = 8,
                        LDAP_FILTER_EXTENSIBLE = 9,
};

struct ldap_filter {
    enum ldap_filter_kind kind;
    struct ldap_filter *child; /* first child of AND, OR (may be NULL: true, false), NOT (one) */
    struct ldap_filter *next;  /* sibling */
    struct span attr;          /* empty for AND, OR, NOT; may be empty for EXTENSIBLE */
    struct span value;
    struct span initial; /* SUBSTRING: ptr NULL when absent */
    struct span *any;
    uint32_t any_count;
    struct span final;
    struct span rule;   /* EXTENSIBLE: matching rule, may be empty */
    bool dn_attributes; /* EXTENSIBLE */
};

enum ldap_scope { LDAP_SCOPE_BASE = 0, LDAP_SCOPE_ONE = 1, LDAP_SCOPE_SUBTREE = 2 };
enum ldap_deref {
    LDAP_DEREF_NEVER = 0,
    LDAP_DEREF_SEARCHING,
    LDAP_DEREF_FINDING,
    LDAP_DEREF_ALWAYS
};

struct ldap_search {
    struct span base;
    enum ldap_scope scope;
    enum ldap_deref deref;
    uint32_t size_limit; /* 0: none asked */
    uint32_t time_limit; /* seconds */
    bool types_only;
    struct ldap_filter *filter;
    struct span *attrs; /* none: all user attributes */
    uint32_t attr_count;
};

/* The octet of the choice. The last three are Windows' own ([MS-ADTS] 5.1.1.1.3). */
enum ldap_auth {
    LDAP_AUTH_SIMPLE = 0x80,
    LDAP_AUTH_SASL = 0xa3,
    LDAP_AUTH_SICILY_DISCOVERY = 0x89,
    LDAP_AUTH_SICILY_NEGOTIATE = 0x8a,
    LDAP_AUTH_SICILY_RESPONSE = 0x8b,
};

struct ldap_bind {
    uint32_t version;
    struct span name;
    uint8_t auth;            /* enum ldap_auth, or any other: authMethodNotSupported */
    struct span password;    /* LDAP_AUTH_SIMPLE */
    struct span mechanism;   /* LDAP_AUTH_SASL */
    struct span credentials; /* SASL, ptr NULL when absent; the contents of any other choice */
};

enum ldap_change_op { LDAP_CHANGE_ADD = 0, LDAP_CHANGE_DELETE = 1, LDAP_CHANGE_REPLACE = 2 };

struct ldap_change {
    enum ldap_change_op op;
    struct ldap_attribute attr;
};

struct ldap_modify {
    struct span dn;
    struct ldap_change *changes;
    uint32_t count;
};

struct ldap_add {
    struct span dn;
    struct ldap_attribute *attrs;
    uint32_t count;
};

struct ldap_modify_dn {
    struct span dn;
    struct span new_rdn;
    bool delete_old_rdn;
    struct span new_superior; /* ptr NULL when absent */
};

struct ldap_compare {
    struct span dn;
    struct span attr;
    struct span value;
};

struct ldap_extended {
    struct span oid;
    struct span value; /* ptr NULL when absent */
};

struct ldap_message {
    int32_t id; /* 0 is for notices of servers; a request that has it is decoded all the same */
    enum ldap_op op;
    union {
        struct ldap_bind bind;
        struct ldap_search search;
        struct ldap_modify modify;
        struct ldap_add add;
        struct span delete_dn;
        struct ldap_modify_dn modify_dn;
        struct ldap_compare compare;
        int32_t abandon_id;
        struct ldap_extended extended;
    };
    struct ldap_control *controls;
    uint32_t control_count;
};

/*
 * The length of the first message in what was received, header included. ERR_TRUNCATED: read more;
 * ERR_LIMIT: longer than max; ERR_MALFORMED: not LDAP (close the connection).
 */
enum err ldap_peek(struct span received, size_t max, size_t *len_out);

/*
 * One whole request. On ERR_MALFORMED and ERR_LIMIT ldap_decode_id still tells the message id if
 * the message began well, so that a protocolError can be sent. ERR_UNSUPPORTED: an operation that
 * is no request.
 */
enum err ldap_decode(struct span in, struct arena *a, struct ldap_message **out);
/* The message id and the operation's octet alone. */
enum err ldap_decode_id(struct span in, int32_t *id_out, uint8_t *op_out);

/* The response operation for a request; 0 for those that have none. */
enum ldap_op ldap_response_of(enum ldap_op request);
/* "search"; for events. */
const char *ldap_op_name(enum ldap_op op);
/* "noSuchObject" (RFC 4511's spelling), "unknown". */
const char *ldap_code_name(uint32_t code);

/* The first control with this OID (dotted text), or NULL. */
const struct ldap_control *ldap_control_find(const struct ldap_message *m, const char *oid);

#endif
