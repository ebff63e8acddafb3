/*
 * Inside the peer: one run as it goes on.
 */
#ifndef PEER_PEER_RUN_H
#define PEER_PEER_RUN_H

#include "peer/peer.h"
#include "peer/peer_dns.h"
#include "trust/trust_keys.h"
#include "wire/krb/krb_msg.h"

struct peer_dc;

struct peer_kdc {
    struct plat_addr addr;
    struct span host;  /* "dc1.corp.example.com" */
    struct span label; /* "dc1.corp.example.com (10.0.0.1)" */
};

/* One half of the trust toward one KDC: a few questions one after the other, each of them a step
 * with a name. It ends with one row. */
struct peer_proof {
    struct peer_ask ask;
    struct peer_run *run;
    const struct peer_kdc *kdc;
    uint32_t half;
    /* What to do with the answer to the question that is open. error: the KRB-ERROR, or NULL. */
    void (*step)(struct peer_proof *p, struct span reply, struct krb_error *error);
    int64_t nonce;    /* of the last request */
    const char *what; /* of the refusal that peer_proof_missing is about */
    int32_t code;
    struct krb_ticket tgt;
    struct krb_key session;
    struct trust_check row; /* its outcome */
};

/* What a half needs of the directory, made before anybody is asked. */
struct peer_outgoing {
    bool ready;
    struct krb_name cname; /* FLATNAME$ at the partner */
    struct krb_key key;
    struct trust_keys keys; /* of referrals to us */
};
struct peer_incoming {
    bool ready;
    struct krb_name cname; /* our machine account */
    bool has_hash;
    uint8_t nt_hash[16];
    struct krb_ticket referral;
    struct krb_key session;
};

struct peer_run {
    const struct peer_env *env;
    peer_done *done;
    void *ctx;
    struct arena arena, *a; /* a is the arena's address; it wipes */
    enum err err;
    utime deadline;
    struct plat_timer *end; /* calls done: at once, or when everything has ended */
    struct trust_report report;
    struct trust_local local;
    struct trust trust;
    struct span partner, partner_realm;  /* lower and upper case */
    void (*located)(struct peer_run *r); /* what comes after finding the KDCs */
    struct peer_dns_locator locator;
    struct dns_name locator_name;
    struct peer_outgoing outgoing;
    struct peer_incoming incoming;
    struct peer_kdc kdc[PEER_KDCS_MAX];
    unsigned kdc_count;
    struct peer_proof proof[2 * PEER_KDCS_MAX];
    unsigned proofs, pending; /* all, and those that have not ended; the channels count as one */
    struct peer_channel_step *channel_step; /* NULL: not now */
    struct trust_check channel_row[PEER_KDCS_MAX];
    unsigned channel_rows;
    struct trust_check back_row[PEER_KDCS_MAX]; /* of peer_channel_back.c */
    unsigned back_rows;
    unsigned tasks; /* of this run; it is freed when the last one ends */
    bool cancelled;
};

/* Adds one row; what is beyond TRUST_CHECKS_MAX is dropped. */
void peer_tell(struct peer_run *r, enum trust_step step, enum trust_status status,
               enum reason reason, struct span server, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The next question of a run may take so long. */
utime peer_patience(const struct peer_run *r, utime most);

/* --- peer_locate.c --- */

/* The partner's KDCs through our own DNS; then comes with those that were found, maybe none, and
 * the rows that say why. */
void peer_locate_kdcs(struct peer_run *r, void (*then)(struct peer_run *r));
/* The NetLogon ping to each of them: who the partner says it is, into the report. */
void peer_ask_names(struct peer_run *r);

/* --- peer_proof.c --- */

void peer_begin_proofs(struct peer_run *r);
/* Sends a request to the proof's KDC; what comes back goes to step, unless it shows that there is
 * nothing to go on with: not reached, no KDC, another clock, another realm. */
void peer_proof_ask(struct peer_proof *p, struct span request,
                    void (*step)(struct peer_proof *p, struct span reply, struct krb_error *error));
/* The proof is over. */
void peer_proof_end(struct peer_proof *p, enum trust_step step, enum trust_status status,
                    enum reason reason, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void peer_proof_fail(struct peer_proof *p, enum reason reason, const char *what, int32_t code);
/* Before the partner is said not to know the trust, with this code: a KDC of another realm answers
 * the same. So it is asked for the one account that each domain has under the same name. */
void peer_proof_missing(struct peer_proof *p, const char *what, int32_t code);

/* One of what a run waits for has ended. */
void peer_one_less(struct peer_run *r);

/* --- peer_channel_step.c --- */

/* Proves the secure channel to all of the partner's domain controllers; pending counts it. */
void peer_begin_channels(struct peer_run *r);
/* The run is over before it: nothing is told any more. */
void peer_cancel_channels(struct peer_run *r);

/* --- peer_channel_back.c --- */

/* Lets this domain controller of the partner's prove its secure channel to us. */
void peer_begin_channel_back(struct peer_run *r, const struct peer_kdc *kdc);
/* What it was found to be, or why it could not be asked. */
struct peer_back {
    enum trust_status status;
    enum reason reason;
    const char *detail;
};
/* A task of a run that was cancelled has ended. */
void peer_free_run(struct peer_run *r);

/* --- peer_logon.c --- */

/* The same by a logon of our machine by NTLM, about which that domain controller has to ask us:
 * within a task, memory in a. */
struct peer_back peer_logon_prove(struct peer_run *r, const struct peer_dc *dc, utime deadline,
                                  struct arena *a);

/* --- peer_krb.c: messages --- */

/* An AS-REQ to the partner for its TGS; key NULL: without pre-authentication. */
enum err peer_as_request(struct peer_proof *p, const struct krb_name *cname,
                         const struct krb_key *key, struct span *out);
/* A TGS-REQ to the partner for a service with this ticket. */
struct peer_tgs {
    const struct krb_ticket *ticket;
    const struct krb_key *session;
    struct span crealm;
    const struct krb_name *cname;
    const struct krb_name *sname;
};
enum err peer_tgs_request(struct peer_proof *p, const struct peer_tgs *t, struct span *out);
/* The reply to the proof's last request, opened with the key that only the partner has besides us.
 * ERR_INTEGRITY, ERR_UNSUPPORTED, ERR_MALFORMED: it proves nothing. */
struct peer_reply {
    struct krb_kdc_rep *rep;
    struct krb_enc_kdc_rep_part *part;
};
enum err peer_open_reply(struct peer_proof *p, struct span reply, const struct krb_key *key,
                         uint32_t usage, struct peer_reply *out);
enum err peer_encrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      struct span plain, struct krb_encrypted *out);
enum err peer_decrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      const struct krb_encrypted *in, struct span *plain_out);

/* --- peer_outgoing.c, peer_incoming.c --- */

/* From the directory, while its snapshot is open. */
enum err peer_prepare_outgoing(struct peer_run *r, struct dir_snap *s);
enum err peer_prepare_incoming(struct peer_run *r, struct dir_snap *s, struct dir_naming *naming);
/* Their first steps. */
void peer_prove_outgoing(struct peer_proof *p);
void peer_prove_incoming(struct peer_proof *p);

#endif
