/*
 * The security context of an association ([MS-RPCE] 3.3.1.5.2). There is one at most: that several
 * share a connection is not offered.
 */
#include "rpc/rpc_channel.h"

static bool known_type(uint8_t type)
{
    return type == RPC_AUTH_SPNEGO || type == RPC_AUTH_NTLM || type == RPC_AUTH_KERBEROS ||
           type == RPC_AUTH_NETLOGON;
}

static bool begin(struct rpc_assoc *as, const struct rpc_auth *t)
{
    struct acceptor_waiter waiter = {rpc_assoc_answered, as, &as->who.client};

    if (!known_type(t->type) || t->level < RPC_LEVEL_CONNECT || t->level > RPC_LEVEL_PRIVACY ||
        (t->type != RPC_AUTH_NETLOGON &&
         acceptor_context_new(as->server->acceptor, &as->auth) != ERR_OK))
        return false;
    if (as->auth)
        acceptor_context_wait(as->auth, &waiter);
    as->auth_type = t->type;
    /* CALL is PKT on connections ([MS-RPCE] 2.2.1.1.8). */
    as->level = t->level;
    as->auth_id = t->context_id;
    return true;
}

static bool same(const struct rpc_assoc *as, const struct rpc_auth *t)
{
    return t->type == as->auth_type && t->level == as->level && t->context_id == as->auth_id;
}

/* From now on it is the context's identity that calls, whoever's pipe it is. */
static void learn(struct rpc_assoc *as)
{
    const struct acceptor_session *s = acceptor_session(as->auth);

    as->auth_done = true;
    as->who.token = s->token;
    as->who.anonymous = s->anonymous;
    as->who.user = s->user;
    as->who.domain = s->domain;
    /* LSA's secrets on a pipe are under the key of the SMB session, whoever else signs. */
    if (as->transport != RPC_ON_PIPE)
        as->who.session_key = acceptor_session_key(s);
}

/* otherwise: the reason when the security context has none. */
static bool refuse(struct rpc_assoc *as, enum reason otherwise)
{
    enum reason why = as->auth ? acceptor_reason(as->auth) : REASON_NONE;
    struct span who = as->auth ? acceptor_principal(as->auth) : SPAN_NONE;

    as->auth_failed = true;
    rpc_refused(as->server, &as->who, "rpc.bind", why ? why : otherwise, who);
    return false;
}

static enum err refused(struct rpc_assoc *as, enum reason otherwise)
{
    (void)refuse(as, otherwise);
    return ERR_REFUSED;
}

/* One token is all that there is. */
static enum err step_channel(struct rpc_assoc *as, const struct rpc_auth *t, struct span *token_out)
{
    enum reason why = rpc_channel_bind(as, t, token_out);

    as->auth_done = why == REASON_NONE;
    return as->auth_done ? ERR_OK : refused(as, why);
}

static enum err stepped(struct rpc_assoc *as, enum err e, bool done)
{
    if (e == ERR_BUSY)
        return e;
    if (e != ERR_OK)
        return refused(as, REASON_SERVER_FAILED);
    if (done)
        learn(as);
    return ERR_OK;
}

enum err rpc_auth_step(struct rpc_assoc *as, const struct rpc_pdu *pdu, struct span *token_out)
{
    bool done = false;

    *token_out = SPAN_NONE;
    if (pdu->auth.level == 0)
        return ERR_OK;
    if (as->auth_failed)
        return ERR_REFUSED;
    if (as->auth_type ? !same(as, &pdu->auth) || as->auth_done : !begin(as, &pdu->auth))
        return refused(as, REASON_RPC_AUTH_TYPE);
    if (pdu->type == RPC_BIND && pdu->flags & RPC_HEADER_SIGN)
        as->header_sign = true;
    if (as->auth_type == RPC_AUTH_NETLOGON)
        return step_channel(as, &pdu->auth, token_out);
    enum err e =
        acceptor_step(as->auth, pdu->auth.token, SPAN_NONE, &as->server->arena, token_out, &done);
    return stepped(as, e, done);
}

enum err rpc_auth_resume(struct rpc_assoc *as, const struct acceptor_ntlm_answer *answer,
                         struct span *token_out)
{
    bool done = false;
    enum err e = acceptor_resume(as->auth, answer, &as->server->arena, token_out, &done);

    return stepped(as, e, done);
}

bool rpc_auth_open(struct rpc_assoc *as, const struct rpc_pdu *pdu, uint8_t *bytes,
                   struct span stub)
{
    if (as->auth_failed)
        return false;
    if (as->auth_type && as->auth_done && as->level == RPC_LEVEL_CONNECT)
        return true;
    if (!as->auth_type && pdu->auth.level == 0)
        return true;
    /* A fragment without protection among those that have it (CVE-2021-23192). */
    if (!as->auth_done || !same(as, &pdu->auth))
        return refuse(as, REASON_RPC_NOT_PROTECTED);
    size_t at = (size_t)(stub.ptr - bytes);
    struct acceptor_rpc m = {.seal = as->level == RPC_LEVEL_PRIVACY,
                             .sign_header = as->header_sign,
                             .header = span_of(bytes, at),
                             .trailer = span_of(bytes + pdu->trailer_at, RPC_TRAILER_SIZE),
                             .body = bytes + at,
                             .body_len = pdu->trailer_at - at};
    if (as->channel)
        return rpc_channel_open(as->channel, &m, pdu->auth.token) == ERR_OK ||
               refuse(as, REASON_NETLOGON_FRAGMENT);
    if (acceptor_rpc_open(as->auth, &m, pdu->auth.token, &as->server->arena) == ERR_OK)
        return true;
    return refuse(as, REASON_SERVER_FAILED);
}

size_t rpc_auth_token(const struct rpc_assoc *as)
{
    if (!as->auth_done || as->level == RPC_LEVEL_CONNECT)
        return 0;
    if (as->channel)
        return rpc_channel_token_size();
    return acceptor_rpc_token_size(as->auth, as->level == RPC_LEVEL_PRIVACY);
}

enum err rpc_auth_protect(struct rpc_assoc *as, uint8_t *bytes, const struct rpc_layout *l)
{
    struct acceptor_rpc m = {.seal = as->level == RPC_LEVEL_PRIVACY,
                             .sign_header = as->header_sign,
                             .header = span_of(bytes + l->start, l->stub - l->start),
                             .trailer = span_of(bytes + l->trailer, RPC_TRAILER_SIZE),
                             .body = bytes + l->stub,
                             .body_len = l->trailer - l->stub};

    if (as->channel) {
        rpc_channel_protect(as->server, as->channel, &m, bytes + l->token);
        return ERR_OK;
    }
    return acceptor_rpc_protect(as->auth, &m, &as->server->arena, bytes + l->token);
}
