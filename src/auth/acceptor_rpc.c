/*
 * Protection of DCE/RPC fragments over a context.
 *
 * Kerberos' sealed token: header, and all of the encryption that is not the body. What is encrypted
 * is { confounder, body, EC bytes of padding, header }, a checksum behind it; turned right by EC +
 * RRC bytes the end comes to the front, so that behind the token stands the body, as long as it was
 * in clear ([MS-KILE] 3.4.5.4.1).
 */
#include "auth/acceptor_state.h"

#define EXTRA      16 /* EC that we send: one block */
#define AES_BLOCK  16
#define AES_MAC    12
#define TURNED     (GSS_KRB_HEADER + AES_MAC) /* RRC of what is sealed */
#define SEALED_MAX (64 * 1024)                /* of a fragment's body */

static bool is_ntlm(const struct acceptor_context *c)
{
    return c->session.mech == SPNEGO_MECH_NTLMSSP;
}

/* The parts that a signature covers, in their order. NTLM's covers all of a fragment, whatever was
 * agreed on: impacket does not ask for it, Samba checks it so. */
static unsigned signed_parts(const struct acceptor_rpc *m, bool all, struct span out[3])
{
    struct span body = span_of(m->body, m->body_len);
    if (!all) {
        out[0] = body;
        return 1;
    }
    out[0] = m->header;
    out[1] = body;
    out[2] = m->trailer;
    return 3;
}

static bool can(const struct acceptor_context *c, bool seal)
{
    if (is_ntlm(c))
        return c->session.flags & (seal ? GSS_FLAG_CONF : GSS_FLAG_INTEG);
    return !seal || c->messages.key.etype == ETYPE_AES128_SHA1 ||
           c->messages.key.etype == ETYPE_AES256_SHA1;
}

size_t acceptor_rpc_token_size(const struct acceptor_context *c, bool seal)
{
    if (is_ntlm(c))
        return NTLM_SIGNATURE_SIZE;
    if (seal)
        return GSS_KRB_HEADER + EXTRA + TURNED + AES_BLOCK;
    return GSS_KRB_HEADER + krb_cksum_size(krb_etype_cksum(c->messages.key.etype));
}

/* --- Kerberos, signed: GSS_GetMICEx -------------------------------------------------------------
 */

static void krb_sign(struct acceptor_context *c, const struct acceptor_rpc *m, uint8_t *token)
{
    struct gss_messages *g = &c->messages;
    struct span parts[4];
    unsigned count = signed_parts(m, m->sign_header, parts);
    gss_krb_mic_header(gss_messages_own_flags(g), g->send++, token);
    parts[count++] = span_of(token, GSS_KRB_HEADER);
    (void)krb_checksum(gss_messages_usage(g, KRB_USAGE_GSS_ACCEPTOR_SIGN), parts, count,
                       token + GSS_KRB_HEADER);
}

static enum err krb_verify(struct acceptor_context *c, const struct acceptor_rpc *m,
                           struct span token)
{
    struct gss_messages *g = &c->messages;
    struct gss_krb_mic t;
    struct span parts[4];
    unsigned count = signed_parts(m, m->sign_header, parts);
    if (gss_krb_mic_decode(token, &t) != ERR_OK || !gss_messages_flags_fit(g, t.flags))
        return gss_messages_malformed(c);
    parts[count++] = t.header;
    if (krb_checksum_verify(gss_messages_usage(g, KRB_USAGE_GSS_INITIATOR_SIGN),
                            krb_etype_cksum(g->key.etype), parts, count, t.sum) != ERR_OK)
        return gss_messages_altered(c);
    return gss_messages_sequence(c, t.seq);
}

/* --- Kerberos, sealed: GSS_WrapEx ---------------------------------------------------------------
 */

/* What the checksum covers behind the confounder: the parts, then the padding and the header that
 * end the encryption. body: in clear. */
static unsigned summed_parts(const struct acceptor_rpc *m, struct span body, struct span tail,
                             struct span out[KRB_SUM_PARTS])
{
    unsigned n = 0;
    if (m->sign_header)
        out[n++] = m->header;
    out[n++] = body;
    if (m->sign_header)
        out[n++] = m->trailer;
    out[n++] = tail;
    return n;
}

static enum err krb_seal(struct acceptor_context *c, const struct acceptor_rpc *m, struct arena *a,
                         uint8_t *token)
{
    struct gss_messages *g = &c->messages;
    uint8_t confounder[KRB_CONFOUNDER_MAX];
    struct span parts[KRB_SUM_PARTS];
    size_t len = m->body_len + EXTRA + GSS_KRB_HEADER, turned = EXTRA + TURNED;
    uint8_t *plain = arena_alloc(a, len), *cipher = arena_alloc(a, AES_BLOCK + len + AES_MAC);
    if (!plain || !cipher)
        return ERR_NOMEM;
    uint8_t flags = gss_messages_own_flags(g) | GSS_KRB_SEALED;
    memcpy(plain, m->body, m->body_len);
    gss_krb_wrap_header(flags, EXTRA, 0, g->send, plain + m->body_len + EXTRA);
    gss_krb_wrap_header(flags, EXTRA, TURNED, g->send++, token);
    unsigned count = summed_parts(m, span_of(plain, m->body_len),
                                  span_of(plain + m->body_len, EXTRA + GSS_KRB_HEADER), parts);
    c->acc->env.random(confounder, krb_confounder_size(g->key.etype));
    TRY(krb_encrypt_summed(gss_messages_usage(g, KRB_USAGE_GSS_ACCEPTOR_SEAL), confounder,
                           span_of(plain, len), parts, count, cipher));
    memcpy(token + GSS_KRB_HEADER, cipher + AES_BLOCK + m->body_len, turned);
    memcpy(token + GSS_KRB_HEADER + turned, cipher, AES_BLOCK);
    memcpy(m->body, cipher + AES_BLOCK, m->body_len);
    return ERR_OK;
}

/* The token and the body as the encryption that they are pieces of. */
static enum err join(struct acceptor_context *c, const struct acceptor_rpc *m,
                     const struct gss_krb_wrap *w, struct arena *a, struct span *out)
{
    size_t turned = (size_t)w->ec + w->rrc, len = w->body.len + m->body_len;
    if (w->body.len != AES_BLOCK + (size_t)w->ec + TURNED || w->rrc != TURNED ||
        m->body_len > SEALED_MAX)
        return gss_messages_malformed(c);
    uint8_t *cipher = arena_alloc(a, len);
    if (!cipher)
        return ERR_NOMEM;
    memcpy(cipher, w->body.ptr + turned, AES_BLOCK);
    memcpy(cipher + AES_BLOCK, m->body, m->body_len);
    memcpy(cipher + AES_BLOCK + m->body_len, w->body.ptr, turned);
    *out = span_of(cipher, len);
    return ERR_OK;
}

static enum err krb_unseal(struct acceptor_context *c, const struct acceptor_rpc *m,
                           struct span token, struct arena *a)
{
    struct gss_messages *g = &c->messages;
    struct gss_krb_wrap w;
    struct span cipher, parts[KRB_SUM_PARTS];
    uint8_t header[GSS_KRB_HEADER];
    if (gss_krb_wrap_decode(token, &w) != ERR_OK || !gss_messages_flags_fit(g, w.flags) ||
        !(w.flags & GSS_KRB_SEALED))
        return gss_messages_malformed(c);
    TRY(join(c, m, &w, a, &cipher));
    uint8_t *out = arena_alloc(a, cipher.len);
    if (!out)
        return ERR_NOMEM;
    struct span body = span_of(out + AES_BLOCK, m->body_len);
    struct span tail = span_of(body.ptr + body.len, w.ec + (size_t)GSS_KRB_HEADER);
    unsigned count = summed_parts(m, body, tail, parts);
    if (krb_decrypt_summed(gss_messages_usage(g, KRB_USAGE_GSS_INITIATOR_SEAL), cipher, parts,
                           count, out) != ERR_OK)
        return gss_messages_altered(c);
    gss_krb_wrap_header(w.flags, w.ec, 0, w.seq, header);
    if (memcmp(header, tail.ptr + w.ec, sizeof(header)) != 0)
        return gss_messages_altered(c);
    memcpy(m->body, body.ptr, body.len);
    return gss_messages_sequence(c, w.seq);
}

/* --- both mechanisms ----------------------------------------------------------------------------
 */

static void ntlm_protect(struct acceptor_context *c, const struct acceptor_rpc *m, uint8_t *token)
{
    struct span parts[3];
    unsigned count = signed_parts(m, true, parts);
    ntlm_seal(&c->ntlm.send, parts, count, m->body, m->seal ? m->body_len : 0, token);
}

static enum err ntlm_open(struct acceptor_context *c, const struct acceptor_rpc *m,
                          struct span token)
{
    struct span parts[3];
    unsigned count = signed_parts(m, true, parts);
    if (token.len != NTLM_SIGNATURE_SIZE)
        return gss_messages_malformed(c);
    return ntlm_unseal(&c->ntlm.receive, parts, count, m->body, m->seal ? m->body_len : 0,
                       token.ptr) == ERR_OK
               ? ERR_OK
               : gss_messages_altered(c);
}

enum err acceptor_rpc_protect(struct acceptor_context *c, const struct acceptor_rpc *m,
                              struct arena *a, uint8_t *token)
{
    c->reason = REASON_NONE;
    if (c->stage != ACCEPTOR_DONE)
        return ERR_STATE;
    if (!can(c, m->seal))
        return ERR_UNSUPPORTED;
    if (is_ntlm(c))
        ntlm_protect(c, m, token);
    else if (m->seal)
        return krb_seal(c, m, a, token);
    else
        krb_sign(c, m, token);
    return ERR_OK;
}

enum err acceptor_rpc_open(struct acceptor_context *c, const struct acceptor_rpc *m,
                           struct span token, struct arena *a)
{
    c->reason = REASON_NONE;
    if (c->stage != ACCEPTOR_DONE)
        return ERR_STATE;
    if (!can(c, m->seal))
        return ERR_UNSUPPORTED;
    if (is_ntlm(c))
        return ntlm_open(c, m, token);
    return m->seal ? krb_unseal(c, m, token, a) : krb_verify(c, m, token);
}
