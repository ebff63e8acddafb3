/*
 * Calls of Administrator over a pipe, one after the other, on one association that has bound all
 * interfaces of a domain controller: a byte for the interface (its highest bit: the call comes over
 * a secure channel of NETLOGON instead, which DC1 has), one for the operation's number, one
 * for which of the open handles stands at the beginning of the arguments (0: what the bytes say),
 * and the arguments with their length before them, in which "AUTHENTI" becomes the credential of a
 * domain controller for the time that follows. Whatever they are, the answer is a fragment, and
 * nothing is left in the end. Changes are taken and not made; trusted domains do not answer.
 */
#include "directory/fuzz_forest.h"
#include "rpc/netlogon_account.h"
#include "rpc/rpc_channel.h"
#include "wire/rpc/netlogon_token.h"
#include "writer/fuzz_trust.h"

#define HANDLE 20
#define MARK   "AUTHENTI"
#define TURNS  10 /* of calls that compute for long: enough for the fewest rounds of a password */

/* The timer is this file's: nothing here pulls in the real one. */
void plat_timer_start(struct plat_timer *t, utime after, utime repeat)
{
    (void)t, (void)after, (void)repeat;
}

static enum err intent(void *ctx, const struct intent *in, struct arena *a,
                       struct intent_reply *out)
{
    struct span bytes;
    (void)ctx;

    if (intent_encode(in, a, &bytes) != ERR_OK) /* what it breaks is a maximum */
        return ERR_LIMIT;
    *out = (struct intent_reply){.id = 1};
    return ERR_OK;
}

static enum err ask(void *ctx, uint32_t type, struct span payload, utime timeout,
                    struct plat_call *call)
{
    (void)ctx, (void)type, (void)payload, (void)timeout, (void)call;
    return ERR_CLOSED;
}

static void ask_cancel(void *ctx, struct plat_call *call)
{
    (void)ctx, (void)call;
}

static enum err emit(struct rpc_assoc *as, struct span fragment)
{
    uint32_t call_id;
    size_t len;
    (void)as;

    ENT_ASSERT(rpc_pdu_frame(fragment, RPC_FRAGMENT_MAX, &len, &call_id) == ERR_OK &&
               len == fragment.len);
    return ERR_OK;
}

/* --- the server ------------------------------------------------------------------------------ */

static const struct rpc_share shares[] = {{SPAN_LIT("SYSVOL"), SPAN_LIT("files"), 0}};
static struct rpc_server server = {.env = {.host = {(const uint8_t *)"dc1", 3},
                                           .site = {(const uint8_t *)"Default-First-Site-Name", 23},
                                           .address = {127, 0, 0, 1},
                                           .shares = shares,
                                           .share_count = 1,
                                           .now = fuzz_now,
                                           .random = fuzz_random,
                                           .intent = intent,
                                           .ask = ask,
                                           .ask_cancel = ask_cancel}};
static struct dir_token administrator;
static struct netlogon_session dc_session;
static const struct netlogon_chain first_chain = {{7}, {1}};
static struct arena kept;

static void learn_dc(void)
{
    struct netlogon_account acc;
    struct dir_snap s;

    ENT_ASSERT(dir_snap_begin(server.env.dir, &s) == ERR_OK);
    ENT_ASSERT(netlogon_account_find(&s, NETLOGON_CHANNEL_SERVER, SPAN_LIT("DC1$"), &kept, &acc) ==
               ERR_OK);
    dc_session = (struct netlogon_session){.channel_type = NETLOGON_CHANNEL_SERVER,
                                           .flags = UINT32_MAX,
                                           .account = acc.account,
                                           .sid = acc.sid};
    memcpy(dc_session.nt_hash, acc.nt_hash[0], sizeof(dc_session.nt_hash));
    dir_snap_end(&s);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    server.env.dir = fuzz_forest();
    struct acceptor_env auth = {
        .dir = server.env.dir, .dc_name = SPAN_LIT("DC1"), .now = fuzz_now, .random = fuzz_random};
    ENT_ASSERT(acceptor_new(&auth, &server.acceptor) == ERR_OK);
    server.sessions = netlogon_sessions_new();
    ENT_ASSERT(server.sessions != NULL);
    arena_init(&server.arena, RPC_ARENA_FIRST, RPC_ARENA_MAX, 0);
    arena_init(&kept, 0, 1u << 20, 0);
    administrator = fuzz_token(server.env.dir, "Administrator", &kept);
    fuzz_trust(server.env.dir);
    learn_dc();
    return 0;
}

static void put_session(const struct netlogon_chain *chain)
{
    struct netlogon_session session = dc_session;

    session.chain = *chain;
    ENT_ASSERT(netlogon_session_put(server.sessions, SPAN_LIT("DC1"), &session) == ERR_OK);
}

static void bind_all(struct rpc_assoc *as)
{
    rpc_assoc_init(as, &server, RPC_ON_PIPE);
    as->emit = emit;
    as->who = (struct rpc_caller){.token = &administrator,
                                  .user = SPAN_LIT("Administrator"),
                                  .domain = SPAN_LIT("CLOUD"),
                                  .session_key = SPAN_LIT("sixteen bytes it")};
    as->bound_once = true;
    as->group = rpc_group_join(&server, 0);
    ENT_ASSERT(as->group && rpc_service_count < RPC_CONTEXTS_MAX);
    for (uint16_t i = 0; i <= rpc_service_count; i++)
        as->bound[as->count++] =
            (struct rpc_bound){i, i == rpc_service_count ? &rpc_mgmt_service : rpc_services[i]};
}

static void bind_channel(struct rpc_assoc *as)
{
    struct netlogon_token token = {.computer = SPAN_LIT("DC1")};
    struct rpc_auth auth = {.type = RPC_AUTH_NETLOGON, .level = RPC_LEVEL_PRIVACY};
    struct span answer;
    struct builder b;

    bind_all(as);
    put_session(&first_chain);
    builder_in(&b, &server.arena, NETLOGON_TOKEN_MAX);
    netlogon_token_put(&b, &token);
    ENT_ASSERT(builder_done(&b, &auth.token) == ERR_OK);
    ENT_ASSERT(rpc_channel_bind(as, &auth, &answer) == REASON_NONE);
    as->level = RPC_LEVEL_PRIVACY;
}

/* The arguments, beginning with the handle that was opened so many handles ago. */
static struct span with_handle(const struct rpc_assoc *as, unsigned age, struct span stub)
{
    const struct rpc_handle_state *h = as->group->handles;
    struct span out;
    struct builder b;

    while (age > 1 && h) {
        h = h->next;
        age--;
    }
    if (!age || !h || stub.len < HANDLE)
        return stub;
    builder_in(&b, &server.arena, 1u << 16);
    ndr_put(&b, &rpc_ndr_handle, &h->id);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK && out.len == HANDLE);
    builder_in(&b, &server.arena, 1u << 17);
    builder_span(&b, out);
    builder_span(&b, span_sub(stub, HANDLE, stub.len));
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
    return out;
}

/* DC1's session with NETLOGON is as new for each call, and the mark becomes its authenticator. */
static void authenticate(uint8_t *stub, size_t len)
{
    struct netlogon_chain client = first_chain;
    uint8_t *at = len ? memmem(stub, len, MARK, NETLOGON_CREDENTIAL_SIZE) : NULL;

    put_session(&first_chain);
    if (!at || stub + len - at < NETLOGON_CREDENTIAL_SIZE + 4)
        return;
    struct reader r = reader_of(span_of(at + NETLOGON_CREDENTIAL_SIZE, 4));
    netlogon_chain_ask(&client, reader_le32(&r), at);
}

static void call(struct rpc_assoc *as, struct reader *r, unsigned service)
{
    struct rpc_request rq = {.context_id = service % (rpc_service_count + 1),
                             .opnum = reader_u8(r)};
    unsigned age = reader_u8(r);
    struct span stub = with_handle(as, age, reader_span(r, reader_le16(r)));
    uint8_t *bytes = arena_dup(&server.arena, stub.ptr, stub.len);

    ENT_ASSERT(bytes || !stub.len);
    authenticate(bytes, stub.len);
    rq.stub = span_of(bytes, stub.len);
    enum err e = reader_ok(r) ? rpc_dispatch(as, 1, &rq) : ERR_OK;
    ENT_ASSERT(e == ERR_OK || e == ERR_NOMEM || e == ERR_LIMIT);
    arena_reset(&server.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(span_of(data, size));
    struct rpc_assoc pipe = {0}, channel = {0};

    bind_all(&pipe);
    bind_channel(&channel);
    while (reader_left(&r)) {
        unsigned service = reader_u8(&r);
        call(service & 0x80 ? &channel : &pipe, &r, service & 0x7f);
    }
    for (unsigned i = 0; i < TURNS; i++)
        rpc_later_turn(&server);
    rpc_assoc_fini(&pipe);
    rpc_assoc_fini(&channel);
    ENT_ASSERT(!server.groups && server.queued == 0 && server.waiting == 0);
    return 0;
}
