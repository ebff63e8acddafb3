/*
 * Where a reader found what it asked for, remembered until the next commit: a descent of LMDB meets
 * a dozen cold lines of two or three cold pages in a file that no cache holds, this table one or
 * two. What is remembered is true for the commit that it names, since its pages stay as they are
 * while a snapshot of it is open (store_txn_id); what was not found is not remembered. A key is
 * looked for in one set of slots; when the set is full of the same commit, the newest takes the
 * place of one of them.
 */
#ifndef STORE_STORE_SEEN_H
#define STORE_STORE_SEEN_H

#include "base/span.h"

#define STORE_SEEN_KEY                                                                             \
    42 /* bytes of the longest key that is kept: a slot is a line of the cache                     \
        */

struct store_seen_slot {
    uint64_t commit; /* 0: none */
    union {
        const void *ptr;
        uint64_t number;
    };
    uint32_t len;
    uint8_t db, key_len;
    uint8_t key[STORE_SEEN_KEY];
};

struct store_seen;

/* 4 MiB, of which the system gives what is used; NULL without memory. */
struct store_seen *store_seen_new(void);
void store_seen_free(struct store_seen *seen); /* NULL is fine */

/* NULL when the key is not remembered for this commit. */
const struct store_seen_slot *store_seen_find(const struct store_seen *seen, uint64_t commit,
                                              unsigned db, struct span key);
/* The slot to fill with len and ptr or number; NULL: the key is too long. */
struct store_seen_slot *store_seen_add(struct store_seen *seen, uint64_t commit, unsigned db,
                                       struct span key);

#endif
