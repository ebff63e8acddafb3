/*
 * Trust secrets: the blobs of trustAuthIncoming and trustAuthOutgoing ([MS-ADTS] 6.1.6.9.1) and the
 * one that carries both to an LSA ([MS-LSAD] 2.2.7.16). They hold clear passwords: decoding gives
 * views, so that no copy needs wiping, and the caller keeps the bytes in wiping memory
 * (ARENA_WIPE).
 */
#ifndef WIRE_MS_TRUST_AUTH_H
#define WIRE_MS_TRUST_AUTH_H

#include "base/builder.h"
#include "base/err.h"

#define TRUST_AUTH_INFOS_MAX       8 /* entries of one array; two are usual: password, version */
#define TRUST_AUTH_MAX             65536 /* bytes of one blob, [MS-LSAD] 2.2.7.16 */
#define TRUST_AUTH_CONFOUNDER_SIZE 512

enum trust_auth_type {
    TRUST_AUTH_NONE = 0,
    TRUST_AUTH_NT_HASH = 1,
    TRUST_AUTH_CLEAR = 2,   /* the password in UTF-16LE, maybe not well-formed */
    TRUST_AUTH_VERSION = 3, /* 4 bytes, little-endian: the kvno */
};

struct trust_auth_info {
    int64_t time; /* FILETIME of the change */
    uint32_t type;
    struct span data;
};

/* Current and previous secrets of one direction. On the wire both arrays have the same length, or
 * the previous one is left out (previous_count 0). */
struct trust_auth {
    unsigned count;
    unsigned previous_count;
    struct trust_auth_info current[TRUST_AUTH_INFOS_MAX];
    struct trust_auth_info previous[TRUST_AUTH_INFOS_MAX];
};

/* Views into blob. An empty blob gives no entries. ERR_MALFORMED, ERR_LIMIT. */
enum err trust_auth_decode(struct span blob, struct trust_auth *out);
/* previous_count must be 0 or count; else the builder fails with ERR_RANGE. */
void trust_auth_put(struct builder *b, const struct trust_auth *auth);

/* The entry of a type among count, or NULL. */
const struct trust_auth_info *trust_auth_find(const struct trust_auth_info *infos, unsigned count,
                                              enum trust_auth_type type);
/* The number in the entry of type TRUST_AUTH_VERSION; 0 when there is none. */
uint32_t trust_auth_version(const struct trust_auth_info *infos, unsigned count);

/* LSAPR_TRUSTED_DOMAIN_AUTH_BLOB in clear: 512 random bytes, outgoing, incoming, the two sizes. */
struct trust_auth_pair {
    struct trust_auth outgoing, incoming;
};
enum err trust_auth_pair_decode(struct span blob, struct trust_auth_pair *out);
void trust_auth_pair_put(struct builder *b, const uint8_t random[TRUST_AUTH_CONFOUNDER_SIZE],
                         const struct trust_auth_pair *pair);

#endif
