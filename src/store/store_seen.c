#include "store/store_seen.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

#define SETS     16384 /* a power of two */
#define WAYS     4
#define LINE     64
#define ODD      UINT64_C(0x9E3779B97F4A7C15)
#define SET_BITS 14

_Static_assert(sizeof(struct store_seen_slot) == LINE, "a slot is a line");
_Static_assert(1 << SET_BITS == SETS, "the hash chooses a set");

struct store_seen {
    void *block;
    unsigned turn; /* which of a full set goes next */
    struct store_seen_slot (*set)[WAYS];
};

struct store_seen *store_seen_new(void)
{
    struct store_seen *seen = calloc(1, sizeof(*seen));
    void *block = calloc(1, sizeof(*seen->set) * SETS + LINE);
    if (!seen || !block) {
        free(seen);
        free(block);
        return NULL;
    }
    seen->block = block;
    seen->set = (void *)(((uintptr_t)block + LINE - 1) & ~(uintptr_t)(LINE - 1));
    return seen;
}

void store_seen_free(struct store_seen *seen)
{
    if (seen)
        free(seen->block);
    free(seen);
}

static struct store_seen_slot *set_of(const struct store_seen *seen, unsigned db, struct span key)
{
    uint64_t h = (uint64_t)db << 8 ^ key.len, word;
    const uint8_t *p = key.ptr;
    size_t left = key.len;
    for (; left >= sizeof(word); p += sizeof(word), left -= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        h = (h ^ word) * ODD;
        h ^= h >> 32;
    }
    for (word = 0; left; p++, left--)
        word = word << 8 | *p;
    h = (h ^ word) * ODD;
    h ^= h >> 29;
    return seen->set[h * ODD >> (64 - SET_BITS)];
}

static bool is(const struct store_seen_slot *s, uint64_t commit, unsigned db, struct span key)
{
    return s->commit == commit && s->db == db && s->key_len == key.len &&
           memcmp(s->key, key.ptr, key.len) == 0;
}

const struct store_seen_slot *store_seen_find(const struct store_seen *seen, uint64_t commit,
                                              unsigned db, struct span key)
{
    if (key.len > STORE_SEEN_KEY)
        return NULL;
    const struct store_seen_slot *set = set_of(seen, db, key);
    for (unsigned i = 0; i < WAYS; i++)
        if (is(&set[i], commit, db, key))
            return &set[i];
    return NULL;
}

struct store_seen_slot *store_seen_add(struct store_seen *seen, uint64_t commit, unsigned db,
                                       struct span key)
{
    if (key.len > STORE_SEEN_KEY)
        return NULL;
    struct store_seen_slot *set = set_of(seen, db, key), *s = NULL;
    for (unsigned i = 0; i < WAYS && !s; i++)
        if (set[i].commit != commit)
            s = &set[i];
    if (!s)
        s = &set[seen->turn++ % WAYS];
    s->commit = commit;
    s->db = (uint8_t)db;
    s->key_len = (uint8_t)key.len;
    memcpy(s->key, key.ptr, key.len);
    return s;
}
