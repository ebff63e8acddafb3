/*
 * Extended operations: who am I (RFC 4532), StartTLS (RFC 4511 4.14).
 */
#include "ldap/ldap_internal.h"

static enum err respond(struct ldap_request *rq, uint32_t code, const char *text, struct span oid,
                        struct span value)
{
    struct ldap_result result = {.code = code, .message = span_str(text)};
    struct builder b;
    ldap_response(rq, &b);
    ldap_put_extended_response(&b, rq->id, &result, oid, value);
    return ldap_send(rq->session, &b);
}

static enum err whoami(struct ldap_request *rq)
{
    const struct span name = rq->session->who.name;
    const char *text =
        name.len ? arena_printf(&rq->values, "u:%.*s", SPAN_ARG(name)) : (const char *)"";
    return respond(rq, LDAP_SUCCESS, NULL, SPAN_NONE, span_str(text));
}

static enum err start_tls(struct ldap_request *rq)
{
    struct ldap_session *ss = rq->session;
    const struct span oid = SPAN_LIT(LDAP_EXOP_START_TLS);
    if (!ss->server->env.tls)
        return respond(rq, LDAP_UNAVAILABLE, "00000000: LdapErr: there is no certificate", oid,
                       SPAN_NONE);
    if (ss->tls || ss->sealed)
        return respond(rq, LDAP_OPERATIONS_ERROR, "00000000: LdapErr: TLS or SSL already in effect",
                       oid, SPAN_NONE);
    ldap_drop_pages(ss);
    TRY(respond(rq, LDAP_SUCCESS, NULL, oid, SPAN_NONE));
    return ldap_start_tls(ss);
}

enum err ldap_do_extended(struct ldap_request *rq)
{
    const struct span oid = rq->m->extended.oid;
    if (span_eq(oid, SPAN_LIT(LDAP_EXOP_WHOAMI)))
        return whoami(rq);
    if (span_eq(oid, SPAN_LIT(LDAP_EXOP_START_TLS)))
        return start_tls(rq);
    return respond(
        rq, LDAP_PROTOCOL_ERROR,
        "0000203D: LdapErr: DSID-0C090E7D, comment: Unknown extended request OID, data 0",
        SPAN_NONE, SPAN_NONE);
}
