/*
 * Contexts and their steps: which shape a token has, and what a refusal looks like in that shape.
 */
#include "auth/acceptor.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/acceptor_state.h"
#include "base/text.h"

enum err acceptor_new(const struct acceptor_env *env, struct acceptor **out)
{
    struct acceptor *acc = calloc(1, sizeof(*acc));
    if (!acc)
        return ERR_NOMEM;
    acc->env = *env;
    acc->env.dc_name = SPAN_NONE;
    int len = snprintf(acc->account, sizeof(acc->account), "%.*s$", SPAN_ARG(env->dc_name));
    enum err e = len > 0 && (size_t)len < sizeof(acc->account)
                     ? acceptor_replays_new(env->random, &acc->replays)
                     : ERR_LIMIT;
    if (env->ntlm)
        ENT_ASSERT(env->ntlm->intent && !env->ntlm->pass_through == !env->ntlm->cancel);
    if (e != ERR_OK) {
        free(acc);
        return e;
    }
    *out = acc;
    return ERR_OK;
}

void acceptor_free(struct acceptor *acc)
{
    if (!acc)
        return;
    acceptor_replays_free(acc->replays);
    free(acc);
}

enum err acceptor_context_new(struct acceptor *acc, struct acceptor_context **out)
{
    struct acceptor_context *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NOMEM;
    c->acc = acc;
    arena_init(&c->memory, 0, ACCEPTOR_SESSION_MAX, 0);
    *out = c;
    return ERR_OK;
}

void acceptor_context_free(struct acceptor_context *c)
{
    if (!c)
        return;
    acceptor_ntlm_free(c);
    arena_fini(&c->memory);
    mem_wipe(c, sizeof(*c));
    free(c);
}

void acceptor_context_wait(struct acceptor_context *c, const struct acceptor_waiter *w)
{
    c->waiter = *w;
}

const struct acceptor_waiter *acceptor_waiter(const struct acceptor_context *c)
{
    return &c->waiter;
}

const char *acceptor_account(const struct acceptor_context *c)
{
    return c->acc->account;
}

enum err acceptor_refuse(struct acceptor_context *c, int32_t krb_error, enum reason reason)
{
    c->reason = reason;
    c->krb_error = krb_error;
    return ERR_REFUSED;
}

enum reason acceptor_reason(const struct acceptor_context *c)
{
    return c->reason;
}

/* Names and passwords that are wrong look the same from outside. */
uint32_t acceptor_ntstatus(const struct acceptor_context *c)
{
    switch (c->reason) {
    case REASON_NONE:
        return 0;
    case REASON_SERVER_FAILED:
        return NTSTATUS_INTERNAL_ERROR;
    case REASON_AUTH_TOKEN_MALFORMED:
    case REASON_AUTH_NEGOTIATION:
        return NTSTATUS_INVALID_PARAMETER;
    case REASON_AUTH_CLOCK_SKEW:
        return NTSTATUS_TIME_DIFFERENCE;
    case REASON_AUTH_CHANNEL_BINDINGS:
        return NTSTATUS_BAD_BINDINGS;
    default:
        break;
    }
    if (c->ntstatus == 0 || c->ntstatus == NTSTATUS_NO_SUCH_USER ||
        c->ntstatus == NTSTATUS_WRONG_PASSWORD)
        return NTSTATUS_LOGON_FAILURE;
    return c->ntstatus;
}

struct span acceptor_principal(const struct acceptor_context *c)
{
    return c->session.principal;
}

const struct acceptor_session *acceptor_session(const struct acceptor_context *c)
{
    return c->stage == ACCEPTOR_DONE ? &c->session : NULL;
}

static enum err take_raw_krb(struct acceptor_context *c, enum spnego_mech mech, struct span in,
                             struct span bindings, struct arena *a, struct span *out)
{
    if (c->stage == ACCEPTOR_DCE && !c->spnego) {
        TRY(acceptor_ap_third(c, in, a));
        c->stage = ACCEPTOR_DONE;
        return ERR_OK;
    }
    if (mech != SPNEGO_MECH_KRB5 && mech != SPNEGO_MECH_MS_KRB5 && mech != SPNEGO_MECH_KRB5_U2U)
        return acceptor_refuse(c, 0, REASON_AUTH_NO_MECHANISM);
    if (c->stage != ACCEPTOR_START)
        return acceptor_refuse(c, 0, REASON_AUTH_NEGOTIATION);
    TRY(acceptor_ap(c, in, bindings, a, out));
    c->stage = c->dce.wanted ? ACCEPTOR_DCE : ACCEPTOR_DONE;
    return ERR_OK;
}

static enum err take_raw_ntlm(struct acceptor_context *c, struct span in, struct span bindings,
                              struct arena *a, struct span *out)
{
    bool done;
    if (c->spnego || c->stage == ACCEPTOR_DCE)
        return acceptor_refuse(c, 0, REASON_AUTH_NEGOTIATION);
    TRY(acceptor_ntlm(c, in, bindings, a, out, &done));
    c->stage = done ? ACCEPTOR_DONE : ACCEPTOR_AP;
    return ERR_OK;
}

static enum err take_token(struct acceptor_context *c, struct span in, struct span bindings,
                           struct arena *a, struct span *out)
{
    struct spnego_token t;
    struct gss_krb_token bare;
    if (c->stage >= ACCEPTOR_DONE || c->stage == ACCEPTOR_ASKED || ++c->steps > ACCEPTOR_STEPS_MAX)
        return acceptor_refuse(c, 0, REASON_AUTH_NEGOTIATION);
    enum err e = spnego_decode(in, a, &t);
    if (e == ERR_UNSUPPORTED && gss_krb_token_decode(in, &bare) == ERR_OK)
        return take_raw_krb(c, SPNEGO_MECH_KRB5, in, bindings, a, out);
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK)
        return acceptor_refuse(c, 0, REASON_AUTH_TOKEN_MALFORMED);
    if (t.kind == SPNEGO_RAW_NTLM)
        return take_raw_ntlm(c, in, bindings, a, out);
    if (t.kind == SPNEGO_RAW_MECH)
        return take_raw_krb(c, t.raw_mech, in, bindings, a, out);
    return acceptor_negotiate(c, &t, bindings, a, out);
}

/* The last word to a client that is refused. It is a courtesy: when it cannot be said, nothing is.
 */
static void put_refusal(struct acceptor_context *c, struct arena *a, struct span *out)
{
    struct span mech_token = SPAN_NONE, framed;
    if (c->krb_error && c->ticket && acceptor_ap_error(c, a, &mech_token) != ERR_OK)
        mech_token = SPAN_NONE;
    if (!c->spnego)
        *out = mech_token;
    else if (acceptor_reject(mech_token, a, &framed) == ERR_OK)
        *out = framed;
}

/* What a step or a resumption came to. */
static enum err conclude(struct acceptor_context *c, enum err e, struct span answer,
                         struct arena *a, struct span *out, bool *done)
{
    if (e == ERR_BUSY)
        c->stage = ACCEPTOR_ASKED;
    if (e == ERR_OK) {
        *out = answer;
        *done = c->stage == ACCEPTOR_DONE;
    } else if (e != ERR_BUSY) {
        c->stage = ACCEPTOR_DEAD;
        if (e != ERR_REFUSED)
            (void)acceptor_refuse(c, KRB_ERR_GENERIC, REASON_SERVER_FAILED);
        put_refusal(c, a, out);
    }
    c->ticket = NULL;
    return e;
}

static void begin(struct acceptor_context *c, struct span *out, bool *done)
{
    *out = SPAN_NONE;
    *done = false;
    c->reason = REASON_NONE;
    c->ntstatus = 0;
    c->krb_error = 0;
}

enum err acceptor_step(struct acceptor_context *c, struct span in, struct span bindings,
                       struct arena *a, struct span *out, bool *done)
{
    struct span answer = SPAN_NONE;
    begin(c, out, done);
    if (in.len == 0 && c->stage == ACCEPTOR_START)
        return ERR_OK;
    enum err e = take_token(c, in, bindings, a, &answer);
    return conclude(c, e, answer, a, out, done);
}

enum err acceptor_resume(struct acceptor_context *c, const struct acceptor_ntlm_answer *answer,
                         struct arena *a, struct span *out, bool *done)
{
    struct span token = SPAN_NONE;
    begin(c, out, done);
    if (c->stage != ACCEPTOR_ASKED) {
        c->ntlm.waiting = SPAN_NONE; /* dead meanwhile: nothing is left to cancel */
        return ERR_STATE;
    }
    enum err e = acceptor_ntlm_resume(c, answer, a);
    if (e == ERR_OK && c->spnego)
        e = acceptor_negotiate_resume(c, a, &token);
    else if (e == ERR_OK)
        c->stage = ACCEPTOR_DONE;
    return conclude(c, e, token, a, out, done);
}
