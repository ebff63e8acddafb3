/*
 * A partner tells anew which names and domains its forest has: what becomes of the records that are
 * stored ([MS-NRPC] 3.5.4.7.5). What is new waits for the administrator, except what lies at or
 * under the trust's own name; what he has decided stays; what the partner no longer claims goes,
 * but for what he has switched off, which must not come back switched on.
 */
#ifndef TRUST_FOREST_MERGE_H
#define TRUST_FOREST_MERGE_H

#include "base/arena.h"
#include "trust/trust.h"

struct forest_told {
    const struct forest_record *records; /* flags and times of the partner's are not looked at */
    unsigned count;
    int64_t now; /* FILETIME: of what is new */
};

/* t->records are those stored. *out in the arena; texts are views into both. *new_out: how many
 * top-level names are new and wait. ERR_LIMIT beyond FOREST_RECORDS_MAX, ERR_NOMEM. */
enum err trust_merge_forest_info(const struct trust *t, const struct forest_told *told,
                                 struct arena *a, struct forest_record **out, unsigned *count_out,
                                 unsigned *new_out);

/* What an administrator decides about one name of a trust. */
enum forest_decision {
    FOREST_ENABLE,        /* a top-level name, new or switched off */
    FOREST_DISABLE,       /* a top-level name */
    FOREST_EXCLUDE,       /* a DNS name at or under a top-level name: an exclusion record */
    FOREST_INCLUDE,       /* removes the exclusion record */
    FOREST_DOMAIN_ENABLE, /* a domain by its DNS name: its SID, with all under it */
    FOREST_DOMAIN_DISABLE,
    FOREST_FLAT_ENABLE, /* a domain by its NetBIOS name: that name alone */
    FOREST_FLAT_DISABLE,
    FOREST_DECISION__COUNT
};

/* Applies it to records, which has room for one more than *count. Refuses what names no record,
 * what is in conflict with somebody's better right, and an exclusion beside all names. */
enum reason trust_decide_forest_name(struct forest_record *records, unsigned *count,
                                     enum forest_decision what, struct span name, int64_t now);

#endif
