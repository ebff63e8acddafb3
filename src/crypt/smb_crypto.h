/*
 * The cryptography of SMB 2 and 3: keys of a session, signatures, encryption ([MS-SMB2] 3.1.4.1 to
 * 3.1.4.4).
 *
 * Life: smb_keys_derive when a session is made, its results prepared once (smb_sign_key_init,
 * smb_cipher_key_init) and then shared read-only by any thread. All of these are as secret as the
 * session key: wipe them. A message is one contiguous piece that begins with its 64-byte header,
 * and what signing needs of the header (place of the signature, message id, direction) is read from
 * it, because the three algorithms need different parts and none may disagree with what is sent.
 *
 * Nothing here allocates. GCM and CCM are safe only while no nonce repeats under one key: the
 * caller counts, in the nonce that it writes into the transform header.
 */
#ifndef CRYPT_SMB_CRYPTO_H
#define CRYPT_SMB_CRYPTO_H

#include "crypt/hash.h"

#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <nettle/gcm.h>

#define SMB_HEADER_BYTES    64 /* of a message; the least that can be signed */
#define SMB_TRANSFORM_BYTES 52 /* SMB2 TRANSFORM_HEADER, [MS-SMB2] 2.2.41 */
#define SMB_SIGNATURE_SIZE  16
#define SMB_PREAUTH_SIZE    64
#define SMB_KEY_SIZE        16 /* of all keys but those of AES-256 */
#define SMB_KEY_MAX         32

/* The numbers of SMB2_SIGNING_CAPABILITIES ([MS-SMB2] 2.2.3.1.7). */
enum smb_signing {
    SMB_SIGNING_HMAC_SHA256 = 0, /* dialects 2.0.2 and 2.1 */
    SMB_SIGNING_AES_CMAC = 1,    /* 3.0 and later */
    SMB_SIGNING_AES_GMAC = 2,    /* 3.1.1, when both want it */
};

/* The numbers of SMB2_ENCRYPTION_CAPABILITIES ([MS-SMB2] 2.2.3.1.2). */
enum smb_cipher {
    SMB_CIPHER_NONE = 0,
    SMB_CIPHER_AES128_CCM = 1,
    SMB_CIPHER_AES128_GCM = 2,
    SMB_CIPHER_AES256_CCM = 3,
    SMB_CIPHER_AES256_GCM = 4,
};

/* How many bytes of the transform header's nonce count; the rest are zeros. */
size_t smb_nonce_size(enum smb_cipher cipher);

/* SP 800-108 in counter mode with HMAC-SHA256, a 32-bit counter and length ([MS-SMB2] 3.1.4.2). len
 * is at most 32: one block. */
void smb_kdf(struct span key, struct span label, struct span context, uint8_t *out, size_t len);

/* hash = SHA-512(hash || message); begins with zeros ([MS-SMB2] 3.3.5.4, 3.2.5.2). */
void smb_preauth_add(uint8_t hash[SMB_PREAUTH_SIZE], struct span message);

/* Which labels and contexts the keys are derived with. */
enum smb_generation {
    SMB_GENERATION_2,   /* 2.0.2, 2.1: the session key itself, no encryption */
    SMB_GENERATION_30,  /* 3.0, 3.0.2: constant contexts */
    SMB_GENERATION_311, /* 3.1.1: the pre-authentication hash */
};

struct smb_keys {
    uint8_t sign[SMB_KEY_SIZE];
    uint8_t application[SMB_KEY_SIZE]; /* the session key that RPC and LSA see */
    uint8_t to_server[SMB_KEY_MAX];    /* 16 bytes, or 32 for AES-256 */
    uint8_t to_client[SMB_KEY_MAX];
};

/* session_key: as the authentication gave it, of any length: its first 16 bytes (with zeros behind
 * a shorter one) are Session.SessionKey; the ciphers with 256 bits take all of it
 * (Session.FullSessionKey). preauth: for 3.1.1 the session's hash, else not read. */
void smb_keys_derive(enum smb_generation generation, enum smb_cipher cipher,
                     struct span session_key, const uint8_t *preauth, struct smb_keys *out);

struct smb_sign_key {
    enum smb_signing alg;
    union {
        struct hmac_key hmac;
        struct {
            struct aes128_ctx cipher;
            union {
                struct cmac128_key cmac;
                struct gcm_key gmac;
            };
        } aes;
    };
};

void smb_sign_key_init(struct smb_sign_key *k, enum smb_signing alg,
                       const uint8_t key[SMB_KEY_SIZE]);
void smb_sign_key_wipe(struct smb_sign_key *k);

/* The signature of a message, computed as if its signature field were zeros. A message shorter than
 * a header is our bug. */
void smb_sign(const struct smb_sign_key *k, struct span message, uint8_t out[SMB_SIGNATURE_SIZE]);
/* Compares with the one in the message, in constant time; false for what is no message. */
bool smb_signature_good(const struct smb_sign_key *k, struct span message);

struct smb_cipher_key {
    enum smb_cipher cipher;
    union {
        struct aes128_ctx aes128;
        struct aes256_ctx aes256;
    };
    struct gcm_key gcm; /* not for CCM */
};

/* key has 32 bytes for AES-256, else 16. Not for SMB_CIPHER_NONE. */
void smb_cipher_key_init(struct smb_cipher_key *k, enum smb_cipher cipher, const uint8_t *key);
void smb_cipher_key_wipe(struct smb_cipher_key *k);

/* header: a TRANSFORM_HEADER, complete but for its signature, which is written. out has plain.len
 * bytes and is plain's own memory or does not overlap it. */
void smb_encrypt(const struct smb_cipher_key *k, uint8_t header[SMB_TRANSFORM_BYTES],
                 struct span plain, uint8_t *out);
/* out as above. ERR_INTEGRITY: another key, or changed bytes; out is zeroed then. */
enum err smb_decrypt(const struct smb_cipher_key *k, const uint8_t header[SMB_TRANSFORM_BYTES],
                     struct span sealed, uint8_t *out);

#endif
