/*
 * For fuzz targets of this folder.
 */
#ifndef WIRE_MS_FUZZ_H
#define WIRE_MS_FUZZ_H

#include "base/arena.h"
#include "base/builder.h"

#define FUZZ_MEMORY (4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of a builder that must be good. */
static inline struct span fuzz_bytes(struct builder *b)
{
    struct span out;

    ENT_ASSERT(builder_done(b, &out) == ERR_OK);
    return out;
}

#endif
