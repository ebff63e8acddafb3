#include "trust/trust_keys.h"

#include "base/text.h"
#include "trust/trust_attributes.h"

#define SALT_MAX     1024
#define PASSWORD_MAX 4096 /* bytes of UTF-8; trust passwords have 120 to 256 UTF-16 units */

void trust_keys_wipe(struct trust_keys *k)
{
    mem_wipe(k, sizeof(*k));
}

static enum err salt_of(struct span realm, struct span last, struct arena *a, struct span *out)
{
    struct builder b;

    builder_in(&b, a, SALT_MAX);
    builder_span(&b, realm);
    builder_span(&b, SPAN_LIT("krbtgt"));
    builder_span(&b, last);
    return builder_done(&b, out);
}

enum err trust_interrealm_salt(uint32_t direction, struct span local_realm,
                               struct span remote_realm, struct arena *a, struct span *out)
{
    struct span local = ascii_upper(a, local_realm), remote = ascii_upper(a, remote_realm);

    if (arena_failed(a))
        return ERR_NOMEM;
    if (direction == TRUST_OUTBOUND) /* krbtgt/LOCAL@REMOTE */
        return salt_of(remote, local, a, out);
    if (direction == TRUST_INBOUND) /* krbtgt/REMOTE@LOCAL */
        return salt_of(local, remote, a, out);
    return ERR_RANGE;
}

enum err trust_account_salt(struct span realm, struct span partner_flat_name, struct arena *a,
                            struct span *out)
{
    struct span upper = ascii_upper(a, realm);

    return arena_failed(a) ? ERR_NOMEM : salt_of(upper, partner_flat_name, a, out);
}

/* --- passwords that are no text ----------------------------------------------------------------
 */

static void put_code_point(struct builder *b, uint32_t c)
{
    if (c < 0x80) {
        builder_u8(b, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        builder_u8(b, (uint8_t)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) {
            builder_u8(b, (uint8_t)(0xE0 | c >> 12));
        } else {
            builder_u8(b, (uint8_t)(0xF0 | c >> 18));
            builder_u8(b, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        }
        builder_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
    }
    builder_u8(b, (uint8_t)(0x80 | (c & 0x3F)));
}

/* A surrogate without its other half becomes U+FFFD, one for each. */
enum err trust_password_utf8(struct span utf16, struct arena *a, struct span *out)
{
    struct reader r = reader_of(utf16);
    struct builder b;
    uint32_t high = 0;

    if (utf16.len % 2)
        return ERR_MALFORMED;
    builder_in(&b, a, PASSWORD_MAX);
    while (reader_left(&r) > 0) {
        uint32_t unit = reader_le16(&r);

        if (high && unit >= 0xDC00 && unit <= 0xDFFF) {
            put_code_point(&b, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
            high = 0;
            continue;
        }
        if (high)
            put_code_point(&b, 0xFFFD);
        high = unit >= 0xD800 && unit <= 0xDBFF ? unit : 0;
        if (!high)
            put_code_point(&b, unit >= 0xDC00 && unit <= 0xDFFF ? 0xFFFD : unit);
    }
    if (high)
        put_code_point(&b, 0xFFFD);
    return builder_done(&b, out);
}

/* --- keys --------------------------------------------------------------------------------------
 */

static enum err rc4_key(const struct trust_auth_info *infos, unsigned count, struct krb_key *out)
{
    const struct trust_auth_info *clear = trust_auth_find(infos, count, TRUST_AUTH_CLEAR);
    const struct trust_auth_info *hash = trust_auth_find(infos, count, TRUST_AUTH_NT_HASH);
    uint8_t nt[16];

    if (clear) {
        nt_hash_utf16(clear->data, nt);
        enum err e = krb_key_make(ETYPE_RC4_HMAC, span_of(nt, sizeof(nt)), out);
        mem_wipe(nt, sizeof(nt));
        return e;
    }
    return hash ? krb_key_make(ETYPE_RC4_HMAC, hash->data, out) : ERR_NOT_FOUND;
}

/* The keys of one array of entries. An array without a password has none, which is no error. */
static enum err derive_set(const struct trust_auth_info *infos, unsigned count, struct span salt,
                           uint32_t enctypes, struct arena *a, struct trust_keyset *out)
{
    static const int32_t aes[] = {ETYPE_AES256_SHA1, ETYPE_AES128_SHA1};
    const struct trust_auth_info *clear = trust_auth_find(infos, count, TRUST_AUTH_CLEAR);
    const struct trust_auth_info *hash = trust_auth_find(infos, count, TRUST_AUTH_NT_HASH);
    struct span password;

    if (!clear && !hash)
        return ERR_OK;
    out->kvno = trust_auth_version(infos, count);
    out->changed = utime_from_filetime(clear ? clear->time : hash->time);
    if (clear) {
        TRY(trust_password_utf8(clear->data, a, &password));
        for (int i = 0; i < 2; i++)
            if (enctypes & trust_enctype_bit_of(aes[i]))
                TRY(krb_string_to_key(aes[i], password, salt, 0, &out->key[out->count++]));
    }
    if (enctypes & TRUST_ENC_RC4)
        TRY(rc4_key(infos, count, &out->key[out->count++]));
    return ERR_OK;
}

static enum err derive_both(const struct trust_auth *auth, struct span salt, uint32_t enctypes,
                            struct arena *a, struct trust_keys *out)
{
    TRY(derive_set(auth->current, auth->count, salt, enctypes, a, &out->current));
    if (out->current.count == 0)
        return ERR_NOT_FOUND;
    /* Without history the previous entries copy the current ones: deriving twice would only cost.
     */
    const struct trust_auth_info *now =
        trust_auth_find(auth->current, auth->count, TRUST_AUTH_CLEAR);
    const struct trust_auth_info *old =
        trust_auth_find(auth->previous, auth->previous_count, TRUST_AUTH_CLEAR);
    if (now && old && span_eq(now->data, old->data))
        return ERR_OK;
    return derive_set(auth->previous, auth->previous_count, salt, enctypes, a, &out->previous);
}

enum err trust_derive_keys(const struct trust_auth *auth, uint32_t direction,
                           struct span local_realm, struct span remote_realm, uint32_t enctypes,
                           struct arena *a, struct trust_keys *out)
{
    struct trust_keys keys = {0};
    struct span salt;

    TRY(trust_interrealm_salt(direction, local_realm, remote_realm, a, &salt));
    enum err e = derive_both(auth, salt, enctypes, a, &keys);
    if (e == ERR_OK)
        *out = keys;
    trust_keys_wipe(&keys);
    return e;
}

const struct trust_keyset *trust_encryption_keys(const struct trust_keys *k, utime now)
{
    bool young = now >= k->current.changed && now - k->current.changed < TRUST_KEY_DELAY;

    return young && k->previous.count > 0 ? &k->previous : &k->current;
}

static const struct krb_key *key_of(const struct trust_keyset *set, int32_t etype)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->key[i].etype == etype)
            return &set->key[i];
    return NULL;
}

bool trust_former_counts(utime changed, utime now)
{
    return now - changed < TRUST_FORMER_LIFE;
}

const struct krb_key *trust_decryption_key(const struct trust_keys *k, int32_t etype, uint32_t kvno,
                                           utime now, unsigned index)
{
    bool former = trust_former_counts(k->current.changed, now);
    const struct krb_key *found[2] = {key_of(&k->current, etype),
                                      former ? key_of(&k->previous, etype) : NULL};
    bool previous_first = kvno != 0 && kvno != k->current.kvno && kvno == k->previous.kvno;

    if (!found[0] || (previous_first && found[1])) {
        const struct krb_key *swap = found[0];
        found[0] = found[1];
        found[1] = swap;
    }
    return index < 2 ? found[index] : NULL;
}
