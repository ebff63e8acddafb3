/*
 * NETLOGON, a new password of the channel's own account (NetrServerPasswordSet2, [MS-NRPC]
 * 3.5.4.4.6): the partner of a trust rolls it over as the trusting side, a computer changes its
 * own, which Windows draws at random and which is often no text. The account is the channel's,
 * whatever name the call gives.
 */
#include "base/text.h"
#include "crypt/krb_crypto.h"
#include "crypt/netlogon_crypto.h"
#include "rpc/netlogon_service.h"
#include "trust/trust.h"
#include "wire/rpc/netlogon_channel.h"

#define BUFFER_SIZE  (2 * NETLOGON_PASSWORD_UNITS)
#define VERSION_SIZE 12

struct new_password {
    uint8_t bytes[BUFFER_SIZE + 4]; /* NL_TRUST_PASSWORD in clear: wipe it */
    struct span utf16;
    uint32_t version; /* 0: none was given */
};

static void decrypt(const struct netlogon_session *s, const struct netlogon_trust_password *in,
                    struct new_password *out)
{
    struct builder b;

    builder_over(&b, out->bytes, sizeof(out->bytes));
    for (unsigned i = 0; i < NETLOGON_PASSWORD_UNITS; i++)
        builder_le16(&b, in->buffer[i]);
    builder_le32(&b, in->length);
    netlogon_decrypt(s->chain.key, out->bytes, sizeof(out->bytes));
}

/* Right-aligned in the buffer, of a trust with its version before it (2.2.1.3.7). */
static bool open_buffer(struct new_password *p)
{
    struct span buffer = span_of(p->bytes, BUFFER_SIZE);
    struct reader r = reader_of(span_of(p->bytes + BUFFER_SIZE, 4));
    uint32_t len = reader_le32(&r);

    if (len == 0 || len % 2 || len > BUFFER_SIZE - VERSION_SIZE)
        return false;
    p->utf16 = span_sub(buffer, BUFFER_SIZE - len, BUFFER_SIZE);
    r = reader_of(span_sub(buffer, BUFFER_SIZE - len - VERSION_SIZE, BUFFER_SIZE - len));
    reader_skip(&r, 4);
    uint32_t version = reader_le32(&r);
    p->version = reader_le32(&r) == NETLOGON_PASSWORD_VERSION_PRESENT ? version : 0;
    return true;
}

static uint32_t roll(struct rpc_ctx *c, const struct netlogon_session *s,
                     const struct new_password *p)
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
                           const struct new_password *p)
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
    struct new_password p;
    uint32_t status =
        netlogon_enter(c, x->computer, &x->authenticator, &x->return_authenticator, &s);

    if (status != NT_OK)
        return status;
    decrypt(s, &x->password, &p);
    if (open_buffer(&p)) {
        status = s->tdo ? roll(c, s, &p) : change_own(c, s, &p);
        if (status == NT_OK) /* who says the new one knows it, and goes on over this channel */
            nt_hash_utf16(p.utf16, s->nt_hash);
    } else {
        netlogon_event(c, "netlogon.password", REASON_PASSWORD_NOT_TEXT, c->who->user, x->computer);
        status = NT_INVALID_PARAMETER;
    }
    mem_wipe(&p, sizeof(p));
    return status;
}
