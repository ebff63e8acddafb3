/* The timed part: each connection has one call outstanding. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "smb_load.h"
#include "wire/rpc/lsa_lookup.h"
#include "wire/rpc/rpc_pdu.h"

#define SILENCE_MS 30000
#define SAMPLE     16 /* one of so many answers is looked into */
#define PIPE_READ  65536

/* --- one call -----------------------------------------------------------------------------------
 */

static struct span arguments(const struct load *l, struct load_conn *c, uint8_t *out)
{
    struct load_name *n = &l->name[c->which];
    struct lsa_lookup_names names = {
        .handle = c->policy, .count = 1, .names = &n->name, .level = LSA_LOOKUP_ALL};
    struct lsa_sid one = {&n->sid};
    struct lsa_lookup_sids sids = {.handle = c->policy, .sids = {1, &one}, .level = LSA_LOOKUP_ALL};
    struct span bytes;
    struct builder b;
    builder_over(&b, out, LOAD_MESSAGE_MAX);
    if (l->sids)
        ndr_put_call(&b, &lsa_ndr_lookup_sids, NDR_IN, &sids);
    else
        ndr_put_call(&b, &lsa_ndr_lookup_names, NDR_IN, &names);
    if (builder_done(&b, &bytes) != ERR_OK)
        ent_fatal("a call cannot be made");
    return bytes;
}

static void send_next(struct load *l, struct load_conn *c, unsigned number)
{
    static uint8_t stub[LOAD_MESSAGE_MAX], fragment[LOAD_MESSAGE_MAX], message[LOAD_MESSAGE_MAX];
    c->which = number % l->names;
    struct rpc_request r = {.opnum = l->sids ? LSA_LOOKUP_SIDS : LSA_LOOKUP_NAMES,
                            .stub = arguments(l, c, stub)};
    struct smb2_ioctl_request q = {.code = SMB2_FSCTL_PIPE_TRANSCEIVE,
                                   .id = c->pipe,
                                   .max_output = PIPE_READ,
                                   .flags = SMB2_IOCTL_IS_FSCTL};
    struct builder b;
    r.alloc_hint = (uint32_t)r.stub.len;
    builder_over(&b, fragment, sizeof(fragment));
    rpc_request_put(&b, RPC_FIRST | RPC_LAST, ++c->call_id, &r, NULL, NULL);
    if (builder_done(&b, &q.input) != ERR_OK)
        ent_fatal("a fragment cannot be made");
    c->sent = load_now_ns();
    load_send(c, load_message(c, SMB2_IOCTL, &q, message));
}

static bool as_expected(const struct load *l, const struct load_name *n, struct span stub,
                        struct arena *a)
{
    struct lsa_lookup_names names = {.count = 1};
    struct lsa_lookup_sids sids = {.sids.count = 1};
    if (l->sids)
        return ndr_decode_call(&lsa_ndr_lookup_sids, NDR_OUT, stub, a, &sids, NULL) == ERR_OK &&
               sids.names.count == 1 && span_eq(sids.names.names[0].name, n->name);
    return ndr_decode_call(&lsa_ndr_lookup_names, NDR_OUT, stub, a, &names, NULL) == ERR_OK &&
           names.sids.count == 1 && names.sids.sids[0].use == LSA_SID_USER &&
           names.sids.sids[0].rid == n->rid;
}

static void check(struct load *l, const struct load_conn *c, struct span message, unsigned number)
{
    static const uint8_t good[4];
    struct smb2_ioctl_response r;
    struct rpc_response response;
    struct rpc_pdu pdu;
    if (smb2_decode(smb2_response_shape(SMB2_IOCTL), message, &r) != ERR_OK ||
        rpc_pdu_open(r.output, &pdu) != ERR_OK || pdu.type != RPC_RESPONSE ||
        pdu.call_id != c->call_id || rpc_response_decode(&pdu, &response) != ERR_OK ||
        response.stub.len < 4 ||
        memcmp(response.stub.ptr + response.stub.len - 4, good, sizeof(good)) != 0)
        ent_fatal("an answer is none, or an error");
    if (number % SAMPLE)
        return;
    if (!as_expected(l, &l->name[c->which], response.stub, &l->arena))
        ent_fatal("an answer is not about what was asked");
    l->checked++;
}

/* --- all of them --------------------------------------------------------------------------------
 */

static void take_answer(struct load *l, const struct load_conn *c, const struct smb2_header *h,
                        struct span message, unsigned number)
{
    if (h->status)
        ent_fatal("a lookup was answered 0x%08x", h->status);
    l->took[number] = (uint32_t)(load_now_ns() - c->sent);
    check(l, c, message, number);
}

/* True: the call's answer is here. What says that it comes later may stand before it. */
static bool receive(struct load *l, struct load_conn *c, unsigned number)
{
    struct smb2_header h;
    bool answered = false;
    size_t taken;
    ssize_t n = recv(c->fd, c->in + c->have, sizeof(c->in) - c->have, 0);
    if (n <= 0)
        ent_fatal("recv: %s", n ? strerror(errno) : "closed early");
    c->have += (size_t)n;
    do {
        struct span message = load_answer(c, &h, &taken);
        if (message.len) {
            take_answer(l, c, &h, message, number);
            answered = true;
        }
        memmove(c->in, c->in + taken, c->have - taken);
        c->have -= taken;
    } while (taken);
    return answered;
}

static void run(struct load *l)
{
    struct pollfd slot[LOAD_CONNS_MAX];
    unsigned sent = 0, got = 0;
    for (; sent < l->conns; sent++) {
        slot[sent] = (struct pollfd){.fd = l->conn[sent].fd, .events = POLLIN};
        send_next(l, &l->conn[sent], sent);
    }
    while (got < l->count) {
        if (poll(slot, l->conns, SILENCE_MS) <= 0)
            ent_fatal("no answer from the server");
        for (unsigned i = 0; i < l->conns; i++) {
            if (!slot[i].revents || !receive(l, &l->conn[i], got))
                continue;
            got++;
            if (sent < l->count)
                send_next(l, &l->conn[i], sent++);
        }
    }
}

/* The server may have a process for each connection: they are there now, and at the end. */
void load_run(struct load *l)
{
    struct load_pids pids;
    load_tree(l->root, &pids);
    uint64_t cpu = load_cpu_ns(&pids), wall = load_now_ns();
    run(l);
    l->wall = load_now_ns() - wall;
    l->cpu = load_cpu_ns(&pids) - cpu;
}
