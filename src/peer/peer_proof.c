/*
 * The proofs of a run: all of them at once, each one question after the other; and what can be told
 * from any reply: that the KDC can be reached, that its clock agrees, whose KDC it is.
 */
#include <stdarg.h>

#include "base/text.h"
#include "peer/peer_run.h"
#include "trust/trust_attributes.h"
#include "wire/krb/krb_frame.h"

#define SKEW_MAX (5 * UTIME_MINUTE)

void peer_one_less(struct peer_run *r)
{
    if (--r->pending == 0)
        plat_timer_start(r->end, 0, 0);
}

void peer_proof_end(struct peer_proof *p, enum trust_step step, enum trust_status status,
                    enum reason reason, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    p->row = (struct trust_check){.half = p->half,
                                  .step = step,
                                  .status = status,
                                  .reason = reason,
                                  .server = p->kdc->label,
                                  .detail = arena_dup_span(p->run->a, span_str(text))};
    if (p->half == TRUST_INBOUND && status == TRUST_STATUS_PASS && p->run->env->channels)
        peer_begin_channel_back(p->run, p->kdc);
    peer_one_less(p->run);
}

void peer_proof_fail(struct peer_proof *p, enum reason reason, const char *what, int32_t code)
{
    peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_FAIL, reason, "%s: %s (%d)", what,
                   krb_error_name(code), code);
}

/* --- any reply ---------------------------------------------------------------------------------
 */

static bool judge_reach(struct peer_proof *p, enum err asked)
{
    static const struct {
        enum err asked;
        enum reason reason;
        const char *what;
    } rows[] = {
        {ERR_CLOSED, REASON_VERIFY_PORT_CLOSED, "is closed"},
        {ERR_TIMEOUT, REASON_VERIFY_PORT_SILENT, "gives no answer"},
        {ERR_MALFORMED, REASON_VERIFY_NOT_A_KDC, "answers, but not with Kerberos"},
    };
    enum reason reason = REASON_VERIFY_PORT_SILENT;
    const char *what = "cannot be reached";
    if (asked == ERR_OK)
        return true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (rows[i].asked == asked) {
            reason = rows[i].reason;
            what = rows[i].what;
        }
    }
    peer_proof_end(p, TRUST_STEP_REACH, TRUST_STATUS_FAIL, reason, "port %u/tcp %s",
                   plat_addr_port(&p->kdc->addr), what);
    return false;
}

static bool judge_clock(struct peer_proof *p, const struct krb_error *error)
{
    utime skew = error->stime + error->susec - plat_now();
    if (skew <= SKEW_MAX && skew >= -SKEW_MAX && error->error_code != KRB_AP_ERR_SKEW)
        return true;
    peer_proof_end(p, TRUST_STEP_CLOCK, TRUST_STATUS_FAIL, REASON_VERIFY_CLOCK_SKEW,
                   "its clock is %lld seconds %s ours",
                   (long long)(skew < 0 ? -skew : skew) / UTIME_SECOND,
                   skew < 0 ? "behind" : "ahead of");
    return false;
}

/* Some name the realm that was asked for in place of their own. */
static void tell_wrong_realm(struct peer_proof *p, const struct krb_error *error)
{
    struct span realm = p->run->partner_realm;
    if (krb_realm_eq(error->realm, realm))
        peer_proof_end(p, TRUST_STEP_REALM, TRUST_STATUS_FAIL, REASON_VERIFY_WRONG_REALM,
                       "the KDC there does not answer for %.*s: %s (%d)", SPAN_ARG(realm),
                       krb_error_name(error->error_code), error->error_code);
    else
        peer_proof_end(p, TRUST_STEP_REALM, TRUST_STATUS_FAIL, REASON_VERIFY_WRONG_REALM,
                       "the KDC there answers for %.*s, not for %.*s: %s (%d)",
                       SPAN_ARG(error->realm), SPAN_ARG(realm), krb_error_name(error->error_code),
                       error->error_code);
}

/* A KDC of another realm says in its errors who it is, or does not know the realm asked for. One
 * that could not read the ticket may say no realm at all (Heimdal, and so Samba, as text). */
static bool judge_realm(struct peer_proof *p, const struct krb_error *error)
{
    bool same = krb_realm_eq(error->realm, p->run->partner_realm) ||
                span_eq(error->realm, SPAN_LIT("<unspecified realm>"));
    if (same && error->error_code != KDC_ERR_WRONG_REALM)
        return true;
    tell_wrong_realm(p, error);
    return false;
}

static void answered(struct peer_ask *ask, enum err e, struct span reply)
{
    struct peer_proof *p = (struct peer_proof *)ask;
    struct krb_error *error = NULL;
    enum krb_msg_type type = e == ERR_OK ? krb_message_type(reply) : 0;
    if (type == KRB_ERROR && krb_decode_error(reply, p->run->a, &error) != ERR_OK)
        error = NULL;
    if (e == ERR_OK && !error && type != KRB_AS_REP && type != KRB_TGS_REP)
        e = ERR_MALFORMED;
    if (!judge_reach(p, e) || (error && (!judge_clock(p, error) || !judge_realm(p, error))))
        return;
    p->step(p, reply, error);
}

void peer_proof_ask(struct peer_proof *p, struct span request,
                    void (*step)(struct peer_proof *p, struct span reply, struct krb_error *error))
{
    p->step = step;
    p->ask.loop = p->run->env->loop;
    p->ask.a = p->run->a;
    p->ask.done = answered;
    peer_ask_stream(&p->ask, &p->kdc->addr, KRB_TCP_HEADER, request,
                    peer_patience(p->run, PEER_ANSWER_TIMEOUT));
}

/* --- whose KDC is it? --------------------------------------------------------------------------
 */

static void identified(struct peer_proof *p, struct span reply, struct krb_error *error)
{
    (void)reply;
    if (error && (error->error_code == KDC_ERR_C_PRINCIPAL_UNKNOWN ||
                  error->error_code == KDC_ERR_S_PRINCIPAL_UNKNOWN))
        tell_wrong_realm(p, error);
    else
        peer_proof_fail(p, REASON_VERIFY_HALF_MISSING, p->what, p->code);
}

void peer_proof_missing(struct peer_proof *p, const char *what, int32_t code)
{
    struct krb_name cname = krb_name_1(KRB_NT_PRINCIPAL, SPAN_LIT("krbtgt"), p->run->a);
    struct span request;
    p->what = what;
    p->code = code;
    if (peer_as_request(p, &cname, NULL, &request) == ERR_OK)
        peer_proof_ask(p, request, identified);
    else
        peer_proof_fail(p, REASON_VERIFY_HALF_MISSING, what, code);
}

/* --- all of them -------------------------------------------------------------------------------
 */

static void begin(struct peer_run *r, const struct peer_kdc *kdc, uint32_t half, bool ready,
                  void (*prove)(struct peer_proof *p))
{
    struct peer_proof *p = &r->proof[r->proofs++];
    *p = (struct peer_proof){.run = r, .kdc = kdc, .half = half};
    r->pending++;
    if (ready)
        prove(p);
    else
        peer_proof_end(p, TRUST_STEP_PROOF, TRUST_STATUS_UNKNOWN, REASON_SERVER_FAILED,
                       "our own half of the trust cannot be used");
}

void peer_begin_proofs(struct peer_run *r)
{
    r->pending = 1; /* one that ends at once is not the last: the others have yet to begin */
    for (unsigned i = 0; i < r->kdc_count; i++) {
        if (r->trust.direction & TRUST_OUTBOUND)
            begin(r, &r->kdc[i], TRUST_OUTBOUND, r->outgoing.ready, peer_prove_outgoing);
        if (r->trust.direction & TRUST_INBOUND)
            begin(r, &r->kdc[i], TRUST_INBOUND, r->incoming.ready, peer_prove_incoming);
    }
    if ((r->trust.direction & TRUST_OUTBOUND) && r->env->channels && r->kdc_count)
        peer_begin_channels(r);
    peer_one_less(r);
}
