/*
 * Inside the KDC: the state of one request, shared by the steps that answer it. Each step either
 * returns ERR_OK, or ERR_REFUSED after kdc_refuse has said why, or another error that becomes
 * KRB_ERR_GENERIC.
 */
#ifndef KDC_KDC_REQUEST_H
#define KDC_KDC_REQUEST_H

#include "directory/account.h"
#include "directory/policy.h"
#include "directory/token.h"
#include "directory/volatile.h"
#include "kdc/kdc.h"
#include "kdc/kdc_accounts.h"
#include "kdc/kdc_domain.h"
#include "kdc/kdc_logons.h"
#include "kdc/kdc_names.h"
#include "kdc/kdc_template.h"
#include "kdc/kdc_usages.h"
#include "wire/krb/krb_msg.h"
#include "wire/ms/pac.h"

#define KDC_SKEW (5 * UTIME_MINUTE)

struct kdc {
    struct kdc_env env;
    struct kdc_domain domain;
    struct auth_trust_cache *trust_keys;
    /* What is kept from request to request; each header says why it may be. */
    struct kdc_names names;
    struct kdc_table accounts;
    struct kdc_table usages;
    struct kdc_table logons;
};

/* Why a request was refused, in both tongues. */
struct kdc_refusal {
    int32_t code; /* enum krb_error_code */
    uint32_t ntstatus;
    enum reason reason;
    struct span e_data; /* ready, instead of the NTSTATUS */
    struct span crealm; /* KDC_ERR_WRONG_REALM: where to go */
};

/* FAST state of a request (RFC 6113). */
struct kdc_fast {
    bool used;
    bool tgs; /* implicit armour of a TGS-REQ */
    struct krb_key armor;
    uint32_t options;
    int64_t nonce;
};

struct kdc_request {
    struct kdc *kdc;
    struct arena *a;
    struct dir_snap snap;
    utime now;
    enum kdc_transport transport;
    const struct kdc_domain *domain; /* its trusts: after kdc_trusts */
    const struct krb_kdc_req *req;
    const struct krb_kdc_req_body *body;  /* the inner one under FAST */
    const struct krb_padata_list *padata; /* likewise */
    struct kdc_fast fast;
    struct kdc_refusal refusal;
    struct event event;
    struct krb_principal client, service; /* for the event: made text when there is one */
};

/* msDS-SupportedEncryptionTypes ([MS-KILE] 2.2.7) */
enum kdc_enctype_bit {
    ENCTYPE_BIT_RC4 = 0x4,
    ENCTYPE_BIT_AES128 = 0x8,
    ENCTYPE_BIT_AES256 = 0x10,
    ENCTYPE_BIT_AES256_SK = 0x20,
    ENCTYPE_BIT_FAST = 0x10000,
    ENCTYPE_BIT_COMPOUND = 0x20000,
    ENCTYPE_BIT_CLAIMS = 0x40000,
    ENCTYPE_BIT_NO_SID_COMPRESSION = 0x80000,
};

/* --- kdc_refuse.c ------------------------------------------------------------------------------
 */

enum err kdc_refuse(struct kdc_request *r, int32_t code, enum reason reason);
enum err kdc_refuse_status(struct kdc_request *r, int32_t code, uint32_t ntstatus,
                           enum reason reason);
/* Of a policy verdict. */
enum err kdc_refuse_verdict(struct kdc_request *r, const struct policy_verdict *v);
/* The KRB-ERROR for r->refusal, FAST-wrapped where the request was. */
void kdc_error_reply(struct kdc_request *r, struct span *out);
/* A KRB-ERROR that needs no request state. */
void kdc_plain_error(struct kdc *k, int32_t code, struct span realm, struct arena *a,
                     struct span *out);

/* --- kdc_principal.c ---------------------------------------------------------------------------
 */

/* Accounts are those of kdc_accounts.h: good until the end of the request. */

/* An account of this name: ERR_NOT_FOUND, ERR_EXISTS. */
enum err kdc_account_named(struct kdc_request *r, enum kdc_name_kind kind, struct span name,
                           struct kdc_account **out);
/* The domain's own krbtgt. */
enum err kdc_krbtgt(struct kdc_request *r, const struct kdc_account **out);
/* The client of an AS-REQ, or a refusal: unknown, or WRONG_REALM with the realm to go to. */
enum err kdc_find_client(struct kdc_request *r, const struct krb_name *cname,
                         struct kdc_account **out);
/* The account that a client name of ours leads to; refused like kdc_find_client. */
enum err kdc_client_account(struct kdc_request *r, const struct krb_name *cname,
                            struct kdc_account **out);
/* What a logon is decided on, as far as the account says it. */
void kdc_logon_facts(const struct kdc_account *a, struct policy_logon *out);
/* A realm name that means this domain: its DNS or flat name, ASCII case ignored. */
bool kdc_is_local_realm(const struct kdc_request *r, struct span realm);

/* The password and lockout settings that govern the account. */
enum err kdc_policy_of(struct kdc_request *r, dir_id account, struct policy_settings *out);

/* The account's groups; too many of them are refused. */
enum err kdc_memberships(struct kdc_request *r, dir_id account, struct dir_memberships *out);

/* Makes r->domain's trusts those of the snapshot. */
enum err kdc_trusts(struct kdc_request *r);
enum err kdc_route(struct kdc_request *r, struct span name, enum route_use use, struct route *out);
/* The trust that clients of a realm come over, or why there is none. */
enum err kdc_trust_of_client(struct kdc_request *r, struct span crealm, const struct trust **out,
                             enum reason *reason_out);

/* --- kdc_enctype.c -----------------------------------------------------------------------------
 */

/* The strongest key of the current version that is allowed, and, with a client list, is in it.
 * NULL: none. */
const struct krb_key *kdc_pick_key(const struct kdc_request *r, const struct kdc_account *account,
                                   const struct krb_ints *client_list);
/* The session key's enctype: the strongest that client and service both take; 0: none. */
int32_t kdc_session_etype(const struct kdc_request *r, const struct krb_ints *client_list,
                          uint32_t service_bits, bool ourselves);
bool kdc_etype_allowed(const struct kdc_request *r, int32_t etype);
bool kdc_list_has(const struct krb_ints *list, int32_t etype);

/* --- kdc_seal.c: keys, encryption, tickets ------------------------------------------------------
 */

enum err kdc_new_session_key(struct kdc_request *r, int32_t etype, struct krb_key *out);
struct krb_enc_key kdc_wire_key(const struct krb_key *key);
/* Encrypts plain into an EncryptedData; kvno 0: none is written. */
enum err kdc_encrypt(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                     uint32_t kvno, struct span plain, struct krb_encrypted *out);
/* ERR_INTEGRITY, ERR_UNSUPPORTED (another enctype than the key's), ERR_MALFORMED. */
enum err kdc_decrypt(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                     const struct krb_encrypted *in, struct span *plain_out);

/* The same with a long-term key, whose prepared usage is kept (kdc_usages.h). */
enum err kdc_encrypt_kept(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                          uint32_t kvno, struct span plain, struct krb_encrypted *out);
enum err kdc_decrypt_kept(struct kdc_request *r, const struct krb_key *key, uint32_t usage,
                          const struct krb_encrypted *in, struct span *plain_out);

/* Signs the PAC (its signatures are placed by layout) with the service's and krbtgt's keys, puts it
 * and the other authorization data into part, encrypts the ticket. */
struct kdc_ticket_spec {
    struct krb_enc_ticket_part *part;
    struct span realm; /* of the issuing realm */
    const struct krb_name *sname;
    const struct krb_key *server_key;
    uint32_t server_kvno; /* 0: not written */
    const struct krb_key *krbtgt_key;
    uint8_t *pac; /* NULL: none */
    const struct pac_layout *pac_layout;
    struct krb_authdata_list more; /* behind the PAC */
};
enum err kdc_seal_ticket(struct kdc_request *r, const struct kdc_ticket_spec *spec,
                         struct krb_ticket *out);

/* --- kdc_times.c -------------------------------------------------------------------------------
 */

struct kdc_times {
    utime auth, start, end, renew_till; /* renew_till 0: not renewable */
};
/* Within what the request asks and limit allow. limits in seconds. */
void kdc_times_initial(const struct kdc_request *r, uint32_t max_life, uint32_t max_renew,
                       struct kdc_times *out);
/* Within the header ticket too. */
void kdc_times_from(const struct kdc_request *r, const struct krb_enc_ticket_part *tgt,
                    uint32_t max_life, struct kdc_times *out);
/* A renewed ticket ([RFC 4120] 3.3.3). */
void kdc_times_renewed(const struct kdc_request *r, const struct krb_enc_ticket_part *tgt,
                       struct kdc_times *out);

/* --- kdc_service.c -----------------------------------------------------------------------------
 */

enum kdc_exchange { KDC_FOR_AS, KDC_FOR_TGS };
enum kdc_service_kind {
    KDC_SERVICE_TGS,      /* our own ticket-granting service */
    KDC_SERVICE_CHANGEPW, /* kadmin/changepw, in krbtgt's key */
    KDC_SERVICE_LOCAL,    /* an account of this directory */
    KDC_SERVICE_REFERRAL, /* the next realm's TGS */
};

struct kdc_service {
    enum kdc_service_kind kind;
    bool is_changepw;
    struct krb_name name;              /* of the ticket */
    const struct kdc_account *account; /* NULL for a referral */
    const struct trust *trust;         /* of a referral */
    const struct krb_key *key;
    uint32_t kvno; /* 0: not written */
    const struct krb_key *krbtgt_key;
    uint32_t enctypes;
    bool ok_as_delegate;
};
enum err kdc_find_service(struct kdc_request *r, const struct krb_name *sname, struct span realm,
                          enum kdc_exchange exchange, struct kdc_service *service);

/* --- kdc_preauth.c -----------------------------------------------------------------------------
 */

/* Proves that the client knows its key: encrypted timestamp, or encrypted challenge under FAST. On
 * success *reply_key_out is the key that was used; refusals count bad passwords and answer skew as
 * skew. */
enum err kdc_preauth(struct kdc_request *r, const struct kdc_account *client,
                     const struct policy_settings *policy, const struct krb_key **reply_key_out);
/* ETYPE-INFO2 of the client for the enctypes it asked for, as one padata value. */
enum err kdc_etype_info2(struct kdc_request *r, const struct kdc_account *client, struct span *out);

/* PA-ENCRYPTED-CHALLENGE of the reply. */
enum err kdc_challenge_reply(struct kdc_request *r, const struct krb_key *key, struct span *out);

/* --- kdc_header.c: an AP-REQ that stands on a TGT ------------------------------------------------
 */

struct kdc_header {
    struct krb_enc_ticket_part *part;
    const struct trust *trust; /* an inter-realm TGT came over this trust; NULL: our own */
    const struct krb_key *key; /* that decrypted the ticket */
    struct krb_key session;
    bool has_subkey;
    struct krb_key subkey;
    struct krb_authenticator *authenticator;
};
/* Decrypts ticket and authenticator and checks names, times and clock. usage: of the authenticator.
 */
enum err kdc_header_open(struct kdc_request *r, const struct krb_ap_req *ap, uint32_t usage,
                         struct kdc_header *out);
/* The same for a ticket of our own for kadmin/changepw. */
enum err kdc_header_open_changepw(struct kdc_request *r, const struct krb_ap_req *ap,
                                  struct kdc_header *out);

/* --- kdc_authdata.c -----------------------------------------------------------------------------
 */

/* What the header ticket carries besides what its KDC said of the client, and what the client asks
 * for: goes into the ticket that is issued. */
enum err kdc_authdata_forward(struct kdc_request *r, const struct kdc_header *h,
                              struct krb_authdata_list *out);
/* Refuses a header that is good for armour alone, and one without the armour that it speaks of
 * (RFC 6113 sections 5.4.1.1 and 5.4.2). After kdc_fast_unwrap. */
enum err kdc_authdata_of_header(struct kdc_request *r, const struct kdc_header *h);

/* --- kdc_fast.c --------------------------------------------------------------------------------
 */

/* Unwraps the request when it is armoured; body and padata become the inner ones. tgs_subkey and
 * tgs_session: keys of the TGS-REQ's header, NULL in an AS. */
enum err kdc_fast_unwrap(struct kdc_request *r, const struct krb_key *tgs_session,
                         const struct krb_key *tgs_subkey, struct span ap_req);
/* Puts padata into an armoured reply and strengthens the reply key. ticket: of the reply. */
enum err kdc_fast_wrap_reply(struct kdc_request *r, const struct krb_padata_list *inner,
                             const struct krb_ticket *ticket, struct span crealm,
                             const struct krb_name *cname, struct krb_key *reply_key,
                             struct krb_padata_list *out);
/* The e-data of an armoured error: METHOD-DATA with PA-FX-FAST. error: the whole KRB-ERROR. */
enum err kdc_fast_wrap_error(struct kdc_request *r, struct span error,
                             const struct krb_padata_list *inner, struct span *e_data_out);

/* --- kdc_pac.c, kdc_pac_forward.c ---------------------------------------------------------------
 */

/* What a fresh PAC is for: a TGT, a service ticket straight from the AS, or kadmin/changepw, which
 * is neither. */
struct kdc_pac_spec {
    const struct policy_settings *policy;
    const struct dir_memberships *groups;
    utime authtime;
    struct span client_name; /* the ticket's cname as text */
    bool is_tgt, is_service;
    uint32_t attributes; /* enum pac_attribute_flags */
    int32_t server_cksumtype, kdc_cksumtype;
    const struct kdc_account *service; /* whose domain adds its local groups; NULL: none */
};
enum err kdc_pac_initial(struct kdc_request *r, const struct kdc_account *client,
                         const struct kdc_pac_spec *spec, uint8_t **pac_out,
                         struct pac_layout *layout_out);
/* The service's domain-local groups that hold anybody of l, into l. */
enum err kdc_pac_local_groups(struct kdc_request *r, const struct kdc_account *service,
                              struct pac_logon_info *l);
/* Builds content in the request's arena; a PAC that is too large is refused. */
enum err kdc_pac_build(struct kdc_request *r, const struct pac_content *content, uint8_t **pac_out,
                       struct pac_layout *layout_out);
/* The evidence that a TGS request stands on. */
struct kdc_evidence {
    const struct kdc_header *header;
    struct pac pac;
    struct kdc_logon *logon;     /* what its logon information becomes */
    struct sid user;             /* who the client is */
    struct kdc_account *account; /* NULL: not ours */
    bool pac_wanted;             /* PAC_ATTRIBUTES */
};
/* Verifies, filters and remembers what the PAC says. */
enum err kdc_evidence_check(struct kdc_request *r, struct kdc_evidence *e);

/* The PAC of the ticket that is issued. */
struct kdc_pac_next {
    const struct kdc_account *service; /* gets domain-local groups and the four signatures */
    bool keeps_identity;               /* a TGT or referral: PAC types 17 and 18 stay */
    int32_t server_cksumtype, kdc_cksumtype;
};
enum err kdc_pac_forward(struct kdc_request *r, const struct kdc_evidence *e,
                         const struct kdc_pac_next *next, uint8_t **pac_out,
                         struct pac_layout *layout_out);

/* --- kdc_answer.c: begin takes the snapshot, end tells what was decided and lets it go
 * ------------ */

enum err kdc_request_begin(struct kdc *k, enum kdc_transport transport, const char *event,
                           struct arena *a, struct kdc_request *r);
void kdc_request_end(struct kdc_request *r, enum err e);

/* --- the exchanges ------------------------------------------------------------------------------
 */

enum err kdc_as(struct kdc_request *r, struct span *reply_out);
enum err kdc_tgs(struct kdc_request *r, struct span *reply_out);

/* What a reply is encrypted in. */
struct kdc_reply_key {
    const struct krb_key *key;
    uint32_t usage, kvno; /* kvno 0: not written */
    bool kept;            /* a long-term key: prepared once */
};
/* Encrypts the reply's part and encodes the message; RESPONSE_TOO_BIG over UDP. */
enum err kdc_finish_reply(struct kdc_request *r, struct krb_kdc_rep *rep,
                          const struct krb_enc_kdc_rep_part *part, const struct kdc_reply_key *key,
                          struct span *reply_out);

#endif
