#include "dns/dns_cache.h"

#include "dns/dns_hash.h"
#include "wire/dns/dns_rdata.h"

#define BUCKETS 16384

struct entry {
    struct entry *next;          /* of the bucket */
    struct entry *newer, *older; /* of all, by use */
    uint64_t hash;
    utime born;
    utime ends;
    size_t size;
    uint16_t type;
    uint16_t name_len;
    struct dns_body body; /* its pointers lead into bytes */
    uint16_t ttl_at[];    /* then the name, then the body's bytes */
};

struct dns_cache {
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    size_t bytes, bytes_max, count;
    uint64_t seed;
};

struct dns_cache *dns_cache_new(size_t memory_max, uint64_t seed)
{
    struct dns_cache *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->bytes_max = memory_max;
    c->seed = seed;
    return c;
}

void dns_cache_free(struct dns_cache *c)
{
    if (c)
        dns_cache_clear(c);
    free(c);
}

static struct span name_of(const struct entry *e)
{
    return span_of(&e->ttl_at[e->body.ttl_count], e->name_len);
}

static void unlink_use(struct dns_cache *c, struct entry *e)
{
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void link_newest(struct dns_cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void drop(struct dns_cache *c, struct entry *e)
{
    struct entry **link = &c->buckets[e->hash % BUCKETS];
    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    unlink_use(c, e);
    c->bytes -= e->size;
    c->count--;
    free(e);
}

void dns_cache_clear(struct dns_cache *c)
{
    while (c->oldest)
        drop(c, c->oldest);
}

static struct entry *find(struct dns_cache *c, uint64_t hash, struct span name, uint16_t type)
{
    for (struct entry *e = c->buckets[hash % BUCKETS]; e; e = e->next) {
        if (e->hash == hash && e->type == type && span_eq(name_of(e), name))
            return e;
    }
    return NULL;
}

bool dns_cache_find(struct dns_cache *c, struct span name, uint16_t type, utime now,
                    struct dns_cached *out)
{
    struct entry *e = find(c, dns_hash(c->seed, name, type), name, type);
    if (!e)
        return false;
    if (now >= e->ends) {
        drop(c, e);
        return false;
    }
    unlink_use(c, e);
    link_newest(c, e);
    out->body = e->body;
    out->age = (uint32_t)((now - e->born) / UTIME_SECOND);
    return true;
}

void dns_cache_put(struct dns_cache *c, struct span name, uint16_t type,
                   const struct dns_body *body, uint32_t seconds, utime now)
{
    uint64_t hash = dns_hash(c->seed, name, type);
    struct entry *old = find(c, hash, name, type);
    if (old)
        drop(c, old);
    size_t ttls = body->ttl_count * sizeof(uint16_t);
    size_t size = sizeof(struct entry) + ttls + name.len + body->len;
    if (seconds == 0 || size > c->bytes_max)
        return;
    while (c->bytes + size > c->bytes_max)
        drop(c, c->oldest);
    struct entry *e = malloc(size);
    if (!e)
        return;
    *e = (struct entry){.hash = hash,
                        .born = now,
                        .ends = now + seconds * UTIME_SECOND,
                        .size = size,
                        .type = type,
                        .name_len = (uint16_t)name.len,
                        .body = *body};
    uint8_t *tail = (uint8_t *)&e->ttl_at[body->ttl_count];
    if (ttls > 0)
        memcpy(e->ttl_at, body->ttl_at, ttls);
    memcpy(tail, name.ptr, name.len);
    if (body->len > 0)
        memcpy(tail + name.len, body->bytes, body->len);
    e->body.ttl_at = e->ttl_at;
    e->body.bytes = tail + name.len;
    e->next = c->buckets[hash % BUCKETS];
    c->buckets[hash % BUCKETS] = e;
    link_newest(c, e);
    c->bytes += size;
    c->count++;
}

/* A TTL with the top bit set means zero (RFC 2181 section 8). */
static uint32_t plain_ttl(uint32_t ttl)
{
    return ttl > INT32_MAX ? 0 : ttl;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t negative_ttl(const struct dns_rr_list *authority)
{
    for (size_t i = 0; i < authority->count; i++) {
        const struct dns_rr *rr = &authority->rrs[i];
        struct dns_soa soa;
        if (rr->type == DNS_TYPE_SOA && dns_rdata_soa(rr->rdata, &soa) == ERR_OK)
            return min_u32(min_u32(plain_ttl(rr->ttl), soa.minimum), DNS_CACHE_NEGATIVE_TTL_MAX);
    }
    return 0;
}

uint32_t dns_answer_ttl(const struct dns_answer *answer, size_t tail)
{
    const struct dns_rr_list *records = &answer->section[DNS_SECTION_ANSWER];
    uint32_t ttl = DNS_CACHE_TTL_MAX;
    for (size_t i = 0; i < records->count; i++)
        ttl = min_u32(ttl, plain_ttl(records->rrs[i].ttl));
    bool negative = answer->rcode != DNS_RCODE_NOERROR || tail >= records->count;
    return negative ? min_u32(ttl, negative_ttl(&answer->section[DNS_SECTION_AUTHORITY])) : ttl;
}

size_t dns_cache_bytes(const struct dns_cache *c)
{
    return c->bytes;
}

size_t dns_cache_count(const struct dns_cache *c)
{
    return c->count;
}
