#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/value.h"

#define TEXT_MAX (64u << 20)

static enum err number_text(struct span stored, struct arena *a, struct span *out)
{
    long long v = stored.len == 4 ? (int32_t)le32_at(stored.ptr) : (int64_t)le64_at(stored.ptr);
    char *p = arena_printf(a, "%lld", v);
    if (!p)
        return ERR_NOMEM;
    *out = span_str(p);
    return ERR_OK;
}

static enum err time_text(struct span stored, bool utc, struct arena *a, struct span *out)
{
    char buf[20];
    size_t n = utime_to_generalized((utime)le64_at(stored.ptr), !utc, buf);
    /* UTCTime has two digits of the year. */
    struct span text = utc ? span_of(buf + 2, n - 2) : span_of(buf, n);
    *out = arena_dup_span(a, text);
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

/* A name where the id has one and the attribute is not itself the definition of an OID ([MS-ADTS]
 * 3.1.1.2.2.2). */
static enum err oid_text(uint32_t attr, struct span stored, struct arena *a, struct span *out)
{
    char oid[SCHEMA_OID_TEXT];
    uint32_t id = le32_at(stored.ptr);
    if (id == VALUE_OID_TEXT) {
        *out = span_sub(stored, 4, stored.len);
        return ERR_OK;
    }
    if (attr != ATTR_attributeID && attr != ATTR_governsID) {
        const struct schema_class *c = schema_class(id);
        const struct schema_attr *x = schema_attr(id);
        if (c || x) {
            *out = span_str(c ? c->name : x->name);
            return ERR_OK;
        }
    }
    size_t n = schema_id_to_oid(id, oid);
    if (!n)
        return ERR_IO;
    *out = arena_dup_span(a, span_of(oid, n));
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

enum err dir_dn_data_text(enum schema_syntax syntax, struct span data, struct span dn,
                          struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, TEXT_MAX);
    switch (syntax) {
    case SYNTAX_DN_BINARY:
        builder_printf(&b, "B:%zu:", data.len * 2);
        for (size_t i = 0; i < data.len; i++)
            builder_printf(&b, "%02X", data.ptr[i]);
        builder_u8(&b, ':');
        break;
    case SYNTAX_DN_STRING:
        builder_printf(&b, "S:%zu:", data.len);
        builder_span(&b, data);
        builder_u8(&b, ':');
        break;
    case SYNTAX_ACCESS_POINT:
        builder_span(&b, data);
        builder_printf(&b, "#X500:");
        break;
    default: /* OR-Name: the name alone */
        break;
    }
    builder_span(&b, dn);
    return builder_done(&b, out);
}

static enum err dn_text(const struct dir_snap *s, enum schema_syntax syntax, struct span stored,
                        struct arena *a, struct span *out)
{
    struct span dn;
    TRY(dir_dn(s, le32_at(stored.ptr), a, &dn));
    if (syntax == SYNTAX_DN) {
        *out = dn;
        return ERR_OK;
    }
    return dir_dn_data_text(syntax, span_sub(stored, 4, stored.len), dn, a, out);
}

/* The least and exact lengths of stored forms; 0: any. */
static bool well_formed(enum schema_syntax syntax, struct span v)
{
    switch (syntax) {
    case SYNTAX_BOOLEAN:
        return v.len == 1;
    case SYNTAX_ENUMERATION:
    case SYNTAX_INTEGER:
    case SYNTAX_DN:
        return v.len == 4;
    case SYNTAX_LARGE_INTEGER:
    case SYNTAX_UTC_TIME:
    case SYNTAX_GENERALIZED_TIME:
        return v.len == 8;
    case SYNTAX_OID:
    case SYNTAX_DN_BINARY:
    case SYNTAX_DN_STRING:
    case SYNTAX_OR_NAME:
    case SYNTAX_ACCESS_POINT:
        return v.len >= 4;
    default:
        return true;
    }
}

enum err dir_value_to_text(const struct dir_snap *s, uint32_t attr, struct span stored,
                           struct arena *a, struct span *out)
{
    const struct schema_attr *sa = schema_attr(attr);
    if (!sa || !well_formed(sa->syntax, stored))
        return ERR_IO;
    switch (sa->syntax) {
    case SYNTAX_BOOLEAN:
        *out = stored.ptr[0] ? SPAN_LIT("TRUE") : SPAN_LIT("FALSE");
        return ERR_OK;
    case SYNTAX_ENUMERATION:
    case SYNTAX_INTEGER:
    case SYNTAX_LARGE_INTEGER:
        return number_text(stored, a, out);
    case SYNTAX_UTC_TIME:
    case SYNTAX_GENERALIZED_TIME:
        return time_text(stored, sa->syntax == SYNTAX_UTC_TIME, a, out);
    case SYNTAX_OID:
        return oid_text(attr, stored, a, out);
    case SYNTAX_DN:
    case SYNTAX_DN_BINARY:
    case SYNTAX_DN_STRING:
    case SYNTAX_OR_NAME:
    case SYNTAX_ACCESS_POINT:
        return dn_text(s, sa->syntax, stored, a, out);
    default:
        *out = stored;
        return ERR_OK;
    }
}
