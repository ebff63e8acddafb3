#include "kdc/kdc_table.h"

/* Buckets looked at in one go: a request adds a few nodes, this takes out more. */
#define THROWS_MAX 256

/* Doubled as nodes come: a walk along a chain is a miss of the cache for each node, and a realm of
 * ten users needs no room for ten thousand. */
#define BUCKETS_FIRST 64

#define ODD 0x9E3779B97F4A7C15u

uint32_t kdc_hash(uint64_t seed, struct span bytes)
{
    uint64_t h = seed ^ bytes.len * ODD, word;
    size_t i = 0;
    for (; i + sizeof(word) <= bytes.len; i += sizeof(word)) {
        memcpy(&word, bytes.ptr + i, sizeof(word));
        h = (h ^ word) * ODD;
        h ^= h >> 32;
    }
    for (; i < bytes.len; i++)
        h = (h ^ bytes.ptr[i]) * ODD;
    /* What differed in the upper half only must reach the lower one. */
    h ^= h >> 29;
    return (uint32_t)(h * ODD >> 32);
}

void kdc_table_init(struct kdc_table *t, size_t limit, void (*drop)(struct kdc_node *n))
{
    *t = (struct kdc_table){.dice = 1, .limit = limit, .drop = drop};
}

void kdc_table_fini(struct kdc_table *t)
{
    for (uint32_t i = 0; t->buckets && i <= t->mask; i++) {
        while (t->buckets[i])
            kdc_table_remove(t, t->buckets[i]);
    }
    free(t->buckets);
    *t = (struct kdc_table){0};
}

static void hang(struct kdc_table *t, struct kdc_node *n)
{
    n->next = t->buckets[n->hash & t->mask];
    t->buckets[n->hash & t->mask] = n;
}

/* Without memory all stays as it is. */
static void grow(struct kdc_table *t)
{
    uint32_t old_count = t->buckets ? t->mask + 1 : 0;
    uint32_t count = old_count ? 2 * old_count : BUCKETS_FIRST;
    struct kdc_node **old = t->buckets, **fresh = calloc(count, sizeof(*fresh));
    if (!fresh)
        return;
    t->buckets = fresh;
    t->mask = count - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        for (struct kdc_node *n = old[i], *next; n; n = next) {
            next = n->next;
            hang(t, n);
        }
    }
    free(old);
}

enum err kdc_table_add(struct kdc_table *t, struct kdc_node *n)
{
    if (!t->buckets || t->nodes > t->mask)
        grow(t);
    if (!t->buckets)
        return ERR_NOMEM;
    hang(t, n);
    n->used = true;
    t->bytes += n->bytes;
    t->nodes++;
    return ERR_OK;
}

void kdc_table_resize(struct kdc_table *t, struct kdc_node *n, uint32_t bytes)
{
    t->bytes += bytes;
    t->bytes -= n->bytes;
    n->bytes = bytes;
}

void kdc_table_remove(struct kdc_table *t, struct kdc_node *n)
{
    struct kdc_node **at = &t->buckets[n->hash & t->mask];
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    t->bytes -= n->bytes;
    t->nodes--;
    t->drop(n);
}

/* A fair enough bucket (xorshift). */
static uint32_t throw_dice(struct kdc_table *t)
{
    t->dice ^= t->dice << 13;
    t->dice ^= t->dice >> 17;
    t->dice ^= t->dice << 5;
    return t->dice & t->mask;
}

void kdc_table_trim(struct kdc_table *t)
{
    for (unsigned i = 0; t->bytes > t->limit && i < THROWS_MAX; i++) {
        struct kdc_node *n = t->buckets[throw_dice(t)];
        while (n) {
            struct kdc_node *next = n->next;
            if (!n->used)
                kdc_table_remove(t, n);
            else
                n->used = false;
            n = next;
        }
    }
}
