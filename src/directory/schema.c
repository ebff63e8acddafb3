#include "directory/schema.h"

#include "base/text.h"
#include "directory/schema_tables.h"

#define SCHEMA_NAME_MAX 128

static uint32_t hash_name(struct span name)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        h = (h ^ c) * 16777619u;
    }
    return h;
}

static uint32_t hash_id(uint32_t id)
{
    return (uint32_t)((uint64_t)id * 0x9E3779B1u >> 8 & 0xffffff);
}

static uint32_t hash_guid(const struct guid *g)
{
    return (uint32_t)g->b[0] | (uint32_t)g->b[1] << 8 | (uint32_t)g->b[2] << 16 |
           (uint32_t)g->b[3] << 24;
}

/* The six searches differ in what they hash and compare only. Tables are at most half full, so the
 * loop meets an empty slot. */
#define PROBE(slots, mask, hash, row, matches)                                                     \
    do {                                                                                           \
        for (uint32_t at_ = (hash) & (mask); (slots)[at_]; at_ = (at_ + 1) & (mask)) {             \
            const __typeof__(*(row)) *r = &(row)[(slots)[at_] - 1];                                \
            if (matches)                                                                           \
                return r;                                                                          \
        }                                                                                          \
        return NULL;                                                                               \
    } while (0)

const struct schema_attr *schema_attr(uint32_t id)
{
    PROBE(schema_attr_by_id_slots, schema_attr_by_id_mask, hash_id(id), schema_attrs, r->id == id);
}

const struct schema_class *schema_class(uint32_t id)
{
    PROBE(schema_class_by_id_slots, schema_class_by_id_mask, hash_id(id), schema_classes,
          r->id == id);
}

const struct schema_attr *schema_attr_by_guid(const struct guid *g)
{
    PROBE(schema_attr_by_guid_slots, schema_attr_by_guid_mask, hash_guid(g), schema_attrs,
          guid_eq(&r->guid, g));
}

const struct schema_class *schema_class_by_guid(const struct guid *g)
{
    PROBE(schema_class_by_guid_slots, schema_class_by_guid_mask, hash_guid(g), schema_classes,
          guid_eq(&r->guid, g));
}

static const struct schema_attr *attr_by_descr(struct span name)
{
    PROBE(schema_attr_by_name_slots, schema_attr_by_name_mask, hash_name(name), schema_attrs,
          ascii_eq_fold(span_str(r->name), name));
}

static const struct schema_class *class_by_descr(struct span name)
{
    PROBE(schema_class_by_name_slots, schema_class_by_name_mask, hash_name(name), schema_classes,
          ascii_eq_fold(span_str(r->name), name));
}

static bool is_oid(struct span *s)
{
    if (s->len > 4 && ascii_eq_fold(span_sub(*s, 0, 4), SPAN_LIT("oid.")))
        *s = span_sub(*s, 4, s->len);
    return s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9';
}

const struct schema_attr *schema_attr_by_name(struct span name)
{
    uint32_t id;
    if (name.len > SCHEMA_NAME_MAX)
        return NULL;
    if (!is_oid(&name))
        return attr_by_descr(name);
    return schema_oid_to_id(name, &id) == ERR_OK ? schema_attr(id) : NULL;
}

const struct schema_class *schema_class_by_name(struct span name)
{
    uint32_t id;
    if (name.len > SCHEMA_NAME_MAX)
        return NULL;
    if (!is_oid(&name))
        return class_by_descr(name);
    return schema_oid_to_id(name, &id) == ERR_OK ? schema_class(id) : NULL;
}

const struct schema_attr *schema_attr_at(unsigned index)
{
    return index < schema_attr_total ? &schema_attrs[index] : NULL;
}

unsigned schema_attr_index(const struct schema_attr *a)
{
    return (unsigned)(a - schema_attrs);
}

const struct schema_attr_texts *schema_attr_texts(const struct schema_attr *a)
{
    return &schema_attrs_texts[schema_attr_index(a)];
}

unsigned schema_attr_count(void)
{
    return schema_attr_total;
}

const struct schema_class *schema_class_at(unsigned index)
{
    return index < schema_class_total ? &schema_classes[index] : NULL;
}

unsigned schema_class_count(void)
{
    return schema_class_total;
}

bool schema_class_is(const struct schema_class *c, uint32_t ancestor)
{
    for (uint32_t i = 0; i < c->chain.count; i++) {
        if (c->chain.id[i] == ancestor)
            return true;
    }
    return false;
}

bool schema_class_allows(const struct schema_class *c, const struct schema_attr *a)
{
    unsigned index = schema_attr_index(a);
    return schema_allowed[c - schema_classes][index >> 3] >> (index & 7) & 1;
}

bool schema_list_has(const struct schema_list *sorted, uint32_t id)
{
    uint32_t low = 0, high = sorted->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (sorted->id[mid] == id)
            return true;
        if (sorted->id[mid] < id)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

enum err schema_oid_to_id(struct span oid, uint32_t *out)
{
    size_t dot = oid.len;
    while (dot && oid.ptr[dot - 1] != '.')
        dot--;
    uint64_t last;
    struct span arc = span_sub(oid, dot, oid.len);
    /* The encoding of 16384 and above shares the prefix's place ([MS-DRSR] 5.16.4): not used here.
     */
    if (text_to_u64(arc, 16383, &last) != ERR_OK || (arc.len > 1 && arc.ptr[0] == '0'))
        return ERR_NOT_FOUND;
    for (unsigned i = 0; i < schema_prefix_total; i++) {
        if (!span_eq(span_str(schema_prefixes[i].text), span_sub(oid, 0, dot)))
            continue;
        *out = schema_prefixes[i].index << 16 | (uint32_t)last;
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

size_t schema_id_to_oid(uint32_t id, char out[SCHEMA_OID_TEXT])
{
    for (unsigned i = 0; i < schema_prefix_total; i++) {
        if (schema_prefixes[i].index != id >> 16 || (id & 0xffff) > 16383)
            continue;
        int n = snprintf(out, SCHEMA_OID_TEXT, "%s%u", schema_prefixes[i].text, id & 0xffff);
        return n > 0 && n < SCHEMA_OID_TEXT ? (size_t)n : 0;
    }
    return 0;
}
