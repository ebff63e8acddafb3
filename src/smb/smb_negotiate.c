/*
 * Which dialect, which algorithms ([MS-SMB2] 3.3.5.3, 3.3.5.4), and the proof for 3.0 that nobody
 * changed that on the way (3.3.5.15.12).
 */
#include "smb/smb_internal.h"
#include "wire/smb2/smb2_context.h"

static const uint16_t known[] = {SMB2_DIALECT_202, SMB2_DIALECT_210, SMB2_DIALECT_300,
                                 SMB2_DIALECT_302, SMB2_DIALECT_311};

#define SECURITY_MODE (SMB2_SIGNING_ENABLED | SMB2_SIGNING_REQUIRED)

/* The highest of the client's that we have; 0: none. */
static uint16_t choose_dialect(struct span dialects)
{
    uint16_t best = 0;

    for (unsigned i = 0; i < smb2_dialect_count(dialects); i++)
        for (unsigned k = 0; k < sizeof(known) / sizeof(known[0]); k++)
            if (smb2_dialect_at(dialects, i) == known[k] && known[k] > best)
                best = known[k];
    return best;
}

/* The first of the client's from `first` to `last`, all of which we have; otherwise: none. */
static unsigned choose(const struct smb2_algorithms *offered, unsigned first, unsigned last,
                       unsigned otherwise)
{
    for (unsigned i = 0; i < offered->count; i++)
        if (offered->ids[i] >= first && offered->ids[i] <= last)
            return offered->ids[i];
    return otherwise;
}

static struct smb2_algorithms only(unsigned id)
{
    return (struct smb2_algorithms){.present = true, .count = 1, .ids = {(uint16_t)id}};
}

/* Contexts of 3.1.1: what the answer says, too. */
static uint32_t take_contexts(struct smb_conn *c, const struct smb2_negotiate_request *q,
                              struct smb2_negotiate_contexts *answer_out)
{
    struct smb2_negotiate_contexts in, out = {0};

    if (smb2_negotiate_contexts_decode(q->contexts, q->context_count, &in) != ERR_OK ||
        !choose(&in.hashes, SMB2_HASH_SHA512, SMB2_HASH_SHA512, 0))
        return NT_INVALID_PARAMETER;
    out.hashes = only(SMB2_HASH_SHA512);
    c->cipher = choose(&in.ciphers, SMB_CIPHER_AES128_CCM, SMB_CIPHER_AES256_GCM, SMB_CIPHER_NONE);
    c->signing =
        choose(&in.signing, SMB_SIGNING_HMAC_SHA256, SMB_SIGNING_AES_GMAC, SMB_SIGNING_AES_CMAC);
    if (in.ciphers.present)
        out.ciphers = only(c->cipher);
    if (in.signing.present)
        out.signing = only(c->signing);
    *answer_out = out;
    return NT_OK;
}

static void choose_for_30(struct smb_conn *c)
{
    bool encrypts = c->dialect >= SMB2_DIALECT_300 && c->client_capabilities & SMB2_CAP_ENCRYPTION;

    c->cipher = encrypts ? SMB_CIPHER_AES128_CCM : SMB_CIPHER_NONE;
    c->signing = c->dialect >= SMB2_DIALECT_300 ? SMB_SIGNING_AES_CMAC : SMB_SIGNING_HMAC_SHA256;
}

/* Capabilities: what our answer says; in 3.1.1 encryption is a matter of contexts. */
static void set_capabilities(struct smb_conn *c)
{
    c->capabilities = SMB2_CAP_DFS;
    if (c->dialect >= SMB2_DIALECT_210)
        c->capabilities |= SMB2_CAP_LARGE_MTU;
    if (c->cipher != SMB_CIPHER_NONE && c->dialect < SMB2_DIALECT_311)
        c->capabilities |= SMB2_CAP_ENCRYPTION;
}

static enum err put_response(struct smb_conn *c, struct smb2_negotiate_contexts *contexts,
                             struct arena *a, struct smb2_negotiate_response *out)
{
    struct smb_server *sv = c->server;
    uint32_t max = c->capabilities & SMB2_CAP_LARGE_MTU ? SMB_IO_MAX : SMB_CREDIT_BYTES;
    struct smb2_negotiate_response p = {.security_mode = SECURITY_MODE,
                                        .dialect = c->dialect,
                                        .capabilities = c->capabilities,
                                        .max_transact = max,
                                        .max_read = max,
                                        .max_write = max};
    struct builder b;

    memcpy(p.server_guid, sv->guid, sizeof(p.server_guid));
    p.system_time = (uint64_t)utime_to_filetime(sv->env.now());
    TRY(acceptor_hint(sv->acceptor, a, &p.security));
    if (c->dialect == SMB2_DIALECT_311) {
        uint8_t *salt = arena_alloc(a, 32);
        if (!salt)
            return ERR_NOMEM;
        sv->env.random(salt, 32);
        contexts->salt = span_of(salt, 32);
        builder_in(&b, a, 4096);
        p.context_count = (uint16_t)smb2_negotiate_contexts_put(&b, contexts);
        TRY(builder_done(&b, &p.contexts));
    }
    *out = p;
    return ERR_OK;
}

static uint32_t refuse_dialect(struct smb_request *rq)
{
    return smb_refuse(rq, "smb.negotiate", REASON_SMB_NO_DIALECT, SPAN_NONE, NT_NOT_SUPPORTED);
}

uint32_t smb_do_negotiate(struct smb_request *rq)
{
    struct smb_conn *c = rq->conn;
    struct smb2_negotiate_request q;
    struct smb2_negotiate_contexts contexts = {0};
    struct smb2_negotiate_response p;
    uint32_t status = smb_body(rq, &q);

    if (c->negotiated)
        rq->fatal = ERR_MALFORMED;
    if (status != NT_OK || c->negotiated)
        return NT_INVALID_PARAMETER;
    if (!q.dialects.len || smb2_dialect_count(q.dialects) > SMB2_DIALECTS_MAX)
        return NT_INVALID_PARAMETER;
    c->dialect = choose_dialect(q.dialects);
    if (!c->dialect)
        return refuse_dialect(rq);
    c->client_mode = q.security_mode;
    c->client_capabilities = q.capabilities;
    memcpy(c->client_guid, q.client_guid, sizeof(c->client_guid));
    choose_for_30(c);
    if (c->dialect == SMB2_DIALECT_311)
        status = take_contexts(c, &q, &contexts);
    if (status != NT_OK)
        return status;
    set_capabilities(c);
    if (put_response(c, &contexts, rq->arena, &p) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    c->negotiated = true;
    smb_preauth_add(c->preauth, rq->message);
    smb_answer(rq, &p);
    return NT_OK;
}

/* SMB1's negotiation is answered as one of SMB2 (3.3.5.3.1): 2.0.2 at once, or a dialect that asks
 * for a second negotiation. */
enum err smb_negotiate_smb1(struct smb_conn *c, struct span message)
{
    struct smb1_negotiate n;
    uint8_t bytes[SMB2_HEADER_SIZE + 36 + 2];
    struct smb2_header h = {.command = SMB2_NEGOTIATE, .credits = 1};
    struct smb2_negotiate_request q = {.dialects = SPAN_LIT("\x02\x02")};
    struct builder b;

    TRY(smb1_negotiate_decode(message, &n));
    if (c->negotiated || c->limit != 1)
        return ERR_MALFORMED;
    if (!n.smb2_002 && !n.smb2_any) {
        smb_event(c, NULL, "smb.negotiate", REASON_SMB_NO_DIALECT, SPAN_LIT("SMB1"));
        return ERR_CLOSED;
    }
    if (n.smb2_any) {
        struct smb2_negotiate_contexts none = {0};
        struct smb2_negotiate_response p;
        c->capabilities = SMB2_CAP_DFS;
        c->dialect = SMB2_DIALECT_WILDCARD;
        TRY(put_response(c, &none, &c->server->arena, &p));
        return smb_answer_smb1(c, &p);
    }
    builder_over(&b, bytes, sizeof(bytes));
    smb2_header_put(&b, &h);
    smb2_put(&b, 0, smb2_request_shape(SMB2_NEGOTIATE), &q);
    return builder_ok(&b) ? smb_take_frame(c, span_of(bytes, b.len)) : ERR_NOMEM;
}

/* What both said must be what both heard, or somebody between them changed it: then the connection
 * ends without an answer. */
uint32_t smb_validate_negotiate(struct smb_request *rq, struct span in, struct span *out)
{
    struct smb_conn *c = rq->conn;
    struct smb2_validate_request q;
    struct smb2_validate_response p = {
        .capabilities = c->capabilities, .security_mode = SECURITY_MODE, .dialect = c->dialect};
    struct builder b;

    if (c->dialect == SMB2_DIALECT_311 ||
        smb2_part_decode(&smb2_validate_request_shape, in, &q) != ERR_OK ||
        q.capabilities != c->client_capabilities || q.security_mode != c->client_mode ||
        memcmp(q.guid, c->client_guid, sizeof(q.guid)) != 0 ||
        choose_dialect(q.dialects) != c->dialect) {
        rq->fatal = ERR_CLOSED;
        return smb_refuse(rq, "smb.negotiate", REASON_SMB_NEGOTIATION_CHANGED, SPAN_NONE,
                          NT_ACCESS_DENIED);
    }
    memcpy(p.guid, rq->server->guid, sizeof(p.guid));
    builder_in(&b, rq->arena, 64);
    smb2_part_put(&b, &smb2_validate_response_shape, &p);
    return builder_done(&b, out) == ERR_OK ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}
