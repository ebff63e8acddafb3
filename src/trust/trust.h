/*
 * A trust as the policy functions see it: facts of one trusted domain object, no secrets, no store.
 * Every rule in this folder is a pure function of such facts ([MS-ADTS] 6.1.6, [MS-PAC] 4.1.2,
 * [MS-KILE] 3.3.5).
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

enum trust_type {
    TRUST_DOWNLEVEL = 1,
    TRUST_UPLEVEL = 2,
    TRUST_MIT = 3,
    TRUST_DCE = 4,
    TRUST_AAD = 5
};

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
    uint32_t object; /* the TDO's directory id, for the caller */
    uint64_t usn;    /* of its last change; 0: it is not stored yet */
    struct span dns_name, flat_name;
    struct sid sid;
    uint32_t direction, type, attributes;
    uint32_t enctypes; /* msDS-SupportedEncryptionTypes, 0: not set */
    const struct forest_record *records;
    unsigned record_count;
};

/* A domain of the local forest. Together they are a tree of trusts: a child trusts its parent, the
 * root of a further tree trusts the forest's root. */
#define TRUST_FOREST_DOMAINS_MAX 256
struct trust_domain {
    struct span dns_name, flat_name;
    struct sid sid;
    int parent; /* index of the parent or, for a tree's root, of the forest's root; -1: the root */
};

/* The local side. A forest of one domain may leave out domains: the fields of this struct describe
 * it. */
struct trust_local {
    struct span dns_name, realm, flat_name, forest_name;
    struct sid domain_sid;
    const struct sid *forest_sids; /* every domain of the local forest, the own one included */
    unsigned forest_sid_count;
    const struct span *suffixes; /* UPN and SPN suffixes of the local forest */
    unsigned suffix_count;
    const struct trust_domain *domains;
    unsigned domain_count;
    unsigned self; /* which of domains is the local one */
};

/* What a trust is, as far as paths through it are concerned ([MS-ADTS] 6.1.6.7.9, 6.1.6.7.15). */
enum trust_kind {
    TRUST_KIND_LOCAL,    /* no trust: the local domain itself */
    TRUST_KIND_WITHIN,   /* another domain of the forest, transitive */
    TRUST_KIND_FOREST,   /* another forest and all its domains */
    TRUST_KIND_EXTERNAL, /* one domain outside of the forest, and every trust marked non-transitive
                          */
    TRUST_KIND_REALM,    /* a Kerberos realm without PACs, transitive */
    TRUST_KIND_REALM_NT, /* the same, non-transitive */
    TRUST_KIND_NONE,     /* no Kerberos trust: downlevel, DCE, Azure */
    TRUST_KIND__COUNT
};

/* NULL gives TRUST_KIND_LOCAL. */
enum trust_kind trust_kind_of(const struct trust *t);
/* Whether tickets that come over this trust may carry a PAC. */
bool trust_carries_pac(const struct trust *t);

/* An enabled record: none of the flags that disable it for this use is set ([MS-ADTS] 6.1.6.9.3.1).
 */
bool trust_record_name_enabled(const struct forest_record *r);
bool trust_record_sid_enabled(const struct forest_record *r);
bool trust_record_flat_enabled(const struct forest_record *r);

/* How a DNS name lies under the names that a forest claims: the length of the enabled top-level
 * name that covers it, or 0. An enabled exclusion that covers it, and a disabled domain above or at
 * it, take it away. Names compare without regard to ASCII case; a forest without records claims
 * nothing. */
size_t trust_claims_name(const struct trust *t, struct span dns_name);
/* The partner may say who has this SID: it is of its own domain, or of an enabled one of its
 * forest. */
bool trust_speaks_for(const struct trust *t, const struct sid *sid);

#endif
