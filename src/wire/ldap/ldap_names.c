#include "wire/ldap/ldap_message.h"

enum ldap_op ldap_response_of(enum ldap_op request)
{
    switch (request) {
    case LDAP_BIND_REQUEST:
        return LDAP_BIND_RESPONSE;
    case LDAP_SEARCH_REQUEST:
        return LDAP_SEARCH_DONE;
    case LDAP_MODIFY_REQUEST:
        return LDAP_MODIFY_RESPONSE;
    case LDAP_ADD_REQUEST:
        return LDAP_ADD_RESPONSE;
    case LDAP_DELETE_REQUEST:
        return LDAP_DELETE_RESPONSE;
    case LDAP_MODIFY_DN_REQUEST:
        return LDAP_MODIFY_DN_RESPONSE;
    case LDAP_COMPARE_REQUEST:
        return LDAP_COMPARE_RESPONSE;
    case LDAP_EXTENDED_REQUEST:
        return LDAP_EXTENDED_RESPONSE;
    default:
        return 0;
    }
}

const char *ldap_op_name(enum ldap_op op)
{
    static const struct {
        enum ldap_op op;
        const char *name;
    } rows[] = {
        {LDAP_BIND_REQUEST, "bind"},
        {LDAP_UNBIND_REQUEST, "unbind"},
        {LDAP_SEARCH_REQUEST, "search"},
        {LDAP_MODIFY_REQUEST, "modify"},
        {LDAP_ADD_REQUEST, "add"},
        {LDAP_DELETE_REQUEST, "delete"},
        {LDAP_MODIFY_DN_REQUEST, "modifydn"},
        {LDAP_COMPARE_REQUEST, "compare"},
        {LDAP_ABANDON_REQUEST, "abandon"},
        {LDAP_EXTENDED_REQUEST, "extended"},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].op == op)
            return rows[i].name;
    return "unknown";
}

const char *ldap_code_name(uint32_t code)
{
    static const char *const names[] = {
        [LDAP_SUCCESS] = "success",
        [LDAP_OPERATIONS_ERROR] = "operationsError",
        [LDAP_PROTOCOL_ERROR] = "protocolError",
        [LDAP_TIME_LIMIT_EXCEEDED] = "timeLimitExceeded",
        [LDAP_SIZE_LIMIT_EXCEEDED] = "sizeLimitExceeded",
        [LDAP_COMPARE_FALSE] = "compareFalse",
        [LDAP_COMPARE_TRUE] = "compareTrue",
        [LDAP_AUTH_METHOD_NOT_SUPPORTED] = "authMethodNotSupported",
        [LDAP_STRONGER_AUTH_REQUIRED] = "strongerAuthRequired",
        [LDAP_REFERRAL] = "referral",
        [LDAP_ADMIN_LIMIT_EXCEEDED] = "adminLimitExceeded",
        [LDAP_UNAVAILABLE_CRITICAL_EXTENSION] = "unavailableCriticalExtension",
        [LDAP_CONFIDENTIALITY_REQUIRED] = "confidentialityRequired",
        [LDAP_SASL_BIND_IN_PROGRESS] = "saslBindInProgress",
        [LDAP_NO_SUCH_ATTRIBUTE] = "noSuchAttribute",
        [LDAP_UNDEFINED_ATTRIBUTE_TYPE] = "undefinedAttributeType",
        [LDAP_INAPPROPRIATE_MATCHING] = "inappropriateMatching",
        [LDAP_CONSTRAINT_VIOLATION] = "constraintViolation",
        [LDAP_ATTRIBUTE_OR_VALUE_EXISTS] = "attributeOrValueExists",
        [LDAP_INVALID_ATTRIBUTE_SYNTAX] = "invalidAttributeSyntax",
        [LDAP_NO_SUCH_OBJECT] = "noSuchObject",
        [LDAP_ALIAS_PROBLEM] = "aliasProblem",
        [LDAP_INVALID_DN_SYNTAX] = "invalidDNSyntax",
        [LDAP_INAPPROPRIATE_AUTHENTICATION] = "inappropriateAuthentication",
        [LDAP_INVALID_CREDENTIALS] = "invalidCredentials",
        [LDAP_INSUFFICIENT_ACCESS_RIGHTS] = "insufficientAccessRights",
        [LDAP_BUSY] = "busy",
        [LDAP_UNAVAILABLE] = "unavailable",
        [LDAP_UNWILLING_TO_PERFORM] = "unwillingToPerform",
        [LDAP_LOOP_DETECT] = "loopDetect",
        [LDAP_NAMING_VIOLATION] = "namingViolation",
        [LDAP_OBJECT_CLASS_VIOLATION] = "objectClassViolation",
        [LDAP_NOT_ALLOWED_ON_NON_LEAF] = "notAllowedOnNonLeaf",
        [LDAP_NOT_ALLOWED_ON_RDN] = "notAllowedOnRDN",
        [LDAP_ENTRY_ALREADY_EXISTS] = "entryAlreadyExists",
        [LDAP_OBJECT_CLASS_MODS_PROHIBITED] = "objectClassModsProhibited",
        [LDAP_AFFECTS_MULTIPLE_DSAS] = "affectsMultipleDSAs",
        [LDAP_VLV_ERROR] = "virtualListViewError",
        [LDAP_OTHER] = "other",
    };
    if (code >= sizeof(names) / sizeof(names[0]) || !names[code])
        return "unknown";
    return names[code];
}

const struct ldap_control *ldap_control_find(const struct ldap_message *m, const char *oid)
{
    struct span want = span_str(oid);
    for (uint32_t i = 0; i < m->control_count; i++)
        if (span_eq(m->controls[i].oid, want))
            return &m->controls[i];
    return NULL;
}
