/*
 * A bounded hash table of what can be made again: the frame of the KDC's caches. Nodes are
 * allocated by the caller, found by the caller's comparison within a bucket, and thrown away when
 * the bytes of all of them pass the limit.
 *
 * What is thrown away is chosen at random, except that what was used since the last time it was
 * considered gets a second chance. The oldest first would be worse here: a morning's logons come
 * once each, in a circle longer than the cache, and would push everything out before its turn comes
 * again.
 *
 * Nothing is thrown away while a request is answered (kdc_table_trim is called between requests),
 * so that what a request found stays where it is. Not thread-safe.
 */
#ifndef KDC_KDC_TABLE_H
#define KDC_KDC_TABLE_H

#include "base/err.h"
#include "base/span.h"

/* First member of what is kept. */
struct kdc_node {
    struct kdc_node *next;
    uint32_t hash;
    uint32_t bytes; /* all that goes with it */
    bool used;
};

struct kdc_table {
    struct kdc_node **buckets; /* made with the first node; as many as nodes, at least */
    uint32_t mask, nodes;
    uint32_t dice;
    size_t bytes, limit;
    void (*drop)(struct kdc_node *n); /* wipes and frees */
};

void kdc_table_init(struct kdc_table *t, size_t limit, void (*drop)(struct kdc_node *n));
void kdc_table_fini(struct kdc_table *t);

/* Quick and even, not secret: who can choose what is kept can make it collide, which costs time and
 * nothing else. */
uint32_t kdc_hash(uint64_t seed, struct span bytes);

/* Where the search for a hash begins; NULL: nothing there. Follow next and compare. */
static inline struct kdc_node *kdc_table_first(const struct kdc_table *t, uint32_t hash)
{
    return t->buckets ? t->buckets[hash & t->mask] : NULL;
}

/* Takes the node, with hash and bytes filled in. ERR_NOMEM: it stays the caller's. */
enum err kdc_table_add(struct kdc_table *t, struct kdc_node *n);
/* More (or fewer) bytes go with the node from now on. */
void kdc_table_resize(struct kdc_table *t, struct kdc_node *n, uint32_t bytes);
/* Takes out and drops. */
void kdc_table_remove(struct kdc_table *t, struct kdc_node *n);
/* Between requests: back below the limit. */
void kdc_table_trim(struct kdc_table *t);

#endif
