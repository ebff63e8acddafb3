/*
 * Inside the peer: one verification as it goes on.
 */
#ifndef PEER_PEER_RUN_H
#define PEER_PEER_RUN_H

#include "peer/peer.h"
#include "plat/clock.h"
#include "wire/krb/krb_msg.h"

struct peer_kdc {
    struct span host; /* text */
    struct plat_addr addr;
    struct span label; /* "dc1.corp.example.com (10.0.0.1)" */
};

struct peer_run {
    const struct peer_env *env;
    struct arena *a;
    utime deadline;
    struct trust_report *report;
    struct dir_snap snap;
    struct dir_naming naming;
    struct trust_local local;
    struct trust trust;
    struct span partner_realm; /* upper case */
    struct peer_kdc kdc[PEER_KDCS_MAX];
    unsigned kdc_count;
};

/* Adds one row; what is beyond TRUST_CHECKS_MAX is dropped. */
void peer_tell(struct peer_run *r, uint32_t half, enum trust_step step, enum trust_status status,
               enum reason reason, struct span server, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
utime peer_deadline(const struct peer_run *r);

/* --- peer_locate.c --- */

/* The partner's KDCs through our own DNS. False when none was found, with the row that says why. */
bool peer_locate_kdcs(struct peer_run *r, struct span partner);

/* The NetLogon ping: who the partner says it is, into the report. */
enum err peer_ask_names(struct peer_run *r, struct span partner);

/* --- peer_kdc.c --- */

/* One message to one KDC over TCP. ERR_CLOSED: the port is closed; ERR_TIMEOUT: silent; ERR_IO. */
enum err peer_kdc_ask(const struct plat_addr *kdc, struct span request, utime deadline,
                      struct arena *a, struct span *reply_out);
/* Tells reach, clock and realm of a reply that may be a KRB-ERROR; false when there is nothing to
 * go on with. *error_out is NULL for a reply that is none. */
bool peer_judge_reply(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half, enum err asked,
                      struct span reply, struct krb_error **error_out);

/* Before the partner is said not to know the trust: a KDC of another realm answers the same. So it
 * is asked for the one account that each domain has under the same name. False: it is not the
 * partner's, which is told. */
bool peer_is_partner(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half);

/* --- peer_outgoing.c, peer_incoming.c: proofs toward one KDC --- */

void peer_prove_outgoing(struct peer_run *r, const struct peer_kdc *kdc);
void peer_prove_incoming(struct peer_run *r, const struct peer_kdc *kdc);
/* A TGS-REQ for sname with this ticket and session key; realm: whose KDC is asked. */
struct peer_tgs {
    const struct krb_ticket *ticket;
    const struct krb_key *session;
    struct span crealm, realm;
    const struct krb_name *cname, *sname;
};
enum err peer_tgs_request(struct peer_run *r, const struct peer_tgs *t, struct span *out);
enum err peer_encrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      struct span plain, struct krb_encrypted *out);
enum err peer_decrypt(struct peer_run *r, const struct krb_key *key, uint32_t usage,
                      const struct krb_encrypted *in, struct span *plain_out);
/* An AS-REQ to the partner for its TGS; key NULL: without pre-authentication. */
enum err peer_as_request(struct peer_run *r, const struct krb_name *cname,
                         const struct krb_key *key, struct span *out);

#endif
