/* One attribute or class of the schema, from its object. */
#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/dir_schema.h"
#include "directory/value.h"

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

static enum err ids_of(const struct dir_obj *o, uint32_t attr, struct arena *a,
                       struct schema_list *out)
{
    struct dir_values v;
    struct span one;
    uint32_t count = 0, *id;
    if (!dir_attr(o, attr, &v))
        return ERR_OK;
    for (struct dir_values each = v; dir_values_next(&each, &one);)
        count++;
    id = arena_array(a, count, sizeof *id);
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

void schema_read_handling(const struct dir_obj *o, struct schema_attr *a)
{
    const uint32_t read = SCHEMA_CONFIDENTIAL | SCHEMA_GC;
    a->search_flags = number(o, ATTR_searchFlags);
    a->flags = (a->flags & ~read) | (attr_flags(o, a) & read);
}

enum err schema_read_attr(const struct dir_obj *o, struct schema_attr *a)
{
    struct span oid;
    memset(a, 0, sizeof *a); /* padding, too: rows are compared */
    a->id = number(o, ATTR_msDS_IntId);
    TRY(name_into(o, ATTR_lDAPDisplayName, a->name, sizeof a->name));
    if (o->rdn.len >= sizeof a->cn || !dir_attr_first(o, ATTR_attributeID, &oid) ||
        !schema_oid_text(oid, a->oid))
        return ERR_IO;
    memcpy(a->cn, o->rdn.ptr, o->rdn.len);
    TRY(syntax_of(o, a));
    a->link_id = number(o, ATTR_linkID);
    if (a->link_id && a->syntax == SYNTAX_OR_NAME) /* Exchange's; the name of an object alone */
        a->syntax = SYNTAX_DN;
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
    a->flags = attr_flags(o, a) | SCHEMA_OF_DIRECTORY;
    return ERR_OK;
}

/* --- classes --------------------------------------------------------------------------------- */

enum err schema_read_lists(const struct dir_obj *o, struct arena *a, struct schema_class *c)
{
    TRY(ids_of(o, ATTR_mustContain, a, &c->must));
    TRY(ids_of(o, ATTR_mayContain, a, &c->may));
    TRY(ids_of(o, ATTR_auxiliaryClass, a, &c->aux));
    return ids_of(o, ATTR_possSuperiors, a, &c->superiors);
}

static enum err system_lists(const struct dir_obj *o, struct arena *a, struct schema_class *c)
{
    TRY(ids_of(o, ATTR_systemMustContain, a, &c->system_must));
    TRY(ids_of(o, ATTR_systemMayContain, a, &c->system_may));
    TRY(ids_of(o, ATTR_systemAuxiliaryClass, a, &c->system_aux));
    return ids_of(o, ATTR_systemPossSuperiors, a, &c->system_superiors);
}

/* defaultObjectCategory names an object. */
static uint32_t category_of(const struct dir_snap *s, const struct dir_obj *o, uint32_t otherwise)
{
    struct dir_obj of;
    uint32_t id = number(o, ATTR_defaultObjectCategory);
    if (!id || dir_by_id(s, id, &of) != ERR_OK)
        return otherwise;
    id = number(&of, ATTR_msDS_IntId);
    return id ? id : number(&of, ATTR_governsID);
}

enum err schema_read_class(const struct dir_snap *s, const struct dir_obj *o, struct arena *a,
                           struct schema_class *c)
{
    struct span name, governs, sd;
    char oid[SCHEMA_OID_TEXT];
    if (!dir_attr_first(o, ATTR_lDAPDisplayName, &name) ||
        !dir_attr_first(o, ATTR_governsID, &governs) || !schema_oid_text(governs, oid))
        return ERR_IO;
    *c = (struct schema_class){.id = number(o, ATTR_msDS_IntId)};
    c->name = arena_dup_str(a, name);
    c->cn = arena_dup_str(a, o->rdn);
    c->oid = arena_dup_str(a, span_str(oid));
    c->default_sd =
        dir_attr_first(o, ATTR_defaultSecurityDescriptor, &sd) ? arena_dup_str(a, sd) : NULL;
    c->category = (enum schema_category)number(o, ATTR_objectClassCategory);
    c->system_flags = number(o, ATTR_systemFlags);
    c->schema_flags = number(o, ATTR_schemaFlagsEx);
    c->super = number(o, ATTR_subClassOf);
    c->rdn_attr = number(o, ATTR_rDNAttID);
    c->default_category = category_of(s, o, c->id);
    guid_of(o, ATTR_schemaIDGUID, &c->guid);
    c->flags = (truth(o, ATTR_systemOnly) ? SCHEMA_SYSTEM_ONLY : 0) |
               (truth(o, ATTR_isDefunct) ? SCHEMA_DEFUNCT : 0) |
               (truth(o, ATTR_showInAdvancedViewOnly) ? SCHEMA_ADVANCED_VIEW : 0) |
               (truth(o, ATTR_defaultHidingValue) ? SCHEMA_DEFAULT_HIDING : 0);
    TRY(schema_read_lists(o, a, c));
    TRY(system_lists(o, a, c));
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}
