/*
 * Logons by NTLM of accounts of a trusted domain: asked of its domain controllers over our secure
 * channel ([MS-APDS] 3.1.5, [MS-NRPC] 3.5.4.5.1). What they answer is believed as far as the trust
 * goes, as a ticket from there would be; then our own groups are added. Netlogon asks for who came
 * to a member (rpc/netlogon_pass.c), and the acceptor, by the table below, for who came to this
 * domain controller itself.
 */
#ifndef AUTH_NTLM_PARTNER_H
#define AUTH_NTLM_PARTNER_H

#include "auth/acceptor.h"
#include "base/event.h"
#include "directory/directory.h"
#include "plat/channel.h"
#include "wire/rpc/netlogon_logon.h"

/* The server that somebody wants to reach. */
struct ntlm_crossing {
    struct dir *dir;
    const struct event_sink *events;
    utime now;
    dir_id trust;  /* object of the trust that is asked over */
    dir_id server; /* account of the server, for selective authentication */
    struct sid server_sid;
};

struct ntlm_partner_verdict {
    enum reason reason; /* REASON_NONE: let in */
    uint32_t ntstatus;
    bool authoritative;
    struct netlogon_sam_info4 *info; /* with a session key in clear; zeros: none */
};

/* The message that asks. server: NetBIOS name of this domain controller. level, what: of the logon,
 * which need not be transitive. */
enum err ntlm_partner_ask(struct span partner, struct span server, uint16_t level,
                          union netlogon_level what, struct arena *a, struct span *out);
/* e, reply: what became of it. An error is ours: nothing was decided. */
enum err ntlm_partner_judge(const struct ntlm_crossing *x, enum err e, struct span reply,
                            struct arena *a, struct ntlm_partner_verdict *out);

/* --- for the acceptor ---------------------------------------------------------------------------
 */

/* Fewer than the seats that a peer has for RPC (PEER_SEATS_RPC): the others are for members. */
#define NTLM_ASKS_MAX  64 /* that wait for an answer */
#define NTLM_ASKS_EACH 16 /* of one client, by its address */

struct ntlm_partner_env {
    struct dir *dir; /* with the ACCOUNT secrets */
    const struct event_sink *events;
    utime (*now)(void);
    struct span server; /* NetBIOS name of this domain controller */
    /* As struct rpc_env has them. */
    enum err (*ask)(void *ctx, uint32_t type, struct span payload, utime timeout,
                    struct plat_call *call);
    void (*ask_cancel)(void *ctx, struct plat_call *call);
    void *ask_ctx;
};

/* One a process; freed after the contexts that ask by it. Not thread-safe. */
struct ntlm_partners;
enum err ntlm_partners_new(const struct ntlm_partner_env *env, struct ntlm_partners **out);
void ntlm_partners_free(struct ntlm_partners *p);

/* acceptor_ntlm_ops.pass_through and cancel; the context has a waiter. */
enum err ntlm_partners_pass(void *partners, struct acceptor_context *c,
                            const struct acceptor_ntlm_ask *ask);
void ntlm_partners_cancel(void *partners, struct acceptor_context *c);

#endif
