/*
 * SID filtering ([MS-PAC] 4.1.2.2): which SIDs of a PAC that came over a trust are believed. First
 * the SID's pattern decides its class; then the class, where the SID's domain lies, and the trust's
 * boundary decide. Both are tables in sid_filter_tables.c, the only place where these rules are
 * written down.
 *
 * Pure functions; the only memory is the caller's arena. Nothing is logged: the result names the
 * rule of every SID, so that the caller can.
 */
#ifndef TRUST_SID_FILTER_H
#define TRUST_SID_FILTER_H

#include "trust/trust.h"
#include "wire/ms/pac.h"

/* SIDs of one PAC, all lists together. A Windows token ends at 1024. */
#define TRUST_SIDS_MAX 4096

enum sid_class {
    SID_ALWAYS_FILTER,
    SID_NEVER_FILTER,
    SID_EDC,             /* enterprise domain controllers */
    SID_FOREST_SPECIFIC, /* the well-known RIDs of a domain, below 1000 */
    SID_DOMAIN_SPECIFIC, /* a domain's own accounts, RID 1000 and above */
    SID_CLASS__COUNT
};

struct sid_pattern {
    const char *name; /* "S-1-5-32 and below" */
    enum sid_class class;
};

/* Never NULL: the last pattern takes what no other takes. */
const struct sid_pattern *trust_sid_classify(const struct sid *s);

/* How strict a trust is, from its attributes. */
enum sid_boundary {
    BOUNDARY_WITHIN_FOREST,
    BOUNDARY_QUARANTINED_WITHIN,
    BOUNDARY_FOREST,
    BOUNDARY_EXTERNAL, /* and forest trusts that are treated as external */
    BOUNDARY_QUARANTINED_EXTERNAL,
    BOUNDARY_PIM,
    BOUNDARY__COUNT
};

enum sid_boundary trust_sid_boundary(const struct trust *t);
const char *trust_sid_boundary_name(enum sid_boundary b);

/* Why a SID was kept or dropped: a row of the second table, or one of the rules after it. */
enum sid_rule {
    SID_RULE_ALWAYS, /* class AlwaysFilter */
    SID_RULE_EDC,
    SID_RULE_WELL_KNOWN_ORIGIN, /* ForestSpecific, of the domain that the PAC comes from */
    SID_RULE_WELL_KNOWN_OTHER,  /* ForestSpecific, of any other domain */
    SID_RULE_LOCAL_FOREST,      /* of a domain of our own forest, any RID */
    SID_RULE_PARTNER,           /* of the trusted domain itself */
    SID_RULE_PARTNER_FOREST,    /* of an enabled domain of the trusted forest */
    SID_RULE_FOREIGN,           /* of any other domain: SID history */
    SID_RULE_NEVER,             /* class NeverFilter */
    SID_RULE__TABLE_COUNT,
    SID_RULE_DUPLICATE = SID_RULE__TABLE_COUNT, /* already there: dropped */
    SID_RULE__COUNT
};

const char *trust_sid_rule_name(enum sid_rule rule);
/* The second table. */
bool trust_sid_rule_keeps(enum sid_rule rule, enum sid_boundary boundary);

/* The rule for one SID. origin is the PAC's LogonDomainId, or NULL. */
enum sid_rule trust_sid_rule(const struct trust *t, const struct trust_local *l,
                             const struct sid *origin, const struct sid *s);

struct trust_sid_result {
    enum reason
        reason; /* REASON_NONE, or why the whole request fails: then the lists are not there */
    enum sid_boundary boundary;
    enum sid_rule user, primary; /* when reason is about one of them, its rule */
    /* One enum sid_rule for each entry of the PAC's lists, in their order; keep it when
     * trust_sid_rule_keeps(rule, boundary). A group that equals the primary group is no duplicate.
     */
    uint8_t *groups, *extra, *resource;
    unsigned dropped;
};

/* Judges all SIDs of a PAC. The request fails when LogonDomainId lies in the local forest (over all
 * boundaries but those within the forest), when the user's or the primary group's SID is filtered,
 * or when there are too many SIDs. A user RID of 0 means that the first extra SID is the user
 * ([MS-PAC] 2.5). ERR_NOMEM only. */
enum err trust_sid_filter(const struct trust *t, const struct trust_local *l,
                          const struct pac_logon_info *pac, struct arena *a,
                          struct trust_sid_result *out);

/* [MS-PAC] 4.1.2.3: may a ticket that came over this trust be about a client of this realm? Names
 * within the forest pass; a forest trust passes what that forest claims; any other trust only its
 * own name. A realm of the local forest never comes from outside of it, though Windows lets it
 * pass. */
enum reason trust_crealm_check(const struct trust *t, const struct trust_local *l,
                               struct span crealm);

#endif
