#include "crypt/smb_crypto.h"

#include <nettle/ccm.h>

#include "base/builder.h"
#include "base/text.h"

/* Offsets in the header ([MS-SMB2] 2.2.1.2) and in the transform header (2.2.41). */
enum {
    AT_COMMAND = 12,
    AT_FLAGS = 16,
    AT_MESSAGE_ID = 24,
    AT_SIGNATURE = 48,
    AT_TRANSFORM_SIGNATURE = 4,
    AT_NONCE = 20, /* the associated data begins here, too */
};

#define COMMAND_CANCEL       0x0c
#define FLAG_SERVER_TO_REDIR 0x01
#define CCM_NONCE_SIZE       11
#define GMAC_NONCE_SIZE      12

/* --- keys ------------------------------------------------------------------------------------ */

void smb_kdf(struct span key, struct span label, struct span context, uint8_t *out, size_t len)
{
    static const uint8_t counter[4] = {0, 0, 0, 1}, zero[1] = {0};
    uint8_t bits[4], block[SHA256_DIGEST_SIZE];

    ENT_ASSERT(len <= sizeof(block));
    builder_store_be(bits, len * 8, sizeof(bits));
    struct span parts[] = {span_of(counter, 4), label, span_of(zero, 1), context, span_of(bits, 4)};
    hmac_once(HASH_SHA256, key, parts, 5, block);
    memcpy(out, block, len);
    mem_wipe(block, sizeof(block));
}

void smb_preauth_add(uint8_t hash[SMB_PREAUTH_SIZE], struct span message)
{
    struct span parts[] = {span_of(hash, SMB_PREAUTH_SIZE), message};

    hash_parts(HASH_SHA512, parts, 2, hash);
}

/* Labels and contexts count with their terminating zero. */
#define WITH_ZERO(s) ((struct span){(const uint8_t *)("" s), sizeof(s)})

static const struct key_names {
    struct span sign, application, to_server, to_client;
} labels[] =
    {
        [SMB_GENERATION_30] = {WITH_ZERO("SMB2AESCMAC"), WITH_ZERO("SMB2APP"),
                               WITH_ZERO("SMB2AESCCM"), WITH_ZERO("SMB2AESCCM")},
        [SMB_GENERATION_311] = {WITH_ZERO("SMBSigningKey"), WITH_ZERO("SMBAppKey"),
                                WITH_ZERO("SMBC2SCipherKey"), WITH_ZERO("SMBS2CCipherKey")},
},
  contexts_30 = {WITH_ZERO("SmbSign"), WITH_ZERO("SmbRpc"), WITH_ZERO("ServerIn "),
                 WITH_ZERO("ServerOut")};

static bool is_256(enum smb_cipher cipher)
{
    return cipher == SMB_CIPHER_AES256_CCM || cipher == SMB_CIPHER_AES256_GCM;
}

void smb_keys_derive(enum smb_generation generation, enum smb_cipher cipher,
                     struct span session_key, const uint8_t *preauth, struct smb_keys *out)
{
    uint8_t first[SMB_KEY_SIZE] = {0};
    struct span key = span_of(first, sizeof(first));

    memset(out, 0, sizeof(*out));
    if (session_key.len)
        memcpy(first, session_key.ptr, span_sub(session_key, 0, sizeof(first)).len);
    if (generation == SMB_GENERATION_2) {
        memcpy(out->sign, first, sizeof(first));
        memcpy(out->application, first, sizeof(first));
    } else {
        const struct key_names *label = &labels[generation];
        struct span hash = span_of(preauth, SMB_PREAUTH_SIZE);
        struct key_names context = {hash, hash, hash, hash};
        struct span cipher_key = is_256(cipher) ? session_key : key;
        size_t len = is_256(cipher) ? SMB_KEY_MAX : SMB_KEY_SIZE;

        if (generation == SMB_GENERATION_30)
            context = contexts_30;
        smb_kdf(key, label->sign, context.sign, out->sign, SMB_KEY_SIZE);
        smb_kdf(key, label->application, context.application, out->application, SMB_KEY_SIZE);
        smb_kdf(cipher_key, label->to_server, context.to_server, out->to_server, len);
        smb_kdf(cipher_key, label->to_client, context.to_client, out->to_client, len);
    }
    mem_wipe(first, sizeof(first));
}

/* --- signatures ------------------------------------------------------------------------------ */

static nettle_cipher_func *const aes128 = (nettle_cipher_func *)aes128_encrypt;

void smb_sign_key_init(struct smb_sign_key *k, enum smb_signing alg,
                       const uint8_t key[SMB_KEY_SIZE])
{
    k->alg = alg;
    if (alg == SMB_SIGNING_HMAC_SHA256) {
        hmac_key_init(&k->hmac, HASH_SHA256, span_of(key, SMB_KEY_SIZE));
        return;
    }
    aes128_set_encrypt_key(&k->aes.cipher, key);
    if (alg == SMB_SIGNING_AES_CMAC)
        cmac128_set_key(&k->aes.cmac, &k->aes.cipher, aes128);
    else
        gcm_set_key(&k->aes.gmac, &k->aes.cipher, aes128);
}

void smb_sign_key_wipe(struct smb_sign_key *k)
{
    mem_wipe(k, sizeof(*k));
}

/* The message in three parts, with zeros for its signature. */
#define PARTS 3
static void split(struct span message, struct span parts[PARTS])
{
    static const uint8_t zeros[SMB_SIGNATURE_SIZE];

    parts[0] = span_sub(message, 0, AT_SIGNATURE);
    parts[1] = span_of(zeros, sizeof(zeros));
    parts[2] = span_sub(message, SMB_HEADER_BYTES, message.len);
}

static void sign_hmac(const struct smb_sign_key *k, const struct span parts[PARTS],
                      uint8_t out[SMB_SIGNATURE_SIZE])
{
    uint8_t full[SHA256_DIGEST_SIZE];

    hmac_parts(&k->hmac, parts, PARTS, full);
    memcpy(out, full, SMB_SIGNATURE_SIZE);
}

static void sign_cmac(const struct smb_sign_key *k, const struct span parts[PARTS],
                      uint8_t out[SMB_SIGNATURE_SIZE])
{
    struct cmac128_ctx ctx;

    cmac128_init(&ctx);
    for (unsigned i = 0; i < PARTS; i++)
        cmac128_update(&ctx, &k->aes.cipher, aes128, parts[i].len, parts[i].ptr);
    cmac128_digest(&ctx, &k->aes.cmac, &k->aes.cipher, aes128, SMB_SIGNATURE_SIZE, out);
}

/* The nonce is the message id, then who sends: bit 0 the server, bit 1 a CANCEL, which has the
 * message id of what it cancels ([MS-SMB2] 3.1.4.1). */
static void sign_gmac(const struct smb_sign_key *k, const uint8_t *header,
                      const struct span parts[PARTS], uint8_t out[SMB_SIGNATURE_SIZE])
{
    uint8_t nonce[GMAC_NONCE_SIZE] = {0};
    struct gcm_ctx ctx;

    memcpy(nonce, header + AT_MESSAGE_ID, sizeof(uint64_t));
    nonce[8] = header[AT_FLAGS] & FLAG_SERVER_TO_REDIR;
    if (header[AT_COMMAND] == COMMAND_CANCEL && header[AT_COMMAND + 1] == 0)
        nonce[8] |= 0x02;
    gcm_set_iv(&ctx, &k->aes.gmac, sizeof(nonce), nonce);
    /* gcm_update wants whole blocks in all calls but the last: 48, 16, and the rest. */
    for (unsigned i = 0; i < PARTS; i++)
        gcm_update(&ctx, &k->aes.gmac, parts[i].len, parts[i].ptr);
    gcm_digest(&ctx, &k->aes.gmac, &k->aes.cipher, aes128, SMB_SIGNATURE_SIZE, out);
}

void smb_sign(const struct smb_sign_key *k, struct span message, uint8_t out[SMB_SIGNATURE_SIZE])
{
    struct span parts[PARTS];

    ENT_ASSERT(message.len >= SMB_HEADER_BYTES);
    split(message, parts);
    if (k->alg == SMB_SIGNING_HMAC_SHA256)
        sign_hmac(k, parts, out);
    else if (k->alg == SMB_SIGNING_AES_CMAC)
        sign_cmac(k, parts, out);
    else
        sign_gmac(k, message.ptr, parts, out);
}

bool smb_signature_good(const struct smb_sign_key *k, struct span message)
{
    uint8_t want[SMB_SIGNATURE_SIZE];

    if (message.len < SMB_HEADER_BYTES)
        return false;
    smb_sign(k, message, want);
    return mem_eq_ct(want, message.ptr + AT_SIGNATURE, sizeof(want));
}

/* --- encryption ------------------------------------------------------------------------------ */

static bool is_gcm(enum smb_cipher cipher)
{
    return cipher == SMB_CIPHER_AES128_GCM || cipher == SMB_CIPHER_AES256_GCM;
}

size_t smb_nonce_size(enum smb_cipher cipher)
{
    return is_gcm(cipher) ? GCM_IV_SIZE : CCM_NONCE_SIZE;
}

static nettle_cipher_func *block_of(const struct smb_cipher_key *k)
{
    return is_256(k->cipher) ? (nettle_cipher_func *)aes256_encrypt : aes128;
}

/* Both of the union begin where it does. */
static const void *cipher_of(const struct smb_cipher_key *k)
{
    return &k->aes128;
}

void smb_cipher_key_init(struct smb_cipher_key *k, enum smb_cipher cipher, const uint8_t *key)
{
    ENT_ASSERT(cipher != SMB_CIPHER_NONE);
    k->cipher = cipher;
    if (is_256(cipher))
        aes256_set_encrypt_key(&k->aes256, key);
    else
        aes128_set_encrypt_key(&k->aes128, key);
    if (is_gcm(cipher))
        gcm_set_key(&k->gcm, cipher_of(k), block_of(k));
}

void smb_cipher_key_wipe(struct smb_cipher_key *k)
{
    mem_wipe(k, sizeof(*k));
}

/* What is signed besides the message: the header from its nonce on. */
static struct span associated(const uint8_t *header)
{
    return span_of(header + AT_NONCE, SMB_TRANSFORM_BYTES - AT_NONCE);
}

static void run_gcm(const struct smb_cipher_key *k, const uint8_t *header, bool encrypt,
                    struct span in, uint8_t *out, uint8_t tag[SMB_SIGNATURE_SIZE])
{
    struct span aad = associated(header);
    struct gcm_ctx ctx;

    gcm_set_iv(&ctx, &k->gcm, GCM_IV_SIZE, header + AT_NONCE);
    gcm_update(&ctx, &k->gcm, aad.len, aad.ptr);
    (encrypt ? gcm_encrypt : gcm_decrypt)(&ctx, &k->gcm, cipher_of(k), block_of(k), in.len, out,
                                          in.ptr);
    gcm_digest(&ctx, &k->gcm, cipher_of(k), block_of(k), SMB_SIGNATURE_SIZE, tag);
    mem_wipe(&ctx, sizeof(ctx));
}

static void run_ccm(const struct smb_cipher_key *k, const uint8_t *header, bool encrypt,
                    struct span in, uint8_t *out, uint8_t tag[SMB_SIGNATURE_SIZE])
{
    struct span aad = associated(header);
    struct ccm_ctx ctx;

    ccm_set_nonce(&ctx, cipher_of(k), block_of(k), CCM_NONCE_SIZE, header + AT_NONCE, aad.len,
                  in.len, SMB_SIGNATURE_SIZE);
    ccm_update(&ctx, cipher_of(k), block_of(k), aad.len, aad.ptr);
    (encrypt ? ccm_encrypt : ccm_decrypt)(&ctx, cipher_of(k), block_of(k), in.len, out, in.ptr);
    ccm_digest(&ctx, cipher_of(k), block_of(k), SMB_SIGNATURE_SIZE, tag);
    mem_wipe(&ctx, sizeof(ctx));
}

static void run(const struct smb_cipher_key *k, const uint8_t *header, bool encrypt, struct span in,
                uint8_t *out, uint8_t tag[SMB_SIGNATURE_SIZE])
{
    (is_gcm(k->cipher) ? run_gcm : run_ccm)(k, header, encrypt, in, out, tag);
}

void smb_encrypt(const struct smb_cipher_key *k, uint8_t header[SMB_TRANSFORM_BYTES],
                 struct span plain, uint8_t *out)
{
    run(k, header, true, plain, out, header + AT_TRANSFORM_SIGNATURE);
}

enum err smb_decrypt(const struct smb_cipher_key *k, const uint8_t header[SMB_TRANSFORM_BYTES],
                     struct span sealed, uint8_t *out)
{
    uint8_t tag[SMB_SIGNATURE_SIZE];

    run(k, header, false, sealed, out, tag);
    if (mem_eq_ct(tag, header + AT_TRANSFORM_SIGNATURE, sizeof(tag)))
        return ERR_OK;
    mem_wipe(out, sealed.len);
    return ERR_INTEGRITY;
}
