/*
 * NETLOGON, the state of secure channels ([MS-NRPC] 3.5.4.9): what there is to ask and to do, as
 * tables of function codes and levels. Channels are the peer process's; it is asked each time.
 *
 * The password of a partner's half is not compared with ours: the peer keeps session keys to
 * itself, and a channel that stands proves that both sides have the password.
 */
#include "base/text.h"
#include "rpc/netlogon_partner.h"
#include "wire/rpc/netlogon_trust.h"

enum { LEVEL1 = 1, LEVEL2 = 2, LEVEL3 = 4, LEVEL4 = 8, TRUST = 16 };

/* Codes that are served, with the levels that go with them. All but the first are for
 * administrators, and so are those that are not here. */
static const struct control_rule {
    uint32_t code;
    unsigned rule;
} rules[] = {
    {NETLOGON_CONTROL_QUERY, LEVEL1 | LEVEL3},
    {NETLOGON_CONTROL_REDISCOVER, LEVEL1 | LEVEL2 | LEVEL3 | TRUST},
    {NETLOGON_CONTROL_TC_QUERY, LEVEL1 | LEVEL2 | LEVEL3 | TRUST},
    {NETLOGON_CONTROL_TRANSPORT_NOTIFY, LEVEL1 | LEVEL3},
    {NETLOGON_CONTROL_FIND_USER, LEVEL4},
    {NETLOGON_CONTROL_TC_VERIFY, LEVEL2 | TRUST},
    {NETLOGON_CONTROL_FORCE_DNS_REG, LEVEL1 | LEVEL3},
    {NETLOGON_CONTROL_QUERY_DNS_REG, LEVEL1},
};

/* --- answers --------------------------------------------------------------------------------- */

static uint32_t simple_answer(struct rpc_ctx *c, struct netlogon_control *x)
{
    if (x->level == 1)
        x->info.info1 = arena_new(c->arena, struct netlogon_info1);
    else
        x->info.info3 = arena_new(c->arena, struct netlogon_info3);
    return x->info.info1 ? WERR_OK : WERR_NOT_ENOUGH_MEMORY;
}

/* Of levels 1 and 3 the channel's state is not part. */
static uint32_t channel_answer(struct rpc_ctx *c, struct netlogon_control *x, uint32_t flags,
                               uint32_t verified, struct span server, uint32_t channel)
{
    struct netlogon_info2 *info;

    if (x->level != 2)
        return simple_answer(c, x);
    if (!(info = arena_new(c->arena, struct netlogon_info2)))
        return WERR_NOT_ENOUGH_MEMORY;
    *info = (struct netlogon_info2){.flags = flags,
                                    .pdc_status = netlogon_werror(verified),
                                    .tc_status = netlogon_werror(channel)};
    info->dc_name =
        server.len ? span_str(arena_printf(c->arena, "\\\\%.*s", SPAN_ARG(server))) : SPAN_LIT("");
    x->info.info2 = info;
    return arena_failed(c->arena) ? WERR_NOT_ENOUGH_MEMORY : WERR_OK;
}

/* --- channels -------------------------------------------------------------------------------- */

/* One of two: the state of the channel, after it was reset or as it is. */
static uint32_t state_told(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    struct netlogon_control *x = args;
    struct trust_channel state = {.status = NT_NO_LOGON_SERVERS};

    if (e != ERR_OK || trust_channel_decode(reply, &state) != ERR_OK)
        state = (struct trust_channel){.status = NT_NO_LOGON_SERVERS};
    uint32_t status = state.up ? NT_OK : state.status ? state.status : NT_NO_LOGON_SERVERS;
    uint32_t flags = state.up ? NETLOGON_HAS_IP | NETLOGON_HAS_TIMESERV : 0;
    if (x->code == NETLOGON_CONTROL_REDISCOVER && status != NT_OK && x->level != 2)
        return netlogon_werror(status);
    return channel_answer(c, x, flags, NT_OK, state.server, status);
}

static uint32_t rediscover(struct rpc_ctx *c, struct span partner, struct span server)
{
    struct trust_reset reset = {.partner = partner, .server = server};
    struct span message;

    return trust_reset_encode(&reset, c->arena, &message) == ERR_OK
               ? rpc_ask(c, TRUST_MESSAGE_RESET, message, state_told)
               : WERR_INVALID_PARAMETER;
}

/* Do both sides mean the same kind of trust? */
static uint32_t consistent(struct rpc_ctx *c, const struct netlogon_control *x,
                           const struct netlogon_get_trust_info *answer)
{
    const struct trust *t;

    if (answer->status == NT_NOT_SUPPORTED)
        return NT_OK;
    if (answer->status != NT_OK)
        return answer->status;
    if (!answer->info || !answer->info->number_count ||
        lsa_trust_named(c, x->data.domain, &t) != NT_OK)
        return NT_OK;
    return (t->attributes ^ answer->info->numbers[0]) & TRUST_FOREST_TRANSITIVE
               ? NT_TRUST_INCONSISTENT
               : NT_OK;
}

static uint32_t verified(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    struct netlogon_control *x = args;
    struct netlogon_get_trust_info answer = {.status = NT_OK};
    struct span server = SPAN_NONE;
    uint32_t channel =
        netlogon_partner_answer(c, e, reply, &netlogon_ndr_get_trust_info, &answer, &server);
    uint32_t status = channel == NT_OK ? consistent(c, x, &answer) : channel;

    return channel_answer(c, x, NETLOGON_HAS_IP | NETLOGON_HAS_TIMESERV | NETLOGON_TRUST_VERIFIED,
                          status, server, channel);
}

/* What the partner calls us in a channel: 3.5.4.4.2, the trust's DNS name with a dot. */
static uint32_t verify(struct rpc_ctx *c, const struct trust *t)
{
    struct lsa_view v;
    struct netlogon_get_trust_info ask = {.channel_type = NETLOGON_CHANNEL_DNS_DOMAIN,
                                          .computer = netlogon_own_name(c)};

    if (lsa_view_begin(c, &v) != NT_OK)
        return WERR_NOT_ENOUGH_MEMORY;
    ask.account = span_str(arena_printf(c->arena, "%.*s.", SPAN_ARG(v.naming.dns_name)));
    lsa_view_end(&v);
    return netlogon_ask_partner(c, t->dns_name, NETLOGON_GET_TRUST_INFO,
                                &netlogon_ndr_get_trust_info, &ask, verified);
}

/* "domain", or "domain\\server" to be asked from now on. */
static uint32_t about_trust(struct rpc_ctx *c, struct netlogon_control *x)
{
    const uint8_t *slash =
        x->data.domain.len ? memchr(x->data.domain.ptr, '\\', x->data.domain.len) : NULL;
    size_t at = slash ? (size_t)(slash - x->data.domain.ptr) : x->data.domain.len;
    struct span name = span_sub(x->data.domain, 0, at);
    struct span server = span_sub(x->data.domain, at + 1, x->data.domain.len);
    const struct trust *t;

    if (!name.len)
        return WERR_INVALID_PARAMETER;
    if (lsa_trust_named(c, name, &t) != NT_OK || !(t->direction & TRUST_OUTBOUND))
        return WERR_NO_SUCH_DOMAIN;
    x->data.domain = t->dns_name;
    switch (x->code) {
    case NETLOGON_CONTROL_TC_VERIFY:
        return verify(c, t);
    case NETLOGON_CONTROL_REDISCOVER:
        return rediscover(c, t->dns_name, server);
    default:
        return rpc_ask(c, TRUST_MESSAGE_STATE, t->dns_name, state_told);
    }
}

/* --- function codes -------------------------------------------------------------------------- */

static const struct control_rule *rule_of(uint32_t code)
{
    for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].code == code)
            return &rules[i];
    }
    return NULL;
}

static uint32_t find_user(struct rpc_ctx *c, struct netlogon_control *x)
{
    struct lsa_view v;
    struct dir_account acc;
    struct netlogon_info4 *info = arena_new(c->arena, struct netlogon_info4);

    if (!x->data.user.len)
        return WERR_INVALID_PARAMETER;
    if (!info || lsa_view_begin(c, &v) != NT_OK)
        return WERR_NOT_ENOUGH_MEMORY;
    bool found = dir_account_by_sam(&v.snap, x->data.user, &acc) == ERR_OK;
    info->domain = arena_dup_span(c->arena, v.naming.flat_name);
    lsa_view_end(&v);
    if (!found)
        return WERR_USER_NOT_FOUND;
    info->dc_name = span_str(arena_printf(c->arena, "\\\\%.*s", SPAN_ARG(netlogon_own_name(c))));
    x->info.info4 = info;
    return arena_failed(c->arena) ? WERR_NOT_ENOUGH_MEMORY : WERR_OK;
}

static uint32_t control(struct rpc_ctx *c, struct netlogon_control *x)
{
    const struct control_rule *rule = rule_of(x->code);

    if (x->level < 1 || x->level > 4)
        return WERR_INVALID_LEVEL;
    if (x->code != NETLOGON_CONTROL_QUERY && !lsa_administrator(c)) {
        netlogon_event(c, "netlogon.call", REASON_NETLOGON_ACCESS, c->who->user, SPAN_NONE);
        return WERR_ACCESS_DENIED;
    }
    if (!rule)
        return WERR_NOT_SUPPORTED;
    if (!(rule->rule & (1u << (x->level - 1))))
        return x->code == NETLOGON_CONTROL_QUERY_DNS_REG ? WERR_INVALID_LEVEL
                                                         : WERR_INVALID_PARAMETER;
    if (rule->rule & TRUST)
        return about_trust(c, x);
    return x->code == NETLOGON_CONTROL_FIND_USER ? find_user(c, x) : simple_answer(c, x);
}

/* The oldest form has no data and one level, and no code that came with its successors, whoever
 * asks (3.5.4.9.3). */
uint32_t netlogon_control_oldest(struct rpc_ctx *c, void *args)
{
    struct netlogon_control *x = args;

    if (x->level != 1)
        return x->level == 2 ? WERR_NOT_SUPPORTED : WERR_INVALID_LEVEL;
    switch (x->code) {
    case NETLOGON_CONTROL_QUERY:
    case NETLOGON_CONTROL_REPLICATE:
    case NETLOGON_CONTROL_SYNCHRONIZE:
    case NETLOGON_CONTROL_PDC_REPLICATE:
    case NETLOGON_CONTROL_BACKUP_CHANGE_LOG:
    case NETLOGON_CONTROL_TRUNCATE_LOG:
    case NETLOGON_CONTROL_BREAKPOINT:
        return control(c, x);
    default:
        return WERR_NOT_SUPPORTED;
    }
}

uint32_t netlogon_control2(struct rpc_ctx *c, void *args)
{
    struct netlogon_control *x = args;

    return x->level == 4 ? WERR_INVALID_LEVEL : control(c, x);
}

uint32_t netlogon_control2_ex(struct rpc_ctx *c, void *args)
{
    return control(c, args);
}
