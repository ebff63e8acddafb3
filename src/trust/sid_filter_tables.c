#include "trust/sid_filter_tables.h"

#define ANY UINT32_MAX

/* The first row that matches decides, so a more specific pattern stands before a more general one.
 * Two decisions where [MS-PAC] 4.1.2.2 is silent: an asserted identity (S-1-18) says how the
 * partner's KDC learned who the client is, grants nothing by itself and is kept; what no row names
 * is dropped. */
/* clang-format off */
/* table: sid_patterns -- authority, count of subs, first sub, zero domain, last sub, name, class */
const struct sid_pattern_row trust_sid_patterns[] = {
    {0, 1, 1, 0, 0, false, 0, ANY, {"S-1-0-0", SID_ALWAYS_FILTER}},
    {1, 1, 1, 0, 0, false, 0, ANY, {"S-1-1-0", SID_ALWAYS_FILTER}},
    {2, 1, 1, 0, 0, false, 0, ANY, {"S-1-2-0", SID_ALWAYS_FILTER}},
    {3, 1, 1, 0, 3, false, 0, ANY, {"S-1-3-0..3", SID_ALWAYS_FILTER}},
    {4, 0, 15, 0, ANY, false, 0, ANY, {"S-1-4", SID_NEVER_FILTER}},
    {5, 0, 0, 0, ANY, false, 0, ANY, {"S-1-5", SID_ALWAYS_FILTER}},
    {5, 1, 1, 9, 9, false, 0, ANY, {"S-1-5-9", SID_EDC}},
    {5, 1, 1, 15, 15, false, 0, ANY, {"S-1-5-15", SID_NEVER_FILTER}},
    {5, 1, 1, 21, 21, false, 0, ANY, {"S-1-5-21", SID_ALWAYS_FILTER}},
    {5, 2, 3, 21, 21, false, 0, ANY, {"S-1-5-21-x, a part of a SID", SID_ALWAYS_FILTER}},
    {5, 4, 4, 21, 21, false, 0, ANY, {"S-1-5-21-x-y-z, a domain", SID_ALWAYS_FILTER}},
    {5, 5, 5, 21, 21, true, 496, 496, {"S-1-5-21-0-0-0-496", SID_NEVER_FILTER}},
    {5, 5, 5, 21, 21, true, 497, 497, {"S-1-5-21-0-0-0-497", SID_NEVER_FILTER}},
    {5, 5, 5, 21, 21, false, 0, 999, {"S-1-5-21-domain-R, R below 1000", SID_FOREST_SPECIFIC}},
    {5, 5, 5, 21, 21, false, 1000, ANY, {"S-1-5-21-domain-R", SID_DOMAIN_SPECIFIC}},
    {5, 6, 15, 21, 21, false, 0, ANY, {"S-1-5-21-domain-R-*, too long", SID_ALWAYS_FILTER}},
    {5, 1, 15, 32, 32, false, 0, ANY, {"S-1-5-32 and below", SID_ALWAYS_FILTER}},
    {5, 1, 15, 64, 64, false, 0, ANY, {"S-1-5-64 and below", SID_ALWAYS_FILTER}},
    {5, 1, 15, 0, 999, false, 0, ANY, {"S-1-5-R-*, R below 1000", SID_ALWAYS_FILTER}},
    {5, 1, 15, 1000, 1000, false, 0, ANY, {"S-1-5-1000-*", SID_NEVER_FILTER}},
    {5, 1, 15, 1001, ANY, false, 0, ANY, {"S-1-5-R-*, R above 1000", SID_NEVER_FILTER}},
    {6, 0, 15, 0, ANY, false, 0, ANY, {"S-1-6", SID_ALWAYS_FILTER}},
    {7, 0, 15, 0, ANY, false, 0, ANY, {"S-1-7", SID_ALWAYS_FILTER}},
    {8, 0, 15, 0, ANY, false, 0, ANY, {"S-1-8", SID_ALWAYS_FILTER}},
    {9, 0, 15, 0, ANY, false, 0, ANY, {"S-1-9", SID_ALWAYS_FILTER}},
    {10, 0, 15, 0, ANY, false, 0, ANY, {"S-1-10", SID_NEVER_FILTER}},
    {18, 1, 1, 1, 1, false, 0, ANY, {"S-1-18-1", SID_NEVER_FILTER}},
    {18, 1, 1, 2, 2, false, 0, ANY, {"S-1-18-2", SID_NEVER_FILTER}},
    {-1, 0, 15, 0, ANY, false, 0, ANY, {"no pattern", SID_ALWAYS_FILTER}},
};
/* end table */

/* table: sid_boundaries -- the first row whose attributes are all set */
const struct sid_boundary_row trust_sid_boundaries[] = {
    {TRUST_WITHIN_FOREST | TRUST_QUARANTINED, BOUNDARY_QUARANTINED_WITHIN},
    {TRUST_WITHIN_FOREST, BOUNDARY_WITHIN_FOREST},
    {TRUST_QUARANTINED, BOUNDARY_QUARANTINED_EXTERNAL},
    {TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL | TRUST_PIM, BOUNDARY_PIM},
    {TRUST_FOREST_TRANSITIVE | TRUST_TREAT_AS_EXTERNAL, BOUNDARY_EXTERNAL},
    {TRUST_FOREST_TRANSITIVE, BOUNDARY_FOREST},
    {0, BOUNDARY_EXTERNAL},
};
/* end table */

#define KEEP true
#define DROP false

const bool trust_sid_verdicts[SID_RULE__TABLE_COUNT][BOUNDARY__COUNT] = {
    /* table: sid_verdicts -- within, quarantined within, forest, external, quarantined external, PIM */
    [SID_RULE_ALWAYS] = {DROP, DROP, DROP, DROP, DROP, DROP},
    [SID_RULE_EDC] = {KEEP, KEEP, DROP, DROP, DROP, DROP},
    [SID_RULE_WELL_KNOWN_ORIGIN] = {KEEP, KEEP, KEEP, KEEP, KEEP, KEEP},
    [SID_RULE_WELL_KNOWN_OTHER] = {KEEP, DROP, DROP, DROP, DROP, KEEP},
    [SID_RULE_LOCAL_FOREST] = {KEEP, DROP, DROP, DROP, DROP, KEEP},
    [SID_RULE_PARTNER] = {KEEP, KEEP, KEEP, KEEP, KEEP, KEEP},
    [SID_RULE_PARTNER_FOREST] = {KEEP, DROP, KEEP, KEEP, DROP, KEEP},
    [SID_RULE_FOREIGN] = {KEEP, DROP, DROP, KEEP, DROP, KEEP},
    [SID_RULE_NEVER] = {KEEP, KEEP, KEEP, KEEP, KEEP, KEEP},
    /* end table */
};
/* clang-format on */
