/*
 * A trust as the policy functions see it: facts of one trusted domain object, no secrets, no store. Every
 * rule in this folder is a pure function of such facts ([MS-ADTS] 6.1.6, [MS-PAC] 4.1.2, [MS-KILE] 3.3.5).
 */
#ifndef TRUST_TRUST_H
#define TRUST_TRUST_H

#include "base/arena.h"
#include "base/reasons.h"
#include "wire/ms/forest_info.h"
#include "wire/ms/sid.h"

/* trustDirection, seen from here. Outbound (outgoing): we trust the partner, its users can use our
 * resources. Inbound (incoming): the partner trusts us, our users can use its resources. */
enum trust_direction {
    TRUST_DISABLED = 0,
    TRUST_INBOUND = 1,
    TRUST_OUTBOUND = 2,
    TRUST_BOTH = 3,
};

enum trust_type { TRUST_DOWNLEVEL = 1, TRUST_UPLEVEL = 2, TRUST_MIT = 3, TRUST_DCE = 4, TRUST_AAD = 5 };

/* trustAttributes ([MS-ADTS] 6.1.6.7.9) */
enum trust_attribute {
    TRUST_NON_TRANSITIVE = 0x1,
    TRUST_UPLEVEL_ONLY = 0x2,
    TRUST_QUARANTINED = 0x4,
    TRUST_FOREST_TRANSITIVE = 0x8,
    TRUST_CROSS_ORGANIZATION = 0x10,
    TRUST_WITHIN_FOREST = 0x20,
    TRUST_TREAT_AS_EXTERNAL = 0x40,
    TRUST_USES_RC4 = 0x80,
    TRUST_USES_AES = 0x100,
    TRUST_NO_TGT_DELEGATION = 0x200,
    TRUST_PIM = 0x400,
    TRUST_ENABLE_TGT_DELEGATION = 0x800,
    TRUST_DISABLE_AUTH_TARGET_VALIDATION = 0x1000,
};

struct trust {
    uint32_t object;     /* the TDO's directory id, for the caller */
    struct span dns_name, flat_name;
    struct sid sid;
    uint32_t direction, type, attributes;
    uint32_t enctypes;   /* msDS-SupportedEncryptionTypes, 0: not set */
    const struct forest_record *records;
    unsigned record_count;
};

/* The local side. */
struct trust_local {
    struct span dns_name, realm, flat_name, forest_name;
    struct sid domain_sid;
    const struct sid *forest_sids; /* every domain of the local forest, the own one included */
    unsigned forest_sid_count;
    const struct span *suffixes;   /* UPN and SPN suffixes of the local forest */
    unsigned suffix_count;
};

#endif
