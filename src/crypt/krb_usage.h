/*
 * A Kerberos key prepared for one usage number. Included by krb_crypto.h, which says how it is
 * used; the definition is public so that it can live on a stack, in an arena or inside a cache
 * entry. About 750 bytes: the HMAC states are kept as chaining values, not as whole hash contexts,
 * so that a cache of ten thousand accounts stays small. It holds key material: krb_usage_wipe when
 * done.
 */
#ifndef CRYPT_KRB_USAGE_H
#define CRYPT_KRB_USAGE_H

#include "crypt/hash.h"

#include <nettle/aes.h>

/* What a prepared key can do. Preparing less costs less: each part has its own derivation. */
enum krb_usage_part {
    KRB_FOR_ENCRYPT = 1,
    KRB_FOR_DECRYPT = 2,
    KRB_FOR_CHECKSUM = 4,
    KRB_FOR_ALL = 7,
};

struct krb_usage {
    int32_t etype;
    uint32_t parts;
    uint32_t number; /* the usage; RC4: as translated */
    union krb_aes {
        struct aes128_ctx aes128;
        struct aes256_ctx aes256;
    } enc, dec;                /* Ke; unused by RC4 */
    struct hmac_key integrity; /* Ki; RC4: the HMAC-MD5 of the usage, K1 */
    struct hmac_key checksum;  /* Kc; RC4: the signing key */
};

#endif
