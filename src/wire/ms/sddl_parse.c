#include "base/text.h"
#include "wire/ms/sddl.h"
#include "wire/ms/sddl_table.h"
#include "wire/ms/secdesc.h"

#define SDDL_MAX (8 * SD_MAX) /* characters of a text whose descriptor may still fit */

struct parser {
    struct span rest;
    const struct sddl_domain *dom;
    struct arena *a;
    struct sd_build sd;
    struct sid owner, group;
    struct acl_build dacl, sacl;
    bool seen_dacl, seen_sacl;
};

static void skip(struct span *s, size_t n)
{
    *s = span_sub(*s, n, SIZE_MAX);
}

static void skip_space(struct span *s)
{
    while (s->len && (s->ptr[0] == ' ' || (s->ptr[0] >= '\t' && s->ptr[0] <= '\r')))
        skip(s, 1);
}

static bool starts(struct span s, struct span word)
{
    return ascii_eq_fold(span_sub(s, 0, word.len), word);
}

/* Everything up to one of the two characters, which stays. */
static struct span until(struct span *s, char a, char b)
{
    size_t n = 0;

    while (n < s->len && s->ptr[n] != a && s->ptr[n] != b)
        n++;
    struct span part = span_sub(*s, 0, n);
    skip(s, n);
    return part;
}

static struct span trim(struct span s)
{
    skip_space(&s);
    while (s.len && s.ptr[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* --- fields of an ACE ----------------------------------------------------------------------- */

/* Words of the tables without separators. */
static enum err parse_words(struct span s, const struct sddl_word *const *tables, unsigned count,
                            uint32_t *out)
{
    uint32_t v = 0;

    while (s.len) {
        const struct sddl_word *w = NULL;

        for (unsigned i = 0; i < count && !w; i++)
            w = sddl_word_at(tables[i], s);
        if (!w)
            return ERR_MALFORMED;
        v |= w->value;
        skip(&s, strlen(w->word));
        skip_space(&s);
    }
    *out = v;
    return ERR_OK;
}

/* Hexadecimal with 0x, octal with 0, else decimal. */
static enum err parse_number(struct span s, uint32_t *out)
{
    unsigned base = 10;
    uint64_t v = 0;

    if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x') {
        base = 16;
        skip(&s, 2);
    } else if (s.len > 1 && s.ptr[0] == '0') {
        base = 8;
    }
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i] | 0x20;
        unsigned digit = c >= 'a' && c <= 'f' ? c - 'a' + 10u : s.ptr[i] - (unsigned)'0';

        if (digit >= base)
            return ERR_MALFORMED;
        v = v * base + digit;
        if (v > UINT32_MAX)
            return ERR_MALFORMED;
    }
    *out = (uint32_t)v;
    return ERR_OK;
}

static enum err parse_rights(struct span s, uint32_t *out)
{
    static const struct sddl_word *const tables[] = {sddl_rights, sddl_right_sets,
                                                     sddl_label_rights};

    if (s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9')
        return parse_number(s, out);
    return parse_words(s, tables, 3, out);
}

static enum err parse_guid(struct parser *p, struct span s, const struct guid **out)
{
    struct guid *g;

    if (s.len == 0)
        return ERR_OK;
    g = arena_new(p->a, struct guid);
    if (!g)
        return ERR_NOMEM;
    TRY(guid_from_text(s, g));
    *out = g;
    return ERR_OK;
}

static enum err parse_type(struct span s, uint8_t *out)
{
    const struct sddl_word *w = sddl_word_at(sddl_ace_types, s);

    if (!w || strlen(w->word) != s.len)
        return ERR_MALFORMED;
    if (w->value == ACE_RESOURCE_ATTRIBUTE ||
        (w->value >= ACE_ALLOWED_CALLBACK && w->value <= ACE_AUDIT_CALLBACK_OBJECT))
        return ERR_UNSUPPORTED;
    *out = (uint8_t)w->value;
    return ERR_OK;
}

/* The six fields between parentheses. */
static enum err parse_ace(struct parser *p, struct ace *ace)
{
    static const struct sddl_word *const flag_table[] = {sddl_ace_flags};
    struct span field[6];
    uint32_t flags = 0;

    for (unsigned i = 0; i < 6; i++) {
        field[i] = trim(until(&p->rest, ';', ')'));
        if (p->rest.len == 0 || p->rest.ptr[0] != (i < 5 ? ';' : ')')) {
            /* A seventh field is a condition. */
            return p->rest.len && i == 5 ? ERR_UNSUPPORTED : ERR_MALFORMED;
        }
        skip(&p->rest, 1);
    }
    TRY(parse_type(field[0], &ace->type));
    TRY(parse_words(field[1], flag_table, 1, &flags));
    ace->flags = (uint8_t)flags;
    TRY(parse_rights(field[2], &ace->mask));
    TRY(parse_guid(p, field[3], &ace->object_type));
    TRY(parse_guid(p, field[4], &ace->inherited_type));
    if ((ace->object_type || ace->inherited_type) && !ace_type_is_object(ace->type))
        return ERR_MALFORMED;
    ace->known = true;
    return sddl_sid_parse(field[5], p->dom, &ace->sid);
}

/* --- lists ---------------------------------------------------------------------------------- */

static unsigned count_aces(struct span s)
{
    unsigned n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '(';
    return n;
}

/* P, AR, AI, in any order, up to the first ACE or the next part. */
static void parse_list_flags(struct parser *p, bool dacl)
{
    static const struct {
        const char *word;
        uint16_t dacl, sacl;
    } rows[] = {
        {"P", SD_DACL_PROTECTED, SD_SACL_PROTECTED},
        {"AR", SD_DACL_INHERIT_REQ, SD_SACL_INHERIT_REQ},
        {"AI", SD_DACL_INHERITED, SD_SACL_INHERITED},
    };
    unsigned i;

    do {
        for (i = 0; i < 3 && !starts(p->rest, span_str(rows[i].word)); i++)
            ;
        if (i < 3) {
            p->sd.control |= dacl ? rows[i].dacl : rows[i].sacl;
            skip(&p->rest, strlen(rows[i].word));
        }
    } while (i < 3);
}

static enum err parse_list(struct parser *p, bool dacl)
{
    struct acl_build *acl = dacl ? &p->dacl : &p->sacl;
    unsigned max = count_aces(p->rest);
    struct ace *aces;

    parse_list_flags(p, dacl);
    p->sd.control |= dacl ? SD_DACL_PRESENT : SD_SACL_PRESENT;
    if (starts(p->rest, SDDL_NULL_ACL)) {
        skip(&p->rest, SDDL_NULL_ACL.len);
        return ERR_OK;
    }
    if (max > 2 * ACES_MAX)
        return ERR_LIMIT;
    aces = arena_new_array(p->a, max, struct ace);
    if (!aces)
        return ERR_NOMEM;
    for (skip_space(&p->rest); starts(p->rest, SPAN_LIT("(")); skip_space(&p->rest)) {
        skip(&p->rest, 1);
        TRY(parse_ace(p, &aces[acl->count++]));
    }
    acl->aces = aces;
    acl->revision = ACL_REVISION_AD;
    if (dacl)
        p->sd.dacl = acl;
    else
        p->sd.sacl = acl;
    return ERR_OK;
}

/* --- parts ---------------------------------------------------------------------------------- */

/* A SID ends where the next part's letter and colon begin, or at the end. */
static enum err parse_sid(struct parser *p, struct sid *sid, const struct sid **out)
{
    size_t end = p->rest.len;
    struct span text;

    for (size_t i = 1; i < p->rest.len; i++) {
        if (p->rest.ptr[i] == ':') {
            end = i - 1;
            break;
        }
    }
    text = trim(span_sub(p->rest, 0, end));
    skip(&p->rest, end);
    if (*out)
        return ERR_MALFORMED;
    TRY(sddl_sid_parse(text, p->dom, sid));
    *out = sid;
    return ERR_OK;
}

static enum err parse_part(struct parser *p)
{
    uint8_t letter = p->rest.ptr[0] & ~0x20;

    if (p->rest.len < 2 || p->rest.ptr[1] != ':')
        return ERR_MALFORMED;
    skip(&p->rest, 2);
    switch (letter) {
    case 'O':
        return parse_sid(p, &p->owner, &p->sd.owner);
    case 'G':
        return parse_sid(p, &p->group, &p->sd.group);
    case 'D':
        if (p->seen_dacl)
            return ERR_MALFORMED;
        p->seen_dacl = true;
        return parse_list(p, true);
    case 'S':
        if (p->seen_sacl)
            return ERR_MALFORMED;
        p->seen_sacl = true;
        return parse_list(p, false);
    default:
        return ERR_MALFORMED;
    }
}

enum err sddl_parse(struct span text, const struct sddl_domain *dom, struct arena *scratch,
                    struct builder *b)
{
    struct parser p = {.rest = text, .dom = dom, .a = scratch};

    if (text.len > SDDL_MAX)
        return ERR_LIMIT;
    for (skip_space(&p.rest); p.rest.len; skip_space(&p.rest))
        TRY(parse_part(&p));
    sd_put(b, &p.sd);
    return b->err;
}
