/*
 * A Kerberos key prepared for one usage number. Included by krb_crypto.h, which says how it is
 * used; the definition is public so that it can live on a stack, in an arena or inside a cache
 * entry. About 750 bytes, 400 for one part: the HMAC states are kept as chaining values, not as
 * whole hash contexts, so that a cache of ten thousand accounts stays small. It holds key material:
 * krb_usage_wipe when done.
 */
#ifndef CRYPT_KRB_USAGE_H
#define CRYPT_KRB_USAGE_H

#include <stddef.h>

#include "crypt/hash.h"

#include <nettle/aes.h>

/* What a prepared key can do. Preparing less costs less: each part has its own derivation. */
enum krb_usage_part {
    KRB_FOR_ENCRYPT = 1,
    KRB_FOR_DECRYPT = 2,
    KRB_FOR_CHECKSUM = 4,
    KRB_FOR_ALL = 7,
};

/* What is prepared for one part only is a prefix of this: a cache keeps krb_usage_size bytes of it
 * and no more. So the second of two places is used only when the first one is taken. */
struct krb_usage {
    int32_t etype;
    uint32_t parts;
    uint32_t number; /* the usage; RC4: as translated */
    /* Ki, or Kc when nothing is encrypted or decrypted. RC4: the HMAC-MD5 of the usage, K1, or the
     * signing key. */
    struct hmac_key mac;
    /* Ke to encrypt with, or to decrypt with when nothing is encrypted; unused by RC4. */
    union krb_aes {
        struct aes128_ctx aes128;
        struct aes256_ctx aes256;
    } cipher;
    union krb_aes second_cipher; /* Ke to decrypt with, beside cipher */
    struct hmac_key second_mac;  /* Kc, beside mac */
};

/* How many of its first bytes a usage of these parts has; the rest is neither read nor written. */
static inline size_t krb_usage_size(unsigned parts)
{
    if (parts == KRB_FOR_CHECKSUM)
        return offsetof(struct krb_usage, cipher);
    if (parts == KRB_FOR_ENCRYPT || parts == KRB_FOR_DECRYPT)
        return offsetof(struct krb_usage, second_cipher);
    return sizeof(struct krb_usage);
}

#endif
