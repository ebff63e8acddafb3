/*
 * Sealing of secrets at rest: AES-256-GCM (NIST SP 800-38D), as nonce, ciphertext and tag in one
 * piece. The associated data binds a sealed piece to its place: it cannot be moved to another
 * account's.
 *
 * A struct seal_key is prepared once and then shared read-only by any thread; it is as secret as
 * the key, so wipe it. Nonces come from the caller and must be random: one key may seal 2^32 pieces
 * before a repeated nonce is to be feared, which is more password changes than a directory sees.
 */
#ifndef CRYPT_SEAL_H
#define CRYPT_SEAL_H

#include <nettle/gcm.h>

#include "base/err.h"
#include "base/span.h"

#define SEAL_KEY_SIZE   32
#define SEAL_NONCE_SIZE 12
#define SEAL_TAG_SIZE   16
#define SEAL_OVERHEAD   (SEAL_NONCE_SIZE + SEAL_TAG_SIZE)

struct seal_key {
    struct aes256_ctx cipher;
    struct gcm_key hash;
};

void seal_key_init(struct seal_key *k, const uint8_t key[SEAL_KEY_SIZE]);
void seal_key_wipe(struct seal_key *k);

/* out has plain.len + SEAL_OVERHEAD bytes and does not overlap plain. */
void seal(const struct seal_key *k, const uint8_t nonce[SEAL_NONCE_SIZE], struct span aad,
          struct span plain, uint8_t *out);
/* out has sealed.len - SEAL_OVERHEAD bytes. ERR_MALFORMED: too short; ERR_INTEGRITY: another key or
 * place, or changed bytes; out is zeroed then. The tag is compared in constant time. */
enum err unseal(const struct seal_key *k, struct span aad, struct span sealed, uint8_t *out);

#endif
