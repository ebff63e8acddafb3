/*
 * From a complete request to the fragments of its answer. What is wrong with a call is a fault
 * ([MS-RPCE] 3.3.1.5.4, C706 appendix E) and does not cost the association.
 */
#include "base/counters.h"
#include "rpc/nt_status.h"
#include "rpc/rpc_later.h"
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

enum err rpc_assoc_emit(struct rpc_assoc *as, struct span fragment)
{
    as->server->statistics[MGMT_PACKETS_OUT]++;
    return as->emit(as, fragment);
}

enum err rpc_fault(struct rpc_assoc *as, uint32_t call_id, uint16_t context_id, uint32_t status)
{
    struct rpc_fault f = {.context_id = context_id, .status = status};
    struct span fragment;
    struct builder b;

    builder_in(&b, &as->server->arena, RPC_FRAGMENT_MAX);
    rpc_fault_put(&b, RPC_FIRST | RPC_LAST, call_id, &f, NULL, NULL);
    TRY(builder_done(&b, &fragment));
    return rpc_assoc_emit(as, fragment);
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
    return rpc_assoc_emit(as, fragment);
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
    if (as->transport == RPC_ON_TCP && as->level < v->tcp_level && !(h->flags & RPC_BARE))
        return REASON_RPC_NOT_PROTECTED;
    if (as->who.anonymous && !(h->flags & RPC_FOR_NOBODY))
        return REASON_RPC_ANONYMOUS;
    return REASON_NONE;
}

static uint32_t decode(struct rpc_later *l, const struct rpc_service *v,
                       const struct rpc_request *rq)
{
    const struct rpc_assoc *as = l->assoc;
    struct rpc_verify expected = {.interface = v->iface->id,
                                  .transfer = rpc_ndr32,
                                  .call_id = l->call_id,
                                  .context_id = rq->context_id,
                                  .opnum = rq->opnum,
                                  .header_sign = as->header_sign,
                                  .big = rq->big};
    size_t used;

    unsigned direction = NDR_IN | (rq->big ? NDR_BIG_ENDIAN : 0);
    if (ndr_decode_call(l->call->type, direction, rq->stub, l->ctx.arena, l->args, &used) != ERR_OK)
        return RPC_FAULT_BAD_STUB;
    if (as->auth_done && as->level >= RPC_LEVEL_PKT &&
        rpc_verify_trailer(rq->stub, used, &expected) != ERR_OK)
        return RPC_FAULT_ACCESS_DENIED;
    return 0;
}

enum err rpc_call_finish(struct rpc_later *l, uint32_t status)
{
    const struct ndr_type *type = l->call->type;
    uint32_t fault = l->ctx.fault;
    struct span stub;
    struct builder b;

    if (!fault) {
        memcpy((uint8_t *)l->args + type->rows[type->count - 1].at, &status, sizeof(status));
        builder_in(&b, l->ctx.arena, RPC_ANSWER_MAX);
        ndr_put_call(&b, type, NDR_OUT, l->args);
        if (builder_done(&b, &stub) != ERR_OK)
            fault = RPC_FAULT_OUT_ARGS_TOO_BIG;
    }
    if (fault)
        return rpc_fault(l->assoc, l->call_id, l->context_id, fault);
    return answer(l->assoc, l->call_id, l->context_id, stub);
}

/* Decodes and runs a call. *later_out: it is answered later, and l must stay. */
static enum err run(struct rpc_later *l, const struct rpc_service *v, const struct rpc_handler *h,
                    const struct rpc_request *rq, bool *later_out)
{
    uint32_t status = NT_OK;

    l->args = arena_alloc(l->ctx.arena, l->call->type->size);
    if (!l->args)
        return ERR_NOMEM;
    l->ctx.fault = decode(l, v, rq);
    if (!l->ctx.fault)
        status = h->run(&l->ctx, l->args);
    *later_out = !l->ctx.fault && status == RPC_LATER;
    return *later_out ? ERR_OK : rpc_call_finish(l, status);
}

static void prepare(struct rpc_later *l, struct rpc_assoc *as, uint32_t call_id,
                    const struct rpc_request *rq, const struct rpc_service *v,
                    const struct rpc_call *call)
{
    *l = (struct rpc_later){
        .assoc = as, .call_id = call_id, .context_id = rq->context_id, .call = call};
    l->ctx = (struct rpc_ctx){.server = as->server,
                              .env = &as->server->env,
                              .assoc = as,
                              .service = v,
                              .who = &as->who,
                              .call = call->type->name,
                              .level = as->level,
                              .arena = &as->server->arena};
    l->ctx.group = as->group;
}

/* A call that may have to wait has memory of its own. */
static enum err run_waiting(const struct rpc_later *prepared, const struct rpc_service *v,
                            const struct rpc_handler *h, struct rpc_request *rq)
{
    struct rpc_later *l = rpc_later_new(prepared);
    bool later = false;

    if (!l)
        return ERR_NOMEM;
    rq->stub = arena_dup_span(l->ctx.arena, rq->stub); /* arguments may be views into it */
    enum err e = arena_failed(l->ctx.arena) ? ERR_NOMEM : run(l, v, h, rq, &later);
    if (!later)
        rpc_later_free(l);
    return e;
}

enum err rpc_dispatch(struct rpc_assoc *as, uint32_t call_id, const struct rpc_request *request)
{
    struct rpc_request rq = *request;
    const struct rpc_service *v = NULL;
    struct rpc_later l;
    bool later;

    for (unsigned i = 0; i < as->count; i++) {
        if (as->bound[i].id == rq.context_id)
            v = as->bound[i].service;
    }
    as->server->statistics[MGMT_CALLS_IN]++;
    if (!v)
        return rpc_fault(as, call_id, rq.context_id, RPC_FAULT_CONTEXT_ID);
    const struct rpc_call *call = rpc_iface_call(v->iface, rq.opnum);
    const struct rpc_handler *h = handler_of(v, rq.opnum);
    if (!call || !h)
        return rpc_fault(as, call_id, rq.context_id, RPC_FAULT_OPNUM);
    enum reason why = may_call(as, v, h);
    if (why != REASON_NONE) {
        rpc_refused(as->server, &as->who, "rpc.call", why, span_str(call->type->name));
        return rpc_fault(as, call_id, rq.context_id, RPC_FAULT_ACCESS_DENIED);
    }
    prepare(&l, as, call_id, &rq, v, call);
    counter_add(COUNTER_RPC_CALLS, 1);
    return h->flags & RPC_WAITS ? run_waiting(&l, v, h, &rq) : run(&l, v, h, &rq, &later);
}
