#include "directory/schema.h"

#include "base/text.h"
#include "directory/schema_more.h"
#include "directory/schema_tables.h"

#define SCHEMA_NAME_MAX 128

static _Thread_local const struct schema_more *more;

void schema_use(const struct schema_more *m)
{
    more = m;
}

const struct schema_more *schema_used(void)
{
    return more;
}

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
    } while (0)

int schema_name_order(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < n; i++) {
        int x = a.ptr[i], y = b.ptr[i];
        x = x >= 'A' && x <= 'Z' ? x | 0x20 : x;
        y = y >= 'A' && y <= 'Z' ? y | 0x20 : y;
        if (x != y)
            return x - y;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

/* --- extensions ------------------------------------------------------------------------------ */

static const struct schema_attr *more_attr(uint32_t id)
{
    unsigned low = 0, high = more->attr_count;
    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (more->attrs[mid]->id == id)
            return more->attrs[mid];
        if (more->attrs[mid]->id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static const struct schema_class *more_class(uint32_t id)
{
    unsigned low = schema_class_total, high = more->class_count;
    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (more->classes[mid]->id == id)
            return more->classes[mid];
        if (more->classes[mid]->id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* The compiled row, or what extensions made of it. */
static const struct schema_class *class_now(const struct schema_class *c)
{
    if (!more || !c || !more->classes[c->index])
        return c;
    return more->classes[c->index];
}

static const struct schema_attr *attr_now(const struct schema_attr *a)
{
    if (!more || !more->attrs_changed || !more->attrs_changed[a->index])
        return a;
    return more->attrs_changed[a->index];
}

static const struct schema_attr *more_attr_by_name(struct span name)
{
    unsigned low = 0, high = more->attr_count;
    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        int order = schema_name_order(span_str(more->attr_names[mid]->name), name);
        if (order == 0)
            return more->attr_names[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static const struct schema_class *more_class_by_name(struct span name)
{
    unsigned low = 0, high = more->class_count - schema_class_total;
    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        int order = schema_name_order(span_str(more->class_names[mid]->name), name);
        if (order == 0)
            return more->class_names[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static const struct schema_attr *more_attr_by_oid(struct span oid)
{
    for (unsigned i = 0; more && i < more->attr_count; i++)
        if (span_eq(span_str(more->attrs[i]->oid), oid))
            return more->attrs[i];
    return NULL;
}

static const struct schema_class *more_class_by_oid(struct span oid)
{
    for (unsigned i = schema_class_total; more && i < more->class_count; i++)
        if (span_eq(span_str(more->classes[i]->oid), oid))
            return more->classes[i];
    return NULL;
}

static const struct schema_attr *more_attr_by_guid(const struct guid *g)
{
    for (unsigned i = 0; more && i < more->attr_count; i++)
        if (guid_eq(&more->attrs[i]->guid, g))
            return more->attrs[i];
    return NULL;
}

static const struct schema_class *more_class_by_guid(const struct guid *g)
{
    for (unsigned i = schema_class_total; more && i < more->class_count; i++)
        if (guid_eq(&more->classes[i]->guid, g))
            return more->classes[i];
    return NULL;
}

/* --- both ------------------------------------------------------------------------------------ */

const struct schema_attr *schema_attr_plain(uint32_t id)
{
    PROBE(schema_attr_by_id_slots, schema_attr_by_id_mask, hash_id(id), schema_attrs, r->id == id);
    return NULL;
}

const struct schema_attr *schema_attr(uint32_t id)
{
    if (id >= SCHEMA_MORE_ID)
        return more ? more_attr(id) : NULL;
    const struct schema_attr *a = schema_attr_plain(id);
    return a ? attr_now(a) : NULL;
}

const struct schema_class *schema_class_plain(uint32_t id)
{
    PROBE(schema_class_by_id_slots, schema_class_by_id_mask, hash_id(id), schema_classes,
          r->id == id);
    return NULL;
}

const struct schema_class *schema_class(uint32_t id)
{
    if (more && id >= SCHEMA_MORE_ID)
        return more_class(id);
    return class_now(schema_class_plain(id));
}

static const struct schema_attr *attr_plain_by_guid(const struct guid *g)
{
    PROBE(schema_attr_by_guid_slots, schema_attr_by_guid_mask, hash_guid(g), schema_attrs,
          guid_eq(&r->guid, g));
    return NULL;
}

const struct schema_attr *schema_attr_by_guid(const struct guid *g)
{
    const struct schema_attr *a = attr_plain_by_guid(g);
    return a ? attr_now(a) : more_attr_by_guid(g);
}

static const struct schema_class *class_plain_by_guid(const struct guid *g)
{
    PROBE(schema_class_by_guid_slots, schema_class_by_guid_mask, hash_guid(g), schema_classes,
          guid_eq(&r->guid, g));
    return NULL;
}

const struct schema_class *schema_class_by_guid(const struct guid *g)
{
    const struct schema_class *c = class_plain_by_guid(g);
    return c ? class_now(c) : more_class_by_guid(g);
}

static const struct schema_attr *attr_plain_by_descr(struct span name)
{
    PROBE(schema_attr_by_name_slots, schema_attr_by_name_mask, hash_name(name), schema_attrs,
          ascii_eq_fold(span_str(r->name), name));
    return NULL;
}

static const struct schema_attr *attr_by_descr(struct span name)
{
    const struct schema_attr *a = attr_plain_by_descr(name);
    if (a || !more)
        return a ? attr_now(a) : NULL;
    return more_attr_by_name(name);
}

static const struct schema_class *class_plain_by_descr(struct span name)
{
    PROBE(schema_class_by_name_slots, schema_class_by_name_mask, hash_name(name), schema_classes,
          ascii_eq_fold(span_str(r->name), name));
    return NULL;
}

static const struct schema_class *class_by_descr(struct span name)
{
    const struct schema_class *c = class_plain_by_descr(name);
    if (c || !more)
        return class_now(c);
    return more_class_by_name(name);
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
    const struct schema_attr *a = schema_oid_to_id(name, &id) == ERR_OK ? schema_attr(id) : NULL;
    return a ? a : more_attr_by_oid(name);
}

const struct schema_class *schema_class_by_name(struct span name)
{
    uint32_t id;
    if (name.len > SCHEMA_NAME_MAX)
        return NULL;
    if (!is_oid(&name))
        return class_by_descr(name);
    const struct schema_class *c = schema_oid_to_id(name, &id) == ERR_OK ? schema_class(id) : NULL;
    return c ? c : more_class_by_oid(name);
}

const struct schema_attr *schema_attr_at(unsigned index)
{
    if (index < schema_attr_total)
        return attr_now(&schema_attrs[index]);
    index -= schema_attr_total;
    return more && index < more->attr_count ? more->attrs[index] : NULL;
}

const struct schema_attr_texts *schema_attr_texts(const struct schema_attr *a)
{
    ENT_ASSERT(a->index < schema_attr_total);
    return &schema_attrs_texts[a->index];
}

unsigned schema_attr_compiled(void)
{
    return schema_attr_total;
}

unsigned schema_attr_count(void)
{
    return schema_attr_total + (more ? more->attr_count : 0);
}

const struct schema_class *schema_class_compiled_at(unsigned index)
{
    ENT_ASSERT(index < schema_class_total);
    return &schema_classes[index];
}

const struct schema_class *schema_class_at(unsigned index)
{
    if (index < schema_class_total)
        return class_now(&schema_classes[index]);
    return more && index < more->class_count ? more->classes[index] : NULL;
}

unsigned schema_class_compiled(void)
{
    return schema_class_total;
}

unsigned schema_class_count(void)
{
    return more ? more->class_count : schema_class_total;
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
    unsigned index = a->index;
    if (c->index < schema_class_total && c == &schema_classes[c->index])
        return index < schema_attr_total && schema_allowed[c->index][index >> 3] >> (index & 7) & 1;
    return schema_list_has(&c->all_must, a->id) || schema_list_has(&c->all_may, a->id);
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
