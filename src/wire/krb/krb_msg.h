/*
 * Kerberos messages as C structs: RFC 4120 section 5, RFC 6113 section 5.4 (FAST), RFC 6806, RFC
 * 3244, and the extensions of [MS-KILE] and [MS-SFU]. Field names are the specification's with '_'
 * for '-'; pvno and the like, which have one legal value, have no field: decoding checks them,
 * encoding writes them.
 *
 * For every row of KRB_MESSAGES there are
 *     enum err krb_decode_NAME(struct span in, struct arena *a, struct TYPE **out);
 *     void     krb_put_NAME(struct builder *b, const struct TYPE *value);
 *     enum err krb_encode_NAME(const struct TYPE *value, struct arena *a, struct span *out);
 * Decoding takes exactly one message; everything variable is a view into `in`, lists are in the
 * arena. Errors, absence of optional fields and the rules of the tables: wire/der/der_table.h.
 * After has_NAME = true the value counts; pointers, spans and lists are absent when NULL.
 *
 * `raw` is the exact encoding that was received (checksums are over bytes, not over values);
 * encoding ignores it, but for struct krb_ticket: a ticket that was received is passed on byte for
 * byte. Who changes a received ticket clears its raw.
 *
 * Spans of keys and decrypted parts are views into plaintext: keep that in ARENA_WIPE memory.
 * Pure, thread-safe.
 */
#ifndef WIRE_KRB_KRB_MSG_H
#define WIRE_KRB_KRB_MSG_H

#include "base/times.h"
#include "wire/der/der_table.h"
#include "wire/krb/krb_const.h"
#include "wire/krb/krb_name.h"

/* Named maxima of lists; more is ERR_LIMIT. */
#define KRB_PADATA_MAX     64
#define KRB_ETYPES_MAX     64
#define KRB_ADDRESSES_MAX  64
#define KRB_TICKETS_MAX    16
#define KRB_AUTHDATA_MAX   64
#define KRB_LAST_REQ_MAX   32
#define KRB_CRED_INFOS_MAX 16
#define KRB_TYPED_DATA_MAX 64
/* A KDC request or kpasswd message; what is larger is refused before it is read. */
#define KRB_REQUEST_MAX (128 * 1024)

/* --- section 5.2: basic types ------------------------------------------------------------------
 */

struct krb_ints {
    int32_t *items;
    uint32_t count;
};

struct krb_address {
    int32_t addr_type;
    struct span address;
};
struct krb_addresses {
    struct krb_address *items;
    uint32_t count;
};

/* An element of AuthorizationData; ad_data of AD-IF-RELEVANT is AuthorizationData again. */
struct krb_authdata {
    int32_t ad_type;
    struct span ad_data;
};
struct krb_authdata_list {
    struct krb_authdata *items;
    uint32_t count;
};

struct krb_padata {
    int32_t padata_type;
    struct span padata_value;
};
/* METHOD-DATA, and wherever SEQUENCE OF PA-DATA stands. */
struct krb_padata_list {
    struct krb_padata *items;
    uint32_t count;
};

struct krb_typed_data {
    int32_t data_type;
    struct span data_value; /* optional */
};
struct krb_typed_data_list {
    struct krb_typed_data *items;
    uint32_t count;
};

/* EncryptedData, section 5.2.9. */
struct krb_encrypted {
    int32_t etype;
    bool has_kvno;
    uint32_t kvno;
    struct span cipher;
};

/* EncryptionKey. struct krb_key of crypt is the value to compute with; this is the wire's. */
struct krb_enc_key {
    int32_t keytype;
    struct span keyvalue;
};

struct krb_cksum {
    int32_t cksumtype;
    struct span checksum;
};

/* --- section 5.3: tickets ----------------------------------------------------------------------
 */

struct krb_ticket {
    struct span realm;
    struct krb_name sname;
    struct krb_encrypted enc_part;
    struct span raw;
};
struct krb_tickets {
    struct krb_ticket *items;
    uint32_t count;
};

struct krb_transited {
    int32_t tr_type;
    struct span contents;
};

struct krb_enc_ticket_part {
    uint32_t flags; /* KRB_TKT_... */
    struct krb_enc_key key;
    struct span crealm;
    struct krb_name cname;
    struct krb_transited transited;
    utime authtime;
    bool has_starttime;
    utime starttime;
    utime endtime;
    bool has_renew_till;
    utime renew_till;
    struct krb_addresses caddr;                  /* optional */
    struct krb_authdata_list authorization_data; /* optional */
    struct span raw;
};

/* --- section 5.4: AS and TGS -------------------------------------------------------------------
 */

struct krb_kdc_req_body {
    uint32_t kdc_options;   /* enum krb_kdc_option */
    struct krb_name *cname; /* optional */
    struct span realm;
    struct krb_name *sname; /* optional */
    bool has_from;
    utime from;
    bool has_till; /* required by RFC 4120; old clients of Heimdal leave it out */
    utime till;    /* 19700101000000Z: as long as possible */
    bool has_rtime;
    utime rtime;
    int64_t nonce;         /* -2^31 .. 2^32-1, to be echoed as it is: some clients send it signed */
    struct krb_ints etype; /* the client's order of preference */
    struct krb_addresses addresses;               /* optional */
    struct krb_encrypted *enc_authorization_data; /* optional */
    struct krb_tickets additional_tickets;        /* optional */
    struct span raw;                              /* what the PA-TGS-REQ and FAST checksums cover */
};

/* AS-REQ and TGS-REQ. */
struct krb_kdc_req {
    int32_t msg_type;              /* KRB_AS_REQ or KRB_TGS_REQ, agrees with the outer tag */
    struct krb_padata_list padata; /* optional */
    struct krb_kdc_req_body req_body;
    struct span raw; /* the whole message: PA-REQ-ENC-PA-REP's checksum covers it */
};

/* AS-REP and TGS-REP. */
struct krb_kdc_rep {
    int32_t msg_type;
    struct krb_padata_list padata; /* optional */
    struct span crealm;
    struct krb_name cname;
    struct krb_ticket ticket;
    struct krb_encrypted enc_part;
};

struct krb_last_req {
    int32_t lr_type;
    utime lr_value;
};
struct krb_last_reqs {
    struct krb_last_req *items;
    uint32_t count;
};

/* EncASRepPart and EncTGSRepPart. */
struct krb_enc_kdc_rep_part {
    struct krb_enc_key key;
    struct krb_last_reqs last_req;
    int64_t nonce;
    bool has_key_expiration;
    utime key_expiration;
    uint32_t flags;
    utime authtime;
    bool has_starttime;
    utime starttime;
    utime endtime;
    bool has_renew_till;
    utime renew_till;
    struct span srealm;
    struct krb_name sname;
    struct krb_addresses caddr;               /* optional */
    struct krb_padata_list encrypted_pa_data; /* optional; RFC 6806 section 11 */
};

/* --- section 5.5: AP ---------------------------------------------------------------------------
 */

struct krb_ap_req {
    uint32_t ap_options; /* KRB_AP_... */
    struct krb_ticket ticket;
    struct krb_encrypted authenticator;
};

struct krb_authenticator {
    struct span crealm;
    struct krb_name cname;
    struct krb_cksum *cksum; /* optional */
    int32_t cusec;
    utime ctime;                /* whole seconds; ctime + cusec is the moment */
    struct krb_enc_key *subkey; /* optional */
    bool has_seq_number;
    uint32_t seq_number;
    struct krb_authdata_list authorization_data; /* optional */
};

struct krb_ap_rep {
    struct krb_encrypted enc_part;
};

struct krb_enc_ap_rep_part {
    utime ctime;
    int32_t cusec;
    struct krb_enc_key *subkey; /* optional */
    bool has_seq_number;
    uint32_t seq_number;
};

/* --- sections 5.6 to 5.8: SAFE, PRIV, CRED -----------------------------------------------------
 */

struct krb_safe_body {
    struct span user_data;
    bool has_timestamp;
    utime timestamp;
    bool has_usec;
    int32_t usec;
    bool has_seq_number;
    uint32_t seq_number;
    struct krb_address *s_address; /* required by RFC 4120; Heimdal may leave it out */
    struct krb_address *r_address; /* optional */
};
struct krb_safe {
    struct krb_safe_body safe_body;
    struct krb_cksum cksum;
};

struct krb_priv {
    struct krb_encrypted enc_part;
};
/* EncKrbPrivPart has the fields of the SAFE body. */

struct krb_cred {
    struct krb_tickets tickets;
    struct krb_encrypted enc_part;
};

struct krb_cred_info {
    struct krb_enc_key key;
    struct span prealm; /* optional, like all that follow */
    struct krb_name *pname;
    bool has_flags;
    uint32_t flags;
    bool has_authtime;
    utime authtime;
    bool has_starttime;
    utime starttime;
    bool has_endtime;
    utime endtime;
    bool has_renew_till;
    utime renew_till;
    struct span srealm;
    struct krb_name *sname;
    struct krb_addresses caddr;
};
struct krb_cred_infos {
    struct krb_cred_info *items;
    uint32_t count;
};

struct krb_enc_cred_part {
    struct krb_cred_infos ticket_info; /* in the order of struct krb_cred's tickets */
    bool has_nonce;
    int64_t nonce;
    bool has_timestamp;
    utime timestamp;
    bool has_usec;
    int32_t usec;
    struct krb_address *s_address; /* optional */
    struct krb_address *r_address; /* optional */
};

/* --- section 5.9: errors -----------------------------------------------------------------------
 */

struct krb_error {
    bool has_ctime;
    utime ctime;
    bool has_cusec;
    int32_t cusec;
    utime stime;
    int32_t susec;
    int32_t error_code;     /* enum krb_error_code */
    struct span crealm;     /* optional */
    struct krb_name *cname; /* optional */
    struct span realm;
    struct krb_name sname;
    struct span e_text; /* optional; may end in a zero byte */
    struct span e_data; /* optional: METHOD-DATA, TYPED-DATA or KERB-ERROR-DATA */
};

/* KERB-ERROR-DATA, [MS-KILE] 2.2.2. */
#define KRB_ERR_TYPE_SKEW_RECOVERY 2
#define KRB_ERR_TYPE_EXTENDED      3
struct krb_error_data {
    int32_t data_type;
    struct span data_value; /* optional */
};

/* KERB_EXT_ERROR, [MS-KILE] 2.2.1: the data_value of type KRB_ERR_TYPE_EXTENDED. */
struct krb_ext_error {
    uint32_t status; /* NTSTATUS */
    uint32_t reserved;
    uint32_t flags; /* 1 in answers of Windows */
};
enum err krb_ext_error_decode(struct span in, struct krb_ext_error *out);
/* The whole e-data: KERB-ERROR-DATA with a KERB_EXT_ERROR of this status. */
enum err krb_ext_error_encode(uint32_t ntstatus, struct arena *a, struct span *out);

/* --- section 5.2.7 and extensions: pre-authentication data -------------------------------------
 */

/* PA-ENC-TS-ENC, and what an encrypted challenge holds. */
struct krb_pa_enc_ts {
    utime patimestamp;
    bool has_pausec;
    int32_t pausec;
};

struct krb_etype_info2_entry {
    int32_t etype;
    struct span salt;      /* optional; ETYPE-INFO has the same shape with an OCTET STRING */
    struct span s2kparams; /* optional; not in ETYPE-INFO */
};
struct krb_etype_info2 {
    struct krb_etype_info2_entry *items;
    uint32_t count;
};

struct krb_pa_pac_request {
    bool include_pac;
};

/* [MS-SFU] 2.2.1; the checksum is over bytes of its own: krb_pa_for_user_signed. */
struct krb_pa_for_user {
    struct krb_name user_name;
    struct span user_realm;
    struct krb_cksum cksum;
    struct span auth_package;
};
/* name type (little-endian), parts, realm, package: what the HMAC-MD5 of PA-FOR-USER covers. */
enum err krb_pa_for_user_signed(const struct krb_pa_for_user *p, struct arena *a, struct span *out);

/* [MS-SFU] 2.2.2. */
struct krb_s4u_user_id {
    int64_t nonce;
    struct krb_name *cname; /* optional */
    struct span crealm;
    struct span subject_certificate; /* optional */
    bool has_options;
    uint32_t options; /* KRB_S4U_... */
    struct span raw;  /* what the checksum covers */
};
struct krb_pa_s4u_x509_user {
    struct krb_s4u_user_id user_id;
    struct krb_cksum checksum;
};

struct krb_pa_pac_options {
    uint32_t flags; /* KRB_PAC_OPT_... */
};

/* PA-SVR-REFERRAL-DATA, RFC 6806 appendix A as AD sends it. */
struct krb_pa_svr_referral {
    struct span referred_realm;
    struct krb_name *referred_name; /* optional */
};

/* PA-SUPPORTED-ENCTYPES, [MS-KILE] 2.2.8: a little-endian word of SupportedEncryptionTypes bits. */
enum err krb_supported_enctypes_decode(struct span in, uint32_t *out);
void krb_put_supported_enctypes(struct builder *b, uint32_t bits);

/* The first element of this type, or NULL; lists may be empty. */
const struct krb_padata *krb_padata_find(const struct krb_padata_list *l, int32_t type);
const struct krb_authdata *krb_authdata_find(const struct krb_authdata_list *l, int32_t type);

/* --- RFC 6113 section 5.4: FAST ----------------------------------------------------------------
 */

struct krb_fast_armor {
    int32_t armor_type;
    struct span armor_value;
};
/* PA-FX-FAST-REQUEST: the arm armored-data, which is the only one. */
struct krb_fast_armored_req {
    struct krb_fast_armor *armor; /* absent in a TGS-REQ: the TGT's session armours it */
    struct krb_cksum req_checksum;
    struct krb_encrypted enc_fast_req;
};
struct krb_fast_req {
    uint32_t fast_options; /* KRB_FAST_... */
    struct krb_padata_list padata;
    struct krb_kdc_req_body req_body;
};
struct krb_fast_armored_rep {
    struct krb_encrypted enc_fast_rep;
};
struct krb_fast_finished {
    utime timestamp;
    int32_t usec;
    struct span crealm;
    struct krb_name cname;
    struct krb_cksum ticket_checksum;
};
struct krb_fast_response {
    struct krb_padata_list padata;
    struct krb_enc_key *strengthen_key; /* optional */
    struct krb_fast_finished *finished; /* optional: absent in errors */
    int64_t nonce;
};

/* --- authorization data ------------------------------------------------------------------------
 */

/* KERB-AD-RESTRICTION-ENTRY, [MS-KILE] 2.2.6: KRB_AD_TOKEN_RESTRICTIONS holds a list of them. */
struct krb_ad_restriction {
    int32_t restriction_type; /* 0: LSAP_TOKEN_INFO_INTEGRITY */
    struct span restriction;
};
struct krb_ad_restrictions {
    struct krb_ad_restriction *items;
    uint32_t count;
};
/* LSAP_TOKEN_INFO_INTEGRITY, [MS-KILE] 2.2.5. */
struct krb_token_info {
    uint32_t flags;    /* 1: the token is restricted by UAC */
    uint32_t token_il; /* integrity level, 0x2000 medium */
    uint8_t machine_id[32];
};
enum err krb_token_info_decode(struct span in, struct krb_token_info *out);
void krb_put_token_info(struct builder *b, const struct krb_token_info *t);

/* AD-KDCIssued, section 5.2.6.2. */
struct krb_ad_kdc_issued {
    struct krb_cksum ad_checksum;
    struct span i_realm;      /* optional */
    struct krb_name *i_sname; /* optional */
    struct krb_authdata_list elements;
};

/*
 * What the PAC's ticket signature covers ([MS-PAC] 2.8.2): the encoding of t in which the ad_data
 * of the PAC, wherever it stands inside AD-IF-RELEVANT, is one zero octet. ERR_NOT_FOUND: no PAC in
 * it.
 */
enum err krb_ticket_signed_bytes(const struct krb_enc_ticket_part *t, struct arena *a,
                                 struct span *out);
/* The PAC's bytes of a ticket, a view: the AD-WIN2K-PAC inside an AD-IF-RELEVANT. ERR_NOT_FOUND. */
enum err krb_ticket_pac(const struct krb_authdata_list *l, struct arena *a, struct span *out);
/* AuthorizationData with one AD-IF-RELEVANT that holds one AD-WIN2K-PAC: AD's tickets. */
enum err krb_authdata_of_pac(struct span pac, struct arena *a, struct krb_authdata_list *out);

/* --- RFC 3244 ----------------------------------------------------------------------------------
 */

struct krb_change_passwd {
    struct span newpasswd;
    struct krb_name *targname; /* optional */
    struct span targrealm;     /* optional */
};

/* --- the functions -----------------------------------------------------------------------------
 */

#define KRB_MESSAGES(X)                                                                            \
    X(ticket, krb_ticket)                                                                          \
    X(enc_ticket_part, krb_enc_ticket_part)                                                        \
    X(as_req, krb_kdc_req)                                                                         \
    X(tgs_req, krb_kdc_req)                                                                        \
    X(req_body, krb_kdc_req_body)                                                                  \
    X(as_rep, krb_kdc_rep)                                                                         \
    X(tgs_rep, krb_kdc_rep)                                                                        \
    X(enc_as_rep_part, krb_enc_kdc_rep_part)                                                       \
    X(enc_tgs_rep_part, krb_enc_kdc_rep_part)                                                      \
    X(ap_req, krb_ap_req)                                                                          \
    X(authenticator, krb_authenticator)                                                            \
    X(ap_rep, krb_ap_rep)                                                                          \
    X(enc_ap_rep_part, krb_enc_ap_rep_part)                                                        \
    X(safe, krb_safe)                                                                              \
    X(safe_body, krb_safe_body)                                                                    \
    X(priv, krb_priv)                                                                              \
    X(enc_priv_part, krb_safe_body)                                                                \
    X(cred, krb_cred)                                                                              \
    X(enc_cred_part, krb_enc_cred_part)                                                            \
    X(error, krb_error)                                                                            \
    X(error_data, krb_error_data)                                                                  \
    X(encrypted, krb_encrypted)                                                                    \
    X(cksum, krb_cksum)                                                                            \
    X(method_data, krb_padata_list)                                                                \
    X(typed_data, krb_typed_data_list)                                                             \
    X(authdata, krb_authdata_list)                                                                 \
    X(etypes, krb_ints)                                                                            \
    X(etype_info2, krb_etype_info2)                                                                \
    X(etype_info, krb_etype_info2)                                                                 \
    X(pa_enc_ts, krb_pa_enc_ts)                                                                    \
    X(pa_pac_request, krb_pa_pac_request)                                                          \
    X(pa_pac_options, krb_pa_pac_options)                                                          \
    X(pa_for_user, krb_pa_for_user)                                                                \
    X(s4u_user_id, krb_s4u_user_id)                                                                \
    X(pa_s4u_x509_user, krb_pa_s4u_x509_user)                                                      \
    X(pa_svr_referral, krb_pa_svr_referral)                                                        \
    X(fast_request, krb_fast_armored_req)                                                          \
    X(fast_req, krb_fast_req)                                                                      \
    X(fast_reply, krb_fast_armored_rep)                                                            \
    X(fast_response, krb_fast_response)                                                            \
    X(ad_restrictions, krb_ad_restrictions)                                                        \
    X(ad_kdc_issued, krb_ad_kdc_issued)                                                            \
    X(change_passwd, krb_change_passwd)

#define X(name, type)                                                                              \
    extern const struct der_type krb_##name##_type;                                                \
    static inline enum err krb_decode_##name(struct span in, struct arena *a, struct type **out)   \
    {                                                                                              \
        return der_decode(&krb_##name##_type, in, a, (void **)out);                                \
    }                                                                                              \
    static inline void krb_put_##name(struct builder *b, const struct type *value)                 \
    {                                                                                              \
        der_put(b, &krb_##name##_type, value);                                                     \
    }                                                                                              \
    static inline enum err krb_encode_##name(const struct type *value, struct arena *a,            \
                                             struct span *out)                                     \
    {                                                                                              \
        return der_encode(&krb_##name##_type, value, a, out);                                      \
    }
KRB_MESSAGES(X)
#undef X

/* The message type from the first octet (APPLICATION tag), or 0: what to decode a datagram as. */
enum krb_msg_type krb_message_type(struct span in);
/* AS-REQ or TGS-REQ by its tag; ERR_UNSUPPORTED for another message. */
enum err krb_decode_kdc_req(struct span in, struct arena *a, struct krb_kdc_req **out);
/* AS-REP or TGS-REP. */
enum err krb_decode_kdc_rep(struct span in, struct arena *a, struct krb_kdc_rep **out);
/* Either tag: some KDCs tag the part of an AS-REP as that of a TGS-REP (RFC 4120 section 5.4.2). */
enum err krb_decode_enc_kdc_rep_part(struct span in, struct arena *a,
                                     struct krb_enc_kdc_rep_part **out);

#endif
