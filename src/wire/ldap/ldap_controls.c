#include "wire/ldap/ldap_controls.h"
#include "wire/ldap/ldap_ber.h"

/* A control's value is one SEQUENCE and nothing else. */
static enum err enter_value(struct span value, struct reader *out)
{
    if (!value.ptr)
        return ERR_MALFORMED;
    struct reader r = reader_of(value);
    struct span body = der_read_tag(&r, BER_RULES, DER_SEQUENCE);
    TRY(ldap_inner_error(reader_end(&r)));
    *out = reader_of(body);
    return ERR_OK;
}

static enum err leave_value(struct reader *in)
{
    return ldap_inner_error(reader_end(in));
}

/* A flag word or a count, signed or not. */
static uint32_t word(struct reader *in)
{
    return (uint32_t)ldap_int(in, INT32_MIN, UINT32_MAX);
}

static uint32_t count_of(struct reader *in)
{
    return (uint32_t)ldap_int(in, 0, INT32_MAX);
}

enum err ldap_paged_decode(struct span value, struct ldap_paged *out)
{
    struct reader in;
    TRY(enter_value(value, &in));
    struct ldap_paged p = {.size = count_of(&in)};
    p.cookie = ldap_octets(&in);
    TRY(leave_value(&in));
    if (p.cookie.len > LDAP_PAGE_COOKIE_MAX)
        return ERR_LIMIT;
    *out = p;
    return ERR_OK;
}

void ldap_put_paged(struct builder *b, const struct ldap_paged *p)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_INTEGER, p->size);
    ldap_put_octets(b, p->cookie);
    der_end(b, mark);
}

static void read_sort_key(struct reader *r, struct ldap_sort_key *out)
{
    struct reader in = ldap_enter(r, DER_SEQUENCE);
    out->attr = ldap_octets(&in);
    out->rule = ldap_optional(&in, DER_CTX_PRIMITIVE(0));
    if (der_next_is(&in, DER_CTX_PRIMITIVE(1)))
        out->reverse = der_read_bool(&in, BER_RULES, DER_CTX_PRIMITIVE(1));
    ldap_leave(r, &in);
}

enum err ldap_sort_decode(struct span value, struct arena *a, struct ldap_sort *out)
{
    struct reader in;
    struct ldap_sort s = {0};
    uint32_t count = 0;
    TRY(enter_value(value, &in));
    s.keys = ldap_items(&in, a, LDAP_SORT_KEYS_MAX, sizeof(*s.keys), &count);
    for (uint32_t i = 0; i < count; i++)
        read_sort_key(&in, &s.keys[i]);
    s.count = count;
    TRY(leave_value(&in));
    if (s.count == 0)
        return ERR_MALFORMED;
    *out = s;
    return ERR_OK;
}

void ldap_put_sort(struct builder *b, const struct ldap_sort *s)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    for (uint32_t i = 0; i < s->count; i++) {
        size_t key = der_begin(b, DER_SEQUENCE);
        ldap_put_octets(b, s->keys[i].attr);
        if (s->keys[i].rule.len)
            der_put_span(b, DER_CTX_PRIMITIVE(0), s->keys[i].rule);
        if (s->keys[i].reverse)
            der_put_bool(b, DER_CTX_PRIMITIVE(1), true);
        der_end(b, key);
    }
    der_end(b, mark);
}

void ldap_put_sort_response(struct builder *b, uint32_t code, struct span attr)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_ENUMERATED, code);
    if (attr.len)
        der_put_span(b, DER_CTX_PRIMITIVE(0), attr);
    der_end(b, mark);
}

static enum err flags_value(struct span value, uint32_t *out)
{
    struct reader in;
    TRY(enter_value(value, &in));
    uint32_t v = word(&in);
    TRY(leave_value(&in));
    *out = v;
    return ERR_OK;
}

enum err ldap_sd_flags_decode(struct span value, uint32_t *out)
{
    return flags_value(value, out);
}

enum err ldap_extended_dn_decode(struct span value, uint32_t *out)
{
    if (value.ptr)
        return flags_value(value, out);
    *out = 0;
    return ERR_OK;
}

enum err ldap_search_options_decode(struct span value, uint32_t *out)
{
    return flags_value(value, out);
}

void ldap_put_flags_value(struct builder *b, uint32_t flags)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_INTEGER, flags);
    der_end(b, mark);
}

enum err ldap_verify_name_decode(struct span value, struct ldap_verify_name *out)
{
    struct reader in;
    TRY(enter_value(value, &in));
    struct ldap_verify_name v = {.flags = word(&in)};
    v.server = ldap_octets(&in);
    TRY(leave_value(&in));
    *out = v;
    return ERR_OK;
}

enum err ldap_asq_decode(struct span value, struct span *attr_out)
{
    struct reader in;
    TRY(enter_value(value, &in));
    struct span attr = ldap_octets(&in);
    TRY(leave_value(&in));
    *attr_out = attr;
    return ERR_OK;
}

void ldap_put_asq_response(struct builder *b, uint32_t code)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_ENUMERATED, code);
    der_end(b, mark);
}

enum err ldap_vlv_decode(struct span value, struct ldap_vlv *out)
{
    struct reader in;
    TRY(enter_value(value, &in));
    struct ldap_vlv v = {.before = count_of(&in)};
    v.after = count_of(&in);
    v.by_offset = der_next_is(&in, DER_CTX(0));
    if (v.by_offset) {
        struct reader offset = ldap_enter(&in, DER_CTX(0));
        v.offset = count_of(&offset);
        v.content_count = count_of(&offset);
        ldap_leave(&in, &offset);
    } else {
        v.assertion = der_read_tag(&in, BER_RULES, DER_CTX_PRIMITIVE(1));
    }
    v.context_id = ldap_optional(&in, DER_OCTET_STRING);
    TRY(leave_value(&in));
    *out = v;
    return ERR_OK;
}

void ldap_put_vlv_response(struct builder *b, uint32_t position, uint32_t count, uint32_t code,
                           struct span context_id)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_INTEGER, position);
    der_put_int(b, DER_INTEGER, count);
    der_put_int(b, DER_ENUMERATED, code);
    ldap_put_optional(b, DER_OCTET_STRING, context_id);
    der_end(b, mark);
}

enum err ldap_dirsync_decode(struct span value, struct ldap_dirsync *out)
{
    struct reader in;
    TRY(enter_value(value, &in));
    struct ldap_dirsync d = {.flags = word(&in)};
    d.max_bytes = word(&in);
    d.cookie = ldap_octets(&in);
    TRY(leave_value(&in));
    *out = d;
    return ERR_OK;
}

void ldap_put_dirsync(struct builder *b, const struct ldap_dirsync *d)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_INTEGER, d->flags);
    der_put_int(b, DER_INTEGER, d->max_bytes);
    ldap_put_octets(b, d->cookie);
    der_end(b, mark);
}

enum err ldap_passwd_modify_decode(struct span value, struct ldap_passwd_modify *out)
{
    struct reader in = reader_of(SPAN_NONE);
    if (value.ptr)
        TRY(enter_value(value, &in));
    struct ldap_passwd_modify p = {.user = ldap_optional(&in, DER_CTX_PRIMITIVE(0))};
    p.old_password = ldap_optional(&in, DER_CTX_PRIMITIVE(1));
    p.new_password = ldap_optional(&in, DER_CTX_PRIMITIVE(2));
    TRY(leave_value(&in));
    *out = p;
    return ERR_OK;
}

void ldap_put_passwd_modify(struct builder *b, const struct ldap_passwd_modify *p)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    ldap_put_optional(b, DER_CTX_PRIMITIVE(0), p->user);
    ldap_put_optional(b, DER_CTX_PRIMITIVE(1), p->old_password);
    ldap_put_optional(b, DER_CTX_PRIMITIVE(2), p->new_password);
    der_end(b, mark);
}

void ldap_put_passwd_generated(struct builder *b, struct span password)
{
    size_t mark = der_begin(b, DER_SEQUENCE);
    der_put_span(b, DER_CTX_PRIMITIVE(0), password);
    der_end(b, mark);
}
