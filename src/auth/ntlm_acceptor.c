/*
 * NTLM version 2 as a mechanism of the acceptor: [MS-NLMP] 3.2.5.1. NEGOTIATE is answered by
 * CHALLENGE, AUTHENTICATE is judged: the account (ntlm_logon.h), and that the three messages, the
 * channel and the target are the ones that the client saw, so that nobody stood between.
 */
#include "auth/acceptor_state.h"
#include "auth/trust_facts.h"
#include "base/text.h"
#include "trust/pass_through.h"

/* Without all of these there is no session security worth the name: names in Unicode, signatures
 * with keys of 128 bits for each direction. */
#define REQUIRED (NTLM_UNICODE | NTLM_EXTENDED_SECURITY | NTLM_128)
/* What the client asks for and gets. NTLM_56 only goes with NTLM_128: clients list both. */
#define GRANTED                                                                                    \
    (REQUIRED | NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE | NTLM_VERSION | NTLM_IDENTIFY |         \
     NTLM_ALWAYS_SIGN | NTLM_56)
#define OURS                                                                                       \
    (NTLM_REQUEST_TARGET | NTLM_TARGET_DOMAIN | NTLM_TARGET_INFO | NTLM_NTLM | NTLM_ALWAYS_SIGN)

static enum err refuse(struct acceptor_context *c, uint32_t ntstatus, enum reason reason)
{
    c->ntstatus = ntstatus;
    return acceptor_refuse(c, 0, reason);
}

static enum err malformed(struct acceptor_context *c)
{
    return acceptor_refuse(c, 0, REASON_AUTH_TOKEN_MALFORMED);
}

/* --- CHALLENGE ----------------------------------------------------------------------------------
 */

struct span ntlm_dc_name(const struct acceptor *acc)
{
    return span_of(acc->account, strlen(acc->account) - 1);
}

/* "dc1.cloud.example.com" */
struct span ntlm_dns_name(const struct acceptor *acc, const struct dir_naming *n, struct arena *a)
{
    struct span host = ascii_lower(a, ntlm_dc_name(acc));
    const char *text = arena_printf(a, "%.*s.%.*s", SPAN_ARG(host), SPAN_ARG(n->dns_name));
    return span_str(text);
}

static struct span wide(struct span text, struct arena *a)
{
    struct span out;
    return text_to_utf16(text, a, &out) == ERR_OK ? out : SPAN_NONE;
}

static enum err target_info(struct acceptor_context *c, const struct dir_naming *n, struct arena *a,
                            struct span *out)
{
    struct builder b;
    struct ntlm_target_info i = {.computer = wide(ntlm_dc_name(c->acc), a),
                                 .domain = wide(n->flat_name, a),
                                 .dns_computer = wide(ntlm_dns_name(c->acc, n, a), a),
                                 .dns_domain = wide(n->dns_name, a),
                                 .dns_tree = wide(n->forest_name, a),
                                 .has_timestamp = true,
                                 .timestamp = utime_to_filetime(c->acc->env.now())};
    builder_in(&b, a, NTLM_MESSAGE_MAX);
    ntlm_put_target_info(&b, &i);
    return arena_failed(a) ? ERR_NOMEM : builder_done(&b, out);
}

static enum err put_challenge(struct acceptor_context *c, uint32_t flags, struct arena *a,
                              struct span *out)
{
    struct dir_snap s;
    struct dir_naming n;
    struct builder b;
    struct ntlm_challenge m = {.flags = (flags & GRANTED) | OURS};
    c->acc->env.random(m.challenge, sizeof(m.challenge));
    TRY(dir_snap_begin(c->acc->env.dir, &s));
    enum err e = dir_naming(&s, &n);
    if (e == ERR_OK)
        e = target_info(c, &n, a, &m.target_info);
    if (e == ERR_OK)
        m.target = wide(n.flat_name, a);
    dir_snap_end(&s);
    TRY(e);
    builder_in(&b, a, NTLM_MESSAGE_MAX);
    ntlm_put_challenge(&b, &m);
    TRY(builder_done(&b, out));
    c->ntlm.flags = m.flags;
    memcpy(c->ntlm.challenge, m.challenge, sizeof(m.challenge));
    return ERR_OK;
}

static enum err take_negotiate(struct acceptor_context *c, struct span token, struct arena *a,
                               struct span *out)
{
    struct ntlm_negotiate m;
    if (ntlm_negotiate_decode(token, &m) != ERR_OK)
        return malformed(c);
    if ((m.flags & REQUIRED) != REQUIRED || (m.flags & NTLM_DATAGRAM))
        return refuse(c, NTSTATUS_NOT_SUPPORTED, REASON_NTLM_WEAK);
    TRY(put_challenge(c, m.flags, a, out));
    c->ntlm.sent[0] = arena_dup_span(&c->memory, token);
    c->ntlm.sent[1] = arena_dup_span(&c->memory, *out);
    return arena_failed(&c->memory) ? ERR_NOMEM : ERR_OK;
}

/* --- AUTHENTICATE -------------------------------------------------------------------------------
 */

/* Where one AUTHENTICATE stands. */
struct exchange {
    struct acceptor_context *c;
    struct arena *a;
    struct span token;
    struct ntlm_authenticate m;
    struct ntlm_v2_response v2; /* not of nobody */
    bool anonymous;
    uint32_t flags;
};

/* Samba's nobody gives up extended security in its last message. What protects nothing may: such a
 * session signs and seals nothing. */
static enum err take_flags(struct exchange *x)
{
    x->flags = x->m.flags & x->c->ntlm.flags;
    bool weak = (x->flags & REQUIRED) != REQUIRED;
    if (weak && x->anonymous)
        x->flags &= ~(uint32_t)(NTLM_SIGN | NTLM_SEAL);
    else if (weak)
        return refuse(x->c, NTSTATUS_NOT_SUPPORTED, REASON_NTLM_WEAK);
    bool sessions = x->flags & (NTLM_SIGN | NTLM_SEAL);
    bool wanted = (x->flags & NTLM_KEY_EXCHANGE) && (sessions || x->m.session_key.len);
    if (wanted && x->m.session_key.len != NTLM_KEY_SIZE)
        return malformed(x->c);
    if (!wanted)
        x->flags &= ~(uint32_t)NTLM_KEY_EXCHANGE;
    return ERR_OK;
}

/* Nobody: no name and no response ([MS-NLMP] 3.2.5.1.2); LM's is empty or a zero byte. */
static bool is_anonymous(const struct ntlm_authenticate *m)
{
    return m->user.len == 0 && m->nt.len == 0 &&
           (m->lm.len == 0 || (m->lm.len == 1 && m->lm.ptr[0] == 0));
}

static enum err open_message(struct exchange *x)
{
    if (ntlm_authenticate_decode(x->token, &x->m) != ERR_OK)
        return malformed(x->c);
    x->anonymous = is_anonymous(&x->m);
    TRY(take_flags(x));
    if (x->anonymous)
        return ERR_OK;
    if (x->m.nt.len <= NTLM_V1_RESPONSE)
        return refuse(x->c, NTSTATUS_LOGON_FAILURE, REASON_NTLM_VERSION);
    return ntlm_v2_response_decode(x->m.nt, &x->v2) == ERR_OK ? ERR_OK : malformed(x->c);
}

static enum err check_mic(struct exchange *x, const uint8_t exported[NTLM_KEY_SIZE])
{
    static const uint8_t zeros[NTLM_MIC_SIZE];
    uint8_t mic[16];
    x->c->ntlm.mic = x->v2.info.flags & NTLM_AV_MIC;
    if (!x->c->ntlm.mic)
        return ERR_OK;
    if (!x->m.mic.ptr)
        return malformed(x->c);
    struct span parts[] = {x->c->ntlm.sent[0], x->c->ntlm.sent[1],
                           span_sub(x->token, 0, NTLM_MIC_AT), span_of(zeros, sizeof(zeros)),
                           span_sub(x->token, NTLM_MIC_AT + NTLM_MIC_SIZE, x->token.len)};
    ntlm_mic(exported, parts, 5, mic);
    return mem_eq_ct(mic, x->m.mic.ptr, sizeof(mic))
               ? ERR_OK
               : refuse(x->c, NTSTATUS_INVALID_PARAMETER, REASON_NTLM_MIC);
}

/* As with Kerberos: bindings that differ are refused, and none are let in. A client that knows of
 * bindings says so by sending zeros where it has no channel; on a channel that is a contradiction.
 */
static enum err check_bindings(struct exchange *x)
{
    struct acceptor_context *c = x->c;
    if (!c->ntlm.has_bindings || !x->v2.info.binding.ptr)
        return ERR_OK;
    if (!mem_eq_ct(c->ntlm.bindings, x->v2.info.binding.ptr, sizeof(c->ntlm.bindings)))
        return refuse(c, NTSTATUS_BAD_BINDINGS, REASON_AUTH_CHANNEL_BINDINGS);
    c->session.bound = true;
    return ERR_OK;
}

static enum err check_target(struct exchange *x)
{
    struct dir_snap s;
    const struct ntlm_target_info *i = &x->v2.info;
    TRY(dir_snap_begin(x->c->acc->env.dir, &s));
    bool ours = ntlm_is_target(x->c->acc, &s, i, x->a);
    dir_snap_end(&s);
    return ours ? ERR_OK : refuse(x->c, NTSTATUS_ACCESS_DENIED, REASON_NTLM_TARGET);
}

static uint32_t gss_flags(uint32_t flags)
{
    uint32_t out = flags & NTLM_IDENTIFY ? GSS_FLAG_IDENTIFY : 0;
    if (flags & NTLM_SIGN)
        out |= GSS_FLAG_INTEG | GSS_FLAG_REPLAY | GSS_FLAG_SEQUENCE;
    if (flags & NTLM_SEAL)
        out |= GSS_FLAG_CONF | GSS_FLAG_INTEG;
    return out;
}

static void start_session(struct exchange *x, const uint8_t exported[NTLM_KEY_SIZE])
{
    struct acceptor_context *c = x->c;
    bool exchanged = x->flags & NTLM_KEY_EXCHANGE;
    ntlm_stream_init(&c->ntlm.send, exported, NTLM_SERVER, exchanged);
    ntlm_stream_init(&c->ntlm.receive, exported, NTLM_CLIENT, exchanged);
    c->session.session_key = (struct krb_key){.etype = ETYPE_RC4_HMAC, .len = NTLM_KEY_SIZE};
    memcpy(c->session.session_key.bytes, exported, NTLM_KEY_SIZE);
    c->session.flags = gss_flags(x->flags);
    c->session.anonymous = x->anonymous;
    c->session.mech = SPNEGO_MECH_NTLMSSP;
    c->session.endtime = UTIME_NEVER;
    c->session.token = &c->token;
}

/* Who it is, is known; now whether the messages, the channel and the target are what it saw. */
static enum err finish(struct exchange *x, const uint8_t base_key[NTLM_KEY_SIZE])
{
    uint8_t exported[NTLM_KEY_SIZE];
    memcpy(exported, base_key, sizeof(exported));
    if (x->flags & NTLM_KEY_EXCHANGE)
        ntlm_exchange(base_key, x->m.session_key.ptr, exported);
    enum err e = x->anonymous ? ERR_OK : check_mic(x, exported);
    if (e == ERR_OK && !x->anonymous)
        e = check_bindings(x);
    if (e == ERR_OK && !x->anonymous)
        e = check_target(x);
    if (e == ERR_OK)
        start_session(x, exported);
    mem_wipe(exported, sizeof(exported));
    return e;
}

/* --- who it is ----------------------------------------------------------------------------------
 */

static enum err nobody(struct exchange *x)
{
    static const uint8_t zeros[NTLM_KEY_SIZE];
    struct acceptor_context *c = x->c;
    if (!c->acc->env.ntlm->anonymous)
        return refuse(c, NTSTATUS_ACCESS_DENIED, REASON_NTLM_ANONYMOUS);
    c->token = dir_token_anonymous;
    c->session.user = SPAN_LIT("ANONYMOUS LOGON");
    c->session.domain = SPAN_LIT("NT AUTHORITY");
    c->session.principal = SPAN_LIT("NT AUTHORITY\\ANONYMOUS LOGON");
    return finish(x, zeros);
}

/* The names as the client wrote them, for events; later our own spelling. */
static enum err set_names(struct exchange *x, struct span domain, struct span user)
{
    struct acceptor_session *s = &x->c->session;
    s->domain = arena_dup_span(&x->c->memory, domain);
    s->user = arena_dup_span(&x->c->memory, user);
    s->principal =
        span_str(arena_printf(&x->c->memory, "%.*s\\%.*s", SPAN_ARG(domain), SPAN_ARG(user)));
    return arena_failed(&x->c->memory) ? ERR_NOMEM : ERR_OK;
}

static enum err take_names(struct exchange *x)
{
    struct span domain, user;
    enum err e = text_from_utf16(x->m.domain, x->a, &domain);
    if (e == ERR_OK)
        e = text_from_utf16(x->m.user, x->a, &user);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : malformed(x->c);
    return set_names(x, domain, user);
}

static enum err pass_through(struct exchange *x, const struct trust *trust, struct span workstation)
{
    struct acceptor_context *c = x->c;
    const struct acceptor_ntlm_ops *ops = c->acc->env.ntlm;
    struct acceptor_ntlm_ask ask = {.trust = trust,
                                    .domain = c->session.domain,
                                    .user = c->session.user,
                                    .workstation = workstation,
                                    .challenge = c->ntlm.challenge,
                                    .nt_response = x->m.nt,
                                    .lm_response = x->m.lm};
    enum reason why = ops->pass_through ? trust_may_pass(trust) : REASON_NTLM_DOMAIN_NOT_ASKED;
    if (why != REASON_NONE)
        return refuse(c, NTSTATUS_NO_LOGON_SERVERS, why);
    c->ntlm.waiting = arena_dup_span(&c->memory, x->token);
    if (!c->ntlm.waiting.len)
        return ERR_NOMEM;
    enum err e = ops->pass_through(ops->pass_ctx, c, &ask);
    if (e == ERR_OK)
        return ERR_BUSY;
    c->ntlm.waiting = SPAN_NONE; /* nothing was begun that could be cancelled */
    return e == ERR_LIMIT ? refuse(c, NTSTATUS_NO_LOGON_SERVERS, REASON_NTLM_PARTNER_BUSY) : e;
}

static enum err local_session(struct exchange *x, const struct dir_snap *s,
                              const struct ntlm_verdict *v)
{
    struct dir_token token;
    struct dir_naming n;
    TRY(dir_naming(s, &n));
    TRY(set_names(x, n.flat_name, v->account.sam_name));
    TRY(acceptor_keep_token(x->c, dir_token_for_account(s, v->account.id, x->a, &token), &token));
    return ERR_OK;
}

static enum err logon(struct exchange *x, const struct dir_snap *s, struct span workstation,
                      struct ntlm_verdict *v)
{
    struct acceptor_context *c = x->c;
    const struct acceptor_ntlm_ops *ops = c->acc->env.ntlm;
    struct ntlm_logon l = {.snap = s,
                           .now = c->acc->env.now(),
                           .kind = POLICY_LOGON_NETWORK,
                           .user = x->m.user,
                           .domain = x->m.domain,
                           .workstation = workstation,
                           .challenge = c->ntlm.challenge,
                           .response = x->m.nt,
                           .intent = ops->intent,
                           .ctx = ops->ctx};
    TRY(ntlm_logon(&l, x->a, v));
    if (v->reason != REASON_NONE)
        return refuse(c, v->ntstatus, v->reason);
    return local_session(x, s, v);
}

/* *trust_out NULL: ours to judge. So is who names a domain that nobody knows, as in Windows:
 * clients that are not members of any name their workgroup. Not who names a partner that cannot be
 * asked: an account of ours with that name is somebody else. */
static enum err find_trust(struct exchange *x, const struct dir_snap *s,
                           const struct trust **trust_out)
{
    const struct acceptor_session *session = &x->c->session;
    struct route_facts facts;
    struct route route;
    struct dir_naming *n = arena_new(x->a, struct dir_naming);
    *trust_out = NULL;
    if (!n)
        return ERR_NOMEM;
    TRY(dir_naming(s, n));
    struct span name = ntlm_logon_domain(s, session->user, session->domain);
    if (!name.len || ascii_eq_fold(name, n->flat_name) || ascii_eq_fold(name, n->dns_name))
        return ERR_OK;
    TRY(auth_route_facts(s, n, x->a, &facts));
    trust_route_name(&facts, name, ROUTE_CLIENT, &route);
    if (route.kind == ROUTE_NONE &&
        (route.trust || auth_trust_named(facts.trusts, facts.trust_count, name)))
        return refuse(x->c, NTSTATUS_NO_LOGON_SERVERS, route.reason);
    *trust_out = route.kind == ROUTE_TRUST ? route.trust : NULL;
    return ERR_OK;
}

static enum err somebody(struct exchange *x)
{
    struct dir_snap s;
    struct ntlm_verdict v = {0};
    struct span workstation;
    const struct trust *trust;
    TRY(take_names(x));
    if (text_from_utf16(x->m.workstation, x->a, &workstation) != ERR_OK)
        return malformed(x->c);
    TRY(dir_snap_begin(x->c->acc->env.dir, &s));
    enum err e = find_trust(x, &s, &trust);
    if (e == ERR_OK && !trust)
        e = logon(x, &s, workstation, &v);
    dir_snap_end(&s);
    if (e == ERR_OK && trust)
        return pass_through(x, trust, workstation);
    if (e == ERR_OK)
        e = finish(x, v.base_key);
    mem_wipe(&v, sizeof(v));
    return e;
}

/* --- the steps ----------------------------------------------------------------------------------
 */

static void keep_bindings(struct acceptor_context *c, struct span bindings)
{
    c->ntlm.has_bindings = bindings.len > 0;
    if (c->ntlm.has_bindings)
        acceptor_hash_bindings(bindings, c->ntlm.bindings);
}

enum err acceptor_ntlm(struct acceptor_context *c, struct span token, struct span bindings,
                       struct arena *a, struct span *out, bool *done)
{
    struct exchange x = {.c = c, .a = a, .token = token};
    *done = false;
    *out = SPAN_NONE;
    if (!c->acc->env.ntlm)
        return acceptor_refuse(c, 0, REASON_AUTH_NO_MECHANISM);
    if (!c->ntlm.sent[0].len)
        return take_negotiate(c, token, a, out);
    TRY(open_message(&x));
    keep_bindings(c, bindings);
    TRY(x.anonymous ? nobody(&x) : somebody(&x));
    *done = true;
    return ERR_OK;
}

/* What was waited for is taken once. */
enum err acceptor_ntlm_resume(struct acceptor_context *c, const struct acceptor_ntlm_answer *answer,
                              struct arena *a)
{
    struct exchange x = {.c = c, .a = a, .token = c->ntlm.waiting};
    struct dir_snap s;
    struct dir_token token;
    c->ntlm.waiting = SPAN_NONE;
    TRY(open_message(&x));
    if (answer->reason != REASON_NONE)
        return refuse(c, answer->ntstatus, answer->reason);
    TRY(set_names(&x, answer->domain, answer->user));
    TRY(dir_snap_begin(c->acc->env.dir, &s));
    enum err e = acceptor_keep_token(
        c, dir_token_for_sids(&s, answer->sids, answer->sid_count, a, &token), &token);
    dir_snap_end(&s);
    TRY(e);
    return finish(&x, answer->session_key);
}

void acceptor_ntlm_free(struct acceptor_context *c)
{
    if (c->ntlm.waiting.len)
        c->acc->env.ntlm->cancel(c->acc->env.ntlm->pass_ctx, c);
}
