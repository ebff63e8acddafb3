/*
 * What a verification of a trust found, step by step: the message from the peer process, which
 * proves, to control, which tells. One row is one step toward one server of the partner.
 *
 * Outgoing half: our DC logs on to each KDC of the partner as the interdomain trust account, and
 * makes a secure channel to each of its domain controllers.
 * Incoming half: it presents a referral ticket of its own to each of them.
 */
#ifndef TRUST_TRUST_REPORT_H
#define TRUST_TRUST_REPORT_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/reader.h"
#include "base/reasons.h"
#include "wire/ms/sid.h"

enum trust_step {
    TRUST_STEP_RESOLVE, /* the partner's names, through our own DNS */
    TRUST_STEP_REACH,   /* ports */
    TRUST_STEP_CLOCK,
    TRUST_STEP_REALM,   /* who answers there */
    TRUST_STEP_PROOF,   /* the secret, and the other half, by Kerberos */
    TRUST_STEP_CHANNEL, /* the secure channel, by NETLOGON */
    TRUST_STEP_ASK,     /* our own domain controller's peer process */
    TRUST_STEP__COUNT
};

enum trust_status {
    TRUST_STATUS_PASS,
    TRUST_STATUS_FAIL,
    TRUST_STATUS_SKIPPED, /* an earlier step failed, or the direction does not have it */
    TRUST_STATUS_UNKNOWN,
    TRUST_STATUS_WARN, /* failed, but another server does instead */
    TRUST_STATUS__COUNT
};

#define TRUST_CHECKS_MAX      256
#define TRUST_REPORT_SIZE_MAX (256u << 10)

struct trust_check {
    uint32_t half; /* TRUST_OUTBOUND, TRUST_INBOUND, or TRUST_DISABLED: both need it */
    enum trust_step step;
    enum trust_status status;
    enum reason reason; /* REASON_NONE on pass */
    struct span server; /* "dc1.corp.example.com (10.0.0.1)", may be empty */
    struct span detail; /* what was seen: a resolver and a name, seconds of skew, a protocol code */
    struct span dc; /* ours that asked; who has several reports sets it, no message carries it */
};

struct trust_report {
    struct trust_check *checks;
    unsigned count;
    /* What was learned of the partner, or empty. */
    struct span flat_name;
    struct span dns_name;
    struct sid sid; /* count 0: not learned */
};

enum err trust_report_encode(const struct trust_report *report, struct arena *a, struct span *out);
/* Texts are views into bytes. */
enum err trust_report_decode(struct span bytes, struct arena *a, struct trust_report *out);

/* Clients go on to another server when one is not reached, and to no other when one answers
 * wrongly. So a server that is not reached, while the same of ours was answered by another one
 * about the same half, by the same protocol, is no failure but a warning. */
void trust_report_settle(struct trust_report *report);

/* PASS when every half of direction has a proof that passed and no server failed, WARN when there
 * are warnings besides; FAIL with the reason of the first failed check; UNKNOWN when nothing was
 * proved and nothing failed. */
enum trust_status trust_report_verdict(const struct trust_report *report, uint32_t direction,
                                       enum reason *reason_out);

const char *trust_step_name(enum trust_step step);
const char *trust_status_name(enum trust_status status);

#endif
