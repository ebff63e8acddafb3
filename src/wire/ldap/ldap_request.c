/* Requests, encoded: the client's side of ldap_decode.c. */
#include "wire/ldap/ldap_ber.h"
#include "wire/ldap/ldap_client.h"

static void put_bind(struct builder *b, const struct ldap_bind *r)
{
    der_put_int(b, DER_INTEGER, r->version);
    ldap_put_octets(b, r->name);
    if (r->auth == LDAP_AUTH_SASL) {
        size_t sasl = der_begin(b, LDAP_AUTH_SASL);
        ldap_put_octets(b, r->mechanism);
        ldap_put_optional(b, DER_OCTET_STRING, r->credentials);
        der_end(b, sasl);
    } else {
        der_put_span(b, r->auth, r->auth == LDAP_AUTH_SIMPLE ? r->password : r->credentials);
    }
}

static void put_search(struct builder *b, const struct ldap_search *s)
{
    ldap_put_octets(b, s->base);
    der_put_int(b, DER_ENUMERATED, s->scope);
    der_put_int(b, DER_ENUMERATED, s->deref);
    der_put_int(b, DER_INTEGER, s->size_limit);
    der_put_int(b, DER_INTEGER, s->time_limit);
    der_put_bool(b, DER_BOOLEAN, s->types_only);
    ldap_put_filter(b, s->filter, 1);
    size_t attrs = der_begin(b, DER_SEQUENCE);
    for (uint32_t i = 0; i < s->attr_count; i++)
        ldap_put_octets(b, s->attrs[i]);
    der_end(b, attrs);
}

static void put_attribute(struct builder *b, const struct ldap_attribute *a)
{
    size_t one = der_begin(b, DER_SEQUENCE);
    ldap_put_octets(b, a->name);
    size_t values = der_begin(b, DER_SET);
    for (uint32_t i = 0; i < a->count; i++)
        ldap_put_octets(b, a->values[i]);
    der_end(b, values);
    der_end(b, one);
}

static void put_modify(struct builder *b, const struct ldap_modify *m)
{
    ldap_put_octets(b, m->dn);
    size_t list = der_begin(b, DER_SEQUENCE);
    for (uint32_t i = 0; i < m->count; i++) {
        size_t change = der_begin(b, DER_SEQUENCE);
        der_put_int(b, DER_ENUMERATED, m->changes[i].op);
        put_attribute(b, &m->changes[i].attr);
        der_end(b, change);
    }
    der_end(b, list);
}

static void put_add(struct builder *b, const struct ldap_add *r)
{
    ldap_put_octets(b, r->dn);
    size_t list = der_begin(b, DER_SEQUENCE);
    for (uint32_t i = 0; i < r->count; i++)
        put_attribute(b, &r->attrs[i]);
    der_end(b, list);
}

static void put_modify_dn(struct builder *b, const struct ldap_modify_dn *r)
{
    ldap_put_octets(b, r->dn);
    ldap_put_octets(b, r->new_rdn);
    der_put_bool(b, DER_BOOLEAN, r->delete_old_rdn);
    ldap_put_optional(b, DER_CTX_PRIMITIVE(0), r->new_superior);
}

static void put_compare(struct builder *b, const struct ldap_compare *r)
{
    ldap_put_octets(b, r->dn);
    size_t ava = der_begin(b, DER_SEQUENCE);
    ldap_put_octets(b, r->attr);
    ldap_put_octets(b, r->value);
    der_end(b, ava);
}

static void put_extended(struct builder *b, const struct ldap_extended *r)
{
    der_put_span(b, DER_CTX_PRIMITIVE(0), r->oid);
    ldap_put_optional(b, DER_CTX_PRIMITIVE(1), r->value);
}

/* Those whose operation is constructed. */
static void put_contents(struct builder *b, const struct ldap_message *m)
{
    switch (m->op) {
    case LDAP_BIND_REQUEST:
        put_bind(b, &m->bind);
        return;
    case LDAP_SEARCH_REQUEST:
        put_search(b, &m->search);
        return;
    case LDAP_MODIFY_REQUEST:
        put_modify(b, &m->modify);
        return;
    case LDAP_ADD_REQUEST:
        put_add(b, &m->add);
        return;
    case LDAP_MODIFY_DN_REQUEST:
        put_modify_dn(b, &m->modify_dn);
        return;
    case LDAP_COMPARE_REQUEST:
        put_compare(b, &m->compare);
        return;
    case LDAP_EXTENDED_REQUEST:
        put_extended(b, &m->extended);
        return;
    default:
        builder_fail(b, ERR_RANGE);
    }
}

static void put_operation(struct builder *b, const struct ldap_message *m)
{
    switch (m->op) {
    case LDAP_UNBIND_REQUEST:
        der_put_header(b, LDAP_UNBIND_REQUEST, 0);
        return;
    case LDAP_DELETE_REQUEST:
        der_put_span(b, LDAP_DELETE_REQUEST, m->delete_dn);
        return;
    case LDAP_ABANDON_REQUEST:
        der_put_int(b, LDAP_ABANDON_REQUEST, m->abandon_id);
        return;
    default: {
        size_t op = der_begin(b, (uint8_t)m->op);
        put_contents(b, m);
        der_end(b, op);
    }
    }
}

void ldap_put_request(struct builder *b, const struct ldap_message *m)
{
    size_t message = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_INTEGER, m->id);
    put_operation(b, m);
    ldap_put_controls(b, m->controls, m->control_count);
    der_end(b, message);
}
