#include "directory/constructed.h"

#include "directory/names.h"

/* --- values -------------------------------------------------------------------------------------
 */

enum err constructed_add(struct constructing *c, struct span value)
{
    if (c->count == CONSTRUCTED_VALUES_MAX)
        return ERR_LIMIT;
    if (c->count == c->room) {
        unsigned room = c->room ? 2 * c->room : 4;
        struct span *more = arena_new_array(c->arena, room, struct span);

        if (!more)
            return ERR_NOMEM;
        if (c->count)
            memcpy(more, c->values, c->count * sizeof(*more));
        c->values = more;
        c->room = room;
    }
    c->values[c->count++] = value;
    return ERR_OK;
}

enum err constructed_add_text(struct constructing *c, const char *text)
{
    return text ? constructed_add(c, span_str(text)) : ERR_NOMEM;
}

enum err constructed_add_number(struct constructing *c, int64_t number)
{
    return constructed_add_text(c, arena_printf(c->arena, "%lld", (long long)number));
}

enum err constructed_add_dn(struct constructing *c, dir_id id)
{
    struct span dn;

    TRY(dir_dn(c->snap, id, c->arena, &dn));
    return constructed_add(c, dn);
}

enum err constructed_add_bool(struct constructing *c, bool b)
{
    return constructed_add_text(c, b ? "TRUE" : "FALSE");
}

/* --- the simple ones
 * ------------------------------------------------------------------------------ */

/* [MS-ADTS] 3.1.1.1.7: the DNS name of the trailing DC components, then the rest from the top. */
static enum err canonical_name(struct constructing *c)
{
    struct builder b;
    struct span text, name;
    struct dn dn;
    unsigned top;

    TRY(dir_dn(c->snap, c->obj->id, c->arena, &text));
    TRY(dn_parse(text, c->arena, &dn));
    top = dn.count;
    while (top > 0 && dn.rdn[top - 1].type.len == 2 && (dn.rdn[top - 1].type.ptr[0] | 0x20) == 'd')
        top--;
    builder_in(&b, c->arena, DN_TEXT_MAX);
    for (unsigned i = top; i < dn.count; i++) {
        if (i > top)
            builder_u8(&b, '.');
        builder_span(&b, dn.rdn[i].value);
    }
    for (unsigned i = top; i > 0; i--) {
        struct span v = dn.rdn[i - 1].value;

        builder_u8(&b, '/');
        for (size_t j = 0; j < v.len; j++) {
            if (v.ptr[j] == '/')
                builder_u8(&b, '\\');
            builder_u8(&b, v.ptr[j]);
        }
    }
    if (top == 0)
        builder_u8(&b, '/');
    TRY(builder_done(&b, &name));
    return constructed_add(c, name);
}

static enum err sub_schema(struct constructing *c)
{
    struct dir_naming naming;
    struct dir_obj o;

    TRY(dir_naming(c->snap, &naming));
    TRY(dir_child(c->snap, naming.schema_nc, SPAN_LIT("Aggregate"), &o));
    return constructed_add_dn(c, o.id);
}

static enum err parent_guid(struct constructing *c)
{
    struct dir_obj parent;

    if (c->obj->flags & DIR_OBJ_NC_HEAD)
        return ERR_OK;
    TRY(dir_by_id(c->snap, c->obj->parent, &parent));
    return constructed_add(c, arena_dup_span(c->arena, span_of(parent.guid.b, 16)));
}

/* Clients keep the subschema until it was modified: when the schema was, which its head counts. */
static enum err time_stamp(struct constructing *c)
{
    uint32_t from = c->attr == ATTR_createTimeStamp ? ATTR_whenCreated : ATTR_whenChanged;
    struct dir_obj o = *c->obj;
    struct span stored, text;

    if (from == ATTR_whenChanged && o.class_id == CLASS_subSchema)
        TRY(dir_by_id(c->snap, c->obj->parent, &o));
    if (!dir_attr_first(&o, from, &stored))
        return ERR_OK;
    TRY(dir_value_to_text(c->snap, from, stored, c->arena, &text));
    return constructed_add(c, text);
}

#define INSTANCE_WRITABLE 4

static enum err from_entry(struct constructing *c)
{
    return constructed_add_bool(c, dir_attr_i32(c->obj, ATTR_instanceType, INSTANCE_WRITABLE) &
                                       INSTANCE_WRITABLE);
}

static enum err structural_class(struct constructing *c)
{
    for (uint32_t i = 0; c->class && i < c->class->chain.count; i++)
        TRY(constructed_add_text(c, schema_class(c->class->chain.id[i])->name));
    return ERR_OK;
}

/* Classes of the object that its most specific class does not bring along. */
static enum err auxiliary_classes(struct constructing *c)
{
    struct dir_values v;
    struct span id;

    if (!c->class || !dir_attr(c->obj, ATTR_objectClass, &v))
        return ERR_OK;
    while (dir_values_next(&v, &id)) {
        struct reader r = reader_of(id);
        const struct schema_class *k = schema_class(reader_le32(&r));

        if (k && !schema_class_is(c->class, k->id))
            TRY(constructed_add_text(c, k->name));
    }
    return ERR_OK;
}

static enum err subordinates(struct constructing *c)
{
    struct dir_child_cursor cursor = {0};
    int64_t n = 0;
    dir_id id;

    if (!access_lists_children(c->snap, c->obj, c->token))
        return constructed_add_number(c, 0);
    while (n < CONSTRUCTED_VALUES_MAX && dir_child_next(c->snap, c->obj->id, &cursor, &id))
        n++;
    return constructed_add_number(c, n);
}

/* --- dispatch
 * ------------------------------------------------------------------------------------- */

static const struct {
    uint32_t attr;
    enum err (*make)(struct constructing *c);
} table[] = {
    {ATTR_canonicalName, canonical_name},
    {ATTR_subSchemaSubEntry, sub_schema},
    {ATTR_parentGUID, parent_guid},
    {ATTR_createTimeStamp, time_stamp},
    {ATTR_modifyTimeStamp, time_stamp},
    {ATTR_fromEntry, from_entry},
    {ATTR_structuralObjectClass, structural_class},
    {ATTR_msDS_Auxiliary_Classes, auxiliary_classes},
    {ATTR_msDS_Approx_Immed_Subordinates, subordinates},
    {ATTR_tokenGroups, constructed_token_groups},
    {ATTR_tokenGroupsNoGCAcceptable, constructed_token_groups},
    {ATTR_tokenGroupsGlobalAndUniversal, constructed_token_groups},
    {ATTR_msDS_User_Account_Control_Computed, constructed_uac},
    {ATTR_msDS_UserPasswordExpiryTimeComputed, constructed_password_expiry},
    {ATTR_msDS_ResultantPSO, constructed_pso},
    {ATTR_msDS_KeyVersionNumber, constructed_key_version},
    {ATTR_primaryGroupToken, constructed_primary_group_token},
    {ATTR_msDS_PrincipalName, constructed_principal_name},
    {ATTR_msds_memberOfTransitive, constructed_transitive},
    {ATTR_msds_memberTransitive, constructed_transitive},
    {ATTR_sDRightsEffective, constructed_sd_rights},
    {ATTR_allowedAttributes, constructed_attributes},
    {ATTR_allowedAttributesEffective, constructed_attributes},
    {ATTR_allowedChildClasses, constructed_child_classes},
    {ATTR_allowedChildClassesEffective, constructed_child_classes},
    {ATTR_possibleInferiors, constructed_inferiors},
    {ATTR_attributeTypes, constructed_subschema},
    {ATTR_objectClasses, constructed_subschema},
    {ATTR_dITContentRules, constructed_subschema},
    {ATTR_extendedAttributeInfo, constructed_subschema},
    {ATTR_extendedClassInfo, constructed_subschema},
};

bool dir_attr_is_constructed(uint32_t attr)
{
    const struct schema_attr *a = schema_attr(attr);

    return a && (a->flags & SCHEMA_CONSTRUCTED) && !(a->flags & SCHEMA_BACKLINK);
}

enum err dir_constructed(const struct dir_snap *s, const struct dir_obj *o, uint32_t attr,
                         const struct dir_token *token, utime now, struct arena *a,
                         struct span **values_out, unsigned *count_out)
{
    struct constructing c = {.snap = s,
                             .obj = o,
                             .class = schema_class(o->class_id),
                             .token = token,
                             .now = now,
                             .arena = a,
                             .attr = attr};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].attr == attr)
            TRY(table[i].make(&c));
    if (c.count == 0)
        return ERR_NOT_FOUND;
    *values_out = c.values;
    *count_out = c.count;
    return ERR_OK;
}
