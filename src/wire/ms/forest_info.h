/*
 * Forest trust information: which names and SIDs a trusted forest claims, as stored in
 * msDS-TrustForestTrustInfo ([MS-ADTS] 6.1.6.9.3). Decoding gives views into the attribute's bytes;
 * what the records mean for routing and filtering is the business of src/trust.
 */
#ifndef WIRE_MS_FOREST_INFO_H
#define WIRE_MS_FOREST_INFO_H

#include "base/arena.h"
#include "wire/ms/sid.h"

/* [MS-LSAD] 2.2.7.25 allows 4000 records. */
#define FOREST_RECORDS_MAX 4000
#define FOREST_INFO_MAX    (1024 * 1024) /* bytes of one attribute value */

enum forest_record_type {
    FOREST_TLN = 0,
    FOREST_TLN_EXCLUSION = 1,
    FOREST_DOMAIN = 2,
    FOREST_BINARY = 3,
    FOREST_SCANNER = 4,
};
/* A flag's bit means one thing in records about top-level names, another in records about domains.
 */
enum forest_record_flags {
    FOREST_TLN_NEW = 1,
    FOREST_TLN_ADMIN_DISABLED = 2,
    FOREST_TLN_CONFLICT = 4,
    FOREST_SID_ADMIN_DISABLED = 1,
    FOREST_SID_CONFLICT = 2,
    FOREST_NB_ADMIN_DISABLED = 4,
    FOREST_NB_CONFLICT = 8,
};

struct forest_record {
    enum forest_record_type type;
    uint32_t flags;
    int64_t time;          /* FILETIME */
    struct span name;      /* TLN, exclusion, or the domain's DNS name; UTF-8 */
    struct span flat_name; /* domain records */
    struct sid sid;        /* domain records */
    struct span data;      /* other types, known or not: all after the type, as it is */
};

/* All records, in order; texts and data are views into blob. ERR_MALFORMED (also for a name that is
 * not UTF-8), ERR_UNSUPPORTED: a version other than 1, ERR_LIMIT. */
enum err forest_info_decode(struct span blob, struct arena *a, struct forest_record **out,
                            unsigned *count_out);
void forest_info_put(struct builder *b, const struct forest_record *records, unsigned count);

#endif
