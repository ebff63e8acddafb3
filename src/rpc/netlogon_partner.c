#include "rpc/netlogon_partner.h"

#include "auth/partner_call.h"
#include "base/text.h"

uint32_t netlogon_ask_partner(struct rpc_ctx *c, struct span partner, uint16_t opnum,
                              const struct ndr_type *type, const void *args, rpc_step *then)
{
    struct trust_call call = {.partner = partner, .interface = TRUST_NETLOGON, .opnum = opnum};
    struct span message;

    return partner_call(&call, type, args, c->arena, &message) == ERR_OK
               ? rpc_ask(c, TRUST_MESSAGE_CALL, message, then)
               : NT_INSUFFICIENT_RESOURCES;
}

uint32_t netlogon_partner_answer(struct rpc_ctx *c, enum err e, struct span reply,
                                 const struct ndr_type *type, void *args_out,
                                 struct span *server_out)
{
    struct trust_answer how = {.status = NT_OK};

    e = partner_call_answer(e, reply, type, c->arena, args_out, &how);
    if (server_out && e != ERR_IO)
        *server_out = arena_dup_span(c->arena, how.server);
    switch (e) {
    case ERR_OK:
        return NT_OK;
    case ERR_REFUSED:
        return how.status;
    case ERR_IO:
        return NT_NO_LOGON_SERVERS;
    case ERR_NOMEM:
        return NT_INSUFFICIENT_RESOURCES;
    default:
        return NT_INVALID_PARAMETER;
    }
}

struct span netlogon_own_name(struct rpc_ctx *c)
{
    return ascii_upper(c->arena, span_sub(c->env->host, 0, 15));
}

uint32_t netlogon_werror(uint32_t status)
{
    static const struct {
        uint32_t status, werror;
    } known[] = {
        {NT_OK, WERR_OK},
        {NT_NOT_IMPLEMENTED, WERR_INVALID_FUNCTION},
        {NT_ACCESS_DENIED, WERR_ACCESS_DENIED},
        {NT_INSUFFICIENT_RESOURCES, WERR_NOT_ENOUGH_MEMORY},
        {NT_NOT_SUPPORTED, WERR_NOT_SUPPORTED},
        {NT_INVALID_PARAMETER, WERR_INVALID_PARAMETER},
        {NT_WRONG_PASSWORD, WERR_INVALID_PASSWORD},
        {NT_DOWNGRADE_DETECTED, WERR_DOWNGRADE_DETECTED},
        {NT_NO_SUCH_DOMAIN, WERR_NO_SUCH_DOMAIN},
        {NT_NO_TRUST_LSA_SECRET, WERR_NO_TRUST_LSA_SECRET},
        {NT_NO_TRUST_SAM_ACCOUNT, WERR_NO_TRUST_SAM_ACCOUNT},
        {NT_TRUST_INCONSISTENT, WERR_TRUST_INCONSISTENT},
    };

    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].status == status)
            return known[i].werror;
    }
    return WERR_NO_LOGON_SERVERS;
}
