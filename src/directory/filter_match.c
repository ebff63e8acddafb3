#include "directory/search.h"

#include "base/text.h"
#include "directory/links.h"

/* RFC 4511 4.5.1.7: and, or, not over three values. */
enum tri { TRI_FALSE, TRI_TRUE, TRI_UNDEFINED };

struct match {
    const struct dir_snap *snap;
    const struct dir_obj *obj;
    struct dir_reader reader;
    struct arena *scratch;
};

static enum tri tri_of(bool b)
{
    return b ? TRI_TRUE : TRI_FALSE;
}

static int64_t number_of(struct span stored)
{
    struct reader r = reader_of(stored);

    if (stored.len == 8)
        return (int64_t)reader_le64(&r);
    if (stored.len == 4)
        return (int32_t)reader_le32(&r);
    return stored.len ? stored.ptr[0] : 0;
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const struct dir_filter *f, struct span value)
{
    switch (schema_syntax(f->schema->syntax)->rule) {
    case RULE_BOOL:
    case RULE_INTEGER:
    case RULE_TIME:
        return order(number_of(value), f->number);
    case RULE_NO_CASE:
    case RULE_UNICODE:
        return text_cmp_fold(value, f->stored);
    default:
        return span_cmp(value, f->stored);
    }
}

static bool equal(const struct dir_filter *f, struct span value)
{
    switch (schema_syntax(f->schema->syntax)->rule) {
    case RULE_BOOL:
    case RULE_INTEGER:
    case RULE_TIME:
        return number_of(value) == f->number;
    case RULE_NO_CASE:
        return ascii_eq_fold(value, f->stored);
    case RULE_UNICODE:
        return text_eq_fold(value, f->stored);
    default:
        return span_eq(value, f->stored);
    }
}

/* Short ASCII, which most values are, folds in the caller's room; the rest in the scratch arena. */
#define FOLD_ROOM 256

static bool fold(const struct match *m, struct span value, uint8_t room[FOLD_ROOM],
                 struct span *out)
{
    if (value.len > FOLD_ROOM || !text_is_ascii(value))
        return text_fold(value, m->scratch, out) == ERR_OK;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];

        room[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
    }
    *out = span_of(room, value.len);
    return true;
}

/* The parts in order, none overlapping another. The value is folded first where the rule folds,
 * because then each part is a search for bytes, linear however the value is made. */
static bool substring(const struct match *m, const struct dir_filter *f, struct span value)
{
    enum schema_rule rule = schema_syntax(f->schema->syntax)->rule;
    uint8_t room[FOLD_ROOM];

    if ((rule == RULE_UNICODE || rule == RULE_NO_CASE) && !fold(m, value, room, &value))
        return false;
    if (value.len < f->initial.len + f->final.len)
        return false;
    if (!span_eq(span_sub(value, 0, f->initial.len), f->initial) ||
        !span_eq(span_sub(value, value.len - f->final.len, f->final.len), f->final))
        return false;
    value = span_sub(value, f->initial.len, value.len - f->initial.len - f->final.len);
    for (unsigned i = 0; i < f->any_count; i++) {
        struct span part = f->any[i];
        const uint8_t *at =
            part.len > value.len ? NULL : memmem(value.ptr, value.len, part.ptr, part.len);

        if (!at)
            return false;
        value = span_sub(value, (size_t)(at - value.ptr) + part.len, value.len);
    }
    return true;
}

static bool value_matches(const struct match *m, const struct dir_filter *f, struct span value)
{
    switch (f->op) {
    case FILTER_EQUAL:
        return equal(f, value);
    case FILTER_GE:
        return compare(f, value) >= 0;
    case FILTER_LE:
        return compare(f, value) <= 0;
    case FILTER_SUBSTRING:
        return substring(m, f, value);
    case FILTER_BIT_AND:
        return (number_of(value) & f->number) == f->number;
    case FILTER_BIT_OR:
        return (number_of(value) & f->number) != 0;
    case FILTER_DN_WITH_DATA:
        return span_eq(span_sub(value, 0, sizeof(dir_id)), f->stored);
    default:
        return false;
    }
}

/* A link with data is compared in the stored form of its syntax, the id and then the data; without
 * the data when the filter asks for the DN alone. */
static bool link_with_data(const struct match *m, const struct dir_filter *f)
{
    struct reader r = reader_of(f->stored);
    dir_id wanted = reader_le32(&r), target;
    struct span data = reader_rest(&r), have;
    struct dir_link_cursor c = {0};

    while (dir_link_next(m->snap, f->attr, m->obj->id, &c, &target, &have))
        if (target == wanted && (f->op == FILTER_DN_WITH_DATA || span_eq(have, data)))
            return true;
    return false;
}

static bool link_matches(const struct match *m, const struct dir_filter *f)
{
    dir_id self = m->obj->id, other = (dir_id)f->number;
    struct dir_link_cursor c = {0};

    if (f->schema->flags & SCHEMA_BACKLINK) {
        uint32_t forward = f->schema->partner;

        if (f->op == FILTER_PRESENT)
            return dir_backlink_next(m->snap, forward, self, &c, &other);
        return f->op == FILTER_EQUAL && dir_link_exists(m->snap, forward, other, self);
    }
    if (f->op == FILTER_PRESENT)
        return dir_link_next(m->snap, f->attr, self, &c, &other, NULL);
    if (schema_syntax(f->schema->syntax)->rule == RULE_DN)
        return f->op == FILTER_EQUAL && dir_link_exists(m->snap, f->attr, self, other);
    return link_with_data(m, f);
}

static bool in_chain(const struct dir_filter *f, dir_id id)
{
    unsigned low = 0, high = f->chain_count;

    while (low < high) {
        unsigned mid = low + (high - low) / 2;

        if (f->chain[mid] < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->chain_count && f->chain[low] == id;
}

static enum tri match_leaf(struct match *m, const struct dir_filter *f)
{
    struct dir_values values;
    struct span value;

    if (!dir_reader_may(&m->reader, f->schema))
        return TRI_FALSE;
    if (f->op == FILTER_IN_CHAIN)
        return tri_of(in_chain(f, m->obj->id));
    if (f->schema->flags & (SCHEMA_LINK | SCHEMA_BACKLINK))
        return tri_of(link_matches(m, f));
    if (f->attr == ATTR_distinguishedName)
        return tri_of(f->op == FILTER_EQUAL && m->obj->id == (dir_id)f->number);
    if (f->attr == ATTR_nTSecurityDescriptor)
        return tri_of(f->op == FILTER_PRESENT && m->obj->sd_id != 0);
    if (!dir_attr(m->obj, f->attr, &values))
        return TRI_FALSE;
    if (f->op == FILTER_PRESENT)
        return TRI_TRUE;
    while (dir_values_next(&values, &value))
        if (value_matches(m, f, value))
            return TRI_TRUE;
    return TRI_FALSE;
}

static enum tri match_node(struct match *m, const struct dir_filter *f);

/* For and, FALSE decides and TRUE is neutral; for or the other way round. */
static enum tri match_list(struct match *m, const struct dir_filter *f, enum tri decides,
                           enum tri neutral)
{
    enum tri result = neutral;

    for (const struct dir_filter *c = f->child; c; c = c->next) {
        enum tri t = match_node(m, c);

        if (t == decides)
            return decides;
        if (t == TRI_UNDEFINED)
            result = TRI_UNDEFINED;
    }
    return result;
}

static enum tri match_not(struct match *m, const struct dir_filter *f)
{
    enum tri t = f->child ? match_node(m, f->child) : TRI_UNDEFINED;

    return t == TRI_UNDEFINED ? t : tri_of(t == TRI_FALSE);
}

/* Recursion is bounded: dir_filter_resolve refused trees deeper than DIR_FILTER_DEPTH_MAX. */
static enum tri match_node(struct match *m, const struct dir_filter *f)
{
    switch (f->op) {
    case FILTER_AND:
        return match_list(m, f, TRI_FALSE, TRI_TRUE);
    case FILTER_OR:
        return match_list(m, f, TRI_TRUE, TRI_FALSE);
    case FILTER_NOT:
        return match_not(m, f);
    case FILTER_UNDEFINED:
        return TRI_UNDEFINED;
    case FILTER_TRUE:
        return TRI_TRUE;
    case FILTER_FALSE:
        return TRI_FALSE;
    default:
        return match_leaf(m, f);
    }
}

bool dir_filter_match(const struct dir_snap *s, const struct dir_filter *f, const struct dir_obj *o,
                      const struct dir_token *token, struct arena *scratch)
{
    struct match m = {.snap = s, .obj = o, .scratch = scratch};

    dir_reader_init(&m.reader, s, o, token);
    return match_node(&m, f) == TRI_TRUE;
}
