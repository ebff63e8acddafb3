/*
 * A password changed by who knows the old one ([MS-SAMR] 3.1.5.10.3). The caller need not be the
 * account's owner nor anybody at all, since whose password has expired gets no session: the old
 * password is the proof, and is judged and counted as at a logon. Without a session RC4 and DES
 * under the hashes are all that hides the new one: a listener who guesses the old password has
 * both. Opnum 73 makes each guess dear (samr_password_aes.c).
 */
#include "rpc/samr_passwords.h"

#include "auth/ntlm_logon.h"
#include "base/text.h"
#include "crypt/krb_crypto.h"
#include "crypt/lsa_crypto.h"
#include "crypt/netlogon_crypto.h"
#include "directory/policy_facts.h"
#include "rpc/samr_changes.h"
#include "wire/rpc/samr_password.h"

#define BUFFER 512 /* the clear text lies at its end, its length behind it (2.2.6.21) */

struct owner {
    dir_id id;
    struct span dn;
    struct dir_token token;
};

static uint32_t tell(struct rpc_ctx *c, enum reason why, struct span user, uint32_t status)
{
    rpc_refused(c->server, c->who, "samr.password", why, user);
    return status;
}

/* --- the proof ---------------------------------------------------------------------------------
 */

static enum err hash_of(const struct lsa_view *v, struct span user, struct arena *a,
                        uint8_t out[16])
{
    struct dir_account_keys *keys = arena_new(a, struct dir_account_keys);
    struct dir_account acc;

    if (!keys)
        return ERR_NOMEM;
    TRY(dir_account_by_sam(&v->snap, user, &acc));
    TRY(dir_account_keys(&v->snap, DIR_SECRET_ACCOUNT, acc.id, a, keys));
    if (keys->have_nt)
        memcpy(out, keys->nt_hash, sizeof(keys->nt_hash));
    enum err e = keys->have_nt ? ERR_OK : ERR_NOT_FOUND;
    dir_keys_wipe(keys);
    return e;
}

uint32_t samr_password_hash(struct rpc_ctx *c, struct span user, uint8_t hash_out[16])
{
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    c->env->random(hash_out, 16); /* of nobody's password */
    enum err e = hash_of(&v, user, c->arena, hash_out);
    lsa_view_end(&v);
    return e == ERR_OK || e == ERR_NOT_FOUND ? NT_OK
                                             : tell(c, REASON_SERVER_FAILED, user, lsa_status(e));
}

/* Judged as a logon with the hash that the client claims, and wrong ones counted. */
static enum err judge(struct rpc_ctx *c, const struct lsa_view *v, const struct dir_account *acc,
                      const uint8_t claimed[16], struct ntlm_verdict *out)
{
    struct ntlm_logon logon = {.snap = &v->snap,
                               .now = c->env->now(),
                               .kind = POLICY_LOGON_NETWORK,
                               .password_change = true,
                               .nt_hash = claimed,
                               .intent = c->env->intent,
                               .ctx = c->env->intent_ctx};

    TRY(text_to_utf16(acc->sam_name, c->arena, &logon.user));
    return ntlm_logon(&logon, c->arena, out);
}

static enum err learn(struct rpc_ctx *c, const struct lsa_view *v, const struct dir_account *acc,
                      struct owner *out)
{
    out->id = acc->id;
    TRY(dir_token_for_account(&v->snap, acc->id, c->arena, &out->token));
    return dir_dn(&v->snap, acc->id, c->arena, &out->dn);
}

/* NT_OK: the old password was proved. */
static uint32_t check(struct rpc_ctx *c, const struct samr_proof *p, struct owner *owner)
{
    struct ntlm_verdict verdict = {.reason = REASON_NONE};
    struct dir_account acc;
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = dir_account_by_sam(&v.snap, p->user, &acc);
    bool known = e == ERR_OK;
    if (known)
        e = judge(c, &v, &acc, p->claimed, &verdict);
    if (known && e == ERR_OK)
        e = learn(c, &v, &acc, owner);
    lsa_view_end(&v);
    mem_wipe(verdict.base_key, sizeof(verdict.base_key));
    if (!known) /* names and passwords that are wrong look the same from outside */
        return tell(c, REASON_NTLM_USER_UNKNOWN, p->user, NT_WRONG_PASSWORD);
    if (e != ERR_OK)
        return tell(c, REASON_SERVER_FAILED, p->user, lsa_status(e));
    if (verdict.reason != REASON_NONE)
        return tell(c, verdict.reason, p->user, verdict.ntstatus);
    return NT_OK;
}

/* --- the change --------------------------------------------------------------------------------
 */

static uint32_t change(struct rpc_ctx *c, const struct samr_proof *p, const struct owner *owner,
                       enum reason *why_out)
{
    struct intent in = {.kind = INTENT_SET_PASSWORD,
                        .flags = INTENT_PROTECTED | INTENT_PROVED,
                        .target = owner->dn,
                        .token = owner->token};
    struct intent_reply reply = {.reason = REASON_NONE};

    *why_out = REASON_PASSWORD_NOT_TEXT;
    if (text_from_utf16(p->new_utf16, c->arena, &in.new_password) != ERR_OK)
        return tell(c, *why_out, p->user, NT_PASSWORD_RESTRICTION);
    enum err e = c->env->intent(c->env->intent_ctx, &in, c->arena, &reply);
    *why_out = e == ERR_OK ? reply.reason : REASON_SERVER_FAILED;
    return tell(c, *why_out, p->user, samr_status(e == ERR_OK ? reply.err : e, *why_out));
}

uint32_t samr_password_change(struct rpc_ctx *c, const struct samr_proof *p, dir_id *account_out,
                              enum reason *why_out)
{
    struct owner owner;
    enum reason why = REASON_NONE;
    uint32_t status = check(c, p, &owner);

    if (status != NT_OK)
        return status;
    status = change(c, p, &owner, &why);
    *account_out = owner.id;
    *why_out = why;
    return status;
}

/* --- under RC4 and DES -------------------------------------------------------------------------
 */

/* The new password, and what the client says is the old one's hash: of another password, both are
 * bytes without a meaning. */
static void open_password(const uint8_t old_hash[16], const struct samr_change_password *x,
                          uint8_t *plain, struct samr_proof *out)
{
    uint8_t new_hash[16];

    lsa_rc4(old_hash, plain, SAMR_PASSWORD_SIZE);
    struct reader r = reader_of(span_of(plain + BUFFER, 4));
    uint32_t len = reader_le32(&r);
    if (len > BUFFER || len % 2)
        return;
    out->new_utf16 = span_of(plain + BUFFER - len, len);
    nt_hash_utf16(out->new_utf16, new_hash);
    memcpy(out->claimed, x->verifier->bytes, 16);
    netlogon_hash_decrypt(new_hash, out->claimed);
    mem_wipe(new_hash, sizeof(new_hash));
}

static uint32_t run(struct rpc_ctx *c, const struct samr_change_password *x, dir_id *account_out,
                    enum reason *why_out)
{
    struct samr_proof p = {.user = x->user};
    uint8_t hash[16];

    if (!x->password || !x->verifier)
        return NT_INVALID_PARAMETER;
    uint8_t *plain = arena_dup(c->arena, x->password->bytes, SAMR_PASSWORD_SIZE);
    uint32_t status =
        plain ? samr_password_hash(c, x->user, hash) : (uint32_t)NT_INSUFFICIENT_RESOURCES;
    if (status != NT_OK)
        return status;
    open_password(hash, x, plain, &p);
    mem_wipe(hash, sizeof(hash));
    status = samr_password_change(c, &p, account_out, why_out);
    mem_wipe(&p, sizeof(p));
    return status;
}

uint32_t samr_change_password2(struct rpc_ctx *c, void *args)
{
    dir_id account;
    enum reason why = REASON_NONE;

    return run(c, args, &account, &why);
}

/* --- why not -----------------------------------------------------------------------------------
 */

static uint32_t rejection_of(enum reason why)
{
    switch (why) {
    case REASON_PASSWORD_TOO_SHORT:
        return SAMR_REJECT_TOO_SHORT;
    case REASON_PASSWORD_USED_BEFORE:
        return SAMR_REJECT_IN_HISTORY;
    case REASON_PASSWORD_HAS_NAME:
    case REASON_PASSWORD_TOO_SIMPLE:
        return SAMR_REJECT_NOT_COMPLEX;
    default:
        return SAMR_REJECT_OTHER;
    }
}

/* Clients print both of a password that does not do. */
static uint32_t explain(struct rpc_ctx *c, struct samr_change_password *x, dir_id account,
                        enum reason why)
{
    struct policy_settings p;
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    enum err e = policy_settings_for(&v.snap, account, c->arena, &p, NULL);
    lsa_view_end(&v);
    x->policy = arena_new(c->arena, struct samr_domain_password);
    x->rejection = arena_new(c->arena, struct samr_rejection);
    if (e != ERR_OK || !x->policy || !x->rejection)
        return NT_INSUFFICIENT_RESOURCES;
    samr_policy(&p, x->policy);
    *x->rejection = (struct samr_rejection){.why = rejection_of(why)};
    return NT_PASSWORD_RESTRICTION;
}

uint32_t samr_change_password3(struct rpc_ctx *c, void *args)
{
    struct samr_change_password *x = args;
    dir_id account = 0;
    enum reason why = REASON_NONE;
    uint32_t status = run(c, x, &account, &why);

    return status == NT_PASSWORD_RESTRICTION && why ? explain(c, x, account, why) : status;
}
