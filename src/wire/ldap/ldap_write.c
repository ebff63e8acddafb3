#include "wire/ldap/ldap_write.h"
#include "wire/ldap/ldap_ber.h"
#include "wire/ldap/ldap_controls.h"

enum {
    RESULT_REFERRAL = DER_CTX(3),
    BIND_SASL_CREDS = DER_CTX_PRIMITIVE(7),
    EXTENDED_OID = DER_CTX_PRIMITIVE(10),
    EXTENDED_VALUE = DER_CTX_PRIMITIVE(11),
};

struct envelope {
    size_t message, op;
};

static struct envelope begin(struct builder *b, int32_t id, enum ldap_op op)
{
    struct envelope e;
    e.message = der_begin(b, DER_SEQUENCE);
    der_put_int(b, DER_INTEGER, id);
    e.op = der_begin(b, (uint8_t)op);
    return e;
}

static void end(struct builder *b, struct envelope e, const struct ldap_control *controls,
                uint32_t count)
{
    der_end(b, e.op);
    ldap_put_controls(b, controls, count);
    der_end(b, e.message);
}

static void put_components(struct builder *b, const struct ldap_result *r)
{
    der_put_int(b, DER_ENUMERATED, r->code);
    ldap_put_octets(b, r->matched_dn);
    ldap_put_octets(b, r->message);
    if (r->referral_count == 0)
        return;
    size_t list = der_begin(b, RESULT_REFERRAL);
    for (uint32_t i = 0; i < r->referral_count; i++)
        ldap_put_octets(b, r->referrals[i]);
    der_end(b, list);
}

void ldap_put_result(struct builder *b, int32_t id, enum ldap_op op, const struct ldap_result *r,
                     const struct ldap_control *controls, uint32_t control_count)
{
    struct envelope e = begin(b, id, op);
    put_components(b, r);
    end(b, e, controls, control_count);
}

void ldap_put_bind_response(struct builder *b, int32_t id, const struct ldap_result *r,
                            struct span sasl_creds, const struct ldap_control *controls,
                            uint32_t control_count)
{
    struct envelope e = begin(b, id, LDAP_BIND_RESPONSE);
    put_components(b, r);
    ldap_put_optional(b, BIND_SASL_CREDS, sasl_creds);
    end(b, e, controls, control_count);
}

void ldap_put_extended_response(struct builder *b, int32_t id, const struct ldap_result *r,
                                struct span oid, struct span value)
{
    struct envelope e = begin(b, id, LDAP_EXTENDED_RESPONSE);
    put_components(b, r);
    ldap_put_optional(b, EXTENDED_OID, oid);
    ldap_put_optional(b, EXTENDED_VALUE, value);
    end(b, e, NULL, 0);
}

void ldap_put_search_reference(struct builder *b, int32_t id, const struct span *urls,
                               uint32_t count)
{
    struct envelope e = begin(b, id, LDAP_SEARCH_REFERENCE);
    for (uint32_t i = 0; i < count; i++)
        ldap_put_octets(b, urls[i]);
    end(b, e, NULL, 0);
}

void ldap_put_disconnect_notice(struct builder *b, uint32_t code, struct span message)
{
    struct ldap_result r = {.code = code, .message = message};
    ldap_put_extended_response(b, 0, &r, SPAN_LIT(LDAP_EXOP_DISCONNECT_NOTICE), SPAN_NONE);
}

void ldap_entry_begin(struct ldap_entry *e, struct builder *b, int32_t id, struct span dn)
{
    *e = (struct ldap_entry){.b = b, .start = b->len};
    struct envelope env = begin(b, id, LDAP_SEARCH_ENTRY);
    e->message = env.message;
    e->op = env.op;
    ldap_put_octets(b, dn);
    e->attrs = der_begin(b, DER_SEQUENCE);
}

static void end_attr(struct ldap_entry *e)
{
    if (!e->in_attr)
        return;
    der_end(e->b, e->values);
    der_end(e->b, e->attr);
    e->in_attr = false;
}

void ldap_entry_attr(struct ldap_entry *e, struct span name)
{
    end_attr(e);
    e->attr = der_begin(e->b, DER_SEQUENCE);
    ldap_put_octets(e->b, name);
    e->values = der_begin(e->b, DER_SET);
    e->in_attr = true;
}

void ldap_entry_value(struct ldap_entry *e, struct span value)
{
    ldap_put_octets(e->b, value);
}

uint8_t *ldap_entry_value_room(struct ldap_entry *e, size_t len)
{
    der_put_header(e->b, DER_OCTET_STRING, len);
    return builder_room(e->b, len);
}

void ldap_entry_value_begin(struct ldap_entry *e)
{
    e->value = der_begin(e->b, DER_OCTET_STRING);
}

void ldap_entry_value_end(struct ldap_entry *e)
{
    der_end(e->b, e->value);
}

void ldap_entry_end(struct ldap_entry *e, const struct ldap_control *controls,
                    uint32_t control_count)
{
    end_attr(e);
    der_end(e->b, e->attrs);
    end(e->b, (struct envelope){e->message, e->op}, controls, control_count);
}

void ldap_entry_cancel(struct ldap_entry *e)
{
    if (builder_ok(e->b))
        e->b->len = e->start;
}
