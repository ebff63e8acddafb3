/*
 * An association: bind and alter_context choose interfaces, requests are joined from their
 * fragments ([MS-RPCE] 3.3.1.5.3, C706 chapter 9 and 12).
 */
#include <stdlib.h>

#include "base/text.h"
#include "rpc/rpc_channel.h"
#include "rpc/rpc_later.h"

/* A fragment that waits until it is known who sent it. */
struct rpc_held {
    struct rpc_held *next;
    size_t len;
    uint8_t bytes[];
};

void rpc_assoc_init(struct rpc_assoc *as, struct rpc_server *s, enum rpc_transport transport)
{
    as->server = s;
    as->transport = transport;
    as->max_xmit = RPC_FRAGMENT_MIN;
    as->level = RPC_LEVEL_NONE;
    as->who = (struct rpc_caller){.token = &dir_token_anonymous, .anonymous = true};
    arena_init(&as->in_memory, 0, RPC_ARENA_MAX, ARENA_WIPE);
}

static void joined(struct rpc_assoc *as)
{
    if (as->joining)
        as->server->joining--;
    as->joining = false;
    arena_fini(&as->in_memory);
    arena_init(&as->in_memory, 0, RPC_ARENA_MAX, ARENA_WIPE);
}

static struct rpc_held *held_next(struct rpc_held *h)
{
    struct rpc_held *next = h->next;

    mem_wipe(h->bytes, h->len);
    free(h);
    return next;
}

void rpc_assoc_fini(struct rpc_assoc *as)
{
    joined(as);
    while (as->held)
        as->held = held_next(as->held);
    rpc_later_cancel_all(as);
    arena_fini(&as->in_memory);
    if (as->auth)
        acceptor_context_free(as->auth);
    if (as->channel)
        rpc_channel_free(as->channel);
    rpc_group_leave(as->server, as->group);
    as->group = NULL;
    as->auth = NULL;
    as->channel = NULL;
}

/* --- bind ------------------------------------------------------------------------------------ */

/* A client may ask for an older minor version than ours (C706 4.2.5.1: compatible ones). */
static bool serves(const struct rpc_service *v, const struct rpc_syntax *wanted)
{
    return guid_eq(&v->iface->id.uuid, &wanted->uuid) && v->iface->id.major == wanted->major &&
           v->iface->id.minor >= wanted->minor;
}

static bool of_this_pipe(const struct rpc_assoc *as, const struct rpc_service *v)
{
    /* Windows' pipes of one process lead to all of its interfaces: \lsarpc to DSSETUP. */
    return as->transport != RPC_ON_PIPE || !as->only || as->only == v ||
           (v->pipes[0] && as->only->pipes[0] && strcmp(v->pipes[0], as->only->pipes[0]) == 0);
}

bool rpc_assoc_reaches(const struct rpc_assoc *as, const struct rpc_service *v)
{
    return v->transports & as->transport && of_this_pipe(as, v);
}

static const struct rpc_service *find(const struct rpc_assoc *as, const struct rpc_syntax *wanted)
{
    for (unsigned i = 0; i < rpc_service_count; i++) {
        const struct rpc_service *v = rpc_services[i];
        if (rpc_assoc_reaches(as, v) && serves(v, wanted))
            return v;
    }
    return serves(&rpc_mgmt_service, wanted) ? &rpc_mgmt_service : NULL;
}

static struct rpc_bound *bound(struct rpc_assoc *as, uint16_t id)
{
    for (unsigned i = 0; i < as->count; i++) {
        if (as->bound[i].id == id)
            return &as->bound[i];
    }
    return NULL;
}

static struct rpc_result accept_context(struct rpc_assoc *as, const struct rpc_context *c)
{
    const struct rpc_service *v = find(as, &c->interface);
    struct rpc_bound *b = bound(as, c->id);
    uint64_t features;

    if (c->count == 1 && rpc_syntax_features(&c->transfers[0], &features))
        return (struct rpc_result){.code = RPC_NEGOTIATE_ACK,
                                   .reason = (uint16_t)(features & RPC_FEATURE_KEEP_ON_ORPHAN)};
    if (!v)
        return (struct rpc_result){RPC_PROVIDER_REJECTED, RPC_REASON_INTERFACE, {.major = 0}};
    bool ndr32 = false;
    for (unsigned i = 0; i < c->count; i++)
        ndr32 |= rpc_syntax_eq(&c->transfers[i], &rpc_ndr32);
    if (!ndr32)
        return (struct rpc_result){RPC_PROVIDER_REJECTED, RPC_REASON_TRANSFER, {.major = 0}};
    if ((b && b->service != v) || (!b && as->count == RPC_CONTEXTS_MAX))
        return (struct rpc_result){RPC_PROVIDER_REJECTED, RPC_REASON_LIMIT, {.major = 0}};
    if (!b)
        as->bound[as->count++] = (struct rpc_bound){c->id, v};
    return (struct rpc_result){.code = RPC_ACCEPTED, .transfer = rpc_ndr32};
}

/* What a context means does not change while the association lives. */
static bool redefines(struct rpc_assoc *as, const struct rpc_bind *bind)
{
    bool different = false;

    for (unsigned i = 0; i < bind->count; i++) {
        const struct rpc_bound *b = bound(as, bind->contexts[i].id);
        different |= b && b->service != find(as, &bind->contexts[i].interface);
    }
    return different;
}

static enum err emit(struct rpc_assoc *as, struct builder *b)
{
    struct span fragment;

    TRY(builder_done(b, &fragment));
    return rpc_assoc_emit(as, fragment);
}

static enum err nak(struct rpc_assoc *as, uint32_t call_id, enum rpc_nak_reason why)
{
    struct builder b;

    builder_in(&b, &as->server->arena, RPC_FRAGMENT_MAX);
    rpc_bind_nak_put(&b, call_id, why);
    return emit(as, &b);
}

static struct span secondary_address(const struct rpc_assoc *as, struct arena *a)
{
    const char *text =
        as->transport == RPC_ON_PIPE
            ? arena_printf(a, "\\PIPE\\%s", as->only->pipes[0])
            : arena_printf(a, "%d",
                           as->transport == RPC_ON_MAPPER ? RPC_PORT_MAPPER : RPC_PORT_INTERFACES);
    return span_str(text);
}

static enum err answer_bind(struct rpc_assoc *as, const struct rpc_pdu *pdu,
                            const struct rpc_bind *bind, struct span token)
{
    struct arena *a = &as->server->arena;
    bool first = pdu->type == RPC_BIND;
    struct rpc_bind_ack ack = {.max_xmit = as->max_xmit,
                               .max_recv = as->max_xmit,
                               .group = as->group->id,
                               .address = first ? secondary_address(as, a) : SPAN_NONE,
                               .count = bind->count,
                               .results = arena_new_array(a, bind->count, struct rpc_result)};
    struct rpc_auth auth = {as->auth_type, as->level, as->auth_id, token};
    struct builder b;

    if (!ack.results)
        return ERR_NOMEM;
    for (unsigned i = 0; i < bind->count; i++)
        ack.results[i] = accept_context(as, &bind->contexts[i]);
    builder_in(&b, a, UINT16_MAX);
    rpc_bind_ack_put(&b, first ? RPC_BIND_ACK : RPC_ALTER_CONTEXT_RESP,
                     RPC_FIRST | RPC_LAST | (as->header_sign ? RPC_HEADER_SIGN : 0), pdu->call_id,
                     &ack, token.len ? &auth : NULL);
    return emit(as, &b);
}

static uint16_t fragment_size(const struct rpc_bind *bind)
{
    uint16_t size = bind->max_recv < bind->max_xmit ? bind->max_recv : bind->max_xmit;

    size = size > RPC_FRAGMENT_MAX ? RPC_FRAGMENT_MAX : size;
    return size < RPC_FRAGMENT_MIN ? RPC_FRAGMENT_MIN : size;
}

/* said: of the security context. */
static enum err conclude_bind(struct rpc_assoc *as, const struct rpc_pdu *pdu,
                              const struct rpc_bind *bind, enum err said, struct span token)
{
    if (said == ERR_OK)
        return answer_bind(as, pdu, bind, token);
    return pdu->type == RPC_BIND
               ? nak(as, pdu->call_id, as->auth_type ? RPC_NAK_NONE : RPC_NAK_AUTH_TYPE)
               : rpc_fault(as, pdu->call_id, 0, RPC_FAULT_ACCESS_DENIED);
}

/* At the end of those that are held already. */
static enum err hold(struct rpc_assoc *as, struct span bytes)
{
    struct rpc_held **at = &as->held;
    unsigned count = 0;

    for (; *at; at = &(*at)->next)
        count++;
    struct rpc_held *h = count < RPC_HELD_MAX ? malloc(sizeof(*h) + bytes.len) : NULL;
    if (!h) {
        rpc_refused(as->server, &as->who, "rpc.bind", REASON_RPC_LIMIT, SPAN_NONE);
        while (as->held)
            as->held = held_next(as->held);
        return ERR_CLOSED;
    }
    *h = (struct rpc_held){.len = bytes.len};
    memcpy(h->bytes, bytes.ptr, bytes.len);
    *at = h;
    return ERR_OK;
}

static enum err take_bind(struct rpc_assoc *as, const struct rpc_pdu *pdu, struct span bytes)
{
    struct rpc_bind bind;
    struct span token;

    if ((pdu->type == RPC_BIND) == as->bound_once ||
        rpc_bind_decode(pdu, &as->server->arena, &bind) != ERR_OK)
        return ERR_CLOSED;
    if (pdu->type == RPC_BIND) {
        as->bound_once = true;
        as->max_xmit = fragment_size(&bind);
        if (!(as->group = rpc_group_join(as->server, bind.group))) {
            TRY(nak(as, pdu->call_id, RPC_NAK_NONE));
            return ERR_CLOSED;
        }
    }
    if (redefines(as, &bind)) {
        TRY(rpc_fault(as, pdu->call_id, 0, RPC_FAULT_PROTOCOL));
        return ERR_CLOSED;
    }
    enum err said = rpc_auth_step(as, pdu, &token);
    return said == ERR_BUSY ? hold(as, bytes) : conclude_bind(as, pdu, &bind, said, token);
}

/* AUTH3 is not answered: a refusal shows at the next call. */
static enum err take_auth3(struct rpc_assoc *as, const struct rpc_pdu *pdu, struct span bytes)
{
    struct span token;

    if (!as->bound_once)
        return ERR_CLOSED;
    return rpc_auth_step(as, pdu, &token) == ERR_BUSY ? hold(as, bytes) : ERR_OK;
}

/* What came of the fragment that waited, which was whole when it came. */
static enum err conclude_held(struct rpc_assoc *as, const struct rpc_held *h, enum err said,
                              struct span token)
{
    struct rpc_bind bind;
    struct rpc_pdu pdu;

    TRY(rpc_pdu_open(span_of(h->bytes, h->len), &pdu));
    if (pdu.type == RPC_AUTH3)
        return ERR_OK;
    TRY(rpc_bind_decode(&pdu, &as->server->arena, &bind));
    return conclude_bind(as, &pdu, &bind, said, token);
}

void rpc_assoc_answered(void *assoc, const struct acceptor_ntlm_answer *answer)
{
    struct rpc_assoc *as = assoc;
    struct rpc_held *h = as->held;
    struct span token = SPAN_NONE;

    if (!h) /* too much came meanwhile: the association is at its end */
        return;
    enum err said = rpc_auth_resume(as, answer, &token);
    as->held = NULL;
    enum err e = conclude_held(as, h, said, token);
    arena_reset(&as->server->arena);
    for (h = held_next(h); h; h = held_next(h)) {
        if (e == ERR_OK)
            e = rpc_assoc_take(as, h->bytes, h->len);
        arena_reset(&as->server->arena);
    }
    if (e != ERR_OK)
        as->end(as);
}

/* --- requests -------------------------------------------------------------------------------- */

static enum err take_request(struct rpc_assoc *as, const struct rpc_pdu *pdu, uint8_t *bytes)
{
    struct rpc_request rq;
    bool complete;

    if (!as->bound_once || rpc_request_decode(pdu, &rq) != ERR_OK)
        return ERR_CLOSED;
    if (!rpc_auth_open(as, pdu, bytes, rq.stub)) {
        TRY(rpc_fault(as, pdu->call_id, rq.context_id, RPC_FAULT_ACCESS_DENIED));
        return ERR_CLOSED;
    }
    if (!as->joining) {
        rpc_reassembly_init(&as->in, &as->in_memory, RPC_STUB_MAX);
        if (!(pdu->flags & RPC_LAST)) {
            if (as->server->joining == RPC_REASSEMBLIES_MAX) {
                rpc_refused(as->server, &as->who, "rpc.call", REASON_RPC_LIMIT, SPAN_NONE);
                TRY(rpc_fault(as, pdu->call_id, rq.context_id, RPC_FAULT_TOO_BUSY));
                return ERR_CLOSED;
            }
            as->joining = true;
            as->server->joining++;
        }
    }
    if (rpc_reassembly_add(&as->in, pdu, rq.context_id, rq.opnum, rq.stub, &complete, &rq.stub) !=
        ERR_OK) {
        TRY(rpc_fault(as, pdu->call_id, rq.context_id, RPC_FAULT_PROTOCOL));
        return ERR_CLOSED;
    }
    if (!complete)
        return ERR_OK;
    enum err e = rpc_dispatch(as, pdu->call_id, &rq);
    joined(as);
    return e;
}

enum err rpc_assoc_take(struct rpc_assoc *as, uint8_t *bytes, size_t len)
{
    struct rpc_pdu pdu;

    if (rpc_pdu_open(span_of(bytes, len), &pdu) != ERR_OK)
        return ERR_CLOSED;
    if (as->held)
        return hold(as, span_of(bytes, len));
    as->server->statistics[MGMT_PACKETS_IN]++;
    switch (pdu.type) {
    case RPC_BIND:
    case RPC_ALTER_CONTEXT:
        return take_bind(as, &pdu, span_of(bytes, len));
    case RPC_AUTH3:
        return take_auth3(as, &pdu, span_of(bytes, len));
    case RPC_REQUEST:
        return take_request(as, &pdu, bytes);
    case RPC_CO_CANCEL: /* calls are answered already when it comes, or will be */
        return ERR_OK;
    case RPC_ORPHANED:
        joined(as);
        return ERR_OK;
    default:
        return ERR_CLOSED;
    }
}
