/*
 * The rules of SID filtering as data, for sid_filter.c alone.
 */
#ifndef TRUST_SID_FILTER_TABLES_H
#define TRUST_SID_FILTER_TABLES_H

#include "trust/sid_filter.h"

/* A SID matches when each number lies in its range, ends included. */
struct sid_pattern_row {
    int64_t authority;             /* -1: any */
    uint8_t count_min, count_max;  /* sub-authorities */
    uint32_t first_min, first_max; /* the first one, when there is one */
    bool zero_domain;              /* the three after it are 0 */
    uint32_t last_min, last_max;   /* the last one, when there is one */
    struct sid_pattern pattern;
};

extern const struct sid_pattern_row trust_sid_patterns[];
extern const size_t trust_sid_pattern_count;

struct sid_boundary_row {
    uint32_t set; /* attributes that are all set */
    enum sid_boundary boundary;
};

extern const struct sid_boundary_row trust_sid_boundaries[];
extern const size_t trust_sid_boundary_count;

extern const bool trust_sid_verdicts[SID_RULE__TABLE_COUNT][BOUNDARY__COUNT];

#endif
