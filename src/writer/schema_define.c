/* The rules of one definition ([MS-ADTS] 3.1.1.2.3, 3.1.1.2.4, 3.1.1.3.1.1.2). */
#include <stdarg.h>

#include "base/text.h"
#include "directory/dir_schema.h"
#include "directory/schema_more.h"
#include "writer/schema.h"

#define SEARCH_FLAGS_KNOWN 0x3ff
/* Of the service's own attributes: base schema, computed, operational, renaming. */
#define SYSTEM_FLAGS_OURS 0x1e
/* linkID: 0 is none, and 1 would be its back link; the next free one is above all others. */
#define LINK_LOWEST  2
#define LINK_HIGHEST 0x3fffffff

static enum err invalid(struct draft *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static enum err invalid(struct draft *d, const char *fmt, ...)
{
    char why[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_INVALID, "%.*s: %s", SPAN_ARG(d->rdn),
                     why);
}

static enum err taken(struct draft *d, const char *what, const char *by)
{
    return op_refuse(d->op, ERR_CONSTRAINT, REASON_DIR_SCHEMA_TAKEN, "%.*s: %s is that of %s",
                     SPAN_ARG(d->rdn), what, by);
}

/* --- what both have -------------------------------------------------------------------------- */

static bool letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* RFC 4512, 1.4: keystring. */
static enum err name_rules(struct draft *d)
{
    struct span name;
    const size_t room = sizeof((struct schema_attr *)0)->name;
    if (!draft_first(d, ATTR_lDAPDisplayName, &name) || !letter(name.ptr[0]))
        return invalid(d, "lDAPDisplayName begins with a letter");
    for (size_t i = 0; i < name.len; i++)
        if (!letter(name.ptr[i]) && name.ptr[i] != '-' &&
            !(name.ptr[i] >= '0' && name.ptr[i] <= '9'))
            return invalid(d, "lDAPDisplayName has letters, digits and hyphens");
    if (name.len >= room || d->rdn.len >= sizeof((struct schema_attr *)0)->cn)
        return invalid(d, "lDAPDisplayName has at most %zu characters, and cn at most %zu",
                       room - 1, sizeof((struct schema_attr *)0)->cn - 1);
    const struct schema_attr *a = schema_attr_by_name(name);
    const struct schema_class *c = schema_class_by_name(name);
    return a || c ? taken(d, "lDAPDisplayName", a ? a->oid : c->oid) : ERR_OK;
}

/* Arcs without leading zeros, three at least; the first two as X.660 has them. */
static bool good_oid(struct span oid)
{
    uint64_t arc, first = 0;
    unsigned arcs = 0;
    for (size_t at = 0; at <= oid.len; arcs++) {
        const uint8_t *dot = memchr(oid.ptr + at, '.', oid.len - at);
        struct span one = span_sub(oid, at, dot ? (size_t)(dot - oid.ptr) - at : oid.len - at);
        if (text_to_u64(one, UINT32_MAX, &arc) != ERR_OK || (one.len > 1 && one.ptr[0] == '0') ||
            (arcs == 0 && arc > 2) || (arcs == 1 && first < 2 && arc > 39))
            return false;
        first = arcs ? first : arc;
        at += one.len + 1;
    }
    return arcs >= 3;
}

static enum err oid_rules(struct draft *d, uint32_t attr)
{
    char text[SCHEMA_OID_TEXT];
    struct span stored;
    size_t len = draft_first(d, attr, &stored) ? schema_oid_text(stored, text) : 0;
    struct span oid = span_of(text, len);
    if (!len || !good_oid(oid))
        return invalid(d, "%s is an object identifier in dotted digits", schema_attr(attr)->name);
    const struct schema_attr *a = schema_attr_by_name(oid);
    const struct schema_class *c = schema_class_by_name(oid);
    return a || c ? taken(d, schema_attr(attr)->name, a ? a->name : c->name) : ERR_OK;
}

static enum err guid_rules(struct draft *d)
{
    struct span v;
    struct guid g;
    if (!draft_first(d, ATTR_schemaIDGUID, &v) || v.len != sizeof g.b)
        return invalid(d, "schemaIDGUID has 16 bytes");
    memcpy(g.b, v.ptr, v.len);
    const struct schema_attr *a = schema_attr_by_guid(&g);
    const struct schema_class *c = schema_class_by_guid(&g);
    return a || c ? taken(d, "schemaIDGUID", a ? a->name : c->name) : ERR_OK;
}

static bool truth(const struct draft *d, uint32_t attr)
{
    struct span v;
    return draft_first(d, attr, &v) && v.len && v.ptr[0];
}

/* Who may make objects elsewhere may not make definitions there. */
static enum err place_rules(struct draft *d)
{
    return d->parent == d->op->naming.schema_nc
               ? ERR_OK
               : invalid(d, "definitions are directly below the head of the schema");
}

static enum err room(struct draft *d)
{
    unsigned attrs = schema_attr_count() - schema_attr_compiled();
    unsigned classes = schema_class_count() - schema_class_compiled();
    if (attrs + classes >= SCHEMA_MORE_MAX)
        return invalid(d, "the schema has %u extensions, and takes no more", SCHEMA_MORE_MAX);
    if (d->cls->id == CLASS_classSchema && classes >= SCHEMA_MORE_CLASSES_MAX)
        return invalid(d, "the schema has %u classes more than at first, and takes no more",
                       SCHEMA_MORE_CLASSES_MAX);
    return ERR_OK;
}

static enum err common(struct draft *d, uint32_t oid_attr)
{
    if (d->id >= SCHEMA_MORE_ID_END - SCHEMA_MORE_ID)
        return ERR_LIMIT;
    TRY(place_rules(d));
    TRY(name_rules(d));
    TRY(oid_rules(d, oid_attr));
    TRY(guid_rules(d));
    if (truth(d, ATTR_systemOnly) || truth(d, ATTR_isDefunct))
        return invalid(d, "systemOnly and isDefunct are not TRUE");
    if (draft_i32(d, ATTR_systemFlags, 0) & SYSTEM_FLAGS_OURS)
        return invalid(d, "systemFlags 0x%x are the service's own",
                       (unsigned)draft_i32(d, ATTR_systemFlags, 0) & SYSTEM_FLAGS_OURS);
    return room(d);
}

/* --- attributes ------------------------------------------------------------------------------ */

static enum err syntax_rules(struct draft *d, enum schema_syntax *out)
{
    char oid[SCHEMA_OID_TEXT];
    struct span stored, om_class = SPAN_NONE;
    size_t len = draft_first(d, ATTR_attributeSyntax, &stored) ? schema_oid_text(stored, oid) : 0;
    (void)draft_first(d, ATTR_oMObjectClass, &om_class);
    if (!draft_has(d, ATTR_oMSyntax) ||
        !schema_syntax_find(span_of(oid, len), (uint32_t)draft_i32(d, ATTR_oMSyntax, 0), om_class,
                            out))
        return invalid(d, "attributeSyntax, oMSyntax and oMObjectClass are those of no syntax");
    return ERR_OK;
}

static bool links_objects(enum schema_syntax s)
{
    return s == SYNTAX_DN || s == SYNTAX_DN_BINARY || s == SYNTAX_DN_STRING || s == SYNTAX_OR_NAME;
}

static enum err link_rules(struct draft *d, enum schema_syntax syntax)
{
    uint32_t link = (uint32_t)draft_i32(d, ATTR_linkID, 0);
    const struct schema_attr *forward = NULL;
    if (!link)
        return ERR_OK;
    if (link < LINK_LOWEST || link > LINK_HIGHEST)
        return invalid(d, "linkID is from %d to %d", LINK_LOWEST, LINK_HIGHEST);
    for (unsigned i = 0; i < schema_attr_count(); i++) {
        const struct schema_attr *a = schema_attr_at(i);
        if (a->link_id == link)
            return taken(d, "linkID", a->name);
        if (a->link_id == (link ^ 1))
            forward = a;
    }
    if (link & 1 ? syntax != SYNTAX_DN : !links_objects(syntax))
        return invalid(d,
                       "a link has a syntax of names of objects, and a back link is a plain one");
    if ((link & 1) && (!forward || truth(d, ATTR_isSingleValued)))
        return invalid(d, "a back link has a forward link, one less, and several values");
    if (forward && forward->index < schema_attr_compiled())
        return invalid(d, "linkID makes a pair with %s, which has none", forward->name);
    return ERR_OK;
}

static enum err map_rules(struct draft *d)
{
    uint32_t map = (uint32_t)draft_i32(d, ATTR_mAPIID, 0);
    for (unsigned i = 0; map && i < schema_attr_count(); i++)
        if (schema_attr_at(i)->map_id == map)
            return taken(d, "mAPIID", schema_attr_at(i)->name);
    return ERR_OK;
}

static enum err range_rules(struct draft *d)
{
    if (draft_has(d, ATTR_rangeLower) && draft_has(d, ATTR_rangeUpper) &&
        draft_i32(d, ATTR_rangeLower, 0) > draft_i32(d, ATTR_rangeUpper, 0))
        return invalid(d, "rangeLower is above rangeUpper");
    return ERR_OK;
}

enum err schema_define_handling(struct draft *d)
{
    TRY(range_rules(d));
    if (draft_i32(d, ATTR_searchFlags, 0) & ~SEARCH_FLAGS_KNOWN)
        return invalid(d, "searchFlags has bits that mean nothing");
    return ERR_OK;
}

enum err schema_define_attribute(struct draft *d)
{
    enum schema_syntax syntax;
    TRY(common(d, ATTR_attributeID));
    TRY(syntax_rules(d, &syntax));
    TRY(link_rules(d, syntax));
    TRY(map_rules(d));
    return schema_define_handling(d);
}

/* --- classes --------------------------------------------------------------------------------- */

static bool is_attribute(uint32_t id)
{
    const struct schema_attr *a = schema_attr(id);
    return a && !(a->flags & SCHEMA_DEFUNCT);
}

static bool is_class(uint32_t id)
{
    const struct schema_class *c = schema_class(id);
    return c && !(c->flags & SCHEMA_DEFUNCT);
}

static bool is_auxiliary(uint32_t id)
{
    const struct schema_class *c = schema_class(id);
    return is_class(id) && !(c->flags & SCHEMA_SYSTEM_ONLY) &&
           (c->category == CATEGORY_AUXILIARY || c->category == CATEGORY_88);
}

enum err schema_define_lists(struct draft *d)
{
    static const struct {
        uint32_t attr;
        bool (*fits)(uint32_t id);
        const char *want;
    } rows[] = {
        {ATTR_mustContain, is_attribute, "attributes"},
        {ATTR_mayContain, is_attribute, "attributes"},
        {ATTR_systemMustContain, is_attribute, "attributes"},
        {ATTR_systemMayContain, is_attribute, "attributes"},
        {ATTR_auxiliaryClass, is_auxiliary, "auxiliary classes"},
        {ATTR_systemAuxiliaryClass, is_auxiliary, "auxiliary classes"},
        {ATTR_possSuperiors, is_class, "classes"},
        {ATTR_systemPossSuperiors, is_class, "classes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct draft_attr *s = draft_find(d, rows[i].attr);
        for (unsigned k = 0; s && s->changed && k < s->count; k++) {
            struct reader r = reader_of(s->v[k]);
            if (s->v[k].len != 4 || !rows[i].fits(reader_le32(&r)))
                return invalid(d, "%s names what is not among the %s of the schema", s->attr->name,
                               rows[i].want);
        }
    }
    return ERR_OK;
}

/* Which kind may be derived from which ([MS-ADTS] 3.1.1.2.4.8). */
static enum err category_rules(struct draft *d, const struct schema_class *super)
{
    int32_t category = draft_i32(d, ATTR_objectClassCategory, -1);
    bool fits = category == CATEGORY_88;
    if (category == CATEGORY_STRUCTURAL)
        fits = super->category != CATEGORY_AUXILIARY;
    else if (category == CATEGORY_ABSTRACT)
        fits = super->category == CATEGORY_ABSTRACT;
    else if (category == CATEGORY_AUXILIARY)
        fits = super->category == CATEGORY_ABSTRACT || super->category == CATEGORY_AUXILIARY;
    return fits ? ERR_OK
                : invalid(d, "a class of objectClassCategory %d is not derived from %s", category,
                          super->name);
}

static enum err naming_rules(struct draft *d)
{
    const struct schema_attr *a = schema_attr((uint32_t)draft_i32(d, ATTR_rDNAttID, -1));
    if (!a || a->syntax != SYNTAX_UNICODE)
        return invalid(d, "rDNAttID is an attribute of syntax %s",
                       schema_syntax(SYNTAX_UNICODE)->name);
    return ERR_OK;
}

static enum err descriptor_rules(struct draft *d)
{
    struct span text, sd;
    if (!draft_first(d, ATTR_defaultSecurityDescriptor, &text) ||
        new_sd_parse(d->op->w->sds, text, d->op->a, &sd) == ERR_OK)
        return ERR_OK;
    return invalid(d, "defaultSecurityDescriptor is not a security descriptor in SDDL");
}

enum err schema_define_class(struct draft *d)
{
    const struct schema_class *super = schema_class((uint32_t)draft_i32(d, ATTR_subClassOf, 0));
    TRY(common(d, ATTR_governsID));
    if (!super || (super->flags & SCHEMA_DEFUNCT) ||
        (super->id != CLASS_top && (super->flags & SCHEMA_SYSTEM_ONLY)))
        return invalid(d, "subClassOf is no class of the schema, or one of the service's own");
    if (schema_class_is(super, CLASS_attributeSchema) || schema_class_is(super, CLASS_classSchema))
        return invalid(d, "definitions of attributes and classes are of no class but their own");
    if (super->chain.count >= SCHEMA_CHAIN_MAX)
        return invalid(d, "there are at most %d classes one above the other", SCHEMA_CHAIN_MAX);
    TRY(category_rules(d, super));
    TRY(naming_rules(d));
    TRY(descriptor_rules(d));
    return schema_define_lists(d);
}
