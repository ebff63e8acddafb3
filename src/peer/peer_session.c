#include "peer/peer_session.h"

#include <stdarg.h>

#include "base/text.h"
#include "plat/random.h"
#include "trust/trust_ask.h"
#include "wire/rpc/netlogon_channel.h"
#include "wire/rpc/netlogon_token.h"

/* What winbind and Windows ask for with AES ([MS-NRPC] 3.1.4.2). */
#define WANTED_FLAGS 0x611fffffu
#define NEEDED_FLAGS (NETLOGON_NEG_AES | NETLOGON_NEG_SECURE_RPC | NETLOGON_NEG_PASSWORD_SET2)

static const struct rpc_iface *const ifaces[] = {&netlogon_iface, &lsa_iface};
_Static_assert(TRUST_NETLOGON == 0 && TRUST_LSARPC == 1 && TRUST_INTERFACE__COUNT == 2,
               "interfaces of a session");

enum err peer_fail(struct peer_failure *f, uint32_t status, enum reason reason, const char *format,
                   ...)
{
    va_list args;
    f->status = status;
    f->reason = reason;
    va_start(args, format);
    vsnprintf(f->detail, sizeof(f->detail), format, args);
    va_end(args);
    return ERR_REFUSED;
}

/* A server without the interface, or without its calls for secure channels. */
static bool not_offered(uint32_t fault)
{
    return fault == RPC_FAULT_OPNUM || fault == RPC_FAULT_UNKNOWN_INTERFACE;
}

/* A step that did not get its answer. where: "port 135/tcp". */
static enum err fail_step(struct peer_failure *f, enum err e, uint32_t fault, const char *where)
{
    switch (e) {
    case ERR_CLOSED:
        return peer_fail(f, PEER_NO_LOGON_SERVERS, REASON_VERIFY_PORT_CLOSED, "%s is closed",
                         where);
    case ERR_TIMEOUT:
        return peer_fail(f, PEER_IO_TIMEOUT, REASON_VERIFY_PORT_SILENT, "%s gives no answer",
                         where);
    case ERR_IO:
        return peer_fail(f, PEER_NO_LOGON_SERVERS, REASON_VERIFY_PORT_SILENT,
                         "%s cannot be reached", where);
    case ERR_NOT_FOUND:
        return peer_fail(f, PEER_NO_LOGON_SERVERS, REASON_CHANNEL_NOT_OFFERED,
                         "%s: no NETLOGON is registered", where);
    case ERR_REFUSED:
        return peer_fail(f, PEER_ACCESS_DENIED,
                         not_offered(fault) ? REASON_CHANNEL_NOT_OFFERED : REASON_CHANNEL_REFUSED,
                         "%s: RPC fault 0x%08x", where, fault);
    case ERR_INTEGRITY:
        return peer_fail(f, PEER_TRUST_FAILURE, REASON_CHANNEL_BROKEN,
                         "%s: what came back is not sealed as agreed", where);
    case ERR_NOMEM:
        return peer_fail(f, PEER_NO_MEMORY, REASON_SERVER_FAILED, "no memory");
    default:
        return peer_fail(f, PEER_TRUST_FAILURE, REASON_CHANNEL_BROKEN,
                         "%s: the answer is not what RPC says (%s)", where, err_name(e));
    }
}

/* --- connections -------------------------------------------------------------------------------
 */

/* The domain is the one that the account is of, which is the server's: it refuses any other. */
static enum err auth_token(const struct peer_session *s, struct arena *a, struct span *out)
{
    struct builder b;
    struct netlogon_token token = {.domain = span_str(s->domain),
                                   .computer = span_str(s->computer)};
    builder_in(&b, a, NETLOGON_TOKEN_MAX);
    netlogon_token_put(&b, &token);
    return builder_done(&b, out);
}

/* Connects to the port of an interface and binds to it; with the key of the session or, while there
 * is none, without protection. */
static enum err connect_to(struct peer_session *s, unsigned interface, uint16_t port, bool sealed,
                           utime deadline, struct arena *a)
{
    struct span token = SPAN_NONE;
    struct peer_link *link = &s->link[interface];
    struct plat_addr at = s->dc.addr;
    plat_addr_set_port(&at, port);
    if (sealed)
        TRY(auth_token(s, a, &token));
    peer_link_close(link);
    TRY(peer_link_open(link, s->loop, &at, deadline));
    s->rpc[interface] = (struct peer_rpc){.transport = &peer_rpc_over_tcp, .ctx = link};
    return peer_rpc_bind(&s->rpc[interface], ifaces[interface], token, s->chain.key, a);
}

/* --- authentication ----------------------------------------------------------------------------
 */

static enum err fail_status(struct peer_failure *f, uint32_t status, const struct peer_secret *x)
{
    if (status == PEER_ACCESS_DENIED)
        return peer_fail(f, status, REASON_VERIFY_PASSWORD_DIFFERENT,
                         "%.*s was refused with the trust password", SPAN_ARG(x->domain));
    if (status == PEER_NO_TRUST_ACCOUNT || status == PEER_DOMAIN_NOT_FOUND)
        return peer_fail(f, status, REASON_VERIFY_HALF_MISSING, "it does not know %.*s (0x%08x)",
                         SPAN_ARG(x->domain), status);
    return peer_fail(f, status, REASON_CHANNEL_REFUSED, "%.*s was refused: 0x%08x",
                     SPAN_ARG(x->domain), status);
}

static void new_challenge(uint8_t out[NETLOGON_CREDENTIAL_SIZE])
{
    do
        plat_random(out, NETLOGON_CREDENTIAL_SIZE);
    while (netlogon_challenge_weak(out));
}

static enum err challenge(struct peer_session *s, const struct peer_secret *x,
                          const uint8_t hash[16], struct arena *a, struct netlogon_req_challenge *q)
{
    *q = (struct netlogon_req_challenge){.server = span_str(s->server), .computer = x->computer};
    new_challenge(q->client_challenge.bytes);
    TRY(peer_rpc_invoke(&s->rpc[TRUST_NETLOGON], NETLOGON_REQ_CHALLENGE, q, a));
    netlogon_session_key(hash, q->client_challenge.bytes, q->server_challenge.bytes, s->chain.key);
    return ERR_OK;
}

/* What the server says of itself and of the agreement. */
static enum err check_server(struct peer_session *s, const struct netlogon_req_challenge *c,
                             const struct netlogon_authenticate3 *q, struct peer_failure *f)
{
    uint8_t expected[NETLOGON_CREDENTIAL_SIZE];
    netlogon_credential_make(s->chain.key, c->server_challenge.bytes, expected);
    if (!mem_eq_ct(expected, q->server_credential.bytes, sizeof(expected)))
        return peer_fail(f, PEER_ACCESS_DENIED, REASON_CHANNEL_FORGED,
                         "it does not prove that it knows the trust password");
    if ((q->flags & NEEDED_FLAGS) != NEEDED_FLAGS)
        return peer_fail(f, PEER_TRUST_FAILURE, REASON_CHANNEL_WEAK,
                         "it agrees to 0x%08x, without AES or sealing", q->flags);
    s->flags = q->flags;
    return ERR_OK;
}

/* One password. ERR_DENIED: not this one; *f says so too. */
static enum err authenticate(struct peer_session *s, const struct peer_secret *x,
                             const uint8_t hash[16], const char *where, struct arena *a,
                             struct peer_failure *f)
{
    struct netlogon_req_challenge c;
    struct peer_rpc *rpc = &s->rpc[TRUST_NETLOGON];
    enum err e = challenge(s, x, hash, a, &c);
    if (e != ERR_OK)
        return fail_step(f, e, rpc->fault, where);
    if (c.status != PEER_OK)
        return fail_status(f, c.status, x);
    struct netlogon_authenticate3 q = {.server = span_str(s->server),
                                       .account = x->account,
                                       .channel_type = NETLOGON_CHANNEL_DNS_DOMAIN,
                                       .computer = x->computer,
                                       .flags = WANTED_FLAGS};
    netlogon_credential_make(s->chain.key, c.client_challenge.bytes, q.client_credential.bytes);
    memcpy(s->chain.stored, q.client_credential.bytes, sizeof(s->chain.stored));
    e = peer_rpc_invoke(rpc, NETLOGON_AUTHENTICATE3, &q, a);
    if (e != ERR_OK)
        return fail_step(f, e, rpc->fault, where);
    if (q.status != PEER_OK) {
        (void)fail_status(f, q.status, x);
        return q.status == PEER_ACCESS_DENIED ? ERR_DENIED : ERR_REFUSED;
    }
    return check_server(s, &c, &q, f);
}

static enum err authenticate_any(struct peer_session *s, const struct peer_secret *x,
                                 const char *where, struct arena *a, struct peer_failure *f)
{
    for (unsigned i = 0; i < x->basis.hashes; i++) {
        enum err e = authenticate(s, x, x->basis.hash[i], where, a, f);
        s->former = i > 0;
        if (e != ERR_DENIED)
            return e;
    }
    return ERR_REFUSED;
}

static enum err open_steps(struct peer_session *s, const struct peer_env *env,
                           const struct peer_secret *x, utime deadline, struct arena *a,
                           struct peer_failure *f)
{
    uint16_t port;
    uint32_t fault = 0;
    TRY(peer_secret_usable(x, f));
    enum err e = peer_epm_map(env->loop, &s->dc.addr, &netlogon_iface, deadline, a, &port, &fault);
    if (e != ERR_OK)
        return fail_step(f, e, fault, arena_printf(a, "port %u/tcp", plat_addr_port(&s->dc.addr)));
    const char *where = arena_printf(a, "port %u/tcp", port);
    e = connect_to(s, TRUST_NETLOGON, port, false, deadline, a);
    if (e != ERR_OK || !where)
        return fail_step(f, e, s->rpc[TRUST_NETLOGON].fault, where ? where : "");
    TRY(authenticate_any(s, x, where, a, f));
    e = connect_to(s, TRUST_NETLOGON, port, true, deadline, a);
    if (e != ERR_OK)
        return fail_step(f, e, s->rpc[TRUST_NETLOGON].fault, where);
    return peer_session_prove(s, deadline, a, f);
}

enum err peer_session_open(struct peer_session *s, const struct peer_env *env,
                           const struct peer_secret *secret, const struct peer_dc *dc,
                           utime deadline, struct arena *a, struct peer_failure *why_out)
{
    *s = (struct peer_session){.dc = *dc, .loop = env->loop, .basis = secret->basis};
    snprintf(s->server, sizeof(s->server), "\\\\%s", dc->host);
    snprintf(s->computer, sizeof(s->computer), "%.*s", SPAN_ARG(secret->computer));
    snprintf(s->domain, sizeof(s->domain), "%.*s", SPAN_ARG(secret->partner_flat));
    enum err e = open_steps(s, env, secret, deadline, a, why_out);
    if (e != ERR_OK)
        peer_session_close(s);
    else
        *why_out = (struct peer_failure){0}; /* of the first password */
    return e;
}

void peer_session_close(struct peer_session *s)
{
    for (unsigned i = 0; i < TRUST_INTERFACE__COUNT; i++)
        peer_link_close(&s->link[i]);
    mem_wipe(s, sizeof(*s));
}

bool peer_session_is_open(const struct peer_session *s)
{
    return peer_link_is_open(&s->link[TRUST_NETLOGON]);
}

/* --- calls -------------------------------------------------------------------------------------
 */

/* Interfaces other than NETLOGON are bound when they are first needed. */
static enum err reach(struct peer_session *s, unsigned interface, utime deadline, struct arena *a)
{
    uint16_t port;
    if (!peer_link_is_open(&s->link[interface])) {
        TRY(peer_epm_map(s->loop, &s->dc.addr, ifaces[interface], deadline, a, &port,
                         &s->rpc[interface].fault));
        TRY(connect_to(s, interface, port, true, deadline, a));
    }
    s->link[interface].deadline = deadline;
    return ERR_OK;
}

/* Through the call's struct: its authenticators and secrets are known by their members. All calls
 * of NETLOGON begin with the server's name, which who asks does not know. */
static enum err netlogon_call(struct peer_session *s, const struct rpc_call *call, struct span in,
                              struct arena *a, struct span *out_out)
{
    void *args = arena_alloc(a, call->type->size);
    struct builder b;
    if (!args)
        return ERR_NOMEM;
    if (ndr_decode_call(call->type, NDR_IN, in, a, args, NULL) != ERR_OK)
        return ERR_RANGE;
    struct span *server = args;
    if (!server->len)
        *server = span_str(s->server);
    TRY(peer_secrets_protect(&s->chain, call->opnum, args, a));
    TRY(peer_rpc_invoke(&s->rpc[TRUST_NETLOGON], call->opnum, args, a));
    TRY(peer_secrets_reveal(&s->chain, call->opnum, args));
    builder_in(&b, a, PEER_RPC_ANSWER_MAX);
    ndr_put_call(&b, call->type, NDR_OUT, args);
    return builder_done(&b, out_out);
}

static enum err any_call(struct peer_session *s, unsigned interface, uint16_t opnum, struct span in,
                         utime deadline, struct arena *a, struct span *out_out)
{
    const struct rpc_call *call = rpc_iface_call(ifaces[interface], opnum);
    if (!call)
        return ERR_UNSUPPORTED;
    TRY(reach(s, interface, deadline, a));
    if (interface == TRUST_NETLOGON)
        return netlogon_call(s, call, in, a, out_out);
    return peer_rpc_call(&s->rpc[interface], opnum, in, a, out_out);
}

enum err peer_session_call(struct peer_session *s, unsigned interface, uint16_t opnum,
                           struct span in, utime deadline, struct arena *a, struct span *out_out,
                           struct peer_failure *why_out)
{
    enum err e = any_call(s, interface, opnum, in, deadline, a, out_out);
    if (e == ERR_UNSUPPORTED || e == ERR_RANGE)
        (void)peer_fail(why_out, PEER_INVALID_PARAMETER, REASON_SERVER_FAILED,
                        "%s has no such call", ifaces[interface]->name);
    else if (e != ERR_OK)
        (void)fail_step(why_out, e, s->rpc[interface].fault, ifaces[interface]->name);
    return e;
}

enum err peer_session_prove(struct peer_session *s, utime deadline, struct arena *a,
                            struct peer_failure *why_out)
{
    struct peer_rpc *rpc = &s->rpc[TRUST_NETLOGON];
    struct netlogon_get_capabilities q = {
        .server = span_str(s->server), .computer = span_str(s->computer), .level = 1};
    s->link[TRUST_NETLOGON].deadline = deadline;
    enum err e = peer_secrets_protect(&s->chain, NETLOGON_GET_CAPABILITIES, &q, a);
    if (e == ERR_OK)
        e = peer_rpc_invoke(rpc, NETLOGON_GET_CAPABILITIES, &q, a);
    if (e == ERR_OK)
        e = peer_secrets_reveal(&s->chain, NETLOGON_GET_CAPABILITIES, &q);
    if (e != ERR_OK)
        return fail_step(why_out, e, rpc->fault, "the secure channel");
    if (q.status != PEER_OK || q.capabilities.server != s->flags)
        return peer_fail(why_out, PEER_TRUST_FAILURE, REASON_CHANNEL_WEAK,
                         "what was agreed (0x%08x) was changed on the way: 0x%08x", s->flags,
                         q.capabilities.server);
    return ERR_OK;
}
