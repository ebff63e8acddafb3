#include "directory/constructed.h"

#include "base/text.h"

#define DESCRIPTION_MAX (512u << 10) /* SCHEMA_MORE_MAX names more, each as long as can be */

/* The descriptions of [MS-ADTS] 3.1.1.3.1.1.1, which are RFC 2252's with fewer parts. */

static void put_head(struct builder *b, const char *oid, const char *name)
{
    builder_printf(b, "( %s NAME '%s' ", oid, name);
}

static void put_oids(struct builder *b, const char *word, const struct schema_list *first,
                     const struct schema_list *second, const char *(*name)(uint32_t id))
{
    const struct schema_list *lists[2] = {first, second};
    unsigned n = 0;

    if (first->count + second->count == 0)
        return;
    builder_printf(b, "%s (", word);
    for (unsigned l = 0; l < 2; l++)
        for (uint32_t i = 0; i < lists[l]->count; i++)
            builder_printf(b, "%s%s ", n++ ? "$ " : "", name(lists[l]->id[i]));
    builder_printf(b, ") ");
}

static const char *attr_name(uint32_t id)
{
    return schema_attr(id)->name;
}

static const char *class_name(uint32_t id)
{
    return schema_class(id)->name;
}

static void put_hex(struct builder *b, const char *word, const struct guid *g)
{
    builder_printf(b, "%s '", word);
    for (unsigned i = 0; i < sizeof(g->b); i++)
        builder_printf(b, "%02X", g->b[i]);
    builder_printf(b, "' ");
}

static void put_attribute(struct builder *b, const struct schema_attr *a)
{
    const char *syntax = schema_syntax(a->syntax)->ldap_oid;

    put_head(b, a->oid, a->name);
    builder_printf(b, "SYNTAX '%s' ", a->syntax == SYNTAX_REPLICA_LINK ? "OctetString" : syntax);
    if (a->flags & SCHEMA_SINGLE)
        builder_printf(b, "SINGLE-VALUE ");
    if (a->flags & (SCHEMA_SYSTEM_ONLY | SCHEMA_CONSTRUCTED | SCHEMA_BACKLINK))
        builder_printf(b, "NO-USER-MODIFICATION ");
    builder_printf(b, ")");
}

static void put_attribute_info(struct builder *b, const struct schema_attr *a)
{
    put_head(b, a->oid, a->name);
    if (a->flags & SCHEMA_HAS_LOWER)
        builder_printf(b, "RANGE-LOWER '%lld' ", (long long)a->range_lower);
    if (a->flags & SCHEMA_HAS_UPPER)
        builder_printf(b, "RANGE-UPPER '%lld' ", (long long)a->range_upper);
    put_hex(b, "PROPERTY-GUID", &a->guid);
    if (!guid_is_zero(&a->property_set))
        put_hex(b, "PROPERTY-SET-GUID", &a->property_set);
    if (a->search_flags & SEARCH_INDEX)
        builder_printf(b, "INDEXED ");
    if (a->flags & SCHEMA_SYSTEM_ONLY)
        builder_printf(b, "SYSTEM-ONLY ");
    builder_printf(b, ")");
}

static void put_class(struct builder *b, const struct schema_class *k)
{
    static const char *const category[] = {"STRUCTURAL", "STRUCTURAL", "ABSTRACT", "AUXILIARY"};

    put_head(b, k->oid, k->name);
    if (k->super != k->id)
        builder_printf(b, "SUP %s ", class_name(k->super));
    builder_printf(b, "%s ", category[k->category]);
    put_oids(b, "MUST", &k->system_must, &k->must, attr_name);
    put_oids(b, "MAY", &k->system_may, &k->may, attr_name);
    builder_printf(b, ")");
}

static void put_class_info(struct builder *b, const struct schema_class *k)
{
    put_head(b, k->oid, k->name);
    put_hex(b, "CLASS-GUID", &k->guid);
    builder_printf(b, ")");
}

static void put_content_rule(struct builder *b, const struct schema_class *k)
{
    static const struct schema_list none;

    put_head(b, k->oid, k->name);
    put_oids(b, "AUX", &k->all_aux, &none, class_name);
    put_oids(b, "MUST", &k->all_must, &none, attr_name);
    put_oids(b, "MAY", &k->all_may, &none, attr_name);
    builder_printf(b, ")");
}

static enum err add_description(struct constructing *c, struct builder *b)
{
    struct span text;

    TRY(builder_done(b, &text));
    return constructed_add(c, arena_dup_span(c->arena, text));
}

static enum err describe_attributes(struct constructing *c, uint8_t *room,
                                    void (*put)(struct builder *b, const struct schema_attr *a))
{
    for (unsigned i = 0; i < schema_attr_count(); i++) {
        const struct schema_attr *a = schema_attr_at(i);
        struct builder b;

        if (a->flags & SCHEMA_DEFUNCT)
            continue;
        builder_over(&b, room, DESCRIPTION_MAX);
        put(&b, a);
        TRY(add_description(c, &b));
    }
    return ERR_OK;
}

/* Content rules are for classes that objects can be of. */
static enum err describe_classes(struct constructing *c, uint8_t *room,
                                 void (*put)(struct builder *b, const struct schema_class *k))
{
    for (unsigned i = 0; i < schema_class_count(); i++) {
        const struct schema_class *k = schema_class_at(i);
        struct builder b;

        if ((k->flags & SCHEMA_DEFUNCT) ||
            (put == put_content_rule && k->category != CATEGORY_STRUCTURAL))
            continue;
        builder_over(&b, room, DESCRIPTION_MAX);
        put(&b, k);
        TRY(add_description(c, &b));
    }
    return ERR_OK;
}

enum err constructed_subschema(struct constructing *c)
{
    uint8_t *room;

    if (!c->class || !schema_class_is(c->class, CLASS_subSchema))
        return ERR_OK;
    room = arena_alloc(c->arena, DESCRIPTION_MAX);
    if (!room)
        return ERR_NOMEM;
    switch (c->attr) {
    case ATTR_attributeTypes:
        return describe_attributes(c, room, put_attribute);
    case ATTR_extendedAttributeInfo:
        return describe_attributes(c, room, put_attribute_info);
    case ATTR_objectClasses:
        return describe_classes(c, room, put_class);
    case ATTR_extendedClassInfo:
        return describe_classes(c, room, put_class_info);
    default:
        return describe_classes(c, room, put_content_rule);
    }
}

/* Of a classSchema object: the classes whose objects may be below an object of this one. */
enum err constructed_inferiors(struct constructing *c)
{
    const struct schema_class *k;
    uint32_t id;

    if (!c->class || !schema_class_is(c->class, CLASS_classSchema))
        return ERR_OK;
    id = (uint32_t)dir_attr_i32(c->obj, ATTR_governsID, 0);
    k = schema_class((uint32_t)dir_attr_i32(c->obj, ATTR_msDS_IntId, (int32_t)id));
    for (uint32_t i = 0; k && i < k->inferiors.count; i++)
        TRY(constructed_add_text(c, class_name(k->inferiors.id[i])));
    return ERR_OK;
}
