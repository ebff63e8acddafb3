#include "peer/peer_smb.h"

#include "base/text.h"
#include "plat/random.h"

#define SMB_PORT     445
#define CREDITS      16
#define ANSWERS_MAX  64 /* of one request: what is pending says so now and then */
#define PIPE_READ    65536
#define PIPE_ACCESS  0x0012019f /* read and write data and attributes */
#define SHARE_ALL    7
#define IMPERSONATE  2
#define SIGNATURE_AT 48

#define STATUS_PENDING         0x00000103u
#define STATUS_BUFFER_OVERFLOW 0x80000005u
#define STATUS_MORE_PROCESSING 0xc0000016u

/* --- messages ------------------------------------------------------------------------------------
 */

static enum err send_message(struct peer_smb *c, unsigned command, const void *body)
{
    struct smb2_header h = {.credit_charge = 1,
                            .command = (uint16_t)command,
                            .credits = CREDITS,
                            .flags = c->is_signed ? SMB2_FLAG_SIGNED : 0,
                            .message_id = c->message_id,
                            .tree_id = c->tree_id,
                            .session_id = c->session_id};
    uint8_t frame[SMB2_FRAME_SIZE];
    struct builder b;
    struct span message;
    builder_in(&b, c->a, PEER_SMB_MESSAGE_MAX);
    smb2_header_put(&b, &h);
    smb2_put(&b, 0, smb2_request_shape(command), body);
    TRY(builder_done(&b, &message));
    if (c->is_signed) /* memory of our own arena */
        smb_sign(&c->sign, message, (uint8_t *)(uintptr_t)message.ptr + SIGNATURE_AT);
    smb2_frame_put(frame, message.len);
    TRY(peer_link_send(&c->link, span_of(frame, sizeof(frame))));
    return peer_link_send(&c->link, message);
}

static enum err receive_message(struct peer_smb *c, struct smb2_header *header_out,
                                struct span *out)
{
    uint8_t frame[SMB2_FRAME_SIZE];
    size_t len;
    TRY(peer_link_receive(&c->link, frame, sizeof(frame)));
    enum err e = smb2_frame(span_of(frame, sizeof(frame)), PEER_SMB_MESSAGE_MAX, &len);
    if (e != ERR_OK && e != ERR_TRUNCATED)
        return e;
    len = (size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3];
    if (len < SMB2_HEADER_SIZE || len > PEER_SMB_MESSAGE_MAX)
        return ERR_MALFORMED;
    uint8_t *bytes = arena_alloc(c->a, len);
    if (!bytes)
        return ERR_NOMEM;
    TRY(peer_link_receive(&c->link, bytes, len));
    *out = span_of(bytes, len);
    TRY(smb2_header_decode(*out, header_out));
    return header_out->message_id == c->message_id && (header_out->flags & SMB2_FLAG_RESPONSE) &&
                   header_out->next == 0
               ? ERR_OK
               : ERR_MALFORMED;
}

/* The final answer; what says that it will come later is not signed. */
static enum err receive_answer(struct peer_smb *c, unsigned command, struct smb2_header *header_out,
                               struct span *out)
{
    for (unsigned i = 0; i < ANSWERS_MAX; i++) {
        TRY(receive_message(c, header_out, out));
        if (header_out->status == STATUS_PENDING)
            continue;
        if (header_out->command != command)
            return ERR_MALFORMED;
        if (c->is_signed && !smb_signature_good(&c->sign, *out))
            return ERR_INTEGRITY;
        return ERR_OK;
    }
    return ERR_LIMIT;
}

/* ERR_REFUSED: an error of the server's, which is c->status. */
static enum err ask(struct peer_smb *c, unsigned command, const void *body, void *answer)
{
    struct smb2_header h;
    struct span message;
    TRY(send_message(c, command, body));
    TRY(receive_answer(c, command, &h, &message));
    c->message_id++;
    c->status = h.status;
    if (h.status && h.status != STATUS_BUFFER_OVERFLOW)
        return ERR_REFUSED;
    if (command == SMB2_TREE_CONNECT)
        c->tree_id = h.tree_id;
    return smb2_decode(smb2_response_shape(command), message, answer);
}

/* --- the logon -----------------------------------------------------------------------------------
 */

static enum err negotiate(struct peer_smb *c)
{
    static const uint8_t dialects[] = {0x00, 0x03, 0x02, 0x03};
    struct smb2_negotiate_request q = {.security_mode = SMB2_SIGNING_REQUIRED,
                                       .dialects = span_of(dialects, sizeof(dialects))};
    struct smb2_negotiate_response r;
    plat_random(q.client_guid, sizeof(q.client_guid));
    TRY(ask(c, SMB2_NEGOTIATE, &q, &r));
    return r.dialect == SMB2_DIALECT_300 || r.dialect == SMB2_DIALECT_302 ? ERR_OK
                                                                          : ERR_UNSUPPORTED;
}

/* One message of the logon and its answer; what the server says of it is c->status. */
static enum err set_up(struct peer_smb *c, struct span token, struct span *message_out,
                       struct smb2_session_setup_response *out)
{
    struct smb2_session_setup_request q = {.security_mode = SMB2_SIGNING_REQUIRED,
                                           .security = token};
    struct smb2_header h;
    TRY(send_message(c, SMB2_SESSION_SETUP, &q));
    TRY(receive_answer(c, SMB2_SESSION_SETUP, &h, message_out));
    c->message_id++;
    c->status = h.status;
    c->session_id = h.session_id;
    if (h.status && h.status != STATUS_MORE_PROCESSING)
        return ERR_OK;
    return smb2_decode(smb2_response_shape(SMB2_SESSION_SETUP), *message_out, out);
}

/* The last answer is signed with a key that is nobody's but the server's and ours. */
static enum err begin_session(struct peer_smb *c, struct span key, struct span message,
                              const struct smb2_session_setup_response *r)
{
    smb_keys_derive(SMB_GENERATION_30, SMB_CIPHER_NONE, key, NULL, &c->keys);
    smb_sign_key_init(&c->sign, SMB_SIGNING_AES_CMAC, c->keys.sign);
    c->is_signed = true;
    if (!smb_signature_good(&c->sign, message))
        return ERR_INTEGRITY;
    return r->flags & (SMB2_SESSION_IS_GUEST | SMB2_SESSION_IS_NULL) ? ERR_DENIED : ERR_OK;
}

/* Only who opens the ticket has the key: so it is the domain controller that the ticket is for. */
static enum err log_on(struct peer_smb *c, struct span token, const struct krb_key *key)
{
    struct smb2_session_setup_response r;
    struct span message;
    TRY(set_up(c, token, &message, &r));
    if (c->status)
        return ERR_REFUSED;
    return begin_session(c, span_of(key->bytes, key->len), message, &r);
}

/* Whoever lets us in has the key from our own domain controllers. */
static enum err log_on_ntlm(struct peer_smb *c, struct peer_ntlm *who)
{
    struct smb2_session_setup_response r;
    struct span token, message;
    uint8_t key[NTLM_KEY_SIZE];
    TRY(peer_ntlm_begin(who, c->a, &token));
    TRY(set_up(c, token, &message, &r));
    if (c->status != STATUS_MORE_PROCESSING)
        return c->status ? ERR_OK : ERR_MALFORMED;
    TRY(peer_ntlm_answer(who, r.security, c->a, &token, key));
    enum err e = set_up(c, token, &message, &r);
    if (e == ERR_OK && c->status == 0)
        e = begin_session(c, span_of(key, sizeof(key)), message, &r);
    mem_wipe(key, sizeof(key));
    return e == ERR_OK && c->status == STATUS_MORE_PROCESSING ? ERR_MALFORMED : e;
}

/* --- the pipe ------------------------------------------------------------------------------------
 */

static enum err utf16(struct peer_smb *c, const char *text, struct span *out)
{
    return text ? text_to_utf16(span_str(text), c->a, out) : ERR_NOMEM;
}

static enum err open_pipe(struct peer_smb *c, const char *host, const char *pipe)
{
    struct smb2_tree_connect_request tree = {0};
    struct smb2_tree_connect_response tree_answer;
    struct smb2_create_request q = {.impersonation = IMPERSONATE,
                                    .access = PIPE_ACCESS,
                                    .share_access = SHARE_ALL,
                                    .disposition = SMB2_FILE_OPEN};
    struct smb2_create_response r;
    TRY(utf16(c, arena_printf(c->a, "\\\\%s\\IPC$", host), &tree.path));
    TRY(utf16(c, pipe, &q.name));
    TRY(ask(c, SMB2_TREE_CONNECT, &tree, &tree_answer));
    TRY(ask(c, SMB2_CREATE, &q, &r));
    c->pipe = r.id;
    return ERR_OK;
}

static enum err pipe_write(struct peer_smb *c, struct span bytes)
{
    struct smb2_write_request q = {.id = c->pipe, .data = bytes};
    struct smb2_write_response r;
    TRY(ask(c, SMB2_WRITE, &q, &r));
    return r.count == bytes.len ? ERR_OK : ERR_MALFORMED;
}

static enum err pipe_transceive(struct peer_smb *c, struct span bytes)
{
    struct smb2_ioctl_request q = {.code = SMB2_FSCTL_PIPE_TRANSCEIVE,
                                   .id = c->pipe,
                                   .max_output = PIPE_READ,
                                   .flags = SMB2_IOCTL_IS_FSCTL,
                                   .input = bytes};
    struct smb2_ioctl_response r;
    TRY(ask(c, SMB2_IOCTL, &q, &r));
    c->unread = r.output;
    return ERR_OK;
}

static enum err pipe_read(struct peer_smb *c)
{
    struct smb2_read_request q = {.length = PIPE_READ, .id = c->pipe};
    struct smb2_read_response r;
    TRY(ask(c, SMB2_READ, &q, &r));
    c->unread = r.data;
    return r.data.len ? ERR_OK : ERR_MALFORMED;
}

/* An answer of the file system where RPC is expected is no fault of RPC's. */
static enum err pipe_error(enum err e)
{
    return e == ERR_REFUSED ? ERR_CLOSED : e;
}

static enum err rpc_send(void *ctx, struct span fragment, bool last)
{
    struct peer_smb *c = ctx;
    return pipe_error(last ? pipe_transceive(c, fragment) : pipe_write(c, fragment));
}

static enum err rpc_receive(void *ctx, void *into, size_t len)
{
    struct peer_smb *c = ctx;
    uint8_t *to = into;
    while (len > 0) {
        if (c->unread.len == 0)
            TRY(pipe_error(pipe_read(c)));
        size_t part = c->unread.len < len ? c->unread.len : len;
        memcpy(to, c->unread.ptr, part);
        c->unread = span_sub(c->unread, part, c->unread.len);
        to += part;
        len -= part;
    }
    return ERR_OK;
}

const struct peer_rpc_transport peer_rpc_over_smb = {.send = rpc_send, .receive = rpc_receive};

/* --- both ----------------------------------------------------------------------------------------
 */

static enum err failed(struct peer_smb *c, enum err e, struct peer_failure *f)
{
    switch (e) {
    case ERR_CLOSED:
        return peer_fail(f, PEER_NO_LOGON_SERVERS, REASON_VERIFY_PORT_CLOSED,
                         "port %d/tcp is closed", SMB_PORT);
    case ERR_TIMEOUT:
    case ERR_IO:
        return peer_fail(f, PEER_IO_TIMEOUT, REASON_VERIFY_PORT_SILENT,
                         "port %d/tcp gives no answer", SMB_PORT);
    case ERR_REFUSED:
        return peer_fail(f, c->status, REASON_REMOTE_REFUSED, "SMB on port %d/tcp: 0x%08x",
                         SMB_PORT, c->status);
    default:
        return peer_fail(f, PEER_TRUST_FAILURE, REASON_REMOTE_REFUSED,
                         "SMB on port %d/tcp: the answer is not what was asked for (%s)", SMB_PORT,
                         err_name(e));
    }
}

static enum err connect_steps(struct peer_smb *c, struct plat_loop *loop,
                              const struct peer_smb_target *to, utime deadline)
{
    TRY(peer_link_open(&c->link, loop, &to->addr, deadline));
    TRY(negotiate(c));
    TRY(log_on(c, to->token, to->key));
    return open_pipe(c, to->host, to->pipe);
}

enum err peer_smb_connect(struct peer_smb *c, struct plat_loop *loop,
                          const struct peer_smb_target *to, utime deadline, struct arena *a,
                          struct peer_failure *why_out)
{
    *c = (struct peer_smb){.a = a};
    enum err e = connect_steps(c, loop, to, deadline);
    if (e == ERR_OK)
        return ERR_OK;
    e = failed(c, e, why_out);
    peer_smb_close(c);
    return e;
}

enum err peer_smb_open(struct peer_smb *c, const struct peer_env *env, const struct peer_dc *dc,
                       const struct peer_admin *who, const char *pipe, utime deadline,
                       struct arena *a, struct peer_failure *why_out)
{
    struct krb_key key;
    struct peer_smb_target to = {.addr = dc->addr, .host = dc->host, .pipe = pipe, .key = &key};
    *c = (struct peer_smb){.a = a};
    plat_addr_set_port(&to.addr, SMB_PORT);
    TRY(peer_admin_token(env, dc, who, deadline, a, &to.token, &key, why_out));
    enum err e = peer_smb_connect(c, env->loop, &to, deadline, a, why_out);
    krb_key_wipe(&key);
    return e;
}

enum err peer_smb_try_ntlm(struct plat_loop *loop, const struct plat_addr *addr,
                           struct peer_ntlm *who, utime deadline, struct arena *a,
                           uint32_t *status_out, struct peer_failure *why_out)
{
    struct peer_smb c = {.a = a};
    enum err e = peer_link_open(&c.link, loop, addr, deadline);
    if (e == ERR_OK)
        e = negotiate(&c);
    if (e == ERR_OK)
        e = log_on_ntlm(&c, who);
    if (e == ERR_OK)
        *status_out = c.status;
    else
        e = failed(&c, e, why_out);
    peer_smb_close(&c);
    return e;
}

void peer_smb_close(struct peer_smb *c)
{
    peer_link_close(&c->link);
    mem_wipe(c, sizeof(*c));
}
