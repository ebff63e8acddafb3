#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/schema_more.h"
#include "directory/value.h"

static enum err keep(struct arena *a, const void *bytes, size_t len, struct span *out)
{
    *out = arena_dup_span(a, span_of(bytes, len));
    return out->ptr ? ERR_OK : ERR_NOMEM;
}

/* --- ranges -------------------------------------------------------------------------------------
 */

static enum err in_range(const struct schema_attr *sa, int64_t v)
{
    if ((sa->flags & SCHEMA_HAS_LOWER && v < sa->range_lower) ||
        (sa->flags & SCHEMA_HAS_UPPER && v > sa->range_upper))
        return ERR_RANGE;
    return ERR_OK;
}

/* Length as AD counts it: UTF-16 units. */
static int64_t utf16_units(struct span s)
{
    int64_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((s.ptr[i] & 0xc0) != 0x80) + (s.ptr[i] >= 0xf0);
    return n;
}

/* --- numbers, times, names of types --------------------------------------------------------------
 */

static enum err parse_number(const struct schema_attr *sa, struct span text, struct arena *a,
                             struct span *out)
{
    int64_t v;
    uint8_t b[8];
    bool large = sa->syntax == SYNTAX_LARGE_INTEGER;
    TRY(text_to_i64(text, &v));
    if (!large && (v < INT32_MIN || v > UINT32_MAX))
        return ERR_RANGE;
    if (!large)
        v = (int32_t)(uint32_t)v; /* clients write groupType and its like either way */
    /* The schema writes the ranges of 32-bit attributes as signed numbers, too. */
    TRY(in_range(sa, v));
    le64_to(b, (uint64_t)v);
    return keep(a, b, large ? 8 : 4, out);
}

static enum err parse_boolean(struct span text, struct arena *a, struct span *out)
{
    uint8_t v = ascii_eq_fold(text, SPAN_LIT("TRUE"));
    if (!v && !ascii_eq_fold(text, SPAN_LIT("FALSE")))
        return ERR_MALFORMED;
    return keep(a, &v, 1, out);
}

/* Both time syntaxes take both forms; granularity is a second. */
static enum err parse_time(struct span text, struct arena *a, struct span *out)
{
    utime t;
    uint8_t b[8];
    char full[32];
    if (text.len == 13 &&
        text.ptr[12] == 'Z') { /* YYMMDDHHMMSSZ; RFC 5280 4.1.2.5.1 for the century */
        snprintf(full, sizeof(full), "%s%.*s", text.ptr[0] >= '5' ? "19" : "20", SPAN_ARG(text));
        text = span_str(full);
    }
    TRY(utime_from_generalized(text, &t));
    utime part = t % UTIME_SECOND;
    t -= part < 0 ? part + UTIME_SECOND : part;
    le64_to(b, (uint64_t)t);
    return keep(a, b, 8, out);
}

static bool looks_like_oid(struct span s)
{
    bool dot = false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' ? i == 0 || s.ptr[i - 1] == '.' : s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        dot = dot || s.ptr[i] == '.';
    }
    return dot && s.ptr[s.len - 1] != '.' && s.ptr[0] <= '2';
}

/* The id of a row, or of what an unknown OID will be; what defines an OID has that of the OID,
 * which for extensions is another one (schema_more.h). */
static enum err parse_oid(uint32_t attr, struct span text, struct arena *a, struct span *out)
{
    uint8_t b[4 + SCHEMA_OID_TEXT];
    bool defines = attr == ATTR_attributeID || attr == ATTR_governsID;
    const struct schema_class *c = schema_class_by_name(text);
    const struct schema_attr *x = c ? NULL : schema_attr_by_name(text);
    uint32_t id = c ? c->id : x ? x->id : 0;
    if ((c || x) && !(defines && id >= SCHEMA_MORE_ID)) {
        le32_to(b, id);
        return keep(a, b, 4, out);
    }
    if (c || x)
        text = span_str(c ? c->oid : x->oid);
    if (!looks_like_oid(text))
        return ERR_MALFORMED;
    if (schema_oid_to_id(text, &id) == ERR_OK) {
        le32_to(b, id);
        return keep(a, b, 4, out);
    }
    if (text.len >= SCHEMA_OID_TEXT)
        return ERR_RANGE;
    le32_to(b, VALUE_OID_TEXT);
    memcpy(b + 4, text.ptr, text.len);
    return keep(a, b, 4 + text.len, out);
}

/* --- names of objects, with data ----------------------------------------------------------------
 */

/* "X:count:" at the start; what follows is in *rest. */
static enum err counted(struct span text, char letter, size_t *count, struct span *rest)
{
    uint64_t n;
    size_t end = 2;
    if (text.len < 4 || (text.ptr[0] | 0x20) != (letter | 0x20) || text.ptr[1] != ':')
        return ERR_MALFORMED;
    while (end < text.len && text.ptr[end] != ':')
        end++;
    struct span after = span_sub(text, end + 1, text.len);
    if (text_to_u64(span_sub(text, 2, end - 2), SIZE_MAX / 2, &n) != ERR_OK || n >= after.len ||
        after.ptr[n] != ':')
        return ERR_MALFORMED;
    *count = n;
    *rest = after;
    return ERR_OK;
}

enum err dir_dn_data_split(enum schema_syntax syntax, struct span text, struct arena *a,
                           struct span *data_out, struct span *dn_out)
{
    static const char mark[] = "#X500:";
    struct span rest, data = SPAN_NONE;
    size_t n;
    switch (syntax) {
    case SYNTAX_DN_BINARY:
        TRY(counted(text, 'B', &n, &rest));
        if (text_unhex(span_sub(rest, 0, n), a, &data) != ERR_OK)
            return ERR_MALFORMED;
        rest = span_sub(rest, n + 1, rest.len);
        break;
    case SYNTAX_DN_STRING:
        TRY(counted(text, 'S', &n, &rest));
        data = span_sub(rest, 0, n);
        rest = span_sub(rest, n + 1, rest.len);
        break;
    case SYNTAX_ACCESS_POINT:
        for (n = 0; !span_eq(span_sub(text, n, 6), span_of(mark, 6)); n++) {
            if (n + 6 > text.len)
                return ERR_MALFORMED;
        }
        data = span_sub(text, 0, n);
        rest = span_sub(text, n + 6, text.len);
        break;
    default:
        rest = text;
    }
    *data_out = data;
    *dn_out = rest;
    return ERR_OK;
}

static enum err parse_dn(const struct dir_snap *s, const struct schema_attr *sa, struct span text,
                         struct arena *a, struct span *out)
{
    struct span data, dn;
    struct dir_obj o;
    TRY(dir_dn_data_split(sa->syntax, text, a, &data, &dn));
    if (sa->syntax == SYNTAX_DN_BINARY)
        TRY(in_range(sa, (int64_t)data.len));
    if (sa->syntax == SYNTAX_DN_STRING && !text_valid(data))
        return ERR_MALFORMED;
    TRY(dir_by_dn(s, dn, &o, NULL));
    uint8_t *p = arena_alloc(a, 4 + data.len);
    if (!p)
        return ERR_NOMEM;
    le32_to(p, o.id);
    if (data.len)
        memcpy(p + 4, data.ptr, data.len);
    *out = span_of(p, 4 + data.len);
    return ERR_OK;
}

/* --- text and octets ----------------------------------------------------------------------------
 */

/* [MS-ADTS] 3.1.1.2.2.2, with the characters that the notes there take out and add. */
static bool printable(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr(" '()+,-./:?=@", c));
}

static bool char_allowed(enum schema_syntax syntax, uint8_t c)
{
    switch (syntax) {
    case SYNTAX_IA5:
        return c < 0x80;
    case SYNTAX_PRINTABLE:
        return printable(c);
    case SYNTAX_NUMERIC:
        return (c >= '0' && c <= '9') || c == ' ';
    case SYNTAX_TELETEX:
        return c >= 0x20 && c <= 0x7e;
    default:
        return true;
    }
}

static enum err parse_text(const struct schema_attr *sa, struct span text, struct span *out)
{
    if (sa->syntax == SYNTAX_UNICODE && !text_valid(text))
        return ERR_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        if (!char_allowed(sa->syntax, text.ptr[i]))
            return ERR_MALFORMED;
    }
    TRY(in_range(sa, sa->syntax == SYNTAX_UNICODE ? utf16_units(text) : (int64_t)text.len));
    *out = text;
    return ERR_OK;
}

static enum err parse_sid(struct span text, struct arena *a, struct span *out)
{
    struct sid sid;
    uint8_t raw[SID_BYTES_MAX];
    if (text.len > 2 && ascii_eq_fold(span_sub(text, 0, 2), SPAN_LIT("S-")))
        TRY(sid_from_text(text, &sid));
    else
        TRY(sid_from_bytes(text, &sid));
    return keep(a, raw, sid_to_bytes(&sid, raw), out);
}

/* A GUID may be given as text where only 16 octets fit, as filters of Windows' tools do. */
static enum err parse_octets(const struct schema_attr *sa, struct span text, struct arena *a,
                             struct span *out)
{
    struct guid g;
    if (sa->flags & SCHEMA_HAS_UPPER && sa->range_upper == 16 && text.len > 16 &&
        guid_from_text(text, &g) == ERR_OK)
        return keep(a, g.b, sizeof(g.b), out);
    TRY(in_range(sa, (int64_t)text.len));
    *out = text;
    return ERR_OK;
}

enum err dir_value_from_text(const struct dir_snap *s, uint32_t attr, struct span text,
                             struct arena *a, struct span *out)
{
    const struct schema_attr *sa = schema_attr(attr);
    if (!sa)
        return ERR_UNSUPPORTED;
    if (!text.len)
        return ERR_MALFORMED;
    switch (sa->syntax) {
    case SYNTAX_BOOLEAN:
        return parse_boolean(text, a, out);
    case SYNTAX_ENUMERATION:
    case SYNTAX_INTEGER:
    case SYNTAX_LARGE_INTEGER:
        return parse_number(sa, text, a, out);
    case SYNTAX_UTC_TIME:
    case SYNTAX_GENERALIZED_TIME:
        return parse_time(text, a, out);
    case SYNTAX_OID:
        return parse_oid(attr, text, a, out);
    case SYNTAX_DN:
    case SYNTAX_DN_BINARY:
    case SYNTAX_DN_STRING:
    case SYNTAX_OR_NAME:
    case SYNTAX_ACCESS_POINT:
        return parse_dn(s, sa, text, a, out);
    case SYNTAX_SID:
        return parse_sid(text, a, out);
    case SYNTAX_OCTET:
    case SYNTAX_REPLICA_LINK:
    case SYNTAX_PRESENTATION_ADDRESS:
    case SYNTAX_NT_SEC_DESC:
        return parse_octets(sa, text, a, out);
    default:
        return parse_text(sa, text, out);
    }
}
