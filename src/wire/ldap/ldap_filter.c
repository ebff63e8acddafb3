/* Search filters, RFC 4511 section 4.5.1.7, between bytes and the tree of ldap_message.h. */
#include "wire/ldap/ldap_ber.h"

enum {
    SUB_INITIAL = DER_CTX_PRIMITIVE(0),
    SUB_ANY = DER_CTX_PRIMITIVE(1),
    SUB_FINAL = DER_CTX_PRIMITIVE(2),
    EXT_RULE = DER_CTX_PRIMITIVE(1),
    EXT_ATTR = DER_CTX_PRIMITIVE(2),
    EXT_VALUE = DER_CTX_PRIMITIVE(3),
    EXT_DN = DER_CTX_PRIMITIVE(4),
};

struct filter_reader {
    struct arena *arena;
    unsigned nodes;
};

static struct ldap_filter *read_node(struct filter_reader *fr, struct reader *r, unsigned depth);

static void read_children(struct filter_reader *fr, struct reader *in, struct ldap_filter *f,
                          unsigned depth)
{
    struct ldap_filter **tail = &f->child;
    while (reader_left(in) > 0) {
        struct ldap_filter *child = read_node(fr, in, depth + 1);
        if (!child)
            return;
        *tail = child;
        tail = &child->next;
    }
}

static void read_substrings(struct filter_reader *fr, struct reader *in, struct ldap_filter *f)
{
    f->attr = ldap_octets(in);
    struct reader parts = ldap_enter(in, DER_SEQUENCE);
    uint32_t count = 0;
    f->any = ldap_items(&parts, fr->arena, LDAP_SUBSTRING_PARTS_MAX, sizeof(*f->any), &count);
    if (count == 0)
        reader_fail(&parts, ERR_MALFORMED);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 && der_next_is(&parts, SUB_INITIAL))
            f->initial = der_read_tag(&parts, BER_RULES, SUB_INITIAL);
        else if (i == count - 1 && der_next_is(&parts, SUB_FINAL))
            f->final = der_read_tag(&parts, BER_RULES, SUB_FINAL);
        else
            f->any[f->any_count++] = der_read_tag(&parts, BER_RULES, SUB_ANY);
    }
    ldap_leave(in, &parts);
}

static void read_extensible(struct reader *in, struct ldap_filter *f)
{
    f->rule = ldap_optional(in, EXT_RULE);
    f->attr = ldap_optional(in, EXT_ATTR);
    f->value = der_read_tag(in, BER_RULES, EXT_VALUE);
    if (der_next_is(in, EXT_DN))
        f->dn_attributes = der_read_bool(in, BER_RULES, EXT_DN);
    if (f->rule.len == 0 && f->attr.len == 0)
        reader_fail(in, ERR_MALFORMED);
}

static void read_contents(struct filter_reader *fr, struct reader *in, struct ldap_filter *f,
                          unsigned depth)
{
    switch (f->kind) {
    case LDAP_FILTER_AND:
    case LDAP_FILTER_OR:
        read_children(fr, in, f, depth);
        return;
    case LDAP_FILTER_NOT:
        f->child = read_node(fr, in, depth + 1);
        return;
    case LDAP_FILTER_SUBSTRING:
        read_substrings(fr, in, f);
        return;
    case LDAP_FILTER_EXTENSIBLE:
        read_extensible(in, f);
        return;
    case LDAP_FILTER_PRESENT:
        f->attr = reader_rest(in);
        return;
    case LDAP_FILTER_EQUAL:
    case LDAP_FILTER_GE:
    case LDAP_FILTER_LE:
    case LDAP_FILTER_APPROX:
        f->attr = ldap_octets(in);
        f->value = ldap_octets(in);
        return;
    }
}

static uint8_t filter_tag(enum ldap_filter_kind kind)
{
    return (uint8_t)(kind == LDAP_FILTER_PRESENT ? DER_CTX_PRIMITIVE(kind) : DER_CTX(kind));
}

static struct ldap_filter *new_node(struct filter_reader *fr, struct reader *r, uint8_t tag,
                                    unsigned depth)
{
    unsigned kind = tag & 0x1f;
    if (depth > LDAP_FILTER_DEPTH_MAX || ++fr->nodes > LDAP_FILTER_NODES_MAX) {
        reader_fail(r, ERR_LIMIT);
        return NULL;
    }
    if (kind > LDAP_FILTER_EXTENSIBLE || tag != filter_tag(kind)) {
        reader_fail(r, ERR_MALFORMED);
        return NULL;
    }
    struct ldap_filter *f = arena_new(fr->arena, struct ldap_filter);
    if (f)
        f->kind = kind;
    else
        reader_fail(r, ERR_NOMEM);
    return f;
}

static struct ldap_filter *read_node(struct filter_reader *fr, struct reader *r, unsigned depth)
{
    struct der_tlv e;
    if (!der_read(r, BER_RULES, &e))
        return NULL;
    struct ldap_filter *f = new_node(fr, r, e.tag, depth);
    if (!f)
        return NULL;
    struct reader in = reader_of(e.body);
    read_contents(fr, &in, f, depth);
    ldap_leave(r, &in);
    return reader_ok(r) ? f : NULL;
}

struct ldap_filter *ldap_read_filter(struct reader *r, struct arena *a)
{
    struct filter_reader fr = {a, 0};
    return read_node(&fr, r, 1);
}

static void put_substrings(struct builder *b, const struct ldap_filter *f)
{
    ldap_put_octets(b, f->attr);
    size_t parts = der_begin(b, DER_SEQUENCE);
    ldap_put_optional(b, SUB_INITIAL, f->initial);
    for (uint32_t i = 0; i < f->any_count; i++)
        der_put_span(b, SUB_ANY, f->any[i]);
    ldap_put_optional(b, SUB_FINAL, f->final);
    der_end(b, parts);
}

static void put_contents(struct builder *b, const struct ldap_filter *f, unsigned depth)
{
    switch (f->kind) {
    case LDAP_FILTER_AND:
    case LDAP_FILTER_OR:
    case LDAP_FILTER_NOT:
        for (const struct ldap_filter *c = f->child; c; c = c->next)
            ldap_put_filter(b, c, depth + 1);
        return;
    case LDAP_FILTER_SUBSTRING:
        put_substrings(b, f);
        return;
    case LDAP_FILTER_EXTENSIBLE:
        if (f->rule.len)
            der_put_span(b, EXT_RULE, f->rule);
        if (f->attr.len)
            der_put_span(b, EXT_ATTR, f->attr);
        der_put_span(b, EXT_VALUE, f->value);
        if (f->dn_attributes)
            der_put_bool(b, EXT_DN, true);
        return;
    case LDAP_FILTER_PRESENT:
        builder_span(b, f->attr);
        return;
    default:
        ldap_put_octets(b, f->attr);
        ldap_put_octets(b, f->value);
    }
}

void ldap_put_filter(struct builder *b, const struct ldap_filter *f, unsigned depth)
{
    if (depth > LDAP_FILTER_DEPTH_MAX) {
        builder_fail(b, ERR_LIMIT);
        return;
    }
    size_t mark = der_begin(b, filter_tag(f->kind));
    put_contents(b, f, depth);
    der_end(b, mark);
}
