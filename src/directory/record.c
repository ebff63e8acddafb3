#include "directory/record.h"

#include "directory/dir_internal.h"

/* --- views --------------------------------------------------------------------------------------
 */

static uint32_t attr_total(const struct dir_obj *o)
{
    return le32_at(o->record.ptr + 68);
}

enum err record_view(dir_id id, struct span bytes, struct dir_obj *out)
{
    if (bytes.len < RECORD_HEADER || bytes.len > RECORD_SIZE_MAX)
        return ERR_MALFORMED;
    const uint8_t *p = bytes.ptr;
    size_t rdn_len = (size_t)p[64] | (size_t)p[65] << 8;
    size_t account_len = (size_t)p[66] | (size_t)p[67] << 8;
    size_t count = le32_at(p + 68);
    size_t left = bytes.len - RECORD_HEADER;
    if ((account_len && account_len != ACCOUNT_BLOCK_SIZE) || account_len + rdn_len > left ||
        count > RECORD_ATTRS_MAX || count * RECORD_TABLE_ENTRY > left - account_len - rdn_len)
        return ERR_MALFORMED;
    out->id = id;
    out->parent = le32_at(p);
    out->class_id = le32_at(p + 4);
    out->flags = le32_at(p + 8);
    out->sd_id = le32_at(p + 12);
    memcpy(out->guid.b, p + 16, sizeof(out->guid.b));
    out->record = bytes;
    out->account = span_sub(bytes, RECORD_HEADER, account_len);
    out->rdn = span_sub(bytes, RECORD_HEADER + account_len, rdn_len);
    out->attrs = span_sub(bytes, RECORD_HEADER + account_len + rdn_len, bytes.len);
    return ERR_OK;
}

uint64_t dir_obj_usn(const struct dir_obj *o)
{
    return le64_at(o->record.ptr + 40);
}

/* The values of the i-th attribute of the table. A record that was damaged gives no values, never a
 * view outside. */
static bool values_at(const struct dir_obj *o, uint32_t i, uint32_t total, struct dir_values *out)
{
    const uint8_t *entry = o->attrs.ptr + (size_t)i * RECORD_TABLE_ENTRY;
    size_t base = (size_t)total * RECORD_TABLE_ENTRY, size = o->attrs.len - base;
    uint32_t place = le32_at(entry + 4);
    size_t start = place & ~RECORD_LIST, end = size;
    if (i + 1 < total)
        end = le32_at(entry + RECORD_TABLE_ENTRY + 4) & ~RECORD_LIST;
    if (start > end || end > size)
        return false;
    struct span all = span_of(o->attrs.ptr + base + start, end - start);
    if (!(place & RECORD_LIST)) {
        *out = (struct dir_values){all, 1, (unsigned)all.len};
        return true;
    }
    if (all.len < 4)
        return false;
    *out = (struct dir_values){span_sub(all, 4, all.len), le32_at(all.ptr), 0};
    return out->left > 0;
}

static bool find_stored(const struct dir_obj *o, uint32_t attr, struct dir_values *out)
{
    uint32_t total = attr_total(o), low = 0, high = total;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        uint32_t id = le32_at(o->attrs.ptr + (size_t)mid * RECORD_TABLE_ENTRY);
        if (id == attr)
            return values_at(o, mid, total, out);
        if (id < attr)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

static struct dir_values single(struct span v)
{
    return (struct dir_values){v, 1, (unsigned)v.len};
}

/* What the record holds outside the table. The offsets are those of the header. */
static const struct {
    uint32_t attr;
    uint8_t offset, len;
} header_attrs[] = {
    {ATTR_objectGUID, 16, 16}, {ATTR_uSNCreated, 32, 8},  {ATTR_uSNChanged, 40, 8},
    {ATTR_whenCreated, 48, 8}, {ATTR_whenChanged, 56, 8},
};
#define HEADER_ATTRS (sizeof(header_attrs) / sizeof(header_attrs[0]))

static bool header_value(const struct dir_obj *o, uint32_t attr, struct dir_values *out)
{
    for (size_t i = 0; i < HEADER_ATTRS; i++) {
        if (header_attrs[i].attr != attr)
            continue;
        *out = single(span_sub(o->record, header_attrs[i].offset, header_attrs[i].len));
        return true;
    }
    return false;
}

static bool class_values(const struct dir_obj *o, struct dir_values *out)
{
    const struct schema_class *c = schema_class(o->class_id);
    if (!c)
        return false;
    /* Ids in the schema's list are native; stored form is little-endian. */
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "objectClass is read in place");
    *out = (struct dir_values){span_of(c->chain.id, c->chain.count * sizeof(uint32_t)),
                               c->chain.count, sizeof(uint32_t)};
    return true;
}

static bool is_rdn_attr(const struct dir_obj *o, uint32_t attr)
{
    const struct schema_class *c = schema_class(o->class_id);
    return c && c->rdn_attr == attr;
}

bool dir_attr(const struct dir_obj *o, uint32_t attr, struct dir_values *out)
{
    if (find_stored(o, attr, out))
        return true;
    switch (attr) {
    case ATTR_objectClass:
        return class_values(o, out);
    case ATTR_objectGUID:
    case ATTR_uSNCreated:
    case ATTR_uSNChanged:
    case ATTR_whenCreated:
    case ATTR_whenChanged:
        return header_value(o, attr, out);
    default:
        if (attr != ATTR_name && !is_rdn_attr(o, attr))
            return false;
        *out = single(o->rdn);
        return true;
    }
}

bool dir_values_next(struct dir_values *v, struct span *out)
{
    size_t len = v->stride;
    if (!v->left)
        return false;
    if (!len &&
        (v->rest.len || v->left > 1)) { /* a list; an only value that is empty has no length */
        if (v->rest.len < 4) {
            v->left = 0;
            return false;
        }
        len = le32_at(v->rest.ptr);
        v->rest = span_sub(v->rest, 4, v->rest.len);
    }
    if (len > v->rest.len) {
        v->left = 0;
        return false;
    }
    *out = span_sub(v->rest, 0, len);
    v->rest = span_sub(v->rest, len, v->rest.len);
    v->left--;
    return true;
}

bool dir_attr_first(const struct dir_obj *o, uint32_t attr, struct span *out)
{
    struct dir_values v;
    return dir_attr(o, attr, &v) && dir_values_next(&v, out);
}

bool dir_attr_has(const struct dir_obj *o, uint32_t attr, struct span value)
{
    struct dir_values v;
    struct span one;
    if (!dir_attr(o, attr, &v))
        return false;
    while (dir_values_next(&v, &one)) {
        if (span_eq(one, value))
            return true;
    }
    return false;
}

int32_t dir_attr_i32(const struct dir_obj *o, uint32_t attr, int32_t otherwise)
{
    struct span v;
    return dir_attr_first(o, attr, &v) && v.len == 4 ? (int32_t)le32_at(v.ptr) : otherwise;
}

int64_t dir_attr_i64(const struct dir_obj *o, uint32_t attr, int64_t otherwise)
{
    struct span v;
    return dir_attr_first(o, attr, &v) && v.len == 8 ? (int64_t)le64_at(v.ptr) : otherwise;
}

bool dir_attr_next(const struct dir_obj *o, size_t *pos, uint32_t *attr, struct dir_values *out)
{
    uint32_t total = attr_total(o);
    while (*pos < total) {
        uint32_t i = (uint32_t)(*pos)++;
        if (values_at(o, i, total, out)) {
            *attr = le32_at(o->attrs.ptr + (size_t)i * RECORD_TABLE_ENTRY);
            return true;
        }
    }
    const struct schema_class *c = schema_class(o->class_id);
    for (;;) {
        size_t extra = (*pos)++ - total;
        if (extra < HEADER_ATTRS)
            *attr = header_attrs[extra].attr;
        else if (extra == HEADER_ATTRS)
            *attr = ATTR_name;
        else if (extra == HEADER_ATTRS + 1 && c && c->rdn_attr != ATTR_name)
            *attr = c->rdn_attr;
        else if (extra == HEADER_ATTRS + 2 && !find_stored(o, ATTR_objectClass, out))
            *attr = ATTR_objectClass;
        else if (extra > HEADER_ATTRS + 2)
            return false;
        else
            continue;
        if (dir_attr(o, *attr, out))
            return true;
    }
}

enum err record_check(struct span bytes)
{
    struct dir_obj o;
    TRY(record_view(1, bytes, &o));
    uint32_t total = attr_total(&o), last = 0;
    for (uint32_t i = 0; i < total; i++) {
        struct dir_values v;
        struct span one;
        uint32_t attr = le32_at(o.attrs.ptr + (size_t)i * RECORD_TABLE_ENTRY);
        if ((i && attr <= last) || !values_at(&o, i, total, &v))
            return ERR_MALFORMED;
        last = attr;
        while (v.left) {
            if (!dir_values_next(&v, &one))
                return ERR_MALFORMED;
        }
        if (v.rest.len)
            return ERR_MALFORMED;
    }
    return ERR_OK;
}

enum err record_open(const struct dir_obj *o, struct arena *a, struct record *out)
{
    struct record r = {.parent = o->parent,
                       .class_id = o->class_id,
                       .flags = o->flags,
                       .sd_id = o->sd_id,
                       .guid = o->guid,
                       .usn_created = le64_at(o->record.ptr + 32),
                       .usn_changed = le64_at(o->record.ptr + 40),
                       .when_created = (utime)le64_at(o->record.ptr + 48),
                       .when_changed = (utime)le64_at(o->record.ptr + 56),
                       .rdn = o->rdn};
    uint32_t total = attr_total(o);
    r.attrs = arena_new_array(a, total, struct record_attr);
    if (!r.attrs)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < total; i++) {
        struct record_attr *ra = &r.attrs[r.attr_count];
        struct dir_values v;
        if (!values_at(o, i, total, &v) || v.left > RECORD_VALUES_MAX)
            return ERR_MALFORMED;
        ra->attr = le32_at(o->attrs.ptr + (size_t)i * RECORD_TABLE_ENTRY);
        ra->values = arena_new_array(a, v.left, struct span);
        if (!ra->values)
            return ERR_NOMEM;
        while (v.left) {
            if (!dir_values_next(&v, &ra->values[ra->count++]))
                return ERR_MALFORMED;
        }
        r.attr_count++;
    }
    *out = r;
    return ERR_OK;
}
