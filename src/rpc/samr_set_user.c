/*
 * What of a user is set ([MS-SAMR] 3.1.5.6.4): one intent of as many changes as the level has
 * fields.
 */
#include "base/text.h"
#include "crypt/hash.h"
#include "crypt/lsa_crypto.h"
#include "rpc/samr_changes.h"
#include "wire/rpc/samr_user.h"

#define MODS_MAX 16

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

/* As LDAP takes one: in quotes. */
static uint32_t replace_password(struct change *x, struct span utf16)
{
    struct builder b;
    struct span quoted;

    builder_in(&b, x->c->arena, BUFFER + 4);
    builder_bytes(&b, "\"\0", 2);
    builder_span(&b, utf16);
    builder_bytes(&b, "\"\0", 2);
    if (builder_done(&b, &quoted) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    replace(x, "unicodePwd", quoted);
    return NT_OK;
}

static uint32_t other_key(const struct change *x)
{
    rpc_refused(x->c->server, x->c->who, "samr.change", REASON_LSA_SECRET, span_str(x->c->call));
    return NT_WRONG_PASSWORD;
}

static uint32_t replace_decrypted(struct change *x, const uint8_t *plain)
{
    struct reader r = reader_of(span_of(plain, SAMR_PASSWORD_SIZE));

    reader_skip(&r, BUFFER);
    uint32_t len = reader_le32(&r);
    if (len > BUFFER || len % 2)
        return other_key(x);
    return replace_password(x, span_of(plain + BUFFER - len, len));
}

static uint32_t plain_password(struct change *x, const uint8_t *cipher)
{
    uint8_t plain[SAMR_PASSWORD_SIZE];

    if (x->c->who->session_key.len != LSA_KEY_SIZE)
        return NT_NO_USER_SESSION_KEY;
    memcpy(plain, cipher, sizeof(plain));
    lsa_rc4(x->c->who->session_key.ptr, plain, sizeof(plain));
    uint32_t status = replace_decrypted(x, plain);
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
    uint32_t status = replace_decrypted(x, plain);
    mem_wipe(plain, sizeof(plain));
    mem_wipe(key, sizeof(key));
    return status;
}

enum err samr_password_plain(struct span plain, struct span *utf16_out)
{
    struct reader r = reader_of(plain);
    uint16_t len = reader_le16(&r);
    struct span utf16 = reader_span(&r, len);

    if (!reader_ok(&r) || len % 2 || len > BUFFER || plain.len < SAMR_PASSWORD_AES_MIN)
        return ERR_MALFORMED;
    *utf16_out = utf16;
    return ERR_OK;
}

static uint32_t aes_password(struct change *x, const struct samr_password_aes *p)
{
    struct span utf16;
    size_t len;

    if (x->c->who->session_key.len != LSA_KEY_SIZE)
        return NT_NO_USER_SESSION_KEY;
    if (lsa_aes_open_sam(x->c->who->session_key.ptr, p->tag, p->salt, p->cipher.data,
                         p->cipher.length, &len) != ERR_OK ||
        samr_password_plain(span_of(p->cipher.data, len), &utf16) != ERR_OK)
        return other_key(x);
    return replace_password(x, utf16);
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

static void set_expired(struct change *x, bool expired)
{
    if (expired)
        replace_number(x, "pwdLastSet", 0);
}

/* The levels with a password, alone or beside the others of level 21. */
static uint32_t set_password(struct change *x, const struct samr_query_user *q, uint32_t old)
{
    const union samr_user_info *in = q->info;
    bool password = true;
    uint32_t status;

    switch (q->level) {
    case SAMR_USER_ALL_PASSWORD:
        status = set_all(x, &in->all_password.all, old, &password);
        return status == NT_OK && password ? plain_password(x, in->all_password.password) : status;
    case SAMR_USER_ALL_PASSWORD_EX:
        status = set_all(x, &in->all_password_ex.all, old, &password);
        return status == NT_OK && password ? salted_password(x, in->all_password_ex.password)
                                           : status;
    case SAMR_USER_ALL_PASSWORD_AES:
        status = set_all(x, &in->all_password_aes.all, old, &password);
        return status == NT_OK && password ? aes_password(x, &in->all_password_aes.password)
                                           : status;
    case SAMR_USER_PASSWORD:
        set_expired(x, in->password.expired);
        return plain_password(x, in->password.password);
    case SAMR_USER_PASSWORD_EX:
        set_expired(x, in->password_ex.expired);
        return salted_password(x, in->password_ex.password);
    case SAMR_USER_PASSWORD_AES:
        set_expired(x, in->password_aes.expired);
        return aes_password(x, &in->password_aes.password);
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

/* The parts of level 21 that have a level of their own (3.1.5.6.4.1). */
static const struct {
    uint16_t level;
    uint32_t fields;
} parts[] = {
    {SAMR_USER_NAMES, SAMR_FIELD_USERNAME | SAMR_FIELD_FULLNAME},
    {SAMR_USER_ACCOUNT_NAME, SAMR_FIELD_USERNAME},
    {SAMR_USER_FULL_NAME, SAMR_FIELD_FULLNAME},
    {SAMR_USER_HOME, SAMR_FIELD_HOME | SAMR_FIELD_DRIVE},
    {SAMR_USER_SCRIPT, SAMR_FIELD_SCRIPT},
    {SAMR_USER_PROFILE, SAMR_FIELD_PROFILE},
    {SAMR_USER_COMMENT, SAMR_FIELD_COMMENT},
    {SAMR_USER_WORKSTATIONS, SAMR_FIELD_WORKSTATIONS},
    {SAMR_USER_CONTROL, SAMR_FIELD_CONTROL},
    {SAMR_USER_EXPIRES, SAMR_FIELD_EXPIRES},
};

static uint32_t set_level(struct change *x, const struct samr_query_user *q, uint32_t old)
{
    struct samr_user_all part;

    if (q->level == SAMR_USER_ALL)
        return set_all(x, &q->info->all, old, NULL);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].level != q->level)
            continue;
        part = q->info->all;
        part.fields = parts[i].fields;
        return set_all(x, &part, old, NULL);
    }
    return set_password(x, q, old);
}

uint32_t samr_set_user(struct rpc_ctx *c, void *args)
{
    struct samr_query_user *q = args;
    struct change x = {.c = c};
    struct intent in = {.kind = INTENT_MODIFY, .mods = x.mods};
    uint32_t old, status = samr_user_dn(c, &q->handle, &in.target, &old);

    if (status == NT_OK)
        status = set_level(&x, q, old);
    if (status != NT_OK)
        return status;
    in.mod_count = x.count;
    return samr_ask_user(c, &in, NULL);
}
