#include "crypt/seal.h"

#include "base/text.h"

void seal_key_init(struct seal_key *k, const uint8_t key[SEAL_KEY_SIZE])
{
    aes256_set_encrypt_key(&k->cipher, key);
    gcm_set_key(&k->hash, &k->cipher, (nettle_cipher_func *)aes256_encrypt);
}

void seal_key_wipe(struct seal_key *k)
{
    mem_wipe(k, sizeof(*k));
}

static void begin(const struct seal_key *k, const uint8_t *nonce, struct span aad,
                  struct gcm_ctx *ctx)
{
    gcm_set_iv(ctx, &k->hash, SEAL_NONCE_SIZE, nonce);
    gcm_update(ctx, &k->hash, aad.len, aad.ptr);
}

void seal(const struct seal_key *k, const uint8_t nonce[SEAL_NONCE_SIZE], struct span aad,
          struct span plain, uint8_t *out)
{
    struct gcm_ctx ctx;
    begin(k, nonce, aad, &ctx);
    memcpy(out, nonce, SEAL_NONCE_SIZE);
    gcm_encrypt(&ctx, &k->hash, &k->cipher, (nettle_cipher_func *)aes256_encrypt, plain.len,
                out + SEAL_NONCE_SIZE, plain.ptr);
    gcm_digest(&ctx, &k->hash, &k->cipher, (nettle_cipher_func *)aes256_encrypt, SEAL_TAG_SIZE,
               out + SEAL_NONCE_SIZE + plain.len);
    mem_wipe(&ctx, sizeof(ctx));
}

enum err unseal(const struct seal_key *k, struct span aad, struct span sealed, uint8_t *out)
{
    struct gcm_ctx ctx;
    uint8_t tag[SEAL_TAG_SIZE];
    if (sealed.len < SEAL_OVERHEAD)
        return ERR_MALFORMED;
    size_t len = sealed.len - SEAL_OVERHEAD;
    begin(k, sealed.ptr, aad, &ctx);
    gcm_decrypt(&ctx, &k->hash, &k->cipher, (nettle_cipher_func *)aes256_encrypt, len, out,
                sealed.ptr + SEAL_NONCE_SIZE);
    gcm_digest(&ctx, &k->hash, &k->cipher, (nettle_cipher_func *)aes256_encrypt, sizeof(tag), tag);
    bool good = mem_eq_ct(tag, sealed.ptr + SEAL_NONCE_SIZE + len, sizeof(tag));
    mem_wipe(&ctx, sizeof(ctx));
    if (good)
        return ERR_OK;
    mem_wipe(out, len);
    return ERR_INTEGRITY;
}
