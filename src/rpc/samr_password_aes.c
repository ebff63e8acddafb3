/*
 * SamrUnicodeChangePasswordUser4 ([MS-SAMR] 3.1.5.10.4): the new password under AES, whose key is
 * stretched from the old one's hash in as many rounds as the client chose. Samba's clients choose
 * any number up to a million, which takes a second, so it is done in steps between which others go
 * on. Who does not exist is computed for just as long.
 */
#include "base/text.h"
#include "crypt/hash.h"
#include "crypt/lsa_crypto.h"
#include "rpc/samr_changes.h"
#include "rpc/samr_passwords.h"
#include "wire/rpc/samr_password.h"

#define ROUNDS_MIN  5000
#define ROUNDS_MAX  1000000
#define ROUNDS_STEP 1000 /* about a millisecond */

struct stretching {
    struct hash_stretch key;
    uint8_t hash[16]; /* of the old password as it was when the call came */
};

/* Opened with the hash, the message shows that the client knows it; else it claims zeros. */
static void open_message(const struct stretching *t, struct samr_change_password4 *x,
                         struct samr_proof *out)
{
    struct samr_password_aes *p = &x->password;
    size_t len;

    if (lsa_aes_open_sam(t->key.sum, p->tag, p->salt, p->cipher.data, p->cipher.length, &len) !=
            ERR_OK ||
        samr_password_plain(span_of(p->cipher.data, len), &out->new_utf16) != ERR_OK)
        return;
    memcpy(out->claimed, t->hash, sizeof(out->claimed));
}

static uint32_t step(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    struct samr_change_password4 *x = args;
    struct samr_proof p = {.user = x->user};
    struct stretching *t = c->state;
    dir_id account;
    enum reason why;

    (void)e, (void)reply;
    if (!hash_stretch_go(&t->key, ROUNDS_STEP))
        return rpc_yield(c, step);
    open_message(t, x, &p);
    mem_wipe(t, sizeof(*t));
    uint32_t status = samr_password_change(c, &p, &account, &why);
    mem_wipe(&p, sizeof(p));
    return status;
}

uint32_t samr_change_password4(struct rpc_ctx *c, void *args)
{
    struct samr_change_password4 *x = args;
    const struct samr_password_aes *p = &x->password;
    struct stretching *t = arena_new(c->arena, struct stretching);

    if (!t)
        return NT_INSUFFICIENT_RESOURCES;
    if (p->rounds < ROUNDS_MIN || p->rounds > ROUNDS_MAX) {
        rpc_refused(c->server, c->who, "samr.password", REASON_WIRE_MALFORMED, x->user);
        return NT_WRONG_PASSWORD;
    }
    uint32_t status = samr_password_hash(c, x->user, t->hash);
    if (status != NT_OK)
        return status;
    hash_stretch_begin(&t->key, span_of(t->hash, sizeof(t->hash)),
                       span_of(p->salt, sizeof(p->salt)), p->rounds);
    c->state = t;
    return rpc_yield(c, step);
}
