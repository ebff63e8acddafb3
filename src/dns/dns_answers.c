#include "dns/dns_answers.h"

#include "dns/dns_hash.h"

#define PROBES_MAX 8

struct entry {
    uint64_t hash;
    uint16_t type;
    uint8_t name_len;
    uint8_t count; /* of bodies */
    uint8_t turn;
    const uint8_t *name;
    const struct dns_body *bodies;
};

struct dns_answers {
    struct entry *slots;
    size_t mask;
    size_t used;
    uint64_t seed;
    uint64_t epoch;
    size_t memory;
    struct arena memory_arena;
};

struct dns_answers *dns_answers_new(size_t memory, size_t slots, uint64_t seed)
{
    ENT_ASSERT(slots > 0 && (slots & (slots - 1)) == 0 && memory >= DNS_ANSWERS_MEMORY_MIN);
    struct dns_answers *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->slots = calloc(slots, sizeof(*c->slots));
    if (!c->slots) {
        free(c);
        return NULL;
    }
    c->mask = slots - 1;
    c->seed = seed;
    c->memory = memory;
    arena_init(&c->memory_arena, memory, memory, 0);
    return c;
}

void dns_answers_free(struct dns_answers *c)
{
    if (!c)
        return;
    arena_fini(&c->memory_arena);
    free(c->slots);
    free(c);
}

void dns_answers_clear(struct dns_answers *c)
{
    if (c->used > 0)
        memset(c->slots, 0, (c->mask + 1) * sizeof(*c->slots));
    c->used = 0;
    arena_reset(&c->memory_arena);
}

uint64_t dns_answers_hash(const struct dns_answers *c, struct span name, uint16_t type)
{
    return dns_hash(c->seed, name, type);
}

void dns_answers_at(struct dns_answers *c, uint64_t epoch)
{
    if (c->epoch == epoch)
        return;
    dns_answers_clear(c);
    c->epoch = epoch;
}

static bool is(const struct entry *e, uint64_t hash, struct span name, uint16_t type)
{
    return e->count > 0 && e->hash == hash && e->type == type &&
           span_eq(span_of(e->name, e->name_len), name);
}

const struct dns_body *dns_answers_find(struct dns_answers *c, uint64_t hash, struct span name,
                                        uint16_t type)
{
    for (size_t i = 0; i < PROBES_MAX; i++) {
        struct entry *e = &c->slots[(hash + i) & c->mask];
        if (e->count == 0)
            return NULL;
        if (!is(e, hash, name, type))
            continue;
        e->turn = e->turn + 1 < e->count ? e->turn + 1 : 0;
        return &e->bodies[e->turn];
    }
    return NULL;
}

/* A free slot near the hash, or the one that has to go; its bytes stay used until all is dropped.
 */
static struct entry *slot_for(struct dns_answers *c, uint64_t hash)
{
    for (size_t i = 0; i < PROBES_MAX; i++) {
        struct entry *e = &c->slots[(hash + i) & c->mask];
        if (e->count == 0)
            return e;
    }
    return &c->slots[(hash + (hash >> 32) % PROBES_MAX) & c->mask];
}

/* Local answers are not aged: their TTL offsets are not kept. */
static bool fill(struct dns_answers *c, struct entry *e, struct span name,
                 const struct dns_body *bodies, unsigned count)
{
    struct arena *a = &c->memory_arena;
    struct dns_body *copies = arena_new_array(a, count, struct dns_body);
    e->name = arena_dup(a, name.ptr, name.len);
    if (!copies || !e->name)
        return false;
    for (unsigned i = 0; i < count; i++) {
        copies[i] = bodies[i];
        copies[i].ttl_count = 0;
        copies[i].ttl_at = NULL;
        copies[i].bytes = arena_dup(a, bodies[i].bytes, bodies[i].len);
        if (!copies[i].bytes)
            return false;
    }
    e->bodies = copies;
    return true;
}

void dns_answers_put(struct dns_answers *c, uint64_t hash, struct span name, uint16_t type,
                     const struct dns_body *bodies, unsigned count)
{
    struct entry e = {.hash = hash, .type = type, .name_len = (uint8_t)name.len};
    if (!fill(c, &e, name, bodies, count)) {
        dns_answers_clear(c);
        return;
    }
    struct entry *slot = slot_for(c, hash);
    e.count = (uint8_t)count;
    c->used += slot->count == 0;
    *slot = e;
}

size_t dns_answers_count(const struct dns_answers *c)
{
    return c->used;
}
