/* The calls, and what there is before them. */
#include "base/text.h"
#include "base/times.h"
#include "channel_load.h"
#include "crypt/krb_crypto.h"
#include "crypt/ntlm_crypto.h"
#include "plat/clock.h"
#include "plat/random.h"
#include "wire/ntlm/ntlm.h"
#include "wire/rpc/lsa_lookup.h"
#include "wire/rpc/netlogon_channel.h"
#include "wire/rpc/netlogon_logon.h"
#include "wire/rpc/netlogon_token.h"

#define SILENCE      (60 * UTIME_SECOND)
#define WANTED_FLAGS 0x610fffffu
#define REVISION     2

static struct span token(const struct load *l, struct arena *a)
{
    struct netlogon_token t = {.domain = l->domain, .computer = l->computer};
    struct span out;
    struct builder b;
    builder_in(&b, a, NETLOGON_TOKEN_MAX);
    netlogon_token_put(&b, &t);
    LOAD_MUST("the token", builder_done(&b, &out));
    return out;
}

void load_bind(const struct load *l, const struct rpc_iface *iface, bool sealed,
               struct peer_link *link, struct peer_rpc *rpc, struct arena *a)
{
    struct plat_addr at = l->mapper;
    utime deadline = plat_mono() + SILENCE;
    uint32_t fault;
    uint16_t port;
    LOAD_MUST("the endpoint mapper",
              peer_epm_map(l->loop, &l->mapper, iface, deadline, a, &port, &fault));
    plat_addr_set_port(&at, port);
    LOAD_MUST("connect", peer_link_open(link, l->loop, &at, deadline));
    *rpc = (struct peer_rpc){.transport = &peer_rpc_over_tcp, .ctx = link};
    LOAD_MUST("bind", peer_rpc_bind(rpc, iface, sealed ? token(l, a) : SPAN_NONE, l->key, a));
}

void load_authenticate(struct load *l, struct arena *a)
{
    struct netlogon_req_challenge c = {.server = SPAN_LIT("bench"), .computer = l->computer};
    struct peer_link link;
    struct peer_rpc rpc;
    uint8_t hash[16];
    load_bind(l, &netlogon_iface, false, &link, &rpc, a);
    plat_random(c.client_challenge.bytes, sizeof(c.client_challenge.bytes));
    LOAD_MUST("ReqChallenge", peer_rpc_invoke(&rpc, NETLOGON_REQ_CHALLENGE, &c, a));
    LOAD_MUST("the password", nt_hash(span_str(l->password), hash));
    netlogon_session_key(hash, c.client_challenge.bytes, c.server_challenge.bytes, l->key);
    struct netlogon_authenticate3 q = {.server = SPAN_LIT("bench"),
                                       .account = l->account,
                                       .channel_type = NETLOGON_CHANNEL_WORKSTATION,
                                       .computer = l->computer,
                                       .flags = WANTED_FLAGS};
    netlogon_credential_make(l->key, c.client_challenge.bytes, q.client_credential.bytes);
    LOAD_MUST("Authenticate3", peer_rpc_invoke(&rpc, NETLOGON_AUTHENTICATE3, &q, a));
    if (c.status || q.status)
        ent_fatal("the channel was refused: 0x%08x", c.status ? c.status : q.status);
    peer_link_close(&link);
}

void load_respond(struct load *l, struct load_user *u)
{
    uint8_t challenge[8], nt[16], owf[16], proof[16];
    struct ntlm_target_info nothing = {0};
    struct builder temp, b;
    struct span upper, domain, blob;
    plat_random(challenge, sizeof(challenge));
    builder_in(&temp, &l->arena, NTLM_MESSAGE_MAX);
    ntlm_put_client_challenge(&temp, utime_to_filetime(plat_now()), challenge, &nothing);
    LOAD_MUST("a response", builder_done(&temp, &blob));
    LOAD_MUST("a password", nt_hash(span_str(u->password), nt));
    LOAD_MUST("a name", text_upper(u->name, &l->arena, &upper));
    LOAD_MUST("a name", text_to_utf16(upper, &l->arena, &upper));
    LOAD_MUST("a domain", text_to_utf16(l->domain, &l->arena, &domain));
    ntlm_owf_v2(nt, upper, domain, owf);
    ntlm_proof(owf, (const uint8_t *)LOAD_CHALLENGE, blob, proof);
    builder_in(&b, &l->arena, NTLM_MESSAGE_MAX);
    builder_bytes(&b, proof, sizeof(proof));
    builder_span(&b, blob);
    LOAD_MUST("a response", builder_done(&b, &u->response));
}

void load_log_on(const struct load *l, struct peer_rpc *rpc, const struct load_user *u,
                 struct arena *a)
{
    uint16_t len = (uint16_t)u->response.len;
    struct netlogon_network_logon network = {
        .identity = {.domain = l->domain,
                     .parameter_control =
                         NETLOGON_SERVER_TRUST_ACCOUNT | NETLOGON_WORKSTATION_TRUST_ACCOUNT,
                     .account = u->name,
                     .workstation = l->computer},
        .nt = {.length = len, .size = len, .data = (uint8_t *)(uintptr_t)u->response.ptr},
    };
    struct netlogon_sam_logon_ex q = {.computer = l->computer,
                                      .logon_level = NETLOGON_NETWORK,
                                      .logon.network = &network,
                                      .validation_level = NETLOGON_VALIDATION_SAM4};
    memcpy(network.challenge, LOAD_CHALLENGE, sizeof(network.challenge));
    LOAD_MUST("SamLogonEx", peer_rpc_invoke(rpc, NETLOGON_SAM_LOGON_EX, &q, a));
    if (q.status || !q.validation.sam4 || !span_eq(q.validation.sam4->base.account_name, u->name))
        ent_fatal("a logon was answered 0x%08x", q.status);
}

void load_look_up(struct peer_rpc *rpc, const struct load_user *u, struct arena *a)
{
    struct span name = u->name;
    struct lsa_lookup_names3 q = {
        .count = 1, .names = &name, .level = LSA_LOOKUP_ALL, .revision = REVISION};
    LOAD_MUST("LookupNames4", peer_rpc_invoke(rpc, LSA_LOOKUP_NAMES4, &q, a));
    if (q.status || q.sids.count != 1 || q.sids.sids[0].use != LSA_SID_USER)
        ent_fatal("a lookup was answered 0x%08x", q.status);
}
