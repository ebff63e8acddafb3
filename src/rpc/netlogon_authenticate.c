/*
 * NETLOGON, making a session ([MS-NRPC] 3.5.4.4.1, 3.5.4.4.2, 3.5.4.4.4). It proves that both sides
 * have the account's password, and agrees on AES or on nothing.
 */
#include "rpc/netlogon_service.h"

#include "base/text.h"
#include "directory/volatile.h"
#include "wire/rpc/netlogon_channel.h"

/* 3.1.4.2: all that exists but RODC pass-through and Kerberos in the place of a channel. */
#define SERVER_FLAGS 0x611fffff

void netlogon_event(const struct rpc_ctx *c, const char *name, enum reason why, struct span account,
                    struct span computer)
{
    char client[PLAT_ADDR_TEXT];
    struct event ev;

    event_init(&ev, c->env->now(), name, why);
    event_text(&ev, "client", plat_addr_text(&c->who->client, client));
    event_text(&ev, "call", span_str(c->call));
    event_text(&ev, "account", account);
    event_text(&ev, "computer", computer);
    event_emit(c->env->events, &ev);
}

uint32_t netlogon_req_challenge(struct rpc_ctx *c, void *args)
{
    struct netlogon_req_challenge *x = args;
    uint8_t *ours = x->server_challenge.bytes;

    do
        c->env->random(ours, sizeof(x->server_challenge.bytes));
    while (netlogon_challenge_weak(ours));
    netlogon_challenge_put(c->server->sessions, c->assoc, x->computer, x->client_challenge.bytes,
                           ours);
    return NT_OK;
}

/* Does the client's credential prove one of the account's secrets? Then *out has it and the chain,
 * and the server's credential is made. */
static bool prove(const struct netlogon_account *acc, const uint8_t client_challenge[8],
                  const uint8_t server_challenge[8], struct netlogon_authenticate3 *x,
                  struct netlogon_session *out)
{
    const uint8_t *given = x->client_credential.bytes;
    bool proved = false;

    for (unsigned i = 0; i < acc->count && !proved; i++) {
        uint8_t expected[NETLOGON_CREDENTIAL_SIZE];
        netlogon_session_key(acc->nt_hash[i], client_challenge, server_challenge, out->chain.key);
        netlogon_credential_make(out->chain.key, client_challenge, expected);
        proved = mem_eq_ct(expected, given, sizeof(expected));
        memcpy(out->nt_hash, acc->nt_hash[i], sizeof(out->nt_hash));
    }
    if (!proved) {
        mem_wipe(out, sizeof(*out));
        return false;
    }
    memcpy(out->chain.stored, given, sizeof(out->chain.stored));
    netlogon_credential_make(out->chain.key, server_challenge, x->server_credential.bytes);
    return true;
}

static enum reason challenge_of(struct rpc_ctx *c, const struct netlogon_authenticate3 *x,
                                uint8_t client[8], uint8_t server[8])
{
    if (!netlogon_challenge_take(c->server->sessions, c->assoc, x->computer, client, server))
        return REASON_NETLOGON_NO_CHALLENGE;
    return netlogon_challenge_weak(client) ? REASON_NETLOGON_CHALLENGE_WEAK : REASON_NONE;
}

static uint32_t refuse(struct rpc_ctx *c, const struct netlogon_authenticate3 *x, enum reason why,
                       uint32_t status)
{
    netlogon_event(c, "netlogon.authenticate", why, x->account, x->computer);
    return status;
}

static uint32_t find(struct rpc_ctx *c, const struct netlogon_authenticate3 *x,
                     struct netlogon_account *out)
{
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = netlogon_account_find(&v.snap, x->channel_type, x->account, c->arena, out);
    lsa_view_end(&v);
    if (e == ERR_NOT_FOUND || e == ERR_EXISTS)
        return refuse(c, x, REASON_NETLOGON_ACCOUNT, NT_NO_TRUST_SAM_ACCOUNT);
    return lsa_status(e);
}

static bool has_its_name(const struct netlogon_account *acc, struct span computer)
{
    return acc->name.len == computer.len + 1 &&
           ascii_eq_fold(span_sub(acc->name, 0, computer.len), computer);
}

/* Sessions go by computer names, which clients choose. One under which another account has a
 * session is taken by the computer of that name and by a partner's domain controller: whoever else
 * has a computer account must not end the channels of the others. */
static bool may_take(struct rpc_ctx *c, struct span computer, const struct netlogon_account *acc)
{
    const struct netlogon_session *there = netlogon_session_find(c->server->sessions, computer);
    struct lsa_view v;

    if (!there || sid_eq(&there->sid, &acc->sid) || acc->tdo || has_its_name(acc, computer))
        return true;
    if (lsa_view_begin(c, &v) != NT_OK)
        return false;
    enum reason why = netlogon_account_check(&v.snap, there);
    lsa_view_end(&v);
    return why != REASON_NONE && why != REASON_SERVER_FAILED;
}

static uint32_t authenticate(struct rpc_ctx *c, struct netlogon_authenticate3 *x)
{
    struct netlogon_session s = {.channel_type = x->channel_type, .requested = x->flags};
    uint8_t client[8], server[8];
    struct netlogon_account acc;
    enum reason why = challenge_of(c, x, client, server);
    uint32_t rid = 0, status;

    x->flags &= SERVER_FLAGS;
    if (!(x->flags & NETLOGON_NEG_AES))
        return refuse(c, x, REASON_NETLOGON_DOWNGRADE, NT_DOWNGRADE_DETECTED);
    if (why != REASON_NONE)
        return refuse(c, x, why, NT_ACCESS_DENIED);
    if ((status = find(c, x, &acc)) != NT_OK)
        return status;
    bool proved = prove(&acc, client, server, x, &s);
    mem_wipe(acc.nt_hash, sizeof(acc.nt_hash));
    if (!proved)
        return refuse(c, x, REASON_NETLOGON_SECRET, NT_ACCESS_DENIED);
    if (!may_take(c, x->computer, &acc)) {
        mem_wipe(&s, sizeof(s));
        return refuse(c, x, REASON_NETLOGON_COMPUTER, NT_INVALID_COMPUTER_NAME);
    }
    if (acc.tdo)
        vol_heard(c->env->dir, acc.tdo, utime_to_filetime(c->env->now()));
    s.flags = x->flags;
    s.account = acc.account;
    s.tdo = acc.tdo;
    s.sid = acc.sid;
    (void)sid_split(&acc.sid, &acc.sid, &rid);
    x->rid = rid;
    enum err e = netlogon_session_put(c->server->sessions, x->computer, &s);
    mem_wipe(&s, sizeof(s));
    if (e == ERR_RANGE)
        return refuse(c, x, REASON_NETLOGON_ACCOUNT, NT_INVALID_COMPUTER_NAME);
    refuse(c, x, REASON_NONE, NT_OK);
    return lsa_status(e);
}

uint32_t netlogon_authenticate3(struct rpc_ctx *c, void *args)
{
    return authenticate(c, args);
}

/* The same without the RID. */
uint32_t netlogon_authenticate2(struct rpc_ctx *c, void *args)
{
    struct netlogon_authenticate2 *x = args;
    struct netlogon_authenticate3 y = {.account = x->account,
                                       .channel_type = x->channel_type,
                                       .computer = x->computer,
                                       .client_credential = x->client_credential,
                                       .flags = x->flags};
    uint32_t status = authenticate(c, &y);

    x->flags = y.flags;
    x->server_credential = y.server_credential;
    return status;
}

/* --- calls over the channel ------------------------------------------------------------------- */

static uint32_t deny(struct rpc_ctx *c, enum reason why, struct span computer)
{
    netlogon_event(c, "netlogon.call", why, c->who->user, computer);
    return NT_ACCESS_DENIED;
}

/* 3.1.4.6: what does not come over a sealed channel is denied, whoever else has protected it. */
uint32_t netlogon_enter(struct rpc_ctx *c, struct span computer,
                        const struct netlogon_authenticator *asked,
                        struct netlogon_authenticator *answered, struct netlogon_session **out)
{
    const struct rpc_channel *channel = c->assoc->channel;
    struct netlogon_session *s;
    struct lsa_view v;

    if (!channel)
        return deny(c, REASON_NETLOGON_NOT_SEALED, computer);
    struct span ours = rpc_channel_computer(channel);
    s = netlogon_session_find(c->server->sessions, ours);
    /* Who authenticates anew, as a process beside others of the same computer may, goes on over
     * the connections that there are; another account with the computer's name does not. */
    if (!s || !sid_eq(&s->sid, rpc_channel_account(channel)) ||
        (computer.len && !ascii_eq_fold(computer, ours)))
        return deny(c, REASON_NETLOGON_SESSION, computer);
    if (asked && netlogon_chain_answer(&s->chain, asked->timestamp, asked->credential.bytes,
                                       answered->credential.bytes) != ERR_OK)
        return deny(c, REASON_NETLOGON_AUTHENTICATOR, computer);
    uint32_t status = lsa_view_begin(c, &v);
    if (status != NT_OK)
        return status;
    enum reason why = netlogon_account_check(&v.snap, s);
    lsa_view_end(&v);
    if (why != REASON_NONE)
        return deny(c, why, computer);
    *out = s;
    return NT_OK;
}

uint32_t netlogon_get_capabilities(struct rpc_ctx *c, void *args)
{
    struct netlogon_get_capabilities *x = args;
    struct netlogon_session *s;

    if (x->level != 1 && x->level != 2) {
        c->fault = RPC_FAULT_INVALID_TAG; /* no answer has such a level */
        return NT_INVALID_LEVEL;
    }
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);
    if (status == NT_OK)
        x->capabilities.server = x->level == 1 ? s->flags : s->requested;
    return status;
}
