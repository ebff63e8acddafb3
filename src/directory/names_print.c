#include "directory/names.h"

#define DN_PRINT_MAX (4 * DN_TEXT_MAX)

static bool is_plain(uint8_t c)
{
    static const char special[256] = {['"'] = 1, ['#'] = 1, ['+'] = 1, [','] = 1, [';'] = 1,
                                      ['<'] = 1, ['='] = 1, ['>'] = 1, ['\\'] = 1};
    return c > ' ' && c != 0x7f && !special[c];
}

static void put_value(struct builder *b, struct span value)
{
    size_t plain = 0;
    while (plain < value.len && is_plain(value.ptr[plain]))
        plain++;
    builder_span(b, span_sub(value, 0, plain));
    for (size_t i = plain; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        bool edge_space = c == ' ' && (i == 0 || i + 1 == value.len);
        if (c < 0x20 || c == 0x7f)
            builder_printf(b, "\\%02X", c);
        else if (edge_space || strchr("\"+,;<=>\\", c) || (c == '#' && i == 0))
            builder_printf(b, "\\%c", c);
        else
            builder_u8(b, c);
    }
}

void dn_put_rdn(struct builder *b, struct span type, struct span value)
{
    uint8_t *p = builder_space(b, type.len + 1);
    if (!p)
        return;
    for (size_t i = 0; i < type.len; i++) {
        uint8_t c = type.ptr[i];
        p[i] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 0x20) : c;
    }
    p[type.len] = '=';
    put_value(b, value);
}

static void put_rdns(struct builder *b, const struct dn *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        if (i)
            builder_u8(b, ',');
        dn_put_rdn(b, d->rdn[i].type, d->rdn[i].value);
    }
}

enum err dn_print(const struct dn *d, struct arena *a, struct span *out)
{
    struct builder b;
    char text[SID_TEXT_SIZE];
    builder_in(&b, a, DN_PRINT_MAX);
    switch (d->form) {
    case DN_PLAIN:
        put_rdns(&b, d);
        break;
    case DN_GUID:
        guid_to_text(&d->guid, text);
        builder_printf(&b, "<GUID=%s>", text);
        break;
    case DN_SID:
        sid_to_text(&d->sid, text);
        builder_printf(&b, "<SID=%s>", text);
        break;
    case DN_WKGUID:
        builder_printf(&b, "<WKGUID=");
        for (unsigned i = 0; i < sizeof(d->guid.b); i++)
            builder_printf(&b, "%02x", d->guid.b[i]);
        builder_u8(&b, ',');
        put_rdns(&b, d);
        builder_u8(&b, '>');
        break;
    }
    return builder_done(&b, out);
}
