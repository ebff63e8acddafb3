#include "peer/peer_rpc.h"

#include "plat/random.h"
#include "wire/rpc/rpc_reassembly.h"
#include "wire/rpc/rpc_verify.h"

#define CONTEXT   0 /* one interface a connection */
#define AUTH_ID   1
#define FRAGMENTS 1024 /* of one answer */

static enum err tcp_send(void *ctx, struct span fragment, bool last)
{
    (void)last;
    return peer_link_send(ctx, fragment);
}

static enum err tcp_receive(void *ctx, void *into, size_t len)
{
    return peer_link_receive(ctx, into, len);
}

const struct peer_rpc_transport peer_rpc_over_tcp = {.send = tcp_send, .receive = tcp_receive};

/* The next fragment, in the arena, because it is decrypted in place. */
static enum err receive(struct peer_rpc *c, struct arena *a, uint8_t **bytes_out,
                        struct rpc_pdu *out)
{
    uint8_t header[RPC_HEADER_SIZE];
    size_t len;
    uint32_t call_id;
    TRY(c->transport->receive(c->ctx, header, sizeof(header)));
    TRY(rpc_pdu_frame(span_of(header, sizeof(header)), RPC_FRAGMENT_MAX, &len, &call_id));
    uint8_t *bytes = arena_alloc(a, len);
    if (!bytes)
        return ERR_NOMEM;
    memcpy(bytes, header, sizeof(header));
    TRY(c->transport->receive(c->ctx, bytes + sizeof(header), len - sizeof(header)));
    TRY(rpc_pdu_open(span_of(bytes, len), out));
    *bytes_out = bytes;
    return out->call_id == c->call_id ? ERR_OK : ERR_MALFORMED;
}

/* --- bind --------------------------------------------------------------------------------------
 */

static enum err send_bind(struct peer_rpc *c, struct span token, struct arena *a)
{
    struct rpc_syntax ndr = rpc_ndr32;
    struct rpc_context context = {
        .id = CONTEXT, .interface = c->iface->id, .count = 1, .transfers = &ndr};
    struct rpc_bind bind = {.max_xmit = RPC_FRAGMENT_MAX,
                            .max_recv = RPC_FRAGMENT_MAX,
                            .count = 1,
                            .contexts = &context};
    struct rpc_auth auth = {.type = RPC_AUTH_NETLOGON,
                            .level = RPC_LEVEL_PRIVACY,
                            .context_id = AUTH_ID,
                            .token = token};
    struct builder b;
    struct span bytes;
    builder_in(&b, a, RPC_FRAGMENT_MAX);
    rpc_bind_put(&b, RPC_BIND, RPC_FIRST | RPC_LAST, c->call_id, &bind, token.len ? &auth : NULL);
    TRY(builder_done(&b, &bytes));
    return c->transport->send(c->ctx, bytes, true);
}

static enum err refused(struct peer_rpc *c, uint32_t why)
{
    c->fault = why;
    return ERR_REFUSED;
}

static enum err bound(struct peer_rpc *c, struct arena *a)
{
    struct rpc_pdu pdu;
    struct rpc_bind_ack ack;
    uint8_t *bytes;
    uint16_t why;
    TRY(receive(c, a, &bytes, &pdu));
    if (pdu.type == RPC_BIND_NAK) {
        TRY(rpc_bind_nak_decode(&pdu, &why));
        return refused(c, why);
    }
    if (pdu.type != RPC_BIND_ACK)
        return ERR_MALFORMED;
    TRY(rpc_bind_ack_decode(&pdu, a, &ack));
    if (ack.count != 1)
        return ERR_MALFORMED;
    if (ack.results[0].code != RPC_ACCEPTED)
        return refused(c, RPC_FAULT_UNKNOWN_INTERFACE);
    c->fragment_max = ack.max_recv < RPC_FRAGMENT_MAX ? ack.max_recv : RPC_FRAGMENT_MAX;
    return c->fragment_max < RPC_FRAGMENT_MIN ? ERR_MALFORMED : ERR_OK;
}

enum err peer_rpc_bind(struct peer_rpc *c, const struct rpc_iface *iface, struct span token,
                       const uint8_t key[NETLOGON_KEY_SIZE], struct arena *a)
{
    c->iface = iface;
    c->call_id = 1;
    c->sealed = token.len > 0;
    if (c->sealed) {
        c->channel = (struct netlogon_schannel){.client = true};
        memcpy(c->channel.key, key, sizeof(c->channel.key));
    }
    TRY(send_bind(c, token, a));
    return bound(c, a);
}

/* --- a request ---------------------------------------------------------------------------------
 */

static void seal(struct peer_rpc *c, uint8_t *bytes, const struct rpc_layout *l)
{
    uint8_t confounder[NETLOGON_CONFOUNDER_SIZE];
    uint8_t *body = bytes + l->stub;
    size_t len = l->trailer - l->stub;
    struct span part = span_of(body, len);
    plat_random(confounder, sizeof(confounder));
    netlogon_seal(&c->channel, &part, 1, body, len, confounder, bytes + l->token);
}

static enum err send_fragment(struct peer_rpc *c, const struct rpc_request *r, unsigned flags,
                              struct arena *a)
{
    struct rpc_auth auth = {.type = RPC_AUTH_NETLOGON,
                            .level = RPC_LEVEL_PRIVACY,
                            .context_id = AUTH_ID,
                            .token = {NULL, NETLOGON_SEAL_TOKEN}};
    struct rpc_layout layout;
    struct builder b;
    struct span bytes;
    builder_in(&b, a, RPC_FRAGMENT_MAX);
    rpc_request_put(&b, flags, c->call_id, r, c->sealed ? &auth : NULL, &layout);
    TRY(builder_done(&b, &bytes));
    if (c->sealed)
        seal(c, (uint8_t *)(uintptr_t)bytes.ptr, &layout); /* memory of our own arena */
    return c->transport->send(c->ctx, bytes, flags & RPC_LAST);
}

/* Headers are not signed under the secure channel, so a trailer in the stub repeats them. */
static enum err with_trailer(struct peer_rpc *c, uint16_t opnum, struct span in, struct arena *a,
                             struct span *out)
{
    struct rpc_verify v = {.interface = c->iface->id,
                           .transfer = rpc_ndr32,
                           .call_id = c->call_id,
                           .context_id = CONTEXT,
                           .opnum = opnum};
    struct builder b;
    builder_in(&b, a, in.len + 128);
    builder_span(&b, in);
    rpc_verify_put(&b, 0, &v);
    return builder_done(&b, out);
}

static enum err send_request(struct peer_rpc *c, uint16_t opnum, struct span in, struct arena *a)
{
    size_t room = rpc_stub_room(c->fragment_max, false, c->sealed ? NETLOGON_SEAL_TOKEN : 0);
    size_t at = 0;
    if (c->sealed)
        TRY(with_trailer(c, opnum, in, a, &in));
    do {
        size_t end = in.len - at > room ? at + room : in.len;
        struct rpc_request r = {.alloc_hint = (uint32_t)(in.len - at),
                                .context_id = CONTEXT,
                                .opnum = opnum,
                                .stub = span_sub(in, at, end)};
        unsigned flags = (at == 0 ? RPC_FIRST : 0) | (end == in.len ? RPC_LAST : 0);
        TRY(send_fragment(c, &r, flags, a));
        at = end;
    } while (at < in.len);
    return ERR_OK;
}

/* --- its answer --------------------------------------------------------------------------------
 */

static enum err unseal(struct peer_rpc *c, const struct rpc_pdu *pdu, uint8_t *bytes, size_t header)
{
    if (pdu->auth.type != RPC_AUTH_NETLOGON || pdu->auth.level != RPC_LEVEL_PRIVACY ||
        pdu->auth.context_id != AUTH_ID || pdu->trailer_at < header)
        return ERR_INTEGRITY;
    uint8_t *body = bytes + header;
    size_t len = pdu->trailer_at - header;
    struct span part = span_of(body, len);
    return netlogon_unseal(&c->channel, &part, 1, body, len, pdu->auth.token);
}

/* A fault tells a refusal and nothing else, whether it is sealed or not: Windows and Samba send
 * some that are not. */
static enum err fault(struct peer_rpc *c, const struct rpc_pdu *pdu)
{
    struct rpc_fault f;
    TRY(rpc_fault_decode(pdu, &f));
    return refused(c, f.status);
}

static enum err one_fragment(struct peer_rpc *c, struct rpc_reassembly *whole, struct arena *a,
                             bool *complete_out, struct span *out)
{
    struct rpc_pdu pdu;
    struct rpc_response response;
    uint8_t *bytes;
    TRY(receive(c, a, &bytes, &pdu));
    if (pdu.type == RPC_FAULT)
        return fault(c, &pdu);
    if (pdu.type != RPC_RESPONSE)
        return ERR_MALFORMED;
    if (c->sealed)
        TRY(unseal(c, &pdu, bytes, RPC_CALL_HEADER));
    TRY(rpc_response_decode(&pdu, &response));
    if (response.context_id != CONTEXT)
        return ERR_MALFORMED;
    return rpc_reassembly_add(whole, &pdu, response.context_id, 0, response.stub, complete_out,
                              out);
}

enum err peer_rpc_call(struct peer_rpc *c, uint16_t opnum, struct span in, struct arena *a,
                       struct span *out_out)
{
    struct rpc_reassembly whole;
    struct span out = SPAN_NONE;
    bool complete = false;
    c->call_id++;
    TRY(send_request(c, opnum, in, a));
    rpc_reassembly_init(&whole, a, PEER_RPC_ANSWER_MAX);
    for (unsigned i = 0; i < FRAGMENTS && !complete; i++)
        TRY(one_fragment(c, &whole, a, &complete, &out));
    if (!complete)
        return ERR_LIMIT;
    *out_out = out;
    return ERR_OK;
}

enum err peer_rpc_invoke(struct peer_rpc *c, uint16_t opnum, void *args, struct arena *a)
{
    const struct rpc_call *call = rpc_iface_call(c->iface, opnum);
    struct builder b;
    struct span in, out;
    if (!call)
        return ERR_UNSUPPORTED;
    builder_in(&b, a, PEER_RPC_ANSWER_MAX);
    ndr_put_call(&b, call->type, NDR_IN, args);
    TRY(builder_done(&b, &in));
    TRY(peer_rpc_call(c, opnum, in, a, &out));
    return ndr_decode_call(call->type, NDR_OUT, out, a, args, NULL);
}
