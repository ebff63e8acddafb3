/*
 * Inside the acceptor: what a context is made of, and the steps that share it. A step returns
 * ERR_OK, or ERR_REFUSED after acceptor_refuse has said why, or an error of ours.
 */
#ifndef AUTH_ACCEPTOR_STATE_H
#define AUTH_ACCEPTOR_STATE_H

#include "auth/acceptor.h"
#include "wire/krb/krb_msg.h"
#include "wire/spnego/spnego.h"

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

enum acceptor_stage {
    ACCEPTOR_START,
    ACCEPTOR_AP, /* SPNEGO: the mechanism is agreed, its token is to come */
    ACCEPTOR_MIC /* SPNEGO: the context is made, the client's mechListMIC is to come */,
    ACCEPTOR_DONE,
    ACCEPTOR_DEAD,
};

struct acceptor_context {
    struct acceptor *acc;
    struct arena memory; /* token, principal, mechanism list */
    enum acceptor_stage stage;
    enum reason reason;
    int32_t krb_error;         /* for the KRB-ERROR that tells the client; 0: none */
    struct krb_ticket *ticket; /* of the AP-REQ at hand, for the KRB-ERROR's names */
    unsigned steps;
    bool spnego, mic_wanted;
    enum spnego_mech offered_mech; /* the OID under which SPNEGO chose Kerberos */
    struct span mech_list;         /* what the mechListMIC covers */
    unsigned sasl_layers;          /* offered */
    struct dir_token token;
    struct acceptor_session session;
    struct gss_messages messages;
};

enum err acceptor_refuse(struct acceptor_context *c, int32_t krb_error, enum reason reason);

/* --- acceptor_ap.c: a token of the Kerberos mechanism makes the context; *out: AP-REP, or empty.
 */
enum err acceptor_ap(struct acceptor_context *c, struct span token, struct span bindings,
                     struct arena *a, struct span *out);
/* KRB-ERROR of the refusal at hand, framed. */
enum err acceptor_ap_error(struct acceptor_context *c, struct arena *a, struct span *out);

/* --- acceptor_pac.c: fills in the session's token from the ticket's PAC. ------------------------
 */
enum err acceptor_identify(struct acceptor_context *c, const struct dir_snap *s,
                           const struct krb_enc_ticket_part *part, const struct krb_key *ticket_key,
                           struct arena *a);

/* --- acceptor_spnego.c --------------------------------------------------------------------------
 */
enum err acceptor_negotiate(struct acceptor_context *c, const struct spnego_token *t,
                            struct span bindings, struct arena *a, struct span *out);
/* A reject with the mechanism's last word, if any. */
enum err acceptor_reject(struct span mech_token, struct arena *a, struct span *out);

/* --- acceptor_message.c
 * ----------------------------------------------------------------------------
 */
void gss_messages_init(struct gss_messages *m, const struct krb_key *key, bool acceptor_subkey,
                       uint32_t flags, uint32_t send, uint32_t receive);
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
