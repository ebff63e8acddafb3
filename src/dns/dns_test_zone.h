/*
 * Zones in memory, read from text: what tests and the test server answer from. One line each:
 *
 *     zone aws.example.com
 *     dc1 600 A 127.0.1.10              owners are relative to the zone above, "@" is its apex
 *     forward corp.example.com 127.0.0.2:5301 [::1]:5302
 *
 * Test code only: it asserts instead of returning errors.
 */
#ifndef DNS_DNS_TEST_ZONE_H
#define DNS_DNS_TEST_ZONE_H

#include "base/text.h"
#include "dns/dns_hash.h"
#include "dns/dns_zone.h"
#include "wire/dns/dns_rdata.h"

#define TEST_BUCKETS 65536

struct test_record {
    struct test_record *next; /* of the node */
    struct dns_record rec;
};

struct test_node {
    struct test_node *next; /* of the bucket */
    struct span name;
    struct test_record *records;
    size_t count;
};

struct test_zones {
    struct arena a;
    struct dns_epochs epochs;
    struct test_node *buckets[TEST_BUCKETS];
    struct dns_zone zones[32];
    size_t zone_count;
    struct dns_forwarder forwarders[32];
    size_t forwarder_count;
    enum err fail; /* what every read returns, when set */
    int depth;     /* begin without end */
    unsigned reads;
};

static inline struct span test_word(struct span *line)
{
    size_t from = 0;
    while (from < line->len && line->ptr[from] == ' ')
        from++;
    size_t to = from;
    while (to < line->len && line->ptr[to] != ' ')
        to++;
    struct span word = span_sub(*line, from, to - from);
    *line = span_sub(*line, to, line->len);
    return word;
}

static inline struct span test_name(struct test_zones *z, struct span text, struct span zone)
{
    struct dns_name n;
    if (span_eq(text, SPAN_LIT("@")))
        return zone;
    ENT_ASSERT(dns_name_from_text(text, &n) == ERR_OK);
    struct span name = arena_dup_span(&z->a, dns_name_span(&n));
    if (zone.len == 0 || text.ptr[text.len - 1] == '.')
        return name;
    ENT_ASSERT(dns_name_join(span_sub(name, 0, name.len - 1), zone, &n) == ERR_OK);
    return arena_dup_span(&z->a, dns_name_span(&n));
}

static inline uint32_t test_number(struct span *line)
{
    uint64_t v = 0;
    ENT_ASSERT(text_to_u64(test_word(line), UINT32_MAX, &v) == ERR_OK);
    return (uint32_t)v;
}

static inline struct test_node *test_node_get(struct test_zones *z, struct span name, bool make)
{
    struct dns_name lower;
    dns_name_lower(name, &lower);
    struct span key = dns_name_span(&lower);
    struct test_node **bucket = &z->buckets[dns_hash(1, key, 0) % TEST_BUCKETS];
    for (struct test_node *n = *bucket; n; n = n->next) {
        if (span_eq(n->name, key))
            return n;
    }
    if (!make)
        return NULL;
    struct test_node *n = arena_new(&z->a, struct test_node);
    ENT_ASSERT(n);
    n->name = arena_dup_span(&z->a, key);
    n->next = *bucket;
    *bucket = n;
    return n;
}

static inline uint16_t test_rdata(struct test_zones *z, struct span type, struct span line,
                                  struct span *out)
{
    static const struct {
        const char *text;
        uint16_t type;
    } names[] = {{"NS", DNS_TYPE_NS}, {"CNAME", DNS_TYPE_CNAME}, {"PTR", DNS_TYPE_PTR}};
    struct builder b;
    builder_in(&b, &z->a, UINT16_MAX);
    uint16_t number = 0;
    struct plat_addr addr;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!span_eq(type, span_str(names[i].text)))
            continue;
        number = names[i].type;
        builder_span(&b, test_name(z, test_word(&line), SPAN_NONE));
    }
    if (span_eq(type, SPAN_LIT("A")) || span_eq(type, SPAN_LIT("AAAA"))) {
        ENT_ASSERT(plat_addr_parse(test_word(&line), 0, &addr) == ERR_OK);
        number = type.len == 1 ? DNS_TYPE_A : DNS_TYPE_AAAA;
        builder_span(&b, plat_addr_host(&addr));
    } else if (span_eq(type, SPAN_LIT("TXT"))) {
        number = DNS_TYPE_TXT;
        dns_rdata_put_txt(&b, test_word(&line));
    } else if (span_eq(type, SPAN_LIT("SRV"))) {
        number = DNS_TYPE_SRV;
        struct dns_srv srv = {.priority = (uint16_t)test_number(&line)};
        srv.weight = (uint16_t)test_number(&line);
        srv.port = (uint16_t)test_number(&line);
        srv.target = test_name(z, test_word(&line), SPAN_NONE);
        dns_rdata_put_srv(&b, &srv);
    } else if (span_eq(type, SPAN_LIT("SOA"))) {
        number = DNS_TYPE_SOA;
        struct dns_soa soa = {.mname = test_name(z, test_word(&line), SPAN_NONE)};
        soa.rname = test_name(z, test_word(&line), SPAN_NONE);
        soa.serial = test_number(&line);
        soa.refresh = test_number(&line);
        soa.retry = test_number(&line);
        soa.expire = test_number(&line);
        soa.minimum = test_number(&line);
        dns_rdata_put_soa(&b, &soa);
    }
    ENT_ASSERT(number != 0 && builder_done(&b, out) == ERR_OK);
    return number;
}

static inline void test_add_record(struct test_zones *z, struct span owner, struct span line)
{
    struct dns_zone *zone = &z->zones[z->zone_count - 1];
    struct test_record *r = arena_new(&z->a, struct test_record);
    ENT_ASSERT(r && z->zone_count > 0);
    r->rec.ttl = test_number(&line);
    struct span type = test_word(&line);
    r->rec.type = test_rdata(z, type, line, &r->rec.rdata);
    struct span name = test_name(z, owner, zone->apex);
    struct test_node *node = test_node_get(z, name, true);
    struct test_record **end = &node->records;
    while (*end)
        end = &(*end)->next;
    *end = r;
    node->count++;
    for (; name.len > zone->apex.len; name = dns_name_parent(name))
        (void)test_node_get(z, name, true);
}

static inline void test_add_forwarder(struct test_zones *z, struct span line)
{
    struct dns_forwarder *f = &z->forwarders[z->forwarder_count++];
    struct plat_addr *servers = arena_new_array(&z->a, 8, struct plat_addr);
    ENT_ASSERT(servers && z->forwarder_count <= 32);
    *f = (struct dns_forwarder){.suffix = test_name(z, test_word(&line), SPAN_NONE),
                                .servers = servers};
    for (struct span w = test_word(&line); w.len > 0 && f->count < 8; w = test_word(&line))
        ENT_ASSERT(plat_addr_parse(w, 53, &servers[f->count++]) == ERR_OK);
}

static inline void test_zones_line(struct test_zones *z, struct span line)
{
    struct span first = test_word(&line);
    if (first.len == 0 || first.ptr[0] == ';')
        return;
    if (span_eq(first, SPAN_LIT("zone"))) {
        struct dns_zone *zone = &z->zones[z->zone_count++];
        ENT_ASSERT(z->zone_count <= 32);
        zone->apex = test_name(z, test_word(&line), SPAN_NONE);
        zone->id = z->zone_count;
    } else if (span_eq(first, SPAN_LIT("forward"))) {
        test_add_forwarder(z, line);
    } else {
        test_add_record(z, first, line);
    }
}

static inline void test_zones_text(struct test_zones *z, struct span text)
{
    while (text.len > 0) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        test_zones_line(z, span_sub(text, 0, len));
        text = span_sub(text, len + 1, text.len);
    }
}

static inline void test_zones_init(struct test_zones *z)
{
    memset(z, 0, sizeof(*z));
    arena_init(&z->a, 0, 256u << 20, 0);
    z->epochs = (struct dns_epochs){1, 1};
}

static inline void test_zones_fini(struct test_zones *z)
{
    ENT_ASSERT(z->depth == 0);
    arena_fini(&z->a);
}

/* --- zone_ops --------------------------------------------------------------------------------- */

static inline struct dns_epochs test_epochs(void *ctx)
{
    return ((struct test_zones *)ctx)->epochs;
}

static inline enum err test_begin(void *ctx)
{
    struct test_zones *z = ctx;
    ENT_ASSERT(z->depth++ == 0);
    return ERR_OK;
}

static inline void test_end(void *ctx)
{
    struct test_zones *z = ctx;
    ENT_ASSERT(--z->depth == 0);
}

static inline enum err test_zone(void *ctx, struct span name, struct arena *a, struct dns_zone *out)
{
    struct test_zones *z = ctx;
    const struct dns_zone *best = NULL;
    (void)a;
    ENT_ASSERT(z->depth == 1);
    z->reads++;
    if (z->fail != ERR_OK)
        return z->fail;
    for (size_t i = 0; i < z->zone_count; i++) {
        if (dns_name_in(name, z->zones[i].apex) && (!best || z->zones[i].apex.len > best->apex.len))
            best = &z->zones[i];
    }
    if (!best)
        return ERR_NOT_FOUND;
    *out = *best;
    return ERR_OK;
}

static inline enum err test_node_read(void *ctx, const struct dns_zone *zone, struct span name,
                                      struct arena *a, struct dns_node *out)
{
    struct test_zones *z = ctx;
    ENT_ASSERT(z->depth == 1 && dns_name_in(name, zone->apex));
    z->reads++;
    if (z->fail != ERR_OK)
        return z->fail;
    struct test_node *n = test_node_get(z, name, false);
    if (!n)
        return ERR_NOT_FOUND;
    struct dns_record *array = arena_new_array(a, n->count, struct dns_record);
    size_t i = 0;
    for (struct test_record *r = n->records; array && r; r = r->next)
        array[i++] = r->rec;
    if (!array)
        return ERR_NOMEM;
    *out = (struct dns_node){array, n->count};
    return ERR_OK;
}

static inline enum err test_forwarders(void *ctx, struct arena *a, const struct dns_forwarder **out,
                                       size_t *count_out)
{
    struct test_zones *z = ctx;
    (void)a;
    *out = z->forwarders;
    *count_out = z->forwarder_count;
    return ERR_OK;
}

static const struct zone_ops test_zone_ops = {test_epochs, test_begin,     test_end,
                                              test_zone,   test_node_read, test_forwarders};

#endif
