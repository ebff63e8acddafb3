/*
 * NETLOGON, a new password of the channel's own account (NetrServerPasswordSet2, [MS-NRPC]
 * 3.5.4.4.6): the partner of a trust rolls it over as the trusting side, a computer changes its
 * own, which Windows draws at random and which is often no text. The account is the channel's,
 * whatever name the call gives.
 */
#include "rpc/netlogon_password.h"
#include "base/text.h"
#include "crypt/krb_crypto.h"
#include "crypt/netlogon_crypto.h"
#include "rpc/netlogon_service.h"
#include "trust/trust.h"

#define SIZE         NETLOGON_PASSWORD_BYTES
#define VERSION_SIZE 12
#define TELLING      8 /* so many bytes are not the same as their cipher by chance */

/* Right-aligned in the buffer, of a trust with its version before it (2.2.1.3.7). */
static bool find(struct netlogon_new_password *p)
{
    struct span buffer = span_of(p->bytes, SIZE);
    struct reader r = reader_of(span_of(p->bytes + SIZE, 4));
    uint32_t len = reader_le32(&r);

    if (len == 0 || len % 2 || len > SIZE)
        return false;
    p->utf16 = span_sub(buffer, SIZE - len, SIZE);
    p->version = 0;
    if (len > SIZE - VERSION_SIZE)
        return true;
    r = reader_of(span_sub(buffer, SIZE - len - VERSION_SIZE, SIZE - len));
    reader_skip(&r, 4);
    uint32_t version = reader_le32(&r);
    if (reader_le32(&r) == NETLOGON_PASSWORD_VERSION_PRESENT)
        p->version = version;
    return true;
}

/* Under one session key of 256 zeros stay zeros (CVE-2020-1472), and who waits for such a one knows
 * what it sets, or is told by the difference what it encrypts. */
static bool as_sent(const uint8_t *sent, const uint8_t *clear, size_t len)
{
    return len >= TELLING && mem_eq_ct(sent, clear, len);
}

enum reason netlogon_password_open(const uint8_t key[16], const struct netlogon_trust_password *in,
                                   struct netlogon_new_password *out)
{
    static const uint8_t zeros[SIZE];
    uint8_t sent[sizeof(out->bytes)];
    struct builder b;

    builder_over(&b, sent, sizeof(sent));
    for (unsigned i = 0; i < NETLOGON_PASSWORD_UNITS; i++)
        builder_le16(&b, in->buffer[i]);
    builder_le32(&b, in->length);
    memcpy(out->bytes, sent, sizeof(sent));
    netlogon_decrypt(key, out->bytes, sizeof(out->bytes));
    if (!find(out))
        return REASON_PASSWORD_NOT_TEXT;
    size_t before = SIZE - out->utf16.len;
    if (as_sent(sent, out->bytes, before) ||
        as_sent(sent + before, out->utf16.ptr, out->utf16.len) ||
        mem_eq_ct(out->utf16.ptr, zeros, out->utf16.len))
        return REASON_NETLOGON_NOT_ENCRYPTED;
    return REASON_NONE;
}

static uint32_t roll(struct rpc_ctx *c, const struct netlogon_session *s,
                     const struct netlogon_new_password *p)
{
    struct intent in = {.kind = INTENT_TRUST_ROLL};
    const struct trust *t;
    uint32_t status = lsa_trust_of_object(c, s->tdo, &t);

    if (status != NT_OK)
        return status;
    in.target = t->dns_name;
    in.trust.direction = TRUST_INBOUND;
    in.trust.secret = p->utf16;
    in.trust.version = p->version;
    return lsa_ask(c, "netlogon.password", &in, NULL);
}

/* A computer's own. Its channel proves the old one, so that this is no reset by somebody else; the
 * age of passwords is the client's affair, as in Windows. */
static uint32_t change_own(struct rpc_ctx *c, const struct netlogon_session *s,
                           const struct netlogon_new_password *p)
{
    struct intent in = {.kind = INTENT_SET_PASSWORD};
    struct lsa_view v;

    uint32_t status = lsa_view_begin(c, &v);
    if (status != NT_OK)
        return status;
    enum err e = dir_dn(&v.snap, s->account, c->arena, &in.target);
    lsa_view_end(&v);
    if (e != ERR_OK)
        return lsa_status(e);
    in.flags = INTENT_RESET | INTENT_PROTECTED;
    in.trust.secret = p->utf16;
    return lsa_ask(c, "netlogon.password", &in, NULL);
}

uint32_t netlogon_password_set2(struct rpc_ctx *c, void *args)
{
    struct netlogon_password_set2 *x = args;
    struct netlogon_session *s;
    struct netlogon_new_password p;
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);

    if (status != NT_OK)
        return status;
    enum reason why = netlogon_password_open(s->chain.key, &x->password, &p);
    if (why == REASON_NONE) {
        status = s->tdo ? roll(c, s, &p) : change_own(c, s, &p);
        if (status == NT_OK) /* who says the new one knows it, and goes on over this channel */
            nt_hash_utf16(p.utf16, s->nt_hash);
    } else {
        netlogon_event(c, "netlogon.password", why, c->who->user, x->computer);
        status = NT_WRONG_PASSWORD;
    }
    mem_wipe(&p, sizeof(p));
    return status;
}

/* With the hash alone there are no keys for AES, which is all that Kerberos and the next channel
 * are served with. */
uint32_t netlogon_password_set(struct rpc_ctx *c, void *args)
{
    struct netlogon_password_set *x = args;
    struct netlogon_session *s;
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);

    if (status != NT_OK)
        return status;
    netlogon_event(c, "netlogon.password", REASON_NETLOGON_HASH_ALONE, c->who->user, x->computer);
    return NT_NOT_SUPPORTED;
}
