#include "writer/ldif.h"

#include "base/builder.h"
#include "base/text.h"

#define LINE_MAX_BYTES (16u << 20)

static struct span physical(struct span rest)
{
    const uint8_t *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
    return span_sub(rest, 0, end ? (size_t)(end - rest.ptr) : rest.len);
}

static void advance(struct ldif_reader *r, struct span line)
{
    r->rest = span_sub(r->rest, line.len + 1, r->rest.len);
    r->line++;
}

static struct span without_cr(struct span line)
{
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool folded(struct span rest)
{
    return rest.len && rest.ptr[0] == ' ';
}

/* A line with those that continue it (they begin with a space). */
static enum err logical(struct ldif_reader *r, struct arena *a, struct span *out)
{
    struct span raw = physical(r->rest);
    struct span line = without_cr(raw);
    advance(r, raw);
    if (!folded(r->rest)) {
        *out = line;
        return ERR_OK;
    }
    struct builder b;
    builder_in(&b, a, LINE_MAX_BYTES);
    builder_span(&b, line);
    while (folded(r->rest)) {
        raw = physical(r->rest);
        line = without_cr(raw);
        builder_span(&b, span_sub(line, 1, line.len));
        advance(r, raw);
    }
    return builder_done(&b, out);
}

static enum err bad(struct ldif_reader *r, uint32_t line, const char *why)
{
    while (r->rest.len) {
        struct span raw = physical(r->rest);
        advance(r, raw);
        if (!without_cr(raw).len)
            break;
    }
    r->why = why;
    r->bad_line = line;
    return ERR_MALFORMED;
}

/* "name: text", "name:: base64". */
static const char *split(struct span line, struct arena *a, struct ldif_value *out)
{
    const uint8_t *colon = memchr(line.ptr, ':', line.len);
    if (!colon || colon == line.ptr)
        return "there is no name before a colon";
    size_t at = (size_t)(colon - line.ptr);
    out->name = span_sub(line, 0, at);
    struct span value = span_sub(line, at + 1, line.len);
    bool base64 = value.len && value.ptr[0] == ':';
    if (value.len && value.ptr[0] == '<')
        return "values from URLs are not taken";
    if (base64)
        value = span_sub(value, 1, value.len);
    while (value.len && value.ptr[0] == ' ')
        value = span_sub(value, 1, value.len);
    if (base64 && text_unbase64(value, a, &value) != ERR_OK)
        return "the value is not base64";
    out->value = value;
    return NULL;
}

/* The second names are ldifde's, for files that change a schema. */
static const char *change_type(struct ldif_record *rec, struct span type, bool modifies)
{
    if (ascii_eq_fold(type, SPAN_LIT("add")))
        return NULL;
    if (!modifies)
        return "only additions can be imported";
    if (ascii_eq_fold(type, SPAN_LIT("ntdsSchemaAdd")))
        return NULL;
    rec->modify = ascii_eq_fold(type, SPAN_LIT("modify")) ||
                  ascii_eq_fold(type, SPAN_LIT("ntdsSchemaModify"));
    return rec->modify ? NULL : "only additions and modifications are taken";
}

static const char *take(struct ldif_record *rec, unsigned *cap, const struct ldif_value *v,
                        bool modifies, struct arena *a)
{
    if (!rec->dn.ptr) {
        if (!ascii_eq_fold(v->name, SPAN_LIT("dn")))
            return "a record begins with its dn";
        rec->dn = v->value;
        return NULL;
    }
    if (ascii_eq_fold(v->name, SPAN_LIT("changetype")))
        return change_type(rec, v->value, modifies);
    if (rec->count == LDIF_VALUES_MAX)
        return "the record has too many values";
    if (rec->count == *cap) {
        unsigned wider = *cap ? *cap * 2 : 32;
        struct ldif_value *mem = arena_array(a, wider, sizeof *mem);
        if (!mem)
            return "the record is too large";
        if (rec->count)
            memcpy(mem, rec->values, rec->count * sizeof *mem);
        rec->values = mem;
        *cap = wider;
    }
    rec->values[rec->count++] = *v;
    return NULL;
}

enum err ldif_next(struct ldif_reader *r, struct arena *a, struct ldif_record *out)
{
    struct ldif_record rec = {0};
    unsigned cap = 0;
    while (r->rest.len) {
        struct span line;
        struct ldif_value v;
        uint32_t number = r->line;
        if (logical(r, a, &line) != ERR_OK)
            return bad(r, number, "the line is too long");
        if (!line.len) {
            if (rec.dn.ptr)
                break;
            continue;
        }
        if (line.ptr[0] == '#')
            continue;
        const char *why = NULL;
        if (rec.modify && span_eq(line, LDIF_END))
            v = (struct ldif_value){.name = LDIF_END};
        else
            why = split(line, a, &v);
        if (!why && !rec.dn.ptr && ascii_eq_fold(v.name, SPAN_LIT("version")))
            continue;
        if (!rec.dn.ptr)
            rec.line = number;
        if (!why)
            why = take(&rec, &cap, &v, r->modifies, a);
        if (why)
            return bad(r, number, why);
    }
    if (!rec.dn.ptr)
        return ERR_NOT_FOUND;
    *out = rec;
    return ERR_OK;
}
