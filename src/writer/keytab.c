#include "writer/password.h"
#include "writer/values.h"

#include "base/text.h"
#include "plat/random.h"

/* Keys of a service account in MIT's keytab form (version 0x0502): every service principal name and
 * the account's own name, every enctype, the current version and, if the keys are not new, the
 * previous one. */

#define KEYTAB_MAX     (1u << 20)
#define NAME_PRINCIPAL 1
#define NAME_SRV_HST   3
#define PASSWORD_SIZE  120

static void put_counted(struct builder *b, struct span s)
{
    builder_be16(b, (uint16_t)s.len);
    builder_span(b, s);
}

/* "class/host" becomes two components. */
static void put_principal(struct builder *b, struct span name, struct span realm, bool service)
{
    unsigned parts = 1;
    for (size_t i = 0; i < name.len; i++)
        parts += name.ptr[i] == '/';
    builder_be16(b, (uint16_t)parts);
    put_counted(b, realm);
    while (parts--) {
        const uint8_t *slash = parts ? memchr(name.ptr, '/', name.len) : NULL;
        size_t len = slash ? (size_t)(slash - name.ptr) : name.len;
        put_counted(b, span_sub(name, 0, len));
        name = span_sub(name, len + 1, name.len);
    }
    builder_be32(b, service ? NAME_SRV_HST : NAME_PRINCIPAL);
}

static void put_entry(struct builder *b, struct span name, struct span realm, bool service,
                      const struct dir_keyset *set, int32_t etype, struct span key)
{
    size_t start = b->len;
    builder_be32(b, 0);
    put_principal(b, name, realm, service);
    builder_be32(b, (uint32_t)(set->changed / UTIME_SECOND));
    builder_u8(b, (uint8_t)set->kvno);
    builder_be16(b, (uint16_t)etype);
    put_counted(b, key);
    builder_be32(b, set->kvno);
    builder_patch_be32(b, start, (uint32_t)(b->len - start - 4));
}

static void put_name(struct builder *b, const struct op *op, struct span name, bool service,
                     const struct dir_account_keys *k, unsigned versions)
{
    for (unsigned v = 0; v < versions && v < k->versions; v++)
        for (unsigned i = 0; i < k->version[v].count; i++) {
            const struct krb_key *key = &k->version[v].key[i];
            put_entry(b, name, op->naming.realm, service, &k->version[v], key->etype,
                      span_of(key->bytes, key->len));
        }
}

static enum err eligible(struct draft *d)
{
    uint32_t uac = (uint32_t)draft_i32(d, ATTR_userAccountControl, 0), rid;
    bool machine = uac & UAC_WORKSTATION_TRUST_ACCOUNT;
    bool krbtgt =
        d->has_sid && sid_in_domain(&d->sid, &d->op->naming.domain_sid, &rid) && rid == 502;
    if (account_is_user(d->cls) && !krbtgt &&
        !(uac & (UAC_INTERDOMAIN_TRUST_ACCOUNT | UAC_SERVER_TRUST_ACCOUNT)) &&
        (machine || draft_has(d, ATTR_servicePrincipalName)))
        return ERR_OK;
    return op_refuse(d->op, ERR_DENIED, REASON_DIR_KEYTAB_REFUSED,
                     "%.*s is not a service's or computer's account",
                     SPAN_ARG(op_name(d->op, d->id)));
}

static enum err new_password(struct draft *d)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    uint8_t *text = arena_alloc(d->op->a, PASSWORD_SIZE);
    if (!text)
        return ERR_NOMEM;
    plat_random(text, PASSWORD_SIZE);
    for (unsigned i = 0; i < PASSWORD_SIZE; i++)
        text[i] = (uint8_t)letters[text[i] % 64];
    TRY(password_set(d, span_of(text, PASSWORD_SIZE), PASSWORD_FREE));
    draft_write(d);
    return draft_secrets(d);
}

static enum err build(struct draft *d, const struct dir_account_keys *k, unsigned versions)
{
    struct op *op = d->op;
    struct builder b;
    struct span sam;
    builder_in(&b, op->out, KEYTAB_MAX);
    builder_be16(&b, 0x0502);
    const struct draft_attr *spns = draft_find(d, ATTR_servicePrincipalName);
    for (unsigned i = 0; spns && i < spns->count; i++)
        put_name(&b, op, spns->v[i], true, k, versions);
    if (draft_first(d, ATTR_sAMAccountName, &sam))
        put_name(&b, op, sam, false, k, versions);
    return builder_done(&b, &op->reply->data);
}

enum err op_keytab(struct op *op)
{
    struct dir_obj o;
    struct draft d;
    struct dir_account_keys keys;
    bool fresh = op->in->flags & INTENT_NEW_KEY;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "keys are given out by the service alone");
    TRY(op_find(op, op->in->target, &o));
    TRY(draft_load(op, &o, &d));
    TRY(eligible(&d));
    op->reply->id = o.id;
    if (fresh) {
        TRY(new_password(&d));
        TRY(dir_keys_decode(d.secret[DIR_SECRET_ACCOUNT], &keys));
    } else {
        enum err e = dir_account_keys(op->s, DIR_SECRET_ACCOUNT, o.id, op->a, &keys);
        if (e == ERR_NOT_FOUND)
            return op_refuse(op, e, REASON_DIR_KEYTAB_REFUSED,
                             "%.*s has no keys yet: ask for new ones", SPAN_ARG(op_name(op, o.id)));
        TRY(e);
        op->c = NULL; /* nothing changes */
    }
    enum err e = build(&d, &keys, fresh ? 1 : 2);
    dir_keys_wipe(&keys);
    return e;
}
