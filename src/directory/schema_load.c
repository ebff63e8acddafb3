/* The table of a directory's extensions, from the objects of its schema partition. */
#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/dir_schema.h"
#include "directory/index.h"
#include "directory/schema_more.h"
#include "directory/value.h"

#define TABLE_MEMORY (64u << 20)

struct loading {
    const struct dir_snap *s;
    struct schema_more *m;
    const struct schema_more *before; /* whose rows are used where they say the same; NULL */
    struct arena scratch;             /* of what is computed and mostly thrown away again */
    struct schema_attr *attrs;        /* in scratch */
    struct schema_drafts drafts;
    unsigned attr_count, class_count; /* new ones; first all that there are, then those read */
};

/* --- values ---------------------------------------------------------------------------------- */

static bool truth(const struct dir_obj *o, uint32_t attr)
{
    struct span v;
    return dir_attr_first(o, attr, &v) && v.len && v.ptr[0];
}

static uint32_t number(const struct dir_obj *o, uint32_t attr)
{
    return (uint32_t)dir_attr_i32(o, attr, 0);
}

static void guid_of(const struct dir_obj *o, uint32_t attr, struct guid *out)
{
    struct span v;
    if (dir_attr_first(o, attr, &v) && v.len == sizeof out->b)
        memcpy(out->b, v.ptr, v.len);
}

size_t schema_oid_text(struct span stored, char out[SCHEMA_OID_TEXT])
{
    if (stored.len < 4)
        return 0;
    if (le32_at(stored.ptr) != VALUE_OID_TEXT)
        return schema_id_to_oid(le32_at(stored.ptr), out);
    if (stored.len - 4 >= SCHEMA_OID_TEXT)
        return 0;
    memcpy(out, stored.ptr + 4, stored.len - 4);
    out[stored.len - 4] = 0;
    return stored.len - 4;
}

/* Zero-terminated; ERR_IO when it is missing or does not fit, which the writer sees to. */
static enum err name_into(const struct dir_obj *o, uint32_t attr, char *out, size_t room)
{
    struct span v;
    if (!dir_attr_first(o, attr, &v) || v.len >= room)
        return ERR_IO;
    memcpy(out, v.ptr, v.len);
    out[v.len] = 0;
    return ERR_OK;
}

static const char *text_of(struct loading *l, struct span v)
{
    return arena_dup_str(&l->scratch, v);
}

static enum err ids_of(struct loading *l, const struct dir_obj *o, uint32_t attr,
                       struct schema_list *out)
{
    struct dir_values v;
    struct span one;
    uint32_t count = 0, *id;
    if (!dir_attr(o, attr, &v))
        return ERR_OK;
    for (struct dir_values each = v; dir_values_next(&each, &one);)
        count++;
    id = arena_array(&l->scratch, count, sizeof *id);
    if (!id)
        return ERR_NOMEM;
    for (uint32_t i = 0; dir_values_next(&v, &one); i++) {
        if (one.len != 4)
            return ERR_IO;
        id[i] = le32_at(one.ptr);
    }
    *out = (struct schema_list){id, count};
    return ERR_OK;
}

/* --- attributes ------------------------------------------------------------------------------ */

static enum err syntax_of(const struct dir_obj *o, struct schema_attr *a)
{
    char oid[SCHEMA_OID_TEXT];
    struct span stored, om_class = SPAN_NONE;
    if (!dir_attr_first(o, ATTR_attributeSyntax, &stored))
        return ERR_IO;
    size_t len = schema_oid_text(stored, oid);
    (void)dir_attr_first(o, ATTR_oMObjectClass, &om_class);
    a->om_syntax = number(o, ATTR_oMSyntax);
    return schema_syntax_find(span_of(oid, len), a->om_syntax, om_class, &a->syntax) ? ERR_OK
                                                                                     : ERR_IO;
}

static bool indexable(const struct schema_attr *a)
{
    return !a->link_id && !(a->system_flags & 4) && a->syntax != SYNTAX_NT_SEC_DESC &&
           a->syntax != SYNTAX_REPLICA_LINK && a->syntax != SYNTAX_PRESENTATION_ADDRESS;
}

static uint32_t attr_flags(const struct dir_obj *o, const struct schema_attr *a)
{
    struct dir_values v;
    const struct {
        bool on;
        uint32_t flag;
    } rows[] = {
        {truth(o, ATTR_isSingleValued), SCHEMA_SINGLE},
        {(a->search_flags & SEARCH_INDEX) && indexable(a), SCHEMA_INDEXED},
        {a->search_flags & SEARCH_CONFIDENTIAL, SCHEMA_CONFIDENTIAL},
        {truth(o, ATTR_isMemberOfPartialAttributeSet), SCHEMA_GC},
        {truth(o, ATTR_systemOnly), SCHEMA_SYSTEM_ONLY},
        {truth(o, ATTR_isDefunct), SCHEMA_DEFUNCT},
        {a->link_id && !(a->link_id & 1), SCHEMA_LINK},
        {a->link_id & 1, SCHEMA_BACKLINK},
        {dir_attr(o, ATTR_rangeLower, &v), SCHEMA_HAS_LOWER},
        {dir_attr(o, ATTR_rangeUpper, &v), SCHEMA_HAS_UPPER},
        {truth(o, ATTR_showInAdvancedViewOnly), SCHEMA_ADVANCED_VIEW},
    };
    uint32_t flags = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        flags |= rows[i].on ? rows[i].flag : 0;
    return flags;
}

static enum err read_attr(struct loading *l, const struct dir_obj *o, uint32_t id)
{
    struct schema_attr *a = &l->attrs[l->attr_count];
    struct span oid;
    *a = (struct schema_attr){.id = id, .index = schema_attr_compiled() + l->attr_count};
    TRY(name_into(o, ATTR_lDAPDisplayName, a->name, sizeof a->name));
    if (o->rdn.len >= sizeof a->cn || !dir_attr_first(o, ATTR_attributeID, &oid) ||
        !schema_oid_text(oid, a->oid))
        return ERR_IO;
    memcpy(a->cn, o->rdn.ptr, o->rdn.len);
    TRY(syntax_of(o, a));
    a->link_id = number(o, ATTR_linkID);
    a->search_flags = number(o, ATTR_searchFlags);
    a->system_flags = number(o, ATTR_systemFlags);
    a->schema_flags = number(o, ATTR_schemaFlagsEx);
    a->map_id = number(o, ATTR_mAPIID);
    a->range_lower = dir_attr_i32(o, ATTR_rangeLower, 0);
    a->range_upper = dir_attr_i32(o, ATTR_rangeUpper, 0);
    if (schema_syntax(a->syntax)->rule != RULE_INTEGER) /* lengths */
        a->range_upper = (uint32_t)a->range_upper;
    guid_of(o, ATTR_schemaIDGUID, &a->guid);
    guid_of(o, ATTR_attributeSecurityGUID, &a->property_set);
    a->flags = attr_flags(o, a);
    l->attr_count++;
    return ERR_OK;
}

/* Both sides of a pair are new: compiled ones have theirs. */
static void pair_links(struct loading *l)
{
    for (unsigned i = 0; i < l->attr_count; i++)
        for (unsigned k = 0; l->attrs[i].link_id && k < l->attr_count; k++)
            if (l->attrs[k].link_id == (l->attrs[i].link_id ^ 1))
                l->attrs[i].partner = l->attrs[k].id;
}

/* --- classes --------------------------------------------------------------------------------- */

static enum err read_lists(struct loading *l, const struct dir_obj *o, struct schema_class *c)
{
    TRY(ids_of(l, o, ATTR_mustContain, &c->must));
    TRY(ids_of(l, o, ATTR_mayContain, &c->may));
    TRY(ids_of(l, o, ATTR_auxiliaryClass, &c->aux));
    return ids_of(l, o, ATTR_possSuperiors, &c->superiors);
}

static enum err read_system_lists(struct loading *l, const struct dir_obj *o,
                                  struct schema_class *c)
{
    TRY(ids_of(l, o, ATTR_systemMustContain, &c->system_must));
    TRY(ids_of(l, o, ATTR_systemMayContain, &c->system_may));
    TRY(ids_of(l, o, ATTR_systemAuxiliaryClass, &c->system_aux));
    return ids_of(l, o, ATTR_systemPossSuperiors, &c->system_superiors);
}

/* defaultObjectCategory names an object. */
static uint32_t category_of(struct loading *l, const struct dir_obj *o, uint32_t otherwise)
{
    struct dir_obj of;
    uint32_t id = number(o, ATTR_defaultObjectCategory);
    if (!id || dir_by_id(l->s, id, &of) != ERR_OK)
        return otherwise;
    id = number(&of, ATTR_msDS_IntId);
    return id ? id : number(&of, ATTR_governsID);
}

static enum err read_class(struct loading *l, const struct dir_obj *o, uint32_t id)
{
    struct schema_class *c = &l->drafts.row[schema_class_compiled() + l->class_count];
    struct span name, governs, sd;
    char oid[SCHEMA_OID_TEXT];
    if (!dir_attr_first(o, ATTR_lDAPDisplayName, &name) ||
        !dir_attr_first(o, ATTR_governsID, &governs) || !schema_oid_text(governs, oid))
        return ERR_IO;
    *c = (struct schema_class){.id = id, .index = schema_class_compiled() + l->class_count};
    c->name = text_of(l, name);
    c->cn = text_of(l, o->rdn);
    c->oid = text_of(l, span_str(oid));
    c->default_sd = dir_attr_first(o, ATTR_defaultSecurityDescriptor, &sd) ? text_of(l, sd) : NULL;
    c->category = (enum schema_category)number(o, ATTR_objectClassCategory);
    c->system_flags = number(o, ATTR_systemFlags);
    c->schema_flags = number(o, ATTR_schemaFlagsEx);
    c->super = number(o, ATTR_subClassOf);
    c->rdn_attr = number(o, ATTR_rDNAttID);
    c->default_category = category_of(l, o, id);
    guid_of(o, ATTR_schemaIDGUID, &c->guid);
    c->flags = (truth(o, ATTR_systemOnly) ? SCHEMA_SYSTEM_ONLY : 0) |
               (truth(o, ATTR_isDefunct) ? SCHEMA_DEFUNCT : 0) |
               (truth(o, ATTR_showInAdvancedViewOnly) ? SCHEMA_ADVANCED_VIEW : 0) |
               (truth(o, ATTR_defaultHidingValue) ? SCHEMA_DEFAULT_HIDING : 0);
    l->class_count++;
    TRY(read_lists(l, o, c));
    return read_system_lists(l, o, c);
}

/* Only what administrators may make longer can be other than compiled. */
static enum err read_compiled(struct loading *l, const struct dir_obj *o, uint32_t id)
{
    const struct schema_class *plain = id ? NULL : schema_class_plain(number(o, ATTR_governsID));
    return plain ? read_lists(l, o, &l->drafts.row[plain->index]) : ERR_OK;
}

/* --- the table ------------------------------------------------------------------------------- */

typedef enum err (*loader)(struct loading *l, const struct dir_obj *o, uint32_t id);

static enum err each(struct loading *l, struct dir_index_cursor *at, loader f)
{
    dir_id id;
    while (dir_index_next(l->s, at, &id)) {
        struct dir_obj o;
        TRY(dir_by_id(l->s, id, &o));
        TRY(f(l, &o, number(&o, ATTR_msDS_IntId)));
    }
    return dir_snap_err(l->s);
}

/* In the order of their ids, which is that of the objects'. */
static enum err each_extension(struct loading *l, loader f)
{
    struct dir_index_cursor at;
    TRY(dir_index_open(ATTR_msDS_IntId, INDEX_ANY, SPAN_NONE, false, &at));
    return each(l, &at, f);
}

static enum err each_class(struct loading *l, loader f)
{
    struct dir_index_cursor at;
    uint8_t id[4];
    le32_to(id, CLASS_classSchema);
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(id, sizeof id), false, &at));
    return each(l, &at, f);
}

static enum err count(struct loading *l, const struct dir_obj *o, uint32_t id)
{
    (void)id;
    l->attr_count += o->class_id == CLASS_attributeSchema;
    l->class_count += o->class_id == CLASS_classSchema;
    return l->attr_count + l->class_count > SCHEMA_MORE_MAX ? ERR_LIMIT : ERR_OK;
}

static enum err read_extension(struct loading *l, const struct dir_obj *o, uint32_t id)
{
    if (o->class_id == CLASS_attributeSchema)
        return read_attr(l, o, id);
    return o->class_id == CLASS_classSchema ? read_class(l, o, id) : ERR_OK;
}

/* The rows that there were; without an extension those that were compiled. */
static enum err rows_before(struct loading *l)
{
    const unsigned compiled = schema_class_compiled();
    const unsigned count = l->before ? l->before->class_count : compiled;
    const struct schema_class **was = arena_array(&l->scratch, count, sizeof *was);
    if (!was)
        return ERR_NOMEM;
    for (unsigned i = 0; i < count; i++) {
        was[i] = l->before ? l->before->classes[i] : NULL;
        if (!was[i])
            was[i] = schema_class_compiled_at(i);
    }
    l->drafts.was = was;
    l->drafts.was_count = count;
    return ERR_OK;
}

static enum err read_rows(struct loading *l)
{
    TRY(each_extension(l, count));
    const unsigned compiled = schema_class_compiled();
    l->m->attr_count = l->attr_count;
    l->m->class_count = l->drafts.count = compiled + l->class_count;
    l->drafts.arena = &l->scratch;
    l->attrs = arena_array(&l->scratch, l->attr_count, sizeof *l->attrs);
    l->drafts.row = arena_array(&l->scratch, l->drafts.count, sizeof *l->drafts.row);
    if ((l->attr_count && !l->attrs) || !l->drafts.row)
        return ERR_NOMEM;
    for (unsigned i = 0; i < compiled; i++)
        l->drafts.row[i] = *schema_class_compiled_at(i);
    l->attr_count = l->class_count = 0;
    TRY(each_extension(l, read_extension));
    TRY(each_class(l, read_compiled));
    pair_links(l);
    if (arena_failed(&l->scratch))
        return ERR_NOMEM;
    TRY(rows_before(l));
    return schema_derive(&l->drafts);
}

static enum err build(struct loading *l)
{
    TRY(read_rows(l));
    return schema_keep(l->m, l->before, l->attrs, l->drafts.row);
}

enum err schema_load(const struct dir_snap *s, uint32_t version, const struct schema_more *before,
                     struct schema_more **out)
{
    struct loading l = {.s = s, .before = before};
    l.m = calloc(1, sizeof *l.m);
    if (!l.m)
        return ERR_NOMEM;
    l.m->version = version;
    arena_init(&l.m->arena, 0, TABLE_MEMORY, 0);
    arena_init(&l.scratch, 0, TABLE_MEMORY, 0);
    enum err e = build(&l);
    arena_fini(&l.scratch);
    if (e != ERR_OK) {
        schema_more_free(l.m);
        return e;
    }
    *out = l.m;
    return ERR_OK;
}
