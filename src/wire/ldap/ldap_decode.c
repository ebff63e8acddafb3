#include "wire/ldap/ldap_ber.h"

enum {
    MOD_DN_SUPERIOR = DER_CTX_PRIMITIVE(0),
    EXTENDED_OID = DER_CTX_PRIMITIVE(0),
    EXTENDED_VALUE = DER_CTX_PRIMITIVE(1),
};

enum err ldap_peek(struct span received, size_t max, size_t *len_out)
{
    return der_peek(received, BER_RULES, DER_SEQUENCE, max, len_out);
}

static void read_sasl(struct reader *in, struct ldap_bind *out)
{
    struct reader sasl = ldap_enter(in, LDAP_AUTH_SASL);
    out->mechanism = ldap_octets(&sasl);
    out->credentials = ldap_optional(&sasl, DER_OCTET_STRING);
    ldap_leave(in, &sasl);
}

static void read_bind(struct reader *in, struct ldap_bind *out)
{
    struct der_tlv choice;
    out->version = (uint32_t)ldap_int(in, 1, 127);
    out->name = ldap_octets(in);
    if (der_next_is(in, LDAP_AUTH_SASL)) {
        out->auth = LDAP_AUTH_SASL;
        read_sasl(in, out);
    } else if (der_read(in, BER_RULES, &choice)) {
        out->auth = choice.tag;
        if (choice.tag == LDAP_AUTH_SIMPLE)
            out->password = choice.body;
        else
            out->credentials = choice.body;
    }
}

static void read_search(struct reader *in, struct arena *a, struct ldap_search *out)
{
    out->base = ldap_octets(in);
    out->scope = (enum ldap_scope)ldap_enum(in, LDAP_SCOPE_BASE, LDAP_SCOPE_SUBTREE);
    out->deref = (enum ldap_deref)ldap_enum(in, LDAP_DEREF_NEVER, LDAP_DEREF_ALWAYS);
    out->size_limit = (uint32_t)ldap_int(in, 0, INT32_MAX);
    out->time_limit = (uint32_t)ldap_int(in, 0, INT32_MAX);
    out->types_only = der_read_bool(in, BER_RULES, DER_BOOLEAN);
    out->filter = ldap_read_filter(in, a);
    out->attrs = ldap_octets_list(in, a, DER_SEQUENCE, LDAP_ATTRS_MAX, &out->attr_count);
}

static void read_change(struct reader *r, struct arena *a, struct ldap_change *out)
{
    struct reader in = ldap_enter(r, DER_SEQUENCE);
    out->op = (enum ldap_change_op)ldap_enum(&in, LDAP_CHANGE_ADD, LDAP_CHANGE_REPLACE);
    ldap_read_attribute(&in, a, &out->attr);
    ldap_leave(r, &in);
}

static void read_modify(struct reader *in, struct arena *a, struct ldap_modify *out)
{
    out->dn = ldap_octets(in);
    struct reader list = ldap_enter(in, DER_SEQUENCE);
    uint32_t count = 0;
    out->changes = ldap_items(&list, a, LDAP_CHANGES_MAX, sizeof(*out->changes), &count);
    for (uint32_t i = 0; i < count; i++)
        read_change(&list, a, &out->changes[i]);
    out->count = count;
    ldap_leave(in, &list);
}

static void read_add(struct reader *in, struct arena *a, struct ldap_add *out)
{
    out->dn = ldap_octets(in);
    out->attrs = ldap_read_attributes(in, a, &out->count);
}

static void read_modify_dn(struct reader *in, struct ldap_modify_dn *out)
{
    out->dn = ldap_octets(in);
    out->new_rdn = ldap_octets(in);
    out->delete_old_rdn = der_read_bool(in, BER_RULES, DER_BOOLEAN);
    out->new_superior = ldap_optional(in, MOD_DN_SUPERIOR);
}

static void read_compare(struct reader *in, struct ldap_compare *out)
{
    out->dn = ldap_octets(in);
    struct reader ava = ldap_enter(in, DER_SEQUENCE);
    out->attr = ldap_octets(&ava);
    out->value = ldap_octets(&ava);
    ldap_leave(in, &ava);
}

static void read_abandon(struct reader *in, int32_t *out)
{
    int64_t id;
    enum err e = der_get_int(reader_rest(in), BER_RULES, &id);
    if (e == ERR_OK && (id < 0 || id > INT32_MAX))
        e = ERR_RANGE;
    if (e == ERR_OK)
        *out = (int32_t)id;
    else
        reader_fail(in, e);
}

static void read_extended(struct reader *in, struct ldap_extended *out)
{
    out->oid = der_read_tag(in, BER_RULES, EXTENDED_OID);
    out->value = ldap_optional(in, EXTENDED_VALUE);
}

static void read_operation(struct reader *in, struct arena *a, struct ldap_message *m)
{
    switch (m->op) {
    case LDAP_BIND_REQUEST:
        read_bind(in, &m->bind);
        return;
    case LDAP_UNBIND_REQUEST:
        return;
    case LDAP_SEARCH_REQUEST:
        read_search(in, a, &m->search);
        return;
    case LDAP_MODIFY_REQUEST:
        read_modify(in, a, &m->modify);
        return;
    case LDAP_ADD_REQUEST:
        read_add(in, a, &m->add);
        return;
    case LDAP_DELETE_REQUEST:
        m->delete_dn = reader_rest(in);
        return;
    case LDAP_MODIFY_DN_REQUEST:
        read_modify_dn(in, &m->modify_dn);
        return;
    case LDAP_COMPARE_REQUEST:
        read_compare(in, &m->compare);
        return;
    case LDAP_ABANDON_REQUEST:
        read_abandon(in, &m->abandon_id);
        return;
    case LDAP_EXTENDED_REQUEST:
        read_extended(in, &m->extended);
        return;
    default:
        reader_fail(in, ERR_UNSUPPORTED);
    }
}

enum err ldap_decode(struct span in, struct arena *a, struct ldap_message **out)
{
    struct ldap_message *m = arena_new(a, struct ldap_message);
    struct ldap_envelope e;
    if (!m)
        return ERR_NOMEM;
    TRY(ldap_envelope_begin(in, &e));
    m->id = e.id;
    m->op = e.op;
    read_operation(&e.contents, a, m);
    TRY(ldap_envelope_end(&e, a, &m->controls, &m->control_count));
    *out = m;
    return ERR_OK;
}

enum err ldap_decode_id(struct span in, int32_t *id_out, uint8_t *op_out)
{
    struct reader r = reader_of(in);
    struct reader body = ldap_enter(&r, DER_SEQUENCE);
    int32_t id = (int32_t)ldap_int(&body, 0, INT32_MAX);
    uint8_t op = reader_u8(&body);
    if (!reader_ok(&body))
        return body.err;
    *id_out = id;
    *op_out = op;
    return ERR_OK;
}
