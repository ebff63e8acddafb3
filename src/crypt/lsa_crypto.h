/*
 * The ciphers of secrets inside LSA's calls ([MS-LSAD] 5.1), under the session key of the
 * connection and on top of the protection that the connection has: RC4 and AES for the secrets of
 * trusts, DES for the values of secrets. RC4 and DES prove nothing about what is decrypted.
 */
#ifndef CRYPT_LSA_CRYPTO_H
#define CRYPT_LSA_CRYPTO_H

#include "base/err.h"
#include "base/span.h"

#define LSA_KEY_SIZE 16

/* Encrypts and decrypts, in place. */
void lsa_rc4(const uint8_t key[LSA_KEY_SIZE], uint8_t *bytes, size_t len);

/* A secret's value (5.1.2): its length and a version, then the value, in blocks of 8 bytes. */
static inline size_t lsa_secret_size(size_t plain_len)
{
    return 8 + ((plain_len + 7) & ~(size_t)7);
}
/* out has lsa_secret_size(plain.len) bytes. */
void lsa_secret_encrypt(const uint8_t key[LSA_KEY_SIZE], struct span plain, uint8_t *out);
/* out has room for cipher.len bytes. ERR_MALFORMED: not whole blocks, or fewer than it says;
 * ERR_UNSUPPORTED: another version, which is what another key looks like. */
enum err lsa_secret_decrypt(const uint8_t key[LSA_KEY_SIZE], struct span cipher, uint8_t *out,
                            size_t *len_out);

/* AEAD-AES-256-CBC-HMAC-SHA512 (5.1.5; of passwords in SAMR, [MS-SAMR] 3.2.2.4, with labels of its
 * own): opens in place. ERR_INTEGRITY. */
#define LSA_AES_TAG_SIZE  64
#define LSA_AES_SALT_SIZE 16
enum err lsa_aes_open(const uint8_t key[LSA_KEY_SIZE], const uint8_t tag[LSA_AES_TAG_SIZE],
                      const uint8_t salt[LSA_AES_SALT_SIZE], uint8_t *bytes, size_t len,
                      size_t *len_out);
enum err lsa_aes_open_sam(const uint8_t key[LSA_KEY_SIZE], const uint8_t tag[LSA_AES_TAG_SIZE],
                          const uint8_t salt[LSA_AES_SALT_SIZE], uint8_t *bytes, size_t len,
                          size_t *len_out);

#endif
