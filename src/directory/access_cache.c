#include "directory/access_cache.h"

#include "directory/access.h"

#define ENTRIES   64   /* a power of two; a search meets few descriptors many times */
#define LAST_BITS 1024 /* a power of two */

struct entry {
    struct access_key key;
    bool used;
    uint8_t *bits; /* two a question */
};

struct access_cache {
    unsigned mask;
    unsigned claims;               /* how often a place was given to a key */
    uint16_t *slots;               /* of the token's SIDs: index + 1; 0 is free */
    uint64_t last[LAST_BITS / 64]; /* which last parts its SIDs have, by their low bits */
    struct entry entries[ENTRIES];
};

static unsigned questions(void)
{
    return schema_attr_compiled() + 1;
}

unsigned access_cache_list_index(void)
{
    return schema_attr_compiled();
}

static size_t bytes(void)
{
    return (2 * (size_t)questions() + 7) / 8;
}

static unsigned sid_hash(const struct sid *sid)
{
    uint32_t h = sid->authority[5] * 31u + sid->count;

    for (unsigned i = 0; i < sid->count; i++)
        h = (h ^ sid->sub[i]) * 2654435761u;
    return h ^ h >> 15;
}

bool access_cache_has(const struct access_cache *c, const struct dir_token *t,
                      const struct sid *sid)
{
    unsigned at = sid_hash(sid) & c->mask;

    for (; c->slots[at]; at = (at + 1) & c->mask)
        if (sid_eq(&t->sids[c->slots[at] - 1], sid))
            return true;
    return false;
}

bool access_cache_may_have(const struct access_cache *c, uint32_t last)
{
    unsigned bit = last & (LAST_BITS - 1);

    return c->last[bit / 64] >> bit % 64 & 1;
}

static void note_last(struct access_cache *c, const struct sid *sid)
{
    unsigned bit = sid->count ? sid->sub[sid->count - 1] & (LAST_BITS - 1) : 0;

    c->last[bit / 64] |= UINT64_C(1) << bit % 64;
}

static enum err hash_sids(struct access_cache *c, const struct dir_token *t, struct arena *a)
{
    unsigned size = 16;

    if (t->count >= UINT16_MAX)
        return ERR_LIMIT;
    while (size < 2 * t->count)
        size *= 2;
    c->mask = size - 1;
    c->slots = arena_new_array(a, size, uint16_t);
    if (!c->slots)
        return ERR_NOMEM;
    for (unsigned i = 0; i < t->count; i++) {
        unsigned at = sid_hash(&t->sids[i]) & c->mask;

        note_last(c, &t->sids[i]);
        while (c->slots[at])
            at = (at + 1) & c->mask;
        c->slots[at] = (uint16_t)(i + 1);
    }
    return ERR_OK;
}

enum err access_cache_attach(struct dir_token *token, struct arena *a)
{
    struct access_cache *c;
    uint8_t *bits;

    if (token->system)
        return ERR_OK;
    c = arena_new(a, struct access_cache);
    bits = arena_array(a, ENTRIES, bytes());
    if (!c || !bits)
        return ERR_NOMEM;
    TRY(hash_sids(c, token, a));
    for (unsigned i = 0; i < ENTRIES; i++)
        c->entries[i].bits = bits + i * bytes();
    token->cache = c;
    return ERR_OK;
}

static bool same(const struct access_key *a, const struct access_key *b)
{
    return a->sd_id == b->sd_id && a->class_id == b->class_id && a->self == b->self;
}

static unsigned entry_of(const struct access_key *k)
{
    uint32_t h = (k->sd_id * 2654435761u) ^ (k->class_id * 40503u) ^ k->self;

    return (h ^ h >> 16) & (ENTRIES - 1);
}

const uint8_t *access_cache_find(const struct access_cache *c, const struct access_key *k)
{
    const struct entry *e = &c->entries[entry_of(k)];

    return e->used && same(&e->key, k) ? e->bits : NULL;
}

unsigned access_cache_claims(const struct access_cache *c)
{
    return c->claims;
}

void access_cache_put(struct access_cache *c, const struct access_key *k, unsigned index, bool yes)
{
    struct entry *e = &c->entries[entry_of(k)];

    if (!e->used || !same(&e->key, k)) {
        memset(e->bits, 0, bytes());
        e->key = *k;
        e->used = true;
        c->claims++;
    }
    e->bits[index / 4] &= (uint8_t) ~(3u << (index % 4 * 2));
    e->bits[index / 4] |= (uint8_t)((yes ? ACCESS_YES : ACCESS_NO) << (index % 4 * 2));
}
