/*
 * replPropertyMetaData: when and where each attribute of an object was last changed ([MS-DRSR]
 * 4.1.10.2.22 as stored, version 1). Entries are kept in ascending order of attribute id.
 */
#ifndef WIRE_MS_REPL_META_H
#define WIRE_MS_REPL_META_H

#include "base/arena.h"
#include "base/builder.h"
#include "wire/ms/guid.h"

#define REPL_META_MAX 1024 /* entries: more attributes than any object has */

struct repl_meta {
    uint32_t attribute; /* ATTRTYP */
    uint32_t version;
    int64_t time; /* seconds since 1601, as on the wire */
    struct guid invocation;
    uint64_t originating_usn;
    uint64_t local_usn;
};

enum err repl_meta_decode(struct span blob, struct arena *a, struct repl_meta **out,
                          unsigned *count_out);
void repl_meta_put(struct builder *b, const struct repl_meta *entries, unsigned count);

#endif
