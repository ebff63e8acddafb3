#include "serve/zone_table.h"

static uint32_t hash(uint32_t zone, struct span name)
{
    uint64_t h = 14695981039346656037u ^ zone;
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ name.ptr[i]) * 1099511628211u;
    return (uint32_t)(h ^ h >> 32);
}

enum err zone_table_init(struct zone_table *t, uint32_t expected_nodes)
{
    *t = (struct zone_table){.buckets = 1024};
    arena_init(&t->arena, 1 << 16, ZONE_TABLE_MEMORY, 0);
    while (t->buckets < expected_nodes * 2 && t->buckets < 1u << 22)
        t->buckets *= 2;
    t->bucket = arena_new_array(&t->arena, t->buckets, struct zone_entry *);
    t->zone = arena_new_array(&t->arena, ZONES_MAX, struct zone_apex);
    if (t->bucket && t->zone)
        return ERR_OK;
    arena_fini(&t->arena);
    return ERR_NOMEM;
}

void zone_table_fini(struct zone_table *t)
{
    arena_fini(&t->arena);
}

enum err zone_table_add_zone(struct zone_table *t, const struct dns_name *apex, uint32_t *index_out)
{
    if (t->zone_count == ZONES_MAX)
        return ERR_LIMIT;
    dns_name_lower(dns_name_span(apex), &t->zone[t->zone_count].name);
    *index_out = t->zone_count++;
    return ERR_OK;
}

static struct zone_entry *find(const struct zone_table *t, uint32_t zone, struct span name)
{
    struct zone_entry *e = t->bucket[hash(zone, name) & (t->buckets - 1)];
    while (e && (e->zone != zone || !span_eq(e->name, name)))
        e = e->next;
    return e;
}

const struct zone_entry *zone_table_find(const struct zone_table *t, uint32_t zone,
                                         struct span name)
{
    return find(t, zone, name);
}

static struct zone_entry *find_or_add(struct zone_table *t, uint32_t zone, struct span name)
{
    struct zone_entry *e = find(t, zone, name);
    if (e || t->nodes == ZONE_NODES_MAX)
        return e;
    e = arena_new(&t->arena, struct zone_entry);
    if (!e)
        return NULL;
    struct zone_entry **slot = &t->bucket[hash(zone, name) & (t->buckets - 1)];
    *e = (struct zone_entry){.next = *slot, .zone = zone, .name = arena_dup_span(&t->arena, name)};
    *slot = e;
    t->nodes++;
    return e;
}

enum err zone_table_add(struct zone_table *t, uint32_t zone, const struct dns_name *name,
                        struct dns_record *records, unsigned count)
{
    struct dns_name lower;
    struct span apex = dns_name_span(&t->zone[zone].name);
    dns_name_lower(dns_name_span(name), &lower);
    struct zone_entry *e = find_or_add(t, zone, dns_name_span(&lower));
    if (!e)
        return ERR_LIMIT;
    e->records = records;
    e->count = count;
    for (struct span above = dns_name_parent(dns_name_span(&lower)); above.len > apex.len;
         above = dns_name_parent(above)) {
        if (!find_or_add(t, zone, above))
            return ERR_LIMIT;
    }
    return arena_failed(&t->arena) ? ERR_NOMEM : ERR_OK;
}

bool zone_table_zone_of(const struct zone_table *t, struct span name, uint32_t *index_out)
{
    bool found = false;
    size_t longest = 0;
    for (unsigned i = 0; i < t->zone_count; i++) {
        struct span apex = dns_name_span(&t->zone[i].name);
        if (apex.len > longest && dns_name_in(name, apex)) {
            longest = apex.len;
            *index_out = i;
            found = true;
        }
    }
    return found;
}
