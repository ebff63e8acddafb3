/*
 * NETLOGON, logons that members and partners pass to us: what the calls share. An account of our
 * own is decided here (netlogon_here.c), one of a trusted domain by that domain's domain
 * controllers (netlogon_pass.c).
 */
#ifndef RPC_NETLOGON_LOGON_H
#define RPC_NETLOGON_LOGON_H

#include "directory/keys.h"
#include "rpc/netlogon_service.h"
#include "wire/rpc/netlogon_logon.h"

/* One logon, whichever of the calls it came by; in the arena of the call, which wipes. */
struct netlogon_logon {
    uint8_t key[NETLOGON_KEY_SIZE]; /* of the session, which may be gone when the answer comes */
    dir_id server, tdo;             /* account of the channel; tdo 0: of a computer */
    struct sid server_sid;
    uint16_t channel_type;
    uint16_t level; /* enum netlogon_logon_level */
    union netlogon_level what;
    const struct netlogon_identity *who;
    uint16_t validation_level; /* of the answer, as the rest */
    union netlogon_validation *validation;
    uint8_t *authoritative;
};

/* What a domain controller says of who has logged on, in the arena. */
struct netlogon_welcome {
    struct pac_logon_info info; /* with the session key in clear; zeros: none */
    struct span dns_domain, upn;
};

/* The event of the outcome, and the status to answer. */
uint32_t netlogon_decide(struct rpc_ctx *c, const struct netlogon_logon *l, enum reason why,
                         uint32_t status);
/* Nothing was decided, because of us. */
uint32_t netlogon_failed(struct rpc_ctx *c, const struct netlogon_logon *l, enum err e);
/* Nobody we know of: who asked may look further. */
uint32_t netlogon_not_here(struct rpc_ctx *c, const struct netlogon_logon *l, enum reason why);
/* Lets in: the answer is made in the form that was asked for. */
uint32_t netlogon_let_in(struct rpc_ctx *c, const struct netlogon_logon *l,
                         struct netlogon_welcome *w);

static inline bool netlogon_is_network(const struct netlogon_logon *l)
{
    return l->level == NETLOGON_NETWORK || l->level == NETLOGON_NETWORK_TRANSITIVE;
}

/* Decides over an account of ours. */
uint32_t netlogon_logon_here(struct rpc_ctx *c, const struct netlogon_logon *l,
                             const struct lsa_view *v);
/* What is no logon but a message to a security package of the domain controller: Kerberos alone,
 * which verifies PACs. */
uint32_t netlogon_generic(struct rpc_ctx *c, struct netlogon_logon *l);
/* One of krbtgt's keys, former ones too: tickets outlive them, and so do their PACs. */
struct pac_request;
bool netlogon_pac_signed(const struct pac_request *q, const struct dir_account_keys *krbtgt);
/* Asks the trusted domain, whose answer is filtered as the trust demands. What it returns is to be
 * returned. */
struct trust;
uint32_t netlogon_pass(struct rpc_ctx *c, struct netlogon_logon *l, const struct trust *t);

#endif
