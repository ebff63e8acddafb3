#include "wire/ldap/ldap_ber.h"

#define CONTROLS_TAG DER_CTX(0)

void *ldap_items(struct reader *r, struct arena *a, uint32_t max, size_t item_size,
                 uint32_t *count_out)
{
    if (!reader_ok(r))
        return NULL;
    struct span rest = span_sub(span_of(r->base, r->len), r->pos, reader_left(r));
    uint32_t count;
    enum err e = der_count(rest, BER_RULES, max, &count);
    void *items = e == ERR_OK ? arena_array(a, count, item_size) : NULL;
    if (!items) {
        reader_fail(r, e == ERR_OK ? ERR_NOMEM : ldap_inner_error(e));
        return NULL;
    }
    *count_out = count;
    return items;
}

struct span *ldap_octets_list(struct reader *r, struct arena *a, uint8_t tag, uint32_t max,
                              uint32_t *count_out)
{
    uint32_t count = 0;
    struct reader in = ldap_enter(r, tag);
    struct span *items = ldap_items(&in, a, max, sizeof(*items), &count);
    for (uint32_t i = 0; i < count; i++)
        items[i] = ldap_octets(&in);
    ldap_leave(r, &in);
    *count_out = count;
    return items;
}

void ldap_read_attribute(struct reader *r, struct arena *a, struct ldap_attribute *out)
{
    struct reader in = ldap_enter(r, DER_SEQUENCE);
    out->name = ldap_octets(&in);
    out->values = ldap_octets_list(&in, a, DER_SET, LDAP_VALUES_MAX, &out->count);
    ldap_leave(r, &in);
}

struct ldap_attribute *ldap_read_attributes(struct reader *r, struct arena *a, uint32_t *count_out)
{
    struct reader in = ldap_enter(r, DER_SEQUENCE);
    uint32_t count = 0;
    struct ldap_attribute *items = ldap_items(&in, a, LDAP_ATTRS_MAX, sizeof(*items), &count);
    for (uint32_t i = 0; i < count; i++)
        ldap_read_attribute(&in, a, &items[i]);
    ldap_leave(r, &in);
    *count_out = count;
    return items;
}

static void read_control(struct reader *r, struct ldap_control *out)
{
    struct reader in = ldap_enter(r, DER_SEQUENCE);
    out->oid = ldap_octets(&in);
    if (der_next_is(&in, DER_BOOLEAN))
        out->critical = der_read_bool(&in, BER_RULES, DER_BOOLEAN);
    out->value = ldap_optional(&in, DER_OCTET_STRING);
    ldap_leave(r, &in);
}

struct ldap_control *ldap_read_controls(struct reader *r, struct arena *a, uint32_t *count_out)
{
    uint32_t count = 0;
    *count_out = 0;
    if (!der_next_is(r, CONTROLS_TAG))
        return NULL;
    struct reader in = ldap_enter(r, CONTROLS_TAG);
    struct ldap_control *items = ldap_items(&in, a, LDAP_CONTROLS_MAX, sizeof(*items), &count);
    for (uint32_t i = 0; i < count; i++)
        read_control(&in, &items[i]);
    ldap_leave(r, &in);
    *count_out = count;
    return items;
}

enum err ldap_envelope_begin(struct span in, struct ldap_envelope *out)
{
    struct reader r = reader_of(in);
    struct der_tlv op;
    struct span whole = der_read_tag(&r, BER_RULES, DER_SEQUENCE);
    TRY(reader_end(&r));
    struct reader body = reader_of(whole);
    int32_t id = (int32_t)ldap_int(&body, 0, INT32_MAX);
    if (!der_read(&body, BER_RULES, &op))
        return ldap_inner_error(body.err);
    *out = (struct ldap_envelope){id, op.tag, body, reader_of(op.body)};
    return ERR_OK;
}

enum err ldap_envelope_end(struct ldap_envelope *e, struct arena *a, struct ldap_control **controls,
                           uint32_t *count_out)
{
    ldap_leave(&e->body, &e->contents);
    *controls = ldap_read_controls(&e->body, a, count_out);
    return ldap_inner_error(reader_end(&e->body));
}

void ldap_put_octets(struct builder *b, struct span s)
{
    der_put_span(b, DER_OCTET_STRING, s);
}

void ldap_put_optional(struct builder *b, uint8_t tag, struct span s)
{
    if (s.ptr)
        der_put_span(b, tag, s);
}

void ldap_put_controls(struct builder *b, const struct ldap_control *controls, uint32_t count)
{
    if (count == 0)
        return;
    size_t all = der_begin(b, CONTROLS_TAG);
    for (uint32_t i = 0; i < count; i++) {
        size_t one = der_begin(b, DER_SEQUENCE);
        ldap_put_octets(b, controls[i].oid);
        if (controls[i].critical)
            der_put_bool(b, DER_BOOLEAN, true);
        ldap_put_optional(b, DER_OCTET_STRING, controls[i].value);
        der_end(b, one);
    }
    der_end(b, all);
}
