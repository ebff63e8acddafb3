#include "writer/schema.h"

#include "base/text.h"
#include "directory/dir_schema.h"
#include "directory/schema_more.h"
#include "plat/random.h"
#include "writer/values.h"

/* linkID: "give me one" ([MS-ADTS] 3.1.1.2.3.1). */
#define LINK_AUTO SPAN_LIT("1.2.840.113556.1.2.50")
/* Links of extensions begin here; lower ones are Microsoft's to give. */
#define LINK_FIRST 100000
/* FLAG_SCHEMA_BASE_OBJECT ([MS-ADTS] 2.2.9) */
#define SYSTEM_FLAG_BASE 0x10

bool schema_object(const struct draft *d)
{
    return d->cls->id == CLASS_attributeSchema || d->cls->id == CLASS_classSchema;
}

static bool declares(const struct schema_list *list, uint32_t id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->id[i] == id)
            return true;
    return false;
}

/* What these two classes were compiled with: neither what top gives to all objects, as their
 * identities, nor what an extension adds. */
bool schema_defines(const struct draft *d, const struct schema_attr *attr)
{
    if (!d->is_new || !schema_object(d) || attr->id == ATTR_msDS_IntId)
        return false;
    const struct schema_class *c = schema_class_plain(d->cls->id);
    return declares(&c->system_must, attr->id) || declares(&c->must, attr->id) ||
           declares(&c->system_may, attr->id) || declares(&c->may, attr->id);
}

/* --- what a request may say in its own way --------------------------------------------------- */

static uint32_t free_link(void)
{
    uint32_t next = LINK_FIRST;
    for (unsigned i = 0; i < schema_attr_count(); i++) {
        uint32_t link = schema_attr_at(i)->link_id;
        if (link >= next)
            next = (link & ~1u) + 2;
    }
    return next;
}

/* A back link names its forward link. */
static enum err link_by_name(struct draft *d, struct span text, bool *taken_out)
{
    const struct schema_attr *forward = schema_attr_by_name(text);
    if (span_eq(text, LINK_AUTO)) {
        *taken_out = true;
        return draft_set_i32(d, ATTR_linkID, (int32_t)free_link());
    }
    if (!forward)
        return ERR_OK;
    *taken_out = true;
    if (!(forward->flags & SCHEMA_LINK))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_INVALID,
                         "linkID: %s is not a forward link", forward->name);
    return draft_set_i32(d, ATTR_linkID, (int32_t)forward->link_id + 1);
}

enum err schema_given(struct draft *d, const struct schema_attr *attr, const struct intent_mod *m,
                      bool *taken_out)
{
    *taken_out = false;
    if (!schema_object(d) || m->count != 1)
        return ERR_OK;
    if (attr->id == ATTR_linkID)
        return link_by_name(d, m->values[0], taken_out);
    if (attr->id == ATTR_defaultObjectCategory && text_eq_fold(m->values[0], d->op->in->target)) {
        *taken_out = true;
        return draft_set_i32(d, attr->id, (int32_t)d->id);
    }
    return ERR_OK;
}

/* --- defaults -------------------------------------------------------------------------------- */

/* "ms-Exch-House" is called msExchHouse ([MS-ADTS] 3.1.1.2.3.4). */
static enum err name_of_cn(struct draft *d)
{
    uint8_t *name = arena_alloc(d->op->a, d->rdn.len + 1);
    size_t len = 0;
    bool begins = false;
    if (!name)
        return ERR_NOMEM;
    for (size_t i = 0; i < d->rdn.len; i++) {
        uint8_t c = d->rdn.ptr[i];
        if (c == ' ' || c == '-' || c == '_') {
            begins = len > 0;
            continue;
        }
        if (len == 0 && c >= 'A' && c <= 'Z')
            c |= 0x20;
        else if (begins && c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 0x20);
        begins = false;
        name[len++] = c;
    }
    return draft_set(d, ATTR_lDAPDisplayName, span_of(name, len));
}

static enum err default_bool(struct draft *d, uint32_t attr, bool value)
{
    return draft_has(d, attr) ? ERR_OK : draft_set_bool(d, attr, value);
}

static enum err attribute_defaults(struct draft *d)
{
    char oid[SCHEMA_OID_TEXT];
    struct span stored, om_class = SPAN_NONE;
    enum schema_syntax syntax;
    (void)draft_first(d, ATTR_oMObjectClass, &om_class);
    TRY(draft_default_i32(d, ATTR_searchFlags, 0));
    if (!draft_first(d, ATTR_attributeSyntax, &stored) ||
        !schema_syntax_find(span_of(oid, schema_oid_text(stored, oid)),
                            (uint32_t)draft_i32(d, ATTR_oMSyntax, 0), om_class, &syntax))
        return ERR_OK; /* is refused later, with a reason */
    om_class = schema_syntax(syntax)->om_class;
    return om_class.len ? draft_set(d, ATTR_oMObjectClass, om_class) : ERR_OK;
}

static enum err class_defaults(struct draft *d)
{
    const struct schema_class *super = schema_class((uint32_t)draft_i32(d, ATTR_subClassOf, 0));
    TRY(draft_default_i32(d, ATTR_defaultObjectCategory, (int32_t)d->id));
    TRY(draft_default_i32(d, ATTR_rDNAttID, (int32_t)(super ? super->rdn_attr : ATTR_cn)));
    return default_bool(d, ATTR_defaultHidingValue, true);
}

enum err schema_defaults(struct draft *d)
{
    struct guid g;
    uint8_t drawn[16];
    if (!schema_object(d))
        return ERR_OK;
    if (!draft_has(d, ATTR_lDAPDisplayName))
        TRY(name_of_cn(d));
    if (!draft_has(d, ATTR_schemaIDGUID)) {
        plat_random(drawn, sizeof drawn);
        guid_from_random(drawn, &g);
        TRY(draft_set(d, ATTR_schemaIDGUID, span_of(g.b, sizeof g.b)));
    }
    if (!draft_has(d, ATTR_adminDisplayName))
        TRY(draft_set(d, ATTR_adminDisplayName, d->rdn));
    TRY(default_bool(d, ATTR_systemOnly, false));
    TRY(default_bool(d, ATTR_showInAdvancedViewOnly, true));
    TRY(draft_set_i32(d, ATTR_msDS_IntId, (int32_t)(SCHEMA_MORE_ID + d->id)));
    return d->cls->id == CLASS_attributeSchema ? attribute_defaults(d) : class_defaults(d);
}

/* --- changes of what is there ---------------------------------------------------------------- */

static bool is_text(uint32_t attr)
{
    switch (attr) {
    case ATTR_adminDescription:
    case ATTR_adminDisplayName:
    case ATTR_description:
    case ATTR_displayName:
        return true;
    default:
        return false;
    }
}

static bool is_list(uint32_t attr)
{
    return attr == ATTR_mayContain || attr == ATTR_auxiliaryClass || attr == ATTR_possSuperiors;
}

/* Who may read values and what new ones may be; nothing that is stored is other for it. */
static bool is_handling(uint32_t attr)
{
    switch (attr) {
    case ATTR_searchFlags:
    case ATTR_isMemberOfPartialAttributeSet:
    case ATTR_attributeSecurityGUID:
    case ATTR_rangeLower:
    case ATTR_rangeUpper:
        return true;
    default:
        return false;
    }
}

/* Of what every directory begins with, what an extension of a product asks for: to be found by
 * ambiguous names and in the global catalog. */
static bool changeable(const struct draft *d, uint32_t attr)
{
    if (is_text(attr))
        return true;
    if (d->cls->id == CLASS_classSchema)
        return is_list(attr);
    return draft_has(d, ATTR_msDS_IntId)
               ? is_handling(attr)
               : attr == ATTR_searchFlags || attr == ATTR_isMemberOfPartialAttributeSet;
}

/* Values that are there would have to be put into an index, or taken out; of compiled attributes
 * the bit is kept and means nothing, since products set it. Who may read those of the base schema
 * was decided with them; Active Directory does not let them become confidential either. */
static enum err flags_rules(struct draft *d)
{
    int32_t was = draft_was_i32(d, ATTR_searchFlags, 0), is = draft_i32(d, ATTR_searchFlags, 0);
    bool ours = !draft_has(d, ATTR_msDS_IntId);
    uint32_t fixed = SEARCH_PARTITION_SECRET;
    if (draft_i32(d, ATTR_systemFlags, 0) & SYSTEM_FLAG_BASE)
        fixed |= SEARCH_CONFIDENTIAL;
    if (ours && ((uint32_t)(was ^ is) & fixed))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_FIXED,
                         "%.*s: whether the base schema's attributes are confidential stays",
                         SPAN_ARG(d->rdn));
    if (!ours && ((was ^ is) & SEARCH_INDEX))
        return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_FIXED,
                         "%.*s: an index (bit 1 of searchFlags) comes with the definition alone",
                         SPAN_ARG(d->rdn));
    return ERR_OK;
}

/* Objects may rest on every value that there was. */
static enum err grows(struct draft *d, const struct draft_attr *s)
{
    struct dir_values was;
    struct span one;
    if (!is_list(s->attr->id) || !dir_attr(&d->obj, s->attr->id, &was))
        return ERR_OK;
    while (dir_values_next(&was, &one)) {
        bool kept = false;
        for (unsigned i = 0; i < s->count && !kept; i++)
            kept = span_eq(s->v[i], one);
        if (!kept)
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_FIXED,
                             "%.*s: nothing is taken out of %s", SPAN_ARG(d->rdn), s->attr->name);
    }
    return ERR_OK;
}

/* Objects of the class are there, and do not have what would now be missing. */
static enum err no_new_must(struct draft *d)
{
    uint32_t id = (uint32_t)draft_i32(d, ATTR_msDS_IntId, draft_i32(d, ATTR_governsID, 0));
    const struct schema_class *c = schema_class(id);
    const struct draft_attr *aux = draft_find(d, ATTR_auxiliaryClass);
    for (unsigned i = 0; c && aux && i < aux->count; i++) {
        struct reader r = reader_of(aux->v[i]);
        const struct schema_class *a = schema_class(reader_le32(&r));
        for (uint32_t k = 0; a && k < a->all_must.count; k++)
            if (!schema_list_has(&c->all_must, a->all_must.id[k]))
                return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_FIXED,
                                 "%s cannot become auxiliary to %s, whose objects do not have %s",
                                 a->name, c->name, schema_attr(a->all_must.id[k])->name);
    }
    return ERR_OK;
}

static enum err changed(struct draft *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        const struct draft_attr *s = &d->attrs[i];
        if (!s->changed)
            continue;
        if (!changeable(d, s->attr->id))
            return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_FIXED,
                             "%.*s: %s of what is in the schema is not changed", SPAN_ARG(d->rdn),
                             s->attr->name);
        TRY(grows(d, s));
    }
    if (d->cls->id == CLASS_attributeSchema) {
        TRY(flags_rules(d));
        return schema_define_handling(d);
    }
    TRY(schema_define_lists(d));
    return no_new_must(d);
}

static bool texts_alone(const struct draft *d)
{
    for (unsigned i = 0; i < d->count; i++)
        if (d->attrs[i].changed && !is_text(d->attrs[i].attr->id))
            return false;
    return true;
}

/* --- the count ------------------------------------------------------------------------------- */

/* schemaInfo: 0xFF, how often it changed, who changed it ([MS-ADTS] 3.1.1.2.3). Its owner is the
 * head of a naming context, so that every reader looks again. */
static enum err count_up(struct op *op)
{
    struct dir_obj head, owner;
    struct span who;
    uint8_t info[DIR_SCHEMA_INFO] = {0xff};
    struct builder b;
    TRY(dir_by_id(op->s, op->naming.schema_nc, &head));
    builder_over(&b, info + 1, 4);
    builder_be32(&b, dir_schema_version(&head) + 1);
    if (dir_by_id(op->s, (dir_id)dir_attr_i32(&head, ATTR_fSMORoleOwner, 0), &owner) == ERR_OK &&
        dir_attr_first(&owner, ATTR_invocationId, &who) && who.len == 16)
        memcpy(info + 5, who.ptr, who.len);
    const struct span value = span_of(info, sizeof info);
    change_set(op->c, head.id, ATTR_schemaInfo, &value, 1);
    return ERR_OK;
}

enum err schema_check(struct draft *d)
{
    if (!schema_object(d))
        return ERR_OK;
    if (!d->is_new) {
        TRY(changed(d));
        if (texts_alone(d)) /* for people */
            return ERR_OK;
    } else if (d->cls->id == CLASS_attributeSchema) {
        TRY(schema_define_attribute(d));
    } else {
        TRY(schema_define_class(d));
    }
    return count_up(d->op);
}
