#include "rpc/rpc_channel.h"

#include <stdlib.h>

#include "base/text.h"
#include "rpc/netlogon_account.h"
#include "wire/rpc/netlogon_token.h"

struct rpc_channel {
    struct netlogon_schannel crypt;
    struct sid account;
    struct dir_token token;
    struct span computer, user, domain;
    struct arena memory; /* of the token and the names */
};

void rpc_channel_free(struct rpc_channel *ch)
{
    arena_fini(&ch->memory);
    mem_wipe(ch, sizeof(*ch));
    free(ch);
}

/* The account as it is now: it may have been disabled since it authenticated. */
static enum err learn(struct dir *dir, const struct netlogon_session *s, struct rpc_channel *ch,
                      enum reason *why_out)
{
    struct arena *a = &ch->memory;
    struct dir_account acc;
    struct dir_naming naming;
    struct dir_snap snap;
    struct dir_obj o;

    TRY(dir_snap_begin(dir, &snap));
    enum reason why = netlogon_account_check(&snap, s);
    if (why != REASON_NONE)
        *why_out = why;
    enum err e = why == REASON_NONE ? ERR_OK : ERR_REFUSED;
    if (e == ERR_OK)
        e = dir_token_for_account(&snap, s->account, a, &ch->token);
    if (e == ERR_OK)
        e = dir_by_id(&snap, s->account, &o);
    if (e == ERR_OK)
        e = dir_account_of(&snap, &o, &acc);
    if (e == ERR_OK)
        e = dir_naming(&snap, &naming);
    if (e == ERR_OK) {
        ch->user = arena_dup_span(a, acc.sam_name);
        ch->domain = arena_dup_span(a, naming.flat_name);
    }
    dir_snap_end(&snap);
    return e == ERR_OK && arena_failed(a) ? ERR_NOMEM : e;
}

/* *why_out: of a failure. */
static enum err make(struct dir *dir, const struct netlogon_session *s, struct rpc_channel **out,
                     enum reason *why_out)
{
    struct rpc_channel *ch = calloc(1, sizeof(*ch));

    *why_out = REASON_SERVER_FAILED;
    if (!ch)
        return ERR_NOMEM;
    arena_init(&ch->memory, 0, ACCEPTOR_SESSION_MAX, 0);
    memcpy(ch->crypt.key, s->chain.key, sizeof(ch->crypt.key));
    ch->account = s->sid;
    ch->computer = arena_dup_span(&ch->memory, span_of(s->computer, s->computer_len));
    enum err e = learn(dir, s, ch, why_out);
    if (e != ERR_OK) {
        rpc_channel_free(ch);
        return e;
    }
    *out = ch;
    return ERR_OK;
}

static enum err answer(struct arena *a, struct span *out)
{
    struct netlogon_token t = {.answer = true};
    struct builder b;

    builder_in(&b, a, NETLOGON_TOKEN_MAX);
    netlogon_token_put(&b, &t);
    return builder_done(&b, out);
}

enum reason rpc_channel_bind(struct rpc_assoc *as, const struct rpc_auth *auth,
                             struct span *token_out)
{
    struct rpc_server *s = as->server;
    const struct netlogon_session *session;
    struct netlogon_token t;

    if (auth->level != RPC_LEVEL_PRIVACY)
        return REASON_NETLOGON_NOT_SEALED;
    if (netlogon_token_decode(auth->token, &s->arena, &t) != ERR_OK || t.answer ||
        (!t.computer.len && !t.computer_utf8.len))
        return REASON_AUTH_TOKEN_MALFORMED;
    session =
        netlogon_session_find(s->sessions, t.computer_utf8.len ? t.computer_utf8 : t.computer);
    if (!session)
        return REASON_NETLOGON_SESSION;
    enum reason why;
    if (make(s->env.dir, session, &as->channel, &why) != ERR_OK)
        return why;
    as->who.token = &as->channel->token;
    as->who.anonymous = false;
    as->who.user = as->channel->user;
    as->who.domain = as->channel->domain;
    if (as->transport != RPC_ON_PIPE)
        as->who.session_key = span_of(as->channel->crypt.key, sizeof(as->channel->crypt.key));
    return answer(&s->arena, token_out) == ERR_OK ? REASON_NONE : REASON_SERVER_FAILED;
}

struct span rpc_channel_computer(const struct rpc_channel *ch)
{
    return ch->computer;
}

const struct sid *rpc_channel_account(const struct rpc_channel *ch)
{
    return &ch->account;
}

/* --- fragments ------------------------------------------------------------------------------- */

static unsigned parts_of(const struct acceptor_rpc *m, struct span parts[3])
{
    if (!m->sign_header) {
        parts[0] = span_of(m->body, m->body_len);
        return 1;
    }
    parts[0] = m->header;
    parts[1] = span_of(m->body, m->body_len);
    parts[2] = m->trailer;
    return 3;
}

enum err rpc_channel_open(struct rpc_channel *ch, const struct acceptor_rpc *m, struct span token)
{
    struct span parts[3];
    unsigned count = parts_of(m, parts);

    return netlogon_unseal(&ch->crypt, parts, count, m->body, m->body_len, token);
}

size_t rpc_channel_token_size(void)
{
    return NETLOGON_SEAL_TOKEN;
}

void rpc_channel_protect(const struct rpc_server *s, struct rpc_channel *ch,
                         const struct acceptor_rpc *m, uint8_t *token)
{
    uint8_t confounder[NETLOGON_CONFOUNDER_SIZE];
    struct span parts[3];
    unsigned count = parts_of(m, parts);

    s->env.random(confounder, sizeof(confounder));
    netlogon_seal(&ch->crypt, parts, count, m->body, m->body_len, confounder, token);
}
