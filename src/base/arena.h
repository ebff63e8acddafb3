/*
 * An arena is the memory of one request: allocations are a pointer bump, nothing is freed alone,
 * arena_reset makes all of it free at once and keeps the first block, so that a server that resets
 * its arena between requests reaches a state in which it never calls malloc.
 *
 * Advantage: no ownership inside a request, no leaks, no fragmentation. Disadvantage: memory that a
 * request no longer needs stays until its end, so never loop without bound inside one. Every arena
 * names its maximum at creation; beyond it (or without memory) allocations return NULL and the
 * arena remembers it (arena_failed), so a builder of many small things may check once at the end.
 *
 * Not thread-safe. Memory is zeroed on allocation. An arena made with ARENA_WIPE overwrites what
 * was used of its memory on reset and fini, instead of clearing it on allocation, so that it costs
 * no more than one that does not: use it for anything that may hold a key or a password.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

enum arena_flags {
    ARENA_WIPE = 1,
};

struct arena_block;

struct arena {
    struct arena_block *first; /* kept across resets */
    struct arena_block *current;
    size_t used_total; /* bytes handed out since the last reset */
    size_t max;
    unsigned flags;
    bool failed;
};

/* first_block bytes are allocated at once (0: at the first use); max bounds the sum of all
 * allocations between two resets. Cannot fail: a lack of memory shows at the first allocation. */
void arena_init(struct arena *a, size_t first_block, size_t max, unsigned flags);
void arena_fini(struct arena *a);
void arena_reset(struct arena *a);

/* Zeroed memory aligned for any type, or NULL. size 0 gives a unique non-NULL pointer. */
void *arena_alloc(struct arena *a, size_t size);
/* The same for count * size, with overflow checked. */
void *arena_array(struct arena *a, size_t count, size_t size);
#define arena_new(a, type)              ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_array(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

/* The allocation ptr of old_size bytes with new_size >= old_size bytes, the new ones zeroed: in
 * place when it was the newest one and its block has room, else copied (the old bytes then stay
 * until the reset). NULL on failure, with ptr still valid. ptr NULL with old_size 0 allocates. */
void *arena_grow(struct arena *a, void *ptr, size_t old_size, size_t new_size);

/* Copies; on failure NULL or the empty span (with arena_failed set). dup_str adds a zero. */
void *arena_dup(struct arena *a, const void *ptr, size_t len);
struct span arena_dup_span(struct arena *a, struct span s);
char *arena_dup_str(struct arena *a, struct span s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool arena_failed(const struct arena *a)
{
    return a->failed;
}

#endif
