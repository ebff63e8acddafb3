/*
 * The numbers of Kerberos: RFC 4120 section 7.5, RFC 6113, RFC 6806, RFC 3244, [MS-KILE], [MS-SFU].
 */
#ifndef WIRE_KRB_KRB_CONST_H
#define WIRE_KRB_KRB_CONST_H

#define KRB_PVNO 5

enum krb_msg_type {
    KRB_AS_REQ = 10,
    KRB_AS_REP = 11,
    KRB_TGS_REQ = 12,
    KRB_TGS_REP = 13,
    KRB_AP_REQ = 14,
    KRB_AP_REP = 15,
    KRB_SAFE = 20,
    KRB_PRIV = 21,
    KRB_CRED = 22,
    KRB_ERROR = 30,
};

/* RFC 4120 section 6.2 and RFC 6806; the negative ones are Windows' own. */
enum krb_name_type {
    KRB_NT_UNKNOWN = 0,
    KRB_NT_PRINCIPAL = 1,
    KRB_NT_SRV_INST = 2,
    KRB_NT_SRV_HST = 3,
    KRB_NT_SRV_XHST = 4,
    KRB_NT_UID = 5,
    KRB_NT_X500_PRINCIPAL = 6,
    KRB_NT_SMTP_NAME = 7,
    KRB_NT_ENTERPRISE = 10,
    KRB_NT_WELLKNOWN = 11,
    KRB_NT_SRV_HST_DOMAIN = 12,
    KRB_NT_MS_PRINCIPAL = -128,
    KRB_NT_MS_PRINCIPAL_AND_ID = -129,
    KRB_NT_ENT_PRINCIPAL_AND_ID = -130,
};

/* KerberosFlags, bit 0 is 0x80000000. RFC 4120 section 5.4.1. */
enum krb_kdc_option {
    KRB_OPT_FORWARDABLE = 0x40000000,
    KRB_OPT_FORWARDED = 0x20000000,
    KRB_OPT_PROXIABLE = 0x10000000,
    KRB_OPT_PROXY = 0x08000000,
    KRB_OPT_ALLOW_POSTDATE = 0x04000000,
    KRB_OPT_POSTDATED = 0x02000000,
    KRB_OPT_RENEWABLE = 0x00800000,
    KRB_OPT_CNAME_IN_ADDL_TKT = 0x00020000, /* [MS-SFU] 2.2.3: S4U2proxy */
    KRB_OPT_CANONICALIZE = 0x00010000,      /* RFC 6806 */
    KRB_OPT_REQUEST_ANONYMOUS = 0x00008000, /* RFC 8062 */
    KRB_OPT_DISABLE_TRANSITED_CHECK = 0x00000020,
    KRB_OPT_RENEWABLE_OK = 0x00000010,
    KRB_OPT_ENC_TKT_IN_SKEY = 0x00000008,
    KRB_OPT_RENEW = 0x00000002,
    KRB_OPT_VALIDATE = 0x00000001,
};

/* RFC 4120 section 5.3. */
#define KRB_TKT_RESERVED                 0x80000000u
#define KRB_TKT_FORWARDABLE              0x40000000u
#define KRB_TKT_FORWARDED                0x20000000u
#define KRB_TKT_PROXIABLE                0x10000000u
#define KRB_TKT_PROXY                    0x08000000u
#define KRB_TKT_MAY_POSTDATE             0x04000000u
#define KRB_TKT_POSTDATED                0x02000000u
#define KRB_TKT_INVALID                  0x01000000u
#define KRB_TKT_RENEWABLE                0x00800000u
#define KRB_TKT_INITIAL                  0x00400000u
#define KRB_TKT_PRE_AUTHENT              0x00200000u
#define KRB_TKT_HW_AUTHENT               0x00100000u
#define KRB_TKT_TRANSITED_POLICY_CHECKED 0x00080000u
#define KRB_TKT_OK_AS_DELEGATE           0x00040000u
#define KRB_TKT_ENC_PA_REP               0x00010000u
#define KRB_TKT_ANONYMOUS                0x00008000u

/* AP-REQ ap-options, RFC 4120 section 5.5.1. */
#define KRB_AP_USE_SESSION_KEY 0x40000000u
#define KRB_AP_MUTUAL_REQUIRED 0x20000000u

/* FAST options, RFC 6113 section 5.4.2: bits 0 to 15 are critical. */
#define KRB_FAST_HIDE_CLIENT_NAMES    0x40000000u
#define KRB_FAST_KDC_FOLLOW_REFERRALS 0x00008000u
#define KRB_FAST_CRITICAL             0xffff0000u

/* PA-PAC-OPTIONS, [MS-KILE] 2.2.10. */
#define KRB_PAC_OPT_CLAIMS              0x80000000u
#define KRB_PAC_OPT_BRANCH_AWARE        0x40000000u
#define KRB_PAC_OPT_FORWARD_TO_FULL_DC  0x20000000u
#define KRB_PAC_OPT_RESOURCE_DELEGATION 0x10000000u

/* PA-S4U-X509-USER options, [MS-SFU] 2.2.2. */
#define KRB_S4U_CHECK_LOGON_HOURS   0x40000000u
#define KRB_S4U_USE_REPLY_KEY_USAGE 0x20000000u

enum krb_pa_type {
    KRB_PA_TGS_REQ = 1,
    KRB_PA_ENC_TIMESTAMP = 2,
    KRB_PA_PW_SALT = 3,
    KRB_PA_ETYPE_INFO = 11,
    KRB_PA_PK_AS_REQ = 16,
    KRB_PA_PK_AS_REP = 17,
    KRB_PA_ETYPE_INFO2 = 19,
    KRB_PA_SVR_REFERRAL_INFO = 20,
    KRB_PA_PAC_REQUEST = 128,
    KRB_PA_FOR_USER = 129,
    KRB_PA_S4U_X509_USER = 130,
    KRB_PA_FX_COOKIE = 133,
    KRB_PA_FX_FAST = 136,
    KRB_PA_FX_ERROR = 137,
    KRB_PA_ENCRYPTED_CHALLENGE = 138,
    KRB_PA_AS_FRESHNESS = 150,
    KRB_PA_REQ_ENC_PA_REP = 149,
    KRB_PA_KEY_LIST_REQ = 161,
    KRB_PA_KEY_LIST_REP = 162,
    KRB_PA_SUPPORTED_ENCTYPES = 165,
    KRB_PA_PAC_OPTIONS = 167,
};

enum krb_ad_type {
    KRB_AD_IF_RELEVANT = 1,
    KRB_AD_KDC_ISSUED = 4,
    KRB_AD_AND_OR = 5,
    KRB_AD_MANDATORY_FOR_KDC = 8,
    KRB_AD_FX_FAST_ARMOR = 71,
    KRB_AD_FX_FAST_USED = 72,
    KRB_AD_CAMMAC = 96,
    KRB_AD_AUTHENTICATION_INDICATOR = 97,
    KRB_AD_WIN2K_PAC = 128,
    KRB_AD_ETYPE_NEGOTIATION = 129,
    KRB_AD_TOKEN_RESTRICTIONS = 141,
    KRB_AD_LOCAL = 142,
    KRB_AD_AP_OPTIONS = 143,
    KRB_AD_TARGET_PRINCIPAL = 144,
    KRB_AD_SIGNTICKET = 512,
};
/* KRB_AD_AP_OPTIONS holds one little-endian word, [MS-KILE] 3.2.5.8. */
#define KRB_AP_OPTIONS_CBT                    0x00004000u
#define KRB_AP_OPTIONS_UNVERIFIED_TARGET_NAME 0x00008000u

#define KRB_TR_DOMAIN_X500_COMPRESS 1
#define KRB_FAST_ARMOR_AP_REQUEST   1

enum krb_addr_type {
    KRB_ADDR_IPV4 = 2,
    KRB_ADDR_DIRECTIONAL = 3,
    KRB_ADDR_NETBIOS = 20,
    KRB_ADDR_IPV6 = 24,
};

enum krb_lr_type {
    KRB_LR_NONE = 0,
    KRB_LR_INITIAL_TGT = 1,
    KRB_LR_PASSWORD_EXPIRES = 6,
    KRB_LR_ACCOUNT_EXPIRES = 7,
};

/* RFC 4120 section 7.5.1, RFC 6113 section 5.4, RFC 4121 section 2, [MS-SFU], [MS-KILE] 3.1.5.9. */
enum krb_usage_number {
    KRB_USAGE_PA_ENC_TIMESTAMP = 1,
    KRB_USAGE_TICKET = 2,
    KRB_USAGE_AS_REP = 3,
    KRB_USAGE_TGS_REQ_AD_SESSION = 4,
    KRB_USAGE_TGS_REQ_AD_SUBKEY = 5,
    KRB_USAGE_PA_TGS_REQ_CKSUM = 6,
    KRB_USAGE_PA_TGS_REQ_AUTHENTICATOR = 7,
    KRB_USAGE_TGS_REP_SESSION = 8,
    KRB_USAGE_TGS_REP_SUBKEY = 9,
    KRB_USAGE_AP_REQ_CKSUM = 10,
    KRB_USAGE_AP_REQ_AUTHENTICATOR = 11,
    KRB_USAGE_AP_REP = 12,
    KRB_USAGE_KRB_PRIV = 13,
    KRB_USAGE_KRB_CRED = 14,
    KRB_USAGE_KRB_SAFE_CKSUM = 15,
    KRB_USAGE_PA_FOR_USER_CKSUM = 17,
    KRB_USAGE_PAC_CKSUM = 17,
    KRB_USAGE_AD_KDC_ISSUED = 19,
    KRB_USAGE_GSS_ACCEPTOR_SEAL = 22,
    KRB_USAGE_GSS_ACCEPTOR_SIGN = 23,
    KRB_USAGE_GSS_INITIATOR_SEAL = 24,
    KRB_USAGE_GSS_INITIATOR_SIGN = 25,
    KRB_USAGE_S4U_X509_USER_REQUEST = 26,
    KRB_USAGE_S4U_X509_USER_REPLY = 27,
    KRB_USAGE_FAST_REQ_CKSUM = 50,
    KRB_USAGE_FAST_ENC = 51,
    KRB_USAGE_FAST_REP = 52,
    KRB_USAGE_FAST_FINISHED = 53,
    KRB_USAGE_ENC_CHALLENGE_CLIENT = 54,
    KRB_USAGE_ENC_CHALLENGE_KDC = 55,
    KRB_USAGE_AS_REQ_CKSUM = 56, /* PA-REQ-ENC-PA-REP, RFC 6806 section 11 */
};

/* RFC 4120 section 7.5.9 and later registrations; krb_error_name gives each its name. */
#define KRB_ERROR_CODES(X)                                                                         \
    X(KDC_ERR_NONE, 0)                                                                             \
    X(KDC_ERR_NAME_EXP, 1)                                                                         \
    X(KDC_ERR_SERVICE_EXP, 2)                                                                      \
    X(KDC_ERR_BAD_PVNO, 3)                                                                         \
    X(KDC_ERR_C_OLD_MAST_KVNO, 4)                                                                  \
    X(KDC_ERR_S_OLD_MAST_KVNO, 5)                                                                  \
    X(KDC_ERR_C_PRINCIPAL_UNKNOWN, 6)                                                              \
    X(KDC_ERR_S_PRINCIPAL_UNKNOWN, 7)                                                              \
    X(KDC_ERR_PRINCIPAL_NOT_UNIQUE, 8)                                                             \
    X(KDC_ERR_NULL_KEY, 9)                                                                         \
    X(KDC_ERR_CANNOT_POSTDATE, 10)                                                                 \
    X(KDC_ERR_NEVER_VALID, 11)                                                                     \
    X(KDC_ERR_POLICY, 12)                                                                          \
    X(KDC_ERR_BADOPTION, 13)                                                                       \
    X(KDC_ERR_ETYPE_NOSUPP, 14)                                                                    \
    X(KDC_ERR_SUMTYPE_NOSUPP, 15)                                                                  \
    X(KDC_ERR_PADATA_TYPE_NOSUPP, 16)                                                              \
    X(KDC_ERR_TRTYPE_NOSUPP, 17)                                                                   \
    X(KDC_ERR_CLIENT_REVOKED, 18)                                                                  \
    X(KDC_ERR_SERVICE_REVOKED, 19)                                                                 \
    X(KDC_ERR_TGT_REVOKED, 20)                                                                     \
    X(KDC_ERR_CLIENT_NOTYET, 21)                                                                   \
    X(KDC_ERR_SERVICE_NOTYET, 22)                                                                  \
    X(KDC_ERR_KEY_EXPIRED, 23)                                                                     \
    X(KDC_ERR_PREAUTH_FAILED, 24)                                                                  \
    X(KDC_ERR_PREAUTH_REQUIRED, 25)                                                                \
    X(KDC_ERR_SERVER_NOMATCH, 26)                                                                  \
    X(KDC_ERR_MUST_USE_USER2USER, 27)                                                              \
    X(KDC_ERR_PATH_NOT_ACCEPTED, 28)                                                               \
    X(KDC_ERR_SVC_UNAVAILABLE, 29)                                                                 \
    X(KRB_AP_ERR_BAD_INTEGRITY, 31)                                                                \
    X(KRB_AP_ERR_TKT_EXPIRED, 32)                                                                  \
    X(KRB_AP_ERR_TKT_NYV, 33)                                                                      \
    X(KRB_AP_ERR_REPEAT, 34)                                                                       \
    X(KRB_AP_ERR_NOT_US, 35)                                                                       \
    X(KRB_AP_ERR_BADMATCH, 36)                                                                     \
    X(KRB_AP_ERR_SKEW, 37)                                                                         \
    X(KRB_AP_ERR_BADADDR, 38)                                                                      \
    X(KRB_AP_ERR_BADVERSION, 39)                                                                   \
    X(KRB_AP_ERR_MSG_TYPE, 40)                                                                     \
    X(KRB_AP_ERR_MODIFIED, 41)                                                                     \
    X(KRB_AP_ERR_BADORDER, 42)                                                                     \
    X(KRB_AP_ERR_BADKEYVER, 44)                                                                    \
    X(KRB_AP_ERR_NOKEY, 45)                                                                        \
    X(KRB_AP_ERR_MUT_FAIL, 46)                                                                     \
    X(KRB_AP_ERR_BADDIRECTION, 47)                                                                 \
    X(KRB_AP_ERR_METHOD, 48)                                                                       \
    X(KRB_AP_ERR_BADSEQ, 49)                                                                       \
    X(KRB_AP_ERR_INAPP_CKSUM, 50)                                                                  \
    X(KRB_AP_PATH_NOT_ACCEPTED, 51)                                                                \
    X(KRB_ERR_RESPONSE_TOO_BIG, 52)                                                                \
    X(KRB_ERR_GENERIC, 60)                                                                         \
    X(KRB_ERR_FIELD_TOOLONG, 61)                                                                   \
    X(KDC_ERR_CLIENT_NOT_TRUSTED, 62)                                                              \
    X(KDC_ERR_KDC_NOT_TRUSTED, 63)                                                                 \
    X(KDC_ERR_INVALID_SIG, 64)                                                                     \
    X(KDC_ERR_KEY_TOO_WEAK, 65)                                                                    \
    X(KDC_ERR_CERTIFICATE_MISMATCH, 66)                                                            \
    X(KRB_AP_ERR_NO_TGT, 67)                                                                       \
    X(KDC_ERR_WRONG_REALM, 68)                                                                     \
    X(KRB_AP_ERR_USER_TO_USER_REQUIRED, 69)                                                        \
    X(KDC_ERR_PREAUTH_EXPIRED, 90)                                                                 \
    X(KDC_ERR_MORE_PREAUTH_DATA_REQUIRED, 91)                                                      \
    X(KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS, 93)

enum krb_error_code {
#define X(name, number) name = number,
    KRB_ERROR_CODES(X)
#undef X
};

/* "KDC_ERR_POLICY"; "unknown" for a number without a row. Never NULL. */
const char *krb_error_name(int32_t code);

/* kpasswd result codes, RFC 3244 section 2. */
enum kpasswd_result {
    KPASSWD_SUCCESS = 0,
    KPASSWD_MALFORMED = 1,
    KPASSWD_HARDERROR = 2,
    KPASSWD_AUTHERROR = 3,
    KPASSWD_SOFTERROR = 4,
    KPASSWD_ACCESSDENIED = 5,
    KPASSWD_BAD_VERSION = 6,
    KPASSWD_INITIAL_FLAG_NEEDED = 7,
};

#endif
