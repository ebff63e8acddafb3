/* What tools/gen_schema.py generates and schema.c searches; nobody else includes this. */
#ifndef DIRECTORY_SCHEMA_TABLES_H
#define DIRECTORY_SCHEMA_TABLES_H

#include "directory/schema.h"

/* One bit for each attribute. */
#define SCHEMA_ALLOWED_BYTES 188

struct schema_prefix {
    const char *text; /* with the final dot */
    uint32_t index;
};

extern const unsigned schema_attr_total, schema_class_total, schema_prefix_total;
extern const struct schema_attr schema_attrs[];
extern const struct schema_attr_texts schema_attrs_texts[];
extern const struct schema_class schema_classes[];
extern const uint8_t schema_allowed[][SCHEMA_ALLOWED_BYTES];
extern const struct schema_prefix schema_prefixes[];

/* Open-addressing hash tables of index + 1; 0 is an empty slot. */
extern const uint16_t schema_attr_by_name_slots[], schema_class_by_name_slots[];
extern const uint16_t schema_attr_by_id_slots[], schema_class_by_id_slots[];
extern const uint16_t schema_attr_by_guid_slots[], schema_class_by_guid_slots[];
extern const uint32_t schema_attr_by_name_mask, schema_class_by_name_mask;
extern const uint32_t schema_attr_by_id_mask, schema_class_by_id_mask;
extern const uint32_t schema_attr_by_guid_mask, schema_class_by_guid_mask;

#endif
