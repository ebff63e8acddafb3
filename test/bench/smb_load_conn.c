/* Before the timed part: a connection, its session, its pipe. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/text.h"
#include "crypt/krb_crypto.h"
#include "crypt/ntlm_crypto.h"
#include "peer/peer_rpc.h"
#include "plat/random.h"
#include "smb_load.h"
#include "wire/ntlm/ntlm.h"
#include "wire/rpc/lsa_lookup.h"
#include "wire/rpc/lsa_policy.h"

#define SIGNATURE_AT    48
#define SILENCE         30 /* seconds */
#define PIPE_ACCESS     0x0012019f
#define PIPE_READ       65536
#define SHARE_ALL       7
#define IMPERSONATE     2
#define MAXIMUM_ALLOWED 0x02000000u
#define AT_ONCE         50

#define STATUS_PENDING         0x00000103u
#define STATUS_MORE_PROCESSING 0xc0000016u

#define MUST(what, call)                                                                           \
    do {                                                                                           \
        enum err must_ = (call);                                                                   \
        if (must_ != ERR_OK)                                                                       \
            ent_fatal("%s: %s", what, err_name(must_));                                            \
    } while (0)

/* --- messages -----------------------------------------------------------------------------------
 */

struct span load_message(struct load_conn *c, unsigned command, const void *body, uint8_t *out)
{
    struct smb2_header h = {.credit_charge = 1,
                            .command = (uint16_t)command,
                            .credits = c->message_id < 8 ? 16 : 1,
                            .flags = c->is_signed ? SMB2_FLAG_SIGNED : 0,
                            .message_id = c->message_id++,
                            .tree_id = c->tree_id,
                            .session_id = c->session_id};
    struct builder b;
    struct span message;
    builder_over(&b, out + SMB2_FRAME_SIZE, LOAD_MESSAGE_MAX - SMB2_FRAME_SIZE);
    smb2_header_put(&b, &h);
    smb2_put(&b, 0, smb2_request_shape(command), body);
    MUST("a request", builder_done(&b, &message));
    if (c->is_signed)
        smb_sign(&c->sign, message, out + SMB2_FRAME_SIZE + SIGNATURE_AT);
    smb2_frame_put(out, message.len);
    return span_of(out, SMB2_FRAME_SIZE + message.len);
}

void load_send(const struct load_conn *c, struct span bytes)
{
    if (send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) != (ssize_t)bytes.len)
        ent_fatal("send: %s", strerror(errno));
}

struct span load_answer(const struct load_conn *c, struct smb2_header *head_out, size_t *taken_out)
{
    struct span have = span_of(c->in, c->have);
    *taken_out = 0;
    enum err e = smb2_frame(have, LOAD_MESSAGE_MAX, taken_out);
    if (e == ERR_TRUNCATED || (e == ERR_OK && *taken_out > c->have)) {
        *taken_out = 0;
        return SPAN_NONE;
    }
    MUST("a frame", e);
    struct span message = span_sub(have, SMB2_FRAME_SIZE, *taken_out);
    MUST("a header", smb2_header_decode(message, head_out));
    if (head_out->status == STATUS_PENDING)
        return SPAN_NONE;
    if (c->is_signed && !smb_signature_good(&c->sign, message))
        ent_fatal("an answer is not signed as agreed");
    return message;
}

static struct span receive(struct load_conn *c, struct smb2_header *head_out, struct arena *a)
{
    for (;;) {
        size_t taken;
        struct span message = arena_dup_span(a, load_answer(c, head_out, &taken));
        memmove(c->in, c->in + taken, c->have - taken);
        c->have -= taken;
        if (message.len)
            return message;
        if (taken)
            continue;
        ssize_t n = recv(c->fd, c->in + c->have, sizeof(c->in) - c->have, 0);
        if (n <= 0)
            ent_fatal("recv: %s", n ? strerror(errno) : "closed early");
        c->have += (size_t)n;
    }
}

/* The answer's status; its body, when it is one of success. */
static uint32_t ask(struct load_conn *c, unsigned command, const void *body, void *answer,
                    struct arena *a)
{
    static uint8_t bytes[LOAD_MESSAGE_MAX];
    struct smb2_header h;
    load_send(c, load_message(c, command, body, bytes));
    struct span message = receive(c, &h, a);
    if (h.status && h.status != STATUS_MORE_PROCESSING)
        ent_fatal("SMB command %u was answered 0x%08x", command, h.status);
    MUST("an answer", smb2_decode(smb2_response_shape(command), message, answer));
    c->session_id = h.session_id;
    if (command == SMB2_TREE_CONNECT)
        c->tree_id = h.tree_id;
    return h.status;
}

/* --- NTLMv2 -------------------------------------------------------------------------------------
 */

static struct span wide(const char *text, struct arena *a)
{
    struct span out;
    MUST("a text", text_to_utf16(span_str(text), a, &out));
    return out;
}

static struct span built(struct builder *b)
{
    struct span out;
    MUST("a message", builder_done(b, &out));
    return out;
}

static struct span response(const struct load *l, const struct ntlm_challenge *m, struct arena *a,
                            uint8_t base_out[NTLM_KEY_SIZE])
{
    uint8_t challenge[8], nt[16], owf[16], proof[16];
    struct ntlm_target_info info;
    struct builder temp, b;
    struct span upper;
    plat_random(challenge, sizeof(challenge));
    MUST("the target", ntlm_target_info_decode(m->target_info, &info));
    info.has_flags = true;
    info.flags = NTLM_AV_MIC;
    builder_in(&temp, a, NTLM_MESSAGE_MAX);
    ntlm_put_client_challenge(&temp, info.timestamp, challenge, &info);
    struct span blob = built(&temp);
    MUST("the password", nt_hash(span_str(l->password), nt));
    MUST("the user", text_upper(span_str(l->user), a, &upper));
    MUST("the user", text_to_utf16(upper, a, &upper));
    ntlm_owf_v2(nt, upper, wide(l->domain, a), owf);
    ntlm_proof(owf, m->challenge, blob, proof);
    ntlm_base_key(owf, proof, base_out);
    builder_in(&b, a, NTLM_MESSAGE_MAX);
    builder_bytes(&b, proof, sizeof(proof));
    builder_span(&b, blob);
    return built(&b);
}

static struct span authenticate(const struct load *l, struct span negotiate, struct span challenge,
                                struct arena *a, uint8_t exported_out[NTLM_KEY_SIZE])
{
    uint8_t base[NTLM_KEY_SIZE], encrypted[NTLM_KEY_SIZE];
    struct ntlm_challenge in;
    struct builder b;
    MUST("the challenge", ntlm_challenge_decode(challenge, &in));
    struct ntlm_authenticate m = {.flags = in.flags,
                                  .user = wide(l->user, a),
                                  .domain = wide(l->domain, a),
                                  .workstation = wide("BENCH", a),
                                  .nt = response(l, &in, a, base)};
    plat_random(exported_out, NTLM_KEY_SIZE);
    ntlm_exchange(base, exported_out, encrypted);
    m.session_key = span_of(encrypted, sizeof(encrypted));
    builder_in(&b, a, NTLM_MESSAGE_MAX);
    ntlm_put_authenticate(&b, &m, true);
    struct span out = built(&b);
    struct span parts[] = {negotiate, challenge, out};
    ntlm_mic(exported_out, parts, 3, (uint8_t *)(uintptr_t)out.ptr + NTLM_MIC_AT);
    return out;
}

static void log_on(const struct load *l, struct load_conn *c, struct arena *a)
{
    struct ntlm_negotiate first = {.flags = NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_SIGN |
                                            NTLM_SEAL | NTLM_NTLM | NTLM_ALWAYS_SIGN |
                                            NTLM_EXTENDED_SECURITY | NTLM_TARGET_INFO |
                                            NTLM_VERSION | NTLM_128 | NTLM_KEY_EXCHANGE};
    struct smb2_session_setup_request q = {.security_mode = SMB2_SIGNING_REQUIRED};
    struct smb2_session_setup_response r;
    uint8_t exported[NTLM_KEY_SIZE];
    struct smb_keys keys;
    struct builder b;
    builder_in(&b, a, NTLM_MESSAGE_MAX);
    ntlm_put_negotiate(&b, &first);
    q.security = built(&b);
    if (ask(c, SMB2_SESSION_SETUP, &q, &r, a) != STATUS_MORE_PROCESSING)
        ent_fatal("NTLM was answered without a challenge");
    q.security = authenticate(l, q.security, r.security, a, exported);
    if (ask(c, SMB2_SESSION_SETUP, &q, &r, a) != 0)
        ent_fatal("NTLM is not at its end");
    smb_keys_derive(SMB_GENERATION_30, SMB_CIPHER_NONE, span_of(exported, sizeof(exported)), NULL,
                    &keys);
    smb_sign_key_init(&c->sign, SMB_SIGNING_AES_CMAC, keys.sign);
    c->is_signed = true;
}

/* --- the pipe -----------------------------------------------------------------------------------
 */

static struct arena *scratch; /* of the calls below, which have none */

static enum err pipe_send(void *ctx, struct span fragment, bool last)
{
    struct load_conn *c = ctx;
    struct smb2_ioctl_request q = {.code = SMB2_FSCTL_PIPE_TRANSCEIVE,
                                   .id = c->pipe,
                                   .max_output = PIPE_READ,
                                   .flags = SMB2_IOCTL_IS_FSCTL,
                                   .input = fragment};
    struct smb2_ioctl_response r;
    if (!last)
        ent_fatal("a call of several fragments");
    ask(c, SMB2_IOCTL, &q, &r, scratch);
    c->unread = r.output;
    return ERR_OK;
}

static enum err pipe_receive(void *ctx, void *into, size_t len)
{
    struct load_conn *c = ctx;
    if (c->unread.len < len)
        ent_fatal("an answer of several fragments");
    memcpy(into, c->unread.ptr, len);
    c->unread = span_sub(c->unread, len, c->unread.len);
    return ERR_OK;
}

static const struct peer_rpc_transport over_pipe = {.send = pipe_send, .receive = pipe_receive};

static void open_pipe(const struct load *l, struct load_conn *c, struct arena *a)
{
    char host[64];
    struct smb2_tree_connect_request tree = {0};
    struct smb2_tree_connect_response tree_answer;
    struct smb2_create_request q = {.impersonation = IMPERSONATE,
                                    .access = PIPE_ACCESS,
                                    .share_access = SHARE_ALL,
                                    .disposition = SMB2_FILE_OPEN,
                                    .name = wide("lsarpc", a)};
    struct smb2_create_response r;
    load_host(&l->server, host);
    tree.path = wide(arena_printf(a, "\\\\%s\\IPC$", host), a);
    ask(c, SMB2_TREE_CONNECT, &tree, &tree_answer, a);
    ask(c, SMB2_CREATE, &q, &r, a);
    c->pipe = r.id;
}

static void open_policy(struct load_conn *c, struct arena *a)
{
    struct peer_rpc rpc = {.transport = &over_pipe, .ctx = c};
    struct lsa_open_policy2 q = {.access = MAXIMUM_ALLOWED};
    scratch = a;
    MUST("bind", peer_rpc_bind(&rpc, &lsa_iface, SPAN_NONE, NULL, a));
    MUST("OpenPolicy2", peer_rpc_invoke(&rpc, LSA_OPEN_POLICY2, &q, a));
    if (q.status)
        ent_fatal("OpenPolicy2 was answered 0x%08x", q.status);
    c->policy = q.handle;
    c->call_id = rpc.call_id;
}

void load_connect(const struct load *l, struct load_conn *c, struct arena *a)
{
    static const uint8_t dialects[] = {0x02, 0x03};
    struct smb2_negotiate_request q = {.security_mode = SMB2_SIGNING_REQUIRED,
                                       .dialects = span_of(dialects, sizeof(dialects))};
    struct smb2_negotiate_response r;
    struct timeval silence = {.tv_sec = SILENCE};
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        ent_fatal("socket: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
    if (connect(c->fd, (const struct sockaddr *)&l->server, sizeof(l->server)) < 0)
        ent_fatal("connect: %s", strerror(errno));
    plat_random(q.client_guid, sizeof(q.client_guid));
    ask(c, SMB2_NEGOTIATE, &q, &r, a);
    log_on(l, c, a);
    open_pipe(l, c, a);
    open_policy(c, a);
}

void load_learn(struct load *l, struct load_conn *c)
{
    struct peer_rpc rpc = {.transport = &over_pipe,
                           .ctx = c,
                           .iface = &lsa_iface,
                           .call_id = c->call_id,
                           .fragment_max = RPC_FRAGMENT_MAX};
    struct span names[AT_ONCE];
    struct arena a;
    arena_init(&a, 64u << 10, 16u << 20, 0);
    scratch = &a;
    for (unsigned i = 0; i < l->names; i += AT_ONCE) {
        unsigned some = l->names - i < AT_ONCE ? l->names - i : AT_ONCE;
        struct lsa_lookup_names q = {
            .handle = c->policy, .count = some, .names = names, .level = LSA_LOOKUP_ALL};
        for (unsigned k = 0; k < some; k++)
            names[k] = l->name[i + k].name;
        MUST("LookupNames", peer_rpc_invoke(&rpc, LSA_LOOKUP_NAMES, &q, &a));
        if (q.status || !q.domains || q.domains->count != 1)
            ent_fatal("names were answered 0x%08x", q.status);
        for (unsigned k = 0; k < some; k++) {
            struct sid sid = *q.domains->domains[0].sid;
            sid.sub[sid.count++] = l->name[i + k].rid = q.sids.sids[k].rid;
            l->name[i + k].sid = sid;
        }
        arena_reset(&a);
    }
    c->call_id = rpc.call_id;
    arena_fini(&a);
}
