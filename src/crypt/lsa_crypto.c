#include "crypt/lsa_crypto.h"

#include <nettle/aes.h>
#include <nettle/arcfour.h>
#include <nettle/cbc.h>
#include <nettle/des.h>

#include "base/builder.h"
#include "base/reader.h"
#include "base/text.h"
#include "crypt/hash.h"

void lsa_rc4(const uint8_t key[LSA_KEY_SIZE], uint8_t *bytes, size_t len)
{
    struct arcfour_ctx c;

    arcfour128_set_key(&c, key);
    arcfour_crypt(&c, len, bytes, bytes);
    mem_wipe(&c, sizeof(c));
}

/* --- DES-ECB-LM ------------------------------------------------------------------------------- */

#define BLOCK     8
#define KEY_PART  7
#define VERSION_1 1

/* Seven bytes of key, a parity bit behind each seven bits; DES does not look at it. */
static void des_key(struct des_ctx *c, const uint8_t part[KEY_PART])
{
    uint64_t bits = 0;
    uint8_t key[BLOCK];

    for (unsigned i = 0; i < KEY_PART; i++)
        bits = bits << 8 | part[i];
    for (unsigned i = 0; i < BLOCK; i++)
        key[i] = (uint8_t)((bits >> (7 * (BLOCK - 1 - i)) & 0x7f) << 1);
    des_set_key(c, key);
    mem_wipe(key, sizeof(key));
}

/* Where the next block's seven bytes of key begin (AdvanceKey). */
static size_t advance(size_t at)
{
    at += KEY_PART;
    return at + KEY_PART > LSA_KEY_SIZE ? LSA_KEY_SIZE - at : at;
}

void lsa_secret_encrypt(const uint8_t key[LSA_KEY_SIZE], struct span plain, uint8_t *out)
{
    size_t total = lsa_secret_size(plain.len);
    struct des_ctx c;

    memset(out, 0, total);
    builder_store_le(out, plain.len, 4);
    out[4] = VERSION_1;
    if (plain.len)
        memcpy(out + BLOCK, plain.ptr, plain.len);
    for (size_t i = 0, at = 0; i < total; i += BLOCK, at = advance(at)) {
        des_key(&c, key + at);
        des_encrypt(&c, BLOCK, out + i, out + i);
    }
    mem_wipe(&c, sizeof(c));
}

enum err lsa_secret_decrypt(const uint8_t key[LSA_KEY_SIZE], struct span cipher, uint8_t *out,
                            size_t *len_out)
{
    struct des_ctx c;

    if (cipher.len < BLOCK || cipher.len % BLOCK)
        return ERR_MALFORMED;
    for (size_t i = 0, at = 0; i < cipher.len; i += BLOCK, at = advance(at)) {
        des_key(&c, key + at);
        des_decrypt(&c, BLOCK, out + i, cipher.ptr + i);
    }
    mem_wipe(&c, sizeof(c));
    struct reader head = reader_of(span_of(out, BLOCK));
    uint32_t len = reader_le32(&head), version = reader_le32(&head);
    if (version != VERSION_1)
        return ERR_UNSUPPORTED;
    if (len > cipher.len - BLOCK)
        return ERR_MALFORMED;
    memmove(out, out + BLOCK, len);
    *len_out = len;
    return ERR_OK;
}

/* --- AES -------------------------------------------------------------------------------------- */

#define LABEL(of, what) "Microsoft " of " " what " key AEAD-AES-256-CBC-HMAC-SHA512 16"
#define LABELS(of)                                                                                 \
    {                                                                                              \
        SPAN_Z(LABEL(of, "encryption")), SPAN_Z(LABEL(of, "MAC"))                                  \
    }
#define SPAN_Z(text)                                                                               \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text)                                                      \
    } /* the zero at its end, too */

struct labels {
    struct span enc, mac;
};
static const struct labels lsad = LABELS("LSAD"), sam = LABELS("SAM");

/* Padding as in PKCS #7; the tag was right, so nobody learns of it by asking. */
static enum err unpad(const uint8_t *bytes, size_t len, size_t *len_out)
{
    uint8_t padding = bytes[len - 1];

    if (padding == 0 || padding > AES_BLOCK_SIZE)
        return ERR_INTEGRITY;
    *len_out = len - padding;
    return ERR_OK;
}

static enum err open_aes(const struct labels *labels, const uint8_t *key, const uint8_t *tag,
                         const uint8_t *salt, uint8_t *bytes, size_t len, size_t *len_out)
{
    struct span cek = span_of(key, LSA_KEY_SIZE);
    uint8_t one = 1, sum[LSA_AES_TAG_SIZE], derived[LSA_AES_TAG_SIZE], iv[LSA_AES_SALT_SIZE];
    struct span parts[] = {span_of(&one, 1), span_of(salt, LSA_AES_SALT_SIZE), span_of(bytes, len),
                           span_of(&one, 1)};
    struct aes256_ctx c;

    if (len == 0 || len % AES_BLOCK_SIZE)
        return ERR_INTEGRITY;
    hmac_once(HASH_SHA512, cek, &labels->mac, 1, derived);
    hmac_once(HASH_SHA512, span_of(derived, sizeof(derived)), parts, 4, sum);
    bool good = mem_eq_ct(sum, tag, sizeof(sum));
    hmac_once(HASH_SHA512, cek, &labels->enc, 1, derived);
    aes256_set_decrypt_key(&c, derived);
    mem_wipe(derived, sizeof(derived));
    memcpy(iv, salt, sizeof(iv));
    if (good)
        cbc_decrypt(&c, (nettle_cipher_func *)aes256_decrypt, AES_BLOCK_SIZE, iv, len, bytes,
                    bytes);
    mem_wipe(&c, sizeof(c));
    return good ? unpad(bytes, len, len_out) : ERR_INTEGRITY;
}

enum err lsa_aes_open(const uint8_t key[LSA_KEY_SIZE], const uint8_t tag[LSA_AES_TAG_SIZE],
                      const uint8_t salt[LSA_AES_SALT_SIZE], uint8_t *bytes, size_t len,
                      size_t *len_out)
{
    return open_aes(&lsad, key, tag, salt, bytes, len, len_out);
}

enum err lsa_aes_open_sam(const uint8_t key[LSA_KEY_SIZE], const uint8_t tag[LSA_AES_TAG_SIZE],
                          const uint8_t salt[LSA_AES_SALT_SIZE], uint8_t *bytes, size_t len,
                          size_t *len_out)
{
    return open_aes(&sam, key, tag, salt, bytes, len, len_out);
}
