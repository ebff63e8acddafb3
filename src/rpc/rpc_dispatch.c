/*
 * From a complete request to the fragments of its answer. What is wrong with a call is a fault
 * ([MS-RPCE] 3.3.1.5.4, C706 appendix E) and does not cost the association.
 */
#include "rpc/rpc_internal.h"
#include "wire/rpc/rpc_verify.h"

void rpc_refused(const struct rpc_server *s, const struct rpc_caller *who, const char *name,
                 enum reason why, struct span what)
{
    char client[PLAT_ADDR_TEXT];
    struct event ev;

    event_init(&ev, s->env.now(), name, why);
    event_text(&ev, "client", plat_addr_text(&who->client, client));
    event_text(&ev, "who", who->user);
    event_text(&ev, "what", what);
    event_emit(s->env.events, &ev);
}

enum err rpc_fault(struct rpc_assoc *as, uint32_t call_id, uint16_t context_id, uint32_t status)
{
    struct rpc_fault f = {.context_id = context_id, .status = status};
    struct span fragment;
    struct builder b;

    builder_in(&b, &as->server->arena, RPC_FRAGMENT_MAX);
    rpc_fault_put(&b, RPC_FIRST | RPC_LAST, call_id, &f, NULL, NULL);
    TRY(builder_done(&b, &fragment));
    return as->emit(as, fragment);
}

static enum err put_fragment(struct rpc_assoc *as, uint32_t call_id, unsigned flags,
                             const struct rpc_response *r, size_t token)
{
    struct rpc_auth auth = {as->auth_type, as->level, as->auth_id, {NULL, token}};
    struct rpc_layout l;
    struct span fragment;
    struct builder b;

    builder_in(&b, &as->server->arena, RPC_FRAGMENT_MAX);
    rpc_response_put(&b, flags, call_id, r, token ? &auth : NULL, &l);
    TRY(builder_done(&b, &fragment));
    if (token)
        TRY(rpc_auth_protect(as, b.base, &l));
    return as->emit(as, fragment);
}

static enum err answer(struct rpc_assoc *as, uint32_t call_id, uint16_t context_id,
                       struct span stub)
{
    size_t token = rpc_auth_token(as), room = rpc_stub_room(as->max_xmit, false, token), at = 0;

    do {
        struct rpc_response r = {.alloc_hint = (uint32_t)(stub.len - at),
                                 .context_id = context_id,
                                 .stub = span_sub(stub, at, room)};
        unsigned flags = (at ? 0 : RPC_FIRST) | (at + r.stub.len == stub.len ? RPC_LAST : 0);
        TRY(put_fragment(as, call_id, flags, &r, token));
        at += r.stub.len;
    } while (at < stub.len);
    return ERR_OK;
}

static const struct rpc_handler *handler_of(const struct rpc_service *v, unsigned opnum)
{
    for (unsigned i = 0; i < v->count; i++) {
        if (v->handlers[i].opnum == opnum)
            return &v->handlers[i];
    }
    return NULL;
}

/* The rules of access that hold for whole interfaces. */
static enum reason may_call(const struct rpc_assoc *as, const struct rpc_service *v,
                            const struct rpc_handler *h)
{
    if (as->transport == RPC_ON_TCP && as->level < v->tcp_level)
        return REASON_RPC_NOT_PROTECTED;
    if (as->who.anonymous && !(h->flags & RPC_FOR_NOBODY))
        return REASON_RPC_ANONYMOUS;
    return REASON_NONE;
}

static uint32_t decode(struct rpc_assoc *as, const struct rpc_service *v, uint32_t call_id,
                       const struct rpc_request *rq, const struct ndr_type *type, void *args)
{
    struct rpc_verify expected = {.interface = v->iface->id,
                                  .transfer = rpc_ndr32,
                                  .call_id = call_id,
                                  .context_id = rq->context_id,
                                  .opnum = rq->opnum,
                                  .header_sign = as->header_sign};
    size_t used;

    if (ndr_decode_call(type, NDR_IN, rq->stub, &as->server->arena, args, &used) != ERR_OK)
        return RPC_FAULT_BAD_STUB;
    if (as->auth_done && as->level >= RPC_LEVEL_PKT &&
        rpc_verify_trailer(rq->stub, used, &expected) != ERR_OK)
        return RPC_FAULT_ACCESS_DENIED;
    return 0;
}

/* Runs it; the answer's arguments in *stub_out, or a fault. */
static uint32_t run(struct rpc_assoc *as, const struct rpc_handler *h, const struct rpc_call *call,
                    void *args, struct span *stub_out)
{
    struct rpc_ctx c = {.server = as->server,
                        .env = &as->server->env,
                        .group = as->group,
                        .who = &as->who,
                        .call = call->type->name,
                        .level = as->level,
                        .arena = &as->server->arena};
    const struct ndr_row *last = &call->type->rows[call->type->count - 1];
    struct builder b;

    uint32_t status = h->run(&c, args);
    if (c.fault)
        return c.fault;
    memcpy((uint8_t *)args + last->at, &status, sizeof(status));
    builder_in(&b, c.arena, RPC_ANSWER_MAX);
    ndr_put_call(&b, call->type, NDR_OUT, args);
    return builder_done(&b, stub_out) == ERR_OK ? 0 : RPC_FAULT_OUT_ARGS_TOO_BIG;
}

enum err rpc_dispatch(struct rpc_assoc *as, uint32_t call_id, const struct rpc_request *rq)
{
    const struct rpc_service *v = NULL;
    struct span stub = SPAN_NONE;

    for (unsigned i = 0; i < as->count; i++) {
        if (as->bound[i].id == rq->context_id)
            v = as->bound[i].service;
    }
    if (!v)
        return rpc_fault(as, call_id, rq->context_id, RPC_FAULT_CONTEXT_ID);
    const struct rpc_call *call = rpc_iface_call(v->iface, rq->opnum);
    const struct rpc_handler *h = handler_of(v, rq->opnum);
    if (!call || !h)
        return rpc_fault(as, call_id, rq->context_id, RPC_FAULT_OPNUM);
    enum reason why = may_call(as, v, h);
    if (why != REASON_NONE) {
        rpc_refused(as->server, &as->who, "rpc.call", why, span_str(call->type->name));
        return rpc_fault(as, call_id, rq->context_id, RPC_FAULT_ACCESS_DENIED);
    }
    void *args = arena_alloc(&as->server->arena, call->type->size);
    if (!args)
        return ERR_NOMEM;
    uint32_t fault = decode(as, v, call_id, rq, call->type, args);
    if (!fault)
        fault = run(as, h, call, args, &stub);
    if (fault)
        return rpc_fault(as, call_id, rq->context_id, fault);
    return answer(as, call_id, rq->context_id, stub);
}
