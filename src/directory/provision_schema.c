#include "directory/provision_internal.h"

/* The schema partition: one object for each attribute and class of the compiled schema, from the
 * same tables that validation uses, so that what clients read of the schema is what the server
 * does. */

static enum err text(struct provision_object *o, uint32_t attr, const char *value)
{
    return value ? provision_raw(o, attr, span_str(value)) : ERR_OK;
}

static enum err ids(struct provision_object *o, uint32_t attr, const struct schema_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        TRY(provision_i32(o, attr, (int32_t)list->id[i]));
    return ERR_OK;
}

static enum err guid(struct provision_object *o, uint32_t attr, const struct guid *g)
{
    return guid_is_zero(g) ? ERR_OK : provision_raw(o, attr, span_of(g->b, sizeof g->b));
}

static enum err begin(struct provision *p, const char *cn, uint32_t class_id, dir_id id,
                      struct provision_object *o)
{
    const char *dn = arena_printf(&p->scratch, "CN=%s,%.*s", cn, SPAN_ARG(p->schema_dn));
    return provision_begin(p, span_str(dn), schema_class(class_id), id, o);
}

static enum err common(struct provision_object *o, const char *name, const char *cn,
                       const char *admin_name, const char *description, uint32_t flags,
                       uint32_t system_flags, uint32_t schema_flags)
{
    TRY(text(o, ATTR_lDAPDisplayName, name));
    TRY(text(o, ATTR_adminDisplayName, admin_name ? admin_name : cn));
    TRY(text(o, ATTR_adminDescription, description ? description : cn));
    TRY(provision_bool(o, ATTR_showInAdvancedViewOnly, flags & SCHEMA_ADVANCED_VIEW));
    TRY(provision_bool(o, ATTR_systemOnly, flags & SCHEMA_SYSTEM_ONLY));
    if (flags & SCHEMA_DEFUNCT)
        TRY(provision_bool(o, ATTR_isDefunct, true));
    if (schema_flags)
        TRY(provision_i32(o, ATTR_schemaFlagsEx, (int32_t)schema_flags));
    return system_flags ? provision_i32(o, ATTR_systemFlags, (int32_t)system_flags) : ERR_OK;
}

static enum err syntax_of(struct provision_object *o, const struct schema_attr *a)
{
    const struct schema_syntax_row *row = schema_syntax(a->syntax);
    TRY(provision_str(o, ATTR_attributeSyntax, row->oid));
    TRY(provision_i32(o, ATTR_oMSyntax, (int32_t)a->om_syntax));
    if (row->om_class.len)
        TRY(provision_raw(o, ATTR_oMObjectClass, row->om_class));
    TRY(provision_bool(o, ATTR_isSingleValued, a->flags & SCHEMA_SINGLE));
    if (a->flags & SCHEMA_HAS_LOWER)
        TRY(provision_i32(o, ATTR_rangeLower, (int32_t)a->range_lower));
    if (a->flags & SCHEMA_HAS_UPPER)
        TRY(provision_i32(o, ATTR_rangeUpper, (int32_t)a->range_upper));
    return ERR_OK;
}

static enum err attribute(struct provision *p, const struct schema_attr *a)
{
    struct provision_object o;
    const struct schema_attr_texts *texts = schema_attr_texts(a);
    TRY(begin(p, a->cn, CLASS_attributeSchema, 0, &o));
    TRY(common(&o, a->name, a->cn, texts->admin_name, texts->description, a->flags, a->system_flags,
               a->schema_flags));
    TRY(provision_i32(&o, ATTR_attributeID, (int32_t)a->id));
    TRY(syntax_of(&o, a));
    if (a->link_id)
        TRY(provision_i32(&o, ATTR_linkID, (int32_t)a->link_id));
    if (a->map_id)
        TRY(provision_i32(&o, ATTR_mAPIID, (int32_t)a->map_id));
    TRY(provision_i32(&o, ATTR_searchFlags, (int32_t)a->search_flags));
    if (a->flags & SCHEMA_GC)
        TRY(provision_bool(&o, ATTR_isMemberOfPartialAttributeSet, true));
    TRY(guid(&o, ATTR_schemaIDGUID, &a->guid));
    TRY(guid(&o, ATTR_attributeSecurityGUID, &a->property_set));
    return provision_end(&o);
}

static enum err members(struct provision_object *o, const struct schema_class *c)
{
    TRY(ids(o, ATTR_mustContain, &c->must));
    TRY(ids(o, ATTR_mayContain, &c->may));
    TRY(ids(o, ATTR_systemMustContain, &c->system_must));
    TRY(ids(o, ATTR_systemMayContain, &c->system_may));
    TRY(ids(o, ATTR_auxiliaryClass, &c->aux));
    TRY(ids(o, ATTR_systemAuxiliaryClass, &c->system_aux));
    TRY(ids(o, ATTR_possSuperiors, &c->superiors));
    return ids(o, ATTR_systemPossSuperiors, &c->system_superiors);
}

static enum err class_object(struct provision *p, unsigned index)
{
    struct provision_object o;
    const struct schema_class *c = schema_class_at(index);
    TRY(begin(p, c->cn, CLASS_classSchema, p->class_objects[index], &o));
    TRY(common(&o, c->name, c->cn, c->admin_name, c->description, c->flags, c->system_flags,
               c->schema_flags));
    TRY(provision_i32(&o, ATTR_governsID, (int32_t)c->id));
    TRY(provision_i32(&o, ATTR_subClassOf, (int32_t)c->super));
    TRY(provision_i32(&o, ATTR_objectClassCategory, (int32_t)c->category));
    TRY(provision_i32(&o, ATTR_rDNAttID, (int32_t)c->rdn_attr));
    TRY(provision_bool(&o, ATTR_defaultHidingValue, c->flags & SCHEMA_DEFAULT_HIDING));
    TRY(text(&o, ATTR_defaultSecurityDescriptor, c->default_sd));
    TRY(guid(&o, ATTR_schemaIDGUID, &c->guid));
    TRY(members(&o, c));
    for (unsigned i = 0; i < schema_class_count(); i++)
        if (schema_class_at(i)->id == c->default_category)
            TRY(provision_i32(&o, ATTR_defaultObjectCategory, (int32_t)p->class_objects[i]));
    return provision_end(&o);
}

enum err provision_schema(struct provision *p)
{
    static const struct provision_row aggregate = {"CN=Aggregate,%S", "subSchema", NULL,
                                                   "systemFlags: 134217728\n"};
    for (unsigned i = 0; i < schema_attr_count(); i++)
        TRY(attribute(p, schema_attr_at(i)));
    for (unsigned i = 0; i < schema_class_count(); i++)
        TRY(class_object(p, i));
    return provision_row(p, &aggregate);
}

enum err provision_right_objects(struct provision *p)
{
    struct provision_object o;
    for (unsigned i = 0; i < provision_right_count; i++) {
        const struct provision_right *r = &provision_rights[i];
        const char *dn = arena_printf(&p->scratch, "CN=%s,CN=Extended-Rights,%.*s", r->name,
                                      SPAN_ARG(p->config_dn));
        TRY(provision_begin(p, span_str(dn), schema_class(CLASS_controlAccessRight), 0, &o));
        TRY(provision_str(&o, ATTR_displayName, r->display_name));
        TRY(provision_str(&o, ATTR_rightsGuid, r->guid));
        TRY(provision_i32(&o, ATTR_validAccesses, (int32_t)r->valid_accesses));
        if (r->localization_id)
            TRY(provision_i32(&o, ATTR_localizationDisplayId, (int32_t)r->localization_id));
        struct span rest = span_str(r->applies_to);
        while (rest.len) {
            const uint8_t *space = memchr(rest.ptr, ' ', rest.len);
            size_t len = space ? (size_t)(space - rest.ptr) : rest.len;
            TRY(provision_text(&o, ATTR_appliesTo, span_sub(rest, 0, len)));
            rest = span_sub(rest, len + 1, rest.len);
        }
        TRY(provision_end(&o));
    }
    return ERR_OK;
}
