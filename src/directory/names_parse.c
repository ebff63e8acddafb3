#include "base/text.h"
#include "directory/names.h"
#include "directory/schema.h"

/* Where the parser stands in the text; at the end it reads 0, which is no character of a DN. */
struct scan {
    struct span text;
    size_t pos;
};

static uint8_t peek(const struct scan *s)
{
    return s->pos < s->text.len ? s->text.ptr[s->pos] : 0;
}

static void skip_spaces(struct scan *s)
{
    while (peek(s) == ' ')
        s->pos++;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_separator(uint8_t c)
{
    return c == ',' || c == ';'; /* the second: RFC 2253 section 4 */
}

static enum err scan_type(struct scan *s, struct span *out)
{
    size_t start = s->pos;
    for (uint8_t c = peek(s);
         (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.';
         c = peek(s))
        s->pos++;
    *out = span_sub(s->text, start, s->pos - start);
    skip_spaces(s);
    if (!out->len || peek(s) != '=')
        return ERR_MALFORMED;
    s->pos++;
    skip_spaces(s);
    return ERR_OK;
}

/* After a backslash: one special character, or two hexadecimal digits. */
static enum err scan_escape(struct scan *s, uint8_t *out)
{
    uint8_t c = peek(s);
    int high = hex_digit(c);
    if (high < 0) {
        if (!c || !strchr(" \"#+,;<=>\\", c))
            return ERR_MALFORMED;
        s->pos++;
        *out = c;
        return ERR_OK;
    }
    s->pos++;
    int low = hex_digit(peek(s));
    if (low < 0)
        return ERR_MALFORMED;
    s->pos++;
    *out = (uint8_t)(high << 4 | low);
    return ERR_OK;
}

/* RFC 4514 2.4: '#' and the BER of the value. Short-form lengths of the string types are enough for
 * DN_VALUE_MAX in two length bytes. */
static enum err scan_ber(struct scan *s, struct builder *b)
{
    uint8_t head[4], raw[4 + DN_VALUE_MAX];
    size_t n = 0, at = 2, len;
    for (int high; (high = hex_digit(peek(s))) >= 0; n++) {
        s->pos++;
        int low = hex_digit(peek(s));
        if (low < 0 || n == sizeof(raw))
            return ERR_MALFORMED;
        s->pos++;
        raw[n] = (uint8_t)(high << 4 | low);
    }
    if (n < 2)
        return ERR_MALFORMED;
    memcpy(head, raw, 2);
    if (head[0] != 0x0c && head[0] != 0x13 && head[0] != 0x16 && head[0] != 0x04)
        return ERR_MALFORMED;
    len = head[1];
    if (len > 0x80 && len <= 0x82 && n >= 2 + (len & 3)) {
        at += len & 3;
        len = at == 3 ? raw[2] : (size_t)raw[2] << 8 | raw[3];
    } else if (len >= 0x80) {
        return ERR_MALFORMED;
    }
    if (n - at != len)
        return ERR_MALFORMED;
    builder_bytes(b, raw + at, len);
    return ERR_OK;
}

static enum err scan_quoted(struct scan *s, struct builder *b)
{
    for (;;) {
        uint8_t c = peek(s);
        if (!c)
            return ERR_MALFORMED;
        s->pos++;
        if (c == '"')
            return ERR_OK;
        if (c == '\\')
            TRY(scan_escape(s, &c));
        builder_u8(b, c);
    }
}

/* Most values need no second look: nothing escaped, nothing that is refused. False: leave it to
 * scan_text. */
static bool scan_plain(struct scan *s, struct span *view)
{
    size_t end = s->pos;
    while (end < s->text.len && !is_separator(s->text.ptr[end])) {
        if (!s->text.ptr[end] || strchr("\\\"+<>", s->text.ptr[end]))
            return false;
        end++;
    }
    size_t start = s->pos, stop = end;
    while (end > start && s->text.ptr[end - 1] == ' ')
        end--;
    if (end - start > DN_VALUE_MAX)
        return false;
    s->pos = stop;
    *view = span_sub(s->text, start, end - start);
    return true;
}

/* Plain text with escapes. Spaces at the end count only when escaped. */
static enum err scan_text(struct scan *s, struct builder *b)
{
    size_t kept = 0;
    for (uint8_t c = peek(s); s->pos < s->text.len && !is_separator(c); c = peek(s)) {
        if (!c || c == '"' || c == '+' || c == '<' || c == '>')
            return ERR_MALFORMED;
        s->pos++;
        bool space = c == ' ';
        if (c == '\\') {
            TRY(scan_escape(s, &c));
        }
        builder_u8(b, c);
        if (!space)
            kept = b->len;
    }
    b->len = kept;
    return ERR_OK;
}

static enum err scan_value(struct scan *s, uint8_t *buf, struct span *out)
{
    struct builder b;
    struct span view = SPAN_NONE;
    builder_over(&b, buf, DN_VALUE_MAX);
    switch (peek(s)) {
    case '#':
        s->pos++;
        TRY(scan_ber(s, &b));
        break;
    case '"':
        s->pos++;
        TRY(scan_quoted(s, &b));
        break;
    default:
        if (!scan_plain(s, &view))
            TRY(scan_text(s, &b));
    }
    struct span built;
    if (builder_done(&b, &built) != ERR_OK)
        return ERR_LIMIT;
    *out = view.ptr ? view : built;
    if (!out->len || !text_valid(*out) || memchr(out->ptr, 0, out->len))
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err dn_next(struct span text, size_t *pos, uint8_t buf[DN_VALUE_MAX], struct dn_rdn *out)
{
    struct scan s = {text, *pos};
    struct dn_rdn rdn;
    if (text.len > DN_TEXT_MAX)
        return ERR_LIMIT;
    skip_spaces(&s);
    if (s.pos == text.len)
        return ERR_NOT_FOUND;
    TRY(scan_type(&s, &rdn.type));
    TRY(scan_value(&s, buf, &rdn.value));
    skip_spaces(&s);
    if (s.pos < text.len) {
        if (!is_separator(peek(&s)))
            return ERR_MALFORMED;
        s.pos++;
        skip_spaces(&s);
        if (s.pos == text.len)
            return ERR_MALFORMED;
    }
    *pos = s.pos;
    *out = rdn;
    return ERR_OK;
}

/* --- <GUID=...> and its like --------------------------------------------------------------------
 */

static enum err hex_bytes(struct span text, uint8_t *out, size_t cap, size_t *len_out)
{
    if (text.len % 2 || text.len / 2 > cap)
        return ERR_MALFORMED;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit(text.ptr[i]), low = hex_digit(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return ERR_MALFORMED;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    *len_out = text.len / 2;
    return ERR_OK;
}

static enum err guid_value(struct span text, bool dashes, struct guid *out)
{
    size_t len;
    if (dashes && text.len != 32)
        return guid_from_text(text, out);
    TRY(hex_bytes(text, out->b, sizeof(out->b), &len));
    return len == sizeof(out->b) ? ERR_OK : ERR_MALFORMED;
}

static enum err sid_value(struct span text, struct sid *out)
{
    uint8_t raw[SID_BYTES_MAX];
    size_t len;
    if (text.len > 2 && ascii_eq_fold(span_sub(text, 0, 2), SPAN_LIT("S-")))
        return sid_from_text(text, out);
    TRY(hex_bytes(text, raw, sizeof(raw), &len));
    return sid_from_bytes(span_of(raw, len), out);
}

static bool tagged(struct span text, const char *tag, struct span *value)
{
    size_t n = strlen(tag);
    if (!ascii_eq_fold(span_sub(text, 0, n), span_of(tag, n)))
        return false;
    *value = span_sub(text, n, text.len);
    return true;
}

enum err dn_special(struct span text, struct dn *out, struct span *rest_out)
{
    struct dn d = {.form = DN_PLAIN};
    struct span inner, value, rest = SPAN_NONE;
    if (text.len > DN_TEXT_MAX)
        return ERR_LIMIT;
    if (text.len < 2 || text.ptr[0] != '<') {
        out->form = DN_PLAIN;
        return ERR_OK;
    }
    if (text.ptr[text.len - 1] != '>')
        return ERR_MALFORMED;
    inner = span_sub(text, 1, text.len - 2);
    if (tagged(inner, "GUID=", &value)) {
        d.form = DN_GUID;
        TRY(guid_value(value, true, &d.guid));
    } else if (tagged(inner, "SID=", &value)) {
        d.form = DN_SID;
        TRY(sid_value(value, &d.sid));
    } else if (tagged(inner, "WKGUID=", &value)) {
        d.form = DN_WKGUID;
        if (value.len < 34 || value.ptr[32] != ',')
            return ERR_MALFORMED;
        TRY(guid_value(span_sub(value, 0, 32), false, &d.guid));
        rest = span_sub(value, 33, value.len);
    } else {
        return ERR_MALFORMED;
    }
    *out = d;
    *rest_out = rest;
    return ERR_OK;
}

static enum err parse_plain(struct span text, struct arena *a, struct dn *d)
{
    struct dn_rdn rdns[DN_RDNS_MAX];
    uint8_t buf[DN_VALUE_MAX];
    size_t pos = 0;
    enum err e;
    while ((e = dn_next(text, &pos, buf, &rdns[d->count])) == ERR_OK) {
        struct dn_rdn *r = &rdns[d->count++];
        if (r->value.ptr == buf)
            r->value = arena_dup_span(a, r->value);
        if (d->count == DN_RDNS_MAX)
            return ERR_LIMIT;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    d->rdn = arena_dup(a, rdns, d->count * sizeof(rdns[0]));
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

enum err dn_parse(struct span text, struct arena *a, struct dn *out)
{
    struct dn d = {0};
    struct span rest = text;
    TRY(dn_special(text, &d, &rest));
    if (d.form == DN_PLAIN || d.form == DN_WKGUID)
        TRY(parse_plain(rest, a, &d));
    *out = d;
    return ERR_OK;
}

enum err dn_parse_rdn(struct span text, struct arena *a, struct dn_rdn *out)
{
    struct dn d = {0};
    TRY(parse_plain(text, a, &d));
    if (d.count != 1)
        return ERR_MALFORMED;
    *out = d.rdn[0];
    return ERR_OK;
}

bool dn_type_eq(struct span x, struct span y)
{
    if (ascii_eq_fold(x, y))
        return true;
    const struct schema_attr *a = schema_attr_by_name(x);
    return a && a == schema_attr_by_name(y);
}

bool dn_eq(const struct dn *x, const struct dn *y)
{
    if (x->form != y->form || x->count != y->count)
        return false;
    if (x->form == DN_SID)
        return sid_eq(&x->sid, &y->sid);
    if (x->form != DN_PLAIN && !guid_eq(&x->guid, &y->guid))
        return false;
    for (unsigned i = 0; i < x->count; i++) {
        if (!dn_type_eq(x->rdn[i].type, y->rdn[i].type) ||
            !text_eq_fold(x->rdn[i].value, y->rdn[i].value))
            return false;
    }
    return true;
}
