/*
 * The process that speaks Windows' own protocols: SMB, and over its pipes DCE/RPC. One for each
 * domain controller, because handles and associations span connections.
 */
#include <stdio.h>
#include <unistd.h>

#include "auth/ntlm_partner.h"
#include "base/text.h"
#include "directory/controllers.h"
#include "plat/clock.h"
#include "plat/files.h"
#include "plat/random.h"
#include "rpc/rpc.h"
#include "serve/serve.h"
#include "serve/serve_sysvol.h"
#include "smb/smb.h"
#include "wire/rpc/srvsvc.h"

struct rpc_role {
    struct smb_server *smb;
    struct rpc_server *rpc;
    struct ntlm_partners *partners;
    struct acceptor_ntlm_ops ntlm;
    struct plat_channel *peer; /* NULL while there is no link */
};

/* --- pipes: SMB and RPC do not know each other ------------------------------------------------ */

static void pipe_ready(void *waiter)
{
    smb_pipe_ready(waiter);
}

static enum err pipe_open(void *ctx, struct span name, const struct smb_pipe_session *who,
                          struct smb_pipe_waiter *waiter, void **pipe_out)
{
    struct rpc_role *role = ctx;
    struct rpc_caller caller = {.token = who->token,
                                .anonymous = who->anonymous,
                                .user = who->user,
                                .domain = who->domain,
                                .session_key = span_of(who->session_key, sizeof(who->session_key)),
                                .client = who->client};
    struct rpc_pipe *p;

    TRY(rpc_pipe_open(role->rpc, name, &caller, pipe_ready, waiter, &p));
    *pipe_out = p;
    return ERR_OK;
}

static enum err pipe_write(void *pipe, struct span bytes)
{
    return rpc_pipe_write(pipe, bytes);
}

static enum err pipe_read(void *pipe, size_t max, struct arena *a, struct span *out, bool *more_out)
{
    return rpc_pipe_read(pipe, max, a, out, more_out);
}

static void pipe_close(void *pipe)
{
    rpc_pipe_close(pipe);
}

static const struct smb_pipe_ops pipes = {
    .open = pipe_open, .write = pipe_write, .read = pipe_read, .close = pipe_close};

/* --- the peer ----------------------------------------------------------------------------------
 */

static void peer_gone(void *ctx, struct plat_channel *ch, enum err why)
{
    struct rpc_role *role = ctx;

    (void)why;
    if (role->peer == ch)
        role->peer = NULL;
    plat_channel_free(ch);
}

/* The peer only answers. */
static void peer_spoke(void *ctx, struct plat_channel *ch, struct plat_msg *msg)
{
    (void)msg;
    peer_gone(ctx, ch, ERR_MALFORMED);
}

void serve_linked_rpc(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    static const struct plat_channel_ops ops = {.message = peer_spoke, .closed = peer_gone};
    struct rpc_role *role = child->state;
    struct plat_channel *ch, *old = role->peer;

    (void)payload;
    if (type != SERVE_LINK_PEER || plat_channel_new(child->loop, fd, &ops, role, &ch) != ERR_OK) {
        close(fd);
        return;
    }
    role->peer = ch;
    if (old)
        plat_channel_free(old);
}

static enum err ask_peer(void *ctx, uint32_t type, struct span payload, utime timeout,
                         struct plat_call *call)
{
    struct rpc_role *role = ctx;

    return role->peer ? plat_channel_start(role->peer, type, payload, timeout, call) : ERR_CLOSED;
}

/* A call whose link is gone is over. */
static void ask_cancel(void *ctx, struct plat_call *call)
{
    struct rpc_role *role = ctx;

    if (role->peer)
        plat_channel_cancel(role->peer, call);
}

static enum err controllers(void *ctx, struct arena *a, struct span *out, unsigned max,
                            unsigned *count_out)
{
    struct serve_child *child = ctx;
    struct dir_snap s;

    TRY(dir_snap_begin(child->dir, &s));
    enum err e = dir_controllers(&s, a, out, max, count_out);
    dir_snap_end(&s);
    return e;
}

/* NTLM at both services, for accounts of trusted domains, too. */
static enum err begin_ntlm(struct serve_child *child, struct rpc_role *role)
{
    const struct control_dc *dc = serve_child_dc(child);
    struct ntlm_partner_env env = {
        .dir = child->dir,
        .events = child->events,
        .now = plat_now,
        .server = ascii_upper(&child->memory, span_sub(dc->host, 0, 15)),
        .ask = ask_peer,
        .ask_cancel = ask_cancel,
        .ask_ctx = role,
    };

    TRY(ntlm_partners_new(&env, &role->partners));
    role->ntlm = (struct acceptor_ntlm_ops){.ctx = child,
                                            .intent = serve_intent,
                                            .pass_through = ntlm_partners_pass,
                                            .cancel = ntlm_partners_cancel,
                                            .pass_ctx = role->partners,
                                            .names = dc->address,
                                            .name_count = dc->address_count,
                                            .anonymous = true};
    return ERR_OK;
}

static enum err listen_all(struct rpc_role *role)
{
    for (unsigned i = 0; i < CONTROL_DC_ADDRESSES_MAX; i++) {
        int smb = serve_child_socket(445, false, i);
        int mapper = serve_child_socket(RPC_PORT_MAPPER, false, i);
        int rpc = serve_child_socket(RPC_PORT_INTERFACES, false, i);
        if (smb >= 0)
            TRY(smb_server_listen(role->smb, smb));
        if (mapper >= 0)
            TRY(rpc_server_listen(role->rpc, mapper, true));
        if (rpc >= 0)
            TRY(rpc_server_listen(role->rpc, rpc, false));
    }
    return ERR_OK;
}

/* The endpoint mapper tells addresses of IPv4 only: the first one, if any. */
static void ipv4_of(const struct control_dc *dc, uint8_t out[4])
{
    struct plat_addr addr;

    for (unsigned i = 0; i < dc->address_count; i++) {
        if (plat_addr_parse(dc->address[i], 0, &addr) == ERR_OK && !plat_addr_is_v6(&addr)) {
            memcpy(out, plat_addr_host(&addr).ptr, 4);
            return;
        }
    }
}

/* As src/smb has them. */
/* SPAN_LIT is no constant expression. */
#define SPAN_STATIC(s)                                                                             \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }
static const struct rpc_share shares[] = {
    {SPAN_STATIC("IPC$"), SPAN_STATIC("Pipes"), SRVSVC_IPC | SRVSVC_SPECIAL},
    {SPAN_STATIC("NETLOGON"), SPAN_STATIC("Logon scripts"), SRVSVC_DISK},
    {SPAN_STATIC("SYSVOL"), SPAN_STATIC("Group policy"), SRVSVC_DISK},
};

static enum err begin_rpc(struct serve_child *child, struct rpc_role *role)
{
    struct rpc_env env = {.loop = child->loop,
                          .dir = child->dir,
                          .events = child->events,
                          .host = serve_child_dc(child)->host,
                          .site = serve_child_site(child),
                          .shares = shares,
                          .intent = serve_intent,
                          .intent_ctx = child,
                          .ask = ask_peer,
                          .ask_cancel = ask_cancel,
                          .ask_ctx = role,
                          .share_count = sizeof(shares) / sizeof(shares[0]),
                          .ntlm = &role->ntlm,
                          .now = plat_now,
                          .random = plat_random};

    ipv4_of(serve_child_dc(child), env.address);
    return rpc_server_new(&env, &role->rpc);
}

enum err serve_begin_rpc(struct serve_child *child, const char **why_out)
{
    const struct control_spec *spec = &child->setup.spec;
    struct rpc_role *role = arena_new(&child->memory, struct rpc_role);

    const char *sysvol = serve_sysvol_path(child->setup.path, &child->memory);

    *why_out = "no memory";
    if (!role || !sysvol)
        return ERR_NOMEM;
    struct smb_env env = {.loop = child->loop,
                          .dir = child->dir,
                          .events = child->events,
                          .domain = spec->dns_name,
                          .host = serve_child_dc(child)->host,
                          .controllers = controllers,
                          .controllers_ctx = child,
                          .sysvol = sysvol,
                          .ntlm = &role->ntlm,
                          .now = plat_now,
                          .random = plat_random,
                          .pipes = &pipes,
                          .pipes_ctx = role};
    *why_out = "the RPC service cannot begin";
    TRY(begin_ntlm(child, role));
    TRY(begin_rpc(child, role));
    *why_out = "the SMB service cannot listen";
    TRY(smb_server_new(&env, &role->smb));
    child->state = role;
    return listen_all(role);
}
