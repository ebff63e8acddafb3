/*
 * Keytab files of MIT Kerberos, version 0x502: what services are given their keys in. Writing gives
 * the bytes of a whole file; reading walks one. Secret bytes: the caller keeps them in wiping
 * memory and writes the file with mode 0600.
 */
#ifndef WIRE_MS_KEYTAB_H
#define WIRE_MS_KEYTAB_H

#include "base/builder.h"
#include "base/reader.h"

#define KEYTAB_COMPONENTS_MAX 8
#define KEYTAB_KEY_MAX        64

struct keytab_entry {
    struct span realm;
    unsigned count;
    struct span components[KEYTAB_COMPONENTS_MAX];
    uint32_t name_type; /* 1: principal, 2: service instance, ... */
    uint32_t time;      /* seconds since 1970 */
    uint32_t kvno;
    uint16_t etype;
    struct span key;
};

/* Starts a file; then any number of entries. Sticky ERR_RANGE for too many components or too long
 * parts. */
void keytab_put_header(struct builder *b);
void keytab_put(struct builder *b, const struct keytab_entry *entry);

struct keytab_iter {
    struct reader r;
};
/* ERR_MALFORMED; ERR_UNSUPPORTED: another version. */
enum err keytab_open(struct span bytes, struct keytab_iter *out);
/* False at the end, or at the first malformed entry: then it->r.err is not ERR_OK. Deleted entries
 * are skipped. Spans are views into the file. */
bool keytab_next(struct keytab_iter *it, struct keytab_entry *out);

#endif
