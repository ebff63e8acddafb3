/*
 * Frames in, frames out: decryption, compounds, credits, signatures, and the way to the handler of
 * a command ([MS-SMB2] 3.3.5.2, 3.3.4.1).
 */
#include "base/counters.h"
#include "smb/smb_internal.h"

/* --- events -------------------------------------------------------------------------------- */

void smb_event(struct smb_conn *c, const struct smb_session *ss, const char *name,
               enum reason reason, struct span detail)
{
    struct event ev;

    if (!c->peer[0] && c->conn)
        plat_addr_text(plat_conn_peer(c->conn), c->peer);
    event_init(&ev, c->server->env.now(), name, reason);
    event_text(&ev, "peer", span_str(c->peer));
    if (ss && ss->who)
        event_text(&ev, "who", ss->who->principal);
    if (detail.len)
        event_text(&ev, "detail", detail);
    event_emit(c->server->env.events, &ev);
}

#define SIGNATURE_AT   48 /* in the header */
#define SIGNATURE_SIZE 16

/* --- answers --------------------------------------------------------------------------------- */

static void frame_begin(struct smb_frame *f, struct smb_conn *c, struct smb_session *sealed_by)
{
    f->conn = c;
    f->arena = &c->server->arena;
    f->sealed_by = sealed_by;
    builder_in(&f->b, f->arena, SMB_ANSWER_MAX);
    builder_zeros(&f->b, SMB2_FRAME_SIZE + (sealed_by ? SMB2_TRANSFORM_SIZE : 0));
    f->start = f->b.len;
}

static struct span answer_bytes(const struct smb_frame *f)
{
    return span_of(f->b.base + f->last_at, f->b.len - f->last_at);
}

/* The newest answer is complete: its signature, and what takes it into a hash. */
static void seal_answer(struct smb_frame *f)
{
    if (!f->last_at || !builder_ok(&f->b))
        return;
    uint8_t *header = f->b.base + f->last_at;
    if (f->signs && !f->sealed_by) {
        header[16] |= SMB2_FLAG_SIGNED;
        smb_sign(f->signs, answer_bytes(f), header + SIGNATURE_AT);
    }
    if (f->hash)
        smb_preauth_add(f->hash, answer_bytes(f));
    f->signs = NULL;
    f->hash = NULL;
}

/* Where the next answer's header is to be; the one before it is closed. */
static size_t answer_begin(struct smb_frame *f)
{
    if (f->last_at) {
        builder_zeros(&f->b, (f->start - f->b.len) % SMB2_ALIGN);
        builder_patch_le32(&f->b, f->last_at + 20, (uint32_t)(f->b.len - f->last_at));
        seal_answer(f);
    }
    size_t at = f->b.len;
    builder_zeros(&f->b, SMB2_HEADER_SIZE);
    return at;
}

/* The header over its place: the body is already behind it. */
static void answer_head(struct smb_frame *f, size_t at, const struct smb2_header *h)
{
    uint8_t bytes[SMB2_HEADER_SIZE];
    struct builder b;

    builder_over(&b, bytes, sizeof(bytes));
    smb2_header_put(&b, h);
    if (builder_ok(&f->b))
        memcpy(f->b.base + at, bytes, sizeof(bytes));
    f->last_at = at;
}

static void answer_error(struct smb_frame *f, size_t at)
{
    if (builder_ok(&f->b))
        f->b.len = at + SMB2_HEADER_SIZE;
    smb2_put(&f->b, at, &smb2_error_shape, &(struct smb2_error){0});
}

static enum err encrypt(struct smb_frame *f)
{
    struct smb_session *ss = f->sealed_by;
    struct span plain = span_of(f->b.base + f->start, f->b.len - f->start);
    struct smb2_transform t = {.original_size = (uint32_t)plain.len,
                               .flags = SMB2_TRANSFORM_ENCRYPTED,
                               .session_id = ss->id};
    uint8_t *head = f->b.base + SMB2_FRAME_SIZE;
    struct builder b;

    if (!++ss->nonce)
        return ERR_LIMIT;
    builder_store_le(t.nonce, ss->nonce, sizeof(ss->nonce));
    builder_over(&b, head, SMB2_TRANSFORM_SIZE);
    smb2_transform_put(&b, &t);
    smb_encrypt(&ss->to_client, head, plain, f->b.base + f->start);
    return ERR_OK;
}

static enum err frame_send(struct smb_frame *f)
{
    struct span bytes;

    if (!f->last_at)
        return ERR_OK;
    seal_answer(f);
    TRY(builder_done(&f->b, &bytes));
    if (f->sealed_by)
        TRY(encrypt(f));
    smb2_frame_put(f->b.base, bytes.len - SMB2_FRAME_SIZE);
    return plat_conn_send(f->conn->conn, bytes);
}

/* --- credits: 3.3.1.2, 3.3.5.2.3 ------------------------------------------------------------- */

static bool bit(struct smb_conn *c, uint64_t id, bool set)
{
    uint64_t *word = &c->came[id / 64 % (SMB_CREDITS_MAX / 64)], mask = UINT64_C(1) << id % 64;
    bool was = *word & mask;

    if (set)
        *word |= mask;
    return was;
}

/* Each id once, and only those that were granted: as many as the request pays with. */
static bool take_ids(struct smb_conn *c, uint64_t id, uint16_t charge)
{
    uint64_t count = charge && c->capabilities & SMB2_CAP_LARGE_MTU ? charge : 1;

    if (id < c->low || id >= c->limit || count > c->limit - id)
        return false;
    for (uint64_t n = id; n < id + count; n++)
        if (bit(c, n, true))
            return false;
    for (; c->low < c->limit && bit(c, c->low, false); c->low++)
        c->came[c->low / 64 % (SMB_CREDITS_MAX / 64)] &= ~(UINT64_C(1) << c->low % 64);
    return true;
}

/* What was asked for, at least one, as long as all that are out stay below the maximum. */
static uint16_t grant(struct smb_conn *c, uint16_t wanted)
{
    uint64_t room = SMB_CREDITS_MAX - (c->limit - c->low);
    uint64_t given = wanted ? wanted : 1;

    if (given > room)
        given = room;
    c->limit += given;
    return (uint16_t)given;
}

/* --- one request ----------------------------------------------------------------------------- */

#define NEEDS_SESSION 1
#define NEEDS_TREE    2

struct command {
    uint32_t (*run)(struct smb_request *rq);
    unsigned needs;
};

uint32_t smb_body(struct smb_request *rq, void *out)
{
    return smb2_decode(smb2_request_shape(rq->head.command), rq->message, out) == ERR_OK
               ? NT_OK
               : NT_INVALID_PARAMETER;
}

void smb_answer(struct smb_request *rq, const void *body)
{
    smb2_put(&rq->frame->b, rq->frame->b.len - SMB2_HEADER_SIZE,
             smb2_response_shape(rq->head.command), body);
    rq->answered = true;
}

uint32_t smb_refuse(struct smb_request *rq, const char *event, enum reason reason,
                    struct span detail, uint32_t status)
{
    smb_event(rq->conn, rq->session, event, reason, detail);
    return status;
}

static uint32_t do_echo(struct smb_request *rq)
{
    struct smb2_empty body = {0};
    uint32_t status = smb_body(rq, &body);

    if (status == NT_OK)
        smb_answer(rq, &body);
    return status;
}

/* No oplock is ever granted. */
static uint32_t do_nothing(struct smb_request *rq)
{
    (void)rq;
    return NT_NOT_SUPPORTED;
}

static const struct command commands[SMB2_COMMANDS] = {
    [SMB2_NEGOTIATE] = {smb_do_negotiate, 0},
    [SMB2_SESSION_SETUP] = {smb_do_session_setup, 0},
    [SMB2_LOGOFF] = {smb_do_logoff, NEEDS_SESSION},
    [SMB2_TREE_CONNECT] = {smb_do_tree_connect, NEEDS_SESSION},
    [SMB2_TREE_DISCONNECT] = {smb_do_tree_disconnect, NEEDS_TREE},
    [SMB2_CREATE] = {smb_do_create, NEEDS_TREE},
    [SMB2_CLOSE] = {smb_do_close, NEEDS_TREE},
    [SMB2_FLUSH] = {smb_do_flush, NEEDS_TREE},
    [SMB2_READ] = {smb_do_read, NEEDS_TREE},
    [SMB2_WRITE] = {smb_do_write, NEEDS_TREE},
    [SMB2_LOCK] = {smb_do_lock, NEEDS_TREE},
    [SMB2_IOCTL] = {smb_do_ioctl, NEEDS_TREE},
    [SMB2_ECHO] = {do_echo, 0},
    [SMB2_QUERY_DIRECTORY] = {smb_do_query_directory, NEEDS_TREE},
    [SMB2_CHANGE_NOTIFY] = {smb_do_change_notify, NEEDS_TREE},
    [SMB2_QUERY_INFO] = {smb_do_query_info, NEEDS_TREE},
    [SMB2_SET_INFO] = {smb_do_set_info, NEEDS_TREE},
    [SMB2_OPLOCK_BREAK] = {do_nothing, NEEDS_TREE},
};

/* A session with a key takes nothing that is not signed or encrypted with it. */
static uint32_t check_signature(struct smb_request *rq)
{
    struct smb_session *ss = rq->session;

    if (!ss || !ss->has_keys || rq->frame->sealed_by)
        return NT_OK;
    if (rq->head.flags & SMB2_FLAG_SIGNED && smb_signature_good(&ss->sign, rq->message))
        return NT_OK;
    return smb_refuse(rq, "smb.message", REASON_SMB_NOT_SIGNED, SPAN_NONE, NT_ACCESS_DENIED);
}

static uint32_t check_session(struct smb_request *rq, unsigned needs)
{
    struct smb_session *ss = rq->session;

    if (!needs)
        return NT_OK;
    if (!ss || !ss->who)
        return NT_USER_SESSION_DELETED;
    if (ss->who->endtime && rq->server->env.now() > ss->who->endtime &&
        rq->head.command != SMB2_LOGOFF && rq->head.command != SMB2_CLOSE)
        return NT_NETWORK_SESSION_EXPIRED;
    if (needs != NEEDS_TREE)
        return NT_OK;
    rq->tree = smb_tree_find(ss, rq->head.tree_id);
    return rq->tree ? NT_OK : NT_NETWORK_NAME_DELETED;
}

/* What a related request leaves out is the one's before it (3.3.5.2.7.2). */
static uint32_t relate(struct smb_request *rq)
{
    struct smb_frame *f = rq->frame;

    if (!(rq->head.flags & SMB2_FLAG_RELATED))
        return NT_OK;
    if (!f->related)
        return NT_INVALID_PARAMETER;
    rq->head.session_id = f->session_id;
    rq->head.tree_id = f->tree_id;
    return NT_OK;
}

/* What would act on a file that the ones before it failed to open fails as they did. */
static uint32_t inherited_error(const struct smb_request *rq)
{
    const struct smb_frame *f = rq->frame;
    bool related = rq->head.flags & SMB2_FLAG_RELATED;

    return related && !f->open_id && f->status >= NT_FIRST_ERROR ? f->status : NT_OK;
}

static uint32_t run(struct smb_request *rq)
{
    const struct command *command =
        rq->head.command < SMB2_COMMANDS ? &commands[rq->head.command] : NULL;
    uint32_t status = relate(rq);

    counter_add(COUNTER_SMB_REQUESTS, 1);
    if (status == NT_OK && rq->frame->sealed_by && rq->head.session_id != rq->frame->sealed_by->id)
        status = NT_USER_SESSION_DELETED;
    if (status != NT_OK)
        return status;
    if (!rq->conn->negotiated && rq->head.command != SMB2_NEGOTIATE) {
        rq->fatal = ERR_MALFORMED;
        return NT_INVALID_PARAMETER;
    }
    rq->session = smb_session_find(rq->conn, rq->head.session_id);
    status = check_signature(rq);
    if (status == NT_OK)
        status = inherited_error(rq);
    if (status != NT_OK)
        return status;
    if (!command || !command->run)
        return NT_INVALID_PARAMETER;
    status = check_session(rq, command->needs);
    return status == NT_OK ? command->run(rq) : status;
}

static bool has_body(const struct smb_request *rq, uint32_t status)
{
    return rq->answered && (status == NT_OK || status == NT_BUFFER_OVERFLOW ||
                            status == NT_MORE_PROCESSING || status == NT_NOTIFY_ENUM_DIR);
}

/* An answer about a session that is none cannot be signed. As Windows does it, it has what the
 * request had in this place: clients take such an error from nobody else. */
static void echo_signature(struct smb_frame *f, struct span request)
{
    memcpy(f->b.base + f->last_at + SIGNATURE_AT, request.ptr + SIGNATURE_AT, SIGNATURE_SIZE);
}

static void answer(struct smb_request *rq, uint32_t status)
{
    struct smb_frame *f = rq->frame;
    struct smb2_header h = {.credit_charge = rq->head.credit_charge,
                            .status = status,
                            .command = rq->head.command,
                            .credits = grant(rq->conn, rq->head.credits),
                            .flags = SMB2_FLAG_RESPONSE | (rq->head.flags & SMB2_FLAG_RELATED),
                            .message_id = rq->head.message_id,
                            .process_id = rq->head.process_id,
                            .tree_id = rq->head.tree_id,
                            .session_id = rq->head.session_id};
    struct smb_session *ss = rq->session;

    if (rq->pending) {
        h.flags |= SMB2_FLAG_ASYNC;
        h.async_id = rq->pending->async_id;
    }
    if (!ss)
        h.flags |= rq->head.flags & SMB2_FLAG_SIGNED;
    answer_head(f, f->last_at, &h);
    if (!ss && builder_ok(&f->b))
        echo_signature(f, rq->message);
    if (ss && ss->has_keys)
        f->signs = &ss->sign;
    if (rq->head.command == SMB2_NEGOTIATE && status == NT_OK)
        f->hash = rq->conn->preauth;
    else if (rq->head.command == SMB2_SESSION_SETUP && status == NT_MORE_PROCESSING && ss)
        f->hash = ss->preauth;
    f->related = true;
    f->session_id = rq->head.session_id;
    f->tree_id = rq->head.tree_id;
    f->status = status;
}

/* Takes a request of the frame through to its answer. */
static enum err take_request(struct smb_frame *f, const struct smb2_header *h, struct span message,
                             bool last)
{
    struct smb_request rq = {.frame = f,
                             .conn = f->conn,
                             .server = f->conn->server,
                             .arena = f->arena,
                             .head = *h,
                             .message = message,
                             .last = last};

    if (h->flags & SMB2_FLAG_RESPONSE)
        return ERR_MALFORMED;
    if (h->command == SMB2_CANCEL) {
        rq.session = smb_session_find(rq.conn, h->session_id);
        if (check_signature(&rq) == NT_OK)
            smb_cancel(&rq);
        return ERR_OK;
    }
    if (!take_ids(rq.conn, h->message_id, h->credit_charge))
        return ERR_MALFORMED;
    size_t at = answer_begin(f);
    f->last_at = at;
    uint32_t status = run(&rq);
    if (rq.pending && rq.pending->held) {
        f->last_at = 0; /* nothing is sent of its frame, in which it is alone */
        return rq.fatal;
    }
    if (!has_body(&rq, status))
        answer_error(f, at);
    answer(&rq, status);
    return rq.fatal;
}

static enum err take_compound(struct smb_frame *f, struct span rest)
{
    struct smb2_header h;
    struct span message;
    enum err e = ERR_OK;

    for (unsigned n = 0; e == ERR_OK && rest.len; n++) {
        if (n == SMB2_COMPOUND_MAX)
            return ERR_LIMIT;
        TRY(smb2_next(&rest, &h, &message));
        e = take_request(f, &h, message, rest.len == 0);
    }
    return e != ERR_OK ? e : frame_send(f);
}

/* The bytes inside an encrypted frame, and whose it is. */
static enum err decrypt(struct smb_conn *c, struct span payload, struct smb_session **ss_out,
                        struct span *plain_out)
{
    struct smb2_transform t;
    struct span sealed;

    TRY(smb2_transform_decode(payload, &t, &sealed));
    struct smb_session *ss = smb_session_find(c, t.session_id);
    uint8_t *plain = arena_alloc(&c->server->arena, sealed.len);
    if (!plain)
        return ERR_NOMEM;
    if (!ss || !ss->has_keys || c->cipher == SMB_CIPHER_NONE ||
        t.flags != SMB2_TRANSFORM_ENCRYPTED ||
        smb_decrypt(&ss->to_server, payload.ptr, sealed, plain) != ERR_OK) {
        smb_event(c, ss, "smb.message", REASON_SMB_NOT_DECRYPTED, SPAN_NONE);
        return ERR_CLOSED;
    }
    *ss_out = ss;
    *plain_out = span_of(plain, sealed.len);
    return ERR_OK;
}

enum err smb_take_frame(struct smb_conn *c, struct span payload)
{
    struct smb_session *sealed_by = NULL;
    struct smb_frame f = {0};

    switch (smb2_kind_of(payload)) {
    case SMB2_KIND_SMB1:
        return smb_negotiate_smb1(c, payload);
    case SMB2_KIND_TRANSFORM:
        TRY(decrypt(c, payload, &sealed_by, &payload));
        break;
    case SMB2_KIND_PLAIN:
        break;
    default:
        return ERR_MALFORMED;
    }
    frame_begin(&f, c, sealed_by);
    enum err e = take_compound(&f, payload);
    smb_notify_send(c->server);
    return e;
}

enum err smb_answer_smb1(struct smb_conn *c, const struct smb2_negotiate_response *body)
{
    struct smb2_header h = {.command = SMB2_NEGOTIATE, .flags = SMB2_FLAG_RESPONSE};
    struct smb_frame f = {0};

    if (!take_ids(c, 0, 1))
        return ERR_MALFORMED;
    h.credits = grant(c, 1);
    frame_begin(&f, c, NULL);
    size_t at = answer_begin(&f);
    smb2_put(&f.b, at, smb2_response_shape(SMB2_NEGOTIATE), body);
    answer_head(&f, at, &h);
    return frame_send(&f);
}

void smb_late_answer(struct smb_pending *p, uint32_t status, const void *body)
{
    struct smb_conn *c = p->conn;
    struct smb_session *ss = smb_session_find(c, p->session_id);
    struct smb2_header h = {.status = status,
                            .command = p->command,
                            .flags = SMB2_FLAG_RESPONSE | (p->held ? 0 : SMB2_FLAG_ASYNC),
                            .message_id = p->message_id,
                            .async_id = p->held ? 0 : p->async_id,
                            .credits = p->held ? grant(c, p->credits) : 0,
                            .session_id = p->session_id};
    struct smb_frame f = {0};
    bool sealed = p->sealed;

    smb_pending_remove(p);
    if (!c->conn || !ss)
        return;
    frame_begin(&f, c, sealed ? ss : NULL);
    size_t at = answer_begin(&f);
    if (body)
        smb2_put(&f.b, at, smb2_response_shape(h.command), body);
    else
        answer_error(&f, at);
    answer_head(&f, at, &h);
    if (ss->has_keys)
        f.signs = &ss->sign;
    if (h.command == SMB2_SESSION_SETUP && status == NT_MORE_PROCESSING)
        f.hash = ss->preauth;
    if (frame_send(&f) != ERR_OK)
        plat_conn_close(c->conn, REASON_SERVER_FAILED);
}
