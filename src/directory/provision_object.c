#include "base/text.h"
#include "directory/names.h"
#include "directory/provision_internal.h"

static enum err find_parent(struct provision *p, struct span dn)
{
    struct dir_obj o;
    if (p->parent && span_eq(dn, p->parent_dn))
        return ERR_OK;
    TRY(dir_by_dn(&p->txn->snap, dn, &o, NULL));
    p->parent = o.id;
    p->parent_sd_id = o.sd_id;
    p->parent_dn = arena_dup_span(&p->names, dn);
    return p->parent_dn.len ? ERR_OK : ERR_NOMEM;
}

static void draw_guid(struct provision *p, struct guid *out)
{
    uint8_t random[16];
    p->args->random(random, sizeof random);
    guid_from_random(random, out);
}

static void clear(struct provision *p, struct provision_object *o)
{
    o->p = p;
    o->cls = NULL;
    o->flags = 0;
    o->sd = SPAN_NONE;
    o->grant = NULL;
    o->update = false;
    o->attr_count = o->value_count = 0;
    memset(o->secrets, 0, sizeof o->secrets);
    o->c = change_new(&p->scratch, p->args->now);
}

enum err provision_begin(struct provision *p, struct span dn, const struct schema_class *cls,
                         dir_id id, struct provision_object *o)
{
    uint8_t buf[DN_VALUE_MAX];
    struct dn_rdn leaf;
    size_t pos = 0;
    clear(p, o);
    if (!cls)
        return ERR_NOT_FOUND;
    TRY(dn_next(dn, &pos, buf, &leaf));
    o->rdn = arena_dup_span(&p->scratch, leaf.value);
    TRY(find_parent(p, span_sub(dn, pos, dn.len)));
    o->cls = cls;
    o->id = id ? id : dir_write_next_id(p->txn);
    o->parent = p->parent;
    o->grant = provision_managed_grant(p, dn);
    draw_guid(p, &o->guid);
    return o->c ? ERR_OK : ERR_NOMEM;
}

enum err provision_begin_update(struct provision *p, struct span dn, struct provision_object *o)
{
    struct dir_obj obj;
    clear(p, o);
    TRY(dir_by_dn(&p->txn->snap, dn, &obj, NULL));
    o->cls = schema_class(obj.class_id);
    o->id = obj.id;
    o->update = true;
    return o->c ? ERR_OK : ERR_NOMEM;
}

static enum err slot_of(struct provision_object *o, uint32_t attr, unsigned *out)
{
    const struct schema_attr *sa = schema_attr(attr);
    unsigned i = 0;
    while (i < o->attr_count && o->attrs[i].attr != sa)
        i++;
    if (!sa || i == PROVISION_ATTRS_MAX)
        return ERR_LIMIT;
    if (i == o->attr_count) {
        o->attrs[i].attr = sa;
        o->attrs[i].count = 0;
        o->attr_count++;
    }
    *out = i;
    return ERR_OK;
}

bool provision_given(const struct provision_object *o, uint32_t attr)
{
    for (unsigned i = 0; i < o->attr_count; i++)
        if (o->attrs[i].attr->id == attr)
            return true;
    return false;
}

enum err provision_raw(struct provision_object *o, uint32_t attr, struct span stored)
{
    unsigned slot;
    TRY(slot_of(o, attr, &slot));
    if (o->value_count == PROVISION_VALUES_MAX)
        return ERR_LIMIT;
    o->values[o->value_count] = arena_dup_span(&o->p->scratch, stored);
    o->owner[o->value_count++] = (uint8_t)slot;
    o->attrs[slot].count++;
    return ERR_OK;
}

enum err provision_i32(struct provision_object *o, uint32_t attr, int32_t value)
{
    uint8_t mem[4];
    struct builder b;
    builder_over(&b, mem, sizeof mem);
    builder_le32(&b, (uint32_t)value);
    return provision_raw(o, attr, span_of(mem, sizeof mem));
}

enum err provision_i64(struct provision_object *o, uint32_t attr, int64_t value)
{
    uint8_t mem[8];
    struct builder b;
    builder_over(&b, mem, sizeof mem);
    builder_le64(&b, (uint64_t)value);
    return provision_raw(o, attr, span_of(mem, sizeof mem));
}

enum err provision_bool(struct provision_object *o, uint32_t attr, bool value)
{
    uint8_t byte = value;
    return provision_raw(o, attr, span_of(&byte, 1));
}

enum err provision_sid_value(struct provision_object *o, const struct sid *sid)
{
    uint8_t mem[SID_BYTES_MAX];
    return provision_raw(o, ATTR_objectSid, span_of(mem, sid_to_bytes(sid, mem)));
}

enum err provision_text(struct provision_object *o, uint32_t attr, struct span text)
{
    const struct schema_attr *sa = schema_attr(attr);
    struct span stored;
    if (sa && sa->syntax == SYNTAX_SID) {
        struct sid sid;
        TRY(sid_from_text(text, &sid));
        return provision_sid_value(o, &sid);
    }
    TRY(dir_value_from_text(&o->p->txn->snap, attr, text, &o->p->scratch, &stored));
    return provision_raw(o, attr, stored);
}

enum err provision_str(struct provision_object *o, uint32_t attr, const char *text)
{
    return provision_text(o, attr, span_str(text));
}

static enum err line(struct provision_object *o, struct span s)
{
    const uint8_t *colon = memchr(s.ptr, ':', s.len);
    if (!colon)
        return ERR_MALFORMED;
    size_t at = (size_t)(colon - s.ptr);
    const struct schema_attr *attr = schema_attr_by_name(span_sub(s, 0, at));
    struct span value = span_sub(s, at + 1, s.len);
    bool binary = value.len && value.ptr[0] == ':';
    if (!attr)
        return ERR_NOT_FOUND;
    value = span_sub(value, binary ? 2 : 1, value.len);
    if (binary)
        TRY(text_unbase64(value, &o->p->scratch, &value));
    return provision_text(o, attr->id, value);
}

enum err provision_lines(struct provision_object *o, const char *lines)
{
    struct span text;
    if (!lines)
        return ERR_OK;
    TRY(provision_expand(o->p, lines, &o->p->scratch, &text));
    while (text.len) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        TRY(line(o, span_sub(text, 0, len)));
        text = span_sub(text, len + 1, text.len);
    }
    return ERR_OK;
}

/* Who owns what the system makes: the administrators of the naming context ([MS-ADTS] 6.1.3.?). */
static void default_owner(const struct provision_object *o, struct sid *out)
{
    struct provision *p = o->p;
    uint32_t rid = 512;
    if (p->schema && (o->parent == p->schema || o->id == p->schema))
        rid = 518;
    else if (p->config && dir_is_under(&p->txn->snap, o->parent, p->config))
        rid = 519;
    sid_append(&p->sid, rid, out);
}

/* The text of a descriptor with more entries in its discretionary list, which are its last. */
static const char *with_grant(struct arena *a, const char *sddl, const char *aces)
{
    unsigned depth = 0;
    const char *s = sddl;
    for (; *s && !(depth == 0 && s[0] == 'S' && s[1] == ':'); s++)
        depth = depth + (*s == '(') - (*s == ')');
    return arena_printf(a, "%.*s%s%s", (int)(s - sddl), sddl, aces, s);
}

enum err provision_descriptor(struct provision_object *o, const char *sddl)
{
    struct provision *p = o->p;
    struct new_sd_args in = {.cls = o->cls, .parent_sd_id = p->parent_sd_id};
    struct span text;
    default_owner(o, &in.owner);
    in.group = in.owner;
    if (o->grant) {
        sddl = with_grant(&p->scratch, sddl ? sddl : o->cls->default_sd, o->grant);
        if (!sddl)
            return ERR_NOMEM;
    }
    if (sddl) {
        TRY(provision_expand(p, sddl, &p->scratch, &text));
        TRY(new_sd_parse(p->sds, text, &p->scratch, &in.creator_sd));
    }
    if (o->flags & DIR_OBJ_NC_HEAD) /* nothing is inherited across naming contexts */
        in.parent_sd_id = 0;
    else if (in.parent_sd_id)
        TRY(dir_sd(&p->txn->snap, in.parent_sd_id, &in.parent_sd));
    return new_sd_make(p->sds, &in, &p->scratch, &o->sd);
}

/* A new forest's classes have ids before they are objects; those of one that is there are found. */
static enum err category_of(struct provision *p, const struct schema_class *c, dir_id *out)
{
    struct dir_obj o;
    for (unsigned i = 0; p->class_objects && i < schema_class_count(); i++) {
        if (schema_class_at(i) == c) {
            *out = p->class_objects[i];
            return ERR_OK;
        }
    }
    TRY(dir_child(&p->txn->snap, p->schema, span_str(c->cn), &o));
    *out = o.id;
    return ERR_OK;
}

static enum err defaults(struct provision_object *o)
{
    const struct schema_class *category = schema_class(o->cls->default_category);
    dir_id id;
    if (category) {
        TRY(category_of(o->p, category, &id));
        TRY(provision_i32(o, ATTR_objectCategory, (int32_t)id));
    }
    if (!provision_given(o, ATTR_instanceType))
        TRY(provision_i32(o, ATTR_instanceType, 4));
    if ((o->cls->flags & SCHEMA_DEFAULT_HIDING) && !provision_given(o, ATTR_showInAdvancedViewOnly))
        TRY(provision_bool(o, ATTR_showInAdvancedViewOnly, true));
    if (provision_given(
            o, ATTR_isDeleted)) /* the containers of what is deleted ([MS-ADTS] 6.1.1.4.2) */
        o->flags |= DIR_OBJ_DELETED;
    return o->sd.len ? ERR_OK : provision_descriptor(o, NULL);
}

static void write_link(struct provision_object *o, uint32_t attr, struct span stored)
{
    struct reader r = reader_of(stored);
    dir_id target = reader_le32(&r);
    change_link(o->c, attr, o->id, target, reader_rest(&r));
}

static void write_attr(struct provision_object *o, unsigned slot)
{
    struct span values[PROVISION_VALUES_MAX];
    unsigned n = 0;
    const struct schema_attr *attr = o->attrs[slot].attr;
    for (unsigned i = 0; i < o->value_count; i++) {
        if (o->owner[i] != slot)
            continue;
        if (attr->flags & SCHEMA_LINK)
            write_link(o, attr->id, o->values[i]);
        else
            values[n++] = o->values[i];
    }
    if (n)
        change_set(o->c, o->id, attr->id, values, n);
}

enum err provision_end(struct provision_object *o)
{
    struct provision *p = o->p;
    struct span record;
    uint64_t usn;
    if (!o->update) {
        TRY(defaults(o));
        change_create(o->c, o->id, o->parent, o->cls->id, &o->guid, o->flags, o->rdn);
        change_sd(o->c, o->id, o->sd);
    }
    for (unsigned i = 0; i < o->attr_count; i++)
        write_attr(o, i);
    for (unsigned i = 0; i < DIR_SECRET__COUNT; i++)
        if (o->secrets[i].len)
            change_secret(o->c, (enum dir_secret_store)i, o->id, o->secrets[i]);
    TRY(change_done(o->c, &record));
    TRY(dir_write_apply(p->txn, record, &usn));
    if (o->update)
        p->parent = 0;
    arena_reset(&p->scratch);
    return ERR_OK;
}

enum err provision_row(struct provision *p, const struct provision_row *row)
{
    struct provision_object o;
    struct span dn;
    TRY(provision_expand(p, row->dn, &p->scratch, &dn));
    if (!row->object_class) {
        TRY(provision_begin_update(p, dn, &o));
    } else {
        TRY(provision_begin(p, dn, schema_class_by_name(span_str(row->object_class)), 0, &o));
    }
    TRY(provision_lines(&o, row->attrs));
    /* Only heads of naming contexts say in the tables what kind of instance they are. */
    if (provision_given(&o, ATTR_instanceType))
        o.flags = DIR_OBJ_NC_HEAD;
    if (row->sddl)
        TRY(provision_descriptor(&o, row->sddl));
    return provision_end(&o);
}

enum err provision_table_rows(struct provision *p, const struct provision_table *t)
{
    for (unsigned i = 0; i < t->count; i++)
        TRY(provision_row(p, &t->rows[i]));
    return ERR_OK;
}
