/*
 * Derived inter-realm keys, kept by trust and direction until the trusts of the directory change.
 */
#include "auth/trust_facts.h"
#include "base/text.h"
#include "directory/account.h"
#include "trust/trust_attributes.h"

#define CACHE_ENTRIES 64
#define DERIVE_MEMORY (1u << 20)

struct entry {
    dir_id object; /* 0: free */
    uint32_t direction;
    uint32_t enctypes;
    uint64_t epoch;
    struct trust_keys keys;
};

struct auth_trust_cache {
    unsigned next; /* to be replaced */
    struct entry entry[CACHE_ENTRIES];
};

struct auth_trust_cache *auth_trust_cache_new(void)
{
    return calloc(1, sizeof(struct auth_trust_cache));
}

void auth_trust_cache_free(struct auth_trust_cache *c)
{
    if (c)
        mem_wipe(c, sizeof(*c));
    free(c);
}

/* What both sides do: the trust's own list, or AES when it says nothing (a trust made by Windows
 * since 2012 says it), and RC4 only where the directory allows it. */
static uint32_t enctypes_of(const struct trust *t, bool allow_rc4)
{
    uint32_t known = TRUST_ENC_RC4 | TRUST_ENC_AES;
    uint32_t bits = t->enctypes & known ? t->enctypes & known : known;
    return allow_rc4 ? bits : bits & ~(uint32_t)TRUST_ENC_RC4;
}

static enum err derive(const struct dir_snap *s, const struct trust *t, uint32_t direction,
                       const struct trust_local *local, uint32_t enctypes, struct arena *a,
                       struct trust_keys *out)
{
    struct span incoming, outgoing;
    struct trust_auth *auth = arena_new(a, struct trust_auth);
    if (!auth)
        return ERR_NOMEM;
    TRY(dir_trust_secrets(s, t->object, a, &incoming, &outgoing));
    TRY(trust_auth_decode(direction == TRUST_INBOUND ? incoming : outgoing, auth));
    return trust_derive_keys(auth, direction, local->realm, t->dns_name, enctypes, a, out);
}

enum err auth_trust_keys(const struct dir_snap *s, struct auth_trust_cache *cache,
                         const struct trust *trust, uint32_t direction,
                         const struct trust_local *local, bool allow_rc4,
                         const struct trust_keys **out)
{
    uint32_t enctypes = enctypes_of(trust, allow_rc4);
    struct entry *slot = NULL;
    for (unsigned i = 0; i < CACHE_ENTRIES; i++) {
        struct entry *e = &cache->entry[i];
        if (e->object != trust->object || e->direction != direction || e->enctypes != enctypes)
            continue;
        if (e->epoch == s->epochs.trusts) {
            *out = &e->keys;
            return ERR_OK;
        }
        slot = e;
    }
    struct arena a;
    struct trust_keys keys;
    arena_init(&a, 0, DERIVE_MEMORY, ARENA_WIPE);
    enum err e = derive(s, trust, direction, local, enctypes, &a, &keys);
    arena_fini(&a);
    TRY(e);
    if (!slot)
        slot = &cache->entry[cache->next++ % CACHE_ENTRIES];
    trust_keys_wipe(&slot->keys);
    *slot = (struct entry){trust->object, direction, enctypes, s->epochs.trusts, keys};
    trust_keys_wipe(&keys);
    *out = &slot->keys;
    return ERR_OK;
}
