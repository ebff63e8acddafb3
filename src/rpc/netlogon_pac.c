/*
 * NETLOGON, what a member asks who wants to believe the PAC of a ticket ([MS-APDS] 3.2.5.6): did
 * our KDC sign it? Nothing of the PAC but its signatures is seen here.
 */
#include "base/text.h"
#include "crypt/krb_etype.h"
#include "rpc/netlogon_logon.h"
#include "wire/ms/pac_request.h"

#define RID_KRBTGT 502

static enum err krbtgt_keys(const struct lsa_view *v, struct arena *a, struct dir_account_keys *out)
{
    struct dir_obj o;
    struct sid sid;

    TRY(sid_append(&v->naming.domain_sid, RID_KRBTGT, &sid));
    TRY(dir_by_sid(&v->snap, &sid, &o));
    return dir_account_keys(&v->snap, DIR_SECRET_ACCOUNT, o.id, a, out);
}

bool netlogon_pac_signed(const struct pac_request *q, const struct dir_account_keys *k)
{
    bool found = false;

    for (unsigned v = 0; v < k->versions; v++) {
        for (unsigned i = 0; i < k->version[v].count && !found; i++) {
            const struct krb_key *key = &k->version[v].key[i];
            struct krb_usage u;

            if (krb_etype_cksum(key->etype) != q->kdc_cksumtype ||
                krb_usage_init_for(&u, key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM) != ERR_OK)
                continue;
            found = pac_request_verify(q, &u) == ERR_OK;
            krb_usage_wipe(&u);
        }
    }
    return found;
}

static uint32_t verify(struct rpc_ctx *c, const struct netlogon_logon *l,
                       const struct pac_request *q)
{
    struct dir_account_keys *keys = arena_new(c->arena, struct dir_account_keys);
    struct lsa_view v;
    bool found = false;
    uint32_t status = keys ? lsa_view_begin(c, &v) : NT_INSUFFICIENT_RESOURCES;

    if (status != NT_OK)
        return status;
    enum err e = krbtgt_keys(&v, c->arena, keys);
    lsa_view_end(&v);
    if (e != ERR_OK)
        return netlogon_failed(c, l, e);
    found = netlogon_pac_signed(q, keys);
    dir_keys_wipe(keys);
    return found ? netlogon_decide(c, l, REASON_NONE, NT_OK)
                 : netlogon_decide(c, l, REASON_PAC_SIGNATURE, NT_LOGON_FAILURE);
}

uint32_t netlogon_generic(struct rpc_ctx *c, struct netlogon_logon *l)
{
    struct netlogon_generic_logon *g = l->what.generic;
    struct pac_request q;

    if (!g)
        return NT_INVALID_PARAMETER;
    l->who = &g->identity;
    /* What a partner's KDC signed is not for us to say, and what ours did not for the partner. */
    if (l->tdo || !text_eq_fold(g->package, SPAN_LIT("Kerberos")))
        return netlogon_decide(c, l, REASON_NETLOGON_PACKAGE, NT_NO_SUCH_PACKAGE);
    if (l->validation_level != NETLOGON_VALIDATION_GENERIC2)
        return NT_INVALID_INFO_CLASS;
    netlogon_decrypt(l->key, g->data.data, g->data.length);
    if (pac_request_decode(span_of(g->data.data, g->data.length), &q) != ERR_OK)
        return netlogon_decide(c, l, REASON_WIRE_MALFORMED, NT_INVALID_PARAMETER);
    struct rpc_bytes *none = arena_new(c->arena, struct rpc_bytes);
    if (!none)
        return netlogon_failed(c, l, ERR_NOMEM);
    uint32_t status = verify(c, l, &q);
    if (status == NT_OK)
        l->validation->generic = none;
    return status;
}
