/*
 * Inside the acceptor: what a context is made of, and the steps that share it. A step returns
 * ERR_OK, or ERR_REFUSED after acceptor_refuse has said why, or an error of ours.
 */
#ifndef AUTH_ACCEPTOR_STATE_H
#define AUTH_ACCEPTOR_STATE_H

#include "auth/acceptor.h"
#include "auth/ntlm_logon.h"
#include "wire/krb/krb_msg.h"
#include "wire/ntlm/ntlm.h"
#include "wire/spnego/spnego.h"

/* What clients are told of refusals. */
#define NTSTATUS_INVALID_PARAMETER 0xC000000Du
#define NTSTATUS_ACCESS_DENIED     0xC0000022u
#define NTSTATUS_NO_LOGON_SERVERS  0xC000005Eu
#define NTSTATUS_NO_SUCH_USER      0xC0000064u
#define NTSTATUS_WRONG_PASSWORD    0xC000006Au
#define NTSTATUS_LOGON_FAILURE     0xC000006Du
#define NTSTATUS_NOT_SUPPORTED     0xC00000BBu
#define NTSTATUS_INTERNAL_ERROR    0xC00000E5u
#define NTSTATUS_TIME_DIFFERENCE   0xC0000133u
#define NTSTATUS_BAD_BINDINGS      0xC000035Bu

struct acceptor_replays;

struct acceptor {
    struct acceptor_env env;
    char account[64]; /* "DC1$" */
    struct acceptor_replays *replays;
};

/* Usage numbers 22 to 25 of RFC 4121 section 2, prepared when first used. */
#define GSS_USAGES 4

/* Keys and sequence of messages after the context is made. */
struct gss_messages {
    struct krb_key key;
    bool acceptor_subkey; /* the key is our subkey */
    bool ready[GSS_USAGES];
    struct krb_usage usage[GSS_USAGES];
    bool in_order, once; /* what the client asked for: sequence, replay detection */
    uint64_t send;
    uint64_t next; /* the number after the highest received */
    uint64_t seen; /* bit i: next - 1 - i was received */
};

/* Kerberos in DCE style ends with a message of the client's. */
struct dce_exchange {
    bool wanted;
    struct krb_key key; /* the ticket's session key */
    uint32_t seq;       /* ours */
};

/* NTLM, from its first message on. */
struct ntlm_context {
    struct span sent[2]; /* NEGOTIATE and CHALLENGE, which the MIC covers */
    uint32_t flags;      /* those of CHALLENGE */
    uint8_t challenge[NTLM_CHALLENGE_SIZE];
    bool has_bindings, mic; /* mic: the client sent one, so it knows that SPNEGO's is expected */
    uint8_t bindings[16];
    struct span waiting; /* the AUTHENTICATE that a trusted domain is asked about */
    struct ntlm_stream send, receive;
};

enum acceptor_stage {
    ACCEPTOR_START,
    ACCEPTOR_AP,    /* the mechanism is agreed, its token is to come */
    ACCEPTOR_DCE,   /* DCE style: its third message is to come */
    ACCEPTOR_ASKED, /* a trusted domain's answer is to come */
    ACCEPTOR_MIC /* SPNEGO: the context is made, the client's mechListMIC is to come */,
    ACCEPTOR_DONE,
    ACCEPTOR_DEAD,
};

struct acceptor_context {
    struct acceptor *acc;
    struct acceptor_waiter waiter;
    struct arena memory; /* token, principal, mechanism list */
    enum acceptor_stage stage;
    enum reason reason;
    uint32_t ntstatus;         /* 0: what goes with the reason */
    int32_t krb_error;         /* for the KRB-ERROR that tells the client; 0: none */
    struct krb_ticket *ticket; /* of the AP-REQ at hand, for the KRB-ERROR's names */
    unsigned steps;
    bool spnego, mic_wanted;
    enum spnego_mech offered_mech; /* what SPNEGO chose, of Kerberos by which OID */
    struct span mech_list;         /* what the mechListMIC covers */
    unsigned sasl_layers;          /* offered */
    struct dir_token token;
    struct acceptor_session session;
    struct gss_messages messages;
    struct ntlm_context ntlm;
    struct dce_exchange dce;
    struct span client_mic; /* SPNEGO's, while a trusted domain is asked */
};

enum err acceptor_refuse(struct acceptor_context *c, int32_t krb_error, enum reason reason);

/* --- acceptor_ap.c: a token of the Kerberos mechanism makes the context; *out: AP-REP, or empty.
 */
enum err acceptor_ap(struct acceptor_context *c, struct span token, struct span bindings,
                     struct arena *a, struct span *out);
/* The client's last message when c->dce.wanted. */
enum err acceptor_ap_third(struct acceptor_context *c, struct span token, struct arena *a);
/* The hash that GSS has of channel bindings, RFC 4121 section 4.1.1.2: no addresses, the
 * application's data alone. */
void acceptor_hash_bindings(struct span data, uint8_t out[16]);
/* KRB-ERROR of the refusal at hand, framed. */
enum err acceptor_ap_error(struct acceptor_context *c, struct arena *a, struct span *out);

/* --- acceptor_pac.c: fills in the session's token from the ticket's PAC. ------------------------
 */
enum err acceptor_identify(struct acceptor_context *c, const struct dir_snap *s,
                           const struct krb_enc_ticket_part *part, const struct krb_key *ticket_key,
                           struct arena *a);

/* Keeps what made is ERR_OK for. */
enum err acceptor_keep_token(struct acceptor_context *c, enum err made, const struct dir_token *t);

/* --- ntlm_acceptor.c ----------------------------------------------------------------------------
 * A message of the client; *done: the session is there. ERR_BUSY: acceptor_ntlm_resume finishes.
 */
enum err acceptor_ntlm(struct acceptor_context *c, struct span token, struct span bindings,
                       struct arena *a, struct span *out, bool *done);
enum err acceptor_ntlm_resume(struct acceptor_context *c, const struct acceptor_ntlm_answer *answer,
                              struct arena *a);
void acceptor_ntlm_free(struct acceptor_context *c);
struct span ntlm_dc_name(const struct acceptor *acc);
struct span ntlm_dns_name(const struct acceptor *acc, const struct dir_naming *n, struct arena *a);
/* --- ntlm_target.c */
bool ntlm_is_target(const struct acceptor *acc, const struct dir_snap *s,
                    const struct ntlm_target_info *i, struct arena *a);

/* --- acceptor_spnego.c --------------------------------------------------------------------------
 */
enum err acceptor_negotiate(struct acceptor_context *c, const struct spnego_token *t,
                            struct span bindings, struct arena *a, struct span *out);
/* After acceptor_ntlm_resume. */
enum err acceptor_negotiate_resume(struct acceptor_context *c, struct arena *a, struct span *out);
/* A reject with the mechanism's last word, if any. */
enum err acceptor_reject(struct span mech_token, struct arena *a, struct span *out);

/* --- acceptor_message.c
 * ----------------------------------------------------------------------------
 */
void gss_messages_init(struct gss_messages *m, const struct krb_key *key, bool acceptor_subkey,
                       uint32_t flags, uint32_t send, uint32_t receive);
const struct krb_usage *gss_messages_usage(struct gss_messages *m, uint32_t number);
uint8_t gss_messages_own_flags(const struct gss_messages *m);
bool gss_messages_flags_fit(const struct gss_messages *m, uint8_t flags);
enum err gss_messages_sequence(struct acceptor_context *c, uint64_t seq);
enum err gss_messages_malformed(struct acceptor_context *c);
enum err gss_messages_altered(struct acceptor_context *c);
/* As acceptor_get_mic and acceptor_verify_mic, before the context is done too. */
enum err gss_messages_mic(struct acceptor_context *c, struct span message, struct arena *a,
                          struct span *out);
enum err gss_messages_verify(struct acceptor_context *c, struct span message, struct span mic);

/* --- acceptor_replay.c --------------------------------------------------------------------------
 */
enum err acceptor_replays_new(void (*random)(void *out, size_t len), struct acceptor_replays **out);
void acceptor_replays_free(struct acceptor_replays *r);
/* ERR_EXISTS: seen before; ERR_LIMIT: no room. Remembered until `until`. */
enum err acceptor_replays_add(struct acceptor_replays *r, struct span authenticator, utime now,
                              utime until);

#endif
