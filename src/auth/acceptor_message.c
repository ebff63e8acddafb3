/*
 * Messages under a Kerberos context: RFC 4121 section 4.2. What is sent is never rotated; what is
 * received may be, by any count.
 */
#include "auth/acceptor_state.h"
#include "base/builder.h"

#define WINDOW 64

void gss_messages_init(struct gss_messages *m, const struct krb_key *key, bool acceptor_subkey,
                       uint32_t flags, uint32_t send, uint32_t receive)
{
    *m = (struct gss_messages){.key = *key,
                               .acceptor_subkey = acceptor_subkey,
                               .in_order = flags & GSS_FLAG_SEQUENCE,
                               .once = flags & (GSS_FLAG_SEQUENCE | GSS_FLAG_REPLAY),
                               .send = send,
                               .next = receive,
                               .seen = UINT64_MAX};
}

/* Most connections use two of the four. */
const struct krb_usage *gss_messages_usage(struct gss_messages *m, uint32_t number)
{
    unsigned i = number - KRB_USAGE_GSS_ACCEPTOR_SEAL;
    ENT_ASSERT(i < GSS_USAGES);
    if (!m->ready[i])
        ENT_ASSERT(krb_usage_init(&m->usage[i], &m->key, number) == ERR_OK);
    m->ready[i] = true;
    return &m->usage[i];
}

uint8_t gss_messages_own_flags(const struct gss_messages *m)
{
    return (uint8_t)(GSS_KRB_SENT_BY_ACCEPTOR | (m->acceptor_subkey ? GSS_KRB_ACCEPTOR_SUBKEY : 0));
}

/* The client's tokens say that they are the client's and which key they are in. */
bool gss_messages_flags_fit(const struct gss_messages *m, uint8_t flags)
{
    uint8_t want = m->acceptor_subkey ? GSS_KRB_ACCEPTOR_SUBKEY : 0;
    return (flags & (GSS_KRB_SENT_BY_ACCEPTOR | GSS_KRB_ACCEPTOR_SUBKEY)) == want;
}

enum err gss_messages_malformed(struct acceptor_context *c)
{
    return acceptor_refuse(c, 0, REASON_AUTH_MESSAGE_MALFORMED);
}

enum err gss_messages_altered(struct acceptor_context *c)
{
    return acceptor_refuse(c, 0, REASON_AUTH_MESSAGE_INTEGRITY);
}

/* Called for messages whose integrity is proved: nobody else may move the window. */
enum err gss_messages_sequence(struct acceptor_context *c, uint64_t seq)
{
    struct gss_messages *m = &c->messages;
    uint64_t ahead = seq - m->next, behind = m->next - 1 - seq;
    bool late = (int64_t)ahead < 0; /* numbers go round */
    bool known = late && (behind >= WINDOW || m->seen >> behind & 1);
    if (m->in_order ? ahead != 0 : m->once && known)
        return acceptor_refuse(c, 0, REASON_AUTH_MESSAGE_SEQUENCE);
    if (late) {
        if (behind < WINDOW)
            m->seen |= UINT64_C(1) << behind;
        return ERR_OK;
    }
    m->seen = ahead >= WINDOW - 1 ? 1 : m->seen << (ahead + 1) | 1;
    m->next = seq + 1;
    return ERR_OK;
}

/* --- MIC --------------------------------------------------------------------------------------
 */

static enum err ntlm_get_mic(struct acceptor_context *c, struct span message, struct arena *a,
                             struct span *out)
{
    uint8_t *token = arena_alloc(a, NTLM_SIGNATURE_SIZE);
    if (!token)
        return ERR_NOMEM;
    ntlm_sign(&c->ntlm.send, &message, 1, token);
    *out = span_of(token, NTLM_SIGNATURE_SIZE);
    return ERR_OK;
}

static enum err ntlm_verify_mic(struct acceptor_context *c, struct span message, struct span mic)
{
    if (mic.len != NTLM_SIGNATURE_SIZE)
        return gss_messages_malformed(c);
    return ntlm_verify(&c->ntlm.receive, &message, 1, mic.ptr) == ERR_OK ? ERR_OK
                                                                         : gss_messages_altered(c);
}

static bool is_ntlm(const struct acceptor_context *c)
{
    return c->session.mech == SPNEGO_MECH_NTLMSSP;
}

enum err gss_messages_mic(struct acceptor_context *c, struct span message, struct arena *a,
                          struct span *out)
{
    struct gss_messages *m = &c->messages;
    if (is_ntlm(c))
        return ntlm_get_mic(c, message, a, out);
    uint8_t *token = arena_alloc(a, GSS_KRB_HEADER + KRB_CKSUM_MAX);
    if (!token)
        return ERR_NOMEM;
    gss_krb_mic_header(gss_messages_own_flags(m), m->send++, token);
    struct span parts[] = {message, span_of(token, GSS_KRB_HEADER)};
    size_t size = krb_checksum(gss_messages_usage(m, KRB_USAGE_GSS_ACCEPTOR_SIGN), parts, 2,
                               token + GSS_KRB_HEADER);
    *out = span_of(token, GSS_KRB_HEADER + size);
    return ERR_OK;
}

enum err gss_messages_verify(struct acceptor_context *c, struct span message, struct span mic)
{
    struct gss_messages *m = &c->messages;
    struct gss_krb_mic t;
    if (is_ntlm(c))
        return ntlm_verify_mic(c, message, mic);
    if (gss_krb_mic_decode(mic, &t) != ERR_OK || !gss_messages_flags_fit(m, t.flags))
        return gss_messages_malformed(c);
    struct span parts[] = {message, t.header};
    if (krb_checksum_verify(gss_messages_usage(m, KRB_USAGE_GSS_INITIATOR_SIGN),
                            krb_etype_cksum(m->key.etype), parts, 2, t.sum) != ERR_OK)
        return gss_messages_altered(c);
    return gss_messages_sequence(c, t.seq);
}

enum err acceptor_get_mic(struct acceptor_context *c, struct span message, struct arena *a,
                          struct span *out)
{
    c->reason = REASON_NONE;
    return c->stage == ACCEPTOR_DONE ? gss_messages_mic(c, message, a, out) : ERR_STATE;
}

enum err acceptor_verify_mic(struct acceptor_context *c, struct span message, struct span mic)
{
    c->reason = REASON_NONE;
    return c->stage == ACCEPTOR_DONE ? gss_messages_verify(c, message, mic) : ERR_STATE;
}

/* --- Wrap -------------------------------------------------------------------------------------
 */

/* header, { plain, header } encrypted; the inner header ends the plaintext. */
static enum err wrap_sealed(struct acceptor_context *c, struct span plain, struct arena *a,
                            struct span *out)
{
    struct gss_messages *m = &c->messages;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    const struct krb_usage *u = gss_messages_usage(m, KRB_USAGE_GSS_ACCEPTOR_SEAL);
    size_t inner_len = plain.len + GSS_KRB_HEADER;
    size_t size = GSS_KRB_HEADER + krb_encrypted_size(u, inner_len);
    uint8_t *token = arena_alloc(a, size);
    if (!token)
        return ERR_NOMEM;
    uint8_t *inner = token + GSS_KRB_HEADER + krb_plain_offset(u);
    gss_krb_wrap_header(gss_messages_own_flags(m) | GSS_KRB_SEALED, 0, 0, m->send++, token);
    if (plain.len)
        memcpy(inner, plain.ptr, plain.len);
    memcpy(inner + plain.len, token, GSS_KRB_HEADER);
    c->acc->env.random(confounder, krb_confounder_size(m->key.etype));
    krb_encrypt(u, confounder, span_of(inner, inner_len), token + GSS_KRB_HEADER);
    *out = span_of(token, size);
    return ERR_OK;
}

/* header, plain, checksum over plain and the header whose EC is zero; EC then is the checksum's
 * size. */
static enum err wrap_signed(struct acceptor_context *c, struct span plain, struct arena *a,
                            struct span *out)
{
    struct gss_messages *m = &c->messages;
    uint8_t *token = arena_alloc(a, GSS_KRB_HEADER + plain.len + KRB_CKSUM_MAX);
    if (!token)
        return ERR_NOMEM;
    uint64_t seq = m->send++;
    gss_krb_wrap_header(gss_messages_own_flags(m), 0, 0, seq, token);
    struct span parts[] = {plain, span_of(token, GSS_KRB_HEADER)};
    size_t sum = krb_checksum(gss_messages_usage(m, KRB_USAGE_GSS_ACCEPTOR_SEAL), parts, 2,
                              token + GSS_KRB_HEADER + plain.len);
    if (plain.len)
        memcpy(token + GSS_KRB_HEADER, plain.ptr, plain.len);
    gss_krb_wrap_header(gss_messages_own_flags(m), (uint16_t)sum, 0, seq, token);
    *out = span_of(token, GSS_KRB_HEADER + plain.len + sum);
    return ERR_OK;
}

enum err acceptor_wrap(struct acceptor_context *c, bool seal, struct span plain, struct arena *a,
                       struct span *out)
{
    c->reason = REASON_NONE;
    if (c->stage != ACCEPTOR_DONE)
        return ERR_STATE;
    if (is_ntlm(c))
        return ERR_UNSUPPORTED;
    return seal ? wrap_sealed(c, plain, a, out) : wrap_signed(c, plain, a, out);
}

/* The inner header must be the outer one before rotation. EC too: it says where the plaintext ends,
 * and outside the encryption nothing protects it. */
static enum err unwrap_sealed(struct acceptor_context *c, const struct gss_krb_wrap *w,
                              uint8_t *body, struct span *plain_out)
{
    struct span inner;
    uint8_t header[GSS_KRB_HEADER];
    if (krb_decrypt(gss_messages_usage(&c->messages, KRB_USAGE_GSS_INITIATOR_SEAL),
                    span_of(body, w->body.len), body, &inner) != ERR_OK)
        return gss_messages_altered(c);
    if (inner.len < GSS_KRB_HEADER + (size_t)w->ec)
        return gss_messages_malformed(c);
    gss_krb_wrap_header(w->flags, w->ec, 0, w->seq, header);
    if (memcmp(header, inner.ptr + inner.len - GSS_KRB_HEADER, GSS_KRB_HEADER) != 0)
        return gss_messages_altered(c);
    *plain_out = span_sub(inner, 0, inner.len - GSS_KRB_HEADER - w->ec);
    return ERR_OK;
}

static enum err unwrap_signed(struct acceptor_context *c, const struct gss_krb_wrap *w,
                              const uint8_t *body, struct span *plain_out)
{
    uint8_t header[GSS_KRB_HEADER];
    if (w->body.len < w->ec)
        return gss_messages_malformed(c);
    struct span plain = span_of(body, w->body.len - w->ec);
    gss_krb_wrap_header(w->flags, 0, 0, w->seq, header);
    struct span parts[] = {plain, span_of(header, sizeof(header))};
    if (krb_checksum_verify(gss_messages_usage(&c->messages, KRB_USAGE_GSS_INITIATOR_SEAL),
                            krb_etype_cksum(c->messages.key.etype), parts, 2,
                            span_of(body + plain.len, w->ec)) != ERR_OK)
        return gss_messages_altered(c);
    *plain_out = plain;
    return ERR_OK;
}

enum err acceptor_unwrap(struct acceptor_context *c, struct span token, struct arena *a,
                         bool *sealed_out, struct span *plain_out)
{
    struct gss_krb_wrap w;
    struct span plain;
    c->reason = REASON_NONE;
    if (c->stage != ACCEPTOR_DONE)
        return ERR_STATE;
    if (is_ntlm(c))
        return ERR_UNSUPPORTED;
    if (gss_krb_wrap_decode(token, &w) != ERR_OK || !gss_messages_flags_fit(&c->messages, w.flags))
        return gss_messages_malformed(c);
    uint8_t *body = arena_alloc(a, w.body.len);
    if (!body)
        return ERR_NOMEM;
    gss_krb_unrotate(w.body, w.rrc, body);
    bool sealed = w.flags & GSS_KRB_SEALED;
    TRY(sealed ? unwrap_sealed(c, &w, body, &plain) : unwrap_signed(c, &w, body, &plain));
    TRY(gss_messages_sequence(c, w.seq));
    *sealed_out = sealed;
    *plain_out = plain;
    return ERR_OK;
}
