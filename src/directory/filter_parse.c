#include "directory/search.h"

#include "base/reader.h"

/* The text of one filter while it is read. Nodes are counted so that a long text cannot become a
 * large tree. */
struct parse {
    struct reader r;
    struct arena *arena;
    unsigned nodes;
};

static enum err parse_filter(struct parse *p, unsigned depth, struct dir_filter **out);

static int peek(const struct parse *p)
{
    return reader_left(&p->r) ? p->r.base[p->r.pos] : -1;
}

static bool take(struct parse *p, char c)
{
    if (peek(p) != c)
        return false;
    reader_skip(&p->r, 1);
    return true;
}

static struct span take_until(struct parse *p, const char *stop)
{
    size_t n = 0, left = reader_left(&p->r);

    while (n < left) {
        uint8_t c = p->r.base[p->r.pos + n];

        if (c && strchr(stop, c))
            break;
        n++;
    }
    return reader_span(&p->r, n);
}

static enum err new_node(struct parse *p, enum dir_filter_op op, struct dir_filter **out)
{
    struct dir_filter *f;

    if (++p->nodes > DIR_FILTER_NODES_MAX)
        return ERR_LIMIT;
    f = arena_new(p->arena, struct dir_filter);
    if (!f)
        return ERR_NOMEM;
    f->op = op;
    *out = f;
    return ERR_OK;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 4515: a backslash and two hexadecimal digits stand for one byte. */
static enum err unescape(struct parse *p, struct span text, struct span *out)
{
    uint8_t *to = arena_alloc(p->arena, text.len);
    size_t n = 0;

    if (!to)
        return ERR_NOMEM;
    for (size_t i = 0; i < text.len; i++) {
        int high, low;

        if (text.ptr[i] != '\\') {
            to[n++] = text.ptr[i];
            continue;
        }
        if (text.len - i < 3)
            return ERR_MALFORMED;
        high = hex_digit(text.ptr[i + 1]);
        low = hex_digit(text.ptr[i + 2]);
        if (high < 0 || low < 0)
            return ERR_MALFORMED;
        to[n++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    *out = span_of(to, n);
    return ERR_OK;
}

static size_t star(struct span s)
{
    const uint8_t *at = s.len ? memchr(s.ptr, '*', s.len) : NULL;

    return at ? (size_t)(at - s.ptr) : s.len;
}

static enum err parse_substring(struct parse *p, struct span text, struct dir_filter *f)
{
    size_t at = star(text);
    struct span rest = span_sub(text, at + 1, text.len);

    f->op = FILTER_SUBSTRING;
    f->any = arena_new_array(p->arena, DIR_SUBSTRING_PARTS_MAX, struct span);
    if (!f->any)
        return ERR_NOMEM;
    TRY(unescape(p, span_sub(text, 0, at), &f->initial));
    for (at = star(rest); at < rest.len; at = star(rest)) {
        if (at > 0) {
            if (f->any_count == DIR_SUBSTRING_PARTS_MAX)
                return ERR_LIMIT;
            TRY(unescape(p, span_sub(rest, 0, at), &f->any[f->any_count]));
            f->any_count++;
        }
        rest = span_sub(rest, at + 1, rest.len);
    }
    return unescape(p, rest, &f->final);
}

static enum err parse_value(struct parse *p, struct dir_filter *f)
{
    struct span text = take_until(p, "()");

    if (f->op != FILTER_EQUAL || star(text) == text.len) {
        if (star(text) < text.len)
            return ERR_MALFORMED;
        return unescape(p, text, &f->value);
    }
    if (text.len == 1) {
        f->op = FILTER_PRESENT;
        return ERR_OK;
    }
    return parse_substring(p, text, f);
}

/* "attr:dn:rule:=": the dn part is ignored and a rule that is not Active Directory's is undefined
 * ([MS-ADTS] 3.1.1.3.1.3.1). */
static enum err parse_extensible(struct parse *p, struct dir_filter *f)
{
    struct span part = take_until(p, ":=()");

    if (part.len == 2 && (part.ptr[0] | 0x20) == 'd' && (part.ptr[1] | 0x20) == 'n') {
        f->op = FILTER_UNDEFINED;
        if (!take(p, ':'))
            return ERR_MALFORMED;
        part = take_until(p, ":=()");
    }
    f->op = part.len ? dir_filter_rule(part) : FILTER_UNDEFINED;
    if (part.len && !take(p, ':'))
        return ERR_MALFORMED;
    return take(p, '=') ? ERR_OK : ERR_MALFORMED;
}

static enum err parse_operator(struct parse *p, struct dir_filter *f)
{
    static const struct {
        char first;
        enum dir_filter_op op;
    } table[] = {{'~', FILTER_APPROX}, {'>', FILTER_GE}, {'<', FILTER_LE}};

    if (take(p, ':'))
        return parse_extensible(p, f);
    f->op = FILTER_EQUAL;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (take(p, table[i].first))
            f->op = table[i].op;
    return take(p, '=') ? ERR_OK : ERR_MALFORMED;
}

static enum err parse_item(struct parse *p, struct dir_filter **out)
{
    struct span name = take_until(p, ":=~<>()*\\ ");
    const struct schema_attr *attr = schema_attr_by_name(name);
    struct dir_filter *f;

    TRY(new_node(p, FILTER_UNDEFINED, &f));
    TRY(parse_operator(p, f));
    if (!name.len && f->op != FILTER_UNDEFINED)
        return ERR_MALFORMED;
    TRY(parse_value(p, f));
    if (attr)
        f->attr = attr->id;
    else
        f->op = FILTER_UNDEFINED;
    *out = f;
    return ERR_OK;
}

static enum err parse_list(struct parse *p, enum dir_filter_op op, unsigned depth,
                           struct dir_filter **out)
{
    struct dir_filter *f, **tail;

    TRY(new_node(p, op, &f));
    tail = &f->child;
    while (peek(p) == '(') {
        TRY(parse_filter(p, depth + 1, tail));
        tail = &(*tail)->next;
    }
    if (op == FILTER_NOT && (!f->child || f->child->next))
        return ERR_MALFORMED;
    *out = f;
    return ERR_OK;
}

static enum err parse_filter(struct parse *p, unsigned depth, struct dir_filter **out)
{
    struct dir_filter *f;
    enum err e;

    if (depth > DIR_FILTER_DEPTH_MAX)
        return ERR_LIMIT;
    if (!take(p, '('))
        return ERR_MALFORMED;
    if (take(p, '&'))
        e = parse_list(p, FILTER_AND, depth, &f);
    else if (take(p, '|'))
        e = parse_list(p, FILTER_OR, depth, &f);
    else if (take(p, '!'))
        e = parse_list(p, FILTER_NOT, depth, &f);
    else
        e = parse_item(p, &f);
    if (e != ERR_OK)
        return e;
    if (!take(p, ')'))
        return ERR_MALFORMED;
    *out = f;
    return ERR_OK;
}

enum err dir_filter_parse(struct span text, struct arena *a, struct dir_filter **out)
{
    struct parse p = {.r = reader_of(text), .arena = a};
    struct dir_filter *f;

    TRY(parse_filter(&p, 1, &f));
    TRY(reader_end(&p.r));
    *out = f;
    return ERR_OK;
}

enum dir_filter_op dir_filter_rule(struct span oid)
{
    static const struct {
        struct span oid;
        enum dir_filter_op op;
    } rules[] = {
        {SPAN_LIT("1.2.840.113556.1.4.803"), FILTER_BIT_AND},
        {SPAN_LIT("1.2.840.113556.1.4.804"), FILTER_BIT_OR},
        {SPAN_LIT("1.2.840.113556.1.4.1941"), FILTER_IN_CHAIN},
        {SPAN_LIT("1.2.840.113556.1.4.2253"), FILTER_DN_WITH_DATA},
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (span_eq(oid, rules[i].oid))
            return rules[i].op;
    return FILTER_UNDEFINED;
}
