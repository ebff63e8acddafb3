/* Responses, decoded: the client's side of ldap_write.c. */
#include "base/text.h"
#include "wire/ldap/ldap_ber.h"
#include "wire/ldap/ldap_client.h"

#define CODE_MAX 0xffff

static void read_result(struct reader *in, struct arena *a, struct ldap_response *out)
{
    out->code = (uint32_t)ldap_enum(in, 0, CODE_MAX);
    out->matched_dn = ldap_octets(in);
    out->message = ldap_octets(in);
    if (der_next_is(in, DER_CTX(3)))
        out->referrals =
            ldap_octets_list(in, a, DER_CTX(3), LDAP_REFERRALS_MAX, &out->referral_count);
    if (out->op == LDAP_BIND_RESPONSE)
        out->sasl_creds = ldap_optional(in, DER_CTX_PRIMITIVE(7));
    if (out->op == LDAP_EXTENDED_RESPONSE) {
        out->oid = ldap_optional(in, DER_CTX_PRIMITIVE(10));
        out->value = ldap_optional(in, DER_CTX_PRIMITIVE(11));
    }
}

static void read_entry(struct reader *in, struct arena *a, struct ldap_response *out)
{
    out->dn = ldap_octets(in);
    out->attrs = ldap_read_attributes(in, a, &out->attr_count);
}

static void read_reference(struct reader *in, struct arena *a, struct ldap_response *out)
{
    uint32_t count = 0;
    out->referrals = ldap_items(in, a, LDAP_REFERRALS_MAX, sizeof(struct span), &count);
    for (uint32_t i = 0; i < count; i++)
        out->referrals[i] = ldap_octets(in);
    out->referral_count = count;
}

static void read_operation(struct reader *in, struct arena *a, struct ldap_response *out)
{
    switch (out->op) {
    case LDAP_SEARCH_ENTRY:
        read_entry(in, a, out);
        return;
    case LDAP_SEARCH_REFERENCE:
        read_reference(in, a, out);
        return;
    case LDAP_INTERMEDIATE_RESPONSE:
        out->oid = ldap_optional(in, DER_CTX_PRIMITIVE(0));
        out->value = ldap_optional(in, DER_CTX_PRIMITIVE(1));
        return;
    case LDAP_BIND_RESPONSE:
    case LDAP_SEARCH_DONE:
    case LDAP_MODIFY_RESPONSE:
    case LDAP_ADD_RESPONSE:
    case LDAP_DELETE_RESPONSE:
    case LDAP_MODIFY_DN_RESPONSE:
    case LDAP_COMPARE_RESPONSE:
    case LDAP_EXTENDED_RESPONSE:
        read_result(in, a, out);
        return;
    default:
        reader_fail(in, ERR_UNSUPPORTED);
    }
}

enum err ldap_decode_response(struct span in, struct arena *a, struct ldap_response **out)
{
    struct ldap_response *m = arena_new(a, struct ldap_response);
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

const struct ldap_attribute *ldap_response_attr(const struct ldap_response *r, const char *name)
{
    for (uint32_t i = 0; i < r->attr_count; i++)
        if (ascii_eq_fold(r->attrs[i].name, span_str(name)))
            return &r->attrs[i];
    return NULL;
}

const struct ldap_control *ldap_response_control(const struct ldap_response *r, const char *oid)
{
    for (uint32_t i = 0; i < r->control_count; i++)
        if (span_eq(r->controls[i].oid, span_str(oid)))
            return &r->controls[i];
    return NULL;
}
