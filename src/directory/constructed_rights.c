#include "directory/constructed.h"

#include "directory/idset.h"

enum err constructed_sd_rights(struct constructing *c)
{
    unsigned parts = 0;

    if (access_object(c->snap, c->obj, c->token, ACCESS_WRITE_OWNER, NULL) == ERR_OK)
        parts |= SD_PART_OWNER | SD_PART_GROUP;
    if (access_object(c->snap, c->obj, c->token, ACCESS_WRITE_DAC, NULL) == ERR_OK)
        parts |= SD_PART_DACL;
    if (access_object(c->snap, c->obj, c->token, ACCESS_SYSTEM_SECURITY, NULL) == ERR_OK)
        parts |= SD_PART_SACL;
    return constructed_add_number(c, parts);
}

static bool writable(const struct constructing *c, const struct schema_attr *a)
{
    if (a->flags & (SCHEMA_BACKLINK | SCHEMA_CONSTRUCTED))
        return false;
    return access_object(c->snap, c->obj, c->token, ACCESS_WRITE_PROP, a) == ERR_OK;
}

static bool allowed_by(const struct constructing *c, const struct schema_attr *a)
{
    struct dir_values v;
    struct span id;

    if (schema_class_allows(c->class, a))
        return true;
    if (!dir_attr(c->obj, ATTR_objectClass, &v))
        return false;
    while (dir_values_next(&v, &id)) {
        struct reader r = reader_of(id);
        const struct schema_class *k = schema_class(reader_le32(&r));

        if (k && schema_class_allows(k, a))
            return true;
    }
    return false;
}

enum err constructed_attributes(struct constructing *c)
{
    bool effective = c->attr == ATTR_allowedAttributesEffective;

    for (unsigned i = 0; c->class && i < schema_attr_count(); i++) {
        const struct schema_attr *a = schema_attr_at(i);

        if (allowed_by(c, a) && (!effective || writable(c, a)))
            TRY(constructed_add_text(c, a->name));
    }
    return ERR_OK;
}

/* Security principals live in the domain, not in the configuration or the schema. */
static bool misplaced(const struct constructing *c, const struct schema_class *child)
{
    struct dir_naming naming;
    const struct schema_attr *sid = schema_attr(ATTR_sAMAccountName);
    dir_id nc = dir_nc_of(c->snap, c->obj->id);

    if (dir_naming(c->snap, &naming) != ERR_OK)
        return true;
    return (nc == naming.config_nc || nc == naming.schema_nc) && schema_class_allows(child, sid);
}

static bool can_create(const struct constructing *c, const struct schema_class *child)
{
    return !misplaced(c, child) && access_object_guid(c->snap, c->obj, c->token,
                                                      ACCESS_CREATE_CHILD, &child->guid) == ERR_OK;
}

enum err constructed_child_classes(struct constructing *c)
{
    bool effective = c->attr == ATTR_allowedChildClassesEffective;
    struct idset set = {.arena = c->arena};

    for (uint32_t i = 0; c->class && i < c->class->chain.count; i++) {
        const struct schema_list *l = &schema_class(c->class->chain.id[i])->inferiors;

        for (uint32_t j = 0; j < l->count; j++)
            TRY(idset_add(&set, l->id[j]));
    }
    for (unsigned i = 0; i < set.count; i++) {
        const struct schema_class *child = schema_class(set.ids[i]);

        if (!effective || can_create(c, child))
            TRY(constructed_add_text(c, child->name));
    }
    return ERR_OK;
}
