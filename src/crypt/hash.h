/*
 * Hashes and HMAC on nettle. A message is given as parts that are summed as one, so that a header
 * and a body need no copy. struct hmac_key is a key with its two blocks already absorbed: prepare
 * once, keep, share read-only between threads and requests; a message then costs no key setup. It
 * is as secret as the key: wipe it with hmac_key_wipe. Nothing here allocates or fails, except
 * hkdf_sha256 on its limit.
 *
 * MD4 and MD5 are here for the protocols that are built on them (NT hash, RC4-HMAC, NTLM), for
 * nothing else.
 */
#ifndef CRYPT_HASH_H
#define CRYPT_HASH_H

#include "base/err.h"
#include "base/span.h"

#include <nettle/md4.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

enum hash_alg {
    HASH_MD4,
    HASH_MD5,
    HASH_SHA1,
    HASH_SHA256,
    HASH_SHA384,
    HASH_SHA512,
};

#define HASH_SIZE_MAX  64
#define HASH_BLOCK_MAX 128

size_t hash_size(enum hash_alg alg);

/* A message in progress: begin, any number of add, end once. */
struct hash_run {
    enum hash_alg alg;
    union {
        struct md4_ctx md4;
        struct md5_ctx md5;
        struct sha1_ctx sha1;
        struct sha256_ctx sha256;
        struct sha512_ctx sha512; /* and SHA-384 */
    } ctx;
};

void hash_begin(struct hash_run *r, enum hash_alg alg);
void hash_add(struct hash_run *r, struct span s);
/* out has hash_size(alg) bytes. */
void hash_end(struct hash_run *r, uint8_t *out);

/* All at once. */
void hash_parts(enum hash_alg alg, const struct span *parts, unsigned count, uint8_t *out);

static inline void hash_one(enum hash_alg alg, struct span data, uint8_t *out)
{
    hash_parts(alg, &data, 1, out);
}

/* RFC 2104; not for HASH_MD4. */
struct hmac_key {
    enum hash_alg alg;
    union {
        uint32_t w32[8];
        uint64_t w64[8];
    } inner, outer; /* the chaining values after the padded key */
};

/* A key of any length. */
void hmac_key_init(struct hmac_key *k, enum hash_alg alg, struct span key);
void hmac_key_wipe(struct hmac_key *k);
/* out has hash_size(k->alg) bytes and may be one of the parts. */
void hmac_parts(const struct hmac_key *k, const struct span *parts, unsigned count, uint8_t *out);

/* For one message under a key that is not kept. */
void hmac_once(enum hash_alg alg, struct span key, const struct span *parts, unsigned count,
               uint8_t *out);

/* PBKDF2 (RFC 8018, 5.2) with HMAC-SHA512, of one block, in steps: for a number of rounds that
 * somebody else chose, while others wait. Secret: wipe it with hash_stretch_wipe. */
struct hash_stretch {
    struct hmac_key key;
    uint64_t left;
    uint8_t last[HASH_SIZE_MAX], sum[HASH_SIZE_MAX]; /* sum: the result, when none are left */
};
/* rounds: at least 1. */
void hash_stretch_begin(struct hash_stretch *s, struct span secret, struct span salt,
                        uint64_t rounds);
/* Up to max rounds more. True: it is done. */
bool hash_stretch_go(struct hash_stretch *s, uint32_t max);
void hash_stretch_wipe(struct hash_stretch *s);

/* RFC 5869 with SHA-256. ERR_RANGE for more than 255 * 32 bytes. */
enum err hkdf_sha256(struct span secret, struct span salt, struct span info, uint8_t *out,
                     size_t len);

#endif
