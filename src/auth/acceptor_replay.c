/*
 * Authenticators that were taken, until their time is over: a ring in the order of arrival, and
 * chains over it by hash. What is remembered is a keyed hash of the ciphertext, which nobody can
 * change without the session key; the hash is keyed so that no client can aim for one chain.
 *
 * The ring forgets from its old end only. An authenticator from a clock that is ahead keeps those
 * behind it a little longer than needed, at most by the skew.
 */
#include <stdlib.h>

#include "auth/acceptor_state.h"
#include "crypt/hash.h"

#define TAG_SIZE 16
#define CHAINS   ACCEPTOR_REPLAYS_MAX

struct seen {
    uint8_t tag[TAG_SIZE];
    utime until;
    uint32_t next;
};

struct acceptor_replays {
    uint8_t key[TAG_SIZE];
    uint32_t oldest, count;
    uint32_t chain[CHAINS]; /* index into ring, plus one; 0: empty */
    struct seen ring[ACCEPTOR_REPLAYS_MAX];
};

/* Pages of the ring are touched when they are first used. */
enum err acceptor_replays_new(void (*random)(void *out, size_t len), struct acceptor_replays **out)
{
    struct acceptor_replays *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NOMEM;
    random(r->key, sizeof(r->key));
    *out = r;
    return ERR_OK;
}

void acceptor_replays_free(struct acceptor_replays *r)
{
    free(r);
}

static uint32_t *chain_of(struct acceptor_replays *r, const uint8_t tag[TAG_SIZE])
{
    uint32_t h;
    memcpy(&h, tag, sizeof(h));
    return &r->chain[h % CHAINS];
}

static void forget_oldest(struct acceptor_replays *r)
{
    uint32_t name = r->oldest + 1;
    uint32_t *link = chain_of(r, r->ring[r->oldest].tag);
    while (*link != name)
        link = &r->ring[*link - 1].next;
    *link = r->ring[r->oldest].next;
    r->oldest = (r->oldest + 1) % ACCEPTOR_REPLAYS_MAX;
    r->count--;
}

enum err acceptor_replays_add(struct acceptor_replays *r, struct span authenticator, utime now,
                              utime until)
{
    uint8_t hash[HASH_SIZE_MAX];
    struct span parts[] = {span_of(r->key, sizeof(r->key)), authenticator};
    hash_parts(HASH_SHA256, parts, 2, hash);
    while (r->count && r->ring[r->oldest].until < now)
        forget_oldest(r);
    uint32_t *chain = chain_of(r, hash);
    for (uint32_t i = *chain; i; i = r->ring[i - 1].next)
        if (memcmp(r->ring[i - 1].tag, hash, TAG_SIZE) == 0)
            return ERR_EXISTS;
    if (r->count == ACCEPTOR_REPLAYS_MAX)
        return ERR_LIMIT;
    uint32_t at = (r->oldest + r->count) % ACCEPTOR_REPLAYS_MAX;
    r->ring[at] = (struct seen){.until = until, .next = *chain};
    memcpy(r->ring[at].tag, hash, TAG_SIZE);
    *chain = at + 1;
    r->count++;
    return ERR_OK;
}
