#include "writer/draft.h"

#include "base/text.h"
#include "plat/random.h"

static struct draft_attr *slot(struct draft *d, uint32_t attr)
{
    for (unsigned i = 0; i < d->count; i++)
        if (d->attrs[i].attr->id == attr)
            return &d->attrs[i];
    return NULL;
}

/* Doubles an array in the arena. */
static void *grown(struct arena *a, const void *old, unsigned count, unsigned *cap, size_t size)
{
    unsigned wider = *cap ? *cap * 2 : 8;
    void *mem = arena_array(a, wider, size);
    if (mem && count)
        memcpy(mem, old, count * size);
    if (mem)
        *cap = wider;
    return mem;
}

static enum err slot_new(struct draft *d, uint32_t attr, struct draft_attr **out)
{
    struct draft_attr *s = slot(d, attr);
    const struct schema_attr *sa = schema_attr(attr);
    if (!sa)
        return ERR_NOT_FOUND;
    if (!s) {
        if (d->count == d->cap) {
            void *mem = grown(d->op->a, d->attrs, d->count, &d->cap, sizeof *d->attrs);
            if (!mem)
                return ERR_NOMEM;
            d->attrs = mem;
        }
        s = &d->attrs[d->count++];
        *s = (struct draft_attr){.attr = sa};
    }
    *out = s;
    return ERR_OK;
}

static enum err slot_push(struct draft *d, struct draft_attr *s, struct span value)
{
    if (s->count >= DRAFT_VALUES_MAX)
        return ERR_LIMIT;
    if (s->count == s->cap) {
        void *mem = grown(d->op->a, s->v, s->count, &s->cap, sizeof *s->v);
        if (!mem)
            return ERR_NOMEM;
        s->v = mem;
    }
    struct span copy = arena_dup_span(d->op->a, value);
    if (value.len && !copy.ptr)
        return ERR_NOMEM;
    s->v[s->count++] = copy;
    return ERR_OK;
}

enum err draft_load(struct op *op, const struct dir_obj *o, struct draft *out)
{
    *out = (struct draft){.op = op, .obj = *o, .id = o->id, .parent = o->parent};
    out->cls = schema_class(o->class_id);
    if (!out->cls)
        return ERR_IO;
    out->rdn = arena_dup_span(op->a, o->rdn);
    out->guid = o->guid;
    out->has_sid = op_sid(o, &out->sid);
    size_t pos = 0;
    uint32_t attr;
    struct dir_values values;
    while (dir_attr_next(o, &pos, &attr, &values)) {
        struct draft_attr *s;
        struct span v;
        TRY(slot_new(out, attr, &s));
        while (dir_values_next(&values, &v))
            TRY(slot_push(out, s, v));
    }
    return ERR_OK;
}

/* 90 random bits stay in a row of up to 2^32. */
static void new_guid(struct op_guids *row, struct guid *out)
{
    uint8_t drawn[16];
    if (!row || !row->count)
        plat_random(drawn, sizeof drawn);
    if (row) {
        if (!row->count)
            memcpy(row->drawn, drawn, sizeof drawn);
        memcpy(drawn, row->drawn, 12);
        for (unsigned i = 0; i < 4; i++)
            drawn[15 - i] = (uint8_t)(row->count >> 8 * i);
        row->count++;
    }
    guid_from_random(drawn, out);
}

void draft_begin(struct op *op, dir_id parent, const struct schema_class *cls, struct span rdn,
                 struct draft *out)
{
    *out = (struct draft){.op = op, .is_new = true, .parent = parent, .cls = cls, .rdn = rdn};
    out->id = dir_write_next_id(op->txn);
    new_guid(op->guids, &out->guid);
}

struct draft_attr *draft_find(const struct draft *d, uint32_t attr)
{
    struct draft_attr *s = slot((struct draft *)d, attr);
    return s && s->count ? s : NULL;
}

bool draft_has(const struct draft *d, uint32_t attr)
{
    return draft_find(d, attr) != NULL;
}

bool draft_changed(const struct draft *d, uint32_t attr)
{
    const struct draft_attr *s = slot((struct draft *)d, attr);
    return s && s->changed;
}

bool draft_first(const struct draft *d, uint32_t attr, struct span *out)
{
    const struct draft_attr *s = draft_find(d, attr);
    if (s)
        *out = s->v[0];
    return s;
}

static int64_t number(struct span v, int64_t otherwise)
{
    struct reader r = reader_of(v);
    if (v.len == 4)
        return (int32_t)reader_le32(&r);
    return v.len == 8 ? (int64_t)reader_le64(&r) : otherwise;
}

int64_t draft_i64(const struct draft *d, uint32_t attr, int64_t otherwise)
{
    struct span v;
    return draft_first(d, attr, &v) ? number(v, otherwise) : otherwise;
}

int32_t draft_i32(const struct draft *d, uint32_t attr, int32_t otherwise)
{
    return (int32_t)draft_i64(d, attr, otherwise);
}

int32_t draft_was_i32(const struct draft *d, uint32_t attr, int32_t otherwise)
{
    return d->is_new ? otherwise : dir_attr_i32(&d->obj, attr, otherwise);
}

enum err draft_set(struct draft *d, uint32_t attr, struct span value)
{
    struct draft_attr *s;
    TRY(slot_new(d, attr, &s));
    s->count = 0;
    s->changed = true;
    return slot_push(d, s, value);
}

enum err draft_set_i32(struct draft *d, uint32_t attr, int32_t value)
{
    uint8_t mem[4];
    struct builder b;
    builder_over(&b, mem, sizeof mem);
    builder_le32(&b, (uint32_t)value);
    return draft_set(d, attr, span_of(mem, sizeof mem));
}

enum err draft_set_i64(struct draft *d, uint32_t attr, int64_t value)
{
    uint8_t mem[8];
    struct builder b;
    builder_over(&b, mem, sizeof mem);
    builder_le64(&b, (uint64_t)value);
    return draft_set(d, attr, span_of(mem, sizeof mem));
}

enum err draft_set_text(struct draft *d, uint32_t attr, const char *value)
{
    return draft_set(d, attr, span_str(value));
}

enum err draft_set_bool(struct draft *d, uint32_t attr, bool value)
{
    uint8_t byte = value;
    return draft_set(d, attr, span_of(&byte, 1));
}

enum err draft_default_i32(struct draft *d, uint32_t attr, int32_t value)
{
    return draft_has(d, attr) ? ERR_OK : draft_set_i32(d, attr, value);
}

enum err draft_default_i64(struct draft *d, uint32_t attr, int64_t value)
{
    return draft_has(d, attr) ? ERR_OK : draft_set_i64(d, attr, value);
}

bool draft_same(const struct schema_attr *attr, struct span x, struct span y)
{
    switch (schema_syntax(attr->syntax)->rule) {
    case RULE_UNICODE:
        return text_eq_fold(x, y);
    case RULE_NO_CASE:
        return ascii_eq_fold(x, y);
    default:
        return span_eq(x, y);
    }
}

enum err draft_add(struct draft *d, uint32_t attr, struct span value, bool *existed_out)
{
    struct draft_attr *s;
    TRY(slot_new(d, attr, &s));
    bool existed = false;
    for (unsigned i = 0; i < s->count && !existed; i++)
        existed = draft_same(s->attr, s->v[i], value);
    if (existed_out)
        *existed_out = existed;
    if (existed)
        return ERR_OK;
    s->changed = true;
    return slot_push(d, s, value);
}

bool draft_remove(struct draft *d, uint32_t attr, struct span value)
{
    struct draft_attr *s = slot(d, attr);
    for (unsigned i = 0; s && i < s->count; i++) {
        if (!draft_same(s->attr, s->v[i], value))
            continue;
        memmove(&s->v[i], &s->v[i + 1], (s->count - i - 1) * sizeof *s->v);
        s->count--;
        s->changed = true;
        return true;
    }
    return false;
}

void draft_clear(struct draft *d, uint32_t attr)
{
    struct draft_attr *s = slot(d, attr);
    if (s && s->count) {
        s->count = 0;
        s->changed = true;
    }
}

enum err draft_link(struct draft *d, const struct schema_attr *attr, dir_id target,
                    struct span data, bool add)
{
    if (d->link_count >= DRAFT_LINKS_MAX)
        return ERR_LIMIT;
    if (d->link_count == d->link_cap) {
        void *mem = grown(d->op->a, d->links, d->link_count, &d->link_cap, sizeof *d->links);
        if (!mem)
            return ERR_NOMEM;
        d->links = mem;
    }
    d->links[d->link_count++] =
        (struct draft_link){attr, target, arena_dup_span(d->op->a, data), add};
    return ERR_OK;
}

bool draft_is(const struct draft *d, uint32_t class_id)
{
    if (schema_class_is(d->cls, class_id))
        return true;
    const struct draft_attr *s = draft_find(d, ATTR_objectClass);
    for (unsigned i = 0; s && i < s->count; i++)
        if ((uint32_t)number(s->v[i], 0) == class_id)
            return true;
    return false;
}

/* The record keeps these in places of their own; the class list is stored only when it says more
 * than the structural class does. */
static bool kept_elsewhere(const struct draft *d, const struct draft_attr *s)
{
    switch (s->attr->id) {
    case ATTR_objectClass:
        return s->count <= d->cls->chain.count;
    case ATTR_objectGUID:
    case ATTR_name:
    case ATTR_whenCreated:
    case ATTR_whenChanged:
    case ATTR_uSNCreated:
    case ATTR_uSNChanged:
        return true;
    default:
        return s->attr->id == d->cls->rdn_attr;
    }
}

void draft_write(struct draft *d)
{
    struct change *c = d->op->c;
    if (d->is_new)
        change_create(c, d->id, d->parent, d->cls->id, &d->guid, d->flags, d->rdn);
    for (unsigned i = 0; i < d->count; i++)
        if (d->attrs[i].changed && !kept_elsewhere(d, &d->attrs[i]))
            change_set(c, d->id, d->attrs[i].attr->id, d->attrs[i].v, d->attrs[i].count);
        else if (d->attrs[i].changed && d->attrs[i].attr->id == ATTR_objectClass && !d->is_new)
            change_set(c, d->id, ATTR_objectClass, NULL, 0);
    if (d->sd_like)
        change_sd_like(c, d->id, d->sd_like);
    else if (d->sd.len)
        change_sd(c, d->id, d->sd);
    for (unsigned i = 0; i < d->link_count; i++) {
        const struct draft_link *l = &d->links[i];
        if (l->add)
            change_link(c, l->attr->id, d->id, l->target, l->data);
        else
            change_unlink(c, l->attr->id, d->id, l->target, l->data);
    }
}

enum err draft_secrets(struct draft *d)
{
    struct op *op = d->op;
    if (d->secret[DIR_SECRET_BIND].len)
        change_secret(op->c, DIR_SECRET_BIND, d->id, d->secret[DIR_SECRET_BIND]);
    for (unsigned i = 0; i < DIR_SECRET_BIND; i++)
        if (d->secret[i].len)
            TRY(op_secret(op, (enum dir_secret_store)i, d->id, d->secret[i]));
    return ERR_OK;
}
