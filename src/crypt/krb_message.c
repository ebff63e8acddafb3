/* Encryption, decryption and checksums under a prepared key. */
#include "crypt/krb_etype.h"

#include "base/text.h"

#include <nettle/arcfour.h>

/* Where each part has its keys: krb_usage.h. */
#define CRYPTS       (KRB_FOR_ENCRYPT | KRB_FOR_DECRYPT)
#define INTEGRITY(u) (&(u)->mac)
#define CHECKSUM(u)  ((u)->parts & CRYPTS ? &(u)->second_mac : &(u)->mac)
#define DECRYPTER(u) ((u)->parts & KRB_FOR_ENCRYPT ? &(u)->second_cipher : &(u)->cipher)

#define AES_CONFOUNDER 16
#define RC4_CONFOUNDER 8
#define RC4_MAC        16

static void store_le32(uint8_t out[4], uint32_t v)
{
    for (int i = 0; i < 4; i++, v >>= 8)
        out[i] = (uint8_t)v;
}

/* RFC 4757 section 3 numbers some usages differently from RFC 4120. Its text also
 * turns 9 into 8; MIT's library does not, and neither do we. */
static uint32_t rc4_usage(uint32_t usage)
{
    switch (usage) {
    case 3: /* AS-REP part under the client's key */
        return 8;
    case 23: /* GSS sign */
        return 13;
    default:
        return usage;
    }
}

static void rc4_signing_key(const struct krb_key *key, struct hmac_key *out)
{
    struct span text = SPAN_LIT("signaturekey\0");
    uint8_t derived[16];

    hmac_once(HASH_MD5, span_of(key->bytes, key->len), &text, 1, derived);
    hmac_key_init(out, HASH_MD5, span_of(derived, sizeof(derived)));
    mem_wipe(derived, sizeof(derived));
}

static void init_rc4(struct krb_usage *u, const struct krb_key *key, uint32_t usage)
{
    uint8_t number[4], derived[16];
    struct span number_span = span_of(number, 4);

    u->number = rc4_usage(usage);
    if (u->parts & CRYPTS) {
        store_le32(number, u->number);
        hmac_once(HASH_MD5, span_of(key->bytes, key->len), &number_span, 1, derived);
        hmac_key_init(INTEGRITY(u), HASH_MD5, span_of(derived, sizeof(derived)));
        mem_wipe(derived, sizeof(derived));
    }
    if (u->parts & KRB_FOR_CHECKSUM)
        rc4_signing_key(key, CHECKSUM(u));
}

/* Where the keys of a usage come from: the base key as a scheduled cipher or an HMAC state. */
struct deriver {
    const struct krb_etype_info *info;
    union krb_aes cipher;
    struct hmac_key hmac;
    uint8_t constant[5]; /* usage, then what the key is for */
};

static void derive(struct deriver *d, uint8_t purpose, uint8_t *out, size_t len)
{
    struct span constant = span_of(d->constant, sizeof(d->constant));

    d->constant[4] = purpose;
    if (d->info->family == FAMILY_SHA2)
        krb_kdf_sha2(&d->hmac, constant, SPAN_NONE, out, len);
    else
        krb_dk(&d->cipher, d->info->key_size, constant, out, len);
}

static void init_aes(struct krb_usage *u, const struct krb_etype_info *info,
                     const struct krb_key *key, uint32_t usage)
{
    struct deriver d;
    uint8_t derived[KRB_KEY_MAX];
    size_t mac_key = info->family == FAMILY_SHA2 ? info->mac_size : info->key_size;

    d.info = info;
    for (int i = 0; i < 4; i++)
        d.constant[i] = (uint8_t)(usage >> (24 - 8 * i));
    if (info->family == FAMILY_SHA2)
        hmac_key_init(&d.hmac, info->hash, span_of(key->bytes, key->len));
    else
        krb_aes_set_encrypt(&d.cipher, key->bytes, key->len);
    if (u->parts & CRYPTS) {
        derive(&d, 0xAA, derived, key->len);
        krb_aes_set_encrypt(&u->cipher, derived, key->len);
        if (u->parts & KRB_FOR_DECRYPT)
            krb_aes_invert(DECRYPTER(u), &u->cipher, key->len);
        derive(&d, 0x55, derived, mac_key);
        hmac_key_init(INTEGRITY(u), info->hash, span_of(derived, mac_key));
    }
    if (u->parts & KRB_FOR_CHECKSUM) {
        derive(&d, 0x99, derived, mac_key);
        hmac_key_init(CHECKSUM(u), info->hash, span_of(derived, mac_key));
    }
    mem_wipe(derived, sizeof(derived));
    mem_wipe(&d, sizeof(d));
}

enum err krb_usage_init_for(struct krb_usage *u, const struct krb_key *key, uint32_t usage,
                            unsigned parts)
{
    const struct krb_etype_info *info = krb_etype_info(key->etype);

    if (!info)
        return ERR_UNSUPPORTED;
    if (key->len != info->key_size)
        return ERR_RANGE;
    u->etype = key->etype;
    u->parts = parts;
    u->number = usage;
    if (info->family == FAMILY_RC4)
        init_rc4(u, key, usage);
    else
        init_aes(u, info, key, usage);
    return ERR_OK;
}

enum err krb_usage_init(struct krb_usage *u, const struct krb_key *key, uint32_t usage)
{
    return krb_usage_init_for(u, key, usage, KRB_FOR_ALL);
}

void krb_usage_wipe(struct krb_usage *u)
{
    mem_wipe(u, sizeof(*u));
}

size_t krb_plain_offset(const struct krb_usage *u)
{
    return u->etype == ETYPE_RC4_HMAC ? RC4_MAC + RC4_CONFOUNDER : AES_CONFOUNDER;
}

size_t krb_encrypted_size(const struct krb_usage *u, size_t plain_len)
{
    const struct krb_etype_info *info = krb_etype_info(u->etype);
    return info->confounder_size + plain_len + info->mac_size;
}

/* The key of one RC4 message is derived from its checksum, so it cannot be prepared. */
static void rc4_crypt(const struct krb_usage *u, const uint8_t *mac, struct span confounder,
                      struct span text, uint8_t *out)
{
    struct span mac_span = span_of(mac, RC4_MAC);
    uint8_t key[16];
    struct arcfour_ctx c;

    hmac_parts(INTEGRITY(u), &mac_span, 1, key);
    arcfour_set_key(&c, sizeof(key), key);
    arcfour_crypt(&c, confounder.len, out, confounder.ptr);
    arcfour_crypt(&c, text.len, out + confounder.len, text.ptr);
    mem_wipe(key, sizeof(key));
    mem_wipe(&c, sizeof(c));
}

/* RFC 8009 sums the cipher state, which is always zero here, and the ciphertext. */
static void sha2_mac(const struct krb_usage *u, struct span cipher, uint8_t *out)
{
    static const uint8_t state[AES_BLOCK_SIZE];
    struct span parts[] = {span_of(state, sizeof(state)), cipher};

    hmac_parts(INTEGRITY(u), parts, 2, out);
}

void krb_encrypt(const struct krb_usage *u, const uint8_t *confounder, struct span plain,
                 uint8_t *out)
{
    const struct krb_etype_info *info = krb_etype_info(u->etype);
    struct span parts[] = {span_of(confounder, info->confounder_size), plain};
    size_t body = info->confounder_size + plain.len;
    uint8_t mac[HASH_SIZE_MAX];

    ENT_ASSERT(u->parts & KRB_FOR_ENCRYPT);
    if (info->family != FAMILY_SHA2)
        hmac_parts(INTEGRITY(u), parts, 2, mac);
    if (info->family == FAMILY_RC4) {
        memcpy(out, mac, RC4_MAC);
        rc4_crypt(u, mac, parts[0], plain, out + RC4_MAC);
        return;
    }
    krb_cts_encrypt(&u->cipher, info->key_size, confounder, plain, out);
    if (info->family == FAMILY_SHA2)
        sha2_mac(u, span_of(out, body), mac);
    memcpy(out + body, mac, info->mac_size);
}

static enum err decrypt_rc4(const struct krb_usage *u, struct span cipher, uint8_t *out)
{
    uint8_t sent[RC4_MAC], mac[HASH_SIZE_MAX];
    struct span body = span_sub(cipher, RC4_MAC, SIZE_MAX);

    memcpy(sent, cipher.ptr, RC4_MAC);
    rc4_crypt(u, sent, SPAN_NONE, body, out + RC4_MAC);
    struct span plain = span_of(out + RC4_MAC, body.len);
    hmac_parts(INTEGRITY(u), &plain, 1, mac);
    return mem_eq_ct(mac, sent, RC4_MAC) ? ERR_OK : ERR_INTEGRITY;
}

static enum err decrypt_aes(const struct krb_usage *u, const struct krb_etype_info *info,
                            struct span cipher, uint8_t *out)
{
    struct span body = span_sub(cipher, 0, cipher.len - info->mac_size);
    const uint8_t *sent = cipher.ptr + body.len;
    uint8_t mac[HASH_SIZE_MAX];

    if (info->family == FAMILY_SHA2) {
        sha2_mac(u, body, mac);
        if (!mem_eq_ct(mac, sent, info->mac_size))
            return ERR_INTEGRITY;
        krb_cts_decrypt(DECRYPTER(u), info->key_size, body, out);
        return ERR_OK;
    }
    krb_cts_decrypt(DECRYPTER(u), info->key_size, body, out);
    struct span plain = span_of(out, body.len);
    hmac_parts(INTEGRITY(u), &plain, 1, mac);
    return mem_eq_ct(mac, sent, info->mac_size) ? ERR_OK : ERR_INTEGRITY;
}

enum err krb_decrypt(const struct krb_usage *u, struct span cipher, uint8_t *out,
                     struct span *plain_out)
{
    const struct krb_etype_info *info = krb_etype_info(u->etype);
    size_t overhead = info->confounder_size + info->mac_size;

    ENT_ASSERT(u->parts & KRB_FOR_DECRYPT);
    if (cipher.len < overhead)
        return ERR_MALFORMED;
    enum err e = info->family == FAMILY_RC4 ? decrypt_rc4(u, cipher, out)
                                            : decrypt_aes(u, info, cipher, out);
    if (e != ERR_OK) {
        mem_wipe(out, cipher.len);
        return e;
    }
    *plain_out = span_of(out + krb_plain_offset(u), cipher.len - overhead);
    return ERR_OK;
}

/* --- with a checksum over other parts -----------------------------------------------------------
 */

static void sum_parts(const struct krb_usage *u, struct span confounder, const struct span *parts,
                      unsigned count, uint8_t mac[HASH_SIZE_MAX])
{
    struct span all[1 + KRB_SUM_PARTS] = {confounder};

    ENT_ASSERT(count <= KRB_SUM_PARTS);
    memcpy(all + 1, parts, count * sizeof(*parts));
    hmac_parts(INTEGRITY(u), all, count + 1, mac);
}

enum err krb_encrypt_summed(const struct krb_usage *u, const uint8_t *confounder, struct span plain,
                            const struct span *parts, unsigned count, uint8_t *out)
{
    const struct krb_etype_info *info = krb_etype_info(u->etype);
    size_t body = info->confounder_size + plain.len;
    uint8_t mac[HASH_SIZE_MAX];

    ENT_ASSERT(u->parts & KRB_FOR_ENCRYPT);
    if (info->family != FAMILY_SHA1)
        return ERR_UNSUPPORTED;
    sum_parts(u, span_of(confounder, info->confounder_size), parts, count, mac);
    krb_cts_encrypt(&u->cipher, info->key_size, confounder, plain, out);
    memcpy(out + body, mac, info->mac_size);
    return ERR_OK;
}

enum err krb_decrypt_summed(const struct krb_usage *u, struct span cipher, const struct span *parts,
                            unsigned count, uint8_t *out)
{
    const struct krb_etype_info *info = krb_etype_info(u->etype);
    uint8_t mac[HASH_SIZE_MAX];

    ENT_ASSERT(u->parts & KRB_FOR_DECRYPT);
    if (info->family != FAMILY_SHA1)
        return ERR_UNSUPPORTED;
    if (cipher.len < (size_t)info->confounder_size + info->mac_size)
        return ERR_MALFORMED;
    struct span body = span_sub(cipher, 0, cipher.len - info->mac_size);
    krb_cts_decrypt(DECRYPTER(u), info->key_size, body, out);
    sum_parts(u, span_of(out, info->confounder_size), parts, count, mac);
    if (mem_eq_ct(mac, cipher.ptr + body.len, info->mac_size))
        return ERR_OK;
    mem_wipe(out, body.len);
    return ERR_INTEGRITY;
}

/* --- checksums ---------------------------------------------------------------------------------
 */

/* HMAC(signing key, MD5(usage, message)), RFC 4757 section 4. */
static void md5_sum(const struct hmac_key *signing, uint32_t number, const struct span *parts,
                    unsigned count, uint8_t *out)
{
    uint8_t prefix[4], sum[16];
    struct hash_run run;
    struct span sum_span = span_of(sum, sizeof(sum));

    store_le32(prefix, number);
    hash_begin(&run, HASH_MD5);
    hash_add(&run, span_of(prefix, 4));
    for (unsigned i = 0; i < count; i++)
        hash_add(&run, parts[i]);
    hash_end(&run, sum);
    hmac_parts(signing, &sum_span, 1, out);
}

void krb_hmac_md5(const struct krb_key *key, uint32_t usage, const struct span *parts,
                  unsigned count, uint8_t out[KRB_HMAC_MD5_SIZE])
{
    struct hmac_key signing;

    rc4_signing_key(key, &signing);
    md5_sum(&signing, rc4_usage(usage), parts, count, out);
    hmac_key_wipe(&signing);
}

size_t krb_checksum(const struct krb_usage *u, const struct span *parts, unsigned count,
                    uint8_t out[KRB_CKSUM_MAX])
{
    const struct krb_etype_info *info = krb_etype_info(u->etype);
    uint8_t mac[HASH_SIZE_MAX];

    ENT_ASSERT(u->parts & KRB_FOR_CHECKSUM);
    if (info->family == FAMILY_RC4)
        md5_sum(CHECKSUM(u), u->number, parts, count, mac);
    else
        hmac_parts(CHECKSUM(u), parts, count, mac);
    memcpy(out, mac, info->mac_size);
    return info->mac_size;
}

enum err krb_checksum_verify(const struct krb_usage *u, int32_t cksumtype, const struct span *parts,
                             unsigned count, struct span sum)
{
    uint8_t mine[KRB_CKSUM_MAX];

    if (cksumtype != krb_etype_cksum(u->etype))
        return ERR_UNSUPPORTED;
    size_t len = krb_checksum(u, parts, count, mine);
    return sum.len == len && mem_eq_ct(mine, sum.ptr, len) ? ERR_OK : ERR_INTEGRITY;
}
