/*
 * Security identifiers ([MS-DTYP] 2.4.2). Kept as the wire's bytes, so that equality is memcmp and
 * a view into a record is usable: revision, count, 6 bytes of authority (big-endian), count times 4
 * bytes LE.
 */
#ifndef WIRE_MS_SID_H
#define WIRE_MS_SID_H

#include "base/builder.h"
#include "base/err.h"
#include "base/reader.h"

#define SID_SUBS_MAX  15
#define SID_BYTES_MAX (8 + 4 * SID_SUBS_MAX)
#define SID_TEXT_SIZE 192

struct sid {
    uint8_t revision;
    uint8_t count;
    uint8_t authority[6];
    uint32_t sub[SID_SUBS_MAX]; /* host order */
};

/* Exactly one SID, nothing left; ERR_MALFORMED: revision not 1, count over 15, wrong length. */
enum err sid_from_bytes(struct span bytes, struct sid *out);
void sid_read(struct reader *r, struct sid *out); /* sticky error in r */
void sid_put(struct builder *b, const struct sid *s);
size_t sid_size(const struct sid *s);
/* The stored form, in out; returns its length. */
size_t sid_to_bytes(const struct sid *s, uint8_t out[SID_BYTES_MAX]);

/* "S-1-5-21-..."; authorities of 2^32 and above in hexadecimal. Zero-terminated. */
void sid_to_text(const struct sid *s, char out[SID_TEXT_SIZE]);
enum err sid_from_text(struct span s, struct sid *out);

/* Here, because tokens are searched by it; most SIDs differ in their last part. */
static inline bool sid_eq(const struct sid *a, const struct sid *b)
{
    return a->count == b->count && (!a->count || a->sub[a->count - 1] == b->sub[b->count - 1]) &&
           a->revision == b->revision &&
           memcmp(a->authority, b->authority, sizeof(a->authority)) == 0 &&
           memcmp(a->sub, b->sub, a->count * sizeof(a->sub[0])) == 0;
}
int sid_cmp(const struct sid *a, const struct sid *b); /* a total order */
/* s is domain plus exactly one more sub-authority; its RID in *rid_out (may be NULL). */
bool sid_in_domain(const struct sid *s, const struct sid *domain, uint32_t *rid_out);
/* domain with rid appended; ERR_LIMIT when full. */
enum err sid_append(const struct sid *domain, uint32_t rid, struct sid *out);
/* All but the last sub-authority, which goes to *rid_out. ERR_RANGE when there is none. */
enum err sid_split(const struct sid *s, struct sid *domain_out, uint32_t *rid_out);
/* S-1-5-21-x-y-z, exactly. */
bool sid_is_domain(const struct sid *s);

/* Authority 5 (NT) with the given sub-authorities, for constants in code: SID_NT(32, 544). */
struct sid sid_make(uint64_t authority, unsigned count, const uint32_t *sub);
#define SID_NT(...)                                                                                \
    sid_make(5, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                              \
             (const uint32_t[]){__VA_ARGS__})

#endif
