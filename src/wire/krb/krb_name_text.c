#include "base/builder.h"
#include "base/reader.h"
#include "wire/krb/krb_name.h"

/* Octets that stand for others after a '\', in both directions. */
static const struct {
    char written;
    char meant;
} escapes[] = {{'n', '\n'}, {'t', '\t'}, {'b', '\b'}, {'0', '\0'}};

struct parser {
    struct reader r;
    struct arena *arena;
    struct span parts[KRB_NAME_PARTS_MAX];
    uint32_t count;
    struct span realm;
    bool has_realm;
};

static uint8_t unescape(uint8_t c)
{
    for (unsigned i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
        if (c == (uint8_t)escapes[i].written)
            return (uint8_t)escapes[i].meant;
    return c;
}

/* Text up to an unescaped separator, which is returned (0: the end). */
static enum err parse_piece(struct parser *p, struct span *out, uint8_t *separator_out)
{
    struct builder b;
    uint8_t separator = 0;
    builder_in(&b, p->arena, KRB_NAME_TEXT_MAX);
    (void)builder_room(&b, 0);
    while (reader_left(&p->r) > 0 && separator == 0) {
        uint8_t c = reader_u8(&p->r);
        if (c == '/' || c == '@') {
            separator = c;
        } else if (c == '\\') {
            c = unescape(reader_u8(&p->r));
            if (!reader_ok(&p->r) || c == 0)
                return ERR_MALFORMED;
            builder_u8(&b, c);
        } else if (c == 0) {
            return ERR_MALFORMED;
        } else {
            builder_u8(&b, c);
        }
    }
    *separator_out = separator;
    return builder_done(&b, out);
}

static enum err parse_parts(struct parser *p)
{
    uint8_t separator;
    do {
        if (p->count == KRB_NAME_PARTS_MAX)
            return ERR_LIMIT;
        TRY(parse_piece(p, &p->parts[p->count++], &separator));
    } while (separator == '/');
    if (separator != '@')
        return ERR_OK;
    struct builder realm; /* a '/' is no separator any more */
    builder_in(&realm, p->arena, KRB_REALM_MAX);
    do {
        struct span piece;
        TRY(parse_piece(p, &piece, &separator));
        if (separator == '@')
            return ERR_MALFORMED;
        builder_span(&realm, piece);
        if (separator == '/')
            builder_u8(&realm, separator);
    } while (separator == '/');
    p->has_realm = true;
    return builder_done(&realm, &p->realm);
}

enum err krb_parse(struct span text, struct span default_realm, int32_t type, struct arena *a,
                   struct krb_principal *out)
{
    struct parser p = {.r = reader_of(text), .arena = a};
    if (text.len > KRB_NAME_TEXT_MAX)
        return ERR_LIMIT;
    TRY(parse_parts(&p));
    if (p.has_realm ? p.realm.len == 0 : default_realm.len > KRB_REALM_MAX)
        return ERR_MALFORMED;
    if (p.count == 1 && p.parts[0].len == 0)
        return ERR_MALFORMED;
    struct span *items = arena_dup(a, p.parts, p.count * sizeof(*items));
    if (!items)
        return ERR_NOMEM;
    out->realm = p.has_realm ? p.realm : default_realm;
    out->name = (struct krb_name){type, {items, p.count}};
    return ERR_OK;
}

enum err krb_parse_enterprise(struct span upn, struct span realm, struct arena *a,
                              struct krb_principal *out)
{
    if (upn.len == 0 || memchr(upn.ptr, 0, upn.len))
        return ERR_MALFORMED;
    if (upn.len > KRB_NAME_TEXT_MAX || realm.len > KRB_REALM_MAX)
        return ERR_LIMIT;
    struct krb_name n = krb_name_1(KRB_NT_ENTERPRISE, upn, a);
    if (n.parts.count == 0)
        return ERR_NOMEM;
    *out = (struct krb_principal){realm, n};
    return ERR_OK;
}

static bool stands_for_itself(uint8_t c, bool slash_too)
{
    return c > '\n' && c != '@' && c != '\\' && !(c == '/' && slash_too);
}

static void put_escape(struct builder *b, uint8_t c, bool slash_too)
{
    for (unsigned i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        if (c == (uint8_t)escapes[i].meant) {
            builder_u8(b, '\\');
            builder_u8(b, (uint8_t)escapes[i].written);
            return;
        }
    }
    if ((c == '/' && slash_too) || c == '@' || c == '\\')
        builder_u8(b, '\\');
    builder_u8(b, c);
}

static void put_escaped(struct builder *b, struct span s, bool slash_too)
{
    for (size_t i = 0, run; i < s.len; i += run) {
        for (run = 0; i + run < s.len && stands_for_itself(s.ptr[i + run], slash_too);)
            run++;
        builder_span(b, span_sub(s, i, run));
        if (run == 0) {
            put_escape(b, s.ptr[i], slash_too);
            run = 1;
        }
    }
}

static void put_parts(struct builder *b, const struct krb_name *n, bool escaped)
{
    for (uint32_t i = 0; i < n->parts.count; i++) {
        if (i > 0)
            builder_u8(b, '/');
        if (escaped)
            put_escaped(b, n->parts.items[i], true);
        else
            builder_span(b, n->parts.items[i]);
    }
}

struct span krb_unparse(const struct krb_name *n, struct span realm, struct arena *a)
{
    struct builder b;
    struct span out;
    builder_in(&b, a, KRB_NAME_TEXT_MAX);
    put_parts(&b, n, true);
    if (realm.len > 0) {
        builder_u8(&b, '@');
        put_escaped(&b, realm, false);
    }
    return builder_done(&b, &out) == ERR_OK ? out : SPAN_NONE;
}

struct span krb_name_plain(const struct krb_name *n, struct arena *a)
{
    struct builder b;
    struct span out;
    if (n->parts.count <= 1)
        return krb_part(n, 0);
    builder_in(&b, a, KRB_NAME_TEXT_MAX);
    put_parts(&b, n, false);
    return builder_done(&b, &out) == ERR_OK ? out : SPAN_NONE;
}
