/*
 * What the files of the Kerberos enctypes share: the table of enctypes, the derivations of RFC 3961
 * and RFC 8009, ciphertext stealing. For the files of this folder only.
 */
#ifndef CRYPT_KRB_ETYPE_H
#define CRYPT_KRB_ETYPE_H

#include "crypt/krb_crypto.h"

enum krb_family {
    FAMILY_SHA1, /* RFC 3962: encrypt, and sum the plaintext */
    FAMILY_SHA2, /* RFC 8009: encrypt, then sum the ciphertext */
    FAMILY_RC4,  /* RFC 4757 */
};

struct krb_etype_info {
    const char *name;
    enum krb_family family;
    enum hash_alg hash;
    int32_t cksumtype;
    uint32_t iterations; /* of string-to-key when none are given */
    uint8_t key_size, confounder_size, mac_size, prf_size;
};

/* NULL: unknown. */
const struct krb_etype_info *krb_etype_info(int32_t etype);

/* RFC 3961 5.1, for 1 to 8 bytes of input: the only ones that this program folds. */
void krb_nfold128(struct span in, uint8_t out[16]);

/* Derived keys: out has len bytes. base is the AES key of FAMILY_SHA1, scheduled (RFC
 * 3961 5.1 DK)... */
void krb_dk(const union krb_aes *base, size_t key_size, struct span constant, uint8_t *out,
            size_t len);
/* ... or the HMAC state of FAMILY_SHA2 (RFC 8009 section 3, KDF-HMAC-SHA2). */
void krb_kdf_sha2(const struct hmac_key *base, struct span label, struct span context, uint8_t *out,
                  size_t len);

void krb_aes_set_encrypt(union krb_aes *c, const uint8_t *key, size_t key_size);
/* From the encryption schedule of the same key. */
void krb_aes_invert(union krb_aes *dec, const union krb_aes *enc, size_t key_size);

/* One block by itself; out may be in. */
void krb_aes_block(const union krb_aes *c, size_t key_size, const uint8_t *in, uint8_t *out);

/* CBC with ciphertext stealing and a zero vector over the 16 bytes of first and then rest, as one
 * message; out has 16 + rest.len bytes, and rest may be out + 16. */
void krb_cts_encrypt(const union krb_aes *c, size_t key_size, const uint8_t *first,
                     struct span rest, uint8_t *out);
/* cipher has at least 16 bytes; out may be cipher.ptr. */
void krb_cts_decrypt(const union krb_aes *c, size_t key_size, struct span cipher, uint8_t *out);

#endif
