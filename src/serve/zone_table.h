/*
 * The table behind zone_directory: names to records.
 */
#ifndef SERVE_ZONE_TABLE_H
#define SERVE_ZONE_TABLE_H

#include "dns/dns_zone.h"
#include "wire/dns/dns_name.h"

#define ZONES_MAX         1024
#define ZONE_NODES_MAX    2000000
#define ZONE_TABLE_MEMORY (1u << 30)

struct zone_entry {
    struct zone_entry *next; /* of the bucket */
    uint32_t zone;
    struct span name; /* whole, lower case */
    struct dns_record *records;
    unsigned count;
};

struct zone_apex {
    struct dns_name name;
};

struct zone_table {
    struct arena arena;
    struct zone_apex *zone;
    unsigned zone_count;
    struct zone_entry **bucket;
    uint32_t buckets; /* a power of two */
    uint32_t nodes;
};

enum err zone_table_init(struct zone_table *t, uint32_t expected_nodes);
void zone_table_fini(struct zone_table *t);
enum err zone_table_add_zone(struct zone_table *t, const struct dns_name *apex,
                             uint32_t *index_out);
/* Adds records to a node, and the names between it and its zone's top. records live in the arena.
 */
enum err zone_table_add(struct zone_table *t, uint32_t zone, const struct dns_name *name,
                        struct dns_record *records, unsigned count);
const struct zone_entry *zone_table_find(const struct zone_table *t, uint32_t zone,
                                         struct span name);
/* The deepest zone that holds the name; false when none does. */
bool zone_table_zone_of(const struct zone_table *t, struct span name, uint32_t *index_out);

#endif
