/*
 * LSARPC: names to SIDs and back ([MS-LSAT]).
 */
#ifndef WIRE_RPC_LSA_LOOKUP_H
#define WIRE_RPC_LSA_LOOKUP_H

#include "wire/rpc/lsa_types.h"

enum lsa_sid_use { /* SID_NAME_USE */
                   LSA_SID_USER = 1,
                   LSA_SID_GROUP = 2,
                   LSA_SID_DOMAIN = 3,
                   LSA_SID_ALIAS = 4,
                   LSA_SID_WELL_KNOWN_GROUP = 5,
                   LSA_SID_DELETED = 6,
                   LSA_SID_INVALID = 7,
                   LSA_SID_UNKNOWN = 8,
                   LSA_SID_COMPUTER = 9,
                   LSA_SID_LABEL = 10,
};
enum lsa_lookup_level {
    LSA_LOOKUP_ALL = 1, /* LsapLookupWksta: everything that is known or can be asked */
    LSA_LOOKUP_PDC = 2, /* own domains, trusted ones, forests behind them */
    LSA_LOOKUP_TRUSTED = 3,
    LSA_LOOKUP_GC = 4,
    LSA_LOOKUP_FOREST_REFERRAL = 5,
    LSA_LOOKUP_FOREST_RESOLVE = 6,
    LSA_LOOKUP_RODC = 7,
};

/* LSAPR_REFERENCED_DOMAIN_LIST; entries name their domain by an index into it, -1: none. */
struct lsa_domains {
    uint32_t count;
    struct lsa_domain *domains;
    uint32_t max_entries; /* no meaning */
};

/* LSAPR_TRANSLATED_SIDS, _EX, _EX2 */
struct lsa_translated_sid {
    uint16_t use;
    uint32_t rid;
    uint32_t domain;
};
struct lsa_translated_sid_ex {
    uint16_t use;
    uint32_t rid;
    uint32_t domain;
    uint32_t flags;
};
struct lsa_translated_sid_ex2 {
    uint16_t use;
    const struct sid *sid;
    uint32_t domain;
    uint32_t flags;
};
struct lsa_translated_sids {
    uint32_t count;
    struct lsa_translated_sid *sids;
};
struct lsa_translated_sids_ex {
    uint32_t count;
    struct lsa_translated_sid_ex *sids;
};
struct lsa_translated_sids_ex2 {
    uint32_t count;
    struct lsa_translated_sid_ex2 *sids;
};

/* LSAPR_TRANSLATED_NAMES, _EX */
struct lsa_translated_name {
    uint16_t use;
    struct span name;
    uint32_t domain;
};
struct lsa_translated_name_ex {
    uint16_t use;
    struct span name;
    uint32_t domain;
    uint32_t flags;
};
struct lsa_translated_names {
    uint32_t count;
    struct lsa_translated_name *names;
};
struct lsa_translated_names_ex {
    uint32_t count;
    struct lsa_translated_name_ex *names;
};

/* --- calls ----------------------------------------------------------------------------------- */

struct lsa_lookup_names {
    struct rpc_handle handle;
    uint32_t count;
    struct span *names;
    struct lsa_domains *domains; /* NULL possible in an answer */
    struct lsa_translated_sids sids;
    uint16_t level;
    uint32_t mapped;
    uint32_t status;
};
struct lsa_lookup_names2 {
    struct rpc_handle handle;
    uint32_t count;
    struct span *names;
    struct lsa_domains *domains;
    struct lsa_translated_sids_ex sids;
    uint16_t level;
    uint32_t mapped;
    uint32_t options, revision;
    uint32_t status;
};
struct lsa_lookup_names3 { /* LookupNames3, and LookupNames4, which has no handle */
    struct rpc_handle handle;
    uint32_t count;
    struct span *names;
    struct lsa_domains *domains;
    struct lsa_translated_sids_ex2 sids;
    uint16_t level;
    uint32_t mapped;
    uint32_t options, revision;
    uint32_t status;
};
struct lsa_lookup_sids {
    struct rpc_handle handle;
    struct lsa_sids sids;
    struct lsa_domains *domains;
    struct lsa_translated_names names;
    uint16_t level;
    uint32_t mapped;
    uint32_t status;
};
struct lsa_lookup_sids2 { /* LookupSids2, and LookupSids3, which has no handle */
    struct rpc_handle handle;
    struct lsa_sids sids;
    struct lsa_domains *domains;
    struct lsa_translated_names_ex names;
    uint16_t level;
    uint32_t mapped;
    uint32_t options, revision;
    uint32_t status;
};
struct lsa_name_pointer {
    struct span *name; /* NULL: none */
};
struct lsa_get_user_name {
    struct span system;
    struct span *user;               /* NULL in a request */
    struct lsa_name_pointer *domain; /* NULL: not asked for */
    uint32_t status;
};

extern const struct ndr_type lsa_ndr_lookup_names, lsa_ndr_lookup_names2, lsa_ndr_lookup_names3,
    lsa_ndr_lookup_names4, lsa_ndr_lookup_sids, lsa_ndr_lookup_sids2, lsa_ndr_lookup_sids3,
    lsa_ndr_get_user_name;

#endif
