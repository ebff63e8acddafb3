/*
 * What a trust may be: combinations of direction, type and attributes ([MS-ADTS] 6.1.6.7, [MS-LSAD]
 * 3.1.4.7.10), defaults, enctypes; and how a direction is told to a person.
 */
#ifndef TRUST_TRUST_ATTRIBUTES_H
#define TRUST_TRUST_ATTRIBUTES_H

#include "trust/trust.h"

/* msDS-SupportedEncryptionTypes ([MS-KILE] 2.2.7) */
enum trust_enctype_bit {
    TRUST_ENC_RC4 = 0x4,
    TRUST_ENC_AES128 = 0x8,
    TRUST_ENC_AES256 = 0x10,
    TRUST_ENC_AES = 0x18,
    TRUST_ENC_AES256_SK = 0x20, /* session keys in AES whatever the ticket's own */
};

/* Facts about the local side that limit what trusts it can have. */
struct trust_site {
    unsigned forest_level; /* msDS-Behavior-Version of the forest: 2 is Windows Server 2003 */
    bool forest_root;      /* the local domain is the root of its forest */
};

/* May a trust like this be made? The names, the SID and their uniqueness are checked too: others
 * are the trusts that exist, without this one. */
enum reason trust_check_new(const struct trust *t, const struct trust_local *l,
                            const struct trust_site *site, const struct trust *others,
                            unsigned count);

/* May this trust become that? after is checked as a new one as well. *drop_info_out: the forest
 * information must be erased. */
enum reason trust_check_change(const struct trust *before, const struct trust *after,
                               const struct trust_local *l, const struct trust_site *site,
                               const struct trust *others, unsigned count, bool *drop_info_out);

/* Attributes of a new trust: external ones are quarantined, forest ones transitive. */
enum trust_shape {
    TRUST_SHAPE_EXTERNAL,
    TRUST_SHAPE_FOREST,
    TRUST_SHAPE_WITHIN_FOREST,
    TRUST_SHAPE_REALM
};
uint32_t trust_default_attributes(enum trust_shape shape, bool selective);
uint32_t trust_default_type(enum trust_shape shape);
#define TRUST_DEFAULT_ENCTYPES TRUST_ENC_AES

/* The enctypes that both ends can use, as bits: the TDO's (not set: AES) and what the directory
 * allows. MIT trusts use RC4 only with TRUST_USES_RC4. 0: none in common, and
 * REASON_TRUST_NO_COMMON_ENCTYPE. */
uint32_t trust_usable_enctypes(const struct trust *t, uint32_t allowed);
/* The strongest Kerberos enctype of the bits, 0 for none. */
int32_t trust_strongest_etype(uint32_t bits);
/* The bit of a Kerberos enctype, 0 for those that [MS-KILE] has no bit for. */
uint32_t trust_enctype_bit_of(int32_t etype);

/* "Outgoing", "Incoming", "Two-way", "Disabled". */
const char *trust_direction_name(uint32_t direction);
/* The same trust seen from the partner. */
uint32_t trust_direction_complement(uint32_t direction);
/* "Outgoing: L trusts R, so R's users can use L's resources, and not the reverse." Never without
 * it. */
enum err trust_direction_sentence(uint32_t direction, struct span local, struct span remote,
                                  struct arena *a, struct span *out);

#endif
