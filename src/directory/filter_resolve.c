#include "directory/search.h"

#include "base/text.h"
#include "directory/idset.h"
#include "directory/links.h"

#define GUID_TEXT_LEN 36

struct resolve {
    const struct dir_snap *snap;
    struct arena *arena;
    unsigned nodes;
};

static void settle(struct dir_filter *f, enum dir_filter_op op)
{
    f->op = op;
    f->child = NULL;
}

/* What names nothing in the directory matches nothing; what is no value of the syntax is undefined.
 */
static void settle_by(struct dir_filter *f, enum err e)
{
    if (e != ERR_OK)
        settle(f, e == ERR_NOT_FOUND ? FILTER_FALSE : FILTER_UNDEFINED);
}

static enum err keep_number(struct resolve *r, struct dir_filter *f, int64_t number, size_t bytes)
{
    struct builder b;

    f->number = number;
    builder_in(&b, r->arena, bytes);
    if (bytes == 4)
        builder_le32(&b, (uint32_t)number);
    else
        builder_le64(&b, (uint64_t)number);
    return builder_done(&b, &f->stored);
}

/* A bound outside 32 bits holds for all or for none. */
static enum err clamp(struct dir_filter *f)
{
    if (f->number >= INT32_MIN && f->number <= INT32_MAX)
        return ERR_OK;
    if (f->op == FILTER_EQUAL || (f->op == FILTER_GE) == (f->number > 0))
        return ERR_NOT_FOUND;
    f->number = f->number > 0 ? INT32_MAX : INT32_MIN;
    return ERR_OK;
}

/* Numbers that only fit without a sign are taken as their two's complement: groupType is often
 * asked for as 2147483650. */
static enum err resolve_integer(struct resolve *r, struct dir_filter *f)
{
    bool large = f->schema->syntax == SYNTAX_LARGE_INTEGER;
    uint64_t bits;

    if (text_to_i64(f->value, &f->number) != ERR_OK) {
        TRY(text_to_u64(f->value, UINT64_MAX, &bits));
        f->number = large ? (int64_t)bits : INT64_MAX;
    }
    if (f->op == FILTER_BIT_AND || f->op == FILTER_BIT_OR)
        return ERR_OK;
    if (large)
        return keep_number(r, f, f->number, 8);
    if (f->number > INT32_MAX && f->number <= UINT32_MAX)
        f->number = (int32_t)(uint32_t)f->number;
    TRY(clamp(f));
    return keep_number(r, f, f->number, 4);
}

static enum err resolve_fixed(struct resolve *r, struct dir_filter *f)
{
    struct reader bytes;

    TRY(dir_value_from_text(r->snap, f->attr, f->value, r->arena, &f->stored));
    bytes = reader_of(f->stored);
    f->number = f->stored.len == 8 ? (int64_t)reader_le64(&bytes) : reader_u8(&bytes);
    return reader_end(&bytes);
}

static enum err resolve_oid(struct resolve *r, struct dir_filter *f)
{
    if (f->attr == ATTR_objectClass) {
        const struct schema_class *c = schema_class_by_name(f->value);

        return c ? keep_number(r, f, c->id, 4) : ERR_NOT_FOUND;
    }
    return dir_value_from_text(r->snap, f->attr, f->value, r->arena, &f->stored);
}

/* objectCategory=person names a class; what is meant is the category that its objects get
 * ([MS-ADTS] 3.1.1.3.1.3.5). */
static enum err category_of(struct resolve *r, struct span name, struct dir_obj *out)
{
    const struct schema_class *c = schema_class_by_name(name);
    const struct schema_class *category = c ? schema_class(c->default_category) : NULL;
    struct dir_naming naming;

    if (!category)
        return ERR_MALFORMED;
    TRY(dir_naming(r->snap, &naming));
    return dir_child(r->snap, naming.schema_nc, span_str(category->cn), out);
}

static enum err resolve_dn(struct resolve *r, struct dir_filter *f)
{
    struct dir_obj o;
    bool name =
        f->attr == ATTR_objectCategory && f->value.len && !memchr(f->value.ptr, '=', f->value.len);

    if (name)
        TRY(category_of(r, f->value, &o));
    else
        TRY(dir_by_dn(r->snap, f->value, &o, NULL));
    return keep_number(r, f, o.id, 4);
}

/* SIDs come as bytes or as S-1-..., GUIDs as bytes or as text. */
static enum err resolve_octets(struct resolve *r, struct dir_filter *f)
{
    uint8_t bytes[SID_BYTES_MAX];
    struct sid sid;
    struct guid guid;

    f->stored = f->value;
    if (f->schema->syntax == SYNTAX_SID && f->value.len > 2 && f->value.ptr[1] == '-') {
        TRY(sid_from_text(f->value, &sid));
        f->stored = arena_dup_span(r->arena, span_of(bytes, sid_to_bytes(&sid, bytes)));
    } else if (f->attr == ATTR_objectGUID && f->value.len == GUID_TEXT_LEN) {
        TRY(guid_from_text(f->value, &guid));
        f->stored = arena_dup_span(r->arena, span_of(guid.b, sizeof(guid.b)));
    }
    return f->stored.ptr || !f->value.len ? ERR_OK : ERR_NOMEM;
}

static enum err resolve_value(struct resolve *r, struct dir_filter *f)
{
    switch (schema_syntax(f->schema->syntax)->rule) {
    case RULE_INTEGER:
        return resolve_integer(r, f);
    case RULE_BOOL:
    case RULE_TIME:
        return resolve_fixed(r, f);
    case RULE_DN:
        return resolve_dn(r, f);
    case RULE_DN_DATA:
        return dir_value_from_text(r->snap, f->attr, f->value, r->arena, &f->stored);
    case RULE_OID:
        return resolve_oid(r, f);
    case RULE_OCTET:
        return resolve_octets(r, f);
    case RULE_CASE:
    case RULE_NO_CASE:
    case RULE_UNICODE:
        f->stored = f->value;
        return text_valid(f->value) ? ERR_OK : ERR_MALFORMED;
    case RULE_SEC_DESC:
        break;
    }
    return ERR_UNSUPPORTED;
}

static bool folds(const struct schema_attr *attr)
{
    enum schema_rule rule = schema_syntax(attr->syntax)->rule;

    return rule == RULE_UNICODE || rule == RULE_NO_CASE;
}

/* The parts are folded once, so that matching searches bytes. */
static enum err resolve_substring(struct resolve *r, struct dir_filter *f)
{
    if (!f->initial.len && !f->final.len && !f->any_count)
        return ERR_MALFORMED;
    if (f->any_count > DIR_SUBSTRING_PARTS_MAX)
        return ERR_LIMIT;
    f->stored = f->initial; /* as given, for the index */
    if (!folds(f->schema))
        return ERR_OK;
    if (!text_valid(f->initial) || !text_valid(f->final))
        return ERR_MALFORMED;
    TRY(text_fold(f->initial, r->arena, &f->initial));
    TRY(text_fold(f->final, r->arena, &f->final));
    for (unsigned i = 0; i < f->any_count; i++) {
        if (!text_valid(f->any[i]))
            return ERR_MALFORMED;
        TRY(text_fold(f->any[i], r->arena, &f->any[i]));
    }
    return ERR_OK;
}

/* All that reaches the object through the link. member:1941:=U holds for the groups above U,
 * memberOf:1941:=G for what is below G: each is a walk from the named object against the direction
 * in which the attribute points. */
static enum err resolve_chain(struct resolve *r, struct dir_filter *f)
{
    bool back = f->schema->flags & SCHEMA_BACKLINK;
    uint32_t attr = back ? f->schema->partner : f->attr;
    struct idset set = {.arena = r->arena, .max = DIR_CHAIN_MAX};
    struct dir_obj start;
    dir_id from, id;

    if (!(f->schema->flags & (SCHEMA_LINK | SCHEMA_BACKLINK)))
        return ERR_UNSUPPORTED;
    TRY(dir_by_dn(r->snap, f->value, &start, NULL));
    from = start.id;
    for (unsigned i = 0;; from = set.ids[i++]) {
        struct dir_link_cursor c = {0};

        while (back ? dir_link_next(r->snap, attr, from, &c, &id, NULL)
                    : dir_backlink_next(r->snap, attr, from, &c, &id))
            TRY(idset_add(&set, id));
        if (i == set.count)
            break;
    }
    idset_sort(&set);
    f->chain = set.ids;
    f->chain_count = set.count;
    return ERR_OK;
}

/* DN-Binary and DN-String are asked for by the DN alone. */
static enum err resolve_dn_part(struct resolve *r, struct dir_filter *f)
{
    struct dir_obj o;

    if (schema_syntax(f->schema->syntax)->rule != RULE_DN_DATA)
        return ERR_UNSUPPORTED;
    TRY(dir_by_dn(r->snap, f->value, &o, NULL));
    return keep_number(r, f, o.id, 4);
}

static enum err resolve_operands(struct resolve *r, struct dir_filter *f)
{
    const struct schema_syntax_row *syntax = schema_syntax(f->schema->syntax);

    switch (f->op) {
    case FILTER_APPROX:
        f->op = FILTER_EQUAL;
        return resolve_value(r, f);
    case FILTER_EQUAL:
        return resolve_value(r, f);
    case FILTER_GE:
    case FILTER_LE:
        return syntax->ordered ? resolve_value(r, f) : ERR_UNSUPPORTED;
    case FILTER_BIT_AND:
    case FILTER_BIT_OR:
        return syntax->bitwise ? resolve_value(r, f) : ERR_UNSUPPORTED;
    case FILTER_SUBSTRING:
        return syntax->substring ? resolve_substring(r, f) : ERR_UNSUPPORTED;
    case FILTER_IN_CHAIN:
        return resolve_chain(r, f);
    case FILTER_DN_WITH_DATA:
        return resolve_dn_part(r, f);
    default:
        return ERR_OK;
    }
}

static bool on_every_object(uint32_t attr)
{
    return attr == ATTR_objectClass || attr == ATTR_distinguishedName || attr == ATTR_name ||
           attr == ATTR_objectGUID;
}

static enum err resolve_node(struct resolve *r, struct dir_filter *f, unsigned depth);

/* --- ambiguous name resolution ([MS-ADTS] 3.1.1.3.1.3.4)
 * ------------------------------------------ */

static enum err add_leaf(struct resolve *r, struct dir_filter ***tail, uint32_t attr,
                         struct span value, bool exact)
{
    struct dir_filter *f = arena_new(r->arena, struct dir_filter);

    if (!f)
        return ERR_NOMEM;
    f->attr = attr;
    f->op = exact ? FILTER_EQUAL : FILTER_SUBSTRING;
    f->value = f->initial = value;
    **tail = f;
    *tail = &f->next;
    return ERR_OK;
}

/* (&(givenName=first*)(sn=last*)) */
static enum err add_names(struct resolve *r, struct dir_filter ***tail, struct span given,
                          struct span last, bool exact)
{
    struct dir_filter *both = arena_new(r->arena, struct dir_filter), **inner;

    if (!both)
        return ERR_NOMEM;
    both->op = FILTER_AND;
    inner = &both->child;
    TRY(add_leaf(r, &inner, ATTR_givenName, given, exact));
    TRY(add_leaf(r, &inner, ATTR_sn, last, exact));
    **tail = both;
    *tail = &both->next;
    return ERR_OK;
}

static struct span skip_spaces(struct span s)
{
    while (s.len && s.ptr[0] == ' ')
        s = span_sub(s, 1, s.len);
    return s;
}

static enum err expand_anr(struct resolve *r, struct dir_filter *f)
{
    struct span value = f->op == FILTER_SUBSTRING ? f->initial : f->value;
    bool exact = skip_spaces(value).len && skip_spaces(value).ptr[0] == '=';
    struct dir_filter *next = f->next, **tail;
    const uint8_t *space;

    if (exact)
        value = span_sub(skip_spaces(value), 1, value.len);
    if (f->op == FILTER_PRESENT || !value.len) {
        settle(f, f->op == FILTER_PRESENT ? FILTER_FALSE : FILTER_UNDEFINED);
        return ERR_OK;
    }
    *f = (struct dir_filter){.op = FILTER_OR, .next = next};
    tail = &f->child;
    for (unsigned i = 0; i < schema_attr_count(); i++) {
        const struct schema_attr *a = schema_attr_at(i);

        if (a->search_flags & SEARCH_ANR)
            TRY(add_leaf(r, &tail, a->id, value, exact || a->id == ATTR_legacyExchangeDN));
    }
    space = memchr(value.ptr, ' ', value.len);
    if (space) {
        struct span first = span_of(value.ptr, (size_t)(space - value.ptr));
        struct span second = span_sub(value, first.len + 1, value.len);

        TRY(add_names(r, &tail, first, second, exact));
        TRY(add_names(r, &tail, second, first, exact));
    }
    return ERR_OK;
}

/* --- the tree
 * ------------------------------------------------------------------------------------- */

static enum err resolve_leaf(struct resolve *r, struct dir_filter *f)
{
    enum err e;

    f->schema = schema_attr(f->attr);
    if (!f->schema) {
        settle(f, FILTER_UNDEFINED);
        return ERR_OK;
    }
    if (dir_attr_is_constructed(f->attr))
        return ERR_UNSUPPORTED;
    if (f->op == FILTER_PRESENT) {
        if (on_every_object(f->attr))
            settle(f, FILTER_TRUE);
        return ERR_OK;
    }
    e = resolve_operands(r, f);
    if (e == ERR_NOMEM || e == ERR_LIMIT || e == ERR_IO)
        return e;
    settle_by(f, e);
    return ERR_OK;
}

static enum err resolve_node(struct resolve *r, struct dir_filter *f, unsigned depth)
{
    if (depth > DIR_FILTER_DEPTH_MAX || ++r->nodes > DIR_FILTER_NODES_MAX)
        return ERR_LIMIT;
    if (f->attr == ATTR_aNR && f->op > FILTER_NOT && f->op < FILTER_UNDEFINED)
        TRY(expand_anr(r, f));
    switch (f->op) {
    case FILTER_AND:
    case FILTER_OR:
    case FILTER_NOT:
        for (struct dir_filter *c = f->child; c; c = c->next)
            TRY(resolve_node(r, c, depth + 1));
        return ERR_OK;
    case FILTER_UNDEFINED:
    case FILTER_TRUE:
    case FILTER_FALSE:
        return ERR_OK;
    default:
        return resolve_leaf(r, f);
    }
}

enum err dir_filter_resolve(const struct dir_snap *s, struct dir_filter *f, struct arena *a)
{
    struct resolve r = {.snap = s, .arena = a};

    return resolve_node(&r, f, 1);
}
