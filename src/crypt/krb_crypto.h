/*
 * Kerberos encryption types on nettle: 17, 18 (RFC 3962), 19, 20 (RFC 8009), 23 (RFC 4757); key
 * derivation, checksums, pseudo-random function, key combination (RFC 3961, RFC 6113). Nothing here
 * draws randomness or allocates: confounders come from the caller, outputs go to memory of the
 * caller.
 *
 * struct krb_usage is a key prepared for one usage: derived keys and scheduled ciphers, ready for
 * any number of messages. Prepare once, keep, share read-only between requests; wipe with
 * krb_usage_wipe.
 */
#ifndef CRYPT_KRB_CRYPTO_H
#define CRYPT_KRB_CRYPTO_H

#include "base/err.h"
#include "base/span.h"

enum krb_etype {
    ETYPE_AES128_SHA1 = 17,
    ETYPE_AES256_SHA1 = 18,
    ETYPE_AES128_SHA256 = 19,
    ETYPE_AES256_SHA384 = 20,
    ETYPE_RC4_HMAC = 23,
};

enum krb_cksumtype {
    CKSUM_HMAC_SHA1_AES128 = 15,
    CKSUM_HMAC_SHA1_AES256 = 16,
    CKSUM_HMAC_SHA256_AES128 = 19,
    CKSUM_HMAC_SHA384_AES256 = 20,
    CKSUM_HMAC_MD5 = -138,
};

#define KRB_KEY_MAX        32
#define KRB_CONFOUNDER_MAX 16
#define KRB_CKSUM_MAX      24
/* An encrypted message is at most this much longer than its plaintext. */
#define KRB_OVERHEAD_MAX (KRB_CONFOUNDER_MAX + KRB_CKSUM_MAX)

struct krb_key {
    int32_t etype;
    uint32_t len;
    uint8_t bytes[KRB_KEY_MAX];
};

bool krb_etype_known(int32_t etype);
/* "aes256-cts-hmac-sha1-96"; "unknown-etype". Never NULL. */
const char *krb_etype_name(int32_t etype);
size_t krb_key_size(int32_t etype); /* 0: unknown */
size_t krb_confounder_size(int32_t etype);
int32_t krb_etype_cksum(int32_t etype);   /* the mandatory checksum type */
size_t krb_cksum_size(int32_t cksumtype); /* 0: unknown */
void krb_key_wipe(struct krb_key *k);

/* ERR_UNSUPPORTED: unknown etype; ERR_RANGE: wrong length. */
enum err krb_key_make(int32_t etype, struct span bytes, struct krb_key *out);
/* random must have krb_key_size(etype) bytes (the seed length of all five). */
enum err krb_random_to_key(int32_t etype, struct span random, struct krb_key *out);
/* iterations 0: the enctype's default (4096 or 32768). password is UTF-8; RC4 takes its UTF-16LE
 * and ignores the salt. ERR_RANGE for more than 1,000,000 iterations or a salt over 2 KiB; RC4 also
 * ERR_MALFORMED and ERR_LIMIT, as nt_hash. */
enum err krb_string_to_key(int32_t etype, struct span password, struct span salt,
                           uint32_t iterations, struct krb_key *out);

struct krb_usage; /* see below: sized for the stack */

/* usage is the RFC 4120 number; RC4's translation is done inside. parts: what the key is wanted
 * for, of enum krb_usage_part; to use another part is a bug and panics. ERR_UNSUPPORTED, ERR_RANGE:
 * a key that krb_key_make would not have made. */
enum err krb_usage_init_for(struct krb_usage *u, const struct krb_key *key, uint32_t usage,
                            unsigned parts);
enum err krb_usage_init(struct krb_usage *u, const struct krb_key *key, uint32_t usage);
void krb_usage_wipe(struct krb_usage *u);

/* Length of the encryption of plain_len bytes. */
size_t krb_encrypted_size(const struct krb_usage *u, size_t plain_len);
/* Where the plaintext lies in its encryption. */
size_t krb_plain_offset(const struct krb_usage *u);
/* out has krb_encrypted_size bytes; plain may be out + krb_plain_offset (in place), not overlap
 * otherwise. confounder has krb_confounder_size bytes, fresh for each call. */
void krb_encrypt(const struct krb_usage *u, const uint8_t *confounder, struct span plain,
                 uint8_t *out);
/* out has room for cipher.len bytes and may equal cipher.ptr; *plain_out is a view into out. On a
 * wrong checksum out is zeroed. ERR_INTEGRITY: wrong key or changed bytes; ERR_MALFORMED: too
 * short. Compares in constant time.
 */
enum err krb_decrypt(const struct krb_usage *u, struct span cipher, uint8_t *out,
                     struct span *plain_out);

/* GSS_WrapEx ([MS-KILE] 3.4.5.4.1) sums more than it encrypts: as krb_encrypt and krb_decrypt, but
 * the checksum is over the confounder and these parts, at most KRB_SUM_PARTS, which the caller
 * makes of the plaintext and of what stays readable. To decrypt, parts may lie where the plaintext
 * will be in out. ERR_UNSUPPORTED: not AES with SHA-1 (17, 18), for which alone it is defined. */
#define KRB_SUM_PARTS 8
enum err krb_encrypt_summed(const struct krb_usage *u, const uint8_t *confounder, struct span plain,
                            const struct span *parts, unsigned count, uint8_t *out);
enum err krb_decrypt_summed(const struct krb_usage *u, struct span cipher, const struct span *parts,
                            unsigned count, uint8_t *out);

/* Keyed checksum of the key's mandatory type for the usage. parts are summed as one message (so
 * that a header and a body need no copy). Returns the size written to out. */
size_t krb_checksum(const struct krb_usage *u, const struct span *parts, unsigned count,
                    uint8_t out[KRB_CKSUM_MAX]);
/* ERR_INTEGRITY; ERR_UNSUPPORTED when cksumtype does not belong to the key's type. */
enum err krb_checksum_verify(const struct krb_usage *u, int32_t cksumtype, const struct span *parts,
                             unsigned count, struct span sum);

/* Checksum type -138 (RFC 4757 section 4) under a key of any type: PA-FOR-USER ([MS-SFU] 2.2.1)
 * uses it whatever the session key is. 16 bytes. */
#define KRB_HMAC_MD5_SIZE 16
void krb_hmac_md5(const struct krb_key *key, uint32_t usage, const struct span *parts,
                  unsigned count, uint8_t out[KRB_HMAC_MD5_SIZE]);

/* RFC 3961 pseudo-random function: out has krb_prf_size(etype) bytes. */
#define KRB_PRF_MAX 48
size_t krb_prf_size(int32_t etype);
enum err krb_prf(const struct krb_key *key, struct span input, uint8_t *out);
/* RFC 6113 5.1: KRB-FX-CF2(k1, k2, pepper1, pepper2), of k1's type. */
enum err krb_cf2(const struct krb_key *k1, const struct krb_key *k2, struct span pepper1,
                 struct span pepper2, struct krb_key *out);

/* The NT hash: MD4 of UTF-16LE. ERR_MALFORMED when the password is not UTF-8, ERR_LIMIT over 1024
 * UTF-16 units. */
enum err nt_hash(struct span password_utf8, uint8_t out[16]);
/* The same over UTF-16LE as it is, for the random passwords of machine and trust accounts. */
void nt_hash_utf16(struct span password_utf16, uint8_t out[16]);

#include "crypt/krb_usage.h" /* the definition of struct krb_usage */

#endif
