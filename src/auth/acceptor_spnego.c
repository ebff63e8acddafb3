/*
 * The negotiation around the mechanisms: RFC 4178 sections 4 and 5, [MS-SPNG] 3.2.5. There are
 * Kerberos, under either of its OIDs, and NTLM where the process can. When the chosen one was the
 * client's first choice nothing needs protection and no MIC is asked for; when it was not, or when
 * an NTLM client has sent a MIC of its own ([MS-SPNG] 3.1.5.1, note 8), both sides sign the list.
 */
#include "auth/acceptor_state.h"

static enum err put_resp(const struct spnego_resp *r, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, SPNEGO_TOKEN_MAX);
    spnego_put_resp(&b, r);
    return builder_done(&b, out);
}

static bool is_served(const struct acceptor *acc, enum spnego_mech m)
{
    return m == SPNEGO_MECH_KRB5 || m == SPNEGO_MECH_MS_KRB5 ||
           (m == SPNEGO_MECH_NTLMSSP && acc->env.ntlm);
}

static enum err choose(struct acceptor_context *c, const struct spnego_init *init)
{
    for (uint32_t i = 0; i < init->mech_types.count; i++) {
        enum spnego_mech m = spnego_mech_of(init->mech_types.items[i]);
        if (!is_served(c->acc, m))
            continue;
        c->offered_mech = m;
        c->mic_wanted = i > 0;
        c->mech_list = arena_dup_span(&c->memory, init->mech_types.raw);
        return c->mech_list.len ? ERR_OK : ERR_NOMEM;
    }
    return acceptor_refuse(c, 0, REASON_AUTH_NO_MECHANISM);
}

/* NTLM's key streams go on as if the list had not been signed ([MS-SPNG] 3.2.5.1). */
static enum err verify_mic(struct acceptor_context *c, struct span mic)
{
    if (gss_messages_verify(c, c->mech_list, mic) != ERR_OK)
        return acceptor_refuse(c, 0, REASON_AUTH_MECH_LIST_MIC);
    if (c->session.mech == SPNEGO_MECH_NTLMSSP)
        ntlm_stream_restart(&c->ntlm.receive);
    return ERR_OK;
}

static enum err put_mic(struct acceptor_context *c, struct arena *a, struct span *out)
{
    TRY(gss_messages_mic(c, c->mech_list, a, out));
    if (c->session.mech == SPNEGO_MECH_NTLMSSP)
        ntlm_stream_restart(&c->ntlm.send);
    return ERR_OK;
}

/* Our MIC is sent as soon as it can be: with the AP-REP. The client's comes with its last token
 * when it knows the keys by then, else in a message of its own. */
static enum err finish(struct acceptor_context *c, struct spnego_resp *answer,
                       struct span client_mic, struct arena *a, struct span *out)
{
    bool verified = client_mic.ptr != NULL;
    answer->has_state = true;
    answer->state = SPNEGO_ACCEPT_COMPLETED;
    c->mic_wanted |= c->ntlm.mic;
    if (verified)
        TRY(verify_mic(c, client_mic));
    if (verified || c->mic_wanted)
        TRY(put_mic(c, a, &answer->mech_list_mic));
    if (c->mic_wanted && !verified)
        answer->state = SPNEGO_ACCEPT_INCOMPLETE;
    TRY(put_resp(answer, a, out));
    c->stage = c->mic_wanted && !verified ? ACCEPTOR_MIC : ACCEPTOR_DONE;
    return ERR_OK;
}

/* NTLM's CHALLENGE or DCE style's AP-REP goes out, another message is to come. */
static enum err go_on(struct acceptor_context *c, struct spnego_resp *answer, struct arena *a,
                      struct span *out)
{
    answer->has_state = true;
    answer->state = SPNEGO_ACCEPT_INCOMPLETE;
    c->stage = c->dce.wanted ? ACCEPTOR_DCE : ACCEPTOR_AP;
    return put_resp(answer, a, out);
}

static enum err keep_client_mic(struct acceptor_context *c, struct span mic)
{
    if (mic.ptr)
        c->client_mic = arena_dup_span(&c->memory, mic);
    return arena_failed(&c->memory) ? ERR_NOMEM : ERR_BUSY;
}

/* A mechanism's next message. *done: its context is made. */
static enum err mech_step(struct acceptor_context *c, struct span token, struct span bindings,
                          struct arena *a, struct span *out, bool *done)
{
    if (c->offered_mech == SPNEGO_MECH_NTLMSSP)
        return acceptor_ntlm(c, token, bindings, a, out, done);
    *done = true;
    if (c->stage == ACCEPTOR_DCE)
        return acceptor_ap_third(c, token, a);
    TRY(acceptor_ap(c, token, bindings, a, out));
    *done = !c->dce.wanted;
    return ERR_OK;
}

static enum err take_mech_token(struct acceptor_context *c, struct span token,
                                struct span client_mic, struct span bindings,
                                struct spnego_resp *answer, struct arena *a, struct span *out)
{
    bool done;
    enum err e = mech_step(c, token, bindings, a, &answer->response_token, &done);
    if (e == ERR_BUSY)
        return keep_client_mic(c, client_mic);
    TRY(e);
    if (answer->response_token.len == 0)
        answer->response_token = SPAN_NONE;
    return done ? finish(c, answer, client_mic, a, out) : go_on(c, answer, a, out);
}

enum err acceptor_negotiate_resume(struct acceptor_context *c, struct arena *a, struct span *out)
{
    struct spnego_resp answer = {0};
    return finish(c, &answer, c->client_mic, a, out);
}

static enum err take_init(struct acceptor_context *c, const struct spnego_init *init,
                          struct span bindings, struct arena *a, struct span *out)
{
    c->spnego = true;
    TRY(choose(c, init));
    struct spnego_resp answer = {.supported_mech = spnego_mech_oid(c->offered_mech)};
    if (!c->mic_wanted && init->mech_token.ptr)
        return take_mech_token(c, init->mech_token, SPAN_NONE, bindings, &answer, a, out);
    answer.has_state = true;
    answer.state = c->mic_wanted ? SPNEGO_REQUEST_MIC : SPNEGO_ACCEPT_INCOMPLETE;
    c->stage = ACCEPTOR_AP;
    return put_resp(&answer, a, out);
}

static enum err take_client_mic(struct acceptor_context *c, struct span mic, struct arena *a,
                                struct span *out)
{
    struct spnego_resp answer = {.has_state = true, .state = SPNEGO_ACCEPT_COMPLETED};
    if (!mic.ptr)
        return acceptor_refuse(c, 0, REASON_AUTH_MECH_LIST_MIC);
    TRY(verify_mic(c, mic));
    TRY(put_resp(&answer, a, out));
    c->stage = ACCEPTOR_DONE;
    return ERR_OK;
}

enum err acceptor_negotiate(struct acceptor_context *c, const struct spnego_token *t,
                            struct span bindings, struct arena *a, struct span *out)
{
    struct spnego_resp answer = {0};
    if (c->stage == ACCEPTOR_START && t->kind == SPNEGO_INIT)
        return take_init(c, &t->init, bindings, a, out);
    if (t->kind != SPNEGO_RESP || !c->spnego)
        return acceptor_refuse(c, 0, REASON_AUTH_NEGOTIATION);
    if ((c->stage == ACCEPTOR_AP || c->stage == ACCEPTOR_DCE) && t->resp.response_token.ptr)
        return take_mech_token(c, t->resp.response_token, t->resp.mech_list_mic, bindings, &answer,
                               a, out);
    if (c->stage == ACCEPTOR_MIC)
        return take_client_mic(c, t->resp.mech_list_mic, a, out);
    return acceptor_refuse(c, 0, REASON_AUTH_NEGOTIATION);
}

enum err acceptor_reject(struct span mech_token, struct arena *a, struct span *out)
{
    struct spnego_resp answer = {.has_state = true, .state = SPNEGO_REJECT};
    if (mech_token.len)
        answer.response_token = mech_token;
    return put_resp(&answer, a, out);
}

/* The hint is a text that says of itself that it is to be ignored ([MS-SPNG] 2.2.1). */
enum err acceptor_hint(const struct acceptor *acc, struct arena *a, struct span *out)
{
    struct span items[] = {spnego_mech_oid(SPNEGO_MECH_MS_KRB5), spnego_mech_oid(SPNEGO_MECH_KRB5),
                           spnego_mech_oid(SPNEGO_MECH_NTLMSSP)};
    struct spnego_init init = {.mech_types = {.items = items, .count = acc->env.ntlm ? 3 : 2},
                               .hint_name = SPAN_LIT("not_defined_in_RFC4178@please_ignore")};
    struct builder b;
    builder_in(&b, a, SPNEGO_TOKEN_MAX);
    spnego_put_init2(&b, &init);
    return builder_done(&b, out);
}
