/*
 * The cipher of secrets inside LSA's calls ([MS-LSAD] 5.1.1): RC4 with the session key of the
 * connection, on top of the protection that the connection has. It proves nothing about what is
 * decrypted.
 */
#ifndef CRYPT_LSA_CRYPTO_H
#define CRYPT_LSA_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define LSA_KEY_SIZE 16

/* Encrypts and decrypts, in place. */
void lsa_rc4(const uint8_t key[LSA_KEY_SIZE], uint8_t *bytes, size_t len);

#endif
