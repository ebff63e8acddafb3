/*
 * Changes of users ([MS-SAMR] 3.1.5.4.4, 3.1.5.6.4, 3.1.5.7.3): each is one intent with the
 * caller's own rights, as if it had come over LDAP, so that both ways have the same rules.
 */
#include "rpc/samr_changes.h"
#include "base/text.h"
#include "crypt/hash.h"
#include "crypt/lsa_crypto.h"
#include "wire/rpc/samr_user.h"

#define MODS_MAX 16

uint32_t samr_status(enum err e, enum reason reason)
{
    if (e != ERR_OK && strncmp(reason_row(reason)->code, "PASSWORD_", 9) == 0)
        return NT_PASSWORD_RESTRICTION;
    switch (e) {
    case ERR_EXISTS:
        return NT_USER_EXISTS;
    case ERR_CONSTRAINT:
    case ERR_MALFORMED:
    case ERR_RANGE:
        return NT_INVALID_PARAMETER;
    default:
        return lsa_status(e);
    }
}

enum err samr_ask(struct rpc_ctx *c, struct intent *in, struct intent_reply *out)
{
    struct intent_reply reply = {.reason = REASON_NONE};

    /* Over a pipe or sealed, passwords are under a key of their own in any case. */
    in->flags |= INTENT_PROTECTED;
    in->token = *c->who->token;
    in->token.system = false;
    enum err e = c->env->intent(c->env->intent_ctx, in, c->arena, &reply);
    if (e == ERR_OK)
        e = reply.err;
    else
        reply.reason = REASON_SERVER_FAILED;
    rpc_refused(c->server, c->who, "samr.change", reply.reason, in->target);
    *out = reply;
    return e;
}

static uint32_t ask(struct rpc_ctx *c, struct intent *in, dir_id *id_out)
{
    struct intent_reply reply;
    enum err e = samr_ask(c, in, &reply);

    if (e == ERR_OK && id_out)
        *id_out = reply.id;
    return samr_status(e, reply.reason);
}

/* --- a new one ---------------------------------------------------------------------------------
 */

static struct span without_dollar(struct span name)
{
    return name.len > 0 && name.ptr[name.len - 1] == '$' ? span_sub(name, 0, name.len - 1) : name;
}

/* Types of accounts (3.1.5.4.4), and the well-known containers that they are made in ([MS-ADTS]
 * 6.1.1.4). */
static const struct kind {
    uint32_t type, uac;
    const char *class, *container;
} kinds[] = {
    {SAMR_NORMAL, UAC_NORMAL_ACCOUNT, "user", SAMR_USERS},
    {SAMR_WORKSTATION, UAC_WORKSTATION_TRUST_ACCOUNT, "computer",
     "AA312825768811D1ADED00C04FD8D5CD"},
    {SAMR_SERVER, UAC_SERVER_TRUST_ACCOUNT, "computer", "A361B2FFFFD211D1AA4B00C04FD7D83A"},
};

static const struct kind *kind_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].type == type)
            return &kinds[i];
    }
    return NULL;
}

uint32_t samr_place(struct rpc_ctx *c, struct span name, const char *container_guid,
                    struct span *dn_out)
{
    struct dir_obj container;
    struct span domain, parent;
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = dir_dn(&v.snap, v.naming.domain_nc, c->arena, &domain);
    if (e == ERR_OK)
        e = dir_by_dn(
            &v.snap,
            span_str(arena_printf(c->arena, "<WKGUID=%s,%.*s>", container_guid, SPAN_ARG(domain))),
            &container, NULL);
    if (e == ERR_OK)
        e = dir_dn(&v.snap, container.id, c->arena, &parent);
    lsa_view_end(&v);
    if (e != ERR_OK)
        return lsa_status(e);
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < ' ' || strchr("\"/\\[]:;|=,+*?<>#", name.ptr[i]))
            return NT_INVALID_ACCOUNT_NAME;
    }
    *dn_out = span_str(arena_printf(c->arena, "CN=%.*s,%.*s", SPAN_ARG(name), SPAN_ARG(parent)));
    return dn_out->ptr ? NT_OK : NT_INSUFFICIENT_RESOURCES;
}

static uint32_t sid_of_new(struct rpc_ctx *c, dir_id id, struct sid *out)
{
    struct lsa_view v;
    struct dir_obj o;
    struct span bytes;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    bool there = dir_by_id(&v.snap, id, &o) == ERR_OK &&
                 dir_attr_first(&o, ATTR_objectSid, &bytes) && sid_from_bytes(bytes, out) == ERR_OK;
    lsa_view_end(&v);
    return there ? NT_OK : NT_INTERNAL_ERROR;
}

uint32_t samr_open_new(struct rpc_ctx *c, enum rpc_handle_kind kind, uint32_t access, dir_id id,
                       struct rpc_handle *handle_out, uint32_t *rid_out)
{
    struct sid sid, domain;
    uint32_t rid, status = sid_of_new(c, id, &sid);

    if (status != NT_OK)
        return status;
    if (sid_split(&sid, &domain, &rid) != ERR_OK)
        return NT_INTERNAL_ERROR;
    status = lsa_status(rpc_handle_new(c, kind, access, id, handle_out));
    if (status != NT_OK)
        return status;
    rpc_handle_get(c, handle_out, kind)->sid = sid;
    *rid_out = rid;
    return NT_OK;
}

/* Disabled until it has a password. */
static uint32_t add(struct rpc_ctx *c, struct span name, const struct kind *kind, dir_id *id_out)
{
    uint32_t uac = UAC_ACCOUNTDISABLE | UAC_PASSWD_NOTREQD | kind->uac;
    struct span control = span_str(arena_printf(c->arena, "%u", uac)), cls = span_str(kind->class);
    struct intent_mod mods[] = {
        {MOD_ADD, SPAN_LIT("objectClass"), &cls, 1},
        {MOD_ADD, SPAN_LIT("sAMAccountName"), &name, 1},
        {MOD_ADD, SPAN_LIT("userAccountControl"), &control, 1},
    };
    struct intent in = {.kind = INTENT_ADD, .mods = mods, .mod_count = 3};
    uint32_t status = samr_place(c, without_dollar(name), kind->container, &in.target);

    return status == NT_OK ? ask(c, &in, id_out) : status;
}

uint32_t samr_create_user2(struct rpc_ctx *c, void *args)
{
    struct samr_create_user2 *x = args;
    struct samr_domain d;
    const struct kind *kind = kind_of(x->type);
    dir_id id = 0;
    uint32_t status = samr_domain_begin(c, &x->domain, &d);

    if (status != NT_OK)
        return status;
    bool builtin = d.builtin;
    samr_domain_end(&d);
    if (!kind)
        return NT_INVALID_PARAMETER;
    if (builtin)
        return NT_ACCESS_DENIED;
    if (!x->name.len)
        return NT_INVALID_ACCOUNT_NAME;
    status = add(c, x->name, kind, &id);
    if (status == NT_OK)
        status = samr_open_new(c, RPC_HANDLE_SAM_USER, x->access, id, &x->handle, &x->rid);
    if (status == NT_OK)
        x->granted = x->access;
    return status;
}

/* --- the end of one ----------------------------------------------------------------------------
 */

static uint32_t dn_of(struct rpc_ctx *c, const struct rpc_handle *h, struct span *dn_out,
                      uint32_t *uac_out)
{
    struct samr_object x;
    uint32_t status = samr_object_begin(c, h, RPC_HANDLE_SAM_USER, &x);

    if (status != NT_OK)
        return status;
    status = lsa_status(dir_dn_of(&x.view.snap, &x.o, c->arena, dn_out));
    *uac_out = (uint32_t)dir_attr_i32(&x.o, ATTR_userAccountControl, 0);
    samr_object_end(&x);
    return status;
}

uint32_t samr_delete_user(struct rpc_ctx *c, void *args)
{
    struct samr_close *x = args;
    struct intent in = {.kind = INTENT_DELETE};
    uint32_t uac, status = dn_of(c, &x->handle, &in.target, &uac);

    if (status == NT_OK)
        status = ask(c, &in, NULL);
    if (status == NT_OK)
        rpc_handle_close(c, &x->handle);
    return status;
}

/* --- what is changed ---------------------------------------------------------------------------
 */

struct change {
    struct rpc_ctx *c;
    struct intent_mod mods[MODS_MAX];
    struct span values[MODS_MAX];
    unsigned count;
};

/* No text: the attribute goes. */
static void replace(struct change *x, const char *attr, struct span value)
{
    unsigned i = x->count++;

    ENT_ASSERT(i < MODS_MAX);
    x->values[i] = value;
    x->mods[i] = (struct intent_mod){MOD_REPLACE, span_str(attr), &x->values[i], value.len > 0};
}

static void replace_number(struct change *x, const char *attr, int64_t value)
{
    replace(x, attr, span_str(arena_printf(x->c->arena, "%lld", (long long)value)));
}

static void replace_control(struct change *x, uint32_t control, uint32_t old)
{
    uint32_t mask, uac = samr_uac_of(control, &mask);

    replace_number(x, "userAccountControl", (int32_t)((old & ~mask) | uac));
}

static void replace_fields(struct change *x, const struct samr_user_all *u, uint32_t old)
{
    const struct {
        uint32_t field;
        const char *attr;
        const struct span *value;
    } texts[] = {
        {SAMR_FIELD_FULLNAME, "displayName", &u->full_name},
        {SAMR_FIELD_COMMENT, "description", &u->comment},
        {SAMR_FIELD_USER_COMMENT, "comment", &u->user_comment},
        {SAMR_FIELD_HOME, "homeDirectory", &u->home},
        {SAMR_FIELD_DRIVE, "homeDrive", &u->drive},
        {SAMR_FIELD_SCRIPT, "scriptPath", &u->script},
        {SAMR_FIELD_PROFILE, "profilePath", &u->profile},
        {SAMR_FIELD_WORKSTATIONS, "userWorkstations", &u->workstations},
        {SAMR_FIELD_USERNAME, "sAMAccountName", &u->name},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (u->fields & texts[i].field)
            replace(x, texts[i].attr, *texts[i].value);
    }
    if (u->fields & SAMR_FIELD_EXPIRES)
        replace_number(x, "accountExpires", u->expires);
    if (u->fields & SAMR_FIELD_CONTROL)
        replace_control(x, u->control, old);
    if (u->fields & SAMR_FIELD_EXPIRED)
        replace_number(x, "pwdLastSet", u->expired ? 0 : -1);
}

#define KNOWN_FIELDS                                                                               \
    (SAMR_FIELD_USERNAME | SAMR_FIELD_FULLNAME | SAMR_FIELD_COMMENT | SAMR_FIELD_USER_COMMENT |    \
     SAMR_FIELD_HOME | SAMR_FIELD_DRIVE | SAMR_FIELD_SCRIPT | SAMR_FIELD_PROFILE |                 \
     SAMR_FIELD_WORKSTATIONS | SAMR_FIELD_EXPIRES | SAMR_FIELD_CONTROL | SAMR_FIELD_EXPIRED)

/* --- a password under the session key -----------------------------------------------------------
 */

#define BUFFER 512 /* the clear text lies at its end, its length behind it (2.2.6.21) */

/* As LDAP takes one: in quotes, UTF-16. */
static uint32_t replace_password(struct change *x, uint8_t *plain)
{
    struct reader r = reader_of(span_of(plain, SAMR_PASSWORD_SIZE));
    struct builder b;
    struct span quoted;

    reader_skip(&r, BUFFER);
    uint32_t len = reader_le32(&r);
    if (len > BUFFER || len % 2) {
        rpc_refused(x->c->server, x->c->who, "samr.change", REASON_LSA_SECRET,
                    span_str(x->c->call));
        return NT_WRONG_PASSWORD;
    }
    builder_in(&b, x->c->arena, BUFFER + 4);
    builder_bytes(&b, "\"\0", 2);
    builder_bytes(&b, plain + BUFFER - len, len);
    builder_bytes(&b, "\"\0", 2);
    if (builder_done(&b, &quoted) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    replace(x, "unicodePwd", quoted);
    return NT_OK;
}

static uint32_t plain_password(struct change *x, const uint8_t *cipher)
{
    uint8_t plain[SAMR_PASSWORD_SIZE];

    if (x->c->who->session_key.len != LSA_KEY_SIZE)
        return NT_NO_USER_SESSION_KEY;
    memcpy(plain, cipher, sizeof(plain));
    lsa_rc4(x->c->who->session_key.ptr, plain, sizeof(plain));
    uint32_t status = replace_password(x, plain);
    mem_wipe(plain, sizeof(plain));
    return status;
}

/* The key is drawn anew for each, from a salt that follows in the clear (2.2.6.22). */
static uint32_t salted_password(struct change *x, const uint8_t *cipher)
{
    uint8_t plain[SAMR_PASSWORD_SIZE], key[LSA_KEY_SIZE];
    struct span parts[] = {span_of(cipher + SAMR_PASSWORD_SIZE, 16), x->c->who->session_key};

    if (x->c->who->session_key.len != LSA_KEY_SIZE)
        return NT_NO_USER_SESSION_KEY;
    hash_parts(HASH_MD5, parts, 2, key);
    memcpy(plain, cipher, sizeof(plain));
    lsa_rc4(key, plain, sizeof(plain));
    uint32_t status = replace_password(x, plain);
    mem_wipe(plain, sizeof(plain));
    mem_wipe(key, sizeof(key));
    return status;
}

/* --- the levels ---------------------------------------------------------------------------------
 */

/* all: with a password, which is there when a field says so. */
static uint32_t set_all(struct change *x, const struct samr_user_all *u, uint32_t old,
                        bool *password_out)
{
    uint32_t passwords = SAMR_FIELD_PASSWORD | SAMR_FIELD_LM_PASSWORD;
    uint32_t allowed = KNOWN_FIELDS | (password_out ? passwords : 0);

    if (!u->fields || u->fields & ~allowed)
        return NT_INVALID_PARAMETER;
    if (password_out)
        *password_out = u->fields & passwords;
    replace_fields(x, u, old);
    return NT_OK;
}

static uint32_t set_level(struct change *x, const struct samr_query_user *q, uint32_t old)
{
    const union samr_user_info *in = q->info;
    bool password = false;
    uint32_t status;

    switch (q->level) {
    case SAMR_USER_CONTROL:
        replace_control(x, in->all.control, old);
        return NT_OK;
    case SAMR_USER_FULL_NAME:
        replace(x, "displayName", in->all.full_name);
        return NT_OK;
    case SAMR_USER_COMMENT:
        replace(x, "description", in->all.comment);
        return NT_OK;
    case SAMR_USER_EXPIRES:
        replace_number(x, "accountExpires", in->all.expires);
        return NT_OK;
    case SAMR_USER_ALL:
        return set_all(x, &in->all, old, NULL);
    case SAMR_USER_ALL_PASSWORD:
        status = set_all(x, &in->all_password.all, old, &password);
        return status == NT_OK && password ? plain_password(x, in->all_password.password) : status;
    case SAMR_USER_ALL_PASSWORD_EX:
        status = set_all(x, &in->all_password_ex.all, old, &password);
        return status == NT_OK && password ? salted_password(x, in->all_password_ex.password)
                                           : status;
    case SAMR_USER_PASSWORD:
        if (in->password.expired)
            replace_number(x, "pwdLastSet", 0);
        return plain_password(x, in->password.password);
    case SAMR_USER_PASSWORD_EX:
        if (in->password_ex.expired)
            replace_number(x, "pwdLastSet", 0);
        return salted_password(x, in->password_ex.password);
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

uint32_t samr_set_user(struct rpc_ctx *c, void *args)
{
    struct samr_query_user *q = args;
    struct change x = {.c = c};
    struct intent in = {.kind = INTENT_MODIFY, .mods = x.mods};
    uint32_t old, status = dn_of(c, &q->handle, &in.target, &old);

    if (status == NT_OK)
        status = set_level(&x, q, old);
    if (status != NT_OK)
        return status;
    in.mod_count = x.count;
    return ask(c, &in, NULL);
}
